"""The evaluation pack: one ZIP file, every figure added up again from its records (G)."""

import csv
import hashlib
import io
import json
import zipfile
from collections import defaultdict
from decimal import Decimal
from typing import Any

import pytest
from django.http import QueryDict
from pypdf import PdfReader

from cimic.demo.loading import load
from common.errors import Forbidden, Incomplete, Malformed
from ledger.models import Entry
from missions.models import Mission
from records.evaluation import pack as packing
from records.evaluation.pack import make_pack
from records.evaluation.traces import traces
from records.models import ExportRun
from records.statistics.question import By, read_asked
from records.statistics.reading import statistics_of
from tests.builders import (
    a_mission,
    a_refused,
    a_started,
    a_submitted,
    civil_answers,
    give,
    open_step,
    qip_answers,
    who,
)
from tests.calling import Caller
from tests.weighing import closed, report

pytestmark = pytest.mark.django_db


def files_of(query: str = "", *, by: str = "evaluator") -> dict[str, bytes]:
    """Make a pack and give its files by name."""
    with make_pack(who(by), QueryDict(query)).file as file, zipfile.ZipFile(file) as packed:
        assert packed.testzip() is None
        return {name: packed.read(name) for name in packed.namelist()}


def lines_of(files: dict[str, bytes], name: str) -> list[dict[str, str]]:
    """The lines of a figure's file, the first of those of this trace."""
    found = sorted(each for each in files if each.endswith(f"-{name.replace('_', '-')}.csv"))
    return list(csv.DictReader(io.StringIO(files[found[0]].decode("utf-8"))))


def words_of(files: dict[str, bytes]) -> str:
    reader = PdfReader(io.BytesIO(files["report.pdf"]))
    return "\n".join(page.extract_text() for page in reader.pages)


def a_busy_mission() -> Mission:
    """A mission with a record at each end."""
    mission = a_mission()
    a_submitted()
    a_refused()
    closed(a_started())
    a_started(qip_answers(), by="partner.ngo")
    report()
    return mission


@pytest.fixture
def busy() -> Mission:
    return a_busy_mission()


def test_G_the_pack_holds_the_report_a_file_a_figure_and_a_manifest(busy):
    files = files_of()

    assert {"report.pdf", "counts.json", "README.txt", "manifest.json"} <= set(files)
    figures = sorted(name for name in files if name.startswith("figures/"))
    assert figures[0] == "figures/F01-groups.csv"
    assert figures[-1] == f"figures/F{len(figures):02}-compliance.csv"
    assert all(name in files["README.txt"].decode() for name in figures)


def test_the_manifest_digests_every_other_file(busy):
    files = files_of()

    manifest = json.loads(files.pop("manifest.json"))

    assert {each["name"]: each["sha256"] for each in manifest["files"]} == {
        name: hashlib.sha256(body).hexdigest() for name, body in files.items()
    }
    assert (manifest["mission"], manifest["language"]) == ("UNAC", "en")


def test_every_figure_of_the_report_names_its_file_and_its_page(busy):
    files = files_of()
    said = words_of(files)

    for name in sorted(files):
        if name.startswith("figures/"):
            assert name in said
    links = [
        str(note.get_object()["/A"]["/URI"])
        for page in PdfReader(io.BytesIO(files["report.pdf"])).pages
        for note in page.get("/Annots", [])
    ]
    assert any("/evaluation/?from=" in link and link.endswith("#stages") for link in links)


# Numbers that are added up as they are; spans of time are medians of theirs.
ADDED = {
    "groups": (
        *("records", "extreme_situations", "asked", "decided", "approved", "refused"),
        *("started", "completed", "closed", "late"),
    ),
    "flow": ("came", "went", "waiting", "late"),
    "stages": ("records",),
    "spans": ("records",),
    "by_kind": ("asked", "decided", "approved", "with_conditions", "refused", "undecided"),
    "by_requester": ("asked", "decided", "approved", "refused", "withdrawn", "undecided"),
    "against_priorities": ("asked", "decided", "approved", "refused"),
    "refused": ("refused", "met_by_others", "not_met", "not_known"),
    "delivered": ("records",),
    "money": (
        *("projects", "asked", "approved_projects", "approved", "paid", "to_pay"),
        *("above_ceiling", "above_with_reason"),
    ),
    "deadlines": ("projects",),
    "people": ("completed", "counted", "women", "men", "girls", "boys"),
    "extreme": (
        *("reports", "events", "held", "not_held", "open"),
        *("within_6_hours", "within_24_hours", "within_72_hours", "later"),
    ),
    "compliance": ("complied", "exceptions", "pending"),
}


