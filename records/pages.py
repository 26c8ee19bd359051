"""A record's task and history as pages show them."""

import json
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from approvals.pages import SAID, capacity_label
from approvals.vocabulary import ReminderSort, Word
from common.pages import Lines
from ledger.models import Entry
from ledger.queries import history_of
from records.completeness import also_missing, missing_before_closing
from records.correcting import corrections_of, label_of
from records.history import hides_who_did_it, payload_for
from records.models import Task, TaskChange
from records.queries import (
    assets_of,
    authority_of,
    changes_of,
    conditions_of,
    is_accepted,
    kept_task,
    money_of,
    stage_waited_on,
)
from records.serializers import EntrySerializer
from records.services import task_of
from records.vocabulary import ChangeSort, ChangeStage, ChangeWord
from requests_app.models import AssistanceRequest
from requests_app.pages import LABELS
from requests_app.vocabulary import Kind, Status

ACTS = {
    "request.drafted": gettext_lazy("Drafted"),
    "request.imported": gettext_lazy("Imported"),
    "request.submitted": gettext_lazy("Submitted"),
    "request.resubmitted": gettext_lazy("Submitted again"),
    "request.changed": gettext_lazy("Changed"),
    "request.withdrawn": gettext_lazy("Withdrawn"),
    "request.cancelled": gettext_lazy("Cancelled"),
    "step.answered": gettext_lazy("Answered"),
    "step.superseded": gettext_lazy("Answered anew"),
    "step.prepared": gettext_lazy("Put an answer ready"),
    "step.lapsed": gettext_lazy("Advice lapsed: none by the limit"),
    "extreme.reported": gettext_lazy("Extreme situation reported"),
    "referral.opened": gettext_lazy("Referred"),
    "referral.resolved": gettext_lazy("Referral resolved"),
    "referral.passed_on": gettext_lazy("Referral passed on to the SRSG"),
    "look_alike.weighed": gettext_lazy("Look-alike weighed"),
    "protection_duty.opened": gettext_lazy("Duty to protect laid on a post"),
    "protection_duty.closed": gettext_lazy("Duty to protect closed"),
    "extreme.joined": gettext_lazy("Joined with another report of the event"),
    "extreme.parted": gettext_lazy("Parted from another report"),
    "step.reminded": gettext_lazy("Reminded"),
    "referral.reminded": gettext_lazy("Reminded of the referral"),
    "file.attached": gettext_lazy("File attached"),
    "message.said": gettext_lazy("Message"),
    "task.planned": gettext_lazy("Task planned"),
    "task.started": gettext_lazy("Task started"),
    "task.progress": gettext_lazy("Progress reported"),
    "task.visited": gettext_lazy("Task visited"),
    "task.completed": gettext_lazy("Task completed"),
    "condition.checked": gettext_lazy("Condition checked"),
    "instalment.paid": gettext_lazy("Instalment paid"),
    "task.unit_added": gettext_lazy("Unit put to work"),
    "task.change_declared": gettext_lazy("Change declared"),
    "task.change_answered": gettext_lazy("Change answered"),
    "task.incident": gettext_lazy("Incident recorded"),
    "escort.run": gettext_lazy("Run recorded"),
    "asset.handed_back": gettext_lazy("Assets handed back"),
    "closing_report.received": gettext_lazy("Closing report received"),
    "refund.received": gettext_lazy("Refund received"),
    "follow_up.answered": gettext_lazy("Follow-up answered"),
    "follow_up.noted": gettext_lazy("Follow-up noted"),
    "follow_up.reminded": gettext_lazy("Reminded of the follow-up"),
    "record.corrected": gettext_lazy("Correction put beside the record"),
    "record.closed": gettext_lazy("Record closed"),
    "record.archived": gettext_lazy("Record archived"),
    "record.classed": gettext_lazy("Put in a retention class"),
    "record.transferred": gettext_lazy("Receipt of the bag recorded"),
    "hold.set": gettext_lazy("Put on legal hold"),
    "hold.lifted": gettext_lazy("Legal hold lifted"),
    "disposal.asked": gettext_lazy("Disposal asked for"),
    "disposal.declined": gettext_lazy("Disposal declined"),
    "record.disposed": gettext_lazy("Record disposed of"),
    "erasure.asked": gettext_lazy("Erasure asked for"),
    "erasure.refused": gettext_lazy("Erasure refused"),
    "payloads.erased": gettext_lazy("What was said in some entries erased"),
}

