"""How the ledger stands with its witnesses: for the page, the API, the doctor and verifying."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import QuerySet, Sum

from common.clock import now
from ledger.checkpoints import last_checkpoint
from ledger.models import Chain, Checkpoint, Entry, SigningKey, WitnessReceipt
from ledger.receipts import destinations

# A daily deed is late when a day and the sweeps' own pause have gone by.
LATE = dt.timedelta(days=1, hours=1)


@dataclass(frozen=True)
class State:
    """The last checkpoint, the last one witnessed outside, and what is newer than that."""

    checkpoint: Checkpoint | None
    witnessed: WitnessReceipt | None
    entries: int
    unwitnessed: int
    waiting: int
    keys: list[SigningKey]

    @property
    def checkpoint_is_late(self) -> bool:
        """Whether there are entries, and no checkpoint for longer than a day."""
        if self.checkpoint is None:
            first = Entry.objects.order_by("pk").first()
            return bool(first and not first.told_clock and now() - first.recorded_at > LATE)
        return now() - self.checkpoint.made_at > LATE

    @property
    def receipt_is_late(self) -> bool:
        """Whether a checkpoint is there, and none has been witnessed for longer than a day."""
        if self.checkpoint is None:
            return False
        if self.witnessed is None or self.witnessed.left_at is None:
            return now() - self.checkpoint.made_at > LATE
        return now() - self.witnessed.left_at > LATE

    @property
    def has_witnesses(self) -> bool:
        return bool(destinations())


def last_receipt() -> WitnessReceipt | None:
    """Return the receipt of the newest checkpoint that has left the server."""
    return (
        WitnessReceipt.objects.exclude(left_at=None)
        .select_related("checkpoint__key")
        .order_by("-checkpoint__number", "left_at")
        .first()
    )


def how_it_stands() -> State:
    """Return how the ledger stands now; counts are of all missions, as checkpoints are."""
    entries = Chain.objects.aggregate(all=Sum("length"))["all"] or 0
    witnessed = last_receipt()
    return State(
        checkpoint=last_checkpoint(),
        witnessed=witnessed,
        entries=entries,
        unwitnessed=entries - (witnessed.checkpoint.entries if witnessed else 0),
        waiting=WitnessReceipt.objects.filter(left_at=None).count(),
        keys=list(SigningKey.objects.order_by("-number")),
    )


def checkpoints_made() -> QuerySet[Checkpoint]:
    """Return the checkpoints with their keys and receipts."""
    return Checkpoint.objects.select_related("key").prefetch_related("receipts")
