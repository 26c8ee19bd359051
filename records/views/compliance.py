"""Compliance (G): row by row, down to the records and the entries that prove it."""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views import View

from common.errors import Malformed
from common.pages import lines_of, said, summary_of
from missions.models import Mission, Sector
from missions.vocabulary import Classification
from records.compliance.pdf import minutes_in_words
from records.compliance.question import Question, read_question, usual_question
from records.compliance.reading import (
    Line,
    Report,
    UnitLine,
    compliance_of,
    exceptions_seen,
    extreme_by_unit,
    line_of_row,
    mission_read_by,
)
from records.compliance.rows import BY_CODE
from records.reports import compliance_pdf
from requests_app.vocabulary import Kind

NEWEST = ("-day", "-id")
FEW = 3


def _asked(request: HttpRequest, mission: Mission) -> tuple[Question, list[dict[str, str]]]:
    """Return what was asked, or the usual with what was wrong in it."""
    try:
        return read_question(said(request.GET), mission), []
    except Malformed as error:
        ids = {name: f"filter-{name}" for name in ("from", "to", "sector", "kind")}
        return usual_question(mission), summary_of(error.errors, ids)


def _filters(request: HttpRequest, mission: Mission, question: Question) -> dict[str, Any]:
    typed = request.GET
    return {
        "since": typed.get("from") or question.since.isoformat(),
        "until": typed.get("to") or question.until.isoformat(),
        "sector": question.sector.code if question.sector else "",
        "kind": question.kind,
        "sectors": Sector.objects.filter(mission=mission),
        "kinds": Kind.choices,
    }


@dataclass(frozen=True)
class Shown:
    """A line as the page shows it: its address, and the first few exceptions by name."""

    line: Line
    url: str
    few: list[str]
    more: int


def _shown(line: Line, query: str) -> Shown:
    few = line.references[:FEW]
    return Shown(
        line=line,
        url=f"{reverse('records:compliance-row', args=[line.row.code])}?{query}",
        few=few,
        more=line.exceptions - len(few),
    )


def _tiles(report: Report) -> list[dict[str, Any]]:
    """Say in four numbers what the Chief of Staff asks first."""
    by = {line.row.code: line for line in report.lines}
    assessed = [line for line in report.lines if line.applied]
    never = [line for line in report.lines if line.row.code.startswith("N")]
    bent = sum(line.exceptions for line in never)
    routes, review = by["P31"], by["P34.review"]
    return [
        {
            "value": f"{sum(not line.exceptions for line in assessed)} / {len(assessed)}",
            "label": _("rows without an exception"),
            "note": _("of those that applied in the period"),
        },
        {
            "value": bent,
            "label": _("exceptions to what never bends"),
            "url": "#never-bends",
            "note": _("None.") if not bent else _("Follow each one up."),
            "late": bool(bent),
        },
        {
            "value": f"{routes.complied} / {routes.complied + routes.pending + routes.exceptions}",
            "label": _("routes with the mission's own process"),
            "url": "#processes",
            "note": _("The six months are over.") if routes.exceptions else "",
            "late": bool(routes.exceptions),
        },
        {
            "value": review.exceptions,
            "label": _("reviews of priorities overdue or never begun"),
            "url": "#priorities",
            "note": _("Reviewed in time.") if not review.exceptions else _("Para 34 asks for it."),
            "late": bool(review.exceptions),
        },
    ]


def _units(units: list[UnitLine]) -> list[dict[str, Any]]:
    return [{"unit": unit, "delay": minutes_in_words(unit.median_minutes)} for unit in units]


class ComplianceView(LoginRequiredMixin, View):
    """Every row of the policy over a period, sector and kind; the six months; the units."""

    def get(self, request: HttpRequest) -> HttpResponse:
        mission, _clearance = mission_read_by(request.user)
        question, errors = _asked(request, mission)
        report = compliance_of(request.user, question)
        query = question.query()
        shown = [_shown(line, query) for line in report.lines]
        by = {line.row.code: line for line in report.lines}
        return render(
            request,
            "records/compliance.html",
            {
                "report": report,
                "question": question,
                "errors": errors,
                "asked": _filters(request, mission, question),
                "tiles": _tiles(report),
                "policy": [each for each in shown if not each.line.row.code.startswith("N")],
                "never": [each for each in shown if each.line.row.code.startswith("N")],
                "processes": by["P31"],
                "priorities": by["P34.review"],
                "units": _units(extreme_by_unit(request.user, question)),
                "clearance": Classification(report.clearance).label,
                "pdf_url": f"{reverse('records:compliance-pdf')}?{query}",
            },
        )


class ComplianceRowView(LoginRequiredMixin, View):
    """One row: its exceptions, each with the record and the entry that proves it."""

    def get(self, request: HttpRequest, row: str) -> HttpResponse:
        mission, _clearance = mission_read_by(request.user)
        asked = BY_CODE.get(row)
        if asked is None:
            raise Http404
        question, errors = _asked(request, mission)
        context: dict[str, Any] = {
            "line": line_of_row(request.user, question, asked),
            "question": question,
            "errors": errors,
            "asked": _filters(request, mission, question),
            "here": reverse("records:compliance-row", args=[asked.code]),
            "crumbs": [
                {
                    "label": _("Compliance"),
                    "url": f"{reverse('records:compliance')}?{question.query()}",
                },
                {"label": str(asked.code)},
            ],
        }
        if asked.check is not None:
            found = exceptions_seen(request.user, question, asked)
            context["page"] = lines_of(request, found.select_related("rfa"), NEWEST)
        if asked.code == "P40":
            context["units"] = _units(extreme_by_unit(request.user, question))
        return render(request, "records/compliance_row.html", context)


class CompliancePdfView(LoginRequiredMixin, View):
    """The report as a PDF file, by the query of the page; recorded as an export."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return compliance_pdf(request.user, said(request.GET))