def added_up(lines: list[dict[str, str]], names: tuple[str, ...]) -> dict[str, list[Decimal]]:
    found: dict[str, list[Decimal]] = defaultdict(lambda: [Decimal(0)] * len(names))
    for line in lines:
        found[line["key"]] = [
            before + Decimal(line[name] or 0)
            for before, name in zip(found[line["key"]], names, strict=True)
        ]
    return found


def as_counted(lines: list[dict[str, Any]], names: tuple[str, ...]) -> dict[str, list[Decimal]]:
    """The figure's own lines by key, without the line of all keys together."""
    return {
        line["key"] or "": [Decimal(str(line[name])) for name in names]
        for line in lines
        if line["key"] is not None
    }


def holds(files: dict[str, bytes], name: str) -> bool:
    """Whether a figure's numbers are what its file adds up to."""
    counted = as_counted(json.loads(files["counts.json"])[name], ADDED[name])
    traced = added_up(lines_of(files, name), ADDED[name])
    if name in {"people", "delivered", "extreme"}:
        counted.pop("", None)
    if name == "delivered":
        traced = {key: value for key, value in traced.items() if key in counted}
    some = {key: values for key, values in counted.items() if any(values)}
    assert {key: values for key, values in traced.items() if any(values)} == some
    return bool(some)


@pytest.mark.parametrize("name", ADDED)
def test_adding_up_a_figures_file_gives_the_figure(busy, name):
    holds(files_of(), name)


def test_the_demonstrations_figures_all_add_up_in_both_languages():
    load()
    for query in ("", "language=fr"):
        files = files_of(query)
        assert [name for name in ADDED if not holds(files, name)] == []


def test_every_figure_of_the_page_has_its_trace(busy):
    asked = read_asked(QueryDict(), busy)
    counted = set(statistics_of(who("evaluator"), asked).figures)

    assert counted - set(traces(By.MONTH)) == {"totals", "each_priority", "projects"}
    assert set(traces(By.MONTH)) == set(ADDED)


def test_the_people_reached_are_counted_by_sex_and_age(busy):
    line = next(line for line in lines_of(files_of(), "people"))

    assert set(line) == {
        *("key", "reference", "completed", "counted", "women", "men", "girls", "boys")
    }


def test_the_report_speaks_the_language_asked_for_or_the_readers_own(busy):
    files = files_of("language=fr")

    assert PdfReader(io.BytesIO(files["report.pdf"])).trailer["/Root"]["/Lang"] == "fr"
    assert json.loads(files["manifest.json"])["language"] == "fr"
    assert PdfReader(io.BytesIO(files_of()["report.pdf"])).trailer["/Root"]["/Lang"] == "en"


def test_the_report_is_marked_as_pdf_a_and_for_screen_readers(busy):
    reader = PdfReader(io.BytesIO(files_of()["report.pdf"]), strict=True)
    xmp = reader.xmp_metadata.stream.get_data().decode()

    assert "<pdfaid:part>3</pdfaid:part>" in xmp
    assert "<pdfuaid:part>1</pdfuaid:part>" in xmp
    assert "/StructTreeRoot" in reader.trailer["/Root"]


