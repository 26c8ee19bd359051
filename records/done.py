"""What was done on a task and stands beside its record, as plain values by published names.

API, page and archive read it here, so that no part of it is told by one and left out by another.
"""

from typing import Any

from records.models import Task, TaskChange
from records.queries import (
    assets_of,
    changes_of,
    conditions_of,
    is_accepted,
    may_have,
    money_of,
    stage_waited_on,
)
from requests_app.models import AssistanceRequest
from requests_app.vocabulary import Kind


def _plain(row: Any, *names: str) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def _signed(row: Any, *names: str) -> dict[str, Any]:
    return {**_plain(row, *names), "by": row.by.name, "at": row.at}


def units_of(rfa: AssistanceRequest) -> list[dict[str, Any]]:
    """List the further units at work on a task, with their part of it."""
    return [
        {"unit": row.unit.code, "name": row.unit.name, **_signed(row, "work")}
        for row in rfa.units_at_work.select_related("unit", "by")
    ]


def change_as_kept(change: TaskChange) -> dict[str, Any]:
    """Return a change with every answer, and on whom it waits."""
    waits = stage_waited_on(change)
    return {
        **_signed(
            change,
            "number",
            "sorts",
            "what",
            "new_place",
            "new_partner",
            "new_cost",
            "new_end",
            "exception_reason",
        ),
        "new_unit": change.new_unit.code if change.new_unit else None,
        "waits_for": waits.value if waits else None,
        "accepted": None if waits else is_accepted(change),
        "answers": [
            {
                "answer": given.word,
                "post": given.post.title,
                **_signed(given, "stage", "remarks", "capacity"),
            }
            for given in change.answers.all()
        ],
    }


def visits_of(task: Task) -> list[dict[str, Any]]:
    """List a task's visits, with the photos bound to each."""
    rows = task.visits.select_related("by").prefetch_related("photos__file")
    return [
        {
            **_signed(visit, "visited_on", "findings"),
            "photos": [
                {"id": photo.file_id, "name": photo.file.name, "sha256": photo.file.digest}
                for photo in visit.photos.all()
            ],
        }
        for visit in rows
    ]


def conditions_as_kept(rfa: AssistanceRequest) -> list[dict[str, Any]]:
    """List the conditions of a task: met, not met with its remark, or not checked."""
    return [
        {key: value for key, value in condition.items() if key != "check"}
        | {
            "met": condition["check"].met if condition["check"] else None,
            "remark": condition["check"].remark if condition["check"] else "",
        }
        for condition in conditions_of(rfa)
    ]


def _report_of(task: Task) -> dict[str, Any] | None:
    report = getattr(task, "closing_report", None)
    if report is None:
        return None
    file = report.file
    return {
        **_signed(report, "received_on", "text", "spent"),
        "file": {"id": file.pk, "name": file.name, "sha256": file.digest} if file else None,
    }


def project_of(rfa: AssistanceRequest, task: Task) -> dict[str, Any] | None:
    """Return a QIP's partner, money by the mission's instalments, closing report and refunds."""
    if rfa.kind != Kind.QIP:
        return None
    known, project = money_of(rfa, task), rfa.quick_impact_project
    return {
        "partner": task.partner or project.implementing_partner,
        "partner_capacity": project.partner_capacity,
        **_plain(known, "approved", "contributions", "share", "paid", "to_pay", "spent"),
        **_plain(known, "refund_due", "refunded", "refund_open", "ceiling"),
        "ceiling_exception": known.exception or None,
        "parts": [_plain(part, "number", "percent", "amount", "is_last") for part in known.parts],
        "closing_report": _report_of(task),
        "refunds": [
            _signed(row, "number", "amount", "received_on", "evidence")
            for row in (task.refunds.select_related("by") if task.pk else [])
        ],
    }


def assets_as_kept(rfa: AssistanceRequest, task: Task) -> list[dict[str, Any]]:
    """List the assets asked for, and each time some of them came back (P38)."""
    backs = list(task.hand_backs.select_related("by")) if task.pk else []
    return [
        {
            **_plain(lent, "line", "asset", "quantity", "back", "out", "planned_on"),
            "hand_backs": [
                _signed(row, "number", "quantity", "planned_on", "returned_on", "condition", "note")
                for row in backs
                if row.line == lent.line
            ],
        }
        for lent in assets_of(rfa, task)
    ]


def ground_of(task: Task) -> dict[str, Any]:
    """Return an escort's runs and a task's incidents."""
    if not task.pk:
        return {"runs": [], "incidents": []}
    runs = ("number", "ran_on", "origin", "destination", "vehicles", "outcome", "remarks")
    return {
        "runs": [_signed(row, *runs) for row in task.runs.select_related("by")],
        "incidents": [
            {
                **_signed(row, "happened_on", "place", "what", "action_taken"),
                "run": row.run.number if row.run else None,
            }
            for row in task.incidents.select_related("by", "run")
        ],
    }


def task_as_kept(rfa: AssistanceRequest) -> dict[str, Any] | None:
    """Return all that was done on a record's task, for its archive; None without a task."""
    task = Task.objects.filter(rfa=rfa).select_related("unit").first()
    if task is None:
        return None
    return {
        **_plain(
            task,
            "planned_start",
            "planned_end",
            "plan",
            "place",
            "suspended",
            "started_on",
            "completed_on",
            "result",
            "women",
            "men",
            "girls",
            "boys",
            "actual_cost",
            "agreement_reference",
            "agreement_signed_on",
        ),
        "unit": task.unit.name if task.unit else None,
        "units": units_of(rfa),
        "progress": [
            _signed(line, "text", "percent") for line in task.progress.select_related("by")
        ],
        "conditions": conditions_as_kept(rfa),
        "visits": visits_of(task),
        "instalments": [
            _signed(line, "number", "amount", "paid_on", "evidence", "is_last")
            for line in task.instalments.select_related("by")
        ],
        "changes": [change_as_kept(change) for change in changes_of(task)[::-1]],
        "project": project_of(rfa, task),
        "assets": assets_as_kept(rfa, task),
        **ground_of(task),
    }


def follow_up_notes_of(rfa: AssistanceRequest) -> list[dict[str, Any]]:
    """List what was done to learn what became of a refused need, oldest first (P41)."""
    if not may_have(rfa, "follow_up_notes"):
        return []
    return [_signed(note, "text") for note in rfa.follow_up_notes.select_related("by")]


def corrections_as_kept(corrections: Any) -> list[dict[str, Any]]:
    """List corrections as they stand beside a record: what it says, what is right, and why."""
    return [
        {
            **_signed(row, "number", "field", "says", "right", "why"),
            "post": row.post.title if row.post else None,
        }
        for row in corrections
    ]
