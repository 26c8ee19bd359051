"""Disposing of a record: two people, everything checked again, a stub left (P41)."""

import json
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, ProgrammingError, connection, transaction

from approvals import services as approvals
from common.errors import Forbidden, Incomplete, NotNow
from ledger.models import Entry, Payload
from ledger.verification import verify
from missions.models import Mission
from records import services as records
from records.archive import pack
from records.archive.checking import check
from records.archive.disposal import (
    ask_disposal,
    asked_for,
    confirm_disposal,
    decline_disposal,
    delete_disposed_files,
    lacking_for_disposal,
)
from records.archive.keeping import lift_hold, put_in_class, set_class, set_hold
from records.archive.retention import NEVER
from records.compliance.summary import catch_up, counts_of
from records.models import Disposal, DisposalAsked
from requests_app.models import AssistanceRequest, ImportedRow
from tests.archiving import (
    AUTHORITY,
    WHY,
    a_class,
    a_closed_refusal,
    a_receipt,
    fresh,
    the_class,
    years_later,
)
from tests.builders import a_mission, a_started, a_submitted, carried_to, give, open_step, who
from tests.test_import import HEAD, OVER, a_book, brought

pytestmark = pytest.mark.django_db(transaction=False)

LETTER = b"%PDF-1.4\n1 0 obj << >> endobj\ntrailer << >>\n%%EOF\n"
TASKS = (
    "progress",
    "visit",
    "conditioncheck",
    "instalment",
    "taskchange",
    "closingreport",
    "refund",
    "run",
    "incident",
    "handback",
)
# As they were written, and as the search would keep them.
SECRETS = ("Mialo", "Sister", "well", "WFP delivers", "Which ward", "Who drives", "Spoken")
SECRETS += ("mialo", "drive")


@pytest.fixture(autouse=True)
def _mission():
    a_mission()


def a_due() -> object:
    """A closed record whose class, to destroy at once, is the mission's own."""
    a_class(code="NOW", years=0)
    return a_closed_refusal()


def ask(rfa, *, by: str = "records.officer", authority: str = AUTHORITY, reason: str = WHY):
    return ask_disposal(rfa=rfa, actor=who(by), authority=authority, reason=reason)


def confirm(rfa, *, by: str = "cos") -> Disposal:
    return confirm_disposal(rfa=rfa, actor=who(by))


def lacks(rfa) -> list[str]:
    return [error.field for error in lacking_for_disposal(rfa)]


def test_P41_two_people_dispose_of_a_record_and_a_stub_is_left():
    rfa = a_due()

    ask(rfa)
    stub = confirm(rfa)

    assert (stub.reference, stub.kind, stub.class_code) == (rfa.reference, rfa.kind, "NOW")
    assert (stub.asked_by, stub.by) == (who("records.officer"), who("cos"))
    assert (stub.authority, stub.reason) == (AUTHORITY, WHY)
    assert (stub.submitted_at, stub.closed_at) == (rfa.submitted_at, rfa.closed_at)
    head = Entry.objects.get(chain=rfa.pk, act="disposal.asked")
    assert (stub.digests["entries"], stub.digests["head"]) == (head.number, head.hash)
    assert stub.digests["revisions"] == [rfa.revisions.get().digest]
    done = Entry.objects.get(chain=rfa.pk, act="record.disposed")
    assert json.loads(done.payload.text)["authority"] == AUTHORITY


def test_the_chain_still_verifies_and_says_nothing_any_more():
    rfa = a_due()
    ask(rfa)
    confirm(rfa)

    assert verify().holds
    assert Entry.objects.filter(chain=rfa.pk).count() > 8
    said = {
        entry.act: entry.payload.text
        for entry in Entry.objects.filter(chain=rfa.pk).select_related("payload")
    }
    assert {act for act, text in said.items() if text != "{}"} == {
        "disposal.asked",
        "record.disposed",
        "payloads.erased",
    }


