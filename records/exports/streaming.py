"""An export sent while it is written: of any size, in constant memory."""

import queue
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from records.exports.files import FORMS, Asked, Hashed
from records.exports.runs import finish_export

# Pieces are gathered before they are sent, and so many may wait for a slow line. The first, the
# headings, leaves at once: PostgreSQL may have to sort before it gives a row.
PIECE = 64 * 1024
MOST_WAITING = 16
FIRST_PIECE = 1


class Left(Exception):
    """Whoever read the export has gone."""


@dataclass
class Channel:
    """What one thread writes and another reads, piece by piece; the writer waits for the reader."""

    waiting: "queue.Queue[bytes | None]" = field(
        default_factory=lambda: queue.Queue(maxsize=MOST_WAITING)
    )
    gathered: bytearray = field(default_factory=bytearray)
    left: threading.Event = field(default_factory=threading.Event)
    error: BaseException | None = None
    rows: int | None = None
    least: int = FIRST_PIECE

    def write(self, chunk: bytes) -> int:
        self.gathered += chunk
        if len(self.gathered) >= self.least:
            self.flush()
        return len(chunk)

    def flush(self) -> None:
        """Hand over what was gathered; raise ``Left`` when nobody reads any more."""
        if self.gathered:
            self._put(bytes(self.gathered))
            self.gathered.clear()
        self.least = PIECE

    def end(self) -> None:
        self._put(None)

    def _put(self, piece: bytes | None) -> None:
        while not self.left.is_set():
            with suppress(queue.Full):
                self.waiting.put(piece, timeout=1)
                return
        raise Left


def _write(asked: Asked, into: Hashed, channel: Channel) -> None:
    try:
        channel.rows = FORMS[asked.run.form].write(asked, into)
        channel.flush()
        channel.end()
    except BaseException as error:
        channel.error = error
        with suppress(Left):
            channel.end()
    finally:
        connection.close()


def stream(asked: Asked) -> Iterator[bytes]:
    """Yield the rows in the run's form as PostgreSQL writes them, and record how it ended.

    A connection of its own reads one snapshot. The first bytes leave as soon as there are
    some; a slow reader holds the writer up, not the memory. Who goes away before the end has
    cut it, and so has an error: the line then breaks, since nothing else can say so.
    """
    channel = Channel()
    into = Hashed(channel)
    writer = threading.Thread(target=_write, args=(asked, into, channel), daemon=True)
    writer.start()
    whole = False
    try:
        while (piece := channel.waiting.get()) is not None:
            yield piece
        writer.join()
        if channel.error is not None:
            raise channel.error
        whole = True
    finally:
        channel.left.set()
        told: dict[str, Any] = {"rows": None, "digest": "", "cut": True}
        if whole:
            told = {
                "rows": channel.rows,
                "digest": into.digest.hexdigest(),
                "size": into.size,
            }
        finish_export(asked.run, **told)
