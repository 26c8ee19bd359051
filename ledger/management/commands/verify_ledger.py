"""``manage.py verify_ledger``: prove the ledger, or say where it breaks."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ledger.models import Chain
from ledger.verification import verify
from missions.models import Mission


class Command(BaseCommand):
    """Exit 0 with a count if every chain holds; 1 and each chain's first broken entry if not."""

    help = "Prove that no entry of the ledger was changed, left out or put in between."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--mission", metavar="CODE", help="one mission's chains alone")
        parser.add_argument("--json", action="store_true", help="answer as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        chains = Chain.objects.all()
        if options["mission"]:
            mission = Mission.objects.filter(code__iexact=options["mission"]).first()
            if mission is None:
                raise CommandError(f"There is no mission {options['mission']}.", returncode=2)
            chains = chains.filter(mission=mission)
        finding = verify(chains)
        if options["json"]:
            answer = {
                "holds": finding.holds,
                "chains": finding.chains,
                "entries": finding.entries,
                "broken": [vars(found) for found in finding.breaks],
            }
            self.stdout.write(json.dumps(answer, indent=2))
        else:
            for found in finding.breaks:
                self.stdout.write(f"BROKEN {found.reference} entry {found.number}: {found.reason}")
            self.stdout.write(f"{finding.entries} entries in {finding.chains} chains read.")
        if not finding.holds:
            raise CommandError(f"{len(finding.breaks)} chains do not hold.", returncode=1)
        if not options["json"]:
            self.stdout.write("Every chain holds.")
