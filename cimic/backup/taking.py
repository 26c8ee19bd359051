"""Taking a backup while the system is used: one snapshot of the database, and its files.

The snapshot is exported to ``pg_dump``, and the attachments are those its rows name. Files are
only ever added, save by disposal, which waits while a backup holds the line
(``common.files``). A file that is written and whose row is not committed yet is not in the
snapshot, and so not in the backup. What is not carried: sessions (everybody signs in anew), the
keys (they are kept apart from what they open and sign), files of exports and uploads that can
be made again, letters and receipts that have left.
"""

import json
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import IO, Any, BinaryIO

import psycopg2
from django.conf import settings
from django.db import connections
from django.db.migrations.loader import MigrationLoader
from psycopg2 import sql

from cimic.backup.bundle import ABOUT, DATABASE, FILES, FORMAT, MANIFEST, PART, SIGNATURE, Writer
from cimic.backup.sealing import Unusable, recipients_of, sealed
from cimic.backup.tools import address_of, find_tool, running
from common.clock import iso, now
from common.errors import NotNow
from common.files import LINE
from ledger.signing import key_id_of, public_of, secret_key

SIGNED = "cimic-backup-1"
WITHOUT_DATA = ("django_session", "usersessions_usersession")
TABLES = """
    SELECT table_name FROM information_schema.tables
    WHERE table_schema = 'public' AND table_type = 'BASE TABLE' ORDER BY table_name
"""
# Files of disposed records are owed to disposal, whether or not it has come to them yet.
KEPT_FILES = """
    SELECT file, digest FROM requests_app_attachment
    WHERE file <> '' AND NOT EXISTS (
        SELECT FROM records_disposal
        WHERE records_disposal.rfa_id = requests_app_attachment.rfa_id
    )
"""
LEDGER = """
    SELECT (SELECT coalesce(sum(length), 0) FROM ledger_chain),
           (SELECT number FROM ledger_checkpoint ORDER BY number DESC LIMIT 1),
           (SELECT hash FROM ledger_checkpoint ORDER BY number DESC LIMIT 1)
"""


@dataclass
class Taken:
    """What was taken: when, how much, and which files were not as the database knows them."""

    made_at: str = ""
    bytes: int = 0
    files: int = 0
    parts: int = 0
    rows: int = 0
    missing: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)
    key_id: str = ""

    @property
    def is_whole(self) -> bool:
        return not self.missing and not self.damaged


@contextmanager
def _snapshot() -> Iterator[Any]:
    """Give a connection that sees the database as it is now, and holds off disposal's deleting.

    The line is taken before the snapshot, or a file could go between the two. It is held by a
    session, so the address must be the server's own and not a pooler's.
    """
    connection = psycopg2.connect(**parameters_of("default"))
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock_shared(%s)", [LINE])
        connection.autocommit = False
        connection.set_session(isolation_level="REPEATABLE READ", readonly=True)
        yield connection
    finally:
        with suppress(psycopg2.Error), connection.cursor() as cursor:
            connection.rollback()
            cursor.execute("SELECT pg_advisory_unlock_shared(%s)", [LINE])
        connection.close()


def parameters_of(alias: str) -> dict[str, Any]:
    """Return the parameters of a database's address, as libpq knows them."""
    found: dict[str, Any] = connections[alias].get_connection_params()
    known = {"host", "port", "user", "password", "dbname", "connect_timeout"}
    return {name: value for name, value in found.items() if name in known or name.startswith("ssl")}


