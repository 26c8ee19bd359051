"""The archive's pages and API: the same deeds, the same refusals, the same sight (P41)."""

import io
import json
import zipfile

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from records.archive import pack
from records.archive.disposal import ask_disposal, confirm_disposal
from records.archive.keeping import set_hold
from records.models import Disposal, LegalHold, RetentionClass, Transfer
from tests.archiving import AUTHORITY, WHY, a_class, a_closed_refusal, a_receipt
from tests.builders import a_mission, in_days, who
from tests.calling import Caller

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _mission():
    a_mission()


@pytest.fixture
def officer(client):
    client.force_login(who("records.officer"))
    return client


def disposed():
    """A record that two people disposed of."""
    a_class(code="NOW", years=0)
    rfa = a_closed_refusal()
    ask_disposal(rfa=rfa, actor=who("records.officer"), authority=AUTHORITY, reason=WHY)
    confirm_disposal(rfa=rfa, actor=who("cos"))
    return rfa


def test_the_archive_opens_with_what_is_due(officer):
    a_class(code="NOW", years=0)
    rfa = a_closed_refusal()

    said = officer.get("/archive/").content.decode()

    assert rfa.reference in said
    assert "May be disposed of" in said


@pytest.mark.parametrize(
    "part", ["due", "soon", "held", "transferred", "disposed", "unclassed", "all", "strange"]
)
def test_every_part_opens_and_a_strange_one_is_what_is_due(officer, part):
    a_closed_refusal()

    assert officer.get("/archive/", {"part": part}).status_code == 200


@pytest.mark.parametrize("username", ["sector.east", "dsrsg", "partner.ngo", "evaluator", "admin"])
def test_the_archive_is_not_for_others(client, username):
    rfa = a_closed_refusal()
    client.force_login(who(username))

    for path in ("/archive/", "/archive/classes/", f"/archive/{rfa.reference}/"):
        assert client.get(path).status_code == 403
    assert Caller(username).get("/api/v1/archive/").status_code == 403
    assert client.post(f"/archive/{rfa.reference}/holds/", {"reason": "x"}).status_code == 403
    assert not LegalHold.objects.exists()


def test_the_list_costs_the_same_statements_for_three_as_for_one(officer):
    a_class(code="NOW", years=0)
    a_closed_refusal()
    officer.get("/archive/")
    with CaptureQueriesContext(connection) as one:
        officer.get("/archive/")
    a_closed_refusal(), a_closed_refusal()
    with CaptureQueriesContext(connection) as three:
        officer.get("/archive/")

    assert len(three) == len(one)


def test_the_whole_errand_on_pages_from_class_to_stub(officer, client, tmp_path):
    rfa = a_closed_refusal()
    officer.post(
        "/archive/classes/",
        {
            "code": "UNAC-T0",
            "title": "All",
            "number": 1,
            "kinds": ["civil_assistance", "qip"],
            "trigger": "closed",
            "years": 0,
            "action": "transfer",
        },
    )
    assert RetentionClass.objects.get().kinds == ["civil_assistance", "qip"]
    place = f"/archive/{rfa.reference}/"
    assert "no receipt is recorded" in officer.get(place).content.decode()
    packed = officer.post(f"/register/{rfa.reference}/archive/")
    assert zipfile.is_zipfile(io.BytesIO(b"".join(packed.streaming_content)))
    answer = officer.post(
        f"{place}receipts/",
        {
            "received_by": "Ms Mensah",
            "organisation": "United Nations archives",
            "receipt_reference": "ARMS-118",
            "received_on": in_days(0).isoformat(),
            "manifest_digest": rfa.bags.get().digest[:12],
        },
    )
    assert answer.status_code == 302
    asked = officer.post(f"{place}disposal/", {"authority": AUTHORITY, "reason": WHY})
    assert asked.status_code == 302
    refused = officer.post(f"{place}confirm/")
    assert refused.status_code == 403
    assert "two people" in refused.content.decode()
    client.force_login(who("chief.cimic"))
    assert client.post(f"{place}confirm/").status_code == 302

    said = client.get(place).content.decode()
    assert "What is left of it" in said
    assert AUTHORITY in said
    assert Disposal.objects.get().transfer == Transfer.objects.get()


def test_what_is_refused_comes_back_with_the_words_and_the_reason(officer):
    rfa = a_closed_refusal()

    answer = officer.post(f"/archive/{rfa.reference}/holds/", {"reason": ""})

    assert answer.status_code == 422
    assert "Say which matter keeps the record" in answer.content.decode()
    assert officer.post(f"/archive/{rfa.reference}/burn/").status_code == 404
    assert officer.get("/archive/UNAC-CA-2026-9999/").status_code == 404


def test_a_hold_is_lifted_on_the_page(officer):
    rfa = a_closed_refusal()
    hold = set_hold(rfa=rfa, actor=who("cos"), reason="A claim")
    url = f"/archive/{rfa.reference}/holds/{hold.pk}/lift/"

    assert officer.post(url, {"reason": ""}).status_code == 422
    assert officer.post(url, {"reason": "Settled"}).status_code == 302
    assert officer.post(url, {"reason": "Again"}).status_code == 404


