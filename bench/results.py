"""What runs found, size by size: kept in ``results.json``, compared, told and drawn."""

import datetime as dt
import json
import os
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.chart import drawn
from bench.claims import CLAIMS, GROWTH, said_of
from bench.measuring import Measured

HERE = Path(__file__).resolve().parent
RESULTS, CHART = HERE / "results.json", HERE / "results.svg"
NOTICED = 1.25  # a change beyond this is told


def kept() -> dict[str, Any]:
    """Return what earlier runs found, by number of records."""
    found: dict[str, Any] = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    return found


def changes(last: dict[str, Any], figures: dict[str, Any], lines: list[Measured]) -> Iterator[str]:
    """Tell what differs from the last run of this size by more than a quarter."""
    before = {line["name"]: line["ratio"] for line in last.get("lines", [])}
    pairs = [(line.name, before.get(line.name), line.ratio) for line in lines]
    pairs += [(claim.words, last.get(claim.key), figures.get(claim.key)) for claim in CLAIMS]
    for name, old, new in pairs:
        if old and new and not 1 / NOTICED <= new / old <= NOTICED:
            yield f"{name}: {new:g}, {old:g} the last time"


def keep(figures: dict[str, Any], lines: list[Measured]) -> list[str]:
    """Write this size's results over its last ones, part by part; return what changed."""
    results = kept()
    size = str(figures["records"])
    last = results.get(size, {})
    told = list(changes(last, figures, lines))
    by_name = {line["name"]: line for line in last.get("lines", [])}
    by_name |= {line.name: asdict(line) for line in lines}
    run = {"measured_on": dt.datetime.now(dt.UTC).date().isoformat(), "cores": os.cpu_count()}
    results[size] = last | run | figures | {"lines": list(by_name.values())}
    results = {size: results[size] for size in sorted(results, key=int)}
    RESULTS.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n")
    CHART.write_text(drawn(results))
    return told


def row_of(line: Measured) -> str:
    mark = "ok" if line.held else "MISSED" if line.status == 200 else f"ANSWERED {line.status}"
    within = f" or {line.within_s:g} s" if line.within_s else ""
    return (
        f"{line.name:<32}{line.ratio:>7.2f} × (to reach {line.target:g}{within})  "
        f"{line.processor_ms:>7.1f} ms of processor; waited {line.clock_ratio:>6.2f} ×, "
        f"{line.clock_ms:>7.1f} ms; eight clients {line.ratio_of_eight:>6.2f} ×; "
        f"{line.statements} statements, {line.kilobytes:g} KB  {mark}"
    )


def table_of(figures: dict[str, Any]) -> Iterator[str]:
    """Tell each claim that was measured besides pages."""
    for claim in CLAIMS:
        said = said_of(claim, figures)
        if said is not None:
            figure, held = said
            bound = f"{'at least' if claim.at_least else 'at most'} {claim.bound:g}"
            mark = "ok" if held else "MISSED"
            yield f"{claim.words:<56}{figure:>10,.5g} {claim.unit} ({bound})  {mark}"


def growth() -> Iterator[tuple[str, float, bool]]:
    """Give how each page's ratio grew from the smallest size kept to the largest."""
    sizes = list(kept().values())
    if len(sizes) < 2:
        return
    small = {line["name"]: line["ratio"] for line in sizes[0]["lines"]}
    for line in sizes[-1]["lines"]:
        if line["name"] in small:
            grown = line["ratio"] / small[line["name"]]
            yield line["name"], round(grown, 2), grown <= GROWTH


def all_held(figures: dict[str, Any], lines: list[Measured]) -> bool:
    said = [said_of(claim, figures) for claim in CLAIMS]
    return all(line.held for line in lines) and all(each[1] for each in said if each)
