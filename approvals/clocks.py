"""When an answer is due: a function of what happened, never a count kept aside.

A clock starts when a step is opened, stops while the request is returned or referred, and
ends with the answer. A normal limit runs on the mission's working days alone, in its time
zone; a time-sensitive one runs day and night (P31).
"""

import datetime as dt
import json
from dataclasses import dataclass

from approvals.models import Step
from approvals.vocabulary import StepState
from common.clock import now
from ledger.models import Payload
from missions.calendar import Calendar, calendar_of


@dataclass(frozen=True)
class Clock:
    """A step's clock: since when it runs, what ran before it was last stopped, and its ends."""

    opened_at: dt.datetime | None
    used: dt.timedelta
    half_at: dt.datetime | None
    due_at: dt.datetime | None


STOPPED = Clock(None, dt.timedelta(), None, None)


def _after(calendar: Calendar, always: bool, since: dt.datetime, run: dt.timedelta) -> dt.datetime:
    run = max(run, dt.timedelta())
    return since + run if always else calendar.after(since, run)


def _ran(calendar: Calendar, always: bool, since: dt.datetime, until: dt.datetime) -> dt.timedelta:
    ran = max(until - since, dt.timedelta()) if always else calendar.between(since, until)
    return dt.timedelta(seconds=int(ran.total_seconds()))


def limit_of(step: Step, always: bool | None = None) -> dt.timedelta:
    """Return how long a step may take: the time-sensitive limit or the normal one (P31)."""
    always = step.rfa.is_time_sensitive if always is None else always
    return dt.timedelta(hours=step.time_sensitive_hours if always else step.normal_hours)


def started(step: Step, at: dt.datetime, used: dt.timedelta, always: bool | None = None) -> Clock:
    """Return the clock of a step opened at a moment, when some time had run before."""
    always = step.rfa.is_time_sensitive if always is None else always
    calendar, limit = calendar_of(step.rfa.mission), limit_of(step, always)
    return Clock(
        opened_at=at,
        used=used,
        half_at=_after(calendar, always, at, limit / 2 - used),
        due_at=_after(calendar, always, at, limit - used),
    )


def stopped(step: Step, clock: Clock, at: dt.datetime, always: bool | None = None) -> Clock:
    """Return the clock of a step that was put back to waiting at a moment."""
    if clock.opened_at is None:
        return clock
    always = step.rfa.is_time_sensitive if always is None else always
    ran = _ran(calendar_of(step.rfa.mission), always, clock.opened_at, at)
    return Clock(None, clock.used + ran, None, None)


def clock_of(step: Step) -> Clock:
    """Return a step's clock as it is kept on the step."""
    return Clock(step.opened_at, dt.timedelta(seconds=step.used_seconds), step.half_at, step.due_at)


def keep(step: Step, clock: Clock) -> None:
    """Write a clock to its step, for sorting and for sweeps; the caller saves it."""
    step.opened_at, step.half_at, step.due_at = clock.opened_at, clock.half_at, clock.due_at
    step.used_seconds = int(clock.used.total_seconds())


CLOCK_FIELDS = ("opened_at", "half_at", "due_at", "used_seconds")


def _moment(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


def from_entries(step: Step) -> Clock:
    """Work a step's clock out anew from the entries of its record alone.

    What ``Step`` keeps must equal it (under the calendar the mission has now).
    """
    clock = STOPPED
    said = Payload.objects.filter(entry__chain=step.rfa_id).order_by("entry__number")
    always = False
    for text in said.values_list("text", flat=True):
        payload = json.loads(text)
        for paused in payload.get("paused", []):
            if paused["step"] == step.pk:
                clock = stopped(step, clock, _moment(paused["at"]), always)
        for opened in payload.get("opened", []):
            if opened["step"] == step.pk:
                always = opened["day_and_night"]
                clock = started(step, _moment(opened["opened_at"]), clock.used, always)
    return clock


def is_overdue(step: Step, at: dt.datetime | None = None) -> bool:
    """Whether an open step has passed its limit."""
    return step.state == StepState.OPEN and step.due_at is not None and step.due_at < (at or now())
