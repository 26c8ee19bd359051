"""Provinces and districts of the host country, read from GeoJSON (RFC 7946, WGS 84)."""

import math
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from common.errors import FieldError, Malformed
from missions.models import Area, Mission, Sector
from missions.vocabulary import AreaLevel

Ring = list[list[float]]
SHAPES = ("Polygon", "MultiPolygon")


@dataclass(frozen=True)
class Read:
    """One area as the file gives it, checked."""

    pcode: str
    name: str
    level: int
    parent: str | None
    sector: str | None
    boundary: dict[str, Any]


@dataclass(frozen=True)
class Imported:
    """How many areas an import made, changed and found as they were."""

    made: int
    changed: int
    unchanged: int


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_position(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) >= 2
        and all(_is_number(part) for part in value)
        and -180 <= value[0] <= 180
        and -90 <= value[1] <= 90
    )


def signed_area(ring: Ring) -> float:
    """Return a ring's area in square degrees, positive when it runs counter-clockwise."""
    pairs = zip(ring, ring[1:], strict=False)
    return sum(one[0] * other[1] - other[0] * one[1] for one, other in pairs) / 2


def is_inside(ring: Ring, longitude: float, latitude: float) -> bool:
    """Whether a point lies inside a closed ring."""
    inside = False
    for (x1, y1, *_z1), (x2, y2, *_z2) in zip(ring, ring[1:], strict=False):
        if (y1 > latitude) != (y2 > latitude) and longitude < (x2 - x1) * (latitude - y1) / (
            y2 - y1
        ) + x1:
            inside = not inside
    return inside


def polygons_of(boundary: dict[str, Any]) -> list[list[Ring]]:
    """Return a boundary's polygons, each a list of rings, the outer one first."""
    coordinates = boundary["coordinates"]
    return [coordinates] if boundary["type"] == "Polygon" else coordinates


def contains(boundary: dict[str, Any], longitude: float, latitude: float) -> bool:
    """Whether a point lies in a boundary, and in none of its holes."""
    return any(
        is_inside(outer, longitude, latitude)
        and not any(is_inside(hole, longitude, latitude) for hole in holes)
        for outer, *holes in polygons_of(boundary)
    )


def point_inside(boundary: dict[str, Any]) -> tuple[float, float]:
    """Return a longitude and latitude inside a boundary: its centroid, or near the middle.

    Where the centroid falls outside, it is the middle of the widest stretch that lies
    inside on the line half-way up the largest polygon.
    """
    outer, *holes = max(polygons_of(boundary), key=lambda rings: abs(signed_area(rings[0])))
    area = signed_area(outer)
    pairs = list(zip(outer, outer[1:], strict=False))
    crosses = [one[0] * other[1] - other[0] * one[1] for one, other in pairs]
    longitude, latitude = (
        sum(
            (one[axis] + other[axis]) * cross
            for (one, other), cross in zip(pairs, crosses, strict=True)
        )
        / (6 * area)
        for axis in (0, 1)
    )
    if contains(boundary, longitude, latitude):
        return longitude, latitude
    heights = [position[1] for position in outer]
    latitude = (min(heights) + max(heights)) / 2 + 1e-9
    crossings = sorted(
        x1 + (latitude - y1) * (x2 - x1) / (y2 - y1)
        for ring in (outer, *holes)
        for (x1, y1, *_z1), (x2, y2, *_z2) in zip(ring, ring[1:], strict=False)
        if (y1 > latitude) != (y2 > latitude)
    )
    widest = max(zip(crossings[::2], crossings[1::2], strict=True), key=lambda gap: gap[1] - gap[0])
    return sum(widest) / 2, latitude


def _ring_faults(ring: Any) -> str:
    if not isinstance(ring, list) or len(ring) < 4:
        return _("A ring needs at least four positions.")
    if not all(_is_position(position) for position in ring):
        return _("Each position is a longitude from -180 to 180 and a latitude from -90 to 90.")
    if ring[0] != ring[-1]:
        return _("A ring ends where it begins.")
    if abs(signed_area(ring)) < 1e-12:
        return _("A ring encloses some ground.")
    return ""


def _geometry_faults(geometry: Any) -> str:
    if not isinstance(geometry, dict) or geometry.get("type") not in SHAPES:
        return _("The geometry is a Polygon or a MultiPolygon.")
    coordinates = geometry.get("coordinates")
    if not isinstance(coordinates, list) or not coordinates:
        return _("The geometry has no coordinates.")
    polygons = [coordinates] if geometry["type"] == "Polygon" else coordinates
    for polygon in polygons:
        if not isinstance(polygon, list) or not polygon:
            return _("A polygon needs at least one ring.")
        for ring in polygon:
            fault = _ring_faults(ring)
            if fault:
                return fault
    return ""


def _text(
    properties: dict[str, Any], name: str, most: int, where: str
) -> tuple[str, list[FieldError]]:
    value = properties.get(name)
    field = f"{where}.properties.{name}"
    if not isinstance(value, str) or not value.strip():
        return "", [FieldError(field, _("Give its %(name)s.") % {"name": name})]
    if len(value.strip()) > most:
        return "", [
            FieldError(
                field,
                _("A %(name)s has at most %(most)s characters.") % {"name": name, "most": most},
            )
        ]
    return value.strip(), []


