"""Measuring pages beside the floor: in turns, medians of three, one client and eight."""

import statistics
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from bench.pages import Asked
from bench.site import Answer, Browser

RUNS = 3
FEW = 3  # asked of each in a turn


@dataclass(frozen=True)
class Measured:
    """What one thing took beside its floor: of the processors, by the clock, with eight clients.

    ``ratio`` is of processor time, web and PostgreSQL together, which a busy machine does not
    bend; ``clock_ratio`` is of the medians that one client waited.
    """

    name: str
    target: float
    ratio: float
    processor_ms: float
    clock_ratio: float
    clock_ms: float
    ratio_of_eight: float
    statements: int
    kilobytes: float
    floor_ms: float
    status: int = 200
    within_s: float = 0.0

    @property
    def held(self) -> bool:
        quick = self.ratio <= self.target or self.clock_ms <= self.within_s * 1000
        return quick and self.status == 200


@dataclass(frozen=True)
class Turn:
    """Floor and page asked in turns for a while: medians by the clock, processor time of each."""

    floor: float
    page: float
    floor_spent: float
    page_spent: float
    last: Answer


def in_turns(
    floor: Callable[[], Answer],
    page: Callable[[], Answer],
    spent: Callable[[], float],
    seconds: float,
) -> Turn:
    """Ask a few of the floor and a few of the page in turns, for some seconds; medians of turns."""
    found: tuple[list[float], list[float]] = ([], [])
    cost: tuple[list[float], list[float]] = ([], [])
    floor()
    last = page()
    until = time.perf_counter() + seconds
    while time.perf_counter() < until or not found[1]:
        for place, ask in enumerate((floor, page)):
            before = spent()
            for _again in range(FEW):
                last = ask()
                found[place].append(last.seconds)
            cost[place].append((spent() - before) / FEW)
    return Turn(
        statistics.median(found[0]),
        statistics.median(found[1]),
        statistics.median(cost[0]),
        statistics.median(cost[1]),
        last,
    )


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
    one: Asked,
    browsers: Callable[[int], list[Browser]],
    spent: Callable[[], float],
    seconds: float,
) -> Measured:
    """Measure one address beside its floor: the median of three runs of each."""
    (alone,) = browsers(1)
    turns = [
        in_turns(lambda: alone.get(one.floor), lambda: alone.get(one.path), spent, seconds)
        for _ in range(RUNS)
    ]
    middle = sorted(turns, key=lambda turn: turn.page_spent / turn.floor_spent)[RUNS // 2]
    eight = browsers(8)
    rates = [
        a_second(eight, one.floor, seconds / 2) / max(a_second(eight, one.path, seconds / 2), 0.001)
        for _ in range(RUNS if middle.page_spent < 20 * middle.floor_spent else 1)
    ]
    return Measured(
        name=one.name,
        target=one.target,
        ratio=round(middle.page_spent / middle.floor_spent, 2),
        processor_ms=round(middle.page_spent * 1000, 1),
        clock_ratio=round(statistics.median(turn.page / turn.floor for turn in turns), 2),
        clock_ms=round(statistics.median(turn.page for turn in turns) * 1000, 1),
        ratio_of_eight=round(statistics.median(rates), 2),
        statements=middle.last.statements,
        kilobytes=round(len(middle.last.body) / 1024, 1),
        floor_ms=round(middle.floor_spent * 1000, 1),
        status=middle.last.status,
        within_s=one.within,
    )
