"""Weighing a look-alike from the case."""

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views import View

from approvals import services
from approvals.views.asking import found
from common.errors import Refusal
from common.pages import text_of


class WeighView(LoginRequiredMixin, View):
    """Say what a look-alike is: a duplicate, complementary, distinct."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, reference: str) -> HttpResponse:
        rfa = found(request, reference)
        other = found(request, text_of(request.POST, "other"))
        try:
            weighed = services.weigh_look_alike(
                rfa=rfa,
                other=other,
                actor=request.user,
                word=text_of(request.POST, "word"),
                remark=text_of(request.POST, "remark"),
            )
        except Refusal as refusal:
            messages.error(request, refusal.detail)
        else:
            messages.success(request, f"{other.reference}: {weighed.get_word_display()}.")
        response = redirect("records:case", rfa.reference)
        response["Location"] += "#look-alikes"
        return response
