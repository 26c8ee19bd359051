"""The page of the mission's priorities (P34)."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views import View

from approvals import policy, services
from approvals.forms.priorities import ROWS, PrioritySetForm, read_set, typed_rows
from approvals.queries import priorities_of
from common.errors import Refusal
from common.pages import labels_of, summary_of
from missions.calendar import local_day
from missions.models import Area
from missions.queries import standings_of
from requests_app.vocabulary import Category


class PrioritiesView(LoginRequiredMixin, View):
    """What is in force and until when it is reviewed; for those who set them, a form."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._show(request, PrioritySetForm(), [])

    def post(self, request: HttpRequest) -> HttpResponse:
        form = PrioritySetForm(request.POST)
        rows = typed_rows(request.POST)
        standings = standings_of(request.user)
        try:
            policy.may_set_priorities(request.user).enforce()
            values = read_set(form, standings[0].post.mission, rows)
            services.set_priorities(actor=request.user, **values)
        except Refusal as refusal:
            return self._show(request, form, rows, refusal)
        messages.success(request, _("The priorities are set."))
        return redirect("approvals:priorities")

    def _show(
        self,
        request: HttpRequest,
        form: PrioritySetForm,
        rows: list[dict[str, Any]],
        refusal: Refusal | None = None,
    ) -> HttpResponse:
        standings = standings_of(request.user)
        if not standings:
            raise Http404
        mission = standings[0].post.mission
        today = local_day(mission)
        areas = {
            area.pcode: area.name for area in Area.objects.filter(mission=mission, level__gte=1)
        }
        sets = [
            {
                "set": one,
                "state": "later" if one.in_force_from > today else "past",
                "overdue": one.review_on < today,
                "priorities": [
                    {
                        "text": priority.text,
                        "areas": [areas.get(code, code) for code in priority.pcodes],
                        "categories": [Category(code).label for code in priority.categories],
                    }
                    for priority in one.priorities.all()
                ],
            }
            for one in priorities_of(mission)[:20]
        ]
        current = next((one for one in sets if one["state"] == "past"), None)
        if current:
            current["state"] = "in_force"
        errors = []
        if refusal:
            for error in refusal.errors:
                if error.field in form.fields and error.field not in form.errors:
                    form.add_error(error.field, error.message)
            ids = {name: f"id_{name}" for name in form.fields}
            ids |= {f"priorities.{number}.text": f"text-{number}" for number in range(ROWS)}
            errors = summary_of(refusal.errors, ids, labels_of(form)) or [
                {"message": refusal.detail, "paragraph": refusal.paragraph}
            ]
        blank = {"text": "", "areas": [], "categories": []}
        return render(
            request,
            "approvals/priorities.html",
            {
                "sets": sets,
                "form": form if policy.may_set_priorities(request.user) else None,
                "rows": (rows + [blank] * ROWS)[:ROWS],
                "areas": sorted(areas.items(), key=lambda pair: pair[1]),
                "categories": Category.choices,
                "errors": errors,
            },
            status=refusal.status if refusal else 200,
        )
