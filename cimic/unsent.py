"""Words that arrived after the session had ended: kept until their writer has signed in.

They are shown to nobody else: a signed cookie remembers who worked in this browser. They may be
confidential: the session that they wait in is sealed with what the browser alone holds
(``access.sessions``). Of the files that came with them the names are kept, so that they are chosen
again.
"""

from collections.abc import Callable
from urllib.parse import parse_qsl

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render, resolve_url

KEPT = "unsent"
MOST = 200_000
NOT_WORDS = frozenset({"csrfmiddlewaretoken", "id", "version", "revision", "then", "from"})


def _is_word(name: str, value: str) -> bool:
    """Whether a box holds something that its writer wrote."""
    return bool(value) and name not in NOT_WORDS and "_FORMS" not in name


class UnsentMiddleware:
    """Keep a form that met the sign-in page, and offer it again once its writer is back."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path.startswith("/api/"):
            return self.get_response(request)
        kept = request.session.get(KEPT) if request.method == "GET" else None
        if kept and kept["path"] == request.path and request.user.is_authenticated:
            del request.session[KEPT]
            if kept["who"] == str(request.user.pk):
                words = parse_qsl(kept["words"], keep_blank_values=True)
                return self._offer(request, words, kept["files"])
        response = self.get_response(request)
        if request.method == "POST" and self._met_sign_in(request, response):
            self._keep(request)
        elif request.user.is_authenticated and self._who(request) != str(request.user.pk):
            response.set_signed_cookie(  # type: ignore[attr-defined]
                settings.WHO_COOKIE_NAME,
                str(request.user.pk),
                httponly=True,
                samesite="Lax",
                secure=settings.SESSION_COOKIE_SECURE,
            )
        return response

    def _who(self, request: HttpRequest) -> str:
        return str(request.get_signed_cookie(settings.WHO_COOKIE_NAME, default=""))

    def _met_sign_in(self, request: HttpRequest, response: HttpResponseBase) -> bool:
        sign_in = resolve_url(settings.LOGIN_URL) + "?"
        return (
            not request.user.is_authenticated
            and response.headers.get("Location", "").startswith(sign_in)
            and "X-Autosave" not in request.headers
        )

    def _keep(self, request: HttpRequest) -> None:
        who, words = self._who(request), request.POST.urlencode()
        secret = any("password" in name for name in request.POST)
        files = [upload.name for box in request.FILES for upload in request.FILES.getlist(box)]
        says = any(_is_word(name, str(value)) for name, value in request.POST.items())
        if who and not secret and (says or not files) and len(words) <= MOST:
            request.session[KEPT] = {
                "path": request.path,
                "words": words,
                "files": files,
                "who": who,
            }

    def _offer(
        self, request: HttpRequest, pairs: list[tuple[str, str]], files: list[str]
    ) -> HttpResponseBase:
        return render(
            request,
            "unsent.html",
            {
                "pairs": [pair for pair in pairs if pair[0] != "csrfmiddlewaretoken"],
                "words": [
                    {"label": name.replace("_", " "), "value": value}
                    for name, value in pairs
                    if _is_word(name, value)
                ],
                "files": files,
            },
        )
