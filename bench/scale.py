"""Ten million records, reckoned from the sizes that were measured: ``bench/scale.py``.

Tells the tables that README and ``docs/scale.md`` hold. What is kept (bytes, entries, hours) goes
up along a straight line through the sizes; what is asked goes up as a power of the number of
records, fitted to the sizes on logarithmic scales: with an exponent of 0 it does not grow.
"""

import json
import math
import statistics
import sys
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.claims import CLAIMS, said_of  # noqa: E402

RESULTS = Path(__file__).resolve().parent / "results.json"
FAR = 10_000_000
IN_SHORT = {
    "inbox of the Chief UN-CIMIC", "my requests, a partner", "register, Chief",
    "register, page 1,000", "register, a 1 % word", "case, 12 steps and 40 entries",
    "points of all open", "dashboard", "compliance", "API list",
}  # fmt: skip
GIB = 1 << 30
Sizes = dict[int, dict[str, Any]]


def measured_sizes() -> Sizes:
    """Return what was measured, by number of records, smallest first."""
    return {int(size): found for size, found in json.loads(RESULTS.read_text()).items()}


def straight(points: Sequence[tuple[float, float]], at: float) -> float:
    """Return the value at ``at`` of the straight line nearest to the points (least squares)."""
    slope, start = statistics.linear_regression(*zip(*points, strict=True))
    return slope * at + start


def power(points: Sequence[tuple[float, float]], at: float) -> tuple[float, float]:
    """Return the value at ``at`` of the power nearest to the points, and its exponent."""
    logs = [(math.log(size), math.log(value)) for size, value in points]
    slope, start = statistics.linear_regression(*zip(*logs, strict=True))
    return math.exp(slope * math.log(at) + start), slope


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def _row(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"


def _heading(first: str, sizes: Sizes, *more: str) -> Iterator[str]:
    yield _row(first, *(f"{size:,}" for size in sizes), *more)
    yield _row(*["---"] * (1 + len(sizes) + len(more)))


def pages_table(sizes: Sizes, only: Collection[str] = ()) -> Iterator[str]:
    """Tell each page's ratio at each size beside what it is to reach; what misses is bold."""
    yield from _heading("beside a bare page of 50 rows", sizes, "to reach")
    largest = sizes[max(sizes)]
    for line in largest["lines"]:
        if only and line["name"] not in only:
            continue
        cells = []
        for found in sizes.values():
            same = next((one for one in found["lines"] if one["name"] == line["name"]), None)
            over = same is not None and same["ratio"] > same["target"]
            cells.append("" if same is None else f"{'**' * over}{same['ratio']:.1f} ×{'**' * over}")
        yield _row(line["name"], *cells, f"{line['target']:g} ×")


def claims_table(sizes: Sizes) -> Iterator[str]:
    """Tell each other claim's figure at each size beside what it is to reach."""
    yield from _heading("besides pages", sizes, "to reach")
    for claim in CLAIMS:
        cells = []
        for found in sizes.values():
            said = said_of(claim, found)
            over = said is not None and not said[1]
            cells.append("" if said is None else f"{'**' * over}{_figure(said[0])}{'**' * over}")
        if any(cells):
            bound = f"{'≥' if claim.at_least else '≤'} {claim.bound:,g} {claim.unit}".rstrip()
            yield _row(claim.words, *cells, bound)


def far_table(sizes: Sizes) -> Iterator[str]:
    """Tell what ten million records would take, and from which figures."""
    yield from _heading("what", sizes, f"{FAR:,} (reckoned)")

    def kept(words: str, key: str, unit: float, places: int) -> Iterator[str]:
        points = [(size, found[key] / unit) for size, found in sizes.items() if key in found]
        if len(points) > 1:
            cells = [f"{found.get(key, 0) / unit:,.{places}f}" for found in sizes.values()]
            yield _row(words, *cells, f"{straight(points, FAR):,.{places}f}")

    yield from kept("entries of the ledger, millions", "entries", 1e6, 2)
    yield from kept("database, GiB", "database_bytes", GIB, 2)
    yield from kept("of it indexes, GiB", "index_bytes", GIB, 2)
    yield from kept("loading, minutes", "load_seconds", 60, 1)
    for line in sizes[max(sizes)]["lines"]:
        points = []
        for size, found in sizes.items():
            same = [one for one in found["lines"] if one["name"] == line["name"]]
            points += [(size, one["ratio"]) for one in same]
        if len(points) == len(sizes) > 1:
            far, exponent = power(points, FAR)
            cells = [f"{ratio:.1f} ×" for _size, ratio in points]
            yield _row(f"{line['name']} (exponent {exponent:+.2f})", *cells, f"{far:.1f} ×")


def main() -> int:
    """Tell README's short table, and the three of ``docs/scale.md``."""
    sizes = measured_sizes()
    tables = [pages_table(sizes, IN_SHORT), pages_table(sizes), claims_table(sizes)]
    for table in (*tables, far_table(sizes)):
        sys.stdout.write("\n".join(table) + "\n\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
