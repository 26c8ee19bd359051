"""A mission's old spreadsheet comes in: all of it or nothing, each problem by its cell."""

import csv
import datetime as dt
import io
import json
import zipfile

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.utils.translation import override

from common import clock
from common.errors import Forbidden, Incomplete, Malformed, NotNow
from ledger.models import Chain, Entry
from missions.models import Appointment, Mission, User
from records.archive import pack
from records.compliance import summary
from records.models import RecordCompliance
from requests_app.importing import bringing, cells, matching, reading
from requests_app.importing.answers import state_of
from requests_app.importing.bringing import bring_in, match, preview, upload
from requests_app.importing.template import template_for
from requests_app.models import AssistanceRequest, ColumnMatch, ImportedRow, ImportRun
from requests_app.views.importing import box_of
from tests.builders import POSTS, a_mission, who
from tests.calling import Caller

pytestmark = pytest.mark.django_db
HEAD = ["Kind", "Status", "Date of request", "Subject", "District", "Cost", "Approved by"]
OVER = ["CA", "Completed", dt.date(2019, 5, 6), "Bridge at Tereni", "CR01", 1200, "Old DSRSG"]
PENDING = ["QIP", "Pending", dt.date(2026, 5, 6), "Latrines", "Province East", 900.5, ""]