def _read_feature(feature: Any, where: str) -> tuple[Read | None, list[FieldError]]:
    properties = feature.get("properties") if isinstance(feature, dict) else None
    if not isinstance(properties, dict) or feature.get("type") != "Feature":
        return None, [FieldError(where, _("Each entry is a Feature with properties."))]
    pcode, errors = _text(properties, "pcode", 20, where)
    name, wrong = _text(properties, "name", 100, where)
    errors += wrong
    level: Any = properties.get("level")
    parent, sector = properties.get("parent"), properties.get("sector")
    if isinstance(level, bool) or level not in AreaLevel.values:
        errors.append(
            FieldError(
                f"{where}.properties.level",
                _("Level is 0 (country), 1 (province) or 2 (district)."),
            )
        )
    for key, value in (("parent", parent), ("sector", sector)):
        if value is not None and not isinstance(value, str):
            errors.append(
                FieldError(
                    f"{where}.properties.{key}", _("Write the %(key)s as text.") % {"key": key}
                )
            )
    if level == AreaLevel.DISTRICT and not parent:
        errors.append(
            FieldError(f"{where}.properties.parent", _("A district names its province's pcode."))
        )
    fault = _geometry_faults(feature.get("geometry"))
    if fault:
        errors.append(FieldError(f"{where}.geometry", fault))
    if errors:
        return None, errors
    return Read(pcode, name, level, parent or None, sector or None, feature["geometry"]), []


def _families(mission: Mission, areas: dict[int, Read]) -> list[FieldError]:
    """Check what one area says of another: each pcode once, each parent known and above it."""
    errors = []
    levels = dict(Area.objects.filter(mission=mission).values_list("pcode", "level"))
    seen: dict[str, int] = {}
    for number, area in areas.items():
        if area.pcode in seen:
            errors.append(
                FieldError(
                    f"features[{number}].properties.pcode",
                    _("%(pcode)s stands already at features[%(seen)s].")
                    % {"pcode": area.pcode, "seen": seen[area.pcode]},
                )
            )
        seen.setdefault(area.pcode, number)
        levels[area.pcode] = area.level
    for number, area in areas.items():
        if area.parent is None:
            continue
        field = f"features[{number}].properties.parent"
        if area.parent not in levels:
            errors.append(
                FieldError(
                    field,
                    _("%(parent)s is neither in the file nor in the mission.")
                    % {"parent": area.parent},
                )
            )
        elif levels[area.parent] >= area.level:
            errors.append(
                FieldError(
                    field,
                    _("%(parent)s does not stand above %(pcode)s.")
                    % {"parent": area.parent, "pcode": area.pcode},
                )
            )
    return errors


def read_areas(mission: Mission, collection: Any) -> list[Read]:
    """Return the areas of a GeoJSON feature collection, provinces before districts.

    Each feature's properties are ``pcode``, ``name``, ``level``, for a district ``parent``,
    and, where the mission has assigned it, ``sector`` (a code). Raises ``Malformed`` with
    everything that is wrong, by its place in the file.
    """
    features = collection.get("features") if isinstance(collection, dict) else None
    if not isinstance(features, list) or collection.get("type") != "FeatureCollection":
        raise Malformed(errors=[FieldError("file", _("The file is no GeoJSON FeatureCollection."))])
    if not features:
        raise Malformed(errors=[FieldError("features", _("The file holds no area."))])
    errors: list[FieldError] = []
    areas: dict[int, Read] = {}
    for number, feature in enumerate(features):
        area, wrong = _read_feature(feature, f"features[{number}]")
        errors += wrong
        if area is not None:
            areas[number] = area
    # What one area says of another is told only once each can be read.
    errors += _families(mission, areas) if not errors else []
    known = set(Sector.objects.filter(mission=mission).values_list("code", flat=True))
    errors += [
        FieldError(
            f"features[{number}].properties.sector",
            _("The mission has no %(sector)s.") % {"sector": area.sector},
        )
        for number, area in areas.items()
        if area.sector and area.sector not in known
    ]
    if errors:
        raise Malformed(errors=errors)
    return sorted(areas.values(), key=lambda area: area.level)


@transaction.atomic
def import_areas(*, mission: Mission, collection: Any) -> Imported:
    """Make or bring up to date a mission's areas from GeoJSON: all of the file, or nothing.

    The same file twice changes nothing. Areas that the file does not name stay. Raises
    ``Malformed`` as ``read_areas`` does.
    """
    read = read_areas(mission, collection)
    known = {area.pcode: area for area in Area.objects.filter(mission=mission)}
    sectors = {sector.code: sector for sector in Sector.objects.filter(mission=mission)}
    made = changed = 0
    for new in read:
        area = known.get(new.pcode) or Area(mission=mission, pcode=new.pcode)
        before = None if area.pk is None else _state(area)
        area.name, area.level = new.name, new.level
        area.parent = known[new.parent] if new.parent else None
        if new.sector:
            area.sector = sectors[new.sector]
        if area.boundary != new.boundary:
            area.boundary = new.boundary
            area.longitude, area.latitude = (
                round(degrees, 5) for degrees in point_inside(new.boundary)
            )
        known[new.pcode] = area
        if before == _state(area):
            continue
        area.save()
        made, changed = made + (before is None), changed + (before is not None)
    return Imported(made=made, changed=changed, unchanged=len(read) - made - changed)


def _state(area: Area) -> tuple[Any, ...]:
    return (area.name, area.level, area.parent_id, area.sector_id, area.boundary)
