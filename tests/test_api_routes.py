"""The four routes and the extreme situation, walked through the API by the contract's accounts."""

import pytest

from common.canonical import canonical, sha256
from tests.builders import (
    a_mission,
    civil_answers,
    extreme_answers,
    in_days,
    qip_answers,
    security_answers,
)
from tests.calling import Caller, carry, give, open_steps, record

pytestmark = pytest.mark.django_db

# what an entry's hash is made of, in order, by its names in the API
BOUND = (
    "chain",
    "number",
    "act",
    "actor_id",
    "actor",
    "post_id",
    "post",
    "capacity",
    "happened_at",
    "recorded_at",
    "told_clock",
    "previous",
    "payload_digest",
)


@pytest.fixture(autouse=True)
def _mission():
    a_mission()


def posts(reference: str) -> list[str]:
    """Whom a record waits on."""
    return [step["post"] for step in open_steps(reference)]


def test_civil_assistance_from_a_units_draft_to_a_closed_record():
    unit = Caller("unit.east")
    half = civil_answers(humanitarian=True)
    half.pop("description")
    drafted = unit.post("/api/v1/requests/", half, format="json")
    reference = drafted.json()["reference"]
    assert (drafted.status_code, drafted.json()["status"]) == (201, "draft")
    lacking = unit.tell(f"requests/{reference}/submit/", expect=422)
    assert [(error["field"], error["paragraph"]) for error in lacking["errors"]] == [
        ("description", "41")
    ]

    changed = unit.patch(
        f"/api/v1/requests/{reference}/",
        {"description": "The ward's borehole failed on Monday."},
        format="json",
        HTTP_IF_MATCH=drafted["ETag"],
    )
    assert changed.status_code == 200
    assert unit.tell(f"requests/{reference}/submit/")["status"] == "under_review"
    assert posts(reference) == ["sector.east"]
    give(open_steps(reference)[0], details={"verified": "on_site"})
    assert posts(reference) == ["chief.cimic"]
    give(open_steps(reference)[0])
    assert record(reference)["status"] == "in_consultation"
    assert sorted(posts(reference)) == ["civil.affairs", "cmcoord", "dms", "gender"]
    refused = unit.tell(f"requests/{reference}/start/", expect=409)
    assert refused["paragraph"] == "30"
    assert "DMS/CMS has not answered" in refused["detail"]
    carry(reference, "awaiting_decision")
    assert posts(reference) == ["dsrsg"]
    give(open_steps(reference)[0], "approve_with_conditions", conditions=["Only by day"])
    assert (record(reference)["status"], posts(reference)) == ("approved", ["ops"])
    give(open_steps(reference)[0])

    found = unit.read(f"requests/{reference}/")
    assert (found["task"]["state"], found["task"]["unit"]) == ("planned", "east-bn")
    assert "start" in found["allowed"]
    started = unit.tell(f"requests/{reference}/start/")
    assert (started["status"], started["task"]["state"]) == ("in_progress", "started")
    unit.tell(
        f"requests/{reference}/progress/", {"text": "2 trucks a day", "percent": 50}, expect=201
    )
    condition = unit.read(f"requests/{reference}/")["task"]["conditions"][0]
    unit.tell(
        f"requests/{reference}/conditions/",
        {"answer": condition["answer"], "number": 1, "met": True},
        expect=201,
    )
    done = unit.tell(
        f"requests/{reference}/complete/",
        {"completed_on": in_days(0).isoformat(), "result": "96,000 litres", "women": 120},
    )
    assert (done["status"], done["task"]["result"]) == ("completed", "96,000 litres")
    assert unit.tell(f"requests/{reference}/close/", expect=403)["paragraph"] == "41"
    closed = Caller("chief.cimic").tell(f"requests/{reference}/close/")
    assert (closed["status"], closed["waiting_on"]) == ("closed", [])
    assert unit.tell(f"requests/{reference}/messages/", {"text": "Thanks"}, expect=409)


