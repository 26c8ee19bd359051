"""Two at once, on PostgreSQL, each with a connection of its own: one wins, one is told."""

import datetime as dt
import threading
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import connections
from rest_framework.test import APIClient

from approvals import services as approvals
from approvals.models import Answer, Process
from common import clock
from common.errors import Forbidden, Malformed, NotNow, Refusal
from ledger.models import Entry
from ledger.verification import verify
from missions.models import Appointment, Post, User
from notices.models import Letter, Notice
from notices.services import sweep
from records import services as records
from records.complaints import log_complaint, remind_of_complaints
from records.models import Instalment, Task
from requests_app.models import AssistanceRequest
from requests_app.services import start_draft
from tests.builders import (
    a_mission,
    a_person,
    a_refused,
    a_submitted,
    an_approved,
    carried_to,
    give,
    in_days,
    open_step,
    qip_answers,
    who,
)
from tests.calling import Caller

pytestmark = pytest.mark.usefixtures("live")


@pytest.fixture(autouse=True)
def _mission(live):
    a_mission()


def at_once(*deeds: Callable[[], Any]) -> list[Any]:
    """Do the deeds in threads that set off together; give what each returned or raised."""
    gate = threading.Barrier(len(deeds))
    told: list[Any] = [None] * len(deeds)

    def run(number: int, deed: Callable[[], Any]) -> None:
        try:
            connections["default"].ensure_connection()
            gate.wait(10)
            told[number] = deed()
        except Exception as error:  # the test looks at whatever came
            told[number] = error
        finally:
            connections.close_all()

    threads = [
        threading.Thread(target=run, args=(number, deed)) for number, deed in enumerate(deeds)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return told


def refusals(told: list[Any]) -> list[type]:
    return [type(one) for one in told if isinstance(one, Exception)]


def test_two_officers_answer_one_step_at_once_one_wins_and_one_is_told():
    rfa = a_submitted()
    step = open_step(rfa)
    deputy = a_person("deputy.cimic", first_name="Ana", last_name="Reyes")
    Appointment.objects.create(
        post=Post.objects.get(code="chief.cimic"),
        person=deputy,
        capacity="officer_in_charge",
        from_on=in_days(-1),
    )
    chief = who("chief.cimic")

    told = at_once(
        lambda: give(step, by=chief), lambda: give(step, "return", by=deputy, remarks="Why?")
    )

    assert refusals(told) == [NotNow]
    assert Answer.objects.filter(step=step).count() == 1
    assert Entry.objects.filter(act="step.answered").count() == 1
    assert verify().holds


def test_an_answer_and_a_withdrawal_at_once_leave_one_story():
    rfa = a_submitted()
    step = open_step(rfa)

    told = at_once(
        lambda: give(step), lambda: approvals.withdraw(rfa=rfa, actor=who("sector.east"))
    )

    rfa.refresh_from_db()
    assert rfa.status == "withdrawn"
    assert set(refusals(told)) <= {NotNow}
    assert not rfa.steps.filter(state="open").exists()
    assert verify().holds


def test_many_drafts_at_once_get_references_of_their_own():
    def draft():
        return start_draft(actor=who("sector.east"), kind="civil_assistance", values={})

    told = at_once(*[draft] * 6)

    assert refusals(told) == []
    assert len({rfa.reference for rfa in told}) == 6


def test_one_identifier_from_two_devices_at_once_is_one_request():
    request_id = uuid4()

    def draft():
        return start_draft(
            actor=who("sector.east"), kind="civil_assistance", values={}, request_id=request_id
        )

    told = at_once(draft, draft, draft)

    assert refusals(told) == []
    assert {rfa.pk for rfa in told} == {request_id}
    assert AssistanceRequest.objects.count() == 1
    assert Entry.objects.filter(act="request.drafted").count() == 1


def test_two_starts_at_once_start_one_task():
    rfa = an_approved()

    def start():
        return records.start(rfa=rfa, actor=who("chief.cimic"))

    told = at_once(start, start)

    assert refusals(told) == [NotNow]
    assert Task.objects.filter(started_on__isnull=False).count() == 1


def test_a_start_and_a_supersession_at_once_never_both():
    for _ in range(3):
        rfa = an_approved()
        step = rfa.steps.get(seat="decision")
        dsrsg = who("dsrsg")

        told = at_once(
            lambda rfa=rfa: records.start(rfa=rfa, actor=who("chief.cimic")),
            lambda step=step, dsrsg=dsrsg: approvals.supersede(
                step=step, actor=dsrsg, word="not_approve", revision=1, remarks="The road is cut."
            ),
        )

        rfa.refresh_from_db()
        assert len(refusals(told)) == 1
        assert issubclass(refusals(told)[0], Refusal)
        started = Task.objects.filter(rfa=rfa, started_on__isnull=False).exists()
        assert (rfa.status, started) in {("in_progress", True), ("not_approved", False)}


def test_sweeps_at_once_tell_each_person_once():
    carried_to(a_submitted(), "in_consultation")
    owed = Entry.objects.count()

    told = at_once(sweep, sweep, sweep)
    sweep()

    assert refusals(told) == []
    notices = list(Notice.objects.values_list("entry", "person"))
    assert len(notices) == len(set(notices)) > 0
    assert owed == Entry.objects.count()
    assert not Letter.objects.filter(sent_at=None).exists()
    assert set(Letter.objects.values_list("attempts", flat=True)) == {1}


def test_one_key_from_three_lines_at_once_is_one_deed():
    authorization = Caller("sector.east").authorization
    headers = {"HTTP_AUTHORIZATION": authorization, "HTTP_IDEMPOTENCY_KEY": "same"}

    def send():
        answer = APIClient().post(
            "/api/v1/requests/", {"kind": "civil_assistance"}, format="json", **headers
        )
        return answer.status_code, answer.json()["reference"]

    told = at_once(send, send, send)

    assert refusals(told) == []
    assert {status for status, _ in told} == {201}
    assert len(set(told)) == 1
    assert AssistanceRequest.objects.count() == 1


def test_two_sweeps_at_once_remind_once():
    with clock.telling(clock.now() - dt.timedelta(hours=30)):
        rfa = a_submitted()

    told = at_once(*[approvals.remind_and_escalate] * 4)

    assert sorted(told) == [0, 0, 0, 1]
    assert Entry.objects.filter(chain=rfa.pk, act="step.reminded").count() == 1


def test_two_delegations_at_once_make_no_circle():
    def given(post: str, to: str) -> Callable[[], Any]:
        return lambda: approvals.delegate(
            actor=who(post),
            post=Post.objects.get(code=post),
            delegate=who(to),
            from_on=in_days(0),
            until_on=in_days(9),
        )

    told = at_once(given("dsrsg", "ops"), given("ops", "dsrsg"))

    assert refusals(told) == [Malformed]


def a_process_to_sign() -> Process:
    return approvals.draft_process(actor=who("chief.cimic"), route="civil_assistance")


def test_P31_two_co_signatures_of_one_post_at_once_are_one():
    process = a_process_to_sign()
    deputy = a_person("deputy.homc")
    Appointment.objects.create(
        post=Post.objects.get(code="homc"),
        person=deputy,
        capacity="officer_in_charge",
        from_on=in_days(-1),
    )

    def signed(person: User) -> Callable[[], Any]:
        return lambda: approvals.co_sign_process(
            process=process, actor=person, digest=process.digest
        )

    told = at_once(signed(who("homc")), signed(deputy), signed(who("dsrsg")))

    assert refusals(told) == [NotNow]
    assert process.signatures.count() == 2
    assert verify().holds


def test_P31_two_promulgations_at_once_are_one():
    process = a_process_to_sign()
    for account in ("dsrsg", "homc"):
        approvals.co_sign_process(process=process, actor=who(account), digest=process.digest)

    told = at_once(*[lambda: approvals.promulgate_process(process=process, actor=who("srsg"))] * 4)

    assert refusals(told) == [NotNow] * 3
    assert Entry.objects.filter(act="process.promulgated").count() == 1
    assert verify().holds


def test_a_delegation_ended_and_used_at_once_leaves_no_answer_after_its_end():
    given = approvals.delegate(
        actor=who("chief.cimic"),
        post=Post.objects.get(code="chief.cimic"),
        delegate=who("cimic.staff"),
        from_on=in_days(0),
        until_on=in_days(3),
    )
    step = open_step(a_submitted())
    delegate, chief = who("cimic.staff"), who("chief.cimic")

    told = at_once(
        lambda: give(step, by=delegate),
        lambda: approvals.end_delegation(actor=chief, delegation=given),
    )

    answers = list(Answer.objects.filter(step=step))
    assert refusals(told) in ([], [Forbidden])
    assert bool(answers) == (refusals(told) == [])
    given.refresh_from_db()
    assert all(answer.at <= given.ended_at for answer in answers)


def test_sweeps_at_once_remind_once_of_a_referral_and_of_a_complaint():
    long_ago = clock.now() - dt.timedelta(days=30)
    with clock.telling(long_ago):
        rfa = a_submitted()
        approvals.refer(rfa=rfa, actor=who("cmcoord"), matter="We cannot agree.")
        complaint = log_complaint(actor=who("unit.east"), values={"matter": "A broken wall."})

    at_once(*[approvals.remind_and_escalate, remind_of_complaints] * 3)

    assert Entry.objects.filter(chain=rfa.pk, act="referral.reminded").count() == 1
    assert Entry.objects.filter(chain=complaint.pk, act="complaint.reminded").count() == 1
    assert verify().holds


def test_P16_two_payments_at_once_never_exceed_what_was_approved_together():
    rfa = an_approved(qip_answers())
    manager = who("qip.manager")
    records.start(rfa=rfa, actor=manager)
    records.plan(rfa=rfa, actor=manager, values={"agreement_signed_on": in_days(0)})
    records.record_visit(
        rfa=rfa, actor=who("chief.cimic"), visited_on=in_days(0), findings="Walls up."
    )

    def pays() -> Any:
        return records.pay_instalment(
            rfa=rfa, actor=who("qip.manager"), amount=Decimal(5000), paid_on=in_days(0)
        )

    told = at_once(pays, pays)

    assert sorted(type(one).__name__ for one in told) == ["Instalment", "Malformed"]
    assert Instalment.objects.get(task__rfa=rfa).amount == 5000


def test_P68_of_two_who_answer_a_change_at_once_one_is_told():
    rfa = an_approved()
    records.start(rfa=rfa, actor=who("unit.east"))
    records.declare(rfa=rfa, actor=who("unit.east"), sorts=["place"], what="The ford is out.")

    def answers(username: str) -> Callable[[], Any]:
        return lambda: records.answer_change(
            rfa=rfa, actor=who(username), answer="within_approval", number=1
        )

    told = at_once(answers("chief.cimic"), answers("cimic.staff"))

    assert sorted(type(one).__name__ for one in told) == ["ChangeAnswer", "NotNow"]


def test_P41_two_sweeps_at_once_remind_of_a_follow_up_once():
    with clock.telling(clock.now() - dt.timedelta(days=20)):
        rfa = a_refused()
    told = at_once(records.remind_of_follow_ups, records.remind_of_follow_ups)
    assert sum(told) == 1
    assert rfa.follow_up_reminders.count() == 1
