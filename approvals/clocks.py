"""When an answer is due: a function of what happened, never a count kept aside."""

import datetime as dt

from approvals.models import Step
from approvals.vocabulary import StepState
from common.clock import now


def limit_of(step: Step) -> dt.timedelta:
    """Return how long a step may take: the time-sensitive limit or the normal one (P31)."""
    hours = step.time_sensitive_hours if step.rfa.is_time_sensitive else step.normal_hours
    return dt.timedelta(hours=hours)


def due(step: Step) -> dt.datetime | None:
    """Return when an answer is due: its limit after the step was opened; None if it was not.

    ``Step.due_at`` keeps this for sorting, written when the step is opened. The urgency
    cannot change while a step is open.
    """
    return step.opened_at + limit_of(step) if step.opened_at else None


def is_overdue(step: Step, at: dt.datetime | None = None) -> bool:
    """Whether an open step has passed its limit."""
    return step.state == StepState.OPEN and step.due_at is not None and step.due_at < (at or now())
