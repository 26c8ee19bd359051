"""The API of the pictures: the counts and durations behind the charts."""

from typing import Any

from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common.negotiation import WhateverIsAccepted
from missions.vocabulary import Classification
from records.reports import evaluation_pack
from records.statistics.question import By, read_asked
from records.statistics.reading import Statistics, statistics_of
from records.statistics.scope import scope_of
from records.statistics.wording import label_of
from requests_app.vocabulary import Kind

PARAMETERS = [
    OpenApiParameter("from", OpenApiTypes.DATE, description="first day; twelve months ago"),
    OpenApiParameter("to", OpenApiTypes.DATE, description="last day; today"),
    OpenApiParameter(
        "by",
        OpenApiTypes.STR,
        enum=By.values,
        description="what the groups are; a month, quarter or year, as fits the period",
    ),
    OpenApiParameter("sector", OpenApiTypes.STR, description="a sector's code"),
    OpenApiParameter("kind", OpenApiTypes.STR, enum=Kind.values),
]


def _count(**more: Any) -> serializers.IntegerField:
    return serializers.IntegerField(**more)


def _span(**more: Any) -> serializers.FloatField:
    return serializers.FloatField(**more)


def _amount() -> serializers.DecimalField:
    return serializers.DecimalField(max_digits=18, decimal_places=2)


class Totals(serializers.Serializer[Any]):
    """Over all that was asked; ``late`` has an open step past its limit, ``unmet`` was refused."""

    records = _count()
    asked = _count(help_text="requests: all but extreme situations")
    decided = _count()
    approved = _count()
    refused = _count()
    open = _count()
    late = _count()
    decided_with_a_day = _count(help_text="decided, and said by when they were needed")
    decided_in_time = _count(help_text="of these, decided by that day")
    unmet = _count(help_text="refused, and not known to be delivered by others")


class Group(serializers.Serializer[Any]):
    """One group of ``by``: a key, its label, and how many came how far."""

    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    records = _count()
    extreme_situations = _count()
    asked = _count()
    decided = _count()
    approved = _count()
    refused = _count()
    started = _count()
    completed = _count()
    closed = _count()
    late = _count()
    median_days_to_decision = _span(allow_null=True)


class FlowStage(serializers.Serializer[Any]):
    """A status as a stage of the way: how many came in, went on, wait there, of them late."""

    key = serializers.CharField()
    came = _count()
    went = _count()
    waiting = _count()
    late = _count()


class StageTime(serializers.Serializer[Any]):
    """A stage's time by the clocks, in seconds, over the records that are through it."""

    key = serializers.CharField()
    records = _count()
    median_seconds = _span()
    ninetieth_seconds = _span()


class WayTime(serializers.Serializer[Any]):
    """A part of the way in days of the calendar, over the records that are through it."""

    key = serializers.CharField()
    records = _count()
    median_days = _span()
    ninetieth_days = _span()


class Decided(serializers.Serializer[Any]):
    """What was decided of a group of requests; ``undecided`` leaves withdrawn ones out."""

    key = serializers.CharField()
    asked = _count()
    decided = _count()
    approved = _count()
    with_conditions = _count()
    refused = _count()
    withdrawn = _count()
    undecided = _count()


class DecidedUnder(Decided):
    """What was decided of the requests under one priority."""

    of = serializers.CharField(help_text="the set of priorities")
    number = _count()
    text = serializers.CharField()


class RefusedArea(serializers.Serializer[Any]):
    """Refused needs of an area (its p-code): met by others, not met, not known yet."""

    key = serializers.CharField()
    name = serializers.CharField()
    refused = _count()
    met_by_others = _count()
    not_met = _count()
    not_known = _count()


class Deliverer(serializers.Serializer[Any]):
    """Who met refused needs, the first twenty; all of them together have no ``key``."""

    key = serializers.CharField(allow_null=True)
    records = _count()
    median_days = _span(allow_null=True)


class Money(serializers.Serializer[Any]):
    """Quick Impact Projects' money in one currency; approved ones are not cancelled."""

    key = serializers.CharField()
    projects = _count()
    asked = _amount()
    approved_projects = _count()
    approved = _amount()
    paid = _amount()
    to_pay = _amount()
    above_ceiling = _count()
    above_with_reason = _count()


class Deadline(serializers.Serializer[Any]):
    """Approved projects by how they stand to their last planned day."""

    key = serializers.CharField()
    projects = _count()


