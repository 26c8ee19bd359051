"""What never bends, refused by the database itself: raw SQL by the role that serves."""

import datetime as dt

import pytest
from django.db import DatabaseError, connection, transaction

from records.models import Task
from requests_app.models import AssistanceRequest
from tests.builders import (
    a_mission,
    a_started,
    a_submitted,
    an_approved,
    carried_to,
    give,
    open_step,
    qip_answers,
    security_answers,
    who,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _mission():
    a_mission()


def refused(sql: str, params: list[object]) -> str:
    """Run a statement past every rule in the code; return what the database says against it."""
    with pytest.raises(DatabaseError) as error:
        _stored(sql, params)
    return str(error.value)


@transaction.atomic
def _stored(sql: str, params: list[object]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def standing(rfa: AssistanceRequest, seat: str) -> tuple[int, str, str]:
    """The answer that stands at a seat, with what it grants and the role that gave it."""
    step = rfa.steps.get(seat=seat)
    return step.current_id, step.current_grants, step.role


START = """
    INSERT INTO records_task (
        rfa_id, route, started_on, agreement_reference, result, plan, place, partner,
        suspended, instalment_percents,
        approval_id, approval_grants, approval_role,
        capability_id, capability_grants, capability_role,
        tasking_id, tasking_grants, tasking_role
    ) VALUES (
        %s, %s, CURRENT_DATE, '', '', '', '', '', false, '{}',
        %s, %s, %s, %s, %s, %s, %s, %s, %s
    )
"""
NOTHING = (None, "", "")


def start(rfa, *, route=None, approval=NOTHING, capability=NOTHING, tasking=NOTHING) -> str:
    """Try to store a started task that rests on these answers."""
    return refused(START, [rfa.pk, route or rfa.route, *approval, *capability, *tasking])


def test_P30_no_started_task_without_an_approval():
    rfa = an_approved()

    told = start(rfa, capability=standing(rfa, "mission_support"), tasking=standing(rfa, "tasking"))

    assert "task_starts_on_the_answers_it_needs" in told


def test_P36_no_started_task_before_dms_has_answered():
    rfa = an_approved()

    told = start(rfa, approval=standing(rfa, "decision"), tasking=standing(rfa, "tasking"))

    assert "task_starts_on_the_answers_it_needs" in told


def test_P30_another_requests_approval_approves_nothing_here():
    rfa, other = an_approved(), an_approved()

    told = start(
        rfa,
        approval=standing(other, "decision"),
        capability=standing(rfa, "mission_support"),
        tasking=standing(rfa, "tasking"),
    )

    assert "task_rests_on_standing_approval" in told


def test_P30_a_review_does_not_pass_as_an_approval():
    rfa = an_approved()
    review, _, _ = standing(rfa, "cimic_review")

    told = start(
        rfa,
        approval=(review, "approval", "dsrsg"),
        capability=standing(rfa, "mission_support"),
        tasking=standing(rfa, "tasking"),
    )

    assert "task_rests_on_standing_approval" in told


def test_P39_a_humanitarian_escort_starts_on_the_designated_officials_approval_alone():
    rfa = an_approved(security_answers(), by="partner.ngo")
    civil = an_approved()

    without = start(rfa, tasking=standing(rfa, "tasking"))
    borrowed = start(rfa, approval=standing(civil, "decision"), tasking=standing(rfa, "tasking"))
    as_the_missions_own = start(rfa, route="security_mission", tasking=standing(rfa, "tasking"))

    assert "task_starts_on_the_answers_it_needs" in without
    assert "task_starts_on_the_answers_it_needs" in borrowed
    assert "task_is_of_its_requests_route" in as_the_missions_own


def test_P40_an_extreme_situation_has_no_task_to_start():
    rfa = an_approved()

    told = start(rfa, route="extreme_situation")

    assert "task_starts_on_the_answers_it_needs" in told


def test_P41_an_answer_that_a_started_task_rests_on_cannot_be_superseded():
    rfa = a_started()
    decision = rfa.steps.get(seat="decision")

    told = refused(
        "UPDATE approvals_step SET current_id = NULL, current_grants = '', state = 'waiting' "
        "WHERE id = %s",
        [decision.pk],
    )

    assert "task_rests_on_standing_approval" in told


def test_the_same_start_is_stored_when_every_answer_stands():
    rfa = an_approved(qip_answers(), by="partner.ngo")
    values = [
        rfa.pk,
        rfa.route,
        *standing(rfa, "decision"),
        *standing(rfa, "mission_support"),
        *NOTHING,
    ]

    with connection.cursor() as cursor:
        cursor.execute(START, values)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    assert Task.objects.get(rfa=rfa).started_on == dt.datetime.now(dt.UTC).date()


@pytest.mark.parametrize(
    ("column", "value"),
    [("role", "dsrsg"), ("seat_kind", "decision"), ("seat", "decision"), ("rfa_id", None)],
)
def test_what_a_step_is_the_serving_role_cannot_change(column, value):
    rfa = a_submitted()

    told = refused(
        f"UPDATE approvals_step SET {column} = %s WHERE rfa_id = %s",  # noqa: S608 - fixed names
        [value, rfa.pk],
    )

    assert "permission denied for table approvals_step" in told


ANSWER = """
    INSERT INTO approvals_answer (
        step_id, rfa_id, seat, seat_kind, role, answer, grants, remarks, conditions, details,
        revision, by_id, post_id, capacity, at
    ) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, '[]', '{}', 1, %s, %s, %s, now())
"""


def answered(step, *, by, kind=None, role=None, answer, grants="", remarks="", capacity="holder"):
    """Try to store an answer past every rule in the code."""
    return refused(
        ANSWER,
        [
            step.pk,
            step.rfa_id,
            step.seat,
            kind or step.seat_kind,
            role or step.role,
            answer,
            grants,
            remarks,
            who(by).pk,
            step.post_id,
            capacity,
        ],
    )


def test_an_answer_grants_only_what_its_seat_and_word_grant():
    step = open_step(a_submitted())

    assert "answer_grants_what_it_says" in answered(
        step, by="chief.cimic", answer="forward_recommended", grants="approval"
    )
    assert "answer_is_of_its_step" in answered(
        step, by="chief.cimic", kind="decision", role="dsrsg", answer="approve", grants="approval"
    )


def test_P41_a_refusal_has_its_reason():
    step = open_step(carried_to(a_submitted(), "awaiting_decision"))

    assert "refusal_has_its_reason" in answered(step, by="dsrsg", answer="not_approve")


def test_nobody_answers_two_seats_of_one_request():
    rfa = a_submitted()
    give(open_step(rfa))
    advice = rfa.steps.get(seat="gender_advice")

    assert "nobody_answers_two_seats_of_one_request" in answered(
        advice, by="chief.cimic", answer="supports"
    )


def test_a_step_is_answered_first_once():
    rfa = a_submitted()
    step = open_step(rfa)
    give(step)

    assert "step_is_answered_first_once" in answered(
        step, by="chief.cimic", answer="forward_recommended"
    )


def test_a_delegate_names_the_delegation():
    step = open_step(a_submitted())

    assert "delegate_names_the_delegation" in answered(
        step, by="chief.cimic", answer="forward_recommended", capacity="delegate"
    )


@pytest.mark.parametrize(
    "table",
    ["ledger_entry", "ledger_payload", "approvals_answer", "requests_app_revision"],
)
@pytest.mark.parametrize("statement", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {}"])
def test_history_is_only_added_to_by_the_role_that_serves(table, statement):
    a_started()
    column = "salt" if table == "ledger_payload" else "id"

    told = refused(statement.format(table, column, column), [])

    assert f"permission denied for table {table}" in told