@pytest.fixture(autouse=True)
def _mission(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"
    a_mission()


def chief():
    return who("chief.cimic")


def a_book(*rows, change=None, **sheets):
    """A workbook of these rows, as bytes; ``change`` may do more to its sheet."""
    book = openpyxl.Workbook()
    sheet = book.active
    for row in rows:
        sheet.append(row)
    if change:
        change(sheet)
    for name, state in sheets.items():
        book.create_sheet(name).sheet_state = state
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def a_csv(*rows, encoding="utf-8", delimiter=","):
    file = io.StringIO()
    csv.writer(file, delimiter=delimiter).writerows(rows)
    return file.getvalue().encode(encoding)


def looked_over(content, name="old.xlsx", **settings):
    run = upload(actor=chief(), name=name, content=content)
    if settings:
        run = match(run=run, actor=chief(), matching=settings.pop("matching", {}), **settings)
    return preview(run)


def problems(content, name="old.xlsx", **settings):
    return {one.at: one.message for one in looked_over(content, name, **settings).problems}


def brought(content, name="old.xlsx", **settings):
    found = looked_over(content, name, **settings)
    assert found.problems == []
    return bring_in(run=found.run, actor=chief())


def counts():
    return [model.objects.count() for model in (AssistanceRequest, Chain, Entry, ImportedRow)]


# --- what it becomes ------------------------------------------------------------------------------


def test_P30_what_is_over_is_history_and_what_is_not_is_a_draft():
    found = brought(a_book(HEAD, OVER, PENDING))
    assert (found.history, found.drafts) == (1, 1)
    over = AssistanceRequest.objects.get(title="Bridge at Tereni")
    draft = AssistanceRequest.objects.get(title="Latrines")
    assert (over.status, over.historical, over.kind) == ("closed", True, "civil_assistance")
    assert over.reference.startswith("UNAC-CA-2019-")
    assert over.submitted_at.date() == dt.date(2019, 5, 6)
    assert over.closed_at.date() == clock.now().date()
    assert (draft.status, draft.historical, draft.requested_by) == ("draft", False, chief())
    assert (draft.estimated_cost, draft.area.pcode) == (pytest.approx(900.5), "CR01")
    for rfa in (over, draft):
        assert not rfa.steps.exists()
        assert not hasattr(rfa, "task")
    assert over.imported.claims == {
        "asked_on": "2019-05-06",
        "decided_by": "Old DSRSG",
        "state": "Completed",
    }


def test_P41_where_it_comes_from_is_on_the_record_its_entry_and_its_page(client):
    found = brought(a_book(HEAD, OVER))
    rfa = AssistanceRequest.objects.get()
    entry = Entry.objects.get(chain=rfa.pk)
    said = json.loads(entry.payload.text)
    assert (entry.act, entry.actor, said["source"]["row"]) == ("request.imported", chief(), 2)
    assert said["source"]["sha256"] == found.run.digest
    assert (said["content"]["title"], said["claims"]["state"]) == ("Bridge at Tereni", "Completed")
    told = Caller("cos").read(f"requests/{rfa.reference}/")["imported"]
    assert (told["file"], told["row"], told["historical"]) == ("old.xlsx", 2, True)
    client.force_login(who("cos"))
    page = client.get(f"/register/{rfa.reference}/").content.decode()
    for words in ("not decided here", "old.xlsx", "Old DSRSG", "Imported"):
        assert words in page
    run = Entry.objects.get(act="import.done")
    assert json.loads(run.payload.text)["added"] == 1


def test_P30_nothing_can_rest_on_history():
    brought(a_book(HEAD, OVER))
    rfa = AssistanceRequest.objects.get()
    allowed = Caller("chief.cimic").read(f"requests/{rfa.reference}/")["allowed"]
    assert allowed == ["correction"]  # a dated one beside it, as beside any closed record
    for path in ("task/start/", "start/", "submit/", "withdraw/", "cancel/", "close/"):
        answer = Caller("chief.cimic").post(f"/api/v1/requests/{rfa.reference}/{path}", {}, "json")
        assert answer.status_code in {400, 403, 409} or path == "close/", path
    assert Entry.objects.filter(chain=rfa.pk).count() == 1
    for status in ("approved", "in_progress", "draft"):
        with pytest.raises(IntegrityError), transaction.atomic():
            AssistanceRequest.objects.filter(pk=rfa.pk).update(status=status)


def test_G_history_counts_in_no_compliance_row_and_no_figure():
    brought(a_book(HEAD, [*OVER[:2], dt.date.today(), *OVER[3:]], PENDING))  # noqa: DTZ011
    summary.catch_up(Mission.objects.get())
    assert not RecordCompliance.objects.exists()
    lines = Caller("cos").read("compliance/")
    assert sum(line["applied"] for line in lines if line["row"] in {"P30", "P36", "P41"}) == 0
    figures = Caller("cos").read("statistics/")
    assert json.dumps(figures).count("UNAC-CA") == 0


def test_history_is_in_the_register_marked_and_never_in_the_4w_view():
    brought(a_book(HEAD, OVER))
    caller = Caller("cos")
    text = b"".join(caller.get("/api/v1/register.csv").streaming_content).decode()
    (line,) = csv.DictReader(io.StringIO(text))
    assert (line["Status"], line["Imported history"]) == ("closed", "yes")
    partners = b"".join(caller.get("/api/v1/register.csv?view=4w").streaming_content).decode()
    assert len(partners.splitlines()) == 1


def test_P39_a_security_request_of_the_past_stays_hidden_from_the_force():
    row = ["SA", "Completed", dt.date(2019, 5, 6), "Escort", "CR01", "", ""]
    brought(a_book(HEAD, row))
    rfa = AssistanceRequest.objects.get()
    assert (rfa.hidden_from_force, rfa.classification) == (True, 1)
    assert Caller("ops").get(f"/api/v1/requests/{rfa.reference}/").status_code == 404


def test_R22_a_low_profile_row_does_not_tell_who_asked():
    head = [*HEAD, "Asked by", "Keep out of sight who asks", "Remarks"]
    brought(a_book(head, [*OVER, "Mother Alina", "yes", "Alina called"]))
    rfa = AssistanceRequest.objects.get()
    for username in ("civil.affairs", "evaluator"):
        body = Caller(username).get(f"/api/v1/requests/{rfa.reference}/").content
        history = Caller(username).get(f"/api/v1/requests/{rfa.reference}/history/").content
        assert b"Alina" not in body + history


def test_a_pending_row_is_submitted_like_any_other_and_lacks_what_it_lacks():
    brought(a_book(HEAD, PENDING))
    rfa = AssistanceRequest.objects.get()
    answer = Caller("chief.cimic").post(f"/api/v1/requests/{rfa.reference}/submit/", {}, "json")
    assert answer.status_code == 422
    assert "objective" in [error["field"] for error in answer.json()["errors"]]
    assert Caller("cos").get(f"/api/v1/requests/{rfa.reference}/").status_code == 404


def test_P41_history_is_packed_like_any_closed_record(tmp_path):
    brought(a_book(HEAD, OVER))
    rfa = AssistanceRequest.objects.get()
    kept = pack(rfa=rfa, to=tmp_path, actor=None)
    found = "".join(
        path.read_text() for path in (tmp_path / kept.name).rglob("*.json") if path.is_file()
    )
    assert "old.xlsx" in found  # the entry of the import travels with the chain


# --- the same twice -------------------------------------------------------------------------------


def test_the_same_file_twice_adds_nothing_and_a_longer_one_only_what_is_new():
    brought(a_book(HEAD, OVER))
    before = counts()
    again = looked_over(a_book(HEAD, OVER))
    assert ([row.there_as for row in again.there], again.ready) == (
        [AssistanceRequest.objects.get().reference],
        False,
    )
    found = brought(a_book(HEAD, OVER, PENDING), name="newer.xlsx")
    assert (len(found.new), len(found.there)) == (1, 1)
    assert counts()[0] == before[0] + 1
    # The same words in another order of columns, and as CSV, are the same row.
    turned = a_csv(HEAD[::-1], [str(cell) for cell in OVER[::-1]])
    assert len(looked_over(turned, "old.csv").there) == 1


def test_a_row_that_stands_twice_comes_in_once():
    found = brought(a_book(HEAD, OVER, OVER))
    assert [row.same_as for row in found.there] == [2]
    assert AssistanceRequest.objects.count() == 1


def test_a_file_brought_in_is_not_brought_in_again():
    found = brought(a_book(HEAD, OVER))
    with pytest.raises(NotNow):
        bring_in(run=found.run, actor=chief())


# --- all or nothing -------------------------------------------------------------------------------


def test_one_bad_cell_and_nothing_comes_in():
    before = counts()
    found = looked_over(a_book(HEAD, OVER, PENDING, [*PENDING[:4], "Nowhere", 1, ""]))
    with pytest.raises(Incomplete) as refusal:
        bring_in(run=found.run, actor=chief())
    assert [error.field for error in refusal.value.errors] == ["E4"]
    assert counts() == before


def test_a_failure_half_way_leaves_nothing(monkeypatch):
    found = looked_over(a_book(HEAD, OVER, PENDING))
    before, kept = counts(), bringing.start_draft

    def breaks(**_more):
        raise RuntimeError("the line broke")

    monkeypatch.setattr(bringing, "start_draft", breaks)
    with pytest.raises(RuntimeError):
        bring_in(run=found.run, actor=chief())
    assert counts() == before
    monkeypatch.setattr(bringing, "start_draft", kept)
    assert len(bring_in(run=found.run, actor=chief()).new) == 2


def test_every_problem_is_told_by_its_cell_at_once():
    rows = [
        ["XX", "Completed", "soon", "A", "CR01", "much", ""],
        ["CA", "Perhaps", dt.date(2019, 5, 6), "B", "CR01", 1, ""],
        ["CA", "Completed", "soon", "C", "CR01", 1, ""],
        ["CA", "Completed", dt.date(2019, 5, 6), "", "CR01", 1, ""],
        ["CA", "Completed", dt.date(2019, 5, 6), "E", "Atlantis", 1, ""],
        ["CA", "Completed", dt.date(2019, 5, 6), "F", "CR01", "much", ""],
        ["CA", "Completed", None, "G", "CR01", 1, ""],
        ["CA", "Completed", dt.date(2019, 5, 6), "x" * 200, "CR01", -5, ""],
    ]
    found = problems(a_book(HEAD, *rows))
    assert list(found) == ["A2", "C2", "F2", "B3", "C4", "D5", "E6", "F7", "C8", "D9", "F9"]
    assert "civil_assistance, security_assistance, qip" in found["A2"]
    assert "pending" in found["B3"]
    assert "2026-03-04" in found["C4"]


@pytest.mark.parametrize(
    ("written", "became"),
    [
        ("Achevée", "completed"),
        ("Clôturés", "completed"),
        ("non approuvée", "not_approved"),
        ("Annulées", "cancelled"),
        ("Retirée le 3 mai", "withdrawn"),
        ("Soumise", ""),
        ("en attente", ""),
    ],
)
def test_what_became_of_it_is_read_in_every_gender(written, became):
    assert state_of(written) == became


def test_an_answer_that_its_kind_does_not_ask_is_named():
    found = problems(a_book([*HEAD, "Threat"], [*OVER, "Bandits"]))
    assert list(found) == ["H2"]
    assert "Civil assistance" in found["H2"]


# --- days -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "written",
    [
        dt.date(2019, 5, 16),
        dt.datetime(2019, 5, 16, 9, 30),  # noqa: DTZ001 - as a spreadsheet keeps it
        43601,
        "2019-05-16",
        "16/05/2019",
        "16.5.2019",
        "05-16-2019",
        "16 May 2019",
        "16 mai 2019",
        "16-Sept-2019",
    ],
)
def test_a_day_that_means_one_day_is_read_however_it_is_written(written):
    found = looked_over(a_book(HEAD, [*OVER[:2], written, *OVER[3:]]))
    assert found.problems == []
    month = 9 if "Sept" in str(written) else 5
    assert found.rows[0].asked_on == dt.date(2019, month, 16)


