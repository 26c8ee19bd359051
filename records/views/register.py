"""The register: every record in one's sight, narrowed by questions, in the columns chosen."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.mixins import LoginRequiredMixin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views import View
from django_htmx.http import HttpResponseClientRedirect

from approvals.pages import line_of
from approvals.queries import titles_close_to, visible_to, where_found
from approvals.queries.search import Part
from common.errors import Malformed
from common.pages import FragmentMixin, Lines, lines_of
from common.paging import ByArms
from common.patience import looking_up
from records.columns import (
    ALONG_AN_INDEX,
    BEST_FIRST,
    COLUMNS,
    Column,
    asked_sort,
    shown_columns,
    sorted_by,
)
from records.exports import FORMS
from records.filters import loaded_lines
from records.views.asking import Asking, address
from records.views.exports import FORM_LABELS
from records.views.map import map_context
from requests_app.models import AssistanceRequest
from requests_app.policy import may_import

# A column that stands under another, where both are chosen.
UNDER = {"organisation": "title", "sector": "place"}


def grouped(number: Any, decimals: int | None = None) -> str:
    """Write a number as the reader does, thousands apart."""
    return number_format(number, decimal_pos=decimals, use_l10n=True, force_grouping=True)


def _plain(rfa: AssistanceRequest, line: dict[str, Any], code: str) -> Any:
    """Return what a column without a look of its own says of a record."""
    match code:
        case "people":
            return None if rfa.people is None else grouped(rfa.people)
        case "cost":
            cost = rfa.estimated_cost
            return None if cost is None else f"{grouped(cost, 0)} {rfa.currency}"
        case "category" | "cimic_function" | "urgency" | "classification":
            return getattr(rfa, f"get_{code}_display")()
        case "area" | "disaster_event" | "displacement_site":
            return getattr(rfa, code)
        case "submitted" | "decided" | "closed" | "created":
            return getattr(rfa, f"{code}_at")
        case "started" | "completed":
            return getattr(getattr(rfa, "task", None), f"{code}_on", None)
    return line.get(code)


MOMENTS = frozenset({"submitted", "decided", "closed", "created", "started", "completed"})


def drawn_line(rfa: AssistanceRequest, columns: list[Column]) -> dict[str, Any]:
    """Return a record as a line of the register, a cell for each column that stands alone."""
    line = line_of(rfa)
    shown = {column.code for column in columns}
    line["under"] = {
        above: line.get(code) for code, above in UNDER.items() if {code, above} <= shown
    }
    line["cells"] = [
        {
            "code": column.code,
            "label": column.label,
            "value": _plain(rfa, line, column.code),
            "moment": column.code in MOMENTS,
            "numeric": column.numeric,
        }
        for column in columns
        if UNDER.get(column.code) not in shown
    ]
    return line


def headings(columns: list[Column], asking: Asking) -> list[dict[str, Any]]:
    """List the headings of the columns that stand alone, with the orders they lead to."""
    shown = {column.code for column in columns}
    sort = asked_sort(asking.asked)
    found = []
    for column in columns:
        if UNDER.get(column.code) in shown:
            continue
        turned = f"-{column.sort}" if sort == column.sort else column.sort
        found.append(
            {
                "label": column.label,
                "numeric": column.numeric,
                "url": address(asking.kept, sort=turned) if column.sort else "",
                "order": {column.sort: "ascending", f"-{column.sort}": "descending"}.get(sort, "")
                if column.sort
                else "",
            }
        )
    return found


def with_columns(
    rows: QuerySet[AssistanceRequest], columns: list[Column]
) -> QuerySet[AssistanceRequest]:
    """Load with each row what the chosen columns show beyond the usual ones."""
    related = _beside_a_line(columns)
    return rows.select_related(*related) if related else rows


def _beside_a_line(columns: list[Column]) -> list[str]:
    """Return what the chosen columns show that no line is loaded with."""
    shown = {column.code for column in columns}
    related = list(shown & {"disaster_event", "displacement_site"})
    return [*related, "task"] if shown & {"started", "completed"} else related


def _language() -> str | None:
    """Return the language that headings are asked for in; the usual one is not asked for."""
    spoken = get_language() or settings.LANGUAGE_CODE
    return None if spoken == settings.LANGUAGE_CODE else spoken


def exports_of(asking: Asking, columns: list[Column]) -> list[dict[str, str]]:
    """List the files that hold exactly what is shown, and the one with every column."""
    codes = ",".join(column.code for column in columns)
    shown = address(asking.asked, columns=codes, language=_language())
    found = [
        {
            "label": _("%(form)s, as shown") % {"form": FORM_LABELS[form]},
            "url": f"{reverse(f'records:{form}')}{shown}",
        }
        for form in FORMS
    ]
    every = address(asking.asked, columns=None, language=_language())
    found.append(
        {"label": _("CSV, every column"), "url": f"{reverse('records:csv')}{every.rstrip('?')}"}
    )
    return found


def exports_for_partners(asking: Asking) -> list[dict[str, str]]:
    """List the files of what partners may read: who does what, where and when, tagged (HXL)."""
    shared = address(asking.asked, columns=None, view="4w", hxl="1", language=_language())
    return [
        {"label": _("4W with HXL tags, CSV"), "url": f"{reverse('records:csv')}{shared}"},
        {"label": _("4W with HXL tags, Excel"), "url": f"{reverse('records:xlsx')}{shared}"},
    ]


def sort_choices(asked: str, *, searched: bool) -> list[dict[str, Any]]:
    """List the orders in words, for who cannot press a heading."""
    ways = (
        *([(BEST_FIRST, _("Best match first, of the newest 2,000"))] if searched else []),
        ("-created", _("Newest first")),
        ("created", _("Oldest first")),
        ("-changed", _("Changed last")),
        ("needed_by", _("Needed soonest")),
        ("reference", _("By reference")),
        ("title", _("By title")),
        ("kind", _("By kind")),
        ("status", _("By status")),
    )
    found = [{"value": value, "label": label, "chosen": value == asked} for value, label in ways]
    if asked not in dict(ways):
        label = _("%(column)s, turned round") % {
            "column": COLUMNS[asked[1:]].label if asked[1:] in COLUMNS else asked
        }
        found.append({"value": asked, "label": label, "chosen": True})
    return found


def _listed(
    asking: Asking, columns: list[Column]
) -> tuple[QuerySet[AssistanceRequest] | ByArms, tuple[str, ...]]:
    """Return what the register lists, and its order: by arms of sight where these have indexes."""
    along = ALONG_AN_INDEX.get(asked_sort(asking.asked))
    if along is None:
        return sorted_by(with_columns(asking.register.qs, columns), asking.asked)
    by_arms = asking.register.by_arms()
    if _beside_a_line(columns):
        rows = loaded_lines(asking.person, AssistanceRequest.objects.all())
        by_arms = by_arms.loaded_by(with_columns(rows, columns))
    return by_arms, along


class RegisterView(LoginRequiredMixin, FragmentMixin, View):
    """The register; a changed question swaps only its lines. A reference opens its record."""

    template_name = "records/register.html"
    fragment_name = "records/_register_lines.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        asking = Asking(request.user, request.GET)
        words = asking.words
        if any(map(str.isdigit, words)):  # as every reference holds one
            called = {words, words.upper()}
            one = visible_to(request.user).filter(reference__in=called).first()
            if one is not None:
                case = reverse("records:case", args=[one.reference])
                swaps = self.template_for(request) == self.fragment_name
                return HttpResponseClientRedirect(case) if swaps else redirect(case)
        beside = "map" in asking.kept
        columns = shown_columns(asking.asked, narrow=beside)
        too_wide, drawn = "", None
        found: dict[UUID, tuple[list[Part], list[Part]]] = {}
        close_to: list[AssistanceRequest] = []
        try:
            with looking_up(words):
                rows, order = _listed(asking, columns)
                page = lines_of(request, rows, order)
                drawn = map_context(asking) if beside else None
                french = get_language() == "fr"
                found = where_found(asking.person, page.rows, words, french=french)
                if words and not page.rows:
                    close_to = list(titles_close_to(asking.person, words))
        except Malformed as refusal:
            page, too_wide = Lines([], newer_url="", older_url=""), refusal.detail
        sort = asked_sort(asking.asked)
        shown = {column.code for column in columns}
        return render(
            request,
            self.template_for(request),
            {
                **asking.context(),
                "too_wide": too_wide,
                "close_to": [
                    {"title": rfa.title, "url": reverse("records:case", args=[rfa.reference])}
                    for rfa in close_to
                ],
                "lines": [
                    drawn_line(rfa, columns) | {"found": found.get(rfa.pk)} for rfa in page.rows
                ],
                "headings": headings(columns, asking),
                "sort": sort,
                "page": page,
                "columns": [
                    {
                        "code": column.code,
                        "label": column.label,
                        "chosen": column.code in shown,
                        "always": column.code in {"reference", "title"},
                    }
                    for column in COLUMNS.values()
                ],
                "sorts": sort_choices(sort, searched=bool(words)),
                "carried_by_columns": asking.hidden("columns", "sort"),
                "usual_columns": address(asking.kept, columns=None, sort=None),
                "exports": exports_of(asking, columns),
                "for_partners": exports_for_partners(asking),
                "may_import": bool(may_import(request.user)),
                "query": asking.kept.urlencode(),
                "map_url": address(asking.kept, map=None if beside else "1"),
                "whole_map_url": f"{reverse('records:map')}{address(asking.asked).rstrip('?')}",
                "map": drawn,
            },
        )
