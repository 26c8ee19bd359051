"""A low-profile requester is known to the posts on the route alone, and never leaves (R22)."""

import csv
import json

import pytest

from ledger.models import Entry
from tests.builders import a_mission, a_submitted, carried_to, civil_answers, give, open_step, who
from tests.calling import Caller

pytestmark = pytest.mark.django_db
NAMES = ("Relief for Carana", "RFC", "Mother Alina", "+236 70 11 22", "partner.ngo")


@pytest.fixture(autouse=True)
def _mission():
    a_mission()


@pytest.fixture
def rfa(_mission):
    return a_submitted(
        civil_answers(low_profile=True, on_behalf_of="Mother Alina", contact="+236 70 11 22"),
        by="partner.ngo",
    )


def told(text: str) -> list[str]:
    return [name for name in NAMES if name in text]


def test_R22_the_posts_on_the_route_know_who_asks(rfa):
    for account in ("chief.cimic", "dsrsg", "dms", "civil.affairs", "partner.ngo", "cimic.staff"):
        record = Caller(account).read(f"requests/{rfa.reference}/")
        assert record["organisation"] == "Relief for Carana"
        assert record["on_behalf_of"] == "Mother Alina"


def test_R22_whoever_else_reads_the_record_reads_it_without_them(rfa, client):
    give(open_step(rfa), "forward_recommended")
    for account in ("cos", "homc", "evaluator", "undss", "sector.east", "qip.manager"):
        caller = Caller(account)
        for path in (f"requests/{rfa.reference}/", "requests/"):
            assert told(json.dumps(caller.read(path))) == []
        history = caller.read(f"requests/{rfa.reference}/history/")["results"]
        assert told(json.dumps(history)) == []
        assert [one["act"] for one in history][:2] == ["request.drafted", "request.submitted"]
        client.force_login(who(account))
        assert told(client.get(f"/register/{rfa.reference}/").content.decode()) == []
        lines = client.get("/register/").context["lines"]
        assert told(str(lines)) == []


def test_no_search_tells_who_asks(rfa):
    for words in ("Relief", "RFC"):
        assert Caller("cos").read(f"requests/?search={words}")["results"] == []
        (found,) = Caller("chief.cimic").read(f"requests/?search={words}")["results"]
        assert found["reference"] == rfa.reference


def test_R22_it_is_never_exported_not_even_by_who_knows(rfa):
    for account in ("chief.cimic", "cos", "partner.ngo"):
        answer = Caller(account).get("/api/v1/register.csv")
        text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
        (line,) = csv.DictReader(text.splitlines())
        assert (line["Organisation"], line["Asked by"]) == ("", "")
        assert told(text) == []


def test_an_ordinary_requester_is_shown_as_ever():
    rfa = carried_to(a_submitted(by="partner.ngo"), "in_consultation")
    assert Caller("cos").read(f"requests/{rfa.reference}/")["organisation"] == "Relief for Carana"


def test_the_entry_still_keeps_who_asked(rfa):
    """What is withheld from a reader is kept for the evaluation that may know it (P41)."""
    entry = Entry.objects.get(chain=rfa.pk, act="request.submitted")
    assert "Mother Alina" in entry.payload.text
