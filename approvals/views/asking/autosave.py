"""The page's own saving, while one types."""

from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, JsonResponse
from django.urls import reverse
from django.views import View

from approvals.views.asking.finding import found
from approvals.views.asking.form import StartView
from approvals.views.asking.keeping import already_begun, keep
from common.clock import iso
from common.errors import FieldError, Malformed, Refusal
from missions.models import Mission
from requests_app.models import AssistanceRequest
from requests_app.pages import progress_of, read_post
from requests_app.places import doubts_of


class AutosaveMixin:
    """Answer the page's own saving in JSON; what cannot be read is left out and named."""

    def _answer(
        self, request: HttpRequest, kind: str, mission: Mission, rfa: AssistanceRequest | None
    ) -> JsonResponse:
        rfa = rfa or already_begun(request)
        data = read_post(kind, request.POST, rfa)
        errors: list[FieldError] = []
        for _attempt in range(3):
            try:
                rfa = keep(request, kind, mission, rfa, data)
                break
            except Malformed as refusal:
                wrong = {error.field.split("[")[0] for error in refusal.errors}
                if not wrong & set(data):
                    return self._problem(refusal)
                errors += refusal.errors
                data = {name: value for name, value in data.items() if name not in wrong}
            except Refusal as refusal:
                return self._problem(refusal)
        else:
            return self._problem(Malformed(errors=errors))
        return JsonResponse(_told(rfa, errors))

    def _problem(self, refusal: Refusal) -> JsonResponse:
        return JsonResponse(
            {"title": refusal.title, "status": refusal.status, "detail": refusal.detail},
            status=refusal.status,
            content_type="application/problem+json",
        )


def _told(rfa: AssistanceRequest, errors: list[FieldError]) -> dict[str, Any]:
    """Say what is kept now, what was not, and how far each section is filled in."""
    edit = reverse("approvals:edit", args=[rfa.reference])
    return {
        "id": str(rfa.pk),
        "reference": rfa.reference,
        "version": rfa.version,
        "saved_at": iso(rfa.changed_at),
        "url": edit,
        "autosave_url": reverse("approvals:autosave", args=[rfa.reference]),
        "files_url": reverse("approvals:keep-files", args=[rfa.reference]),
        "alike_url": reverse("approvals:alike", args=[rfa.reference]),
        "errors": [{"field": e.field, "message": e.message} for e in errors],
        "doubts": [{"field": e.field, "message": e.message} for e in doubts_of(rfa)],
        "sections": progress_of(rfa, errors),
        "kept": {
            "sector": rfa.sector.name if rfa.sector else "",
            "area": f"{rfa.area.name} ({rfa.area.pcode})" if rfa.area else "",
        },
    }


class StartAutosaveView(AutosaveMixin, StartView):
    """Keep what is typed on a new form; the first time makes the draft."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, kind: str) -> JsonResponse:
        return self._answer(request, kind, self.mission, None)


class AutosaveView(AutosaveMixin, LoginRequiredMixin, View):
    """Keep what is typed on a draft or a returned request."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, reference: str) -> JsonResponse:
        rfa = found(request, reference)
        return self._answer(request, rfa.kind, rfa.mission, rfa)
