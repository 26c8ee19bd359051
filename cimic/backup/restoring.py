"""Putting a backup back into an empty place: all of it, or nothing.

The backup is read twice. First it is proved to its end, and nothing is written. Then its files
are laid aside in the folder of files, and only when all are there the database is restored, in
one transaction; its commit is the moment from which the place holds the backup. Then the files
are moved to their place, all at once. Whoever is killed before that moment has left an empty
database, and the next try begins anew; after it, the next try finishes the move.
"""

import errno
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import psycopg2
from django.conf import settings
from psycopg2 import sql
from pyrage import x25519

from cimic.backup.bundle import PART, Member, Reader
from cimic.backup.sealing import Unusable, identities_in, opened
from cimic.backup.taking import leaves, parameters_of, signed_text
from cimic.backup.tools import address_of, find_tool, running
from ledger.signing import key_id_of, signs

ASIDE, COMPLETE = ".restoring", "complete"
TABLES_THERE = """
    SELECT count(*) FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'S')
    AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_class.oid AND deptype = 'e')
"""
CAPACITY = {errno.ENOSPC: "the disk is full", errno.EDQUOT: "the quota is used up"}


@dataclass
class Checked:
    """A backup that was proved to its end: what it says of itself, and who signed it."""

    about: dict[str, Any] = field(default_factory=dict)
    manifest: dict[str, Any] = field(default_factory=dict)
    file_bytes: int = 0
    signed_by: str = ""

    @property
    def rows(self) -> dict[str, int]:
        return dict(self.about["rows"])


@contextmanager
def _reader(file: BinaryIO, identities: Sequence[x25519.Identity]) -> Iterator[Reader]:
    file.seek(0)
    with opened(file, identities) as stream:
        yield Reader(stream)


def keys_in(key_file: Path | None) -> list[x25519.Identity]:
    """Return the keys that open a backup; none if no file is named."""
    return identities_in(key_file) if key_file else []


def check(file: BinaryIO, identities: Sequence[x25519.Identity], signed_by: str = "") -> Checked:
    """Prove a backup to its end without restoring anything; return what it says of itself.

    ``signed_by`` is the short name of the key that must have signed it. Raises ``Unusable``.
    """
    found = Checked()
    with _reader(file, identities) as reader:
        for member in reader.members():
            found.file_bytes += member.size if member.file else 0
    found.about, found.manifest = reader.about, reader.manifest
    if reader.signature:
        found.signed_by = _signer(reader)
    if signed_by and found.signed_by != signed_by:
        who = f"signed by {found.signed_by}" if found.signed_by else "not signed"
        raise Unusable(f"The backup is {who}, and not by {signed_by}: it is not to be trusted.")
    return found


def _signer(reader: Reader) -> str:
    """Return the short name of the key that signed; raise ``Unusable`` if it did not."""
    public, signature = (str(reader.signature.get(n, "")) for n in ("public_key", "signature"))
    if not signs(public, signature, signed_text(reader.manifest_text)):
        raise Unusable("The signature is not over this backup: it was changed.")
    return key_id_of(public)


def refuse_newer(found: Checked) -> None:
    """Raise ``Unusable`` for a backup of a newer CIMIC, whose tables this code does not know."""
    known = {leaf.rsplit(".", 1)[0]: leaf for leaf in leaves()}
    newer = [
        name
        for name in found.about["migrations"]
        if (room := name.split(".", 1)[0]) in known
        and name.split(".", 1)[1] > known[room].split(".", 1)[1]
    ]
    if newer:
        raise Unusable(f"The backup is of a newer CIMIC ({newer[-1]}): install that one first.")


def refuse_older_server(found: Checked, server: int) -> None:
    """Raise ``Unusable`` for a dump of a newer PostgreSQL than the server is."""
    dumped = int(found.about["postgresql"])
    if dumped > server:
        raise Unusable(
            f"The backup is from PostgreSQL {dumped}, this server is {server}: restore it to "
            f"{dumped} or newer."
        )


