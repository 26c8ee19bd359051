"""``manage.py verify_ledger``: prove the ledger, or say where it breaks."""

import json
import os
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ledger.verification import Finding, verify
from missions.models import Mission

MOST_BY_ITSELF = 4


class Command(BaseCommand):
    """Exit 0 with a count if everything holds; 1 and each chain's first broken entry if not."""

    help = "Prove that no entry of the ledger was changed, left out or put in between."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--mission", metavar="CODE", help="one mission's chains alone")
        parser.add_argument(
            "--processes",
            type=int,
            default=min(MOST_BY_ITSELF, len(os.sched_getaffinity(0))),
            help="how many read at once; unless told, one a core, at most four",
        )
        parser.add_argument("--json", action="store_true", help="answer as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        mission = None
        if options["mission"]:
            mission = Mission.objects.filter(code__iexact=options["mission"]).first()
            if mission is None:
                raise CommandError(f"There is no mission {options['mission']}.", returncode=2)
        finding = verify(mission=mission, processes=options["processes"])
        if options["json"]:
            self.stdout.write(json.dumps(self._as_json(finding), indent=2))
        else:
            self._tell(finding)
        if not finding.holds:
            raise CommandError(
                f"{len(finding.breaks)} chains and {len(finding.faults)} checkpoints, keys or "
                "receipts do not hold.",
                returncode=1,
            )
        if not options["json"]:
            self.stdout.write("Every chain holds.")

    def _as_json(self, finding: Finding) -> dict[str, Any]:
        return {
            "holds": finding.holds,
            "chains": finding.chains,
            "entries": finding.entries,
            "broken": [vars(found) for found in finding.breaks],
            "checkpoints": finding.checkpoints,
            "witnessed_until": finding.witnessed_until or None,
            "unwitnessed": finding.unwitnessed,
            "faults": [vars(found) for found in finding.faults],
            "warnings": [vars(found) for found in finding.warnings],
        }

    def _tell(self, finding: Finding) -> None:
        for found in finding.breaks:
            self.stdout.write(f"BROKEN {found.reference} entry {found.number}: {found.reason}")
        for fault in finding.faults:
            self.stdout.write(f"BROKEN {fault.kind} {fault.number}: {fault.reason}")
        for fault in finding.warnings:
            self.stdout.write(f"NOTE {fault.kind} {fault.number}: {fault.reason}")
        self.stdout.write(f"{finding.entries} entries in {finding.chains} chains read.")
        if finding.witnessed_until:
            self.stdout.write(
                f"{finding.checkpoints} checkpoints; witnessed outside up to number "
                f"{finding.witnessed_until}; {finding.unwitnessed} entries are unwitnessed."
            )
        else:
            self.stdout.write(
                f"{finding.checkpoints} checkpoints; no receipt has left: "
                f"all {finding.unwitnessed} entries are unwitnessed."
            )
