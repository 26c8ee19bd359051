"""Whether a bag is whole, unchanged and what it says it is; a damaged one is refused in words."""

import hashlib
import json
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bagit
from django.utils.translation import gettext as _
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import best_match

from ledger.verifier import verify_folder
from records.archive.shape import NAME, record_schema

# More faults than a reader needs to see that a bag is broken.
MOST_TOLD = 20
MOST_UNPACKED = 4 * 1024**3


def check(path: Path) -> list[str]:
    """Return all that is wrong with a bag, a folder or a ZIP file of one; none if it holds."""
    if path.is_file():
        return _check_zip(path)
    if not path.is_dir():
        return [_("There is nothing at %(path)s.") % {"path": path}]
    return _faults(path)[:MOST_TOLD]


def _check_zip(path: Path) -> list[str]:
    """Check a bag in a ZIP file, unpacked beside nothing that could be overwritten."""
    try:
        with zipfile.ZipFile(path) as packed, tempfile.TemporaryDirectory() as folder:
            if sum(part.file_size for part in packed.infolist()) > MOST_UNPACKED:
                return [_("The ZIP file holds more than any bag does.")]
            damaged = packed.testzip()
            if damaged:
                return [_("%(file)s is damaged inside the ZIP file.") % {"file": damaged}]
            packed.extractall(folder)  # its members' names are made safe by the library
            inside = [each for each in Path(folder).iterdir() if each.is_dir()]
            if len(inside) != 1:
                return [_("The ZIP file does not hold one bag.")]
            return _faults(inside[0])[:MOST_TOLD]
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError) as error:
        return [_("The ZIP file is truncated or damaged: %(why)s.") % {"why": error}]


def _faults(folder: Path) -> list[str]:
    """Check the bag by its own manifests first: what does not hold them is not read further."""
    try:
        bag = bagit.Bag(str(folder))
        bag.validate()
    except bagit.BagValidationError as error:
        return [_fault_of(each) for each in error.details] or _of_files(bag) or [str(error)]
    except (bagit.BagError, UnicodeDecodeError, ValueError, OSError) as error:
        return [_("This is no whole bag: %(why)s.") % {"why": error}]
    return list(_what_it_says(folder / "data", bag))


def _of_files(bag: Any) -> list[str]:
    """Name the files that are missing or too many, where only their number was found wrong."""
    missing, more, *_rest = bag.compare_manifests_with_fs()
    return [_("%(file)s is missing.") % {"file": each} for each in sorted(missing)] + [
        _("%(file)s was added after it was packed.") % {"file": each} for each in sorted(more)
    ]


def _fault_of(detail: Any) -> str:
    match detail:
        case bagit.ChecksumMismatch():
            return _("%(file)s is not as it was packed.") % {"file": detail.path}
        case bagit.FileMissing():
            return _("%(file)s is missing.") % {"file": detail.path}
        case bagit.UnexpectedFile():
            return _("%(file)s was added after it was packed.") % {"file": detail.path}
    return str(detail)


def _read(data: Path, name: str) -> Any:
    return json.loads((data / name).read_text(encoding="utf-8"))


def _what_it_says(data: Path, bag: Any) -> Iterator[str]:
    """Check that the record is of the published form, its chain proved, its files its own."""
    try:
        record, history = _read(data, "record.json"), _read(data, "history.json")
    except (OSError, ValueError) as error:
        yield _("The record cannot be read: %(why)s.") % {"why": error}
        return
    if not isinstance(record, dict) or record.get("form") != NAME:
        yield _("record.json is not of the form %(form)s.") % {"form": NAME}
        return
    form = Draft202012Validator(record_schema(), format_checker=FormatChecker())
    for found in form.iter_errors(record):
        error = best_match([found])
        yield _("record.json, %(where)s: %(why)s.") % {
            "where": error.json_path,
            "why": error.message[:200],
        }
    if record.get("reference") != bag.info.get("External-Identifier"):
        yield _("The bag is labelled with another reference than its record's.")
    yield from _chain(data.parent, history, record)
    yield from _files(data, record)


def _chain(folder: Path, history: Any, record: dict[str, Any]) -> Iterator[str]:
    """Check the chain and its proof by the verifier that every bag carries."""
    if not isinstance(history, list) or not history:
        yield _("history.json holds no entries.")
        return
    if not isinstance(history[0], dict) or history[0].get("chain") != record.get("id"):
        yield _("history.json is another record's.")
    report = verify_folder(str(folder), [], "")
    yield from (said for mark, said in report.lines if mark in {"BROKEN", "UNREADABLE"})


def _files(data: Path, record: dict[str, Any]) -> Iterator[str]:
    folder = data / "files"
    found = sorted(folder.iterdir()) if folder.is_dir() else []
    digests = [hashlib.sha256(file.read_bytes()).hexdigest() for file in found]
    if digests != [file.get("sha256") for file in record.get("files", [])]:
        yield _("The files are not those that the record names.")
