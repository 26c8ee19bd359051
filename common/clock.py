"""The only source of *now*."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_told: ContextVar[dt.datetime | None] = ContextVar("told_time", default=None)


def now() -> dt.datetime:
    """Return the present moment, in UTC."""
    return _told.get() or dt.datetime.now(dt.UTC)


def is_told() -> bool:
    """Say whether the time is told (demonstration data, tests) and not the server's own."""
    return _told.get() is not None


@contextmanager
def telling(moment: dt.datetime) -> Iterator[None]:
    """Let ``now`` be this moment inside the block.

    For ``load_demo`` and tests alone; entries written inside say that the clock was told.
    """
    token = _told.set(moment.astimezone(dt.UTC))
    try:
        yield
    finally:
        _told.reset(token)


def iso(moment: dt.datetime) -> str:
    """Write a moment the one way that hashes and the API use: UTC, microseconds, ``Z``."""
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
