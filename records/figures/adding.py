"""Sums of kept numbers, and the percentiles that stay exact in them."""

from collections.abc import Iterable
from decimal import Decimal
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


def add(total: Sums, more: Sums) -> None:
    """Add numbers to a total."""
    for name, lines in more.items():
        into = total.setdefault(name, {})
        for key, counts in lines.items():
            before = into.get(key)
            if before is None:
                into[key] = counts
            elif len(counts) == 1:
                into[key] = [before[0] + counts[0]]
            else:
                into[key] = [one + other for one, other in zip(before, counts, strict=True)]


def added(parts: Iterable[Sums], most_first: int) -> Sums:
    """Add numbers up; of those that are shown first no more are kept than are shown."""
    total: Sums = {}
    for part in parts:
        add(total, part)
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


def percentile(numbers: list[tuple[float, int]], part: float) -> Number | None:
    """Return a percentile of values with how often each is there, as ``percentile_cont`` does."""
    ordered = sorted(numbers)
    count = sum(often for _value, often in ordered)
    if not count:
        return None
    at = part * (count - 1)
    low, high = (_nth(ordered, place) for place in (floor(at), ceil(at)))
    return _plain(low if low == high else low + (at - floor(at)) * (high - low))


def _nth(ordered: list[tuple[float, int]], place: int) -> float:
    for value, often in ordered:
        if place < often:
            return value
        place -= often
    raise ValueError("There are fewer values than that.")


def spread(lines: dict[str, list[int]]) -> dict[str, list[tuple[float, int]]]:
    """Read lines keyed ``name|value`` as each name's values with how often each is there."""
    found: dict[str, list[tuple[float, int]]] = {}
    for key, (often, *_) in lines.items():
        name, _bar, value = key.rpartition("|")
        values = found.setdefault(name, [])
        if value:
            values.append((float(value), often))
    return found
