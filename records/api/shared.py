"""What the calls on records share: finding one, reading a body, answering with it."""

from typing import Any
from uuid import UUID

from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from approvals.queries import note_who_asks, sees
from approvals.services.reading import keep_reading
from common.errors import FieldError, Malformed
from common.paging import is_uuid
from common.reading import is_plain
from ledger.readings import API
from missions.models import User
from records.filters import one_line
from records.serializers import RecordSerializer
from records.vocabulary import DRIFT
from requests_app.models import AssistanceRequest


def record_of(person: User, reference: str) -> AssistanceRequest:
    """Return a record the person may see, by reference or UUID; raise ``Http404`` otherwise.

    That a confidential one is read is kept before anything of it is shown.
    """
    if not is_plain(reference):
        raise Http404
    key = UUID(reference) if is_uuid(reference) else None
    rfa = one_line(person, key=key, reference=reference)
    if rfa is None:
        raise Http404
    keep_reading(person, rfa, API)
    return rfa


def body_of(request: Request) -> dict[str, Any]:
    data = request.data
    if not isinstance(data, dict):
        raise Malformed(errors=[FieldError("non_field_errors", _("Send an object."))])
    return data if not hasattr(data, "dict") else data.dict()  # type: ignore[union-attr]


def words_in(data: dict[str, Any], name: str) -> list[str]:
    """Return a list of texts that was sent; raise ``Malformed`` for anything else."""
    sent = data.get(name)
    if sent is None:
        return []
    if not isinstance(sent, list) or not all(isinstance(word, str) for word in sent):
        raise Malformed(errors=[FieldError(name, _("Send a list of texts."))])
    return sent


def drifts_in(data: dict[str, Any]) -> list[str]:
    """Return what ``changed`` names of place, scope and actor."""
    changed = words_in(data, "changed")
    if set(changed) - set(DRIFT):
        words = ", ".join(DRIFT)
        raise Malformed(
            errors=[FieldError("changed", _("Choose from: %(words)s.") % {"words": words})]
        )
    return changed


def photos_in(data: dict[str, Any]) -> list[UUID]:
    """Return the files that ``photos`` names by their identifiers."""
    named = words_in(data, "photos")
    if not all(map(is_uuid, named)):
        raise Malformed(
            errors=[FieldError("photos", _("Name files of this record by their identifiers."))]
        )
    return [UUID(word) for word in named]


class RecordView(APIView):
    """Shared by the calls on one record."""

    def answer(
        self,
        request: Request,
        rfa: AssistanceRequest,
        status: int = 200,
        *,
        stands: AssistanceRequest | None = None,
        **more: Any,
    ) -> Response:
        """Return the record as it now stands, with its version as ETag.

        It is read again, by who may read it, save where ``stands`` is how the deed left it.
        """
        person: Any = request.user
        if stands is None:
            rfa = record_of(person, str(rfa.pk))
        elif sees(person, stands):
            rfa = stands
            note_who_asks(person, rfa)
            keep_reading(person, rfa, API)
        else:
            raise Http404
        body = {**RecordSerializer(rfa, context={"request": request}).data, **more}
        return Response(
            body,
            status=status,
            headers={"ETag": f'"{rfa.version}"', "Location": f"/api/v1/requests/{rfa.reference}/"},
        )
