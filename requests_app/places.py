"""Where something is, as people write it: a grid reference, degrees, a point in an area.

The grid is MGRS on WGS 84. A reference names a square, from 10 km down to 1 m wide; the point
kept is the square's middle.
"""

import re
from dataclasses import dataclass

import mgrs
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from common.errors import FieldError
from missions.boundaries import contains
from missions.models import Area, Mission
from requests_app.look_alikes import kilometres
from requests_app.models import AssistanceRequest

GRID = mgrs.MGRS()
REFERENCE = re.compile(r"(\d{1,2}[C-HJ-NP-X])([A-HJ-NP-Z][A-HJ-NP-V])(\d*)")
SQUARE = re.compile(r"[A-HJ-NP-Z][A-HJ-NP-V]\d+")
HALVES = re.compile(r"(\d+)[\s-]+(\d+)\s*$")
DEGREES = re.compile(r"([NSEW]?)\s*([+-]?\d+(?:[.,]\d+)?)\s*°?\s*([NSEW]?)", re.IGNORECASE)
PAIR = re.compile(rf"\s*({DEGREES.pattern})\s*[;,\s]\s*({DEGREES.pattern})\s*", re.IGNORECASE)
DECIMALS = 6


@dataclass(frozen=True)
class Position:
    """A point in degrees, WGS 84, and how far from it what was meant may lie, in metres."""

    latitude: float
    longitude: float
    within_m: float = 1.0


def as_mgrs(latitude: float | None, longitude: float | None, *, grouped: bool = False) -> str:
    """Return a point's grid reference to the metre; '' near the poles, where the grid ends."""
    if latitude is None or longitude is None or not -80 <= latitude <= 84:
        return ""
    written = GRID.toMGRS(latitude, longitude, MGRSPrecision=5)
    text = written.decode() if isinstance(written, bytes) else str(written)
    if not grouped:
        return text
    return f"{text[:-12]} {text[-12:-10]} {text[-10:-5]} {text[-5:]}"


def in_degrees(latitude: float | None, longitude: float | None) -> str:
    """Return a point as degrees are written in one line: -9.51234, 60.51234."""
    if latitude is None or longitude is None:
        return ""
    return f"{latitude:.5f}, {longitude:.5f}"


def read_position(text: str) -> Position:
    """Read a grid reference, or a latitude and a longitude in one line.

    Raises ``ValidationError`` with what is wrong with it.
    """
    pair = PAIR.fullmatch(text)
    if pair is not None:
        return _from_degrees(pair)
    word = re.sub(r"[\s-]+", "", text).upper()
    found = REFERENCE.fullmatch(word)
    if found is None:
        if SQUARE.fullmatch(word):
            raise ValidationError(
                _("Begin with the zone that stands on the map's edge, such as 41L.")
            )
        raise ValidationError(
            _(
                "“%(word)s” is no grid reference: write it like 41L KK 26885 47523, or latitude "
                "and longitude like -9.51234, 60.51234."
            ),
            params={"word": text},
        )
    zone, square, digits = found.groups()
    halves = HALVES.search(text)
    uneven = halves is not None and len(halves[1]) != len(halves[2])
    if uneven or len(digits) % 2 or not 2 <= len(digits) <= 10:
        raise ValidationError(
            _(
                "Give as many digits east as north, from one to five each, such as 26885 47523 or "
                "268 475."
            )
        )
    return _middle_of(zone, square, digits)


def _middle_of(zone: str, square: str, digits: str) -> Position:
    try:
        latitude, longitude = GRID.toLatLon(f"{zone}{square}{digits}")
    except mgrs.core.MGRSError:
        raise ValidationError(
            _("There is no square %(square)s in zone %(zone)s: check the letters."),
            params={"square": square, "zone": zone},
        ) from None
    wide = 10.0 ** (5 - len(digits) // 2)
    return Position(round(latitude, DECIMALS), round(longitude, DECIMALS), wide)


def _from_degrees(found: re.Match[str]) -> Position:
    values: dict[str, float] = {}
    for axis, (before, digits, after) in zip(
        ("lat", "lon"), (found.group(2, 3, 4), found.group(6, 7, 8)), strict=True
    ):
        letter = (before or after).upper()
        value = float(digits.replace(",", "."))
        axis = {"N": "lat", "S": "lat", "E": "lon", "W": "lon"}.get(letter, axis)
        values[axis] = -abs(value) if letter in {"S", "W"} else value
    if set(values) != {"lat", "lon"}:
        raise ValidationError(_("Give latitude and longitude together."))
    if not -90 <= values["lat"] <= 90 or not -180 <= values["lon"] <= 180:
        raise ValidationError(_("Latitude runs from -90 to 90, longitude from -180 to 180."))
    return Position(round(values["lat"], DECIMALS), round(values["lon"], DECIMALS))


def metres_apart(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Return the distance between two points (latitude, longitude in degrees), in metres."""
    return kilometres(one, other) * 1000


def area_at(mission: Mission, latitude: float, longitude: float) -> Area | None:
    """Return the smallest of the mission's areas that a point lies in, or None."""
    found, parent = None, None
    while True:
        parts = Area.objects.filter(mission=mission, boundary__isnull=False)
        parts = parts.filter(parent=parent) if parent else parts.filter(level=1)
        parent = next(
            (
                area
                for area in parts
                if area.boundary and contains(area.boundary, longitude, latitude)
            ),
            None,
        )
        if parent is None:
            return found
        found = parent


def has_boundaries(mission: Mission) -> bool:
    """Whether the mission's provinces are drawn, so that a point can lie outside of them."""
    return Area.objects.filter(mission=mission, level=1, boundary__isnull=False).exists()


def doubts_about(
    mission: Mission, latitude: float | None, longitude: float | None, area: Area | None
) -> list[FieldError]:
    """Say what seems odd of a place: outside the mission, or not in the area named.

    It warns and refuses nothing: a boundary may be wrong, help may be needed across it (P31).
    """
    if latitude is None or longitude is None or not has_boundaries(mission):
        return []
    lies_in = area_at(mission, latitude, longitude)
    if lies_in is None:
        message = _(
            "This point lies outside the mission's boundaries. Check it; if it is right, leave it."
        )
        return [FieldError("latitude", message, "31")]
    named = area
    while named is not None and named.pk != lies_in.pk:
        named = named.parent
    below = lies_in
    while below is not None and area is not None and below.pk != area.pk:
        below = below.parent  # type: ignore[assignment]
    if area is not None and named is None and below is None:
        message = _("This point lies in %(found)s, not in %(named)s. Check which is right.")
        return [FieldError("area", message % {"found": lies_in.name, "named": area.name}, "31")]
    return []


def doubts_of(rfa: AssistanceRequest) -> list[FieldError]:
    """Say what seems odd of a request's place."""
    return doubts_about(rfa.mission, rfa.latitude, rfa.longitude, rfa.area)
