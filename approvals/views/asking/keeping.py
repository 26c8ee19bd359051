"""Keeping what a page sent: as a new draft, or on the version it was typed on."""

from typing import Any
from uuid import UUID, uuid4

from django.http import HttpRequest
from django.utils.translation import gettext as _

from approvals import services
from approvals.models import Answer
from approvals.vocabulary import Word
from common.errors import Malformed, Stale
from missions.models import Mission
from requests_app.models import AssistanceRequest
from requests_app.pages import differences, page_form
from requests_app.services import start_draft
from requests_app.vocabulary import Status


def version_of(request: HttpRequest) -> int:
    """Return the version that the page showed; raise ``Malformed`` if it did not say."""
    try:
        return int(request.POST.get("version", ""))
    except ValueError:
        raise Malformed(_("The page did not say which version it shows: load it again.")) from None


def already_begun(request: HttpRequest) -> AssistanceRequest | None:
    """Return the draft that an earlier save of the same page made."""
    try:
        key = UUID(request.POST.get("id", ""))
    except ValueError:
        return None
    return AssistanceRequest.objects.filter(pk=key, requested_by=request.user).first()


def keep(
    request: HttpRequest,
    kind: str,
    mission: Mission,
    rfa: AssistanceRequest | None,
    data: dict[str, Any],
) -> AssistanceRequest:
    """Save typed answers as a new draft or on the version they were typed on.

    Words that are kept already, such as those of a page that saved itself while its button was
    pressed, overwrite nothing: they need not be of the version that stands. Raises ``Stale``
    for others, ``Malformed`` for what cannot be read.
    """
    values = page_form(kind, mission, data=data).values()
    rfa = rfa or already_begun(request)
    if rfa is None:
        try:
            request_id = UUID(request.POST.get("id", ""))
        except ValueError:
            request_id = uuid4()
        return start_draft(actor=request.user, kind=kind, values=values, request_id=request_id)
    version = version_of(request)
    try:
        return services.change(rfa=rfa, actor=request.user, values=values, version=version)
    except Stale:
        rfa.refresh_from_db()
        if differences(rfa, data):
            raise
        return rfa


def last_return(rfa: AssistanceRequest | None) -> Answer | None:
    """Return the answer that sent a request back, while it is back."""
    if rfa is None or rfa.status != Status.RETURNED:
        return None
    return rfa.answers.filter(answer=Word.RETURN).select_related("by", "post").last()
