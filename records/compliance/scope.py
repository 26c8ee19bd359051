"""Of what compliance is asked: a mission, a period, for whose eyes; and what was counted."""

import datetime as dt
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from missions.models import Mission, Sector

MOST_NAMED = 200


@dataclass(frozen=True)
class Scope:
    """A mission and a period of its own days (both included), up to a clearance.

    ``today`` is the mission's date; ``sector`` and ``kind`` narrow what has one.
    """

    mission: Mission
    since: dt.date
    until: dt.date
    today: dt.date
    clearance: int
    sector: Sector | None = None
    kind: str = ""

    @property
    def as_of(self) -> dt.date:
        """The last day of the period that has come."""
        return min(self.until, self.today)

    @property
    def begins(self) -> dt.datetime:
        """The first moment of the period."""
        return self._midnight(self.since)

    @property
    def ends(self) -> dt.datetime:
        """The first moment after the period."""
        return self._midnight(self.until + dt.timedelta(days=1))

    def _midnight(self, day: dt.date) -> dt.datetime:
        zone = ZoneInfo(self.mission.time_zone)
        return dt.datetime.combine(day, dt.time.min, zone).astimezone(dt.UTC)


@dataclass(frozen=True)
class Named:
    """One thing of the mission that a row counts: its name, how it stands, in what words."""

    name: str
    outcome: str
    words: str


@dataclass
class Counted:
    """How many complied, are not assessable yet, or are exceptions; and those worth naming."""

    complied: int = 0
    pending: int = 0
    exceptions: int = 0
    named: list[Named] = field(default_factory=list)

    @property
    def applied(self) -> int:
        return self.complied + self.exceptions


def counted(named: list[Named]) -> Counted:
    """Count things that are few enough to be named, all of them."""
    outcomes = [each.outcome for each in named]
    return Counted(
        complied=outcomes.count("complied"),
        pending=outcomes.count("pending"),
        exceptions=outcomes.count("exception"),
        named=named,
    )
