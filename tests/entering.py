"""Signing in as people do it, outside the demonstration: name, password, second factor."""

import time
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
)
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.test import Client

from access.services.mail import send_owed
from missions.models import User
from tests.builders import PASSWORD


def code_of(secret: str, later: int = 0) -> str:
    """The code that an app with this secret shows, so many half minutes from now."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + later))


def with_app(person: User) -> str:
    """Give a person an authenticator app; return its secret."""
    secret = generate_totp_secret()
    TOTP.activate(person, secret)
    return secret


def with_codes(person: User) -> list[str]:
    """Give a person recovery codes; return them."""
    return RecoveryCodes.activate(person).get_unused_codes()


def sign_in(client: Client, username: str, password: str = PASSWORD, **more: Any) -> Any:
    """Send the sign-in form; give the answer."""
    return client.post("/accounts/login/", {"login": username, "password": password}, **more)


def give_code(client: Client, code: str) -> Any:
    """Send the code that is asked for after the password."""
    return client.post("/accounts/2fa/authenticate/", {"code": code})


def entered(client: Client) -> bool:
    """Whether the browser's person is let in to a page."""
    return client.get("/account/").status_code == 200


def letters(mailoutbox: list[EmailMessage]) -> list[EmailMessage]:
    """Send what is owed, as the worker does, and give all letters so far."""
    send_owed()
    return mailoutbox


def factors_of(person: User) -> list[str]:
    """The kinds of second factors a person has."""
    return sorted(Authenticator.objects.filter(user=person).values_list("type", flat=True))


class Away(BaseEmailBackend):
    """A mail server that is not there."""

    def send_messages(self, email_messages: Any) -> int:
        raise ConnectionRefusedError("away")
