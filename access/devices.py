"""The browsers in which a person has signed in before: a signed cookie, and nothing kept here.

It lets nobody in. It only says that a try comes from a browser that its person knows, so
that strangers who guess at an account do not make its owner wait (``access.tries``).
"""

import secrets

from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest, HttpResponseBase

from missions.models import User

LASTS = 180 * 24 * 3600
MOST = 8
SALT = "cimic.known"


def _read(request: HttpRequest) -> tuple[str, list[str]]:
    """Return the device's own name and the people known on it; '' for a new one."""
    said = str(
        request.get_signed_cookie(settings.KNOWN_COOKIE_NAME, default="", salt=SALT, max_age=LASTS)
    )
    device, _colon, people = said.partition(":")
    return device, people.split(",") if people else []


def device_known_to(request: HttpRequest, account: str) -> str:
    """Return the device's name if whoever this account is has signed in on it; '' otherwise."""
    device, people = _read(request)
    if not device:
        return ""
    person = (
        User.objects.filter(Q(username__iexact=account) | Q(email__iexact=account))
        .values_list("pk", flat=True)
        .first()
    )
    return device if str(person) in people else ""


def remember(request: HttpRequest, response: HttpResponseBase) -> None:
    """Keep in the browser that its person has signed in here."""
    device, people = _read(request)
    mine = str(request.user.pk)
    if mine in people:
        return
    kept = [*people, mine][-MOST:]
    response.set_signed_cookie(  # type: ignore[attr-defined]
        settings.KNOWN_COOKIE_NAME,
        f"{device or secrets.token_urlsafe(12)}:{','.join(kept)}",
        salt=SALT,
        max_age=LASTS,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )
