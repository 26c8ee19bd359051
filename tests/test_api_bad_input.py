"""Bad input gets the contract's error, all at once, and leaves nothing half-done."""

import base64
import json
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from ledger.models import Entry
from missions.models import AccessToken
from requests_app.files import MOST_BYTES
from requests_app.models import AssistanceRequest, Attachment
from tests.builders import (
    a_draft,
    a_mission,
    a_submitted,
    civil_answers,
    extreme_answers,
    open_step,
    security_answers,
)
from tests.calling import Caller, open_steps

NOBODYS = "00000000-0000-4000-8000-000000000000"
CIVIL = {"kind": "civil_assistance"}
SECURITY = {"kind": "security_assistance"}


@pytest.fixture
def _mission(db):
    a_mission()


pytestmark = pytest.mark.usefixtures("_mission")


def refused(answer, status: int) -> list[str]:
    """Check that an answer is a problem of this status; give the fields it names."""
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    told = answer.json()
    assert (told["status"], bool(told["title"]), bool(told["detail"])) == (status, True, True)
    return [error["field"] for error in told.get("errors", [])]


def crafted(value) -> str:
    """A cursor of somebody's own making."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode()


DRAFTS = {
    "no kind": ({}, ["kind"]),
    "a kind that is none": ({"kind": "war"}, ["kind"]),
    "a kind that is a list": ({"kind": ["qip"]}, ["kind"]),
    "an identifier that is no UUID": ({**CIVIL, "id": "42"}, ["id"]),
    "an identifier and a day": ({**CIVIL, "id": 7, "needed_by": "soon"}, ["id", "needed_by"]),
    "a list for a text": ({**CIVIL, "title": ["a", "b"]}, ["title"]),
    "an object for a text": ({**CIVIL, "description": {"a": 1}}, ["description"]),
    "a title too long": ({**CIVIL, "title": "x" * 161}, ["title"]),
    "an unknown area": ({**CIVIL, "area": "XX99"}, ["area"]),
    "an unknown sector": ({**CIVIL, "sector": "north"}, ["sector"]),
    "an unknown cluster": ({**CIVIL, "cluster": "ZZZ"}, ["cluster"]),
    "an unknown organisation": ({**CIVIL, "organisation": "Nobody"}, ["organisation"]),
    "another kind's category": ({**CIVIL, "category": "armed_escort"}, ["category"]),
    "a day that has passed": ({**CIVIL, "needed_by": "2020-01-01"}, ["needed_by"]),
    "a day that is none": ({**CIVIL, "needed_by": "2026-02-30"}, ["needed_by"]),
    "a year nobody means": ({**CIVIL, "needed_by": "9999-12-31"}, ["needed_by"]),
    "people below nothing": ({**CIVIL, "women": -1, "boys": -5}, ["women", "boys"]),
    "people beyond counting": ({**CIVIL, "men": 10**30}, ["men"]),
    "people in words": ({**CIVIL, "girls": "many"}, ["girls"]),
    "people that are true": ({**CIVIL, "girls": True}, ["girls"]),
    "money below nothing": ({**CIVIL, "estimated_cost": "-1"}, ["estimated_cost"]),
    "off the earth": (
        {**CIVIL, "latitude": 91, "longitude": -181},
        ["latitude", "longitude"],
    ),
    "half a coordinate": ({**CIVIL, "latitude": 3}, ["longitude"]),
    "a flag that is a word": ({**CIVIL, "works": "perhaps"}, ["works"]),
    "assets that are no list": ({**CIVIL, "assets": "trucks"}, ["assets"]),
    "assets half said": (
        {**CIVIL, "assets": [{"asset": "Truck"}, {"quantity": 0, "asset": "Boat"}, 5]},
        ["assets[0].quantity", "assets[1].quantity", "assets[2]"],
    ),
    "a budget below nothing": (
        {"kind": "qip", "budget": [{"item": "x", "quantity": 1, "unit_cost": -4}]},
        ["budget[0].unit_cost"],
    ),
    "a budget beyond keeping": (
        {
            "kind": "qip",
            "budget": [{"item": "x", "quantity": "9999999999", "unit_cost": "999999999999"}],
        },
        ["budget"],
    ),
    "an end before its start": (
        {"kind": "qip", "starts_on": "2027-02-01", "ends_on": "2027-01-01"},
        ["ends_on"],
    ),
    "a return before the departure": (
        {
            **SECURITY,
            "departs_at": "2027-01-02T06:00:00Z",
            "returns_at": "2027-01-01T06:00:00Z",
        },
        ["returns_at"],
    ),
    "a moment that is a number": ({**SECURITY, "departs_at": 5}, ["departs_at"]),
    "a moment before the clock": (
        {**SECURITY, "departs_at": "0001-01-01T00:00:00+14:00"},
        ["departs_at"],
    ),
    "the force for a humanitarian actor": (
        {**SECURITY, "requester_class": "humanitarian"},
        ["requester_class"],
    ),
}


@pytest.mark.parametrize("name", DRAFTS)
def test_a_draft_that_cannot_be_read_names_every_field_and_makes_nothing(name):
    body, fields = DRAFTS[name]

    answer = Caller("sector.east").post("/api/v1/requests/", body, format="json")

    assert sorted(refused(answer, 400)) == sorted(fields)
    assert not AssistanceRequest.objects.exists()
    assert not Entry.objects.exists()


RAW = {
    "no JSON": b"{",
    "a list": b"[1]",
    "a text": b'"x"',
    "no number": b'{"kind":"civil_assistance","latitude":NaN,"longitude":1}',
    "a null character": b'{"kind":"civil_assistance","title":"a\\u0000b"}',
    "half a surrogate": b'{"kind":"civil_assistance","title":"\\ud800"}',
    "nested without end": b"[" * 100_000,
    "bytes that are no text": b'{"kind":"\xff\xfe"}',
}


@pytest.mark.parametrize("name", RAW)
@pytest.mark.parametrize("path", ["requests/", "extreme-situations/"])
def test_a_body_that_is_no_object_of_texts_is_refused(path, name):
    caller = Caller("sector.east")

    answer = caller.generic("POST", f"/api/v1/{path}", RAW[name], content_type="application/json")

    refused(answer, 400)
    assert not AssistanceRequest.objects.exists()


def test_what_is_no_question_is_kept_from_being_lost_in_silence():
    told = Caller("sector.east").tell("requests/", {**CIVIL, "titel": "x"}, expect=201)

    assert told["ignored"] == ["titel"]


def test_a_report_of_an_extreme_situation_lists_all_that_is_missing():
    caller = Caller("unit.east")

    missing = caller.post("/api/v1/extreme-situations/", {}, format="json")
    wrong = caller.post(
        "/api/v1/extreme-situations/",
        extreme_answers(harm="boredom", acted_at="9999-12-31T23:59:59Z", title=["x"]),
        format="json",
    )

    assert sorted(refused(missing, 400)) == [
        "acted_at",
        "action_taken",
        "harm",
        "place",
        "title",
    ]
    assert sorted(refused(wrong, 400)) == ["acted_at", "harm", "title"]


def test_an_incomplete_request_lists_everything_at_once_with_its_paragraph():
    caller = Caller("partner.ngo")
    reference = caller.draft(SECURITY)

    answer = caller.post(f"/api/v1/requests/{reference}/submit/", {}, format="json")

    assert refused(answer, 422) == [
        "title",
        "category",
        "cimic_function",
        "description",
        "area",
        "needed_by",
        "origin",
        "departs_at",
        "threat_summary",
        "alternatives_tried",
    ]
    assert all("paragraph" in error for error in answer.json()["errors"])
    assert AssistanceRequest.objects.get().status == "draft"


def test_a_change_names_the_version_that_was_read():
    caller = Caller("sector.east")
    made = caller.post("/api/v1/requests/", CIVIL, format="json")
    path = f"/api/v1/requests/{made.json()['reference']}/"

    refused(caller.patch(path, {"title": "a"}, format="json"), 428)
    refused(caller.patch(path, {"title": "a"}, format="json", HTTP_IF_MATCH='"x"'), 400)
    first = caller.patch(path, {"title": "a"}, format="json", HTTP_IF_MATCH=made["ETag"])
    stale = caller.patch(path, {"title": "b"}, format="json", HTTP_IF_MATCH=made["ETag"])
    other_kind = caller.patch(path, {"kind": "qip"}, format="json", HTTP_IF_MATCH=first["ETag"])

    assert first.status_code == 200
    refused(stale, 412)
    assert (stale.json()["yours"], stale.json()["current"]) == (1, 2)
    assert refused(other_kind, 400) == ["kind"]
    assert AssistanceRequest.objects.get().title == "a"


def test_a_key_used_again_gives_the_first_answer_and_never_another():
    caller = Caller("sector.east")
    key = {"HTTP_IDEMPOTENCY_KEY": "one-deed"}
    first = caller.post("/api/v1/requests/", CIVIL, format="json", **key)

    again = caller.post("/api/v1/requests/", CIVIL, format="json", **key)
    other = caller.post("/api/v1/requests/", {**CIVIL, "title": "b"}, format="json", **key)
    somebody = Caller("sector.west").post("/api/v1/requests/", CIVIL, format="json", **key)

    assert (again.status_code, again.json()) == (201, first.json())
    assert again["ETag"] == first["ETag"]
    refused(other, 422)
    assert somebody.json()["reference"] != first.json()["reference"]
    assert AssistanceRequest.objects.count() == 2


def test_a_refused_call_does_not_use_its_key_up():
    caller = Caller("sector.east")
    key = {"HTTP_IDEMPOTENCY_KEY": "again"}

    refused(caller.post("/api/v1/requests/", {}, format="json", **key), 400)

    assert caller.post("/api/v1/requests/", CIVIL, format="json", **key).status_code == 201


def test_a_devices_identifier_sent_twice_is_one_request_and_another_persons_is_refused():
    request_id = str(uuid4())
    mine = {**CIVIL, "id": request_id}
    caller = Caller("sector.east")

    first = caller.tell("requests/", mine, expect=201)
    again = caller.tell("requests/", {**mine, "title": "Not read"}, expect=201)
    taken = Caller("sector.west").post("/api/v1/requests/", mine, format="json")

    assert (first["id"], again["reference"]) == (request_id, first["reference"])
    refused(taken, 409)
    assert first["reference"] not in taken.content.decode()
    assert caller.read(f"requests/{request_id}/")["reference"] == first["reference"]


FILES = {
    "empty": ("report.pdf", b""),
    "too large": ("photo.png", b"\x89PNG\r\n\x1a\n" + b"0" * MOST_BYTES),
    "of no kind that is taken": ("run.exe", b"MZ\x90\x00"),
    "a page with a script": ("page.html", b"<script>alert(1)</script>"),
    "no PNG whatever its name says": ("photo.png", b"%PDF-1.7\n"),
    "no text whatever its name says": ("notes.txt", b"\x00\x01\x02"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_not_what_it_should_be_is_refused(name):
    rfa = a_draft()
    upload = SimpleUploadedFile(*FILES[name])

    answer = Caller("sector.east").post(
        f"/api/v1/requests/{rfa.reference}/attachments/", {"file": upload}, format="multipart"
    )

    assert set(refused(answer, 400)) == {"file"}
    assert not Attachment.objects.exists()


def test_no_file_is_said_so_and_a_path_in_a_name_is_only_a_name():
    rfa = a_draft()
    caller = Caller("sector.east")
    path = f"/api/v1/requests/{rfa.reference}/attachments/"

    assert refused(caller.post(path, {}, format="multipart"), 400) == ["file"]
    kept = caller.post(
        path,
        {"file": SimpleUploadedFile("..\\..\\etc\\pass wd.txt", b"plain words")},
        format="multipart",
    )

    assert kept.status_code == 201
    assert "/" not in kept.json()["name"]
    assert "\\" not in kept.json()["name"]
    assert ".." not in Attachment.objects.get().file.name


ANSWERS = {
    "nothing at all": ({}, 400),
    "a word that is none": ({"answer": "maybe", "revision": 1}, 400),
    "another seat's word": ({"answer": "approve", "revision": 1}, 400),
    "wrong types throughout": (
        {"answer": ["x"], "revision": 1, "remarks": 5, "conditions": "x", "details": "y"},
        400,
    ),
    "a revision that is a word": ({"answer": "return", "revision": "abc"}, 400),
    "a revision beyond counting": ({"answer": "return", "revision": 10**40}, 412),
    "no reason": ({"answer": "return", "revision": 1, "remarks": "  "}, 422),
    "a null character": ({"answer": "return", "revision": 1, "remarks": "a\0"}, 400),
    "a detail that is none": (
        {"answer": "forward_recommended", "revision": 1, "details": {"verified": "guessed"}},
        400,
    ),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_that_does_not_do_is_refused_and_the_step_stays_open(name):
    body, status = ANSWERS[name]
    step = open_step(a_submitted())
    before = Entry.objects.count()

    answer = Caller("chief.cimic").post(f"/api/v1/steps/{step.pk}/answers/", body, format="json")

    refused(answer, status)
    step.refresh_from_db()
    assert (step.state, Entry.objects.count()) == ("open", before)


def test_an_answer_by_another_post_is_403_and_on_a_closed_step_409():
    step = open_step(a_submitted())
    path = f"/api/v1/steps/{step.pk}/answers/"
    body = {"answer": "forward_recommended", "revision": 1}

    wrong = Caller("dsrsg").post(path, body, format="json")
    prepared = Caller("cimic.staff").post(path, body, format="json")
    first = Caller("chief.cimic").post(path, body, format="json")
    second = Caller("chief.cimic").post(path, body, format="json")

    refused(wrong, 403)
    assert wrong.json()["detail"] == "This step waits on Chief UN-CIMIC."
    refused(prepared, 403)
    assert "You may prepare this answer" in prepared.json()["detail"]
    assert first.status_code == 201
    refused(second, 409)


def test_a_mission_asset_or_a_tasking_half_said_is_refused_whole():
    reference = Caller("sector.east").submit(civil_answers())
    from_ops = Caller("civil.affairs").submit(security_answers())
    step = open_steps(from_ops)[0]
    body = {
        "answer": "accept",
        "revision": 1,
        "details": {"unit": "moon-bn", "start_on": "2027-01-09", "end_on": "2027-01-01"},
    }

    answer = Caller("ops").post(f"/api/v1/steps/{step['id']}/answers/", body, format="json")

    assert sorted(refused(answer, 400)) == ["details.end_on", "details.unit"]
    assert "east-bn" in answer.json()["detail"]
    assert reference


LISTS = [
    "requests/?status=nope",
    "requests/?statu=draft",
    "requests/?needed_before=tomorrow",
    "requests/?waiting_on=nobody",
    "requests/?search=%00",
    "requests/?page_size=0",
    "requests/?page_size=201",
    "requests/?page_size=%C2%B2",
    "requests/?cursor=abc",
    f"requests/?cursor={crafted(['next', 'x', 'y'])}",
    f"requests/?cursor={crafted({'a': 1})}",
    f"requests/?cursor={crafted(['sideways', '2026-01-01T00:00:00Z', NOBODYS])}",
    "inbox/?cursor=abc",
    "register.csv?status=nope",
    "register.csv?hxl=perhaps",
]


@pytest.mark.parametrize("path", LISTS)
def test_a_question_that_cannot_be_read_is_refused_never_widened(path):
    refused(Caller("chief.cimic").get(f"/api/v1/{path}"), 400)


def test_a_question_left_empty_as_a_pages_form_sends_it_was_not_asked():
    reference = Caller("sector.east").submit(civil_answers())
    caller = Caller("chief.cimic")

    listed = caller.read("requests/?kind=&status=&sector=&needed_before=&search=")["results"]
    export = caller.get("/api/v1/register.csv?kind=&status=under_review")

    assert [line["reference"] for line in listed] == [reference]
    assert export["X-Rows"] == "1"
    assert reference in b"".join(export.streaming_content).decode()
    export.close()


NOWHERE = [
    "requests/UNAC-CA-2026-9999/",
    "requests/%00/",
    f"requests/{NOBODYS}/",
    "steps/99999999/",
    "steps/99999999999999999999999/",
    f"exports/{NOBODYS}/",
    "nowhere/",
]


@pytest.mark.parametrize("path", NOWHERE)
def test_what_is_not_there_is_404(path):
    refused(Caller("chief.cimic").get(f"/api/v1/{path}"), 404)


def test_the_door_wants_a_token_that_is_known_and_has_not_expired(client):
    refused(client.get("/api/v1/inbox/"), 401)
    caller = Caller("dsrsg")
    AccessToken.objects.update(expires_at="2020-01-01T00:00:00Z")
    expired = caller.get("/api/v1/inbox/")
    refused(expired, 401)
    assert expired["WWW-Authenticate"].startswith("Bearer")
    for header in ("Bearer", "Bearer a b", "Bearer é"):
        caller.credentials(HTTP_AUTHORIZATION=header)
        refused(caller.get("/api/v1/inbox/"), 401)
    wrong = client.post(
        "/api/v1/tokens/", {"username": "dsrsg", "password": "x"}, content_type="application/json"
    )
    refused(wrong, 401)
    missing = client.post("/api/v1/tokens/", {}, content_type="application/json")
    assert sorted(refused(missing, 400)) == ["password", "username"]


def test_the_wrong_way_in_is_said_so():
    caller = Caller("sector.east")

    refused(caller.put("/api/v1/requests/", {}, format="json"), 405)
    refused(caller.generic("POST", "/api/v1/requests/", b"<a/>", content_type="text/xml"), 415)
