"""Lines, records and what hangs on them, as the API writes them."""

from collections.abc import Callable
from functools import cached_property
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from approvals.queries import (
    TELLS_WHO_ASKS,
    WITHHELD,
    Vacancies,
    Wait,
    consistency_of,
    files_of,
    is_of_who_asks,
    note_what_is_open,
    reports_of_one_event,
    route_just_laid,
    shows_who_asks,
    waits_of,
)
from approvals.queries.mentions import codes_named
from approvals.queries.messages import messages_for
from approvals.queries.search import Part
from approvals.serializers import RouteStepSerializer
from approvals.serializers.priorities import consistency_as_read
from approvals.serializers.referrals import ReferralSerializer
from common.clock import now
from common.writing import BuiltOnce, ModelBuiltOnce
from ledger.models import Entry
from missions.models import Post
from missions.vocabulary import Classification
from records import done
from records.correcting import corrections_of
from records.history import hides_who_did_it, payload_for
from records.policy import allowed
from records.queries import may_have, note_what_is_beside
from records.serializers.doing import completeness_as_read, follow_up_as_read, task_as_read
from requests_app.content import content_of
from requests_app.models import AssistanceRequest, Attachment, ImportedRow, Message
from requests_app.places import as_mgrs
from requests_app.vocabulary import Kind, Status

MOST_BESIDE = 200
CLASSIFICATIONS = [level.name.lower() for level in Classification]


class WaitingSerializer(BuiltOnce[Wait]):
    """Whom a record waits on, since when and until when.

    Where nobody acts for the post it is ``vacant``, and ``gone_up_to`` names the post above
    that its work has come to, if there is one.
    """

    post = serializers.CharField(source="post.code")
    title = serializers.CharField(source="post.title")
    seat = serializers.CharField()
    since = serializers.DateTimeField(source="opened_at")
    until = serializers.DateTimeField(source="due_at")
    vacant = serializers.SerializerMethodField()
    gone_up_to = serializers.SerializerMethodField()
    gone_up_to_title = serializers.SerializerMethodField()

    @cached_property
    def _vacancies(self) -> dict[int, Vacancies]:
        return {}

    def _vacancies_of(self, wait: Wait) -> Vacancies:
        """Return a mission's vacancies, looked up once for all the lines of a list."""
        mission = wait.rfa.mission_id
        if mission not in self._vacancies:
            self._vacancies[mission] = Vacancies(mission, self.context["request"].user)
        return self._vacancies[mission]

    def _above(self, wait: Wait) -> Post | None:
        if not self.get_vacant(wait):
            return None
        return self._vacancies_of(wait).above(wait.post.pk, wait.rfa)

    def get_vacant(self, wait: Wait) -> bool:
        return self._vacancies_of(wait).is_vacant(wait.post.pk)

    def get_gone_up_to(self, wait: Wait) -> str | None:
        above = self._above(wait)
        return above.code if above else None

    def get_gone_up_to_title(self, wait: Wait) -> str | None:
        above = self._above(wait)
        return above.title if above else None


class LineSerializer(ModelBuiltOnce[AssistanceRequest]):
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
            "historical",
        ]

    def to_representation(self, rfa: AssistanceRequest) -> dict[str, Any]:
        """Leave out who asks, where the reader is not to know it (R22)."""
        found = super().to_representation(rfa)
        if not shows_who_asks(rfa):
            found.update(organisation=None, requested_by=WITHHELD)
        return found

    @extend_schema_field(WaitingSerializer(many=True))
    def get_waiting_on(self, rfa: AssistanceRequest) -> Any:
        writes = self.inside(WaitingSerializer)
        return [writes.to_representation(wait) for wait in waits_of(rfa)]

    @extend_schema_field(serializers.ChoiceField(CLASSIFICATIONS))
    def get_classification(self, rfa: AssistanceRequest) -> str:
        return Classification(rfa.classification).name.lower()


