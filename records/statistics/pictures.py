"""Which pictures each reader opens first, and the few numbers above them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.charts import Chart
from missions.models import User
from missions.queries import standings_of
from missions.vocabulary import Role
from records.statistics import decisions, extreme, flow, needs, people, projects
from records.statistics.flow import register_url
from records.statistics.needs import UNMET, map_url
from records.statistics.reading import Statistics
from records.statistics.wording import amount, days, hours, number, percent
from requests_app.vocabulary import Status

Draw = Callable[[Statistics], Chart]


class Reader(TextChoices):
    """For whom a page of pictures is laid out."""

    CHIEF = "chief", gettext_lazy("Chief UN-CIMIC")
    DSRSG = "dsrsg", gettext_lazy("DSRSG/RC/HC and office")
    CHIEF_OF_STAFF = "cos", gettext_lazy("Chief of Staff")
    EVERYTHING = "all", gettext_lazy("All pictures")


SECTIONS: dict[str, tuple[tuple[Any, tuple[Draw, ...]], ...]] = {
    Reader.CHIEF: (
        (gettext_lazy("Flow"), (flow.flow, flow.over_time)),
        (gettext_lazy("How long it takes"), (flow.stages, flow.way)),
        (gettext_lazy("Needs"), (needs.refused, needs.delivered)),
        (gettext_lazy("People"), (people.reached,)),
        (gettext_lazy("Extreme situations"), (extreme.held, extreme.delay)),
    ),
    Reader.DSRSG: (
        (gettext_lazy("Decisions"), (decisions.by_kind, decisions.by_requester)),
        (gettext_lazy("Priorities and needs"), (decisions.against_priorities, needs.refused)),
        (
            gettext_lazy("Quick Impact Projects"),
            (projects.money_of, projects.against_ceiling, projects.deadlines),
        ),
        (gettext_lazy("Extreme situations"), (extreme.held, extreme.delay)),
    ),
    Reader.CHIEF_OF_STAFF: (
        (gettext_lazy("Flow"), (flow.flow, flow.stages, flow.way)),
        (gettext_lazy("Follow-up of refusals"), (needs.refused, needs.delivered)),
        (gettext_lazy("Quick Impact Projects"), (projects.deadlines, projects.against_ceiling)),
        (gettext_lazy("Extreme situations"), (extreme.delay, extreme.held)),
    ),
    Reader.EVERYTHING: (
        (gettext_lazy("Flow"), (flow.flow, flow.over_time)),
        (gettext_lazy("How long it takes"), (flow.stages, flow.way)),
        (gettext_lazy("Decisions"), (decisions.by_kind, decisions.by_requester)),
        (
            gettext_lazy("Priorities and needs"),
            (decisions.against_priorities, needs.refused, needs.delivered),
        ),
        (gettext_lazy("People"), (people.reached,)),
        (
            gettext_lazy("Quick Impact Projects"),
            (projects.money_of, projects.against_ceiling, projects.deadlines),
        ),
        (gettext_lazy("Extreme situations"), (extreme.held, extreme.delay)),
    ),
}

OPENS = {
    Role.CHIEF_CIMIC: Reader.CHIEF,
    Role.CIMIC_STAFF: Reader.CHIEF,
    Role.DSRSG: Reader.DSRSG,
    Role.DSRSG_OFFICE: Reader.DSRSG,
    Role.DSRSG_POLITICAL: Reader.DSRSG,
    Role.SRSG: Reader.DSRSG,
    Role.CHIEF_OF_STAFF: Reader.CHIEF_OF_STAFF,
}


@dataclass(frozen=True)
class Section:
    """Pictures that belong together, under one heading."""

    id: str
    title: str
    charts: list[Chart]


def readers_for(person: User) -> list[Reader]:
    """List the layouts a person may choose, their own first; one alone without the mission."""
    sees = [held for held in standings_of(person) if held.sees_the_mission]
    if not sees:
        return [Reader.EVERYTHING]
    own = [OPENS[Role(held.role)] for held in sees if held.role in OPENS]
    first = own[0] if own else Reader.EVERYTHING
    return [first, *[reader for reader in Reader if reader != first]]


def sections_of(found: Statistics, reader: str) -> list[Section]:
    """Draw a reader's pictures, section by section."""
    return [
        Section(f"part-{place}", str(title), [draw(found) for draw in draws])
        for place, (title, draws) in enumerate(SECTIONS[reader], start=1)
    ]


