"""A process, its signatures, comments and what changed in it, as the API writes them."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from approvals.definition import differences
from approvals.models import CoSignature, Process, ProcessComment, ProcessState
from approvals.policy import allowed_on_process, may_read_comments
from approvals.queries.processes import IN_FORCE, SUPERSEDED
from approvals.vocabulary import SeatCondition, SeatKind
from common.writing import ModelBuiltOnce
from missions.vocabulary import Capacity, Role
from requests_app.vocabulary import Route

STANDS = [*ProcessState.values, IN_FORCE, SUPERSEDED]


class SeatSerializer(serializers.Serializer[Any]):
    """A place on the route that a post of a role must answer."""

    code = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    kind = serializers.ChoiceField(SeatKind.choices)
    role = serializers.ChoiceField(Role.choices)
    condition = serializers.ChoiceField(SeatCondition.choices)
    normal_hours = serializers.IntegerField(min_value=1)
    time_sensitive_hours = serializers.IntegerField(min_value=1)


class StageSerializer(serializers.Serializer[Any]):
    """Seats answered side by side; ``status`` is the record's meanwhile."""

    name = serializers.CharField()
    status = serializers.CharField()
    seats = SeatSerializer(many=True)


class ContentSerializer(serializers.Serializer[Any]):
    """A whole process."""

    name = serializers.CharField()
    stages = StageSerializer(many=True)


class SignatureSerializer(ModelBuiltOnce[CoSignature]):
    """A signature over the hash of a process's words; ``counts`` while they are its words."""

    by = serializers.CharField(source="by.name")
    username = serializers.CharField(source="by.username")
    post = serializers.CharField(source="post.code")
    delegation = serializers.CharField(allow_null=True)
    counts = serializers.SerializerMethodField()

    class Meta:
        model = CoSignature
        fields = ["role", "by", "username", "post", "capacity", "delegation", "at", "digest"]
        fields += ["counts"]

    def get_counts(self, signature: CoSignature) -> bool:
        return signature.digest == signature.process.digest


class CommentSerializer(ModelBuiltOnce[ProcessComment]):
    """What a component of the mission said of a draft; ``digest`` is of the words it read."""

    by = serializers.CharField(source="by.name")
    username = serializers.CharField(source="by.username")
    post = serializers.CharField(source="post.code")

    class Meta:
        model = ProcessComment
        fields = ["id", "text", "by", "username", "post", "capacity", "at", "digest"]


class BasedOnSerializer(serializers.Serializer[Any]):
    """The version that a process was drafted from."""

    id = serializers.IntegerField()
    version = serializers.IntegerField()
    state = serializers.CharField()


class DifferenceSerializer(serializers.Serializer[Any]):
    """One thing that differs from the version it was drafted from."""

    sort = serializers.ChoiceField(["added", "removed", "moved", "changed"])
    place = serializers.CharField()
    words = serializers.CharField()


class PromulgationSerializer(serializers.Serializer[Any]):
    """Who promulgated a process, and when."""

    by = serializers.CharField(source="promulgated_by.name")
    post = serializers.CharField(source="promulgated_post.code")
    capacity = serializers.ChoiceField(Capacity.choices, source="promulgated_as")
    at = serializers.DateTimeField(source="promulgated_at")


class ProcessLineSerializer(ModelBuiltOnce[Process]):
    """A process as a list shows it."""

    name = serializers.CharField(source="content.name")
    state = serializers.ChoiceField(STANDS, source="stands")
    based_on = BasedOnSerializer(allow_null=True)
    drafted_by = serializers.CharField(source="drafted_by.name", default=None, allow_null=True)

    class Meta:
        model = Process
        fields = [
            "id",
            "route",
            "version",
            "state",
            "name",
            "in_force_from",
            "digest",
            "edit",
            "based_on",
            "reason",
            "drafted_by",
            "drafted_at",
            "changed_at",
        ]