HAS_TASK = frozenset(
    {
        Status.APPROVED,
        Status.IN_PROGRESS,
        Status.COMPLETED,
        Status.CLOSED,
        Status.CANCELLED,
    }
)


def _text_of(entry: Entry, said: dict[str, Any]) -> str:
    text = str(ACTS.get(entry.act, entry.act))
    if entry.act in {"step.answered", "step.superseded"} and said.get("answer") in Word.values:
        return f"{text}: {str(SAID[Word(said['answer'])]).lower()}"
    if entry.act == "step.reminded" and said.get("sort") in ReminderSort.values:
        return str(ReminderSort(said["sort"]).label)
    if entry.act == "file.attached":
        return f"{text}: {said.get('name', '')}"
    if entry.act == "task.change_declared" and said.get("sorts"):
        sorts = ", ".join(str(ChangeSort(sort).label) for sort in said["sorts"])
        return f"{text}: {sorts.lower()}"
    if entry.act == "task.change_answered" and said.get("answer") in ChangeWord.values:
        return f"{text}: {str(ChangeWord(said['answer']).label).lower()}"
    if entry.act == "record.corrected" and said.get("field"):
        return f"{text}: {label_of(said['field'])}"
    if entry.act == "follow_up.answered":
        return (
            text
            + ": "
            + (
                _("delivered by %(who)s") % {"who": said.get("organisation", "")}
                if said.get("delivered")
                else _("not delivered")
            )
        )
    if entry.act == "task.progress" and said.get("percent") is not None:
        return f"{text}: {said['percent']} %"
    return text


def _changes_of(said: dict[str, Any]) -> list[dict[str, Any]]:
    changes = said.get("changes") or {}
    return [
        {
            "field": LABELS.get(name, name),
            "before": _short(before),
            "after": _short(after) or _("nothing"),
        }
        for name, (before, after) in changes.items()
    ]


def _short(value: Any) -> str:
    if value in (None, "", []):
        return ""
    if isinstance(value, list):
        return "; ".join(
            ", ".join(str(cell) for cell in row.values() if cell)
            if isinstance(row, dict)
            else str(row)
            for row in value
        )
    return str(value)[:300]


# As many entries as a page of any list.
SHOWN = 50


def _some_of(history: QuerySet[Entry], asked: str) -> Lines:
    """Return the newest entries, or those up to the number asked for, and the ways to the rest."""
    upto = int(asked) if asked.isdecimal() and len(asked) < 10 else None
    found = history.order_by("-number")
    rows = list(found.filter(number__lte=upto)[: SHOWN + 1] if upto else found[: SHOWN + 1])
    newer = bool(upto and found.filter(number__gt=upto).exists())

    def address(number: int) -> str:
        return f"?history={number}#history"

    return Lines(
        rows[:SHOWN],
        newer_url=address((upto or 0) + SHOWN) if newer else "",
        older_url=address(rows[SHOWN].number) if len(rows) > SHOWN else "",
    )


def history_for_page(request: HttpRequest, rfa: AssistanceRequest) -> dict[str, Any]:
    """List a record's entries, newest first, in plain words; what is withheld says so.

    Some fifty at once: ``history=40`` asks for those from the fortieth back.
    """
    pages = _some_of(history_of(rfa.pk), request.GET.get("history", ""))
    person: Any = request.user
    entries = []
    for entry in pages.rows:
        said = payload_for(person, rfa, entry)
        hidden = hides_who_did_it(rfa, entry)
        known = said or {}
        entries.append(
            {
                "number": entry.number,
                "text": _text_of(entry, known),
                "by": _("the requester") if hidden else entry.actor_name,
                "post": "" if hidden else entry.post_title,
                "capacity": capacity_label(entry.capacity),
                "at": entry.happened_at,
                "recorded_at": entry.recorded_at,
                "late": (entry.recorded_at - entry.happened_at).total_seconds() > 60
                and not entry.told_clock,
                "changes": _changes_of(known),
                "reason": known.get("reason", ""),
                "withheld": said is None and entry.payload.erasure_id is None,
                "erased": entry.payload.erasure_id is not None,
                "url": reverse("records:entry", args=[rfa.reference, entry.number]),
            }
        )
    return {"entries": entries, "entry_pages": pages}


