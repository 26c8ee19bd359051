"""Point-in-time recovery as ``docs/admin/backup.md`` tells it, with its own commands.

A base backup, the log archived as it is written, a mistake, and the database as it was a moment
before the mistake: beside the one in use, which is not touched.
"""

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from cimic.embedded import Server

SETTINGS = """
wal_level = replica
archive_mode = on
archive_command = 'test ! -f {archive}/%f && cp %p {archive}/%f'
archive_timeout = 60
"""
RECOVERY = """
restore_command = 'cp {archive}/%f %p'
recovery_target_time = '{moment}'
recovery_target_action = 'promote'
archive_mode = off
"""


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[tuple[Server, Server, Path]]:
    """A server whose log is archived, a place for a second one, and the archive."""
    archive = tmp_path / "archive"
    archive.mkdir(mode=0o777)
    archive.chmod(0o777)
    first = Server(tmp_path / "first", fsync=False)
    first.ensure()
    first.stop()
    with (first.data / "postgresql.auto.conf").open("a") as settings:
        settings.write(SETTINGS.format(archive=archive))
    first.ensure()
    second = Server(tmp_path / "second", fsync=False)
    yield first, second, archive
    first.stop()
    second.stop()


def asked(server: Server, *statements: str) -> list[tuple[object, ...]]:
    connection = psycopg2.connect(server.url("cimic"))
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            return list(cursor.fetchall()) if cursor.description else []
    finally:
        connection.close()


def test_the_database_is_had_as_it_was_a_moment_before_a_mistake(servers):
    first, second, archive = servers
    asked(first, "CREATE TABLE decided (number int, at timestamptz DEFAULT clock_timestamp())")
    asked(first, "INSERT INTO decided VALUES (1)")
    second.folder.mkdir(mode=0o700)
    taken = subprocess.run(
        [
            *first.runner.words,
            str(first.binaries / "pg_basebackup"),
            "--pgdata", str(second.data), "--checkpoint=fast", "--wal-method=none",
            "--host", str(first.socket_folder), "--username", "cimic", "--no-password",
        ],
        env={**os.environ, "PGPASSWORD": (first.folder / "password-cimic").read_text()},
        capture_output=True,
        text=True,
        cwd="/",
        check=False,
        **first.runner.options(),
    )  # fmt: skip
    assert taken.returncode == 0, taken.stderr
    asked(first, "INSERT INTO decided VALUES (2)")
    time.sleep(0.2)
    moment = asked(first, "SELECT clock_timestamp()")[0][0]
    time.sleep(0.2)
    asked(first, "DELETE FROM decided", "SELECT pg_switch_wal()")
    until = time.monotonic() + 30
    last = str(asked(first, "SELECT last_archived_wal FROM pg_stat_archiver")[0][0])
    asked(first, "INSERT INTO decided VALUES (3)", "SELECT pg_switch_wal()")
    while str(asked(first, "SELECT last_archived_wal FROM pg_stat_archiver")[0][0]) == last:
        assert time.monotonic() < until
        time.sleep(0.1)

    with (second.data / "postgresql.auto.conf").open("a") as settings:
        settings.write(RECOVERY.format(archive=archive, moment=moment))
    (second.data / "recovery.signal").touch()
    second.runner.give(second.folder)
    for name in ("cimic", "cimic_owner", "cimic_app"):
        kept = (first.folder / f"password-{name}").read_text()
        (second.folder / f"password-{name}").write_text(kept)
    (second.folder / "prepared").touch()
    second._start()
    while asked(second, "SELECT pg_is_in_recovery()")[0][0]:
        assert time.monotonic() < until
        time.sleep(0.1)

    assert asked(second, "SELECT number FROM decided ORDER BY 1") == [(1,), (2,)]
    assert asked(first, "SELECT number FROM decided") == [(3,)]
