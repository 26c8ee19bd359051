"""Whoever was invited opens the account."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from access.forms import AcceptForm
from access.models import Invitation
from access.services.invitations import accept, invitation_with, name_from
from common.errors import Refusal

LINK = "invited"


class InvitedView(View):
    """Take the link out of the address, so that it is in no history and goes nowhere else."""

    def get(self, request: HttpRequest, invitation_id: int, secret: str) -> HttpResponse:
        request.session[LINK] = [invitation_id, secret]
        return redirect("access:accept")


@method_decorator([sensitive_post_parameters(), never_cache], name="dispatch")
class AcceptView(View):
    """Show what one is invited to, and open the account with a password of one's own."""

    def get(self, request: HttpRequest) -> HttpResponse:
        invitation, _secret = self._link(request)
        if invitation is None:
            return render(request, "access/invited_gone.html", status=404)
        initial = {
            "username": name_from(invitation.email),
            "rank": invitation.rank,
            "first_name": invitation.first_name,
            "last_name": invitation.last_name,
        }
        return self._show(request, invitation, AcceptForm(initial=initial))

    def post(self, request: HttpRequest) -> HttpResponse:
        invitation, secret = self._link(request)
        if invitation is None:
            return render(request, "access/invited_gone.html", status=404)
        form = AcceptForm(request.POST)
        if not form.is_valid():
            return self._show(request, invitation, form, status=400)
        try:
            accept(invitation=invitation, secret=secret, **form.cleaned_data)
        except Refusal as refusal:
            for error in refusal.errors:
                form.add_error(error.field, error.message)
            if not refusal.errors:
                form.add_error(None, refusal.detail)
            return self._show(request, invitation, form, status=refusal.status)
        request.session.flush()
        messages.success(request, _("Your account is open: sign in with it."))
        return redirect("account_login")

    def _link(self, request: HttpRequest) -> tuple[Invitation | None, str]:
        kept: Any = request.session.get(LINK)
        if not kept:
            return None, ""
        return invitation_with(kept[0], kept[1]), kept[1]

    def _show(
        self, request: HttpRequest, invitation: Invitation, form: AcceptForm, status: int = 200
    ) -> HttpResponse:
        return render(
            request,
            "access/invited.html",
            {"invitation": invitation, "form": form},
            status=status,
        )
