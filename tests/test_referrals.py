"""What UN-CIMIC and partners cannot resolve goes to the HOMC, then to the SRSG (P52)."""

import datetime as dt

import pytest

from approvals import clocks
from approvals import services as approvals
from approvals.models import Referral
from approvals.queries import inbox_of, visible_to
from common import clock
from common.errors import Forbidden, Incomplete, NotNow
from ledger.models import Entry
from missions.models import Appointment
from notices import services as notices
from notices.models import Notice
from requests_app.models import AssistanceRequest
from tests.builders import (
    a_draft,
    a_mission,
    a_submitted,
    carried_to,
    give,
    in_days,
    open_step,
    security_answers,
    who,
)
from tests.calling import Caller, record

pytestmark = pytest.mark.django_db
MATTER = "The cluster holds that a contractor can do it; the unit says nobody is at hand."


@pytest.fixture(autouse=True)
def _mission():
    a_mission()


def decided_on(status: str = "awaiting_decision") -> AssistanceRequest:
    return carried_to(a_submitted(), status)


def referred(rfa: AssistanceRequest, by: str = "cmcoord") -> Referral:
    return approvals.refer(rfa=rfa, actor=who(by), matter=MATTER)


def resolved(referral: Referral, by: str, outcome: str = "resolved") -> Referral:
    return approvals.resolve_referral(
        referral=referral, actor=who(by), resolution="The unit does it.", outcome=outcome
    )


def test_P52_while_a_referral_is_open_no_decision_is_taken():
    rfa = decided_on()
    step = open_step(rfa, "decision")
    referral = referred(rfa)

    step.refresh_from_db()
    with pytest.raises(NotNow) as refusal:
        give(step, "approve")
    assert refusal.value.paragraph == "52"
    assert record(rfa.reference)["waiting_on"] == [
        {
            "post": "homc",
            "title": referral.put_to.title,
            "seat": "referral",
            "since": referral.opened_at.isoformat().replace("+00:00", "Z"),
            "until": referral.due_at.isoformat().replace("+00:00", "Z"),
            "vacant": False,
            "gone_up_to": None,
            "gone_up_to_title": None,
        }
    ]
    resolved(referral, "homc")
    step.refresh_from_db()
    give(step, "approve")
    rfa.refresh_from_db()
    assert rfa.status == "approved"


def test_the_decisions_clock_stops_while_it_is_referred():
    begin = clock.now() - dt.timedelta(days=5)
    with clock.telling(begin):
        rfa = decided_on()
        step = open_step(rfa, "decision")
    with clock.telling(begin + dt.timedelta(hours=10)):
        referral = referred(rfa)
    with clock.telling(begin + dt.timedelta(hours=60)):
        resolved(referral, "homc")
    step.refresh_from_db()

    assert step.due_at == begin + dt.timedelta(hours=60 + step.normal_hours - 10)
    assert clocks.clock_of(step) == clocks.from_entries(step)


def test_everything_but_the_decision_goes_on_while_it_is_referred():
    rfa = decided_on("in_consultation")
    referral = referred(rfa)
    for step in rfa.steps.filter(state="open"):
        give(step)
    rfa.refresh_from_db()
    assert rfa.status == "in_consultation"
    assert not rfa.steps.filter(state="open").exists()

    resolved(referral, "homc")
    rfa.refresh_from_db()
    assert rfa.status == "awaiting_decision"
    assert open_step(rfa).seat_kind == "decision"


def test_the_homc_passes_it_on_and_the_srsg_resolves_it():
    rfa = decided_on()
    first = referred(rfa)
    resolved(first, "homc", "passed_on")
    second = Referral.objects.get(follows=first)

    assert second.put_to.code == "srsg"
    with pytest.raises(Forbidden):
        resolved(second, "homc")
    with pytest.raises(NotNow):
        resolved(second, "srsg", "passed_on")
    resolved(second, "srsg")
    acts = Entry.objects.filter(chain=rfa.pk, act__startswith="referral.").order_by("number")
    assert [entry.act for entry in acts] == [
        "referral.opened",
        "referral.passed_on",
        "referral.resolved",
    ]
    ends = [one["outcome"] for one in record(rfa.reference)["referrals"]]
    assert ends == ["passed_on", "resolved"]


