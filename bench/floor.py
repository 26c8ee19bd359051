"""The floor of a run: the barest Django page and DRF list of 50 rows, through the same server.

One query, the register's columns, the same middleware and the same sign-in; a plain template, no
count, nobody's sight asked. ``bench.settings`` serves them beside CIMIC's own addresses.
"""

from functools import cache
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import include, path
from rest_framework import serializers
from rest_framework.generics import ListAPIView

from requests_app.models import AssistanceRequest

ROWS = AssistanceRequest.objects.select_related(
    "mission", "sector", "area", "organisation", "requested_by", "post"
).order_by("-created_at", "-id")
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Floor</title></head>
<body><table>{% for rfa in rows %}<tr><td>{{ rfa.reference }}</td><td>{{ rfa.title }}</td>
<td>{{ rfa.organisation.name }}</td><td>{{ rfa.get_kind_display }}</td><td>{{ rfa.place }}</td>
<td>{{ rfa.sector.name }}</td><td>{{ rfa.get_status_display }}</td><td>{{ rfa.post.title }}</td>
<td>{{ rfa.needed_by }}</td><td>{{ rfa.changed_at }}</td></tr>{% endfor %}</table></body></html>"""


@cache
def _template() -> Any:
    return engines["django"].from_string(PAGE)


@login_required
def page(request: HttpRequest) -> HttpResponse:
    """Answer with fifty rows of the mission and nothing else."""
    rows = list(ROWS.filter(mission=1)[:50])
    return HttpResponse(_template().render({"rows": rows}, request))


class FloorSerializer(serializers.ModelSerializer[AssistanceRequest]):
    """The register's columns as DRF writes them by itself."""

    mission = serializers.CharField(source="mission.code")
    sector = serializers.CharField(source="sector.code", default=None)
    area = serializers.CharField(source="area.pcode", default=None)
    area_name = serializers.CharField(source="area.name", default=None)
    organisation = serializers.CharField(source="organisation.name", default=None)
    requested_by = serializers.CharField(source="requested_by.name")

    class Meta:
        model = AssistanceRequest
        fields = [
            "id", "reference", "kind", "status", "title", "category", "mission", "sector", "area",
            "area_name", "place", "latitude", "longitude", "organisation", "requested_by",
            "needed_by", "urgency", "people", "estimated_cost", "currency", "classification",
            "revision", "version", "created_at", "submitted_at", "decided_at", "closed_at",
            "historical",
        ]  # fmt: skip


class FloorList(ListAPIView[AssistanceRequest]):
    """DRF's own list of fifty."""

    serializer_class = FloorSerializer
    pagination_class = None

    def get_queryset(self) -> Any:
        return ROWS.filter(mission=1)[:50]


urlpatterns = [
    path("floor/page/", page),
    path("api/v1/floor/", FloorList.as_view()),
    path("", include("cimic.urls")),
]
