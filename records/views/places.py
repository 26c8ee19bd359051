"""The pages of displacement sites and of disaster events, each with its records."""

from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views import View

from approvals.pages import line_of
from missions.models import User
from missions.queries import standings_of
from records.filters import lines_for
from records.mapping import Tally, events_of, newest_by, sites_of, tallies_by
from records.views.asking import crumbs_to

LISTED = 3
MOST = 200


def _grouped(person: User, rows: list[Any], name: str) -> list[dict[str, Any]]:
    """Return each site or event with how many records a person sees there, and the newest."""
    seen = lines_for(person)
    counted, newest = tallies_by(seen, name), newest_by(seen, name, LISTED)
    register = reverse("records:register")
    return [
        {
            "row": row,
            "tally": counted.get(row.pk, Tally()),
            "lines": [line_of(rfa) for rfa in newest.get(row.pk, [])],
            "url": f"{register}?{urlencode({name: row.name})}",
            "map_url": f"{register}?{urlencode({name: row.name, 'map': '1'})}",
        }
        for row in rows
    ]


def _missions(request: HttpRequest) -> frozenset[int]:
    return frozenset(held.post.mission_id for held in standings_of(request.user))


class SitesView(LoginRequiredMixin, View):
    """The sites of displaced persons and what is asked there (P47)."""

    def get(self, request: HttpRequest) -> HttpResponse:
        sites = list(sites_of(_missions(request))[:MOST])
        groups = _grouped(request.user, sites, "displacement_site")
        return render(
            request,
            "records/sites.html",
            {"crumbs": crumbs_to(_("Displacement sites")), "groups": groups},
        )


class EventsView(LoginRequiredMixin, View):
    """The natural disasters and what is asked because of them (P37)."""

    def get(self, request: HttpRequest) -> HttpResponse:
        events = list(events_of(_missions(request))[:MOST])
        groups = _grouped(request.user, events, "disaster_event")
        return render(
            request,
            "records/events.html",
            {"crumbs": crumbs_to(_("Disaster events")), "groups": groups},
        )
