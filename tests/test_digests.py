"""What is not urgent comes in one letter a day, made once; duties are never put off."""

import datetime as dt
import signal

import pytest
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from common import clock
from common.errors import Malformed, Stale
from missions.models import Holiday, Mission
from notices import services as notices
from notices.models import Letter, Notice, Preferences
from notices.queries import preferences_of
from notices.vocabulary import DigestDays
from tests.builders import (
    a_mission,
    a_refused,
    a_submitted,
    carried_to,
    give,
    open_step,
    security_answers,
    who,
)
from tests.test_crash import SWEEP, MailServer, in_a_process, letters_to
from tests.test_races import at_once, refusals

MONDAY = dt.datetime(2026, 6, 1, 10, 0, tzinfo=dt.UTC)
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
DIGESTS = "from notices.services import make_digests, sweep\nmake_digests()\nsweep()\n"


@pytest.fixture
def mission(db):
    return a_mission()


def chooses(name: str, **choices: str) -> Preferences:
    """A person's choices; what is not named stays as it is."""
    person = who(name)
    version = preferences_of(person).version
    return notices.change_preferences(actor=person, version=version, values=choices)


def decided(name: str = "partner.ngo"):
    """A request of a person's that has come to something, told but not sent yet."""
    rfa = a_refused(by=name)
    notices.sweep()
    mail.outbox.clear()
    return rfa


def digest_at(moment: dt.datetime, to: str = "partner.ngo") -> list[str]:
    """The subjects of what a person is sent at a moment; the letters stay in the outbox."""
    mail.outbox.clear()
    with clock.telling(moment):
        notices.make_digests()
        notices.sweep()
    mail.outbox[:] = [letter for letter in mail.outbox if letter.to == [f"{to}@unac.example"]]
    return [letter.subject for letter in mail.outbox]


def in_the_digest_of(name: str) -> list[str]:
    """What a person's only digest tells of, oldest first."""
    letter = Letter.objects.exclude(digest_of=None).get(person__username=name)
    return [notice.text for notice in letter.notices.order_by("pk")]


def test_what_is_for_a_digest_is_told_in_one_letter_at_the_missions_hour(mission):
    Mission.objects.update(time_zone="Africa/Bangui")  # an hour ahead: seven there is six here
    chooses("partner.ngo", requests="digest")
    with clock.telling(MONDAY):
        first, second = decided(), decided()
    assert not Letter.objects.filter(person__username="partner.ngo").exists()

    before = digest_at(dt.datetime(2026, 6, 2, 5, 59, tzinfo=dt.UTC))
    at_seven = digest_at(dt.datetime(2026, 6, 2, 6, 0, tzinfo=dt.UTC))
    letter = mail.outbox[0]
    again = digest_at(dt.datetime(2026, 6, 2, 6, 1, tzinfo=dt.UTC))
    next_day = digest_at(dt.datetime(2026, 6, 3, 6, 0, tzinfo=dt.UTC))

    assert (before, again, next_day) == ([], [], [])
    assert at_seven == ["[UNAC] 2 notices for your digest of 2 June 2026"]
    assert [rfa.reference in letter.body for rfa in (first, second)] == [True, True]
    assert f"/register/{first.reference}/" in letter.body


def test_what_was_read_in_the_centre_is_left_out_and_all_read_is_no_letter(mission):
    chooses("partner.ngo", requests="digest")
    with clock.telling(MONDAY):
        read, unread = decided(), decided()
    person = who("partner.ngo")
    of_read = Notice.objects.get(person=person, rfa=read)
    notices.mark_read(person_id=person.pk, notice_ids=[of_read.pk])

    assert digest_at(MONDAY + DAY) == ["[UNAC] 1 notice for your digest of 2 June 2026"]
    assert unread.reference in mail.outbox[0].body
    assert read.reference not in mail.outbox[0].body

    with clock.telling(MONDAY + DAY):
        decided()
    notices.mark_all_read(person_id=person.pk)
    assert digest_at(MONDAY + 2 * DAY) == []


def test_days_on_which_no_sweep_ran_are_made_up_for_in_one_letter(mission):
    chooses("partner.ngo", requests="digest", digest_days="every_day")
    for day in range(4):
        with clock.telling(MONDAY + day * DAY):
            decided()

    assert digest_at(MONDAY + 4 * DAY) == ["[UNAC] 4 notices for your digest of 5 June 2026"]
    assert digest_at(MONDAY + 5 * DAY) == []
    assert len(in_the_digest_of("partner.ngo")) == 4


