"""Telling people: from the outbox to a notice, from notices to a letter that is sent.

Two marks, each in one transaction with what it marks. An outbox row is taken with
``SKIP LOCKED`` and turned into notices and letters exactly once. A letter is sent while its
row is locked and marked afterwards: at least once, under one Message-ID.
"""

from notices.services.digests import last_digest, make_digest, make_digests
from notices.services.owing import LISTENER
from notices.services.preferring import change_preferences
from notices.services.reading import mark_all_read, mark_read
from notices.services.sending import owed_letters, send
from notices.services.sweeping import sweep
from notices.services.telling import owed_rows, take_from_outbox

__all__ = [
    "LISTENER",
    "change_preferences",
    "last_digest",
    "make_digest",
    "make_digests",
    "mark_all_read",
    "mark_read",
    "owed_letters",
    "owed_rows",
    "send",
    "sweep",
    "take_from_outbox",
]
