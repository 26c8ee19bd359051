"""Whoever must act is told, once, in their own words; nobody learns what is not theirs."""

import datetime as dt
import struct
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import trans_real

from approvals import services as approvals
from common import clock
from ledger.models import OutboxRow
from ledger.services import append
from missions.models import Appointment, Delegation, Mission, Post
from notices import services as notices
from notices.models import Letter, Notice
from notices.pages import lines_of_notices
from records import services as records
from tests.builders import (
    a_draft,
    a_mission,
    a_person,
    a_refused,
    a_submitted,
    an_approved,
    carried_to,
    civil_answers,
    extreme_answers,
    give,
    in_days,
    open_step,
    security_answers,
    who,
)
from tests.test_processes import a_draft as a_process
from tests.test_processes import signed

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _mission():
    a_mission()


def swept() -> None:
    """Deliver what is owed, then forget the letters delivered."""
    notices.sweep()
    mail.outbox.clear()


def notices_of(rfa) -> list[tuple[str, str, bool]]:
    """Who was told what of a request, and whether it is theirs to act on, oldest first."""
    told = Notice.objects.filter(entry__chain=rfa.pk).order_by("pk")
    return [(line.person.username, line.text, line.duty) for line in told]


def told_now(deed) -> list[tuple[str, str, bool]]:
    """Who is told what because of a deed."""
    swept()
    before = set(Notice.objects.values_list("pk", flat=True))
    deed()
    notices.sweep()
    new = Notice.objects.exclude(pk__in=before).order_by("person__username")
    return [(line.person.username, line.text, line.duty) for line in new]


def until(step) -> str:
    """When a step is due, as a notice writes it."""
    return date_format(step.due_at, "SHORT_DATETIME_FORMAT")


def test_the_post_that_must_act_gets_one_notice_and_one_letter():
    rfa = a_submitted()
    notices.sweep()

    step = open_step(rfa)
    text = f"{rfa.reference}, {rfa.title} waits on Chief UN-CIMIC until {until(step)}"
    assert notices_of(rfa) == [("chief.cimic", text, True)]
    assert [(letter.to, letter.subject) for letter in mail.outbox] == [
        (
            ["chief.cimic@unac.example"],
            f"[UNAC] Answer by {until(step)}: {rfa.reference}, {rfa.title}",
        )
    ]
    letter = Letter.objects.get()
    assert mail.outbox[0].extra_headers["Message-ID"] == letter.message_id
    assert f"/register/{rfa.reference}/" in mail.outbox[0].body
    assert letter.sent_at is not None


def test_a_letter_says_what_where_by_when_from_whom_and_why_and_leads_to_the_answer(settings):
    settings.SITE_URL = "https://cimic.unac.example"
    Mission.objects.update(time_zone="Africa/Bangui")
    rfa = a_submitted()
    notices.sweep()

    step, sent = open_step(rfa), mail.outbox[0]
    due = timezone.localtime(step.due_at, ZoneInfo("Africa/Bangui"))
    lines = [" ".join(line.split()) for line in sent.body.splitlines()]
    assert f"What {rfa.title}" in lines
    assert "Where Tereni hospital · Province East · Sector East" in lines
    assert f"Asked of you {step.seat_label}" in lines
    when = f"{due:%A} {date_format(due, 'DATETIME_FORMAT')}"
    assert f"By when {when}, West Africa Standard Time (UTC+01:00)" in lines
    assert "From Sector UN-CIMIC officer" in lines
    assert f"https://cimic.unac.example/steps/{step.pk}/" in lines
    assert f"https://cimic.unac.example/register/{rfa.reference}/" in lines
    assert "You get this because you act for the post of Chief UN-CIMIC in UNAC." in lines
    html, kind = sent.alternatives[0]
    assert kind == "text/html"
    for words in (rfa.title, f'href="https://cimic.unac.example/steps/{step.pk}/"', "Sector East"):
        assert words in html


