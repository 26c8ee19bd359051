"""The map: the mission's own boundaries, and the register's records on them."""

import json
import math
from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.http import condition

from approvals.pages import line_of
from common.errors import FieldError, Malformed
from common.pages import FragmentMixin
from common.paging import Page, page_of
from common.patience import looking_up
from missions.outlines import Outline, as_geojson, mission_outlines, version_of
from missions.queries import standings_of
from records.filters import FrameField, on_the_map, refuse_misread
from records.mapping import (
    ZOOMS,
    Drawn,
    Frame,
    Tally,
    alone,
    clusters_of,
    drawn_of,
    open_sites,
    tallies,
)
from records.views.asking import Asking, address

# The drawing is this wide; its height follows from the ground.
WIDTH = 800.0
MARGIN = 12.0
LISTED = 25


class Paper:
    """The sheet the server draws on: degrees east and north to points right and down.

    A degree of longitude is as wide as it is half-way up the drawing.
    """

    def __init__(self, outlines: list[Outline], points: list[tuple[float, float]]) -> None:
        found = [
            point
            for outline in outlines
            for polygon in outline.polygons
            for ring in polygon
            for point in ring
        ] or points
        longitudes, latitudes = [x for x, _ in found] or [0.0], [y for _, y in found] or [0.0]
        self.west, self.north = min(longitudes), max(latitudes)
        middle = math.radians((min(latitudes) + max(latitudes)) / 2)
        self.narrowing = max(math.cos(middle), 0.1)
        wide = max((max(longitudes) - self.west) * self.narrowing, 0.01)
        high = max(self.north - min(latitudes), 0.01)
        self.scale = (WIDTH - 2 * MARGIN) / wide
        self.height = round(high * self.scale + 2 * MARGIN)

    def at(self, longitude: float, latitude: float) -> tuple[float, float]:
        """Return where a place lies on the sheet."""
        return (
            round(MARGIN + (longitude - self.west) * self.narrowing * self.scale, 1),
            round(MARGIN + (self.north - latitude) * self.scale, 1),
        )

    def path(self, outline: Outline) -> str:
        """Return an outline as an SVG path."""
        drawn = []
        for polygon in outline.polygons:
            for ring in polygon:
                places = (self.at(*point) for point in ring[:-1])
                points = [f"{x:.0f} {y:.0f}" for x, y in places]
                drawn.append(f"M{'L'.join(points)}Z")
        return "".join(drawn)


def _radius(records: int) -> float:
    return round(min(16 + 5 * math.log2(records), 44), 1) if records else 0


def _within(outlines: list[Outline], area: str) -> list[Outline]:
    """Return the areas of the next level down: the whole mission's highest, or an area's parts."""
    if area:
        parts = [outline for outline in outlines if outline.parent == area]
        return parts or [outline for outline in outlines if outline.pcode == area]
    highest = min((outline.level for outline in outlines), default=0)
    return [outline for outline in outlines if outline.level == highest]


def _parents(outlines: list[Outline]) -> dict[str, str | None]:
    return {outline.pcode: outline.parent for outline in outlines}


def _rolled_up(
    counted: dict[str | None, Tally], shown: set[str], parents: dict[str, str | None]
) -> dict[str | None, Tally]:
    """Add what areas count into the shown area they lie in; None holds what lies in none."""
    found: dict[str | None, Tally] = {}
    for pcode, tally in counted.items():
        at = pcode
        while at is not None and at not in shown:
            at = parents.get(at)
        found[at] = found.get(at, Tally()) + tally
    return found


def _drawn_area(
    outline: Outline, tally: Tally, paper: Paper, asking: Asking, *, has_parts: bool
) -> dict[str, Any]:
    x, y = paper.at(*outline.label)
    to_list = f"{reverse('records:register')}{address(asking.asked, area=outline.pcode)}"
    return {
        "pcode": outline.pcode,
        "name": outline.name,
        "path": paper.path(outline),
        "x": x,
        "y": y,
        "radius": _radius(tally.records),
        "below": round(y + _radius(tally.records) + 22, 1) if tally.records else y,
        "tally": tally,
        "list_url": to_list,
        "url": f"{reverse('records:map')}{address(asking.kept, area=outline.pcode)}"
        if has_parts
        else to_list,
        "opens_map": has_parts,
    }


def map_context(asking: Asking, *, counts: bool = True) -> dict[str, Any]:
    """Return the map as the server draws it: areas with counts, sites, and what the script takes.

    What is counted is what the list lists, or the newest of it (``since`` says from when on).
    Few statements, and the boundaries from the cache.
    """
    missions = asking.register.missions
    _version, outlines = mission_outlines(missions)
    area = asking.asked.get("area", "")
    shown = _within(outlines, area)
    codes = {outline.pcode for outline in shown}
    parents = _parents(outlines)
    drawn = drawn_of(asking.register) if counts else Drawn([], None)
    counted = _rolled_up(tallies(drawn), codes, parents)
    sites = open_sites(missions)
    paper = Paper(shown, [(site.longitude, site.latitude) for site in sites])
    drill = {outline.parent for outline in outlines if outline.parent}
    areas = [
        _drawn_area(
            outline,
            counted.get(outline.pcode, Tally()),
            paper,
            asking,
            has_parts=outline.pcode in drill and outline.pcode != area,
        )
        for outline in shown
    ]
    lines = [outline for outline in outlines if outline.parent in codes]
    total = Tally()
    for tally in counted.values():
        total += tally
    standing = standings_of(asking.person)
    above = next((outline for outline in outlines if outline.pcode == area), None)
    return {
        "width": int(WIDTH),
        "height": paper.height,
        "areas": areas,
        "inner": [paper.path(outline) for outline in lines],
        "elsewhere": counted.get(None, Tally()),
        "total": total,
        "since": drawn.since,
        "area_name": above.name if above else "",
        "whole_url": f"{reverse('records:map')}{address(asking.kept, area=None).rstrip('?')}"
        if above
        else "",
        "sites": [
            {
                "name": site.name,
                "at": dict(zip("xy", paper.at(site.longitude, site.latitude), strict=True)),
                "people": site.people,
                "url": _site_url(site),
            }
            for site in sites
            if not area or (site.area and area in {site.area.pcode, parents.get(site.area.pcode)})
        ],
        "mission": standing[0].post.mission.name if standing else "",
        "boundaries_url": reverse("records:boundaries"),
        "points_url": f"{reverse('records:points')}{address(asking.asked)}",
        "list_url": f"{reverse('records:register')}{address(asking.asked)}",
        "leaflet": {
            "script": static("leaflet/leaflet.js"),
            "style": static("leaflet/leaflet.css"),
        },
    }


