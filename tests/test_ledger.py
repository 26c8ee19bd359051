"""The ledger: written with the deed or not at all, and whatever is tampered with is found."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from approvals import services as approvals
from common.errors import NotNow
from ledger.models import Chain, Entry
from ledger.services import append
from ledger.verification import verify
from tests.builders import a_mission, a_started, a_submitted, give, open_step, who


@pytest.fixture
def rfa(live):
    a_mission()
    a_submitted()
    return a_started()


def first_break() -> tuple[str, int, str]:
    """The one break that verifying finds."""
    (found,) = verify().breaks
    return found.reference, found.number, found.reason


def tamper(cursor, *statements) -> None:
    """Change history as only a superuser who switches every guard off can."""
    cursor.execute("ALTER TABLE ledger_entry DISABLE TRIGGER ALL")
    cursor.execute("ALTER TABLE ledger_payload DISABLE TRIGGER ALL")
    for statement, params in statements:
        cursor.execute(statement, params)


def test_a_ledger_left_alone_holds_and_says_how_much_was_read(rfa):
    out = StringIO()

    call_command("verify_ledger", stdout=out)

    entries, chains = Entry.objects.count(), Chain.objects.count()
    assert out.getvalue().splitlines() == [
        f"{entries} entries in {chains} chains read.",
        f"0 checkpoints; no receipt has left: all {entries} entries are unwitnessed.",
        "Every chain holds.",
    ]


COLUMNS = {
    "act": "'step.supposed'",
    "actor_id": "(SELECT id FROM missions_user WHERE username = 'admin')",
    "actor_name": "'Somebody Else'",
    "post_id": "(SELECT id FROM missions_post WHERE code = 'srsg')",
    "post_title": "'Another post'",
    "capacity": "'delegate'",
    "happened_at": "happened_at - interval '1 microsecond'",
    "recorded_at": "recorded_at + interval '1 day'",
    "told_clock": "NOT told_clock",
    "previous": "repeat('a', 64)",
    "payload_digest": "repeat('b', 64)",
    "hash": "repeat('c', 64)",
    "number": "number + 1000",
}


@pytest.mark.parametrize("column", COLUMNS)
def test_each_column_of_an_entry_is_bound(rfa, superuser_cursor, column):
    tamper(
        superuser_cursor,
        (
            f"UPDATE ledger_entry SET {column} = {COLUMNS[column]} "  # noqa: S608 - fixed names
            "WHERE chain_id = %s AND number = 3",
            [str(rfa.pk)],
        ),
    )

    reference, number, _ = first_break()

    assert (reference, number) == (rfa.reference, 3)


def test_a_changed_payload_is_found(rfa, superuser_cursor):
    entry = Entry.objects.get(chain=rfa.pk, number=4)
    tamper(
        superuser_cursor,
        (
            "UPDATE ledger_payload SET text = replace(text, 'supports', 'objects') || ' ' "
            "WHERE entry_id = %s",
            [entry.pk],
        ),
    )

    assert first_break() == (rfa.reference, 4, "its payload was changed")


def test_a_deleted_entry_is_found(rfa, superuser_cursor):
    entry = Entry.objects.get(chain=rfa.pk, number=2)
    tamper(
        superuser_cursor,
        ("DELETE FROM ledger_payload WHERE entry_id = %s", [entry.pk]),
        ("DELETE FROM ledger_entry WHERE id = %s", [entry.pk]),
    )

    assert first_break() == (rfa.reference, 2, "entry 2 is missing")


def test_two_entries_that_change_places_are_found(rfa, superuser_cursor):
    first, second = Entry.objects.filter(chain=rfa.pk, number__in=[2, 3]).order_by("number")
    tamper(
        superuser_cursor,
        ("UPDATE ledger_entry SET number = 99 WHERE id = %s", [first.pk]),
        ("UPDATE ledger_entry SET number = 2 WHERE id = %s", [second.pk]),
        ("UPDATE ledger_entry SET number = 3 WHERE id = %s", [first.pk]),
    )

    assert first_break()[:2] == (rfa.reference, 2)


def test_an_entry_put_in_at_the_end_or_cut_off_is_found(rfa, superuser_cursor):
    last = Entry.objects.filter(chain=rfa.pk).order_by("number").last()
    tamper(
        superuser_cursor,
        ("DELETE FROM ledger_payload WHERE entry_id = %s", [last.pk]),
        ("DELETE FROM ledger_entry WHERE id = %s", [last.pk]),
    )

    reference, number, reason = first_break()

    assert (reference, number) == (rfa.reference, last.number)
    assert reason == f"the chain says {last.number} entries, {last.number - 1} are there"


def test_the_command_names_the_first_broken_entry_of_each_chain_and_exits_1(rfa, superuser_cursor):
    tamper(superuser_cursor, ("UPDATE ledger_entry SET act = 'x' WHERE number = 2", []))
    out = StringIO()

    with pytest.raises(CommandError) as refused:
        call_command("verify_ledger", "--json", stdout=out)

    told = json.loads(out.getvalue())
    assert refused.value.returncode == 1
    assert told["holds"] is False
    assert {broken["number"] for broken in told["broken"]} == {2}
    assert len(told["broken"]) == 2


def test_a_mission_that_is_not_there_is_said_so(rfa):
    with pytest.raises(CommandError, match="There is no mission NOWHERE"):
        call_command("verify_ledger", "--mission", "NOWHERE")


def test_an_entry_is_written_in_its_deeds_transaction_or_not_at_all(rfa):
    with pytest.raises(RuntimeError, match="in the transaction of its deed"):
        append(chain_id=rfa.pk, act="x", actor=None)

    before = Entry.objects.count()
    with transaction.atomic():
        append(chain_id=rfa.pk, act="x", actor=None)
        transaction.set_rollback(True)
    assert Entry.objects.count() == before


def test_a_refused_deed_leaves_no_entry(rfa):
    before = Entry.objects.count()

    with pytest.raises(NotNow):
        approvals.withdraw(rfa=rfa, actor=who("sector.east"))
    with pytest.raises(NotNow):
        give(rfa.steps.get(seat="cimic_review"))

    assert Entry.objects.count() == before


def test_every_answer_in_the_ledger_names_the_person_the_post_and_the_capacity(rfa):
    answered = Entry.objects.filter(act="step.answered")

    assert answered.count() > 5
    assert not answered.filter(actor=None).exists()
    assert not answered.filter(post=None).exists()
    assert set(answered.values_list("capacity", flat=True)) == {"holder"}
    assert open_step(a_submitted()) is not None
