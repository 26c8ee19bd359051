"""Reading a spreadsheet that nobody vouches for: CSV in several encodings, XLSX in bounds.

Nothing is run: a formula's last value is read, and one without is an error. What is unpacked
is bounded before it is unpacked. Whatever is wrong raises ``Malformed`` with words to act on.
"""

import csv
import io
from collections.abc import Callable
from pathlib import PurePath

from django.utils.translation import gettext as _

from common.errors import FieldError, Malformed
from requests_app.importing.cells import (
    LONGEST_CELL,
    MOST_BYTES,
    MOST_COLUMNS,
    MOST_ROWS,
    Cell,
    Line,
    Table,
)

# In how many of the first rows the headings are looked for, below a title.
HEADINGS_WITHIN = 20
# In how many sheets known headings are looked for, where nobody says which sheet it is.
MOST_SHEETS = 8
Normal = Callable[[str], str]
OLD_WORKBOOK = b"\xd0\xcf\x11\xe0"
GUARDED = ("'=", "'+", "'-", "'@")


def refused(message: str) -> Malformed:
    """Return the refusal of a file as a whole."""
    return Malformed(errors=[FieldError("file", message)])


def too_many_rows() -> Malformed:
    return refused(
        _("At most %(most)s rows come in from one file: split it, for example by year.")
        % {"most": f"{MOST_ROWS:,}"}
    )


def too_many_columns() -> Malformed:
    return refused(
        _("The sheet has more than %(most)s columns: leave only those that say something.")
        % {"most": MOST_COLUMNS}
    )


def _decoded(content: bytes) -> tuple[str, str]:
    """Return a text file's words and the encoding they were read by."""
    marks = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
    try:
        for mark, encoding in marks:
            if content.startswith(mark):
                return content.decode(encoding), encoding.removesuffix("-sig").upper()
        if b"\0" in content:
            raise refused(_("The file is no CSV in a known encoding: save it as CSV UTF-8."))
        try:
            return content.decode("utf-8"), "UTF-8"
        except UnicodeDecodeError:
            return content.decode("cp1252"), "Windows-1252"
    except UnicodeError as error:
        message = _("Its letters cannot be read: save it as CSV UTF-8.")
        raise refused(message) from error


def _delimiter(text: str) -> str:
    """Return what parts the cells: whichever stands most in the first line that has any."""
    for line in text.splitlines()[:HEADINGS_WITHIN]:
        counted = {mark: line.count(mark) for mark in ",;\t|"}
        best = max(counted, key=lambda mark: counted[mark])
        if counted[best]:
            return best
    return ","


def _csv_cell(column: int, row: int, text: str) -> Cell:
    word = text.strip()
    if word.startswith("="):
        return Cell(column, row, word, problem=_("A formula: write its value instead."))
    if word.startswith(GUARDED):
        word = word[1:]
    return Cell(column, row, word)


def _read_csv(content: bytes) -> Table:
    text, encoding = _decoded(content)
    if "\0" in text:
        raise refused(_("The file is no CSV in a known encoding: save it as CSV UTF-8."))
    lines: list[Line] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    try:
        for number, words in enumerate(reader, start=1):
            cells = [
                _csv_cell(column, number, word)
                for column, word in enumerate(words, start=1)
                if word.strip()
            ]
            if not cells:
                continue
            if cells[-1].column > MOST_COLUMNS:
                raise too_many_columns()
            lines.append(Line(number, {cell.column: cell for cell in cells}))
            if len(lines) > MOST_ROWS + HEADINGS_WITHIN:
                raise too_many_rows()
    except csv.Error as error:
        message = _("The file breaks off or is damaged near row %(row)s: save it again as CSV.")
        raise refused(message % {"row": reader.line_num}) from error
    notes = []
    if encoding != "UTF-8":
        message = _("The letters were read as %(encoding)s: see that the accents are right.")
        notes.append(message % {"encoding": encoding})
    return Table("CSV", ["CSV"], {}, lines, notes=notes)


def _known_in(line: Line, known: set[str], normal: Normal) -> int:
    return sum(normal(cell.text) in known for cell in line.cells.values())


def _row_of_headings(table: Table, known: set[str], normal: Normal) -> int:
    """Return which row names the most known headings; else the first that parts into columns.

    One known word alone proves nothing: a letter may be a heading in some language.
    """
    first = table.lines[:HEADINGS_WITHIN]
    scores = [_known_in(line, known, normal) for line in first]
    if max(scores) > 1:
        return scores.index(max(scores))
    parted = [index for index, line in enumerate(first) if len(line.cells) > 1]
    return parted[0] if parted else 0


def _with_headings(table: Table, known: set[str], normal: Normal) -> Table:
    """Take the row that names the most known headings for the headings; cells below are data."""
    if not table.lines:
        raise refused(_("The sheet is empty: nothing to bring in."))
    at = _row_of_headings(table, known, normal)
    head = table.lines[at]
    table.headings = {column: cell.text for column, cell in head.cells.items() if cell.text}
    table.lines = table.lines[at + 1 :]
    if not table.lines:
        raise refused(_("There are headings and no row below them."))
    if len(table.lines) > MOST_ROWS:
        raise too_many_rows()
    for line in table.lines:
        for cell in line.cells.values():
            if cell.column not in table.headings:
                table.problems.append((cell.at, _("The column has no heading: give it one.")))
                break
            if len(cell.text) > LONGEST_CELL:
                table.problems.append((cell.at, _("The text is longer than can be kept.")))
    table.problems = [
        (place, message)
        for place, message in table.problems
        if int("".join(filter(str.isdigit, place)) or 0) >= head.number
    ]
    return table


def _of_workbook(content: bytes, known: set[str], normal: Normal, wanted: str) -> Table:
    """Read the sheet that is wanted; or else the first whose headings are known, or the first."""
    # What reads workbooks takes 4 MiB: only who was sent one holds them (decision 56).
    from requests_app.importing.workbook import read_workbook  # noqa: PLC0415

    first = read_workbook(content, wanted)
    if wanted or len(first.sheets) == 1:
        return _with_headings(first, known, normal)
    for name in first.sheets[:MOST_SHEETS]:
        table = first if name == first.sheet else read_workbook(content, name)
        head = [_known_in(line, known, normal) for line in table.lines[:HEADINGS_WITHIN]]
        if len(table.lines) > 1 and max(head) > 1:
            return _with_headings(table, known, normal)
    return _with_headings(first, known, normal)


def read_table(
    name: str, content: bytes, *, known: set[str], normal: Normal, sheet: str = ""
) -> Table:
    """Read an uploaded spreadsheet; raise ``Malformed`` for what cannot be read at all.

    ``known`` are the headings that would be recognised, each made plain by ``normal``.
    """
    if not content:
        raise refused(_("The file is empty: check it and choose it again."))
    if len(content) > MOST_BYTES:
        message = _("The file is larger than %(most)s MB: split it, for example by year.")
        raise refused(message % {"most": MOST_BYTES // 1048576})
    if content.startswith(OLD_WORKBOOK):
        raise refused(
            _("This is an old workbook (.xls) or one with a password: save it as .xlsx without.")
        )
    if content.startswith(b"PK"):
        return _of_workbook(content, known, normal, sheet)
    if PurePath(name).suffix.lower() in {".xlsx", ".xlsm"}:
        raise refused(_("The file is no workbook, whatever its name says, or it is damaged."))
    return _with_headings(_read_csv(content), known, normal)
