"""The record that an address names, to whoever may see it."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest

from approvals.queries import visible_to, with_who_asks
from approvals.services.reading import keep_reading
from ledger.readings import PAGE
from requests_app.models import AssistanceRequest


def found(request: HttpRequest, reference: str) -> AssistanceRequest:
    """Return the record the person may see under a reference or UUID; else 404.

    That a confidential one is read is kept before anything of it is shown.
    """
    try:
        key: dict[str, Any] = {"pk": UUID(reference)}
    except ValueError:
        key = {"reference": reference.replace("\0", "")}
    rfa = (
        with_who_asks(request.user, visible_to(request.user))
        .select_related("mission", "post", "organisation", "requested_by", "sector", "area")
        .filter(**key)
        .first()
    )
    if rfa is None:
        raise Http404
    keep_reading(request.user, rfa, PAGE)
    return rfa