def test_news_can_be_unsubscribed_from_and_duties_cannot():
    carried_to(a_submitted(), "approved")
    notices.sweep()

    leaves = {letter.to[0]: letter.extra_headers.get("List-Unsubscribe") for letter in mail.outbox}

    assert leaves.pop("sector.east@unac.example").endswith("/notices/preferences/>")
    assert set(leaves.values()) == {None}


def test_every_post_of_a_stage_is_told_and_nobody_else():
    rfa = a_submitted(civil_answers(humanitarian=True))

    told = told_now(lambda: give(open_step(rfa)))

    assert [(person, duty) for person, _, duty in told] == [
        ("civil.affairs", True),
        ("cmcoord", True),
        ("dms", True),
        ("gender", True),
    ]
    assert sorted(letter.to[0] for letter in mail.outbox) == [
        f"{person}@unac.example" for person, _, _ in told
    ]


def test_sweeping_again_tells_nobody_again():
    rfa = a_submitted()
    notices.sweep()

    done_again = notices.sweep()

    assert done_again == 0
    assert len(mail.outbox) == 1
    assert len(notices_of(rfa)) == 1
    assert not OutboxRow.objects.filter(listener=notices.LISTENER, done_at=None).exists()


def test_taking_an_outbox_row_that_is_done_or_sending_a_letter_that_is_sent_does_nothing():
    a_submitted()
    notices.sweep()

    rows = OutboxRow.objects.filter(listener=notices.LISTENER)
    assert [notices.take_from_outbox(row.pk) for row in rows] == [False, False]
    assert notices.send(Letter.objects.get().pk) is False
    assert len(mail.outbox) == 1


def test_officers_in_charge_and_delegates_of_the_post_are_told_and_former_holders_are_not():
    chief = Post.objects.get(code="chief.cimic")
    Appointment.objects.filter(post=chief).update(until_on=in_days(-1))
    Appointment.objects.create(
        post=chief, person=a_person("major.new"), from_on=in_days(0), until_on=in_days(60)
    )
    Appointment.objects.create(
        post=chief,
        person=a_person("captain.acting"),
        capacity="officer_in_charge",
        from_on=in_days(-1),
        until_on=in_days(5),
    )
    Delegation.objects.create(
        post=chief,
        delegate=a_person("major.delegate"),
        given_by=who("major.new"),
        from_on=in_days(0),
        until_on=in_days(5),
    )
    Delegation.objects.create(
        post=chief,
        delegate=a_person("major.later"),
        given_by=who("major.new"),
        from_on=in_days(3),
        until_on=in_days(5),
    )

    told = told_now(a_submitted)

    assert [(person, duty) for person, _, duty in told] == [
        ("captain.acting", True),
        ("major.delegate", True),
        ("major.new", True),
    ]


def test_a_person_with_two_posts_on_one_request_is_told_once():
    Post.objects.get(code="gender").appointments.update(person=who("civil.affairs"))
    rfa = a_submitted()

    told = told_now(lambda: give(open_step(rfa)))

    assert [person for person, _, _ in told] == ["civil.affairs", "dms"]


def test_whoever_has_no_address_is_told_in_the_inbox_alone():
    chief = who("chief.cimic")
    chief.email = ""
    chief.save()

    told = told_now(a_submitted)

    assert [person for person, _, _ in told] == ["chief.cimic"]
    assert mail.outbox == []


@pytest.mark.parametrize(
    ("classification", "names_it"),
    [("unclassified", True), ("confidential", False), ("strictly_confidential", False)],
)
def test_P15_what_is_classified_is_told_by_its_reference_alone(classification, names_it):
    answers = security_answers(classification=classification)
    rfa = carried_to(a_submitted(answers, by="partner.ngo"), "approved")
    approvals.say(rfa=rfa, actor=who("chief.cimic"), text="Leppko road at six")
    approvals.cancel(rfa=rfa, actor=who("chief.cimic"), reason="Leppko fell")
    notices.sweep()

    letters = [
        f"{letter.subject} {letter.body} {letter.alternatives[0][0]}" for letter in mail.outbox
    ]
    texts = [text for _, text, _ in notices_of(rfa)]
    assert len(letters) == len(texts) == 8
    assert {rfa.title in text for text in letters + texts} == {names_it}
    assert {rfa.reference in text for text in letters + texts} == {True}
    assert not any("at six" in text or "fell" in text for text in letters + texts)
    told_more = [" Province West", "From ", "approved", "Relief for Carana"]
    assert any(words in letter for words in told_more[:3] for letter in letters) == names_it
    assert not any(told_more[3] in letter for letter in letters)


