"""Calling the API as an outsider does: over HTTP, with a token of one's own."""

from typing import Any

from django.core.signals import request_finished
from django.db import close_old_connections
from rest_framework.test import APIClient

from tests.builders import CRITERIA, PASSWORD, USUAL, in_days


def finish(answer: Any) -> None:
    """Close what an answer was read from, and not the connection of the test."""
    request_finished.disconnect(close_old_connections)
    answer.close()
    request_finished.connect(close_old_connections)


class Caller(APIClient):
    """An account of the contract, signed in by ``POST tokens/``."""

    def __init__(self, username: str) -> None:
        super().__init__()
        given = self.post(
            "/api/v1/tokens/", {"username": username, "password": PASSWORD}, format="json"
        )
        assert given.status_code == 200, given.content
        self.authorization = f"Bearer {given.json()['token']}"
        self.credentials(HTTP_AUTHORIZATION=self.authorization)

    def tell(self, path: str, body: Any = None, *, expect: int = 200, **headers: Any) -> Any:
        """POST a body and give the answer, which must have the expected status."""
        answer = self.post(f"/api/v1/{path}", body or {}, format="json", **headers)
        assert answer.status_code == expect, answer.content
        return answer.json()

    def read(self, path: str, *, expect: int = 200) -> Any:
        """GET a path and give the answer, which must have the expected status."""
        answer = self.get(f"/api/v1/{path}")
        assert answer.status_code == expect, answer.content
        return answer.json()

    def draft(self, answers: dict[str, Any]) -> str:
        """Open a draft; give its reference."""
        return str(self.tell("requests/", answers, expect=201)["reference"])

    def submit(self, answers: dict[str, Any]) -> str:
        """Open a draft and submit it; give its reference."""
        reference = self.draft(answers)
        self.tell(f"requests/{reference}/submit/")
        return reference


def record(reference: str) -> dict[str, Any]:
    """A record as the Chief UN-CIMIC reads it."""
    return dict(Caller("chief.cimic").read(f"requests/{reference}/"))


def details_for(step: dict[str, Any], word: str) -> dict[str, Any]:
    """The details that a seat's usual answer needs."""
    if step["post"] == "designated.official":
        return {"criteria": CRITERIA, "priority": 2}
    if word == "accept":
        return {
            "unit": "east-bn",
            "start_on": in_days(0).isoformat(),
            "end_on": in_days(9).isoformat(),
        }
    if step["seat_kind"] == "board":
        return {"members": ["Chief of Staff", "OCHA"], "minutes": "Recommended by all."}
    return {}


def give(step: dict[str, Any], word: str = "", *, expect: int = 201, **said: Any) -> Any:
    """Answer a step as its post, found in the post's own inbox."""
    caller = Caller(step["post"])
    waiting = {line["id"]: line for line in caller.read("inbox/")["results"]}
    revision = waiting[step["id"]]["request"]["revision"]
    word = word or USUAL.get(step["seat_kind"], step["answers"][0])
    body = {
        "answer": word,
        "revision": revision,
        "remarks": f"{step['seat_label']}: seen and weighed.",
        "details": details_for(step, word),
        **said,
    }
    return caller.tell(f"steps/{step['id']}/answers/", body, expect=expect)


def open_steps(reference: str) -> list[dict[str, Any]]:
    """The steps a record waits on, as the Chief UN-CIMIC reads them."""
    return [step for step in record(reference)["route"] if step["state"] == "open"]


def carry(reference: str, until: str) -> dict[str, Any]:
    """Answer every open step in the usual way until the record has this status."""
    for _ in range(30):
        found = record(reference)
        waiting = [step for step in found["route"] if step["state"] == "open"]
        if found["status"] == until or not waiting:
            return found
        give(waiting[0])
    raise AssertionError(f"{reference} did not come to {until}")
