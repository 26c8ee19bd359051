"""The map shows what the list shows, and nothing else: points, counts, boundaries, sites."""

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from missions.models import Area, DisplacementSite, Mission
from missions.outlines import mission_outlines, outlines_of, thinned
from records import services as records_done
from requests_app.models import AssistanceRequest
from tests.builders import (
    POSTS,
    a_draft,
    a_mission,
    a_refused,
    a_submitted,
    civil_answers,
    in_days,
    security_answers,
    who,
)

pytestmark = pytest.mark.django_db
CARANA = "frame=59,-12,63,-7&zoom=7"


def a_square(west, south, size):
    east, north = west + size, south + size
    return {
        "type": "Polygon",
        "coordinates": [
            [[west, south], [east, south], [east, north], [west, north], [west, south]]
        ],
    }


@pytest.fixture(autouse=True)
def _mission():
    a_mission()
    for pcode, west in (("CR01", 60), ("CR02", 61)):
        Area.objects.filter(pcode=pcode).update(boundary=a_square(west, -10, 1))


def placed(latitude, longitude, **more):
    return civil_answers(latitude=str(latitude), longitude=str(longitude), **more)


@pytest.fixture
def records() -> dict[str, AssistanceRequest]:
    """One record of each sort that somebody must not see, each at a point of its own."""
    a_mission("UNEX")
    return {
        "east": a_submitted(placed(-9.1, 60.1, title="East open")),
        "west": a_submitted(placed(-9.2, 61.2, title="West", area="CR02"), by="sector.west"),
        "draft": a_draft(placed(-9.3, 60.3, title="East draft")),
        "ngo": a_submitted(placed(-9.4, 60.4, title="Of the NGO"), by="partner.ngo"),
        "low": a_submitted(placed(-9.45, 60.45, low_profile=True), by="partner.ngo"),
        "secret": a_submitted(
            placed(-9.5, 60.5, title="Strict", classification="strictly_confidential")
        ),
        "confidential": a_submitted(
            placed(-9.6, 60.6, title="Confidential", classification="confidential"),
            by="civil.affairs",
        ),
        "hidden": a_submitted(
            security_answers(
                title="Hidden", classification="unclassified", latitude="-9.7", longitude="61.7"
            ),
            by="partner.ngo",
        ),
        "nowhere": a_submitted(civil_answers(title="Without a point")),
        "elsewhere": a_submitted(placed(-9.8, 60.8, title="Other"), by="unex.sector.east"),
    }


def points(client, by="chief.cimic", query=CARANA):
    client.force_login(who(by))
    return client.get(f"/map/points.json?{query}").json()


@pytest.mark.parametrize("username", POSTS)
def test_P15_P39_R22_nothing_is_on_the_map_that_the_list_does_not_show(records, client, username):
    client.force_login(who(username))
    listed = {line["reference"] for line in client.get("/register/").context["lines"]}
    unmapped = {records["low"].reference, records["nowhere"].reference}
    by_reference = {rfa.reference: rfa for rfa in records.values()}

    near = points(client, username, "frame=59,-12,63,-7&zoom=18")
    far = points(client, username, "frame=59,-12,63,-7&zoom=0")
    page = client.get("/map/")

    assert near["clusters"] == []
    assert {one["reference"] for one in near["records"]} == listed - unmapped
    assert sum(one["records"] for one in far["clusters"]) + len(far["records"]) == len(
        listed - unmapped
    )
    assert {line["reference"] for line in page.context["listed"]} == listed - unmapped
    assert page.context["map"]["total"].records == len(listed)
    counted = {one["pcode"]: one["tally"].records for one in page.context["map"]["areas"]}
    for pcode, count in counted.items():
        assert count == len([one for one in listed if by_reference[one].area.pcode == pcode])
    html = page.content.decode() + json.dumps([near, far])
    for name, rfa in records.items():
        if rfa.reference not in listed:
            assert rfa.reference not in html, name


def test_R22_a_low_profile_requester_is_on_no_map_whoever_looks(records, client):
    low = records["low"]
    for username in ("partner.ngo", "chief.cimic", "dsrsg"):
        text = json.dumps(points(client, username, "frame=60.44,-9.46,60.46,-9.44&zoom=18"))
        assert low.reference not in text
        bbox = client.get("/register/?bbox=60.44,-9.46,60.46,-9.44").context["lines"]
        assert bbox == []
        geojson = b"".join(client.get("/register.geojson").streaming_content)
        assert b"60.45" not in geojson
        assert b"Relief for Carana" in geojson or username == "dsrsg" or b"RFC" not in geojson


