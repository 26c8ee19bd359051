"""Extreme situations: help first, the report after (P40)."""

import datetime as dt
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from approvals import policy
from approvals.models import Process
from approvals.routing import process_for, set_out
from approvals.services.telling import told
from common.clock import iso, now
from common.errors import NotNow
from ledger.services import append
from missions.models import User
from missions.queries import standing_as
from missions.vocabulary import UN_CIMIC
from requests_app.models import AssistanceRequest, ExtremeSituation
from requests_app.policy import asking_as
from requests_app.services import already_made, locked, new_extreme_situation, touch
from requests_app.vocabulary import Kind, Route


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
    opened = set_out(rfa, process, process.definition)
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


@transaction.atomic
def join_reports(
    *, rfa: AssistanceRequest, actor: User, first: AssistanceRequest | None
) -> AssistanceRequest:
    """Say that a report is of the same event as an earlier one, or, with None, that it is not.

    Each keeps its own finding. Both chains tell of it; both records are locked, in one order.
    Raises ``Forbidden`` outside UN-CIMIC, ``NotNow`` for what is no report, or is joined to
    itself, or is the first of several itself.
    """
    events = [rfa] if first is None else sorted([rfa, first], key=lambda one: one.pk)
    held = {one.pk: locked(one) for one in events}
    rfa = held[rfa.pk]
    policy.may_join(actor, rfa).enforce()
    report = rfa.extreme_situation
    parted = report.same_event_as
    if first is None and parted is None:
        return rfa
    if first is not None:
        report.same_event_as = _first_report(report, held[first.pk])
    else:
        report.same_event_as = None
    report.save(update_fields=["same_event_as"])
    other = report.same_event_as or parted
    act = "extreme.joined" if report.same_event_as else "extreme.parted"
    standing = standing_as(actor, *UN_CIMIC, route=rfa.route)
    for chain, with_ in ((rfa.pk, other.pk), (other.pk, rfa.pk)):  # type: ignore[union-attr]
        append(
            chain_id=chain, act=act, actor=actor, standing=standing, payload={"with": str(with_)}
        )
    return rfa


def _first_report(report: ExtremeSituation, first: AssistanceRequest) -> ExtremeSituation:
    """Return the first report of the event that ``first`` is of. Raises ``NotNow``."""
    if first.kind != Kind.EXTREME_SITUATION or first.mission_id != report.rfa.mission_id:
        raise NotNow(
            _("Only reports of extreme situations of one mission are joined."), paragraph="40"
        )
    head = first.extreme_situation.same_event_as or first.extreme_situation
    if head.pk == report.pk:
        raise NotNow(_("This is the first report of that event already."), paragraph="40")
    if report.further_reports.exists():
        raise NotNow(
            _("Other reports are joined to this one: join those to the other first."),
            paragraph="40",
        )
    return head


def _minutes(first: dt.datetime, last: dt.datetime) -> int:
    return int((last - first).total_seconds() // 60)
