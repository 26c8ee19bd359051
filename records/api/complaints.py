"""The API of complaints about mission personnel."""

from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common.clock import now
from common.errors import FieldError, Forbidden, Malformed
from common.idempotency import IdempotentPosts
from common.listing import CursorPages, asked_page, list_response
from common.paging import page_of
from common.reading import is_plain
from common.writing import ModelBuiltOnce
from records import complaints
from records.api.shared import record_of
from records.forms import ComplaintForm
from records.models import Complaint


class ComplaintSerializer(ModelBuiltOnce[Complaint]):
    """A complaint, its day to be answered by, and its answer (P50)."""

    record = serializers.SerializerMethodField()
    sector = serializers.CharField(source="sector.code", default=None, allow_null=True)
    logged_by = serializers.CharField(source="logged_by.name")
    answered_by = serializers.CharField(source="answered_by.name", default=None, allow_null=True)
    answered_post = serializers.CharField(
        source="answered_post.title", default=None, allow_null=True
    )
    late = serializers.SerializerMethodField()

    class Meta:
        model = Complaint
        fields = [
            "reference",
            "record",
            "sector",
            "place",
            "matter",
            "complainant",
            "received_at",
            "logged_by",
            "logged_at",
            "due_at",
            "late",
            "answer",
            "answered_by",
            "answered_post",
            "answered_at",
        ]

    def get_record(self, complaint: Complaint) -> str | None:
        """Name the record it is about, to who may see that record."""
        return complaint.rfa.reference if complaint.rfa and complaint.rfa_seen else None  # type: ignore[attr-defined]

    def get_late(self, complaint: Complaint) -> bool:
        return (complaint.answered_at or now()) > complaint.due_at


class ComplaintsView(IdempotentPosts, APIView):
    """The complaints I logged, or that are mine to handle; logging one."""

    pagination_class = CursorPages

    @extend_schema(responses=ComplaintSerializer(many=True))
    def get(self, request: Request) -> Response:
        person: Any = request.user
        cursor, size = asked_page(request)
        found = complaints.complaints_of(person)
        page = page_of(found, ("-received_at", "-id"), cursor=cursor, size=size)
        return list_response(request, ComplaintSerializer(page.rows, many=True).data, page)

    @extend_schema(request=OpenApiTypes.OBJECT, responses={201: ComplaintSerializer})
    def post(self, request: Request) -> Response:
        person: Any = request.user
        complaints.may_log(person).enforce()
        standing = complaints.logging_as(person)
        if standing is None:
            raise Forbidden(_("You hold no post in a mission."))
        values = ComplaintForm(standing.post.mission, request.data).values()
        named = values.pop("reference")
        rfa = record_of(person, named) if named else None
        logged = complaints.log_complaint(actor=person, values=values, rfa=rfa)
        return Response(ComplaintSerializer(_seen(request, logged.reference)).data, status=201)


def _seen(request: Request, reference: str) -> Complaint:
    person: Any = request.user
    if not is_plain(reference):
        raise Http404
    return get_object_or_404(complaints.complaints_of(person), reference=reference)


class ComplaintView(APIView):
    """One complaint."""

    @extend_schema(responses=ComplaintSerializer)
    def get(self, request: Request, reference: str) -> Response:
        return Response(ComplaintSerializer(_seen(request, reference)).data)


class AnswerComplaintView(IdempotentPosts, APIView):
    """Answer a complaint."""

    @extend_schema(request=OpenApiTypes.OBJECT, responses=ComplaintSerializer)
    def post(self, request: Request, reference: str) -> Response:
        person: Any = request.user
        if not isinstance(request.data, dict):
            raise Malformed(errors=[FieldError("non_field_errors", _("Send an object."))])
        complaints.answer_complaint(
            actor=person,
            complaint=_seen(request, reference),
            answer=request.data.get("answer", ""),
        )
        return Response(ComplaintSerializer(_seen(request, reference)).data)