class Place:
    """Where a backup is restored to: the database as its owner sees it, and the folder of files."""

    def __init__(self) -> None:
        self.parameters = parameters_of("owner")
        self.folder = Path(settings.MEDIA_ROOT)
        self.aside = self.folder / ASIDE

    @contextmanager
    def connection(self) -> Iterator[Any]:
        connection = psycopg2.connect(**self.parameters)
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                yield cursor
        finally:
            connection.close()

    def tables(self) -> int:
        """Return how many tables of ours are in the database."""
        with self.connection() as cursor:
            cursor.execute(TABLES_THERE)
            return int(cursor.fetchone()[0])

    def server_version(self) -> int:
        with self.connection() as cursor:
            return int(cursor.connection.server_version // 10000)

    def has_files(self) -> bool:
        """Whether attachments are there already."""
        attachments = self.folder / "attachments"
        return attachments.exists() and any(path.is_file() for path in attachments.rglob("*"))

    def awaits_its_files(self) -> bool:
        """Whether an earlier try died between the database's commit and the move of the files."""
        return (self.aside / COMPLETE).exists() and self.tables() > 0

    def refuse_unless_empty(self) -> None:
        """Raise ``Unusable`` where anything is that a restore would mix with."""
        if self.tables():
            raise Unusable(
                "The database is not empty, and nothing is ever restored over what is there: "
                "restore into a new one, look at it, then switch (docs/admin/backup.md)."
            )
        if self.has_files():
            raise Unusable(
                f"There are files in {self.folder / 'attachments'} already: move them away first."
            )

    def prepare(self, needed: int) -> None:
        """Clear what an earlier try left, and see that there is room for the files."""
        shutil.rmtree(self.aside, ignore_errors=True)
        self.aside.mkdir(parents=True, mode=0o700)
        free = shutil.disk_usage(self.folder).free
        if free < needed:
            raise Unusable(
                f"The disk is full: {free // 1024**2} MB are free at {self.folder}, "
                f"{needed // 1024**2} MB of files are to be restored."
            )

    def lay_aside(self, member: Member) -> None:
        """Write one file beside its place."""
        path = self.aside / member.file
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            for piece in member.pieces:
                file.write(piece)

    def all_are_aside(self) -> None:
        """Mark, once it is on the disk, that every file is there."""
        os.sync()
        marker = os.open(self.aside / COMPLETE, os.O_WRONLY | os.O_CREAT, 0o600)
        os.fsync(marker)
        os.close(marker)

    def move_in(self) -> None:
        """Move the files to their place; a second time changes nothing."""
        for path in sorted(self.aside.iterdir()):
            if path.name == COMPLETE:
                continue
            target = self.folder / path.name
            if target.is_dir() and not any(file.is_file() for file in target.rglob("*")):
                shutil.rmtree(target)
            os.replace(path, target)
        shutil.rmtree(self.aside)

    def clear(self) -> None:
        """Leave no trace of a try that failed."""
        shutil.rmtree(self.aside, ignore_errors=True)


def _restore_words(place: Place) -> tuple[list[str], dict[str, str]]:
    address, environment = address_of(place.parameters)
    tool = find_tool("pg_restore", place.server_version())
    words = [
        str(tool), "--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges",
        f"--dbname={address}",
    ]  # fmt: skip
    return words, environment


def _pour(reader: Reader, place: Place) -> None:
    """Lay the files aside, then restore the database in one transaction."""
    words, environment = _restore_words(place)
    members = reader.members()
    first = None
    for member in members:
        if member.is_database:
            first = member
            break
        place.lay_aside(member)
    if first is None:
        raise Unusable("The backup holds no database.")
    place.all_are_aside()
    with running(words, environment, stdin=subprocess.PIPE, bufsize=PART) as restoring:
        assert restoring.stdin is not None
        for piece in first.pieces:
            restoring.stdin.write(piece)
        for member in members:
            for piece in member.pieces:
                restoring.stdin.write(piece)


def restore(file: BinaryIO, identities: Sequence[x25519.Identity], found: Checked) -> None:
    """Restore a checked backup into an empty place; leave it empty if anything fails.

    Raises ``Unusable`` where the place is not empty, has no room, or the backup does not fit
    its server.
    """
    place = Place()
    if place.awaits_its_files():
        place.move_in()
        return
    refuse_newer(found)
    refuse_older_server(found, place.server_version())
    place.refuse_unless_empty()
    _restore_words(place)  # is there a program that fits? before anything is written
    try:
        place.prepare(found.file_bytes)
        with _reader(file, identities) as reader:
            _pour(reader, place)
    except (Unusable, OSError) as error:
        place.clear()
        if isinstance(error, OSError):
            why = CAPACITY.get(error.errno or 0, error.strerror or str(error))
            raise Unusable(f"{why}. Nothing was restored.") from error
        raise
    place.move_in()


def differing(found: Checked) -> dict[str, tuple[int, int]]:
    """Return the tables whose rows are not as many as the backup says: what it says, what is."""
    wrong = {}
    with Place().connection() as cursor:
        for table, rows in found.rows.items():
            cursor.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table)))
            there = int(cursor.fetchone()[0])
            if there != rows:
                wrong[table] = (rows, there)
    return wrong
