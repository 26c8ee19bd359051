"""Delivering whatever is owed: what a killed worker left is found here."""

import logging

from common.clock import now
from ledger.models import OutboxRow
from notices.models import Letter
from notices.services.owing import pause
from notices.services.sending import owed_letters, put_off, send
from notices.services.telling import owed_rows, take_from_outbox

log = logging.getLogger(__name__)


def _put_row_off(row_id: int, error: Exception) -> None:
    """Keep why a row could not be turned into notices, and when it is tried again."""
    row = OutboxRow.objects.filter(pk=row_id, done_at=None).first()
    if row is not None:
        row.attempts += 1
        row.last_error = f"{type(error).__name__}: {error}"[:500]
        row.next_try_at = now() + pause(row.attempts)
        row.save(update_fields=["attempts", "last_error", "next_try_at"])


def _put_letter_off(letter_id: int, error: Exception) -> None:
    letter = Letter.objects.filter(pk=letter_id, sent_at=None).first()
    if letter is not None:
        letter.attempts += 1
        put_off(letter, error)


def sweep() -> int:
    """Deliver everything that is owed; return how many notices' rows and letters were done.

    The database remembers. One row or letter that cannot be done does not hold up the others.
    """
    done = 0
    for row_id in owed_rows():
        try:
            done += take_from_outbox(row_id)
        except Exception as error:
            log.exception("outbox row %s", row_id)
            _put_row_off(row_id, error)
    for letter_id in owed_letters():
        try:
            done += send(letter_id)
        except Exception as error:
            log.exception("letter %s", letter_id)
            _put_letter_off(letter_id, error)
    return done
