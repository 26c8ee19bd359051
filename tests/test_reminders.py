"""A post is reminded of its limit, others are told of what is late: each once (P31, G)."""

import datetime as dt

import pytest

from approvals import services as approvals
from approvals.models import Reminder
from common import clock
from ledger.models import Entry
from ledger.verification import verify
from missions.models import Appointment
from notices import services as notices
from notices.models import Notice
from records.complaints import answer_complaint, log_complaint, remind_of_complaints
from tests.builders import a_mission, a_submitted, give, in_days, open_step, security_answers, who

HOUR = dt.timedelta(hours=1)
BEGIN = dt.datetime(2026, 6, 1, 8, 0, tzinfo=dt.UTC)


def sorts(rfa) -> list[str]:
    """The reminders of a record, as its chain tells of them, oldest first."""
    entries = Entry.objects.filter(chain=rfa.pk, act="step.reminded").order_by("number")
    return [entry.payload.text.split('"sort":"')[1].split('"')[0] for entry in entries]


def told_of(rfa) -> dict[str, list[str]]:
    """Who was told what in reminders."""
    notices.sweep()
    found: dict[str, list[str]] = {}
    reminded = Notice.objects.filter(entry__chain=rfa.pk, entry__act="step.reminded")
    for notice in reminded.order_by("pk"):
        found.setdefault(notice.person.username, []).append(notice.text.split(":")[0])
    return found


def swept_at(moment: dt.datetime) -> int:
    with clock.telling(moment):
        return approvals.remind_and_escalate()


@pytest.fixture
def rfa(db):
    a_mission()
    with clock.telling(BEGIN):
        return a_submitted()


def vacate(post: str, today: dt.date) -> None:
    Appointment.objects.filter(post__code=post).update(
        from_on=dt.date(2026, 1, 1), until_on=today - dt.timedelta(days=1)
    )


def test_P31_the_post_is_reminded_at_half_the_limit_and_at_the_limit(rfa):
    assert swept_at(BEGIN + 23 * HOUR) == 0
    assert swept_at(BEGIN + 25 * HOUR) == 1
    assert swept_at(BEGIN + 26 * HOUR) == 0
    assert swept_at(BEGIN + 49 * HOUR) == 2  # the limit, and the escalation
    assert swept_at(BEGIN + 500 * HOUR) == 0

    assert sorts(rfa) == ["half", "limit", "escalated"]
    told = told_of(rfa)
    assert told["chief.cimic"] == ["Half the time has passed", "Late"]
    assert told["cos"] == ["Late"]  # the Chief of Staff monitors compliance (G)
    assert told["homc"] == ["Late"]  # the post above can act


def test_a_sweep_that_did_not_run_sends_today_what_is_owed_once(rfa):
    """After missed days there is no reminder of half the limit: the limit itself has come."""
    assert swept_at(BEGIN + 300 * HOUR) == 2
    assert sorts(rfa) == ["limit", "escalated"]


def test_an_answer_in_time_is_not_reminded_of(rfa):
    with clock.telling(BEGIN + HOUR):
        give(open_step(rfa), "forward_recommended")
    swept_at(BEGIN + 2 * HOUR)
    assert sorts(rfa) == []


def test_P32_advice_lapses_and_its_post_is_told_so_rather_than_that_it_is_late(rfa):
    with clock.telling(BEGIN):
        give(open_step(rfa), "forward_recommended")
    late = BEGIN + 400 * HOUR
    with clock.telling(late):
        approvals.lapse_overdue_advice()
    swept_at(late)
    notices.sweep()

    about = {
        notice.person.username: notice.text
        for notice in Notice.objects.filter(entry__chain=rfa.pk, entry__act="step.lapsed")
    }
    assert "went on without the advice" in about["gender"]
    assert set(sorts(rfa)) == {"limit", "escalated"}  # DMS/CMS never lapses (P36)
    reminded = Reminder.objects.filter(step__rfa=rfa).values_list("step__seat", flat=True)
    assert set(reminded) == {"mission_support"}


def test_a_clock_that_goes_on_after_a_return_is_reminded_of_anew(rfa):
    swept_at(BEGIN + 25 * HOUR)
    with clock.telling(BEGIN + 26 * HOUR):
        give(open_step(rfa), "return", remarks="Which bridge?")
    rfa.refresh_from_db()
    with clock.telling(BEGIN + 100 * HOUR):
        approvals.submit(rfa=rfa, actor=who("sector.east"))
    assert swept_at(BEGIN + 101 * HOUR) == 0
    assert swept_at(BEGIN + 126 * HOUR) == 1
    assert sorts(rfa) == ["half", "half"]


