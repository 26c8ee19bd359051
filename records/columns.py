"""The columns a reader of the register may choose, and the orders it may be read in."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import DateField, QuerySet, Value
from django.db.models.functions import Coalesce, Lower
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from approvals.queries import best_first
from common.errors import FieldError
from requests_app.models import AssistanceRequest


@dataclass(frozen=True)
class Column:
    """A column: its word in the address, its heading, and the order it may be sorted by."""

    code: str
    label: Any
    sort: str = ""
    numeric: bool = False


# Every line shows these two, whatever else is chosen.
ALWAYS = ("reference", "title")

COLUMNS = {
    column.code: column
    for column in (
        Column("reference", _("Reference"), "reference"),
        Column("title", _("Title"), "title"),
        Column("organisation", _("Organisation")),
        Column("requester", _("Requester")),
        Column("kind", _("Kind"), "kind"),
        Column("category", _("Category")),
        Column("cimic_function", _("UN-CIMIC function")),
        Column("sector", _("Sector")),
        Column("area", _("Area")),
        Column("place", _("Place")),
        Column("disaster_event", _("Disaster event")),
        Column("displacement_site", _("Displacement site")),
        Column("status", _("Status"), "status"),
        Column("waiting_on", _("Waiting on")),
        Column("urgency", _("Urgency")),
        Column("needed_by", _("Needed by"), "needed_by"),
        Column("people", _("People"), numeric=True),
        Column("cost", _("Estimated cost"), numeric=True),
        Column("classification", _("Classification")),
        Column("created", _("Drafted"), "created"),
        Column("submitted", _("Submitted")),
        Column("decided", _("Decided")),
        Column("started", _("Started")),
        Column("completed", _("Completed")),
        Column("closed", _("Closed")),
        Column("changed", _("Changed"), "changed"),
    )
}
USUAL = (
    "reference",
    "title",
    "organisation",
    "kind",
    "place",
    "sector",
    "status",
    "waiting_on",
    "needed_by",
    "changed",
)

# Beside a map there is room for fewer.
BESIDE_A_MAP = ("reference", "title", "organisation", "place", "sector", "status")

# The word in the address: the key it is read by. No key may be null, or a page would lose rows:
# what has no day comes after all that have one.
NEVER = dt.date(9999, 12, 31)
SORTS: dict[str, Any] = {
    "created": "created_at",
    "changed": "changed_at",
    "reference": "reference",
    "title": Lower("title"),
    "kind": "kind",
    "status": "status",
    "needed_by": Coalesce("needed_by", Value(NEVER), output_field=DateField()),
}
NEWEST_FIRST = "-created"
# The orders in which each arm of somebody's sight has an index, and their keys.
ALONG_AN_INDEX = {"created": ("created_at", "id"), "-created": ("-created_at", "-id")}
# Best match first: only of records that were searched for.
BEST_FIRST = "-best"


def _words(params: Any, name: str) -> list[str]:
    found = params.getlist(name) if hasattr(params, "getlist") else [params.get(name, "")]
    return [word for text in found for word in str(text).split(",") if word]


def asked_columns(params: Any) -> list[str]:
    """Return the columns an address asks for, in the register's order; none if it names none.

    ``columns=kind&columns=status`` and ``columns=kind,status`` are the same. A column that
    does not exist is left out: ``misread`` names it.
    """
    asked = set(_words(params, "columns"))
    if not asked & set(COLUMNS):
        return []
    return [code for code in COLUMNS if code in asked or code in ALWAYS]


def shown_columns(params: Any, *, narrow: bool = False) -> list[Column]:
    """Return the columns a page shows: those asked for, or the usual ones."""
    usual = BESIDE_A_MAP if narrow else USUAL
    return [COLUMNS[code] for code in asked_columns(params) or usual]


def asked_sort(params: Any) -> str:
    """Return the order an address asks for, the newest first if it asks for none that exists."""
    words = _words(params, "sort")
    asked = words[0] if words else NEWEST_FIRST
    if asked == BEST_FIRST:
        return BEST_FIRST if asked_words(params) else NEWEST_FIRST
    return asked if asked.removeprefix("-") in SORTS else NEWEST_FIRST


def asked_words(params: Any) -> str:
    """Return the words that records are searched by, '' where nothing is asked by words."""
    return str(params.get("search", "") or "").strip()


def misread(params: Any) -> list[FieldError]:
    """Name the columns and the order that do not exist."""
    errors = [
        FieldError("columns", gettext("There is no column “%(code)s”.") % {"code": word})
        for word in _words(params, "columns")
        if word not in COLUMNS
    ]
    words = _words(params, "sort")
    if words == [BEST_FIRST]:
        if not asked_words(params):
            message = gettext("The best match comes first only where words are searched for.")
            errors.append(FieldError("sort", message))
    elif len(words) > 1 or any(word.removeprefix("-") not in SORTS for word in words):
        message = gettext("Sort by one of: %(sorts)s.") % {"sorts": ", ".join([*SORTS, BEST_FIRST])}
        errors.append(FieldError("sort", message))
    return errors


def sorted_by(
    rows: QuerySet[AssistanceRequest], params: Any
) -> tuple[QuerySet[AssistanceRequest], tuple[str, ...]]:
    """Return the rows with the key they are asked to be sorted by, and the order of a page.

    The order ends in the primary key, so that no line is skipped or shown twice.
    """
    asked = asked_sort(params)
    if asked == BEST_FIRST:
        return best_first(rows, asked_words(params)), ("-sort_key", "-created_at", "-id")
    name = asked.removeprefix("-")
    direction = asked.removesuffix(name)
    key = SORTS[name]
    if isinstance(key, str):
        return rows, (f"{direction}{key}", f"{direction}id")
    return rows.annotate(sort_key=key), (f"{direction}sort_key", f"{direction}id")
