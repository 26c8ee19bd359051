"""A closed record stays as it is; a dated correction stands beside it (P41)."""

import json

import pytest
from django.db import DatabaseError, transaction
from django.utils import translation

from common.errors import Forbidden, Incomplete, Malformed, NotNow, Refusal
from ledger.models import Entry
from ledger.verification import verify
from records import policy
from records import services as records
from records.archive.record import record_as_kept
from records.models import Correction
from requests_app.models import AssistanceRequest
from tests.builders import (
    a_mission,
    a_refused,
    a_started,
    civil_answers,
    in_days,
    qip_answers,
    who,
)
from tests.calling import Caller

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _mission():
    a_mission()


def again(rfa) -> AssistanceRequest:
    return AssistanceRequest.objects.get(pk=rfa.pk)


def a_closed(answers=None, **more) -> AssistanceRequest:
    rfa = a_started(answers, **more)
    records.report_progress(rfa=rfa, actor=who("chief.cimic"), text="Half", percent=50)
    records.complete(
        rfa=again(rfa), actor=who("chief.cimic"), result="96,000 litres", people={"women": 120}
    )
    records.close(rfa=again(rfa), actor=who("chief.cimic"))
    return again(rfa)


def correct(
    rfa, field="task.women", right="112", why="The register of the ward.", by="cimic.staff"
):
    return records.correct(rfa=rfa, actor=who(by), field=field, right=right, why=why)


def test_P41_a_correction_says_what_it_says_what_is_right_why_and_by_whom():
    rfa = a_closed()
    correct(rfa)

    told = Caller("chief.cimic").read(f"requests/{rfa.reference}/")
    row = told["corrections"][0]
    assert (row["field"], row["says"], row["right"]) == ("task.women", "120", "112")
    assert (row["by"], row["post"]) == (who("cimic.staff").name, "UN-CIMIC staff officer")
    assert told["task"]["women"] == 120
    assert told["status"] == "closed"
    assert not verify().breaks


def test_P41_corrections_leave_with_the_archive_and_the_registers_json():
    rfa = a_closed()
    correct(rfa)

    kept = record_as_kept(again(rfa))

    assert [row["right"] for row in kept["corrections"]] == ["112"]
    assert kept["task"]["women"] == 120


def test_P41_only_un_cimic_corrects_and_only_what_is_closed():
    rfa = a_closed()
    for username in ("unit.east", "sector.west", "dsrsg", "records.officer", "partner.un"):
        with pytest.raises(Forbidden):
            correct(rfa, by=username)
    with pytest.raises(NotNow, match="closed"):
        correct(a_started())
    assert not Correction.objects.exists()


def test_P41_a_correction_names_what_the_record_holds():
    rfa = a_closed()
    with pytest.raises(Malformed):
        correct(rfa, field="task.weather")
    with pytest.raises(Incomplete) as refused:
        correct(rfa, right=" ", why="")
    assert {error.field for error in refused.value.errors} == {"right", "why"}
    for field in ("description", "task.result", "progress.1"):
        correct(again(rfa), field=field, right="Otherwise")
    assert [row.says for row in Correction.objects.all()][1:] == ["96,000 litres", "Half"]


def test_P41_what_became_of_a_refused_need_is_corrected_beside_it():
    rfa = a_refused()
    records.record_delivery(rfa=rfa, actor=who("chief.cimic"), delivered=False, source="A visit")
    with translation.override("fr"):  # what is kept is in no reader's language
        correct(again(rfa), field="follow_up.delivered", right="Yes, by WFP on 3 June")
    told = Caller("chief.cimic").read(f"requests/{rfa.reference}/")["corrections"]
    assert told[0]["says"] == "No"


def test_P41_a_correction_is_never_changed_even_by_the_owner_of_the_database():
    rfa = a_closed()
    correct(rfa)
    with pytest.raises(DatabaseError), transaction.atomic():
        Correction.objects.update(right="0")
    with pytest.raises(DatabaseError), transaction.atomic():
        Correction.objects.all().delete()


def test_P41_nothing_else_is_written_on_a_closed_record():
    rfa = a_closed(qip_answers(), by="sector.east")
    chief, today = who("chief.cimic"), in_days(0)
    before = Entry.objects.filter(chain=rfa.pk).count()
    said = {"text": "x", "what": "x", "reason": "x"}
    for act, body in {
        "task": {"planned_end": str(today)},
        "start": {},
        "progress": said,
        "complete": {},
        "visits": {"visited_on": str(today), "findings": "x"},
        "instalments": {"amount": "1", "paid_on": str(today)},
        "drift": {**said, "changed": ["place"]},
        "changes/answer": {"answer": "within_approval"},
        "amendments": {"reason": "x", "new_cost": "10000"},
        "closing-report": {"received_on": str(today), "text": "x", "spent": "1"},
        "refunds": {"amount": "1", "received_on": str(today)},
        "incidents": {"happened_on": str(today), "what": "x", "action_taken": "x"},
        "hand-back": {
            "line": 1,
            "quantity": 1,
            "returned_on": str(today),
            "condition": "good",
        },
        "follow-up-notes": {"text": "x"},
        "delivered-by-others": {"delivered": False, "source": "x"},
        "messages": {"text": "x"},
        "referrals": {"matter": "x"},
        "cancel": {"reason": "x"},
        "withdraw": {},
    }.items():
        given = Caller("chief.cimic").post(
            f"/api/v1/requests/{rfa.reference}/{act}/", body, format="json"
        )
        assert given.status_code in {403, 409}, (act, given.content)
    assert Entry.objects.filter(chain=rfa.pk).count() == before
    assert policy.allowed(chief, again(rfa)) == ["correction"]


def test_R22_a_correction_of_who_asks_is_kept_from_who_may_not_know():
    rfa = a_closed(civil_answers(low_profile=True, on_behalf_of="A women's committee"))
    correct(rfa, field="on_behalf_of", right="The committee of Tereni")

    for username, knows in (("chief.cimic", True), ("evaluator", False)):
        caller = Caller(username)
        told = caller.read(f"requests/{rfa.reference}/")
        history = caller.read(f"requests/{rfa.reference}/history/?page_size=200")
        assert bool(told["corrections"]) is knows
        assert ("committee of Tereni" in json.dumps(history)) is knows


def test_two_corrections_of_one_thing_both_stand_and_the_later_is_last():
    rfa = a_closed()
    correct(rfa, right="112")
    correct(again(rfa), right="113", by="chief.cimic")
    assert [row.right for row in again(rfa).corrections.all()] == ["112", "113"]
    with pytest.raises(Refusal):
        correct(again(rfa), right="")
