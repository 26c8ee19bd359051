"""Calling another system, and never one inside: the address is looked at, then that one is called.

Whoever may write a webhook's address could otherwise make this server call what it alone
reaches: the database's host, a cloud's metadata, a router. So every address that the name has
is looked at, and the connection goes to the one that was looked at, not to whatever the name
means a moment later (DNS rebinding). https alone, certificates checked, no redirect followed,
no proxy of the environment, few ports, little read, and an end to it in seconds. What the
installation calls inside on purpose is named in ``CIMIC_WEBHOOK_INSIDE_HOSTS``.
"""

import http.client
import ipaddress
import re
import socket
import ssl
import threading
import time
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.utils.translation import gettext_noop as noop

from common.kept import Kept

PORTS = {443, 8443}
SECONDS_TO_CONNECT = 5.0
SECONDS_IN_ALL = 15.0
MOST_READ = 4096
NAME = re.compile(r"[a-z0-9]([a-z0-9._-]{0,251}[a-z0-9])?", re.IGNORECASE)

NOT_HTTPS = noop("The address must begin with https://.")
NOT_PLAIN = noop("The address has no place for a name, a password or a fragment.")
NO_HOST = noop("The address names no host.")
OTHER_PORT = noop("Only the ports 443 and 8443 are called.")
UNKNOWN = noop("The host's name cannot be found.")
INSIDE = noop("The host is an inside address: nothing inside is called.")
REFUSED = noop("The connection was refused or broke off.")
TOO_LATE = noop("It did not answer in time.")
BAD_CERTIFICATE = noop("Its certificate is not valid.")
NO_HTTP = noop("Its answer was not HTTP.")
REDIRECTS = noop("It answered with a redirect, which is not followed.")
ANSWERED = Kept(noop("It answered %(status)s."))

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
NAT64 = ipaddress.ip_network("64:ff9b::/96")


class CannotCall(Exception):
    """An address that is not called, or could not be; ``str()`` is a sentence that is kept."""


@dataclass(frozen=True)
class Answered:
    """What became of a call: the other side's status, or what went wrong; and how long it took."""

    status: int | None
    error: str
    milliseconds: int

    @property
    def accepted(self) -> bool:
        return not self.error


def _named_inside(parts: SplitResult, port: int) -> bool:
    """Whether the installation names this host, with any port or this one, as called on purpose."""
    host = (parts.hostname or "").lower()
    return bool({host, f"{host}:{port}"} & {name.lower() for name in settings.WEBHOOK_INSIDE_HOSTS})


def _as_called(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 one leads to, where it leads to one."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return address.ipv4_mapped
        if address.sixtofour:
            return address.sixtofour
        if address.teredo:
            return address.teredo[1]
        if address in NAT64 or int(address) < 2**32:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def is_outside(text: str) -> bool:
    """Whether an address is one of the public Internet's, whichever way it is written."""
    address = _as_called(ipaddress.ip_address(text.split("%")[0]))
    return (
        address.is_global
        and not address.is_multicast
        and not address.is_reserved
        and not address.is_unspecified
    )


def parts_of(url: str) -> tuple[SplitResult, int]:
    """Return an address's parts and its port; raise ``CannotCall`` for one that is not called."""
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:
        raise CannotCall(NO_HOST) from error
    host = parts.hostname or ""
    if any(letter <= " " or letter > "~" or letter == "\\" for letter in url):
        raise CannotCall(NO_HOST)
    if not (NAME.fullmatch(host) or ":" in host):
        raise CannotCall(NO_HOST)
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise CannotCall(NOT_PLAIN)
    if _named_inside(parts, port):
        if parts.scheme not in {"http", "https"}:
            raise CannotCall(NOT_HTTPS)
        return parts, port
    if parts.scheme != "https":
        raise CannotCall(NOT_HTTPS)
    if port not in PORTS:
        raise CannotCall(OTHER_PORT)
    return parts, port


def address_to_call(url: str) -> tuple[str, int]:
    """Return the one address that a call to this URL goes to; raise ``CannotCall``.

    All the addresses that the name has must be outside: one inside among them is a trap.
    """
    parts, port = parts_of(url)
    try:
        found = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise CannotCall(UNKNOWN) from error
    addresses = list(dict.fromkeys(str(one[4][0]) for one in found))
    if not addresses:
        raise CannotCall(UNKNOWN)
    if not _named_inside(parts, port) and not all(map(is_outside, addresses)):
        raise CannotCall(INSIDE)
    return addresses[0], port


class _Line(http.client.HTTPConnection):
    """A connection to the address that was looked at, under the name that was written."""

    def __init__(self, parts: SplitResult, address: str, port: int) -> None:
        super().__init__(parts.hostname or "", port, timeout=SECONDS_TO_CONNECT)
        self.address, self.encrypts = address, parts.scheme == "https"
        self.port_called, self.default_port = port, 443 if self.encrypts else 80

    def connect(self) -> None:
        """Connect to the address, and have the certificate prove the name."""
        line = socket.create_connection((self.address, self.port_called), self.timeout)
        self.sock = line
        if self.encrypts:
            context = ssl.create_default_context()
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            self.sock = context.wrap_socket(line, server_hostname=self.host)

    def cut(self) -> None:
        """End it, whatever it is doing: an answer that drips has no other end."""
        line = self.sock
        if line is not None:
            try:
                line.shutdown(socket.SHUT_RDWR)
            except OSError:
                line.close()


def _asked(line: _Line, parts: SplitResult, body: bytes, headers: dict[str, str]) -> int:
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    line.request("POST", path, body, headers)
    answer = line.getresponse()
    answer.read(MOST_READ)
    return answer.status


def _error_of(status: int) -> str:
    if 200 <= status < 300:
        return ""
    return REDIRECTS if 300 <= status < 400 else ANSWERED(status=status)


def _why(error: Exception) -> str:
    """Return the sentence for what went wrong; the other side's words are not kept."""
    if isinstance(error, CannotCall):
        return str(error)
    if isinstance(error, ssl.SSLCertVerificationError):
        return BAD_CERTIFICATE
    if isinstance(error, TimeoutError):
        return TOO_LATE
    return NO_HTTP if isinstance(error, http.client.HTTPException) else REFUSED


def call(url: str, body: bytes, headers: dict[str, str]) -> Answered:
    """POST a body and return what came of it; nothing is raised, every failure has a sentence."""
    began = time.monotonic()
    status, line, cut = None, None, threading.Event()
    try:
        address, port = address_to_call(url)
        parts = urlsplit(url)
        line = _Line(parts, address, port)

        def end() -> None:
            cut.set()
            line.cut()  # type: ignore[union-attr]

        clock = threading.Timer(SECONDS_IN_ALL, end)
        clock.daemon = True
        clock.start()
        try:
            status = _asked(line, parts, body, headers)
            error = TOO_LATE if cut.is_set() else _error_of(status)
        finally:
            clock.cancel()
    except (CannotCall, OSError, http.client.HTTPException, ValueError) as fault:
        error = TOO_LATE if cut.is_set() else _why(fault)
    finally:
        if line is not None:
            line.close()
    return Answered(status, error, int((time.monotonic() - began) * 1000))