def test_a_quick_impact_project_passes_the_committee_and_is_paid_in_instalments():
    partner = Caller("partner.ngo")
    reference = partner.submit(qip_answers())

    carry(reference, "approved")
    found = record(reference)
    assert [step["post"] for step in found["route"] if step["seat_kind"] == "board"] == ["cos"]
    assert found["estimated_cost"] == "7400.00"
    manager = Caller("qip.manager")
    manager.tell(
        f"requests/{reference}/task/",
        {"agreement_signed_on": in_days(0).isoformat(), "agreement_reference": "MoU 12"},
    )
    manager.tell(f"requests/{reference}/start/")
    pay = {"amount": "5920.00", "paid_on": in_days(0).isoformat()}
    manager.tell(f"requests/{reference}/instalments/", pay, expect=201)
    last = {"amount": "1480.00", "paid_on": in_days(0).isoformat(), "is_last": True}
    refused = manager.tell(f"requests/{reference}/instalments/", last, expect=409)
    assert "waits for a visit" in refused["detail"]
    manager.tell(
        f"requests/{reference}/visits/",
        {"visited_on": in_days(0).isoformat(), "findings": "Six latrines stand."},
        expect=201,
    )
    manager.tell(f"requests/{reference}/instalments/", last, expect=201)
    manager.tell(f"requests/{reference}/instalments/", pay, expect=400)
    manager.tell(f"requests/{reference}/complete/", {"result": "Handed over"})

    assert Caller("chief.cimic").tell(f"requests/{reference}/close/")["status"] == "closed"
    assert partner.read(f"requests/{reference}/")["status"] == "closed"


def test_P39_security_for_a_humanitarian_actor_goes_past_the_designated_official():
    reference = Caller("partner.ngo").submit(security_answers())
    assert posts(reference) == ["chief.cimic"]
    Caller("ops").read(f"requests/{reference}/", expect=404)
    give(open_steps(reference)[0])
    assert sorted(posts(reference)) == ["cmcoord", "undss"]
    carry(reference, "awaiting_decision")
    assert posts(reference) == ["designated.official"]
    Caller("homc").read(f"requests/{reference}/", expect=404)
    lacking = give(open_steps(reference)[0], details={}, expect=422)
    assert {error["paragraph"] for error in lacking["errors"]} == {"39"}
    give(open_steps(reference)[0])

    assert posts(reference) == ["ops"]
    give(open_steps(reference)[0])
    unit = Caller("unit.east")
    assert unit.tell(f"requests/{reference}/task/start/")["status"] == "in_progress"
    unit.tell(f"requests/{reference}/complete/", {"result": "No incident"})
    assert Caller("chief.cimic").tell(f"requests/{reference}/close/")["status"] == "closed"


def test_security_for_a_mission_component_is_tasked_as_ordinary_operations():
    reference = Caller("civil.affairs").submit(security_answers())

    assert posts(reference) == ["ops"]
    give(open_steps(reference)[0])
    assert record(reference)["status"] == "approved"
    Caller("unit.east").tell(f"requests/{reference}/start/")
    Caller("unit.east").tell(f"requests/{reference}/complete/")
    assert Caller("sector.west").tell(f"requests/{reference}/close/")["status"] == "closed"


def test_P40_an_extreme_situation_is_reported_first_and_found_on_afterwards():
    told = Caller("unit.east").tell("extreme-situations/", extreme_answers(), expect=201)
    reference = told["reference"]
    assert (told["kind"], told["status"]) == ("extreme_situation", "reported")
    assert (told["harm"], told["minutes_until_reported"]) == ("life", 180)
    assert told["route"][0]["answers"] == ["acknowledge"]

    give(open_steps(reference)[0])
    assert (record(reference)["status"], posts(reference)) == ("acknowledged", ["dsrsg"])
    lacking = give(open_steps(reference)[0], "not_held", remarks="", expect=422)
    assert [error["field"] for error in lacking["errors"]] == ["remarks"]
    give(open_steps(reference)[0], "held")
    assert record(reference)["status"] == "held"
    assert Caller("chief.cimic").tell(f"requests/{reference}/close/")["status"] == "closed"


def test_P41_a_refusal_is_followed_up_until_delivery_by_others_is_known():
    reference = Caller("sector.east").submit(civil_answers())
    carry(reference, "awaiting_decision")
    give(open_steps(reference)[0], "not_approve", remarks="WFP delivers there from Monday.")
    found = record(reference)
    assert (found["status"], found["follow_up"]["state"]) == ("not_approved", "open")
    chief = Caller("chief.cimic")
    lacking = chief.tell(f"requests/{reference}/close/", expect=422)
    assert lacking["paragraph"] == "41"
    asked = Caller("sector.east").read(f"requests/{reference}/")
    decision = next(s for s in asked["route"] if s["seat"] == "decision")
    assert decision["answer"]["remarks"] == "WFP delivers there from Monday."

    closed = chief.tell(
        f"requests/{reference}/delivered-by-others/",
        {
            "delivered": True,
            "organisation": "World Food Programme",
            "delivered_on": in_days(0).isoformat(),
            "source": "Call with the WFP sub-office",
        },
    )

    assert (closed["status"], closed["follow_up"]["state"]) == ("closed", "closed")
    assert chief.tell(f"requests/{reference}/close/")["version"] == closed["version"]


