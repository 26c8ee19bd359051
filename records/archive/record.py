"""A record as plain values, by the names of the published form (``record-1.json``)."""

from typing import Any

from approvals.queries import route_of
from records.archive.shape import NAME
from records.done import corrections_as_kept, follow_up_notes_of, task_as_kept
from records.queries import follow_up_of
from requests_app.content import content_of
from requests_app.models import AssistanceRequest, ImportedRow
from requests_app.vocabulary import Kind


def _plain(row: Any, *names: str) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def _answers(rfa: AssistanceRequest) -> list[dict[str, Any]]:
    return [
        {
            **_plain(
                step, "seat", "seat_label", "seat_kind", "state", "round", "opened_at", "due_at"
            ),
            "stage": step.stage_name,
            "post": step.post.title,
            "answers": [
                {
                    **_plain(
                        given,
                        "answer",
                        "remarks",
                        "conditions",
                        "details",
                        "revision",
                        "capacity",
                        "at",
                    ),
                    "by": given.by.name,
                    "post": given.post.title,
                    "stands": given.pk == step.current_id,
                }
                for given in step.answers.all()
            ],
        }
        for step in route_of(rfa)
    ]


def _imported(rfa: AssistanceRequest) -> dict[str, Any] | None:
    """Return which row of which spreadsheet a record came from, and what that claims."""
    row = ImportedRow.objects.filter(rfa=rfa).select_related("run__by").first()
    if row is None:
        return None
    return {
        "historical": rfa.historical,
        "file": row.run.name,
        "sheet": row.run.sheet,
        "row": row.number,
        "sha256": row.run.digest,
        "at": row.run.done_at,
        "by": row.run.by.name,
        "claims": row.claims,
    }


def record_as_kept(rfa: AssistanceRequest) -> dict[str, Any]:
    """Return the whole record as plain values, by the names of the published form."""
    follow_up = follow_up_of(rfa)
    extreme = rfa.kind == Kind.EXTREME_SITUATION
    return {
        "form": NAME,
        **_plain(
            rfa,
            "reference",
            "id",
            "kind",
            "route",
            "status",
            "revision",
            "created_at",
            "submitted_at",
            "decided_at",
            "closed_at",
        ),
        "mission": rfa.mission.code,
        "requested_by": rfa.requested_by.name,
        "requested_as": rfa.post.title if rfa.post else None,
        "content": content_of(rfa),
        "route_answers": _answers(rfa),
        "task": task_as_kept(rfa),
        "follow_up": (
            _plain(follow_up, "delivered", "organisation", "delivered_on", "source")
            if follow_up
            else None
        ),
        "follow_up_notes": follow_up_notes_of(rfa),
        "corrections": corrections_as_kept(rfa.corrections.select_related("by", "post")),
        "extreme_situation": (
            _plain(rfa.extreme_situation, "harm", "acted_at", "action_taken") if extreme else None
        ),
        "imported": _imported(rfa),
        "messages": [
            {**_plain(message, "text", "internal", "at"), "by": message.by.name}
            for message in rfa.messages.select_related("by")
        ],
        "files": [
            {
                **_plain(file, "name", "caption", "media_type", "size", "added_at"),
                "sha256": file.digest,
            }
            for file in rfa.attachments.all()
        ],
    }


def process_as_kept(rfa: AssistanceRequest) -> dict[str, Any] | None:
    """Return the process by which a record was routed, as it stood then."""
    first = rfa.steps.select_related("process").first()
    if first is None:
        return None
    process = first.process
    return {**_plain(process, "route", "version", "digest"), "content": process.content}
