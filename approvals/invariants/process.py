"""What never bends, over a process: may it be used? One small function a rule."""

from collections.abc import Callable

from approvals.definition import Definition, Seat
from approvals.vocabulary import SeatCondition, SeatKind
from missions.vocabulary import Role
from requests_app.vocabulary import Route

Broken = list[tuple[str, str]]

COMPETENT: dict[str, frozenset[Role]] = {
    Route.CIVIL_ASSISTANCE: frozenset({Role.DSRSG, Role.DSRSG_POLITICAL}),
    Route.QIP: frozenset({Role.DSRSG, Role.DSRSG_POLITICAL}),
    Route.SECURITY_HUMANITARIAN: frozenset({Role.DESIGNATED_OFFICIAL}),
}
NEEDS_MISSION_SUPPORT = frozenset({Route.CIVIL_ASSISTANCE, Route.QIP})
NEEDS_TASKING = frozenset(
    {Route.CIVIL_ASSISTANCE, Route.SECURITY_HUMANITARIAN, Route.SECURITY_MISSION}
)


def _stage_of(definition: Definition, wanted: Callable[[Seat], bool]) -> int | None:
    for number, stage in enumerate(definition.stages):
        if any(wanted(seat) for seat in stage.seats):
            return number
    return None


def decides_by_the_competent_authority(route: str, definition: Definition) -> str:
    """P30, P39: only the competent authority decides, and every case meets one."""
    competent = COMPETENT.get(route)
    if competent is None:
        return ""
    decisions = [seat for seat in definition.seats() if seat.kind == SeatKind.DECISION]
    if any(seat.role not in competent for seat in decisions):
        return "A decision is given to a post that may not decide."
    conditions = {seat.condition for seat in decisions}
    covered = (
        SeatCondition.ALWAYS in conditions
        or {
            SeatCondition.SSR,
            SeatCondition.NOT_SSR,
        }
        <= conditions
    )
    return "" if covered else "Some requests would meet no decision."


def reviews_first(route: str, definition: Definition) -> str:
    """P33: UN-CIMIC reviews and forwards first, before anybody else is asked."""
    if route in {Route.SECURITY_MISSION, Route.EXTREME_SITUATION}:
        return ""
    first = _stage_of(
        definition,
        lambda seat: (
            seat.kind == SeatKind.REVIEW
            and seat.role == Role.CHIEF_CIMIC
            and seat.condition == SeatCondition.ALWAYS
        ),
    )
    if first is None:
        return "UN-CIMIC does not review every request."
    before = [seat for stage in definition.stages[:first] for seat in stage.seats]
    if any(seat.kind != SeatKind.REVIEW for seat in before + list(definition.stages[first].seats)):
        return "Somebody is asked before UN-CIMIC has reviewed."
    return ""


def asks_mission_support_before_the_decision(route: str, definition: Definition) -> str:
    """P16, P36: DMS/CMS answers on every request, before the decision."""
    if route not in NEEDS_MISSION_SUPPORT:
        return ""
    asked = _stage_of(
        definition,
        lambda seat: (
            seat.kind == SeatKind.CAPABILITY
            and seat.role == Role.DMS
            and seat.condition == SeatCondition.ALWAYS
        ),
    )
    decided = _stage_of(definition, lambda seat: seat.kind == SeatKind.DECISION)
    if asked is None:
        return "DMS/CMS is not consulted on every request."
    return "" if decided is not None and asked < decided else "DMS/CMS is asked too late."


def hears_humanitarian_advice(route: str, definition: Definition) -> str:
    """P32: UN-CMCoord advises on every request with a humanitarian bearing."""
    if route in {Route.SECURITY_MISSION, Route.EXTREME_SITUATION}:
        return ""
    heard = any(
        seat.role == Role.CMCOORD
        and seat.kind == SeatKind.ADVICE
        and seat.condition in {SeatCondition.HUMANITARIAN, SeatCondition.ALWAYS}
        for seat in definition.seats()
    )
    return "" if heard else "UN-CMCoord is not heard on humanitarian requests."


def keeps_the_force_out_until_decided(route: str, definition: Definition) -> str:
    """P39: no post of the force but the registering Chief stands before the decision."""
    if route != Route.SECURITY_HUMANITARIAN:
        return ""
    decided = _stage_of(definition, lambda seat: seat.kind == SeatKind.DECISION)
    force = {Role.UNIT_CIMIC, Role.SECTOR_CIMIC, Role.CIMIC_STAFF, Role.OPS, Role.HOMC}
    early = [
        seat
        for number, stage in enumerate(definition.stages)
        if decided is None or number <= decided
        for seat in stage.seats
        if seat.role in force
    ]
    return f"{early[0].label} would see it before the decision." if early else ""


def tasks_after_the_decision(route: str, definition: Definition) -> str:
    """P30, P39: the force is tasked, and after the decision where there is one."""
    if route not in NEEDS_TASKING:
        return ""
    tasked = _stage_of(definition, lambda seat: seat.kind == SeatKind.TASKING)
    if tasked is None:
        return "Nobody tasks the force."
    decided = _stage_of(definition, lambda seat: seat.kind == SeatKind.DECISION)
    return "" if decided is None or decided < tasked else "The force is tasked before the decision."


def finds_on_exceptions(route: str, definition: Definition) -> str:
    """P40: UN-CIMIC acknowledges, then the DSRSG/RC/HC finds whether the exception held."""
    if route != Route.EXTREME_SITUATION:
        return ""
    seats = [(seat.kind, seat.role) for seat in definition.seats()]
    wanted = [(SeatKind.FINDING, Role.CHIEF_CIMIC), (SeatKind.FINDING, Role.DSRSG)]
    return "" if seats == wanted else "An exception is acknowledged, then found on."


PROCESS_RULES: tuple[tuple[str, Callable[[str, Definition], str]], ...] = (
    ("30", decides_by_the_competent_authority),
    ("33", reviews_first),
    ("36", asks_mission_support_before_the_decision),
    ("32", hears_humanitarian_advice),
    ("39", keeps_the_force_out_until_decided),
    ("30", tasks_after_the_decision),
    ("40", finds_on_exceptions),
)


def broken_by_process(route: str, definition: Definition) -> Broken:
    """List what a process breaks: the paragraph and the words; empty if nothing."""
    found = [(paragraph, rule(route, definition)) for paragraph, rule in PROCESS_RULES]
    return [(paragraph, words) for paragraph, words in found if words]
