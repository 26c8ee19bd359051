"""Submitting and answering by the API: what one client waits, what the processors spend on it,
and how many a second eight clients get done. Drafts are made beforehand, outside what is measured.
"""

import statistics
import threading
import time
from collections.abc import Callable
from typing import Any

from bench.measuring import RUNS
from bench.officers import ANSWER, Deed, an_officer, asked, open_step
from bench.site import Answer

CLIENTS, EACH, AT_ONCE = 8, 20, 40
Told = Callable[[str], None]


class Writing:
    """Drafts of one partner, and the Chief UN-CIMIC who answers what was submitted."""

    def __init__(self, run: Any) -> None:
        self.run = run
        self.partner = [an_officer(run, "partner.ngo") for _ in range(CLIENTS)]
        self.chief = [an_officer(run, "chief.cimic") for _ in range(CLIENTS)]
        self.body = run.ground.a_draft()

    def drafts(self, count: int) -> list[str]:
        """Make so many drafts, eight clients at once; return their references."""
        made: list[str] = []

        def draft(client: int) -> None:
            for _ in range(client, count, CLIENTS):
                record = asked(self.partner[client], Deed("draft", "requests/", self.body, 201))
                made.append(record["reference"])

        _at_once(draft)
        return made

    def submit(self, client: int, reference: str) -> Any:
        return asked(self.partner[client], Deed("submit", f"requests/{reference}/submit/", {}))

    def answer(self, client: int, record: Any) -> Any:
        step = open_step(record)
        body = ANSWER["review"] | {"revision": record["revision"]}
        return asked(self.chief[client], Deed("answer", f"steps/{step['id']}/answers/", body, 201))

    def alone(self) -> dict[str, float]:
        """One client: medians by the clock, processor time and statements of each deed."""
        medians: dict[str, list[float]] = {}
        spent: dict[str, float] = {}
        last: dict[str, Answer] = {}
        for _ in range(RUNS):
            references = self.drafts(EACH)
            records: list[Any] = []

            def submit(place: int, todo: list[str] = references, to: Any = records) -> Answer:
                to.append(self.submit(0, todo[place]))
                return self.partner[0].last

            def look_alikes(place: int, todo: list[str] = references) -> Answer:
                return self.chief[0].browser.get(f"/api/v1/requests/{todo[place]}/look-alikes/")

            def answer(place: int, todo: Any = records) -> Answer:
                self.answer(0, todo[place])
                return self.chief[0].last

            for deed in (submit, look_alikes, answer):
                name, before, took = deed.__name__, self.run.site.spent(), []
                for place in range(EACH):
                    last[name] = deed(place)
                    took.append(last[name].seconds * 1000)
                spent[name] = spent.get(name, 0) + self.run.site.spent() - before
                medians.setdefault(name, []).append(statistics.median(took))
        figures: dict[str, float] = {}
        for name, each in medians.items():
            figures[f"{name}_ms"] = round(statistics.median(each), 1)
            figures[f"{name}_processor_ms"] = round(spent[name] / RUNS / EACH * 1000, 1)
            figures[f"{name}_statements"] = last[name].statements
        return figures

    def together(self) -> dict[str, float]:
        """Eight clients: how many submissions, and then answers, they get done a second."""
        rates: dict[str, list[float]] = {"submits_a_second": [], "answers_a_second": []}
        for _ in range(RUNS):
            references = self.drafts(CLIENTS * AT_ONCE)
            records: list[Any] = []

            def submit(client: int, todo: list[str] = references, to: Any = records) -> None:
                to.extend(self.submit(client, one) for one in todo[client::CLIENTS])

            def answer(client: int, todo: Any = records) -> None:
                for record in todo[client::CLIENTS]:
                    self.answer(client, record)

            rates["submits_a_second"].append(len(references) / _at_once(submit))
            rates["answers_a_second"].append(len(records) / _at_once(answer))
        return {name: round(statistics.median(each), 1) for name, each in rates.items()}


def _at_once(deed: Callable[[int], None]) -> float:
    """Let every client do this at once; return how long that took. Raises what failed first."""
    failed: list[Exception] = []

    def run(client: int) -> None:
        try:
            deed(client)
        except Exception as error:  # noqa: BLE001 - told below, in the thread that asked
            failed.append(error)

    threads = [threading.Thread(target=run, args=(client,)) for client in range(CLIENTS)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    return time.perf_counter() - began


def measured(run: Any, tell: Told) -> dict[str, float]:
    """Measure all of it; return the figures."""
    writing = Writing(run)
    figures = writing.alone() | writing.together()
    for name in ("submit", "answer", "look_alikes"):
        tell(
            f"{name}: {figures[f'{name}_ms']:g} ms, {figures[f'{name}_processor_ms']:g} ms of "
            f"processor, {figures[f'{name}_statements']:g} statements"
        )
    for name in ("submits_a_second", "answers_a_second"):
        tell(f"eight clients, {name.replace('_', ' ')}: {figures[name]:g}")
    return figures
