"""Measuring pages beside the floor: in turns, medians of three, one client and eight."""

import json
import statistics
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bench.site import Answer, Browser

RUNS = 3


@dataclass(frozen=True)
class Measured:
    """What one thing took beside its floor, with one client and with eight."""

    name: str
    target: float
    ratio: float
    milliseconds: float
    floor: float
    ratio_of_eight: float
    statements: int
    kilobytes: float
    status: int = 200

    @property
    def held(self) -> bool:
        return self.ratio <= self.target and self.status == 200


def in_turns(
    floor: Callable[[], Answer], page: Callable[[], Answer], seconds: float
) -> tuple[float, float, Answer]:
    """Ask floor and page in turns for some seconds; return the median of each, and an answer."""
    floors, pages = [], []
    floor()
    last = page()
    until = time.perf_counter() + seconds
    while time.perf_counter() < until or len(pages) < 5:
        floors.append(floor().seconds)
        last = page()
        pages.append(last.seconds)
        if len(pages) >= 5 and sum(pages) > seconds * 2:
            break
    return statistics.median(floors), statistics.median(pages), last


def a_second(browsers: list[Browser], path: str, seconds: float) -> float:
    """Return how many answers a second these clients get at once."""
    counts = [0] * len(browsers)
    until = time.perf_counter() + seconds

    def ask(place: int) -> None:
        while time.perf_counter() < until:
            browsers[place].get(path)
            counts[place] += 1

    began = time.perf_counter()
    threads = [threading.Thread(target=ask, args=(place,)) for place in range(len(browsers))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / (time.perf_counter() - began)


def measured(
    name: str,
    target: float,
    browsers: Callable[[int], list[Browser]],
    path: str,
    floor: str,
    seconds: float,
) -> Measured:
    """Measure one address beside its floor: the median of three runs of each."""
    (one,) = browsers(1)
    runs = [in_turns(lambda: one.get(floor), lambda: one.get(path), seconds) for _ in range(RUNS)]
    floor_at, page_at = (statistics.median(run[place] for run in runs) for place in (0, 1))
    ratio = statistics.median(run[1] / run[0] for run in runs)
    eight = browsers(8)
    rates = [
        a_second(eight, floor, seconds / 2) / a_second(eight, path, seconds / 2)
        for _ in range(RUNS if ratio < 20 else 1)
    ]
    last = runs[-1][2]
    return Measured(
        name=name,
        target=target,
        ratio=round(ratio, 2),
        milliseconds=round(page_at * 1000, 1),
        floor=round(floor_at * 1000, 1),
        ratio_of_eight=round(statistics.median(rates), 2),
        statements=last.statements,
        kilobytes=round(len(last.body) / 1024, 1),
        status=last.status,
    )


def said(browser: Browser, path: str, body: Any, expect: int = 200) -> tuple[Any, float]:
    """Post JSON and return what came back with the seconds it took; raise if refused."""
    answer = browser.ask("POST", f"/api/v1/{path}", json.dumps(body).encode())
    if answer.status != expect:
        raise RuntimeError(f"{path}: {answer.status} {answer.body[:300]!r}")
    return json.loads(answer.body), answer.seconds
