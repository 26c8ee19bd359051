"""What a process can break, and every case it must serve: the ground its rules stand on."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import product

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from approvals.definition import Definition, Seat
from approvals.vocabulary import SeatCondition, SeatKind
from requests_app.vocabulary import Route


@dataclass(frozen=True)
class Blame:
    """Why a rule is broken: in words, by which seats, or else in which stage (from 1)."""

    words: str
    seats: tuple[Seat, ...] = ()
    stage: int | None = None


Found = Iterator[Blame]
Check = Callable[[str, Definition], Found]


@dataclass(frozen=True)
class Rule:
    """A line that no process crosses: its paragraph, what it says, on which routes it binds."""

    paragraph: str
    says: str | Promise
    check: Check
    routes: frozenset[str] = frozenset(Route.values)

    @property
    def name(self) -> str:
        return self.check.__name__


@dataclass(frozen=True)
class Breach:
    """A rule that a process breaks: its paragraph, in words, and the seats to blame by code.

    ``stage`` is where, counted from 1; ``places`` name stages and seats as errors do
    (``stages.4.seats.1``).
    """

    rule: str
    paragraph: str
    words: str
    seats: tuple[str, ...] = ()
    stage: int | None = None
    places: tuple[str, ...] = ()


Case = frozenset[SeatCondition]


def _fixed(route: str) -> dict[SeatCondition, bool]:
    """Return the conditions that every request of a route answers alike."""
    fixed = {SeatCondition.ALWAYS: True, SeatCondition.QIP: route == Route.QIP}
    if route != Route.CIVIL_ASSISTANCE:
        fixed[SeatCondition.COMMUNITY] = False
    if route == Route.SECURITY_HUMANITARIAN:
        fixed[SeatCondition.UNIT_ASKED] = False  # it does not come through the force (P39)
    return fixed


def cases(route: str, conditions: Iterable[SeatCondition]) -> Iterator[Case]:
    """Walk every combination of a request's markers that these conditions tell apart."""
    fixed = _fixed(route)
    asked = {
        SeatCondition.SSR if one == SeatCondition.NOT_SSR else one for one in conditions
    } - set(fixed)
    free = sorted(asked)
    always = {condition for condition, holds in fixed.items() if holds}
    for answers in product((False, True), repeat=len(free)):
        holding = always | {one for one, holds in zip(free, answers, strict=True) if holds}
        if SeatCondition.SSR not in holding:
            holding.add(SeatCondition.NOT_SSR)
        yield frozenset(holding)


def conditions_on(route: str) -> list[SeatCondition]:
    """List the conditions that tell requests of a route apart, and ``always``."""
    fixed = _fixed(route)
    return [one for one in SeatCondition if one == SeatCondition.ALWAYS or one not in fixed]


def left_out(
    route: str, seats: Iterable[Seat], among: SeatCondition = SeatCondition.ALWAYS
) -> Case | None:
    """Return a case that none of these seats is asked on, or None if each meets one.

    ``among`` bounds the cases to those in which a condition holds.
    """
    conditions = {seat.condition for seat in seats}
    for case in cases(route, conditions | {among}):
        if among in case and not conditions & case:
            return case
    return None


def meet(route: str, one: Seat, other: Seat) -> bool:
    """Whether two seats are both asked on some request."""
    conditions = {one.condition, other.condition}
    return any(conditions <= case for case in cases(route, conditions))


def in_words(route: str, case: Case, seats: Iterable[Seat]) -> str:
    """Say which requests a case is, by the markers it has and those the seats wait for."""
    fixed = _fixed(route)
    told = {one for one in case if one not in fixed and one != SeatCondition.NOT_SSR}
    waited_for = {seat.condition for seat in seats} - case - set(fixed) - {SeatCondition.NOT_SSR}
    having, lacking = (
        ", ".join(sorted(str(one.label) for one in some)) for some in (told, waited_for)
    )
    if having and lacking:
        words = _("those with %(having)s and without %(lacking)s")
    elif having:
        words = _("those with %(having)s")
    elif lacking:
        words = _("those without %(lacking)s")
    else:
        words = _("all")
    return words % {"having": having, "lacking": lacking}


def seats_of(definition: Definition, *kinds: SeatKind) -> list[tuple[int, Seat]]:
    """List the seats of these kinds, each with the number of its stage, from 1."""
    return [
        (number, seat)
        for number, stage in enumerate(definition.stages, start=1)
        for seat in stage.seats
        if seat.kind in kinds
    ]


def first_stage_of(definition: Definition, *kinds: SeatKind) -> int | None:
    """Number the first stage that has a seat of these kinds, from 1."""
    return next((number for number, _ in seats_of(definition, *kinds)), None)


def only(found: list[tuple[int, Seat]]) -> list[Seat]:
    """Leave the stages' numbers out of such a list."""
    return [seat for _, seat in found]
