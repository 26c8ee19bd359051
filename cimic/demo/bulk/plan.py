"""Which case is copied when: so many records over the years, in the order in which they began."""

import datetime as dt
from bisect import bisect
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate
from random import Random
from typing import Any

from cimic.demo.bulk.shape import Shape
from requests_app.models import ReferenceCounter
from requests_app.vocabulary import KIND_CODES, Kind

# As many records as the missions of a region ask for in a year, and how long one remembers.
A_YEAR = 50_000
SHORTEST_WEEKS, LONGEST_WEEKS = 26, 1040
RECENT_WEEKS = 13  # the told cases themselves span these


@dataclass(frozen=True)
class Copy:
    """One record to make: of which case, so many days earlier, under which number."""

    place: int
    shape: int
    days: int
    number: int


def weeks_for(records: int) -> int:
    """Return over how many weeks so many records are spread: a fuller past, not a fuller week."""
    return max(SHORTEST_WEEKS, min(LONGEST_WEEKS, round(records * 52 / A_YEAR)))


def plan_copies(shapes: list[Shape], records: int, seed: int) -> list[Copy]:
    """Say what is copied when: the last weeks of every case, earlier ones of settled cases.

    In order of their beginning, as they would have come; each gets the next number of its kind
    and year, after those given already.
    """
    chance = Random(f"bulk:{seed}")  # noqa: S311 - a demonstration's, not a secret's
    weeks = weeks_for(records)
    recent = min(records, round(records * RECENT_WEEKS / weeks))
    settled = [place for place, shape in enumerate(shapes) if shape.settled]

    def some(places: list[int], count: int) -> list[int]:
        often = [1 / (20 + len(shapes[place].entries)) for place in places]  # short ones oftener
        return chance.choices(places, often, k=count)

    chosen = [(place, 0) for place in some(list(range(len(shapes))), recent)]
    furthest = weeks - RECENT_WEEKS
    chosen += [
        (place, 7 * chance.randint(1, furthest)) for place in some(settled, records - recent)
    ]
    began = [shape.began for shape in shapes]
    chosen.sort(key=lambda one: (began[one[0]] - dt.timedelta(days=one[1]), one[0]))
    return _numbered(shapes, chosen)


def _numbered(shapes: list[Shape], chosen: Iterable[tuple[int, int]]) -> list[Copy]:
    mission = shapes[0].rfa.mission
    codes = [KIND_CODES[Kind(shape.rfa.kind)] for shape in shapes]
    began = [shape.began.date() for shape in shapes]
    given: dict[tuple[str, int], int] = defaultdict(int)
    for line in ReferenceCounter.objects.filter(mission=mission):
        given[line.code, line.year] = line.last
    copies = []
    for place, (shape, days) in enumerate(chosen):
        key = codes[shape], (began[shape] - dt.timedelta(days=days)).year
        given[key] += 1
        copies.append(Copy(place, shape, days, given[key]))
    return copies


def numbers_given(shapes: list[Shape], copies: list[Copy]) -> dict[tuple[str, int], int]:
    """Return the last number of each kind's code and year, for the counters."""
    last: Counter[tuple[str, int]] = Counter()
    for copy in copies:
        shape = shapes[copy.shape]
        year = (shape.began.date() - dt.timedelta(days=copy.days)).year
        key = KIND_CODES[Kind(shape.rfa.kind)], year
        last[key] = max(last[key], copy.number)
    return dict(last)


class Names:
    """Invented names: a hundred places, three markets everybody knows, many speakers.

    A place is in one record of a hundred, a market in one of three; two markets stand together
    in one of some thousands.
    """

    def __init__(self, words: list[str], seed: int) -> None:
        if len(words) < 203:
            raise ValueError("There are too few words to name places by.")
        self.markets, self.places, self.speakers = words[:3], words[3:103], words[103:]
        self.seed = seed
        often = [1 + 9 / (1 + rank) for rank in range(len(self.speakers))]
        self.often = list(accumulate(often))

    def of(self, chance: Random, place: int) -> dict[str, Any]:
        """Return the names of one copy."""
        market = self.markets[place % 3]
        if place % 5003 == 17:
            speaker = self.markets[(place + 1) % 3]
        else:
            at = bisect(self.often, chance.random() * self.often[-1])
            speaker = self.speakers[min(at, len(self.speakers) - 1)]
        named = {"place": chance.choice(self.places), "common": market, "local": speaker}
        return named | {f"{key}_small": name.lower() for key, name in named.items()}
