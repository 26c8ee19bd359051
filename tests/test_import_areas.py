"""``import_areas``: a country's provinces and districts come in whole or not at all."""

import datetime as dt
import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from cimic.demo.world import boundaries
from missions.boundaries import contains, point_inside
from missions.models import Area, Mission, Sector

pytestmark = pytest.mark.django_db


def a_square(west: float, south: float, side: float = 1.0) -> dict:
    ring = [[west, south], [west + side, south], [west + side, south + side], [west, south + side]]
    return {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}


def an_area(pcode: str, *, level: int = 1, parent: str | None = None, **more) -> dict:
    geometry = more.pop("geometry", a_square(60, -9))
    properties = {"pcode": pcode, "name": f"Area {pcode}", "level": level, "parent": parent, **more}
    return {"type": "Feature", "properties": properties, "geometry": geometry}


@pytest.fixture
def mission() -> Mission:
    return Mission.objects.create(
        code="UNX", name="A mission", country="X", established_on=dt.date(2027, 1, 1)
    )


@pytest.fixture
def importing(mission, tmp_path):
    """Import features, a text or bytes; return what the command printed."""

    def run(content, code: str = "UNX") -> str:
        path = tmp_path / "areas.geojson"
        if isinstance(content, list):
            content = json.dumps({"type": "FeatureCollection", "features": content})
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        out, err = StringIO(), StringIO()
        try:
            call_command("import_areas", str(path), mission=code, stdout=out, stderr=err)
        except CommandError as error:
            raise CommandError(f"{err.getvalue()}{error}", returncode=error.returncode) from error
        return out.getvalue()

    return run


def test_carana_comes_in_and_the_same_file_again_changes_nothing(importing):
    text = json.dumps(boundaries())

    assert "35 areas made, 0 changed, 0 as they were" in importing(text)
    assert "0 areas made, 0 changed, 35 as they were" in importing(text)

    galasi = Area.objects.get(pcode="CR0101")
    assert (galasi.name, galasi.parent.name, galasi.level) == ("Galasi", "Fellari", 2)
    assert contains(galasi.boundary, galasi.longitude, galasi.latitude)


def test_a_later_file_brings_names_borders_and_sectors_up_to_date(importing, mission):
    Sector.objects.create(mission=mission, code="north", name="Sector North")
    importing([an_area("A"), an_area("A1", level=2, parent="A"), an_area("B")])

    said = importing([an_area("A", name="New name", sector="north", geometry=a_square(50, 0))])

    area = Area.objects.get(pcode="A")
    assert "0 areas made, 1 changed, 0 as they were" in said
    assert (area.name, area.sector.code, area.longitude) == ("New name", "north", 50.5)
    assert Area.objects.count() == 3


def test_every_fault_is_told_at_once_and_nothing_is_imported(importing):
    unclosed = {"type": "Polygon", "coordinates": [[[60, -9], [61, -9], [61, -8], [60, -8]]]}
    off_the_earth = a_square(200, -9)
    flat = {"type": "Polygon", "coordinates": [[[60, -9], [61, -9], [62, -9], [60, -9]]]}
    faulty = [
        an_area("GOOD"),
        an_area(""),
        an_area("A1", level=2),
        an_area("B", level=7),
        an_area("C", geometry=unclosed),
        an_area("D", geometry=off_the_earth),
        an_area("E", geometry=flat),
        an_area("F", geometry={"type": "Point", "coordinates": [60, -9]}),
        an_area("G", geometry=None),
        an_area("H", name=None),
        an_area("X" * 21),
        "no feature",
    ]

    with pytest.raises(CommandError) as refused:
        importing(faulty)

    told = str(refused.value)
    assert refused.value.returncode == 1
    for line in (
        "features[1].properties.pcode: Give its pcode.",
        "features[2].properties.parent: A district names its province's pcode.",
        "features[3].properties.level: Level is",
        "features[4].geometry: A ring ends where it begins.",
        "features[5].geometry: Each position is a longitude",
        "features[6].geometry: A ring encloses some ground.",
        "features[7].geometry: The geometry is a Polygon or a MultiPolygon.",
        "features[8].geometry: The geometry is a Polygon or a MultiPolygon.",
        "features[9].properties.name: Give its name.",
        "features[10].properties.pcode: A pcode has at most 20 characters.",
        "features[11]: Each entry is a Feature with properties.",
        "Nothing imported: 11 faults",
    ):
        assert line in told
    assert not Area.objects.exists()


def test_duplicates_unknown_parents_and_sectors_are_refused_together(importing):
    with pytest.raises(CommandError) as refused:
        importing(
            [
                an_area("A"),
                an_area("A"),
                an_area("A1", level=2, parent="Z"),
                an_area("A2", level=2, parent="A1"),
                an_area("B", sector="nowhere"),
            ]
        )

    told = str(refused.value)
    assert "features[1].properties.pcode: A stands already at features[0]." in told
    assert "features[2].properties.parent: Z is neither in the file nor in the mission." in told
    assert "features[3].properties.parent: A1 does not stand above A2." in told
    assert "features[4].properties.sector: The mission has no nowhere." in told
    assert not Area.objects.exists()


def test_a_parent_may_be_in_the_mission_already(importing):
    importing([an_area("A")])

    importing([an_area("A1", level=2, parent="A")])

    assert Area.objects.get(pcode="A1").parent.pcode == "A"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", "is no JSON"),
        ("[" * 100_000, "is no JSON"),
        (b"\xff\xfe\x00", "is no UTF-8 text"),
        ("[]", "no GeoJSON FeatureCollection"),
        ('{"type": "FeatureCollection", "features": []}', "holds no area"),
        ("", "is no JSON"),
    ],
)
def test_what_is_no_geojson_is_refused(importing, content, says):
    with pytest.raises(CommandError, match=says) as refused:
        importing(content)

    assert refused.value.returncode == 1


def test_an_unknown_mission_or_file_is_said(importing, tmp_path):
    with pytest.raises(CommandError, match="There is no mission NONE") as refused:
        importing([an_area("A")], code="NONE")
    assert refused.value.returncode == 2

    with pytest.raises(CommandError, match="Cannot read") as refused:
        call_command("import_areas", str(tmp_path / "nothing.geojson"), mission="UNX")
    assert refused.value.returncode == 2


def test_a_point_is_found_inside_a_bent_area_and_outside_its_holes():
    bent = {
        "type": "Polygon",
        "coordinates": [
            [[0, 0], [10, 0], [10, 10], [8, 10], [8, 2], [2, 2], [2, 10], [0, 10], [0, 0]]
        ],
    }
    ring = a_square(0, 0, 10)["coordinates"][0]
    hollow = {"type": "Polygon", "coordinates": [ring, a_square(2, 2, 6)["coordinates"][0]]}

    for boundary in (bent, hollow):
        assert contains(boundary, *point_inside(boundary))
