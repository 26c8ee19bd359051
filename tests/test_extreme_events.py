"""Several reports of one extreme situation are joined; each keeps its own finding (P40)."""

import datetime as dt

import pytest

from approvals import services as approvals
from common import clock
from common.errors import Forbidden, NotNow
from ledger.models import Entry
from ledger.verification import verify
from tests.builders import a_draft, a_mission, extreme_answers, give, open_step, who
from tests.calling import Caller, record

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _mission():
    a_mission()


def a_report(by: str = "unit.east", **changes):
    acted_at = clock.now() - dt.timedelta(hours=3)
    values = {**extreme_answers(), "acted_at": acted_at, **changes}
    values.pop("area", None)
    return approvals.report_extreme_situation(actor=who(by), values=values)


def test_P40_reports_of_one_event_are_joined_to_the_first():
    first, second, third = a_report(), a_report(), a_report()
    chief = who("chief.cimic")
    approvals.join_reports(rfa=second, actor=chief, first=first)
    approvals.join_reports(rfa=third, actor=chief, first=second)  # joined to the first of all

    seen = record(first.reference)["same_event"]
    assert sorted(seen) == sorted([second.reference, third.reference])
    assert Entry.objects.filter(act="extreme.joined", chain=first.pk).count() == 2
    assert not verify().breaks


def test_a_joined_report_keeps_its_own_finding():
    first, second = a_report(), a_report()
    approvals.join_reports(rfa=second, actor=who("chief.cimic"), first=first)
    give(open_step(second), "acknowledge")
    first.refresh_from_db()
    second.refresh_from_db()
    assert [first.status, second.status] == ["reported", "acknowledged"]


def test_parted_again_both_stand_alone():
    first, second = a_report(), a_report()
    chief = who("chief.cimic")
    approvals.join_reports(rfa=second, actor=chief, first=first)
    approvals.join_reports(rfa=second, actor=chief, first=None)

    assert record(first.reference)["same_event"] == []


def test_what_cannot_be_joined():
    first, second, third = a_report(), a_report(), a_report()
    chief = who("chief.cimic")
    approvals.join_reports(rfa=second, actor=chief, first=first)

    for rfa, other in ((first, first), (first, second), (first, third)):
        with pytest.raises(NotNow):
            approvals.join_reports(rfa=rfa, actor=chief, first=other)
    with pytest.raises(NotNow):
        approvals.join_reports(rfa=third, actor=chief, first=a_draft())
    with pytest.raises(Forbidden):
        approvals.join_reports(rfa=third, actor=who("unit.east"), first=first)


def test_through_the_api_an_unseen_report_is_not_found():
    first, second = a_report(), a_report("unit.west")
    join = f"requests/{second.reference}/join/"
    Caller("sector.west").tell(join, {"first": "UNAC-EX-2026-9999"}, expect=404)
    chief = Caller("chief.cimic")
    assert chief.tell(join, {"first": first.reference})["same_event"] == [first.reference]
    assert chief.tell(join)["same_event"] == []
    Caller("dsrsg").tell(join, {"first": first.reference}, expect=403)


def test_the_phone_form_asks_four_questions_and_titles_itself(client):
    client.force_login(who("unit.east"))
    answer = client.post(
        "/extreme/",
        {
            "action_taken": "Two boats took 40 people off the roofs of Mialo.  The village is dry.",
            "harm": "life",
            "acted_at": "2026-11-20T06:30",
            "place": "Mialo",
        },
    )
    assert answer.status_code == 302
    page = client.get(answer["Location"])
    assert page.context["rfa"].title.startswith("Two boats took 40 people off the roofs of Mialo.")