def test_R22_what_a_low_profile_requester_asks_leaves_by_its_reference_alone():
    answers = civil_answers(title="Pump for Relief for Carana's clinic", humanitarian=True)
    rfa = a_draft(answers, by="partner.ngo")
    type(rfa).objects.filter(pk=rfa.pk).update(low_profile=True)
    approvals.submit(rfa=rfa, actor=who("partner.ngo"))
    give(open_step(rfa))
    notices.sweep()

    letters = [f"{sent.subject} {sent.body} {sent.alternatives[0][0]}" for sent in mail.outbox]
    assert len(letters) == 5
    assert all(f"{rfa.reference}: something waits for you" in letter for letter in letters)
    assert not any(words in letter for words in ("Relief", "Tereni", "Pump") for letter in letters)


def test_R22_the_centre_does_not_say_by_whose_post_to_who_may_not_know_who_asks():
    rfa = a_draft(civil_answers(humanitarian=True), by="partner.ngo")
    type(rfa).objects.filter(pk=rfa.pk).update(low_profile=True)
    approvals.submit(rfa=rfa, actor=who("partner.ngo"))
    notices.sweep()
    told = Notice.objects.get(person__username="chief.cimic")
    elsewhere = Notice.objects.create(
        entry=told.entry,
        person=who("cos"),
        mission=told.mission,
        rfa=told.rfa,
        sort="message",
        group="mission",
        delivery="centre",
        link=told.link,
        made_at=told.made_at,
    )

    by = {
        one.person.username: lines_of_notices(one.person, [one])[0]["by"]
        for one in (told, elsewhere)
    }

    assert by == {"chief.cimic": "Partner", "cos": ""}


def test_of_a_record_that_is_no_longer_open_to_one_the_reference_alone_is_left():
    rfa = a_submitted()
    notices.sweep()
    told = Notice.objects.get(person__username="chief.cimic")
    Appointment.objects.filter(post__code="chief.cimic").update(until_on=in_days(-1))

    line = lines_of_notices(who("chief.cimic"), [told])[0]

    assert line["text"] == f"{rfa.reference} is no longer open to you"
    assert (line["url"], line["by"], line["kind"]) == ("", "", "")


def test_P39_until_the_designated_official_has_decided_nobody_of_the_force_is_told():
    rfa = carried_to(a_submitted(security_answers(), by="partner.ngo"), "awaiting_decision")
    notices.sweep()

    assert [person for person, _, _ in notices_of(rfa)] == [
        "chief.cimic",
        "undss",
        "cmcoord",
        "designated.official",
    ]


def test_a_partner_is_told_of_a_message_to_all_and_never_of_an_internal_one():
    rfa = a_submitted(by="partner.ngo")

    inside = told_now(
        lambda: approvals.say(
            rfa=rfa, actor=who("chief.cimic"), text="Is this partner sound?", internal=True
        )
    )
    to_all = told_now(
        lambda: approvals.say(rfa=rfa, actor=who("chief.cimic"), text="Which day suits you?")
    )

    assert inside == []
    assert to_all == [("partner.ngo", f"A message on {rfa.reference}, {rfa.title}", False)]


def mentioned(rfa, *names: str, internal: bool = False) -> list[tuple[str, str, bool]]:
    """Who is told what of a message whose entry names these people."""

    def say() -> None:
        with transaction.atomic():
            append(
                chain_id=rfa.pk,
                act="message.said",
                actor=who("chief.cimic"),
                payload={"internal": internal, "mentions": [who(name).pk for name in names]},
            )

    return told_now(say)


