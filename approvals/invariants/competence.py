"""Who reviews, decides, tasks and finds: what never bends of it, over a process."""

from django.utils.translation import gettext as _

from approvals.definition import Definition, Seat
from approvals.invariants.breaches import (
    Blame,
    Found,
    first_stage_of,
    in_words,
    left_out,
    meet,
    only,
    seats_of,
)
from approvals.vocabulary import SeatCondition, SeatKind
from missions.vocabulary import FORCE, UN_CIMIC, Role
from requests_app.vocabulary import Route, Status

COMPETENT: dict[str, frozenset[Role]] = {
    Route.CIVIL_ASSISTANCE: frozenset({Role.DSRSG, Role.DSRSG_POLITICAL}),
    Route.QIP: frozenset({Role.DSRSG, Role.DSRSG_POLITICAL}),
    Route.SECURITY_HUMANITARIAN: frozenset({Role.DESIGNATED_OFFICIAL}),
}


def _decisions(definition: Definition) -> list[Seat]:
    return only(seats_of(definition, SeatKind.DECISION))


def decides_by_the_competent_authority(route: str, definition: Definition) -> Found:
    """P30: nobody but the DSRSG/RC/HC, for SSR the other DSRSG, decides."""
    for seat in _decisions(definition):
        if seat.role not in COMPETENT[route]:
            words = _("“%(seat)s” gives the decision to a post that may not decide.") % {
                "seat": seat.label
            }
            yield Blame(words, (seat,))


def decides_by_the_designated_official(route: str, definition: Definition) -> Found:
    """P39: nobody but the Designated Official decides on a humanitarian actor's security."""
    yield from decides_by_the_competent_authority(route, definition)


def decides_each_request_once(route: str, definition: Definition) -> Found:
    """P30: whatever its markers, a request meets one decision, and no second one."""
    decisions = _decisions(definition)
    missed = left_out(route, decisions)
    if not decisions:
        yield Blame(_("Nobody decides."))
    elif missed is not None:
        words = _("Some requests would meet no decision: %(in_words)s.") % {
            "in_words": in_words(route, missed, decisions)
        }
        yield Blame(words, tuple(decisions))
    for number, seat in enumerate(decisions):
        other = next((other for other in decisions[number + 1 :] if meet(route, seat, other)), None)
        if other is not None:
            words = _("“%(seat)s” and “%(other)s” would decide on the same request.") % {
                "seat": seat.label,
                "other": other.label,
            }
            yield Blame(words, (seat, other))


def decides_in_one_stage(route: str, definition: Definition) -> Found:
    """P30: decisions stand in one stage, so that none is given twice or too early."""
    found = seats_of(definition, SeatKind.DECISION)
    first = found[0][0] if found else None
    for number, seat in found:
        if number != first:
            yield Blame(
                _("“%(seat)s” decides in a stage of its own.") % {"seat": seat.label}, (seat,)
            )


def leaves_only_ssr_to_the_other_dsrsg(route: str, definition: Definition) -> Found:
    """P30, footnote 11: the other DSRSG decides on SSR alone; DDR is marked, and is not SSR."""
    for seat in _decisions(definition):
        if seat.role == Role.DSRSG_POLITICAL and seat.condition != SeatCondition.SSR:
            words = _("“%(seat)s” gives the other DSRSG more than security sector reform.") % {
                "seat": seat.label
            }
            yield Blame(words, (seat,))


def reviews_first(route: str, definition: Definition) -> Found:
    """P33: UN-CIMIC reviews and forwards first, before anybody else is asked."""
    reviews = seats_of(definition, SeatKind.REVIEW)
    chief = [(number, seat) for number, seat in reviews if seat.role == Role.CHIEF_CIMIC]
    missed = left_out(route, only(chief))
    if missed is not None:
        which = in_words(route, missed, only(chief))
        words = _("The Chief UN-CIMIC would not review some requests: %(which)s.") % {
            "which": which
        }
        yield Blame(words if chief else _("UN-CIMIC does not review."), tuple(only(chief)))
        return
    others = [kind for kind in SeatKind if kind != SeatKind.REVIEW]
    asked = first_stage_of(definition, *others)
    if asked is None:
        return
    before = [seat for number, seat in chief if number < asked]
    if left_out(route, before) is not None:
        early = [seat for number, seat in seats_of(definition, *others) if number == asked]
        yield Blame(_("Somebody is asked before UN-CIMIC has reviewed."), tuple(early), asked)


