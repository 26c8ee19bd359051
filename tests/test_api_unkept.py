"""What nobody can keep or mean is refused by name, through every call that writes or asks."""

import base64
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from approvals.models import Answer
from ledger.models import Entry
from records import services as records
from requests_app.models import AssistanceRequest, Attachment
from tests.builders import (
    CRITERIA,
    a_draft,
    a_mission,
    a_refused,
    a_started,
    a_submitted,
    an_approved,
    carried_to,
    civil_answers,
    give,
    in_days,
    open_step,
    qip_answers,
    security_answers,
    who,
)
from tests.calling import Caller

pytestmark = pytest.mark.django_db
JSON = "application/json"
MOMENT = "2026-01-01T00:00:00Z"


@pytest.fixture(autouse=True)
def _mission():
    a_mission()


def refused(answer, status: int) -> list[str]:
    """Check that an answer is a problem of this status; give the fields it names."""
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    told = answer.json()
    assert (told["status"], bool(told["detail"])) == (status, True)
    return sorted(error["field"] for error in told.get("errors", []))


TODAY = in_days(0).isoformat()
TOMORROW = in_days(1).isoformat()
UNDER_WAY = {
    "completed before it began": ("complete", {"completed_on": "2001-01-01"}, ["completed_on"]),
    "completed in a year nobody means": (
        "complete",
        {"completed_on": "0001-01-01"},
        ["completed_on"],
    ),
    "completed tomorrow": ("complete", {"completed_on": TOMORROW}, ["completed_on"]),
    "completed with counts that are none": (
        "complete",
        {"women": -1, "men": "x", "girls": 2**31, "actual_cost": "-5", "result": {"a": 1}},
        ["actual_cost", "girls", "men", "result", "women"],
    ),
    "completed with true for a text": ("complete", {"result": True}, ["result"]),
    "progress beyond all of it": ("progress", {"text": "x", "percent": 101}, ["percent"]),
    "progress in halves": ("progress", {"text": "x", "percent": 50.5}, ["percent"]),
    "progress in a list": ("progress", {"text": ["x"]}, ["text"]),
    "progress too long to read": ("progress", {"text": "x" * 20_001}, ["text"]),
    "a visit tomorrow": ("visits", {"visited_on": TOMORROW, "findings": "x"}, ["visited_on"]),
    "a visit without a day": ("visits", {"findings": "x"}, ["visited_on"]),
    "a payment without anything": ("instalments", {}, ["amount", "paid_on"]),
    "a payment tomorrow": ("instalments", {"amount": "1", "paid_on": TOMORROW}, ["paid_on"]),
    "a payment long ago": ("instalments", {"amount": "1", "paid_on": "0001-01-01"}, ["paid_on"]),
    "a payment of nothing": ("instalments", {"amount": "0", "paid_on": TODAY}, ["amount"]),
    "a payment of no number": ("instalments", {"amount": "NaN", "paid_on": TODAY}, ["amount"]),
    "more than was approved": ("instalments", {"amount": "7400.01", "paid_on": TODAY}, ["amount"]),
    "a last that is a word": (
        "instalments",
        {"amount": "1", "paid_on": TODAY, "is_last": "yes"},
        ["is_last"],
    ),
    "a condition that is none": (
        "conditions",
        {"answer": 10**30, "number": 10**30, "met": True},
        ["number"],
    ),
    "a condition unnamed": ("conditions", {}, ["answer", "met", "number"]),
    "a plan that ends before it starts": (
        "task",
        {"planned_start": "2027-02-02", "planned_end": "2027-01-01"},
        ["non_field_errors"],
    ),
    "a plan for a year nobody means": ("task", {"planned_end": "9999-12-31"}, ["planned_end"]),
    "a message of true": ("messages", {"text": True}, ["text"]),
    "a message half inside": ("messages", {"text": "x", "internal": "yes"}, ["internal"]),
}


