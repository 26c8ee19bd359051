"""What is done on a task: units, drift, money, runs, hand-back (P36, P38, P41, P68)."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.utils import translation

from approvals import services as approvals
from approvals.queries import visible_to
from common.clock import now
from common.errors import Forbidden, Incomplete, Malformed, NotNow
from common.kept import read_aloud
from ledger.models import Entry
from missions.models import Mission, Post, Unit
from notices import services as notices
from notices.models import Notice
from records import services as records
from records.compliance.loading import load
from records.compliance.rows import findings_of
from records.handover import handover_of
from records.models import Instalment, Task, TaskChange, Visit
from records.queries import money_of
from requests_app.models import AssistanceRequest
from tests.builders import (
    a_mission,
    a_started,
    a_submitted,
    an_approved,
    carried_to,
    civil_answers,
    give,
    in_days,
    qip_answers,
    security_answers,
    who,
)
from tests.calling import Caller
from tests.test_messages import PNG

pytestmark = pytest.mark.django_db
TODAY = in_days(0)


@pytest.fixture(autouse=True)
def mission():
    return a_mission()


def again(rfa) -> AssistanceRequest:
    return AssistanceRequest.objects.get(pk=rfa.pk)


def acts(rfa) -> list[str]:
    return list(Entry.objects.filter(chain=rfa.pk).order_by("number").values_list("act", flat=True))


def drift(rfa, by: str = "unit.east", sorts=("place",), **more: Any) -> TaskChange:
    return records.declare(
        rfa=again(rfa), actor=who(by), sorts=sorts, what="The ford is under water.", **more
    )


def answer(rfa, by: str, word: str, remarks: str = "Seen."):
    return records.answer_change(rfa=again(rfa), actor=who(by), answer=word, remarks=remarks)


def a_project(**changes: Any) -> AssistanceRequest:
    """A project under way, its agreement signed."""
    rfa = a_started(qip_answers(**changes))
    records.plan(
        rfa=rfa,
        actor=who("qip.manager"),
        values={"agreement_signed_on": TODAY, "agreement_reference": "MoU 12"},
    )
    return again(rfa)


def pay(rfa, amount: str, **more: Any) -> Instalment:
    return records.pay_instalment(
        rfa=again(rfa),
        actor=who("qip.manager"),
        amount=Decimal(amount),
        paid_on=TODAY,
        **more,
    )


def visit(rfa, **more: Any) -> Visit:
    return records.record_visit(
        rfa=again(rfa), actor=who("chief.cimic"), visited_on=TODAY, findings="Walls up.", **more
    )


# Units


def test_a_further_unit_sees_the_record_and_reports_on_it():
    rfa = a_started(by="sector.east")
    unit = Unit.objects.get(code="west-bn")
    assert not visible_to(who("unit.west")).filter(pk=rfa.pk).exists()

    records.add_unit(rfa=rfa, actor=who("ops"), unit=unit, work="Two tankers and their drivers")

    assert visible_to(who("unit.west")).filter(pk=rfa.pk).exists()
    records.report_progress(rfa=again(rfa), actor=who("unit.west"), text="6,000 litres")
    found = Caller("chief.cimic").read(f"requests/{rfa.reference}/")["task"]
    assert [row["unit"] for row in found["units"]] == ["west-bn"]
    notices.sweep()
    told = Notice.objects.filter(person=who("unit.west"), entry__chain=rfa.pk)
    assert "West Bn" in told.get().text


def test_a_unit_joins_once_and_is_put_to_work_by_operations_or_un_cimic():
    rfa = a_started()
    west = Unit.objects.get(code="west-bn")
    with pytest.raises(Forbidden):
        records.add_unit(rfa=rfa, actor=who("unit.east"), unit=west, work="Trucks")
    with pytest.raises(Malformed, match="already"):
        records.add_unit(rfa=rfa, actor=who("ops"), unit=rfa.tasked_unit, work="Trucks")
    with pytest.raises(Incomplete):
        records.add_unit(rfa=rfa, actor=who("ops"), unit=west, work=" ")
    records.add_unit(rfa=rfa, actor=who("ops"), unit=west, work="Trucks")
    with pytest.raises(Malformed, match="already"):
        records.add_unit(rfa=again(rfa), actor=who("ops"), unit=west, work="Trucks")


# Drift (P68)


def test_P68_a_drift_suspends_the_task_until_un_cimic_has_answered():
    rfa = a_started()
    drift(rfa, new_place="Tereni, north bank")

    task = again(rfa).task
    assert (task.suspended, task.place) == (True, "")
    for deed in (
        lambda: records.report_progress(rfa=rfa, actor=who("unit.east"), text="On the way"),
        lambda: records.complete(rfa=rfa, actor=who("unit.east"), result="Done"),
        lambda: drift(rfa),
    ):
        with pytest.raises(NotNow) as refused:
            deed()
        assert refused.value.paragraph == "68"
    visit(rfa)  # what is seen is told all the same

    answer(rfa, "chief.cimic", "within_approval")

    task = again(rfa).task
    assert (task.suspended, task.open_change, task.place) == (False, None, "Tereni, north bank")
    records.report_progress(rfa=rfa, actor=who("unit.east"), text="On the way")


def test_P68_what_changes_what_was_approved_goes_on_to_whoever_approved_it():
    rfa = a_started()
    drift(rfa, sorts=["scope"])
    with pytest.raises(Malformed, match="changes what was approved"):
        answer(rfa, "chief.cimic", "within_approval")
    with pytest.raises(Forbidden):
        answer(rfa, "dsrsg", "approved")

    answer(rfa, "chief.cimic", "changes_approval")
    assert again(rfa).task.suspended
    with pytest.raises(NotNow, match="waits on"):
        records.report_progress(rfa=rfa, actor=who("unit.east"), text="On the way")
    with pytest.raises(Forbidden):
        answer(rfa, "chief.cimic", "approved")
    answer(rfa, "dsrsg", "approved")

    assert not again(rfa).task.suspended
    found = Caller("chief.cimic").read(f"requests/{rfa.reference}/")["task"]["changes"][0]
    assert [given["answer"] for given in found["answers"]] == ["changes_approval", "approved"]
    assert (found["waits_for"], found["accepted"]) == (None, True)


def test_P68_what_is_not_accepted_goes_on_as_it_was_approved_and_says_why():
    rfa = a_started()
    drift(rfa, sorts=["place"], new_place="Elsewhere")
    with pytest.raises(Incomplete):
        answer(rfa, "chief.cimic", "not_accepted", remarks="")
    answer(rfa, "chief.cimic", "not_accepted", remarks="The ward stays where it is.")

    task = again(rfa).task
    assert (task.suspended, task.place) == (False, "")


def test_P68_whoever_declares_a_change_does_not_answer_it():
    rfa = a_started()
    drift(rfa, by="chief.cimic")
    with pytest.raises(Forbidden, match="declares"):
        answer(rfa, "chief.cimic", "within_approval")
    with pytest.raises(Forbidden):
        answer(rfa, "sector.east", "within_approval")
    answer(rfa, "cimic.staff", "within_approval")


def test_P68_another_unit_takes_over_only_once_the_change_is_answered():
    rfa = a_started()
    drift(rfa, sorts=["actor"], new_unit=Unit.objects.get(code="west-bn"))
    assert again(rfa).tasked_unit.code == "east-bn"
    with translation.override("fr"):
        answer(rfa, "chief.cimic", "within_approval")

    found = again(rfa)
    assert found.tasked_unit.code == "west-bn"
    kept = found.units_at_work.get().work
    with translation.override("fr"):
        told = read_aloud(kept)
    assert (kept, told) == (
        "Carried the task out until change 1",
        "A exécuté la tâche jusqu'au changement 1",
    )
    assert found.task.unit.code == "west-bn"
    records.report_progress(rfa=found, actor=who("unit.west"), text="Taken over")
    records.report_progress(rfa=found, actor=who("unit.east"), text="Handed over")


def test_P68_progress_that_says_the_place_changed_suspends_with_the_same_deed():
    rfa = a_started()
    Caller("unit.east").tell(
        f"requests/{rfa.reference}/progress/",
        {"text": "Now at the north bank", "changed": ["place"]},
        expect=201,
    )

    assert again(rfa).task.suspended
    assert acts(rfa)[-2:] == ["task.progress", "task.change_declared"]


def test_P68_nothing_starts_while_a_change_waits():
    rfa = an_approved()
    drift(rfa, by="chief.cimic")
    with pytest.raises(NotNow, match="suspended"):
        records.start(rfa=rfa, actor=who("unit.east"))
    answer(rfa, "cimic.staff", "within_approval")
    records.start(rfa=rfa, actor=who("unit.east"))


def test_P68_who_must_answer_is_told_and_who_declared_it_hears_the_end():
    rfa = a_started()
    drift(rfa)
    answer(rfa, "chief.cimic", "changes_approval")
    answer(rfa, "dsrsg", "not_approved", remarks="Not this year.")
    notices.sweep()

    told = {
        (notice.person.username, notice.sort)
        for notice in Notice.objects.filter(entry__chain=rfa.pk, sort__startswith="change")
    }
    assert ("chief.cimic", "change_waits") in told
    assert ("dsrsg", "change_waits") in told
    assert ("unit.east", "change_answered") in told


def test_P49_a_change_stands_on_the_handover_page_of_the_post_it_waits_on():
    rfa = a_started()

    def waits() -> set[str]:
        return {
            code
            for code in ("chief.cimic", "cimic.staff", "dsrsg", "ops", "sector.east")
            if handover_of(who(code), Post.objects.get(code=code)).changing.rows
        }

    assert waits() == set()
    drift(rfa)
    assert waits() == {"chief.cimic", "cimic.staff"}
    answer(rfa, "chief.cimic", "changes_approval")
    assert waits() == {"dsrsg"}
    answer(rfa, "dsrsg", "approved")
    assert waits() == set()


def test_P68_a_change_of_a_security_task_waits_on_the_designated_official():
    rfa = a_started(security_answers(), by="partner.ngo")
    drift(rfa, sorts=["scope"])
    answer(rfa, "chief.cimic", "changes_approval")
    with pytest.raises(Forbidden):
        answer(rfa, "dsrsg", "approved")
    answer(rfa, "designated.official", "approved")


def test_P68_the_database_holds_a_suspended_task_and_separate_answers():
    rfa = a_started()
    change = drift(rfa)
    with pytest.raises(IntegrityError), transaction.atomic():
        Task.objects.filter(rfa=rfa).update(completed_on=TODAY)
    with pytest.raises(IntegrityError), transaction.atomic():
        change.answers.create(
            declared_by=change.by,
            stage="coordination",
            word="within_approval",
            by=change.by,
            post=Post.objects.get(code="unit.east"),
            capacity="holder",
            at=now(),
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        change.answers.create(
            declared_by=change.by,
            stage="coordination",
            word="approved",
            by=who("chief.cimic"),
            post=Post.objects.get(code="chief.cimic"),
            capacity="holder",
            at=now(),
        )


def test_P68_compliance_says_when_a_task_went_on_while_its_change_waited():
    rfa = a_started()
    records.report_progress(rfa=rfa, actor=who("unit.east"), text="Begun")
    drift(rfa)
    answer(rfa, "chief.cimic", "within_approval")
    records.report_progress(rfa=again(rfa), actor=who("unit.east"), text="More")
    record = load([rfa.pk])[0]
    assert findings_of(record)["P68"].outcome.value == "pending"

    skipped = [entry for entry in record.entries if entry.act != "task.change_answered"]
    found = findings_of(replace(record, entries=skipped))["P68"]

    assert found.words == "The task went on while what changed in it waited to be answered."


# Money of a QIP


def test_nothing_is_paid_before_the_agreement_is_signed_nor_dated_before_it():
    rfa = a_started(qip_answers())
    with pytest.raises(NotNow, match="agreement"):
        pay(rfa, "100")
    records.plan(rfa=rfa, actor=who("qip.manager"), values={"agreement_signed_on": TODAY})
    with pytest.raises(NotNow, match="nothing is paid before"):
        records.pay_instalment(
            rfa=again(rfa), actor=who("qip.manager"), amount=Decimal(1), paid_on=in_days(-1)
        )
    pay(rfa, "100")
    with pytest.raises(Malformed):
        records.plan(
            rfa=again(rfa),
            actor=who("qip.manager"),
            values={"agreement_signed_on": in_days(-3)},
        )


def test_the_missions_own_percentages_part_the_money_and_stay_those_of_the_agreement(mission):
    Mission.objects.filter(pk=mission.pk).update(instalment_percents=[50, 45, 5])
    rfa = a_project()
    Mission.objects.filter(pk=mission.pk).update(instalment_percents=[80, 20])

    parts = money_of(again(rfa), again(rfa).task).parts

    assert [(part.percent, part.amount) for part in parts] == [
        (50, Decimal("3700.00")),
        (45, Decimal("3330.00")),
        (5, Decimal("370.00")),
    ]
    with pytest.raises(IntegrityError), transaction.atomic():
        Mission.objects.filter(pk=mission.pk).update(instalment_percents=[80, 30])


def test_no_last_payment_before_a_visit_whatever_it_is_called():
    rfa = a_project()
    with pytest.raises(NotNow, match="waits for a visit"):
        pay(rfa, "5921")
    pay(rfa, "5920")
    with pytest.raises(NotNow, match="waits for a visit"):
        pay(rfa, "1480", is_last=True)
    with pytest.raises(NotNow, match="waits for a visit"):
        pay(rfa, "1480")
    seen = visit(rfa)

    assert pay(rfa, "1480").visit == seen
    assert Instalment.objects.get(number=2).is_last


def _pay_at_once(row: dict[str, Any]) -> None:
    Instalment.objects.create(**row)
    transaction.get_connection().check_constraints()


def test_the_database_refuses_a_last_payment_without_a_visit_or_with_another_tasks():
    rfa, other = a_project(), a_project()
    seen = visit(other)
    row: dict[str, Any] = {
        "task": rfa.task,
        "number": 1,
        "amount": 10,
        "paid_on": TODAY,
        "is_last": True,
        "by": who("qip.manager"),
        "at": now(),
    }
    for more in ({}, {"visit": seen}):
        with pytest.raises(IntegrityError), transaction.atomic():
            _pay_at_once(row | more)


def test_the_mission_pays_its_share_without_what_others_contribute():
    rfa = a_project(other_contributions="1400")
    known = money_of(rfa, rfa.task)
    assert (known.share, known.parts[0].amount) == (Decimal("6000.00"), Decimal("4800.00"))
    visit(rfa)
    with pytest.raises(Malformed, match="exceed"):
        pay(rfa, "6000.01")
    pay(rfa, "6000")


def test_an_amendment_holds_once_whoever_approved_the_project_has_approved_it():
    rfa = a_project()
    visit(rfa)
    records.amend(
        rfa=again(rfa),
        actor=who("qip.manager"),
        reason="Cement rose by a third.",
        new_cost=Decimal(9000),
        new_end=in_days(100),
    )
    assert not again(rfa).task.suspended
    with pytest.raises(Malformed, match="exceed"):
        pay(rfa, "8000")
    with pytest.raises(Forbidden):
        answer(rfa, "chief.cimic", "approved")
    answer(rfa, "dsrsg", "approved")

    found = again(rfa)
    assert (found.task.approved_cost, found.task.planned_end) == (Decimal(9000), in_days(100))
    pay(rfa, "8000")


def test_above_the_ceiling_an_amendment_needs_a_reason_kept_with_who_approved_it(mission):
    rfa = a_project()
    with pytest.raises(Incomplete, match="ceiling"):
        records.amend(rfa=rfa, actor=who("qip.manager"), reason="Roof too", new_cost=Decimal(60000))
    records.amend(
        rfa=rfa,
        actor=who("qip.manager"),
        reason="Roof too",
        new_cost=Decimal(60000),
        exception_reason="The storm took it.",
    )
    answer(rfa, "dsrsg", "approved")

    told = Caller("qip.manager").read(f"requests/{rfa.reference}/")["task"]["project"]
    assert told["ceiling_exception"]["reason"] == "The storm took it."
    assert told["ceiling_exception"]["by"] == who("dsrsg").name


def test_a_project_asked_above_the_ceiling_names_who_approved_the_exception(mission):
    Mission.objects.update(qip_ceiling=7000)
    rfa = a_project(ceiling_exception_reason="The only school of the district.")
    told = Caller("qip.manager").read(f"requests/{rfa.reference}/")["task"]["project"]
    assert told["ceiling_exception"]["by"] == who("dsrsg").name


def test_what_was_paid_and_not_spent_is_due_and_holds_the_closing_until_it_comes_back():
    rfa = a_project()
    visit(rfa)
    pay(rfa, "7400", is_last=True)
    manager = who("qip.manager")
    with pytest.raises(NotNow, match="closing report"):
        records.receive_refund(rfa=rfa, actor=manager, amount=Decimal(1), received_on=TODAY)
    records.report_closing(
        rfa=again(rfa),
        actor=manager,
        received_on=TODAY,
        text="Six latrines; receipts on file.",
        spent=Decimal("7150.50"),
    )
    records.complete(rfa=again(rfa), actor=manager, result="Handed over")
    with pytest.raises(Incomplete, match="refund"):
        records.close(rfa=again(rfa), actor=who("chief.cimic"))
    with pytest.raises(Malformed, match="249"):
        records.receive_refund(
            rfa=again(rfa), actor=manager, amount=Decimal(250), received_on=TODAY
        )
    records.receive_refund(
        rfa=again(rfa), actor=manager, amount=Decimal("249.50"), received_on=TODAY
    )

    assert records.close(rfa=again(rfa), actor=who("chief.cimic")).status == "closed"


# Visits with photos


def test_photos_are_bound_to_the_visit_they_were_taken_on():
    rfa = a_started()
    seen = visit(rfa, uploads=[SimpleUploadedFile("wall.png", PNG)])
    beside = approvals.attach(
        rfa=rfa, actor=who("chief.cimic"), upload=SimpleUploadedFile("door.png", PNG)
    )
    told = Caller("chief.cimic").tell(
        f"requests/{rfa.reference}/visits/",
        {"visited_on": str(TODAY), "findings": "Doors hang.", "photos": [str(beside.pk)]},
        expect=201,
    )
    assert [len(one["photos"]) for one in told["task"]["visits"]] == [1, 1]
    assert seen.photos.get().file.name == "wall.png"
    with pytest.raises(Malformed, match="no other visit"):
        visit(rfa, photos=[beside.pk])
    with pytest.raises(Malformed, match="picture"):
        visit(rfa, uploads=[SimpleUploadedFile("note.txt", b"Walls up.")])
    assert Visit.objects.count() == 2


# Escorts


def test_P41_an_escorts_runs_and_incidents_are_on_record():
    rfa = a_started(security_answers(), by="partner.ngo")
    unit = Caller("unit.east")
    run = {
        "ran_on": str(TODAY),
        "origin": "Galasi",
        "destination": "Leppko",
        "vehicles": 4,
        "outcome": "turned_back",
    }
    assert unit.tell(f"requests/{rfa.reference}/runs/", run, expect=422)["paragraph"] == "41"
    unit.tell(f"requests/{rfa.reference}/runs/", {**run, "remarks": "Bridge out"}, expect=201)
    told = unit.tell(
        f"requests/{rfa.reference}/incidents/",
        {
            "happened_on": str(TODAY),
            "what": "Shots heard",
            "action_taken": "Turned back, reported to UNDSS",
            "run": 1,
        },
        expect=201,
    )
    assert told["task"]["runs"][0]["outcome"] == "turned_back"
    assert told["task"]["incidents"][0]["run"] == 1
    wrong = {"happened_on": str(TODAY), "what": "x", "action_taken": "y", "run": 7}
    unit.tell(f"requests/{rfa.reference}/incidents/", wrong, expect=400)
    other = a_started()
    Caller("chief.cimic").tell(f"requests/{other.reference}/runs/", run, expect=409)


# Hand-back of assets (P38)


def a_loan() -> AssistanceRequest:
    """Two generators lent to a hospital, approved and tasked."""
    rfa = a_submitted(
        civil_answers(
            category="equipment_loan",
            assets=[{"asset": "Generator 20 kVA", "quantity": 2}],
            pick_up="Galasi depot",
            drop_off="Tereni hospital",
            receiving_contact="The hospital's engineer",
            hand_back_plan="The section fetches them when the grid is back.",
            ends_on=in_days(20).isoformat(),
        )
    )
    rfa = carried_to(rfa, "in_consultation")
    yes = {"appropriate": True, "resourceable": True}
    give(rfa.steps.get(seat_kind="capability"), "resourceable", details=yes)
    rfa = carried_to(rfa, "approved")
    give(rfa.steps.get(seat_kind="tasking"))
    return again(rfa)


def test_P38_lent_assets_come_back_before_the_record_closes():
    rfa = a_loan()
    records.start(rfa=rfa, actor=who("unit.east"))
    records.complete(rfa=again(rfa), actor=who("unit.east"), result="Lent for a month")
    with pytest.raises(Incomplete, match="2 × Generator"):
        records.close(rfa=again(rfa), actor=who("chief.cimic"))
    unit = Caller("unit.east")
    path = f"requests/{rfa.reference}/hand-back/"
    one = {"line": 1, "quantity": 1, "returned_on": str(TODAY), "condition": "good"}
    unit.tell(path, one, expect=201)
    unit.tell(path, {**one, "quantity": 2}, expect=400)
    unit.tell(path, {**one, "condition": "damaged"}, expect=422)
    told = unit.tell(path, {**one, "condition": "damaged", "note": "Radiator leaks"}, expect=201)
    lent = told["task"]["assets"][0]
    assert (lent["out"], lent["back"], len(lent["hand_backs"])) == (0, 2, 2)
    assert lent["hand_backs"][0]["planned_on"] == in_days(20).isoformat()

    assert records.close(rfa=again(rfa), actor=who("chief.cimic")).status == "closed"


# Completeness


def test_P41_each_kind_says_what_is_missing_before_it_may_be_closed():
    rfa = a_project()
    told = Caller("chief.cimic").read(f"requests/{rfa.reference}/")["completeness"]
    assert [one["field"] for one in told["missing"]] == ["completed_on"]
    assert {one["field"] for one in told["also_missing"]} == {
        "progress",
        "instalments",
        "visits",
        "closing_report",
    }
    escort = a_started(security_answers(), by="partner.ngo")
    told = Caller("chief.cimic").read(f"requests/{escort.reference}/")["completeness"]
    assert {one["field"] for one in told["also_missing"]} == {"progress", "runs"}


def test_P41_a_record_closed_without_what_the_policy_expects_says_so_in_its_last_entry():
    rfa = a_started()
    records.complete(rfa=rfa, actor=who("unit.east"), result="Done")
    records.close(rfa=again(rfa), actor=who("chief.cimic"))

    last = Entry.objects.filter(chain=rfa.pk).order_by("number").last()
    assert last is not None
    assert '"without":["progress","women"]' in last.payload.text


# Whoever has no part in it


@pytest.mark.parametrize("username", ["partner.un", "gender", "evaluator", "unit.west"])
@pytest.mark.parametrize(
    ("act", "body"),
    [
        ("drift", {"changed": ["place"], "what": "x"}),
        ("incidents", {"happened_on": str(TODAY), "what": "x", "action_taken": "y"}),
        ("units", {"unit": "west-bn", "work": "x"}),
    ],
)
def test_nobody_else_writes_on_a_task(username, act, body):
    rfa = a_started()
    caller = Caller(username)
    given = caller.post(f"/api/v1/requests/{rfa.reference}/{act}/", body, format="json")
    assert given.status_code in {403, 404}
    assert not TaskChange.objects.exists()


def test_what_cannot_be_read_is_refused_whole():
    rfa = a_started()
    unit = Caller("unit.east")
    path = f"requests/{rfa.reference}/drift/"
    for body in (
        {"changed": "place", "what": "x"},
        {"changed": ["weather"], "what": "x"},
        {"changed": ["place"], "what": "x", "new_unit": "no-such"},
        {"changed": ["place"], "what": ["x"]},
    ):
        unit.tell(path, body, expect=400)
    unit.tell(path, {"changed": [], "what": ""}, expect=422)
    unit.tell(path, {"changed": ["place"], "what": "x", "new_unit": "west-bn"}, expect=422)
    assert not again(rfa).task.suspended


def test_cancelling_ends_a_change_that_waits():
    rfa = a_started()
    drift(rfa)
    approvals.cancel(rfa=again(rfa), actor=who("chief.cimic"), reason="The road is cut.")
    with pytest.raises(NotNow):
        answer(rfa, "cimic.staff", "within_approval")
    assert records.close(rfa=again(rfa), actor=who("chief.cimic")).status == "closed"
