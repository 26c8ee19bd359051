"""The ledger as people meet it: its page and API, proofs, and erasures by two people."""

import datetime as dt
import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from cimic import checkup
from common import clock
from common.errors import Forbidden, Malformed, NotNow
from ledger import verifier
from ledger.checkpoints import make_checkpoint
from ledger.models import Chain, Checkpoint, Entry, ErasureRequest, WitnessReceipt
from ledger.receipts import send_owed
from ledger.verification import verify
from missions.models import Appointment
from records import services as records
from records.archive.keeping import set_hold
from records.compliance.summary import sweep
from records.erasing import ask_erasure, confirm_erasure, refuse_erasure
from tests.builders import a_mission, a_started, a_submitted, who
from tests.calling import Caller

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _signs_and_sends(settings, tmp_path):
    settings.SIGNING_KEY, settings.SIGNING_KEY_FILE = "1f" * 32, ""
    settings.RECEIPT_FOLDER, settings.RECEIPT_EMAILS = str(tmp_path / "outside"), []
    (tmp_path / "outside").mkdir()


@pytest.fixture
def closed(db):
    """A closed record, under a checkpoint whose receipt left."""
    a_mission()
    rfa = a_started()
    records.complete(rfa=rfa, actor=who("chief.cimic"), result="Water flows.", people={"women": 9})
    rfa = records.close(rfa=rfa, actor=who("chief.cimic"))
    make_checkpoint()
    send_owed()
    return rfa


def signed_in(username: str) -> Client:
    client = Client()
    client.force_login(who(username))
    return client


def ask(rfa, username="records.officer", numbers=(2,)) -> ErasureRequest:
    return ask_erasure(rfa=rfa, actor=who(username), numbers=numbers, reason="A survivor's name")


# Proofs


def test_the_proof_of_a_record_verifies_with_its_history(closed):
    caller = Caller("sector.east")

    proof = caller.read(f"requests/{closed.reference}/proof/")
    history = caller.read(f"requests/{closed.reference}/history/?page_size=200")["results"]

    report = verifier.Report("proof")
    entries = [{"chain": line["chain"], "hash": line["hash"]} for line in history]
    assert verifier.check_proof(report, proof, entries)
    assert (proof["entries"], proof["unwitnessed"]) == (len(history), 0)


def test_an_entrys_proof_is_by_the_first_checkpoint_that_covers_it(closed):
    refuse_erasure(request_id=ask(closed).pk, actor=who("chief.cimic"), remarks="No need.")
    caller, length = Caller("sector.east"), Chain.objects.get(pk=closed.pk).length
    path = f"requests/{closed.reference}/proof/"

    caller.read(f"{path}?entry={length}", expect=409)
    assert caller.read(path)["unwitnessed"] == 2
    make_checkpoint()

    assert caller.read(f"{path}?entry=1")["checkpoint"]["number"] == 1
    assert caller.read(f"{path}?entry={length}")["checkpoint"]["number"] == 2
    assert caller.read(f"{path}?entry={length}")["length"] == length
    caller.read(f"{path}?entry={length + 1}", expect=404)
    for nonsense in ("0", "-1", "x", "9" * 40):
        caller.read(f"{path}?entry={nonsense}", expect=400)


def test_no_proof_before_a_checkpoint_and_none_of_what_one_may_not_see(closed):
    other = a_submitted()

    Caller("sector.east").read(f"requests/{other.reference}/proof/", expect=409)
    Caller("partner.ngo").read(f"requests/{closed.reference}/proof/", expect=404)


# How it stands


@pytest.mark.parametrize(
    "username", ["cos", "evaluator", "records.officer", "admin", "chief.cimic"]
)
def test_those_who_answer_for_records_read_how_the_ledger_stands(closed, username):
    caller, page = Caller(username), signed_in(username).get("/ledger/")

    state = caller.read("ledger/")
    (checkpoint,) = caller.read("ledger/checkpoints/")["results"]

    assert (state["witnessed_until"], state["unwitnessed"]) == (1, 0)
    assert state["entries"] == checkpoint["entries"] == Checkpoint.objects.get().entries
    assert checkpoint["receipts"][0]["left_at"] is not None
    assert page.status_code == 200
    assert state["keys"][0]["public_key"] in page.content.decode()


@pytest.mark.parametrize("username", ["partner.ngo", "unit.east", "dsrsg", "ops"])
def test_nobody_else_reads_it(closed, username):
    Caller(username).read("ledger/", expect=403)
    Caller(username).read("ledger/checkpoints/", expect=403)
    assert signed_in(username).get("/ledger/").status_code == 403


def test_an_empty_ledger_has_a_page_too():
    a_mission()

    assert signed_in("cos").get("/ledger/").status_code == 200
    assert Caller("cos").read("ledger/")["last_checkpoint"] is None


