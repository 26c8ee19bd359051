"""One line of the log and one count for each request, and the id by which both are found."""

import time
from collections.abc import Callable

import structlog
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponseBase
from django.utils.functional import SimpleLazyObject

from cimic import metrics
from common.room import with_room
from common.tracing import HEADER, id_from, request_id, traced

log = structlog.stdlib.get_logger("cimic.requests")
QUIET = ("api/v1/health/", "metrics")


class RequestMiddleware:
    """Give the request its id, count it, and write its line: which view, never which words.

    The line has the pattern of the address, not the address: that may hold a key or a question.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with traced(id_from(request.headers.get(HEADER, ""))):
            began = time.monotonic()
            response: HttpResponseBase = with_room(self.get_response, request)
            response[HEADER] = request_id()
            self._tell(request, response.status_code, time.monotonic() - began)
            return response

    def _tell(self, request: HttpRequest, status: int, seconds: float) -> None:
        match = request.resolver_match
        route = match.route if match else ""
        metrics.count_request(
            str(request.method), match.view_name if match else "", status, seconds
        )
        if route.startswith(QUIET) and status < 500:
            return
        person = self._person(request)
        level = log.info if status < 400 else log.warning if status < 500 else log.error
        level(
            "request",
            method=request.method,
            route=route,
            status=status,
            ms=round(seconds * 1000),
            person=person.pk if person is not None else None,
        )

    def _person(self, request: HttpRequest) -> AbstractBaseUser | AnonymousUser | None:
        """Return whose request it was found to be, by session or by token; nobody is looked up."""
        user = getattr(request, "user", None)
        if type(user) is SimpleLazyObject:
            return getattr(request, "_cached_user", None)
        return user
