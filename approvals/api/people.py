"""The API of who acts for a post: delegations and officers-in-charge."""

from typing import Any

from django.db.models import Q
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from approvals import services
from approvals.forms.people import DelegationForm, InChargeForm
from approvals.serializers.people import DelegationSerializer, InChargeSerializer
from common.errors import Forbidden
from common.idempotency import IdempotentPosts
from common.listing import CursorPages, asked_page, list_response
from common.paging import page_of
from common.reading import is_plain
from missions.models import Appointment, Delegation, Mission, Post
from missions.queries import standings_of


def _mission_of(request: Request) -> Mission:
    """Return the mission a person serves in; raise ``Forbidden`` for who serves in none."""
    standings = standings_of(request.user)  # type: ignore[arg-type]
    if not standings:
        raise Forbidden(_("You hold no post in a mission."))
    return standings[0].post.mission


def _post_of(mission: Mission, code: str) -> Post:
    """Return a mission's post by its code; raise ``Http404`` where there is none."""
    if not is_plain(code):
        raise Http404
    posts = Post.objects.select_related("mission", "above")
    return get_object_or_404(posts, mission=mission, code=code)


def _delegations_of(person: Any) -> Any:
    posts = {held.post.pk for held in standings_of(person)}
    mine = Q(given_by=person) | Q(delegate=person) | Q(post__in=posts)
    return Delegation.objects.filter(mine).select_related("post", "delegate", "given_by")


class DelegationsView(IdempotentPosts, APIView):
    """The delegations I gave, hold, or that my posts gave; and giving one."""

    pagination_class = CursorPages

    @extend_schema(responses=DelegationSerializer(many=True))
    def get(self, request: Request) -> Response:
        cursor, size = asked_page(request)
        page = page_of(_delegations_of(request.user), ("-from_on", "-id"), cursor=cursor, size=size)
        return list_response(request, DelegationSerializer(page.rows, many=True).data, page)

    @extend_schema(request=DelegationSerializer, responses={201: DelegationSerializer})
    def post(self, request: Request) -> Response:
        person: Any = request.user
        values = DelegationForm(_mission_of(request), request.data).values()
        given = services.delegate(actor=person, **values)
        return Response(DelegationSerializer(given).data, status=201)


class EndDelegationView(IdempotentPosts, APIView):
    """End a delegation before its last day."""

    @extend_schema(request=None, responses=DelegationSerializer)
    def post(self, request: Request, delegation_id: int) -> Response:
        person: Any = request.user
        named = get_object_or_404(_delegations_of(person), pk=delegation_id)
        ended = services.end_delegation(actor=person, delegation=named)
        return Response(DelegationSerializer(ended).data)


class InChargeView(IdempotentPosts, APIView):
    """Name an officer-in-charge of a post."""

    @extend_schema(request=InChargeSerializer, responses={201: InChargeSerializer})
    def post(self, request: Request, code: str) -> Response:
        person: Any = request.user
        mission = _mission_of(request)
        post = _post_of(mission, code)
        values = InChargeForm(mission, request.data).values()
        named = services.put_in_charge(actor=person, post=post, **values)
        return Response(InChargeSerializer(named).data, status=201)


class EndChargeView(IdempotentPosts, APIView):
    """End an officer-in-charge's time today."""

    @extend_schema(request=None, responses=InChargeSerializer)
    def post(self, request: Request, code: str, appointment_id: int) -> Response:
        person: Any = request.user
        post = _post_of(_mission_of(request), code)
        named = get_object_or_404(Appointment, pk=appointment_id, post=post)
        ended = services.end_charge(actor=person, appointment=named)
        return Response(InChargeSerializer(ended).data)