def _ask(connection: Any, question: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(question)
        return list(cursor.fetchall())


def _counts(connection: Any) -> dict[str, int]:
    """Count the rows of every table that is carried."""
    counting = sql.SQL("SELECT count(*) FROM {}")
    return {
        table: _ask(connection, counting.format(sql.Identifier(table)))[0][0]
        for (table,) in _ask(connection, TABLES)
        if table not in WITHOUT_DATA
    }


def leaves() -> list[str]:
    """List the newest migration of each room that this code has."""
    graph = MigrationLoader(None, ignore_no_migrations=True).graph
    return sorted(f"{app}.{name}" for app, name in graph.leaf_nodes())


def _about(connection: Any, made_at: str) -> dict[str, Any]:
    entries, checkpoint, checkpoint_hash = _ask(connection, LEDGER)[0]
    applied = _ask(connection, "SELECT app || '.' || name FROM django_migrations ORDER BY 1")
    return {
        "format": FORMAT,
        "made_at": made_at,
        "site": settings.SITE_URL,
        "postgresql": connection.server_version // 10000,
        "migrations": [name for (name,) in applied],
        "missions": [
            code for (code,) in _ask(connection, "SELECT code FROM missions_mission ORDER BY 1")
        ],
        "rows": _counts(connection),
        "without_rows": list(WITHOUT_DATA),
        "ledger": {
            "entries": int(entries),
            "checkpoint": checkpoint,
            "checkpoint_hash": checkpoint_hash,
        },
    }


def _files(connection: Any, into: Writer, taken: Taken) -> None:
    """Add every file that the snapshot's rows name; note what is missing or has changed."""
    folder = Path(settings.MEDIA_ROOT)
    with connection.cursor(name="files") as rows:
        rows.execute(KEPT_FILES)
        for name, digest in rows:
            try:
                file = (folder / name).open("rb")
            except FileNotFoundError:
                taken.missing.append(name)
                continue
            with file:
                size = file.seek(0, 2)
                file.seek(0)
                if into.add(FILES + name, size, file) != digest:
                    taken.damaged.append(name)
            taken.files += 1


def _whole(stream: IO[bytes]) -> Iterator[bytes]:
    """Cut a stream into parts of one size, but for the last."""
    while part := stream.read(PART):
        yield part


def _database(connection: Any, into: Writer, taken: Taken, snapshot: str) -> None:
    """Add what ``pg_dump`` writes of the snapshot."""
    address, environment = address_of(parameters_of("default"))
    words = [
        str(find_tool("pg_dump", connection.server_version // 10000)),
        "--format=custom", "--compress=3", "--no-owner", "--no-privileges", "--no-comments",
        f"--snapshot={snapshot}", "--lock-wait-timeout=60s",
        *(f"--exclude-table-data={table}" for table in WITHOUT_DATA),
        f"--dbname={address}",
    ]  # fmt: skip
    with running(
        words, environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, bufsize=PART
    ) as dump:
        assert dump.stdout is not None
        for part in _whole(dump.stdout):
            taken.parts += 1
            into.add(f"{DATABASE}{taken.parts:06}.part", len(part), BytesIO(part))


def signed_text(manifest: bytes) -> str:
    """Return what the signature of a backup is over."""
    return f"{SIGNED}\n{manifest.decode()}"


def _sign(into: Writer, manifest: bytes, taken: Taken) -> None:
    """Sign the manifest with the key of the ledger, where this server has one."""
    try:
        secret = secret_key()
    except NotNow:
        return
    public = public_of(secret)
    taken.key_id = key_id_of(public)
    into.add_json(
        SIGNATURE,
        {
            "key_id": taken.key_id,
            "public_key": public,
            "signature": secret.sign(signed_text(manifest).encode()).hex(),
        },
    )


def take(into: BinaryIO, *, recipients: Sequence[str] = ()) -> Taken:
    """Write a backup of the database and the attachments to a stream; return what was taken.

    Sealed for the recipients' keys, if there are any. Raises ``Unusable`` where it cannot be
    made, ``OSError`` where the stream takes no more.
    """
    keys = recipients_of(recipients)
    taken = Taken(made_at=iso(now()))
    try:
        with sealed(into, keys) as stream, _snapshot() as connection:
            writer = Writer(stream)
            try:
                _write(connection, writer, taken)
            except BaseException:
                writer.abandon()
                raise
            taken.bytes = writer.bytes
    except psycopg2.Error as error:
        first = str(error).strip().splitlines()[0]
        raise Unusable(f"The database could not be read: {first}") from error
    return taken


def _write(connection: Any, writer: Writer, taken: Taken) -> None:
    snapshot = _ask(connection, "SELECT pg_export_snapshot()")[0][0]
    about = _about(connection, taken.made_at)
    taken.rows = sum(about["rows"].values())
    writer.add_json(ABOUT, about)
    _files(connection, writer, taken)
    _database(connection, writer, taken, snapshot)
    manifest = {
        "sha256": writer.digest.sha256.hexdigest(),
        "files": taken.files,
        "parts": taken.parts,
        "missing": taken.missing,
        "damaged": taken.damaged,
    }
    _sign(writer, writer.add_json(MANIFEST, manifest), taken)
    writer.close()


def note_file() -> Path:
    """Return where it is noted when the last backup was made, for the doctor."""
    return Path(settings.DATA) / "last-backup.json"


def note(taken: Taken, file: str, size: int, encrypted: bool) -> None:
    """Note that a backup was made."""
    said = {
        "made_at": taken.made_at,
        "file": file,
        "bytes": size,
        "rows": taken.rows,
        "files": taken.files,
        "encrypted": encrypted,
        "whole": taken.is_whole,
    }
    note_file().write_text(json.dumps(said, indent=1))
