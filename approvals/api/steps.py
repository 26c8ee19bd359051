"""The API of whoever decides: the inbox, and answers to steps."""

from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from approvals import services
from approvals.answering import ignored_in
from approvals.forms.inbox import InboxForm
from approvals.models import Answer, Step
from approvals.queries import inbox_of, visible_step
from approvals.queries.inbox import narrowed
from approvals.serializers import (
    AnswerInSerializer,
    AnswerSerializer,
    RouteStepSerializer,
    StepSerializer,
)
from approvals.services.reading import keep_reading
from approvals.vocabulary import SeatKind
from common.errors import FieldError, Malformed
from common.idempotency import IdempotentPosts
from common.listing import CursorPages, asked_page, list_response
from common.paging import page_of
from ledger.readings import API
from missions.models import User
from requests_app.vocabulary import Kind

NARROWS = [
    OpenApiParameter("kind", OpenApiTypes.STR, enum=list(Kind.values)),
    OpenApiParameter("sector", OpenApiTypes.STR, description="A sector's code."),
    OpenApiParameter("seat", OpenApiTypes.STR, enum=list(SeatKind.values)),
    OpenApiParameter("overdue", OpenApiTypes.BOOL),
]


def step_read_by(person: User, step_id: int) -> Step:
    """Return a step of a record the person may see; raise ``Http404`` for any other.

    That a confidential record is read is kept first (P15).
    """
    step = visible_step(person, step_id)
    if step is None:
        raise Http404
    keep_reading(person, step.rfa, API)
    return step


def said_in(data: Any) -> dict[str, Any]:
    """Read an answer's body as the arguments of ``services.answer``; they are checked there."""
    if not isinstance(data, dict):
        raise Malformed(errors=[FieldError("non_field_errors", _("Send an object."))])
    return {
        "word": data.get("answer"),
        "revision": data.get("revision"),
        "remarks": data.get("remarks", ""),
        "conditions": data.get("conditions"),
        "details": data.get("details"),
    }


class InboxView(APIView):
    """The steps open for my posts, most urgent first."""

    pagination_class = CursorPages

    @extend_schema(parameters=NARROWS, responses=StepSerializer(many=True), operation_id="inbox")
    def get(self, request: Request) -> Response:
        """List them; a question that cannot be read is refused, never left out."""
        cursor, size = asked_page(request)
        form = InboxForm(request.query_params)
        asked = form.asked()
        if form.wrong():
            raise Malformed(errors=form.wrong())
        waiting = narrowed(inbox_of(request.user), asked)  # type: ignore[arg-type]
        steps = waiting.prefetch_related("answers__by", "answers__post")
        page = page_of(steps, ("due_at", "id"), cursor=cursor, size=size)
        rows = StepSerializer(page.rows, many=True, context={"request": request}).data
        return list_response(request, rows, page)


class StepView(APIView):
    """One step, as its record shows it."""

    @extend_schema(responses=StepSerializer)
    def get(self, request: Request, step_id: int) -> Response:
        step = step_read_by(request.user, step_id)  # type: ignore[arg-type]
        return Response(StepSerializer(step, context={"request": request}).data)


class _GivingView(IdempotentPosts, APIView):
    """Give an answer at a step, as the post that it waits on."""

    def give(self, step: Step, actor: User, said: dict[str, Any]) -> Answer:
        raise AssertionError("Each door names its service.")

    @extend_schema(request=AnswerInSerializer, responses={201: AnswerSerializer})
    def post(self, request: Request, step_id: int) -> Response:
        step = step_read_by(request.user, step_id)  # type: ignore[arg-type]
        given = self.give(step, request.user, said_in(request.data))  # type: ignore[arg-type]
        step = given.step
        context = {"request": request}
        body = AnswerSerializer(given, context=context).data
        return Response(
            {
                **body,
                "ignored": ignored_in(step, request.data),
                "step": RouteStepSerializer(step, context=context).data,
                "status": step.rfa.status,
            },
            status=201,
        )


class AnswersView(_GivingView):
    """Answer an open step."""

    def give(self, step: Step, actor: User, said: dict[str, Any]) -> Answer:
        return services.answer(step=step, actor=actor, **said)


class SupersedeView(_GivingView):
    """Give a new answer beside the old one, before the task has started."""

    def give(self, step: Step, actor: User, said: dict[str, Any]) -> Answer:
        return services.supersede(step=step, actor=actor, **said)