@pytest.mark.parametrize("name", UNDER_WAY)
def test_a_report_on_a_task_that_does_not_do_changes_nothing(name):
    act, body, fields = UNDER_WAY[name]
    rfa = a_started(qip_answers(), by="partner.ngo")
    signed = {"agreement_signed_on": in_days(0), "agreement_reference": "MoU 12"}
    records.plan(rfa=rfa, actor=who("chief.cimic"), values=signed)
    rfa = AssistanceRequest.objects.get(pk=rfa.pk)
    before = Entry.objects.count()

    answer = Caller("chief.cimic").post(
        f"/api/v1/requests/{rfa.reference}/{act}/", body, format="json"
    )

    assert refused(answer, 400) == fields
    again = AssistanceRequest.objects.get(pk=rfa.pk)
    assert (again.status, again.version, Entry.objects.count()) == (
        "in_progress",
        rfa.version,
        before,
    )


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", TOMORROW, 5, ["x"], "2026-02-30"])
def test_P30_a_start_on_a_day_that_cannot_be_starts_nothing(day):
    rfa = an_approved()

    answer = Caller("unit.east").post(
        f"/api/v1/requests/{rfa.reference}/start/", {"started_on": day}, format="json"
    )

    assert refused(answer, 400) == ["started_on"]
    assert AssistanceRequest.objects.get(pk=rfa.pk).status == "approved"


FOLLOW_UPS = {
    "a word for yes": ({"delivered": "yes"}, 400, ["delivered"]),
    "neither": ({"source": "x"}, 400, ["delivered"]),
    "nobody, nobody knows how": ({"delivered": False}, 422, ["source"]),
    "delivered, and nothing more": (
        {"delivered": True},
        422,
        ["delivered_on", "organisation", "source"],
    ),
    "delivered tomorrow": (
        {"delivered": True, "organisation": "WFP", "delivered_on": TOMORROW, "source": "WFP"},
        400,
        ["delivered_on"],
    ),
    "delivered long ago": (
        {"delivered": True, "organisation": "WFP", "delivered_on": "0001-01-01", "source": "WFP"},
        400,
        ["delivered_on"],
    ),
    "longer than there is room": (
        {"delivered": False, "organisation": "x" * 201, "source": "x" * 301},
        400,
        ["organisation", "source"],
    ),
}


@pytest.mark.parametrize("name", FOLLOW_UPS)
def test_P41_a_follow_up_that_does_not_do_stays_open(name):
    body, status, fields = FOLLOW_UPS[name]
    rfa = a_refused()

    answer = Caller("chief.cimic").post(
        f"/api/v1/requests/{rfa.reference}/delivered-by-others/", body, format="json"
    )

    assert refused(answer, status) == fields
    assert AssistanceRequest.objects.get(pk=rfa.pk).status == "not_approved"


BOARDS = {
    "members and minutes of no text": (
        {"members": [1, {"a": 1}, "x"], "minutes": {"a": 1}},
        400,
        ["details.members", "details.minutes"],
    ),
    "members in one text": ({"members": "Ann", "minutes": "x"}, 400, ["details.members"]),
    "minutes without end": (
        {"members": ["Ann", "Ben"], "minutes": "x" * 20_001},
        400,
        ["details.minutes"],
    ),
    "blanks": ({"members": [" "], "minutes": " "}, 422, ["details.members", "details.minutes"]),
    "nothing": ({}, 422, ["details.members", "details.minutes"]),
    "below the quorum": ({"members": ["Ann", " ann"], "minutes": "x"}, 422, ["details.members"]),
}


@pytest.mark.parametrize("name", BOARDS)
def test_a_committees_answer_names_its_members_and_minutes_in_words(name):
    details, status, fields = BOARDS[name]
    rfa = a_submitted(qip_answers(), by="partner.ngo")
    while open_step(rfa).seat_kind != "board":
        give(open_step(rfa))
    path = f"/api/v1/steps/{open_step(rfa).pk}/answers/"
    body = {"answer": "recommended", "revision": 1, "details": details}

    assert refused(Caller("cos").post(path, body, format="json"), status) == fields
    assert open_step(rfa).seat_kind == "board"


def weighed(**changes):
    return {name: {**said, **changes} for name, said in CRITERIA.items()}


CRITERIA_FIELDS = [f"details.criteria.{name}" for name in sorted(CRITERIA)]
OFFICIALS = {
    "reasons that are objects": (
        {"criteria": weighed(reason={"x": 1}), "priority": 1},
        400,
        [f"{name}.reason" for name in CRITERIA_FIELDS],
    ),
    "met in words": (
        {"criteria": weighed(met="yes"), "priority": 1},
        400,
        [f"{name}.met" for name in CRITERIA_FIELDS],
    ),
    "no reasons": (
        {"criteria": weighed(reason=" "), "priority": 4},
        422,
        [f"{name}.reason" for name in CRITERIA_FIELDS],
    ),
    "criteria in a list": (
        {"criteria": [1], "priority": 9},
        400,
        ["details.criteria", "details.priority"],
    ),
    "a priority that is true": (
        {"criteria": CRITERIA, "priority": True},
        400,
        ["details.priority"],
    ),
}


