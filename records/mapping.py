"""What the map shows: the register's own rows, counted by area and gathered into clusters.

Everything here takes the rows of ``register_for``: sight, masks and filters are the list's.
What is drawn is counted arm by arm of the reader's sight, and no more than the newest few
thousand are drawn, so that a map costs what it shows (decision 56).
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import floor, hypot
from typing import Any

from django.db.models import Avg, Count, F, Max, Min, Q, QuerySet, Window
from django.db.models.functions import Floor, RowNumber

from common.paging import newest_since
from missions.models import DisasterEvent, DisplacementSite
from records.filters import BECAME, UNMET, RegisterFilter, on_the_map
from requests_app.models import AssistanceRequest
from requests_app.vocabulary import OPEN, Kind

# A cluster gathers what lies within a quarter of a tile: 64 points of the screen.
CELLS_A_TILE = 4
# Nearer than this part of that they would be drawn over each other.
TOO_NEAR = 0.65
MOST_CLUSTERS = 600
# Of more records that match than this, the newest are counted and drawn.
MOST_DRAWN = 10_000
MOST_SITES = 300
ZOOMS = range(0, 19)

IS_UNMET = BECAME[UNMET[0]] | BECAME[UNMET[1]]
IS_EXTREME = Q(kind=Kind.EXTREME_SITUATION)
OPEN_STATUSES = frozenset(status.value for status in OPEN)
Frame = tuple[float, float, float, float]


@dataclass(frozen=True)
class Tally:
    """How many records, and how many of them are refused needs unmet or extreme situations."""

    records: int = 0
    unmet: int = 0
    extreme: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.records + other.records, self.unmet + other.unmet, self.extreme + other.extreme
        )


def _bare(rows: QuerySet[AssistanceRequest]) -> QuerySet[AssistanceRequest]:
    return rows.select_related(None).prefetch_related(None).order_by()


@dataclass(frozen=True)
class Drawn:
    """The records a map counts and draws, each in one arm alone, and since when they were made.

    ``since`` is None where all that match are drawn.
    """

    arms: list[QuerySet[AssistanceRequest]]
    since: dt.datetime | None


def drawn_of(register: RegisterFilter) -> Drawn:
    """Return the newest records that match, along the indexes that the list is paged by.

    What has to be looked up is asked for since then alone, where a reader's own rows fill a map.
    All that is open is drawn, however old: it does not grow with what is kept.
    """
    asked = set(register.form.cleaned_data.get("status", [])) if register.is_valid() else set()
    if asked and asked <= OPEN_STATUSES:
        return Drawn([register.qs], None)
    rows = register.apart()
    since = newest_since(rows.arms, MOST_DRAWN) or newest_since(rows.further, MOST_DRAWN)
    kept = rows if since is None else rows.filter(Q(created_at__gte=since))
    return Drawn([*kept.arms, *_once(kept.further)], since)


def _once(arms: list[QuerySet[AssistanceRequest]]) -> list[QuerySet[AssistanceRequest]]:
    """Return what several arms hold as one arm, which holds each record once."""
    if len(arms) < 2:
        return arms
    keys = [_bare(arm).values("pk") for arm in arms]
    return [AssistanceRequest.objects.filter(pk__in=keys[0].union(*keys[1:]))]


def _all_of(questions: list[Any]) -> Iterable[dict[str, Any]]:
    """Ask all in one statement."""
    if len(questions) < 2:
        return questions[0] if questions else []
    return questions[0].union(*questions[1:], all=True)


def tallies(drawn: Drawn) -> dict[str | None, Tally]:
    """Count what is drawn by the p-code of the area each names; None where one names none."""
    counted = [
        _bare(arm)
        .values("area__pcode")
        .annotate(
            records=Count("pk"),
            unmet=Count("pk", filter=IS_UNMET),
            extreme=Count("pk", filter=IS_EXTREME),
        )
        for arm in drawn.arms
    ]
    found: dict[str | None, Tally] = {}
    for line in _all_of(counted):
        tally = Tally(line["records"], line["unmet"], line["extreme"])
        found[line["area__pcode"]] = found.get(line["area__pcode"], Tally()) + tally
    return found


@dataclass(frozen=True)
class Cluster:
    """Records that lie close together at this zoom: where, how many, in what frame of degrees."""

    latitude: float
    longitude: float
    tally: Tally
    frame: Frame
    reference: str


def _weighed(one: Cluster, other: Cluster) -> Cluster:
    """Return two parts of one cell as a cluster, which lies in the middle of its records."""
    parts = (one, other)
    count = sum(part.tally.records for part in parts)
    return replace(
        _joined(one, other),
        latitude=sum(part.latitude * part.tally.records for part in parts) / count,
        longitude=sum(part.longitude * part.tally.records for part in parts) / count,
        reference=min(one.reference, other.reference),
    )


def _joined(one: Cluster, other: Cluster) -> Cluster:
    """Return two clusters as one, which lies where the larger does."""
    (west, south, east, north), frame = one.frame, other.frame
    return replace(
        one,
        tally=one.tally + other.tally,
        frame=(
            min(west, frame[0]),
            min(south, frame[1]),
            max(east, frame[2]),
            max(north, frame[3]),
        ),
    )


def _apart(clusters: list[Cluster], distance: float) -> list[Cluster]:
    """Join what lies nearer than a distance, in degrees, to a larger cluster."""
    found: dict[tuple[int, int], list[int]] = {}
    kept: list[Cluster] = []
    for each in clusters:
        x, y = floor(each.longitude / distance), floor(each.latitude / distance)
        around = [
            number
            for dx in (-1, 0, 1)
            for dy in (-1, 0, 1)
            for number in found.get((x + dx, y + dy), [])
        ]
        near = [
            number
            for number in around
            if hypot(each.longitude - kept[number].longitude, each.latitude - kept[number].latitude)
            < distance
        ]
        if near:
            kept[near[0]] = _joined(kept[near[0]], each)
        else:
            found.setdefault((x, y), []).append(len(kept))
            kept.append(each)
    return kept


def _gathered(rows: QuerySet[AssistanceRequest], frame: Frame, cell: float) -> QuerySet[Any, Any]:
    """Gather an arm's records within a frame by cells of so many degrees, the fullest first."""
    west, south, east, north = frame
    return (
        _bare(rows)
        .filter(
            on_the_map(),
            longitude__gte=west,
            longitude__lte=east,
            latitude__gte=south,
            latitude__lte=north,
        )
        .annotate(cell_x=Floor(F("longitude") / cell), cell_y=Floor(F("latitude") / cell))
        .values("cell_x", "cell_y")
        .annotate(
            records=Count("pk"),
            unmet=Count("pk", filter=IS_UNMET),
            extreme=Count("pk", filter=IS_EXTREME),
            middle_x=Avg("longitude"),
            middle_y=Avg("latitude"),
            west=Min("longitude"),
            south=Min("latitude"),
            east=Max("longitude"),
            north=Max("latitude"),
            first=Min("reference"),
        )
        .order_by("-records", "cell_x", "cell_y")[: MOST_CLUSTERS + 1]
    )


