"""Requests that look alike: near in place, in time, in words, and how much (P30).

Candidates are found along indexes, so many at most, however much is kept: the nearest on the
map; those alike in their title among the newest of the same category; the newest for the same
in the same district. The score is then worked out here and says its reasons. It advises and
blocks nothing.
"""

import datetime as dt
import math
import re
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from common.prepared import Question, Told
from requests_app.models import AssistanceRequest
from requests_app.vocabulary import Category

FAR_KM = 25.0
FAR_DAYS = 60
MOST_FOUND = 60
NEWEST = 2000
MOST_SHOWN = 10
CATEGORIES = dict(Category.choices)
LEAST_SCORE = 0.4
LEAST_ALIKE = 0.3  # of two titles' threes of letters
EARTH_KM = 6371.0
KM_A_DEGREE = 111.2
WEIGHTS = {"place": 0.35, "words": 0.3, "time": 0.2, "category": 0.15}
# Words of two or three letters, and those that every title has, say nothing of the subject.
SHORTEST = 4

NEAR = """
SELECT id FROM requests_app_assistancerequest
WHERE mission_id = %(mission)s AND id <> %(id)s AND latitude IS NOT NULL
  AND submitted_at IS NOT NULL
  AND point(longitude, latitude) <@ box(point(%(west)s, %(south)s), point(%(east)s, %(north)s))
ORDER BY point(longitude, latitude) <-> point(%(longitude)s, %(latitude)s) LIMIT %(most)s
"""
# Each title is weighed once (OFFSET 0 keeps what is inside by itself): that is all it costs.
WORDED = """
SELECT id FROM (
    SELECT id, created_at, similarity(title, %(title)s) AS alike FROM (
        SELECT id, title, created_at FROM requests_app_assistancerequest
        WHERE mission_id = %(mission)s AND category = %(category)s AND submitted_at IS NOT NULL
        ORDER BY created_at DESC LIMIT %(newest)s
    ) AS newest OFFSET 0
) AS weighed
WHERE id <> %(id)s AND alike >= %(least)s
ORDER BY alike DESC, created_at DESC LIMIT %(most)s
"""
BESIDE = """
SELECT id FROM requests_app_assistancerequest
WHERE mission_id = %(mission)s AND id <> %(id)s AND submitted_at IS NOT NULL
  AND area_id = %(area)s AND category = %(category)s
ORDER BY created_at DESC LIMIT %(most)s
"""
# What a request is compared by: read of every candidate, the rest only of those that are shown.
COMPARED = (
    "reference", "title", "place", "latitude", "longitude", "area_id", "needed_by",
    "submitted_at", "category",
)  # fmt: skip


WHOLE = Question(
    lambda: (
        AssistanceRequest.objects.filter(pk__among=Told("keys"))
        .select_related("area", "organisation")
        .defer("area__boundary")
        .order_by()
    )
)


@dataclass(frozen=True)
class LookAlike:
    """A request that looks like another: how much, from 0 to 1, and why."""

    rfa: AssistanceRequest
    score: float
    reasons: list[str]


