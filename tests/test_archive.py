"""A closed record packed for transfer: whole, readable without this system, and provable."""

import datetime as dt
import hashlib
import json
import zipfile
from io import StringIO
from pathlib import Path
from typing import Any

import bagit
import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from jsonschema import Draft202012Validator, FormatChecker

from approvals import services as approvals
from common import clock
from common.errors import Forbidden, NotNow
from ledger.models import Checkpoint, Entry
from ledger.verification import verify
from records import services as records
from records.archive import READ_ME, pack, pack_as_zip
from records.models import ArchivedBag
from requests_app.models import AssistanceRequest
from tests.builders import (
    a_mission,
    a_refused,
    a_started,
    a_submitted,
    an_approved,
    civil_answers,
    extreme_answers,
    give,
    in_days,
    open_step,
    qip_answers,
    security_answers,
    who,
)

pytestmark = pytest.mark.django_db

LETTER = b"%PDF-1.4\n1 0 obj << >> endobj\ntrailer << >>\n%%EOF\n"


@pytest.fixture(autouse=True)
def _mission():
    a_mission()


def fresh(rfa) -> AssistanceRequest:
    return AssistanceRequest.objects.get(pk=rfa.pk)


def a_closed(answers: dict[str, Any] | None = None, *, by: str = "sector.east"):
    """A record carried out, completed and closed."""
    rfa = a_started(answers, by=by)
    records.complete(
        rfa=rfa,
        actor=who("chief.cimic"),
        result="Water flows; the ward drinks — l'eau coule à 100 %.",
        people={"women": 118, "men": 20, "girls": 61, "boys": 55},
    )
    return fresh(records.close(rfa=rfa, actor=who("chief.cimic")))


def a_closed_with_files():
    """A closed record with two files of one name, a message, a return and a superseded answer."""
    rfa = a_submitted()
    for caption in ("The ward's letter", "The ward's second letter"):
        approvals.attach(
            rfa=rfa,
            actor=who("sector.east"),
            upload=SimpleUploadedFile("letter.pdf", LETTER, content_type="application/pdf"),
            caption=caption,
        )
    approvals.say(rfa=rfa, actor=who("chief.cimic"), text="«Who drives?»", internal=True)
    give(open_step(rfa), "return", remarks="Which ward?")
    rfa = fresh(rfa)
    rfa = approvals.change(
        rfa=rfa, actor=who("sector.east"), values={"place": "Ward 3"}, version=rfa.version
    )
    approvals.submit(rfa=rfa, actor=who("sector.east"))
    give(open_step(rfa))
    dms = rfa.steps.get(seat="mission_support")
    give(dms, "not_resourceable", remarks="No trucks.")
    approvals.supersede(step=dms, actor=who("dms"), word="resourceable", revision=2)
    for step in rfa.steps.filter(state="open"):
        give(step)
    give(open_step(rfa))
    give(open_step(rfa))
    records.start(rfa=rfa, actor=who("chief.cimic"))
    records.complete(rfa=rfa, actor=who("chief.cimic"), result="Delivered.")
    return fresh(records.close(rfa=rfa, actor=who("chief.cimic")))


def packed(rfa, folder: Path) -> Path:
    """Pack as the records officer; give the bag's folder."""
    return folder / pack(rfa=rfa, to=folder, actor=who("records.officer")).name


def read(bag: Path, name: str) -> Any:
    return json.loads((bag / "data" / name).read_text(encoding="utf-8"))


