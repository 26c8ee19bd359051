"""The OpenAPI document, and what it says of every call alike: how it is refused."""

import threading
from typing import Any

from drf_spectacular.views import SpectacularAPIView
from rest_framework.request import Request
from rest_framework.response import Response

PROBLEM = {
    "type": "object",
    "description": "Problem details (RFC 9457): what is wrong, all of it at once.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "paragraph": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {
                    "field": {"type": "string"},
                    "message": {"type": "string"},
                    "paragraph": {"type": "string"},
                },
            },
        },
    },
}
REFUSED = {
    "description": (
        "400 malformed, 401 sign in, 403 not you, 404 also for what one may not see, 409 not now, "
        "412 stale version, 413 too large, 415 not read, 422 incomplete, 428 version missing, "
        "429 too many."
    ),
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}


def tell_of_refusals(result: dict[str, Any], **_more: Any) -> dict[str, Any]:
    """Say of every call that it may be refused, and in what form."""
    result["components"]["schemas"]["Problem"] = PROBLEM
    for calls in result["paths"].values():
        for call in calls.values():
            if isinstance(call, dict) and "responses" in call:
                call["responses"].setdefault("4XX", REFUSED)
    return result


class SchemaView(SpectacularAPIView):
    """The document, made for one caller at a time.

    drf-spectacular finds its extensions at the first document of a process, and two that do so
    at once each break the other's.
    """

    _making = threading.Lock()

    def _get_schema_response(self, request: Request) -> Response:
        with self._making:
            found: Response = super()._get_schema_response(request)
        return found
