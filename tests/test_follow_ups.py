"""A refused need is followed up until the mission knows what became of it (P41)."""

import datetime as dt

import pytest

from common import clock
from common.errors import Forbidden, Incomplete, NotNow
from ledger.models import Entry
from ledger.verification import verify
from missions.models import Appointment, Mission
from notices import services as notices
from notices.models import Notice
from records import services as records
from records.models import FollowUpReminder
from records.tasks import remind_of_follow_ups
from tests.builders import a_mission, a_refused, who
from tests.calling import Caller

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)
BEGIN = dt.datetime(2026, 6, 1, 8, 0, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def mission():
    return a_mission()


def refused(**more):
    with clock.telling(BEGIN):
        return a_refused(**more)


def swept(days: float) -> int:
    with clock.telling(BEGIN + days * DAY):
        return records.remind_of_follow_ups()


def test_P41_un_cimic_is_reminded_at_the_missions_interval_each_time_once():
    rfa = refused()
    assert swept(13.9) == 0
    assert swept(14) == 1
    assert swept(14) == 0
    assert swept(27.9) == 0
    assert swept(28) == 1
    notices.sweep()

    told = Notice.objects.filter(entry__chain=rfa.pk, sort="follow_up_due")
    assert [notice.person.username for notice in told] == ["sector.east", "sector.east"]
    assert "Nobody knows yet" in told[0].text
    assert not verify().breaks


def test_P41_after_missed_sweeps_one_reminder_is_sent():
    refused()
    assert swept(200) == 1
    assert swept(200) == 0


def test_P41_the_interval_is_the_missions_own(mission):
    Mission.objects.filter(pk=mission.pk).update(follow_up_days=3)
    refused()
    assert swept(2.9) == 0
    assert swept(3) == 1


def test_P41_a_note_of_what_was_asked_puts_the_next_reminder_off():
    rfa = refused()
    with clock.telling(BEGIN + 10 * DAY):
        Caller("sector.east").tell(
            f"requests/{rfa.reference}/follow-up-notes/",
            {"text": "WFP says the truck leaves on Friday."},
            expect=201,
        )
    assert swept(14) == 0
    assert swept(24) == 1
    told = Caller("chief.cimic").read(f"requests/{rfa.reference}/")["follow_up"]
    assert (told["state"], told["notes"][0]["text"]) == (
        "open",
        "WFP says the truck leaves on Friday.",
    )


def test_P41_once_it_is_known_nobody_is_reminded_any_more():
    rfa = refused()
    with clock.telling(BEGIN + DAY):
        records.record_delivery(
            rfa=rfa, actor=who("chief.cimic"), delivered=False, source="A visit"
        )
    assert swept(30) == 0
    assert FollowUpReminder.objects.count() == 0


def test_P41_where_the_sectors_officer_is_gone_the_chief_is_reminded():
    rfa = refused()
    Appointment.objects.filter(post__code="sector.east").update(until_on=BEGIN.date())
    with clock.telling(BEGIN + 20 * DAY):
        assert remind_of_follow_ups() == 1
        notices.sweep()
    told = Notice.objects.get(entry__chain=rfa.pk, sort="follow_up_due")
    assert told.person.username == "chief.cimic"


def test_P41_only_un_cimic_notes_and_only_while_the_need_is_open():
    rfa = refused()
    with pytest.raises(Forbidden):
        records.note_follow_up(rfa=rfa, actor=who("dsrsg"), text="Asked.")
    with pytest.raises(Incomplete):
        records.note_follow_up(rfa=rfa, actor=who("chief.cimic"), text=" ")
    records.record_delivery(rfa=rfa, actor=who("chief.cimic"), delivered=False, source="A visit")
    with pytest.raises(NotNow):
        records.note_follow_up(rfa=rfa, actor=who("chief.cimic"), text="Asked.")
    assert not Entry.objects.filter(act="follow_up.noted").exists()


def test_P41_unmet_needs_are_asked_for_by_the_api_as_by_the_page(client):
    still_open, unmet, met = refused(), refused(), refused()
    records.record_delivery(rfa=unmet, actor=who("chief.cimic"), delivered=False, source="A visit")
    records.record_delivery(
        rfa=met,
        actor=who("chief.cimic"),
        delivered=True,
        organisation="WFP",
        delivered_on=BEGIN.date(),
        source="Call",
    )
    client.force_login(who("chief.cimic"))
    for asked, expected in (
        ("open", {still_open.reference}),
        ("unmet", {unmet.reference}),
        ("delivered", {met.reference}),
    ):
        page = client.get("/follow-ups/", {"state": asked}).content.decode()
        told = Caller("chief.cimic").read(f"requests/?follow_up={asked}")["results"]
        assert {line["reference"] for line in told} == expected
        shown = {one.reference for one in (still_open, unmet, met) if one.reference in page}
        assert shown == expected


def test_P41_the_list_shows_only_what_its_reader_may_see(client):
    rfa = refused()
    for username, seen in (("sector.east", True), ("sector.west", False), ("unpol", False)):
        client.force_login(who(username))
        page = client.get("/follow-ups/")
        assert page.status_code == 200
        assert (rfa.reference in page.content.decode()) is seen
