"""Withdrawing and cancelling: asked once more, with the reason."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views import View

from approvals import policy, services
from approvals.forms import ReasonForm
from approvals.pages import page_of_record
from approvals.views.asking.finding import found
from common.errors import Incomplete, Refusal
from common.pages import summary_of, text_of
from requests_app.models import AssistanceRequest


class ReasonView(LoginRequiredMixin, View):
    """A deed that ends a request: asked once more, with its reason."""

    act = ""

    def get(self, request: HttpRequest, reference: str) -> HttpResponse:
        rfa = found(request, reference)
        self._verdict(request, rfa).enforce()
        return self._show(request, rfa, ReasonForm())

    def post(self, request: HttpRequest, reference: str) -> HttpResponse:
        rfa = found(request, reference)
        reason = text_of(request.POST, "reason")
        try:
            self._do(request, rfa, reason)
        except Incomplete as refusal:
            form = ReasonForm(request.POST)
            return self._show(request, rfa, form, refusal)
        rfa.refresh_from_db()
        messages.success(
            request,
            _("%(reference)s is %(status)s. The record stays, with all that was said.")
            % {"reference": rfa.reference, "status": rfa.get_status_display().lower()},
        )
        return redirect(page_of_record(rfa))

    def _verdict(self, request: HttpRequest, rfa: AssistanceRequest) -> Any:
        return (policy.may_withdraw if self.act == "withdraw" else policy.may_cancel)(
            request.user, rfa
        )

    def _do(self, request: HttpRequest, rfa: AssistanceRequest, reason: str) -> None:
        deed = services.withdraw if self.act == "withdraw" else services.cancel
        deed(rfa=rfa, actor=request.user, reason=reason)

    def _show(
        self,
        request: HttpRequest,
        rfa: AssistanceRequest,
        form: ReasonForm,
        refusal: Refusal | None = None,
    ) -> HttpResponse:
        withdraw = self.act == "withdraw"
        form.fields["reason"].required = not withdraw
        words = {
            "title": _("Withdraw %(reference)s?") if withdraw else _("Cancel %(reference)s?"),
            "text": _("The route ends here. The record stays, with all that was said.")
            if withdraw
            else _("What was approved will not be carried out. The requester is told why."),
            "label": _("Withdraw the request") if withdraw else _("Cancel what was approved"),
        }
        return render(
            request,
            "approvals/confirm.html",
            {
                "rfa": rfa,
                "title": words["title"] % {"reference": rfa.reference},
                "text": words["text"],
                "label": words["label"],
                "fields": [form["reason"]],
                "errors": summary_of(refusal.errors, {"reason": "id_reason"}) if refusal else [],
                "cancel_url": page_of_record(rfa),
            },
            status=refusal.status if refusal else 200,
        )
