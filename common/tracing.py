"""The id by which one request is found again: in the proxy's line, ours, a task's, a letter's head.

It is the proxy's, if that sent a well-formed one, or made here; the answer bears it. What a
request leaves to be done later keeps it in the outbox, so that the log of the worker that
does it names the same request.
"""

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import structlog

HEADER = "X-Request-ID"
LONGEST = 64
WELL_FORMED = re.compile(r"[A-Za-z0-9-]{8,64}")

_traced: ContextVar[str] = ContextVar("request_id", default="")


def request_id() -> str:
    """Return the id of the request that is being done; '' where none is."""
    return _traced.get()


def id_from(said: str) -> str:
    """Return the id that was sent if it is well-formed, or else a new one."""
    return said if WELL_FORMED.fullmatch(said) else uuid.uuid4().hex


@contextmanager
def traced(name: str) -> Iterator[None]:
    """Let everything inside be done for this request."""
    token = _traced.set(name)
    try:
        with structlog.contextvars.bound_contextvars(**({"request_id": name} if name else {})):
            yield
    finally:
        _traced.reset(token)
