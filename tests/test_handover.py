"""A post hands over what it owes, promised, has running and must not forget (P47-49)."""

import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from common.canonical import sha256
from common.errors import Forbidden, Incomplete, NotNow
from ledger.models import Entry
from missions.models import Appointment, Post, User
from records import handing_over
from records import services as records
from records.handover import handover_of
from records.models import Handover, ProtectionDuty
from tests.builders import (
    a_mission,
    a_person,
    a_refused,
    a_started,
    a_submitted,
    an_approved,
    carried_to,
    civil_answers,
    give,
    in_days,
    open_step,
    security_answers,
    who,
)
from tests.calling import Caller

pytestmark = pytest.mark.django_db
DUTY = "Night patrols at the Dunai reception site, latrines lit, until the police post opens."


@pytest.fixture(autouse=True)
def _mission():
    a_mission()


def post(code: str) -> Post:
    return Post.objects.select_related("mission", "above").get(code=code)


def a_duty(by: str = "human.rights", of: str = "sector.east", **more: Any) -> ProtectionDuty:
    return handing_over.open_duty(actor=who(by), post=post(of), duty=DUTY, **more)


def rotated(code: str, into: str = "incoming") -> User:
    """Another person takes the post today; its holder left yesterday."""
    new = a_person(into)
    Appointment.objects.filter(post__code=code, capacity="holder").update(until_on=in_days(-1))
    Appointment.objects.create(post=post(code), person=new, from_on=in_days(0))
    return new


def test_P49_the_page_shows_what_is_owed_promised_running_and_sensitive():
    owed = a_submitted(by="unit.east")
    promised = an_approved(by="unit.east")
    running = a_started(by="unit.east")
    refused = a_refused(by="unit.east")
    classified = a_submitted(civil_answers(classification="confidential"), by="unit.east")
    a_duty(rfa=running)

    page = Caller("sector.east").read("handover/")
    assert {one["reference"] for one in page["owed"]} == {owed.reference, classified.reference}
    assert page["promised"]["records"] == [{"reference": promised.reference, "status": "approved"}]
    assert [one["reference"] for one in page["running"]["records"]] == [running.reference]
    assert [one["reference"] for one in page["unmet"]["records"]] == [refused.reference]
    assert [one["reference"] for one in page["classified"]["records"]] == [classified.reference]
    assert [one["duty"] for one in page["protection_duties"]] == [DUTY]


def test_P39_nothing_hidden_from_the_force_is_on_its_page():
    hidden = a_submitted(security_answers(classification="unclassified"), by="partner.ngo")
    for account in ("ops", "homc", "sector.east", "unit.east", "cimic.staff"):
        assert hidden.reference not in json.dumps(Caller(account).read("handover/"))


def test_the_outgoing_hands_over_and_the_incoming_acknowledges_the_duties_first():
    a_duty()
    outgoing = who("sector.east")
    made = handing_over.hand_over(actor=outgoing, post=post("sector.east"), note="Radio on 7.")
    with pytest.raises(Forbidden, match="incoming"):
        handing_over.acknowledge(actor=outgoing, handover=made, duties_read=True)

    incoming = rotated("sector.east")
    assert handing_over.to_acknowledge(incoming, post("sector.east")) == made
    with pytest.raises(Incomplete) as refusal:
        handing_over.acknowledge(actor=incoming, handover=made)
    assert refusal.value.paragraph == "49"
    handing_over.acknowledge(actor=incoming, handover=made, duties_read=True)
    assert handing_over.to_acknowledge(incoming, post("sector.east")) is None
    with pytest.raises(NotNow):
        handing_over.acknowledge(actor=incoming, handover=made, duties_read=True)

    assert sha256(made.content) == made.digest
    acts = Entry.objects.filter(chain__subject="mission").values_list("act", flat=True)
    assert {"post.handed_over", "post.taken_over"} <= set(acts)
    with pytest.raises(TypeError):
        made.save()


def test_the_duties_stay_with_the_post_when_people_rotate():
    duty = a_duty()
    incoming = rotated("sector.east")
    page = handover_of(incoming, post("sector.east"))
    assert page.duties == [duty]
    with pytest.raises(Incomplete):
        handing_over.close_duty(actor=incoming, duty=duty, outcome=" ")
    handing_over.close_duty(actor=incoming, duty=duty, outcome="The police post opened.")
    with pytest.raises(NotNow):
        handing_over.close_duty(actor=incoming, duty=duty, outcome="Again.")


def test_P68_a_condition_that_nobody_checked_is_said_until_it_is():
    rfa = carried_to(a_submitted(by="unit.east"), "awaiting_decision")
    give(open_step(rfa), "approve_with_conditions", conditions=["The queue is lit", "Two weeks"])
    rfa = carried_to(rfa, "nothing waits")
    records.start(rfa=rfa, actor=who("chief.cimic"))
    east = Caller("sector.east")
    said = {"reference": rfa.reference, "conditions": 2}
    assert east.read("handover/")["conditions_unchecked"] == [said]
    given = rfa.steps.get(seat_kind="decision", state="answered").current
    records.tick_condition(
        rfa=rfa, actor=who("unit.east"), answer=given.pk, number=1, met=True, remark=""
    )
    assert east.read("handover/")["conditions_unchecked"] == [{**said, "conditions": 1}]


