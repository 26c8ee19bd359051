"""The mission's priorities, and what of a request falls under them (P34)."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import QuerySet

from approvals.models import Priority, PrioritySet
from common.prepared import Question, Told
from missions.calendar import local_day
from missions.models import Mission
from requests_app.models import AssistanceRequest


def falls_under(rfa: AssistanceRequest, priority: Priority) -> bool:
    """Whether a priority names a request's area (or the one it lies in) and its category."""
    named = set()
    area = rfa.area
    while area is not None:
        named.add(area.pcode)
        area = area.parent
    here = not priority.pcodes or bool(named & set(priority.pcodes))
    this = not priority.categories or rfa.category in priority.categories
    return bool(priority.pcodes or priority.categories) and here and this


def priorities_of(mission: Mission) -> QuerySet[PrioritySet]:
    """List a mission's sets of priorities, the newest first, with all they say."""
    return (
        PrioritySet.objects.filter(mission=mission)
        .select_related("set_by", "set_post")
        .prefetch_related("priorities")
        .order_by("-in_force_from", "-pk")
    )


def priorities_in_force(mission: Mission, on: dt.date | None = None) -> PrioritySet | None:
    """Return the set in force on a day, today by the mission's own calendar, or None."""
    day = on or local_day(mission)
    return priorities_of(mission).filter(in_force_from__lte=day).first()


@dataclass(frozen=True)
class Consistency:
    """The set a request is weighed by, and which of its priorities it falls under."""

    of: PrioritySet
    matches: list[Priority]

    @property
    def consistent(self) -> bool:
        return bool(self.matches)


IN_FORCE = Question(
    lambda: PrioritySet.objects.filter(
        mission=Told("mission"), in_force_from__lte=Told("day")
    ).order_by("-in_force_from", "-pk")[:1]
)
PRIORITIES = Question(lambda: Priority.objects.filter(of=Told("set")).order_by("number"))


def consistency_of(rfa: AssistanceRequest) -> Consistency | None:
    """Weigh a request by the priorities in force when it was submitted; a draft by today's.

    None where the mission had set none.
    """
    day = local_day(rfa.mission, rfa.submitted_at) if rfa.submitted_at else None
    day = day or local_day(rfa.mission)
    found = IN_FORCE.one(mission=rfa.mission_id, day=day)
    if found is None:
        return None
    named = PRIORITIES.rows(set=found.pk)
    return Consistency(found, [one for one in named if falls_under(rfa, one)])