def test_a_witnesss_word_is_recorded_once_by_page_or_api(closed):
    receipt = WitnessReceipt.objects.get()

    Caller("sector.east").tell(f"ledger/receipts/{receipt.pk}/acknowledge/", expect=403)
    told = Caller("evaluator").tell(f"ledger/receipts/{receipt.pk}/acknowledge/")
    Caller("evaluator").tell(f"ledger/receipts/{receipt.pk}/acknowledge/", expect=409)
    Caller("evaluator").tell("ledger/receipts/99999/acknowledge/", expect=404)

    assert told["acknowledged_at"] is not None
    assert Entry.objects.filter(act="receipt.acknowledged").count() == 1
    make_checkpoint()
    send_owed()
    newest = WitnessReceipt.objects.get(acknowledged_at=None)
    page = signed_in("cos").post(f"/ledger/receipts/{newest.pk}/acknowledge/")
    assert page.status_code == 302


def found_by_doctor() -> dict[str, str]:
    return {found.subject: found.mark for found in checkup._witnesses()}


def test_the_doctor_says_if_checkpoint_or_receipt_is_older_than_a_day(closed, settings):
    settings.REDIS_URL = "redis://there"
    assert found_by_doctor() == {"checkpoint": "well", "receipts": "well"}

    with clock.telling(clock.now() + dt.timedelta(days=2)):
        assert found_by_doctor() == {"checkpoint": "ill", "receipts": "ill"}
    settings.RECEIPT_FOLDER = ""
    assert found_by_doctor() == {"checkpoint": "well", "receipts": "note"}
    settings.SIGNING_KEY = ""
    assert found_by_doctor()["checkpoint"] == "ill"


# Erasures


def test_P41_one_asks_another_confirms_and_the_words_are_gone_for_good(closed):
    words = Entry.objects.get(chain=closed.pk, number=2).payload.text
    officer, chief = Caller("records.officer"), Caller("chief.cimic")

    asked = officer.tell(
        f"requests/{closed.reference}/erasures/",
        {"entries": [2], "reason": "A survivor's name", "authority": "Order 7"},
        expect=201,
    )
    assert [line["id"] for line in chief.read("ledger/erasures/")["results"]] == [asked["id"]]
    assert Entry.objects.get(chain=closed.pk, number=2).payload.text == words
    done = chief.tell(f"ledger/erasures/{asked['id']}/confirm/")

    assert (done["erased"], chief.read("ledger/erasures/")["results"]) == (True, [])
    assert Entry.objects.get(chain=closed.pk, number=2).payload.text == "{}"
    line = officer.read(f"requests/{closed.reference}/history/?page_size=200")["results"][1]
    last = Entry.objects.filter(chain=closed.pk).order_by("-number").first()
    assert (line["payload"], line["salt"], line["erased"]["entry"]) == (None, None, last.number)
    assert verify().holds
    acts = list(Entry.objects.filter(chain=closed.pk).values_list("act", flat=True))
    assert acts[-2:] == ["erasure.asked", "payloads.erased"]


@pytest.mark.parametrize(
    ("asks", "confirms"),
    [("records.officer", "chief.cimic"), ("chief.cimic", "records.officer")],
)
def test_either_of_the_two_posts_asks_and_the_other_confirms(closed, asks, confirms):
    asked = ask(closed, asks)

    for username in (asks, "admin", "dsrsg", "cimic.staff", "cos"):
        with pytest.raises(Forbidden):
            confirm_erasure(request_id=asked.pk, actor=who(username))
    confirm_erasure(request_id=asked.pk, actor=who(confirms))

    assert verify().holds


@pytest.mark.parametrize("username", ["cos", "admin", "dsrsg", "sector.east", "partner.ngo"])
def test_nobody_else_asks_for_an_erasure(closed, username):
    with pytest.raises(Forbidden):
        ask(closed, username)


def test_a_person_who_holds_both_posts_does_not_erase_alone(closed):
    asked = ask(closed)
    Appointment.objects.filter(post__code="chief.cimic").update(person=who("records.officer"))

    with pytest.raises(Forbidden, match="cannot confirm"):
        confirm_erasure(request_id=asked.pk, actor=who("records.officer"))


def test_it_is_asked_anew_at_the_moment_of_doing_it(closed):
    asked = ask(closed)
    Appointment.objects.filter(post__code="records.officer").update(person=who("cmcoord"))

    with pytest.raises(Forbidden, match="no longer holds the post"):
        confirm_erasure(request_id=asked.pk, actor=who("chief.cimic"))

    assert Entry.objects.get(chain=closed.pk, number=2).payload.text != "{}"


def test_a_record_that_goes_on_loses_nothing(closed):
    with pytest.raises(NotNow, match="after the record has ended"):
        ask(a_submitted())


