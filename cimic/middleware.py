"""What every answer is given: the reader's language and clock, and a page for a refusal."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.middleware.gzip import GZipMiddleware
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _

from common.errors import Refusal
from common.problems import MEDIA_TYPE, TITLES
from missions.languages import language_for
from missions.queries import first_standing

API = "/api/"
HEALTH = "/api/v1/health/"
# What a page of ours may use of the device; all else is switched off.
DEVICE = ", ".join(
    (
        "geolocation=(self)",
        "publickey-credentials-get=(self)",
        "publickey-credentials-create=(self)",
        *(
            f"{feature}=()"
            for feature in ("camera", "microphone", "payment", "usb", "serial", "bluetooth")
        ),
    )
)


class ProtectionMiddleware:
    """Tell the browser, on every answer, what no page of ours needs; refuse a program over http.

    Stands before all others, so that static files, refusals and failures are answered alike
    (OWASP ASVS 5.0: 3.4, 4.1.2).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if settings.HTTPS and self._is_program(request) and not request.is_secure():
            response: HttpResponseBase = self._refused()
        else:
            response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", DEVICE)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        return response

    def _is_program(self, request: HttpRequest) -> bool:
        return request.path.startswith(API) and not request.path.startswith(HEALTH)

    def _refused(self) -> JsonResponse:
        detail = _("Use https: over http whatever you send can be read on the way, your token too.")
        body = {"type": "about:blank", "title": str(TITLES[403]), "status": 403, "detail": detail}
        return JsonResponse(body, status=403, content_type=MEDIA_TYPE)


class LanguageMiddleware:
    """Speak the reader's language, and tell the time of the mission.

    A person's own language for pages; in the API what the call accepts, then the person's;
    for a stranger what was chosen on the sign-in page, then what the browser accepts. The API
    tells all times in UTC.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        language = language_for(request, is_api=request.path.startswith(API))
        with translation.override(language), timezone.override(self._zone_of(request)):
            request.LANGUAGE_CODE = language  # type: ignore[attr-defined]
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", translation.get_language() or language)
        patch_vary_headers(response, ["Accept-Language", "Cookie"])
        return response

    def _zone_of(self, request: HttpRequest) -> ZoneInfo | None:
        """Return the mission's time zone for its people's pages; None is UTC."""
        if request.path.startswith(API) or not request.user.is_authenticated:
            return None
        standing = first_standing(request.user)
        return ZoneInfo(standing.post.mission.time_zone) if standing else None


class CompressionMiddleware(GZipMiddleware):
    """Compress what is sent whole; what is fetched in parts stays as it is, byte for byte."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if response.has_header("Accept-Ranges"):
            return response
        return super().process_response(request, response)


class RefusalMiddleware:
    """Turn a refusal that no page has handled into a page that says why, with its status."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, Refusal) or request.path.startswith(API):
            return None
        return render(request, "refusal.html", {"refusal": exception}, status=exception.status)
