"""Sums of kept numbers, and the percentiles that stay exact in them."""

from bisect import bisect_right
from collections.abc import Iterable
from decimal import Decimal
from itertools import accumulate
from math import ceil, floor
from typing import Any, NamedTuple

# A figure's numbers by its name and key; all of them may be added up.
Sums = dict[str, dict[str, list[int]]]


class Spot(NamedTuple):
    """What a cell is of; no sector, or no kind, in a cell of all of them is ``ALL``."""

    sector: Any
    kind: str
    classification: int
    hidden: bool


Cells = dict[Spot, Sums]
ALL = "*"
FIRST = "first"


# Figures whose numbers are values with how often each is there, one after the other: clocks run
# to the second, so that hardly two are alike.
SPREAD = frozenset({"stages"})


def add(total: Sums, more: Sums) -> None:
    """Add numbers to a total."""
    for name, lines in more.items():
        into = total.setdefault(name, {})
        if name in SPREAD:
            for key, values in lines.items():
                into.setdefault(key, []).extend(values)
            continue
        for key, counts in lines.items():
            before = into.get(key)
            if before is None:
                into[key] = counts
            elif len(counts) == 1:
                into[key] = [before[0] + counts[0]]
            else:
                into[key] = [one + other for one, other in zip(before, counts, strict=True)]


def often(values: list[int]) -> dict[float, int]:
    """Read values with how often each is there, each value once."""
    found: dict[float, int] = {}
    for value, count in zip(values[::2], values[1::2], strict=True):
        found[value] = found.get(value, 0) + count
    return found


def added(parts: Iterable[Sums], most_first: int) -> Sums:
    """Add numbers up; of those that are shown first no more are kept than are shown."""
    total: Sums = {}
    for part in parts:
        add(total, part)
    for name in SPREAD & total.keys():
        total[name] = {
            key: [int(each) for pair in often(values).items() for each in pair]
            for key, values in total[name].items()
        }
    if FIRST in total:
        total[FIRST] = {key: [1] for key in sorted(total[FIRST])[:most_first]}
    return total


def rolled_up(cells: Cells, most_first: int) -> Cells:
    """Return the cells with those of all sectors, of all kinds, and of both."""
    into: dict[Spot, list[Sums]] = {}
    for spot, sums in cells.items():
        for sector in (spot.sector, ALL):
            for kind in (spot.kind, ALL):
                into.setdefault(spot._replace(sector=sector, kind=kind), []).append(sums)
    return {spot: added(parts, most_first) for spot, parts in into.items()}


def merged(many: Iterable[Cells], most_first: int) -> Cells:
    """Add cells of several stretches up, spot by spot."""
    into: dict[Spot, list[Sums]] = {}
    for cells in many:
        for spot, sums in cells.items():
            into.setdefault(spot, []).append(sums)
    return {spot: added(parts, most_first) for spot, parts in into.items()}


Number = int | Decimal


def _plain(value: float) -> Number:
    return int(value) if value == int(value) else Decimal(repr(value))


def percentiles(values: dict[float, int], *parts: float) -> list[Number | None]:
    """Return percentiles of values with how often each is there, as ``percentile_cont`` does."""
    ordered = sorted(values)
    up_to = list(accumulate(values[value] for value in ordered))
    found: list[Number | None] = []
    for part in parts if ordered else ():
        at = part * (up_to[-1] - 1)
        low, high = (ordered[bisect_right(up_to, place)] for place in (floor(at), ceil(at)))
        found.append(_plain(low if low == high else low + (at - floor(at)) * (high - low)))
    return found or [None] * len(parts)


def spread(lines: dict[str, list[int]]) -> dict[str, dict[float, int]]:
    """Read lines keyed ``name|value`` as each name's values with how often each is there."""
    found: dict[str, dict[float, int]] = {}
    for key, (count, *_) in lines.items():
        name, _bar, said = key.rpartition("|")
        values = found.setdefault(name, {})
        if said:
            value = float(said)
            values[value] = values.get(value, 0) + count
    return found


def together(many: Iterable[dict[float, int]]) -> dict[float, int]:
    """Return several spreads of values as one."""
    found: dict[float, int] = {}
    for values in many:
        for value, count in values.items():
            found[value] = found.get(value, 0) + count
    return found
