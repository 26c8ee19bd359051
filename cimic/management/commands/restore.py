"""``manage.py restore FILE``: a backup into an empty place, whole or not at all."""

from pathlib import Path
from typing import Any

import psycopg2
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from cimic.backup.restoring import check, differing, keys_in, restore
from cimic.backup.sealing import Unusable
from cimic.management.commands.check_backup import add_backup_arguments, tell
from ledger.verification import verify


class Command(BaseCommand):
    """Restore, bring the tables up to date, count every row and prove the ledger."""

    help = "Restore a backup into an empty database and folder, and prove that it is all there."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        add_backup_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        if "owner" not in connections.databases:
            raise CommandError(
                "Restoring makes tables: set CIMIC_OWNER_DATABASE_URL to the owner's address for "
                "this command, as for `manage.py migrate`.",
                returncode=2,
            )
        try:
            self._restore(options)
        except Unusable as error:
            raise CommandError(f"Nothing was restored: {error}") from error
        except psycopg2.OperationalError as error:
            first = str(error).strip().splitlines()[0]
            raise CommandError(f"The database does not answer: {first}") from error

    def _restore(self, options: dict[str, Any]) -> None:
        key_file = Path(options["key_file"]) if options["key_file"] else None
        identities = keys_in(key_file)
        try:
            file = open(options["file"], "rb")  # noqa: SIM115 - closed below
        except OSError as error:
            raise Unusable(f"{options['file']} cannot be read: {error.strerror}.") from error
        with file:
            found = check(file, identities, options["signed_by"])
            tell(self.stdout, found)
            restore(file, identities, found)
        wrong = differing(found)
        if wrong:
            told = ", ".join(f"{name} has {is_} of {was}" for name, (was, is_) in wrong.items())
            raise CommandError(f"What was restored is not what the backup says: {told}.")
        self.stdout.write(
            f"Restored: {sum(found.rows.values())} rows, each table as the backup says."
        )
        call_command("migrate", verbosity=0, interactive=False)
        ledger = verify()
        if not ledger.holds:
            raise CommandError(
                "All of the backup is restored, but the ledger in it does not hold: see "
                "`manage.py verify_ledger` and docs/admin/broken-chain.md."
            )
        self.stdout.write(
            f"The ledger holds: {ledger.entries} entries in {ledger.chains} chains, "
            f"{ledger.checkpoints} checkpoints. Everybody signs in anew."
        )
        for name in found.manifest.get("missing", []):
            self.stderr.write(f"missing when the backup was made: {name}")
