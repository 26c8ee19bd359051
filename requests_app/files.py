"""Attachments: what is taken in, and that it is what it says it is."""

import hashlib
from pathlib import PurePath
from typing import Any
from uuid import uuid4

import puremagic
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.uploadedfile import UploadedFile
from django.utils.text import get_valid_filename
from django.utils.translation import gettext as _

from common.clock import now
from common.errors import FieldError, Malformed
from missions.models import User
from requests_app.models import AssistanceRequest, Attachment

MOST_BYTES = 15 * 1024 * 1024
MEDIA_TYPES = {
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".odt": "application/vnd.oasis.opendocument.text",
    ".ods": "application/vnd.oasis.opendocument.spreadsheet",
    ".txt": "text/plain",
    ".csv": "text/csv",
    ".geojson": "application/geo+json",
}
TEXT = frozenset({".txt", ".csv", ".geojson"})
ZIPPED = frozenset({".docx", ".xlsx", ".odt", ".ods"})
SAME = {".jpeg": ".jpg", ".jfif": ".jpg"}


def _is_text(content: bytes) -> bool:
    try:
        return "\0" not in content.decode("utf-8")
    except UnicodeDecodeError:
        return False


def _is_what_it_says(ending: str, content: bytes) -> bool:
    """Whether the bytes are of the kind that the name's ending claims."""
    if ending in TEXT:
        return _is_text(content)
    if ending in ZIPPED:
        return content.startswith(b"PK\x03\x04")
    try:
        found = {
            SAME.get(match.extension, match.extension)
            for match in puremagic.magic_string(content[:8192] + content[-1024:])
        }
    except puremagic.PureError:
        return False
    return SAME.get(ending, ending) in found


def _safe_name(name: str) -> str:
    """Return the last part of a name in plain letters; '' if nothing of it is left."""
    try:
        return get_valid_filename(PurePath(name).name)[-120:]
    except SuspiciousFileOperation:
        return ""


def check_file(upload: UploadedFile | None) -> tuple[str, str, bytes]:
    """Return a safe name, the media type and the bytes of an upload.

    Raises ``Malformed`` with everything that is wrong with it: missing, empty, too large,
    of a kind not taken, or not what its name says.
    """
    if upload is None:
        raise Malformed(errors=[FieldError("file", _("Choose a file to attach."))])
    name = _safe_name(str(upload.name))
    ending = PurePath(name).suffix.lower()
    errors = []
    if not upload.size:
        errors.append(_("The file is empty: check it and choose it again."))
    elif upload.size > MOST_BYTES:
        errors.append(
            _(
                "The file is %(size)s MB; at most %(most_bytes)s MB are taken. Make the photo "
                "smaller or send parts."
            )
            % {"size": f"{upload.size / 1048576:.1f}", "most_bytes": MOST_BYTES // 1048576}
        )
    if ending not in MEDIA_TYPES:
        errors.append(
            _("Attach one of these kinds: %(media_types)s.")
            % {"media_types": ", ".join(sorted(MEDIA_TYPES))}
        )
    if errors:
        raise Malformed(errors=[FieldError("file", message) for message in errors])
    content = upload.read()
    if not _is_what_it_says(ending, content):
        raise Malformed(
            errors=[
                FieldError(
                    "file",
                    _("The file is no %(ending)s, whatever its name says.")
                    % {"ending": ending[1:].upper()},
                )
            ]
        )
    return name, MEDIA_TYPES[ending], content


def keep_file(
    *, rfa: AssistanceRequest, actor: User, upload: UploadedFile | None, caption: str = ""
) -> Attachment:
    """Keep an upload beside a request, under a name of our own, with its SHA-256.

    Raises ``Malformed`` for a file that is not taken in.
    """
    name, media_type, content = check_file(upload)
    key: Any = uuid4()
    attachment = Attachment(
        id=key,
        rfa=rfa,
        name=name,
        caption=caption[:200],
        media_type=media_type,
        size=len(content),
        digest=hashlib.sha256(content).hexdigest(),
        added_by=actor,
        added_at=now(),
    )
    if upload is not None:
        upload.seek(0)
        attachment.file.save(f"{key}{PurePath(name).suffix.lower()}", upload, save=False)
    attachment.save(force_insert=True)
    return attachment
