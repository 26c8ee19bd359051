"""The pictures: flow, time, decisions, needs, money and extreme situations (evaluation)."""

from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import FileResponse, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.views import View

from common.errors import Malformed
from common.pages import said, summary_of, text_of
from missions.languages import languages
from missions.models import Mission, Sector
from missions.vocabulary import Classification
from records.compliance.access import may_read_compliance
from records.reports import evaluation_pack
from records.statistics.pictures import Reader, readers_for, sections_of, tiles_of
from records.statistics.question import Asked, read_asked, usual
from records.statistics.reading import statistics_of
from records.statistics.scope import scope_of
from requests_app.vocabulary import Kind

BOXES = ("from", "to", "sector", "kind")


def _questions(params: QueryDict) -> QueryDict:
    """Return a page's query without what only lays the page out."""
    kept = said(params)
    kept.pop("view", None)
    return kept


def _asked(request: HttpRequest, mission: Mission) -> tuple[Asked, list[dict[str, str]]]:
    """Return what was asked, or the usual with what was wrong in it."""
    try:
        return read_asked(_questions(request.GET), mission), []
    except Malformed as error:
        return usual(mission), summary_of(error.errors, {name: f"filter-{name}" for name in BOXES})


def _filters(request: HttpRequest, mission: Mission, asked: Asked, view: str) -> dict[str, Any]:
    question = asked.question
    return {
        "since": request.GET.get("from") or question.since.isoformat(),
        "until": request.GET.get("to") or question.until.isoformat(),
        "sector": question.sector.code if question.sector else "",
        "kind": question.kind,
        "sectors": Sector.objects.filter(mission=mission),
        "kinds": Kind.choices,
        "view": view,
    }


class EvaluationView(LoginRequiredMixin, View):
    """The pictures of one reader's page; the question and the page stand in the address."""

    def get(self, request: HttpRequest) -> HttpResponse:
        scope = scope_of(request.user)
        readers = readers_for(request.user)
        wanted = text_of(request.GET, "view")
        reader = next((each for each in readers if each == wanted), readers[0])
        asked, errors = _asked(request, scope.mission)
        found = statistics_of(request.user, asked)
        sections = sections_of(found, reader)
        here, query = reverse("records:evaluation"), asked.query()
        return render(
            request,
            "records/evaluation.html",
            {
                "found": found,
                "scope": scope,
                "question": asked.question,
                "errors": errors,
                "asked": _filters(request, scope.mission, asked, reader),
                "here": here,
                "tabs": [
                    {
                        "label": Reader(each).label,
                        "url": f"{here}?{query}&view={each}",
                        "current": each == reader,
                    }
                    for each in readers
                ]
                if len(readers) > 1
                else [],
                "tiles": tiles_of(found, reader),
                "sections": sections,
                "clearance": Classification(scope.clearance).label,
                "api_url": f"{reverse('api-statistics')}?{query}",
                "may_pack": may_read_compliance(request.user),
                "pack_url": reverse("records:evaluation-pack"),
                "languages": languages(),
                "language": get_language(),
            },
        )


class EvaluationPackView(LoginRequiredMixin, View):
    """The pack of a period as a ZIP file, in the language asked for; recorded as an export."""

    def get(self, request: HttpRequest) -> FileResponse:
        return evaluation_pack(request.user, said(request.GET))
