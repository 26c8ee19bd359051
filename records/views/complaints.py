"""The pages of complaints about mission personnel (P50)."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views import View

from approvals.queries import visible_to
from common.clock import now
from common.errors import FieldError, Malformed, Refusal
from common.pages import labels_of, summary_of, text_of
from missions.models import Sector
from missions.queries import standings_of
from records import complaints
from records.forms import ComplaintForm

SHOWN = 100


class ComplaintsView(LoginRequiredMixin, View):
    """What is open, what was answered, and a form to log another."""

    def get(self, request: HttpRequest) -> HttpResponse:
        standing = complaints.logging_as(request.user)
        form = ComplaintForm(standing.post.mission) if standing else None
        return self._show(request, form)

    def post(self, request: HttpRequest) -> HttpResponse:
        complaints.may_log(request.user).enforce()
        standing = complaints.logging_as(request.user)
        if standing is None:
            raise Http404
        form = ComplaintForm(standing.post.mission, request.POST)
        try:
            values = form.values()
            named = values.pop("reference")
            rfa = visible_to(request.user).filter(reference__iexact=named).first()
            if named and rfa is None:
                raise Malformed(errors=[FieldError("reference", _("There is no such request."))])
            logged = complaints.log_complaint(actor=request.user, values=values, rfa=rfa)
        except Refusal as refusal:
            return self._show(request, form, refusal)
        messages.success(request, _("Logged as %(reference)s.") % {"reference": logged.reference})
        return redirect("records:complaints")

    def _show(
        self, request: HttpRequest, form: ComplaintForm | None, refusal: Refusal | None = None
    ) -> HttpResponse:
        errors = []
        if refusal and form:
            for error in refusal.errors:
                if error.field in form.fields and error.field not in form.errors:
                    form.add_error(error.field, error.message)
            ids = {name: f"id_{name}" for name in form.fields}
            errors = summary_of(refusal.errors, ids, labels_of(form))
        rows: list[dict[str, Any]] = [
            {
                "complaint": one,
                "late": (one.answered_at or now()) > one.due_at,
                "may_answer": complaints.may_answer_complaint(request.user, one),
            }
            for one in complaints.complaints_of(request.user)[:SHOWN]
        ]
        standings = standings_of(request.user)
        missions = {held.post.mission_id for held in standings}
        return render(
            request,
            "records/complaints.html",
            {
                "rows": sorted(rows, key=lambda row: row["complaint"].answered_at is not None),
                "form": form,
                "sectors": Sector.objects.filter(mission__in=missions),
                "errors": errors,
            },
            status=refusal.status if refusal else 200,
        )


class AnswerComplaintView(LoginRequiredMixin, View):
    """Answer a complaint."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, reference: str) -> HttpResponse:
        complaint = get_object_or_404(complaints.complaints_of(request.user), reference=reference)
        try:
            complaints.answer_complaint(
                actor=request.user,
                complaint=complaint,
                answer=text_of(request.POST, "answer"),
            )
        except Refusal as refusal:
            messages.error(request, refusal.detail)
        else:
            messages.success(request, _("Answered."))
        return redirect("records:complaints")
