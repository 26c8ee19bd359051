"""Lines, records and what hangs on them, as the API writes them."""

import json
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from approvals.policy import may_read_entry, may_read_internal
from approvals.queries import (
    TELLS_WHO_ASKS,
    WITHHELD,
    consistency_of,
    reports_of_one_event,
    route_of,
    shows_who_asks,
    waits_of,
)
from approvals.serializers import RouteStepSerializer
from approvals.serializers.priorities import consistency_as_read
from approvals.serializers.referrals import ReferralSerializer
from common.clock import now
from ledger.models import Entry
from missions.vocabulary import Classification
from records.completeness import follow_up_of
from records.models import DeliveryByOthers, Task
from records.policy import allowed
from records.services import conditions_of
from requests_app.content import content_of
from requests_app.models import AssistanceRequest, Attachment, Message
from requests_app.vocabulary import Kind, Status

CLASSIFICATIONS = [level.name.lower() for level in Classification]


class WaitingSerializer(serializers.Serializer[Any]):
    """Whom a record waits on, since when and until when."""

    post = serializers.CharField(source="post.code")
    title = serializers.CharField(source="post.title")
    seat = serializers.CharField()
    since = serializers.DateTimeField(source="opened_at")
    until = serializers.DateTimeField(source="due_at")


class LineSerializer(serializers.ModelSerializer[AssistanceRequest]):
    """A request as one line of a list."""

    kind = serializers.ChoiceField(choices=Kind.choices)
    status = serializers.ChoiceField(choices=Status.choices)
    mission = serializers.CharField(source="mission.code")
    sector = serializers.CharField(source="sector.code", default=None, allow_null=True)
    area = serializers.CharField(source="area.pcode", default=None, allow_null=True)
    area_name = serializers.CharField(source="area.name", default=None, allow_null=True)
    organisation = serializers.CharField(source="organisation.name", default=None, allow_null=True)
    requested_by = serializers.CharField(source="requested_by.name")
    classification = serializers.SerializerMethodField()
    people = serializers.IntegerField(allow_null=True)
    waiting_on = serializers.SerializerMethodField()

    class Meta:
        model = AssistanceRequest
        fields = [
            "id",
            "reference",
            "kind",
            "status",
            "title",
            "category",
            "mission",
            "sector",
            "area",
            "area_name",
            "place",
            "latitude",
            "longitude",
            "organisation",
            "requested_by",
            "needed_by",
            "urgency",
            "people",
            "estimated_cost",
            "currency",
            "classification",
            "revision",
            "version",
            "created_at",
            "submitted_at",
            "decided_at",
            "closed_at",
            "waiting_on",
        ]

    def to_representation(self, rfa: AssistanceRequest) -> dict[str, Any]:
        """Leave out who asks, where the reader is not to know it (R22)."""
        found = super().to_representation(rfa)
        if not shows_who_asks(rfa):
            found.update(organisation=None, requested_by=WITHHELD)
        return found

    @extend_schema_field(WaitingSerializer(many=True))
    def get_waiting_on(self, rfa: AssistanceRequest) -> Any:
        return WaitingSerializer(waits_of(rfa), many=True).data

    @extend_schema_field(serializers.ChoiceField(CLASSIFICATIONS))
    def get_classification(self, rfa: AssistanceRequest) -> str:
        return Classification(rfa.classification).name.lower()


class AttachmentSerializer(serializers.ModelSerializer[Attachment]):
    """A file beside a request, with the SHA-256 of its bytes."""

    sha256 = serializers.CharField(source="digest")
    added_by = serializers.CharField(source="added_by.name")
    url = serializers.SerializerMethodField()

    class Meta:
        model = Attachment
        fields = [
            "id",
            "name",
            "caption",
            "media_type",
            "size",
            "sha256",
            "added_by",
            "added_at",
            "url",
        ]

    def get_url(self, attachment: Attachment) -> str:
        return f"/register/{attachment.rfa.reference}/files/{attachment.pk}/"


class MessageSerializer(serializers.ModelSerializer[Message]):
    """Something said about a request."""

    by = serializers.CharField(source="by.name")
    post = serializers.CharField(source="post.title", default=None, allow_null=True)

    class Meta:
        model = Message
        fields = ["id", "text", "internal", "by", "post", "at"]


