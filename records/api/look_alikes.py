"""The API of look-alikes."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from approvals import services
from approvals.queries import weighed_look_alikes
from approvals.vocabulary import LookAlikeWord
from common.errors import FieldError, Malformed
from common.idempotency import IdempotentPosts
from records.api.shared import record_of


class LookAlikeSerializer(serializers.Serializer[Any]):
    """A request that looks like this one: how much (0 to 1), why, and what was found of it."""

    reference = serializers.CharField(source="alike.rfa.reference")
    title = serializers.CharField(source="alike.rfa.title")
    status = serializers.CharField(source="alike.rfa.status")
    score = serializers.FloatField(source="alike.score")
    reasons = serializers.ListField(source="alike.reasons", child=serializers.CharField())
    finding = serializers.CharField(source="finding.word", default=None, allow_null=True)
    remark = serializers.CharField(source="finding.remark", default="")
    found_by = serializers.CharField(source="finding.by.name", default=None, allow_null=True)
    found_at = serializers.DateTimeField(source="finding.at", default=None, allow_null=True)


class WeighingSerializer(serializers.Serializer[Any]):
    """What to send when weighing a look-alike."""

    other = serializers.CharField()
    word = serializers.ChoiceField(choices=LookAlikeWord.choices)
    remark = serializers.CharField(required=False, allow_blank=True)


class LookAlikesView(IdempotentPosts, APIView):
    """What looks like a request; UN-CIMIC says what it is. It advises and blocks nothing."""

    @extend_schema(responses=LookAlikeSerializer(many=True))
    def get(self, request: Request, reference: str) -> Response:
        person: Any = request.user
        rfa = record_of(person, reference)
        return Response(LookAlikeSerializer(weighed_look_alikes(person, rfa), many=True).data)

    @extend_schema(request=WeighingSerializer, responses={201: LookAlikeSerializer(many=True)})
    def post(self, request: Request, reference: str) -> Response:
        person: Any = request.user
        rfa = record_of(person, reference)
        data = request.data
        if not isinstance(data, dict) or not isinstance(data.get("other"), str):
            raise Malformed(errors=[FieldError("other", _("Name the request that looks alike."))])
        services.weigh_look_alike(
            rfa=rfa,
            other=record_of(person, data["other"]),
            actor=person,
            word=data.get("word"),
            remark=data.get("remark", ""),
        )
        found = LookAlikeSerializer(weighed_look_alikes(person, rfa), many=True).data
        return Response(found, status=201)