class ProcessSerializer(ProcessLineSerializer):
    """A process whole, with what its reader may do with it."""

    content = ContentSerializer()
    text = serializers.SerializerMethodField()
    differences = serializers.SerializerMethodField()
    signatures = serializers.SerializerMethodField()
    comments = serializers.SerializerMethodField()
    promulgated = serializers.SerializerMethodField()
    allowed = serializers.SerializerMethodField()

    class Meta(ProcessLineSerializer.Meta):
        fields = [
            *ProcessLineSerializer.Meta.fields,
            "content",
            "text",
            "differences",
            "signatures",
            "comments",
            "promulgated",
            "allowed",
        ]

    def get_text(self, process: Process) -> str:
        """Return the canonical text, whose SHA-256 is the digest that is signed."""
        return process.definition.text()

    @extend_schema_field(DifferenceSerializer(many=True))
    def get_differences(self, process: Process) -> Any:
        if process.based_on is None:
            return []
        found = differences(process.based_on.definition, process.definition)
        return DifferenceSerializer(found, many=True).data

    @extend_schema_field(SignatureSerializer(many=True))
    def get_signatures(self, process: Process) -> Any:
        signatures = process.signatures.select_related("by", "post", "delegation", "process")
        return SignatureSerializer(signatures, many=True).data

    @extend_schema_field(CommentSerializer(many=True, allow_null=True))
    def get_comments(self, process: Process) -> Any:
        """Return the components' comments; null to whoever is outside the mission."""
        if not may_read_comments(self.context["request"].user, process):
            return None
        return CommentSerializer(process.comments.select_related("by", "post"), many=True).data

    @extend_schema_field(PromulgationSerializer(allow_null=True))
    def get_promulgated(self, process: Process) -> Any:
        return PromulgationSerializer(process).data if process.promulgated_at else None

    def get_allowed(self, process: Process) -> list[str]:
        return allowed_on_process(self.context["request"].user, process)


class RouteStandingSerializer(serializers.Serializer[Any]):
    """What a route runs on today; on the baseline, how many days of the six months are left."""

    route = serializers.ChoiceField(Route.choices)
    runs_on = serializers.SerializerMethodField()
    process = serializers.SerializerMethodField()
    version = serializers.SerializerMethodField()
    in_force_from = serializers.DateField(source="process.in_force_from", default=None)
    due_on = serializers.SerializerMethodField()
    days_left = serializers.SerializerMethodField()
    overdue = serializers.BooleanField(source="is_overdue")

    @extend_schema_field(serializers.ChoiceField(["own", "baseline"]))
    def get_runs_on(self, standing: Any) -> str:
        return "own" if standing.process else "baseline"

    @extend_schema_field(serializers.IntegerField(allow_null=True))
    def get_process(self, standing: Any) -> int | None:
        return standing.process.pk if standing.process else None

    @extend_schema_field(serializers.IntegerField(allow_null=True))
    def get_version(self, standing: Any) -> int | None:
        return standing.process.version if standing.process else None

    @extend_schema_field(serializers.DateField(allow_null=True))
    def get_due_on(self, standing: Any) -> str | None:
        return None if standing.process else standing.due_on.isoformat()

    @extend_schema_field(serializers.IntegerField(allow_null=True))
    def get_days_left(self, standing: Any) -> int | None:
        return None if standing.process else standing.days_left


class BreachSerializer(serializers.Serializer[Any]):
    """One way in which a rule is broken, with the seats to blame by code."""

    words = serializers.CharField()
    seats = serializers.ListField(child=serializers.CharField())
    stage = serializers.IntegerField(allow_null=True)


class InvariantSerializer(serializers.Serializer[Any]):
    """One rule over a process, held or broken."""

    rule = serializers.CharField()
    paragraph = serializers.CharField()
    says = serializers.CharField()
    held = serializers.BooleanField()
    words = serializers.SerializerMethodField()
    seats = serializers.SerializerMethodField()
    breaches = BreachSerializer(many=True)

    def get_words(self, checked: Any) -> str:
        return " ".join(breach.words for breach in checked.breaches)

    def get_seats(self, checked: Any) -> list[str]:
        return list(dict.fromkeys(code for breach in checked.breaches for code in breach.seats))


class CheckSerializer(serializers.Serializer[Any]):
    """Whether a process may be signed: every rule, held or broken."""

    route = serializers.ChoiceField(Route.choices)
    digest = serializers.CharField()
    held = serializers.BooleanField()
    invariants = InvariantSerializer(many=True)


class DraftInSerializer(serializers.Serializer[Any]):
    """A new draft; without ``content`` it begins as the process in force, or the baseline."""

    route = serializers.ChoiceField(Route.choices)
    content = ContentSerializer(required=False)
    reason = serializers.CharField(required=False)


class ChangeInSerializer(serializers.Serializer[Any]):
    """Other words for a draft."""

    content = ContentSerializer(required=False)
    reason = serializers.CharField(required=False)


class CheckInSerializer(serializers.Serializer[Any]):
    """Words to check in the place of the draft's own; nothing is kept."""

    content = ContentSerializer(required=False)


class CommentInSerializer(serializers.Serializer[Any]):
    """A comment."""

    text = serializers.CharField()


class CoSignInSerializer(serializers.Serializer[Any]):
    """The digest of the words that were read."""

    digest = serializers.CharField()


class PromulgateInSerializer(serializers.Serializer[Any]):
    """The first day in force; left out, today."""

    in_force_from = serializers.DateField(required=False)


class DiscardInSerializer(serializers.Serializer[Any]):
    """Why a draft is given up."""

    reason = serializers.CharField(required=False)
