"""A backup, taken while people work, holds all of one moment; put back, nothing is missing."""

import datetime as dt
import hashlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from io import BytesIO
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from django.conf import settings as django_settings
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connections, transaction
from django.test import override_settings

from approvals.services import attach
from cimic.backup.restoring import Place
from cimic.backup.sealing import new_key
from cimic.backup.taking import note_file, take
from cimic.checkup import last_backup
from cimic.embedded import Server, Using
from common.clock import now, telling
from ledger.checkpoints import make_checkpoint
from records.archive.disposal import ask_disposal, confirm_disposal, delete_disposed_files
from requests_app.files import keep_file
from requests_app.models import Attachment
from requests_app.services import start_draft
from tests.archiving import AUTHORITY, WHY, a_class, a_closed_refusal
from tests.builders import a_mission, a_submitted, an_approved, who
from tests.calling import Caller
from tests.database import NAME, server

CHECKOUT = Path(__file__).resolve().parent.parent
COUNTED = """
    SELECT table_name FROM information_schema.tables
    WHERE table_schema = 'public' AND table_type = 'BASE TABLE'
    AND table_name NOT IN ('django_session', 'usersessions_usersession')
    ORDER BY 1
"""
DIGEST = "SELECT count(*), md5(string_agg(line::text, chr(10) ORDER BY line::text)) FROM {} line"
RIGHTS = """
    SELECT 'table', table_name, privilege_type FROM information_schema.role_table_grants
    WHERE grantee IN ('cimic_app', 'PUBLIC') AND table_schema = 'public'
    UNION ALL
    SELECT 'column', table_name || '.' || column_name, privilege_type
    FROM information_schema.role_column_grants WHERE grantee = 'cimic_app'
    UNION ALL
    SELECT 'trigger', tgname, tgenabled::text FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL
    SELECT 'function', oid::regprocedure::text, pg_get_userbyid(proowner) || ' ' ||
        has_function_privilege('cimic_app', oid, 'EXECUTE') || ' ' || prosecdef
    FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prolang <> 13
    UNION ALL
    SELECT 'constraint', conname, contype::text || convalidated::text FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace
    UNION ALL
    SELECT 'index', indexname, tablename FROM pg_indexes WHERE schemaname = 'public'
    ORDER BY 1, 2, 3
"""


def asked(cursor: Any, question: str) -> list[tuple[Any, ...]]:
    cursor.execute(question)
    return list(cursor.fetchall())


def everything(cursor: Any) -> dict[str, Any]:
    """Every table's rows, counted and digested."""
    cursor.execute("SET timezone = 'UTC'")
    return {table: asked(cursor, DIGEST.format(table))[0] for (table,) in asked(cursor, COUNTED)}


def see_as_the_backup_does(cursor: Any) -> None:
    """Begin a transaction on the one snapshot shared in this worker's database.

    The folder is the whole server's: other workers' snapshots may lie in it, of databases that
    cannot share theirs with this one, and may go while we look.
    """
    for snapshot in (server.data / "pg_snapshots").iterdir():
        cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        try:
            cursor.execute("SET TRANSACTION SNAPSHOT %s", [snapshot.name])
        except psycopg2.Error:
            cursor.execute("ROLLBACK")
        else:
            return
    raise AssertionError("no snapshot of this database is shared")


