"""How allauth's pages follow our rules: who may try, with what, and who is told."""

import logging
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import (
    get_authentication_records,
    record_authentication,
)
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.stages import AuthenticateStage
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from access import tries
from access.devices import device_known_to
from access.factors import OF_THEIR_OWN, prove
from access.proof import OUTSIDE, TWICE
from access.sealing import opened, sealed
from missions.models import User
from missions.policy import must_prove_twice

log = logging.getLogger(__name__)

TOTP = "totp"


class AccountAdapter(DefaultAccountAdapter):
    """Sign in by username or e-mail; nobody signs up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        """Know a person by name and password.

        Raises ``ValidationError`` where it was tried wrongly too often, the same whether
        anybody has that name or not.
        """
        account = str(credentials.get("username") or credentials.get("email") or "")
        # By one name, or an address that somebody has would be hashed twice, and take longer.
        credentials = {"username": account, "password": credentials.get("password", "")}
        doors = tries.at_sign_in(
            self.get_client_ip(request), account, device=device_known_to(request, account)
        )
        try:
            tries.count(doors)
        except tries.TooManyTries as refusal:
            log.warning("sign-in refused: too many tries")
            raise ValidationError(refusal.detail) from refusal
        person = super().authenticate(request, **credentials)
        if person is None:
            log.warning("sign-in refused: wrong name or password")
        else:
            tries.take_back(doors)
        return person

    def get_login_stages(self) -> list[str]:
        return ["access.adapters.SecondFactorStage"]

    def post_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse:
        """Count what has just been proved as proved lately: nobody is asked twice in a minute."""
        records = get_authentication_records(request, user)
        log.info("signed in: person %s by %s", user.pk, [one["method"] for one in records])
        if records:
            last = dict(records[-1])
            method = last.pop("method")
            last.pop("at", None)
            record_authentication(request, user, method, **{**last, "reauthenticated": True})
        return super().post_login(request, user, **kwargs)

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """Leave it to our services, which tell of each change once, and through the outbox."""


class MFAAdapter(DefaultMFAAdapter):
    """Second factors, their secrets sealed."""

    def encrypt(self, text: str) -> str:
        return sealed(TOTP, text)

    def decrypt(self, encrypted_text: str) -> str:
        return opened(TOTP, encrypted_text)

    def get_totp_label(self, user: Any) -> str:
        return user.username

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Keep the last factor of whoever must have one."""
        others = Authenticator.objects.filter(
            user_id=authenticator.user_id, type__in=OF_THEIR_OWN
        ).exclude(pk=authenticator.pk)
        person = User.objects.get(pk=authenticator.user_id)
        return not must_prove_twice(person) or others.exists()

    def generate_authenticator_name(self, user: Any, type: Any) -> str:
        number = Authenticator.objects.filter(user_id=user.pk, type=type).count() + 1
        return _("Key %(number)s") % {"number": number}


class SecondFactorStage(AuthenticateStage):
    """Ask for the second factor, save where the provider of single sign-on has asked for two."""

    def _should_handle(self, request: HttpRequest) -> bool:
        records = get_authentication_records(request, self.login.user)
        if any(record.get("method") == OUTSIDE and record.get(TWICE) for record in records):
            return False
        return super()._should_handle(request)


class CodeMixin:
    """Check a code by our own rule: once, and not too often."""

    user: User
    cleaned_data: dict[str, Any]

    def clean_code(self) -> str:
        code = str(self.cleaned_data["code"])
        try:
            factor = prove(self.user, code)
        except tries.TooManyTries as refusal:
            raise ValidationError(refusal.detail) from refusal
        if factor is None:
            log.warning("sign-in refused: wrong code of person %s", self.user.pk)
            raise ValidationError(_("This code is wrong, or was used already."))
        self.authenticator = factor
        return code


class CodeForm(CodeMixin, AuthenticateForm):
    """The second factor at sign-in."""


class CodeAgainForm(CodeMixin, ReauthenticateForm):
    """The second factor, asked again."""
