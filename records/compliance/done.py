"""The policy over one record: what was done, and what is kept of it.

One small function a row, named by its paragraph. Each takes a record loaded ``Whole`` and
returns what the row says of it, or ``None`` where it does not apply.
"""

from django.utils.translation import gettext_noop as noop

from approvals.invariants.asked import within_mission_capability
from approvals.invariants.finding import COMPLIED, PENDING, Finding, Outcome, exception
from approvals.invariants.process import COMPETENT, NEEDS_MISSION_SUPPORT
from approvals.invariants.record import CIVIL
from approvals.models import Answer
from approvals.vocabulary import APPROVALS, SeatKind, Word
from common.kept import Kept
from missions.calendar import local_day
from missions.vocabulary import Role
from records.compliance.loading import Whole
from requests_app.vocabulary import Kind, Route, Status

CHANGES = frozenset({"task.change_declared", "task.change_answered"})
CARRIES_ON = frozenset({"task.progress", "task.completed", "instalment.paid", "escort.run"})
CLOSED_WITHOUT = Kept(noop("It was closed without %(what)s."))
CONDITIONS_OPEN = Kept(
    noop(
        "It was closed with %(open)s of %(all)s conditions neither ticked off nor said not to "
        "be met."
    )
)


def _came_before_the_start(record: Whole, given: Answer | None) -> bool:
    """Whether an answer was recorded before the task's start, and given by its first day."""
    task, started = record.task, record.started
    if given is None or task is None or task.started_on is None:
        return False
    number = record.number_of(given)
    recorded = started is None or (number is not None and number < started.number)
    return recorded and local_day(record.rfa.mission, given.at) <= task.started_on


def _is_started(record: Whole) -> bool:
    return record.task is not None and record.task.started_on is not None


def assistance_within_capability(record: Whole) -> Finding | None:
    """P16: as ``within_mission_capability``; and a QIP closed as done has its instalments."""
    found = within_mission_capability(record)
    if (
        found is None
        or found.outcome != Outcome.COMPLIED
        or record.rfa.kind != Kind.QIP
        or record.approval is None
        or record.rfa.status == Status.CANCELLED
        or record.last("request.cancelled") is not None
    ):
        return found
    if record.rfa.status != Status.CLOSED:
        return PENDING
    if record.instalments:
        return COMPLIED
    return exception(
        noop("The project was closed without an instalment on record."),
        record.number("record.closed"),
    )


def mission_support_before_the_task(record: Whole) -> Finding | None:
    """P36: DMS/CMS answered before the task started."""
    if record.rfa.kind not in CIVIL:
        return None
    if not _is_started(record):
        return record.not_yet
    said = [
        given
        for given in record.answers
        if given.role == Role.DMS and given.seat_kind == SeatKind.CAPABILITY
    ]
    if said and _came_before_the_start(record, said[0]):
        return COMPLIED
    return exception(
        noop("The task was started before DMS/CMS had answered."),
        record.started.number if record.started else None,
    )


def _lacking_in_a_closed_record(record: Whole) -> str:
    """Say what paragraph 41 still lacks in a closed record, or ''."""
    rfa = record.rfa
    if not rfa.description.strip():
        return noop("details of the task")
    if rfa.kind == Kind.EXTREME_SITUATION:
        found = record.standing(seat_kind=SeatKind.FINDING)
        return "" if found else noop("the finding")
    cancelled = record.last("request.cancelled")
    if cancelled is not None:
        said = record.said(cancelled).get("reason")
        return "" if said else noop("why it was cancelled")
    if record.approval is not None:
        done = record.task is not None and record.task.completed_on is not None
        return "" if done else noop("when it was completed")
    if record.decision is None or not record.decision.remarks.strip():
        return noop("why it was not approved")
    return "" if record.delivery else noop("whether and when others delivered it")


