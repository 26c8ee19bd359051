"""What happens together on the ground: an escort's runs, incidents, assets handed back."""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _

from common.clock import now
from common.errors import FieldError, Incomplete, Malformed
from missions.models import User
from records import policy
from records.models import HandBack, Incident, Run
from records.queries import assets_of
from records.services.recording import checked, not_to_come, record, said_in_words, task_of
from records.vocabulary import AssetCondition, RunOutcome
from requests_app.models import AssistanceRequest
from requests_app.services import locked, touch

ARRIVES = frozenset({RunOutcome.ARRIVED, RunOutcome.DELAYED})
WHOLE = frozenset({AssetCondition.GOOD, AssetCondition.WORN})


@transaction.atomic
def record_run(
    *,
    rfa: AssistanceRequest,
    actor: User,
    ran_on: dt.date,
    origin: str,
    destination: str,
    vehicles: int,
    outcome: str,
    remarks: str = "",
) -> Run:
    """Record one run of an escort, and how it ended (P41).

    Raises ``Incomplete`` with all that is missing; one that did not arrive says why.
    """
    rfa = locked(rfa)
    policy.may_run(actor, rfa).enforce()
    not_to_come(rfa, "ran_on", ran_on, "41")
    errors = said_in_words(
        origin=(origin, _("Say from where it ran."), "41"),
        destination=(destination, _("Say where it went."), "41"),
    )
    if outcome not in ARRIVES and not remarks.strip():
        errors.append(FieldError("remarks", _("Say why it did not arrive."), "41"))
    if errors:
        raise Incomplete(errors=errors, paragraph="41")
    run: Run = checked(
        Run(
            task=rfa.task,
            number=rfa.task.runs.count() + 1,
            ran_on=ran_on,
            origin=origin.strip(),
            destination=destination.strip(),
            vehicles=vehicles,
            outcome=outcome,
            remarks=remarks.strip(),
            by=actor,
            at=now(),
        )
    )
    touch(rfa)
    record(
        rfa,
        "escort.run",
        actor,
        number=run.number,
        ran_on=ran_on,
        origin=run.origin,
        destination=run.destination,
        vehicles=vehicles,
        outcome=outcome,
        remarks=run.remarks,
    )
    return run


@transaction.atomic
def record_incident(
    *,
    rfa: AssistanceRequest,
    actor: User,
    happened_on: dt.date,
    what: str,
    action_taken: str,
    place: str = "",
    run: int | None = None,
) -> Incident:
    """Record an incident on a task, on one of its runs if ``run`` numbers it (P41).

    Raises ``Incomplete`` unless it says what happened and what was done.
    """
    rfa = locked(rfa)
    policy.may_watch(actor, rfa).enforce()
    not_to_come(rfa, "happened_on", happened_on, "41")
    errors = said_in_words(
        what=(what, _("Say what happened."), "41"),
        action_taken=(action_taken, _("Say what was done about it."), "41"),
    )
    if errors:
        raise Incomplete(errors=errors, paragraph="41")
    on_run = rfa.task.runs.filter(number=run).first() if run is not None else None
    if run is not None and on_run is None:
        raise Malformed(errors=[FieldError("run", _("There is no such run here."))])
    incident = Incident.objects.create(
        task=rfa.task,
        run=on_run,
        happened_on=happened_on,
        place=place.strip(),
        what=what.strip(),
        action_taken=action_taken.strip(),
        by=actor,
        at=now(),
    )
    touch(rfa)
    record(
        rfa,
        "task.incident",
        actor,
        happened_on=happened_on,
        place=incident.place,
        what=incident.what,
        action_taken=incident.action_taken,
        run=run,
    )
    return incident


@transaction.atomic
def hand_back(
    *,
    rfa: AssistanceRequest,
    actor: User,
    line: int,
    quantity: int,
    returned_on: dt.date,
    condition: str,
    note: str = "",
    planned_on: dt.date | None = None,
) -> HandBack:
    """Record that assets of one line came back, when and in what condition (P38).

    Without ``planned_on`` the request's own end day is the planned one. Raises ``Malformed``
    for more than is out, ``Incomplete`` if what is damaged or lost is not described.
    """
    rfa = locked(rfa)
    policy.may_hand_back(actor, rfa).enforce()
    not_to_come(rfa, "returned_on", returned_on, "38")
    task = task_of(rfa)
    lent = next((one for one in assets_of(rfa, task) if one.line == line), None)
    if lent is None:
        raise Malformed(errors=[FieldError("line", _("There is no such asset here."), "38")])
    if quantity > lent.out:
        raise Malformed(
            errors=[
                FieldError(
                    "quantity",
                    _("Only %(count)s × %(asset)s is still out.")
                    % {"count": lent.out, "asset": lent.asset},
                    "38",
                )
            ]
        )
    if condition not in WHOLE and not note.strip():
        raise Incomplete(
            errors=[FieldError("note", _("Say what is damaged, or how it was lost."), "38")],
            paragraph="38",
        )
    back: HandBack = checked(
        HandBack(
            task=task,
            number=task.hand_backs.count() + 1,
            line=line,
            asset=lent.asset,
            quantity=quantity,
            planned_on=planned_on or lent.planned_on,
            returned_on=returned_on,
            condition=condition,
            note=note.strip(),
            by=actor,
            at=now(),
        )
    )
    touch(rfa)
    record(
        rfa,
        "asset.handed_back",
        actor,
        line=line,
        asset=back.asset,
        quantity=quantity,
        planned_on=back.planned_on,
        returned_on=returned_on,
        condition=condition,
        note=back.note,
    )
    return back
