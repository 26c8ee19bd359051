"""The server's clock is set back: what is owed is still sent, and the ledger still holds."""

import datetime as dt
import time

import pytest
from django.http import QueryDict
from django.test import override_settings

from cimic import beat
from cimic.celery import app
from cimic.checkup import LOOKS
from common import clock
from ledger.checkpoints import make_checkpoint
from ledger.models import Checkpoint, Entry
from ledger.receipts import owe_receipts, send_owed
from ledger.verification import verify
from missions.models import AccessToken
from notices.models import Letter
from notices.services import sweep
from records.compliance import summary
from records.exports import jobs
from records.models import ExportRun
from requests_app.models import AssistanceRequest
from tests.builders import a_mission, a_submitted, carried_to, who
from tests.calling import Caller

pytestmark = pytest.mark.django_db(transaction=False)

DAYS = dt.timedelta(days=3)
SIGNING = "5e" * 32


@pytest.fixture(autouse=True)
def _mission():
    a_mission()


def ahead() -> object:
    """Let the clock be three days ahead; after it, it has been set back."""
    return clock.telling(clock.now() + DAYS)


def test_letters_notices_and_counts_owed_before_are_not_kept_until_it_has_caught_up():
    with ahead():
        rfa = a_submitted()

    sweep()
    summary.sweep()

    assert Letter.objects.filter(to="chief.cimic@unac.example").exclude(sent_at=None).count() == 1
    assert not summary.owed(rfa.mission).exists()


@override_settings(SIGNING_KEY=SIGNING, RECEIPT_EMAILS=["witness@headquarters.example"])
def test_receipts_owed_before_leave_and_days_after_have_their_checkpoint():
    rfa = a_submitted()
    make_checkpoint()  # announces the key
    with ahead():
        carried_to(rfa, "in_consultation")
        owe_receipts(make_checkpoint(daily=True))

    assert send_owed() == 1
    carried_to(rfa, "awaiting_decision")
    assert make_checkpoint(daily=True) is not None
    assert make_checkpoint(daily=True) is None
    _first, early, late = Checkpoint.objects.order_by("number")
    assert late.made_at < early.made_at
    found = verify()
    assert (found.breaks, found.faults) == ([], [])


def test_a_chain_goes_on_by_number_whatever_its_moments_say():
    with ahead():
        rfa = a_submitted()
    carried_to(rfa, "approved")

    entries = list(Entry.objects.filter(chain=rfa.pk).order_by("number"))
    assert [entry.number for entry in entries] == list(range(1, len(entries) + 1))
    assert entries[-1].recorded_at < entries[0].recorded_at
    assert verify().holds
    rfa = AssistanceRequest.objects.get(pk=rfa.pk)
    assert rfa.status == "approved"
    history = Caller("chief.cimic").read(f"requests/{rfa.reference}/history/")
    assert [line["number"] for line in history["results"]] == [e.number for e in entries]


def test_an_export_that_was_being_written_is_taken_up_again():
    with ahead():
        run = jobs.ask_for_file(actor=who("chief.cimic"), form="csv", params=QueryDict(""))
        assert jobs.claim() == run

    assert jobs.sweep() == 1
    assert ExportRun.objects.get(pk=run.pk).state == "ready"


def test_a_key_to_the_api_lives_no_longer_than_its_term_by_the_new_clock():
    with ahead():
        Caller("sector.east")
    given = AccessToken.objects.get()

    assert given.expires_at - given.made_at <= dt.timedelta(hours=12)


def test_the_doctor_says_that_the_clock_went_back(settings):
    a_submitted()
    (before,) = LOOKS["moments"]()
    with clock.telling(clock.now() - DAYS):
        (told,) = LOOKS["moments"]()

    assert (before.well, told.well) == (True, False)
    assert "behind the newest entry of the ledger: was it set back?" in told.told


def test_beat_goes_on_at_once_instead_of_waiting_until_it_has_caught_up(tmp_path, monkeypatch):
    sent: list[str] = []
    monkeypatch.setattr(
        beat.Scheduler, "apply_async", lambda self, entry, **how: sent.append(entry.name)
    )
    scheduler = beat.Scheduler(app, schedule_filename=str(tmp_path / "beat"))
    real, later = time.time(), app.now() + DAYS
    for entry in scheduler.schedule.values():
        entry.last_run_at = later
    scheduler._looked = (real + DAYS.total_seconds(), time.monotonic())
    scheduler.tick()
    rests = [entry.last_run_at for entry in scheduler.schedule.values()]
    scheduler.close()

    assert max(rests) <= app.now()
    assert sent == [] or len(sent) == 1

    again = beat.Scheduler(app, schedule_filename=str(tmp_path / "beat"))
    waits = again.tick()
    again.close()
    assert waits <= 60
