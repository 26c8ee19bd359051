"""Whoever does deeds in a run: each on one kept connection, with a key of their own."""

import json
from dataclasses import dataclass
from typing import Any

from bench.site import Answer, Browser

# What each sort of seat is answered with, so that a request goes on.
ANSWER: dict[str, dict[str, Any]] = {
    "review": {
        "answer": "forward_recommended",
        "remarks": "Seen on the spot.",
        "details": {"verified": "reported"},
    },
    "advice": {"answer": "supports", "remarks": "", "details": {"cluster_plan": "consistent"}},
    "capability": {"answer": "resourceable", "remarks": "Two tankers from Monday."},
    "decision": {"answer": "approve", "remarks": "As recommended."},
}


@dataclass(frozen=True)
class Deed:
    """A call of the API that does something, and the status by which it is acknowledged."""

    name: str
    path: str
    body: Any
    expect: int = 200


@dataclass
class Officer:
    """Somebody with a connection and a key; ``last`` is what they were answered last."""

    username: str
    browser: Browser
    last: Answer


def an_officer(run: Any, username: str) -> Officer:
    """Return somebody signed in by a new token of theirs."""
    headers = run.ground.signed_in(username, api=True)
    return Officer(username, Browser(run.site.port, headers), Answer(0, 0.0, b"", {}))


def done(officer: Officer, deed: Deed) -> Answer:
    """Do a deed; return what came back, whatever it is."""
    body = json.dumps(deed.body).encode()
    officer.last = officer.browser.ask("POST", f"/api/v1/{deed.path}", body)
    return officer.last


def asked(officer: Officer, deed: Deed) -> Any:
    """Do a deed that has to succeed; return what it was answered with."""
    answer = done(officer, deed)
    if answer.status != deed.expect:
        raise RuntimeError(f"{deed.path}: {answer.status} {answer.body[:300]!r}")
    return json.loads(answer.body)


def open_step(record: Any) -> Any:
    """Return the first open step of a record's route."""
    return next(one for one in record["route"] if one["state"] == "open")
