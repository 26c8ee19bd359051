"""Reading an XLSX in bounds: what it would unpack to, how many rows, merged cells, formulas.

openpyxl reads the values, read-only and as they were last computed. What it does not tell in
that mode (merged cells, formulas that were never computed) is read from the sheet's own XML.
"""

import datetime as dt
import io
import logging
import re
import warnings
import zipfile
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree

import openpyxl
from django.utils.translation import gettext as _
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from common.errors import FieldError, Malformed
from requests_app.importing.cells import (
    MOST_COLUMNS,
    MOST_ROWS,
    MOST_UNPACKED,
    Cell,
    Line,
    Table,
    letters,
)

log = logging.getLogger(__name__)

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
LINKED = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
RELATED = "{http://schemas.openxmlformats.org/package/2006/relationships}"
MOST_PARTS = 2_000
# Rows that hold nothing but a look are passed over, but not without end.
MOST_ROWS_OF_NOTHING = 50_000
MOST_NAMED = 50
# XML that is held whole: a row at once, all that is no row, a part beside the sheets.
MOST_HELD = 200_000
MOST_BESIDE = 8 * 1024 * 1024
READ_PIECEMEAL = ("xl/worksheets/", "xl/sharedStrings.xml")
ADDRESS = re.compile(r"([A-Z]+)(\d+)")


def _refused(message: str) -> Malformed:
    return Malformed(errors=[FieldError("file", message)])


def _damaged() -> Malformed:
    return _refused(
        _("The workbook is damaged or breaks off: open it in a spreadsheet and save it again.")
    )


@dataclass
class Looked:
    """What a sheet's own XML tells: where cells are merged, what was never computed."""

    rows: int = 0
    widest: int = 0
    formulas: int = 0
    never_computed: set[str] = field(default_factory=set)
    merged: list[str] = field(default_factory=list)


def _check_parts(archive: zipfile.ZipFile) -> None:
    """Refuse what would unpack to more than is read, and XML that declares entities of its own.

    The declared sizes hold: unpacking stops at them.
    """
    parts = archive.infolist()
    if sum(part.file_size for part in parts) > MOST_UNPACKED or len(parts) > MOST_PARTS:
        raise _refused(
            _(
                "The workbook unpacks to more than %(most)s MB, which is not read. At most "
                "%(rows)s rows come in from one file: split it, for example by year."
            )
            % {"most": MOST_UNPACKED // 1048576, "rows": f"{MOST_ROWS:,}"}
        )
    for part in parts:
        if part.filename.endswith((".xml", ".rels")):
            beside = not part.filename.startswith(READ_PIECEMEAL)
            if beside and part.file_size > MOST_BESIDE:
                raise _damaged()
            content = archive.read(part)
            if b"<!DOCTYPE" in content or b"<!ENTITY" in content or b"\0" in content[:4]:
                raise _damaged()


def _sheets_of(archive: zipfile.ZipFile) -> list[tuple[str, bool, str]]:
    """List the sheets: name, whether it is shown, and the part that holds it."""
    book = ElementTree.fromstring(archive.read("xl/workbook.xml"))  # noqa: S314 - no entities
    relations = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))  # noqa: S314
    targets = {
        one.get("Id"): one.get("Target", "") for one in relations.iter(f"{RELATED}Relationship")
    }
    found = []
    for sheet in book.iter(f"{MAIN}sheet"):
        target = targets.get(sheet.get(LINKED), "")
        path = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        shown = sheet.get("state", "visible") == "visible"
        found.append((sheet.get("name", ""), shown, path))
    return found


def _look(archive: zipfile.ZipFile, path: str) -> Looked:
    """Go through a sheet's XML once, and stop as soon as it is more than is read.

    What is no sheet of a workbook, or would be held whole by whoever reads it after us, is
    damaged: rows alone are forgotten one by one.
    """
    looked = Looked()
    root: Any = None
    passed = held = before_row = 0
    with archive.open(path) as part:
        for event, one in ElementTree.iterparse(part, events=("start", "end")):  # noqa: S314
            if event == "start":
                if held == 0 and one.tag != f"{MAIN}worksheet":
                    raise _damaged()
                if one.tag == f"{MAIN}sheetData":
                    root = one
                if one.tag == f"{MAIN}row":
                    before_row = held
                held += 1
                if held > MOST_HELD:
                    raise _damaged()
                continue
            if one.tag == f"{MAIN}c":
                _look_at_cell(one, looked)
            elif one.tag == f"{MAIN}row":
                passed += 1
                held = before_row if root is not None else held
                looked.rows += any(cell.find(f"{MAIN}v") is not None for cell in one) or any(
                    cell.find(f"{MAIN}is") is not None for cell in one
                )
                if root is not None:
                    root.clear()
                if looked.rows > MOST_ROWS + 20 or passed > MOST_ROWS_OF_NOTHING:
                    break
            elif one.tag == f"{MAIN}mergeCell" and len(looked.merged) < MOST_NAMED:
                looked.merged.append(one.get("ref", ""))
    return looked


