"""Exports of any size are sent while they are written; what really commits is tried here."""

import hashlib
import threading

from django.db import connection, transaction

from ledger.models import Entry
from records.api import exports as api
from records.exports import jobs, streaming
from records.models import ExportRun
from tests.builders import a_mission, a_submitted, civil_answers
from tests.calling import Caller


def acts(run_id):
    return list(Entry.objects.filter(chain=run_id).order_by("number").values_list("act", flat=True))


def test_waiting_streams_any_number_of_rows_and_records_the_digest(live, monkeypatch):
    monkeypatch.setattr(api, "MOST_AT_ONCE", 1)
    monkeypatch.setattr(streaming, "PIECE", 200)
    a_mission()
    for number in range(12):
        a_submitted(civil_answers(title=f"Need {number}"))
    caller = Caller("chief.cimic")
    answer = caller.get("/api/v1/register.csv?wait=1&sort=created")
    pieces = list(answer.streaming_content)
    content = b"".join(pieces)
    run = ExportRun.objects.get()
    assert len(pieces) > 5
    assert (run.state, run.rows, run.digest) == (
        "finished",
        12,
        hashlib.sha256(content).hexdigest(),
    )
    assert len(content.decode().splitlines()) == 13
    assert answer["X-Export"] == f"/api/v1/exports/{run.pk}/"


def test_who_goes_away_before_the_end_has_cut_it(live, monkeypatch):
    monkeypatch.setattr(streaming, "FIRST_PIECE", 1)
    monkeypatch.setattr(streaming, "PIECE", 1)
    monkeypatch.setattr(streaming, "MOST_WAITING", 2)
    a_mission()
    for number in range(12):
        a_submitted(civil_answers(title=f"Need {number}"))
    monkeypatch.setattr(api, "MOST_AT_ONCE", 1)
    answer = Caller("chief.cimic").get("/api/v1/register.csv?wait=1")
    next(iter(answer.streaming_content))
    answer.close()
    run = ExportRun.objects.get()
    assert (run.state, run.rows, run.digest) == ("cut", None, "")
    assert acts(run.pk) == ["export.started", "export.cut"]
    for thread in threading.enumerate():
        if thread.name.endswith("(_write)"):
            thread.join(timeout=5)
            assert not thread.is_alive()


def test_two_workers_never_write_the_same_file(live, settings, tmp_path, monkeypatch):
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr(api, "MOST_AT_ONCE", 1)
    a_mission()
    for _number in range(2):
        a_submitted()
    assert Caller("chief.cimic").get("/api/v1/register.csv").status_code == 202
    found = []

    def work():
        found.append(jobs.claim())
        connection.close()

    with transaction.atomic():
        ExportRun.objects.select_for_update().get()
        threads = [threading.Thread(target=work) for _number in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=10)
    assert found == [None, None, None]  # who holds the row is waited on by nobody
    assert jobs.claim() is not None
