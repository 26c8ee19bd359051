"""``manage.py rebuild_compliance``: make the compliance summary anew from the records."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from missions.models import Mission
from records.compliance.summary import rebuild


class Command(BaseCommand):
    """Find anew what every record is, row by row, and count it; deeds may go on meanwhile."""

    help = "Make the compliance summary anew from the records."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--mission", metavar="CODE", help="one mission alone")

    def handle(self, *args: Any, **options: Any) -> None:
        missions = Mission.objects.order_by("code")
        if options["mission"]:
            missions = missions.filter(code__iexact=options["mission"])
            if not missions:
                raise CommandError(f"There is no mission {options['mission']}.", returncode=2)
        for mission in missions:
            self.stdout.write(f"{mission.code}: {rebuild(mission)} records counted anew.")
