"""One answer on several requests: each its own, each with its own entry, or refused by itself."""

import pytest

from approvals import services as approvals
from approvals.models import Answer, Step
from approvals.policy import may_answer_together, words_together
from approvals.vocabulary import Word
from common.errors import Malformed
from ledger.models import Entry
from missions.models import Cluster
from requests_app.models import AssistanceRequest
from tests.builders import (
    a_mission,
    a_submitted,
    carried_to,
    civil_answers,
    extreme_answers,
    give,
    open_step,
    qip_answers,
    security_answers,
    who,
)
from tests.calling import Caller

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _mission():
    a_mission()


def in_consultation(**changes):
    return carried_to(a_submitted(civil_answers(**changes)), "in_consultation")


def gender_steps(count):
    return [in_consultation().steps.get(seat="gender_advice") for _ in range(count)]


def as_read(*steps):
    return [approvals.AsRead(step, step.rfa.revision) for step in steps]


def test_each_answer_is_its_own_with_its_own_entry():
    steps = gender_steps(3)

    outcomes = approvals.answer_together(
        actor=who("gender"), word="supports", asked=as_read(*steps), remarks="Seen."
    )

    assert [outcome.refusal for outcome in outcomes] == [None, None, None]
    for step in steps:
        (given,) = Answer.objects.filter(step=step)
        assert (given.answer, given.remarks, given.by.username) == ("supports", "Seen.", "gender")
        entry = Entry.objects.filter(chain=step.rfa_id, act="step.answered").latest("number")
        assert (entry.actor, f'"step":{step.pk}' in entry.payload.text) == (who("gender"), True)


def test_one_that_was_changed_since_says_so_and_the_others_stand():
    fresh, stale = gender_steps(2)
    asked = [approvals.AsRead(fresh, 1), approvals.AsRead(stale, 7)]

    outcomes = {
        one.step.pk: one
        for one in approvals.answer_together(actor=who("gender"), word="no_view", asked=asked)
    }

    assert outcomes[fresh.pk].given.answer == "no_view"
    assert "You answered revision 7" in outcomes[stale.pk].refusal.detail
    stale.refresh_from_db()
    assert (stale.state, Answer.objects.filter(step=stale).exists()) == ("open", False)


def test_one_answered_meanwhile_says_so_and_the_others_stand():
    first, second = gender_steps(2)
    asked = as_read(first, second)
    give(second, "objects")

    outcomes = approvals.answer_together(actor=who("gender"), word="supports", asked=asked)

    refused = {one.step.pk: one.refusal and one.refusal.detail for one in outcomes}
    assert refused[first.pk] is None
    assert "it is not open" in refused[second.pk]


@pytest.mark.parametrize("word", ["approve", "return", "not_approve", "objects", "held", "accept"])
def test_P41_what_needs_a_reason_of_its_own_is_never_given_together(word):
    decided = carried_to(a_submitted(), "awaiting_decision")

    with pytest.raises(Malformed):
        approvals.answer_together(
            actor=who("dsrsg"), word=word, asked=as_read(open_step(decided)), remarks="All."
        )

    assert open_step(decided).state == "open"


def test_P36_no_decision_capability_board_or_tasking_offers_a_word_to_give_together():
    offered = {}
    for rfa in (a_submitted(), a_submitted(qip_answers(), by="partner.ngo")):
        for step in rfa.steps.all():
            step.rfa = rfa
            offered.setdefault(step.seat_kind, set()).update(words_together(step))

    assert offered == {
        "review": {Word.FORWARD_RECOMMENDED},
        "advice": {Word.SUPPORTS, Word.NO_VIEW},
        "capability": set(),
        "board": set(),
        "decision": set(),
        "tasking": set(),
    }


def test_P39_support_of_an_escort_for_a_humanitarian_actor_is_weighed_by_itself():
    rfa = a_submitted(security_answers(requester_class="humanitarian"), by="partner.ngo")
    give(open_step(rfa), "forward_recommended")
    step = rfa.steps.get(seat="undss_advice")

    assert may_answer_together(step, "supports").paragraph == "39"
    assert may_answer_together(step, "no_view")


def test_P70_the_cluster_plan_is_answered_request_by_request():
    cluster = Cluster.objects.get(code="WSH")
    rfa = in_consultation(humanitarian=True)
    step = rfa.steps.get(seat="cmcoord_advice")
    assert may_answer_together(step, "supports")

    AssistanceRequest.objects.filter(pk=rfa.pk).update(cluster=cluster)
    step = Step.objects.get(pk=step.pk)

    assert may_answer_together(step, "supports").paragraph == "70"
    assert may_answer_together(step, "no_view")


def test_R22_a_review_together_says_how_the_need_was_verified_but_never_on_site():
    steps = [open_step(a_submitted()) for _ in range(2)]
    chief = who("chief.cimic")

    for word in ("", "on_site"):
        outcomes = approvals.answer_together(
            actor=chief, word="forward_recommended", asked=as_read(*steps), verified=word
        )
        assert [one.refusal.status for one in outcomes] == [422, 422]
    approvals.answer_together(
        actor=chief, word="forward_recommended", asked=as_read(*steps), verified="reported"
    )

    assert {given.details["verified"] for given in Answer.objects.all()} == {"reported"}


