"""The API of a mission's webhooks, for its administrator."""

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
from missions.models import User
from notices.models import Webhook, WebhookDelivery
from notices.vocabulary import EVENTS, DeliveryState, WebhookState
from notices.webhooks import keeping
from notices.webhooks.forms import LEVELS, WebhookForm, asked_of
from notices.webhooks.policy import mission_kept_by
from notices.webhooks.queries import NEWEST_FIRST, deliveries_of, webhooks_of

ACTS = {
    "pause": keeping.pause,
    "resume": keeping.resume,
    "end": keeping.end,
}


class WebhookSerializer(serializers.Serializer[Any]):
    """A webhook: where, of what, how much it may see, and how it fares. Never its secret."""

    id = serializers.IntegerField(source="pk", read_only=True)
    name = serializers.CharField(max_length=80)
    url = serializers.URLField(max_length=500)
    events = serializers.ListField(child=serializers.ChoiceField(choices=list(EVENTS)))
    clearance = serializers.ChoiceField(choices=list(LEVELS))
    organisation = serializers.CharField(
        required=False, allow_null=True, allow_blank=True, help_text="its name; none is the mission"
    )
    state = serializers.ChoiceField(choices=WebhookState.choices, read_only=True)
    failing_since = serializers.DateTimeField(read_only=True, allow_null=True)
    previous_secret_until = serializers.DateTimeField(
        source="previous_until", read_only=True, allow_null=True
    )
    made_at = serializers.DateTimeField(read_only=True)
    version = serializers.IntegerField(read_only=True)

    def to_representation(self, instance: Webhook) -> dict[str, Any]:
        return {**super().to_representation(instance), **asked_of(instance)}


class NewWebhookSerializer(WebhookSerializer):
    """A webhook with its new secret, which is shown this once."""

    secret = serializers.CharField(read_only=True)


class WebhookDeliverySerializer(serializers.Serializer[Any]):
    """A message to a webhook: its id, which event of which record, and what became of it."""

    id = serializers.CharField(source="message_id")
    event = serializers.CharField()
    reference = serializers.SerializerMethodField()
    state = serializers.ChoiceField(choices=DeliveryState.choices)
    made_at = serializers.DateTimeField()
    attempts = serializers.IntegerField()
    next_try_at = serializers.SerializerMethodField()
    last_at = serializers.DateTimeField(allow_null=True)
    last_status = serializers.IntegerField(allow_null=True)
    last_error = serializers.CharField(allow_null=True)

    def get_reference(self, delivery: WebhookDelivery) -> str | None:
        return delivery.entry.chain.reference if delivery.entry else None

    def get_next_try_at(self, delivery: WebhookDelivery) -> Any:
        return delivery.next_try_at if delivery.state == DeliveryState.OWED else None


def _webhook(person: User, webhook_id: int) -> Webhook:
    found = webhooks_of(mission_kept_by(person)).filter(pk=webhook_id).first()
    if found is None:
        raise Http404
    return found


def _with_secret(webhook: Webhook, secret: str, status: int) -> Response:
    said = {**WebhookSerializer(webhook).data, "secret": secret}
    return Response(
        said,
        status=status,
        headers={"ETag": f'"{webhook.version}"', "Cache-Control": "no-store"},
    )


class WebhooksView(IdempotentPosts, APIView):
    """The mission's webhooks; registering one. Its secret is in the first answer alone."""

    pagination_class = CursorPages

    not_kept = ("secret",)

    @extend_schema(responses=WebhookSerializer(many=True), operation_id="webhooks")
    def get(self, request: Request) -> Response:
        person: Any = request.user
        cursor, size = asked_page(request)
        rows = webhooks_of(mission_kept_by(person))
        page = page_of(rows, ("name", "id"), cursor=cursor, size=size)
        return list_response(request, WebhookSerializer(page.rows, many=True).data, page)

    @extend_schema(
        request=WebhookSerializer,
        responses={201: NewWebhookSerializer},
        operation_id="register_webhook",
    )
    def post(self, request: Request) -> Response:
        person: Any = request.user
        values = WebhookForm(mission_kept_by(person), request.data).values()
        webhook, secret = keeping.register(actor=person, values=values)
        return _with_secret(webhook, secret, 201)


