"""What was done and what is still missing, as the API writes them."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from common.writing import ModelBuiltOnce
from records import done
from records.completeness import also_missing, missing_before_closing
from records.models import DeliveryByOthers, Task
from records.queries import changes_of, follow_up_of, may_have
from requests_app.models import AssistanceRequest
from requests_app.vocabulary import Status

ROWS = serializers.ListField(child=serializers.DictField())
OVER = frozenset({Status.CLOSED, Status.WITHDRAWN})


class TaskSerializer(ModelBuiltOnce[Task]):
    """The carrying out of a request, with all that was done on it."""

    unit = serializers.CharField(source="unit.code", default=None, allow_null=True)
    unit_name = serializers.CharField(source="unit.name", default=None, allow_null=True)
    state = serializers.SerializerMethodField()
    units = serializers.SerializerMethodField()
    progress = serializers.SerializerMethodField()
    visits = serializers.SerializerMethodField()
    instalments = serializers.SerializerMethodField()
    conditions = serializers.SerializerMethodField()
    changes = serializers.SerializerMethodField()
    project = serializers.SerializerMethodField()
    assets = serializers.SerializerMethodField()
    runs = serializers.SerializerMethodField()
    incidents = serializers.SerializerMethodField()

    class Meta:
        model = Task
        fields = [
            "state",
            "unit",
            "unit_name",
            "units",
            "planned_start",
            "planned_end",
            "plan",
            "place",
            "suspended",
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
            "changes",
            "project",
            "assets",
            "runs",
            "incidents",
        ]

    @extend_schema_field(serializers.ChoiceField(["planned", "started", "suspended", "completed"]))
    def get_state(self, task: Task) -> str:
        if task.completed_on:
            return "completed"
        if task.suspended:
            return "suspended"
        return "started" if task.started_on else "planned"

    @extend_schema_field(ROWS)
    def get_units(self, task: Task) -> list[dict[str, Any]]:
        return done.units_of(task.rfa)

    @extend_schema_field(ROWS)
    def get_progress(self, task: Task) -> list[dict[str, Any]]:
        return [
            {"text": line.text, "percent": line.percent, "by": line.by.name, "at": line.at}
            for line in (task.progress.select_related("by") if task.pk else [])
        ]

    @extend_schema_field(ROWS)
    def get_visits(self, task: Task) -> list[dict[str, Any]]:
        return done.visits_of(task) if task.pk else []

    @extend_schema_field(ROWS)
    def get_instalments(self, task: Task) -> list[dict[str, Any]]:
        return [
            {
                "number": line.number,
                "amount": line.amount,
                "paid_on": line.paid_on,
                "evidence": line.evidence,
                "last": line.is_last,
            }
            for line in (task.instalments.all() if task.pk else [])
        ]

    @extend_schema_field(ROWS)
    def get_conditions(self, task: Task) -> list[dict[str, Any]]:
        return done.conditions_as_kept(task.rfa)

    @extend_schema_field(ROWS)
    def get_changes(self, task: Task) -> list[dict[str, Any]]:
        return [done.change_as_kept(change) for change in changes_of(task)[::-1]]

    @extend_schema_field(serializers.DictField(allow_null=True))
    def get_project(self, task: Task) -> dict[str, Any] | None:
        return done.project_of(task.rfa, task)

    @extend_schema_field(ROWS)
    def get_assets(self, task: Task) -> list[dict[str, Any]]:
        return done.assets_as_kept(task.rfa, task)

    @extend_schema_field(ROWS)
    def get_runs(self, task: Task) -> Any:
        return done.ground_of(task)["runs"]

    @extend_schema_field(ROWS)
    def get_incidents(self, task: Task) -> Any:
        return done.ground_of(task)["incidents"]


class FollowUpSerializer(ModelBuiltOnce[DeliveryByOthers]):
    """What became of a refused need."""

    state = serializers.SerializerMethodField()

    class Meta:
        model = DeliveryByOthers
        fields = ["state", "delivered", "organisation", "delivered_on", "source", "at"]

    @extend_schema_field(serializers.ChoiceField(["open", "closed"]))
    def get_state(self, delivery: DeliveryByOthers) -> str:
        return "closed"


def completeness_as_read(rfa: AssistanceRequest) -> dict[str, Any]:
    """Say what an open record lacks before it may be closed, and what else is missing (P41)."""
    named = {"missing": missing_before_closing, "also_missing": also_missing}
    closed = rfa.status in OVER
    return {
        name: []
        if closed
        else [
            {"field": one.field, "message": one.message, "paragraph": one.paragraph}
            for one in rule(rfa)
        ]
        for name, rule in named.items()
    }


def task_as_read(rfa: AssistanceRequest) -> dict[str, Any] | None:
    """Return a request's task, or the plan that the tasking answer gave it, or None."""
    task = None
    if may_have(rfa, "task"):
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
    notes = done.follow_up_notes_of(rfa)
    if known is not None:
        return {**FollowUpSerializer(known).data, "notes": notes}
    if rfa.status == Status.NOT_APPROVED:
        return {
            "notes": notes,
            "state": "open",
            "delivered": None,
            "organisation": "",
            "delivered_on": None,
            "source": "",
            "at": None,
        }
    return None
