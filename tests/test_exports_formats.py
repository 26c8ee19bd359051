"""The register leaves as CSV, workbook, JSON and GeoJSON: what is shown, masked and recorded."""

import csv
import datetime as dt
import hashlib
import io
import json
import zipfile
from xml.etree import ElementTree

import pytest

from ledger.models import Entry
from records import exports
from records.columns import COLUMNS
from records.exports import workbook as workbook_of_exports
from records.exports.columns import EVERY
from records.models import ExportRun
from requests_app.models import AssistanceRequest
from tests.builders import (
    POSTS,
    a_draft,
    a_mission,
    a_submitted,
    carried_to,
    civil_answers,
    qip_answers,
    who,
)
from tests.calling import Caller

pytestmark = pytest.mark.django_db
FORMS = ("csv", "xlsx", "json", "geojson")
SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
USUAL = (
    "Reference,Kind,Status,Title,Category,UN-CIMIC function,Sector,Area p-code,Area,Place,"
    "Latitude,Longitude,Organisation,Organisation type,Asked by,Needed by,Urgency,Women,Men,"
    "Girls,Boys,Estimated cost,Currency,Classification,Submitted at,Decided at,Started on,"
    "Completed on,Closed at,IATI status,"
    "Imported history"
)


@pytest.fixture(autouse=True)
def _mission():
    a_mission()


def body(answer):
    assert answer.status_code == 200, answer.content
    return b"".join(answer.streaming_content)


def workbook(content):
    """Read the sheets of a workbook as rows of cells, numbers as numbers."""
    book = zipfile.ZipFile(io.BytesIO(content))
    shared = []
    if "xl/sharedStrings.xml" in book.namelist():
        root = ElementTree.fromstring(book.read("xl/sharedStrings.xml"))  # noqa: S314 - our own
        shared = ["".join(text.itertext()) for text in root.iter(f"{SHEET}si")]
    assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")

    def cell(one):
        if one.get("t") == "s":
            return shared[int(one.find(f"{SHEET}v").text)]
        if one.get("t") == "inlineStr":
            return "".join(one.find(f"{SHEET}is").itertext())
        return float(one.find(f"{SHEET}v").text)

    sheets = []
    for name in ("sheet1", "sheet2"):
        root = ElementTree.fromstring(book.read(f"xl/worksheets/{name}.xml"))  # noqa: S314
        sheets.append(
            [
                {one.get("r").rstrip("0123456789"): cell(one) for one in row.iter(f"{SHEET}c")}
                for row in root.iter(f"{SHEET}row")
            ]
        )
    return sheets


def references(form, content):
    """The references a file holds, in its order."""
    match form:
        case "csv":
            return [line["Reference"] for line in csv.DictReader(content.decode().splitlines())]
        case "xlsx":
            return [row["A"] for row in workbook(content)[0][1:]]
        case "json":
            return [line["reference"] for line in json.loads(content)["results"]]
    return [feature["id"] for feature in json.loads(content)["features"]]


def test_the_usual_columns_of_the_csv_stay_as_they_were():
    a_submitted()
    (heading, _line) = body(Caller("cos").get("/api/v1/register.csv")).decode().splitlines()
    assert heading == USUAL


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("username", [name for name in POSTS if name != "admin"])
def test_P15_each_form_holds_the_rows_of_ones_own_sight_from_page_and_api(form, username, client):
    a_mission("UNEX")
    a_submitted(civil_answers(title="East"))
    a_submitted(civil_answers(title="West", area="CR02"), by="sector.west")
    a_submitted(civil_answers(title="Of the NGO"), by="partner.ngo")
    a_submitted(civil_answers(title="Strict", classification="strictly_confidential"))
    a_draft(civil_answers(title="A draft"))
    a_submitted(civil_answers(title="Elsewhere"), by="unex.sector.east")
    client.force_login(who(username))
    listed = [line["reference"] for line in client.get("/register/").context["lines"]]

    page = body(client.get(f"/register.{form}"))
    api = body(Caller(username).get(f"/api/v1/register.{form}"))

    assert references(form, page) == references(form, api) == listed


