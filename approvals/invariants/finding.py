"""What a row of the policy says of one record: complied, exception or pending.

A row that does not apply to a record says nothing of it: ``None``.
"""

from dataclasses import dataclass
from enum import StrEnum

LONGEST = 400


class Outcome(StrEnum):
    """How a record stands to a row that applies to it."""

    COMPLIED = "complied"
    EXCEPTION = "exception"
    PENDING = "pending"


@dataclass(frozen=True)
class Finding:
    """An outcome; for an exception in what words, and which entry of the chain proves it."""

    outcome: Outcome
    words: str = ""
    entry: int | None = None


COMPLIED = Finding(Outcome.COMPLIED)
PENDING = Finding(Outcome.PENDING)


def exception(words: str, entry: int | None) -> Finding:
    """Return that a record breaks a row, in words that an evaluator can follow up."""
    short = words if len(words) <= LONGEST else f"{words[: LONGEST - 1]}…"
    return Finding(Outcome.EXCEPTION, short, entry)
