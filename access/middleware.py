"""Each session: how long it lasts, what it was proved with, what browsers keep of it."""

import time
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from access.devices import remember
from access.proof import lacks_proof
from access.sessions import BEGAN, DEVICE, PERSON, SEEN
from common.problems import MEDIA_TYPE

SEEN_EVERY = 300
API = "/api/"
# What somebody who has yet to give a second factor may open: the way there, and out.
OPEN_WITHOUT = ("/accounts/", "/help/", "/language/", "/api/v1/health/", "/static/")


class SessionMiddleware:
    """End a session that is idle or old, and keep nobody's pages in a shared browser.

    Idle is what the session's own row says (``SESSION_COOKIE_AGE`` since it was last used,
    noted every five minutes); however busy, it ends ``SESSION_LASTS`` after the sign-in.
    Pages and answers for whoever is signed in are stored nowhere, unless they say more exactly
    what may be kept.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if PERSON in request.session:
            self._mind(request)
        before = request.user.is_authenticated
        response = self.get_response(request)
        if request.user.is_authenticated:
            if PERSON in request.session:
                if not before:
                    request.session[DEVICE] = request.headers.get("User-Agent", "")[:200]
                remember(request, response)
            response.headers.setdefault("Cache-Control", "no-store")
        elif before:
            response.headers.setdefault("Cache-Control", "no-store")
            response.headers["Clear-Site-Data"] = '"storage"'
        return response

    def _mind(self, request: HttpRequest) -> None:
        """Note when a session began and was used; end it after its time."""
        at, session = int(time.time()), request.session
        if at - session.get(BEGAN, 0) > settings.SESSION_LASTS:
            logout(request)
        elif at - session.get(SEEN, 0) > SEEN_EVERY:
            session[SEEN] = at


class SecondFactorMiddleware:
    """Lead whoever must have a second factor, and gave none, to it before anything else."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if (
            not request.user.is_authenticated
            or request.path.startswith(OPEN_WITHOUT)
            or not lacks_proof(request)
        ):
            return self.get_response(request)
        if request.path.startswith(API):
            return JsonResponse(
                {
                    "type": "about:blank",
                    "title": _("Not yours to do"),
                    "status": 403,
                    "detail": _("Your post asks for a second factor: set one up on its page."),
                },
                status=403,
                content_type=MEDIA_TYPE,
            )
        return redirect("mfa_index")