def test_a_cluster_leads_to_the_list_of_its_very_records(client):
    inside = {a_submitted(placed(-9.1, 60.1 + n / 1000)).reference for n in range(4)}
    a_submitted(placed(-9.9, 60.9))
    found = points(client)
    cluster = max(found["clusters"], key=lambda one: one["records"])
    assert cluster["records"] == 4
    west, south, east, north = cluster["frame"]
    listed = client.get(
        f"/register/?bbox={west - 1e-6},{south - 1e-6},{east + 1e-6},{north + 1e-6}"
    ).context["lines"]
    assert {line["reference"] for line in listed} == inside
    assert len(found["records"]) == 1


def test_P41_the_map_asks_for_refused_needs_unmet_and_says_which_they_are(client):
    refused = a_refused()
    met = a_refused()
    AssistanceRequest.objects.filter(pk__in=[refused.pk, met.pk]).update(
        latitude=-9.5, longitude=60.5
    )
    a_submitted(placed(-9.5, 60.5))
    records_done.record_delivery(
        rfa=met,
        actor=who("chief.cimic"),
        delivered=True,
        organisation="WFP",
        delivered_on=in_days(0),
        source="WFP",
    )
    (every,) = points(client)["clusters"]
    assert (every["records"], every["unmet"], every["extreme"]) == (3, 1, 0)
    (one,) = points(client, query=f"{CARANA}&follow_up=open&follow_up=unmet")["records"]
    assert (one["reference"], one["unmet"]) == (refused.reference, True)
    page = client.get("/map/?follow_up=open&follow_up=unmet")
    tallies = {area["pcode"]: area["tally"] for area in page.context["map"]["areas"]}
    assert (tallies["CR01"].records, tallies["CR01"].unmet) == (1, 1)


def test_the_points_cost_the_same_for_three_records_as_for_many(client):
    client.force_login(who("chief.cimic"))

    def asked(address):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        return len(queries)

    addresses = (f"/map/points.json?{CARANA}", "/map/", "/map/?area=CR01", "/register/?map=1")
    a_submitted(placed(-11, 62))  # alone in its cluster
    for number in range(3):
        a_submitted(placed(-9.1 - number / 10, 60.1))
    few = [asked(address) for address in addresses for _ in range(2)][1::2]
    for number in range(12):
        a_submitted(placed(-9.1 - number / 20, 60.3 + number / 20), by="partner.ngo")
    assert [asked(address) for address in addresses] == few


def test_of_more_than_a_map_shows_the_newest_in_sight_are_drawn_and_it_says_so(
    records, client, monkeypatch
):
    monkeypatch.setattr("records.mapping.MOST_DRAWN", 3)
    for username in ("chief.cimic", "cos", "partner.ngo", "dms"):
        client.force_login(who(username))
        listed = [line["reference"] for line in client.get("/register/").context["lines"]]
        shown = client.get("/map/").context["map"]
        cut = len(listed) > 3
        assert shown["total"].records == min(len(listed), 4)  # the last moment's is there too
        assert (shown["since"] is not None) == cut
        near = points(client, username, "frame=59,-12,63,-7&zoom=18")
        assert {one["reference"] for one in near["records"]} <= set(listed[:4])
        assert (b"More records match" in client.get("/register/?map=1").content) == cut
    opened = client.get("/map/?status=under_review&status=in_consultation").context["map"]
    assert opened["since"] is None


@pytest.mark.parametrize(
    "query",
    [
        "",
        "frame=1,2,3,4",
        "zoom=3",
        "frame=0,0,1,1&zoom=99",
        "frame=0,0,1,1&zoom=-1",
        "frame=0,0,1,1&zoom=%C2%B2",
        "frame=nan,0,1,1&zoom=3",
        "frame=9,0,1,1&zoom=3",
        f"{CARANA}&status=nope",
        f"{CARANA}&statu=draft",
    ],
)
def test_a_question_of_the_map_that_cannot_be_read_is_refused(client, query):
    client.force_login(who("chief.cimic"))
    assert client.get(f"/map/points.json?{query}").status_code == 400


def test_points_are_never_kept_by_a_cache_and_boundaries_are_until_they_change(client):
    client.force_login(who("chief.cimic"))
    assert "no-store" in client.get(f"/map/points.json?{CARANA}")["Cache-Control"]

    first = client.get("/map/boundaries.geojson")
    again = client.get("/map/boundaries.geojson", headers={"If-None-Match": first["ETag"]})
    assert [one["id"] for one in first.json()["features"]] == ["CR01", "CR02"]
    assert (again.status_code, again.content) == (304, b"")
    assert "private" in first["Cache-Control"]

    Area.objects.filter(pcode="CR01").update(name="Elsewhere")
    changed = client.get("/map/boundaries.geojson", headers={"If-None-Match": first["ETag"]})
    assert changed.status_code == 200
    assert changed.json()["features"][0]["properties"]["name"] == "Elsewhere"


