"""``manage.py import_areas``: the host country's provinces and districts, from GeoJSON."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from common.errors import Malformed
from missions.boundaries import import_areas
from missions.models import Mission


class Command(BaseCommand):
    """Import or update a mission's areas; every fault of the file is told at once.

    Exit 0 with a count; 1 if the file is refused, and then nothing is imported; 2 if there
    is no such mission or file.
    """

    help = (
        "Import provinces and districts from a GeoJSON file whose features have the properties "
        "pcode, name, level (1 province, 2 district), parent (a pcode) and, if assigned, sector."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE.geojson", type=Path)
        parser.add_argument("--mission", metavar="CODE", required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        mission = Mission.objects.filter(code__iexact=options["mission"]).first()
        if mission is None:
            raise CommandError(f"There is no mission {options['mission']}.", returncode=2)
        try:
            text = options["file"].read_text(encoding="utf-8-sig")
        except OSError as error:
            raise CommandError(
                f"Cannot read {options['file']}: {error.strerror}.", returncode=2
            ) from error
        except UnicodeDecodeError as error:
            raise CommandError(f"{options['file']} is no UTF-8 text.", returncode=1) from error
        try:
            collection = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise CommandError(f"{options['file']} is no JSON: {error}", returncode=1) from error
        try:
            done = import_areas(mission=mission, collection=collection)
        except Malformed as refusal:
            for wrong in refusal.errors:
                self.stderr.write(f"{wrong.field}: {wrong.message}")
            raise CommandError(
                f"Nothing imported: {len(refusal.errors)} faults in {options['file']}.",
                returncode=1,
            ) from refusal
        self.stdout.write(
            f"{mission.code}: {done.made} areas made, {done.changed} changed, "
            f"{done.unchanged} as they were."
        )
