"""The API of what stands beside a request: files and messages."""

from typing import Any
from uuid import UUID

from django.http import FileResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from approvals import services as approvals
from approvals.queries import files_of
from approvals.queries.messages import messages_for
from common.errors import FieldError, Malformed
from common.idempotency import IdempotentPosts
from common.listing import CursorPages, asked_page, list_response
from common.negotiation import WhateverIsAccepted
from common.paging import page_of
from common.serving import serve_file
from records.api.acts import read_act
from records.api.shared import body_of, record_of
from records.serializers import AttachmentSerializer, MessageSerializer
from requests_app.files import MEDIA_TYPES

ORDER = ("at", "id")
MESSAGE_BODY = {
    "application/json": {
        "type": "object",
        "properties": {
            "text": {"type": "string"},
            "internal": {"type": "boolean", "default": False},
            "mentions": {
                "type": "array",
                "items": {"type": "string"},
                "description": "Codes of posts, beside those that the text names as @code.",
            },
        },
        "required": ["text"],
    }
}


class AttachmentsView(IdempotentPosts, APIView):
    """Keep a file beside a request."""

    parser_classes = [MultiPartParser]

    @extend_schema(
        request={
            "multipart/form-data": {
                "type": "object",
                "properties": {
                    "file": {"type": "string", "format": "binary"},
                    "caption": {"type": "string"},
                },
            }
        },
        responses={201: AttachmentSerializer},
    )
    def post(self, request: Request, reference: str) -> Response:
        person: Any = request.user
        rfa = record_of(person, reference)
        upload = request.FILES.get("file")
        kept = approvals.attach(
            rfa=rfa,
            actor=person,
            upload=upload,  # type: ignore[arg-type]
            caption=read_act(body_of(request))["caption"],
        )
        return Response(AttachmentSerializer(kept, context={"rfa": rfa}).data, status=201)


# A file comes as what it was checked to be.
BODIES = dict.fromkeys(MEDIA_TYPES.values(), OpenApiTypes.BINARY) | {
    "text/plain": OpenApiTypes.STR,
    "text/csv": OpenApiTypes.STR,
    "application/geo+json": OpenApiTypes.OBJECT,
}


class AttachmentView(APIView):
    """A file beside a request, to whoever may see the request."""

    content_negotiation_class = WhateverIsAccepted

    @extend_schema(responses={(200, kind): body for kind, body in BODIES.items()})
    def get(self, request: Request, reference: str, attachment_id: UUID) -> FileResponse:
        rfa = record_of(request.user, reference)  # type: ignore[arg-type]
        kept = get_object_or_404(files_of(rfa), pk=attachment_id)
        return serve_file(kept.file.open("rb"), name=kept.name, media_type=kept.media_type)


def _mentions_in(data: dict[str, Any]) -> list[str]:
    named = data.get("mentions") or []
    if not isinstance(named, list) or not all(isinstance(code, str) for code in named):
        raise Malformed(errors=[FieldError("mentions", _("Send the codes of posts as a list."))])
    return named


class MessagesView(IdempotentPosts, APIView):
    """What was said about a request, as far as one reads it; say something more."""

    pagination_class = CursorPages

    @extend_schema(responses=MessageSerializer(many=True), operation_id="messages")
    def get(self, request: Request, reference: str) -> Response:
        rfa = record_of(request.user, reference)  # type: ignore[arg-type]
        cursor, size = asked_page(request)
        page = page_of(messages_for(request.user, rfa), ORDER, cursor=cursor, size=size)  # type: ignore[arg-type]
        rows = MessageSerializer(page.rows, many=True, context={"rfa": rfa}).data
        return list_response(request, rows, page)

    @extend_schema(request=MESSAGE_BODY, responses={201: MessageSerializer})
    def post(self, request: Request, reference: str) -> Response:
        person: Any = request.user
        rfa = record_of(person, reference)
        data = body_of(request)
        said = read_act(data)
        message = approvals.say(
            rfa=rfa,
            actor=person,
            text=said["text"],
            internal=bool(said["internal"]),
            mentions=_mentions_in(data),
        )
        return Response(MessageSerializer(message, context={"rfa": rfa}).data, status=201)
