"""Office documents, looked into: they are packed folders, and may hold more than words.

What would burst whoever unpacks it, is encrypted, runs (macros, controls, embedded programs) or
fetches (a template or object from elsewhere) is not taken in.
"""

import io
import re
import zipfile
from pathlib import PurePosixPath

from django.utils.translation import gettext as _

from common.errors import FieldError, Malformed

MOST_UNPACKED = 150 * 1024 * 1024
MOST_PARTS = 5_000
MOST_RATIO = 200
HEAD = 64 * 1024
MAIN = {
    ".docx": "word/document.xml",
    ".xlsx": "xl/workbook.xml",
    ".odt": "content.xml",
    ".ods": "content.xml",
}
MIMETYPES = {
    ".odt": b"application/vnd.oasis.opendocument.text",
    ".ods": b"application/vnd.oasis.opendocument.spreadsheet",
}
RUNS = re.compile(
    r"vbaproject|vbadata|(^|/)macrosheets/|(^|/)activex/|oleobject|^(basic|scripts)/|"
    r"\.(exe|dll|js|vbs|bat|cmd|ps1|scr|jar|msi|hta|lnk)$",
    re.IGNORECASE,
)
RELATION = re.compile(rb"<(?:\w+:)?Relationship\b[^>]*>")
FETCHES = re.compile(rb"/(attachedTemplate|oleObject|frame|subDocument|externalLinkPath)\"")


def _refused(message: str) -> Malformed:
    return Malformed(errors=[FieldError("file", message)])


def _damaged() -> Malformed:
    return _refused(_("The document is damaged: open it, save it again and choose it."))


def _check_parts(parts: list[zipfile.ZipInfo], packed: int) -> None:
    unpacked = sum(part.file_size for part in parts)
    bursts = unpacked > MOST_UNPACKED or unpacked > max(packed, 50_000) * MOST_RATIO
    if bursts or len(parts) > MOST_PARTS:
        raise _refused(_("The document unpacks to more than is taken: save it without pictures."))
    for part in parts:
        path = PurePosixPath(part.filename)
        if path.is_absolute() or ".." in path.parts or "\\" in part.filename:
            raise _damaged()
        if part.flag_bits & 1:
            raise _refused(_("The document is locked by a password: save it without one."))
        if RUNS.search(part.filename):
            raise _refused(
                _("The document holds macros or programs: save it without them, or as a PDF.")
            )


def _check_xml(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    """Refuse XML that declares entities of its own, or that names what is fetched."""
    with archive.open(part) as opened:
        head = opened.read(HEAD)
    if b"<!DOCTYPE" in head or b"<!ENTITY" in head or b"\0" in head[:4]:
        raise _damaged()
    if part.filename == "[Content_Types].xml" and b"macroEnabled" in head:
        raise _refused(
            _("The document holds macros or programs: save it without them, or as a PDF.")
        )
    if part.filename.endswith(".rels"):
        for relation in RELATION.findall(archive.read(part)):
            if b'"External"' in relation and FETCHES.search(relation):
                raise _refused(
                    _("The document fetches parts of itself from elsewhere: save it as a PDF.")
                )


def _check(archive: zipfile.ZipFile, ending: str, packed: int) -> None:
    parts = archive.infolist()
    _check_parts(parts, packed)
    names = {part.filename for part in parts}
    wanted = MIMETYPES.get(ending)
    if MAIN[ending] not in names or (wanted and archive.read("mimetype").strip() != wanted):
        raise _refused(
            _("The file is no %(ending)s, whatever its name says.") % {"ending": ending[1:].upper()}
        )
    for part in parts:
        if part.filename.endswith((".xml", ".rels")):
            _check_xml(archive, part)


def check_packed(ending: str, content: bytes) -> None:
    """Raise ``Malformed`` for an office document that is not taken in.

    The sizes that it declares are counted; nothing but XML is unpacked, and of that what is
    looked at. Unpacking stops at the size declared.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check(archive, ending, len(content))
    except Malformed:
        raise
    except Exception as error:  # whatever a damaged file makes of a reader
        raise _damaged() from error
