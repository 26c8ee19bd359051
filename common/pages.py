"""What pages share: fragments for htmx, error summaries, lists with their neighbours."""

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.forms import Form
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.cache import patch_vary_headers

from common.errors import FieldError, Malformed
from common.paging import USUAL, ByArms, page_of

NEWEST_FIRST = ("-created_at", "-id")


class FragmentMixin:
    """Answer htmx with the fragment alone, and everybody else with the whole page."""

    template_name = ""
    fragment_name = ""

    def template_for(self, request: HttpRequest) -> str:
        """Return the fragment for a swap, the page for a visit or a restored history."""
        htmx = getattr(request, "htmx", None)
        swaps = htmx and not htmx.history_restore_request and not htmx.boosted
        return self.fragment_name if swaps else self.template_name

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = super().dispatch(request, *args, **kwargs)  # type: ignore[misc]
        patch_vary_headers(response, ["HX-Request", "HX-History-Restore-Request"])
        return response


def summary_of(
    errors: list[FieldError],
    ids: dict[str, str] | None = None,
    labels: dict[str, Any] | None = None,
) -> list[dict[str, str]]:
    """Return errors as the summary component takes them, with the boxes they lead to.

    A message that does not name its question is given the question's label.
    """
    found = []
    for error in errors:
        label = str((labels or {}).get(error.field.split("[")[0], ""))
        named = not label or label.lower() in error.message.lower()
        found.append(
            {
                "field_id": (ids or {}).get(error.field, ""),
                "field": error.field,
                "message": error.message if named else f"{label}: {error.message}",
                "paragraph": error.paragraph,
            }
        )
    return found


def text_of(data: Any, name: str) -> str:
    """Return one text that a page sent, without the null characters no column holds."""
    return str(data.get(name, "")).replace("\0", "").strip()


def labels_of(form: Form) -> dict[str, Any]:
    """Return the label of each of a form's questions."""
    return {name: field.label for name, field in form.fields.items()}


def said(params: QueryDict) -> QueryDict:
    """Return a query without the questions left open: an empty box asks nothing."""
    kept = params.copy()
    for name in list(kept):
        values = [value for value in kept.getlist(name) if value.strip()]
        if values:
            kept.setlist(name, values)
        else:
            del kept[name]
    return kept


@dataclass(frozen=True)
class Lines:
    """One page of a list, and the addresses of those before and after it."""

    rows: list[Any]
    newer_url: str
    older_url: str


def lines_of(
    request: HttpRequest,
    rows: QuerySet[Any] | ByArms,
    order: tuple[str, ...] = NEWEST_FIRST,
    size: int = USUAL,
    *,
    named: str = "",
) -> Lines:
    """Return the page of a list that an address asks for; a strange cursor starts at the top.

    Of several lists on one page each is ``named``: its cursor's name, and the part it stands in.
    """
    name = named or "cursor"
    try:
        page = page_of(rows, order, cursor=request.GET.get(name, ""), size=size)
    except Malformed:
        page = page_of(rows, order, size=size)

    def address(cursor: str) -> str:
        query = request.GET.copy()
        query[name] = cursor
        part = f"#{named}" if named else ""
        return f"?{query.urlencode()}{part}" if cursor else ""

    return Lines(page.rows, newer_url=address(page.previous), older_url=address(page.next))
