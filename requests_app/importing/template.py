"""The empty spreadsheet to fill in: its columns, the mission's own lists, and what each means."""

import io
from typing import Any

import xlsxwriter
from django.utils.translation import gettext as _

from missions.models import (
    Area,
    Cluster,
    DisasterEvent,
    DisplacementSite,
    Mission,
    Organisation,
    Sector,
)
from requests_app.importing.answers import KINDS
from requests_app.importing.cells import MOST_ROWS
from requests_app.importing.matching import COLUMNS, KIND, STATE, Column
from requests_app.questions import BY_NAME

LISTED: dict[str, Any] = {
    "area": Area,
    "sector": Sector,
    "cluster": Cluster,
    "organisation": Organisation,
    "site": DisplacementSite,
    "event": DisasterEvent,
}
# A list longer than this is no help in a box of a spreadsheet: the names are still read.
LONGEST_LIST = 1_000
WIDE = frozenset({"title", "description"})


def _codes(column: Column) -> list[str]:
    found: dict[str, None] = {}
    for kind in KINDS:
        if column.choices is not None and kind in column.kinds:
            found.update(dict.fromkeys(str(code) for code, _label in column.choices(kind)))
    return list(found)


def _words(column: Column, mission: Mission) -> list[str]:
    """Return what may be chosen in a column; nothing where one writes freely."""
    if column.name == KIND:
        return [kind.value for kind in KINDS]
    if column.name == STATE:
        return ["pending", "completed", "not approved", "cancelled", "withdrawn"]
    if column.holds == "choice":
        return _codes(column)
    if column.holds == "flag":
        return ["yes", "no"]
    if column.holds in LISTED:
        rows = LISTED[column.holds].objects.filter(mission=mission)
        return list(rows.order_by("name").values_list("name", flat=True)[:LONGEST_LIST])
    return []


def _hint(column: Column) -> str:
    match column.holds:
        case "date":
            return _("A day, such as 2026-03-04.")
        case "moment":
            return _("A day and an hour, such as 2026-03-04 14:30.")
        case "whole":
            return _("A whole number.")
        case "money":
            return _("An amount, such as 1200.50.")
        case "degrees":
            return _("Degrees, such as -9.51234.")
        case "flag":
            return _("yes or no.")
        case "choice" | "state":
            return _("One of the list.")
    return _("A name from the list.") if column.holds in LISTED else _("Words.")


def _needed(column: Column) -> str:
    if column.name in {KIND, "title"}:
        return _("In every row")
    if column.name == "asked_on":
        return _("For what is over")
    question = BY_NAME.get(column.name)
    return _("Before it is submitted") if question is not None and question.needed else ""


def _explain(sheet: Any, forms: dict[str, Any]) -> None:
    sheet.set_column(0, 0, 32)
    sheet.set_column(1, 1, 26)
    sheet.set_column(2, 4, 60, forms["wrap"])
    heads = (_("Column"), _("Needed"), _("What to write"), _("What it is"), _("Asked of"))
    for number, head in enumerate(heads):
        sheet.write_string(0, number, head, forms["head"])
    for row, column in enumerate(COLUMNS.values(), start=1):
        kinds = ", ".join(str(kind.label) for kind in KINDS if kind in column.kinds)
        said = (str(column.label), _needed(column), _hint(column), str(column.help), kinds)
        for number, text in enumerate(said):
            sheet.write_string(row, number, text)


def _fill(book: Any, mission: Mission, forms: dict[str, Any]) -> None:
    sheet = book.add_worksheet(_("Requests"))
    lists = book.add_worksheet(_("Lists"))
    sheet.freeze_panes(1, 0)
    listed = 0
    for number, column in enumerate(COLUMNS.values()):
        day = forms["day"] if column.holds == "date" else None
        sheet.set_column(number, number, 40 if column.name in WIDE else 20, day)
        sheet.write_string(0, number, str(column.label), forms["head"])
        words = _words(column, mission)
        if not words:
            continue
        lists.set_column(listed, listed, 28)
        lists.write_string(0, listed, str(column.label), forms["head"])
        for row, word in enumerate(words, start=1):
            lists.write_string(row, listed, word)
        first = xlsxwriter.utility.xl_rowcol_to_cell(1, listed, row_abs=True, col_abs=True)
        last = xlsxwriter.utility.xl_rowcol_to_cell(len(words), listed, row_abs=True, col_abs=True)
        chosen = {
            "validate": "list",
            "source": f"='{lists.get_name()}'!{first}:{last}",
            "error_title": str(column.label)[:32],
            "error_message": _("Choose from the list, or see the sheet that explains the columns."),
            "error_type": "warning",
        }
        sheet.data_validation(1, number, MOST_ROWS, number, chosen)
        listed += 1
    _explain(book.add_worksheet(_("Columns")), forms)


def template_for(mission: Mission) -> bytes:
    """Return the spreadsheet to fill in, in the reader's language, with the mission's lists."""
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"strings_to_formulas": False, "in_memory": True}) as book:
        forms = {
            "head": book.add_format({"bold": True, "bottom": 1, "text_wrap": True}),
            "day": book.add_format({"num_format": "yyyy-mm-dd"}),
            "wrap": book.add_format({"text_wrap": True, "valign": "top"}),
        }
        _fill(book, mission, forms)
    return made.getvalue()
