"""Checkpoints: all heads signed once a day, receipts that leave, and tampering that they find."""

import datetime as dt
import json
import threading
from io import StringIO

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import connections

from common import clock
from common.canonical import canonical, sha256
from common.errors import NotNow
from ledger import verification
from ledger.checkpoints import make_checkpoint
from ledger.hashing import Bound, entry_hash, hash_of
from ledger.models import (
    Chain,
    Checkpoint,
    CheckpointBucket,
    CheckpointLeaf,
    Entry,
    SigningKey,
    WitnessReceipt,
)
from ledger.receipts import acknowledge, receipt_text, send_owed
from ledger.signing import rotate
from ledger.tasks import make_daily_checkpoint
from ledger.verification import verify
from missions.queries import first_standing
from tests.builders import a_draft, a_mission, a_started, a_submitted, who

SECRET = "1f" * 32


@pytest.fixture(autouse=True)
def _signs_and_sends(settings, tmp_path):
    """A server with a signing key, and a folder outside for receipts."""
    settings.SIGNING_KEY = SECRET
    settings.SIGNING_KEY_FILE = ""
    settings.RECEIPT_FOLDER = str(tmp_path / "outside")
    settings.RECEIPT_EMAILS = []
    (tmp_path / "outside").mkdir()


@pytest.fixture
def rfa(db):
    a_mission()
    a_submitted()
    return a_started()


def witnessed() -> Checkpoint:
    """A checkpoint whose receipt has left."""
    made = make_checkpoint()
    assert made is not None
    assert send_owed() >= 1
    return made


def test_a_checkpoint_covers_every_chain_and_verifies(rfa):
    checkpoint = witnessed()

    entries, chains = Entry.objects.count(), Chain.objects.filter(length__gt=0).count()
    finding = verify()
    assert (checkpoint.number, checkpoint.entries, checkpoint.chains) == (1, entries, chains)
    assert finding.holds
    assert (finding.checkpoints, finding.witnessed_until, finding.unwitnessed) == (1, 1, 0)


def test_the_next_checkpoint_keeps_only_the_chains_that_have_grown(rfa):
    witnessed()
    other = a_submitted()

    second = witnessed()

    grown = set(CheckpointLeaf.objects.filter(checkpoint=second).values_list("chain", flat=True))
    assert grown == {other.pk}
    assert CheckpointBucket.objects.filter(checkpoint=second).count() == 1
    assert verify().holds


def test_entries_newer_than_the_last_receipt_are_told_as_unwitnessed(rfa, settings):
    witnessed()
    a_submitted()
    settings.RECEIPT_FOLDER = ""
    make_checkpoint()

    finding = verify()

    newer = Entry.objects.count() - Checkpoint.objects.get(number=1).entries
    assert newer > 0
    assert (finding.witnessed_until, finding.unwitnessed) == (1, newer)
    assert verify(mission=rfa.mission).unwitnessed == newer


def test_a_receipt_holds_wherever_the_server_is_reached_later(rfa, settings):
    witnessed()

    settings.SITE_URL = "https://cimic.another.example"

    assert told(verify()) == []


def test_without_growth_none_is_made_by_hand(rfa):
    witnessed()

    assert make_checkpoint() is None
    assert Checkpoint.objects.count() == 1


def test_a_sweep_that_did_not_run_yesterday_runs_today_once(rfa):
    day = clock.now()
    with clock.telling(day - dt.timedelta(days=3)):
        assert make_daily_checkpoint() == 1
        assert make_daily_checkpoint() == 0
    with clock.telling(day):
        assert make_daily_checkpoint() == 2
        assert make_daily_checkpoint() == 0