def test_a_day_that_means_two_is_asked_about_and_never_guessed():
    content = a_book(HEAD, [*OVER[:2], "04/05/2019", *OVER[3:]])
    found = looked_over(content)
    assert found.asks_day_order
    assert [problem.at for problem in found.problems] == ["C2"]
    dmy = looked_over(content, day_order="dmy")
    mdy = looked_over(content, day_order="mdy")
    assert (dmy.rows[0].asked_on, mdy.rows[0].asked_on) == (
        dt.date(2019, 5, 4),
        dt.date(2019, 4, 5),
    )
    assert set(problems(a_book(HEAD, [*OVER[:2], "16/05/2019", *OVER[3:]]), day_order="mdy")) == {
        "C2"
    }


@pytest.mark.parametrize("written", ["31/02/2019", "16/5/19", "2019", 12, 99999999, "1e999", -1.5])
def test_what_is_no_day_is_told(written):
    assert list(problems(a_book(HEAD, [*OVER[:2], written, *OVER[3:]]))) == ["C2"]


def test_a_workbook_that_counts_from_1904_is_read_by_its_own_calendar():
    book = openpyxl.Workbook()
    book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    book.active.append(HEAD)
    book.active.append([*OVER[:2], 43601 - 1462, *OVER[3:]])
    made = io.BytesIO()
    book.save(made)
    assert looked_over(made.getvalue()).rows[0].asked_on == dt.date(2019, 5, 16)


