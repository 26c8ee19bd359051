"""A slow client holds a connection and nothing else: requests are gathered before they are done.

gunicorn's threads read what a client sends as slowly as that sends it; eight who send a byte a
second would be all the mission has. Here the process's own loop takes in what arrives, of any
number of clients, and hands a request over once it is there whole, in memory or, if large, in
a file. Whoever sends less than ``LEAST_A_SECOND`` for long is let go. What is answered goes
into the kernel's buffers, which hold a page; of what is larger a piece has to be taken within
``TAKEN_WITHIN`` seconds (decision 53).
"""

import errno
import re
import selectors
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from tempfile import SpooledTemporaryFile
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

from cimic.holding import give_back_early

IN_MEMORY = 256 * 1024
MOST = 64 * 1024 * 1024  # no form is larger: the rest is read, or refused, as it comes
LONGEST_HEAD = 64 * 1024
AT_ONCE = 64 * 1024
PATIENCE = 20.0  # seconds to begin with
LEAST_A_SECOND = 500  # bytes, after that
TAKEN_WITHIN = 30.0
LENGTH = re.compile(rb"(?im)^content-length[ \t]*:[ \t]*(\d+)[ \t]*\r?$")
CHUNKED = re.compile(rb"(?im)^transfer-encoding[ \t]*:.*chunked")
ASKS_FIRST = re.compile(rb"(?im)^expect[ \t]*:[ \t]*100-continue")
GO_ON = b"HTTP/1.1 100 Continue\r\n\r\n"
LAST_CHUNK = b"0\r\n\r\n"


class Arriving:
    """A client's socket with what has arrived of its request, which is read first."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._begin()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)

    def _begin(self) -> None:
        self._kept = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - closed when read
        self._head, self._tail = b"", b""
        self.arrived, self._whole_at, self._read = 0, -1, 0
        self.since = time.monotonic()

    @property
    def is_whole(self) -> bool:
        """Whether all of a request is there, or as much as tells that it will be refused."""
        if self.arrived >= MOST:
            return True
        if self._whole_at == 0:  # in chunks, whose length nobody said
            return self._tail == LAST_CHUNK
        return 0 < self._whole_at <= self.arrived

    @property
    def is_late(self) -> bool:
        """Whether less has arrived than even a bad line carries."""
        return time.monotonic() - self.since > PATIENCE + self.arrived / LEAST_A_SECOND

    @property
    def has_more(self) -> bool:
        """Whether something arrived that was not read."""
        return self._read < self.arrived

    def gather(self) -> bool:
        """Take in what is there; say whether the client is still sending."""
        if not self.has_more and self._read:
            self._begin()
        data = self._sock.recv(AT_ONCE)
        self._kept.write(data)
        self.arrived += len(data)
        self._tail = (self._tail + data)[-len(LAST_CHUNK) :]
        if self._whole_at < 0:
            self._look(data)
        return bool(data)

    def _look(self, data: bytes) -> None:
        """Look for the end of the head, which says how much follows."""
        self._head += data
        end = self._head.find(b"\r\n\r\n")
        if end < 0:
            if len(self._head) > LONGEST_HEAD:
                self._whole_at = self.arrived
            return
        head, said = self._head[: end + 2], LENGTH.search(self._head[: end + 2])
        chunked = CHUNKED.search(head)
        self._whole_at = 0 if chunked else end + 4 + (int(said[1]) if said else 0)
        if ASKS_FIRST.search(head) and not self.is_whole:
            self._sock.send(GO_ON)
        self._head = b""

    def hand_over(self) -> None:
        """Let what has arrived be read from its beginning."""
        self._kept.seek(0)

    def recv(self, size: int) -> bytes:
        """Return what arrived; after that, what the client sends."""
        if self.has_more:
            data: bytes = self._kept.read(size)
            self._read += len(data)
            if not self.has_more:
                self._kept.close()
            return data
        return self._sock.recv(size)

    def close(self) -> None:
        """Let go of the client and of what it sent."""
        self._kept.close()
        self._sock.close()

    def setblocking(self, flag: bool) -> None:
        """Wait for a client, where that is asked for, and not for ever."""
        self._sock.settimeout(TAKEN_WITHIN if flag else 0.0)

    def sendall(self, data: bytes) -> None:
        """Send all of it, piece by piece; a client that takes none for long has left."""
        view = memoryview(data)
        try:
            for first in range(0, len(view), AT_ONCE):
                self._sock.sendall(view[first : first + AT_ONCE])
        except TimeoutError as slow:
            raise BrokenPipeError(errno.EPIPE, "The client takes too long.") from slow


class Worker(ThreadWorker):  # type: ignore[misc]
    """gunicorn's worker with threads, which get requests that are there whole."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.arriving: set[TConn] = set()
        # A client that has yet to close its end is waited for aside, not by the loop of all.
        self.closers = ThreadPoolExecutor(max_workers=2)

    def init_process(self) -> None:
        """Begin to serve, holding little memory."""
        give_back_early()
        super().init_process()

    def accept(self, listener: Any) -> None:
        """Accept a client and wait, with all others, for what it sends."""
        try:
            sock, address = listener.accept()
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.ECONNABORTED, errno.EWOULDBLOCK):
                raise
            return
        self.nr_conns += 1
        conn = TConn(self.cfg, Arriving(sock), address, listener.getsockname())
        conn.data_ready = True
        self._await(conn)

    def on_client_socket_readable(self, conn: TConn, client: Any) -> None:
        """Take in the next request of a connection that was kept."""
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        self._await(conn)
        self._take_in(conn, client)

    def finish_request(self, conn: TConn, fs: Any) -> None:
        """Go on with a connection; what arrived with the last request is read at once."""
        stays = not fs.cancelled() and fs.exception() is None and fs.result()
        if stays and conn.sock.has_more:
            self.enqueue_req(conn)
        elif stays:
            super().finish_request(conn, fs)
        else:
            self.nr_conns -= 1
            self.closers.submit(conn.close, graceful=True)

    def murder_pending(self) -> None:
        """Let go whoever sends too slowly."""
        super().murder_pending()
        for conn in [conn for conn in self.arriving if conn.sock.is_late]:
            self._let_go(conn)

    def _cap_keepalive(self, deadline: float) -> None:
        """Stop: whoever has sent nothing is not waited for."""
        super()._cap_keepalive(deadline)
        for conn in [conn for conn in self.arriving if not conn.sock.arrived]:
            self._let_go(conn)

    def _await(self, conn: TConn) -> None:
        conn.sock.setblocking(False)
        conn.sock.since = time.monotonic()
        self.arriving.add(conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._take_in, conn))

    def _take_in(self, conn: TConn, client: Any) -> None:
        try:
            goes_on = conn.sock.gather()
        except BlockingIOError:
            return
        except OSError:
            self._let_go(conn)
            return
        if conn.sock.is_whole or (not goes_on and conn.sock.arrived):
            self.poller.unregister(conn.sock)
            self.arriving.discard(conn)
            conn.sock.hand_over()
            self.enqueue_req(conn)
        elif not goes_on:
            self._let_go(conn)

    def _let_go(self, conn: TConn) -> None:
        self.poller.unregister(conn.sock)
        self.arriving.discard(conn)
        self.nr_conns -= 1
        conn.close()
