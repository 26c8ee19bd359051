"""What whoever decides reads first: what, where, for whom, at what cost, what was said of it."""

from collections import Counter
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from approvals.pages.records import DECISIVE
from approvals.queries import shows_who_asks
from approvals.vocabulary import ClusterPlan, SeatKind, StepState, Word
from requests_app.models import AssistanceRequest
from requests_app.pages import LABELS
from requests_app.vocabulary import Kind, Status

PEOPLE = ("women", "men", "girls", "boys")
FOR = frozenset({Word.SUPPORTS, Word.FORWARD_RECOMMENDED, Word.RECOMMENDED})
AGAINST = frozenset({Word.OBJECTS, Word.FORWARD_NOT_RECOMMENDED, Word.NOT_RECOMMENDED})
# What speaks against is read first, then what hesitates, then what is able, then what agrees.
FIRST_READ = {"bad": 0, "wait": 1}
TALLY = (
    ("for", gettext_lazy("for"), "good", "check"),
    ("concerns", gettext_lazy("with concerns"), "wait", "triangle-alert"),
    ("against", gettext_lazy("against"), "bad", "x"),
    ("no_view", gettext_lazy("without a view"), "", "circle-minus"),
    ("lapsed", gettext_lazy("lapsed"), "", "clock"),
)


def _side(seat: dict[str, Any]) -> str:
    word = seat.get("answer") or ""
    if word in FOR:
        return "for"
    if word in AGAINST:
        return "against"
    return word if word in {Word.CONCERNS, Word.NO_VIEW} else ""


def tally_of(route: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Count what was advised for and against, what has no view and what lapsed."""
    seats = [
        seat
        for stage in route
        for seat in stage["steps"]
        if seat["state"] != StepState.SUPERSEDED and not seat.get("withheld")
    ]
    counts = Counter(_side(seat) for seat in seats)
    counts["lapsed"] = sum(1 for seat in seats if seat["state"] == StepState.LAPSED)
    return [
        {"count": counts[name], "label": label, "tone": tone, "sign": sign}
        for name, label, tone, sign in TALLY
        if counts[name]
    ]


def _standing(answers: list[dict[str, Any]], *kinds: str) -> list[dict[str, Any]]:
    return [
        one
        for one in answers
        if one["state"] != StepState.SUPERSEDED and (not kinds or one["seat_kind"] in kinds)
    ]


def _last_resort(rfa: AssistanceRequest) -> str:
    """Return why no civilian means will do, in the asker's words (P38, P39)."""
    if rfa.kind == Kind.CIVIL_ASSISTANCE:
        return rfa.civil_assistance.last_resort
    if rfa.kind == Kind.SECURITY_ASSISTANCE:
        return rfa.security_assistance.alternatives_tried
    return ""


def _for_whom(rfa: AssistanceRequest) -> str:
    if not shows_who_asks(rfa):
        return str(_("Kept out of sight: known to the posts on the route"))
    asker = str(rfa.organisation or rfa.post or rfa.requested_by.name)
    if rfa.on_behalf_of:
        return _("%(asker)s, on behalf of %(whom)s") % {"asker": asker, "whom": rfa.on_behalf_of}
    return asker


def _around(rfa: AssistanceRequest) -> str:
    """Name the area and sector of the place; its coordinates stand with the details."""
    area = rfa.area.name if rfa.area and rfa.place else ""
    return ", ".join(filter(None, [area, rfa.sector.name if rfa.sector else ""]))


def _by_sex_and_age(rfa: AssistanceRequest) -> str:
    counted = ((getattr(rfa, name), LABELS[name]) for name in PEOPLE)
    return ", ".join(
        f"{number_format(count, force_grouping=True)} {str(label).lower()}"
        for count, label in counted
        if count
    )


def _cluster(rfa: AssistanceRequest, answers: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Say what each adviser found of the cluster's plan (P70); None where it does not arise."""
    said = [
        {"post": one["post_title"], "said": ClusterPlan(one["cluster_plan"])}
        for one in _standing(answers)
        if one.get("cluster_plan") in ClusterPlan.values
    ]
    if rfa.cluster_id is None and not said:
        return None
    return {
        "cluster": str(rfa.cluster or ""),
        "said": [{"post": one["post"], "label": one["said"].label} for one in said],
        "fits": bool(said) and all(one["said"] == ClusterPlan.CONSISTENT for one in said),
        "breaks": any(one["said"] == ClusterPlan.NOT_CONSISTENT for one in said),
    }


def brief_of(
    rfa: AssistanceRequest, route: list[dict[str, Any]], answers: list[dict[str, Any]]
) -> dict[str, Any]:
    """Return the record in brief, as one screen shows it beside the answer."""
    advice = [one for one in _standing(answers) if one["seat_kind"] not in DECISIVE]
    advice = [one for one in advice if one["seat_kind"] != SeatKind.TASKING]
    assets = list(rfa.assets.all()) if rfa.kind != Kind.EXTREME_SITUATION else []
    return {
        "for_whom": _for_whom(rfa),
        "where": rfa.place or (rfa.area.name if rfa.area else ""),
        "around": _around(rfa),
        "by_sex_and_age": _by_sex_and_age(rfa),
        "assets": [f"{line.quantity} × {line.asset}" for line in assets],
        "funding": rfa.get_funding_source_display() if rfa.funding_source else "",
        "last_resort": _last_resort(rfa),
        "asks_last_resort": rfa.kind in {Kind.CIVIL_ASSISTANCE, Kind.SECURITY_ASSISTANCE},
        "tally": tally_of(route),
        "advice": sorted(advice, key=lambda one: FIRST_READ.get(one["tone"], 2)),
        "decided": [
            one
            for one in _standing(answers, *DECISIVE, SeatKind.TASKING)
            if one["answer"] != Word.ACKNOWLEDGE
        ],
        "capability": _standing(answers, SeatKind.CAPABILITY),
        "conditions": [
            {"text": text, "post": one["post_title"]}
            for one in advice
            for text in one["conditions"]
        ],
        "cluster": _cluster(rfa, answers),
        "is_open": rfa.status in {Status.UNDER_REVIEW, Status.IN_CONSULTATION},
    }
