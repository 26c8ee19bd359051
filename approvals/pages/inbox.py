"""The inbox as its page shows it: grouped by urgency, each line with what it may be told."""

import datetime as dt
from collections import Counter
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from approvals.models import Step
from approvals.pages.records import line_of
from approvals.policy import words_together
from approvals.queries import standing_at
from approvals.queries.inbox import Asked, Facet
from approvals.vocabulary import SeatKind, Verified, Word
from common.clock import now
from missions.models import User
from requests_app.policy import is_own
from requests_app.vocabulary import Kind

# How the review of several says the need was verified; on site is said one by one (R22).
VERIFIED_TOGETHER = [
    (word.value, word.label) for word in (Verified.REPORTED, Verified.NOT_VERIFIED)
]


def inbox_line(person: User, step: Step, query: str) -> dict[str, Any]:
    """Return a step as a line of the inbox, with the words it may be answered with together.

    Whether the person answered another seat of the request is asked only when they answer, so
    that a long list costs no more questions than a short one.
    """
    mine = standing_at(person, step) is not None and not is_own(person, step.rfa)
    words = words_together(step) if mine else []
    prepared = getattr(step, "prepared", None)
    return line_of(step.rfa, step=step) | {
        "url": reverse("approvals:step", args=[step.pk]) + query,
        "whom": True,
        "people": step.rfa.people,
        "prepared": prepared is not None,
        "choose": f"{step.pk}:{step.rfa.revision}" if words else "",
        "words": " ".join(word.value for word in words),
    }


def by_urgency(person: User, steps: list[Step], query: str = "") -> list[dict[str, Any]]:
    """Group inbox lines under what is overdue, due within a day, and later."""
    at = now()
    day = at + dt.timedelta(hours=24)
    groups: list[tuple[str, bool, list[Step]]] = [
        (_("Overdue"), True, [s for s in steps if s.due_at and s.due_at <= at]),
        (_("Within a day"), False, [s for s in steps if s.due_at and at < s.due_at <= day]),
        (_("Later"), False, [s for s in steps if not s.due_at or s.due_at > day]),
    ]
    return [
        {"title": title, "late": late, "lines": [inbox_line(person, s, query) for s in found]}
        for title, late, found in groups
        if found
    ]


def words_of(groups: list[dict[str, Any]]) -> list[Word]:
    """List the words that some line of an inbox may be answered with together with others."""
    offered = {
        word for group in groups for line in group["lines"] for word in line["words"].split()
    }
    return [word for word in Word if word.value in offered]


def filters_of(facets: list[Facet], asked: Asked) -> list[dict[str, Any]]:
    """List what an inbox can be narrowed by: only where there is a choice, or one was made."""
    at = now()
    late = sum(1 for facet in facets if facet.due_at and facet.due_at <= at)
    sectors = {facet.sector: facet.sector_name for facet in facets if facet.sector}
    questions: list[tuple[str, str, str, list[tuple[str, Any]], Counter[str]]] = [
        ("kind", _("Kind"), asked.kind, list(Kind.choices), Counter(f.kind for f in facets)),
        (
            "sector",
            _("Sector"),
            asked.sector,
            sorted(sectors.items(), key=lambda pair: pair[1]),
            Counter(f.sector for f in facets),
        ),
        ("seat", _("Seat"), asked.seat, list(SeatKind.choices), Counter(f.seat for f in facets)),
        (
            "overdue",
            _("Due"),
            "1" if asked.overdue else "",
            [("1", _("Overdue"))],
            Counter({"1": late}),
        ),
    ]
    found = []
    for name, label, chosen, choices, counts in questions:
        options = [
            {"value": value, "label": words, "count": counts[value], "chosen": value == chosen}
            for value, words in choices
            if counts[value] or value == chosen
        ]
        splits = len(options) > 1 or (options and options[0]["count"] < len(facets))
        if chosen or splits:
            found.append({"name": name, "label": label, "options": options, "chosen": chosen})
    return found