def _cluster(line: dict[str, Any]) -> Cluster:
    return Cluster(
        latitude=line["middle_y"],
        longitude=line["middle_x"],
        tally=Tally(line["records"], line["unmet"], line["extreme"]),
        frame=(line["west"], line["south"], line["east"], line["north"]),
        reference=line["first"],
    )


def clusters_of(drawn: Drawn, frame: Frame, zoom: int) -> tuple[list[Cluster], bool]:
    """Gather what may be drawn within a frame into clusters, the largest first.

    One statement, whatever the number of records; clusters that would be drawn over each
    other are made one. Says too whether there are more than are shown.
    """
    cell = 360 / 2**zoom / CELLS_A_TILE
    cells: dict[tuple[int, int], Cluster] = {}
    for line in _all_of([_gathered(arm, frame, cell) for arm in drawn.arms]):
        at, one = (line["cell_x"], line["cell_y"]), _cluster(line)
        cells[at] = _weighed(cells[at], one) if at in cells else one
    found = sorted(cells.items(), key=lambda each: (-each[1].tally.records, each[0]))
    kept = [one for _at, one in found[:MOST_CLUSTERS]]
    return _apart(kept, cell * TOO_NEAR), len(found) > MOST_CLUSTERS


def alone(
    rows: QuerySet[AssistanceRequest], clusters: list[Cluster]
) -> dict[str, AssistanceRequest]:
    """Return the records that stand alone in their cluster, by reference."""
    references = [cluster.reference for cluster in clusters if cluster.tally.records == 1]
    named = _bare(rows).filter(reference__in=references)
    return {rfa.reference: rfa for rfa in named.only("id", "reference", "title", "kind", "status")}


def sites_of(missions: frozenset[int]) -> QuerySet[DisplacementSite]:
    """List the missions' sites of displaced persons, those still open first (P47)."""
    return (
        DisplacementSite.objects.filter(mission__in=missions)
        .select_related("area")
        .order_by(F("closed_on").desc(nulls_first=True), "name")
    )


def open_sites(missions: frozenset[int]) -> list[DisplacementSite]:
    """List the sites that the map draws: those still open."""
    return list(sites_of(missions).filter(closed_on__isnull=True)[:MOST_SITES])


def events_of(missions: frozenset[int]) -> QuerySet[DisasterEvent]:
    """List the missions' natural disasters, the newest first (P37)."""
    return DisasterEvent.objects.filter(mission__in=missions).order_by("-began_on", "name")


def tallies_by(rows: QuerySet[AssistanceRequest], name: str) -> dict[int, Tally]:
    """Count the rows by a site or an event that each may name."""
    counted = (
        _bare(rows)
        .filter(**{f"{name}__isnull": False})
        .values(name)
        .annotate(
            records=Count("pk"),
            unmet=Count("pk", filter=IS_UNMET),
            extreme=Count("pk", filter=IS_EXTREME),
        )
    )
    return {line[name]: Tally(line["records"], line["unmet"], line["extreme"]) for line in counted}


def newest_by(
    rows: QuerySet[AssistanceRequest], name: str, most: int = 5
) -> dict[int, list[AssistanceRequest]]:
    """Return the newest few rows of each site or event, in one statement."""
    ranked = rows.filter(**{f"{name}__isnull": False}).annotate(
        rank_in_group=Window(
            RowNumber(), partition_by=[F(name)], order_by=[F("created_at").desc(), F("pk").desc()]
        )
    )
    found: dict[int, list[AssistanceRequest]] = {}
    for rfa in ranked.filter(rank_in_group__lte=most).order_by("-created_at", "-pk"):
        found.setdefault(getattr(rfa, f"{name}_id"), []).append(rfa)
    return found
