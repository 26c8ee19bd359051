"""A step, its answers and a message, as the API writes them."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from approvals.clocks import is_overdue
from approvals.models import Answer, Step
from approvals.policy import may_read_words
from approvals.vocabulary import SeatKind, StepState, Word
from common.writing import BuiltOnce, ModelBuiltOnce
from requests_app.models import AssistanceRequest
from requests_app.vocabulary import Kind


class AnswerSerializer(ModelBuiltOnce[Answer]):
    """What a post said: by whom, in what capacity, on which revision, and why."""

    by = serializers.CharField(source="by.name")
    username = serializers.CharField(source="by.username")
    post = serializers.CharField(source="post.code")
    post_title = serializers.CharField(source="post.title")
    conditions = serializers.ListField(child=serializers.CharField())
    details = serializers.DictField()
    supersedes = serializers.IntegerField(source="supersedes_id", allow_null=True)
    delegation = serializers.CharField(allow_null=True)

    class Meta:
        model = Answer
        fields = [
            "id",
            "answer",
            "remarks",
            "conditions",
            "details",
            "by",
            "username",
            "post",
            "post_title",
            "capacity",
            "delegation",
            "at",
            "revision",
            "supersedes",
        ]

    def to_representation(self, given: Answer) -> dict[str, Any]:
        """Leave out of the answer what the reader may not read, and say so."""
        found = super().to_representation(given)
        person = self.context["request"].user
        found["withheld"] = not may_read_words(person, given.seat_kind, given.answer)
        if found["withheld"]:
            found.update(answer=None, remarks="", conditions=[], details={})
        return found


class RequestNameSerializer(BuiltOnce[AssistanceRequest]):
    """Which request a step belongs to."""

    reference = serializers.CharField()
    title = serializers.CharField()
    kind = serializers.ChoiceField(choices=Kind.choices)
    revision = serializers.IntegerField()


class RouteStepSerializer(ModelBuiltOnce[Step]):
    """A seat on a record's route, whose it is and what was said there."""

    stage = serializers.CharField(source="stage_name")
    stage_number = serializers.IntegerField(source="stage")
    seat_kind = serializers.ChoiceField(choices=SeatKind.choices)
    state = serializers.ChoiceField(choices=StepState.choices)
    post = serializers.CharField(source="post.code")
    post_title = serializers.CharField(source="post.title")
    answers = serializers.SerializerMethodField()
    answer = AnswerSerializer(source="current", allow_null=True)
    earlier = serializers.SerializerMethodField()
    overdue = serializers.SerializerMethodField()

    class Meta:
        model = Step
        fields = [
            "id",
            "stage",
            "stage_number",
            "seat",
            "seat_label",
            "seat_kind",
            "post",
            "post_title",
            "round",
            "state",
            "opened_at",
            "due_at",
            "overdue",
            "answers",
            "answer",
            "earlier",
        ]

    @extend_schema_field(serializers.ListField(child=serializers.ChoiceField(Word.choices)))
    def get_answers(self, step: Step) -> list[str]:
        return [word.value for word in step.words]

    @extend_schema_field(AnswerSerializer(many=True))
    def get_earlier(self, step: Step) -> Any:
        """Give the answers that a later one superseded; the first answer of all superseded none."""
        if step.current is not None and step.current.supersedes_id is None:
            return []
        earlier = [given for given in step.answers.all() if given.pk != step.current_id]
        if not earlier:
            return []
        return AnswerSerializer(earlier, many=True, context=self.context).data

    @extend_schema_field(OpenApiTypes.BOOL)
    def get_overdue(self, step: Step) -> bool:
        return is_overdue(step)


class StepSerializer(RouteStepSerializer):
    """A step as the inbox shows it, with its request."""

    request = RequestNameSerializer(source="rfa")

    class Meta(RouteStepSerializer.Meta):
        fields = ["id", "request", *RouteStepSerializer.Meta.fields[1:]]


class AnswerInSerializer(serializers.Serializer[Any]):
    """What to send when answering a step; ``read_answer`` checks it seat by seat."""

    answer = serializers.ChoiceField(choices=Word.choices)
    revision = serializers.IntegerField()
    remarks = serializers.CharField(required=False, allow_blank=True)
    conditions = serializers.ListField(child=serializers.CharField(), required=False)
    details = serializers.DictField(required=False)
