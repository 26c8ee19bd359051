"""The API of handovers and of the duties to protect that go with them."""

from typing import Any

from django.db.models import Q
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common.errors import FieldError, Forbidden, Malformed
from common.idempotency import IdempotentPosts
from common.listing import CursorPages, asked_page, list_response
from common.paging import page_of
from common.writing import ModelBuiltOnce
from missions.models import DisplacementSite, Post
from missions.queries import standings_of
from records import handing_over
from records.api.shared import record_of
from records.handover import as_handed_over, handover_of
from records.models import Handover, ProtectionDuty


def _own_post(request: Request, code: str) -> Post:
    """Return one of the reader's own posts, the first if none is named."""
    held = [one.post for one in standings_of(request.user) if not one.routes]  # type: ignore[arg-type]
    found = [post for post in held if code in {"", post.code}]
    if not found:
        raise Forbidden(_("You do not act for this post."))
    return found[0]


def _object(data: Any) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise Malformed(errors=[FieldError("non_field_errors", _("Send an object."))])
    return data


class HandoverSerializer(ModelBuiltOnce[Handover]):
    """A post's page as it was handed over, and who took it over."""

    post = serializers.CharField(source="post.code")
    by = serializers.CharField(source="by.name")
    acknowledged_by = serializers.CharField(
        source="acknowledgement.by.name", default=None, allow_null=True
    )
    acknowledged_at = serializers.DateTimeField(
        source="acknowledgement.at", default=None, allow_null=True
    )

    class Meta:
        model = Handover
        fields = ["id", "post", "by", "at", "note", "digest", "acknowledged_by", "acknowledged_at"]


class HandoverView(IdempotentPosts, APIView):
    """What a post of mine owes, has promised, has running and must not forget (P49)."""

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        person: Any = request.user
        post = _own_post(request, request.query_params.get("post", ""))
        last = post.handovers.select_related("by", "acknowledgement__by").first()
        return Response(
            {
                **as_handed_over(handover_of(person, post)),
                "last_handover": HandoverSerializer(last).data if last else None,
            }
        )

    @extend_schema(request=OpenApiTypes.OBJECT, responses={201: HandoverSerializer})
    def post(self, request: Request) -> Response:
        person: Any = request.user
        data = _object(request.data)
        post = _own_post(request, str(data.get("post") or ""))
        made = handing_over.hand_over(actor=person, post=post, note=data.get("note", ""))
        return Response(HandoverSerializer(made).data, status=201)


class AcknowledgeView(IdempotentPosts, APIView):
    """Take a post over: what was handed over is read, its protection duties first (P49)."""

    @extend_schema(request=OpenApiTypes.OBJECT, responses=HandoverSerializer)
    def post(self, request: Request, handover_id: int) -> Response:
        person: Any = request.user
        posts = {held.post.pk for held in standings_of(person)}
        handover = get_object_or_404(
            Handover.objects.select_related("post", "by"), pk=handover_id, post__in=posts
        )
        handing_over.acknowledge(
            actor=person, handover=handover, duties_read=_object(request.data).get("duties_read")
        )
        again = Handover.objects.select_related("post", "by", "acknowledgement__by")
        return Response(HandoverSerializer(again.get(pk=handover.pk)).data)


class DutySerializer(ModelBuiltOnce[ProtectionDuty]):
    """A duty to protect civilians that a post carries (P47-49)."""

    post = serializers.CharField(source="post.code")
    reference = serializers.CharField(source="rfa.reference", default=None, allow_null=True)
    site = serializers.CharField(source="site.name", default=None, allow_null=True)
    opened_by = serializers.CharField(source="opened_by.name")

    class Meta:
        model = ProtectionDuty
        fields = [
            "id",
            "post",
            "reference",
            "site",
            "duty",
            "opened_by",
            "opened_at",
            "outcome",
            "closed_at",
        ]


def _duties_of(person: Any) -> Any:
    """Keep the duties of a person's posts, and for who lays such duties their mission's."""
    standings = standings_of(person)
    posts = {held.post.pk for held in standings}
    missions = {
        held.post.mission_id for held in standings if held.role in handing_over.OPENS_DUTIES
    }
    return ProtectionDuty.objects.filter(
        Q(post__in=posts) | Q(mission__in=missions)
    ).select_related("post", "rfa", "site", "opened_by")


class DutiesView(IdempotentPosts, APIView):
    """The duties to protect that my posts carry; laying one on a post."""

    pagination_class = CursorPages

    @extend_schema(responses=DutySerializer(many=True))
    def get(self, request: Request) -> Response:
        cursor, size = asked_page(request)
        page = page_of(_duties_of(request.user), ("opened_at", "id"), cursor=cursor, size=size)
        return list_response(request, DutySerializer(page.rows, many=True).data, page)

    @extend_schema(request=OpenApiTypes.OBJECT, responses={201: DutySerializer})
    def post(self, request: Request) -> Response:
        person: Any = request.user
        data = _object(request.data)
        missions = {held.post.mission_id for held in standings_of(person)}
        post = Post.objects.filter(mission__in=missions, code=str(data.get("post") or "")).first()
        site = None
        errors = []
        if post is None:
            errors.append(FieldError("post", _("Name a post of the mission.")))
        if data.get("site"):
            site = DisplacementSite.objects.filter(
                mission__in=missions, name=str(data["site"])
            ).first()
            if site is None:
                errors.append(FieldError("site", _("There is no such site in the mission.")))
        if errors or post is None:
            raise Malformed(errors=errors)
        rfa = record_of(person, str(data["reference"])) if data.get("reference") else None
        laid = handing_over.open_duty(
            actor=person, post=post, duty=data.get("duty", ""), rfa=rfa, site=site
        )
        return Response(DutySerializer(laid).data, status=201)


class CloseDutyView(IdempotentPosts, APIView):
    """Say what became of a duty to protect."""

    @extend_schema(request=OpenApiTypes.OBJECT, responses=DutySerializer)
    def post(self, request: Request, duty_id: int) -> Response:
        person: Any = request.user
        duty = get_object_or_404(_duties_of(person), pk=duty_id)
        closed = handing_over.close_duty(
            actor=person, duty=duty, outcome=_object(request.data).get("outcome", "")
        )
        return Response(DutySerializer(closed).data)
