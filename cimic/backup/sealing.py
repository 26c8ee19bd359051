"""Sealing a stream for the holders of a key, in the age format (age-encryption.org/v1).

A backup is encrypted to public keys, so a server that makes one cannot open those it made
before. What was cut, changed or sealed for others is refused when it is opened.
"""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

import pyrage
from pyrage import x25519

SEALED = b"age-encryption.org/"
NO_KEY = "{} holds no secret key: its line begins with AGE-SECRET-KEY-1."


class Unusable(Exception):
    """A backup, or a key, that cannot be used; in words that say what to do."""


def new_key() -> tuple[str, str]:
    """Make a key; return its secret half and the public one."""
    identity = x25519.Identity.generate()
    return str(identity), str(identity.to_public())


def recipients_of(keys: Sequence[str]) -> list[x25519.Recipient]:
    """Return who can open a backup; raise ``Unusable`` for what is no public key."""
    found = []
    for key in keys:
        try:
            found.append(x25519.Recipient.from_str(key.strip()))
        except pyrage.RecipientError as error:
            raise Unusable(
                f"{key!r} is no public key, which begins with age1: `manage.py backup --make-key "
                "FILE` makes a pair."
            ) from error
    return found


def identities_in(path: Path) -> list[x25519.Identity]:
    """Return the secret keys in a file, one a line; raise ``Unusable`` if it holds none."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        keys = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
        found = [x25519.Identity.from_str(key) for key in keys]
    except OSError as error:
        raise Unusable(f"The key {path} cannot be read: {error.strerror}.") from error
    except (UnicodeDecodeError, pyrage.IdentityError) as error:
        raise Unusable(NO_KEY.format(path)) from error
    if not found:
        raise Unusable(NO_KEY.format(path))
    return found


class _Noting:
    """A stream that keeps what went wrong in it, and how much has passed."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream, self.passed = stream, 0
        self.wrong: OSError | None = None

    def read(self, size: int = -1) -> bytes:
        piece = self.stream.read(size)
        self.passed += len(piece)
        return piece

    def write(self, piece: bytes) -> int:
        try:
            self.stream.write(piece)
        except OSError as error:
            self.wrong = error
            raise
        self.passed += len(piece)
        return len(piece)

    def flush(self) -> None:
        self.stream.flush()


class _Aside(threading.Thread):
    """Something done beside the main thread, whose failure is kept."""

    def __init__(self, deed: Callable[[], None]) -> None:
        super().__init__(daemon=True)
        self.deed = deed
        self.failed: Exception | None = None

    def run(self) -> None:
        try:
            self.deed()
        except Exception as error:  # told by whoever waits for it
            self.failed = error


@contextmanager
def sealed(into: BinaryIO, recipients: Sequence[x25519.Recipient]) -> Iterator[BinaryIO]:
    """Give a stream to write to; what is written reaches ``into`` sealed for the recipients.

    Without recipients it is ``into`` itself. Raises the ``OSError`` of ``into``, if one came.
    """
    if not recipients:
        yield into
        return
    reading, writing = os.pipe()
    noting = _Noting(into)

    def encrypt() -> None:
        with open(reading, "rb") as source:
            pyrage.encrypt_io(source, noting, list(recipients))  # type: ignore[arg-type]

    aside = _Aside(encrypt)
    aside.start()
    try:
        with open(writing, "wb") as plain:
            yield plain
    finally:
        aside.join()
        if noting.wrong is not None:
            raise noting.wrong
        if aside.failed is not None:
            raise OSError(f"The backup could not be encrypted: {aside.failed}")


@contextmanager
def opened(source: BinaryIO, identities: Sequence[x25519.Identity]) -> Iterator[BinaryIO]:
    """Give the plain stream of a backup, whether it is sealed or not.

    Read it to its end: only then is it known that nothing was cut off. Raises ``Unusable`` for
    the wrong key, and for what was changed or cut; before anything that it would explain.
    """
    beginning = source.read(len(SEALED))
    source.seek(0)
    if beginning != SEALED:
        yield source
        return
    if not identities:
        raise Unusable("This backup is encrypted: name the file of its key with --key-file.")
    reading, writing = os.pipe()
    plain_end = open(writing, "wb")  # noqa: SIM115 - closed by the thread that writes to it
    noting = _Noting(plain_end)

    def decrypt() -> None:
        try:
            pyrage.decrypt_io(source, noting, list(identities))  # type: ignore[arg-type]
        finally:
            with suppress(OSError):
                plain_end.close()

    aside = _Aside(decrypt)
    aside.start()
    told: Exception | None = None
    with open(reading, "rb") as plain:
        try:
            yield plain
            while plain.read(1 << 16):
                pass
        except Exception as error:  # weighed below against what decrypting says
            told = error
    aside.join()
    if aside.failed is not None and noting.wrong is None:
        raise Unusable(
            "The backup was changed, or a part of it is missing: use another one."
            if noting.passed
            else f"The backup does not open: another key, or a damaged beginning ({aside.failed})."
        ) from aside.failed
    if told is not None:
        raise told