def test_a_class_is_changed_and_taken_out_of_use_on_the_page(officer):
    a_class(code="UNAC-D5", years=5)
    form = {
        "changed": "UNAC-D5",
        "code": "UNAC-D5",
        "title": "Requests",
        "number": 1,
        "trigger": "closed",
        "years": 7,
        "action": "destroy",
        "is_example": "on",
    }

    assert "Change UNAC-D5" in officer.get("/archive/classes/?change=UNAC-D5").content.decode()
    assert officer.post("/archive/classes/", {**form, "years": "many"}).status_code == 400
    assert officer.post("/archive/classes/", form).status_code == 302
    assert RetentionClass.objects.values_list("years", "is_example").get() == (7, True)
    officer.post("/archive/classes/", {"changed": "UNAC-D5", "end": "1"})
    assert RetentionClass.objects.get().ended_at is not None


@pytest.mark.parametrize("username", ["records.officer", "chief.cimic", "dsrsg", "evaluator"])
def test_the_page_of_a_disposed_record_shows_its_stub_to_who_may_see_it(client, username):
    rfa = disposed()
    client.force_login(who(username))

    said = client.get(f"/register/{rfa.reference}/").content.decode()

    assert "What is left of it" in said
    assert rfa.title not in said
    assert "Record disposed of" in said


def test_the_register_the_api_and_the_exports_still_hold_a_disposed_record(client):
    rfa = disposed()
    chief = Caller("chief.cimic")
    client.force_login(who("chief.cimic"))

    assert rfa.reference in client.get("/register/").content.decode()
    found = chief.read(f"requests/{rfa.reference}/")
    assert found["title"] == "[disposed of]"
    entries = chief.read(f"requests/{rfa.reference}/history/")["results"]
    assert [each["act"] for each in entries][-2:] == ["record.disposed", "payloads.erased"]
    assert b"[disposed of]" in b"".join(client.get("/register.csv").streaming_content)


def test_the_api_lists_the_archive_and_tells_all_of_one_record(tmp_path):
    a_class("transfer", code="LASTING", years=0)
    rfa = a_closed_refusal()
    a_receipt(rfa, tmp_path)
    set_hold(rfa=rfa, actor=who("cos"), reason="A claim")
    caller = Caller("records.officer")

    lines = caller.read("archive/?part=held")["results"]
    assert [(line["reference"], line["class"], line["next"]) for line in lines] == [
        (rfa.reference, "LASTING", "held")
    ]
    assert caller.read("archive/summary/")["transferred"] == 1
    place = caller.read(f"archive/{rfa.reference}/")
    assert place["receipts"][0]["receipt_reference"] == "ARMS-2026-118"
    assert [each["field"] for each in place["forbids"]] == ["hold"]
    caller.read("archive/?part=burnt", expect=400)
    caller.read("archive/UNAC-CA-2026-9999/", expect=404)


def test_the_whole_errand_by_the_api():
    caller, other = Caller("records.officer"), Caller("cos")
    rfa = a_closed_refusal()
    line = {
        "code": "UNAC-D0",
        "title": "All",
        "number": 1,
        "kinds": ["civil_assistance"],
        "trigger": "closed",
        "years": 0,
        "action": "destroy",
        "is_example": False,
    }
    caller.tell("archive/classes/", {**line, "kinds": ["strange"]}, expect=400)
    assert caller.tell("archive/classes/", line, expect=201)["kinds"] == ["civil_assistance"]
    caller.tell("archive/classes/", {**line, "title": "Every request"}, expect=200)
    here = f"archive/{rfa.reference}/"

    caller.tell(f"{here}disposal/", {"authority": "", "reason": ""}, expect=422)
    caller.tell(f"{here}disposal/", {"authority": AUTHORITY, "reason": WHY}, expect=201)
    caller.tell(f"{here}disposal/confirm/", expect=403)
    hold = other.tell(f"{here}holds/", {"reason": "A claim"}, expect=201)["holds"][0]["id"]
    other.tell(f"{here}disposal/confirm/", expect=422)
    other.tell(f"{here}holds/{hold}/lift/", {"reason": "Settled"})
    stub = other.tell(f"{here}disposal/confirm/", expect=201)["stub"]

    assert (stub["asked_by"], stub["confirmed_by"]) == (
        who("records.officer").name,
        who("cos").name,
    )
    other.tell(f"{here}disposal/confirm/", expect=409)
    caller.tell("archive/classes/UNAC-D0/end/")


def test_the_api_gives_the_bag_as_a_zip_file():
    rfa = a_closed_refusal()
    caller = Caller("records.officer")

    answer = caller.post(f"/api/v1/archive/{rfa.reference}/bag/")

    with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as bag:
        record = json.loads(bag.read(f"{rfa.reference}/data/record.json"))
    assert record["reference"] == rfa.reference


def test_a_deed_sent_twice_with_one_key_is_done_once():
    rfa = a_closed_refusal()
    caller = Caller("records.officer")

    for _time in range(2):
        caller.tell(
            f"archive/{rfa.reference}/holds/",
            {"reason": "A claim"},
            expect=201,
            HTTP_IDEMPOTENCY_KEY="once",
        )

    assert LegalHold.objects.count() == 1


def test_packing_twice_keeps_both_and_the_receipt_names_the_one_received(tmp_path):
    rfa = a_closed_refusal()
    first = pack(rfa=rfa, to=tmp_path / "a", actor=who("records.officer"))
    a_receipt(rfa, tmp_path / "b", manifest_digest=first.digest)

    assert Transfer.objects.get().bag == first
