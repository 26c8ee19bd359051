"""What never bends, over a record: one that complied, one exception."""

from dataclasses import replace

import pytest

from approvals import services as approvals
from missions.models import (
    Post,
)
from records import services as records
from requests_app.models import AssistanceRequest
from tests.builders import (
    a_mission,
    a_refused,
    a_started,
    a_submitted,
    an_approved,
    security_answers,
    who,
)
from tests.weighing import act, an_answer, found, outcome, whole, with_answers

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def mission():
    return a_mission()


def test_N1_a_started_task_rests_on_a_competent_approval():
    rfa = a_started()
    assert outcome(rfa, "N1") == "complied"
    assert outcome(an_approved(), "N1") == "pending"
    security = a_started(security_answers(), by="partner.ngo")
    assert outcome(security, "N1") == "complied"

    record, guarded = whole(rfa), whole(security)
    record.task.approval_id = None
    guarded.task.tasking_id = None

    assert found(record, "N1").words == "The task started without a competent approval."
    assert found(guarded, "N1").words == "The task started before the force was tasked."


def test_N2_a_started_task_rests_on_an_answer_of_dms():
    rfa = a_started()
    assert outcome(rfa, "N2") == "complied"

    record = whole(rfa)
    record.task.capability_id = None

    assert act(record, found(record, "N2").entry) == "task.started"


def test_N3_a_refusal_has_a_reason_and_an_answer_says_what_the_ledger_says():
    rfa = a_refused()
    assert outcome(rfa, "N3") == "complied"

    record = whole(rfa)
    silent = an_answer(record, "decision", remarks="")
    edited = an_answer(record, "decision", remarks="Another reason.")
    gone = with_answers(record, record.answers[:-1])

    assert found(silent, "N3").words == "A refusal was given without its reason."
    assert found(edited, "N3").words == "An answer differs from what the ledger recorded of it."
    assert found(gone, "N3").words == "An answer that the ledger recorded is gone."


def test_N3_an_answer_superseded_after_the_start_is_an_exception():
    rfa = an_approved()
    approvals.supersede(
        step=rfa.steps.get(seat="mission_support"),
        actor=who("dms"),
        word="resourceable_with_conditions",
        revision=1,
        conditions=["Fuel from the mission's stock."],
    )
    records.start(rfa=AssistanceRequest.objects.get(pk=rfa.pk), actor=who("chief.cimic"))
    assert outcome(rfa, "N3") == "complied"

    record = whole(rfa)
    start = record.started
    late = record.last("step.superseded")
    start.number, late.number = late.number, start.number
    record._read.clear()

    assert found(record, "N3").words == "An answer was superseded after the task had started."


def test_N4_an_entry_that_was_changed_or_left_out_is_an_exception():
    rfa = an_approved()
    assert outcome(rfa, "N4") == "complied"

    record = whole(rfa)
    shorter = replace(record, entries=[*record.entries[:2], *record.entries[3:]])
    assert (found(shorter, "N4").entry, found(shorter, "N4").words) == (
        3,
        "The history does not hold: entry 3 is missing.",
    )
    record.entries[1].actor_name = "Somebody else"

    assert found(record, "N4").entry == 2


def test_N5_nobody_answers_what_they_asked_for_nor_twice():
    rfa = an_approved()
    assert outcome(rfa, "N5") == "complied"

    own = an_answer(whole(rfa), "decision", by_id=who("sector.east").pk)
    twice = an_answer(whole(rfa), "decision", by_id=who("dms").pk)

    assert found(own, "N5").words == "Whoever asked for it answered on it."
    assert found(twice, "N5").words == "One person answered in two seats."


def test_N6_the_force_has_no_part_before_the_decision():
    rfa = a_submitted(security_answers(), by="partner.ngo")
    assert outcome(rfa, "N6") == "pending"
    assert outcome(an_approved(security_answers(), by="partner.un"), "N6") == "complied"
    assert found(a_submitted(), "N6") is None

    record, shown = whole(rfa), whole(rfa)
    record.entries[1].post = Post.objects.get(code="ops")
    shown.rfa.hidden_from_force = False

    assert found(record, "N6").entry == 2
    assert found(shown, "N6").words == "It is not hidden from the force."


def test_N7_a_decision_names_who_gave_it_in_which_post_and_capacity():
    rfa = an_approved()
    assert outcome(rfa, "N7") == "complied"

    nobody = an_answer(whole(rfa), "decision", by_id=who("dms").pk)
    unnamed = an_answer(whole(rfa), "decision", capacity="delegate")

    assert found(nobody, "N7").outcome == "exception"
    assert found(unnamed, "N7").outcome == "exception"
