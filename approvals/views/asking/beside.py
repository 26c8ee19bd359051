"""What the form asks the server beside saving: a place, what looks alike, files."""

from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.cache import patch_cache_control
from django.views import View

from approvals import policy, services
from approvals.pages import files_for_page
from approvals.queries import weighed_look_alikes
from approvals.views.asking.finding import found
from approvals.views.asking.form import files_note
from common.errors import Malformed, Refusal
from missions.models import Mission
from requests_app.forms import PlaceForm
from requests_app.pages import named
from requests_app.places import area_at, as_mgrs, doubts_about
from requests_app.policy import asking_as, may_ask
from requests_app.services import site_near


class PlaceView(LoginRequiredMixin, View):
    """Read a place however it is written, and say what lies there; nothing is kept."""

    def get(self, request: HttpRequest) -> JsonResponse:
        may_ask(request.user).enforce()
        standing = asking_as(request.user)
        if standing is None:
            raise Http404
        form = PlaceForm(standing.post.mission, request.GET.dict())
        try:
            values = form.values()
        except Malformed as refusal:
            errors = [{"field": e.field, "message": e.message} for e in refusal.errors]
            return JsonResponse(
                {"title": str(refusal.title), "status": refusal.status, "errors": errors},
                status=refusal.status,
                content_type="application/problem+json",
            )
        response = JsonResponse(_place(standing.post.mission, values))
        patch_cache_control(response, private=True, no_store=True)
        return response


def _place(mission: Mission, values: dict[str, Any]) -> dict[str, Any]:
    latitude, longitude = values["latitude"], values["longitude"]
    if latitude is None or longitude is None:
        return {"latitude": None, "longitude": None, "mgrs": "", "doubts": []}
    area = area_at(mission, latitude, longitude)
    site = site_near(mission, latitude, longitude)
    doubts = doubts_about(mission, latitude, longitude, values.get("area"))
    return {
        "latitude": latitude,
        "longitude": longitude,
        "mgrs": as_mgrs(latitude, longitude, grouped=True),
        "area": named(area) if area else "",
        "sector": area.sector.name if area and area.sector else "",
        "site": site.name if site else "",
        "doubts": [{"field": e.field, "message": e.message} for e in doubts],
    }


class LooksLikeView(LoginRequiredMixin, View):
    """What looks like a draft, as a piece of its form; it advises and blocks nothing (P30)."""

    def get(self, request: HttpRequest, reference: str) -> HttpResponse:
        rfa = found(request, reference)
        policy.may_change(request.user, rfa).enforce()
        alike = weighed_look_alikes(request.user, rfa)
        response = render(request, "approvals/_alike.html", {"rfa": rfa, "look_alikes": alike[:3]})
        patch_cache_control(response, private=True, no_store=True)
        return response


class KeepFilesView(LoginRequiredMixin, View):
    """Keep a file that the form sends by itself; answer with the list of all, or why not."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, reference: str) -> JsonResponse:
        rfa = found(request, reference)
        try:
            services.attach(rfa=rfa, actor=request.user, upload=request.FILES.get("file"))
        except Refusal as refusal:
            return JsonResponse(
                {"title": str(refusal.title), "status": refusal.status, "detail": refusal.detail},
                status=refusal.status,
                content_type="application/problem+json",
            )
        files = files_for_page(rfa)
        html = render_to_string("components/file_list.html", {"files": files}, request)
        return JsonResponse(
            {"list": html, "count": len(files), "note": files_note(len(files))}, status=201
        )
