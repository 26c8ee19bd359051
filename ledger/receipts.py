"""Receipts: checkpoints that leave the server, by letter or as files, until each has left."""

import datetime as dt
import json
import logging
import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils.translation import gettext as _

from common.canonical import sha256
from common.clock import now
from common.due import is_due
from common.errors import NotNow
from ledger.models import Checkpoint, WitnessReceipt
from ledger.proofs import checkpoint_as_kept, keys_as_kept
from ledger.services import append, chain_of_mission
from missions.models import User
from missions.queries import Standing

log = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 20, 3600
MOST_A_SWEEP = 50
FOLDER = "folder"
WHAT = (
    "A receipt of the ledger of a United Nations peacekeeping mission's civil-military "
    "coordination. Keep it where that mission's servers cannot reach it. As long as you do, no "
    "entry written before it can be changed, left out or put in between without being found."
)
HOW = (
    "The signature is Ed25519 (RFC 8032) by public_key of the key named key_id, over the UTF-8 "
    'text of the JSON list ["cimic-checkpoint-1", number, made_at, root, chains, entries, '
    "previous, key_id], without spaces; hash is the SHA-256 of that text. verify.py, which every "
    "archived bag carries, checks it with nothing but Python: python3 -I -S verify.py RECEIPT."
)


def receipt_text(checkpoint: Checkpoint) -> str:
    """Return a checkpoint's receipt as it leaves: the same bytes every time."""
    receipt = {
        "format": "cimic-receipt-1",
        "what": WHAT,
        "how": HOW,
        "checkpoint": checkpoint_as_kept(checkpoint),
        "keys": keys_as_kept(checkpoint.key.number),
    }
    return json.dumps(receipt, indent=1, ensure_ascii=False) + "\n"


def file_name(checkpoint: Checkpoint) -> str:
    """Return the name of a receipt's file."""
    return f"checkpoint-{checkpoint.number:06}-{checkpoint.hash[:16]}.json"


def destinations() -> list[str]:
    """List where receipts go: ``mailto:`` addresses, and the folder outside."""
    found = [f"mailto:{address}" for address in settings.RECEIPT_EMAILS]
    return found + ([FOLDER] if settings.RECEIPT_FOLDER else [])


def owe_receipts(checkpoint: Checkpoint) -> int:
    """Owe each witness the receipt of a checkpoint, once; return how many are newly owed."""
    digest, at = sha256(receipt_text(checkpoint)), now()
    known = set(checkpoint.receipts.values_list("destination", flat=True))
    owed = [
        WitnessReceipt(
            checkpoint=checkpoint, destination=to, digest=digest, owed_at=at, next_try_at=at
        )
        for to in destinations()
        if to not in known
    ]
    WitnessReceipt.objects.bulk_create(owed, ignore_conflicts=True)
    return len(owed)


def _post(receipt: WitnessReceipt, text: str) -> None:
    checkpoint = receipt.checkpoint
    message = EmailMessage(
        subject=f"Receipt of checkpoint {checkpoint.number} of {checkpoint.made_at:%Y-%m-%d}",
        body=f"{WHAT}\n\n{HOW}\n\nCheckpoint {checkpoint.number}: {checkpoint.hash}\n"
        f"Key {checkpoint.key.key_id}: {checkpoint.key.public_key}\n",
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[receipt.destination.removeprefix("mailto:")],
        headers={
            "Message-ID": f"<receipt-{receipt.pk}-{receipt.digest[:24]}@cimic>",
            "Auto-Submitted": "auto-generated",
        },
    )
    message.attach(file_name(checkpoint), text, "application/json")
    message.send()


def _put(receipt: WitnessReceipt, text: str) -> None:
    """Write the receipt into the folder, whole, and read it back; the same name, the same file."""
    folder = Path(settings.RECEIPT_FOLDER)
    path = folder / file_name(receipt.checkpoint)
    part = folder / f".{path.name}.{receipt.pk}"
    with open(part, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(part, path)
    if path.read_text(encoding="utf-8") != text:
        raise OSError(f"{path} does not read as it was written")


def send_receipt(receipt_id: int) -> bool:
    """Send one receipt and mark that it left; say whether it left now.

    Its row is locked meanwhile, so no two workers send it at once. What went wrong is kept
    with it, and it is tried again later: at least once, under one name and Message-ID.
    """
    with transaction.atomic():
        receipt = (
            WitnessReceipt.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("checkpoint__key")
            .filter(pk=receipt_id, left_at=None)
            .first()
        )
        if receipt is None:
            return False
        receipt.attempts += 1
        text = receipt_text(receipt.checkpoint)
        try:
            (_put if receipt.destination == FOLDER else _post)(receipt, text)
        except OSError as error:
            pause = min(FIRST_PAUSE * 2 ** min(receipt.attempts - 1, 10), LONGEST_PAUSE)
            receipt.last_error = f"{type(error).__name__}: {error}"[:500]
            receipt.next_try_at = now() + dt.timedelta(seconds=pause)
            receipt.save(update_fields=["attempts", "last_error", "next_try_at"])
            log.warning("receipt of %s not sent: %s", receipt.checkpoint, receipt.last_error)
            return False
        receipt.left_at, receipt.last_error = now(), ""
        receipt.save(update_fields=["attempts", "left_at", "last_error"])
    return True


def send_owed() -> int:
    """Send every receipt that is owed and may be tried now; return how many left.

    What the last checkpoint owes a witness set since then is owed first.
    """
    last = Checkpoint.objects.select_related("key").order_by("-number").first()
    if last is not None:
        owe_receipts(last)
    owed = WitnessReceipt.objects.filter(
        is_due("next_try_at", dt.timedelta(seconds=LONGEST_PAUSE)), left_at=None
    ).order_by("pk")
    return sum(send_receipt(pk) for pk in owed.values_list("pk", flat=True)[:MOST_A_SWEEP])


@transaction.atomic
def acknowledge(*, receipt_id: int, actor: User, standing: Standing) -> WitnessReceipt:
    """Record that a witness has said that a receipt arrived.

    Raises ``NotNow`` for one that has not left, or was acknowledged before.
    """
    receipt = (
        WitnessReceipt.objects.select_for_update(of=("self",))
        .select_related("checkpoint")
        .get(pk=receipt_id)
    )
    if receipt.left_at is None or receipt.acknowledged_at is not None:
        raise NotNow(_("This receipt has not left yet, or was acknowledged already."))
    receipt.acknowledged_at, receipt.acknowledged_by = now(), actor
    receipt.save(update_fields=["acknowledged_at", "acknowledged_by"])
    append(
        chain_id=chain_of_mission(standing.post.mission),
        act="receipt.acknowledged",
        actor=actor,
        standing=standing,
        payload={"checkpoint": receipt.checkpoint.number, "hash": receipt.checkpoint.hash},
    )
    return receipt


def receipts_found() -> list[tuple[str, dict[str, Any] | None]]:
    """Return the receipts in the folder outside, by file name; None for one that is unreadable."""
    folder = Path(settings.RECEIPT_FOLDER) if settings.RECEIPT_FOLDER else None
    if folder is None or not folder.is_dir():
        return []
    found: list[tuple[str, dict[str, Any] | None]] = []
    for path in sorted(folder.glob("checkpoint-*.json")):
        try:
            said = json.loads(path.read_text(encoding="utf-8"))["checkpoint"]
            found.append((path.name, said if isinstance(said, dict) else None))
        except (OSError, ValueError, KeyError, TypeError):
            found.append((path.name, None))
    return found
