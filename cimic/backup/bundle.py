"""The inside of a backup: a tar of ``about.json``, ``files/…``, ``database/…``, ``manifest.json``.

Ordinary tools read it. The database is what ``pg_dump --format=custom`` wrote, in numbered
parts, since a tar must know each member's size beforehand. The manifest comes last and holds
the SHA-256 of all that stands before it, so a backup that was cut off has none;
``signature.json`` is the ledger's signature over the manifest, where the server had a key.
"""

import hashlib
import io
import json
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, Any, BinaryIO

from cimic.backup.sealing import Unusable

FORMAT = "cimic-backup-1"
ABOUT, MANIFEST, SIGNATURE = "about.json", "manifest.json", "signature.json"
FILES, DATABASE = "files/", "database/"
PART = 4 * 1024 * 1024
PIECE = 256 * 1024
MOST_JSON = 64 * 1024 * 1024
CUT = "The backup is cut off or damaged: use another one."


class Digest:
    """The running SHA-256 of a bundle's members: name, size and content of each, in order."""

    def __init__(self) -> None:
        self.sha256 = hashlib.sha256()

    def begin(self, name: str, size: int) -> None:
        self.sha256.update(f"{name}\0{size}\0".encode())


class _Read:
    """A member's content on its way into the tar, digested as it passes."""

    def __init__(self, source: IO[bytes], *digests: Any) -> None:
        self.source, self.digests = source, digests

    def read(self, size: int = -1) -> bytes:
        piece = self.source.read(size)
        for digest in self.digests:
            digest.update(piece)
        return piece


class Writer:
    """Writes a bundle, member by member, holding no more than a piece of one."""

    def __init__(self, into: BinaryIO) -> None:
        self.tar = tarfile.open(fileobj=into, mode="w|", format=tarfile.PAX_FORMAT)  # noqa: SIM115
        self.digest = Digest()
        self.bytes = 0

    def add(self, name: str, size: int, source: IO[bytes]) -> str:
        """Add a member; return the SHA-256 of its content."""
        info = tarfile.TarInfo(name)
        info.size, info.mode = size, 0o600
        own = hashlib.sha256()
        self.digest.begin(name, size)
        self.tar.addfile(info, _Read(source, own, self.digest.sha256))  # type: ignore[arg-type]
        self.tar.members.clear()  # type: ignore[attr-defined] # else it keeps one for each file
        self.bytes += size
        return own.hexdigest()

    def add_json(self, name: str, said: dict[str, Any]) -> bytes:
        """Add a small member of JSON; return it as it was written."""
        text = json.dumps(said, indent=1, ensure_ascii=False).encode()
        self.add(name, len(text), io.BytesIO(text))
        return text

    def close(self) -> None:
        self.tar.close()

    def abandon(self) -> None:
        """Write nothing more: the stream has failed, or what comes after is not to be believed."""
        self.tar.fileobj.closed = True  # type: ignore[union-attr, attr-defined]


@dataclass
class Member:
    """One member of a bundle, to be read once, in its turn."""

    name: str
    size: int
    pieces: Iterator[bytes]
    said: dict[str, Any] = field(default_factory=dict)

    @property
    def file(self) -> str:
        """Return an attachment's path below the folder of files; '' for another member."""
        return self.name.removeprefix(FILES) if self.name.startswith(FILES) else ""

    @property
    def is_database(self) -> bool:
        return self.name.startswith(DATABASE)


def _is_safe(name: str) -> bool:
    return not name.startswith("/") and not {"", ".", ".."} & set(name.split("/"))


def _json(name: str, content: bytes) -> dict[str, Any]:
    try:
        said = json.loads(content)
    except ValueError as error:
        raise Unusable(f"{name} of the backup cannot be read.") from error
    if not isinstance(said, dict):
        raise Unusable(f"{name} of the backup cannot be read.")
    return said


@dataclass
class Reader:
    """Reads a bundle and holds it against its manifest.

    ``members`` gives the files and then the parts of the database; after its end ``manifest``
    and ``signature`` are there. Raises ``Unusable`` for what is no backup, of another format,
    cut off, or not as the manifest says.
    """

    source: BinaryIO
    about: dict[str, Any] = field(default_factory=dict)
    manifest: dict[str, Any] = field(default_factory=dict)
    manifest_text: bytes = b""
    signature: dict[str, Any] = field(default_factory=dict)
    files: int = 0
    parts: int = 0

    def members(self) -> Iterator[Member]:
        try:
            with tarfile.open(fileobj=self.source, mode="r|") as tar:
                yield from self._members(tar)
        except tarfile.ReadError as error:
            raise Unusable("This is no backup of CIMIC, or only a piece of one.") from error
        except tarfile.TarError as error:
            raise Unusable(CUT) from error
        if not self.manifest:
            raise Unusable(CUT)

    def _members(self, tar: tarfile.TarFile) -> Iterator[Member]:
        digest = Digest()
        while (info := tar.next()) is not None:
            tar.members.clear()  # type: ignore[attr-defined]
            content = tar.extractfile(info)
            if content is None or not _is_safe(info.name):
                raise Unusable(f"The backup holds what none of ours does: {info.name!r}.")
            if info.name == MANIFEST:
                self._close(_small(info, content), digest.sha256.hexdigest())
                continue
            if info.name == SIGNATURE and self.manifest:
                self.signature = _json(SIGNATURE, _small(info, content))
                continue
            digest.begin(info.name, info.size)
            member = Member(info.name, info.size, _pieces(content, info.size, digest))
            if not self.about:
                self._begin(member)
                continue
            self._count(member)
            yield member
            for _rest in member.pieces:
                pass

    def _begin(self, member: Member) -> None:
        if member.name != ABOUT or member.size > MOST_JSON:
            raise Unusable("This is no backup of CIMIC.")
        self.about = _json(ABOUT, b"".join(member.pieces))
        if self.about.get("format") != FORMAT:
            raise Unusable(
                f"The backup is of the form {self.about.get('format')!r}; this CIMIC reads "
                f"{FORMAT!r}: use the version that made it."
            )

    def _count(self, member: Member) -> None:
        if self.manifest or (member.file and self.parts):
            raise Unusable(f"The backup holds {member.name!r} where nothing of it belongs.")
        if member.is_database:
            self.parts += 1
        elif member.file:
            self.files += 1
        else:
            raise Unusable(f"The backup holds what none of ours does: {member.name!r}.")

    def _close(self, text: bytes, digest: str) -> None:
        self.manifest_text = text
        manifest = _json(MANIFEST, text)
        counted = {"sha256": digest, "files": self.files, "parts": self.parts}
        if any(manifest.get(name) != found for name, found in counted.items()):
            raise Unusable("The backup is not what its manifest says: it was changed or damaged.")
        self.manifest = manifest


def _small(info: tarfile.TarInfo, content: IO[bytes]) -> bytes:
    """Return a member that is held in memory; raise ``Unusable`` for one too large for that."""
    if info.size > MOST_JSON:
        raise Unusable(CUT)
    return content.read()


def _pieces(content: IO[bytes], size: int, digest: Digest) -> Iterator[bytes]:
    left = size
    while left:
        piece = content.read(min(PIECE, left))
        if not piece:
            raise Unusable(CUT)
        digest.sha256.update(piece)
        left -= len(piece)
        yield piece