def test_two_sweeps_at_once_make_one(live):
    a_mission()
    a_submitted()
    found, start = [], threading.Barrier(2)

    def sweep() -> None:
        start.wait()
        try:
            found.append(make_daily_checkpoint())
        finally:
            connections.close_all()

    threads = [threading.Thread(target=sweep) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(found) == [0, 1]
    assert Checkpoint.objects.count() == 1


def test_no_checkpoint_without_a_key_or_with_another_than_the_one_in_force(rfa, settings):
    settings.SIGNING_KEY = ""
    with pytest.raises(NotNow, match="no signing key"):
        make_checkpoint()
    settings.SIGNING_KEY = "nonsense"
    with pytest.raises(NotNow, match="hexadecimal"):
        make_checkpoint()
    settings.SIGNING_KEY = SECRET
    witnessed()
    a_draft()
    settings.SIGNING_KEY = "2e" * 32
    with pytest.raises(NotNow, match="rotate_signing_key"):
        make_checkpoint()


def test_a_key_from_a_file_signs(rfa, settings, tmp_path):
    settings.SIGNING_KEY = ""
    settings.SIGNING_KEY_FILE = str(tmp_path / "key")
    (tmp_path / "key").write_text(SECRET + "\n")

    assert make_checkpoint().key.public_key == SigningKey.objects.get().public_key
    assert verify().holds


def test_a_new_key_is_announced_by_the_old_one_and_said_in_the_ledger(rfa, settings):
    witnessed()
    new = Ed25519PrivateKey.from_private_bytes(bytes.fromhex("2e" * 32))

    key = rotate(new=new)

    settings.SIGNING_KEY = "2e" * 32
    assert witnessed().key == key
    finding = verify()
    assert (finding.holds, finding.warnings) == (True, [])
    said = Entry.objects.filter(act="signing_key.announced").order_by("pk").last()
    assert json.loads(said.payload.text)["key_id"] == key.key_id


def test_a_lost_key_is_replaced_and_whoever_verifies_is_told(rfa, settings):
    witnessed()
    settings.SIGNING_KEY = "2e" * 32
    new = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(settings.SIGNING_KEY))

    rotate(new=new, old_key_lost="The server burned.")

    witnessed()
    finding = verify()
    assert finding.holds
    assert [(said.kind, said.number) for said in finding.warnings] == [("key", 2)]


def test_the_command_rotates_the_file_of_the_key(rfa, settings, tmp_path):
    settings.SIGNING_KEY = ""
    kept = tmp_path / "key"
    settings.SIGNING_KEY_FILE = str(kept)
    kept.write_text(SECRET)
    witnessed()
    out = StringIO()

    call_command("rotate_signing_key", stdout=out)

    assert kept.read_text() != SECRET
    assert kept.stat().st_mode & 0o777 == 0o600
    assert SigningKey.objects.get(number=2).public_key in out.getvalue()
    assert witnessed().key.number == 2
    assert verify().holds


def test_the_command_makes_a_checkpoint_and_says_what_left(rfa, tmp_path):
    out = StringIO()

    call_command("checkpoint", stdout=out)
    call_command("checkpoint", stdout=out)

    said = out.getvalue().splitlines()
    assert said[0].startswith("Made checkpoint 1 of ")
    assert "Its receipt has left to folder." in said
    assert any(line.startswith("Nothing has grown since checkpoint 1") for line in said)


def test_receipts_leave_as_files_and_letters_with_what_a_stranger_needs(rfa, settings, tmp_path):
    settings.RECEIPT_EMAILS = ["evaluation@headquarters.example"]
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"

    checkpoint = witnessed()

    (path,) = (tmp_path / "outside").iterdir()
    assert path.read_text() == receipt_text(checkpoint)
    said = json.loads(path.read_text())
    assert said["checkpoint"]["hash"] == checkpoint.hash
    assert said["keys"][0]["public_key"] == checkpoint.key.public_key
    (letter,) = mail.outbox
    assert letter.to == ["evaluation@headquarters.example"]
    assert letter.attachments[0][1] == receipt_text(checkpoint)
    assert checkpoint.hash in letter.body
    assert WitnessReceipt.objects.filter(left_at=None).count() == 0
    send_owed()
    assert len(mail.outbox) == 1


def test_a_receipt_that_cannot_leave_is_kept_tried_again_and_leaves_once(rfa, settings, tmp_path):
    settings.RECEIPT_FOLDER = str(tmp_path / "gone")
    make_checkpoint()

    assert send_owed() == 0
    receipt = WitnessReceipt.objects.get()
    assert (receipt.left_at, receipt.attempts) == (None, 1)
    assert "gone" in receipt.last_error
    assert verify().witnessed_until == 0

    (tmp_path / "gone").mkdir()
    assert send_owed() == 0
    with clock.telling(clock.now() + dt.timedelta(minutes=1)):
        assert send_owed() == 1
        assert send_owed() == 0
    assert len(list((tmp_path / "gone").iterdir())) == 1


