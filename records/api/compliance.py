"""The API of compliance: row by row, down to the records and the entries that prove it (G)."""

from typing import Any

from django.http import Http404, HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common.kept import read_aloud
from common.listing import asked_page, list_response
from common.negotiation import WhateverIsAccepted
from common.paging import Page, page_of
from records.compliance.question import Question, read_question
from records.compliance.reading import (
    Line,
    compliance_of,
    exceptions_seen,
    extreme_by_unit,
    hashes_of,
    line_of_row,
    mission_read_by,
)
from records.compliance.rows import BY_CODE, Row
from records.models import ComplianceException
from records.reports import compliance_pdf
from requests_app.vocabulary import Kind

NEWEST = ("-day", "-id")

PARAMETERS = [
    OpenApiParameter("from", OpenApiTypes.DATE, description="first day; twelve months ago"),
    OpenApiParameter("to", OpenApiTypes.DATE, description="last day; today"),
    OpenApiParameter("sector", OpenApiTypes.STR, description="a sector's code"),
    OpenApiParameter("kind", OpenApiTypes.STR, enum=Kind.values),
]


class RowSerializer(serializers.Serializer[Line]):
    """One row of the policy: how many it applied to, complied, are pending, and exceptions.

    ``exceptions`` names the newest 200 that the reader sees, ``exceptions_total`` counts all;
    ``of`` says what is counted. A row that is not assessable says ``why_not``.
    """

    row = serializers.CharField(source="row.code")
    paragraph = serializers.CharField(source="row.paragraph")
    title = serializers.CharField(source="row.says")
    of = serializers.CharField(source="row.of")
    assessable = serializers.BooleanField(source="row.assessable")
    why_not = serializers.CharField(source="row.why_not")
    not_recorded = serializers.CharField(source="row.part")
    applied = serializers.IntegerField()
    complied = serializers.IntegerField()
    pending = serializers.IntegerField()
    percent = serializers.IntegerField(allow_null=True)
    exceptions = serializers.ListField(source="references", child=serializers.CharField())
    exceptions_total = serializers.IntegerField(source="exceptions")


class ExceptionSerializer(serializers.Serializer[Any]):
    """An exception: the record or thing, in what words, and the entry that proves it."""

    reference = serializers.CharField()
    title = serializers.CharField()
    kind = serializers.CharField()
    day = serializers.DateField(allow_null=True)
    words = serializers.CharField()
    entry = serializers.IntegerField(allow_null=True)
    hash = serializers.CharField(allow_null=True)


class ExceptionsSerializer(serializers.Serializer[Any]):
    """A page of a row's exceptions."""

    results = ExceptionSerializer(many=True)
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)


class UnitSerializer(serializers.Serializer[Any]):
    """A unit's extreme situations; ``rate`` is the share not held, ``share`` that of all it did."""

    unit = serializers.CharField(source="code")
    name = serializers.CharField()
    reports = serializers.IntegerField()
    held = serializers.IntegerField()
    not_held = serializers.IntegerField()
    open = serializers.IntegerField()
    rate = serializers.IntegerField(allow_null=True)
    tasks = serializers.IntegerField()
    share = serializers.IntegerField()
    median_minutes = serializers.IntegerField(allow_null=True)


def _question(request: Request) -> Question:
    mission, _clearance = mission_read_by(request.user)
    return read_question(request.query_params, mission)


class ComplianceView(APIView):
    """Every row of the policy over a period, for the Chief of Staff, the Chief and evaluators."""

    @extend_schema(parameters=PARAMETERS, responses=RowSerializer(many=True))
    def get(self, request: Request) -> Response:
        report = compliance_of(request.user, _question(request))
        return Response(
            RowSerializer(report.lines, many=True).data,
            headers={"X-Not-Yet-Counted": str(report.not_yet_counted)},
        )


class ComplianceRowView(APIView):
    """A row's exceptions, newest first, each with the entry of its chain that proves it."""

    @extend_schema(
        parameters=[
            *PARAMETERS,
            OpenApiParameter("cursor", OpenApiTypes.STR),
            OpenApiParameter("page_size", OpenApiTypes.INT),
        ],
        responses=ExceptionsSerializer,
    )
    def get(self, request: Request, row: str) -> Response:
        question = _question(request)
        asked = BY_CODE.get(row)
        if asked is None:
            raise Http404
        if asked.check is None:
            return list_response(request, _named(asked, question, request), Page([], "", ""))
        cursor, size = asked_page(request)
        lines = exceptions_seen(request.user, question, asked)
        page = page_of(lines.select_related("rfa"), NEWEST, cursor=cursor, size=size)
        return list_response(request, _exceptions(page.rows), page)


def _named(row: Row, question: Question, request: Request) -> list[dict[str, Any]]:
    """Name what a row about the mission itself found wrong."""
    return [
        {
            "reference": each.name,
            "title": "",
            "kind": "",
            "day": None,
            "words": each.words,
            "entry": None,
            "hash": None,
        }
        for each in line_of_row(request.user, question, row).named
        if each.outcome == "exception"
    ]


def _exceptions(lines: list[ComplianceException]) -> list[dict[str, Any]]:
    hashes = hashes_of(lines)
    return [
        {
            "reference": line.rfa.reference,
            "title": line.rfa.title,
            "kind": line.rfa.kind,
            "day": line.day,
            "words": read_aloud(line.words),
            "entry": line.entry,
            "hash": hashes.get((line.rfa_id, line.entry)),
        }
        for line in lines
    ]


class ExtremeByUnitView(APIView):
    """Each unit's extreme situations in a period: held, not held, how soon reported (P40)."""

    @extend_schema(parameters=PARAMETERS, responses=UnitSerializer(many=True))
    def get(self, request: Request) -> Response:
        return Response(
            UnitSerializer(extreme_by_unit(request.user, _question(request)), many=True).data
        )


class CompliancePdfView(APIView):
    """The report as PDF/A-3a and PDF/UA-1, by the same query; recorded as an export."""

    content_negotiation_class = WhateverIsAccepted

    @extend_schema(parameters=PARAMETERS, responses={(200, "application/pdf"): OpenApiTypes.BINARY})
    def get(self, request: Request) -> HttpResponse:
        return compliance_pdf(request.user, request.query_params)
