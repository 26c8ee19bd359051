"""The API of the archive: what is due, held, transferred and disposed of; and each deed (P41)."""

import json
from typing import Any

from django.http import FileResponse, Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common.canonical import canonical
from common.errors import FieldError, Malformed
from common.idempotency import IdempotentPosts
from common.listing import asked_page, list_response
from common.negotiation import WhateverIsAccepted
from common.paging import page_of
from common.reading import is_plain
from missions.models import Mission, User
from records import archive_deeds
from records.archive import pack_as_zip
from records.archive.keeping import end_class, set_class
from records.archive.policy import may_read_archive
from records.archive.retention import (
    Part,
    counts_of,
    kept_for,
    mission_of_archive,
    part_of,
    today_of,
)
from records.archive.showing import class_for_api, line_of, place_of
from records.models import RetentionAction, RetentionClass
from requests_app.models import AssistanceRequest
from requests_app.vocabulary import Kind

BY_DUE = ("due_on", "id")
NEXT = ("disposed", "held", "class", "wait", "transfer", "confirm", "dispose")


class KeptRecordSerializer(serializers.Serializer[Any]):
    """A closed record: its class, when it is due, how it stands, and what comes ``next``."""

    reference = serializers.CharField()
    title = serializers.CharField()
    kind = serializers.ChoiceField(Kind.choices)
    closed_at = serializers.DateTimeField()
    action = serializers.ChoiceField(RetentionAction.choices, allow_null=True)
    is_example = serializers.BooleanField()
    due_on = serializers.DateField(allow_null=True)
    held = serializers.BooleanField()
    transferred = serializers.BooleanField()
    disposal_asked = serializers.BooleanField()
    disposed = serializers.BooleanField()
    next = serializers.ChoiceField([(word, word) for word in NEXT])

    def get_fields(self) -> dict[str, Any]:
        """Add the class, whose name is Python's own word."""
        return {**super().get_fields(), "class": serializers.CharField(allow_null=True)}


class KeptRecordsSerializer(serializers.Serializer[Any]):
    """A page of the archive."""

    results = KeptRecordSerializer(many=True)
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)


def _told(value: Any) -> Any:
    """Return a value as its JSON reads, so that a repeated call is told the same."""
    return json.loads(canonical(value))


def _person(request: Request) -> User:
    person: Any = request.user
    may_read_archive(person).enforce()
    return person


def _mission(person: User) -> Mission:
    mission = mission_of_archive(person)
    if mission is None:
        raise Http404
    return mission


def _record(person: User, reference: str) -> AssistanceRequest:
    if not is_plain(reference):
        raise Http404
    rfa = kept_for(person).filter(reference__iexact=reference).first()
    if rfa is None:
        raise Http404
    return rfa


def _part(request: Request) -> str:
    said = request.query_params.get("part", Part.ALL.value)
    if said not in Part.values:
        raise Malformed(errors=[FieldError("part", ", ".join(Part.values))])
    return said


class ArchiveView(APIView):
    """The closed records in one's sight by when they are due; ``part`` keeps some of them."""

    @extend_schema(
        operation_id="archive_list",
        parameters=[
            OpenApiParameter("part", OpenApiTypes.STR, enum=Part.values),
            OpenApiParameter("cursor", OpenApiTypes.STR),
            OpenApiParameter("page_size", OpenApiTypes.INT),
        ],
        responses=KeptRecordsSerializer,
    )
    def get(self, request: Request) -> Response:
        person = _person(request)
        cursor, size = asked_page(request)
        today = today_of(person)
        rows = part_of(kept_for(person), _part(request), today)
        page = page_of(rows, BY_DUE, cursor=cursor, size=size)
        return list_response(request, [line_of(rfa, today) for rfa in page.rows], page)


class ArchiveSummaryView(APIView):
    """How many records stand in each part of the archive."""

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        person = _person(request)
        return Response(counts_of(kept_for(person), today_of(person)))


class ClassesView(IdempotentPosts, APIView):
    """The mission's retention classes; adding one, or changing the one of this code."""

    @extend_schema(responses={200: {"type": "array", "items": {"type": "object"}}})
    def get(self, request: Request) -> Response:
        lines = RetentionClass.objects.filter(mission=_mission(_person(request)))
        return Response([class_for_api(line) for line in lines])

    @extend_schema(request=OpenApiTypes.OBJECT, responses={201: OpenApiTypes.OBJECT})
    def post(self, request: Request) -> Response:
        person = _person(request)
        mission = _mission(person)
        values = archive_deeds.ClassForm(request.data).values()
        changed = RetentionClass.objects.filter(
            mission=mission, code__iexact=values["code"], ended_at=None
        ).first()
        line = set_class(actor=person, mission=mission, values=values, changed=changed)
        return Response(_told(class_for_api(line)), status=200 if changed else 201)


class EndClassView(IdempotentPosts, APIView):
    """Take a class out of use."""

    @extend_schema(request=OpenApiTypes.OBJECT, responses=OpenApiTypes.OBJECT)
    def post(self, request: Request, code: str) -> Response:
        person = _person(request)
        line = RetentionClass.objects.filter(mission=_mission(person), code__iexact=code).first()
        if line is None:
            raise Http404
        return Response(_told(class_for_api(end_class(actor=person, line=line))))


class PlaceView(APIView):
    """All that the archive knows of one record: bags, receipts, holds, disposal or stub."""

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, reference: str) -> Response:
        person = _person(request)
        return Response(_told(place_of(_record(person, reference), today_of(person))))


class ArchiveDeedView(IdempotentPosts, APIView):
    """One deed on a closed record: class, receipts, holds, disposal, confirm, decline."""

    act = ""

    @extend_schema(request=OpenApiTypes.OBJECT, responses={201: OpenApiTypes.OBJECT})
    def post(self, request: Request, reference: str) -> Response:
        person = _person(request)
        archive_deeds.do(_record(person, reference), person, self.act, request.data)
        return Response(_told(place_of(_record(person, reference), today_of(person))), status=201)


class LiftView(IdempotentPosts, APIView):
    """Lift a legal hold, with the reason."""

    @extend_schema(request=OpenApiTypes.OBJECT, responses=OpenApiTypes.OBJECT)
    def post(self, request: Request, reference: str, hold_id: int) -> Response:
        person = _person(request)
        archive_deeds.lift(_record(person, reference), person, hold_id, request.data)
        return Response(_told(place_of(_record(person, reference), today_of(person))))


class BagView(APIView):
    """Pack a closed record as a BagIt bag and return it as a ZIP file; recorded as a deed."""

    content_negotiation_class = WhateverIsAccepted

    @extend_schema(request=None, responses={(200, "application/zip"): OpenApiTypes.BINARY})
    def post(self, request: Request, reference: str) -> FileResponse:
        person = _person(request)
        rfa = _record(person, reference)
        return FileResponse(
            pack_as_zip(rfa=rfa, actor=person),
            as_attachment=True,
            filename=f"{rfa.reference}.zip",
            content_type="application/zip",
        )
