"""What the OpenAPI document says of every call alike: how it is refused."""

from typing import Any

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