def test_whoever_a_message_names_is_told_so_and_the_requester_of_the_message():
    rfa = a_submitted(by="partner.ngo")

    told = mentioned(rfa, "dsrsg", "chief.cimic")

    named = f"{rfa.reference}, {rfa.title}"
    assert told == [
        ("dsrsg", f"You are named in a message on {named}", False),
        ("partner.ngo", f"A message on {named}", False),
    ]
    assert {notice.group for notice in Notice.objects.filter(rfa=rfa, group="mentions")} == {
        "mentions"
    }


def test_P15_whoever_may_not_see_the_record_or_the_message_is_not_told_though_named():
    rfa = a_submitted(civil_answers(classification="confidential"), by="partner.ngo")

    unseen = mentioned(rfa, "dms", "partner.un", "unit.west", internal=True)
    inside = mentioned(rfa, "partner.ngo", "dsrsg", internal=True)

    assert unseen == []
    assert [person for person, _, _ in inside] == ["dsrsg"]


def test_P39_the_force_is_not_told_though_named_before_the_designated_official_has_decided():
    rfa = a_submitted(security_answers(), by="partner.ngo")

    told = mentioned(rfa, "ops", "homc", "designated.official", internal=True)

    assert [person for person, _, _ in told] == ["designated.official"]


def test_a_requesters_message_reaches_the_posts_it_waits_on_or_else_un_cimic():
    rfa = a_submitted(by="partner.ngo")
    decided = a_refused(by="partner.ngo")

    waiting = told_now(lambda: approvals.say(rfa=rfa, actor=who("partner.ngo"), text="Any news?"))
    nobody = told_now(lambda: approvals.say(rfa=decided, actor=who("partner.ngo"), text="Why?"))

    assert [person for person, _, _ in waiting] == ["chief.cimic"]
    assert [person for person, _, _ in nobody] == ["chief.cimic"]


def test_the_requester_is_told_each_time_the_request_comes_to_something_and_only_then():
    rfa = carried_to(a_submitted(), "approved")
    give(open_step(rfa))
    records.plan(rfa=rfa, actor=who("chief.cimic"), values={"planned_end": in_days(40)})
    records.start(rfa=rfa, actor=who("chief.cimic"))
    records.report_progress(rfa=rfa, actor=who("chief.cimic"), text="Pump in place.", percent=50)
    records.complete(rfa=rfa, actor=who("chief.cimic"), result="Water flows.")
    records.close(rfa=rfa, actor=who("chief.cimic"))
    notices.sweep()

    named = f"{rfa.reference}, {rfa.title}"
    assert [text for person, text, _ in notices_of(rfa) if person == "sector.east"] == [
        f"{named} is now: approved",
        f"{named} is now: in progress",
        f"{named} is now: completed",
        f"{named} is now: closed",
    ]


def test_the_requester_is_told_of_a_decision_given_anew_though_the_status_is_the_same():
    rfa = carried_to(a_submitted(), "approved")
    step = rfa.steps.get(seat="decision")

    told = told_now(
        lambda: approvals.supersede(
            step=step,
            actor=who("dsrsg"),
            word="approve_with_conditions",
            conditions=["Only by day"],
            revision=1,
        )
    )

    assert told == [("sector.east", f"{rfa.reference}, {rfa.title} is now: approved", False)]


def test_a_return_is_the_requesters_to_act_on():
    rfa = a_submitted()

    told = told_now(lambda: give(open_step(rfa), "return", remarks="Which ward?"))

    text = f"{rfa.reference}, {rfa.title} is now: returned"
    assert told == [("sector.east", text, True)]


