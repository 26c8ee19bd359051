"""The mission's processes: which is in force, which was, and how long the baseline may serve."""

import calendar
import datetime as dt
from dataclasses import dataclass

from django.db.models import Case, CharField, F, OuterRef, Q, QuerySet, Subquery, Value, When

from approvals.models import Process, ProcessState
from common.prepared import Told
from missions.calendar import local_day
from missions.models import Mission, User
from missions.queries import standings_of
from requests_app.vocabulary import Route

# An existing mission writes its own process within six months (P31).
MONTHS_WITHOUT = 6
IN_FORCE, SUPERSEDED = "in_force", "superseded"


@dataclass(frozen=True)
class RouteStanding:
    """What a route runs on today: the mission's own process, or the baseline and until when.

    ``days_left`` of the six months is negative once they are over.
    """

    route: Route
    process: Process | None
    due_on: dt.date
    days_left: int

    @property
    def is_overdue(self) -> bool:
        return self.process is None and self.days_left < 0


def missions_of(person: User) -> list[Mission]:
    """List the missions in which a person acts for a post today."""
    return list({held.post.mission_id: held.post.mission for held in standings_of(person)}.values())


def promulgated_by(day: dt.date | Told) -> QuerySet[Process]:
    """Keep the promulgated processes whose first day has come; the newest is in force (P31)."""
    return Process.objects.filter(state=ProcessState.PROMULGATED, in_force_from__lte=day).order_by(
        "-in_force_from", "-version"
    )


def processes_of(mission: Mission, on: dt.date | None = None) -> QuerySet[Process]:
    """List a mission's processes, each with where it ``stands`` on a day, today by default.

    That is its state; of a promulgated one ``in_force`` or ``superseded`` by the dates.
    """
    day = on or local_day(mission)
    same = promulgated_by(day).filter(mission=OuterRef("mission"), route=OuterRef("route"))
    return (
        Process.objects.filter(mission=mission)
        .annotate(
            stands=Case(
                When(~Q(state=ProcessState.PROMULGATED), then=F("state")),
                When(pk=Subquery(same.values("pk")[:1]), then=Value(IN_FORCE)),
                When(in_force_from__gt=day, then=Value(ProcessState.PROMULGATED.value)),
                default=Value(SUPERSEDED),
                output_field=CharField(),
            )
        )
        .select_related(
            "mission",
            "based_on",
            "drafted_by",
            "promulgated_by",
            "promulgated_post",
            "dsrsg_signature__by",
            "homc_signature__by",
        )
    )


def stands_of(process: Process) -> str:
    """Return where a process of ``processes_of`` stands."""
    return str(process.stands)  # type: ignore[attr-defined]


def readable_process(person: User, process_id: int) -> Process | None:
    """Return a process of a mission in which the person holds a post, or None."""
    for mission in missions_of(person):
        found = processes_of(mission).filter(pk=process_id).first()
        if found is not None:
            return found
    return None


def six_months_after(day: dt.date) -> dt.date:
    """Return the same day six months on, or that month's last."""
    month = day.month + MONTHS_WITHOUT
    year, month = day.year + (month - 1) // 12, (month - 1) % 12 + 1
    return dt.date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def routes_of(mission: Mission) -> list[RouteStanding]:
    """Say of each route what it runs on today and, on the baseline, how long it may (P31)."""
    today, due_on = local_day(mission), six_months_after(mission.established_on)
    own: dict[str, Process] = {
        process.route: process for process in processes_of(mission).filter(stands=IN_FORCE)
    }
    return [RouteStanding(route, own.get(route), due_on, (due_on - today).days) for route in Route]
