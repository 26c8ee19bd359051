"""The mission's own time: its time zone, its working week and its holidays (P31).

A normal limit runs through working days alone, from midnight to midnight in the mission's
time zone; a time-sensitive one runs day and night.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from common.clock import now
from common.prepared import Question, Told
from missions.models import Holiday, Mission

DAY = dt.timedelta(days=1)
# After so many days without a single working one the calendar is at fault, not the clock.
MOST_DAYS = 3660


@dataclass(frozen=True)
class Calendar:
    """Which days a mission works, and where its days begin."""

    zone: ZoneInfo
    working_days: frozenset[int]
    holidays: frozenset[dt.date]

    def works_on(self, day: dt.date) -> bool:
        return day.isoweekday() in self.working_days and day not in self.holidays

    def _midnight(self, day: dt.date) -> dt.datetime:
        return dt.datetime.combine(day, dt.time.min, self.zone).astimezone(dt.UTC)

    def _working_spans(self, since: dt.datetime) -> Iterator[tuple[dt.datetime, dt.datetime]]:
        day = since.astimezone(self.zone).date()
        for _ in range(MOST_DAYS):
            if self.works_on(day):
                yield max(since, self._midnight(day)), self._midnight(day + DAY)
            day += DAY
        raise ValueError("The mission's calendar has no working day.")

    def after(self, since: dt.datetime, limit: dt.timedelta) -> dt.datetime:
        """Return when ``limit`` of working time has run since a moment."""
        left = limit
        for begins, ends in self._working_spans(since):
            if ends - begins >= left:
                return begins + left
            left -= ends - begins
        raise ValueError("The limit is longer than the calendar reaches.")

    def between(self, since: dt.datetime, until: dt.datetime) -> dt.timedelta:
        """Return how much working time ran between two moments; none if they are reversed."""
        ran = dt.timedelta()
        for begins, ends in self._working_spans(since):
            if begins >= until:
                break
            ran += min(ends, until) - begins
        return ran


HOLIDAYS = Question(lambda: Holiday.objects.filter(mission=Told("mission")).order_by())


def calendar_of(mission: Mission) -> Calendar:
    """Return a mission's calendar; kept on the mission for the length of a request."""
    kept = getattr(mission, "_calendar", None)
    if kept is None:
        kept = Calendar(
            zone=ZoneInfo(mission.time_zone),
            working_days=frozenset(mission.working_days),
            holidays=frozenset(day.on for day in HOLIDAYS.rows(mission=mission.pk)),
        )
        mission._calendar = kept  # type: ignore[attr-defined]
    return kept


def local_day(mission: Mission, at: dt.datetime | None = None) -> dt.date:
    """Return the mission's own date, now or at a moment."""
    return (at or now()).astimezone(ZoneInfo(mission.time_zone)).date()
