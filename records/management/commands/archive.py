"""``manage.py archive``: pack a mission's closed records as BagIt bags."""

import datetime as dt
from pathlib import Path
from subprocess import CalledProcessError
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from common.errors import NotNow, Refusal
from ledger.checkpoints import make_checkpoint
from ledger.receipts import send_owed
from missions.models import Mission
from records.archive import pack
from requests_app.models import AssistanceRequest
from requests_app.vocabulary import Status


class Command(BaseCommand):
    """Pack every record closed before a day; each bag is whole or not there."""

    help = "Pack a mission's closed records as BagIt bags."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--mission", required=True, metavar="CODE")
        parser.add_argument("--before", required=True, metavar="DATE", help="YYYY-MM-DD")
        parser.add_argument("--to", required=True, metavar="FOLDER")

    def handle(self, *args: Any, **options: Any) -> None:
        mission = Mission.objects.filter(code__iexact=options["mission"]).first()
        if mission is None:
            raise CommandError(f"There is no mission {options['mission']}.")
        try:
            before = dt.date.fromisoformat(options["before"])
        except ValueError as error:
            raise CommandError("Write --before as YYYY-MM-DD.") from error
        folder = Path(options["to"])
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CommandError(f"{folder} cannot be made: {error.strerror}.") from error
        closed = AssistanceRequest.objects.filter(
            mission=mission, status=Status.CLOSED, closed_at__date__lt=before
        ).order_by("closed_at")
        try:
            make_checkpoint()  # so that each bag's proof reaches its newest entry
            send_owed()
        except NotNow as refusal:
            self.stderr.write(f"No checkpoint was made first: {refusal}")
        packed = refused = 0
        for rfa in closed:
            try:
                kept = pack(rfa=rfa, to=folder, actor=None)
            except (Refusal, OSError, CalledProcessError) as error:
                refused += 1
                self.stderr.write(f"{rfa.reference}: {error}")
                continue
            packed += 1
            self.stdout.write(f"{kept.name} {kept.digest}")
        self.stdout.write(f"{packed} records packed in {folder}.")
        if refused:
            raise CommandError(f"{refused} of {packed + refused} records were not packed.")
