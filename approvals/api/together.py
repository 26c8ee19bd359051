"""The API of one answer on several requests."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from approvals import services
from approvals.queries.inbox import visible_steps
from approvals.serializers import AnswerSerializer
from approvals.services.together import check_word
from common.errors import FieldError, Malformed
from common.idempotency import IdempotentPosts
from common.problems import problem, refusal_response


class AsReadSerializer(serializers.Serializer[Any]):
    """A step and the revision that was read of its request."""

    id = serializers.IntegerField(min_value=1, max_value=2**63 - 1)
    revision = serializers.IntegerField(min_value=1, max_value=2**31 - 1)


class TogetherSerializer(serializers.Serializer[Any]):
    """One answer, and the steps it is given at."""

    answer = serializers.CharField(max_length=30)
    steps = AsReadSerializer(many=True, allow_empty=False)
    remarks = serializers.CharField(required=False, allow_blank=True, default="", max_length=20_000)
    verified = serializers.CharField(required=False, allow_blank=True, default="", max_length=20)


class OutcomeSerializer(serializers.Serializer[Any]):
    """What came of one step: 201 with its answer, or the problem that a call of its own meets."""

    id = serializers.IntegerField()
    reference = serializers.CharField(allow_null=True)
    status = serializers.IntegerField()
    answer = AnswerSerializer(allow_null=True)
    problem = serializers.DictField(allow_null=True)


class TogetherView(IdempotentPosts, APIView):
    """Give one answer at several steps; each stands or falls by itself."""

    @extend_schema(
        request=TogetherSerializer,
        responses=OutcomeSerializer(many=True),
        operation_id="answer_together",
    )
    def post(self, request: Request) -> Response:
        person: Any = request.user
        if not isinstance(request.data, dict):
            raise Malformed(errors=[FieldError("non_field_errors", _("Send an object."))])
        read = TogetherSerializer(data=request.data)
        read.is_valid(raise_exception=True)
        said = read.validated_data
        check_word(said["answer"])
        revisions = {one["id"]: one["revision"] for one in said["steps"]}
        steps = visible_steps(person, list(revisions))
        outcomes = (
            {
                outcome.step.pk: outcome
                for outcome in services.answer_together(
                    actor=person,
                    word=said["answer"],
                    asked=[services.AsRead(step, revisions[pk]) for pk, step in steps.items()],
                    remarks=said["remarks"],
                    verified=said["verified"],
                )
            }
            if steps
            else {}
        )
        context = {"request": request}
        rows = [self._row(pk, outcomes.get(pk), context) for pk in revisions]
        return Response({"results": rows})

    def _row(
        self, pk: int, outcome: services.Outcome | None, context: dict[str, Any]
    ) -> dict[str, Any]:
        row: dict[str, Any] = {"id": pk, "reference": None, "answer": None, "problem": None}
        if outcome is None:
            told = problem(404, _("There is no such thing, or it is not open to you.")).data
            return row | {"status": 404, "problem": told}
        row["reference"] = outcome.step.rfa.reference
        if outcome.refusal is not None:
            told = refusal_response(outcome.refusal).data
            return row | {"status": outcome.refusal.status, "problem": told}
        return row | {
            "status": 201,
            "answer": AnswerSerializer(outcome.given, context=context).data,
        }
