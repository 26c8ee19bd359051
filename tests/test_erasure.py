"""What some entries say, erased for good by two people; the chain goes on standing."""

import json

import psycopg2
import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from common.clock import now
from common.errors import Forbidden, Malformed, NotNow
from ledger.models import Chain, Entry, ErasedPayload, Erasure, Payload
from ledger.services import erase_payloads
from missions.queries import first_standing
from tests.builders import a_mission, a_started, a_submitted, who


@pytest.fixture
def rfa(db):
    a_mission()
    a_submitted()
    return a_started()


def erase(rfa, numbers=(1, 3), *, by="records.officer", confirmed_by="chief.cimic", reason="Names"):
    """Erase what some entries say, as two people may."""
    asked, confirmed = who(by), who(confirmed_by)
    with transaction.atomic():
        return erase_payloads(
            chain_id=rfa.pk,
            numbers=numbers,
            asked_by=asked,
            asked_as=first_standing(asked),
            asked_at=now(),
            confirmed_by=confirmed,
            confirmed_as=first_standing(confirmed),
            reason=reason,
        )


def said(rfa) -> dict[int, str]:
    """What each entry of a record says."""
    rows = Payload.objects.filter(entry__chain=rfa.pk)
    return dict(rows.values_list("entry__number", "text"))


def test_P41_two_people_erase_what_was_said_and_a_stub_is_left(rfa):
    before, hashes = said(rfa), list(Entry.objects.order_by("pk").values_list("hash", flat=True))

    erasure = erase(rfa)

    after = said(rfa)
    assert (after[1], after[3]) == ("{}", "{}")
    assert {number for number in before if before[number] != after[number]} == {1, 3}
    assert list(Entry.objects.order_by("pk").values_list("hash", flat=True))[:-1] == hashes
    assert sorted(stub.entry.number for stub in erasure.stubs.all()) == [1, 3]
    assert all(stub.digest == stub.entry.payload_digest for stub in erasure.stubs.all())
    assert not Payload.objects.filter(erasure=erasure).exclude(salt="").exists()


def test_an_erasure_has_its_own_entry_that_names_who_asked_who_confirmed_what_and_why(rfa):
    erasure = erase(rfa)

    deed = Entry.objects.filter(chain=rfa.pk).order_by("-number").first()
    words = json.loads(deed.payload.text)
    assert (deed.act, deed.actor, deed.pk) == (
        "payloads.erased",
        who("chief.cimic"),
        erasure.entry_id,
    )
    assert (words["reason"], words["asked_by"]) == ("Names", "Records Officer")
    assert [line["number"] for line in words["entries"]] == [1, 3]


def test_all_of_a_chain_is_erased_but_what_says_that_it_was(rfa):
    erase(rfa, (1,))
    count = Chain.objects.get(pk=rfa.pk).length

    erasure = erase(rfa, None)

    assert erasure.stubs.count() == count - 2
    assert sum(text != "{}" for text in said(rfa).values()) == 2


def test_one_person_alone_erases_nothing(rfa):
    with pytest.raises(Forbidden, match="cannot confirm"):
        erase(rfa, confirmed_by="records.officer")

    assert not Erasure.objects.exists()


@pytest.mark.parametrize(
    ("numbers", "reason", "refusal"),
    [((1,), " ", Malformed), ((1, 999), "Names", NotNow), ((), "Names", NotNow)],
)
def test_an_erasure_without_reason_or_of_nothing_is_refused(rfa, numbers, reason, refusal):
    before = said(rfa)

    with pytest.raises(refusal):
        erase(rfa, numbers, reason=reason)

    assert said(rfa) == before


def test_what_was_erased_is_not_erased_again_nor_the_record_of_it(rfa):
    deed = erase(rfa).entry

    for number in (1, deed.number):
        with pytest.raises(NotNow, match=str(number)):
            erase(rfa, (number,))


STUB = "INSERT INTO ledger_erasedpayload (erasure_id, entry_id, digest) VALUES (%s, %s, %s)"


def test_the_serving_role_can_erase_nothing_that_the_chain_does_not_say(rfa):
    erasure = erase(rfa, (1,))
    other = Entry.objects.get(chain=rfa.pk, number=2)
    before = said(rfa)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(STUB, [erasure.pk, other.pk, other.payload_digest])

    with (
        pytest.raises(IntegrityError, match="only ever added to"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT erase_payloads(%s)", [erasure.pk])

    assert said(rfa) == before


@pytest.mark.parametrize(
    "deed",
    [
        "UPDATE ledger_payload SET text = '{}', salt = ''",
        "DELETE FROM ledger_payload",
        "TRUNCATE ledger_payload",
    ],
)
def test_the_serving_role_cannot_reach_a_payload_itself(rfa, deed):
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(deed)


@pytest.mark.parametrize(
    "change",
    [
        "salt = '', text = '{}'",
        "salt = '', text = '{}', erasure_id = erasure_id",
        "salt = '', text = '{\"a\":1}', erasure_id = (SELECT max(id) FROM ledger_erasure)",
        "salt = '', text = '{}', erasure_id = (SELECT max(id) FROM ledger_erasure)",
    ],
)
def test_the_owner_of_the_database_cannot_erase_without_the_record_of_it(live, owner_url, change):
    a_mission()
    a_submitted()
    erase(a_started(), (1,))
    owner = psycopg2.connect(owner_url)
    try:
        with (
            owner.cursor() as cursor,
            pytest.raises(psycopg2.errors.RestrictViolation, match="only ever added to"),
        ):
            cursor.execute(f"UPDATE ledger_payload SET {change} WHERE erasure_id IS NULL")  # noqa: S608
    finally:
        owner.close()


def test_two_people_are_the_databases_rule_too(rfa):
    erasure = erase(rfa, (1,))
    assert ErasedPayload.objects.count() == 1

    with pytest.raises(IntegrityError, match="erasure_takes_two_people"), transaction.atomic():
        Erasure.objects.create(
            chain_id=rfa.pk,
            entry=Entry.objects.get(chain=rfa.pk, number=2),
            reason="Names",
            asked_by=erasure.asked_by,
            asked_at=now(),
            confirmed_by=erasure.asked_by,
            at=now(),
        )
