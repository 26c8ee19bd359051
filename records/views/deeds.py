"""The pages of the errands on a record: one form alone, and the doing of it."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.forms import FileField, Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views import View

from approvals.views.asking import found
from common.errors import Refusal
from common.pages import labels_of, summary_of
from missions.calendar import local_day
from records import services
from records.models import Task
from records.pages import change_for_page
from records.queries import money_of
from records.views.errands import ERRANDS, PEOPLE, Errand
from requests_app.models import AssistanceRequest
from requests_app.vocabulary import Kind

TODAY = (
    "started_on",
    "visited_on",
    "paid_on",
    "completed_on",
    "received_on",
    "ran_on",
    "happened_on",
    "returned_on",
)
KEPT = ("planned_start", "planned_end", "plan", "agreement_signed_on", "agreement_reference")


def _of_the_kind(rfa: AssistanceRequest, task: Task) -> dict[str, Any]:
    """Return what a kind's own forms begin with: the next instalment, the refund, the road."""
    if rfa.kind == Kind.SECURITY_ASSISTANCE:
        asked = rfa.security_assistance
        return {
            "origin": asked.origin,
            "destination": asked.destination,
            "vehicles": asked.vehicles,
        }
    if rfa.kind == Kind.QIP:
        known = money_of(rfa, task)
        paid = task.instalments.count() if task.pk else 0
        part = known.parts[min(paid, len(known.parts) - 1)]
        return {
            "amount": known.refund_open or min(part.amount, known.to_pay),
            "is_last": part.is_last,
            "spent": known.paid,
            "new_cost": known.approved,
        }
    return {"planned_on": rfa.civil_assistance.ends_on, "quantity": 1}


def _initial(rfa: AssistanceRequest) -> dict[str, Any]:
    found: dict[str, Any] = {
        **dict.fromkeys(TODAY, local_day(rfa.mission)),
        **{name: getattr(rfa, name) for name in PEOPLE},
    }
    if not rfa.route or rfa.kind == Kind.EXTREME_SITUATION:
        return found
    task = services.task_of(rfa)
    found |= {name: getattr(task, name) for name in KEPT} | _of_the_kind(rfa, task)
    if task.open_change is not None:
        found["number"] = task.open_change.number
    return found


class DeedView(LoginRequiredMixin, View):
    """One errand on a record: its form alone on a page, and the doing of it."""

    def get(self, request: HttpRequest, reference: str, act: str) -> HttpResponse:
        rfa = found(request, reference)
        errand = self._errand(act)
        errand.rule(request.user, rfa).enforce()
        return self._show(request, rfa, act, errand.form(rfa=rfa, initial=_initial(rfa)))

    def post(self, request: HttpRequest, reference: str, act: str) -> HttpResponse:
        rfa = found(request, reference)
        errand = self._errand(act)
        form = errand.form(request.POST, request.FILES, rfa=rfa, initial=_initial(rfa))
        try:
            errand.rule(request.user, rfa).enforce()
            errand.do(rfa, request.user, form.values())
        except Refusal as refusal:
            return self._show(request, rfa, act, form, refusal)
        messages.success(request, errand.done)
        return redirect(reverse("records:case", args=[rfa.reference]) + f"#{errand.at}")

    def _errand(self, act: str) -> Errand:
        if act not in ERRANDS:
            raise Http404
        return ERRANDS[act]

    def _show(
        self,
        request: HttpRequest,
        rfa: AssistanceRequest,
        act: str,
        form: Form,
        refusal: Refusal | None = None,
    ) -> HttpResponse:
        errors: list[dict[str, str]] = []
        if refusal:
            for error in refusal.errors:
                if error.field in form.fields and not form.errors.get(error.field):
                    form.add_error(error.field, error.message)
            ids = {name: form[name].auto_id for name in form.fields}
            errors = summary_of(refusal.errors, ids, labels_of(form)) or [
                {
                    "field_id": "",
                    "field": "",
                    "message": refusal.detail,
                    "paragraph": refusal.paragraph,
                }
            ]
        errand = ERRANDS[act]
        return render(
            request,
            "records/deed.html",
            {
                "rfa": rfa,
                "act": act,
                "title": errand.title,
                "label": errand.label,
                "lead": errand.lead,
                "paragraph": errand.paragraph,
                "form": form,
                "errors": errors,
                "has_files": any(isinstance(field, FileField) for field in form.fields.values()),
                "change": change_for_page(rfa) if act == "answer-change" else None,
                "case_url": reverse("records:case", args=[rfa.reference]),
            },
            status=refusal.status if refusal else 200,
        )