def test_the_work_of_a_vacant_post_goes_up_and_the_post_above_is_told_at_once(db):
    a_mission()
    rfa = a_submitted(by="unit.east")
    vacate("sector.east", in_days(0))
    assert approvals.remind_and_escalate() == 1
    assert approvals.remind_and_escalate() == 0

    assert sorts(rfa) == ["vacant"]
    assert list(told_of(rfa)) == ["chief.cimic"]


def test_P39_a_vacant_chief_of_a_hidden_request_is_told_above_the_force(db):
    a_mission()
    rfa = a_submitted(security_answers(classification="unclassified"), by="partner.ngo")
    vacate("chief.cimic", in_days(0))
    approvals.remind_and_escalate()

    assert set(told_of(rfa)) == {"srsg"}


def reminded(chain, act: str) -> list[tuple[str, str]]:
    """Who was told what of a referral or a complaint, in the order of the sweeps."""
    notices.sweep()
    found = Notice.objects.filter(entry__chain=chain, entry__act=act)
    return [(one.sort, one.person.username) for one in found.order_by("pk")]


def test_P52_a_referral_is_reminded_of_at_half_its_limit_and_at_the_limit_each_once(rfa):
    with clock.telling(BEGIN):
        referral = approvals.refer(rfa=rfa, actor=who("cmcoord"), matter="We cannot agree.")
    half = (referral.due_at - BEGIN) / 2
    for moment in (half - HOUR, half + HOUR, half + 2 * HOUR):
        swept_at(BEGIN + moment)
    assert reminded(rfa.pk, "referral.reminded") == [("referral_half", "homc")]
    for moment in (referral.due_at, referral.due_at + HOUR, referral.due_at + 500 * HOUR):
        swept_at(moment)
    assert reminded(rfa.pk, "referral.reminded") == [
        ("referral_half", "homc"),
        ("referral_late", "homc"),
        ("referral_late", "cos"),
    ]


def test_P52_a_resolved_referral_and_one_that_was_never_swept_in_time(rfa):
    with clock.telling(BEGIN):
        referral = approvals.refer(rfa=rfa, actor=who("cmcoord"), matter="We cannot agree.")
    swept_at(referral.due_at + HOUR)
    assert [sort for sort, _who in reminded(rfa.pk, "referral.reminded")] == [
        "referral_late",
        "referral_late",
    ]
    other = a_submitted()
    with clock.telling(BEGIN):
        again = approvals.refer(rfa=other, actor=who("cmcoord"), matter="Nor here.")
        approvals.resolve_referral(referral=again, actor=who("homc"), resolution="Settled.")
    swept_at(again.due_at + HOUR)
    assert reminded(other.pk, "referral.reminded") == []


def test_P50_a_complaint_is_reminded_of_at_half_its_limit_and_at_the_limit_each_once(db):
    a_mission()
    with clock.telling(BEGIN):
        complaint = log_complaint(actor=who("unit.east"), values={"matter": "A broken wall."})

    def sweep(moment: dt.datetime) -> int:
        with clock.telling(moment):
            return remind_of_complaints()

    half = BEGIN + (complaint.due_at - BEGIN) / 2
    assert [sweep(half - HOUR), sweep(half), sweep(half + HOUR)] == [0, 1, 0]
    assert reminded(complaint.pk, "complaint.reminded") == [("complaint_half", "sector.east")]
    assert [sweep(complaint.due_at), sweep(complaint.due_at + HOUR)] == [1, 0]
    late = reminded(complaint.pk, "complaint.reminded")[1:]
    assert sorted(late) == [
        ("complaint_late", "chief.cimic"),
        ("complaint_late", "cos"),
        ("complaint_late", "sector.east"),
    ]
    texts = Notice.objects.filter(sort="complaint_late").values_list("values", flat=True)
    assert {one["complaint"] for one in texts} == {complaint.reference}
    notice = Notice.objects.filter(sort="complaint_late").first()
    assert notice is not None
    assert "broken wall" not in notice.text
    assert complaint.reference in notice.text
    assert not verify().breaks


def test_P50_a_complaint_is_told_at_once_to_whom_it_waits_on(db):
    a_mission()
    with clock.telling(BEGIN):
        complaint = log_complaint(actor=who("unit.east"), values={"matter": "A broken wall."})
    assert reminded(complaint.pk, "complaint.logged") == [("complaint_waits", "sector.east")]


def test_P50_an_answered_complaint_is_reminded_of_no_more(db):
    a_mission()
    with clock.telling(BEGIN):
        complaint = log_complaint(actor=who("unit.east"), values={"matter": "A broken wall."})
        answer_complaint(actor=who("sector.east"), complaint=complaint, answer="Mended.")
    with clock.telling(complaint.due_at + HOUR):
        assert remind_of_complaints() == 0