@pytest.mark.parametrize("name", OFFICIALS)
def test_P39_criteria_are_weighed_in_words_or_the_request_is_not_decided(name):
    details, status, fields = OFFICIALS[name]
    rfa = carried_to(a_submitted(security_answers(), by="partner.ngo"), "awaiting_decision")
    path = f"/api/v1/steps/{open_step(rfa).pk}/answers/"
    body = {"answer": "approve", "revision": 1, "details": details}

    answer = Caller("designated.official").post(path, body, format="json")

    assert refused(answer, status) == fields
    assert AssistanceRequest.objects.get(pk=rfa.pk).status == "awaiting_decision"


@pytest.mark.parametrize(
    ("details", "fields"),
    [
        (
            {"unit": ["x"], "start_on": ["x"], "end_on": 5},
            ["details.end_on", "details.start_on", "details.unit"],
        ),
        (
            {"unit": "east-bn", "start_on": "0001-01-01", "end_on": "9999-12-31"},
            ["details.end_on", "details.start_on"],
        ),
        (
            {"unit": True, "start_on": True, "end_on": "2026-02-30"},
            ["details.end_on", "details.start_on", "details.unit"],
        ),
    ],
)
def test_a_tasking_names_a_unit_and_days_of_our_time(details, fields):
    step = open_step(a_submitted(security_answers(), by="civil.affairs"))
    body = {"answer": "accept", "revision": 1, "details": details}

    answer = Caller("ops").post(f"/api/v1/steps/{step.pk}/answers/", body, format="json")

    assert refused(answer, 400) == fields
    assert not Answer.objects.exists()


UNKEPT = {
    "a number without end": b'{"answer":"return","revision":1,"remarks":"x","details":{"x":1e400}}',
    "a number too long": b'{"answer":"return","remarks":"x","revision":' + b"9" * 5000 + b"}",
    "a condition too long": json.dumps(
        {"answer": "return", "revision": 1, "remarks": "x", "conditions": ["x" * 20_001]}
    ).encode(),
    "remarks in a list": b'{"answer":"return","revision":1,"remarks":[]}',
}


@pytest.mark.parametrize("name", UNKEPT)
def test_an_answer_that_cannot_be_kept_is_refused(name):
    step = open_step(a_submitted())
    chief = Caller("chief.cimic")

    answer = chief.generic(
        "POST", f"/api/v1/steps/{step.pk}/answers/", UNKEPT[name], content_type=JSON
    )

    refused(answer, 400)
    assert not Answer.objects.exists()


@pytest.mark.parametrize("title", [True, False, ["x"], {"a": 1}])
def test_a_text_is_no_yes_or_no_and_no_list(title):
    body = {**civil_answers(), "title": title}

    assert refused(Caller("sector.east").post("/api/v1/requests/", body, format="json"), 400) == [
        "title"
    ]
    assert not AssistanceRequest.objects.exists()


@pytest.mark.parametrize("version", ["9" * 5000, "-1", "1.0", "*", "one"])
def test_a_version_that_is_none_is_refused(version):
    rfa = a_draft()

    answer = Caller("sector.east").patch(
        f"/api/v1/requests/{rfa.reference}/", {"title": "b"}, format="json", HTTP_IF_MATCH=version
    )

    assert refused(answer, 400) == ["If-Match"]


def crafted(*value) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode()


@pytest.mark.parametrize(
    "question",
    [
        "requests/?page_size=" + "9" * 5000,
        "requests/?mine=perhaps",
        "register.csv?mine=perhaps",
        "inbox/?cursor=" + crafted("next", MOMENT, "1" * 5000),
        "inbox/?cursor=" + crafted("next", MOMENT, 1e400),
        "requests/?cursor=" + crafted("next", "2026-01-01T00:00:00", "00" * 16),
        "requests/?cursor=" + crafted("next", MOMENT),
    ],
)
def test_a_question_nobody_can_mean_is_refused(question):
    a_submitted()

    refused(Caller("chief.cimic").get(f"/api/v1/{question}"), 400)


