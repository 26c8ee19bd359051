"""``manage.py load_demo``: the demonstration mission, the same for the same seed."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from cimic.demo.loading import MOST_RECORDS, load


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
        if records is not None and not 0 <= records <= MOST_RECORDS:
            raise CommandError(
                f"Ask for 0 to {MOST_RECORDS} records: each is made through the services, deed "
                "by deed. The bulk load of up to 1,000,000 is not there yet.",
                returncode=2,
            )
        if not set(settings.ALLOWED_HOSTS) <= settings.LOOPBACK:
            raise CommandError(
                "The demonstration's accounts share one known password: it is loaded only where "
                "CIMIC_ALLOWED_HOSTS names this machine alone.",
                returncode=2,
            )
        loaded = load(records=records, seed=options["seed"])
        if not loaded.made:
            self.stdout.write("The demonstration mission is there already; nothing was changed.")
            return
        total = sum(loaded.statuses.values())
        self.stdout.write(f"The demonstration mission has {total} records:")
        for status, count in sorted(loaded.statuses.items()):
            self.stdout.write(f"  {count:>5} {status}")