def test_what_the_office_put_ready_is_read_by_itself():
    step = open_step(a_submitted())
    approvals.prepare(step=step, actor=who("cimic.staff"), word="forward_recommended")

    (outcome,) = approvals.answer_together(
        actor=who("chief.cimic"),
        word="forward_recommended",
        asked=as_read(step),
        verified="reported",
    )

    assert "put ready" in outcome.refusal.detail
    assert step.prepared.by == who("cimic.staff")


def test_nobody_else_answers_not_even_the_office():
    step = open_step(a_submitted())

    for username in ("cimic.staff", "gender", "dsrsg"):
        (outcome,) = approvals.answer_together(
            actor=who(username),
            word="forward_recommended",
            asked=as_read(step),
            verified="reported",
        )
        assert outcome.refusal.status == 403


def test_nothing_and_too_much_are_refused_whole():
    step = gender_steps(1)[0]
    many = [approvals.AsRead(type(step)(pk=number), 1) for number in range(1, 60)]

    for asked in ([], many):
        with pytest.raises(Malformed):
            approvals.answer_together(actor=who("gender"), word="no_view", asked=asked)


def test_the_api_answers_each_with_a_status_of_its_own():
    first, second = gender_steps(2)
    hidden = open_step(
        a_submitted(security_answers(requester_class="humanitarian"), by="partner.ngo")
    )
    body = {
        "answer": "supports",
        "remarks": "Seen.",
        "steps": [
            {"id": first.pk, "revision": 1},
            {"id": second.pk, "revision": 3},
            {"id": hidden.pk, "revision": 1},
        ],
    }

    rows = Caller("gender").tell("steps/answers/", body)["results"]

    assert [(row["id"], row["status"]) for row in rows] == [
        (first.pk, 201),
        (second.pk, 412),
        (hidden.pk, 404),
    ]
    assert rows[0]["answer"]["answer"] == "supports"
    assert rows[0]["reference"] == first.rfa.reference
    assert rows[1]["problem"]["title"] == "Changed since you read it"
    assert (rows[2]["reference"], rows[2]["answer"]) == (None, None)


def test_the_api_refuses_a_decision_and_what_it_cannot_read():
    step = gender_steps(1)[0]
    caller = Caller("gender")
    steps = [{"id": step.pk, "revision": 1}]

    for body in (
        {"answer": "objects", "steps": steps},
        {"answer": "supports", "steps": []},
        {"answer": "supports", "steps": "all"},
        {"answer": "supports", "steps": [{"id": step.pk}]},
        {"answer": "approve", "steps": [{"id": 999_999, "revision": 1}]},
        ["supports"],
    ):
        caller.tell("steps/answers/", body, expect=400)


def test_the_same_call_twice_is_one_deed():
    step = gender_steps(1)[0]
    caller = Caller("gender")
    body = {"answer": "supports", "steps": [{"id": step.pk, "revision": 1}]}

    first = caller.tell("steps/answers/", body, HTTP_IDEMPOTENCY_KEY="tour-1")
    again = caller.tell("steps/answers/", body, HTTP_IDEMPOTENCY_KEY="tour-1")

    assert first == again
    assert Answer.objects.filter(step=step).count() == 1


def test_P40_reports_are_acknowledged_together():
    reports = [
        AssistanceRequest.objects.get(
            reference=Caller("unit.east").tell(
                "extreme-situations/", extreme_answers(title=title), expect=201
            )["reference"]
        )
        for title in ("Families lifted from the ford", "Bus in the ravine at Kilime")
    ]
    steps = [open_step(report) for report in reports]

    outcomes = approvals.answer_together(
        actor=who("chief.cimic"), word="acknowledge", asked=as_read(*steps)
    )

    assert [one.given.answer for one in outcomes] == ["acknowledge", "acknowledge"]
    assert set(AssistanceRequest.objects.values_list("status", flat=True)) == {"acknowledged"}


def test_the_page_gives_one_answer_on_what_was_chosen_and_names_what_failed(client):
    first, second = gender_steps(2)
    give(second, "objects")
    client.force_login(who("gender"))

    page = client.post(
        "/inbox/together/",
        {
            "answer": "supports",
            "step": [f"{first.pk}:1", f"{second.pk}:1", "x", "99999:1"],
            "remarks": "Seen.",
        },
        follow=True,
    )

    text = page.content.decode()
    assert "1 on the record: supports." in text
    assert f"{second.rfa.reference}: " in text
    assert Answer.objects.get(step=first).remarks == "Seen."
    assert Answer.objects.get(step=second).answer == "objects"


def test_the_page_chooses_nothing_for_the_reader(client):
    client.force_login(who("gender"))

    page = client.post("/inbox/together/", {"answer": "supports"}, follow=True)

    assert "Choose what to answer." in page.content.decode()
