"""How long records are kept, by the mission's own classes; receipts and legal holds (P41)."""

import datetime as dt
import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from common.errors import Forbidden, Incomplete, Malformed, NotNow
from ledger.models import Entry
from missions.models import Mission, Post
from records.archive import pack
from records.archive.keeping import (
    end_class,
    lift_hold,
    put_in_class,
    record_receipt,
    set_class,
    set_hold,
)
from records.archive.retention import NEVER, Part, counts_of, kept_for, next_step, part_of
from records.archive.retention import retention_of as kept
from records.models import HoldLifted, LegalHold, Transfer
from tests.archiving import a_class, a_closed_refusal, a_receipt, the_class
from tests.builders import a_mission, a_refused, in_days, who

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _mission():
    a_mission()


def acts(rfa) -> list[str]:
    return list(Entry.objects.filter(chain=rfa.pk).order_by("number").values_list("act", flat=True))


def said_last(rfa) -> dict[str, object]:
    return json.loads(Entry.objects.filter(chain=rfa.pk).order_by("-number")[0].payload.text)


def due(day: dt.date, trigger: str, years: int) -> dt.date:
    with connection.cursor() as cursor:
        cursor.execute("SELECT retention_due_on(%s, %s, %s)", [day, trigger, years])
        return cursor.fetchone()[0]


@pytest.mark.parametrize(
    ("closed", "trigger", "years", "ends"),
    [
        ((2026, 3, 15), "closed", 5, (2031, 3, 15)),
        ((2024, 2, 29), "closed", 1, (2025, 2, 28)),
        ((2024, 2, 29), "closed", 4, (2028, 2, 29)),
        ((2026, 3, 15), "calendar_year", 2, (2028, 12, 31)),
        ((2026, 6, 30), "budget_year", 1, (2027, 6, 30)),
        ((2026, 7, 1), "budget_year", 1, (2028, 6, 30)),
        ((2026, 12, 31), "budget_year", 0, (2027, 6, 30)),
        ((2026, 3, 15), "closed", 0, (2026, 3, 15)),
    ],
)
def test_P41_years_run_from_the_closure_or_from_the_end_of_its_year(closed, trigger, years, ends):
    assert due(dt.date(*closed), trigger, years) == dt.date(*ends)


def test_P41_a_record_falls_under_the_first_class_that_names_its_kind():
    rfa = a_closed_refusal()
    a_class(code="QIP", years=9, number=1, kinds=["qip"])
    a_class(code="CIVIL", years=5, number=2, kinds=["civil_assistance", "qip"])
    a_class(code="REST", years=1, number=3)

    found = kept(rfa)

    assert (found.class_code, found.class_action) == ("CIVIL", "destroy")
    assert found.due_on == found.closed_at.date().replace(year=found.closed_at.year + 5)


def test_a_class_without_kinds_takes_every_kind_that_no_other_names():
    rfa = a_closed_refusal()
    a_class(code="QIP", kinds=["qip"])
    a_class(code="REST", number=9)

    assert kept(rfa).class_code == "REST"


def test_without_a_class_nothing_is_ever_due():
    rfa = a_closed_refusal()

    found = kept(rfa)

    assert (found.class_id, found.due_on) == (None, NEVER)
    assert next_step(found, dt.date(2400, 1, 1)) == "class"


def test_a_class_of_another_mission_or_out_of_use_takes_no_record():
    rfa = a_closed_refusal()
    other = Mission.objects.create(
        code="UNAX", name="X", country="X", established_on=dt.date(2026, 1, 1)
    )
    set_class(
        actor=who("records.officer"),
        mission=other,
        values={"code": "X", "title": "X", "years": 1, "action": "destroy"},
    )
    end_class(actor=who("records.officer"), line=a_class(code="OLD"))

    assert kept(rfa).class_id is None


def test_P41_a_record_is_put_in_a_class_by_hand_with_its_reason():
    rfa = a_closed_refusal()
    a_class(code="USUAL")
    a_class("transfer", code="LASTING", number=5)

    put_in_class(rfa=rfa, actor=who("records.officer"), code="lasting", reason="First of its sort.")

    assert kept(rfa).class_code == "LASTING"
    assert acts(rfa)[-1] == "record.classed"
    assert said_last(rfa)["reason"] == "First of its sort."