def _look_at_cell(one: Any, looked: Looked) -> None:
    computed = one.find(f"{MAIN}v")
    has_value = computed is not None and bool(computed.text)
    if one.find(f"{MAIN}f") is not None:
        looked.formulas += 1
        empty_text = computed is not None and one.get("t") == "str"
        if not has_value and not empty_text and len(looked.never_computed) < MOST_NAMED:
            looked.never_computed.add(one.get("r", ""))
    if has_value or one.find(f"{MAIN}is") is not None:
        found = ADDRESS.fullmatch(one.get("r", ""))
        if found:
            column = 0
            for letter in found[1]:
                column = column * 26 + ord(letter) - ord("A") + 1
            looked.widest = max(looked.widest, column)


def _plain(value: Any) -> Any:
    if isinstance(value, dt.datetime) and value.time() == dt.time.min:
        return value.date()
    if isinstance(value, str):
        return value.replace("\0", "").strip()
    return value


def _lines(book: Any, name: str) -> list[Line]:
    found = []
    sheet = book[name]
    for row in sheet.iter_rows(max_col=MOST_COLUMNS, max_row=MOST_ROWS_OF_NOTHING):
        cells = {}
        for one in row:
            if one.value is None or one.value == "":
                continue
            problem = ""
            if one.data_type == "e":
                problem = _("The spreadsheet shows an error here (%(value)s): write the value.")
                problem = problem % {"value": one.value}
            typed = not isinstance(one.value, str)
            cells[one.column] = Cell(one.column, one.row, _plain(one.value), typed, problem)
        if cells:
            found.append(Line(next(iter(cells.values())).row, cells))
    return found


def _told(looked: Looked, hidden: list[str]) -> list[str]:
    notes = []
    if hidden:
        message = _("Hidden sheets are not read: %(names)s.")
        notes.append(message % {"names": ", ".join(hidden)})
    if looked.formulas - len(looked.never_computed) > 0:
        message = _("Of %(count)s formulas the value last computed was read.")
        notes.append(message % {"count": looked.formulas - len(looked.never_computed)})
    return notes


def _add_what_xml_tells(table: Table, looked: Looked) -> None:
    """Put what was never computed in its place, in rows of nothing else too; name merged cells."""
    by_number = {line.number: line for line in table.lines}
    message = _("A formula that was never computed: open the file, save it, or write the value.")
    for place in sorted(looked.never_computed):
        found = ADDRESS.fullmatch(place)
        if found is None:
            continue
        column, row = letters_to_number(found[1]), int(found[2])
        line = by_number.setdefault(row, Line(row, {}))
        line.cells[column] = Cell(column, row, problem=message)
    table.lines = sorted(by_number.values(), key=lambda line: line.number)
    merged = _("%(cells)s are merged: take them apart and write the value in each.")
    for reference in looked.merged:
        table.problems.append((reference.split(":")[0], merged % {"cells": reference}))


def letters_to_number(word: str) -> int:
    """Return a column's number: A is 1, AA is 27."""
    return next(number for number in range(1, 17000) if letters(number) == word)


def _choose(sheets: list[tuple[str, bool, str]], wanted: str) -> tuple[str, str, list[str]]:
    shown = [(name, path) for name, visible, path in sheets if visible]
    if not shown:
        raise _refused(_("Every sheet is hidden: show the one to bring in."))
    for name, path in shown:
        if name == wanted:
            return name, path, [one for one, _path in shown]
    if wanted:
        raise _refused(_("There is no sheet “%(name)s” to be seen.") % {"name": wanted})
    return *shown[0], [one for one, _path in shown]


def _read(archive: zipfile.ZipFile, content: bytes, wanted: str) -> Table:
    _check_parts(archive)
    sheets = _sheets_of(archive)
    name, path, shown = _choose(sheets, wanted)
    looked = _look(archive, path)
    if looked.rows > MOST_ROWS + 20:
        message = _("At most %(most)s rows come in from one file: split it, for example by year.")
        raise _refused(message % {"most": f"{MOST_ROWS:,}"})
    if looked.widest > MOST_COLUMNS:
        message = _(
            "The sheet has more than %(most)s columns: leave only those that say something."
        )
        raise _refused(message % {"most": MOST_COLUMNS})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what a look or a chart would need
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        try:
            lines = _lines(book, name)
            epoch_1904 = book.epoch == CALENDAR_MAC_1904
        finally:
            book.close()
    hidden = [one for one, visible, _path in sheets if not visible]
    notes = _told(looked, hidden)
    table = Table(name, shown, {}, lines, notes=notes, epoch_1904=epoch_1904)
    _add_what_xml_tells(table, looked)
    return table


def read_workbook(content: bytes, wanted: str = "") -> Table:
    """Read one sheet of a workbook, the first that is shown unless one is named.

    Raises ``Malformed`` for what is damaged, too large, encrypted or no workbook at all.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = set(archive.namelist())
            if "mimetype" in names and "content.xml" in names:
                raise _refused(_("This is an OpenDocument file: save it as .xlsx or CSV."))
            if "xl/workbook.xml" not in names:
                raise _refused(
                    _("The file is no workbook, whatever its name says, or it is damaged.")
                )
            return _read(archive, content, wanted)
    except Malformed:
        raise
    except Exception as error:  # whatever a damaged file makes of a reader
        log.info("workbook not read: %s", error)
        raise _damaged() from error
