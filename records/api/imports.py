"""The API of a mission's old spreadsheet: what is wrong by cell, or all of it in."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common.errors import FieldError, Malformed
from common.idempotency import IdempotentPosts
from requests_app.importing.answers import KINDS, ORDERS
from requests_app.importing.bringing import (
    Preview,
    bring_in,
    match,
    preview,
    refusal_of,
    upload,
)
from requests_app.importing.cells import MOST_BYTES

YES_OR_NO = {"1": True, "true": True, "": False, "0": False, "false": False}


class ImportedRowSerializer(serializers.Serializer[Any]):
    """A row of the sheet, and what became of it."""

    row = serializers.IntegerField()
    reference = serializers.CharField(allow_null=True)
    historical = serializers.BooleanField()
    there = serializers.BooleanField()


class ImportSerializer(serializers.Serializer[Any]):
    """What came in of a spreadsheet, or would."""

    id = serializers.UUIDField(allow_null=True)
    file = serializers.CharField()
    sha256 = serializers.CharField()
    dry_run = serializers.BooleanField()
    drafts = serializers.IntegerField()
    history = serializers.IntegerField()
    there = serializers.IntegerField()
    matching = serializers.DictField(child=serializers.CharField(allow_blank=True))
    notes = serializers.ListField(child=serializers.CharField())
    rows = ImportedRowSerializer(many=True)


def _told(found: Preview, *, dry_run: bool) -> dict[str, Any]:
    brought = {} if dry_run else {row.number: row.rfa.reference for row in _rows_of(found)}
    return {
        "id": None if dry_run else found.run.pk,
        "file": found.run.name,
        "sha256": found.run.digest,
        "dry_run": dry_run,
        "drafts": found.drafts,
        "history": found.history,
        "there": len(found.there),
        "matching": found.matching,
        "notes": found.table.notes,
        "rows": [
            {
                "row": row.number,
                "reference": row.there_as or brought.get(row.number),
                "historical": row.historical,
                "there": not row.new,
            }
            for row in found.rows
        ],
    }


def _rows_of(found: Preview) -> Any:
    return found.run.rows.select_related("rfa")


class ImportsView(IdempotentPosts, APIView):
    """Bring a mission's old spreadsheet in, all of it or nothing; 422 names every bad cell."""

    parser_classes = [MultiPartParser]

    @extend_schema(
        request={
            "multipart/form-data": {
                "type": "object",
                "required": ["file"],
                "properties": {
                    "file": {"type": "string", "format": "binary"},
                    "dry_run": {"type": "boolean", "description": "say what would come in"},
                    "kind": {"type": "string", "enum": [str(kind) for kind in KINDS]},
                    "day_order": {"type": "string", "enum": list(ORDERS)},
                    "sheet": {"type": "string"},
                },
            }
        },
        responses={200: ImportSerializer, 201: ImportSerializer},
    )
    def post(self, request: Request) -> Response:
        person: Any = request.user
        sent: Any = request.FILES.get("file")
        said = str(request.data.get("dry_run", "")).lower()
        if said not in YES_OR_NO:
            raise Malformed(errors=[FieldError("dry_run", _("Answer true or false."))])
        dry_run = YES_OR_NO[said]
        too_large = sent is not None and sent.size > MOST_BYTES
        content = b"\0" * (MOST_BYTES + 1) if too_large else sent.read() if sent else b""
        with transaction.atomic():
            run = upload(actor=person, name=str(sent.name) if sent else "", content=content)
            run = match(
                run=run,
                actor=person,
                matching={},
                sheet=str(request.data.get("sheet", "")),
                kind=str(request.data.get("kind", "")),
                day_order=str(request.data.get("day_order", "")),
            )
            found = preview(run)
            if found.problems:
                raise refusal_of(found)
            if dry_run:
                transaction.set_rollback(True)
            else:
                bring_in(run=run, actor=person)
            told = _told(found, dry_run=dry_run)
        return Response(ImportSerializer(told).data, status=200 if dry_run else 201)
