"""``manage.py check_backup FILE``: prove a backup to its end, restoring nothing."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser, OutputWrapper

from cimic.backup.restoring import Checked, check, keys_in
from cimic.backup.sealing import Unusable


def add_backup_arguments(parser: CommandParser) -> None:
    """Add what names a backup and the keys it is opened and trusted by."""
    parser.add_argument("file", help="the backup")
    parser.add_argument(
        "--key-file", metavar="FILE", help="the secret half of the key it is encrypted for"
    )
    parser.add_argument(
        "--signed-by",
        metavar="KEY",
        default="",
        help="refuse it unless this key of the ledger signed it, as the witnesses know it",
    )


def tell(out: OutputWrapper, found: Checked) -> None:
    """Say what a backup holds."""
    about, ledger = found.about, found.about["ledger"]
    out.write(
        f"A backup of {', '.join(about['missions']) or 'no mission'} ({about['site']}) as of "
        f"{about['made_at']}, from PostgreSQL {about['postgresql']}."
    )
    out.write(
        f"{sum(found.rows.values())} rows in {len(found.rows)} tables; {found.manifest['files']} "
        f"files, {found.file_bytes / 1e6:.1f} MB; {ledger['entries']} entries of the ledger, the "
        f"last checkpoint {ledger['checkpoint'] or 'none'}."
    )
    out.write(
        f"Signed by key {found.signed_by}: compare it with what a witness keeps."
        if found.signed_by
        else "Not signed: that nobody changed it on purpose, nothing shows."
    )


class Command(BaseCommand):
    """Read a backup to its end and say what it holds; exit 1 if it cannot be used."""

    help = "Prove that a backup is whole and unchanged, without restoring anything."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        add_backup_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        key_file = Path(options["key_file"]) if options["key_file"] else None
        try:
            with open(options["file"], "rb") as file:
                found = check(file, keys_in(key_file), options["signed_by"])
        except Unusable as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{options['file']} cannot be read: {error.strerror}.") from error
        tell(self.stdout, found)
        for word in ("missing", "damaged"):
            for name in found.manifest[word]:
                self.stderr.write(f"{word} when it was made: {name}")
        self.stdout.write("It is whole.")
