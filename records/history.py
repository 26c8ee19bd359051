"""What of a record's history a person reads; its order, hashes and places in the chain all do."""

import json
from typing import Any

from approvals.policy import may_read_entry
from approvals.queries import TELLS_WHO_ASKS, is_of_who_asks, shows_who_asks
from ledger.models import Entry
from missions.models import User
from requests_app.models import AssistanceRequest

# The acts whose entries keep what was asked, and so who asks.
TELLS_CONTENT = frozenset(
    {
        "request.drafted",
        "request.imported",
        "request.submitted",
        "request.resubmitted",
        "request.changed",
    }
)


def hides_who_did_it(rfa: AssistanceRequest | None, entry: Entry) -> bool:
    """Whether an entry would tell who a low-profile requester is, to who is not to know (R22)."""
    if rfa is None or shows_who_asks(rfa):
        return False
    return is_of_who_asks(rfa, entry.actor, entry.post) or entry.act in TELLS_CONTENT


def payload_for(person: User, rfa: AssistanceRequest, entry: Entry) -> dict[str, Any] | None:
    """Return what an entry says, or None where that is withheld from the person, or erased."""
    if hides_who_did_it(rfa, entry) or entry.payload.erasure_id is not None:
        return None
    said: dict[str, Any] = json.loads(entry.payload.text)
    tells_who_asks = entry.act == "record.corrected" and said.get("field") in TELLS_WHO_ASKS
    if tells_who_asks and not shows_who_asks(rfa):
        return None
    return said if may_read_entry(person, rfa, entry.act, said) else None
