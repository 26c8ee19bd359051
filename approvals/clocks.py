"""When an answer is due: a function of what happened, never a count kept aside."""

import datetime as dt

from approvals.models import Step
from approvals.vocabulary import StepState
from common.clock import now


def due(opened_at: dt.datetime, limit_hours: int) -> dt.datetime:
    """Return when an answer is due: so many hours after the step was opened."""
    return opened_at + dt.timedelta(hours=limit_hours)


def is_overdue(step: Step, at: dt.datetime | None = None) -> bool:
    """Whether an open step has passed its limit."""
    if step.state != StepState.OPEN or step.opened_at is None:
        return False
    return due(step.opened_at, step.limit_hours) < (at or now())