# --- what a spreadsheet may hide ------------------------------------------------------------------


def test_merged_cells_are_told_with_what_to_do():
    def merge(sheet):
        sheet.merge_cells("D2:D3")

    found = problems(a_book(HEAD, OVER, [*PENDING[:3], None, *PENDING[4:]], change=merge))
    assert "D2:D3" in found["D2"]


def test_a_merged_title_above_the_headings_is_no_problem():
    def merge(sheet):
        sheet.merge_cells("A1:G1")

    found = looked_over(a_book(["Register of CIMIC 2019"], HEAD, OVER, change=merge))
    assert (found.problems, found.rows[0].number) == ([], 3)


def test_a_formula_is_never_run_and_one_without_its_value_is_an_error():
    found = problems(a_book(HEAD, [*OVER[:3], '=CONCATENATE("a","b")', *OVER[4:]]))
    assert "formula" in found["D2"]
    computed = rewritten(
        a_book(HEAD, [*OVER[:3], "=1+1", *OVER[4:]]),
        b"<f>1+1</f><v></v>",
        b"<f>1+1</f><v>7</v>",
        b"<f>1+1</f><v />",
    )
    told = looked_over(computed)
    assert (told.problems, told.rows[0].title) == ([], "7")
    assert any("formula" in note for note in told.table.notes)
    assert list(problems(a_csv(HEAD, [*OVER[:3], "=1+1", *OVER[4:]]), "old.csv")) == ["D2"]


