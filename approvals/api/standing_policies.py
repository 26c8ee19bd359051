"""The API of the Designated Official's standing policies."""

from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from approvals import policy, services
from approvals.forms.standing_policies import LastDayForm, StandingPolicyForm
from approvals.models import StandingPolicy
from approvals.serializers.standing_policies import StandingPolicySerializer
from common.idempotency import IdempotentPosts
from common.listing import CursorPages, asked_page, list_response
from common.paging import page_of
from common.reading import is_plain
from missions.queries import standings_of


class StandingPoliciesView(IdempotentPosts, APIView):
    """The mission's standing policies for security support (P39)."""

    pagination_class = CursorPages

    @extend_schema(responses=StandingPolicySerializer(many=True))
    def get(self, request: Request) -> Response:
        person: Any = request.user
        cursor, size = asked_page(request)
        missions = {held.post.mission_id for held in standings_of(person)}
        kept = StandingPolicy.objects.filter(mission__in=missions)
        page = page_of(
            kept.select_related("adopted_by", "adopted_post"),
            ("code", "id"),
            cursor=cursor,
            size=size,
        )
        return list_response(request, StandingPolicySerializer(page.rows, many=True).data, page)

    @extend_schema(request=StandingPolicySerializer, responses={201: StandingPolicySerializer})
    def post(self, request: Request) -> Response:
        person: Any = request.user
        policy.may_adopt_standing_policy(person).enforce()
        adopted = services.adopt_standing_policy(
            actor=person, values=StandingPolicyForm(request.data).values()
        )
        return Response(StandingPolicySerializer(adopted).data, status=201)


class EndStandingPolicyView(IdempotentPosts, APIView):
    """Give a standing policy its last day."""

    @extend_schema(request=OpenApiTypes.OBJECT, responses=StandingPolicySerializer)
    def post(self, request: Request, code: str) -> Response:
        person: Any = request.user
        policy.may_adopt_standing_policy(person).enforce()
        if not is_plain(code):
            raise Http404
        missions = {held.post.mission_id for held in standings_of(person)}
        named = get_object_or_404(StandingPolicy, mission__in=missions, code__iexact=code)
        kept = services.end_standing_policy(
            actor=person, named=named, **LastDayForm(request.data).values()
        )
        return Response(StandingPolicySerializer(kept).data)
