"""The compliance summary equals the slow truth: a loop over every record, row by row."""

import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connections, transaction

from approvals import services as approvals
from approvals.models import Step
from approvals.vocabulary import StepState, Word
from cimic.demo.loading import load as load_demo
from common.errors import Refusal
from ledger.models import Chain, OutboxRow
from missions.calendar import local_day
from missions.models import Mission
from records import services as records
from records.compliance import summary
from records.compliance.loading import load
from records.compliance.rows import findings_of
from records.models import ComplianceCount, ComplianceException, RecordCompliance
from requests_app.forms import DraftForm
from requests_app.models import AssistanceRequest
from tests.builders import (
    a_draft,
    a_mission,
    a_refused,
    a_started,
    a_submitted,
    an_approved,
    civil_answers,
    give,
    open_step,
    qip_answers,
    security_answers,
    usual_details,
    usual_word,
    who,
)
from tests.weighing import closed, report

CHECKOUT = Path(__file__).resolve().parent.parent


def slow_truth(mission: Mission) -> tuple[dict[Any, Any], set[Any]]:
    """What every function says of every record, added up in a loop."""
    counts: dict[Any, Counter[str]] = {}
    broken = set()
    ids = AssistanceRequest.objects.filter(mission=mission).values_list("pk", flat=True)
    for record in load(ids):
        rfa = record.rfa
        day = local_day(mission, rfa.submitted_at)
        for row, finding in findings_of(record).items():
            key = (row, day, rfa.sector_id, rfa.kind, rfa.classification)
            counts.setdefault(key, Counter())[str(finding.outcome)] += 1
            if finding.outcome == "exception":
                broken.add((rfa.pk, row, day, finding.words, finding.entry))
    return (
        {
            key: (found["complied"], found["exception"], found["pending"])
            for key, found in counts.items()
        },
        broken,
    )


def as_kept(mission: Mission) -> tuple[dict[Any, Any], set[Any]]:
    """What the summary says."""
    lines = ComplianceException.objects.filter(mission=mission)
    return (
        summary.counts_of(mission),
        set(lines.values_list("rfa", "row", "day", "words", "entry")),
    )


def catch_up() -> None:
    while summary.sweep():
        pass


