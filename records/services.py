"""What happens together when a request is carried out, followed up and closed."""

import datetime as dt
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from approvals.invariants import approval_of, capability_of, tasking_of
from approvals.models import Step
from approvals.moves import after
from approvals.policy import may_close
from approvals.vocabulary import Act
from common.clock import now
from common.errors import FieldError, Incomplete, Malformed
from common.templatetags.cimic import money
from ledger.services import append
from missions.calendar import local_day
from missions.models import User
from missions.queries import Standing, standing_as, standing_in
from records import policy
from records.completeness import missing_before_closing
from records.models import (
    ConditionCheck,
    DeliveryByOthers,
    Instalment,
    Progress,
    Task,
    Visit,
)
from records.policy import DOERS
from requests_app.models import AssistanceRequest
from requests_app.services import locked, touch
from requests_app.vocabulary import Status


def _standing(actor: User, rfa: AssistanceRequest) -> Standing | None:
    return standing_in(actor, rfa.post_id, rfa.route) or standing_as(actor, *DOERS, route=rfa.route)


def _record(rfa: AssistanceRequest, act: str, actor: User, **payload: Any) -> None:
    append(
        chain_id=rfa.pk,
        act=act,
        actor=actor,
        standing=_standing(actor, rfa),
        payload={"status": rfa.status, "version": rfa.version, "opened": [], **payload},
    )


def _checked(row: Any) -> Any:
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
    task = Task.objects.filter(rfa=rfa).first()
    if task is None:
        planned = tasking_of(rfa)
        details = planned.current.details if planned and planned.current else {}
        task = Task(
            rfa=rfa,
            route=rfa.route,
            planned_start=details.get("start_on"),
            planned_end=details.get("end_on"),
        )
    task.unit = rfa.tasked_unit
    return task


@transaction.atomic
def plan(*, rfa: AssistanceRequest, actor: User, values: dict[str, Any]) -> Task:
    """Plan an approved task: its days, and a QIP's agreement with the partner.

    ``values`` may hold planned_start, planned_end, agreement_signed_on and
    agreement_reference. Raises ``Forbidden``, ``NotNow`` or ``Malformed``.
    """
    rfa = locked(rfa)
    policy.may_plan(actor, rfa).enforce()
    task = task_of(rfa)
    for name, value in values.items():
        setattr(task, name, value)
    _checked(task)
    touch(rfa)
    _record(rfa, "task.planned", actor, **values)
    return task


def _rest_on(task: Task, name: str, step: Step | None) -> None:
    """Let the task name an answer that allows it, with what that grants and whose it is."""
    if step is not None:
        setattr(task, name, step.current)
        setattr(task, f"{name}_grants", step.current_grants)
        setattr(task, f"{name}_role", step.role)


@transaction.atomic
def start(*, rfa: AssistanceRequest, actor: User, started_on: dt.date | None = None) -> Task:
    """Start the task, on the very answers that allow it.

    Raises ``NotNow`` with its paragraph until the competent authority has approved (P30,
    P39), DMS/CMS has answered (P36) and the force is tasked; ``Forbidden`` for others than
    the tasked unit and UN-CIMIC. The database refuses the same.
    """
    rfa = locked(rfa)
    policy.may_start(actor, rfa).enforce()
    day = started_on or local_day(rfa.mission)
    if day > local_day(rfa.mission):
        raise Malformed(
            errors=[FieldError("started_on", _("This day is still to come: start on the day."))]
        )
    approved_on = local_day(rfa.mission, rfa.decided_at) if rfa.decided_at else day
    if day < approved_on:
        raise Malformed(
            errors=[
                FieldError(
                    "started_on",
                    _("It was approved on %(approved_on)s: not before.")
                    % {"approved_on": date_format(approved_on, "SHORT_DATE_FORMAT")},
                    "30",
                )
            ]
        )
    task = task_of(rfa)
    _rest_on(task, "approval", approval_of(rfa))
    _rest_on(task, "capability", capability_of(rfa))
    _rest_on(task, "tasking", tasking_of(rfa))
    task.started_on, task.started_by = day, actor
    _checked(task)
    touch(rfa, status=after(rfa.status, Act.START))
    _record(
        rfa,
        "task.started",
        actor,
        started_on=day,
        unit=task.unit.code if task.unit else None,
        rests_on={
            "approval": task.approval_id,
            "capability": task.capability_id,
            "tasking": task.tasking_id,
        },
    )
    return task