@pytest.mark.parametrize("username", ["sector.east", "dsrsg", "partner.ngo", "evaluator", "admin"])
def test_others_neither_class_nor_hold_nor_record_receipts(username, tmp_path):
    rfa = a_closed_refusal()
    a_class(code="USUAL")
    actor = who(username)

    for deed in (
        lambda: put_in_class(rfa=rfa, actor=actor, code="USUAL", reason="Why not"),
        lambda: set_hold(rfa=rfa, actor=actor, reason="A claim"),
        lambda: set_class(actor=actor, mission=rfa.mission, values={}),
        lambda: record_receipt(
            rfa=rfa,
            actor=actor,
            received_by="A",
            organisation="B",
            receipt_reference="C",
            received_on=in_days(0),
            manifest_digest="0" * 64,
        ),
    ):
        with pytest.raises(Forbidden):
            deed()

    assert not kept_for(actor).exists()
    assert acts(rfa)[-1] == "record.closed"


def test_what_is_not_closed_has_no_place_in_the_archive():
    rfa = a_refused()
    a_class(code="USUAL")

    with pytest.raises(NotNow):
        put_in_class(rfa=rfa, actor=who("records.officer"), code="USUAL", reason="Early")
    assert not kept_for(who("records.officer")).exists()


@pytest.mark.parametrize(
    "wrong", [{"code": "a b"}, {"years": 101}, {"action": "burn"}, {"title": ""}, {"years": None}]
)
def test_a_class_that_cannot_be_is_refused_and_nothing_is_recorded(wrong):
    before = Entry.objects.count()

    with pytest.raises(Malformed) as refused:
        a_class(**{"code": "UNAC-D5", **wrong})

    assert [error.field for error in refused.value.errors] == list(wrong)
    assert Entry.objects.count() == before


def test_a_code_is_used_once_in_a_mission():
    a_class(code="UNAC-D5")

    with pytest.raises(Malformed):
        a_class(code="UNAC-D5")


def test_a_change_of_the_schedule_is_in_the_missions_chain_with_what_it_was():
    line = a_class(code="UNAC-D5", years=5)

    set_class(actor=who("records.officer"), mission=line.mission, values={"years": 7}, changed=line)

    entry = Entry.objects.filter(act="retention_class.changed").get()
    assert json.loads(entry.payload.text) == {
        "code": "UNAC-D5",
        "is": {"years": 7},
        "was": {"years": 5},
    }
    assert the_class("UNAC-D5").years == 7


def test_P41_the_receipt_names_who_received_which_bag_when(tmp_path):
    rfa = a_closed_refusal()
    bag = pack(rfa=rfa, to=tmp_path, actor=who("records.officer"))

    receipt = record_receipt(
        rfa=rfa,
        actor=who("records.officer"),
        received_by="Ms Adjoa Mensah",
        organisation="United Nations archives",
        receipt_reference="ARMS-2026-118",
        received_on=in_days(0),
        manifest_digest=bag.digest[:12].upper(),
    )

    assert (receipt.bag, receipt.manifest_digest) == (bag, bag.digest)
    assert acts(rfa)[-1] == "record.transferred"
    assert said_last(rfa)["manifest_sha256"] == bag.digest
    assert kept(rfa).is_transferred


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"manifest_digest": "0" * 64}, "manifest_digest"),
        ({"manifest_digest": "ab"}, "manifest_digest"),
        ({"received_on": dt.date(2020, 1, 1)}, "received_on"),
        ({"received_on": dt.date(2099, 1, 1)}, "received_on"),
    ],
)
def test_a_receipt_for_something_else_or_of_another_day_is_refused(tmp_path, wrong, field):
    rfa = a_closed_refusal()

    with pytest.raises(Malformed) as refused:
        a_receipt(rfa, tmp_path, **wrong)

    assert [error.field for error in refused.value.errors] == [field]
    assert not Transfer.objects.exists()