def rewritten(content, *pairs):
    """A workbook whose first sheet's XML has one of these replaced by the second."""
    old = zipfile.ZipFile(io.BytesIO(content))
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = old.read(name)
            if name == "xl/worksheets/sheet1.xml":
                for before in (pairs[0], *pairs[2:]):
                    part = part.replace(before, pairs[1])
            new.writestr(name, part)
    return made.getvalue()


def test_an_error_shown_in_a_cell_is_told():
    content = rewritten(a_book(HEAD, [*OVER[:5], 4711, ""]), b"<v>4711</v>", b"<v>#REF!</v>")
    content = rewritten(content, b'<c r="F2" t="n">', b'<c r="F2" t="e">', b'<c r="F2">')
    assert "#REF!" in problems(content)["F2"]


def test_hidden_sheets_are_named_and_not_read():
    found = looked_over(a_book(HEAD, OVER, Secrets="hidden", Deeper="veryHidden"))
    assert found.problems == []
    (note,) = found.table.notes
    assert "Secrets" in note
    assert "Deeper" in note


def test_another_sheet_may_be_chosen():
    book = openpyxl.Workbook()
    book.active.append(["Nothing", "of", "use"])
    book.active.append(["a", "b", "c"])
    other = book.create_sheet("Requests")
    other.append(HEAD)
    other.append(OVER)
    made = io.BytesIO()
    book.save(made)
    assert looked_over(made.getvalue(), sheet="Requests").history == 1
    assert looked_over(made.getvalue()).table.sheet == "Requests"
    with pytest.raises(Malformed):
        looked_over(made.getvalue(), sheet="Nowhere")


# --- what cannot be read at all -------------------------------------------------------------------


def a_bomb():
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        with archive.open("xl/worksheets/sheet1.xml", "w") as part:
            for _chunk in range(70):
                part.write(b" " * 1024 * 1024)
    return made.getvalue()


def an_archive(**parts):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name.replace("__", "/").replace("_", "."), text)
    return made.getvalue()


