"""Local people's complaints about mission personnel are answered quickly (P50)."""

import datetime as dt

import pytest

from common import clock
from ledger.models import Entry
from ledger.verification import verify
from records.models import Complaint
from tests.builders import a_mission, a_submitted, who
from tests.calling import Caller

pytestmark = pytest.mark.django_db
MATTER = {
    "matter": "A patrol's truck broke the wall of the well at Mialo and drove on.",
    "complainant": "Mrs Abena Toro, village committee",
    "place": "Mialo",
}


@pytest.fixture(autouse=True)
def _mission():
    a_mission()


def test_P50_a_complaint_is_logged_with_its_clock_and_answered():
    unit = Caller("unit.east")
    logged = unit.tell("complaints/", MATTER, expect=201)
    complaint = Complaint.objects.get()
    assert logged["reference"].startswith("UNAC-CP-")
    assert complaint.due_at - complaint.received_at == dt.timedelta(hours=120)
    assert logged["sector"] == "east"

    path = f"complaints/{logged['reference']}/answer/"
    unit.tell(path, {"answer": "We mend it."}, expect=403)
    sector = Caller("sector.east")
    sector.tell(path, {"answer": " "}, expect=422)
    done = sector.tell(path, {"answer": "The engineers mend it on Friday; the driver is charged."})
    assert done["late"] is False
    sector.tell(path, {"answer": "Again."}, expect=409)
    acts = Entry.objects.filter(chain=complaint.pk).order_by("number")
    assert [entry.act for entry in acts] == ["complaint.logged", "complaint.answered"]
    assert not verify().breaks


def test_who_sees_it_and_who_complained():
    logged = Caller("unit.east").tell("complaints/", MATTER, expect=201)
    path = f"complaints/{logged['reference']}/"
    for account in ("chief.cimic", "cos", "dsrsg", "sector.east"):
        assert Caller(account).read(path)["complainant"] == MATTER["complainant"]
    for account in ("sector.west", "unit.west", "ops", "evaluator", "partner.ngo"):
        Caller(account).read(path, expect=404)
    assert Caller("ops").read("complaints/")["results"] == []
    payload = Entry.objects.get(act="complaint.logged").payload.text
    assert "Toro" not in payload


def test_a_late_answer_says_so():
    then = clock.now() - dt.timedelta(days=30)
    body = {**MATTER, "received_at": f"{then:%Y-%m-%dT%H:%M}"}
    logged = Caller("unit.east").tell("complaints/", body, expect=201)
    assert logged["late"] is True


def test_it_may_be_about_a_request_that_the_officer_sees():
    rfa = a_submitted(by="unit.east")
    unit = Caller("unit.east")
    logged = unit.tell("complaints/", {**MATTER, "reference": rfa.reference}, expect=201)
    assert logged["record"] == rfa.reference
    other = a_submitted(by="unit.west")
    unit.tell("complaints/", {**MATTER, "reference": other.reference}, expect=404)


def test_what_is_wrong_is_told_at_once():
    bad = {"matter": "", "received_at": "2090-01-01T10:00", "sector": "north", "place": ["x"]}
    told = Caller("unit.east").tell("complaints/", bad, expect=400)
    fields = {one["field"] for one in told["errors"]}
    assert fields == {"matter", "received_at", "sector", "place"}
    Caller("partner.ngo").tell("complaints/", MATTER, expect=403)
    Caller("evaluator").tell("complaints/", MATTER, expect=403)


def test_the_page(client):
    client.force_login(who("unit.east"))
    refused = client.post("/complaints/", {"place": "Mialo", "reference": "UNAC-CA-2026-9999"})
    assert refused.status_code == 400
    assert "Mialo" in refused.content.decode()
    assert client.post("/complaints/", MATTER).status_code == 302
    client.force_login(who("cos"))
    assert MATTER["place"] in client.get("/complaints/").content.decode()
    reference = Complaint.objects.get().reference
    client.post(f"/complaints/{reference}/answer/", {"answer": "It is mended."})
    assert Complaint.objects.get().answer == "It is mended."
    client.force_login(who("partner.ngo"))
    assert client.get("/complaints/").status_code == 200
