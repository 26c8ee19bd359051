"""Having ClamAV look at what comes in, where ``CIMIC_CLAMAV`` names its daemon.

Spoken as clamd's INSTREAM asks: lengths of four bytes and the bytes, a length of nothing at the
end, one line back. A daemon that does not answer lets nothing through (decision 43).
"""

import logging
import re
import socket
import time

from django.conf import settings
from django.utils.translation import gettext as _

from common.errors import FieldError, Malformed, NotNow

log = logging.getLogger(__name__)

SECONDS = 20.0
PIECE = 64 * 1024
MOST_ANSWERED = 4096
SIGNATURE = re.compile(r"^stream: (.{1,200}) FOUND$")


def _connected(seconds: float) -> socket.socket:
    """Return a connection to the daemon: by a path on this machine, or by host and port."""
    named = settings.CLAMAV.removeprefix("unix:")
    if named.startswith("/"):
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(seconds)
        try:
            connection.connect(named)
        except OSError:
            connection.close()
            raise
        return connection
    host, _colon, port = named.rpartition(":")
    return socket.create_connection((host.strip("[]"), int(port)), timeout=seconds)


def _answer(connection: socket.socket, ends: float) -> str:
    told = b""
    while b"\0" not in told and len(told) < MOST_ANSWERED:
        connection.settimeout(max(0.01, ends - time.monotonic()))
        piece = connection.recv(MOST_ANSWERED)
        if not piece:
            break
        told += piece
    return told.split(b"\0")[0].decode("utf-8", "replace").strip()


def _scanned(content: bytes, seconds: float) -> str:
    """Return the daemon's one line; raise ``OSError`` where it does not answer in time."""
    ends = time.monotonic() + seconds
    with _connected(seconds) as connection:
        connection.sendall(b"zINSTREAM\0")
        try:
            for start in range(0, len(content), PIECE):
                piece = content[start : start + PIECE]
                connection.settimeout(max(0.01, ends - time.monotonic()))
                connection.sendall(len(piece).to_bytes(4, "big") + piece)
            connection.sendall(b"\0\0\0\0")
        except (BrokenPipeError, ConnectionResetError):
            log.warning("clamd stopped reading before the end")  # it says why, if it still does
        return _answer(connection, ends)


def answers(seconds: float = 3.0) -> bool:
    """Whether the daemon answers a call."""
    try:
        with _connected(seconds) as connection:
            connection.sendall(b"zPING\0")
            return _answer(connection, time.monotonic() + seconds) == "PONG"
    except (OSError, ValueError):
        return False


def check_clean(content: bytes) -> None:
    """Refuse what the scanner knows as harmful, and whatever it could not look at.

    Does nothing where none is configured. Raises ``Malformed`` for what it found, ``NotNow``
    where it does not answer, answers that it could not scan, or says what cannot be read.
    """
    if not settings.CLAMAV:
        return
    try:
        told = _scanned(content, SECONDS)
    except (OSError, ValueError) as error:
        log.error("clamd cannot be reached: %s", type(error).__name__)
        told = ""
    if told == "stream: OK":
        return
    found = SIGNATURE.match(told)
    if found is None:
        if told:
            log.error("clamd did not scan a file: %s", told[:200].encode("unicode_escape").decode())
        raise NotNow(
            _(
                "The virus scanner does not answer, and no file is taken in unseen: try again in "
                "a few minutes. What you wrote is kept."
            )
        )
    log.warning("clamd found %s", found[1].encode("unicode_escape").decode())
    raise Malformed(
        errors=[
            FieldError(
                "file",
                _("The virus scanner found “%(found)s” in the file: it is not taken in.")
                % {"found": found[1]},
            )
        ]
    )