@transaction.atomic
def report_progress(
    *, rfa: AssistanceRequest, actor: User, text: str, percent: int | None = None
) -> Progress:
    """Report how far a task has come. Raises ``Incomplete`` without a text."""
    rfa = locked(rfa)
    policy.may_report(actor, rfa).enforce()
    if not text.strip():
        raise Incomplete(errors=[FieldError("text", _("Say what was done."), "68")])
    progress = _checked(
        Progress(task=rfa.task, text=text.strip(), percent=percent, by=actor, at=now())
    )
    touch(rfa)
    _record(rfa, "task.progress", actor, text=progress.text, percent=percent)
    return progress


def conditions_of(rfa: AssistanceRequest) -> list[dict[str, Any]]:
    """List the conditions of the standing approval and capability answers, ticked or not."""
    found = []
    checks: dict[tuple[int | None, int], ConditionCheck] = {
        (check.answer_id, check.number): check
        for check in ConditionCheck.objects.filter(answer__rfa=rfa).select_related("by")
    }
    for step in (approval_of(rfa), capability_of(rfa)):
        if step is None or step.current is None:
            continue
        for number, text in enumerate(step.current.conditions, start=1):
            check = checks.get((step.current_id, number))
            found.append(
                {
                    "answer": step.current_id,
                    "number": number,
                    "text": text,
                    "from": step.seat_label,
                    "check": check,
                }
            )
    return found


@transaction.atomic
def tick_condition(
    *,
    rfa: AssistanceRequest,
    actor: User,
    answer: int,
    number: int,
    met: bool,
    remark: str = "",
) -> ConditionCheck:
    """Tick a condition off, or record that it was not met (P68)."""
    rfa = locked(rfa)
    policy.may_report(actor, rfa).enforce()
    known = {(condition["answer"], condition["number"]) for condition in conditions_of(rfa)}
    if (answer, number) not in known:
        raise Malformed(errors=[FieldError("number", _("There is no such condition here."))])
    if not met and not remark.strip():
        raise Incomplete(errors=[FieldError("remark", _("Say why it was not met."), "68")])
    check = ConditionCheck.objects.create(
        task=rfa.task,
        answer_id=answer,
        number=number,
        met=met,
        remark=remark.strip(),
        by=actor,
        at=now(),
    )
    touch(rfa)
    _record(rfa, "condition.checked", actor, answer=answer, number=number, met=met, remark=remark)
    return check


@transaction.atomic
def record_visit(
    *, rfa: AssistanceRequest, actor: User, visited_on: dt.date, findings: str
) -> Visit:
    """Record a monitoring visit and what was found (P68)."""
    rfa = locked(rfa)
    policy.may_report(actor, rfa).enforce()
    if visited_on > local_day(rfa.mission):
        raise Malformed(errors=[FieldError("visited_on", _("This day is still to come."))])
    if not findings.strip():
        raise Incomplete(errors=[FieldError("findings", _("Say what was found."), "68")])
    visit = Visit.objects.create(
        task=rfa.task, visited_on=visited_on, findings=findings.strip(), by=actor, at=now()
    )
    touch(rfa)
    _record(rfa, "task.visited", actor, visited_on=visited_on, findings=visit.findings)
    return visit


@transaction.atomic
def pay_instalment(
    *,
    rfa: AssistanceRequest,
    actor: User,
    amount: Decimal,
    paid_on: dt.date,
    evidence: str = "",
    is_last: bool = False,
) -> Instalment:
    """Record a payment to the partner; the last one only after a visit.

    Raises ``NotNow`` for a last payment without a visit, ``Malformed`` for a day still to
    come or if the payments would exceed the approved cost.
    """
    rfa = locked(rfa)
    policy.may_pay(actor, rfa).enforce()
    if paid_on > local_day(rfa.mission):
        raise Malformed(errors=[FieldError("paid_on", _("This day is still to come."))])
    task = _checked(task_of(rfa))
    paid = sum((line.amount for line in task.instalments.all()), Decimal(0))
    if rfa.estimated_cost is not None and paid + amount > rfa.estimated_cost:
        raise Malformed(
            errors=[
                FieldError(
                    "amount",
                    _("%(paid)s of %(cost)s is paid already: this would exceed what was approved.")
                    % {
                        "paid": money(paid, rfa.currency),
                        "cost": money(rfa.estimated_cost, rfa.currency),
                    },
                )
            ]
        )
    policy.may_pay_last(task, is_last).enforce()
    instalment = _checked(
        Instalment(
            task=task,
            number=task.instalments.count() + 1,
            amount=amount,
            paid_on=paid_on,
            evidence=evidence,
            is_last=is_last,
            by=actor,
            at=now(),
        )
    )
    touch(rfa)
    _record(
        rfa,
        "instalment.paid",
        actor,
        number=instalment.number,
        amount=amount,
        paid_on=paid_on,
        last=is_last,
    )
    return instalment


