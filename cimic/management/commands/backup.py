"""``manage.py backup FILE``: the database and the attachments, whole, while they are used."""

import contextlib
import errno
import os
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from cimic.backup.sealing import Unusable, new_key
from cimic.backup.taking import Taken, note, take

STREAM = "-"


class Command(BaseCommand):
    """Write a backup to a file, or to the standard output; exit 1 if it is not whole."""

    help = "Write the database and the attachments to one file, encrypted if a key is given."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", help="the backup; - is the standard output")
        parser.add_argument(
            "--recipient",
            action="append",
            metavar="PUBLIC_KEY",
            help="encrypt it for this key (age1…); again for more; else CIMIC_BACKUP_RECIPIENTS",
        )
        parser.add_argument(
            "--make-key",
            metavar="FILE",
            help="make a key: the secret half there, the public one told",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["make_key"]:
            self._make_key(Path(options["make_key"]))
            return
        if not options["file"]:
            raise CommandError("Name the file that the backup is written to.", returncode=2)
        recipients = options["recipient"] or settings.BACKUP_RECIPIENTS
        try:
            if options["file"] == STREAM:
                taken = take(sys.stdout.buffer, recipients=recipients)
                sys.stdout.buffer.flush()
                self._end(taken, "the standard output", taken.bytes, recipients)
            else:
                path = Path(options["file"]).absolute()
                taken = self._write(path, recipients)
                self._end(taken, str(path), path.stat().st_size, recipients)
        except Unusable as error:
            raise CommandError(f"No backup was made: {error}") from error
        except OSError as error:
            why = "the disk is full" if error.errno == errno.ENOSPC else error.strerror or error
            raise CommandError(
                f"No backup was made: {error.filename or options['file']}: {why}. What was "
                "written of it is removed."
            ) from error

    def _write(self, path: Path, recipients: list[str]) -> Taken:
        """Write the backup beside its place and move it there whole."""
        if path.exists():
            raise CommandError(f"{path} is there already: a backup is never written over.")
        part = path.with_name(f".{path.name}.part")
        part.unlink(missing_ok=True)
        try:
            with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                taken = take(file, recipients=recipients)
                file.flush()
                os.fsync(file.fileno())
            os.link(part, path)
        finally:
            part.unlink(missing_ok=True)
        folder = os.open(path.parent, os.O_RDONLY)
        with contextlib.suppress(OSError):  # some network folders cannot
            os.fsync(folder)
        os.close(folder)
        return taken

    def _end(self, taken: Taken, file: str, size: int, recipients: list[str]) -> None:
        note(taken, file, size, bool(recipients))
        self.stderr.write(
            f"{file}: {taken.rows} rows and {taken.files} files as of {taken.made_at}, "
            f"{size / 1e6:.1f} MB, "
            + (f"encrypted for {len(recipients)}" if recipients else "NOT encrypted")
            + (
                f", signed by key {taken.key_id}"
                if taken.key_id
                else ", not signed: no signing key"
            )
            + "."
        )
        if not recipients:
            self.stderr.write(
                "Whoever has this file reads all of it: set CIMIC_BACKUP_RECIPIENTS "
                "(`manage.py backup --make-key FILE`)."
            )
        for word, names in (("missing", taken.missing), ("changed", taken.damaged)):
            for name in names:
                self.stderr.write(f"{word}: {name}")
        if not taken.is_whole:
            raise CommandError(
                "The backup is made, but files were not as the database knows them: restore the "
                "files named above from an older backup."
            )

    def _make_key(self, path: Path) -> None:
        secret, public = new_key()
        try:
            with open(
                os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8"
            ) as file:
                file.write(f"# A key of CIMIC's backups. Public: {public}\n{secret}\n")
        except FileExistsError as error:
            raise CommandError(f"{path} is there already: a key is never written over.") from error
        self.stdout.write(public)
        self.stderr.write(
            f"{path} opens the backups that are encrypted for this key, and nothing else does: "
            "keep two copies away from this server, and none on it."
        )
