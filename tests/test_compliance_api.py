"""Compliance through the API: who reads it, up to what, by which question."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from approvals import services as approvals
from common import clock
from missions.models import Delegation, Post
from records.compliance.access import READERS
from records.compliance.summary import sweep
from records.models import ExportRun
from tests.builders import (
    POSTS,
    a_mission,
    a_refused,
    a_started,
    a_submitted,
    an_approved,
    civil_answers,
    give,
    in_days,
    open_step,
    who,
)
from tests.calling import Caller
from tests.weighing import report

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def mission():
    return a_mission()


def rows(username: str = "cos", query: str = "") -> dict[str, dict[str, object]]:
    """The report by row, as somebody reads it."""
    return {line["row"]: line for line in Caller(username).read(f"compliance/{query}")}


def not_verified(classification: str = "unclassified") -> str:
    """A record that breaks R22, forwarded without a word on the need; give its reference."""
    rfa = a_submitted(civil_answers(classification=classification))
    give(open_step(rfa))
    return rfa.reference


def test_every_row_has_what_the_contract_says():
    reference = not_verified()

    found = rows()["R22"]

    assert (found["applied"], found["complied"], found["pending"]) == (1, 0, 0)
    assert found["exceptions"] == [reference]
    assert found["exceptions_total"] == 1
    assert found["paragraph"] == "R22"
    assert rows()["P36"]["paragraph"] == "36"
    assert rows()["P54"] | {"title": ""} == {
        "row": "P54",
        "paragraph": "54",
        "title": "",
        "of": "",
        "assessable": False,
        "why_not": rows()["P54"]["why_not"],
        "not_recorded": "",
        "applied": 0,
        "complied": 0,
        "pending": 0,
        "percent": None,
        "exceptions": [],
        "exceptions_total": 0,
    }


def test_what_applied_is_what_complied_and_the_exceptions():
    a_started(), a_refused(), not_verified(), report()

    for line in Caller("cos").read("compliance/"):
        assert line["applied"] == line["complied"] + line["exceptions_total"]


@pytest.mark.parametrize("username", POSTS)
def test_the_chief_of_staff_the_chief_evaluators_the_srsg_and_dsrsg_read_and_nobody_else(username):
    reads = POSTS[username][0] in READERS

    for path in ("compliance/", "compliance/P36/", "compliance/extreme/", "compliance.pdf"):
        answer = Caller(username).get(f"/api/v1/{path}")
        assert answer.status_code == (200 if reads else 403)


def test_a_reader_who_does_not_see_the_whole_mission_does_not_read_it():
    Post.objects.filter(code="evaluator").update(reach="own")

    Caller("evaluator").read("compliance/", expect=403)


def test_an_evaluator_neither_counts_nor_sees_what_the_clearance_does_not_cover():
    not_verified("unclassified")
    strict = not_verified("strictly_confidential")
    Post.objects.filter(code="evaluator").update(clearance=1)

    assert rows("cos")["R22"]["exceptions_total"] == 2
    assert strict in rows("cos")["R22"]["exceptions"]
    seen = rows("evaluator")["R22"]
    assert seen["exceptions_total"] == 1
    assert strict not in seen["exceptions"]
    drilled = Caller("evaluator").read("compliance/R22/")["results"]
    assert strict not in [line["reference"] for line in drilled]
    assert rows("evaluator")["N4"]["applied"] == 1


def test_units_extreme_situations_are_counted_by_what_was_found_and_how_soon_they_were_told():
    first, second = report(), report(acted_at=(clock.now() - dt.timedelta(hours=5)).isoformat())
    report(acted_at=(clock.now() - dt.timedelta(hours=9)).isoformat())
    for rfa, word in ((first, "held"), (second, "not_held")):
        give(open_step(rfa))
        give(open_step(rfa), word)
    a_started()

    assert Caller("cos").read("compliance/extreme/") == [
        {
            "unit": "east-bn",
            "name": "East Bn",
            "reports": 3,
            "held": 1,
            "not_held": 1,
            "open": 1,
            "rate": 50,
            "tasks": 1,
            "share": 75,
            "median_minutes": 300,
        }
    ]
    assert Caller("cos").read("compliance/extreme/?sector=west") == []


def test_a_rows_exceptions_come_in_pages_each_with_the_entry_that_proves_it():
    references = [not_verified() for _ in range(3)]

    first = Caller("cos").read("compliance/R22/?page_size=2")
    cursor = first["next"].split("?")[1]
    second = Caller("cos").read(f"compliance/R22/?{cursor}")

    assert [line["reference"] for line in first["results"] + second["results"]] == references[::-1]
    assert (first["previous"], second["next"]) == (None, None)
    proved = first["results"][0]
    history = Caller("cos").read(f"requests/{proved['reference']}/history/")
    entry = (history["results"] if isinstance(history, dict) else history)[proved["entry"] - 1]
    assert (entry["hash"], entry["act"]) == (proved["hash"], "step.answered")


def test_a_row_about_the_mission_itself_names_what_it_found():
    found = Caller("cos").read("compliance/P38.focal/")

    assert [(line["reference"], line["words"]) for line in found["results"]] == [
        ("Focal point", "None is named.")
    ]
    assert Caller("cos").read("compliance/P54/")["results"] == []
    Caller("cos").read("compliance/P99/", expect=404)


def test_a_period_a_sector_and_a_kind_narrow_it():
    reference = not_verified()
    report()

    assert rows(query="?kind=civil_assistance")["N4"]["applied"] == 1
    assert rows(query="?kind=extreme_situation")["N4"]["applied"] == 1
    assert rows(query="?sector=east")["R22"]["exceptions"] == [reference]
    assert rows(query="?sector=west")["R22"]["applied"] == 0
    long_ago = f"?from={in_days(-90)}&to={in_days(-60)}"
    assert rows(query=long_ago)["N4"]["applied"] == 0


def test_everything_wrong_in_a_question_is_said_at_once():
    wrong = "?from=2026-12-01&to=2026-11-01&sector=north&kind=loans&since=2026"

    answer = Caller("cos").read(f"compliance/{wrong}", expect=400)

    assert {error["field"] for error in answer["errors"]} == {"from", "sector", "kind", "since"}


@pytest.mark.parametrize(
    "query",
    [
        "from=yesterday",
        "to=2026-02-30",
        "from=0026-01-01",
        "from=2999-01-01",
        "from=2026-01-01&from=2026-02-01",
        "kind=qip&kind=civil_assistance",
        "from=%00",
        "sector=%00",
        "page=2",
    ],
)
def test_a_question_that_cannot_be_read_is_refused(query):
    for path in ("compliance/", "compliance/P36/", "compliance/extreme/", "compliance.pdf"):
        Caller("cos").read(f"{path}?{query}", expect=400)


def test_the_report_is_a_pdf_recorded_as_an_export_with_its_digest():
    not_verified()

    answer = Caller("cos").get("/api/v1/compliance.pdf?kind=civil_assistance")

    assert answer["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-1.7")
    assert b"pdfaid:part" in answer.content
    assert b"pdfuaid:part" in answer.content
    run = ExportRun.objects.get()
    assert (run.form, run.query, run.digest) == (
        "pdf",
        "kind=civil_assistance",
        answer["Content-Digest-SHA256"],
    )


def test_no_name_in_the_report_is_read_as_an_instruction(mission):
    mission.name = '#panic("x") $x$ [_a_] *b* @c <d> \\ " 日本 العربية'
    mission.save()
    mission.units.update(name="#include 'x' 日")
    report()

    answer = Caller("cos").get("/api/v1/compliance.pdf")

    assert answer.status_code == 200
    assert answer.content.startswith(b"%PDF")


def statements(path: str) -> int:
    caller = Caller("cos")
    caller.read("compliance/")
    with CaptureQueriesContext(connection) as asked:
        assert caller.get(f"/api/v1/{path}").status_code == 200
    return len(asked)


def test_it_takes_the_same_statements_for_three_records_and_for_two_hundred():
    paths = ("compliance/", "compliance/R22/", "compliance/extreme/")
    for _ in range(2):
        not_verified()
    report()
    few = [statements(path) for path in paths]

    for _ in range(194):
        a_submitted()
    for _ in range(2):
        not_verified()
    report()
    while sweep():
        pass

    assert [statements(path) for path in paths] == few


def test_many_deeds_that_are_not_counted_yet_are_said(monkeypatch):
    monkeypatch.setattr("records.compliance.reading.AT_ONCE", 1)
    not_verified()

    answer = Caller("cos").get("/api/v1/compliance/")

    assert answer["X-Not-Yet-Counted"] == "3"
    assert {line["row"]: line for line in answer.json()}["R22"]["applied"] == 0


def test_a_delegation_bounded_to_a_route_does_not_read_the_whole(mission):

    Delegation.objects.create(
        post=Post.objects.get(code="cos"),
        delegate=who("ops"),
        given_by=who("cos"),
        routes=["qip"],
        from_on=in_days(-1),
        until_on=in_days(1),
    )

    Caller("ops").read("compliance/", expect=403)


def test_a_record_whose_classification_is_raised_leaves_the_lower_counts():
    rfa = an_approved()
    before = rows("evaluator")["N4"]["applied"]
    rfa.classification = 2
    rfa.save()

    approvals.say(rfa=rfa, actor=who("chief.cimic"), text="Raised.")

    assert (before, rows("evaluator")["N4"]["applied"]) == (1, 0)
    assert rows("cos")["N4"]["applied"] == 1
