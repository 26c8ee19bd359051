"""Referring a request, and resolving what was referred, from its case (P52)."""

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views import View

from approvals import services
from approvals.models import Referral
from approvals.queries import visible_to
from approvals.views.asking import found
from common.errors import Refusal
from common.pages import text_of
from requests_app.models import AssistanceRequest


def _back(rfa: AssistanceRequest) -> HttpResponse:
    response = redirect("records:case", rfa.reference)
    response["Location"] += "#referrals"
    return response


class ReferView(LoginRequiredMixin, View):
    """Refer what could not be resolved; what was typed is kept where it is refused."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, reference: str) -> HttpResponse:
        rfa = found(request, reference)
        try:
            referral = services.refer(
                rfa=rfa, actor=request.user, matter=text_of(request.POST, "matter")
            )
        except Refusal as refusal:
            messages.error(request, refusal.detail)
        else:
            messages.success(
                request,
                _("Referred to %(post)s. No decision is taken until it is resolved.")
                % {"post": referral.put_to.title},
            )
        return _back(rfa)


class ResolveView(LoginRequiredMixin, View):
    """Resolve a referral with words, or pass it on to the SRSG."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        referral = get_object_or_404(
            Referral.objects.select_related("rfa__mission", "put_to").filter(
                rfa__in=visible_to(request.user)
            ),
            pk=pk,
        )
        try:
            closed = services.resolve_referral(
                referral=referral,
                actor=request.user,
                resolution=text_of(request.POST, "resolution"),
                outcome="passed_on" if "pass_on" in request.POST else "resolved",
            )
        except Refusal as refusal:
            messages.error(request, refusal.detail)
        else:
            messages.success(request, f"{closed.get_outcome_display()}.")
        return _back(referral.rfa)