@pytest.mark.parametrize("form", FORMS)
def test_P41_each_export_is_recorded_with_its_filter_rows_and_digest(form):
    a_submitted()
    caller = Caller("chief.cimic")
    answer = caller.get(f"/api/v1/register.{form}?status=under_review&columns=kind&sort=title")
    content = body(answer)
    run = ExportRun.objects.get()
    assert (run.form, run.rows, run.digest, run.state) == (
        form,
        1,
        hashlib.sha256(content).hexdigest(),
        "finished",
    )
    assert run.query == "columns=kind&sort=title&status=under_review"
    assert answer["Content-Digest-SHA256"] == run.digest
    assert answer["X-Rows"] == "1"
    acts = Entry.objects.filter(chain=run.pk).order_by("number").values_list("act", flat=True)
    assert list(acts) == ["export.started", "export.finished"]
    assert caller.read(f"exports/{run.pk}/")["sha256"] == run.digest


@pytest.mark.parametrize("form", FORMS)
def test_a_misread_question_never_leaves_as_a_file(form, client):
    client.force_login(who("chief.cimic"))
    for query in ("status=nope", "statu=draft", "columns=password", "sort=password"):
        assert Caller("chief.cimic").get(f"/api/v1/register.{form}?{query}").status_code == 400
        assert client.get(f"/register.{form}?{query}").status_code == 400
    assert not ExportRun.objects.exists()


@pytest.mark.parametrize("form", FORMS)
def test_R22_a_low_profile_requester_leaves_in_no_form(form):
    a_submitted(
        civil_answers(
            low_profile=True, on_behalf_of="Mother Alina", latitude="-9.123", longitude="60.456"
        ),
        by="partner.ngo",
    )
    for query in ("", f"?columns={','.join(COLUMNS)}"):
        for account in ("chief.cimic", "cos", "partner.ngo"):
            content = body(Caller(account).get(f"/api/v1/register.{form}{query}"))
            if form == "xlsx":
                content = json.dumps(workbook(content)[0]).encode()
            assert references(form, content) if form != "xlsx" else b"UNAC-CA" in content
            for word in (b"Relief", b"RFC", b"Alina", b"Partner Ngo", b"9.123", b"60.456"):
                assert word not in content, (word, account, query)


def test_what_is_chosen_is_what_leaves_and_no_more():
    a_submitted()
    query = "columns=status,kind,waiting_on,sector,place"
    caller = Caller("chief.cimic")
    (line,) = csv.DictReader(
        body(caller.get(f"/api/v1/register.csv?{query}")).decode().splitlines()
    )
    assert list(line) == ["Reference", "Title", "Kind", "Sector", "Place", "Status", "Waiting on"]
    assert (line["Sector"], line["Waiting on"]) == ("Sector East", "Chief UN-CIMIC")
    (one,) = json.loads(body(caller.get(f"/api/v1/register.json?{query}")))["results"]
    assert list(one) == [
        "reference",
        "title",
        "kind",
        "sector_name",
        "where",
        "status",
        "waiting_on",
    ]


def test_every_column_that_a_page_can_show_can_leave():
    rfa = a_submitted(qip_answers(), by="partner.ngo")
    carried_to(rfa, "in_consultation")
    (line,) = json.loads(
        body(Caller("cos").get(f"/api/v1/register.json?columns={','.join(COLUMNS)}"))
    )["results"]
    assert line["people"] == 438
    assert line["requested_by"] == "Partner Ngo"
    assert line["waiting_on"].count(";") >= 1
    dt.datetime.fromisoformat(line["created_at"])
    assert set(line) >= {"area", "area_name", "disaster_event", "displacement_site", "changed_at"}


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_of_a_table_starts_a_formula_and_json_says_what_was_written(start):
    rfa = a_submitted()
    title = f"{start}HYPERLINK(A1)"
    AssistanceRequest.objects.filter(pk=rfa.pk).update(title=title, place=title)
    caller = Caller("cos")
    text = body(caller.get("/api/v1/register.csv?columns=place")).decode()
    (line,) = csv.DictReader(io.StringIO(text, newline=""))
    assert (line["Title"], line["Place"]) == (f"'{title}", f"'{title}")
    (row,) = workbook(body(caller.get("/api/v1/register.xlsx?columns=place")))[0][1:]
    assert row["B"].startswith("'")
    (one,) = json.loads(body(caller.get("/api/v1/register.json?columns=place")))["results"]
    assert (one["title"], one["where"]) == (title, title)


