"""Serving what somebody put in: never as anything but what it was checked to be."""

from typing import Any

from django.http import FileResponse

# Shown in the page itself. Everything else is only ever downloaded.
SHOWN = frozenset({"image/png", "image/jpeg", "image/webp"})
# Whatever the bytes are, nothing in them runs, loads or talks to the mission's pages.
LOCKED = "default-src 'none'; img-src 'self'; sandbox"


def serve_file(
    file: Any, *, name: str, media_type: str, inline: bool = False, digest: str = ""
) -> FileResponse:
    """Return a file under its own name: a picture in the page if wanted, the rest as a download.

    With its ``digest`` the reader's browser, and nothing between, may keep it, and asks before
    each use whether it may still be seen.
    """
    response = FileResponse(
        file,
        as_attachment=not (inline and media_type in SHOWN),
        filename=name,
        content_type=media_type,
    )
    response["Content-Security-Policy"] = LOCKED
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Cache-Control"] = "private, no-cache" if digest else "no-store"
    if digest:
        response["ETag"] = f'"{digest}"'
    return response
