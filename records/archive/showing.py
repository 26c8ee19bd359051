"""A record's place in the archive as plain values, for page and API alike."""

import datetime as dt
from typing import Any

from records.archive.disposal import lacking_for_disposal
from records.archive.retention import NEVER, next_step
from records.models import RetentionClass
from requests_app.models import AssistanceRequest


def line_of(rfa: AssistanceRequest, today: dt.date) -> dict[str, Any]:
    """Return one line of the archive, of a record loaded ``with_retention``."""
    kept: Any = rfa
    return {
        "reference": rfa.reference,
        "title": rfa.title,
        "kind": rfa.kind,
        "closed_at": rfa.closed_at,
        "class": kept.class_code,
        "action": kept.class_action,
        "is_example": bool(kept.class_is_example),
        "due_on": None if kept.due_on == NEVER else kept.due_on,
        "held": kept.is_held,
        "transferred": kept.is_transferred,
        "disposal_asked": kept.is_asked,
        "disposed": kept.is_disposed,
        "next": next_step(rfa, today),
    }


def class_for_api(line: RetentionClass) -> dict[str, Any]:
    """Return a class of the schedule."""
    return {
        "code": line.code,
        "title": line.title,
        "number": line.number,
        "kinds": line.kinds,
        "trigger": line.trigger,
        "years": line.years,
        "action": line.action,
        "authority": line.authority,
        "is_example": line.is_example,
        "ended_at": line.ended_at,
    }


def stub_of(rfa: AssistanceRequest) -> dict[str, Any] | None:
    """Return what is left of a record that was disposed of."""
    if not hasattr(rfa, "disposal"):
        return None
    stub = rfa.disposal
    return {
        "class": stub.class_code,
        "class_title": stub.class_title,
        "action": stub.action,
        "due_on": stub.due_on,
        "authority": stub.authority,
        "reason": stub.reason,
        "asked_by": stub.asked_by.name,
        "asked_at": stub.asked.at,
        "confirmed_by": stub.by.name,
        "at": stub.at,
        "receipt": stub.transfer.receipt_reference if stub.transfer else None,
        "digests": stub.digests,
    }


def _asked(rfa: AssistanceRequest) -> dict[str, Any] | None:
    asked = rfa.disposals_asked.filter(declined=None, disposal=None).select_related("by").first()
    if asked is None:
        return None
    return {
        "authority": asked.authority,
        "reason": asked.reason,
        "by": asked.by.name,
        "at": asked.at,
    }


def place_of(rfa: AssistanceRequest, today: dt.date) -> dict[str, Any]:
    """Return all that the archive knows of one record."""
    stub = stub_of(rfa)
    lacking = [] if stub else lacking_for_disposal(rfa)
    return {
        **line_of(rfa, today),
        "bags": [
            {"name": bag.name, "manifest_sha256": bag.digest, "at": bag.at}
            for bag in rfa.bags.order_by("-at", "-pk")
        ],
        "receipts": [
            {
                "received_by": one.received_by,
                "organisation": one.organisation,
                "receipt_reference": one.receipt_reference,
                "received_on": one.received_on,
                "manifest_sha256": one.manifest_digest,
            }
            for one in rfa.transfers.order_by("-at", "-pk")
        ],
        "holds": [
            {
                "id": hold.pk,
                "reason": hold.reason,
                "by": hold.by.name,
                "post": hold.post_title,
                "at": hold.at,
                "lifted": {
                    "reason": hold.lifted.reason,
                    "by": hold.lifted.by.name,
                    "at": hold.lifted.at,
                }
                if hasattr(hold, "lifted")
                else None,
            }
            for hold in rfa.holds.select_related("by", "lifted__by").order_by("-at", "-pk")
        ],
        "asked": _asked(rfa),
        "forbids": [{"field": error.field, "message": error.message} for error in lacking],
        "stub": stub,
    }