def test_a_return_makes_a_new_revision_and_an_answer_on_the_old_one_is_stale():
    asker = Caller("sector.east")
    reference = asker.submit(civil_answers())
    give(open_steps(reference)[0], "return", remarks="How many litres a day?")
    returned = asker.get(f"/api/v1/requests/{reference}/")
    assert (returned.json()["status"], returned.json()["revision"]) == ("returned", 1)
    changed = asker.patch(
        f"/api/v1/requests/{reference}/",
        {"description": "12,000 litres a day for four weeks."},
        format="json",
        HTTP_IF_MATCH=returned["ETag"],
    )
    assert changed.json()["revision"] == 2
    asker.tell(f"requests/{reference}/submit/")
    step = open_steps(reference)[0]
    assert step["round"] == 2

    stale = Caller("chief.cimic").tell(
        f"steps/{step['id']}/answers/",
        {"answer": "forward_recommended", "revision": 1},
        expect=412,
    )

    assert (stale["yours"], stale["current"]) == (1, 2)
    give(step)
    assert record(reference)["status"] == "in_consultation"


def test_a_decision_is_superseded_beside_the_old_one_until_the_task_has_started():
    reference = Caller("sector.east").submit(civil_answers())
    carry(reference, "approved")
    decision = next(s for s in record(reference)["route"] if s["seat_kind"] == "decision")
    path = f"steps/{decision['id']}/supersede/"
    said = {"answer": "not_approve", "revision": 1, "remarks": "The road is cut."}
    Caller("ops").tell(path, said, expect=403)
    Caller("dsrsg.office").tell(path, said, expect=403)

    given = Caller("dsrsg").tell(path, said, expect=201)

    assert given["supersedes"] == decision["answer"]["id"]
    found = record(reference)
    again = next(s for s in found["route"] if s["id"] == decision["id"])
    assert (found["status"], again["answer"]["answer"]) == ("not_approved", "not_approve")
    assert [earlier["answer"] for earlier in again["earlier"]] == ["approve"]
    Caller("dsrsg").tell(path, {"answer": "approve", "revision": 1}, expect=201)
    give(open_steps(reference)[0])
    Caller("unit.east").tell(f"requests/{reference}/start/")
    late = Caller("dsrsg").tell(path, said, expect=409)
    assert "The task has started" in late["detail"]


def test_withdrawn_before_a_decision_and_cancelled_with_a_reason_after_it():
    asker = Caller("sector.east")
    withdrawn, cancelled = asker.submit(civil_answers()), asker.submit(civil_answers())
    assert asker.tell(f"requests/{withdrawn}/withdraw/")["status"] == "withdrawn"
    assert posts(withdrawn) == []
    carry(cancelled, "approved")
    asker.tell(f"requests/{cancelled}/withdraw/", expect=409)
    lacking = asker.tell(f"requests/{cancelled}/cancel/", expect=422)
    assert lacking["paragraph"] == "41"
    told = asker.tell(f"requests/{cancelled}/cancel/", {"reason": "The rains came early."})
    assert (told["status"], posts(cancelled)) == ("cancelled", [])


def test_the_history_verifies_by_recomputation_even_where_a_payload_is_withheld():
    partner = Caller("partner.ngo")
    reference = partner.submit(civil_answers(humanitarian=True))
    carry(reference, "approved")
    Caller("chief.cimic").tell(
        f"requests/{reference}/messages/", {"text": "Among us", "internal": True}, expect=201
    )

    entries = partner.read(f"requests/{reference}/history/?page_size=200")["results"]

    assert entries[0]["previous"] == "0" * 64
    assert [entry["number"] for entry in entries] == list(range(1, len(entries) + 1))
    for earlier, later in zip(entries, entries[1:], strict=False):
        assert later["previous"] == earlier["hash"]
    withheld = [entry for entry in entries if entry["payload"] is None]
    assert {entry["act"] for entry in withheld} == {"step.answered", "message.said"}
    assert "Among us" not in str(entries)
    for entry in entries:
        assert entry["hash"] == sha256(canonical(["cimic-entry-1", *(entry[n] for n in BOUND)]))
        if entry["payload"] is None:
            assert entry["salt"] is None
        else:
            text = entry["salt"] + canonical(entry["payload"])
            assert entry["payload_digest"] == sha256(text)