NASTY = ['quote " and \\ back', "line\nbreak", "\x01\x02 control", "comma, semi; €ضب", "\\."]


@pytest.mark.parametrize("title", NASTY)
def test_json_stays_json_whatever_people_write(title):
    rfa = a_submitted()
    a_submitted()
    AssistanceRequest.objects.filter(pk=rfa.pk).update(title=title)
    caller = Caller("cos")
    lines = json.loads(body(caller.get("/api/v1/register.json?sort=created")))["results"]
    features = json.loads(body(caller.get("/api/v1/register.geojson?sort=created")))["features"]
    assert lines[0]["title"] == features[0]["properties"]["title"] == title
    assert len(lines) == len(features) == 2


def test_geojson_has_points_longitude_first_and_none_where_there_is_none():
    a_submitted(civil_answers(title="Placed", latitude="-9.25", longitude="60.5"))
    a_submitted(civil_answers(title="Not placed"))
    collection = json.loads(body(Caller("cos").get("/api/v1/register.geojson?sort=created")))
    placed, not_placed = collection["features"]
    assert collection["type"] == "FeatureCollection"
    assert placed["geometry"] == {"type": "Point", "coordinates": [60.5, -9.25]}
    assert not_placed["geometry"] is None
    assert placed["properties"]["title"] == "Placed"
    assert len(placed["properties"]) == len(EVERY)


def test_a_workbook_holds_numbers_and_days_and_says_what_it_is():
    a_submitted(qip_answers(needed_by="2027-03-04"), by="partner.ngo")
    content = body(Caller("cos").get("/api/v1/register.xlsx?columns=needed_by,cost"))
    (head, line), about = workbook(content)
    assert list(head.values()) == [
        "Reference",
        "Title",
        "Needed by",
        "Estimated cost",
        "Currency",
    ]
    assert line["C"] == (dt.date(2027, 3, 4) - dt.date(1899, 12, 30)).days
    assert line["D"] == 7400
    told = {row["A"]: row.get("B", "") for row in about}
    assert (told["Mission"], told["Filter"]) == ("UNAC", "columns=needed_by%2Ccost")
    assert told["Export"] == str(ExportRun.objects.get().pk)


def test_too_many_rows_for_a_workbook_are_refused_and_recorded_as_cut(monkeypatch):
    monkeypatch.setattr(workbook_of_exports, "MOST_ROWS", 1)
    a_submitted()
    a_submitted()
    answer = Caller("cos").get("/api/v1/register.xlsx")
    assert answer.status_code == 400
    assert "CSV" in answer.json()["detail"]
    assert ExportRun.objects.get().state == "cut"


def test_an_empty_register_is_a_whole_file_in_each_form():
    for form in FORMS:
        assert references(form, body(Caller("cos").get(f"/api/v1/register.{form}"))) == []


def test_the_page_offers_files_of_exactly_what_it_shows(client):
    shown = a_submitted(civil_answers(title="Shown"))
    a_submitted(qip_answers(), by="partner.ngo")
    client.force_login(who("chief.cimic"))
    page = client.get("/register/?kind=civil_assistance&columns=status&sort=title&map=1&cursor=x")
    links = [one["url"] for one in page.context["exports"]]
    assert [link.split("?")[0] for link in links] == [
        "/register.csv",
        "/register.xlsx",
        "/register.json",
        "/register.geojson",
        "/register.csv",
    ]
    for link, form in zip(links, (*FORMS, "csv"), strict=True):
        assert references(form, body(client.get(link))) == [shown.reference]
    text = body(client.get(links[0])).decode()
    assert text.splitlines()[0] == "Reference,Title,Status"
    assert len(body(client.get(links[-1])).decode().splitlines()[0].split(",")) == len(EVERY)


def test_every_form_names_a_writer():
    assert tuple(exports.FORMS) == FORMS
