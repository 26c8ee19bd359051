"""The inbox narrowed by what somebody asks for, and where a step stands in it."""

import datetime as dt
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet

from approvals.models import Step
from approvals.queries.records import inbox_of, visible_to
from common.clock import now
from missions.models import User

MOST_LINES = 200


@dataclass(frozen=True)
class Asked:
    """What an inbox is narrowed by; empty narrows nothing. ``sector`` is a sector's code."""

    kind: str = ""
    sector: str = ""
    seat: str = ""
    overdue: bool = False

    def __bool__(self) -> bool:
        return bool(self.kind or self.sector or self.seat or self.overdue)

    @property
    def query(self) -> str:
        """The address that asks the same: ``?kind=qip``; empty for the whole inbox."""
        said = {"kind": self.kind, "sector": self.sector, "seat": self.seat}
        kept = {name: value for name, value in said.items() if value}
        if self.overdue:
            kept["overdue"] = "1"
        return f"?{urlencode(kept)}" if kept else ""


def narrowed(steps: QuerySet[Step], asked: Asked) -> QuerySet[Step]:
    """Keep the steps of a kind of request, a sector, a kind of seat, or past their limit."""
    kept: dict[str, Any] = {}
    if asked.kind:
        kept["rfa__kind"] = asked.kind
    if asked.sector:
        kept["rfa__sector__code"] = asked.sector
    if asked.seat:
        kept["seat_kind"] = asked.seat
    if asked.overdue:
        kept["due_at__lte"] = now()
    return steps.filter(**kept)


@dataclass(frozen=True)
class Facet:
    """What one line of an inbox can be narrowed by."""

    step: int
    kind: str
    sector: str
    sector_name: str
    seat: str
    due_at: dt.datetime | None


def facets_of(steps: QuerySet[Step]) -> list[Facet]:
    """List what each line of an inbox can be narrowed by, in one statement."""
    columns = ("pk", "rfa__kind", "rfa__sector__code", "rfa__sector__name", "seat_kind", "due_at")
    return [
        Facet(step, kind, sector or "", name or "", seat, due_at)
        for step, kind, sector, name, seat, due_at in steps.values_list(*columns)[:MOST_LINES]
    ]


@dataclass(frozen=True)
class Place:
    """Where a step stands in somebody's inbox: which of how many, and its neighbours."""

    number: int
    total: int
    before: int | None
    after: int | None


def keys_of(person: User, asked: Asked) -> list[int]:
    """List the steps of a person's inbox as narrowed, most urgent first."""
    waiting = narrowed(inbox_of(person), asked)
    return list(waiting.values_list("pk", flat=True)[:MOST_LINES])


def place_of(person: User, step: Step, asked: Asked) -> Place | None:
    """Return where a step stands in a person's inbox, as narrowed; None if it is not in it."""
    keys = keys_of(person, asked)
    if step.pk not in keys:
        return None
    at = keys.index(step.pk)
    return Place(
        number=at + 1,
        total=len(keys),
        before=keys[at - 1] if at else None,
        after=keys[at + 1] if at + 1 < len(keys) else None,
    )


def after_answering(person: User, place: Place | None, asked: Asked) -> int | None:
    """Return the step to open next: the one that came after, if it still waits, or the first."""
    keys = keys_of(person, asked)
    if place is not None and place.after in keys:
        return place.after
    return keys[0] if keys else None


def visible_steps(person: User, ids: list[int]) -> dict[int, Step]:
    """Return the steps that a person may see of those named, by their ids."""
    steps = Step.objects.select_related("rfa").filter(pk__in=ids, rfa__in=visible_to(person))
    return {step.pk: step for step in steps}
