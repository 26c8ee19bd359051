"""The register as a workbook, written line by line: its rows, what it is, what its columns mean."""

import codecs
import csv
import datetime as dt
from collections.abc import Callable
from typing import IO, Any

import xlsxwriter
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import override

from common.errors import FieldError, Malformed
from records.exports.asking import Shape
from records.exports.dictionary import HEADINGS, dictionary_of
from records.models import ExportRun
from requests_app.models import AssistanceRequest

# A workbook of more is slow to write and slower to open.
MOST_ROWS = 200_000
WORKBOOK = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
WIDE = frozenset({"title", "place", "where"})


def refuse_longer(rows: QuerySet[AssistanceRequest]) -> None:
    """Raise ``Malformed`` where there are more rows than a workbook is made of."""
    if rows.order_by()[: MOST_ROWS + 1].count() > MOST_ROWS:
        message = _("A workbook holds up to %(most)s rows: take the CSV instead.")
        words = message % {"most": f"{MOST_ROWS:,}"}
        raise Malformed(errors=[FieldError("non_field_errors", words)])


def _about(run: ExportRun, rows: int) -> list[tuple[str, str]]:
    return [
        (_("Mission"), run.mission.code),
        (_("Taken by"), run.by.name),
        (_("Taken at (UTC)"), f"{run.started_at:%Y-%m-%d %H:%M}"),
        (_("Filter"), run.query),
        (_("Rows"), str(rows)),
        (_("Export"), str(run.pk)),
    ]


def _writers(sheet: Any, shape: Shape, forms: dict[str, Any]) -> list[Callable[..., Any]]:
    """Return what writes a cell of each column, chosen once and not again for each row."""

    def number(row: int, column: int, cell: str) -> None:
        sheet.write_number(row, column, float(cell))

    def day(row: int, column: int, cell: str) -> None:
        sheet.write_datetime(row, column, dt.datetime.fromisoformat(cell), forms["day"])

    def moment(row: int, column: int, cell: str) -> None:
        told = dt.datetime.fromisoformat(cell).replace(tzinfo=None)
        sheet.write_datetime(row, column, told, forms["moment"])

    known = {"number": number, "day": day, "moment": moment}
    return [known.get(column.holds, sheet.write_string) for column in shape.columns]


def _fill(
    sheet: Any,
    shape: Shape,
    table: IO[bytes],
    forms: dict[str, Any],
    told: Callable[[int], None],
) -> None:
    lines = csv.reader(codecs.iterdecode(table, "utf-8"))
    for number, heading in enumerate(next(lines)):
        wide = shape.columns[number].key in WIDE
        sheet.set_column(number, number, 48 if wide else max(14, len(heading) + 2))
        sheet.write_string(0, number, heading, forms["head"])
    if shape.hxl:
        for number, tag in enumerate(next(lines)):
            sheet.write_string(1, number, tag, forms["tag"])
    writers = _writers(sheet, shape, forms)
    for row, line in enumerate(lines, start=1 + shape.hxl):
        for number, cell in enumerate(line):
            if cell:
                writers[number](row, number, cell)
        told(row)


def _list(sheet: Any, lines: list[Any], head: Any, widths: tuple[int, ...]) -> None:
    for number, width in enumerate(widths):
        sheet.set_column(number, number, width)
    for row, line in enumerate(lines):
        for number, cell in enumerate(line):
            sheet.write_string(row, number, str(cell), head if row == 0 or number == 0 else None)


def write_workbook(
    made: IO[bytes],
    table: IO[bytes],
    shape: Shape,
    run: ExportRun,
    rows: int,
    told: Callable[[int], None],
) -> None:
    """Make a workbook of the CSV, with a sheet that says what it is and one for its columns.

    ``told`` hears how many rows there are so far.
    """
    with override(shape.language), xlsxwriter.Workbook(made, WORKBOOK) as book:
        forms = {
            "head": book.add_format({"bold": True, "bottom": 1}),
            "tag": book.add_format({"italic": True, "font_color": "#555555"}),
            "day": book.add_format({"num_format": "yyyy-mm-dd"}),
            "moment": book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
        }
        sheet = book.add_worksheet(_("Register"))
        sheet.freeze_panes(1 + shape.hxl, 1)
        _fill(sheet, shape, table, forms, told)
        sheet.autofilter(0, 0, rows + shape.hxl, len(shape.columns) - 1)
        about = book.add_worksheet(_("About"))
        _list(about, _about(run, rows), forms["head"], (30, 60))
        columns = [[str(word) for word in HEADINGS.values()]]
        columns += [line.cells() for line in dictionary_of(shape)]
        _list(book.add_worksheet(_("Columns")), columns, forms["head"], (18, 24, 60, 12, 60, 24))