def _site_url(site: Any) -> str:
    return f"{reverse('records:sites')}#site-{site.pk}"


class MapView(LoginRequiredMixin, FragmentMixin, View):
    """The map on a page of its own, with the list of what is on it beneath."""

    template_name = "records/map.html"
    fragment_name = "records/_map_region.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        asking = Asking(request.user, request.GET)
        listed, too_wide = Page([], "", ""), ""
        try:
            with looking_up(asking.words):
                rows = asking.register.by_arms().filter(on_the_map())
                listed = page_of(rows, ("-created_at", "-id"), size=LISTED)
                shown = map_context(asking)
        except Malformed as refusal:
            shown, too_wide = map_context(asking, counts=False), refusal.detail
        return render(
            request,
            self.template_for(request),
            {
                **asking.context(),
                "map": shown,
                "too_wide": too_wide,
                "listed": [line_of(rfa) for rfa in listed.rows],
                "more": bool(listed.next),
                "query": asking.kept.urlencode(),
            },
        )


def _missions(request: HttpRequest) -> frozenset[int]:
    return frozenset(held.post.mission_id for held in standings_of(request.user))


def _etag(request: HttpRequest) -> str | None:
    if not request.user.is_authenticated:
        return None
    return f'"{version_of(_missions(request))}"'


class BoundariesView(LoginRequiredMixin, View):
    """The mission's boundaries as GeoJSON, thinned for drawing; kept until they change."""

    @method_decorator(condition(etag_func=_etag))
    def get(self, request: HttpRequest) -> HttpResponse:
        _version, outlines = mission_outlines(_missions(request))
        text = json.dumps(as_geojson(outlines), separators=(",", ":"), ensure_ascii=False)
        response = HttpResponse(text, content_type="application/geo+json")
        patch_cache_control(response, private=True, max_age=300)
        return response


def _asked_frame(request: HttpRequest) -> tuple[Frame, int]:
    """Return the frame and zoom asked for; raise ``Malformed`` for what is none."""
    field = FrameField()
    try:
        frame = field.clean(request.GET.get("frame", ""))
    except ValidationError as error:
        message = _("Give west,south,east,north in degrees.")
        raise Malformed(errors=[FieldError("frame", message)]) from error
    zoom = request.GET.get("zoom", "")
    if frame is None or not zoom.isdecimal() or len(zoom) > 2 or int(zoom) not in ZOOMS:
        message = _("Give a frame, and a zoom from %(least)s to %(most)s.")
        numbers = {"least": ZOOMS[0], "most": ZOOMS[-1]}
        raise Malformed(errors=[FieldError("zoom", message % numbers)])
    return frame, int(zoom)


class PointsView(LoginRequiredMixin, View):
    """What is on the map within a frame, at a zoom: clusters, single records, sites.

    The question is the register's own, and a misread one is refused: nothing is drawn that
    the list does not list. Never cached: some of it is confidential.
    """

    def get(self, request: HttpRequest) -> JsonResponse:
        asking = Asking(request.user, request.GET)
        frame, zoom = _asked_frame(request)
        refuse_misread(asking.register)
        with looking_up(asking.words):
            clusters, more = clusters_of(drawn_of(asking.register), frame, zoom)
            single = alone(asking.register.qs, clusters)
        west, south, east, north = frame
        response = JsonResponse(
            {
                "clusters": [
                    {
                        "at": [round(each.latitude, 5), round(each.longitude, 5)],
                        "records": each.tally.records,
                        "unmet": each.tally.unmet,
                        "extreme": each.tally.extreme,
                        "frame": each.frame,
                    }
                    for each in clusters
                    if each.tally.records > 1
                ],
                "records": [
                    {
                        "at": [round(each.latitude, 5), round(each.longitude, 5)],
                        "reference": rfa.reference,
                        "title": rfa.title,
                        "kind": rfa.kind,
                        "kind_label": rfa.get_kind_display(),
                        "status_label": rfa.get_status_display(),
                        "unmet": bool(each.tally.unmet),
                        "url": reverse("records:case", args=[rfa.reference]),
                    }
                    for each in clusters
                    if (rfa := single.get(each.reference)) and each.tally.records == 1
                ],
                "sites": [
                    {
                        "at": [site.latitude, site.longitude],
                        "name": site.name,
                        "people": site.people,
                        "url": _site_url(site),
                    }
                    for site in open_sites(asking.register.missions)
                    if west <= site.longitude <= east and south <= site.latitude <= north
                ],
                "more": more,
            }
        )
        patch_cache_control(response, private=True, no_store=True)
        return response