@pytest.mark.parametrize(
    ("days", "comes_on"), [("working_days", "9 June 2026"), ("every_day", "6 June 2026")]
)
def test_a_digest_for_working_days_waits_for_the_missions_next_one(mission, days, comes_on):
    Mission.objects.update(working_days=[1, 2, 3, 4, 5])
    Holiday.objects.create(mission=mission, on=dt.date(2026, 6, 8), name="Founders' day")
    chooses("partner.ngo", requests="digest", digest_days=days)
    friday = MONDAY + 4 * DAY
    with clock.telling(friday):
        decided()

    sent = [digest_at(friday + count * DAY) for count in range(1, 6)]

    assert [subject for found in sent for subject in found] == [
        f"[UNAC] 1 notice for your digest of {comes_on}"
    ]


def test_what_comes_after_the_hour_is_in_the_next_days_digest_however_late_the_sweep(mission):
    chooses("partner.ngo", requests="digest")
    with clock.telling(MONDAY):
        early = decided()
    with clock.telling(MONDAY + DAY):
        late = decided()

    digest_at(MONDAY + DAY + HOUR)
    assert early.reference in mail.outbox[0].body
    assert late.reference not in mail.outbox[0].body
    digest_at(MONDAY + 2 * DAY)
    assert late.reference in mail.outbox[0].body


def test_what_is_for_the_centre_alone_is_never_sent_and_is_in_the_centre(mission):
    chooses("partner.ngo", requests="centre")
    with clock.telling(MONDAY):
        rfa = decided()

    digest_at(MONDAY + 9 * DAY)

    assert Notice.objects.filter(person__username="partner.ngo", rfa=rfa).exists()
    assert not Letter.objects.filter(person__username="partner.ngo").exists()


def test_choosing_the_centre_keeps_back_what_already_waits_for_a_digest(mission):
    chooses("partner.ngo", requests="digest")
    with clock.telling(MONDAY):
        decided()
    chooses("partner.ngo", requests="centre")

    digest_at(MONDAY + DAY)

    assert not Letter.objects.filter(person__username="partner.ngo").exists()


def test_a_person_without_choices_has_the_usual_and_follow_ups_come_in_a_digest(mission):
    with clock.telling(MONDAY):
        rfa = decided()

    assert Letter.objects.filter(person__username="partner.ngo", digest_of=None).count() == 1
    digest_at(MONDAY + DAY)
    said = "was not approved: find out whether others help, and record it"
    assert in_the_digest_of("chief.cimic") == [f"{rfa.reference}, {rfa.title} {said}"]


def test_duties_cannot_be_muted_nor_put_off_by_anybody(mission):
    for way in ("digest", "centre"):
        with pytest.raises(Malformed, match="cannot be put off or muted"):
            chooses("chief.cimic", duties=way)
    for way in ("digest", "centre"):
        with pytest.raises(IntegrityError, match="duties_are_never_muted"), transaction.atomic():
            Preferences.objects.create(person=who("chief.cimic"), duties=way)
    a_submitted()
    notices.sweep()
    with pytest.raises(IntegrityError, match="duty_is_told_at_once"), transaction.atomic():
        Notice.objects.filter(group="duties").update(delivery="digest")


def test_a_duty_is_sent_at_once_to_who_has_muted_all_that_can_be(mission):
    chooses("chief.cimic", requests="centre", mentions="centre", follow_ups="centre")
    chooses("chief.cimic", mission="centre")

    a_submitted()
    notices.sweep()

    assert [letter.to for letter in mail.outbox] == [["chief.cimic@unac.example"]]


def test_choices_are_changed_on_the_version_that_was_read(mission):
    kept = chooses("dms", mentions="digest", digest_days=DigestDays.EVERY_DAY)
    assert (kept.version, kept.mentions, kept.digest_days) == (1, "digest", "every_day")
    with pytest.raises(Stale):
        notices.change_preferences(actor=who("dms"), version=0, values={"mentions": "centre"})
    with pytest.raises(Malformed) as refused:
        notices.change_preferences(
            actor=who("dms"), version=1, values={"mentions": "shout", "digest_days": "", "x": "y"}
        )
    assert sorted(error.field for error in refused.value.errors) == ["digest_days", "mentions", "x"]


def test_a_digest_is_told_in_the_readers_language(mission):
    person = who("partner.ngo")
    person.language = "fr"
    person.save()
    chooses("partner.ngo", requests="digest")
    with clock.telling(MONDAY):
        decided()

    digest_at(MONDAY + DAY)

    sent = mail.outbox[0]
    assert "2 juin 2026" in sent.subject
    assert sent.extra_headers["Content-Language"] == "fr"