def test_a_witness_says_that_a_receipt_arrived(rfa):
    checkpoint = witnessed()
    officer = who("records.officer")

    kept = acknowledge(
        receipt_id=checkpoint.receipts.get().pk, actor=officer, standing=first_standing(officer)
    )

    assert kept.acknowledged_by == officer
    assert Entry.objects.filter(act="receipt.acknowledged").count() == 1
    with pytest.raises(NotNow):
        acknowledge(receipt_id=kept.pk, actor=officer, standing=first_standing(officer))


def test_the_quick_hash_of_an_entry_is_the_one_it_was_written_with():
    moment = dt.datetime(2026, 1, 2, 3, 4, 5, 60, dt.UTC)
    for name in ('"\\/', "\x00\x1f\x7f", "é\u2028𐍈", "\b\f\n\r\t", ""):
        for actor, post, told in ((None, None, True), (7, 8, False)):
            bound = Bound(
                "12345678-1234-1234-1234-123456789abc", 3, name, actor, name, post, name, name,
                moment, moment, told, "a" * 64, "b" * 64,
            )  # fmt: skip
            row = [
                canonical(value) if value is None or isinstance(value, int) else value
                for value in vars(bound).values()
            ]
            row[8] = row[9] = clock.iso(moment)
            assert entry_hash((*row, "and", "more")) == hash_of(bound)


# Tampering, as the database's superuser, with every guard off


def told(finding) -> list[str]:
    """Everything that does not hold, in words."""
    return [f"{found.reference} {found.number} {found.reason}" for found in finding.breaks] + [
        f"{found.kind} {found.number} {found.reason}" for found in finding.faults
    ]


@pytest.fixture
def case(live, superuser_cursor):
    """A record under three checkpoints that left, and the superuser's cursor, guards off."""
    a_mission()
    a_submitted()
    witnessed()
    a_started()
    witnessed()
    a_submitted()
    witnessed()
    superuser_cursor.execute("SET session_replication_role = replica")
    for table in (
        "entry", "payload", "checkpoint", "checkpointleaf", "checkpointbucket", "signingkey",
    ):  # fmt: skip
        superuser_cursor.execute(f"ALTER TABLE ledger_{table} DISABLE TRIGGER ALL")
    superuser_cursor.execute(
        "ALTER TABLE ledger_signingkey DROP CONSTRAINT first_signing_key_alone_follows_none"
    )
    assert told(verify()) == []
    return superuser_cursor


COLUMNS = {
    "ledger_checkpoint": {
        "number": "number + 10",
        "made_at": "made_at - interval '1 microsecond'",
        "root": "repeat('a', 64)",
        "chains": "chains + 1",
        "entries": "entries - 1",
        "previous": "repeat('b', 64)",
        "key_id": "key_id + 1",
        "hash": "repeat('c', 64)",
        "signature": "repeat('d', 128)",
    },
    "ledger_checkpointleaf": {
        "checkpoint_id": "(SELECT max(id) FROM ledger_checkpoint)",
        "chain_id": "gen_random_uuid()",
        "length": "length - 1",
        "head": "repeat('a', 64)",
    },
    "ledger_checkpointbucket": {
        "checkpoint_id": "checkpoint_id + 99",
        "number": "(number + 1) % 4096",
        "chains": "chains + 1",
        "root": "repeat('a', 64)",
    },
    "ledger_signingkey": {
        "number": "number + 1",
        "key_id": "repeat('a', 16)",
        "public_key": "repeat('b', 64)",
        "from_at": "from_at + interval '1 microsecond'",
        "announcement": "repeat('c', 128)",
    },
    "ledger_witnessreceipt": {"digest": "repeat('a', 64)"},
}


@pytest.mark.parametrize(
    ("table", "column"),
    [(table, column) for table, columns in COLUMNS.items() for column in columns],
)
def test_each_column_of_what_witnesses_is_bound(case, table, column):
    case.execute(
        f"UPDATE {table} SET {column} = {COLUMNS[table][column]} "  # noqa: S608 - fixed names
        f"WHERE id = (SELECT min(id) FROM {table})"
    )

    assert told(verify()) != []


@pytest.mark.parametrize("table", sorted(COLUMNS))
def test_what_witnesses_cannot_be_deleted_or_added_to_unseen(case, table):
    if table == "ledger_witnessreceipt":
        case.execute("DELETE FROM ledger_checkpoint WHERE number = 3")
    else:
        case.execute(f"DELETE FROM {table} WHERE id = (SELECT max(id) FROM {table})")  # noqa: S608

    assert told(verify()) != []