def test_a_number_beyond_all_steps_is_only_the_end_of_the_list():
    a_submitted()
    cursor = crafted("next", MOMENT, str(10**30))

    assert Caller("chief.cimic").read(f"inbox/?cursor={cursor}")["next"] is None


NAMES = {
    "../../etc/passwd.txt": "passwd.txt",
    "/etc/shadow.txt": "shadow.txt",
    "C:\\windows\\win.txt": "win.txt",
    "a\nb.txt": "ab.txt",
    "x" * 300 + ".txt": "x" * 116 + ".txt",
}


@pytest.mark.parametrize("sent", NAMES)
def test_of_a_files_name_only_the_last_part_is_kept(sent):
    rfa = a_draft()

    kept = Caller("sector.east").post(
        f"/api/v1/requests/{rfa.reference}/attachments/",
        {"file": SimpleUploadedFile(sent, b"plain words")},
        format="multipart",
    )

    assert (kept.status_code, kept.json()["name"]) == (201, NAMES[sent])
    assert ".." not in Attachment.objects.get().file.name


@pytest.mark.parametrize("sent", ["???", "???.txt", ".txt", "notes"])
def test_a_file_without_a_name_that_tells_its_kind_is_refused(sent):
    rfa = a_draft()
    path = f"/api/v1/requests/{rfa.reference}/attachments/"
    body = {"file": SimpleUploadedFile(sent, b"plain words")}

    assert refused(Caller("sector.east").post(path, body, format="multipart"), 400) == ["file"]
    assert not Attachment.objects.exists()


@pytest.mark.parametrize("caption", ["x" * 201, "a\0b"])
def test_a_caption_is_kept_whole_or_refused(caption):
    rfa = a_draft()
    path = f"/api/v1/requests/{rfa.reference}/attachments/"
    body = {"file": SimpleUploadedFile("a.txt", b"plain words"), "caption": caption}

    assert refused(Caller("sector.east").post(path, body, format="multipart"), 400) == ["caption"]
    assert not Attachment.objects.exists()


def test_a_file_sent_twice_with_one_key_is_kept_once():
    rfa = a_draft()
    path = f"/api/v1/requests/{rfa.reference}/attachments/"
    caller = Caller("sector.east")

    def send(content: bytes):
        body = {"file": SimpleUploadedFile("a.txt", content)}
        return caller.post(path, body, format="multipart", HTTP_IDEMPOTENCY_KEY="photo-1")

    first, again, other = send(b"plain"), send(b"plain"), send(b"plainer")

    assert (first.status_code, again.json()) == (201, first.json())
    refused(other, 422)
    assert Attachment.objects.count() == 1


def test_more_than_is_taken_in_at_once_is_413_with_and_without_a_key():
    body = b'{"kind":"qip","title":"' + b"x" * (21 * 1024 * 1024) + b'"}'
    caller = Caller("sector.east")

    for key in ({}, {"HTTP_IDEMPOTENCY_KEY": "one"}):
        answer = caller.generic("POST", "/api/v1/requests/", body, content_type=JSON, **key)
        refused(answer, 413)
    assert not AssistanceRequest.objects.exists()


@pytest.mark.parametrize("content_type", ["multipart/form-data", "application/json", "text/plain"])
def test_a_body_that_is_no_form_is_no_attachment(content_type):
    rfa = a_draft()
    status = 400 if content_type.startswith("multipart") else 415

    answer = Caller("sector.east").generic(
        "POST", f"/api/v1/requests/{rfa.reference}/attachments/", b"x", content_type=content_type
    )

    refused(answer, status)


def test_a_thousand_fields_are_no_attachment():
    rfa = a_draft()
    path = f"/api/v1/requests/{rfa.reference}/attachments/"
    body = {f"field{number}": "x" for number in range(1_200)}

    refused(Caller("sector.east").post(path, body, format="multipart"), 400)


def test_the_register_is_csv_whatever_a_client_would_rather_have():
    a_submitted()
    caller = Caller("chief.cimic")

    for accepted in ("text/csv", "*/*", "application/json", "application/xml"):
        answer = caller.get("/api/v1/register.csv", HTTP_ACCEPT=accepted)
        assert (answer.status_code, answer["Content-Type"]) == (200, "text/csv; charset=utf-8")
        b"".join(answer.streaming_content)
    bad = caller.get("/api/v1/register.csv?status=nope", HTTP_ACCEPT="text/csv")
    assert refused(bad, 400) == ["status"]
