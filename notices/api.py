"""The API of the notice centre, and of how one is told."""

from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common.errors import FieldError, Malformed
from common.idempotency import IdempotentPosts
from common.listing import CursorPages, asked_page, list_response
from common.paging import page_of
from common.versions import VERSION_HEADER, asked_version
from notices import services
from notices.models import Preferences
from notices.pages import lines_of_notices
from notices.queries import NEWEST_FIRST, WHICH, notices_of, preferences_of
from notices.vocabulary import Group

MOST_ID = 2**63 - 1


class NoticeSerializer(serializers.Serializer[Any]):
    """What happened, in the reader's words, to which record, by which post; and whether read."""

    id = serializers.IntegerField(source="notice.pk")
    text = serializers.CharField()
    sort = serializers.CharField(source="notice.sort")
    group = serializers.ChoiceField(source="notice.group", choices=Group.choices)
    duty = serializers.BooleanField(source="notice.duty")
    waits = serializers.BooleanField(help_text="whether it still waits on the post")
    reference = serializers.CharField()
    link = serializers.CharField(source="url")
    by = serializers.CharField()
    to = serializers.CharField(source="post")
    made_at = serializers.DateTimeField(source="notice.made_at")
    read_at = serializers.DateTimeField(source="notice.read_at", allow_null=True)


class NoticesView(APIView):
    """One's own notices, newest first."""

    pagination_class = CursorPages

    @extend_schema(
        parameters=[OpenApiParameter("which", OpenApiTypes.STR, enum=list(WHICH), default="all")],
        responses=NoticeSerializer(many=True),
        operation_id="notices",
    )
    def get(self, request: Request) -> Response:
        person: Any = request.user
        which = request.query_params.get("which", "all")
        if which not in WHICH:
            words = _("Choose one of: %(words)s.") % {"words": ", ".join(WHICH)}
            raise Malformed(errors=[FieldError("which", words)])
        cursor, size = asked_page(request)
        page = page_of(notices_of(person, which), NEWEST_FIRST, cursor=cursor, size=size)
        lines = NoticeSerializer(lines_of_notices(person, page.rows), many=True).data
        return list_response(request, lines, page)


class ReadNoticeView(IdempotentPosts, APIView):
    """Mark one of one's own notices read."""

    @extend_schema(request=None, responses=NoticeSerializer, operation_id="read_notice")
    def post(self, request: Request, notice_id: int) -> Response:
        person: Any = request.user
        services.mark_read(person_id=person.pk, notice_ids=[notice_id])
        found = list(notices_of(person).filter(pk=notice_id))
        if not found:
            raise Http404
        return Response(NoticeSerializer(lines_of_notices(person, found)[0]).data)


class ReadAllSerializer(serializers.Serializer[Any]):
    """How many notices were marked read."""

    read = serializers.IntegerField()


READ_ALL_BODY = {
    "application/json": {
        "type": "object",
        "properties": {
            "until": {"type": "integer", "description": "the newest notice read; else all"}
        },
    }
}


class ReadAllView(IdempotentPosts, APIView):
    """Mark all of one's notices read, or those up to one."""

    @extend_schema(
        request=READ_ALL_BODY, responses=ReadAllSerializer, operation_id="read_all_notices"
    )
    def post(self, request: Request) -> Response:
        person: Any = request.user
        data = request.data if isinstance(request.data, dict) else {}
        until = data.get("until")
        if until is not None and not (type(until) is int and 0 <= until <= MOST_ID):
            raise Malformed(errors=[FieldError("until", _("Send the number of a notice."))])
        return Response({"read": services.mark_all_read(person_id=person.pk, until=until)})


class PreferencesSerializer(serializers.ModelSerializer[Preferences]):
    """How one is told of each group of notices, and on which days digests come."""

    class Meta:
        model = Preferences
        fields = [*Group.values, "digest_days"]


class MyNoticesView(APIView):
    """How I am told; choosing otherwise. Duties are always told at once."""

    def _answer(self, kept: Preferences) -> Response:
        return Response(PreferencesSerializer(kept).data, headers={"ETag": f'"{kept.version}"'})

    @extend_schema(responses=PreferencesSerializer, operation_id="my_notices")
    def get(self, request: Request) -> Response:
        person: Any = request.user
        return self._answer(preferences_of(person))

    @extend_schema(
        request=PreferencesSerializer(partial=True),
        responses=PreferencesSerializer,
        parameters=[VERSION_HEADER],
    )
    def patch(self, request: Request) -> Response:
        person: Any = request.user
        if not isinstance(request.data, dict):
            raise Malformed(errors=[FieldError("non_field_errors", _("Send an object."))])
        kept = services.change_preferences(
            actor=person, version=asked_version(request), values=dict(request.data)
        )
        return self._answer(kept)
