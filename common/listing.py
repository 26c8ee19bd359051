"""How a page of a list travels through the API: ``{results, next, previous}``."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from common.errors import FieldError, Malformed
from common.paging import MOST, USUAL, Page


class CursorPages:
    """How the document describes a list that comes page by page; views name it, none runs it."""

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """Name the questions that every list takes."""
        size = {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL}
        return [
            {"name": "cursor", "in": "query", "schema": {"type": "string"}},
            {"name": "page_size", "in": "query", "schema": size},
        ]

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Wrap the lines as ``list_response`` does."""
        address = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["results", "next", "previous"],
            "properties": {"results": schema, "next": address, "previous": address},
        }


def asked_page(request: Request) -> tuple[str, int]:
    """Return the cursor and the page size asked for; raise ``Malformed`` for a bad size."""
    size = request.query_params.get("page_size", str(USUAL))
    if not size.isdecimal() or len(size) > 3 or not 1 <= int(size) <= MOST:
        raise Malformed(
            errors=[
                FieldError(
                    "page_size", _("Ask for a whole number from 1 to %(most)s.") % {"most": MOST}
                )
            ]
        )
    return request.query_params.get("cursor", ""), int(size)


def list_response(request: Request, rows: Any, page: Page) -> Response:
    """Return a page of rows with the addresses of the pages around it."""
    here = request.build_absolute_uri()

    def link(cursor: str) -> str | None:
        return replace_query_param(here, "cursor", cursor) if cursor else None

    return Response({"results": rows, "next": link(page.next), "previous": link(page.previous)})
