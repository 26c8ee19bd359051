"""A place is read however it is written, and said both ways; doubts warn and refuse nothing."""

import pytest
from django.core.exceptions import ValidationError

from common.errors import Malformed
from missions.models import Area, Mission
from requests_app.forms import DraftForm, ExtremeSituationForm
from requests_app.models import AssistanceRequest
from requests_app.places import area_at, as_mgrs, doubts_of, read_position
from requests_app.services import change_draft, start_draft
from tests.builders import a_draft, a_mission, civil_answers, who
from tests.calling import Caller

pytestmark = pytest.mark.django_db

TERENI = (-9.51234, 60.51234)
GRID = "41LKK2688547523"


def square(west, south, wide=1.0):
    """A boundary: a square of so many degrees."""
    east, north = west + wide, south + wide
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def with_boundaries(mission=None):
    """Draw the two provinces, and a district in the eastern one."""
    mission = mission or Mission.objects.first() or a_mission()
    east, west = Area.objects.filter(mission=mission, level=1).order_by("pcode")
    for area, boundary in ((east, square(60, -10)), (west, square(59, -10))):
        area.boundary = boundary
        area.save()
    Area.objects.create(
        mission=mission,
        sector=east.sector,
        parent=east,
        level=2,
        pcode="CR0101",
        name="Tereni",
        boundary=square(60.4, -9.6, 0.2),
    )
    return mission


def read(typed):
    position = read_position(typed)
    return round(position.latitude, 4), round(position.longitude, 4)


@pytest.mark.parametrize(
    "typed",
    [
        "41LKK2688547523",
        "41L KK 26885 47523",
        "41l kk 26885-47523",
        "-9.51234, 60.51234",
        "-9.51234 60.51234",
        "-9,51234; 60,51234",
        "9.51234 S, 60.51234 E",
        "60.51234E 9.51234S",
        "S 9.51234° E 60.51234°",
    ],
)
def test_a_place_is_read_from_the_grid_or_from_degrees_however_it_is_spaced(typed):
    latitude, longitude = read(typed)

    assert (latitude, longitude) == pytest.approx(TERENI, abs=0.0001)


@pytest.mark.parametrize("digits", ["26885 47523", "2688 4752", "268 475", "26 47"])
def test_a_coarser_reference_means_the_middle_of_its_square(digits):
    position = read_position(f"41L KK {digits}")

    again = as_mgrs(position.latitude, position.longitude)
    east, north = digits.split()
    wide = 10 ** (5 - len(east))
    assert again[:5] == "41LKK"
    for written, typed in ((again[5:10], east), (again[10:], north)):
        assert int(written) == pytest.approx(int(typed) * wide + wide / 2, abs=1)
    assert position.within_m == wide


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("Tereni", "is no grid reference"),
        ("KK 268 475", "Begin with the zone"),
        ("41L KK 268 4752", "as many digits east as north"),
        ("41L KK 26885 475", "as many digits east as north"),
        ("41L KK", "as many digits east as north"),
        ("41L AA 26885 47523", "There is no square AA in zone 41L"),
        ("61L KK 26885 47523", "There is no square KK in zone 61L"),
        ("-95.1, 60.5", "Latitude runs from -90 to 90"),
        ("9.5 S, 10.5 N", "Give latitude and longitude together"),
    ],
)
def test_what_is_no_place_is_refused_with_what_to_write(typed, said):
    with pytest.raises(ValidationError, match=said):
        read_position(typed)


def test_a_point_is_said_by_the_grid_to_the_metre_and_not_at_all_at_the_poles():
    assert as_mgrs(*TERENI) == GRID
    assert as_mgrs(*TERENI, grouped=True) == "41L KK 26885 47523"
    assert as_mgrs(-85.0, 10.0) == ""
    assert as_mgrs(None, 10.0) == ""
    assert as_mgrs(*read(GRID)) != ""
    again = read_position(GRID)
    assert as_mgrs(again.latitude, again.longitude) == GRID


def test_the_api_takes_a_grid_reference_and_says_both():
    a_mission()
    caller = Caller("sector.east")

    body = caller.tell("requests/", civil_answers(mgrs="41L KK 26885 47523"), expect=201)

    assert (body["latitude"], body["longitude"]) == pytest.approx(TERENI, abs=0.0001)
    assert body["mgrs"] == GRID
    assert body["ignored"] == []
    path = f"/api/v1/requests/{body['reference']}/"
    emptied = caller.patch(path, {"mgrs": ""}, format="json", HTTP_IF_MATCH='"1"').json()
    assert [emptied[name] for name in ("latitude", "longitude", "mgrs")] == [None, None, ""]