def test_who_is_new_is_told_until_the_last_handover_is_acknowledged():
    old = handing_over.hand_over(actor=who("sector.east"), post=post("sector.east"))
    last = handing_over.hand_over(actor=who("sector.east"), post=post("sector.east"))
    assert handing_over.to_take_over(who("sector.east")) == []
    incoming = rotated("sector.east")
    assert handing_over.to_take_over(incoming) == [last]
    assert handing_over.to_take_over(who("ops")) == []
    with pytest.raises(NotNow, match="again since"):
        handing_over.acknowledge(actor=incoming, handover=old)
    handing_over.acknowledge(actor=incoming, handover=last)
    assert handing_over.to_take_over(incoming) == []


def test_P39_the_page_of_a_vacant_post_hides_duties_of_hidden_records_from_the_force_above(client):
    handing_over.hand_over(actor=who("chief.cimic"), post=post("chief.cimic"), note="A secret.")
    hidden = a_submitted(security_answers(classification="unclassified"), by="partner.ngo")
    a_duty(by="chief.cimic", of="chief.cimic", rfa=hidden)
    Appointment.objects.filter(post__code="chief.cimic").update(until_on=in_days(-1))
    above = handover_of(who("homc"), post("chief.cimic"))
    assert above.duties == []
    assert above.owed == []
    client.force_login(who("homc"))
    shown = client.get("/handover/?post=chief.cimic").content.decode()
    assert DUTY not in shown
    assert "A secret." not in shown
    rotated("chief.cimic")
    assert handover_of(who("incoming"), post("chief.cimic")).duties != []


def test_who_may_do_what():
    with pytest.raises(Forbidden):
        handing_over.hand_over(actor=who("ops"), post=post("sector.east"))
    with pytest.raises(Forbidden):
        a_duty(by="dms")
    duty = a_duty()
    with pytest.raises(Forbidden):
        handing_over.close_duty(actor=who("dms"), duty=duty, outcome="Done.")


def test_through_the_api():
    rights = Caller("human.rights")
    rights.tell("protection-duties/", {"post": "nobody", "site": "nowhere"}, expect=400)
    rights.tell("protection-duties/", {"post": "sector.east", "duty": " "}, expect=422)
    Caller("dms").tell("protection-duties/", {"post": "ops", "duty": DUTY}, expect=403)
    duty = rights.tell("protection-duties/", {"post": "sector.east", "duty": DUTY}, expect=201)
    sector = Caller("sector.east")
    assert [one["id"] for one in sector.read("protection-duties/")["results"]] == [duty["id"]]
    assert Caller("ops").read("protection-duties/")["results"] == []
    sector.tell("handover/", {"post": "ops"}, expect=403)
    sector.tell("handover/", {"note": 7}, expect=400)
    made = sector.tell("handover/", {"note": "All well."}, expect=201)
    sector.tell(f"handover/{made['id']}/acknowledge/", {"duties_read": True}, expect=403)
    Caller("ops").tell(f"handover/{made['id']}/acknowledge/", {}, expect=404)
    rotated("sector.east")
    incoming = Caller("incoming")
    incoming.tell(f"handover/{made['id']}/acknowledge/", {}, expect=422)
    done = incoming.tell(f"handover/{made['id']}/acknowledge/", {"duties_read": True})
    assert done["acknowledged_by"] == "incoming"
    path = f"protection-duties/{duty['id']}/close/"
    assert incoming.tell(path, {"outcome": "Lit."})["outcome"] == "Lit."
    Caller("evaluator").read("handover/")


def test_the_page_costs_the_same_statements_for_three_as_for_many():
    def statements() -> int:
        person = User.objects.get(username="sector.east")
        with CaptureQueriesContext(connection) as found:
            handover_of(person, post("sector.east"))
        return len(found)

    an_approved(by="unit.east")
    for _ in range(3):
        a_submitted(by="unit.east")
    few = statements()
    for _ in range(9):
        a_submitted(by="unit.east")
    an_approved(by="unit.east")
    assert statements() == few <= 23


def test_the_page_its_forms_and_the_empty_page(client):
    a_duty()
    client.force_login(who("sector.east"))
    page = client.get("/handover/")
    assert DUTY in page.content.decode()
    client.post("/handover/hand-over/", {"of_post": "sector.east", "note": "All well."})
    assert Handover.objects.count() == 1
    days = {"from_on": in_days(0).isoformat(), "until_on": in_days(5).isoformat()}
    said = {"of_post": "sector.east", "delegate": "unit.east", "routes": ["qip"], **days}
    client.post("/handover/delegate/", said)
    assert post("sector.east").delegations.get().routes == ["qip"]
    told = client.post("/handover/delegate/", {**said, "delegate": "sector.east"})
    assert told.status_code == 400
    assert "given to somebody else" in told.content.decode()
    client.post("/handover/in-charge/", {"of_post": "sector.east", "person": "unit.east", **days})
    assert post("sector.east").appointments.filter(capacity="officer_in_charge").exists()
    assert client.get("/handover/?post=ops").status_code == 404
    for path, name in (("close-duty", "duty"), ("end-delegation", "delegation")):
        for number in ("", "x", "9" * 40, "0"):
            said = {"of_post": "sector.east", name: number}
            assert client.post(f"/handover/{path}/", said).status_code == 404
    client.force_login(who("partner.ngo"))
    assert client.get("/handover/").status_code == 200
