"""``manage.py load_demo``: the demonstration mission, the same for the same seed."""

import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from cimic.demo.bulk import MOST_COPIES, Spoilt, load_many
from cimic.demo.loading import MOST_RECORDS, Loaded, load


class Command(BaseCommand):
    """Make UNAC with its people and records; do nothing where it exists."""

    help = "Load the demonstration mission UNAC with its accounts and records."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--records", type=int, metavar="N", help="how many records; all told ones by default"
        )
        parser.add_argument("--seed", type=int, default=1, metavar="S")

    def handle(self, *args: Any, **options: Any) -> None:
        records = options["records"]
        if records is not None and not 0 <= records <= MOST_COPIES:
            raise CommandError(f"Ask for 0 to {MOST_COPIES} records.", returncode=2)
        if not set(settings.ALLOWED_HOSTS) <= settings.LOOPBACK:
            raise CommandError(
                "The demonstration's accounts share one known password: it is loaded only where "
                "CIMIC_ALLOWED_HOSTS names this machine alone.",
                returncode=2,
            )
        loaded = self._load(records, options["seed"])
        if not loaded.made:
            self.stdout.write("The demonstration mission is there already; nothing was changed.")
            return
        total = sum(loaded.statuses.values())
        self.stdout.write(f"The demonstration mission has {total} records:")
        for status, count in sorted(loaded.statuses.items()):
            self.stdout.write(f"  {count:>5} {status}")

    def _load(self, records: int | None, seed: int) -> Loaded:
        """Tell up to 2,000 deed by deed; above, tell some and copy them, as the owner."""
        if records is None or records <= MOST_RECORDS:
            return load(records=records, seed=seed)
        if "owner" not in connections.databases:
            raise CommandError(
                f"More than {MOST_RECORDS} records are copied by the database's owner: set "
                "CIMIC_OWNER_DATABASE_URL.",
                returncode=2,
            )
        began = time.monotonic()

        def tell(line: str) -> None:
            self.stdout.write(f"{time.monotonic() - began:>6.0f} s  {line}")
            self.stdout.flush()

        try:
            return load_many(records=records, seed=seed, tell=tell)
        except Spoilt as spoilt:
            raise CommandError(str(spoilt), returncode=1) from spoilt