@pytest.mark.django_db
def test_it_equals_the_slow_truth_over_the_demonstration(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    load_demo(records=None, seed=2)
    mission = Mission.objects.get()

    assert as_kept(mission) == slow_truth(mission)
    assert not summary.owed().exists()


def again(rfa: AssistanceRequest) -> AssistanceRequest:
    return AssistanceRequest.objects.get(pk=rfa.pk)


def answer_somehow(rfa: AssistanceRequest, chance: Random) -> None:
    """Let the holder of some open step say any word it may, usual or not."""
    steps = list(rfa.steps.filter(state=StepState.OPEN).order_by("pk"))
    if steps:
        step = chance.choice(steps)
        word = chance.choice([usual_word(step), *step.words])
        details = usual_details(step, word)
        if step.seat_kind == "review" and chance.random() < 0.5:
            details["verified"] = "on_site"
        give(step, word, details=details, conditions=["By daylight."])


def supersede_somehow(rfa: AssistanceRequest, chance: Random) -> None:
    steps = list(
        rfa.steps.filter(state=StepState.ANSWERED).select_related("rfa", "post").order_by("pk")
    )
    if steps:
        step: Step = chance.choice(steps)
        word = chance.choice(step.words)
        approvals.supersede(
            step=step,
            actor=step.current.by,
            word=word,
            revision=rfa.revision,
            remarks="On second thoughts.",
            conditions=["By daylight."],
            details=usual_details(step, word),
        )


def change_somehow(rfa: AssistanceRequest, chance: Random) -> None:
    """Move it to another sector, raise or lower its classification, ask for it again."""
    answers = {
        "area": chance.choice(["CR01", "CR02"]),
        "classification": chance.choice(["unclassified", "confidential", "strictly_confidential"]),
        "protection": chance.random() < 0.5,
    }
    values = DraftForm(rfa.kind, rfa.mission, answers).values()
    actor = rfa.requested_by
    approvals.change(rfa=rfa, actor=actor, values=values, version=rfa.version)
    approvals.submit(rfa=again(rfa), actor=actor)


def go_on_somehow(rfa: AssistanceRequest, chance: Random) -> None:
    chief = who("chief.cimic")
    deeds = {
        "approved": lambda: records.start(rfa=rfa, actor=chief),
        "in_progress": lambda: chance.choice(
            [
                lambda: records.report_progress(rfa=rfa, actor=chief, text="Half is done."),
                lambda: records.complete(rfa=rfa, actor=chief, result="Done."),
            ]
        )(),
        "not_approved": lambda: records.record_delivery(
            rfa=rfa, actor=chief, delivered=False, source="The ward's head nurse"
        ),
        "returned": lambda: change_somehow(rfa, chance),
    }
    deeds.get(rfa.status, lambda: records.close(rfa=rfa, actor=chief))()


def withdraw_or_cancel(rfa: AssistanceRequest, chance: Random) -> None:
    if rfa.status == "approved":
        approvals.cancel(rfa=rfa, actor=who("chief.cimic"), reason="The road is cut.")
    elif chance.random() < 0.3:
        approvals.withdraw(rfa=rfa, actor=rfa.requested_by, reason="Others came.")


def begin_somehow(chance: Random) -> AssistanceRequest:
    return chance.choice(
        [
            lambda: a_submitted(civil_answers(humanitarian=True, cluster="WSH")),
            lambda: a_submitted(by="unit.east"),
            lambda: a_submitted(qip_answers()),
            lambda: a_submitted(security_answers(), by="partner.ngo"),
            lambda: a_submitted(security_answers(), by="human.rights"),
            report,
            a_draft,
        ]
    )()


@pytest.mark.django_db
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_it_equals_the_slow_truth_through_random_lives(seed):
    mission, chance = a_mission(), Random(seed)
    begun = [begin_somehow(chance) for _ in range(7)]
    done = Counter()
    for number in range(150):
        rfa = again(chance.choice(begun))
        act = chance.choices(
            [answer_somehow, go_on_somehow, supersede_somehow, withdraw_or_cancel],
            weights=[10, 5, 2, 1],
        )[0]
        try:
            with transaction.atomic():
                act(rfa, chance)
            done[act.__name__] += 1
        except Refusal:
            continue
        if number % 30 == 0:
            catch_up()
            assert as_kept(mission) == slow_truth(mission)
    catch_up()

    assert as_kept(mission) == slow_truth(mission)
    assert done["answer_somehow"] > 20
    assert done["supersede_somehow"] > 2


@pytest.mark.django_db
def test_a_record_is_counted_once_for_all_that_is_owed_of_it_and_a_second_time_never():
    a_mission()
    rfa = an_approved()
    owed = summary.owed().count()

    first = summary.take_from_outbox(rfa.pk)
    second = summary.take_from_outbox(rfa.pk)

    assert (first, second) == (owed, 0)
    assert owed > 5
    assert RecordCompliance.objects.get().at_entry == Chain.objects.get(pk=rfa.pk).length


@pytest.mark.django_db
def test_drafts_and_exports_owe_nothing_to_it_once_they_were_looked_at():
    a_mission()
    a_draft()
    catch_up()

    assert not summary.owed().exists()
    assert not RecordCompliance.objects.exists()


@pytest.mark.django_db
def test_counts_that_were_tampered_with_are_made_anew():
    mission = a_mission()
    closed(a_started()), a_refused()
    catch_up()
    truth = as_kept(mission)
    ComplianceCount.objects.filter(row="P36").update(complied=7)
    ComplianceCount.objects.filter(row="P41").delete()
    ComplianceException.objects.all().delete()
    RecordCompliance.objects.update(findings={"P99": "complied"})

    call_command("rebuild_compliance", mission="unac")

    assert as_kept(mission) == truth == slow_truth(mission)


@pytest.mark.django_db
def test_one_record_that_cannot_be_counted_holds_up_no_other_and_is_tried_again(monkeypatch):
    mission = a_mission()
    broken, sound = a_submitted(), a_submitted()
    real = summary.findings_of

    def failing(record: Any) -> Any:
        if record.rfa.pk == broken.pk:
            raise ArithmeticError("no finding")
        return real(record)

    monkeypatch.setattr(summary, "findings_of", failing)
    summary.sweep()
    summary.sweep()

    assert [line.rfa_id for line in RecordCompliance.objects.all()] == [sound.pk]
    row = OutboxRow.objects.filter(entry__chain=broken.pk, listener="compliance").first()
    assert (row.done_at, row.attempts, row.last_error) == (None, 1, "ArithmeticError: no finding")
    monkeypatch.undo()
    summary.catch_up(mission)
    assert as_kept(mission) == slow_truth(mission)


def at_once(*deeds: Any) -> list[Any]:
    """Do the deeds in threads that set off together; give what each returned or raised."""
    gate = threading.Barrier(len(deeds))
    told: list[Any] = [None] * len(deeds)

    def run(number: int, deed: Any) -> None:
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
        thread.join(60)
    return told


@pytest.mark.usefixtures("live")
def test_two_workers_at_once_count_each_record_once():
    mission = a_mission()
    for _ in range(6):
        a_started(), a_submitted(by="unit.east"), report()
    owed = summary.owed().count()

    told = at_once(summary.sweep, summary.sweep, summary.sweep)

    assert [error for error in told if isinstance(error, Exception)] == []
    assert sum(told) == owed
    assert as_kept(mission) == slow_truth(mission)


@pytest.mark.usefixtures("live")
def test_workers_count_while_deeds_go_on_and_the_summary_is_made_anew():
    mission = a_mission()
    waiting = [a_submitted() for _ in range(6)]

    def answering() -> None:
        for rfa in waiting:
            give(open_step(rfa), Word.FORWARD_RECOMMENDED)

    def counting() -> None:
        for _ in range(12):
            summary.sweep()

    told = at_once(answering, counting, counting, lambda: summary.rebuild(mission))
    catch_up()

    assert [error for error in told if isinstance(error, Exception)] == []
    assert as_kept(mission) == slow_truth(mission)
    assert not summary.owed().exists()


@pytest.mark.usefixtures("live")
def test_a_record_that_is_busy_is_passed_over_and_stays_owed():
    a_mission()
    busy, free = a_submitted(), a_submitted()

    with transaction.atomic():
        Chain.objects.select_for_update().get(pk=busy.pk)
        told = at_once(summary.sweep)

    assert told == [2]
    assert [line.rfa_id for line in RecordCompliance.objects.all()] == [free.pk]
    assert summary.sweep() == 2


@pytest.mark.usefixtures("live")
def test_killed_halfway_nothing_is_half_counted_and_the_next_sweep_counts_it():
    mission = a_mission()
    rfa = an_approved()
    owed = summary.owed().count()
    killed = (
        "import os, signal, django\n"
        "django.setup()\n"
        "from records.compliance import summary\n"
        "apply = summary._apply\n"
        "def dies(changes):\n"
        "    apply(changes)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "summary._apply = dies\n"
        "summary.sweep()\n"
    )

    died = subprocess.run(
        [sys.executable, "-c", killed],
        cwd=CHECKOUT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "cimic.settings"},
        capture_output=True,
        timeout=60,
        check=False,
    )

    assert died.returncode == -signal.SIGKILL
    assert summary.owed().count() == owed
    assert not ComplianceCount.objects.exists()
    assert not RecordCompliance.objects.exists()
    summary.sweep()
    assert RecordCompliance.objects.get().rfa_id == rfa.pk
    assert as_kept(mission) == slow_truth(mission)
