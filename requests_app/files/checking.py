"""Whether a file is taken in: its name, its size, and that its bytes are what its name says."""

from dataclasses import dataclass
from pathlib import PurePath

import puremagic
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.uploadedfile import UploadedFile
from django.utils.text import get_valid_filename
from django.utils.translation import gettext as _

from common.errors import FieldError, Malformed
from requests_app.files.packed import check_packed
from requests_app.files.scanning import check_clean

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
LONGEST_NAME = 120


@dataclass(frozen=True)
class Sound:
    """A file that was checked: a safe name, what it is, and the bytes that are kept of it."""

    name: str
    media_type: str
    content: bytes


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
    if ending == ".pdf":
        return content.startswith(b"%PDF-")
    try:
        found = {
            SAME.get(match.extension, match.extension)
            for match in puremagic.magic_string(content[:8192] + content[-1024:])
        }
    except puremagic.PureError:
        return False
    return SAME.get(ending, ending) in found


def safe_name(name: str) -> str:
    """Return the last part of a name in plain letters; '' if nothing of it is left.

    No path, no control or direction character, and none that hides a file or reads as an
    option where it is saved.
    """
    last = PurePath(name.replace("\\", "/")).name.strip()
    try:
        clean = get_valid_filename(last).lstrip(".-")
    except SuspiciousFileOperation:
        return ""
    stem, ending = PurePath(clean).stem, PurePath(clean).suffix
    return f"{stem[: LONGEST_NAME - len(ending)]}{ending}"[-LONGEST_NAME:]


def refused(message: str) -> Malformed:
    """Return the refusal of a file."""
    return Malformed(errors=[FieldError("file", message)])


def _outside(upload: UploadedFile, ending: str) -> list[str]:
    """List what is wrong with a file before it is opened."""
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
    return errors


def check_file(upload: UploadedFile | None) -> Sound:
    """Return an upload as it is kept: under a safe name, a picture drawn anew.

    Raises ``Malformed`` with everything that is wrong with it: missing, empty, too large, of a
    kind not taken, not what its name says, packed to burst, with programs in it, infected;
    ``NotNow`` while the scanner that is to look at it does not answer.
    """
    if upload is None:
        raise refused(_("Choose a file to attach."))
    name = safe_name(str(upload.name))
    ending = PurePath(name).suffix.lower()
    errors = _outside(upload, ending)
    if errors:
        raise Malformed(errors=[FieldError("file", message) for message in errors])
    upload.seek(0)
    content = upload.read()
    if not _is_what_it_says(ending, content):
        raise refused(
            _("The file is no %(ending)s, whatever its name says.") % {"ending": ending[1:].upper()}
        )
    check_clean(content)
    media_type = MEDIA_TYPES[ending]
    if ending in ZIPPED:
        check_packed(ending, content)
    elif media_type.startswith("image/"):
        # Pillow takes 3 MiB: only who was sent a picture holds them (decision 56).
        from requests_app.files.pictures import drawn_anew  # noqa: PLC0415

        content = drawn_anew(content, media_type)
        if len(content) > MOST_BYTES:
            raise refused(_("The picture is too large: make it smaller and choose it again."))
    return Sound(name, media_type, content)
