"""How a page of a list travels through the API: ``{results, next, previous}``."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from common.errors import FieldError, Malformed
from common.paging import MOST, USUAL, Page


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
