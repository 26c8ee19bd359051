"""Who is heard before the decision, and is waited for: what never bends, over a process."""

from django.utils.translation import gettext as _

from approvals.definition import Definition, Seat
from approvals.invariants.breaches import (
    Blame,
    Found,
    first_stage_of,
    in_words,
    left_out,
    only,
    seats_of,
)
from approvals.vocabulary import SeatCondition, SeatKind
from missions.vocabulary import Role
from requests_app.vocabulary import Route

ADVISERS = frozenset(
    {
        Role.CMCOORD,
        Role.CIVIL_AFFAIRS,
        Role.GENDER,
        Role.HUMAN_RIGHTS,
        Role.UNPOL,
        Role.UNDSS,
        Role.QIP_MANAGER,
    }
)
HAVE_MEANS = frozenset({Role.DMS, Role.OPS, Role.HOMC})


def _mission_support(definition: Definition) -> list[tuple[int, Seat]]:
    found = seats_of(definition, SeatKind.CAPABILITY)
    return [(number, seat) for number, seat in found if seat.role == Role.DMS]


def asks_mission_support_of_every_request(route: str, definition: Definition) -> Found:
    """P36: DMS/CMS is consulted on every request, always."""
    asked = only(_mission_support(definition))
    missed = left_out(route, asked)
    if missed is not None:
        words = _("DMS/CMS is not consulted on some requests: %(in_words)s.") % {
            "in_words": in_words(route, missed, asked)
        }
        yield Blame(words if asked else _("DMS/CMS is not consulted."), tuple(asked))


def asks_mission_support_before_the_decision(route: str, definition: Definition) -> Found:
    """P16, P36: capability is known before the decision."""
    decided = first_stage_of(definition, SeatKind.DECISION)
    for number, seat in _mission_support(definition):
        if decided is not None and number >= decided:
            yield Blame(
                _("“%(seat)s” is asked only when it is being decided.") % {"seat": seat.label},
                (seat,),
            )


def waits_for_mission_support(route: str, definition: Definition) -> Found:
    """P36: DMS/CMS's seat never lapses: it is a capability seat, not advice."""
    for number, stage in enumerate(definition.stages, start=1):
        for seat in stage.seats:
            if seat.role == Role.DMS and seat.kind != SeatKind.CAPABILITY:
                words = _("“%(seat)s” does not wait for DMS/CMS's answer on capability.") % {
                    "seat": seat.label
                }
                yield Blame(words, (seat,), number)


def asks_capability_of_who_has_it(route: str, definition: Definition) -> Found:
    """P38: whether it is appropriate and can be resourced, DMS/CMS and the force say."""
    for _number, seat in seats_of(definition, SeatKind.CAPABILITY):
        if seat.role not in HAVE_MEANS:
            words = _("“%(seat)s” asks for means of a post that has none to give.") % {
                "seat": seat.label
            }
            yield Blame(words, (seat,))


def hears_humanitarian_advice(route: str, definition: Definition) -> Found:
    """P32: UN-CMCoord advises on every request with a humanitarian bearing."""
    advice = only(seats_of(definition, SeatKind.ADVICE))
    heard = [seat for seat in advice if seat.role == Role.CMCOORD]
    among = (
        SeatCondition.ALWAYS if route == Route.SECURITY_HUMANITARIAN else SeatCondition.HUMANITARIAN
    )
    missed = left_out(route, heard, among)
    if missed is not None:
        which = in_words(route, missed, heard)
        words = _("UN-CMCoord is not heard on some humanitarian requests: %(which)s.") % {
            "which": which
        }
        yield Blame(words if heard else _("UN-CMCoord is not heard."), tuple(heard))


def lets_advice_lapse(route: str, definition: Definition) -> Found:
    """P32: advice never blocks past its limit: an adviser holds no seat that waits."""
    for number, stage in enumerate(definition.stages, start=1):
        for seat in stage.seats:
            if seat.role in ADVISERS and not (seat.may_lapse or seat.kind == SeatKind.BOARD):
                words = _("“%(seat)s” lets an adviser hold a request up.") % {"seat": seat.label}
                yield Blame(words, (seat,), number)


def hears_gender_advice(route: str, definition: Definition) -> Found:
    """P43–46: the gender adviser is heard, on protection above all."""
    advice = only(seats_of(definition, SeatKind.ADVICE))
    heard = [seat for seat in advice if seat.role == Role.GENDER]
    missed = left_out(route, heard, SeatCondition.PROTECTION)
    if missed is not None:
        words = _("The gender adviser is not heard on some requests: %(in_words)s.") % {
            "in_words": in_words(route, missed, heard)
        }
        yield Blame(words if heard else _("The gender adviser is not heard."), tuple(heard))


def convenes_the_board_on_projects_alone(route: str, definition: Definition) -> Found:
    """P16: the project review committee sits on QIPs, on nothing else."""
    for _number, seat in seats_of(definition, SeatKind.BOARD):
        if route != Route.QIP:
            yield Blame(
                _("“%(seat)s” convenes a board where there is no project.") % {"seat": seat.label},
                (seat,),
            )


def convenes_the_board_before_the_decision(route: str, definition: Definition) -> Found:
    """P16: the committee recommends; it does so before the decision."""
    decided = first_stage_of(definition, SeatKind.DECISION)
    for number, seat in seats_of(definition, SeatKind.BOARD):
        if decided is not None and number >= decided:
            yield Blame(
                _("“%(seat)s” sits when it has been decided.") % {"seat": seat.label}, (seat,)
            )
