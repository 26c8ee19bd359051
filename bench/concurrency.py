"""Fifty officers submitting and twenty answering at once for a minute, and what became of it.

Each has a key and a connection of their own. An officer drafts and submits, again and again; who
answers takes the oldest step that waits, as the holder of its post, until a request is decided.
Afterwards every deed that was acknowledged is looked for: it is there exactly once, the chains
hold, and nothing failed.
"""

import json
import queue
import statistics
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bench.officers import ANSWER, Deed, Officer, an_officer, done

ASKERS, ANSWERERS, SECONDS = 50, 20, 60.0
# Whose keys the officers have, and which post answers which role's steps.
ASKING = ("partner.ngo", "partner.un", "unit.east", "sector.east", "sector.west")
ANSWERING = (
    "chief.cimic", "chief.cimic", "chief.cimic", "chief.cimic", "cmcoord", "cmcoord", "dms", "dms",
    "dms", "dsrsg", "dsrsg", "sector.east", "sector.east", "civil.affairs", "civil.affairs",
    "gender", "gender", "human.rights", "sector.west", "dms",
)  # fmt: skip


@dataclass
class Kept:
    """What the officers were told: how long each deed took, what was acknowledged, what was not."""

    took: dict[str, list[float]] = field(default_factory=dict)
    submitted: list[str] = field(default_factory=list)
    answered: list[int] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)

    def note(self, deed: Deed, answer: Any) -> bool:
        """Note how long a deed took; say whether it was acknowledged."""
        self.took.setdefault(deed.name, []).append(answer.seconds)
        if answer.status != deed.expect:
            self.refused[f"{deed.name}: {answer.status}"] += 1
        return bool(answer.status == deed.expect)


class Minute:
    """The officers at work, each in a thread, until the time is over."""

    def __init__(self, run: Any, askers: int, answerers: int, seconds: float) -> None:
        self.body, self.seconds, self.kept = run.ground.a_draft(), seconds, Kept()
        self.askers = [an_officer(run, ASKING[n % len(ASKING)]) for n in range(askers)]
        self.answerers = [an_officer(run, ANSWERING[n % len(ANSWERING)]) for n in range(answerers)]
        posts = {officer.username for officer in self.answerers}
        self.waiting: dict[str, queue.SimpleQueue[Any]] = {p: queue.SimpleQueue() for p in posts}
        self.told: set[int] = set()
        self.until = 0.0
        self.failed: list[Exception] = []

    def work(self) -> float:
        """Let everybody work; return how long that took. Raises what failed first."""
        deeds = [(self._ask, one) for one in self.askers]
        deeds += [(self._answer, one) for one in self.answerers]
        threads = [threading.Thread(target=self._minded, args=each) for each in deeds]
        began = time.perf_counter()
        self.until = began + self.seconds
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        took = time.perf_counter() - began
        for officer in (*self.askers, *self.answerers):
            officer.browser.line.close()
        if self.failed:
            raise self.failed[0]
        return took

    def _minded(self, deed: Callable[[Officer], None], officer: Officer) -> None:
        try:
            while time.perf_counter() < self.until:
                deed(officer)
        except Exception as error:  # noqa: BLE001 - told by ``work``, in the thread that asked
            self.failed.append(error)

    def _ask(self, officer: Officer) -> None:
        draft = Deed("draft", "requests/", self.body, 201)
        answer = done(officer, draft)
        if not self.kept.note(draft, answer):
            return
        reference = json.loads(answer.body)["reference"]
        submit = Deed("submit", f"requests/{reference}/submit/", {})
        answer = done(officer, submit)
        if self.kept.note(submit, answer):
            self.kept.submitted.append(reference)
            self._tell(json.loads(answer.body))

    def _tell(self, record: Any) -> None:
        """Put the open steps of a record to the posts that answer in this run."""
        for step in record["route"]:
            if step["state"] == "open" and step["id"] not in self.told:
                self.told.add(step["id"])
                if step["post"] in self.waiting:
                    self.waiting[step["post"]].put((record["reference"], record["revision"], step))

    def _answer(self, officer: Officer) -> None:
        try:
            reference, revision, step = self.waiting[officer.username].get(timeout=0.2)
        except queue.Empty:
            return
        body = ANSWER[step["seat_kind"]] | {"revision": revision}
        deed = Deed("answer", f"steps/{step['id']}/answers/", body, 201)
        if self.kept.note(deed, done(officer, deed)):
            self.kept.answered.append(step["id"])
            record = officer.browser.get(f"/api/v1/requests/{reference}/")
            if record.status == 200:
                self._tell(json.loads(record.body))


def spread(took: dict[str, list[float]]) -> dict[str, dict[str, float]]:
    """Return of each deed how often it was done, its median and its 99th percentile, in ms."""
    return {
        name: {
            "count": len(each),
            "median_ms": round(statistics.median(each) * 1000, 1),
            "p99_ms": round(statistics.quantiles(each, n=100)[98] * 1000, 1),
        }
        for name, each in took.items()
        if len(each) > 1
    }


def at_work(
    run: Any, askers: int = ASKERS, answerers: int = ANSWERERS, seconds: float = SECONDS
) -> tuple[Kept, float]:
    """Let so many ask and answer for so long; return what they were told, and how long it took."""
    minute = Minute(run, askers, answerers, seconds)
    return minute.kept, minute.work()


def measured(run: Any, tell: Callable[[str], None]) -> dict[str, Any]:
    """Let fifty ask and twenty answer for a minute; return the figures."""
    kept, seconds = at_work(run)
    lost = run.ground.lost_of(kept.submitted, kept.answered) + sum(kept.refused.values())
    spreads = spread(kept.took)
    for name, each in spreads.items():
        tell(
            f"{name}: {each['count']:g} in {seconds:.0f} s, median {each['median_ms']:g} ms, "
            f"99th percentile {each['p99_ms']:g} ms"
        )
    for what, count in kept.refused.items():
        tell(f"not acknowledged: {what}, {count} times")
    worst = max(each["p99_ms"] / each["median_ms"] for each in spreads.values())
    return {"concurrency": spreads, "p99_times_median": round(worst, 2), "lost": lost}