def everything_of(rfa) -> str:
    """All that the database still says of a record, as the owner of no secret reads it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name FROM information_schema.columns WHERE column_name = 'rfa_id' "
            "AND table_schema = 'public'"
        )
        tables = [name for (name,) in cursor.fetchall()]
        found = []
        for table in tables:
            rows = f"SELECT to_jsonb(t)::text FROM {table} t WHERE rfa_id = %s"  # noqa: S608
            cursor.execute(rows, [rfa.pk])
            found += [text for (text,) in cursor.fetchall()]
        cursor.execute(
            "SELECT to_jsonb(t)::text FROM requests_app_assistancerequest t WHERE id = %s", [rfa.pk]
        )
        found += [text for (text,) in cursor.fetchall()]
        for table in TASKS:
            rows = (
                f"SELECT to_jsonb(t)::text FROM records_{table} t "  # noqa: S608
                "JOIN records_task ON records_task.id = t.task_id WHERE rfa_id = %s"
            )
            cursor.execute(rows, [rfa.pk])
            found += [text for (text,) in cursor.fetchall()]
    found += Payload.objects.filter(entry__chain=rfa.pk).values_list("text", flat=True)
    return "\n".join(found)


def a_talkative() -> object:
    """A closed record with words in every place that a record has."""
    rfa = a_submitted()
    approvals.attach(
        rfa=rfa,
        actor=who("sector.east"),
        upload=SimpleUploadedFile("Sister Odile.pdf", LETTER, content_type="application/pdf"),
        caption="Sister Odile's letter",
    )
    approvals.say(rfa=rfa, actor=who("chief.cimic"), text="«Who drives?»", internal=True)
    give(open_step(rfa), "return", remarks="Which ward?")
    rfa = fresh(rfa)
    rfa = approvals.change(
        rfa=rfa, actor=who("sector.east"), values={"place": "Mialo"}, version=rfa.version
    )
    approvals.submit(rfa=rfa, actor=who("sector.east"))
    carried_to(fresh(rfa), "approved")
    for step in rfa.steps.filter(state="open"):
        give(step)
    records.start(rfa=fresh(rfa), actor=who("chief.cimic"))
    records.report_progress(
        rfa=rfa, actor=who("chief.cimic"), text="Spoken to the well committee", percent=40
    )
    records.complete(rfa=rfa, actor=who("chief.cimic"), result="Water flows at Mialo.")
    return fresh(records.close(rfa=rfa, actor=who("chief.cimic")))


def test_P41_no_word_nobody_named_and_no_file_is_left(django_capture_on_commit_callbacks):
    rfa = a_talkative()
    a_class(code="NOW", years=0)
    file = str(rfa.attachments.get().file.name)
    before = everything_of(rfa)
    assert all(word in before for word in ("Mialo", "Sister", "Which ward", "Who drives", "Spoken"))
    assert default_storage.exists(file)

    ask(rfa)
    with django_capture_on_commit_callbacks(execute=True):
        confirm(rfa)

    left = everything_of(rfa)
    assert [word for word in SECRETS if word in left] == []
    assert not default_storage.exists(file)
    assert fresh(rfa).title == "[disposed of]"
    assert (fresh(rfa).latitude, fresh(rfa).description) == (None, "[disposed of]")
    assert verify().holds


def test_what_was_counted_stays_counted():
    rfa = a_talkative()
    mission = Mission.objects.get(code="UNAC")
    a_class(code="NOW", years=0)
    catch_up(mission)
    before = counts_of(mission)
    people = fresh(rfa).people

    ask(rfa)
    confirm(rfa)
    catch_up(mission)

    assert counts_of(mission) == before
    assert (fresh(rfa).people, fresh(rfa).sector) == (people, rfa.sector)


def test_P41_whoever_asked_does_not_confirm():
    rfa = a_due()
    ask(rfa)

    with pytest.raises(Forbidden, match="two people"):
        confirm(rfa, by="records.officer")

    assert not Disposal.objects.exists()
    assert fresh(rfa).description != "[disposed of]"


def test_another_in_the_post_of_who_asked_does_not_confirm_either():
    rfa = a_due()
    ask(rfa)
    officer, other = who("records.officer"), who("civil.affairs")
    officer.appointments.get().post.appointments.create(
        person=other, capacity="officer_in_charge", from_on="2026-01-01"
    )

    with pytest.raises(Forbidden, match="two people"):
        confirm(rfa, by="civil.affairs")


@pytest.mark.parametrize(
    "username", ["sector.east", "cimic.staff", "dsrsg", "partner.ngo", "evaluator", "admin"]
)
def test_others_neither_ask_nor_confirm_nor_decline(username):
    rfa = a_due()

    with pytest.raises(Forbidden):
        ask(rfa, by=username)
    ask(rfa)
    with pytest.raises(Forbidden):
        confirm(rfa, by=username)
    with pytest.raises(Forbidden):
        decline_disposal(rfa=rfa, actor=who(username), reason="No")

    assert not Disposal.objects.exists()


def test_P41_what_is_not_due_is_kept():
    a_class(code="LATER", years=5)
    rfa = a_closed_refusal()

    with pytest.raises(Incomplete, match="kept until"):
        ask(rfa)
    with years_later(5.1):
        assert lacks(rfa) == []


def test_P41_a_hold_set_meanwhile_stops_the_second_person():
    rfa = a_due()
    ask(rfa)
    hold = set_hold(rfa=rfa, actor=who("chief.cimic"), reason="Board of inquiry 4")

    with pytest.raises(Incomplete, match="legal hold"):
        confirm(rfa)
    assert fresh(rfa).description != "[disposed of]"

    lift_hold(hold=hold, actor=who("chief.cimic"), reason="It has reported")
    assert confirm(rfa)


def test_a_class_changed_meanwhile_counts_at_the_moment_of_doing_it():
    rfa = a_due()
    ask(rfa)
    set_class(
        actor=who("records.officer"),
        mission=rfa.mission,
        values={"years": 20},
        changed=the_class("NOW"),
    )

    with pytest.raises(Incomplete, match="kept until"):
        confirm(rfa)


def test_P41_without_a_class_or_with_an_example_nothing_is_disposed_of():
    rfa = a_closed_refusal()
    assert lacks(rfa) == ["class"]

    a_class(code="EXAMPLE", years=0, is_example=True)

    with pytest.raises(Incomplete, match="EXAMPLE is an example"):
        ask(rfa)


def test_P41_what_is_kept_for_ever_is_transferred_first(tmp_path):
    a_class("transfer", code="LASTING", years=0)
    rfa = a_closed_refusal()

    with pytest.raises(Incomplete, match="no receipt"):
        ask(rfa)
    pack(rfa=rfa, to=tmp_path, actor=who("records.officer"))
    assert lacks(rfa) == ["receipt"]
    receipt = a_receipt(rfa, tmp_path / "again")
    ask(rfa)
    stub = confirm(rfa)

    assert (stub.transfer, stub.digests["manifest"]) == (receipt, receipt.manifest_digest)


def test_a_bag_that_lacks_what_came_after_it_is_not_enough(tmp_path):
    a_class("transfer", code="LASTING", years=0)
    rfa = a_closed_refusal()
    a_receipt(rfa, tmp_path)
    records.correct(
        rfa=rfa,
        actor=who("chief.cimic"),
        field="place",
        right="Ward 4",
        why="The ward moved.",
    )

    with pytest.raises(Incomplete, match="pack it again"):
        ask(rfa)


def test_all_that_forbids_it_is_said_at_once():
    a_class("transfer", code="LASTING", years=9, is_example=True)
    rfa = a_closed_refusal()
    set_hold(rfa=rfa, actor=who("cos"), reason="A claim")

    with pytest.raises(Incomplete) as refused:
        ask(rfa, authority="", reason=" ")

    assert [error.field for error in refused.value.errors] == [
        "authority",
        "reason",
        "hold",
        "class",
        "due_on",
        "receipt",
    ]
    assert not DisposalAsked.objects.exists()


def test_what_is_not_closed_is_not_disposed_of():
    a_class(code="NOW", years=0)

    with pytest.raises(NotNow, match="Only a closed record"):
        ask(a_started())


def test_a_disposal_is_asked_for_once_and_may_be_declined_and_asked_again():
    rfa = a_due()
    ask(rfa)
    with pytest.raises(NotNow, match="asked for already"):
        ask(rfa, by="cos")

    decline_disposal(rfa=rfa, actor=who("cos"), reason="An evaluation begins in May.")

    assert asked_for(rfa) is None
    with pytest.raises(NotNow, match="No disposal is asked for"):
        confirm(rfa)
    ask(rfa, by="cos")
    assert confirm(rfa, by="chief.cimic")


def test_after_it_nothing_more_is_done_to_the_record(tmp_path):
    rfa = a_due()
    ask(rfa)
    confirm(rfa)

    for deed in (
        lambda: ask(rfa),
        lambda: confirm(rfa, by="chief.cimic"),
        lambda: set_hold(rfa=rfa, actor=who("cos"), reason="Too late"),
        lambda: put_in_class(rfa=rfa, actor=who("records.officer"), code="NOW", reason="Why"),
        lambda: pack(rfa=fresh(rfa), to=tmp_path, actor=who("records.officer")),
        lambda: records.correct(
            rfa=rfa, actor=who("chief.cimic"), field="place", right="X", why="Y"
        ),
    ):
        with pytest.raises(NotNow, match="disposed of"):
            deed()


def test_files_that_a_dead_process_left_are_deleted_by_the_sweep():
    rfa = a_talkative()
    a_class(code="NOW", years=0)
    file = Path(rfa.attachments.get().file.path)
    ask(rfa)
    confirm(rfa)  # the transaction of this test never commits, so nothing followed
    assert file.exists()

    assert (delete_disposed_files(), delete_disposed_files()) == (1, 0)
    assert not file.exists()


def test_the_database_forgets_nothing_without_the_stub():
    rfa = a_due()

    with (
        pytest.raises(IntegrityError, match="no disposal"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT dispose_of_words(%s)", [rfa.pk])


def test_the_database_knows_no_stub_that_one_person_made_or_nobody_asked_for():
    rfa = a_due()
    asked = ask(rfa)
    stub = {
        name: getattr(rfa, name) for name in ("reference", "kind", "submitted_at", "closed_at")
    } | {
        "rfa": rfa,
        "asked": asked,
        "class_code": "NOW",
        "class_title": "Now",
        "action": "destroy",
        "due_on": NEVER,
        "authority": AUTHORITY,
        "reason": WHY,
        "digests": {},
        "post_title": "Records officer",
        "at": rfa.closed_at,
    }

    with pytest.raises(IntegrityError, match="confirmed_by_another"), transaction.atomic():
        Disposal.objects.create(**stub, asked_by=asked.by, by=asked.by)
    with pytest.raises(IntegrityError, match="of_what_was_asked"), transaction.atomic():
        Disposal.objects.create(**stub, asked_by=who("dsrsg"), by=who("cos"))


def test_the_serving_role_itself_changes_no_answer_of_a_disposed_record():
    rfa = a_due()
    ask(rfa)
    confirm(rfa)

    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("UPDATE approvals_answer SET remarks = '' WHERE rfa_id = %s", [rfa.pk])


def test_imported_history_is_packed_with_its_source_and_disposed_of_with_its_claims(
    settings, tmp_path
):
    settings.MEDIA_ROOT = tmp_path / "files"
    brought(a_book(HEAD, OVER))
    rfa = AssistanceRequest.objects.get(title="Bridge at Tereni")
    a_class(code="NOW", years=0)
    bag = pack(rfa=rfa, to=tmp_path, actor=who("records.officer"))
    record = json.loads((tmp_path / bag.name / "data/record.json").read_text(encoding="utf-8"))
    assert record["imported"]["file"] == "old.xlsx"
    assert record["imported"]["claims"]["decided_by"] == "Old DSRSG"
    assert check(tmp_path / bag.name) == []
    assert "Old DSRSG" in everything_of(rfa)

    ask(rfa)
    confirm(rfa)

    left = everything_of(rfa)
    assert [word for word in ("Old DSRSG", "Bridge at Tereni") if word in left] == []
    assert verify().holds


def test_P41_a_disposal_forgets_what_the_old_list_claimed(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"
    brought(a_book(HEAD, OVER))
    rfa = AssistanceRequest.objects.get()
    a_class(code="NOW", years=0)
    assert "Old DSRSG" in everything_of(rfa)
    ask(rfa)
    confirm(rfa)
    assert "Old DSRSG" not in everything_of(rfa)
    with pytest.raises(TypeError):
        ImportedRow.objects.get().save()