WHOLE = a_book(HEAD, OVER)
ENTITIES = '<!DOCTYPE a [<!ENTITY b "c">]><workbook>&b;</workbook>'
UNREADABLE = {
    "empty": (b"", "old.xlsx", "empty"),
    "truncated": (WHOLE[: len(WHOLE) // 2], "old.xlsx", "damaged"),
    "no workbook": (b"hello", "old.xlsx", "no workbook"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + b"\0" * 64, "old.csv", "CSV"),
    "an old workbook": (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "old.xls", ".xls"),
    "an archive": (an_archive(word__document_xml="<a/>"), "old.xlsx", "no workbook"),
    "an open document": (
        an_archive(mimetype="application/vnd.oasis", content_xml="<a/>"),
        "old.xlsx",
        "OpenDocument",
    ),
    "entities": (an_archive(xl__workbook_xml=ENTITIES), "old.xlsx", "damaged"),
    "no sheet": (an_archive(xl__workbook_xml="<workbook/>"), "old.xlsx", "damaged"),
    "a bomb": (a_bomb(), "old.xlsx", "64 MB"),
    "too large": (b"a,b\n" * (cells.MOST_BYTES // 4 + 1), "old.csv", "15 MB"),
    "headings alone": (a_csv(HEAD), "old.csv", "no row"),
    "nothing in it": (a_csv([], []), "old.csv", "empty"),
    "a quote never closed": (b'Title,Kind\n"Bridge,CA\n' * 3, "old.csv", "breaks off"),
    "half a UTF-16": (b"\xff\xfea\0b", "old.csv", "letters"),
    "many rows": (a_csv(["Title"], *[[str(n)] for n in range(3000)]), "old.csv", "2,000 rows"),
    "many columns": (a_csv([f"c{n}" for n in range(3000)], ["x"]), "old.csv", "200 columns"),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_what_cannot_be_read_says_why_and_leaves_nothing(case):
    content, name, words = UNREADABLE[case]
    with pytest.raises(Malformed, match=words.replace(".", r"\.")):
        upload(actor=chief(), name=name, content=content)
    assert not ImportRun.objects.exists()
    answer = Caller("chief.cimic").post(
        "/api/v1/imports/", {"file": SimpleUploadedFile(name, content or b" ")}
    )
    assert answer.status_code == 400


def test_a_hundred_thousand_rows_are_refused_before_they_are_all_read():
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(HEAD)
    for _row in range(100_000):
        sheet.append(["CA", "Completed"])
    made = io.BytesIO()
    book.save(made)
    with pytest.raises(Malformed, match="2,000 rows"):
        upload(actor=chief(), name="old.xlsx", content=made.getvalue())


def test_a_sheet_of_thousands_of_columns_is_refused():
    content = a_book([f"c{n}" for n in range(3000)], ["x"])
    with pytest.raises(Malformed, match="200 columns"):
        upload(actor=chief(), name="old.xlsx", content=content)


@pytest.mark.parametrize("cut", range(50, len(WHOLE), 401))
def test_a_workbook_cut_anywhere_is_refused(cut):
    with pytest.raises(Malformed):
        upload(actor=chief(), name="old.xlsx", content=WHOLE[:cut])


ACCENTS = ["CA", "Terminé", "2019-05-06", "Forage à Tereni, été", "CR01", "1 200", ""]


@pytest.mark.parametrize(
    ("encoding", "delimiter"),
    [("utf-8", ","), ("utf-8-sig", ";"), ("cp1252", ";"), ("utf-16", "\t"), ("utf-16", ",")],
)
def test_text_files_come_in_whatever_their_letters(encoding, delimiter):
    head = ["Nature", "Statut", "Date de la demande", "Objet", "Province", "Coût", "Approuvé par"]
    found = brought(a_csv(head, ACCENTS, encoding=encoding, delimiter=delimiter), "vieux.csv")
    assert AssistanceRequest.objects.get().title == "Forage à Tereni, été"
    assert AssistanceRequest.objects.get().estimated_cost == 1200
    assert bool(found.table.notes) == (encoding in {"cp1252", "utf-16"})


@pytest.mark.parametrize("written", ["1,200", "1.200.000", "12 months", "½"])
def test_a_number_that_may_mean_two_is_asked_about(written):
    assert list(problems(a_csv(HEAD, [*map(str, OVER[:5]), written, ""]), "old.csv")) == ["F2"]


# --- matching -------------------------------------------------------------------------------------


def test_headings_are_known_in_both_languages_and_what_is_not_is_left_out():
    headings = dict(enumerate(["Titre", "Title", "Latitude", "LIEU", "Whatever", "Latitudes"]))
    assert matching.guessed(Mission.objects.get(), headings) == {
        "Titre": "title",
        "Title": "",
        "Latitude": "latitude",
        "LIEU": "place",
        "Whatever": "",
        "Latitudes": "",
    }


def test_what_somebody_said_a_heading_means_is_remembered_for_the_mission():
    content = a_book(["Wot", *HEAD[:3]], ["Bridge", *OVER[:3]])
    found = looked_over(content, matching={"Wot": "title"})
    assert found.problems == []
    assert looked_over(content).matching["Wot"] == "title"
    assert ColumnMatch.objects.get().heading == "wot"
    a_mission("UNEX")
    other = upload(actor=who("unex.chief.cimic"), name="old.xlsx", content=content)
    assert other.matching["Wot"] == ""


def test_two_columns_cannot_answer_one_question_and_no_question_is_made_up():
    run = upload(actor=chief(), name="old.xlsx", content=a_book(HEAD, OVER))
    for chosen in (
        {"Subject": "title", "District": "title"},
        {"District": "title"},  # as Subject was guessed to be
        {"Subject": "password"},
    ):
        with pytest.raises(Malformed):
            match(run=run, actor=chief(), matching=chosen)
    for more in ({"kind": "extreme_situation"}, {"day_order": "ymd"}):
        with pytest.raises(Malformed):
            match(run=run, actor=chief(), matching={}, **more)


def test_a_file_without_kinds_is_given_one():
    content = a_book(HEAD[1:], OVER[1:])
    assert "kind" in problems(content)["A2"].lower()
    assert looked_over(content, kind="qip").rows[0].kind == "qip"


# --- the template ---------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_template_holds_the_missions_lists_and_comes_in_filled(language):
    with override(language):
        content = template_for(Mission.objects.get())
    book = openpyxl.load_workbook(io.BytesIO(content))
    sheet, lists, explained = book.worksheets
    assert explained.max_row == len(matching.COLUMNS) + 1
    listed = {cell.value for row in lists.iter_rows() for cell in row}
    assert {"Province East", "Relief for Carana", "civil_assistance", "armed_escort"} <= listed
    assert len(sheet.data_validations.dataValidation) == lists.max_column
    said = {"kind": "qip", "state": "pending", "title": "Bridge", "area": "Province East"}
    sheet.append([said.get(name) for name in matching.COLUMNS])
    made = io.BytesIO()
    book.save(made)
    with override(language):
        found = brought(made.getvalue(), "filled.xlsx")
    assert (found.drafts, AssistanceRequest.objects.get().title) == (1, "Bridge")


# --- who, and the other ways in -------------------------------------------------------------------


@pytest.mark.parametrize("username", [name for name in POSTS if name != "chief.cimic"])
def test_only_the_chief_brings_lists_in(username, client):
    with pytest.raises(Forbidden):
        upload(actor=who(username), name="old.xlsx", content=WHOLE)
    client.force_login(who(username))
    for path in ("/import/", "/import/template.xlsx"):
        assert client.get(path).status_code == 403
    sent = {"file": SimpleUploadedFile("old.xlsx", WHOLE)}
    assert Caller(username).post("/api/v1/imports/", sent).status_code == 403


def test_another_missions_chief_sees_and_touches_nothing_of_it(client):
    a_mission("UNEX")
    run = upload(actor=chief(), name="old.xlsx", content=WHOLE)
    client.force_login(who("unex.chief.cimic"))
    assert client.get(f"/import/{run.pk}/").status_code == 404
    assert client.post(f"/import/{run.pk}/bring-in/").status_code == 404
    with pytest.raises(Forbidden):
        bring_in(run=run, actor=who("unex.chief.cimic"))


def test_the_api_looks_over_and_brings_in_by_the_same_service():
    caller = Caller("chief.cimic")

    def send(content, **more):
        sent = {"file": SimpleUploadedFile("old.xlsx", content), **more}
        return caller.post("/api/v1/imports/", sent)

    bad = send(a_book(HEAD, [*OVER[:4], "Atlantis", 1, ""]))
    assert (bad.status_code, bad.json()["errors"][0]["field"]) == (422, "E2")
    dry = send(WHOLE, dry_run="true")
    assert (dry.status_code, dry.json()["history"], dry.json()["id"]) == (200, 1, None)
    assert not ImportRun.objects.exists()
    done = send(WHOLE)
    assert done.status_code == 201, done.content
    reference = AssistanceRequest.objects.get().reference
    assert done.json()["rows"] == [
        {"row": 2, "reference": reference, "historical": True, "there": False}
    ]
    again = send(WHOLE)
    assert (again.json()["there"], again.json()["history"]) == (1, 0)
    assert send(WHOLE, dry_run="perhaps").status_code == 400


def test_the_command_says_every_bad_cell_and_adds_all_or_nothing(tmp_path, capsys):
    path = tmp_path / "old.xlsx"
    path.write_bytes(a_book(HEAD, OVER, [*PENDING[:4], "Nowhere", 1, ""]))
    with pytest.raises(CommandError, match="1 problems"):
        call_command("import_requests", str(path), mission="UNAC")
    assert "E3: " in capsys.readouterr().err
    assert not AssistanceRequest.objects.exists()

    path.write_bytes(a_book(HEAD, OVER, PENDING))
    call_command("import_requests", str(path), mission="unac", dry_run=True)
    assert "1 drafts and 1 records of history would come in" in capsys.readouterr().out
    assert not AssistanceRequest.objects.exists()
    call_command("import_requests", str(path), mission="UNAC")
    assert "2 added, 0 there already" in capsys.readouterr().out
    call_command("import_requests", str(path), mission="UNAC")
    assert "0 added, 2 there already" in capsys.readouterr().out
    assert AssistanceRequest.objects.count() == 2


def test_the_command_refuses_what_it_does_not_know(tmp_path):
    path = tmp_path / "old.xlsx"
    path.write_bytes(WHOLE)
    for more in (
        {"mission": "NOPE"},
        {"mission": "UNAC", "by": "nobody"},
        {"mission": "UNAC", "by": "cos"},
        {"mission": "UNAC", "match": ["Subject=password"]},
    ):
        with pytest.raises(CommandError):
            call_command("import_requests", str(path), **more)
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("import_requests", str(tmp_path / "none.xlsx"), mission="UNAC")
    Appointment.objects.filter(post__code="chief.cimic").delete()
    with pytest.raises(CommandError, match="--by"):
        call_command("import_requests", str(path), mission="UNAC")


def test_the_pages_upload_match_look_over_and_bring_in(client):
    client.force_login(chief())
    page = client.get("/import/").content.decode()
    assert "2,000 rows" in page
    assert client.get("/import/template.xlsx").status_code == 200
    refused = client.post("/import/", {"file": SimpleUploadedFile("old.xlsx", b"hello")})
    assert (refused.status_code, "no workbook" in refused.content.decode()) == (400, True)
    assert client.post("/import/").status_code == 400

    content = a_book(["Wot", *HEAD[:3]], ["Bridge", *OVER[:2], "04/05/2019"])
    sent = client.post("/import/", {"file": SimpleUploadedFile("old.xlsx", content)})
    run = ImportRun.objects.get()
    assert sent["Location"] == f"/import/{run.pk}/"
    page = client.get(f"/import/{run.pk}/").content.decode()
    assert "<code>D2</code>" in page
    assert "Bring them in" not in page
    assert client.post(f"/import/{run.pk}/bring-in/").status_code == 422
    client.post(f"/import/{run.pk}/", {box_of("Wot"): "title", "day_order": "dmy"})
    page = client.get(f"/import/{run.pk}/").content.decode()
    assert "Bring them in" in page
    done = client.post(f"/import/{run.pk}/bring-in/", follow=True).content.decode()
    rfa = AssistanceRequest.objects.get()
    assert rfa.reference in done
    assert rfa.submitted_at.date() == dt.date(2019, 5, 4)
    assert client.post(f"/import/{run.pk}/bring-in/").status_code in {200, 409}


def test_uploads_are_removed_when_done_or_after_a_week(django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        brought(WHOLE)
    assert list(bringing.folder().iterdir()) == []
    run = upload(actor=chief(), name="old.xlsx", content=a_book(HEAD, PENDING))
    assert bringing.forget_old_files() == 0
    with clock.telling(clock.now() + dt.timedelta(days=8)):
        assert bringing.forget_old_files() == 1
    with pytest.raises(NotNow):
        preview(run)


def test_a_list_of_many_rows_costs_no_statement_a_row_to_look_over(django_assert_max_num_queries):
    rows = [[*OVER[:3], f"Bridge {number}", *OVER[4:]] for number in range(60)]
    run = upload(actor=chief(), name="old.xlsx", content=a_book(HEAD, *rows))
    with django_assert_max_num_queries(12):
        assert preview(run).problems == []


def test_names_from_elsewhere_are_made_plain():
    run = upload(actor=chief(), name="..\\..\\C:\\old\0.xlsx", content=WHOLE)
    assert run.name == "old.xlsx"
    assert User.objects.filter(pk=run.by_id).exists()
    assert reading.HEADINGS_WITHIN == 20