def test_P39_a_humanitarian_actors_security_request_goes_past_the_force():
    rfa = carried_to(
        a_submitted(security_answers(classification="unclassified"), by="partner.ngo"),
        "in_consultation",
    )
    referral = referred(rfa, "partner.ngo")

    assert referral.put_to.code == "srsg"
    assert not visible_to(who("homc")).filter(pk=rfa.pk).exists()


def test_the_security_of_a_mission_component_is_not_tasked_while_it_is_referred():
    rfa = a_submitted(security_answers(requester_class="mission_component"), by="human.rights")
    step = open_step(rfa)
    referral = referred(rfa, "human.rights")
    step.refresh_from_db()
    with pytest.raises(NotNow):
        give(step, "accept")
    resolved(referral, "homc")


def test_who_may_refer_and_when():
    rfa = decided_on()
    with pytest.raises(Forbidden):
        referred(rfa, "evaluator")
    with pytest.raises(Incomplete):
        approvals.refer(rfa=rfa, actor=who("cmcoord"), matter="  ")
    referred(rfa, "sector.east")  # who asked
    with pytest.raises(NotNow):
        referred(rfa)
    with pytest.raises(NotNow):
        approvals.refer(rfa=a_draft(), actor=who("sector.east"), matter=MATTER)


def test_separation_who_asked_does_not_resolve_it():
    """The HOMC who asked: it goes to the SRSG at once; in the SRSG's post too, refused."""
    rfa = carried_to(a_submitted(by="homc"), "awaiting_decision")
    referral = referred(rfa)
    assert referral.put_to.code == "srsg"
    Appointment.objects.create(
        post=referral.put_to, person=who("homc"), capacity="officer_in_charge", from_on=in_days(0)
    )
    with pytest.raises(Forbidden, match="kept apart"):
        resolved(referral, "homc")


def test_withdrawing_ends_the_referral():
    rfa = decided_on()
    referral = referred(rfa)
    approvals.withdraw(rfa=rfa, actor=who("sector.east"))
    referral.refresh_from_db()
    assert referral.outcome == "withdrawn"


def test_the_post_it_is_put_to_is_told_and_finds_it():
    rfa = decided_on()
    referred(rfa)
    notices.sweep()
    told = Notice.objects.filter(entry__chain=rfa.pk, entry__act="referral.opened")
    assert [(one.person.username, one.duty) for one in told] == [("homc", True)]
    waiting = Caller("homc").read("referrals/")["results"]
    assert [one["reference"] for one in waiting] == [rfa.reference]
    assert Caller("srsg").read("referrals/")["results"] == []
    assert not inbox_of(who("dsrsg")).filter(rfa=rfa).exists()


def test_through_the_api():
    rfa = decided_on()
    path = f"requests/{rfa.reference}/referrals/"
    Caller("cmcoord").tell(path, {"matter": ""}, expect=422)
    Caller("unit.west").tell(path, {"matter": MATTER}, expect=404)
    opened = Caller("cmcoord").tell(path, {"matter": MATTER}, expect=201)
    pk = opened["referrals"][0]["id"]
    homc = Caller("homc")
    Caller("dsrsg").tell(f"referrals/{pk}/resolve/", {"resolution": "No."}, expect=403)
    told = homc.tell(f"referrals/{pk}/resolve/", {"outcome": "maybe", "resolution": 7}, expect=400)
    assert [error["field"] for error in told["errors"]] == ["outcome", "resolution"]
    homc.tell(f"referrals/{pk}/resolve/", {"resolution": " "}, expect=422)
    done = homc.tell(f"referrals/{pk}/resolve/", {"resolution": "The unit does it."})
    assert done["state"] == "resolved"
    homc.tell(f"referrals/{pk}/resolve/", {"resolution": "Again."}, expect=409)
