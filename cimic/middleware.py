"""A page's refusal: shown as a page with its reason, in the API as problem details."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from common.errors import Refusal


class RefusalMiddleware:
    """Turn a refusal that no page has handled into a page that says why, with its status."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, Refusal) or request.path.startswith("/api/"):
            return None
        return render(request, "refusal.html", {"refusal": exception}, status=exception.status)
