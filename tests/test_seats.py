"""The seats in full: the committee's quorum, standing policies cited, posts above vacant ones."""

import datetime as dt

import pytest

from approvals.models import Answer, StandingPolicy
from approvals.queries import inbox_of
from common.errors import Forbidden
from ledger.models import Entry
from missions.models import Appointment, Delegation, Mission, Post
from tests.builders import (
    CRITERIA,
    a_mission,
    a_submitted,
    carried_to,
    give,
    in_days,
    open_step,
    qip_answers,
    security_answers,
    who,
)
from tests.calling import Caller

pytestmark = pytest.mark.django_db
POLICY = {
    "code": "DO-2026/3",
    "title": "Escorts on the Alur to Oruma road",
    "text": "Weekly convoys of food, in daylight, with a UNDSS clearance of the same day.",
    "from_on": "2026-01-01",
}


@pytest.fixture(autouse=True)
def _mission():
    a_mission()


def vacate(post: str) -> None:
    Appointment.objects.filter(post__code=post).update(until_on=in_days(-1))


def before_the_designated_official():
    answers = security_answers(classification="unclassified")
    return carried_to(a_submitted(answers, by="partner.ngo"), "awaiting_decision")


def test_the_quorum_is_the_missions_own():
    Mission.objects.update(board_quorum=4)
    rfa = a_submitted(qip_answers(), by="partner.ngo")
    while open_step(rfa).seat_kind != "board":
        give(open_step(rfa))
    path = f"steps/{open_step(rfa).pk}/answers/"
    body = {
        "answer": "recommended",
        "revision": 1,
        "details": {"members": ["Chair", "OCHA", "UNPOL"], "minutes": "Weighed."},
    }
    told = Caller("cos").tell(path, body, expect=422)
    assert "needs 4 members present; you named 3" in told["detail"]
    body["details"]["members"].append("Mission Support")  # type: ignore[index]
    Caller("cos").tell(path, body, expect=201)


def test_P39_the_designated_official_adopts_and_cites_a_standing_policy():
    official = Caller("designated.official")
    official.tell("standing-policies/", POLICY, expect=201)
    step = open_step(before_the_designated_official())
    details = {"criteria": CRITERIA, "priority": 2, "standing_policy": "do-2026/3"}
    body = {"answer": "approve", "revision": 1, "details": details}
    official.tell(f"steps/{step.pk}/answers/", body, expect=201)

    assert Answer.objects.get(step=step).details["standing_policy"] == "DO-2026/3"
    assert Entry.objects.filter(act="standing_policy.adopted").count() == 1


def test_P39_only_a_policy_that_stands_today_is_cited():
    official = Caller("designated.official")
    official.tell("standing-policies/", {**POLICY, "until_on": "2026-02-01"}, expect=201)
    step = open_step(before_the_designated_official())
    details = {"criteria": CRITERIA, "priority": 2, "standing_policy": POLICY["code"]}
    body = {"answer": "approve", "revision": 1, "details": details}
    told = official.tell(f"steps/{step.pk}/answers/", body, expect=400)
    assert [error["field"] for error in told["errors"]] == ["details.standing_policy"]


def test_nobody_else_adopts_one_and_bad_ones_are_refused_with_all_their_errors():
    Caller("homc").tell("standing-policies/", POLICY, expect=403)
    official = Caller("designated.official")
    bad = {"code": "?", "title": ["x"], "from_on": "2026-03-01", "until_on": "2026-02-01"}
    told = official.tell("standing-policies/", bad, expect=400)
    assert {error["field"] for error in told["errors"]} == {"code", "title", "text", "until_on"}
    official.tell("standing-policies/", POLICY, expect=201)
    told = official.tell("standing-policies/", {**POLICY, "code": "do-2026/3"}, expect=400)
    assert [error["field"] for error in told["errors"]] == ["code"]


def test_a_standing_policy_is_ended_once_and_kept():
    official = Caller("designated.official")
    official.tell("standing-policies/", POLICY, expect=201)
    official.tell("standing-policies/DO-2026/3/end/", {"until_on": "2026-01-05"}, expect=400)
    official.tell("standing-policies/DO-2026/3/end/", {"until_on": in_days(0).isoformat()})
    StandingPolicy.objects.update(until_on=dt.date(2026, 1, 5))
    official.tell(
        "standing-policies/DO-2026/3/end/", {"until_on": in_days(3).isoformat()}, expect=409
    )