class TaskSerializer(serializers.ModelSerializer[Task]):
    """The carrying out of a request."""

    unit = serializers.CharField(source="unit.code", default=None, allow_null=True)
    unit_name = serializers.CharField(source="unit.name", default=None, allow_null=True)
    state = serializers.SerializerMethodField()
    progress = serializers.SerializerMethodField()
    visits = serializers.SerializerMethodField()
    instalments = serializers.SerializerMethodField()
    conditions = serializers.SerializerMethodField()

    class Meta:
        model = Task
        fields = [
            "state",
            "unit",
            "unit_name",
            "planned_start",
            "planned_end",
            "agreement_signed_on",
            "agreement_reference",
            "started_on",
            "completed_on",
            "result",
            "women",
            "men",
            "girls",
            "boys",
            "actual_cost",
            "progress",
            "visits",
            "instalments",
            "conditions",
        ]

    @extend_schema_field(serializers.ChoiceField(["planned", "started", "completed"]))
    def get_state(self, task: Task) -> str:
        if task.completed_on:
            return "completed"
        return "started" if task.started_on else "planned"

    @extend_schema_field(serializers.ListField(child=serializers.DictField()))
    def get_progress(self, task: Task) -> list[dict[str, Any]]:
        return [
            {"text": line.text, "percent": line.percent, "by": line.by.name, "at": line.at}
            for line in (task.progress.select_related("by") if task.pk else [])
        ]

    @extend_schema_field(serializers.ListField(child=serializers.DictField()))
    def get_visits(self, task: Task) -> list[dict[str, Any]]:
        return [
            {"visited_on": visit.visited_on, "findings": visit.findings, "by": visit.by.name}
            for visit in (task.visits.select_related("by") if task.pk else [])
        ]

    @extend_schema_field(serializers.ListField(child=serializers.DictField()))
    def get_instalments(self, task: Task) -> list[dict[str, Any]]:
        return [
            {
                "number": line.number,
                "amount": line.amount,
                "paid_on": line.paid_on,
                "last": line.is_last,
            }
            for line in (task.instalments.all() if task.pk else [])
        ]

    @extend_schema_field(serializers.ListField(child=serializers.DictField()))
    def get_conditions(self, task: Task) -> list[dict[str, Any]]:
        return [
            {key: value for key, value in condition.items() if key != "check"}
            | {"met": condition["check"].met if condition["check"] else None}
            for condition in conditions_of(task.rfa)
        ]


class FollowUpSerializer(serializers.ModelSerializer[DeliveryByOthers]):
    """What became of a refused need."""

    state = serializers.SerializerMethodField()

    class Meta:
        model = DeliveryByOthers
        fields = ["state", "delivered", "organisation", "delivered_on", "source", "at"]

    @extend_schema_field(serializers.ChoiceField(["open", "closed"]))
    def get_state(self, delivery: DeliveryByOthers) -> str:
        return "closed"


class RecordSerializer(LineSerializer):
    """A record whole: what was asked, its route with each answer, its task, what is allowed."""

    class Meta(LineSerializer.Meta):
        fields = LineSerializer.Meta.fields

    def to_representation(self, rfa: AssistanceRequest) -> dict[str, Any]:
        person = self.context["request"].user
        found = super().to_representation(rfa)
        found["route_name"] = rfa.route
        content = content_of(rfa)
        if not shows_who_asks(rfa):
            content.update(dict.fromkeys(TELLS_WHO_ASKS & set(content)))
        found.update({name: value for name, value in content.items() if name not in found})
        if rfa.kind == Kind.EXTREME_SITUATION:
            found.update(extreme_of(rfa))
            event = reports_of_one_event(person, rfa)
            found["same_event"] = list(event.values_list("reference", flat=True))
        found["route"] = RouteStepSerializer(route_of(rfa), many=True, context=self.context).data
        found["task"] = task_as_read(rfa)
        found["follow_up"] = follow_up_as_read(rfa)
        found["referrals"] = referrals_as_read(rfa)
        found["priorities"] = consistency_as_read(consistency_of(rfa))
        found["attachments"] = AttachmentSerializer(
            rfa.attachments.select_related("added_by", "rfa"), many=True
        ).data
        found["messages"] = MessageSerializer(messages_for(person, rfa), many=True).data
        if not shows_who_asks(rfa):
            name = rfa.requested_by.name
            for said in (*found["messages"], *found["attachments"]):
                for who in ("by", "added_by"):
                    if said.get(who) == name:
                        said[who] = WITHHELD
                        if "post" in said:
                            said["post"] = None
        found["allowed"] = allowed(person, rfa)
        return found


def referrals_as_read(rfa: AssistanceRequest) -> Any:
    """Return what was referred, to whom, and how it ended, oldest first (P52)."""
    referrals = rfa.referrals.select_related(
        "rfa", "put_to", "opened_by", "opened_post", "closed_by", "closed_post", "delegation__post"
    )
    return ReferralSerializer(referrals, many=True).data