class AttachmentSerializer(ModelBuiltOnce[Attachment]):
    """A file beside a request, with the SHA-256 of its bytes."""

    sha256 = serializers.CharField(source="digest")
    added_by = serializers.CharField(source="added_by.name")
    url = serializers.SerializerMethodField()
    download = serializers.SerializerMethodField()

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
            "download",
        ]

    def get_download(self, attachment: Attachment) -> str:
        """Return where the API gives its bytes."""
        return f"/api/v1/requests/{attachment.rfa.reference}/attachments/{attachment.pk}/"

    def get_url(self, attachment: Attachment) -> str:
        return f"/register/{attachment.rfa.reference}/files/{attachment.pk}/"


class MessageSerializer(ModelBuiltOnce[Message]):
    """Something said about a request."""

    by = serializers.CharField(source="by.name")
    post = serializers.CharField(source="post.title", default=None, allow_null=True)

    mentions = serializers.SerializerMethodField()

    class Meta:
        model = Message
        fields = ["id", "text", "internal", "mentions", "by", "post", "at"]

    def to_representation(self, message: Message) -> dict[str, Any]:
        """Leave out who said it, where that is who asks and the reader is not to know (R22)."""
        found = super().to_representation(message)
        rfa = self.context.get("rfa")
        if rfa and not shows_who_asks(rfa) and is_of_who_asks(rfa, message.by, message.post):
            found.update(by=WITHHELD, post=None)
        return found

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_mentions(self, message: Message) -> list[str]:
        """Name the posts that the text names."""
        return codes_named(message.text)


class PartSerializer(serializers.Serializer[Part]):
    """A run of text, and whether it is one of the words that were searched for."""

    text = serializers.CharField()
    found = serializers.BooleanField()


class FoundSerializer(serializers.Serializer[Any]):
    """Where the words that were searched for stand: in the title, and in a piece of the text."""

    title = PartSerializer(many=True)
    text = PartSerializer(many=True)


class FoundLineSerializer(LineSerializer):
    """A line of a list that may have been searched by words; ``found`` is null where it was not."""

    found = serializers.SerializerMethodField()

    class Meta(LineSerializer.Meta):
        fields = [*LineSerializer.Meta.fields, "found"]

    @extend_schema_field(FoundSerializer(allow_null=True))
    def get_found(self, rfa: AssistanceRequest) -> Any:
        title, text = self.context["found"].get(rfa.pk, (None, None))
        if title is None:
            return None
        return FoundSerializer({"title": title, "text": text}).data


class RecordSerializer(LineSerializer):
    """A record whole: what was asked, its route with each answer, its task, what is allowed."""

    class Meta(LineSerializer.Meta):
        fields = LineSerializer.Meta.fields

    def to_representation(self, rfa: AssistanceRequest) -> dict[str, Any]:
        person = self.context["request"].user
        note_what_is_beside(rfa)
        steps = route_just_laid(rfa)
        note_what_is_open(rfa, steps, [one for one in rfa.referrals.all() if one.is_open])
        found = super().to_representation(rfa)
        found["route_name"] = rfa.route
        found["mgrs"] = as_mgrs(rfa.latitude, rfa.longitude)
        content = content_of(rfa)
        if not shows_who_asks(rfa):
            content.update(dict.fromkeys(TELLS_WHO_ASKS & set(content)))
        found.update({name: value for name, value in content.items() if name not in found})
        if rfa.kind == Kind.EXTREME_SITUATION:
            found.update(extreme_of(rfa))
            event = reports_of_one_event(person, rfa)
            found["same_event"] = list(event.values_list("reference", flat=True))
        found["route"] = RouteStepSerializer(steps, many=True, context=self.context).data
        found["task"] = task_as_read(rfa)
        found["follow_up"] = follow_up_as_read(rfa)
        corrections = corrections_of(rfa) if may_have(rfa, "corrections") else []
        found["corrections"] = done.corrections_as_kept(corrections)
        found["completeness"] = completeness_as_read(rfa)
        found["referrals"] = referrals_as_read(rfa)
        found["priorities"] = consistency_as_read(consistency_of(rfa))
        context = {**self.context, "rfa": rfa}
        files, more_files = _newest(rfa, "attachments", lambda: files_of(rfa))
        found["attachments"] = AttachmentSerializer(files, many=True, context=context).data
        said, more_said = _newest(rfa, "messages", lambda: messages_for(person, rfa))
        found["messages"] = MessageSerializer(said, many=True, context=context).data
        found["left_out"] = {"messages": more_said, "attachments": more_files}
        found["imported"] = imported_as_read(rfa)
        found["allowed"] = allowed(person, rfa)
        return found