def _open(found: Statistics) -> dict[str, Any]:
    totals = found.totals
    return {
        "value": number(totals["open"]),
        "label": _("open now"),
        "note": _("%(late)s past a limit") % {"late": number(totals["late"])},
        "late": bool(totals["late"]),
        "url": "#flow",
    }


def _to_decide(found: Statistics) -> dict[str, Any]:
    line = found.by_key("flow").get(Status.AWAITING_DECISION, {"waiting": 0, "late": 0})
    return {
        "value": number(line["waiting"]),
        "label": _("await a decision"),
        "note": _("%(late)s past a limit") % {"late": number(line["late"])},
        "late": bool(line["late"]),
        "url": register_url(found, status=[Status.AWAITING_DECISION.value]),
    }


def _rate(found: Statistics) -> dict[str, Any]:
    totals = found.totals
    return {
        "value": percent(totals["approved"], totals["decided"]),
        "label": _("approved, of those decided"),
        "note": _("%(approved)s of %(decided)s") % totals,
    }


def _to_decision(found: Statistics) -> dict[str, Any]:
    line = found.by_key("spans").get("asked_to_decided")
    return {
        "value": days(line["median_days"]) if line else "–",
        "label": _("from asked to decided, half of them"),
        "note": _("nine in ten within %(days)s") % {"days": days(line["ninetieth_days"])}
        if line
        else "",
    }


def _in_time(found: Statistics) -> dict[str, Any]:
    totals = found.totals
    return {
        "value": percent(totals["decided_in_time"], totals["decided_with_a_day"]),
        "label": _("decided by the day they were needed"),
        "note": _("%(decided_in_time)s of %(decided_with_a_day)s") % totals,
    }


def _unmet(found: Statistics) -> dict[str, Any]:
    totals = found.totals
    return {
        "value": number(totals["unmet"]),
        "label": _("refused needs unmet or unknown"),
        "note": _("of %(refused)s refused: on the map") % totals,
        "url": map_url(found, **UNMET) if totals["unmet"] else "",
    }


def _paid(found: Statistics) -> dict[str, Any]:
    lines = found.of("money")
    line = lines[0] if lines else None
    return {
        "value": amount(line["paid"], line["key"]) if line else "–",
        "label": _("paid to Quick Impact Projects"),
        "note": _("of %(approved)s approved") % {"approved": amount(line["approved"], line["key"])}
        if line
        else "",
        "url": "#money",
    }


def _delay(found: Statistics) -> dict[str, Any]:
    line = found.by_key("extreme").get("")
    reported = line if line and line["reports"] else None
    return {
        "value": hours(reported["median_seconds"]) if reported else "–",
        "label": _("from an extreme action to its report, half of them"),
        "note": _("of %(reports)s reported") % reported if reported else _("none was reported"),
        "url": "#delay",
    }


TILES: dict[str, tuple[Callable[[Statistics], dict[str, Any]], ...]] = {
    Reader.CHIEF: (_open, _to_decision, _in_time, _unmet),
    Reader.DSRSG: (_to_decide, _rate, _paid, _unmet),
    Reader.CHIEF_OF_STAFF: (_open, _to_decision, _unmet, _delay),
    Reader.EVERYTHING: (_open, _rate, _to_decision, _unmet),
}


def tiles_of(found: Statistics, reader: str) -> list[dict[str, Any]]:
    """Say in four numbers what a reader asks first."""
    return [tile(found) for tile in TILES[reader]]
