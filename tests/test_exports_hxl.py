"""What partners read: HXL tags and a 4W view by libhxl, GeoJSON by another's reader, IATI codes."""

import csv
import io
import json
import logging
import warnings

import geojson
import openpyxl
import pytest
from django.test import override_settings

from missions.models import Area
from records.exports.columns import EVERY, KNOWN
from records.exports.four_w import FOUR_W
from requests_app.models import AssistanceRequest
from tests.builders import (
    a_draft,
    a_mission,
    a_refused,
    a_started,
    a_submitted,
    civil_answers,
    qip_answers,
    security_answers,
)
from tests.calling import Caller

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import hxl

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _mission():
    a_mission()


def body(answer):
    assert answer.status_code == 200, answer.content
    return b"".join(answer.streaming_content)


def taken(query, *, form="csv", by="chief.cimic"):
    return body(Caller(by).get(f"/api/v1/register.{form}?{query}"))


def as_hxl(content):
    options = hxl.InputOptions(allow_local=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return hxl.data(io.BytesIO(content), options).cache()


def troubles(content):
    """What libhxl's own schema finds wrong."""
    found = []
    logging.getLogger("hxl").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        schema = hxl.schema(None, lambda error: found.append(str(error)))
        schema.validate(as_hxl(content))
    return found


@pytest.mark.parametrize("view", ["", "&view=4w"])
@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_libhxl_reads_and_validates_what_leaves_with_tags(form, view):
    a_submitted(civil_answers(latitude="-9.5", longitude="60.5"), by="partner.ngo")
    a_submitted(qip_answers(), by="partner.ngo")
    content = taken(f"hxl=1{view}", form=form)
    source = as_hxl(content)
    assert len(list(source)) == 2
    assert "#meta+id" in source.display_tags
    assert troubles(content) == []


def test_every_column_that_can_leave_has_a_tag_that_libhxl_knows_as_one():
    for column in [*KNOWN.values(), *FOUR_W]:
        assert hxl.model.TagPattern.parse(column.hxl), column.key
    for columns in (EVERY, FOUR_W):
        tags = [column.hxl for column in columns]
        assert len(set(tags)) == len(tags)


def test_the_tags_stand_under_the_headings_of_a_csv_and_a_workbook():
    rfa = a_submitted()
    lines = list(csv.reader(taken("hxl=1&columns=kind").decode().splitlines()))
    assert lines == [
        ["Reference", "Title", "Kind"],
        ["#meta+id", "#activity+name", "#activity+type"],
        [rfa.reference, rfa.title, "civil_assistance"],
    ]
    sheet = openpyxl.load_workbook(io.BytesIO(taken("hxl=1&columns=kind", form="xlsx")))["Register"]
    assert [list(row) for row in sheet.iter_rows(values_only=True)] == lines


def test_P28_the_4w_view_never_holds_what_partners_must_not_read():
    shown = a_submitted(civil_answers(title="Bridge"), by="partner.ngo")
    a_submitted(security_answers(title="Escort"), by="partner.ngo")
    a_submitted(civil_answers(title="Low", low_profile=True), by="partner.ngo")
    a_submitted(civil_answers(title="Secret", classification="confidential"))
    a_submitted(civil_answers(title="Gone", contact="Call 0700"), by="sector.east")
    a_draft(civil_answers(title="A draft"), by="chief.cimic")
    a_refused()
    content = taken("view=4w&sort=reference")
    titles = [line["Activity"] for line in csv.DictReader(io.StringIO(content.decode()))]
    assert set(titles) == {"Bridge", "Gone"}
    for word in (b"Escort", b"Low", b"Secret", b"0700", b"A draft", b"Refused"):
        assert word not in content
    (line, _other) = csv.DictReader(io.StringIO(content.decode()))
    assert line["Reference"] == shown.reference
    assert (line["Organisation"], line["Acronym"], line["Organisation type"]) == (
        "Relief for Carana",
        "RFC",
        "437",
    )
    assert (line["Country code"], line["Province p-code"]) == ("CRN", "CR01")


def test_the_4w_view_is_narrowed_by_the_same_questions_and_by_ones_own_sight():
    a_submitted(civil_answers(title="East"), by="sector.east")
    a_submitted(civil_answers(title="West", area="CR02"), by="sector.west")
    assert b"West" not in taken("view=4w&area=CR01")
    assert b"East" not in taken("view=4w", by="sector.west")


def test_a_district_is_told_with_its_province():
    Area.objects.create(
        mission=Area.objects.first().mission,
        parent=Area.objects.get(pcode="CR01"),
        level=2,
        pcode="CR0101",
        name="Tereni",
    )
    a_submitted(civil_answers(area="CR0101"))
    (line,) = csv.DictReader(io.StringIO(taken("view=4w").decode()))
    assert [line[name] for name in ("Province p-code", "District p-code", "District")] == [
        "CR01",
        "CR0101",
        "Tereni",
    ]


def test_a_record_stands_where_iati_says_it_does():
    a_draft(civil_answers(title="A draft"), by="chief.cimic")
    a_submitted(civil_answers(title="Asked"))
    a_started(civil_answers(title="Begun"))
    refused = a_refused()
    lines = csv.DictReader(io.StringIO(taken("").decode()))
    found = {line["Title"]: line["IATI status"] for line in lines}
    assert found == {"A draft": "1", "Asked": "1", "Begun": "2", refused.title: "5"}


def test_another_library_reads_the_geojson_as_valid():
    a_submitted(civil_answers(latitude="-9.5", longitude="60.5"))
    a_submitted(civil_answers(title="Nowhere in particular"))
    for query in ("", "view=4w"):
        collection = geojson.loads(taken(query, form="geojson"))
        assert isinstance(collection, geojson.FeatureCollection)
        assert collection.is_valid, collection.errors()
        points = [feature.geometry for feature in collection.features if feature.geometry]
        assert [point.coordinates for point in points] == [[60.5, -9.5]]


def test_another_library_opens_the_workbook_and_finds_no_formula():
    rfa = a_submitted(qip_answers(needed_by="2027-03-04"), by="partner.ngo")
    AssistanceRequest.objects.filter(pk=rfa.pk).update(title="=1+1")
    book = openpyxl.load_workbook(io.BytesIO(taken("columns=needed_by,cost", form="xlsx")))
    assert book.sheetnames == ["Register", "About", "Columns"]
    head, line = book["Register"].iter_rows()
    assert [cell.value for cell in head][2:] == ["Needed by", "Estimated cost", "Currency"]
    assert (line[1].value, line[1].data_type) == ("'=1+1", "s")
    assert (line[2].value.isoformat()[:10], line[2].is_date) == ("2027-03-04", True)
    assert line[3].value == 7400
    names = [row[0] for row in book["Columns"].iter_rows(values_only=True)]
    assert names == ["Name", "reference", "title", "needed_by", "estimated_cost", "currency"]


def test_headings_are_in_the_language_asked_for_and_english_without():
    a_submitted()
    assert taken("columns=status", form="csv").startswith(b"Reference,Title,Status")
    french = taken("columns=status&language=fr").decode().splitlines()[0]
    assert french.startswith("Référence,Titre,")
    with override_settings(LANGUAGE_CODE="en"):
        caller = Caller("cos")
        answer = caller.get("/api/v1/register.csv?columns=status", HTTP_ACCEPT_LANGUAGE="fr")
        assert body(answer).startswith(b"Reference,Title,Status")


def test_the_dictionary_explains_every_column_in_the_readers_language(client):
    caller = Caller("cos")
    told = caller.read("exports/dictionary/")
    assert [column["name"] for column in told["columns"]] == [column.key for column in EVERY]
    status = next(column for column in told["columns"] if column["name"] == "status")
    assert {"code": "under_review", "label": "Under review"} in status["codes"]
    assert (status["hxl"], status["type"]) == ("#status+code", "word")
    for column in told["columns"]:
        assert column["heading"]
        assert column["meaning"] or column["codes"] or column["hxl"]
    four = caller.read("exports/dictionary/?view=4w")["columns"]
    assert [column["name"] for column in four] == [column.key for column in FOUR_W]
    french = caller.read("exports/dictionary/?columns=status&language=fr")["columns"]
    assert [column["name"] for column in french] == ["reference", "title", "status"]
    assert french[0]["heading"] == "Référence"
    for query in ("view=no", "language=xx", "columns=nope", "status=draft"):
        assert caller.get(f"/api/v1/exports/dictionary/?{query}").status_code == 400


def test_the_dictionary_is_a_file_and_a_page_too(client):
    text = Caller("cos").get("/api/v1/exports/dictionary.csv?view=4w").content.decode()
    lines = list(csv.DictReader(io.StringIO(text)))
    assert [line["Name"] for line in lines] == [column.key for column in FOUR_W]
    assert not any(cell.startswith(tuple("=+-@")) for line in lines for cell in line.values())


def test_json_leaves_in_the_4w_view_too():
    a_submitted(civil_answers(title="Bridge"))
    (one,) = json.loads(taken("view=4w", form="json"))["results"]
    assert list(one) == [column.key for column in FOUR_W]