def test_boundaries_are_the_readers_own_missions_and_for_nobody_outside(client):
    a_mission("UNEX")
    Area.objects.filter(mission__code="UNEX", pcode="CR01").update(boundary=a_square(10, 10, 1))
    client.force_login(who("unex.cos"))
    (area,) = client.get("/map/boundaries.geojson").json()["features"]
    assert area["geometry"]["coordinates"][0][0][0] == [10, 10]
    client.logout()
    for address in ("/map/", "/map/boundaries.geojson", f"/map/points.json?{CARANA}"):
        assert client.get(address).status_code == 302


def test_without_a_script_an_area_opens_its_districts_and_a_district_its_list(client):
    province = Area.objects.get(pcode="CR01")
    Area.objects.create(
        mission=province.mission,
        parent=province,
        level=2,
        pcode="CR0101",
        name="Galasi",
        boundary=a_square(60, -10, 0.5),
        longitude=60.25,
        latitude=-9.75,
    )
    district = a_submitted(civil_answers(area="CR0101"))
    a_submitted(civil_answers(area="CR01"))
    client.force_login(who("chief.cimic"))

    whole = client.get("/map/").context["map"]
    (first, _second) = whole["areas"]
    assert (first["pcode"], first["tally"].records, first["url"]) == (
        "CR01",
        2,
        "/map/?area=CR01",
    )
    part = client.get(first["url"]).context["map"]
    (galasi,) = part["areas"]
    assert (galasi["pcode"], galasi["tally"].records) == ("CR0101", 1)
    assert part["elsewhere"].records == 1
    listed = client.get(galasi["url"]).context["lines"]
    assert [line["reference"] for line in listed] == [district.reference]


def test_P47_open_sites_are_a_layer_and_closed_ones_are_not(client):
    mission = Mission.objects.get()
    for name, closed in (("Open", None), ("Closed", in_days(-1))):
        DisplacementSite.objects.create(
            mission=mission,
            name=name,
            latitude=-9.5,
            longitude=60.5,
            people=400,
            opened_on=in_days(-9),
            closed_on=closed,
        )
    (site,) = points(client)["sites"]
    assert (site["name"], site["people"], site["at"]) == ("Open", 400, [-9.5, 60.5])
    assert [one["name"] for one in client.get("/map/").context["map"]["sites"]] == ["Open"]
    assert points(client, query="frame=0,0,1,1&zoom=3")["sites"] == []


def test_a_mission_without_boundaries_has_a_map_that_says_so(client):
    Area.objects.update(boundary=None)
    client.force_login(who("chief.cimic"))
    assert "boundaries are not here yet" in client.get("/map/").content.decode()
    assert client.get("/map/boundaries.geojson").json()["features"] == []


def test_the_map_carries_the_united_nations_disclaimer(client):
    client.force_login(who("chief.cimic"))
    for address in ("/map/", "/register/?map=1"):
        assert "do not imply official endorsement" in client.get(address).content.decode()


# Thinning


def test_neighbours_thinned_together_still_meet():
    wavy = [(1.0, y / 100 + 0.001 * (y % 3)) for y in range(101)]
    border = [[x + (0.0004 if n % 2 else 0), y] for n, (x, y) in enumerate(wavy)]
    bottom, top = border[0], border[-1]
    left = [*border, [0, top[1]], [0, bottom[1]], border[0]]
    right = [*border[::-1], [2, bottom[1]], [2, top[1]], border[-1]]
    areas = [
        Area(pcode=name, name=name, level=1, boundary={"type": "Polygon", "coordinates": [ring]})
        for name, ring in (("left", left), ("right", right))
    ]
    one, other = outlines_of(areas)

    def edges(outline):
        (ring,) = outline.polygons[0]
        return {frozenset(pair) for pair in zip(ring, ring[1:], strict=False)}

    shared = edges(one) & edges(other)
    assert len(edges(one)) < len(left)
    assert edges(one) - shared == {
        edge for edge in edges(one) if any(point[0] == 0 for point in edge)
    }


def test_a_line_keeps_its_ends_and_what_stands_out():
    assert thinned([(0, 0), (1, 0.01), (2, 0)], 0.1) == [(0, 0), (2, 0)]
    assert thinned([(0, 0), (1, 0.5), (2, 0)], 0.1) == [(0, 0), (1, 0.5), (2, 0)]


def test_outlines_are_drawn_once_for_one_version():
    mission = Mission.objects.get()
    version, drawn = mission_outlines([mission.pk])
    with CaptureQueriesContext(connection) as queries:
        assert mission_outlines([mission.pk]) == (version, drawn)
    assert len(queries) == 1
