"""The data dictionary: what each column of an export is called, means and may hold."""

import csv
import io
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from records.exports.asking import Shape
from records.exports.columns import Exported

HEADINGS: dict[str, Any] = {
    "name": _("Name"),
    "heading": _("Heading"),
    "meaning": _("Meaning"),
    "type": _("Type"),
    "codes": _("Codes"),
    "hxl": _("HXL tag"),
}
TYPES: dict[str, Any] = {
    "word": _("code"),
    "text": _("text"),
    "number": _("number"),
    "day": _("day, as 2026-11-21"),
    "moment": _("moment in UTC, as 2026-11-21T15:04:05Z"),
}


@dataclass(frozen=True)
class Explained:
    """One column in words, in one language."""

    name: str
    heading: str
    meaning: str
    holds: str
    type: str
    codes: list[tuple[str, str]]
    hxl: str

    def cells(self) -> list[str]:
        """Return it as a row of a table, its codes in one cell."""
        codes = "; ".join(f"{code}: {word}" for code, word in self.codes)
        return [self.name, self.heading, self.meaning, self.type, codes, self.hxl]


def _explained(column: Exported) -> Explained:
    return Explained(
        name=column.key,
        heading=str(column.heading),
        meaning=str(column.meaning),
        holds=column.holds,
        type=str(TYPES[column.holds]),
        codes=[(str(code), str(word)) for code, word in (column.codes() if column.codes else [])],
        hxl=column.hxl,
    )


def dictionary_of(shape: Shape) -> list[Explained]:
    """Explain the columns of an export, in the language its headings are in."""
    with override(shape.language):
        return [_explained(column) for column in shape.columns]


def dictionary_csv(shape: Shape) -> str:
    """Write the dictionary as a CSV, to be kept beside the file it explains."""
    lines = dictionary_of(shape)
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    with override(shape.language):
        writer.writerow([str(word) for word in HEADINGS.values()])
    # A tag begins with #, a heading with a letter: no cell can start a formula.
    writer.writerows(line.cells() for line in lines)
    return file.getvalue()