def test_all_that_is_wrong_with_a_place_is_told_at_once_each_at_its_field():
    mission = a_mission()
    form = DraftForm(
        "civil_assistance",
        mission,
        {"area": "Provinse East", "mgrs": "41L KK 268", "latitude": "97", "women": "-1"},
    )

    with pytest.raises(Malformed) as refused:
        form.values()

    told = {error.field: error.message for error in refused.value.errors}
    assert set(told) == {"area", "mgrs", "latitude", "women"}
    assert "Did you mean Province East (CR01)?" in told["area"]


def test_a_grid_reference_and_degrees_that_mean_two_places_are_neither_taken_for_the_other():
    mission = a_mission()
    sent = {"mgrs": GRID, "latitude": "-9.6", "longitude": "60.5"}

    with pytest.raises(Malformed) as refused:
        DraftForm("civil_assistance", mission, sent).values()

    assert [error.field for error in refused.value.errors] == ["mgrs"]
    assert "9.8 km from the latitude" in refused.value.errors[0].message
    sent |= {"latitude": "-9.5124", "longitude": "60.5123"}
    kept = DraftForm("civil_assistance", mission, sent).values()
    assert (kept["latitude"], kept["longitude"]) == (-9.5124, 60.5123)


@pytest.mark.parametrize("typed", ["CR01", "cr01", "Province East", "Province East (CR01)"])
def test_an_area_is_named_by_p_code_by_name_or_by_both(typed):
    form = DraftForm("civil_assistance", a_mission(), {"area": typed})

    assert form.values()["area"].pcode == "CR01"


def test_the_report_of_an_extreme_situation_takes_a_grid_reference():
    mission = a_mission()
    form = ExtremeSituationForm(
        mission,
        {
            "title": "Twelve families lifted",
            "harm": "life",
            "acted_at": "2026-01-02T10:00",
            "action_taken": "Two boats.",
            "place": "Amsan ford",
            "mgrs": GRID,
        },
    )

    values = form.values()

    assert (values["latitude"], values["longitude"]) == pytest.approx(TERENI, abs=0.0001)
    assert "mgrs" not in values


def test_a_point_gives_its_district_and_sector_to_a_request_that_names_none():
    mission = with_boundaries()
    rfa = start_draft(
        actor=who("chief.cimic"),
        kind="civil_assistance",
        values={"latitude": TERENI[0], "longitude": TERENI[1]},
    )

    assert (rfa.area.pcode, rfa.sector.code) == ("CR0101", "east")
    assert area_at(mission, -9.9, 60.1).pcode == "CR01"
    assert area_at(mission, 10.0, 10.0) is None


def test_a_point_outside_the_boundaries_or_in_another_area_is_warned_of_and_kept():
    mission = a_mission()
    draft = a_draft()
    with_boundaries(mission)
    actor, west = who("sector.east"), Area.objects.get(pcode="CR02")

    def doubts(**values):
        rfa = AssistanceRequest.objects.get(pk=draft.pk)
        change_draft(rfa=rfa, actor=actor, values=values, version=rfa.version)
        rfa.refresh_from_db()
        return [(doubt.field, doubt.message.split(".")[0]) for doubt in doubts_of(rfa)]

    assert doubts(latitude=10.0, longitude=10.0) == [
        ("latitude", "This point lies outside the mission's boundaries")
    ]
    assert doubts(latitude=TERENI[0], longitude=TERENI[1]) == []
    assert doubts(area=west) == [("area", "This point lies in Tereni, not in Province West")]


def test_the_api_warns_of_a_point_outside_the_boundaries_and_keeps_it():
    with_boundaries()

    far = civil_answers(latitude=10.0, longitude=10.0)
    made = Caller("sector.east").tell("requests/", far, expect=201)

    assert [warning["field"] for warning in made["warnings"]] == ["latitude"]


def test_no_boundaries_no_warning():
    a_mission()
    draft = a_draft(civil_answers(latitude=10.0, longitude=10.0))

    assert doubts_of(draft) == []
