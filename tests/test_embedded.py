"""The embedded PostgreSQL: it loses nothing, and nothing of it is left behind."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from cimic.embedded import Failed, Server
from cimic.embedded.processes import command_of

CHECKOUT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of its own in a folder whose path is too long for a socket."""
    server = Server(tmp_path_factory.mktemp("a-rather-long-name-" * 4) / "data" / "postgres")
    yield server
    server.stop()


def told(server: Server, statement: str) -> list[tuple[object, ...]]:
    """Say something to the server as the owner of its database, and return its answer."""
    connection = psycopg2.connect(server.url("cimic_owner"))
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def a_command(folder: Path, *words: str) -> "subprocess.Popen[str]":
    """Start a command of ``manage.py`` on a data folder."""
    bare = {name: said for name, said in os.environ.items() if not name.startswith("CIMIC_")}
    return subprocess.Popen(
        [sys.executable, "manage.py", *words],
        cwd=CHECKOUT,
        env={**bare, "CIMIC_DATA": str(folder)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_a_killed_server_starts_again_with_all_that_was_committed(server):
    assert server.ensure()
    told(server, "CREATE TABLE kept AS SELECT 42 AS answer")
    os.kill(server.pid(), signal.SIGKILL)

    assert server.ensure()

    assert told(server, "SELECT answer FROM kept") == [(42,)]


def test_a_running_server_is_taken_over_as_it_is(server):
    server.ensure()
    pid = server.pid()

    assert not Server(server.folder).ensure()

    assert server.pid() == pid


def test_a_pid_that_now_belongs_to_another_program_is_not_believed(server):
    server.ensure()
    server.stop()
    (server.data / "postmaster.pid").write_text(f"{os.getpid()}\n{server.data}\n")

    assert server.ensure()


def test_search_knows_letters_beyond_latin(server):
    server.ensure()

    assert told(server, "SELECT show_trgm('Школа') <> '{}', lower('ÉCOLE')") == [(True, "école")]


def test_data_of_another_postgresql_are_refused_by_name(server):
    server.ensure()
    server.stop()
    version = server.data / "PG_VERSION"
    true_version = version.read_text()
    version.write_text("9\n")
    try:
        with pytest.raises(Failed, match="is of PostgreSQL 9, the binaries here are"):
            server.ensure()
    finally:
        version.write_text(true_version)


def test_the_last_command_that_uses_the_database_stops_it():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lasting = a_command(folder, "shell", "-v", "0")
        until = time.monotonic() + 60
        while not (folder / "postgres" / "prepared").exists():
            assert time.monotonic() < until
            time.sleep(0.05)
        pid = int((folder / "postgres" / "data" / "postmaster.pid").read_text().split()[0])

        passing = a_command(folder, "check")
        passing.communicate(timeout=60)
        alive_after_one = bool(command_of(pid))
        lasting.communicate("", timeout=60)

        assert (passing.returncode, alive_after_one, lasting.returncode) == (0, True, 0)
        assert not command_of(pid)