@transaction.atomic
def complete(
    *,
    rfa: AssistanceRequest,
    actor: User,
    completed_on: dt.date | None = None,
    result: str = "",
    people: dict[str, int | None] | None = None,
    actual_cost: Decimal | None = None,
) -> Task:
    """Complete a task, with the day, the result and the people reached (P41)."""
    rfa = locked(rfa)
    policy.may_report(actor, rfa).enforce()
    day = completed_on or local_day(rfa.mission)
    if day > local_day(rfa.mission):
        raise Malformed(errors=[FieldError("completed_on", _("This day is still to come."), "41")])
    task = rfa.task
    if task.started_on and day < task.started_on:
        raise Malformed(
            errors=[
                FieldError(
                    "completed_on",
                    _("It started on %(started_on)s: not before.")
                    % {"started_on": date_format(task.started_on, "SHORT_DATE_FORMAT")},
                    "41",
                )
            ]
        )
    task.completed_on, task.completed_by = day, actor
    task.result = result.strip()
    task.actual_cost = actual_cost  # type: ignore[assignment]
    for name, count in (people or {}).items():
        setattr(task, name, count)
    _checked(task)
    touch(rfa, status=after(rfa.status, Act.COMPLETE))
    _record(
        rfa,
        "task.completed",
        actor,
        completed_on=day,
        result=task.result,
        people=people or {},
        actual_cost=actual_cost,
    )
    return task


@transaction.atomic
def record_delivery(
    *,
    rfa: AssistanceRequest,
    actor: User,
    delivered: bool,
    organisation: str = "",
    delivered_on: dt.date | None = None,
    source: str = "",
) -> DeliveryByOthers:
    """Record what became of a refused need, and close its record (P41).

    Raises ``Incomplete`` with all that is missing: who and when if it was delivered, and
    the source either way.
    """
    rfa = locked(rfa)
    policy.may_record_delivery(actor, rfa).enforce()
    errors = []
    if delivered and not organisation.strip():
        errors.append(FieldError("organisation", _("Say who delivered it."), "41"))
    if delivered and delivered_on is None:
        errors.append(FieldError("delivered_on", _("Say when it was delivered."), "41"))
    if not source.strip():
        errors.append(
            FieldError("source", _("Say how you know: who told you, or what you saw."), "41")
        )
    if errors:
        raise Incomplete(errors=errors, paragraph="41")
    if delivered_on and delivered_on > local_day(rfa.mission):
        raise Malformed(errors=[FieldError("delivered_on", _("This day is still to come."), "41")])
    known = _checked(
        DeliveryByOthers(
            rfa=rfa,
            delivered=delivered,
            organisation=organisation.strip() if delivered else "",
            delivered_on=delivered_on if delivered else None,
            source=source.strip(),
            by=actor,
            at=now(),
        )
    )
    touch(rfa)
    _record(
        rfa,
        "follow_up.answered",
        actor,
        delivered=delivered,
        organisation=known.organisation,
        delivered_on=known.delivered_on,
        source=known.source,
    )
    _close(rfa, actor)
    return known


def _close(rfa: AssistanceRequest, actor: User) -> None:
    touch(rfa, status=after(rfa.status, Act.CLOSE), closed_at=now())
    _record(rfa, "record.closed", actor)


@transaction.atomic
def close(*, rfa: AssistanceRequest, actor: User) -> AssistanceRequest:
    """Close a record that has all that paragraph 41 asks; a closed one stays as it is.

    Raises ``Incomplete`` with everything that is missing. Closing what is closed changes
    nothing and says so by returning it.
    """
    rfa = locked(rfa)
    verdict = may_close(actor, rfa)
    if rfa.status == Status.CLOSED and not verdict and verdict.later:
        return rfa
    verdict.enforce()
    errors = missing_before_closing(rfa)
    if errors:
        raise Incomplete(errors=errors, paragraph="41")
    _close(rfa, actor)
    return rfa
