"""Passwords: changed by who knows the old one, set anew by who reads the mail."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.views import (
    PasswordChangeView,
    PasswordResetFromKeyView,
    PasswordResetView,
)
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from access import tries
from access.forms import AskPasswordForm
from access.services.accounts import proof_changed
from access.views.shared import row_of


class ShortMixin:
    """Say what a password must be in one line, and not as a list in the middle of the form."""

    def get_form(self, form_class: Any = None) -> Any:
        form = super().get_form(form_class)  # type: ignore[misc]
        form.fields["password1"].help_text = _(
            "At least 15 signs, of any kind; not common, not of your name or the mission's."
        )
        return form


class ChangeView(ShortMixin, LoginRequiredMixin, PasswordChangeView):
    """Change the password; every other session and every key ends."""

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.is_authenticated and not request.user.has_usable_password():
            return redirect("access:account")
        return super().dispatch(request, *args, **kwargs)

    def get_default_success_url(self) -> str:
        return "/account/"

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        person: Any = self.request.user
        proof_changed(person=person, what="password_changed", but=row_of(self.request))
        return response


class AskView(PasswordResetView):
    """Ask for a link to a new password: the same answer, whoever has the address."""

    form_class = AskPasswordForm

    def form_valid(self, form: Any) -> HttpResponse:
        doors = tries.at_letter(
            get_adapter().get_client_ip(self.request), form.cleaned_data["email"]
        )
        try:
            tries.count(doors)
        except tries.TooManyTries as refusal:
            form.add_error(None, refusal.detail)
            return self.form_invalid(form)
        return super().form_valid(form)


class NewView(ShortMixin, PasswordResetFromKeyView):
    """Set a new password by the link; whatever was open under the old one ends."""

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        proof_changed(person=self.reset_user, what="password_changed")  # type: ignore[attr-defined]
        return response
