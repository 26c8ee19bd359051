"""The API of the mission's processes: drafted, checked, commented on, signed, promulgated."""

from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from approvals import services
from approvals.definition import read_sent
from approvals.models import Process
from approvals.queries.processes import missions_of, processes_of, readable_process, routes_of
from approvals.serializers.processes import (
    STANDS,
    ChangeInSerializer,
    CheckInSerializer,
    CheckSerializer,
    CommentInSerializer,
    CommentSerializer,
    CoSignInSerializer,
    DiscardInSerializer,
    DraftInSerializer,
    ProcessLineSerializer,
    ProcessSerializer,
    PromulgateInSerializer,
    RouteStandingSerializer,
)
from approvals.services.checking import check_in, roles_held
from common.errors import FieldError, Malformed, VersionMissing
from common.idempotency import IdempotentPosts
from common.listing import CursorPages, asked_page, list_response
from common.paging import page_of
from requests_app.vocabulary import Route

ORDER = ("route", "-version", "-id")


def _body(request: Request) -> dict[str, Any]:
    if not isinstance(request.data, dict):
        raise Malformed(errors=[FieldError("non_field_errors", _("Send an object."))])
    return request.data


def _edit(request: Request) -> int:
    said = request.headers.get("If-Match", "").strip().removeprefix("W/").strip('"')
    if not said:
        raise VersionMissing(_("Send If-Match with the edit you read, as its ETag gave it."))
    if not said.isdecimal() or len(said) > 9:
        raise Malformed(errors=[FieldError("If-Match", _("Send the edit as its ETag gave it."))])
    return int(said)


def _one_of(request: Request, name: str, choices: list[str]) -> str:
    said = request.query_params.get(name, "")
    if said and said not in choices:
        raise Malformed(
            errors=[
                FieldError(name, _("Choose one of: %(choices)s.") % {"choices": ", ".join(choices)})
            ]
        )
    return said


class ProcessView(APIView):
    """Shared by the calls on one process, which whoever holds a post in its mission reads."""

    def found(self, request: Request, process_id: int) -> Process:
        person: Any = request.user
        process = readable_process(person, process_id)
        if process is None:
            raise Http404
        return process

    def answer(self, request: Request, process: Process, status: int = 200) -> Response:
        """Return the process as it now stands, with its edit as ETag."""
        process = self.found(request, process.pk)
        return Response(
            ProcessSerializer(process, context={"request": request}).data,
            status=status,
            headers={"ETag": f'"{process.edit}"', "Location": f"/api/v1/processes/{process.pk}/"},
        )


class ProcessesView(IdempotentPosts, ProcessView):
    """The mission's processes, with what each route runs on today; a new draft."""

    pagination_class = CursorPages

    @extend_schema(
        parameters=[
            OpenApiParameter("route", enum=Route.values),
            OpenApiParameter("state", enum=STANDS),
        ],
        responses=ProcessLineSerializer(many=True),
        operation_id="processes",
    )
    def get(self, request: Request) -> Response:
        """List versions, newest first a route; ``routes`` beside them is the six-month clock."""
        person: Any = request.user
        cursor, size = asked_page(request)
        route = _one_of(request, "route", Route.values)
        state = _one_of(request, "state", STANDS)
        missions = missions_of(person)
        rows = processes_of(missions[0]) if missions else Process.objects.none()
        if route:
            rows = rows.filter(route=route)
        if state and missions:
            rows = rows.filter(stands=state)
        page = page_of(rows, ORDER, cursor=cursor, size=size)
        response = list_response(request, ProcessLineSerializer(page.rows, many=True).data, page)
        standings = routes_of(missions[0]) if missions else []
        response.data["routes"] = RouteStandingSerializer(standings, many=True).data
        return response

    @extend_schema(request=DraftInSerializer, responses={201: ProcessSerializer})
    def post(self, request: Request) -> Response:
        """Open a draft (UN-CIMIC at mission level)."""
        data, person = _body(request), request.user
        process = services.draft_process(
            actor=person,  # type: ignore[arg-type]
            route=data.get("route"),
            content=data.get("content"),
            reason=data.get("reason"),
        )
        return self.answer(request, process, 201)


