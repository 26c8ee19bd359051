"""Extreme situations: help first, the report after (P40)."""

import datetime as dt
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from approvals.models import Process
from approvals.routing import lay_route, next_stage, process_for
from approvals.services.telling import told
from common.clock import iso, now
from ledger.services import append
from missions.models import User
from requests_app.models import AssistanceRequest
from requests_app.policy import asking_as
from requests_app.services import already_made, new_extreme_situation, touch
from requests_app.vocabulary import Route


def report_extreme_situation(
    *, actor: User, values: dict[str, Any], request_id: UUID | None = None
) -> AssistanceRequest:
    """Report help already given to prevent loss of life, injury or property (P40).

    Recorded at once, whatever the delay, and put to UN-CIMIC and then to the DSRSG/RC/HC's
    office for a finding. The same ``request_id`` by the same person returns the first
    report. ``values`` are those of ``ExtremeSituationForm``.
    """
    made = already_made(request_id, actor) if request_id else None
    if made is not None:
        return made
    try:
        return _report(actor, dict(values), request_id)
    except IntegrityError:
        made = already_made(request_id, actor) if request_id else None
        if made is None:
            raise
        return made


@transaction.atomic
def _report(actor: User, values: dict[str, Any], request_id: UUID | None) -> AssistanceRequest:
    harm, acted_at, action_taken = (
        values.pop(name) for name in ("harm", "acted_at", "action_taken")
    )
    rfa = new_extreme_situation(
        actor=actor,
        values={"description": action_taken, **values},
        harm=harm,
        acted_at=acted_at,
        action_taken=action_taken,
        request_id=request_id,
    )
    process: Process = process_for(rfa.mission, Route.EXTREME_SITUATION)
    lay_route(rfa, process)
    opened = next_stage(rfa)
    touch(rfa)
    append(
        chain_id=rfa.pk,
        act="extreme.reported",
        actor=actor,
        standing=asking_as(actor),
        happened_at=acted_at,
        payload=told(
            rfa,
            opened,
            harm=harm,
            acted_at=iso(acted_at),
            action_taken=action_taken,
            title=rfa.title,
            place=rfa.place,
            minutes_until_reported=_minutes(acted_at, now()),
        ),
    )
    return rfa


def _minutes(first: dt.datetime, last: dt.datetime) -> int:
    return int((last - first).total_seconds() // 60)
