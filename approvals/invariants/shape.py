"""How stages and seats stand together: what never bends of it, over a process."""

from django.utils.translation import gettext as _

from approvals.definition import MOST_HOURS, Definition, Seat
from approvals.invariants.breaches import Blame, Found, in_words, left_out, meet
from approvals.vocabulary import SeatKind
from missions.vocabulary import Role
from requests_app.vocabulary import Route, Status

# Who asks, prepares, reads or keeps, and so answers at no seat.
NEVER_SEATED = frozenset(
    {
        Role.UNIT_CIMIC,
        Role.PARTNER,
        Role.DSRSG_OFFICE,
        Role.EVALUATOR,
        Role.RECORDS_OFFICER,
        Role.ADMINISTRATOR,
    }
)

KINDS_BY_STATUS: dict[Status, frozenset[SeatKind]] = {
    Status.UNDER_REVIEW: frozenset({SeatKind.REVIEW}),
    Status.IN_CONSULTATION: frozenset({SeatKind.ADVICE, SeatKind.CAPABILITY, SeatKind.BOARD}),
    Status.AWAITING_DECISION: frozenset({SeatKind.DECISION}),
    Status.APPROVED: frozenset({SeatKind.TASKING}),
}
# A mission component's request awaits its tasking alone; an exception its finding (P39, P40).
KINDS_ON: dict[str, dict[Status, frozenset[SeatKind]]] = {
    Route.SECURITY_MISSION: {Status.AWAITING_DECISION: frozenset({SeatKind.TASKING})},
    Route.EXTREME_SITUATION: {
        Status.REPORTED: frozenset({SeatKind.FINDING}),
        Status.ACKNOWLEDGED: frozenset({SeatKind.FINDING}),
    },
}


def kinds_on(route: str) -> dict[Status, frozenset[SeatKind]]:
    """Say which sorts of seat stand under which status on a route, in a record's order."""
    return KINDS_ON.get(route, KINDS_BY_STATUS)


def follows_the_order_of_a_record(route: str, definition: Definition) -> Found:
    """P31: review, consultation, decision, tasking: a record's status only goes forward."""
    order = list(kinds_on(route))
    reached = 0
    for number, stage in enumerate(definition.stages, start=1):
        if stage.status not in order:
            words = _("“%(stage)s” has a status that no such record has: %(status)s.") % {
                "stage": stage.name,
                "status": stage.status.label,
            }
            yield Blame(words, (), number)
        elif order.index(stage.status) < reached:
            words = _("“%(stage)s” would take the record back: %(status)s.") % {
                "stage": stage.name,
                "status": stage.status.label,
            }
            yield Blame(words, (), number)
        else:
            reached = order.index(stage.status)


def seats_each_kind_in_its_stage(route: str, definition: Definition) -> Found:
    """P31: each sort of seat stands in a stage of its status, so that the status is true."""
    kinds = kinds_on(route)
    for number, stage in enumerate(definition.stages, start=1):
        allowed = kinds.get(stage.status, frozenset(SeatKind))
        for seat in stage.seats:
            if seat.kind not in allowed:
                words = _("“%(seat)s” (%(kind)s) stands in a stage that is %(status)s.") % {
                    "seat": seat.label,
                    "kind": seat.kind.label.lower(),
                    "status": stage.status.label.lower(),
                }
                yield Blame(words, (seat,), number)


def gives_everyone_a_limit(route: str, definition: Definition) -> Found:
    """P31: each seat has a limit, of at least an hour and at most a year."""
    for seat in definition.seats():
        hours = (seat.normal_hours, seat.time_sensitive_hours)
        if not all(0 < limit <= MOST_HOURS for limit in hours):
            yield Blame(_("“%(seat)s” has a limit that is none.") % {"seat": seat.label}, (seat,))


def is_quicker_when_time_is_short(route: str, definition: Definition) -> Found:
    """P31: time-sensitive proposals are taken into account: they take no longer than others."""
    for seat in definition.seats():
        if seat.time_sensitive_hours > seat.normal_hours:
            words = _("“%(seat)s” takes longer when time is short than when it is not.") % {
                "seat": seat.label
            }
            yield Blame(words, (seat,))


def asks_nobody_twice(route: str, definition: Definition) -> Found:
    """Separation of duties: nobody answers two seats of one request, so none is asked twice."""
    seats = definition.seats()
    for number, seat in enumerate(seats):
        later = [other for other in seats[number + 1 :] if other.role == seat.role]
        other = next((other for other in later if meet(route, seat, other)), None)
        if other is not None:
            words = _("“%(seat)s” and “%(other)s” would both ask the same post: %(role)s.") % {
                "seat": seat.label,
                "other": other.label,
                "role": seat.role.label,
            }
            yield Blame(words, (seat, other))


def seats_those_who_answer(route: str, definition: Definition) -> Found:
    """P31, P33, P35: who asks, prepares, reads or keeps answers at no seat."""
    for seat in definition.seats():
        if seat.role in NEVER_SEATED:
            words = _("“%(seat)s” is given to a post that answers on no request: %(role)s.") % {
                "seat": seat.label,
                "role": seat.role.label,
            }
            yield Blame(words, (seat,))


def asks_somebody_in_each_stage(route: str, definition: Definition) -> Found:
    """P31: no stage is empty, and there is at least one."""
    if not definition.stages:
        yield Blame(_("The process has no stage."))
    for number, stage in enumerate(definition.stages, start=1):
        if not stage.seats:
            yield Blame(_("“%(stage)s” asks nobody.") % {"stage": stage.name}, (), number)


def leaves_no_request_without_a_route(route: str, definition: Definition) -> Found:
    """P35: whatever its markers, a request meets somebody."""
    missed = left_out(route, definition.seats())
    if missed is not None:
        yield Blame(
            _("Some requests would meet nobody: %(in_words)s.")
            % {"in_words": in_words(route, missed, definition.seats())}
        )


def names_each_seat_once(route: str, definition: Definition) -> Found:
    """P41: what was answered at which seat can be told for good."""
    seen: dict[str, Seat] = {}
    for seat in definition.seats():
        if seat.code in seen:
            words = _("“%(seen)s” and “%(seat)s” are kept under one code.") % {
                "seen": seen[seat.code].label,
                "seat": seat.label,
            }
            yield Blame(words, (seat,))
        seen.setdefault(seat.code, seat)
