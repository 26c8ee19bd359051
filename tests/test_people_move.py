"""People rotate, posts stay: delegations, officers-in-charge, and who may not (P49)."""

from typing import Any

import pytest

from approvals import services as approvals
from common.errors import Forbidden, Malformed, NotNow
from ledger.models import Entry
from missions.models import Appointment, Delegation, Post, User
from tests.builders import (
    a_mission,
    a_submitted,
    carried_to,
    give,
    in_days,
    open_step,
    who,
)
from tests.calling import Caller

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _mission():
    a_mission()


def a_delegation(post: str, to: str, *, by: str = "", **changes: Any) -> Delegation:
    said: dict[str, Any] = {"from_on": in_days(0), "until_on": in_days(9), **changes}
    return approvals.delegate(
        actor=who(by or post), post=Post.objects.get(code=post), delegate=who(to), **said
    )


def refused(**said: Any) -> list[str]:
    """The fields a delegation by the DSRSG is refused for."""
    with pytest.raises(Malformed) as refusal:
        a_delegation("dsrsg", **said)
    assert not Delegation.objects.filter(post__code="dsrsg").exists()
    return [error.field for error in refusal.value.errors]


def test_a_delegate_decides_and_the_decision_names_the_delegation():
    given = a_delegation("dsrsg", "dsrsg.political", scope="While on leave")
    rfa = carried_to(a_submitted(), "awaiting_decision")
    answer = give(open_step(rfa), "approve", by=who("dsrsg.political"))

    assert (answer.capacity, answer.delegation, answer.post.code) == ("delegate", given, "dsrsg")
    assert Entry.objects.filter(act="delegation.given", chain__subject="mission").count() == 1


def test_not_to_oneself():
    assert refused(to="dsrsg") == ["delegate"]


def test_not_backwards_in_time():
    assert refused(to="dsrsg.office", from_on=in_days(-1)) == ["from_on"]
    assert refused(to="dsrsg.office", from_on=in_days(5), until_on=in_days(3)) == ["until_on"]
    assert refused(to="dsrsg.office", until_on=in_days(900)) == ["until_on"]


def test_not_in_a_circle_of_two():
    a_delegation("ops", "dsrsg")
    assert refused(to="ops") == ["delegate"]


def test_not_in_a_circle_of_three():
    a_delegation("ops", "homc")
    a_delegation("homc", "dsrsg")
    assert refused(to="ops") == ["delegate"]


def test_no_circle_where_the_times_do_not_meet_or_one_was_ended():
    early = a_delegation("ops", "dsrsg", until_on=in_days(2))
    a_delegation("dsrsg", "ops", from_on=in_days(3))
    approvals.end_delegation(actor=who("ops"), delegation=early)
    a_delegation("dsrsg", "ops", from_on=in_days(0), until_on=in_days(1))


def test_not_to_who_may_not_act_and_everything_wrong_is_told_at_once():
    assert refused(to="partner.ngo") == ["delegate"]
    assert refused(to="evaluator") == ["delegate"]
    fields = refused(to="admin", from_on=in_days(-4), until_on=in_days(-9), routes=["convoy"])
    assert fields == ["from_on", "until_on", "delegate", "routes"]


def test_not_twice_over():
    a_delegation("dsrsg", "dsrsg.office")
    with pytest.raises(Malformed):
        a_delegation("dsrsg", "dsrsg.office", from_on=in_days(5))


def test_a_delegate_does_not_pass_it_on():
    a_delegation("dsrsg", "dsrsg.political")
    with pytest.raises(Forbidden):
        a_delegation("dsrsg", "cmcoord", by="dsrsg.political")


def test_separation_of_duties_holds_whatever_is_delegated():
    """Two posts by one person: who answered one seat is refused at the other."""
    a_delegation("dsrsg", "civil.affairs")
    rfa = a_submitted()
    give(open_step(rfa))
    for step in rfa.steps.filter(state="open"):
        give(step)
    rfa.refresh_from_db()
    step = open_step(rfa, "decision")
    with pytest.raises(Forbidden, match="two seats"):
        give(step, "approve", by=who("civil.affairs"))
    a_delegation("dsrsg", "sector.east")
    with pytest.raises(Forbidden, match="asked"):
        give(step, "approve", by=who("sector.east"))


