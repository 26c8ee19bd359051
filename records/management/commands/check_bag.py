"""``manage.py check_bag``: whether bags are whole, unchanged and what they say they are."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from records.archive.checking import check


class Command(BaseCommand):
    """Check each bag, a folder or a ZIP file; exit 1 if one does not hold."""

    help = "Check archived bags: folders or ZIP files."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("bags", nargs="+", metavar="FOLDER")

    def handle(self, *args: Any, **options: Any) -> None:
        broken = 0
        for name in options["bags"]:
            faults = check(Path(name))
            broken += bool(faults)
            self.stdout.write(f"{name}: {'does not hold' if faults else 'holds'}")
            for fault in faults:
                self.stdout.write(f"  {fault}")
        if broken:
            raise CommandError(f"{broken} of {len(options['bags'])} bags do not hold.")