def record_is_complete(record: Whole) -> Finding | None:
    """P41: closed with its details; when completed; or why not, and what others delivered.

    Pending while the record is open. One that was withdrawn was never decided.
    """
    if record.rfa.status == Status.WITHDRAWN:
        return None
    refused = record.decision if record.approval is None else None
    if refused is not None and not refused.remarks.strip():
        return exception(noop("It was refused without a reason."), record.number_of(refused))
    if record.rfa.status != Status.CLOSED:
        return PENDING
    lacking = _lacking_in_a_closed_record(record)
    if not lacking:
        return COMPLIED
    return exception(CLOSED_WITHOUT(what=lacking), record.number("record.closed"))


def _went_on_while_it_waited(record: Whole) -> int | None:
    """Return the entry that carried a task on while a drift of it was unanswered, or None.

    A drift in place, scope or actor is answered by UN-CIMIC, and by whoever approved the task
    where it changes what was approved, before the task goes on (P68).
    """
    waits = False
    for entry in record.entries:
        if entry.act in CHANGES:
            waits = bool(record.said(entry).get("suspended"))
        elif waits and entry.act in CARRIES_ON:
            return entry.number
    return None


def _conditions(record: Whole) -> list[tuple[int, int]]:
    """List the conditions of the approval and of DMS/CMS that stand: answer and number."""
    standing = [
        *[given for given in [record.approval] if given is not None],
        *record.standing(seat_kind=SeatKind.CAPABILITY, role=Role.DMS),
    ]
    return [
        (given.pk, number) for given in standing for number in range(1, len(given.conditions) + 1)
    ]


def implementation_was_followed(record: Whole) -> Finding | None:
    """P68: each condition is ticked off or said not to be met; progress or a visit is recorded.

    And what drifted in place, scope or actor went back to coordination before the task went
    on. Assessed when the record is closed, a task that went on at once. What was cancelled, or
    never started, was not followed.
    """
    if not _is_started(record) or record.last("request.cancelled") is not None:
        return record.not_yet
    went_on = _went_on_while_it_waited(record)
    if went_on is not None:
        return exception(
            noop("The task went on while what changed in it waited to be answered."), went_on
        )
    if record.rfa.status != Status.CLOSED:
        return PENDING
    closed = record.number("record.closed")
    checked = {(check.answer_id, check.number) for check in record.checks}
    open_ones = [one for one in _conditions(record) if one not in checked]
    if open_ones:
        return exception(
            CONDITIONS_OPEN(open=len(open_ones), all=len(_conditions(record))),
            closed,
        )
    if not record.reports and not record.visits:
        return exception(noop("It was closed without progress or a visit on record."), closed)
    return COMPLIED


def approved_before_any_start(record: Whole) -> Finding | None:
    """N1: the competent authority's approval, and for security the tasking, came first."""
    rfa, task = record.rfa, record.task
    if rfa.kind == Kind.EXTREME_SITUATION:
        return None
    if task is None or not _is_started(record):
        return record.not_yet
    started = record.started.number if record.started else None
    if rfa.route in COMPETENT:
        approval = record.answer_with(task.approval_id)
        if (
            approval is None
            or approval.role not in COMPETENT[rfa.route]
            or approval.answer not in APPROVALS
            or not _came_before_the_start(record, approval)
        ):
            return exception(noop("The task started without a competent approval."), started)
    if rfa.route in {Route.SECURITY_HUMANITARIAN, Route.SECURITY_MISSION}:
        tasking = record.answer_with(task.tasking_id)
        if (
            tasking is None
            or tasking.answer != Word.ACCEPT
            or not _came_before_the_start(record, tasking)
        ):
            return exception(noop("The task started before the force was tasked."), started)
    return COMPLIED


def mission_support_before_any_start(record: Whole) -> Finding | None:
    """N2: the started task rests on an answer of DMS/CMS that came first."""
    task = record.task
    if record.rfa.route not in NEEDS_MISSION_SUPPORT:
        return None
    if task is None or not _is_started(record):
        return record.not_yet
    rests_on = record.answer_with(task.capability_id)
    if (
        rests_on is not None
        and rests_on.role == Role.DMS
        and _came_before_the_start(record, rests_on)
    ):
        return COMPLIED
    return exception(
        noop("The task started without an answer of DMS/CMS to rest on."),
        record.started.number if record.started else None,
    )