def test_ended_it_gives_nothing_and_is_ended_once():
    given = a_delegation("dsrsg", "dsrsg.political")
    with pytest.raises(Forbidden):
        approvals.end_delegation(actor=who("homc"), delegation=given)
    approvals.end_delegation(actor=who("dsrsg.political"), delegation=given)
    rfa = carried_to(a_submitted(), "awaiting_decision")
    with pytest.raises(Forbidden):
        give(open_step(rfa), "approve", by=User.objects.get(username="dsrsg.political"))
    with pytest.raises(NotNow):
        approvals.end_delegation(actor=who("dsrsg"), delegation=given)


def test_an_officer_in_charge_is_named_by_the_holder_or_the_post_above():
    post = Post.objects.get(code="dsrsg")
    days = {"from_on": in_days(0), "until_on": in_days(9)}
    with pytest.raises(Forbidden):
        approvals.put_in_charge(actor=who("homc"), post=post, person=who("dsrsg.office"), **days)
    Appointment.objects.filter(post=post).update(until_on=in_days(-1))
    named = approvals.put_in_charge(
        actor=who("srsg"), post=post, person=who("dsrsg.office"), **days
    )
    rfa = carried_to(a_submitted(), "awaiting_decision")
    answer = give(open_step(rfa), "approve", by=User.objects.get(username="dsrsg.office"))
    assert answer.capacity == "officer_in_charge"
    with pytest.raises(Malformed):
        approvals.put_in_charge(actor=who("srsg"), post=post, person=who("cmcoord"), **days)
    approvals.end_charge(actor=who("srsg"), appointment=named)


def test_who_acts_above_for_some_routes_names_nobody_for_all_of_them():
    Appointment.objects.filter(post__code="sector.east").update(until_on=in_days(-1))
    vacant = Post.objects.get(code="sector.east")
    days = {"from_on": in_days(0), "until_on": in_days(9)}
    given = a_delegation("chief.cimic", "cimic.staff", routes=["qip"])
    with pytest.raises(Forbidden):
        approvals.put_in_charge(
            actor=who("cimic.staff"), post=vacant, person=who("sector.west"), **days
        )
    approvals.end_delegation(actor=who("chief.cimic"), delegation=given)
    approvals.put_in_charge(
        actor=who("chief.cimic"), post=vacant, person=who("sector.west"), **days
    )


def test_through_the_api():
    dsrsg = Caller("dsrsg")
    body = {
        "post": "dsrsg",
        "delegate": "dsrsg.political",
        "from_on": in_days(0).isoformat(),
        "until_on": in_days(9).isoformat(),
        "routes": ["qip"],
        "scope": "Projects",
    }
    bad = {**body, "delegate": "nobody", "from_on": "soon", "routes": "qip", "post": 7}
    told = dsrsg.tell("delegations/", bad, expect=400)
    assert {one["field"] for one in told["errors"]} == {"delegate", "from_on", "routes", "post"}
    Caller("homc").tell("delegations/", body, expect=403)
    told = dsrsg.tell("delegations/", {**body, "delegate": "dsrsg"}, expect=400)
    assert [one["field"] for one in told["errors"]] == ["delegate"]
    given = dsrsg.tell("delegations/", body, expect=201)
    assert given["routes"] == ["qip"]
    held = Caller("dsrsg.political").read("delegations/")["results"]
    assert [one["id"] for one in held] == [given["id"]]
    Caller("homc").tell(f"delegations/{given['id']}/end/", expect=404)
    assert dsrsg.tell(f"delegations/{given['id']}/end/")["ended_at"]
    charge = {"person": "dsrsg.office", "from_on": body["from_on"], "until_on": body["until_on"]}
    named = dsrsg.tell("posts/dsrsg/officer-in-charge/", charge, expect=201)
    dsrsg.tell(f"posts/dsrsg/officer-in-charge/{named['id']}/end/")
