"""What every deed on a record shares: its entry, its constraints in words, its task."""

import datetime as dt
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from approvals.invariants import tasking_of
from common.errors import FieldError, Malformed
from ledger.services import append
from missions.calendar import local_day
from missions.models import User
from missions.queries import Standing, standing_as, standing_in
from records.models import Task
from records.policy import DOERS
from requests_app.models import AssistanceRequest


def _standing(actor: User, rfa: AssistanceRequest) -> Standing | None:
    return standing_in(actor, rfa.post_id, rfa.route) or standing_as(actor, *DOERS, route=rfa.route)


def record(
    rfa: AssistanceRequest,
    act: str,
    actor: User,
    standing: Standing | None = None,
    **payload: Any,
) -> None:
    """Append a deed to the record's chain, as the post the actor does it by."""
    append(
        chain_id=rfa.pk,
        act=act,
        actor=actor,
        standing=standing or _standing(actor, rfa),
        payload={"status": rfa.status, "version": rfa.version, "opened": [], **payload},
    )


def checked(row: Any) -> Any:
    """Save a row after its own constraints; raise ``Malformed`` with their messages."""
    try:
        row.validate_constraints()
    except ValidationError as error:
        raise Malformed(
            errors=[FieldError("non_field_errors", message) for message in error.messages]
        ) from error
    row.save()
    return row


def task_of(rfa: AssistanceRequest) -> Task:
    """Return the request's task, planned from the tasking answer if it has none yet."""
    task = Task.objects.filter(rfa=rfa).select_related("open_change").first()
    if task is None:
        planned = tasking_of(rfa)
        details = planned.current.details if planned and planned.current else {}
        task = Task(
            rfa=rfa,
            route=rfa.route,
            planned_start=details.get("start_on"),
            planned_end=details.get("end_on"),
        )
    task.rfa = rfa
    task.unit = rfa.tasked_unit
    return task


def not_to_come(rfa: AssistanceRequest, name: str, day: dt.date, paragraph: str = "") -> None:
    """Raise ``Malformed`` for a day still to come by the mission's own calendar."""
    if day > local_day(rfa.mission):
        raise Malformed(errors=[FieldError(name, _("This day is still to come."), paragraph)])


def said_in_words(**texts: tuple[str, str, str]) -> list[FieldError]:
    """Name what is empty: each field with its text, the question, and the paragraph."""
    return [
        FieldError(name, question, paragraph)
        for name, (text, question, paragraph) in texts.items()
        if not text.strip()
    ]