def reviews_by_un_cimic_alone(route: str, definition: Definition) -> Found:
    """P33: to review and forward is UN-CIMIC's."""
    for _number, seat in seats_of(definition, SeatKind.REVIEW):
        if seat.role not in UN_CIMIC:
            yield Blame(
                _("“%(seat)s” reviews in the place of UN-CIMIC.") % {"seat": seat.label}, (seat,)
            )


def un_cimic_never_approves(route: str, definition: Definition) -> Found:
    """P33: UN-CIMIC reviews and forwards; it cannot approve, nor task."""
    for _number, seat in seats_of(definition, SeatKind.DECISION, SeatKind.TASKING):
        if seat.role in UN_CIMIC:
            yield Blame(_("“%(seat)s” lets UN-CIMIC approve.") % {"seat": seat.label}, (seat,))


def keeps_the_force_out_until_decided(route: str, definition: Definition) -> Found:
    """P39: no post of the force but the registering Chief stands before the decision."""
    decided = first_stage_of(definition, SeatKind.DECISION)
    for number, stage in enumerate(definition.stages, start=1):
        for seat in stage.seats:
            if seat.role in FORCE and (decided is None or number <= decided):
                yield Blame(
                    _("“%(seat)s” would see it before the decision.") % {"seat": seat.label},
                    (seat,),
                )


def tasks_the_force(route: str, definition: Definition) -> Found:
    """P30, P39: whatever is approved is tasked to the force."""
    tasked = only(seats_of(definition, SeatKind.TASKING))
    missed = left_out(route, tasked)
    if missed is not None:
        words = _("Some requests would never be tasked: %(in_words)s.") % {
            "in_words": in_words(route, missed, tasked)
        }
        yield Blame(words if tasked else _("Nobody tasks the force."), tuple(tasked))


def tasks_after_the_decision(route: str, definition: Definition) -> Found:
    """P30, P39: no task before the approval."""
    decided = [number for number, _seat in seats_of(definition, SeatKind.DECISION)]
    for number, seat in seats_of(definition, SeatKind.TASKING):
        if decided and number <= max(decided):
            yield Blame(
                _("“%(seat)s” tasks the force before the decision.") % {"seat": seat.label}, (seat,)
            )


def tasks_by_force_operations_alone(route: str, definition: Definition) -> Found:
    """P39: the HOMC's operations task the force; no other post does."""
    for _number, seat in seats_of(definition, SeatKind.TASKING):
        if seat.role != Role.OPS:
            yield Blame(_("“%(seat)s” is not force operations'.") % {"seat": seat.label}, (seat,))


def leaves_projects_to_their_partner(route: str, definition: Definition) -> Found:
    """P16: a QIP is carried out under a partner's agreement; the force is not tasked by it."""
    for _number, seat in seats_of(definition, SeatKind.TASKING):
        yield Blame(
            _("“%(seat)s” tasks the force with a partner's project.") % {"seat": seat.label},
            (seat,),
        )


def tasks_a_mission_component_alone(route: str, definition: Definition) -> Found:
    """P39: a mission component's request is ordinary tasking, and nothing else."""
    seats = definition.seats()
    others = [seat for seat in seats if seat.kind != SeatKind.TASKING]
    if others or len(seats) != 1:
        words = _("A mission component's security is ordinary tasking: one seat, tasking.")
        yield Blame(words, tuple(others or seats))


def finds_on_exceptions(route: str, definition: Definition) -> Found:
    """P40: UN-CIMIC acknowledges, then the DSRSG/RC/HC finds whether the exception held."""
    wanted = ((Status.REPORTED, Role.CHIEF_CIMIC), (Status.ACKNOWLEDGED, Role.DSRSG))
    stands = [
        (stage.status, seat.role)
        for stage in definition.stages
        for seat in stage.seats
        if seat.kind == SeatKind.FINDING and seat.condition == SeatCondition.ALWAYS
    ]
    if tuple(stands) != wanted or len(definition.seats()) != len(wanted):
        strange = [
            seat
            for stage in definition.stages
            for seat in stage.seats
            if (stage.status, seat.role) not in wanted
            or seat.kind != SeatKind.FINDING
            or seat.condition != SeatCondition.ALWAYS
        ]
        words = _("UN-CIMIC acknowledges each exception, then the DSRSG/RC/HC finds on it.")
        yield Blame(words, tuple(strange))


def finds_on_exceptions_alone(route: str, definition: Definition) -> Found:
    """P40: a finding afterwards is for extreme situations; nothing else goes without approval."""
    for _number, seat in seats_of(definition, SeatKind.FINDING):
        yield Blame(
            _("“%(seat)s” would find afterwards on what needs approval.") % {"seat": seat.label},
            (seat,),
        )