def rewritten(cursor, chain_id, *, acts=None, drop=(), length=None) -> None:
    """Write a whole chain anew, hash by hash and its head too, as if it had always been so."""
    entries = list(Entry.objects.filter(chain=chain_id).order_by("number"))
    previous, number = "0" * 64, 0
    for entry in entries:
        if entry.number in drop or (length and number >= length):
            cursor.execute("DELETE FROM ledger_payload WHERE entry_id = %s", [entry.pk])
            cursor.execute("DELETE FROM ledger_entry WHERE id = %s", [entry.pk])
            continue
        number += 1
        act = (acts or {}).get(entry.number, entry.act)
        made = hash_of(
            Bound(
                entry.chain_id, number, act, entry.actor_id, entry.actor_name, entry.post_id,
                entry.post_title, entry.capacity, entry.happened_at, entry.recorded_at,
                entry.told_clock, previous, entry.payload_digest,
            )
        )  # fmt: skip
        cursor.execute(
            "UPDATE ledger_entry SET number = %s, act = %s, previous = %s, hash = %s WHERE id = %s",
            [number, act, previous, made, entry.pk],
        )
        previous = made
    cursor.execute(
        "UPDATE ledger_chain SET head = %s, length = %s WHERE id = %s",
        [previous, number, str(chain_id)],
    )


REWRITES = {
    "one entry says otherwise": {"acts": {2: "step.supposed"}},
    "one is left out": {"drop": (2,)},
    "its tail is cut": {"length": 3},
    "all of it is gone": {"drop": range(1, 999)},
}


def a_long_chain() -> Chain:
    """A request's chain of some length."""
    found = Chain.objects.filter(subject="request", length__gt=4).order_by("pk").first()
    assert found is not None
    return found


@pytest.mark.parametrize("how", REWRITES)
def test_a_chain_rewritten_whole_hash_by_hash_is_found_by_its_checkpoint(case, how):
    chain = a_long_chain()

    rewritten(case, chain.pk, **REWRITES[how])

    # Without the checkpoints, nothing would have shown.
    assert "witnessed" in told(verify(chain=chain.pk))[0]
    assert told(verify())[0].startswith(chain.reference)


ENTRY = {
    "actor_id": "(SELECT id FROM missions_user WHERE username = 'admin')",
    "actor_name": "'Somebody Else'",
    "post_id": "(SELECT id FROM missions_post WHERE code = 'srsg')",
    "post_title": "'Another post'",
    "capacity": "'delegate'",
    "happened_at": "happened_at - interval '1 microsecond'",
    "recorded_at": "recorded_at + interval '1 day'",
    "told_clock": "NOT told_clock",
    "payload_digest": "repeat('b', 64)",
}


@pytest.mark.parametrize("column", ENTRY)
def test_a_column_changed_in_a_chain_made_to_fit_is_found_by_its_checkpoint(case, column):
    chain = a_long_chain()
    case.execute(
        f"UPDATE ledger_entry SET {column} = {ENTRY[column]} "  # noqa: S608 - fixed names
        "WHERE chain_id = %s AND number = 2",
        [str(chain.pk)],
    )
    if column == "payload_digest":
        case.execute(
            "UPDATE ledger_payload SET salt = '', text = '{\"answer\":\"objects\"}' "
            "FROM ledger_entry WHERE entry_id = id AND chain_id = %s AND number = 2 "
            "RETURNING entry_id",
            [str(chain.pk)],
        )
        case.execute(
            "UPDATE ledger_entry SET payload_digest = %s WHERE id = %s",
            [sha256('{"answer":"objects"}'), case.fetchone()[0]],
        )

    rewritten(case, chain.pk)

    assert [found.reference for found in verify().breaks] == [chain.reference]
    assert "witnessed" in told(verify())[0]


def test_two_entries_that_change_places_in_a_rewritten_chain_are_found(case):
    chain = a_long_chain()
    second, third = chain.entries.filter(number__in=(2, 3)).order_by("number")
    for number, entry in ((9999, second), (2, third), (3, second)):
        case.execute("UPDATE ledger_entry SET number = %s WHERE id = %s", [number, entry.pk])

    rewritten(case, chain.pk)

    assert "witnessed" in told(verify())[0]


