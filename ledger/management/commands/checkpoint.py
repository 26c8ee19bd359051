"""``manage.py checkpoint``: sign the heads of all chains now, and send the receipts."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from common.errors import NotNow
from ledger.checkpoints import last_checkpoint, make_checkpoint
from ledger.receipts import send_owed


class Command(BaseCommand):
    """Make a checkpoint unless nothing has grown; exit 1 if a receipt could not leave."""

    help = "Sign the heads of all chains of the ledger, and send the receipts that are owed."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            made = make_checkpoint()
        except NotNow as refusal:
            raise CommandError(refusal.detail, returncode=1) from refusal
        last = made or last_checkpoint()
        if last is None:
            raise CommandError("There is nothing to sign yet.", returncode=1)
        said = "Made" if made else "Nothing has grown since"
        self.stdout.write(
            f"{said} checkpoint {last.number} of {last.made_at:%Y-%m-%d %H:%M:%S} UTC: "
            f"{last.entries} entries in {last.chains} chains."
        )
        self.stdout.write(f"hash {last.hash}")
        self.stdout.write(f"key  {last.key.key_id}")
        send_owed()
        waiting = list(last.receipts.filter(left_at=None))
        for receipt in last.receipts.exclude(left_at=None).order_by("pk"):
            self.stdout.write(f"Its receipt has left to {receipt.destination}.")
        if not last.receipts.exists():
            self.stdout.write(
                "No receipt leaves this server: set CIMIC_RECEIPT_EMAILS or CIMIC_RECEIPT_FOLDER."
            )
        if waiting:
            told = "; ".join(f"{each.destination}: {each.last_error}" for each in waiting)
            raise CommandError(f"Receipts that wait: {told}", returncode=1)
