"""The mission's boundaries as a map draws them: few points, and neighbours that still meet."""

import hashlib
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.aggregates import StringAgg
from django.core.cache import caches
from django.db.models import Func, TextField, Value
from django.db.models.functions import MD5, Cast, Coalesce

from missions.boundaries import polygons_of
from missions.models import Area

Point = tuple[float, float]
DAY = 24 * 3600
# A map of the mission is drawn about this many points wide; finer than that nobody sees.
FINENESS = 1200
DECIMALS = 3


@dataclass(frozen=True)
class Outline:
    """An area as it is drawn: polygons of rings, the outer one first; longitude, latitude."""

    pcode: str
    name: str
    level: int
    parent: str | None
    label: Point
    polygons: list[list[list[Point]]]


def _far(points: list[Point]) -> tuple[float, int]:
    """Return how far the farthest point lies from the line of first and last, and which it is."""
    (x1, y1), (x2, y2) = points[0], points[-1]
    length = math.hypot(x2 - x1, y2 - y1)
    farthest, found = 0.0, 0
    for number, (x, y) in enumerate(points[1:-1], start=1):
        if length:
            distance = abs((x2 - x1) * (y1 - y) - (x1 - x) * (y2 - y1)) / length
        else:
            distance = math.hypot(x - x1, y - y1)
        if distance > farthest:
            farthest, found = distance, number
    return farthest, found


def thinned(points: list[Point], tolerance: float) -> list[Point]:
    """Leave out the points of a line that change it by less than a tolerance, in degrees."""
    kept = {0, len(points) - 1}
    spans = [(0, len(points) - 1)]
    while spans:
        first, last = spans.pop()
        if last - first < 2:
            continue
        distance, at = _far(points[first : last + 1])
        if distance > tolerance:
            kept.add(first + at)
            spans += [(first, first + at), (first + at, last)]
    return [points[number] for number in sorted(kept)]


def _neighbours(rings: Iterable[list[Point]]) -> dict[Point, set[Point]]:
    found: dict[Point, set[Point]] = {}
    for ring in rings:
        for one, other in zip(ring, ring[1:], strict=False):
            found.setdefault(one, set()).add(other)
            found.setdefault(other, set()).add(one)
    return found


def _arcs(ring: list[Point], meeting: set[Point]) -> list[list[Point]]:
    """Cut a closed ring where boundaries meet, so that each shared stretch is cut alike."""
    cuts = [number for number, point in enumerate(ring[:-1]) if point in meeting]
    if not cuts:
        # An island: cut at two points that whoever shares it finds too.
        open_ring = ring[:-1]
        cuts = sorted({open_ring.index(min(open_ring)), open_ring.index(max(open_ring))})
    start = cuts[0]
    turned = [*ring[start:-1], *ring[: start + 1]]
    ends = [cut - start for cut in cuts[1:]] + [len(turned) - 1]
    arcs, begin = [], 0
    for end in ends:
        arcs.append(turned[begin : end + 1])
        begin = end
    return arcs


def _thinned_ring(ring: list[Point], meeting: set[Point], tolerance: float) -> list[Point]:
    found: list[Point] = []
    for arc in _arcs(ring, meeting):
        # Read from the same end whichever neighbour asks, or the two would not meet.
        back = arc[0] > arc[-1] or (arc[0] == arc[-1] and arc[1] > arc[-2])
        thin = thinned(arc[::-1] if back else arc, tolerance)
        thin = thin[::-1] if back else thin
        found += thin if not found else thin[1:]
    return found


def _rounded(boundary: dict[str, Any]) -> list[list[list[Point]]]:
    return [
        [
            [(round(float(x), DECIMALS), round(float(y), DECIMALS)) for x, y, *_ in ring]
            for ring in polygon
        ]
        for polygon in polygons_of(boundary)
    ]


def outlines_of(areas: Iterable[Area]) -> list[Outline]:
    """Return the areas that have a boundary, thinned together so that no gap opens between."""
    drawn = [(area, _rounded(area.boundary)) for area in areas if area.boundary]
    rings = [ring for _, polygons in drawn for polygon in polygons for ring in polygon]
    meeting = {point for point, others in _neighbours(rings).items() if len(others) > 2}
    longitudes = [x for ring in rings for x, _ in ring]
    tolerance = (max(longitudes) - min(longitudes)) / FINENESS if longitudes else 0.0
    found = []
    for area, polygons in drawn:
        thin = [[_thinned_ring(ring, meeting, tolerance) for ring in rings] for rings in polygons]
        found.append(
            Outline(
                pcode=area.pcode,
                name=area.name,
                level=area.level,
                parent=area.parent.pcode if area.parent else None,
                label=(area.longitude or 0.0, area.latitude or 0.0),
                # What is too small to be seen is not drawn.
                polygons=[kept for p in thin if (kept := [r for r in p if len(r) >= 4])],
            )
        )
    return found


def version_of(missions: Iterable[int]) -> str:
    """Return a digest of all that the missions' outlines are made of: it changes with them."""
    told = ("pcode", "name", "parent__pcode", "longitude", "latitude", "boundary")
    one = Func(
        Value("|"),
        *[Coalesce(Cast(name, TextField()), Value(""), output_field=TextField()) for name in told],
        function="concat_ws",
        output_field=TextField(),
    )
    digest = (
        Area.objects.filter(mission__in=missions)
        .order_by()
        .aggregate(of=StringAgg(MD5(one), Value(""), order_by="pk"))["of"]
    )
    return hashlib.sha256(f"{FINENESS}{digest}".encode()).hexdigest()[:32]


def mission_outlines(missions: Iterable[int]) -> tuple[str, list[Outline]]:
    """Return the missions' outlines, provinces first, and their version; kept until they change."""
    missions = sorted(missions)
    version = version_of(missions)

    def draw() -> list[Outline]:
        areas = Area.objects.filter(mission__in=missions).select_related("parent")
        return outlines_of(areas.order_by("level", "pcode"))

    return version, caches["process"].get_or_set(f"outlines:{version}", draw, DAY)  # type: ignore[return-value]


def as_geojson(outlines: Iterable[Outline]) -> dict[str, Any]:
    """Return outlines as GeoJSON (RFC 7946)."""
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "id": outline.pcode,
                "properties": {
                    "name": outline.name,
                    "level": outline.level,
                    "parent": outline.parent,
                    "label": outline.label,
                },
                "geometry": {"type": "MultiPolygon", "coordinates": outline.polygons},
            }
            for outline in outlines
        ],
    }