def test_an_entry_put_into_a_rewritten_chain_is_found(case):
    chain = a_long_chain()
    case.execute(
        "UPDATE ledger_entry SET number = number + 1000 WHERE chain_id = %s AND number > 2",
        [str(chain.pk)],
    )
    case.execute(
        "INSERT INTO ledger_entry (chain_id, number, act, actor_name, post_title, capacity, "
        "happened_at, recorded_at, told_clock, previous, payload_digest, hash) "
        "SELECT chain_id, 3, 'step.supposed', actor_name, post_title, capacity, happened_at, "
        "recorded_at, told_clock, repeat('a', 64), payload_digest, repeat('b', 64) "
        "FROM ledger_entry WHERE chain_id = %s AND number = 2 RETURNING id",
        [str(chain.pk)],
    )
    (entry,) = case.fetchone()
    case.execute(
        "INSERT INTO ledger_payload (entry_id, salt, text) SELECT %s, salt, text "
        "FROM ledger_payload JOIN ledger_entry ON id = entry_id WHERE chain_id = %s AND number = 2",
        [entry, str(chain.pk)],
    )

    rewritten(case, chain.pk)

    assert "witnessed" in told(verify())[0]


def test_a_chain_that_is_removed_whole_is_found(case):
    chain = Chain.objects.filter(subject="request").order_by("pk").first()
    case.execute(
        "DELETE FROM ledger_payload USING ledger_entry WHERE entry_id = id AND chain_id = %s",
        [str(chain.pk)],
    )
    case.execute("DELETE FROM ledger_entry WHERE chain_id = %s", [str(chain.pk)])
    case.execute("DELETE FROM ledger_chain WHERE id = %s", [str(chain.pk)])

    assert any("its chain is missing" in said for said in told(verify()))


def forged(cursor, chain_id) -> None:
    """Rewrite a chain and then every leaf, bucket and checkpoint to match, with another key."""
    rewritten(cursor, chain_id, acts={2: "step.supposed"})
    cursor.execute("DELETE FROM ledger_witnessreceipt")
    for table in ("checkpointleaf", "checkpointbucket", "checkpoint", "signingkey"):
        cursor.execute(f"DELETE FROM ledger_{table}")  # noqa: S608 - fixed names


def test_everything_made_anew_with_another_key_is_found_by_the_receipt_outside(case, settings):
    chain = a_long_chain()
    forged(case, chain.pk)
    settings.SIGNING_KEY, outside = "2e" * 32, settings.RECEIPT_FOLDER
    settings.RECEIPT_FOLDER = ""
    make_checkpoint()
    assert told(verify()) == []  # inside the server nothing shows

    settings.RECEIPT_FOLDER = outside

    assert len(told(verify())) == 3
    assert all("speaks of another checkpoint" in said for said in told(verify()))


def test_checkpoints_cut_off_at_the_end_are_found_by_the_receipt_outside(case):
    for table in ("witnessreceipt", "checkpointleaf", "checkpointbucket"):
        case.execute(
            f"DELETE FROM ledger_{table} WHERE checkpoint_id = "  # noqa: S608 - fixed names
            "(SELECT id FROM ledger_checkpoint WHERE number = 3)"
        )
    case.execute("DELETE FROM ledger_checkpoint WHERE number = 3")

    assert told(verify()) == [
        next(said for said in told(verify()) if "speaks of another checkpoint" in said)
    ]


def test_what_does_not_hold_ends_the_command_with_1_and_is_named(case):
    case.execute("UPDATE ledger_checkpoint SET chains = chains + 1 WHERE number = 2")
    out = StringIO()

    with pytest.raises(CommandError) as refused:
        call_command("verify_ledger", "--json", stdout=out)

    said = json.loads(out.getvalue())
    assert refused.value.returncode == 1
    assert (said["holds"], said["broken"]) == (False, [])
    assert [(fault["kind"], fault["number"]) for fault in said["faults"]][0] == ("checkpoint", 2)
    assert canonical(said["faults"][0]["reason"])


def test_several_processes_find_what_one_finds(case, monkeypatch):
    monkeypatch.setattr(verification, "A_PART", 1)
    chain = a_long_chain()
    case.execute("UPDATE ledger_payload SET text = text || E'\\t\\\\n' WHERE salt < '8'")
    case.execute(
        "UPDATE ledger_checkpointleaf SET length = length + 1 WHERE chain_id = %s", [str(chain.pk)]
    )

    alone, shared = verify(), verify(processes=2)

    assert len(alone.breaks) > 1
    assert alone.faults
    assert shared == alone