class Project(serializers.Serializer[Any]):
    """An approved project, overdue ones first; ``of`` is how many there are."""

    key = serializers.CharField(help_text="the reference")
    title = serializers.CharField()
    currency = serializers.CharField()
    approved = _amount()
    paid = _amount()
    instalments = _count()
    above = serializers.BooleanField(help_text="above the mission's ceiling")
    due_on = serializers.DateField(allow_null=True)
    completed_on = serializers.DateField(allow_null=True)
    overdue = serializers.BooleanField(allow_null=True)
    of = _count()


class Extreme(serializers.Serializer[Any]):
    """Extreme situations by the harm prevented; all of them together have no ``key``."""

    key = serializers.CharField(allow_null=True)
    reports = _count()
    events = _count()
    held = _count()
    not_held = _count()
    open = _count()
    within_6_hours = _count()
    within_24_hours = _count()
    within_72_hours = _count()
    later = _count()
    median_seconds = _span(allow_null=True, help_text="from the action to the report")
    ninetieth_seconds = _span(allow_null=True)


class People(serializers.Serializer[Any]):
    """Whom completed tasks helped, by kind and all together (no ``key``)."""

    key = serializers.CharField(allow_blank=True)
    completed = _count(help_text="tasks")
    counted = _count(help_text="of these, with people reported")
    women = _count()
    men = _count()
    girls = _count()
    boys = _count()


FIGURES: dict[str, type[serializers.Serializer[Any]]] = {
    "flow": FlowStage,
    "stages": StageTime,
    "spans": WayTime,
    "by_kind": Decided,
    "by_requester": Decided,
    "against_priorities": Decided,
    "each_priority": DecidedUnder,
    "refused": RefusedArea,
    "delivered": Deliverer,
    "money": Money,
    "deadlines": Deadline,
    "projects": Project,
    "extreme": Extreme,
    "people": People,
}


class StatisticsSerializer(serializers.Serializer[Any]):
    """The figures over what the reader may see of what was submitted in the period.

    ``whole_mission`` says whether that is the mission's, ``clearance`` up to which
    classification; who asks is ``withheld`` where the reader may not know it.
    """

    mission = serializers.CharField()
    since = serializers.DateField(help_text="first day")
    until = serializers.DateField(help_text="last day")
    sector = serializers.CharField()
    kind = serializers.CharField()
    by = serializers.ChoiceField(choices=By.choices)
    whole_mission = serializers.BooleanField()
    clearance = serializers.CharField()
    totals = Totals()
    groups = Group(many=True)
    flow = FlowStage(many=True)
    stages = StageTime(many=True)
    spans = WayTime(many=True)
    by_kind = Decided(many=True)
    by_requester = Decided(many=True)
    against_priorities = Decided(many=True)
    each_priority = DecidedUnder(many=True)
    refused = RefusedArea(many=True)
    delivered = Deliverer(many=True)
    money = Money(many=True)
    deadlines = Deadline(many=True)
    projects = Project(many=True)
    extreme = Extreme(many=True)
    people = People(many=True)


def _said(found: Statistics) -> dict[str, Any]:
    question, by = found.asked.question, found.asked.by
    return {
        "mission": found.scope.mission.code,
        "since": question.since,
        "until": question.until,
        "sector": question.sector.code if question.sector else "",
        "kind": question.kind,
        "by": by.value,
        "whole_mission": found.scope.whole,
        "clearance": Classification(found.scope.clearance).name.lower(),
        "totals": found.totals,
        "groups": [
            line | {"label": label_of(by, line["key"] or "")} for line in found.of("groups")
        ],
        **{name: found.of(name) for name in FIGURES},
    }


class StatisticsView(APIView):
    """The counts and durations behind the charts of ``/evaluation/``.

    Counted over exactly the records that the reader may see and that were submitted in the
    period: the mission's for a post that sees the whole of it. A query that cannot be read
    is 400 and names each field; a period with more than 150,000 records that nobody has
    counted yet is 422, and is answered once the worker has counted them.
    """

    @extend_schema(parameters=PARAMETERS, responses=StatisticsSerializer)
    def get(self, request: Request) -> Response:
        scope = scope_of(request.user)
        asked = read_asked(request.query_params, scope.mission)
        return Response(StatisticsSerializer(_said(statistics_of(request.user, asked))).data)


class EvaluationPackView(APIView):
    """The evaluation pack of a period: one ZIP file; recorded as an export with its SHA-256.

    The report as PDF, a CSV file a figure that lists the records it counts, every number as
    JSON and a manifest. For who reads compliance; at most 10,000 records, else 422.
    """

    content_negotiation_class = WhateverIsAccepted

    @extend_schema(
        parameters=[
            *PARAMETERS,
            OpenApiParameter("language", OpenApiTypes.STR, enum=["en", "fr"]),
        ],
        responses={(200, "application/zip"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request) -> FileResponse:
        return evaluation_pack(request.user, request.query_params)
