"""The API of referrals: what waits on me, and resolving it."""

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from approvals import services
from approvals.models import Referral
from approvals.queries import referrals_waiting_on, visible_to, with_whom_they_name
from approvals.serializers.referrals import ReferralSerializer, ResolvingSerializer
from common.errors import FieldError, Malformed
from common.idempotency import IdempotentPosts
from common.listing import CursorPages, asked_page, list_response
from common.paging import page_of


class ReferralsView(APIView):
    """The referrals that wait on my posts, most urgent first (P52)."""

    pagination_class = CursorPages

    @extend_schema(responses=ReferralSerializer(many=True))
    def get(self, request: Request) -> Response:
        person: Any = request.user
        cursor, size = asked_page(request)
        waiting = with_whom_they_name(referrals_waiting_on(person))
        page = page_of(waiting, ("due_at", "id"), cursor=cursor, size=size)
        return list_response(request, ReferralSerializer(page.rows, many=True).data, page)


class ResolveView(IdempotentPosts, APIView):
    """Resolve a referral with words, or pass it on to the SRSG."""

    @extend_schema(request=ResolvingSerializer, responses=ReferralSerializer)
    def post(self, request: Request, referral_id: int) -> Response:
        person: Any = request.user
        referral = get_object_or_404(
            Referral.objects.select_related("rfa__mission", "put_to").filter(
                rfa__in=visible_to(person)
            ),
            pk=referral_id,
        )
        data = request.data
        if not isinstance(data, dict):
            raise Malformed(errors=[FieldError("non_field_errors", _("Send an object."))])
        closed = services.resolve_referral(
            referral=referral,
            actor=person,
            resolution=data.get("resolution", ""),
            outcome=data.get("outcome", "resolved"),
        )
        return Response(ReferralSerializer(closed).data)