class Looking(BytesIO):
    """A backup being written: at its first byte we look at the same snapshot, and work goes on."""

    def __init__(self, work: Any) -> None:
        super().__init__()
        self.work, self.seen = work, {}

    def write(self, piece: Any) -> int:
        if not self.seen and threading.current_thread() is threading.main_thread():
            self._look()
        return super().write(piece)

    def _look(self) -> None:
        url = server.url("cimic", NAME)
        with closing(psycopg2.connect(url)) as looking, looking.cursor() as cursor:
            see_as_the_backup_does(cursor)
            self.seen = everything(cursor)
            self.rights = asked(cursor, RIGHTS)
        self.work()


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[tuple[Path, Server]]:
    """An empty place: a data folder with a database server of its own."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    using = Using(folder)
    using.hold()
    other = Server(folder / "postgres", fsync=False)
    other.ensure()
    yield folder, other
    other.stop()
    using.close()


def manage(folder: Path, *words: str, **more: str) -> "subprocess.CompletedProcess[str]":
    """Run a command of ``manage.py`` on a data folder."""
    bare = {name: said for name, said in os.environ.items() if not name.startswith("CIMIC_")}
    return subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=CHECKOUT,
        env={**bare, "CIMIC_DATA": str(folder), **more},
        capture_output=True,
        text=True,
        check=False,
    )


def a_letter(text: str) -> SimpleUploadedFile:
    return SimpleUploadedFile("letter.txt", text.encode(), "text/plain")


def a_working_mission() -> None:
    """A mission with records at several turns, files, a signed checkpoint, a kept answer."""
    a_mission()
    a_submitted()
    an_approved()
    draft = start_draft(actor=who("sector.east"), kind="civil_assistance", values={})
    for number in range(3):
        attach(rfa=draft, actor=who("sector.east"), upload=a_letter(f"Letter {number}"), caption="")
    make_checkpoint()
    Caller("sector.east").tell(
        "requests/", {"kind": "qip"}, expect=201, HTTP_IDEMPOTENCY_KEY="one-key"
    )


SIGNING = "5e" * 32


@pytest.mark.usefixtures("live")
@override_settings(SIGNING_KEY=SIGNING)
def test_taken_in_use_and_restored_into_an_empty_place_it_is_all_there(elsewhere, tmp_path):
    a_working_mission()
    folder, other = elsewhere
    uncommitted, done = threading.Event(), threading.Event()

    def half_done() -> None:
        """Have a file on the disk whose row is not committed while the backup is taken."""
        with transaction.atomic():
            rfa = start_draft(actor=who("sector.west"), kind="qip", values={})
            attach(rfa=rfa, actor=who("sector.west"), upload=a_letter("Not yet"), caption="")
            uncommitted.set()
            done.wait(30)
        connections.close_all()

    def work() -> None:
        """Go on working after the backup's snapshot: none of this is in it."""
        a_submitted()
        rfa = start_draft(actor=who("sector.east"), kind="civil_assistance", values={})
        attach(rfa=rfa, actor=who("sector.east"), upload=a_letter("Later"), caption="")
        Attachment.objects.update(caption="Changed meanwhile")
        connections.close_all()

    aside = threading.Thread(target=half_done)
    aside.start()
    uncommitted.wait(30)
    backup = Looking(lambda: threading.Thread(target=work).run())
    try:
        taken = take(backup)
    finally:
        done.set()
        aside.join()
    plain = tmp_path / "plain.backup"
    plain.write_bytes(backup.getvalue())

    assert (taken.is_whole, taken.files) == (True, 3)
    left_by_a_killed_try = folder / "files" / ".restoring" / "attachments" / "half"
    left_by_a_killed_try.parent.mkdir(parents=True)
    left_by_a_killed_try.write_bytes(b"half")
    told = manage(folder, "restore", str(plain), "--signed-by", taken.key_id)
    assert told.returncode == 0, told.stderr
    assert "The ledger holds:" in told.stdout

    with psycopg2.connect(other.url("cimic")) as there, there.cursor() as cursor:
        assert everything(cursor) == backup.seen
        assert asked(cursor, RIGHTS) == backup.rights
        files = asked(cursor, "SELECT file, digest FROM requests_app_attachment WHERE file <> ''")
    kept = [path for path in (folder / "files").rglob("*") if path.is_file()]
    assert len(kept) == len(files) == 3
    for name, digest in files:
        assert hashlib.sha256((folder / "files" / name).read_bytes()).hexdigest() == digest

    with psycopg2.connect(other.url("cimic_app")) as there, there.cursor() as cursor:
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            cursor.execute("UPDATE ledger_entry SET act = 'nothing'")
        there.rollback()
        entries = "SELECT max(id) FROM ledger_entry"
        assert asked(cursor, "SELECT nextval('ledger_entry_id_seq')") > asked(cursor, entries)

    again = manage(folder, "restore", str(plain))
    assert again.returncode == 1
    assert "The database is not empty, and nothing is ever restored over what is there" in (
        again.stderr
    )

    aside_again = folder / "files" / ".restoring"
    aside_again.mkdir()
    (folder / "files" / "attachments").rename(aside_again / "attachments")
    (aside_again / "complete").touch()
    finished = manage(folder, "restore", str(plain))
    assert finished.returncode == 0, finished.stderr
    assert sorted(path for path in (folder / "files").rglob("*") if path.is_file()) == sorted(kept)