class OneProcessView(ProcessView):
    """One process: read it; change it while it is a draft."""

    @extend_schema(responses=ProcessSerializer, operation_id="process")
    def get(self, request: Request, process_id: int) -> Response:
        return self.answer(request, self.found(request, process_id))

    @extend_schema(
        request=ChangeInSerializer,
        responses=ProcessSerializer,
        parameters=[
            OpenApiParameter(
                "If-Match",
                OpenApiTypes.STR,
                OpenApiParameter.HEADER,
                required=True,
                description="The edit that was read, as its ETag gave it.",
            )
        ],
    )
    def patch(self, request: Request, process_id: int) -> Response:
        """Change a draft on the edit that was read; a stale one is 412."""
        process = self.found(request, process_id)
        data, edit, person = _body(request), _edit(request), request.user
        process = services.change_process(
            process=process,
            actor=person,  # type: ignore[arg-type]
            edit=edit,
            content=data.get("content"),
            reason=data.get("reason"),
        )
        return self.answer(request, process)


class CheckProcessView(IdempotentPosts, ProcessView):
    """Every rule over a process, held or broken, with its paragraph and the seats to blame."""

    @extend_schema(request=CheckInSerializer, responses={200: CheckSerializer})
    def post(self, request: Request, process_id: int) -> Response:
        """Check the process, or the ``content`` sent in its place; nothing is kept."""
        process = self.found(request, process_id)
        definition, data = process.definition, _body(request)
        if data.get("content") is not None:
            definition = read_sent(data["content"], roles=roles_held(process.mission))
        checked = check_in(process.mission, process.route, definition)
        result = {
            "route": process.route,
            "digest": definition.digest(),
            "held": all(one.held for one in checked),
            "invariants": checked,
        }
        return Response(CheckSerializer(result).data)


class CommentsView(IdempotentPosts, ProcessView):
    """What the mission's components say of a draft."""

    @extend_schema(request=CommentInSerializer, responses={201: CommentSerializer})
    def post(self, request: Request, process_id: int) -> Response:
        person: Any = request.user
        comment = services.comment_on_process(
            process=self.found(request, process_id), actor=person, text=_body(request).get("text")
        )
        return Response(CommentSerializer(comment).data, status=201)


class CoSignView(IdempotentPosts, ProcessView):
    """Sign a draft's words, as the DSRSG/RC/HC or the HOMC."""

    @extend_schema(request=CoSignInSerializer, responses={200: ProcessSerializer})
    def post(self, request: Request, process_id: int) -> Response:
        person: Any = request.user
        process = services.co_sign_process(
            process=self.found(request, process_id),
            actor=person,
            digest=_body(request).get("digest"),
        )
        return self.answer(request, process)


class PromulgateView(IdempotentPosts, ProcessView):
    """Put a co-signed process in force from a day, as the SRSG."""

    @extend_schema(request=PromulgateInSerializer, responses={200: ProcessSerializer})
    def post(self, request: Request, process_id: int) -> Response:
        person: Any = request.user
        process = services.promulgate_process(
            process=self.found(request, process_id),
            actor=person,
            in_force_from=_body(request).get("in_force_from"),
        )
        return self.answer(request, process)


class DiscardView(IdempotentPosts, ProcessView):
    """Give a draft up; it is kept, with what was said of it."""

    @extend_schema(request=DiscardInSerializer, responses={200: ProcessSerializer})
    def post(self, request: Request, process_id: int) -> Response:
        person: Any = request.user
        process = services.discard_process(
            process=self.found(request, process_id),
            actor=person,
            reason=_body(request).get("reason"),
        )
        return self.answer(request, process)
