"""What a page or a list of the API asks of the database does not grow with what it shows.

The number of statements of each is pinned, the same for 3, 30 and 200 records: who makes a page
ask more changes the number here, and says why.
"""

from typing import Any
from urllib.parse import quote

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from approvals import services as approvals
from approvals.models import Step
from ledger.models import Entry
from notices.models import Notice
from notices.services import owed_rows, take_from_outbox
from records.compliance import summary
from requests_app.models import AssistanceRequest, Attachment, CivilAssistance, Message
from tests.builders import a_draft, a_mission, a_submitted, civil_answers, who
from tests.calling import Caller

pytestmark = pytest.mark.django_db

SIZES = (3, 30, 200)
MOST_BYTES = 600_000
MOST_OF_A_CASE = 200_000
WORST_WORDS = (
    "a",
    "e " * 500,
    "water " * 8,
    "'\\:*&|!()<->",
    "%_%_%",
    "\ue000\ue001",
    "w" * 3000,
    "ﷺ" * 200,
    "1-2-3-4-5-6-7-8-9",
)
PAGES = {
    ("chief.cimic", "/inbox/"): 12,
    ("partner.ngo", "/requests/"): 14,
    ("chief.cimic", "/register/"): 19,
    ("sector.east", "/register/"): 19,
    ("partner.ngo", "/register/"): 19,
    ("chief.cimic", "/register/?search=water&status=under_review"): 25,
    ("chief.cimic", "/register/?map=1"): 24,
    ("chief.cimic", "/map/"): 21,
    ("chief.cimic", "/map/points.json?frame=59,-11,63,-8&zoom=8"): 9,
    ("chief.cimic", "/notices/"): 12,
    ("chief.cimic", "/follow-ups/"): 14,
    ("chief.cimic", "/extreme/"): 10,
    ("cos", "/compliance/"): 44,  # of which 14 look the kept figures up, twice
    ("cos", "/evaluation/"): 22,  # from kept figures, in place of one that counts everything
    ("chief.cimic", "/handover/"): 26,
    ("records.officer", "/archive/"): 12,
    ("records.officer", "/ledger/"): 17,
    ("chief.cimic", "/register/case/"): 37,
}
LISTS = {
    ("chief.cimic", "requests/?page_size=200"): 9,
    ("partner.ngo", "requests/?page_size=200"): 9,
    ("chief.cimic", "requests/?search=water&page_size=200"): 15,
    ("chief.cimic", "inbox/?page_size=200"): 6,
    ("chief.cimic", "notices/?page_size=200"): 7,
    ("chief.cimic", "ledger/?page_size=200"): 8,
    ("chief.cimic", "archive/?page_size=200"): 5,
    ("cos", "compliance/"): 28,
    ("cos", "statistics/"): 17,
    ("chief.cimic", "requests/case/"): 17,
    ("chief.cimic", "requests/case/history/?page_size=200"): 5,
    ("chief.cimic", "requests/case/messages/?page_size=200"): 5,
}
# With their savepoints, which outside a test are BEGIN and COMMIT.
DRAFT, SUBMISSION, ANSWER = 16, 22, 18


def _copy(model: Any, source: Any, count: int, **changed: str) -> None:
    """Copy a row so many times in one statement, with some columns changed by number ``n``."""
    columns = [field.column for field in model._meta.concrete_fields]
    if "id" in columns and "id" not in changed:
        columns.remove("id")
    taken = ", ".join(changed.get(name, f'"{name}"') for name in columns)
    into = ", ".join(f'"{name}"' for name in columns)
    table, key = model._meta.db_table, model._meta.pk.column
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({into}) SELECT {taken} "  # noqa: S608 - our own
            f"FROM {table}, generate_series(1, %s) AS n WHERE {key} = %s",
            [count, source.pk],
        )


def _more_entries(rfa: AssistanceRequest, count: int) -> Entry:
    """Add copies of a record's last entry, with what it says; give that one."""
    entry = Entry.objects.filter(chain=rfa.pk).order_by("-number")[0]
    changed = {"number": "number + n", "hash": "md5(hash || n) || md5(hash || n)"}
    _copy(Entry, entry, count, **changed)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ledger_payload (entry_id, salt, text) SELECT entry.id, salt, text "
            "FROM ledger_entry entry, ledger_payload said WHERE said.entry_id = %s "
            "AND NOT EXISTS (SELECT FROM ledger_payload own WHERE own.entry_id = entry.id)",
            [entry.pk],
        )
        cursor.execute(
            "UPDATE ledger_chain SET length = (SELECT max(number) FROM ledger_entry "
            "WHERE chain_id = %s) WHERE id = %s",
            [rfa.pk, rfa.pk],
        )
    return entry


def _grow(rfa: AssistanceRequest, count: int) -> None:
    """Add copies of a record with its open step and notice, and the same of what it holds."""
    start = AssistanceRequest.objects.count() * 1000
    new = f"md5((n + {start})::text)::uuid"
    _copy(AssistanceRequest, rfa, count, id=new, reference=f"reference || '-' || (n + {start})")
    _copy(CivilAssistance, rfa.civil_assistance, count, rfa_id=new)
    for step in rfa.steps.all():
        _copy(Step, step, count, rfa_id=new)
    _copy(Message, rfa.messages.all()[0], count, id="gen_random_uuid()")
    _copy(Attachment, rfa.attachments.all()[0], count, id="gen_random_uuid()")
    entry = _more_entries(rfa, count)
    notice = Notice.objects.filter(person__username="chief.cimic").order_by("pk")[0]
    nth = (
        "(SELECT id FROM ledger_entry "  # noqa: S608 - our own numbers
        f"WHERE chain_id = '{rfa.pk}' AND number = {entry.number} + n)"
    )
    _copy(Notice, notice, count, entry_id=nth)


