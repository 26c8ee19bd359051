"""The API of what leaves: the register as files, exports made, and the data dictionary."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    StreamingHttpResponse,
)
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common.errors import FieldError, Malformed
from common.kept import read_aloud
from common.listing import CursorPages, asked_page, list_response
from common.negotiation import WhateverIsAccepted
from common.paging import page_of
from common.ranges import KeptFile, file_response
from common.writing import ModelBuiltOnce
from missions.models import User
from records.columns import misread
from records.exports import FORMS
from records.exports.asking import Shape, read_shape, rows_to_leave
from records.exports.dictionary import Explained, dictionary_csv, dictionary_of
from records.exports.files import asked_of, write
from records.exports.jobs import MOST_AT_ONCE, ask_for_file, file_of, may_be_fetched
from records.exports.runs import start_export
from records.exports.streaming import stream
from records.models import ExportRun
from records.schema import EXPORT_PARAMETERS, REGISTER_PARAMETERS

LATEST_FIRST = ("-started_at", "-id")


def export_url(run: ExportRun) -> str:
    return f"/api/v1/exports/{run.pk}/"


def name_of(run: ExportRun) -> str:
    """Return what an export's file is called."""
    return f"register-{run.started_at:%Y%m%d-%H%M}.{run.form}"


def _streamed(pieces: Iterator[bytes], run: ExportRun) -> StreamingHttpResponse:
    response = StreamingHttpResponse(pieces, content_type=FORMS[run.form].media_type)
    response["Content-Disposition"] = f'attachment; filename="{quote(name_of(run))}"'
    response["X-Export"] = export_url(run)
    return response


def _whole(run: ExportRun, file: Any) -> FileResponse:
    response = FileResponse(
        file,
        as_attachment=True,
        filename=name_of(run),
        content_type=FORMS[run.form].media_type,
    )
    response["X-Export"] = export_url(run)
    response["X-Rows"] = str(run.rows)
    response["Content-Digest-SHA256"] = run.digest
    return response


def take_out(person: User, params: Any, form: str) -> HttpResponseBase | ExportRun:
    """Return the register as a file, or the run that will write it where it is long.

    Up to ``MOST_AT_ONCE`` rows come at once; more too where one asks to wait, sent as they are
    written (a workbook is sent when it is whole). Raises ``Malformed`` for what cannot be
    read, ``Forbidden`` for who holds no post.
    """
    rows, shape = rows_to_leave(person, params, form)
    many = rows.order_by()[: MOST_AT_ONCE + 1].count() > MOST_AT_ONCE
    if many and not shape.wait:
        return ask_for_file(actor=person, form=form, params=params)
    run = start_export(actor=person, form=form, params=params)
    asked = asked_of(rows, shape, run, params)
    if many and form != "xlsx":
        return _streamed(stream(asked), run)
    return _whole(run, write(asked))


class ExportSerializer(ModelBuiltOnce[ExportRun]):
    """How an export went: rows and SHA-256, and until when its file is kept."""

    sha256 = serializers.CharField(source="digest")
    state = serializers.ChoiceField(
        choices=["started", "finished", "cut", "asked", "running", "ready", "failed", "expired"]
    )
    url = serializers.SerializerMethodField()
    percent = serializers.IntegerField(allow_null=True)
    failure = serializers.SerializerMethodField()
    file = serializers.SerializerMethodField()

    class Meta:
        model = ExportRun
        fields = [
            "id",
            "url",
            "form",
            "query",
            "state",
            "started_at",
            "finished_at",
            "rows",
            "sha256",
            "size",
            "percent",
            "failure",
            "keep_until",
            "file",
        ]

    def get_url(self, run: ExportRun) -> str:
        return export_url(run)

    def get_failure(self, run: ExportRun) -> str:
        return read_aloud(run.failure)

    def get_file(self, run: ExportRun) -> str | None:
        return f"{export_url(run)}file" if run.state == "ready" else None


class RegisterFileView(APIView):
    """The register as a file: the query of ``requests/``, the rows of one's own sight."""

    content_negotiation_class = WhateverIsAccepted
    form = "csv"

    def get(self, request: Request) -> Any:
        found = take_out(request.user, request.query_params, self.form)
        if not isinstance(found, ExportRun):
            return found
        headers = {"Location": export_url(found), "Retry-After": "5"}
        return Response(ExportSerializer(found).data, status=202, headers=headers)


def _of_form(form: str) -> type[RegisterFileView]:
    media_type = FORMS[form].media_type.split(";")[0]
    body = {"csv": OpenApiTypes.STR, "xlsx": OpenApiTypes.BINARY}.get(form, OpenApiTypes.OBJECT)

    class OneForm(RegisterFileView):
        """The register as a file: the query of ``requests/``, the rows of one's own sight.

        Up to 20,000 rows are sent at once, more with ``wait=1``; else 202 and an export that
        is written in the background.
        """

        @extend_schema(
            operation_id=f"register_{form}",
            parameters=[*REGISTER_PARAMETERS, *EXPORT_PARAMETERS],
            responses={(200, media_type): body, 202: ExportSerializer},
        )
        def get(self, request: Request) -> Any:
            return super().get(request)

    return OneForm


