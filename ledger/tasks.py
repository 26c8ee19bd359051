"""The doors to the ledger's sweeps: they hold no rule and are safe to run twice."""

from celery import shared_task

from ledger import checkpoints, receipts


@shared_task
def make_daily_checkpoint() -> int:
    """Make today's checkpoint unless it is there; return its number, or 0."""
    made = checkpoints.make_checkpoint(daily=True)
    if made is None:
        return 0
    receipts.send_owed()
    return made.number


@shared_task
def send_receipts() -> int:
    """Send what is owed to witnesses and has not left."""
    return receipts.send_owed()
