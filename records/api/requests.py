"""The API of requests and records: ask, read, move, do, close."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from approvals import services as approvals
from approvals.queries import where_found
from common.errors import FieldError, Malformed, VersionMissing
from common.idempotency import IdempotentPosts
from common.listing import CursorPages, asked_page, list_response
from common.paging import ByArms, is_uuid, page_of
from common.patience import looking_up
from ledger.queries import history_of
from records.api.shared import RecordView, body_of, record_of
from records.columns import ALONG_AN_INDEX, asked_sort, asked_words, sorted_by
from records.filters import refuse_misread, register_for
from records.schema import DRAFT_BODY, EXTREME_BODY, REGISTER_PARAMETERS
from records.serializers import (
    EntrySerializer,
    FoundLineSerializer,
    RecordSerializer,
)
from requests_app.forms import DraftForm, ExtremeSituationForm, unknown_names
from requests_app.models import AssistanceRequest
from requests_app.places import doubts_of
from requests_app.policy import asking_as, may_ask, may_report_extreme
from requests_app.services import start_draft
from requests_app.vocabulary import Kind


def _client_id(data: dict[str, Any]) -> UUID | None:
    said = data.get("id")
    if said is None:
        return None
    if not isinstance(said, str) or not is_uuid(said):
        raise Malformed(errors=[FieldError("id", _("Send a UUID, or leave it out."))])
    return UUID(said)


class RequestsView(IdempotentPosts, RecordView):
    """The requests in one's own sight; a new draft."""

    pagination_class = CursorPages

    @extend_schema(
        parameters=REGISTER_PARAMETERS,
        responses=FoundLineSerializer(many=True),
        operation_id="requests",
    )
    def get(self, request: Request) -> Response:
        """List them, newest first; searched by words, each says where the words stand."""
        person: Any = request.user
        cursor, size = asked_page(request)
        register = register_for(person, request.query_params)
        refuse_misread(register)
        along = ALONG_AN_INDEX.get(asked_sort(request.query_params))
        words = asked_words(request.query_params)
        rows: QuerySet[AssistanceRequest] | ByArms
        with looking_up(words):
            if along is None:
                rows, order = sorted_by(register.qs, request.query_params)
            else:
                rows, order = register.by_arms(), along
            page = page_of(rows, order, cursor=cursor, size=size)
            found = where_found(person, page.rows, words, french=get_language() == "fr")
        context = {"request": request, "found": found}
        lines = FoundLineSerializer(page.rows, many=True, context=context).data
        return list_response(request, lines, page)

    @extend_schema(request=DRAFT_BODY, responses={201: RecordSerializer})
    def post(self, request: Request) -> Response:
        """Open a draft. What is no question of the form is named under ``ignored``."""
        data = body_of(request)
        kinds = [Kind.CIVIL_ASSISTANCE, Kind.SECURITY_ASSISTANCE, Kind.QIP]
        kind = data.get("kind")
        person: Any = request.user
        may_ask(person).enforce()
        if kind not in kinds:
            words = ", ".join(kinds)
            hint = _("Choose one of: %(words)s.")
            if kind == Kind.EXTREME_SITUATION:
                hint = _(
                    "Choose one of: %(words)s. Extreme situations are reported to "
                    "extreme-situations/."
                )
            raise Malformed(
                errors=[
                    FieldError(
                        "kind",
                        hint % {"words": words},
                    )
                ]
            )
        standing = asking_as(person)
        mission = standing.post.mission  # type: ignore[union-attr]
        request_id, wrong = None, []
        try:
            request_id = _client_id(data)
        except Malformed as refusal:
            wrong = refusal.errors
        values: dict[str, Any] = {}
        try:
            values = DraftForm(kind, mission, data).values()
        except Malformed as refusal:
            wrong = wrong + refusal.errors
        if wrong:
            raise Malformed(errors=wrong)
        rfa = start_draft(actor=person, kind=kind, values=values, request_id=request_id)
        return self.answer(
            request, rfa, 201, ignored=unknown_names(kind, data), warnings=_warnings(rfa)
        )


class RequestView(RecordView):
    """One record: read it; change it while it is a draft or returned."""

    @extend_schema(responses=RecordSerializer, operation_id="request")
    def get(self, request: Request, reference: str) -> Response:
        return self.answer(request, record_of(request.user, reference))  # type: ignore[arg-type]

    @extend_schema(
        request=DRAFT_BODY,
        responses=RecordSerializer,
        parameters=[
            OpenApiParameter(
                "If-Match",
                OpenApiTypes.STR,
                OpenApiParameter.HEADER,
                required=True,
                description="The version that was read, as its ETag gave it.",
            )
        ],
    )
    def patch(self, request: Request, reference: str) -> Response:
        """Save answers on the version that was read (``If-Match``); a stale one is 412."""
        person: Any = request.user
        rfa = record_of(person, reference)
        version = _version(request)
        data = body_of(request)
        if data.get("kind", rfa.kind) != rfa.kind:
            raise Malformed(
                errors=[FieldError("kind", _("The kind stays: file another request instead."))]
            )
        values = DraftForm(rfa.kind, rfa.mission, data).values()
        rfa = approvals.change(rfa=rfa, actor=person, values=values, version=version)
        return self.answer(
            request, rfa, ignored=unknown_names(rfa.kind, data), warnings=_warnings(rfa)
        )


def _warnings(rfa: AssistanceRequest) -> list[dict[str, str]]:
    """Name what seems odd and was kept all the same: a point outside the mission's boundaries."""
    return [{"field": doubt.field, "message": doubt.message} for doubt in doubts_of(rfa)]


def _version(request: Request) -> int:
    said = request.headers.get("If-Match", "").strip().removeprefix("W/").strip('"')
    if not said:
        raise VersionMissing(_("Send If-Match with the version you read, as its ETag gave it."))
    if not said.isdecimal() or len(said) > 18:
        raise Malformed(errors=[FieldError("If-Match", _("Send the version as its ETag gave it."))])
    return int(said)


class HistoryView(APIView):
    """A record's entries, oldest first, each with its hash and the one before."""

    pagination_class = CursorPages

    @extend_schema(responses=EntrySerializer(many=True))
    def get(self, request: Request, reference: str) -> Response:
        rfa = record_of(request.user, reference)  # type: ignore[arg-type]
        cursor, size = asked_page(request)
        page = page_of(history_of(rfa.pk), ("number",), cursor=cursor, size=size)
        context = {"request": request, "rfa": rfa}
        rows = EntrySerializer(page.rows, many=True, context=context).data
        return list_response(request, rows, page)


class ExtremeSituationsView(IdempotentPosts, RecordView):
    """Report help already given to prevent loss of life, injury or property (P40)."""

    @extend_schema(request=EXTREME_BODY, responses={201: RecordSerializer})
    def post(self, request: Request) -> Response:
        person: Any = request.user
        may_report_extreme(person).enforce()
        data = body_of(request)
        request_id = _client_id(data)
        standing = asking_as(person)
        form = ExtremeSituationForm(standing.post.mission, data)  # type: ignore[union-attr]
        rfa = approvals.report_extreme_situation(
            actor=person, values=form.values(), request_id=request_id
        )
        return self.answer(request, rfa, 201, warnings=_warnings(rfa))
