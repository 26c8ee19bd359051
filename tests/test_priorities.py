"""The mission sets its priorities and reviews them; each request shows whether it fits (P34)."""

import datetime as dt
from typing import Any

import pytest

from approvals import services as approvals
from approvals.models import PrioritySet
from approvals.queries import consistency_of
from common import clock
from ledger.models import Entry
from missions.models import Area
from requests_app.models import AssistanceRequest
from tests.builders import a_draft, a_mission, a_submitted, civil_answers, in_days, who
from tests.calling import Caller, record

pytestmark = pytest.mark.django_db
WATER = {"text": "Safe water at schools", "categories": ["water", "water_sanitation"]}
EAST = {"text": "The province of the east", "areas": ["CR01"]}


@pytest.fixture(autouse=True)
def _mission():
    a_mission()


def a_set(*priorities: dict[str, Any], days: int = 0, review: int = 90) -> PrioritySet:
    return approvals.set_priorities(
        actor=who("dsrsg.office"),
        title=f"From day {days}",
        in_force_from=in_days(days),
        review_on=in_days(days + review),
        priorities=list(priorities),
    )


def matched(rfa: AssistanceRequest) -> list[str]:
    found = consistency_of(AssistanceRequest.objects.get(pk=rfa.pk))
    assert found is not None
    return [one.text for one in found.matches]


def test_P34_a_request_shows_which_priorities_it_falls_under():
    assert record(a_submitted().reference)["priorities"] is None
    a_set(WATER, EAST)
    rfa = a_submitted(civil_answers(category="medical", area="CR01"))
    assert record(rfa.reference)["priorities"] == {
        "set": "From day 0",
        "consistent": True,
        "matches": [EAST["text"]],
    }
    other = a_submitted(civil_answers(category="medical", area="CR02"), by="sector.west")
    assert record(other.reference)["priorities"]["consistent"] is False


def test_a_priority_of_both_asks_for_both_and_a_province_stands_for_its_districts():
    a_set({"text": "Water in the east", "areas": ["CR01"], "categories": ["water"]})
    province = Area.objects.get(pcode="CR01")
    Area.objects.create(
        mission=province.mission, parent=province, level=2, pcode="CR0101", name="Dunai"
    )
    assert matched(a_submitted(civil_answers(category="water", area="CR0101"))) != []
    assert matched(a_submitted(civil_answers(category="medical", area="CR0101"))) == []


def test_a_request_is_weighed_by_the_set_in_force_when_it_was_submitted():
    with clock.telling(clock.now() - dt.timedelta(days=10)):
        a_set(EAST)
        rfa = a_submitted()
        draft = a_draft()
    a_set(WATER)
    assert matched(rfa) == [EAST["text"]]
    found = consistency_of(draft)
    assert found is not None
    assert found.of.title == "From day 0"
    assert found.of.pk == PrioritySet.objects.order_by("-pk")[0].pk


def test_who_sets_them_and_what_is_refused_all_at_once():
    body = {
        "title": "Second half of the year",
        "in_force_from": in_days(0).isoformat(),
        "review_on": in_days(100).isoformat(),
        "priorities": [WATER, EAST],
    }
    for account in ("chief.cimic", "homc", "partner.ngo", "evaluator"):
        Caller(account).tell("priorities/", body, expect=403)
    office = Caller("dsrsg.office")
    bad = {
        "title": "",
        "in_force_from": "soon",
        "review_on": in_days(-4).isoformat(),
        "priorities": [{"text": "", "areas": ["XX"]}, "x", {"text": "Nothing named"}],
    }
    told = office.tell("priorities/", bad, expect=400)
    assert [one["field"] for one in told["errors"]] == [
        "title",
        "in_force_from",
        "priorities.0.text",
        "priorities.0.areas",
        "priorities.1",
        "priorities.2",
    ]
    back = {**body, "in_force_from": in_days(-1).isoformat(), "review_on": in_days(-2).isoformat()}
    told = office.tell("priorities/", back, expect=400)
    assert [one["field"] for one in told["errors"]] == ["in_force_from", "review_on"]
    made = office.tell("priorities/", body, expect=201)
    assert made["set_post"] == "dsrsg.office"
    office.tell("priorities/", body, expect=400)  # from that day they are set already
    assert Entry.objects.filter(act="priorities.set").count() == 1


def test_P28_1_they_are_open_to_who_drafts():
    a_set(WATER)
    for account in ("unit.east", "partner.ngo", "sector.west"):
        (found,) = Caller(account).read("priorities/")["results"]
        assert found["priorities"][0]["text"] == WATER["text"]


def test_the_page_says_when_the_review_is_overdue_and_keeps_what_was_typed(client):
    with clock.telling(clock.now() - dt.timedelta(days=120)):
        a_set(EAST)
    client.force_login(who("dsrsg"))
    assert "the review is overdue" in client.get("/priorities/").content.decode()
    said = {
        "title": "Anew",
        "in_force_from": in_days(0).isoformat(),
        "review_on": in_days(90).isoformat(),
        "text-0": "Bridges first",
    }
    refused = client.post("/priorities/", said)
    assert refused.status_code == 400
    assert "Bridges first" in refused.content.decode()
    done = client.post("/priorities/", {**said, "areas-0": ["CR01"], "categories-0": ["water"]})
    assert done.status_code == 302
    page = client.get("/priorities/").content.decode()
    assert "Bridges first" in page
    assert "the review is overdue" not in page
    client.force_login(who("unit.east"))
    assert "Set them" not in client.get("/priorities/").content.decode()


def test_the_case_and_the_step_show_it(client):
    a_set(WATER)
    rfa = a_submitted()
    client.force_login(who("chief.cimic"))
    step = rfa.steps.get(state="open")
    for address in (f"/register/{rfa.reference}/", f"/steps/{step.pk}/"):
        assert "From day 0" in client.get(address).content.decode()