@pytest.mark.parametrize("changed", [{"classification": 1}, {"low_profile": True}])
def test_P15_R22_what_became_classified_before_the_digest_goes_leaves_by_its_reference_alone(
    mission, changed
):
    answers = security_answers(place="Leppko bridge")
    chooses("partner.ngo", requests="digest")
    with clock.telling(MONDAY):
        rfa = carried_to(a_submitted(answers, by="partner.ngo"), "awaiting_decision")
        give(open_step(rfa), "not_approve", remarks="The road is mined.")
        notices.sweep()
    type(rfa).objects.filter(pk=rfa.pk).update(**changed)

    digest_at(MONDAY + DAY)

    sent = mail.outbox[0]
    html = sent.alternatives[0][0]
    for words in (sent.subject, sent.body, html):
        assert "Leppko" not in words
        assert "Relief" not in words
        assert "not approved" not in words
    assert f"{rfa.reference}: there is news for you" in sent.body
    assert f"{rfa.reference}: there is news for you" in html


def test_a_digest_costs_the_same_queries_for_one_notice_as_for_many(mission):
    chooses("partner.ngo", requests="digest")
    chooses("chief.cimic", follow_ups="centre")
    costs = []
    for day, count in enumerate((1, 4)):
        with clock.telling(MONDAY + 3 * day * DAY):
            for _ in range(count):
                decided()
        with (
            clock.telling(MONDAY + (3 * day + 1) * DAY),
            CaptureQueriesContext(connection) as captured,
        ):
            notices.make_digests()
            notices.sweep()
        costs.append(len(captured))
    assert costs[0] == costs[1]


def test_who_has_left_or_has_no_address_is_sent_no_digest(mission):
    for name, gone in (("partner.ngo", {"is_active": False}), ("partner.un", {"email": ""})):
        chooses(name, requests="digest")
        with clock.telling(MONDAY):
            decided(name)
        person = who(name)
        for column, value in gone.items():
            setattr(person, column, value)
        person.save()

    digest_at(MONDAY + DAY)

    names = ("partner.ngo", "partner.un")
    assert not Letter.objects.filter(person__username__in=names).exists()


def test_a_task_given_to_a_unit_is_told_to_it_with_its_conditions(mission):
    rfa = carried_to(a_submitted(), "awaiting_decision")
    give(open_step(rfa), "approve_with_conditions", conditions=["Only by day"])
    give(open_step(rfa))
    notices.sweep()

    told = Notice.objects.get(person__username="unit.east", rfa=rfa)
    assert told.text == (
        f"{rfa.reference}, {rfa.title} is given to East Bn to carry out, under conditions"
    )
    assert told.duty


# With real processes and threads


@pytest.fixture
def mail_server(tmp_path):
    server = MailServer()
    server.pid_file = tmp_path / "sender.pid"
    server.controller.start()
    yield server
    server.controller.stop()


@pytest.fixture
def waiting(live):
    """A person with three notices that wait for a digest since yesterday."""
    a_mission()
    chooses("partner.ngo", requests="digest", digest_days="every_day")
    chooses("chief.cimic", follow_ups="centre")
    with clock.telling(clock.now() - 2 * DAY):
        for _ in range(3):
            a_refused(by="partner.ngo")
        notices.sweep()
    Letter.objects.update(sent_at=clock.now())
    return who("partner.ngo")


def test_two_sweeps_at_once_make_one_letter_of_all(waiting):
    told = at_once(*[notices.make_digests] * 4)

    assert refusals(told) == []
    assert sum(told) == 1
    letter = Letter.objects.exclude(digest_of=None).get()
    assert letter.notices.count() == 3


def test_reading_all_while_the_digest_is_made_neither_locks_nor_doubles(waiting):
    told = at_once(
        notices.make_digests,
        lambda: notices.mark_all_read(person_id=waiting.pk),
        notices.make_digests,
    )

    assert refusals(told) == []
    letters = Letter.objects.exclude(digest_of=None)
    assert letters.count() <= 1
    assert all(letter.notices.count() == 3 for letter in letters)


def test_killed_in_the_middle_of_a_digest_nothing_is_half_made_and_the_next_sweep_makes_it(
    waiting, mail_server
):
    died = in_a_process(
        "from django.db import transaction\n"
        "from notices import services\n"
        "with transaction.atomic():\n"
        "    assert services.make_digests() == 1\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n",
        mail_server,
    )
    assert died.returncode == -signal.SIGKILL
    assert not Letter.objects.exclude(digest_of=None).exists()
    assert not Notice.objects.filter(delivery="digest").exclude(letter=None).exists()

    in_a_process(DIGESTS, mail_server)
    in_a_process(DIGESTS, mail_server)

    assert len(letters_to(mail_server, "partner.ngo@unac.example")) == 1
    assert Letter.objects.exclude(digest_of=None).get().notices.count() == 3


def test_killed_after_the_mail_server_took_a_digest_it_is_sent_as_the_same_message(
    waiting, mail_server
):
    mail_server.kills_sender = True
    died = in_a_process(DIGESTS, mail_server)
    assert died.returncode == -signal.SIGKILL

    in_a_process(SWEEP, mail_server)
    in_a_process(DIGESTS, mail_server)

    first, second = letters_to(mail_server, "partner.ngo@unac.example")
    assert first == second