@pytest.mark.parametrize(
    "username", ["sector.east", "cimic.staff", "dms", "partner.ngo", "records.officer", "admin"]
)
def test_who_does_not_read_compliance_makes_no_pack(busy, client, username):
    client.force_login(who(username))

    with pytest.raises(Forbidden):
        make_pack(who(username), QueryDict())
    assert client.get("/evaluation/pack/").status_code == 403
    assert Caller(username).get("/api/v1/evaluation/pack/").status_code == 403
    assert "Make the pack" not in client.get("/evaluation/").content.decode()
    assert not ExportRun.objects.exists()


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("from=tomorrow", "from"),
        ("language=xx", "language"),
        ("kind=everything", "kind"),
        ("sector=north", "sector"),
        ("colour=blue", "colour"),
        ("from=2026-12-01&to=2026-01-01", "from"),
    ],
)
def test_a_question_that_means_nothing_is_refused_and_nothing_leaves(busy, query, field):
    with pytest.raises(Malformed) as refused:
        make_pack(who("evaluator"), QueryDict(query))

    assert [error.field for error in refused.value.errors] == [field]
    assert Caller("evaluator").get(f"/api/v1/evaluation/pack/?{query}").status_code == 400
    assert not ExportRun.objects.exists()


def test_a_period_with_more_records_than_a_pack_holds_is_refused(busy, monkeypatch):
    monkeypatch.setattr(packing, "MOST_RECORDS", 2)

    with pytest.raises(Incomplete, match="a pack holds 2"):
        make_pack(who("evaluator"), QueryDict())
    assert not ExportRun.objects.exists()


def test_what_the_reader_may_not_see_is_in_no_file(busy):
    secret = a_submitted(civil_answers(classification="strictly_confidential"))
    plain = a_submitted()

    for by, sees in (("evaluator", False), ("cos", True)):
        files = files_of(by=by)
        everything = b"\n".join(body for name, body in files.items() if name != "report.pdf")
        said = words_of(files)
        assert plain.reference in everything.decode()
        assert (secret.reference in everything.decode() + said) is sees


def test_no_cell_starts_a_formula_and_no_title_leaves(busy):
    rfa = a_refused()
    Mission.objects.filter(code="UNAC").update(name="=cmd()")
    rfa.delivery = None
    files = files_of()

    for name, body in files.items():
        if name.endswith(".csv"):
            for line in csv.reader(io.StringIO(body.decode())):
                assert not [cell for cell in line if cell[:1] in "=+@" and cell]
            assert rfa.title not in body.decode()


def test_making_it_is_an_export_with_its_digest(busy):
    answer = Caller("cos").get("/api/v1/evaluation/pack/?kind=civil_assistance&language=fr")
    body = b"".join(answer.streaming_content)

    assert answer["Content-Type"] == "application/zip"
    run = ExportRun.objects.get()
    assert (run.form, run.by, run.state) == ("pack", who("cos"), "finished")
    assert run.digest == hashlib.sha256(body).hexdigest() == answer["Content-Digest-SHA256"]
    acts = Entry.objects.filter(chain=run.pk).order_by("number").values_list("act", flat=True)
    assert list(acts) == ["export.started", "export.finished"]
    last = Entry.objects.get(chain=run.pk, number=2)
    assert json.loads(last.payload.text)["sha256"] == run.digest
    assert Caller("cos").read(f"exports/{run.pk}/")["sha256"] == run.digest


def test_a_failure_half_way_is_recorded_as_cut(busy, monkeypatch):
    def fails(*args: object) -> bytes:
        raise RuntimeError("no paper")

    monkeypatch.setattr(packing, "report_as_pdf", fails)
    with pytest.raises(RuntimeError):
        make_pack(who("evaluator"), QueryDict())

    assert ExportRun.objects.get().state == "cut"


def test_the_page_offers_the_pack_for_its_period_and_language(busy, client):
    client.force_login(who("evaluator"))

    said = client.get("/evaluation/?kind=qip").content.decode()

    assert "Make the pack" in said
    assert 'name="kind" value="qip"' in said
    answer = client.get("/evaluation/pack/?kind=qip&sector=&language=en")
    with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as packed:
        assert json.loads(packed.read("manifest.json"))["kind"] == "qip"


def test_an_empty_period_makes_a_pack_that_says_so():
    a_mission()

    files = files_of("from=2026-02-01&to=2026-02-02")

    assert "0 requests" in words_of(files)
    assert lines_of(files, "groups") == []


def test_the_answer_of_a_refusal_adds_up_after_others_delivered(busy):
    refused = a_refused()
    give(open_step(a_submitted()))
    files = files_of()

    line = next(
        each for each in lines_of(files, "refused") if each["reference"] == refused.reference
    )
    assert (line["not_known"], line["met_by_others"]) == ("1", "0")
