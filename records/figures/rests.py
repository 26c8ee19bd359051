"""What figures hang on besides the records: the calendar, the ceiling, priorities, areas.

Few rows, read at each question; a digest of them is kept with every stretch, so that a holiday
entered late, a new ceiling or priorities that reach back are not missed.
"""

import datetime as dt
import hashlib
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from approvals.models import PrioritySet
from missions.models import Area, Holiday, Mission

# Counted by another rule, everything is counted anew.
RULE = 2


@dataclass
class Rests:
    """What a mission's figures rest on; ``digest`` says it of one stretch in a line."""

    mission: Mission
    areas: dict[int, Area]
    holidays: list[dt.date]
    sets: list[tuple[dt.date, int]]
    known: dict[tuple[int, int], str] = field(default_factory=dict)

    def digest(self, made_on: dt.date, until: dt.date) -> str:
        """Return the digest of what figures up to a day rest on, as known on another."""
        holidays = [day for day in self.holidays if day <= made_on]
        sets = [each for each in self.sets if each[0] <= until]
        key = len(holidays), len(sets)
        if key not in self.known:
            said: list[Any] = [
                RULE,
                self.mission.time_zone,
                sorted(self.mission.working_days),
                f"{Decimal(self.mission.qip_ceiling):.2f}",
                sorted((each.pk, each.pcode, each.parent_id) for each in self.areas.values()),
                holidays,
                sets,
            ]
            self.known[key] = hashlib.sha256(repr(said).encode()).hexdigest()
        return self.known[key]


def rests_of(mission: Mission) -> Rests:
    """Read what a mission's figures rest on."""
    return Rests(
        mission=mission,
        areas=Area.objects.filter(mission=mission).defer("boundary").in_bulk(),
        holidays=sorted(Holiday.objects.filter(mission=mission).values_list("on", flat=True)),
        sets=sorted(PrioritySet.objects.filter(mission=mission).values_list("in_force_from", "pk")),
    )
