"""Whoever must act is told, once, in their own words; nobody learns what is not theirs."""

import datetime as dt
import struct

import pytest
from django.core import mail
from django.utils.translation import trans_real

from approvals import services as approvals
from common import clock
from ledger.models import OutboxRow
from ledger.services import append
from missions.models import Appointment, Delegation, Post
from notices import services as notices
from notices.models import Letter, Notice
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
    return f"{step.due_at:%Y-%m-%d %H:%M} UTC"


def test_the_post_that_must_act_gets_one_notice_and_one_letter():
    rfa = a_submitted()
    notices.sweep()

    step = open_step(rfa)
    text = f"{rfa.reference}, {rfa.title} waits on Chief UN-CIMIC until {until(step)}"
    assert notices_of(rfa) == [("chief.cimic", text, True)]
    assert [(letter.to, letter.subject) for letter in mail.outbox] == [
        (["chief.cimic@unac.example"], f"[UNAC] {text}")
    ]
    letter = Letter.objects.get()
    assert mail.outbox[0].extra_headers["Message-ID"] == letter.message_id
    assert f"/register/{rfa.reference}/" in mail.outbox[0].body
    assert letter.sent_at is not None


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

    letters = [f"{letter.subject} {letter.body}" for letter in mail.outbox]
    texts = [text for _, text, _ in notices_of(rfa)]
    assert len(letters) == len(texts) == 8
    assert {rfa.title in text for text in letters + texts} == {names_it}
    assert {rfa.reference in text for text in letters + texts} == {True}
    assert not any("at six" in text or "fell" in text for text in letters + texts)


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
    assert told == [("chief.cimic", text, False)]


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
                "%(what)s waits on %(post)s until %(due)s UTC": (
                    "%(what)s attend %(post)s jusqu'au %(due)s UTC"
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