def test_one_erasure_waits_at_a_time_and_is_answered_once(closed):
    asked = ask(closed)
    with pytest.raises(NotNow, match="waits"):
        ask(closed)
    confirm_erasure(request_id=asked.pk, actor=who("chief.cimic"))
    with pytest.raises(NotNow, match="answered already"):
        confirm_erasure(request_id=asked.pk, actor=who("chief.cimic"))
    with pytest.raises(Malformed):
        ask(closed)


def test_an_erasure_is_refused_with_a_reason_or_taken_back(closed):
    asked = ask(closed)
    with pytest.raises(Malformed):
        refuse_erasure(request_id=asked.pk, actor=who("chief.cimic"), remarks=" ")
    refuse_erasure(request_id=asked.pk, actor=who("chief.cimic"), remarks="It is needed.")
    refuse_erasure(request_id=ask(closed).pk, actor=who("records.officer"), remarks="My mistake.")

    assert Entry.objects.get(chain=closed.pk, number=2).payload.text != "{}"
    assert verify().holds


@pytest.mark.parametrize(
    "body",
    [
        {"entries": [], "reason": "x"},
        {"entries": [999], "reason": "x"},
        {"entries": "2", "reason": "x"},
        {"entries": [2], "reason": ""},
        {"entries": [2], "reason": 7},
        {"entries": [True, None], "reason": "x"},
        {"entries": [2], "reason": "x" * 2001},
        {},
    ],
)
def test_an_erasure_badly_asked_for_is_refused(closed, body):
    caller = Caller("records.officer")

    caller.tell(f"requests/{closed.reference}/erasures/", body, expect=400)

    assert not ErasureRequest.objects.exists()


def test_a_record_all_of_whose_words_were_erased_can_still_be_read(closed):
    length = Chain.objects.get(pk=closed.pk).length
    asked = ask(closed, numbers=range(1, length + 1))
    confirm_erasure(request_id=asked.pk, actor=who("chief.cimic"))
    sweep()

    for username in ("chief.cimic", "sector.east", "evaluator"):
        page = signed_in(username).get(reverse("records:case", args=[closed.reference]))
        assert page.status_code == 200
        assert "erased by two people" in page.content.decode()
    entry = signed_in("cos").get(reverse("records:entry", args=[closed.reference, 2]))
    assert "Erased by two people" in entry.content.decode()
    rows = {row["row"]: row["exceptions_total"] for row in Caller("cos").read("compliance/")}
    assert (rows["N3"], rows["N4"]) == (0, 0)
    assert verify().holds


def test_the_pages_ask_and_confirm(closed):
    officer, chief = signed_in("records.officer"), signed_in("chief.cimic")
    entry = reverse("records:entry", args=[closed.reference, 2])

    assert "Ask for the erasure" in officer.get(entry).content.decode()
    assert "Ask for the erasure" not in signed_in("sector.east").get(entry).content.decode()
    assert officer.post(f"{entry}erase/", {"reason": "A name"}).status_code == 302
    assert "A name" in chief.get("/ledger/").content.decode()
    asked = ErasureRequest.objects.get()
    assert officer.post(f"/ledger/erasures/{asked.pk}/confirm/").status_code == 403
    assert chief.post(f"/ledger/erasures/{asked.pk}/confirm/").status_code == 302

    assert Entry.objects.get(chain=closed.pk, number=2).payload.text == "{}"
    assert signed_in("cos").post(f"/ledger/erasures/{asked.pk}/confirm/").status_code == 404


def test_the_command_still_proves_it_all(closed):
    confirm_erasure(request_id=ask(closed).pk, actor=who("chief.cimic"))
    out = StringIO()

    call_command("verify_ledger", "--json", "--mission", "UNAC", stdout=out)

    said = json.loads(out.getvalue())
    assert (said["holds"], said["unwitnessed"], said["witnessed_until"]) == (True, 2, 1)


def test_a_legal_hold_keeps_every_word_until_it_is_lifted(closed):
    asked = ask(closed)
    set_hold(rfa=closed, actor=who("records.officer"), reason="A board of inquiry sits.")

    with pytest.raises(NotNow, match="legal hold"):
        confirm_erasure(request_id=asked.pk, actor=who("chief.cimic"))

    assert Entry.objects.get(chain=closed.pk, number=2).payload.text != "{}"


def test_the_doctor_waits_a_day_for_the_first_checkpoint(settings):
    settings.REDIS_URL = "redis://there"
    a_mission()
    a_submitted()
    assert found_by_doctor()["checkpoint"] == "well"

    with clock.telling(clock.now() + dt.timedelta(days=2)):
        assert found_by_doctor()["checkpoint"] == "ill"
