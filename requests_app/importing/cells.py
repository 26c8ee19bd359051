"""What was found in a spreadsheet: its cells by their addresses, as texts, numbers and days."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

# What is read of a file at most; what is more is refused and named.
MOST_ROWS = 2_000
MOST_COLUMNS = 200
MOST_BYTES = 15 * 1024 * 1024
MOST_UNPACKED = 64 * 1024 * 1024
LONGEST_CELL = 20_000


def letters(column: int) -> str:
    """Return a column's letters: 1 is A, 27 is AA."""
    found = ""
    while column:
        column, rest = divmod(column - 1, 26)
        found = chr(ord("A") + rest) + found
    return found


@dataclass(frozen=True)
class Cell:
    """One cell: where it stands, what it holds, or what is wrong with it.

    ``value`` is a text, a number, true or false, a day or a moment. ``typed`` says that the
    spreadsheet itself knows what it is; a text file knows only words.
    """

    column: int
    row: int
    value: Any = ""
    typed: bool = False
    problem: str = ""

    @property
    def at(self) -> str:
        """Its address, such as D17."""
        return f"{letters(self.column)}{self.row}"

    @property
    def text(self) -> str:
        """What it holds as words: whole numbers without decimals, days as ISO writes them."""
        if isinstance(self.value, bool):
            return "true" if self.value else "false"
        if isinstance(self.value, float) and self.value.is_integer():
            return str(int(self.value))
        if isinstance(self.value, dt.datetime | dt.date | dt.time):
            return self.value.isoformat()
        return str(self.value).strip()

    @property
    def empty(self) -> bool:
        return not self.problem and self.text == ""


@dataclass(frozen=True)
class Line:
    """A row of the sheet, with the cells that hold something."""

    number: int
    cells: dict[int, Cell]


@dataclass
class Table:
    """A sheet as it was read: its headings by column, its rows, and what is to be said of it.

    ``problems`` are of the sheet as a whole and by cell: (address, what is wrong).
    """

    sheet: str
    sheets: list[str]
    headings: dict[int, str]
    lines: list[Line]
    problems: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    epoch_1904: bool = False