def raw_entry(request: HttpRequest, rfa: AssistanceRequest, entry: Entry) -> dict[str, Any]:
    """Return an entry as the ledger keeps it and the API gives it, to be read and copied."""
    kept = dict(EntrySerializer(entry, context={"request": request, "rfa": rfa}).data)
    payload = kept["payload"]
    return {
        **kept,
        "withheld": payload is None and kept["erased"] is None,
        "payload": json.dumps(payload, indent=2, ensure_ascii=False, sort_keys=True),
        "text": json.dumps(kept, indent=2, ensure_ascii=False, default=str),
    }


def task_for_page(rfa: AssistanceRequest) -> dict[str, Any] | None:
    """Return a record's task with all that was done on it, as its page shows it."""
    if (
        rfa.historical
        or rfa.status not in HAS_TASK
        or rfa.kind == Kind.EXTREME_SITUATION
        or not rfa.route
    ):
        return None
    task: Task = task_of(rfa)
    for name in ("planned_start", "planned_end"):
        day = Task._meta.get_field(name)
        setattr(task, name, day.to_python(getattr(task, name)))  # type: ignore[union-attr]
    kept = task.pk is not None
    if not kept and rfa.status in {Status.CANCELLED, Status.CLOSED}:
        return None
    progress = list(task.progress.select_related("by")) if kept else []
    percents = [line.percent for line in progress if line.percent is not None]
    changes = [shown_change(rfa, change) for change in changes_of(task)]
    return {
        "task": task,
        "units": list(rfa.units_at_work.select_related("unit")) if kept else [],
        "progress": progress[::-1],
        "percent": 100 if task.completed_on else (percents[-1] if percents else None),
        "visits": list(
            task.visits.select_related("by").prefetch_related("photos__file") if kept else []
        ),
        "instalments": list(task.instalments.all()) if kept else [],
        "money": money_of(rfa, task) if rfa.kind == Kind.QIP else None,
        "report": getattr(task, "closing_report", None) if kept else None,
        "refunds": list(task.refunds.all()) if kept and rfa.kind == Kind.QIP else [],
        "open_change": next((change for change in changes if change["waits"]), None),
        "changes": [change for change in changes if not change["waits"]],
        "runs": list(task.runs.all()) if kept and rfa.kind == Kind.SECURITY_ASSISTANCE else [],
        "incidents": list(task.incidents.select_related("run")) if kept else [],
        "assets": assets_of(rfa, task) if task.started_on else [],
        "hand_backs": list(task.hand_backs.all())
        if kept and rfa.kind == Kind.CIVIL_ASSISTANCE
        else [],
        "conditions": [
            {
                **condition,
                "met": condition["check"].met if condition["check"] else None,
                "note": condition["check"].remark if condition["check"] else "",
            }
            for condition in conditions_of(rfa)
        ],
    }


def shown_change(rfa: AssistanceRequest, change: TaskChange) -> dict[str, Any]:
    """Return a change as a page shows it: what is new, each answer, on whom it waits."""
    stage = stage_waited_on(change)
    if rfa.status in {Status.CANCELLED, Status.CLOSED}:
        stage = None
    waits = ""
    if stage == ChangeStage.AUTHORITY:
        step = authority_of(rfa)
        waits = step.post.title if step else str(stage.label)
    elif stage is not None:
        waits = str(stage.label)
    return {
        "change": change,
        "answers": list(change.answers.all()),
        "waits": waits,
        "accepted": is_accepted(change),
    }


def change_for_page(rfa: AssistanceRequest) -> dict[str, Any] | None:
    """Return the change of a record's task that waits to be answered."""
    task = kept_task(rfa)
    change = task.open_change if task else None
    return shown_change(rfa, change) if change else None


def corrections_for_page(rfa: AssistanceRequest) -> list[dict[str, Any]]:
    """List the corrections beside a record, each with what it is of in words."""
    return [{"row": row, "label": label_of(row.field)} for row in corrections_of(rfa)]


# From here on what is still missing matters; before, nothing could be there yet.
TO_COMPLETE = frozenset(
    {
        Status.IN_PROGRESS,
        Status.COMPLETED,
        Status.NOT_APPROVED,
        Status.CANCELLED,
        Status.HELD,
        Status.NOT_HELD,
    }
)


def completeness_for_page(rfa: AssistanceRequest) -> dict[str, Any] | None:
    """Return what is missing before a record may be closed, and what else is (P41)."""
    if rfa.status not in TO_COMPLETE:
        return None
    return {"missing": missing_before_closing(rfa), "also": also_missing(rfa)}
