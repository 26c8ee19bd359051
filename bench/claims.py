"""What a size of records is claimed to reach besides its pages: one bound each, in one place."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Claim:
    """One figure: what it is, its unit, and the most (or the least) it may be."""

    key: str
    words: str
    unit: str
    bound: float
    at_least: bool = False

    def holds(self, figure: float) -> bool:
        return figure >= self.bound if self.at_least else figure <= self.bound


CLAIMS = [
    Claim("submit_ms", "submit, one client", "ms", 25),
    Claim("answer_ms", "answer, one client", "ms", 25),
    Claim("submits_a_second", "submit, eight clients", "a second", 100, at_least=True),
    Claim("answers_a_second", "answer, eight clients", "a second", 100, at_least=True),
    Claim("p99_times_median", "50 submit and 20 answer: 99th percentile", "× the median", 10),
    Claim("lost", "50 submit and 20 answer: deeds lost, doubled or failed", "", 0),
    Claim("csv_times_copy", "CSV of all, streamed", "× COPY", 2),
    Claim("csv_job_times_copy", "CSV of all, as a job", "× COPY", 2),
    Claim("csv_first_byte_s", "CSV of all: first byte", "s", 1),
    Claim("proved_a_second_a_core", "verify_ledger", "entries a second a core", 50_000, True),
    Claim("load_seconds", "load_demo", "s", 900),
    Claim("web_rss_mib", "a web process, resident", "MiB", 150),
]
GROWTH = 1.3  # the most a figure may grow from the smallest size measured to the largest


def said_of(claim: Claim, figures: dict[str, Any]) -> tuple[float, bool] | None:
    """Return a claim's figure and whether it holds; None where it was not measured."""
    figure = figures.get(claim.key)
    return None if figure is None else (figure, claim.holds(figure))