def _statements(calls: dict[tuple[str, str], Any]) -> dict[tuple[str, str], int]:
    found = {}
    for key, call in calls.items():
        with CaptureQueriesContext(connection) as asked:
            answer = call()
        assert answer.status_code == 200, (key, answer.status_code)
        found[key] = len(asked)
    return found


@pytest.fixture
def rfa(settings, tmp_path) -> AssistanceRequest:
    """A record under way with a message, a file and notices told."""
    settings.MEDIA_ROOT = tmp_path
    a_mission()
    rfa = a_submitted(civil_answers(title="Water for Tereni"), by="partner.ngo")
    approvals.say(rfa=rfa, actor=who("partner.ngo"), text="The committee waits.")
    approvals.attach(
        rfa=rfa,
        actor=who("partner.ngo"),
        upload=SimpleUploadedFile("sketch.txt", b"The ward lies beyond the ford."),
    )
    for row in owed_rows():
        take_from_outbox(row)
    summary.catch_up(rfa.mission)
    return rfa


def test_what_a_page_or_list_asks_does_not_grow_with_what_it_shows(rfa, client):
    callers = {username: Caller(username) for username, _path in LISTS}
    browsers: dict[str, Client] = {}
    for username, _path in PAGES:
        browsers.setdefault(username, Client()).force_login(who(username))

    def asked(key: tuple[str, str]) -> Any:
        username, path = key
        path = path.replace("case", rfa.reference)
        if key in LISTS:
            return lambda: callers[username].get(f"/api/v1/{path}")
        return lambda: browsers[username].get(path)

    calls = {key: asked(key) for key in [*PAGES, *LISTS]}
    _statements(calls)  # what is looked up once in a process
    found, there = {}, 1
    for size in SIZES:
        _grow(rfa, size - there)
        there = size
        found[size] = _statements(calls)

    assert found[3] == found[30] == found[200]
    assert found[3] == PAGES | LISTS


def test_a_draft_a_submission_and_an_answer_ask_so_much_and_no_more(rfa):
    """Route, revision, entry and outbox, and the record that is answered with (decision 53)."""
    partner, chief = Caller("partner.ngo"), Caller("chief.cimic")

    def once() -> tuple[int, int, int]:
        with CaptureQueriesContext(connection) as drafting:
            asked = {"kind": "civil_assistance", "title": "Water for Tereni"}
            partner.tell("requests/", asked, expect=201)
        draft = a_draft(civil_answers(), by="partner.ngo")
        with CaptureQueriesContext(connection) as submitting:
            record = partner.tell(f"requests/{draft.reference}/submit/", {})
        step = next(one for one in record["route"] if one["state"] == "open")
        body = {"answer": "forward_recommended", "revision": 1}
        with CaptureQueriesContext(connection) as answering:
            chief.tell(f"steps/{step['id']}/answers/", body, expect=201)
        return len(drafting), len(submitting), len(answering)

    once()  # the shipped process is taken in at the first submission of all
    assert once() == (DRAFT, SUBMISSION, ANSWER)
    _grow(rfa, 100)
    assert once() == (DRAFT, SUBMISSION, ANSWER)


def test_what_is_asked_too_widely_is_bounded_and_answered(rfa, client):
    _grow(rfa, 250)
    chief = Caller("chief.cimic")
    client.force_login(who("chief.cimic"))

    assert len(chief.read("requests/?page_size=200")["results"]) == 200
    for size in ("1000000", "-1", "0", "many"):
        answer = chief.get(f"/api/v1/requests/?page_size={size}")
        assert answer.status_code == 400 or len(answer.json()["results"]) <= 200, size
    for words in WORST_WORDS:
        for path in (
            f"/register/?search={quote(words)}",
            f"/api/v1/requests/?search={quote(words)}",
        ):
            browser = chief if path.startswith("/api") else client
            assert browser.get(path).status_code in {200, 400}, words
    page = client.get(f"/register/{rfa.reference}/")
    assert page.status_code == 200
    assert len(page.content) < MOST_BYTES


def test_a_record_with_a_thousand_of_everything_is_answered_within_bounds(rfa, client):
    """Messages, entries, more files than a record may have: fifty of each at once."""
    for model in (Message, Attachment):
        _copy(model, model.objects.filter(rfa=rfa)[0], 1000, id="gen_random_uuid()")
    _more_entries(rfa, 1000)
    chief = Caller("chief.cimic")
    client.force_login(who("chief.cimic"))

    record = chief.read(f"requests/{rfa.reference}/")
    assert len(record["messages"]) == len(record["attachments"]) == 200
    assert record["left_out"] == {"messages": 801, "attachments": 801}
    assert len(chief.read(f"requests/{rfa.reference}/messages/?page_size=200")["results"]) == 200
    address = f"/register/{rfa.reference}/"
    for part, shown in (("thread", "thread"), ("file", "files"), ("entry", "entries")):
        newest = client.get(address)
        older = client.get(address + newest.context[f"{part}_pages"].older_url)
        for page in (newest, older):
            assert page.status_code == 200
            assert len(page.content) < MOST_OF_A_CASE
            assert len(page.context[shown]) == 50
        assert older.context[f"{part}_pages"].newer_url
    assert older.context["entries"][0]["number"] == newest.context["entries"][-1]["number"] - 1
    fifth = client.get(f"{address}?history=5").context
    assert [entry["number"] for entry in fifth["entries"]] == [5, 4, 3, 2, 1]
    assert fifth["entry_pages"].newer_url == "?history=55#history"