class WebhookView(APIView):
    """One webhook; changing where it is and what it is told."""

    def _answer(self, webhook: Webhook) -> Response:
        headers = {"ETag": f'"{webhook.version}"'}
        return Response(WebhookSerializer(webhook).data, headers=headers)

    @extend_schema(responses=WebhookSerializer, operation_id="webhook")
    def get(self, request: Request, webhook_id: int) -> Response:
        person: Any = request.user
        return self._answer(_webhook(person, webhook_id))

    @extend_schema(
        request=WebhookSerializer(partial=True),
        responses=WebhookSerializer,
        parameters=[VERSION_HEADER],
        operation_id="change_webhook",
    )
    def patch(self, request: Request, webhook_id: int) -> Response:
        person: Any = request.user
        webhook = _webhook(person, webhook_id)
        version = asked_version(request)
        if not isinstance(request.data, dict):
            raise Malformed(errors=[FieldError("non_field_errors", _("Send an object."))])
        sent = {**asked_of(webhook), **request.data}
        sent["organisation"] = sent["organisation"] or ""
        values = WebhookForm(webhook.mission, sent).values()
        return self._answer(
            keeping.change(actor=person, webhook=webhook, version=version, values=values)
        )


class RotateWebhookView(IdempotentPosts, APIView):
    """Give a webhook a new secret, shown in the first answer alone; the old one signs for a day."""

    not_kept = ("secret",)

    @extend_schema(request=None, responses=NewWebhookSerializer, operation_id="rotate_webhook")
    def post(self, request: Request, webhook_id: int) -> Response:
        person: Any = request.user
        webhook, secret = keeping.rotate(actor=person, webhook=_webhook(person, webhook_id))
        return _with_secret(webhook, secret, 200)


class WebhookActView(IdempotentPosts, APIView):
    """Pause, resume or end a webhook."""

    act = ""

    @extend_schema(request=None, responses=WebhookSerializer)
    def post(self, request: Request, webhook_id: int) -> Response:
        person: Any = request.user
        webhook = ACTS[self.act](actor=person, webhook=_webhook(person, webhook_id))
        return Response(WebhookSerializer(webhook).data)


class TryWebhookView(IdempotentPosts, APIView):
    """Owe a webhook a message that tells nothing but that it arrives."""

    @extend_schema(
        request=None, responses={202: WebhookDeliverySerializer}, operation_id="try_webhook"
    )
    def post(self, request: Request, webhook_id: int) -> Response:
        person: Any = request.user
        webhook = _webhook(person, webhook_id)
        owed = keeping.try_out(actor=person, webhook=webhook)
        found = deliveries_of(webhook).get(pk=owed.pk)
        return Response(WebhookDeliverySerializer(found).data, status=202)


class WebhookDeliveriesView(APIView):
    """What a webhook was told, newest first."""

    pagination_class = CursorPages

    @extend_schema(
        parameters=[OpenApiParameter("state", OpenApiTypes.STR, enum=DeliveryState.values)],
        responses=WebhookDeliverySerializer(many=True),
        operation_id="webhook_deliveries",
    )
    def get(self, request: Request, webhook_id: int) -> Response:
        person: Any = request.user
        rows = deliveries_of(_webhook(person, webhook_id))
        state = request.query_params.get("state")
        if state is not None:
            rows = rows.filter(state=state) if state in DeliveryState.values else rows.none()
        cursor, size = asked_page(request)
        page = page_of(rows, NEWEST_FIRST, cursor=cursor, size=size)
        return list_response(request, WebhookDeliverySerializer(page.rows, many=True).data, page)


class SendAgainView(IdempotentPosts, APIView):
    """Owe a message again, under the same id."""

    @extend_schema(
        request=None, responses={202: WebhookDeliverySerializer}, operation_id="send_webhook_again"
    )
    def post(self, request: Request, webhook_id: int, message_id: str) -> Response:
        person: Any = request.user
        rows = deliveries_of(_webhook(person, webhook_id))
        number = message_id.removeprefix("msg_")
        delivery = rows.filter(public_id=number).first() if _is_hex(number) else None
        if delivery is None:
            raise Http404
        keeping.send_again(actor=person, delivery=delivery)
        return Response(WebhookDeliverySerializer(rows.get(pk=delivery.pk)).data, status=202)


def _is_hex(text: str) -> bool:
    return len(text) == 32 and set(text) <= set("0123456789abcdef")