def test_a_receipt_lacks_all_it_lacks_at_once(tmp_path):
    with pytest.raises(Incomplete) as refused:
        a_receipt(
            a_closed_refusal(), tmp_path, received_by=" ", organisation="", receipt_reference=""
        )

    assert [error.field for error in refused.value.errors] == [
        "received_by",
        "organisation",
        "receipt_reference",
    ]


def test_there_is_nothing_to_receive_before_it_was_packed():
    with pytest.raises(NotNow, match="not packed"):
        record_receipt(
            rfa=a_closed_refusal(),
            actor=who("records.officer"),
            received_by="A",
            organisation="B",
            receipt_reference="C",
            received_on=in_days(0),
            manifest_digest="0" * 64,
        )


def test_P41_a_hold_is_set_and_lifted_by_named_people_with_reasons():
    rfa = a_closed_refusal()

    hold = set_hold(rfa=rfa, actor=who("cos"), reason="Board of inquiry 4")
    assert kept(rfa).is_held
    lift_hold(hold=hold, actor=who("chief.cimic"), reason="The board has reported")

    assert not kept(rfa).is_held
    assert acts(rfa)[-2:] == ["hold.set", "hold.lifted"]
    assert (LegalHold.objects.get().by, HoldLifted.objects.get().by) == (
        who("cos"),
        who("chief.cimic"),
    )


def test_a_hold_is_lifted_once_and_only_the_open_ones_hold():
    rfa = a_closed_refusal()
    first = set_hold(rfa=rfa, actor=who("cos"), reason="A claim")
    set_hold(rfa=rfa, actor=who("records.officer"), reason="Another claim")
    lift_hold(hold=first, actor=who("cos"), reason="Settled")

    with pytest.raises(NotNow, match="lifted already"):
        lift_hold(hold=first, actor=who("cos"), reason="Again")
    assert kept(rfa).is_held


@pytest.mark.parametrize("reason", ["", "  "])
def test_a_hold_needs_its_reason(reason):
    with pytest.raises(Incomplete):
        set_hold(rfa=a_closed_refusal(), actor=who("cos"), reason=reason)


def test_the_parts_of_the_archive_hold_what_they_say(tmp_path):
    a_class(code="NOW", years=0, number=2)
    a_class("transfer", code="LATER", years=3, number=1, kinds=["qip"])
    now, held, sent = (
        a_closed_refusal(),
        a_closed_refusal(),
        a_closed_refusal(),
    )
    set_hold(rfa=held, actor=who("cos"), reason="A claim")
    put_in_class(rfa=sent, actor=who("records.officer"), code="LATER", reason="Lasting value")
    a_receipt(sent, tmp_path)
    rows, today = kept_for(who("records.officer")), in_days(0)

    found = {part.value: {rfa.reference for rfa in part_of(rows, part, today)} for part in Part}

    assert found == {
        "due": {now.reference},
        "soon": set(),
        "held": {held.reference},
        "transferred": {sent.reference},
        "disposed": set(),
        "unclassed": set(),
        "all": {now.reference, held.reference, sent.reference},
    }
    assert counts_of(rows, today) == {part: len(names) for part, names in found.items()}
    assert {rfa.reference: next_step(rfa, today) for rfa in rows} == {
        now.reference: "dispose",
        held.reference: "held",
        sent.reference: "wait",
    }
    soon = today + dt.timedelta(days=3 * 365 - 60)
    assert [rfa.reference for rfa in part_of(rows, Part.SOON, soon)] == [sent.reference]


def test_who_may_not_see_a_record_does_not_find_it_in_the_archive():
    rfa = a_closed_refusal()
    type(rfa).objects.filter(pk=rfa.pk).update(classification=2)
    assert [row.pk for row in kept_for(who("records.officer"))] == [rfa.pk]

    Post.objects.filter(code="records.officer").update(clearance=1)

    assert not kept_for(who("records.officer")).exists()


def test_the_list_costs_the_same_statements_however_long(django_assert_num_queries):
    a_class(code="NOW", years=0)
    for _number in range(3):
        a_closed_refusal()
    person = who("records.officer")
    list(kept_for(person))

    with CaptureQueriesContext(connection) as three:
        list(kept_for(person))
    assert len(three) == 1