def kilometres(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Return the distance between two points (latitude, longitude in degrees), in km."""
    (north, east), (south, west) = [(math.radians(a), math.radians(b)) for a, b in (one, other)]
    half = (
        math.sin((north - south) / 2) ** 2
        + math.cos(north) * math.cos(south) * math.sin((east - west) / 2) ** 2
    )
    return 2 * EARTH_KM * math.asin(min(1.0, math.sqrt(half)))


def _point(rfa: AssistanceRequest) -> tuple[float, float] | None:
    if rfa.latitude is None or rfa.longitude is None:
        return None
    return rfa.latitude, rfa.longitude


def _words(text: str) -> set[str]:
    return {word for word in re.findall(r"\w+", text.casefold()) if len(word) >= SHORTEST}


def _by_place(rfa: AssistanceRequest, other: AssistanceRequest) -> tuple[float, str]:
    here, there = _point(rfa), _point(other)
    if here and there:
        km = kilometres(here, there)
        return max(0.0, 1 - km / FAR_KM), _("%(km).1f km away") % {"km": km}
    if rfa.place and rfa.place.strip().casefold() == other.place.strip().casefold():
        return 0.9, _("the same place: %(place)s") % {"place": other.place}
    if rfa.area_id is not None and rfa.area_id == other.area_id:
        return 0.5, _("the same district: %(area)s") % {"area": rfa.area}
    return 0.0, ""


def _by_time(rfa: AssistanceRequest, other: AssistanceRequest) -> tuple[float, str]:
    days = [_day_of(rfa), _day_of(other)]
    if days[0] is None or days[1] is None:
        return 0.0, ""
    apart = abs((days[0] - days[1]).days)
    if apart == 0:
        return 1.0, _("needed on the same day")
    words = ngettext("needed %(days)d day apart", "needed %(days)d days apart", apart)
    return max(0.0, 1 - apart / FAR_DAYS), words % {"days": apart}


def _day_of(rfa: AssistanceRequest) -> dt.date | None:
    if rfa.needed_by:
        return rfa.needed_by
    return rfa.submitted_at.date() if rfa.submitted_at else None


def _by_words(rfa: AssistanceRequest, other: AssistanceRequest) -> tuple[float, str]:
    mine, theirs = _words(rfa.title), _words(other.title)
    shared = sorted(mine & theirs)
    if not shared:
        return 0.0, ""
    share = len(shared) / min(len(mine), len(theirs))
    return share, _("words shared: %(words)s") % {"words": ", ".join(shared)}


def _by_category(rfa: AssistanceRequest, other: AssistanceRequest) -> tuple[float, str]:
    if not rfa.category or rfa.category != other.category:
        return 0.0, ""
    label = CATEGORIES.get(other.category, other.category)
    return 1.0, _("the same help: %(category)s") % {"category": label}


GROUNDS = {
    "place": _by_place,
    "words": _by_words,
    "time": _by_time,
    "category": _by_category,
}


def compared(rfa: AssistanceRequest, other: AssistanceRequest) -> LookAlike:
    """Score how alike two requests are, with the reasons that count, the weightiest first."""
    score, reasons = 0.0, []
    for name, ground in GROUNDS.items():
        alike, reason = ground(rfa, other)
        if alike > 0:
            score += WEIGHTS[name] * alike
            reasons.append((WEIGHTS[name] * alike, reason))
    return LookAlike(other, round(score, 2), [reason for _weight, reason in sorted(reasons)[::-1]])


def _found_by(rfa: AssistanceRequest) -> set[UUID]:
    """Find candidates: near on the map, alike in their title, or for the same in a district."""
    asked: dict[str, Any] = {"mission": rfa.mission_id, "id": rfa.pk, "most": MOST_FOUND}
    found: set[UUID] = set()
    with connection.cursor() as cursor:
        here = _point(rfa)
        if here:
            latitude, longitude = here
            north = FAR_KM / KM_A_DEGREE
            east = north / max(0.01, math.cos(math.radians(latitude)))
            cursor.execute(
                NEAR,
                {
                    **asked,
                    "latitude": latitude,
                    "longitude": longitude,
                    "south": latitude - north,
                    "north": latitude + north,
                    "west": longitude - east,
                    "east": longitude + east,
                },
            )
            found |= {row[0] for row in cursor.fetchall()}
        if rfa.title:
            named = {"category": rfa.category, "title": rfa.title}
            cursor.execute(WORDED, {**asked, **named, "newest": NEWEST, "least": LEAST_ALIKE})
            found |= {row[0] for row in cursor.fetchall()}
        if rfa.area_id is not None and rfa.category:
            cursor.execute(BESIDE, {**asked, "area": rfa.area_id, "category": rfa.category})
            found |= {row[0] for row in cursor.fetchall()}
    return found


def look_alikes_of(rfa: AssistanceRequest, among: QuerySet[AssistanceRequest]) -> list[LookAlike]:
    """List the requests that look like one, the likest first, out of what the reader may see.

    ``among`` is that sight; what is not in it is neither told nor counted. At most
    ``MOST_SHOWN``; at most six statements.
    """
    seen = among.filter(pk__in=_found_by(rfa)).only(*COMPARED).order_by()
    scored = [compared(rfa, other) for other in seen]
    alike = [one for one in scored if one.score >= LEAST_SCORE and len(one.reasons) > 1]
    shown = sorted(alike, key=lambda one: (-one.score, one.rfa.reference))[:MOST_SHOWN]
    whole = {one.pk: one for one in WHOLE.rows(keys=[one.rfa.pk for one in shown])}
    return [replace(one, rfa=whole[one.rfa.pk]) for one in shown if one.rfa.pk in whole]
