"""Random valid processes: from a baseline, by random changes, each kept while nothing breaks."""

from dataclasses import replace

from hypothesis import strategies as st

from approvals import services as approvals
from approvals.definition import BASELINES, Definition, Seat, Stage
from approvals.invariants import broken_by_process
from approvals.models import Process
from approvals.vocabulary import SeatCondition, SeatKind
from missions.calendar import local_day
from missions.models import Mission
from missions.vocabulary import Role
from tests.builders import who

ADVISERS = (
    Role.CMCOORD,
    Role.CIVIL_AFFAIRS,
    Role.GENDER,
    Role.HUMAN_RIGHTS,
    Role.UNPOL,
    Role.UNDSS,
    Role.QIP_MANAGER,
)
NUMBER = st.integers(0, 40)
CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["limits", "drop", "advise", "move", "split", "join", "condition", "swap"]),
        NUMBER,
        NUMBER,
        NUMBER,
    ),
    max_size=14,
)


def _with(definition: Definition, stages: list[Stage]) -> Definition:
    return replace(definition, stages=tuple(stage for stage in stages if stage.seats))


def _seats(stage: Stage, seats: list[Seat]) -> Stage:
    return replace(stage, seats=tuple(seats))


def changed(definition: Definition, what: str, one: int, two: int, three: int) -> Definition:
    """Change a process in one way, whatever comes of it."""
    stages = list(definition.stages)
    at = one % len(stages)
    seats = list(stages[at].seats)
    which = two % len(seats)
    match what:
        case "limits":
            hours = 1 + (three * 17) % 700
            quick = 1 + hours // (1 + two)
            seats[which] = replace(seats[which], normal_hours=hours, time_sensitive_hours=quick)
        case "drop":
            del seats[which]
        case "advise":
            seats.append(
                Seat(
                    code=f"more_advice_{one}_{two}_{three}",
                    label="More advice",
                    kind=SeatKind.ADVICE,
                    role=ADVISERS[two % len(ADVISERS)],
                    condition=list(SeatCondition)[three % len(SeatCondition)],
                    normal_hours=24,
                    time_sensitive_hours=6,
                )
            )
        case "condition":
            condition = list(SeatCondition)[three % len(SeatCondition)]
            seats[which] = replace(seats[which], condition=condition)
        case "move":
            moved = seats.pop(which)
            to = three % len(stages)
            if to == at:
                return definition
            stages[to] = _seats(stages[to], [*stages[to].seats, moved])
        case "split":
            stages.insert(at + 1, _seats(stages[at], seats[which:]))
            seats = seats[:which]
        case "join" if at + 1 < len(stages):
            seats += stages.pop(at + 1).seats
        case "swap":
            other = three % len(stages)
            stages[at], stages[other] = stages[other], stages[at]
            return _with(definition, stages)
    stages[at] = _seats(stages[at], seats)
    return _with(definition, stages)


def evolved(route: str, changes: list[tuple[str, int, int, int]]) -> Definition:
    """Return a process that breaks nothing, as far from the baseline as the changes bring it."""
    definition = BASELINES[route]
    for change in changes:
        tried = changed(definition, *change)
        if tried.stages and not broken_by_process(route, tried):
            definition = tried
    return definition


def in_force(mission: Mission, route: str, definition: Definition) -> Process:
    """Draft, co-sign and promulgate a process, as the mission's posts do (P31)."""
    process = approvals.draft_process(
        actor=who("chief.cimic"), route=route, content=definition.as_json()
    )
    for signatory in ("dsrsg", "homc"):
        process = approvals.co_sign_process(
            process=process, actor=who(signatory), digest=process.digest
        )
    return approvals.promulgate_process(
        process=process, actor=who("srsg"), in_force_from=local_day(mission)
    )
