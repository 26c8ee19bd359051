"""Which language a reader is spoken to in."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language_from_request, get_supported_language_variant
from django.utils.translation.trans_real import parse_accept_lang_header

from missions.models import User


def spoken(code: str) -> str | None:
    """Return the language of ours that a code asks for, or None: ``fr-CD`` is ``fr``."""
    try:
        return get_supported_language_variant(code)
    except LookupError:
        return None


def language_of(person: User) -> str:
    """Return the language a person has chosen; the mission's where it is none of ours."""
    return spoken(person.language) or settings.LANGUAGE_CODE


def accepted(request: Any) -> str | None:
    """Return the first language of ours that a call accepts by its header, or None."""
    header = request.headers.get("Accept-Language", "")
    found = (spoken(code) for code, _ in parse_accept_lang_header(header) if code != "*")
    return next(filter(None, found), None)


def language_for(request: HttpRequest, *, is_api: bool) -> str:
    """Return the language to answer in.

    In the API what the call accepts, then the person's; on pages the person's own; for a
    stranger what was chosen on the sign-in page, then what the browser accepts.
    """
    asked = accepted(request) if is_api else None
    if asked:
        return asked
    if request.user.is_authenticated:
        return language_of(request.user)
    return get_language_from_request(request)


def languages() -> list[dict[str, str]]:
    """List the languages to choose from, each by its own name."""
    return [{"code": code, "name": str(name)} for code, name in settings.LANGUAGES]
