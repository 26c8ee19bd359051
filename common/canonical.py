"""One text for one value, so that equal content has an equal hash."""

import datetime as dt
import decimal
import hashlib
import json
import uuid
from typing import Any

from common.clock import iso


def _plain(value: Any) -> str:
    if isinstance(value, dt.datetime):
        return iso(value)
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, decimal.Decimal):
        return format(value, "f")
    if isinstance(value, uuid.UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no canonical text")


def canonical(value: Any) -> str:
    """Return JSON with sorted keys, no spaces and no escapes beyond JSON's own.

    Dates are ISO 8601, moments UTC with microseconds, decimals plain strings.
    Raises ``TypeError`` for what has no such text.
    """
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain
    )


def sha256(text: str) -> str:
    """Return the SHA-256 of a text's UTF-8 bytes, in lower-case hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()