def extreme_of(rfa: AssistanceRequest) -> dict[str, Any]:
    """Give a report of an extreme situation its own fields and the delay, in minutes (P40)."""
    extreme = rfa.extreme_situation
    reported = rfa.submitted_at or now()
    return {
        "harm": extreme.harm,
        "acted_at": extreme.acted_at,
        "action_taken": extreme.action_taken,
        "unit": extreme.unit.code if extreme.unit else None,
        "reported_at": reported,
        "minutes_until_reported": int((reported - extreme.acted_at).total_seconds() // 60),
        "description": rfa.description,
        "women": rfa.women,
        "men": rfa.men,
        "girls": rfa.girls,
        "boys": rfa.boys,
    }


def task_as_read(rfa: AssistanceRequest) -> dict[str, Any] | None:
    """Return a request's task, or the plan that the tasking answer gave it, or None."""
    task = Task.objects.filter(rfa=rfa).select_related("unit", "rfa").first()
    if task is None and rfa.tasked_unit_id and rfa.status in {Status.APPROVED}:
        given = rfa.answers.filter(seat_kind="tasking", answer="accept").order_by("-at").first()
        details = given.details if given else {}
        task = Task(
            rfa=rfa,
            unit=rfa.tasked_unit,
            planned_start=details.get("start_on"),
            planned_end=details.get("end_on"),
        )
    return dict(TaskSerializer(task).data) if task else None


def follow_up_as_read(rfa: AssistanceRequest) -> dict[str, Any] | None:
    """Return the follow-up of a refused request: open until delivery by others is known."""
    known = follow_up_of(rfa)
    if known is not None:
        return dict(FollowUpSerializer(known).data)
    if rfa.status == Status.NOT_APPROVED:
        return {
            "state": "open",
            "delivered": None,
            "organisation": "",
            "delivered_on": None,
            "source": "",
            "at": None,
        }
    return None


def messages_for(person: Any, rfa: AssistanceRequest) -> Any:
    """Return a request's messages as a person may read them; internal ones stay inside."""
    messages = rfa.messages.select_related("by", "post").order_by("at")
    return messages if may_read_internal(person) else messages.filter(internal=False)


# The acts whose entries keep what was asked, and so who asks.
TELLS_CONTENT = frozenset(
    {"request.drafted", "request.submitted", "request.resubmitted", "request.changed"}
)


class EntrySerializer(serializers.ModelSerializer[Entry]):
    """An entry of a record's history, with all that its hash and digest are made of.

    A payload withheld from the reader is null, and so is its salt; the chain still verifies.
    """

    chain = serializers.UUIDField(source="chain_id")
    actor_id = serializers.IntegerField(allow_null=True)
    post_id = serializers.IntegerField(allow_null=True)
    actor = serializers.CharField(source="actor_name")
    post = serializers.CharField(source="post_title")
    payload = serializers.SerializerMethodField()
    salt = serializers.SerializerMethodField()

    class Meta:
        model = Entry
        fields = [
            "chain",
            "number",
            "act",
            "actor_id",
            "actor",
            "post_id",
            "post",
            "capacity",
            "happened_at",
            "recorded_at",
            "told_clock",
            "payload",
            "salt",
            "payload_digest",
            "previous",
            "hash",
        ]

    def _is_withheld(self, entry: Entry) -> bool:
        """Whether an entry tells who a low-profile requester is, to who is not to know (R22)."""
        rfa = self.context.get("rfa")
        if rfa is None or shows_who_asks(rfa):
            return False
        return entry.actor_id == rfa.requested_by_id or entry.act in TELLS_CONTENT

    def to_representation(self, entry: Entry) -> dict[str, Any]:
        """Leave out who did it, with the payload, where that is who asks."""
        found = super().to_representation(entry)
        if self._is_withheld(entry):
            found.update(actor=None, actor_id=None, post=None, post_id=None)
        return found

    @extend_schema_field(serializers.DictField(allow_null=True))
    def get_payload(self, entry: Entry) -> dict[str, Any] | None:
        """Give what the entry says, unless it is the mission's own and the reader a partner."""
        said: dict[str, Any] = json.loads(entry.payload.text)
        if self._is_withheld(entry):
            return None
        return said if may_read_entry(self.context["request"].user, entry.act, said) else None

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_salt(self, entry: Entry) -> str | None:
        """Give what the payload's digest is salted with, where the payload is given."""
        return None if self.get_payload(entry) is None else entry.payload.salt
