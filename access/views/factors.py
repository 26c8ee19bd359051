"""Second factors: allauth's own pages, with what follows from a change."""

from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.views import IndexView
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.views import (
    DownloadRecoveryCodesView,
    GenerateRecoveryCodesView,
    ViewRecoveryCodesView,
)
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from allauth.mfa.webauthn.views import AddWebAuthnView, RemoveWebAuthnView
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from access.proof import lacks_proof, record_second_factor
from access.services.accounts import proof_changed
from access.views.shared import LatelyMixin, row_of


def _changed(request: HttpRequest, what: str, factor: str = "") -> None:
    """End all that was open elsewhere, tell the person, and take a new session key."""
    person: Any = request.user
    if factor:
        record_second_factor(request, factor)
    request.session.cycle_key()
    proof_changed(person=person, what=what, but=row_of(request))


class FactorsView(LatelyMixin, IndexView):
    """What second factors a person has; and for who must have one, that it comes first."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(demanded=lacks_proof(self.request), **kwargs)


class AppView(LatelyMixin, ActivateTOTPView):
    """Set an authenticator app up."""

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        _changed(self.request, "factor_added", Authenticator.Type.TOTP)
        return response


class NoAppView(LatelyMixin, DeactivateTOTPView):
    """Give the authenticator app up."""

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        _changed(self.request, "factor_removed")
        return response


class KeyView(LatelyMixin, AddWebAuthnView):
    """Add a passkey or a security key."""

    def get_form(self, form_class: Any = None) -> Any:
        form = super().get_form(form_class)
        form.fields["name"].label = _("Name")
        alone = form.fields["passwordless"]
        alone.label, alone.initial = _("Let it sign me in alone, without the password"), True
        alone.help_text = _("The device then asks for your finger, face or PIN each time.")
        return form

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        _changed(self.request, "factor_added", Authenticator.Type.WEBAUTHN)
        return response


class NoKeyView(LatelyMixin, RemoveWebAuthnView):
    """Give a passkey up; never the last factor of a post that must have one."""

    def form_valid(self, form: Any) -> HttpResponse:
        if not self._may_go():
            messages.error(self.request, _("Your post demands a second factor: add another first."))
            return redirect("mfa_index")
        response = super().form_valid(form)
        _changed(self.request, "factor_removed")
        return response

    def _may_go(self) -> bool:
        return get_adapter().can_delete_authenticator(self.get_object())


class NewCodesView(LatelyMixin, GenerateRecoveryCodesView):
    """Make new recovery codes; the old ones open nothing any more."""

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        _changed(self.request, "codes_made")
        return response


class CodesView(LatelyMixin, ViewRecoveryCodesView):
    """Show the recovery codes that are left."""


class CodesFileView(LatelyMixin, DownloadRecoveryCodesView):
    """The recovery codes as a file to print and lock away."""