def test_a_refusal_by_the_unit_reaches_un_cimic_who_must_find_another_way():
    rfa = carried_to(a_submitted(), "approved")

    told = told_now(lambda: give(open_step(rfa), "cannot_execute", remarks="No trucks left."))

    text = f"{rfa.reference}, {rfa.title} cannot be executed: find another way or cancel it"
    assert told == [("chief.cimic", text, True)]


def test_nobody_is_told_of_their_own_deed():
    rfa = an_approved()

    told = told_now(
        lambda: approvals.cancel(rfa=rfa, actor=who("sector.east"), reason="The pump works again.")
    )

    assert told == []


def test_a_draft_is_nobodys_business():
    assert told_now(a_draft) == []


def test_P40_mission_headquarters_is_told_of_an_extreme_situation_at_once():
    values = extreme_answers(acted_at=clock.now() - dt.timedelta(hours=3))
    del values["area"]

    told = told_now(
        lambda: approvals.report_extreme_situation(actor=who("unit.east"), values=values)
    )

    assert [(person, duty) for person, _, duty in told] == [
        ("chief.cimic", True),
        ("cos", False),
        ("dsrsg", False),
        ("homc", False),
    ]


def test_a_mail_server_that_refuses_is_asked_again_later_with_the_same_message(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    a_submitted()
    notices.sweep()
    refused = Letter.objects.get()
    assert refused.sent_at is None
    assert (refused.attempts, refused.last_error.split(":")[0]) == (1, "ConnectionRefusedError")
    assert Notice.objects.count() == 1

    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    too_soon = notices.sweep()
    with clock.telling(refused.next_try_at + dt.timedelta(seconds=1)):
        later = notices.sweep()

    assert (too_soon, later) == (0, 1)
    assert [sent.extra_headers["Message-ID"] for sent in mail.outbox] == [refused.message_id]
    sent = Letter.objects.get()
    assert (sent.attempts, sent.last_error) == (2, "")


def test_the_pause_grows_with_each_refusal_and_stops_at_an_hour(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    a_submitted()
    pauses = []
    moment = clock.now()
    for _ in range(11):
        with clock.telling(moment):
            notices.sweep()
        next_try = Letter.objects.get().next_try_at
        pauses.append(int((next_try - moment).total_seconds()))
        moment = next_try

    assert pauses == [20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600, 3600]


def test_one_row_that_cannot_be_told_holds_up_no_other_and_is_tried_again():
    broken, sound = a_submitted(), a_submitted()
    notices.sweep()
    nobody = {"opened": [{"step": 0, "post": 0, "due_at": "2026-11-21T07:00"}]}
    entry = append(chain_id=broken.pk, act="test.broken", actor=None, payload=nobody)
    row = entry.outbox.get(listener=notices.LISTENER)
    give(open_step(sound))

    notices.sweep()

    row.refresh_from_db()
    assert (row.done_at, row.attempts, row.last_error.split(":")[0]) == (None, 1, "DoesNotExist")
    assert row.next_try_at > clock.now()
    assert list(OutboxRow.objects.filter(listener=notices.LISTENER, done_at=None)) == [row]
    assert [person for person, _, _ in notices_of(sound)][1:] == ["civil.affairs", "gender", "dms"]


def compiled(catalogue: dict[str, str]) -> bytes:
    """A translation catalogue as gettext reads it."""
    lines = sorted({"": "Content-Type: text/plain; charset=UTF-8\n", **catalogue}.items())
    words = [(key.encode(), value.encode()) for key, value in lines]
    start = 28 + 16 * len(words)
    tables, text = [b"", b""], b""
    for column in (0, 1):
        for pair in words:
            tables[column] += struct.pack("<2I", len(pair[column]), start + len(text))
            text += pair[column] + b"\0"
    size = len(words)
    head = struct.pack("<7I", 0x950412DE, 0, size, 28, 28 + 8 * size, 0, 0)
    return head + tables[0] + tables[1] + text


@pytest.fixture
def french(settings, tmp_path):
    """Words of the mission in French, whatever the catalogue of the day says."""
    folder = tmp_path / "locale" / "fr" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "django.mo").write_bytes(
        compiled(
            {
                "%(what)s waits on %(post)s until %(due)s": (
                    "%(what)s attend %(post)s jusqu'au %(due)s"
                ),
                "%(what)s is now: %(status)s": "%(what)s est désormais : %(status)s",
                "Returned": "Renvoyée",
            }
        )
    )
    kept = dict(trans_real._translations)
    trans_real._translations.clear()
    settings.LOCALE_PATHS = [tmp_path / "locale", *settings.LOCALE_PATHS]
    trans_real._translations.clear()
    yield
    trans_real._translations.clear()
    trans_real._translations.update(kept)


@pytest.mark.usefixtures("french")
def test_letters_and_notices_follow_the_readers_language():
    for name in ("dms", "sector.east"):
        person = who(name)
        person.language = "fr"
        person.save()
    rfa = a_submitted()
    swept()

    in_consultation = told_now(lambda: give(open_step(rfa)))
    english, french = in_consultation[0][1], in_consultation[1][1]
    carried_to(rfa, "awaiting_decision")
    returned = told_now(lambda: give(open_step(rfa), "return", remarks="Which ward?"))

    assert in_consultation[1][0] == "dms"
    assert " waits on Civil Affairs until " in english
    assert " attend Director or Chief of Mission Support (DMS/CMS) jusqu'au " in french
    assert returned[0][1] == f"{rfa.reference}, {rfa.title} est désormais : renvoyée"


def test_a_person_reads_their_own_notices_and_nobody_elses():
    a_submitted()
    notices.sweep()
    notice = Notice.objects.get()

    by_another = notices.mark_read(person_id=who("dms").pk, notice_ids=[notice.pk])
    by_the_chief = notices.mark_read(person_id=who("chief.cimic").pk, notice_ids=[notice.pk])
    again = notices.mark_read(person_id=who("chief.cimic").pk, notice_ids=[notice.pk])

    assert (by_another, by_the_chief, again) == (0, 1, 0)


def test_what_is_answered_is_read_by_all_who_were_told_that_it_waits():
    Appointment.objects.create(
        post=Post.objects.get(code="chief.cimic"),
        person=a_person("captain.acting"),
        capacity="officer_in_charge",
        from_on=in_days(-1),
    )
    rfa = a_submitted()
    notices.sweep()
    assert Notice.objects.filter(rfa=rfa, read_at=None).count() == 2

    give(open_step(rfa), by=who("captain.acting"))
    notices.sweep()

    unread = Notice.objects.filter(rfa=rfa, read_at=None)
    assert not unread.filter(person__username__in=("chief.cimic", "captain.acting")).exists()
    assert unread.filter(person__username="dms").count() == 1


def test_a_reminder_takes_the_place_of_what_was_told_before_of_the_same_step():
    rfa = a_submitted()
    notices.sweep()
    with clock.telling(clock.now() + dt.timedelta(hours=25)):
        approvals.remind_and_escalate()
        notices.sweep()

    told = Notice.objects.filter(person__username="chief.cimic", rfa=rfa).order_by("pk")

    assert [(notice.sort, notice.read_at is None) for notice in told] == [
        ("waits", False),
        ("half", True),
    ]


def test_P31_a_signature_calls_for_the_other_and_both_for_the_promulgation():
    process = a_process()
    first = told_now(lambda: signed(process, "homc"))
    second = told_now(lambda: signed(process, "dsrsg"))
    srsg = who("srsg")
    in_force = told_now(lambda: approvals.promulgate_process(process=process, actor=srsg))

    assert [(person, duty) for person, _, duty in first] == [("dsrsg", True)]
    assert [(person, duty) for person, _, duty in second] == [("srsg", True)]
    people = [person for person, _, _ in in_force]
    assert "civil.affairs" in people
    assert not {"srsg", "partner.ngo", "evaluator", "admin"} & set(people)
    assert "version 1" in in_force[0][1]
    assert "is in force from" in in_force[0][1]
