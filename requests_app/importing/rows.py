"""Each row as the request it will be: its answers, what it claims, and every problem by cell."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from common.canonical import canonical, sha256
from common.errors import Malformed
from missions.models import Mission
from requests_app.forms.draft import DraftForm
from requests_app.forms.fields import NamedThing
from requests_app.importing.answers import Ambiguous, Reader, Unread
from requests_app.importing.cells import Cell, Line, Table
from requests_app.importing.matching import ASKED_ON, COLUMNS, KIND, STATE, plain
from requests_app.models import ImportedRow
from requests_app.questions import BY_NAME
from requests_app.vocabulary import Kind


class HistoryForm(DraftForm):
    """What is over: the same questions and checks, of days that have passed."""

    of_the_past = True


@dataclass(frozen=True)
class Problem:
    """What is wrong in one cell, or in a row as a whole, and what to write instead."""

    at: str
    message: str
    field: str = ""
    ambiguous: bool = False


@dataclass
class Row:
    """A row of the sheet as it will come in."""

    number: int
    digest: str
    kind: str = ""
    state: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, str] = field(default_factory=dict)
    asked_on: dt.date | None = None
    problems: list[Problem] = field(default_factory=list)
    there_as: str = ""
    same_as: int = 0
    written: str = ""

    @property
    def historical(self) -> bool:
        """Whether it is over, by the old list's own word."""
        return bool(self.state)

    @property
    def new(self) -> bool:
        return not self.there_as and not self.same_as

    @property
    def title(self) -> str:
        """Its title, as far as it can be read."""
        return str(self.values.get("title", "")) or self.written


def digest_of(line: Line, headings: dict[int, str]) -> str:
    """Digest a row's own words under their headings, whatever the order of the columns."""
    words = {
        plain(headings[column]): cell.text
        for column, cell in line.cells.items()
        if column in headings and not cell.empty
    }
    return sha256(canonical(words))


@dataclass
class RowReader:
    """Reads the rows of one table, by one matching, for one mission."""

    mission: Mission
    table: Table
    matching: dict[str, str]
    kind: str
    reader: Reader
    found: dict[Any, Any] = field(default_factory=dict)

    def columns_of(self, line: Line) -> dict[str, Cell]:
        """Return a row's cells by what they answer."""
        named = {}
        for column, heading in self.table.headings.items():
            name = self.matching.get(heading, "")
            cell = line.cells.get(column)
            if name in COLUMNS and cell is not None and not cell.empty:
                named[name] = cell
        return named

    def _read(self, row: Row, name: str, cell: Cell) -> Any:
        if cell.problem:
            row.problems.append(Problem(cell.at, cell.problem, name))
            return None
        try:
            return self.reader.read(cell, COLUMNS[name], row.kind)
        except Unread as unread:
            ambiguous = isinstance(unread, Ambiguous)
            row.problems.append(Problem(cell.at, str(unread), name, ambiguous))
            return None

    def read(self, line: Line) -> Row:
        """Return a row as it will come in, with everything that is wrong with it."""
        row = Row(line.number, digest_of(line, self.table.headings))
        cells = self.columns_of(line)
        row.kind = self.kind
        if KIND in cells:
            row.kind = self._read(row, KIND, cells[KIND]) or ""
        elif not row.kind:
            message = _("Say which kind it is, or choose one kind for the whole file.")
            row.problems.append(Problem(f"A{line.number}", message, KIND))
        if STATE in cells:
            row.state = self._read(row, STATE, cells[STATE]) or ""
        row.written = cells["title"].text if "title" in cells else ""
        if row.kind:
            self._read_answers(row, line, cells)
        else:
            self._read_what_any_kind_asks(row, cells)
        return row

    def _read_what_any_kind_asks(self, row: Row, cells: dict[str, Cell]) -> None:
        """Find what is wrong with days, numbers and flags, though the kind is not known."""
        for name, cell in cells.items():
            if COLUMNS[name].holds not in {"choice", "state"}:
                self._read(row, name, cell)

    def _read_answers(self, row: Row, line: Line, cells: dict[str, Cell]) -> None:
        data: dict[str, Any] = {}
        for name, cell in cells.items():
            column = COLUMNS[name]
            if name in {KIND, STATE}:
                continue
            if column.kinds and row.kind not in column.kinds:
                message = _("“%(label)s” is not asked of: %(kind)s. Leave it empty.")
                words = message % {"label": column.label, "kind": Kind(row.kind).label}
                row.problems.append(Problem(cell.at, words, name))
                continue
            answer = self._read(row, name, cell)
            if answer is None:
                continue
            if name == ASKED_ON:
                row.asked_on = dt.date.fromisoformat(answer)
                row.claims[name] = answer
            elif column.claims:
                row.claims[name] = answer
            else:
                data[name] = answer
        if STATE in cells:
            row.claims[STATE] = cells[STATE].text
        self._check(row, line, cells, data)

    def _check(self, row: Row, line: Line, cells: dict[str, Cell], data: dict[str, Any]) -> None:
        """Put the answers through the form that reads every request."""
        form = (HistoryForm if row.historical else DraftForm)(row.kind, self.mission, data)
        for box in form.fields.values():
            if isinstance(box, NamedThing):
                box.found = self.found
        try:
            row.values = form.values()
        except Malformed as refusal:
            for error in refusal.errors:
                self._blame(row, line, cells, error.field, error.message)
        wrong = {problem.field for problem in row.problems}
        if not data.get("title") and "title" not in wrong:
            self._blame(row, line, cells, "title", _("Give the request a title."))
        if row.historical and row.asked_on is None and ASKED_ON not in wrong:
            message = _("Say on which day it was asked: history stands by its day.")
            self._blame(row, line, cells, ASKED_ON, message)
        if row.asked_on is not None and not 1990 <= row.asked_on.year <= 2100:
            message = _("Write the year with four digits, between 1990 and 2100.")
            self._blame(row, line, cells, ASKED_ON, message)

    def _blame(self, row: Row, line: Line, cells: dict[str, Cell], name: str, message: str) -> None:
        """Say what is wrong at the cell that holds the answer, or at where it would stand."""
        label = str(BY_NAME[name].label) if name in BY_NAME else ""
        if name in cells:
            at = cells[name].at
        else:
            column = self._column_of(name)
            at = Cell(column or 1, line.number).at
            message = f"{label}: {message}" if label and not column else message
        row.problems.append(Problem(at, message, name))

    def _column_of(self, name: str) -> int:
        for column, heading in self.table.headings.items():
            if self.matching.get(heading) == name:
                return column
        return 0

    def rows(self) -> list[Row]:
        """Return every row; those that are in the register already, or come twice, say so."""
        digests = [digest_of(line, self.table.headings) for line in self.table.lines]
        there = dict(
            ImportedRow.objects.filter(mission=self.mission, digest__in=digests).values_list(
                "digest", "rfa__reference"
            )
        )
        first: dict[str, int] = {}
        found = []
        for digest, line in zip(digests, self.table.lines, strict=True):
            if digest in there:
                found.append(Row(line.number, digest, there_as=there[digest]))
            elif digest in first:
                found.append(Row(line.number, digest, same_as=first[digest]))
            else:
                first[digest] = line.number
                found.append(self.read(line))
        return found
