"""The API of the mission's priorities."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from approvals import policy, services
from approvals.forms.priorities import PrioritySetForm, read_set
from approvals.models import PrioritySet
from approvals.serializers.priorities import PrioritySetSerializer
from common.idempotency import IdempotentPosts
from common.listing import CursorPages, asked_page, list_response
from common.paging import page_of
from missions.queries import standings_of


class PrioritiesView(IdempotentPosts, APIView):
    """The mission's sets of priorities, the newest first; setting another (P34)."""

    pagination_class = CursorPages

    @extend_schema(responses=PrioritySetSerializer(many=True))
    def get(self, request: Request) -> Response:
        person: Any = request.user
        cursor, size = asked_page(request)
        missions = {held.post.mission_id for held in standings_of(person)}
        kept = PrioritySet.objects.filter(mission__in=missions).select_related("set_by", "set_post")
        page = page_of(
            kept.prefetch_related("priorities"), ("-in_force_from", "-id"), cursor=cursor, size=size
        )
        return list_response(request, PrioritySetSerializer(page.rows, many=True).data, page)

    @extend_schema(request=PrioritySetSerializer, responses={201: PrioritySetSerializer})
    def post(self, request: Request) -> Response:
        person: Any = request.user
        policy.may_set_priorities(person).enforce()
        said = request.data if isinstance(request.data, dict) else {}
        mission = standings_of(person)[0].post.mission
        values = read_set(PrioritySetForm(request.data), mission, said.get("priorities"))
        made = services.set_priorities(actor=person, **values)
        return Response(PrioritySetSerializer(made).data, status=201)