@pytest.mark.usefixtures("live")
def test_the_commands_encrypt_for_a_key_and_open_with_it_alone(tmp_path, capsys):
    a_mission()
    key, other, backup = tmp_path / "key", tmp_path / "other", tmp_path / "mission.backup"
    call_command("backup", make_key=str(key))
    public = capsys.readouterr().out.strip()
    call_command("backup", make_key=str(other))
    capsys.readouterr()

    with override_settings(DATA=tmp_path, SIGNING_KEY=SIGNING):
        call_command("backup", str(backup), recipient=[public])
        said = json.loads(note_file().read_text())
        assert last_backup().well
        with telling(now() + dt.timedelta(days=3)):
            assert "older than a day" in last_backup().told

    assert key.stat().st_mode & 0o777 == 0o600
    assert backup.stat().st_mode & 0o777 == 0o600
    assert (said["encrypted"], said["whole"], said["bytes"]) == (True, True, backup.stat().st_size)
    assert b"cimic" not in backup.read_bytes()[200:]
    call_command("check_backup", str(backup), key_file=str(key))
    assert "It is whole." in capsys.readouterr().out
    for words, why in (
        ({"key_file": str(other)}, "does not open: another key"),
        ({}, "encrypted: name the file of its key"),
        ({"key_file": str(key), "signed_by": "00" * 8}, "not by 0000000000000000"),
    ):
        with pytest.raises(CommandError, match=why):
            call_command("check_backup", str(backup), **words)
    with pytest.raises(CommandError, match="never written over"):
        call_command("backup", str(backup), recipient=[public])


@pytest.mark.usefixtures("live")
@override_settings(SIGNING_KEY=SIGNING)
def test_a_file_that_is_gone_or_changed_is_named_and_the_backup_says_so(tmp_path, capsys):
    a_working_mission()
    gone, changed, _well = Attachment.objects.order_by("pk")
    default_storage.delete(gone.file.name)
    Path(changed.file.path).write_bytes(b"other")

    with (
        override_settings(DATA=tmp_path),
        pytest.raises(CommandError, match="files were not as the database knows them"),
    ):
        call_command("backup", str(tmp_path / "one.backup"))

    told = capsys.readouterr().err
    assert f"missing: {gone.file.name}" in told
    assert f"changed: {changed.file.name}" in told
    call_command("check_backup", str(tmp_path / "one.backup"))


@pytest.mark.usefixtures("live")
def test_a_full_disk_leaves_no_piece_of_a_backup(tmp_path):
    a_mission()
    with (
        pytest.raises(OSError, match="No space left"),
        open("/dev/full", "wb", buffering=0) as full,
    ):
        take(full)
    with (
        pytest.raises(OSError, match="No space left"),
        open("/dev/full", "wb", buffering=0) as full,
    ):
        take(full, recipients=[new_key()[1]])


@pytest.mark.usefixtures("live")
def test_P41_disposal_deletes_no_file_while_a_backup_is_under_way():
    a_mission()
    a_class(code="NOW", years=0)
    rfa = a_closed_refusal()
    with transaction.atomic():
        kept = keep_file(rfa=rfa, actor=who("sector.east"), upload=a_letter("Sister Odile"))
    ask_disposal(rfa=rfa, actor=who("records.officer"), authority=AUTHORITY, reason=WHY)
    backup = Looking(lambda: confirm_disposal(rfa=rfa, actor=who("cos")))

    taken = take(backup)

    assert taken.is_whole
    assert default_storage.exists(kept.file.name)
    assert kept.file.name.encode() in backup.getvalue()
    assert delete_disposed_files() == 1
    assert not default_storage.exists(kept.file.name)
    assert take(BytesIO()).files == 0


def test_a_server_that_may_not_make_tables_is_told_what_to_set():
    assert "owner" not in connections.databases
    with pytest.raises(CommandError, match="set CIMIC_OWNER_DATABASE_URL"):
        call_command("restore", "nothing")


def test_what_a_killed_try_laid_aside_is_moved_in_once_and_whole(tmp_path, monkeypatch):
    place = Place.__new__(Place)
    place.folder = tmp_path
    place.aside = tmp_path / ".restoring"
    (place.aside / "attachments" / "2026").mkdir(parents=True)
    (place.aside / "attachments" / "2026" / "a.txt").write_bytes(b"a")
    (tmp_path / "attachments").mkdir()

    place.move_in()

    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["a.txt"]
    assert not place.aside.exists()
    assert django_settings.MEDIA_ROOT
