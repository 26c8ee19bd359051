"""What the server lacks for a while is told clearly, loses nothing, and passes by itself."""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import close_old_connections, connections
from django.http import QueryDict
from django.test import Client

from cimic.celery import app
from common.clock import now
from ledger.models import Entry
from notices.models import Letter
from notices.services import sweep
from records.exports import jobs
from records.models import ExportRun
from requests_app.models import AssistanceRequest, Attachment, Message
from tests.archiving import a_closed_refusal
from tests.builders import a_mission, a_submitted, civil_answers, in_days, who
from tests.calling import Caller
from tests.database import NAME, on_server
from tests.killing import Post
from tests.test_backup import a_letter
from tests.test_start import free_port

pytestmark = pytest.mark.usefixtures("live")


@pytest.fixture(autouse=True)
def _mission(live: None) -> None:
    a_mission()


@contextmanager
def database_away() -> Iterator[None]:
    """Let the database cut every connection and take no new one, as while it starts again."""
    on_server(
        f"ALTER DATABASE {NAME} WITH ALLOW_CONNECTIONS false",
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{NAME}'",  # noqa: S608
    )
    try:
        yield
    finally:
        on_server(f"ALTER DATABASE {NAME} WITH ALLOW_CONNECTIONS true")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 256 kilobytes; where none can be made, the test is left out."""
    folder = tmp_path / "small"
    folder.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)], capture_output=True
    )
    if made.returncode:
        pytest.skip("a small disk can be mounted by root alone")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def make_due() -> None:
    """Let the pause that letters make after a failure be over."""
    Letter.objects.update(next_try_at=now())


def make_room(folder: Path) -> None:
    subprocess.run(["mount", "-o", "remount,size=8m", str(folder)], check=True)


def test_without_the_database_each_is_told_when_to_come_back_and_keeps_their_words():
    chief, officer = Client(raise_request_exception=False), Caller("sector.east")
    officer.raise_request_exception = False
    chief.force_login(who("chief.cimic"))
    draft = {"kind": "qip", "title": "Benches for the school"}
    key = {"HTTP_IDEMPOTENCY_KEY": "one-key"}
    written = {"title": "A well at <Mialo>", "csrfmiddlewaretoken": "known"}

    with database_away():
        read = chief.get("/inbox/")
        cut = chief.get("/register/")
        sent = chief.post("/requests/new/civil_assistance/", written)
        secret = chief.post("/accounts/login/", {"login": "x", "password": "carana-demo"})
        called = officer.post("/api/v1/requests/", draft, format="json", **key)
        health = Client().get("/api/v1/health/")

    for answer in (read, cut, sent, secret, called):
        assert (answer.status_code, answer["Retry-After"]) == (503, "10")
    assert "The database does not answer" in read.content.decode()
    assert "Traceback" not in read.content.decode()
    assert "A well at &lt;Mialo&gt;" in sent.content.decode()
    assert 'name="csrfmiddlewaretoken"' in sent.content.decode()
    assert "carana-demo" not in secret.content.decode()
    assert called["Content-Type"] == "application/problem+json"
    assert called.json()["title"] == "Out of reach for a moment"
    assert (health.status_code, health.json()["database"]) == (503, "down")

    close_old_connections()  # as a server does between requests, and the test client does not
    assert chief.get("/inbox/").status_code == 200
    again = [officer.post("/api/v1/requests/", draft, format="json", **key) for _ in range(2)]
    assert [answer.status_code for answer in again] == [201, 201]
    assert again[0].json() == again[1].json()
    assert AssistanceRequest.objects.count() == 1


def test_a_sweep_that_meets_no_database_is_made_up_for_by_the_next():
    a_submitted()
    with database_away(), pytest.raises(Exception, match="accepting connections|closed|terminat"):
        sweep()
    connections.close_all()

    sweep()

    assert Letter.objects.filter(sent_at=None).count() == 0
    assert Letter.objects.filter(to="chief.cimic@unac.example").count() == 1


def test_a_full_disk_under_the_database_refuses_the_deed_and_nothing_else(superuser_cursor):
    rfa = a_submitted()
    officer = Caller("sector.east")
    officer.raise_request_exception = False
    superuser_cursor.execute(
        "CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE 'could not extend file: No space left' USING ERRCODE = 'disk_full'; END $$;"
        "CREATE TRIGGER no_room BEFORE INSERT ON requests_app_message "
        "FOR EACH ROW EXECUTE FUNCTION no_room()"
    )
    path, said = f"/api/v1/requests/{rfa.reference}/messages/", {"text": "When do you come?"}
    entries = Entry.objects.count()

    full = officer.post(path, said, format="json", HTTP_IDEMPOTENCY_KEY="m")
    assert (full.status_code, full.json()["title"]) == (507, "The server has no room left")
    assert officer.get(f"/api/v1/requests/{rfa.reference}/").status_code == 200
    assert Entry.objects.count() == entries
    superuser_cursor.execute("DROP TRIGGER no_room ON requests_app_message")

    assert officer.post(path, said, format="json", HTTP_IDEMPOTENCY_KEY="m").status_code == 201
    assert Message.objects.count() == 1


def test_a_full_disk_takes_no_file_leaves_no_piece_and_takes_it_once_there_is_room(
    small_disk, settings
):
    settings.MEDIA_ROOT = small_disk
    rfa = a_submitted()
    officer = Caller("sector.east")
    officer.raise_request_exception = False
    path = f"/api/v1/requests/{rfa.reference}/attachments/"

    def send() -> Any:
        file = a_letter("x" * 600_000)
        return officer.post(path, {"file": file}, format="multipart", HTTP_IDEMPOTENCY_KEY="f")

    full = send()
    assert (full.status_code, full["Retry-After"]) == (507, "60")
    assert Attachment.objects.count() == 0
    assert [path for path in small_disk.rglob("*") if path.is_file()] == []

    make_room(small_disk)
    assert send().status_code == 201
    assert Path(Attachment.objects.get().file.path).stat().st_size == 600_000


def test_a_full_disk_holds_letters_back_and_fails_exports_and_archives_by_name(
    small_disk, settings, tmp_path
):
    settings.MEDIA_ROOT = settings.DATA = small_disk
    settings.EMAIL_BACKEND = "cimic.mail.FolderBackend"
    rfa = a_closed_refusal()
    jobs.folder()
    (small_disk / "mail").mkdir()
    filling = small_disk / "filling"
    filled = subprocess.run(["dd", "if=/dev/zero", f"of={filling}", "bs=4k"], capture_output=True)
    assert b"No space left" in filled.stderr

    sweep()
    assert Letter.objects.exclude(sent_at=None).count() == 0
    assert "No space left" in Letter.objects.first().last_error
    run = jobs.ask_for_file(actor=who("chief.cimic"), form="csv", params=QueryDict(""))
    jobs.sweep()
    run = ExportRun.objects.get(pk=run.pk)
    assert (run.state, run.failure) == (
        "failed",
        "The server has no room left. Tell the administrator, then ask anew.",
    )
    with pytest.raises(CommandError, match="1 of 1 records were not packed"):
        call_command(
            "archive", mission="UNAC", before=in_days(2).isoformat(), to=str(small_disk / "bags")
        )
    with pytest.raises(CommandError, match="the disk is full"):
        call_command("backup", str(small_disk / "mission.backup"))
    left = {path.name for path in small_disk.rglob("*") if path.is_file()}
    assert {name for name in left if not name.startswith(".")} == {"filling"}
    assert rfa.reference not in str(left)

    filling.unlink()
    make_room(small_disk)
    make_due()
    sweep()
    written = list((small_disk / "mail").glob("*.eml"))
    assert len(written) == Letter.objects.exclude(sent_at=None).count() == Letter.objects.count()
    again = jobs.ask_for_file(actor=who("chief.cimic"), form="csv", params=QueryDict(""))
    assert jobs.sweep() == 1
    assert ExportRun.objects.get(pk=again.pk).state == "ready"


def test_a_carrier_that_takes_a_call_and_says_nothing_holds_nobody_up(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        monkeypatch.setattr(app.conf, "broker_url", address)
        monkeypatch.setattr(app.conf, "broker_write_url", address)
        officer, began = Caller("sector.east"), time.monotonic()

        health = officer.read("health/")
        reference = officer.submit(civil_answers())
        took = time.monotonic() - began

    assert (health["status"], health["carrier"]) == ("up", "down")
    assert took < 10
    sweep()
    assert Letter.objects.filter(to="chief.cimic@unac.example").exclude(sent_at=None).count() == 1
    assert AssistanceRequest.objects.get(reference=reference).status == "under_review"


def test_a_mail_server_that_comes_back_gets_each_letter_once(settings):
    port = free_port()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    a_submitted()
    sweep()
    owed = set(Letter.objects.values_list("message_id", flat=True))
    assert owed
    assert not Letter.objects.exclude(sent_at=None).exists()

    post = Post(port)
    make_due()
    sweep()
    sweep()
    post.controller.stop()

    assert sorted(message_id for message_id, _to in post.accepted) == sorted(owed)
