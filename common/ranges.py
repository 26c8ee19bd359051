"""A file given whole or in part (RFC 9110, 13 and 14): what breaks off on a bad line is resumed."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import content_disposition_header

CHUNK = 256 * 1024
ONE_RANGE = re.compile(r"bytes\s*=\s*(\d*)\s*-\s*(\d*)")


@dataclass(frozen=True)
class KeptFile:
    """A file that does not change: where it lies, what it is called, and its SHA-256."""

    path: Path
    name: str
    media_type: str
    size: int
    sha256: str

    @property
    def etag(self) -> str:
        return f'"{self.sha256}"'


class OutOfRange(Exception):
    """The part asked for lies past the end."""


def read_range(header: str, size: int) -> tuple[int, int] | None:
    """Return the first and last byte that a ``Range`` header asks for.

    None is the whole file: what cannot be read, is in other units or asks for several parts
    is passed over, as the standard allows. Raises ``OutOfRange`` for what is not there.
    """
    found = ONE_RANGE.fullmatch(header.strip())
    if found is None or found.groups() == ("", ""):
        return None
    first, last = found.groups()
    if not first:
        if int(last) == 0 or size == 0:
            raise OutOfRange
        return max(0, size - int(last)), size - 1
    if last and int(last) < int(first):
        return None
    if int(first) >= size:
        raise OutOfRange
    return int(first), min(int(last), size - 1) if last else size - 1


def _part(path: Path, first: int, last: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(first)
        left = last - first + 1
        while left > 0 and (chunk := file.read(min(CHUNK, left))):
            left -= len(chunk)
            yield chunk


def _asked(request: HttpRequest, kept: KeptFile) -> tuple[int, int] | None:
    header = request.headers.get("Range", "")
    if not header or request.headers.get("If-Range", kept.etag) != kept.etag:
        return None
    return read_range(header, kept.size)


def file_response(request: HttpRequest, kept: KeptFile) -> HttpResponseBase:
    """Answer with a file, or with the part of it that ``Range`` asks for.

    ``If-Range`` with another tag gives the whole file; ``If-None-Match`` with this one 304; a
    part past the end 416.
    """
    common = {"ETag": kept.etag, "Accept-Ranges": "bytes", "Cache-Control": "private, no-cache"}
    known = [tag.strip() for tag in request.headers.get("If-None-Match", "").split(",")]
    if kept.etag in known or "*" in known:
        return HttpResponse(status=304, headers=common)
    try:
        part = _asked(request, kept)
    except OutOfRange:
        return HttpResponse(status=416, headers={**common, "Content-Range": f"bytes */{kept.size}"})
    first, last = part or (0, kept.size - 1)
    status = 206 if part else 200
    response = StreamingHttpResponse(
        _part(kept.path, first, last), status=status, content_type=kept.media_type
    )
    for name, value in common.items():
        response[name] = value
    response["Content-Length"] = str(last - first + 1)
    response["Content-Disposition"] = content_disposition_header(True, kept.name)
    if part:
        response["Content-Range"] = f"bytes {first}-{last}/{kept.size}"
    return response
