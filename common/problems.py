"""How a refusal travels through the API: problem details (RFC 9457)."""

from typing import Any

import structlog
from django.core.exceptions import (
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    ValidationError,
)
from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler as drf_exception_handler
from rest_framework.views import set_rollback

from common.errors import FieldError, Refusal, Stale
from common.outages import outage_of
from common.tracing import request_id

log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"

TITLES = {
    400: gettext_lazy("Some answers cannot be read"),
    401: gettext_lazy("Sign in first"),
    403: gettext_lazy("Not yours to do"),
    404: gettext_lazy("Not found"),
    405: gettext_lazy("Not done this way"),
    406: gettext_lazy("Cannot answer in that form"),
    409: gettext_lazy("Not now"),
    412: gettext_lazy("Changed since you read it"),
    413: gettext_lazy("Too large"),
    415: gettext_lazy("Cannot read that form"),
    422: gettext_lazy("Something is still missing"),
    428: gettext_lazy("Name the version you read"),
    429: gettext_lazy("Too many at once"),
    503: gettext_lazy("Out of reach for a moment"),
    507: gettext_lazy("The server has no room left"),
}


def problem(
    status: int,
    detail: str,
    *,
    title: str = "",
    errors: list[FieldError] | None = None,
    paragraph: str = "",
    **more: Any,
) -> Response:
    """Return a problem response with every error at once."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": title or TITLES.get(status, _("Not done")),
        "status": status,
        "detail": detail,
        **more,
    }
    if errors:
        body["errors"] = [
            {"field": error.field, "message": error.message}
            | ({"paragraph": error.paragraph} if error.paragraph else {})
            for error in errors
        ]
    if paragraph:
        body["paragraph"] = paragraph
    if request_id():
        body["request_id"] = request_id()
    return Response(body, status=status, content_type=MEDIA_TYPE)


def refusal_response(refusal: Refusal) -> Response:
    """Return the problem response of one of our own refusals."""
    more = {}
    if isinstance(refusal, Stale):
        more = {"yours": refusal.yours, "current": refusal.theirs}
    return problem(
        refusal.status,
        refusal.detail,
        title=str(refusal.title),
        errors=refusal.errors,
        paragraph=refusal.paragraph,
        **more,
    )


def field_errors(detail: Any, prefix: str = "") -> list[FieldError]:
    """Flatten a serializer's errors to one list of field and message."""
    if isinstance(detail, dict):
        return [
            error
            for name, inner in detail.items()
            for error in field_errors(inner, f"{prefix}.{name}" if prefix else str(name))
        ]
    if isinstance(detail, list):
        found: list[FieldError] = []
        for number, inner in enumerate(detail):
            nested = isinstance(inner, dict | list)
            found += field_errors(inner, f"{prefix}[{number}]" if nested else prefix)
        return found
    return [FieldError(prefix or "non_field_errors", str(detail))]


def exception_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """Turn every refusal, ours and the framework's, into problem details.

    What is not a refusal is an error of ours and goes on to be logged as a 500.
    """
    outage = outage_of(exc)
    if outage is not None:
        log.warning("outage", status=outage.status, error=str(exc).strip())
        set_rollback()
        answer = refusal_response(outage)
        answer["Retry-After"] = str(type(outage).retry_after)
        return answer
    if isinstance(exc, Refusal):
        set_rollback()
        return refusal_response(exc)
    if isinstance(exc, ValidationError):
        set_rollback()
        messages = (
            exc.message_dict if hasattr(exc, "error_dict") else {"non_field_errors": exc.messages}
        )
        return problem(400, _("Some answers cannot be read."), errors=field_errors(messages))
    if isinstance(exc, RequestDataTooBig):
        set_rollback()
        return problem(413, _("This is more than is taken in at once: send less."))
    if isinstance(exc, SuspiciousOperation):
        set_rollback()
        return problem(400, str(exc))
    if isinstance(exc, Http404):
        exc = exceptions.NotFound(_("There is no such thing, or it is not open to you."))
    elif isinstance(exc, PermissionDenied):
        exc = exceptions.PermissionDenied(str(exc) or None)
    response = drf_exception_handler(exc, context)
    if response is None:
        return None
    errors = None
    detail = response.data.get("detail") if isinstance(response.data, dict) else None
    if isinstance(exc, exceptions.ValidationError):
        errors = field_errors(response.data)
        detail = _("Some answers cannot be read.")
    answer = problem(response.status_code, str(detail or ""), errors=errors)
    for header in ("WWW-Authenticate", "Retry-After", "Allow"):
        if header in response:
            answer[header] = response[header]
    return answer
