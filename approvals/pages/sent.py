"""After sending: who has the request now, who comes next, and by when at the latest."""

import datetime as dt
from dataclasses import dataclass
from itertools import groupby

from approvals.clocks import started
from approvals.models import Step
from approvals.vocabulary import SeatKind, StepState
from common.clock import now
from common.kept import read_aloud


@dataclass
class Turn:
    """A stage still to come or open: its posts, and when it ends if each uses its whole limit."""

    name: str
    posts: list[str]
    is_open: bool
    ends_at: dt.datetime
    decides: bool


def turns_of(steps: list[Step]) -> list[Turn]:
    """List the stages that are open or to come, by the record's own route and limits.

    A stage to come is reckoned from the end of the one before it, on the mission's working
    days unless the request is time-sensitive: the moments are the latest, not promises.
    """
    to_come = [step for step in steps if step.state in {StepState.OPEN, StepState.WAITING}]
    turns: list[Turn] = []
    at = now()
    for _stage, group in groupby(to_come, key=lambda step: step.stage):
        seats = list(group)
        ends = [step.due_at or started(step, at, dt.timedelta()).due_at for step in seats]
        at = max(filter(None, ends), default=at)
        turns.append(
            Turn(
                name=read_aloud(seats[0].stage_name),
                posts=list(dict.fromkeys(step.post.title for step in seats)),
                is_open=any(step.state == StepState.OPEN for step in seats),
                ends_at=at,
                decides=any(step.seat_kind == SeatKind.DECISION for step in seats),
            )
        )
    return turns