REGISTER_FILES = {form: _of_form(form).as_view(form=form) for form in FORMS}


def own_export(person: Any, export_id: Any) -> ExportRun:
    """Return an export of a person's own; raise ``Http404`` for anybody else's."""
    run = ExportRun.objects.filter(pk=export_id, by=person.pk).first()
    if run is None:
        raise Http404
    return run


class ExportsView(APIView):
    """One's own exports, the latest first."""

    pagination_class = CursorPages

    @extend_schema(responses=ExportSerializer(many=True), operation_id="exports")
    def get(self, request: Request) -> Response:
        cursor, size = asked_page(request)
        mine = ExportRun.objects.filter(by=request.user.pk)
        page = page_of(mine, LATEST_FIRST, cursor=cursor, size=size)
        return list_response(request, ExportSerializer(page.rows, many=True).data, page)


class ExportView(APIView):
    """An export of one's own."""

    @extend_schema(responses=ExportSerializer, operation_id="export")
    def get(self, request: Request, export_id: Any) -> Response:
        return Response(ExportSerializer(own_export(request.user, export_id)).data)


def file_of_export(request: HttpRequest, person: Any, export_id: Any) -> HttpResponseBase:
    """Answer with the file of one's own export, whole or in part."""
    run = own_export(person, export_id)
    if not run.background:
        raise Http404
    may_be_fetched(run, person)
    kept = KeptFile(
        path=file_of(run),
        name=name_of(run),
        media_type=FORMS[run.form].media_type,
        size=run.size or 0,
        sha256=run.digest,
    )
    return file_response(request, kept)


class ExportFileView(APIView):
    """The file of one's own export, whole or the part that ``Range`` asks for."""

    content_negotiation_class = WhateverIsAccepted

    @extend_schema(
        operation_id="export_file",
        parameters=[
            OpenApiParameter("Range", OpenApiTypes.STR, OpenApiParameter.HEADER),
            OpenApiParameter("If-Range", OpenApiTypes.STR, OpenApiParameter.HEADER),
        ],
        responses={
            (200, "application/octet-stream"): OpenApiTypes.BINARY,
            (206, "application/octet-stream"): OpenApiTypes.BINARY,
            416: None,
        },
    )
    def get(self, request: Request, export_id: Any) -> Any:
        return file_of_export(request, request.user, export_id)


class CodeSerializer(serializers.Serializer[Any]):
    """A code, and the word it stands for in the language asked for."""

    code = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]


class ExplainedSerializer(serializers.Serializer[Explained]):
    """One column of an export: how it is called, what it means, what it may hold."""

    name = serializers.CharField()
    heading = serializers.CharField()
    meaning = serializers.CharField()
    type = serializers.ChoiceField(
        choices=["word", "text", "number", "day", "moment"], source="holds"
    )
    codes = serializers.SerializerMethodField()
    hxl = serializers.CharField()

    @extend_schema(responses=CodeSerializer(many=True))
    def get_codes(self, column: Explained) -> list[dict[str, str]]:
        return [{"code": code, "label": word} for code, word in column.codes]


# Names that the dictionary's address may hold: what lays an export out, and no question.
OF_THE_DICTIONARY = ("columns", "view", "language")


class DictionarySerializer(serializers.Serializer[Any]):
    """The columns of an export in one language; ``view`` is '' or 4w."""

    language = serializers.CharField()
    view = serializers.CharField()
    columns = ExplainedSerializer(many=True)


def shape_asked(params: Any) -> Shape:
    """Return the layout that a dictionary explains; raise ``Malformed`` for what means nothing."""
    shape, errors = read_shape(params)
    errors += misread(params)
    errors += [
        FieldError(name, str(_("There is no such filter.")))
        for name in params
        if name not in OF_THE_DICTIONARY
    ]
    if errors:
        raise Malformed(errors=errors)
    return shape


class DictionaryView(APIView):
    """The data dictionary: every column of an export, explained in one language."""

    @extend_schema(
        operation_id="export_dictionary",
        parameters=EXPORT_PARAMETERS,
        responses=DictionarySerializer,
    )
    def get(self, request: Request) -> Response:
        shape = shape_asked(request.query_params)
        lines = ExplainedSerializer(dictionary_of(shape), many=True).data
        return Response({"language": shape.language, "view": shape.view, "columns": lines})


def dictionary_file(params: Any) -> HttpResponse:
    """Return the data dictionary as a CSV."""
    shape = shape_asked(params)
    response = HttpResponse(dictionary_csv(shape), content_type="text/csv; charset=utf-8")
    name = "-".join(filter(None, ["register", shape.view, "columns", shape.language]))
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


class DictionaryFileView(APIView):
    """The data dictionary as a CSV, to be kept beside the file that it explains."""

    content_negotiation_class = WhateverIsAccepted

    @extend_schema(
        operation_id="export_dictionary_csv",
        parameters=EXPORT_PARAMETERS,
        responses={(200, "text/csv"): OpenApiTypes.STR},
    )
    def get(self, request: Request) -> Any:
        return dictionary_file(request.query_params)