def _newest(
    rfa: AssistanceRequest, name: str, listed: Callable[[], QuerySet[Any]]
) -> tuple[list[Any], int]:
    """Return the newest of what lies beside a record, oldest first, and how many are left out.

    What is left out has lists of its own, page by page.
    """
    if not may_have(rfa, name):
        return [], 0
    rows = listed().reverse()
    found = list(rows[: MOST_BESIDE + 1])
    more = rows.count() - MOST_BESIDE if len(found) > MOST_BESIDE else 0
    return found[:MOST_BESIDE][::-1], more


def imported_as_read(rfa: AssistanceRequest) -> dict[str, Any] | None:
    """Return where an imported record comes from, and what that claims; None for any other.

    What it claims is kept from who may not know who asks: its words may name them (R22).
    """
    if not may_have(rfa, "imported"):
        return None
    row = ImportedRow.objects.filter(rfa=rfa).select_related("run").first()
    if row is None:
        return None
    return {
        "historical": rfa.historical,
        "file": row.run.name,
        "sha256": row.run.digest,
        "sheet": row.run.sheet,
        "row": row.number,
        "at": row.run.done_at,
        "claims": row.claims if shows_who_asks(rfa) else {},
    }


def referrals_as_read(rfa: AssistanceRequest) -> Any:
    """Return what was referred, to whom, and how it ended, oldest first (P52)."""
    return ReferralSerializer(rfa.referrals.all(), many=True, context={"rfa": rfa}).data


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


class ErasedSerializer(serializers.Serializer[Any]):
    """By which entry of the record what another said was erased, and when."""

    entry = serializers.IntegerField()
    at = serializers.DateTimeField()


class EntrySerializer(ModelBuiltOnce[Entry]):
    """An entry of a record's history, with all that its hash and digest are made of.

    A payload withheld from the reader is null, and so is its salt; the chain still verifies.
    So is one that two people erased: ``erased`` then names the entry that says so.
    """

    chain = serializers.UUIDField(source="chain_id")
    actor_id = serializers.IntegerField(allow_null=True)
    post_id = serializers.IntegerField(allow_null=True)
    actor = serializers.CharField(source="actor_name")
    post = serializers.CharField(source="post_title")
    payload = serializers.SerializerMethodField()
    salt = serializers.SerializerMethodField()
    erased = serializers.SerializerMethodField()

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
            "erased",
            "payload_digest",
            "previous",
            "hash",
        ]

    def to_representation(self, entry: Entry) -> dict[str, Any]:
        """Leave out who did it, with the payload, where that is who asks."""
        found = super().to_representation(entry)
        if hides_who_did_it(self.context["rfa"], entry):
            found.update(actor=None, actor_id=None, post=None, post_id=None)
        return found

    @extend_schema_field(serializers.DictField(allow_null=True))
    def get_payload(self, entry: Entry) -> dict[str, Any] | None:
        """Give what the entry says, unless it is withheld from the reader."""
        person = self.context["request"].user
        return payload_for(person, self.context["rfa"], entry)

    @extend_schema_field(ErasedSerializer(allow_null=True))
    def get_erased(self, entry: Entry) -> dict[str, Any] | None:
        """Say by which entry, and when, what this one said was erased."""
        erasure = entry.payload.erasure
        return {"entry": erasure.entry.number, "at": erasure.at} if erasure else None

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_salt(self, entry: Entry) -> str | None:
        """Give what the payload's digest is salted with, where the payload is given."""
        return None if self.get_payload(entry) is None else entry.payload.salt