def test_the_page_of_standing_policies(client):
    client.force_login(who("designated.official"))
    page = client.post("/standing-policies/", POLICY)
    assert page.status_code == 302
    again = client.post("/standing-policies/", POLICY)
    assert again.status_code == 400
    assert POLICY["text"] in again.content.decode()  # nothing typed is lost
    client.force_login(who("undss"))
    assert b"Adopt it" not in client.get("/standing-policies/").content


def test_the_post_above_a_vacant_one_answers_a_review_within_un_cimic():
    rfa = a_submitted(by="unit.east")
    step = open_step(rfa)
    vacate("sector.east")

    assert [one.pk for one in inbox_of(who("chief.cimic"))] == [step.pk]
    given = give(step, "forward_recommended", by=who("chief.cimic"))
    assert (given.post.code, given.capacity, given.step.post.code) == (
        "chief.cimic",
        "holder",
        "sector.east",
    )


def test_P30_a_decision_is_not_given_for_a_vacant_post_but_by_an_officer_in_charge():
    rfa = carried_to(a_submitted(), "awaiting_decision")
    step = open_step(rfa)
    vacate("dsrsg")

    assert step in inbox_of(who("srsg"))
    with pytest.raises(Forbidden, match="officer-in-charge"):
        give(step, "approve", by=who("srsg"))
    Appointment.objects.create(
        post=step.post,
        person=who("dsrsg.office"),
        capacity="officer_in_charge",
        from_on=in_days(0),
        until_on=in_days(9),
    )
    given = give(step, "approve", by=who("dsrsg.office"))
    assert given.capacity == "officer_in_charge"


def test_P36_nobody_answers_for_a_vacant_dms():
    rfa = carried_to(a_submitted(), "in_consultation")
    step = rfa.steps.get(seat="mission_support")
    vacate("dms")
    Post.objects.filter(code="dms").update(above=Post.objects.get(code="srsg"))
    with pytest.raises(Forbidden, match="officer-in-charge"):
        give(step, "resourceable", by=who("srsg"))


def test_P39_the_homc_above_a_vacant_chief_does_not_see_a_hidden_request():
    a_submitted(security_answers(classification="unclassified"), by="partner.ngo")
    vacate("chief.cimic")

    assert not inbox_of(who("homc")).exists()


def test_a_bounded_delegate_answers_and_sees_what_it_is_bounded_to_alone():
    """The whole mission is seen by the DSRSG's post; the delegate of QIPs sees the QIPs."""
    Delegation.objects.create(
        post=Post.objects.get(code="dsrsg"),
        delegate=who("partner.un"),
        given_by=who("dsrsg"),
        routes=["qip"],
        from_on=in_days(0),
        until_on=in_days(9),
    )
    project = carried_to(a_submitted(qip_answers(), by="partner.ngo"), "awaiting_decision")
    other = carried_to(a_submitted(), "awaiting_decision")
    delegate = who("partner.un")

    assert [step.rfa_id for step in inbox_of(delegate)] == [project.pk]
    seen = Caller("partner.un").read("requests/")["results"]
    assert [one["reference"] for one in seen] == [project.reference]
    with pytest.raises(Forbidden):
        give(open_step(other), "approve", by=delegate)
    given = give(open_step(project), "approve", by=delegate)
    assert given.delegation is not None
    assert given.capacity == "delegate"


def test_a_delegation_that_was_ended_gives_nothing():
    given = Delegation.objects.create(
        post=Post.objects.get(code="dsrsg"),
        delegate=who("dsrsg.office"),
        given_by=who("dsrsg"),
        from_on=in_days(0),
        until_on=in_days(9),
        ended_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
    )
    rfa = carried_to(a_submitted(), "awaiting_decision")
    with pytest.raises(Forbidden):
        give(open_step(rfa), "approve", by=given.delegate)


def test_a_malformed_form_is_told_so():
    told = Caller("designated.official").tell("standing-policies/", [1], expect=400)
    assert told["errors"][0]["field"] == "non_field_errors"