def reproved(history: list[dict[str, Any]]) -> list[bool]:
    """Prove each entry by the bag's own README, with nothing but the standard library."""
    found, previous = [], "0" * 64
    for number, entry in enumerate(history, start=1):
        bound = [
            "cimic-entry-1",
            *(
                entry[name]
                for name in (
                    "chain",
                    "number",
                    "act",
                    "actor",
                    "actor_name",
                    "post",
                    "post_title",
                    "capacity",
                    "happened_at",
                    "recorded_at",
                    "told_clock",
                    "previous",
                    "payload_digest",
                )
            ),
        ]
        text = json.dumps(bound, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        digest = hashlib.sha256((entry["salt"] + entry["text"]).encode()).hexdigest()
        found.append(
            hashlib.sha256(text.encode()).hexdigest() == entry["hash"]
            and digest == entry["payload_digest"]
            and entry["number"] == number
            and entry["previous"] == previous
        )
        previous = entry["hash"]
    return found


def test_P41_a_closed_records_bag_is_valid_and_holds_the_whole_record(tmp_path):
    rfa = a_closed_with_files()

    bag = packed(rfa, tmp_path)

    opened = bagit.Bag(str(bag))
    opened.validate()
    assert opened.info["External-Identifier"] == rfa.reference
    assert opened.info["Source-Organization"] == "Mission UNAC"
    assert sorted(path.relative_to(bag / "data").as_posix() for path in files_of(bag / "data")) == [
        "README.txt",
        "files/01-letter.pdf",
        "files/02-letter.pdf",
        "history.json",
        "process.json",
        "record-1.json",
        "record.json",
        "record.pdf",
        "revisions/1.json",
        "revisions/2.json",
        "verify.py",
    ]
    assert (bag / "data/files/02-letter.pdf").read_bytes() == LETTER
    assert (bag / "data/README.txt").read_text() == READ_ME


def files_of(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_P41_the_bag_says_what_was_asked_answered_done_and_said(tmp_path):
    rfa = a_closed_with_files()

    record = read(packed(rfa, tmp_path), "record.json")

    assert (record["reference"], record["status"], record["revision"]) == (
        rfa.reference,
        "closed",
        2,
    )
    assert record["content"]["place"] == "Ward 3"
    assert [
        (step["seat"], step["round"], given["answer"], given["by"], given["stands"])
        for step in record["route_answers"]
        for given in step["answers"]
    ] == [
        ("cimic_review", 1, "return", "Chief Cimic", True),
        ("cimic_review", 2, "forward_recommended", "Chief Cimic", True),
        ("civil_affairs_advice", 1, "supports", "Civil Affairs", True),
        ("gender_advice", 1, "supports", "Gender Gender", True),
        ("mission_support", 1, "not_resourceable", "Dms Dms", False),
        ("mission_support", 1, "resourceable", "Dms Dms", True),
        ("decision", 1, "approve", "Dsrsg Dsrsg", True),
        ("tasking", 1, "accept", "Ops Ops", True),
    ]
    assert (record["task"]["unit"], record["task"]["result"]) == ("East Bn", "Delivered.")
    assert [(said["text"], said["internal"]) for said in record["messages"]] == [
        ("«Who drives?»", True)
    ]
    assert [file["sha256"] for file in record["files"]] == [hashlib.sha256(LETTER).hexdigest()] * 2


def test_the_history_in_a_bag_is_proved_from_the_files_alone(tmp_path):
    rfa = a_closed_with_files()

    history = read(packed(rfa, tmp_path), "history.json")

    # All of it but the entry that says it was packed, which came after.
    assert len(history) == Entry.objects.filter(chain=rfa.pk).count() - 1
    assert reproved(history) == [True] * len(history)
    assert history[-1]["act"] == "record.closed"


@pytest.mark.parametrize("name", ["text", "actor_name", "happened_at", "previous", "act"])
def test_a_history_tampered_with_in_its_bag_is_not_proved(tmp_path, name):
    history = read(packed(a_closed(), tmp_path), "history.json")

    history[4][name] += " "

    assert reproved(history) == [number != 4 for number in range(len(history))]


def test_the_words_of_each_revision_in_a_bag_are_the_ones_the_ledger_bound(tmp_path):
    bag = packed(a_closed_with_files(), tmp_path)

    said = [json.loads(entry["text"]) for entry in read(bag, "history.json")]
    submitted = [words for words in said if "content" in words]
    assert [(words["revision"], words["content"]) for words in submitted] == [
        (1, read(bag, "revisions/1.json")),
        (2, read(bag, "revisions/2.json")),
    ]
    process = read(bag, "process.json")
    text = json.dumps(process["content"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    digest = hashlib.sha256(text.encode()).hexdigest()
    assert process["digest"] == digest == submitted[0]["process"]["digest"]


def test_a_file_changed_in_a_bag_breaks_it(tmp_path):
    bag = packed(a_closed_with_files(), tmp_path)

    (bag / "data/files/01-letter.pdf").write_bytes(LETTER.replace(b"1.4", b"1.5"))

    with pytest.raises(bagit.BagValidationError):
        bagit.Bag(str(bag)).validate()


def test_P41_every_kind_of_record_can_be_packed(tmp_path):
    refused = a_refused()
    records.record_delivery(
        rfa=refused,
        actor=who("chief.cimic"),
        delivered=True,
        organisation="WFP",
        delivered_on=in_days(-3),
        source="WFP's officer, by telephone",
    )
    cancelled = an_approved()
    approvals.cancel(rfa=cancelled, actor=who("chief.cimic"), reason="The road is cut.")
    values = extreme_answers(acted_at=clock.now() - dt.timedelta(hours=3))
    del values["area"]
    extreme = approvals.report_extreme_situation(actor=who("unit.east"), values=values)
    give(open_step(extreme))
    give(open_step(extreme), "held", remarks="They would have drowned.")
    for rfa in (cancelled, extreme):
        records.close(rfa=rfa, actor=who("chief.cimic"))
    kept = [
        fresh(refused),
        fresh(cancelled),
        fresh(extreme),
        a_closed(qip_answers(), by="partner.ngo"),
        a_closed(security_answers(), by="partner.un"),
        a_closed(security_answers(), by="human.rights"),
    ]

    bags = [packed(rfa, tmp_path) for rfa in kept]

    for bag in bags:
        bagit.Bag(str(bag)).validate()
        assert set(reproved(read(bag, "history.json"))) == {True}
        form = Draft202012Validator(read(bag, "record-1.json"), format_checker=FormatChecker())
        assert [error.message for error in form.iter_errors(read(bag, "record.json"))] == []
    found = [read(bag, "record.json") for bag in bags]
    assert found[0]["follow_up"] == {
        "delivered": True,
        "organisation": "WFP",
        "delivered_on": in_days(-3).isoformat(),
        "source": "WFP's officer, by telephone",
    }
    assert found[2]["extreme_situation"]["harm"] == "life"
    assert [record["status"] for record in found] == ["closed"] * 6


def test_P41_what_is_not_closed_is_not_packed(tmp_path):
    rfa = a_started()
    before = Entry.objects.count()

    with pytest.raises(NotNow, match="Only a closed record") as refused:
        packed(rfa, tmp_path)

    assert refused.value.paragraph == "41"
    assert (list(tmp_path.iterdir()), Entry.objects.count()) == ([], before)
    assert not ArchivedBag.objects.exists()


@pytest.mark.parametrize("username", ["sector.east", "dsrsg", "partner.ngo", "evaluator", "admin"])
def test_only_the_records_officer_and_un_cimic_pack(tmp_path, username):
    rfa = a_closed()

    with pytest.raises(Forbidden):
        pack(rfa=rfa, to=tmp_path, actor=who(username))

    assert list(tmp_path.iterdir()) == []


def test_packing_is_itself_recorded_with_the_manifests_digest(tmp_path):
    rfa = a_closed()

    bag = packed(rfa, tmp_path)

    digest = hashlib.sha256((bag / "manifest-sha256.txt").read_bytes()).hexdigest()
    last = Entry.objects.filter(chain=rfa.pk).order_by("-number")[0]
    assert (last.act, last.actor.username) == ("record.archived", "records.officer")
    assert json.loads(last.payload.text) == {"bag": rfa.reference, "manifest_sha256": digest}
    assert ArchivedBag.objects.get().digest == digest
    assert verify().holds


def test_a_bag_is_never_written_over(tmp_path):
    rfa = a_closed()
    bag = packed(rfa, tmp_path)
    manifest = (bag / "manifest-sha256.txt").read_bytes()

    with pytest.raises(NotNow, match="exists already"):
        packed(rfa, tmp_path)

    assert (bag / "manifest-sha256.txt").read_bytes() == manifest
    assert ArchivedBag.objects.count() == 1


def test_a_file_that_is_gone_or_another_leaves_no_half_bag_and_no_entry(tmp_path):
    rfa = a_closed_with_files()
    stored = Path(rfa.attachments.all()[1].file.path)
    before = Entry.objects.count()

    stored.write_bytes(LETTER + b"%more")
    with pytest.raises(NotNow, match=r"letter\.pdf is not the one that was attached"):
        packed(rfa, tmp_path / "out")
    stored.unlink()
    with pytest.raises(NotNow, match=r"letter\.pdf is missing"):
        packed(rfa, tmp_path / "out")

    assert (list((tmp_path / "out").iterdir()), Entry.objects.count()) == ([], before)
    assert not ArchivedBag.objects.exists()


def test_a_zip_holds_the_same_bag(tmp_path):
    rfa = a_closed()

    with pack_as_zip(rfa=rfa, actor=who("records.officer")) as file, zipfile.ZipFile(file) as bags:
        bags.extractall(tmp_path)

    bagit.Bag(str(tmp_path / rfa.reference)).validate()


def closed_on(day: dt.date) -> AssistanceRequest:
    """A record closed on this day."""
    rfa = a_refused()
    with clock.telling(dt.datetime.combine(day, dt.time(23, 59), dt.UTC)):
        records.record_delivery(
            rfa=rfa, actor=who("chief.cimic"), delivered=False, source="Visit of the third"
        )
    return fresh(rfa)


def run_archive(folder: Path, *, before: str = "", mission: str = "UNAC") -> list[str]:
    """What the command says, line by line."""
    out = StringIO()
    before = before or in_days(10).isoformat()
    call_command(
        "archive", "--mission", mission, "--before", before, "--to", str(folder), stdout=out
    )
    return out.getvalue().splitlines()


def test_the_command_signs_first_so_that_each_bag_is_proved_to_its_newest_entry(tmp_path, settings):
    settings.SIGNING_KEY, settings.SIGNING_KEY_FILE = "11" * 32, ""
    rfa = closed_on(in_days(8))

    run_archive(tmp_path / "out")

    proof = json.loads((tmp_path / "out" / rfa.reference / "data" / "proof.json").read_text())
    assert proof["checkpoint"]["number"] == Checkpoint.objects.get().number == 1


def test_the_command_packs_what_was_closed_before_the_day_and_nothing_else(tmp_path):
    first = closed_on(in_days(8))
    second = closed_on(in_days(9))
    closed_on(in_days(10))
    a_refused()
    a_mission("UNAX")

    said = run_archive(tmp_path / "out")

    assert [line.split()[0] for line in said[:-1]] == [first.reference, second.reference]
    assert said[-1] == f"2 records packed in {tmp_path / 'out'}."
    assert sorted(bag.name for bag in (tmp_path / "out").iterdir()) == [
        first.reference,
        second.reference,
    ]
    for bag in (tmp_path / "out").iterdir():
        bagit.Bag(str(bag)).validate()
    assert ArchivedBag.objects.filter(by=None).count() == 2


def test_the_command_leaves_no_half_bag_and_packs_the_others(tmp_path):
    whole, broken = a_closed(civil_answers(title="A whole record")), a_closed_with_files()
    default_storage.delete(broken.attachments.all()[0].file.name)
    also = closed_on(in_days(0))

    with pytest.raises(CommandError, match="1 of 3 records were not packed"):
        run_archive(tmp_path / "out")

    bags = sorted(bag.name for bag in (tmp_path / "out").iterdir())
    assert bags == sorted([whole.reference, also.reference])
    assert ArchivedBag.objects.count() == 2


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"mission": "NOWHERE"}, "There is no mission NOWHERE"),
        ({"before": "yesterday"}, "YYYY-MM-DD"),
    ],
)
def test_the_command_says_what_is_wrong_with_what_it_was_told(tmp_path, wrong, said):
    with pytest.raises(CommandError, match=said):
        run_archive(tmp_path / "out", **wrong)

    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_made_is_said_so(tmp_path):
    (tmp_path / "taken").write_text("a file")

    with pytest.raises(CommandError, match="cannot be made"):
        run_archive(tmp_path / "taken" / "out")
