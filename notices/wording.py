"""What is told, in plain words: one sentence for each thing that can happen.

A notice keeps what happened and its particulars, never the sentence: that is made when it is
read, in the reader's language, by the mission's clock, and with no more of the record than
may be told by then.
"""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, override

from common.clock import iso
from missions.languages import language_of
from missions.models import Mission, User
from missions.vocabulary import Classification
from notices.vocabulary import Sort
from requests_app.models import AssistanceRequest
from requests_app.vocabulary import Route, Status

# Marked here for the translators; ``sentence`` puts each into the language of the moment.
SENTENCES: dict[str, str] = {
    Sort.WAITS: gettext_noop("%(what)s waits on %(post)s until %(due)s"),
    Sort.HALF: gettext_noop("Half the time has passed: %(what)s waits on %(post)s until %(due)s"),
    Sort.LIMIT: gettext_noop("Late: %(what)s has waited on %(post)s past its limit, %(due)s"),
    Sort.LATE: gettext_noop("Late: %(what)s has waited on %(post)s past its limit, %(due)s"),
    Sort.VACANT: gettext_noop(
        "Nobody holds the post of %(post)s, on which %(what)s waits until %(due)s: answer where "
        "you may, or name an officer-in-charge"
    ),
    Sort.LAPSED: gettext_noop(
        "%(what)s went on without the advice of %(post)s: its limit has passed"
    ),
    Sort.REFERRED: gettext_noop(
        "%(what)s is referred to %(post)s: no decision until that is resolved"
    ),
    Sort.RESOLVED: gettext_noop("The referral of %(what)s is resolved"),
    Sort.REFERRAL_HALF: gettext_noop(
        "Half the time has passed: the referral of %(what)s waits on %(post)s until %(due)s"
    ),
    Sort.REFERRAL_LATE: gettext_noop(
        "Late: the referral of %(what)s has waited on %(post)s past its limit, %(due)s"
    ),
    Sort.COMPLAINT_WAITS: gettext_noop("Complaint %(complaint)s is to be answered by %(due)s"),
    Sort.COMPLAINT_HALF: gettext_noop(
        "Half the time has passed: complaint %(complaint)s is to be answered by %(due)s"
    ),
    Sort.COMPLAINT_LATE: gettext_noop(
        "Late: complaint %(complaint)s was to be answered by %(due)s"
    ),
    Sort.IS_NOW: gettext_noop("%(what)s is now: %(status)s"),
    Sort.MESSAGE: gettext_noop("A message on %(what)s"),
    Sort.MENTIONED: gettext_noop("You are named in a message on %(what)s"),
    Sort.EXTREME: gettext_noop("Extreme situation reported: %(what)s"),
    Sort.CANNOT_EXECUTE: gettext_noop("%(what)s cannot be executed: find another way or cancel it"),
    Sort.TASKED: gettext_noop("%(what)s is given to %(unit)s to carry out"),
    Sort.TASKED_WITH_CONDITIONS: gettext_noop(
        "%(what)s is given to %(unit)s to carry out, under conditions"
    ),
    Sort.FOLLOW_UP: gettext_noop(
        "%(what)s was not approved: find out whether others help, and record it"
    ),
    Sort.CONDITION_UNMET: gettext_noop("A condition of %(what)s was not met"),
    Sort.COMPLETED: gettext_noop(
        "%(what)s is completed: see that its record is whole, and close it"
    ),
    Sort.FOLLOW_UP_DUE: gettext_noop(
        "Nobody knows yet what became of %(what)s, which was not approved: ask again, and record it"
    ),
    Sort.CHANGE_WAITS: gettext_noop("%(what)s changes and waits for the answer of %(post)s"),
    Sort.CHANGE_ANSWERED: gettext_noop("The change of %(what)s is answered"),
    Sort.INCIDENT: gettext_noop("An incident on %(what)s"),
    Sort.PROCESS_TO_SIGN: gettext_noop("%(what)s waits for the signature of %(post)s"),
    Sort.PROCESS_TO_PROMULGATE: gettext_noop("%(what)s is co-signed and waits to be promulgated"),
    Sort.PROCESS_IN_FORCE: gettext_noop("%(what)s is in force from %(day)s"),
    Sort.EXPORT_READY: gettext_noop("Your export as %(form)s is ready: %(rows)s rows"),
    Sort.EXPORT_FAILED: gettext_noop("Your export as %(form)s could not be written"),
    Sort.WEBHOOK_STOPPED: gettext_noop(
        "The webhook “%(webhook)s” has failed for days and is told nothing more"
    ),
    Sort.WRITTEN: "%(text)s",
}

# The subject of a letter where the deed and its day come first: a telephone shows few words.
SUBJECTS: dict[str, str] = {
    Sort.WAITS: gettext_noop("Answer by %(due)s: %(what)s"),
    Sort.HALF: gettext_noop("Reminder, answer by %(due)s: %(what)s"),
    Sort.LIMIT: gettext_noop("Late since %(due)s, answer now: %(what)s"),
    Sort.LATE: gettext_noop("Late since %(due)s: %(what)s"),
    Sort.TASKED: gettext_noop("For your unit to carry out: %(what)s"),
    Sort.TASKED_WITH_CONDITIONS: gettext_noop("For your unit to carry out: %(what)s"),
}

PROCESS = gettext_noop("The process for %(route)s, version %(version)s")
# What is told by e-mail of a record of which nothing may leave but its reference.
WAITS_FOR_YOU = gettext_noop("%(what)s: something waits for you")
NEWS_FOR_YOU = gettext_noop("%(what)s: there is news for you")
READ_INSIDE = gettext_noop("What it is about is not sent by e-mail: sign in to read it.")


@contextmanager
def as_read_by(person: User, mission: Mission) -> Iterator[None]:
    """Speak a person's language and tell the time of the mission."""
    with override(language_of(person)), timezone.override(ZoneInfo(mission.time_zone)):
        yield


def at_most_the_title(rfa: AssistanceRequest) -> str:
    """Name a record as far as a notice may: a classified one by its reference alone (P15)."""
    if rfa.classification > Classification.UNCLASSIFIED or not rfa.title:
        return rfa.reference
    return f"{rfa.reference}, {rfa.title}"


def stays_inside(rfa: AssistanceRequest) -> bool:
    """Whether nothing of a record but its reference leaves by e-mail.

    What is classified stays inside (P15); so does what a low-profile requester wrote, whom
    its words may name (R22).
    """
    return rfa.classification > Classification.UNCLASSIFIED or rfa.low_profile


def moment_of(text: str) -> dt.datetime:
    """Read a moment as an entry's payload writes it: UTC, ISO 8601."""
    found = dt.datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)


def written(moment: dt.datetime, form: str = "SHORT_DATETIME_FORMAT") -> str:
    """Write a moment by the clock and in the language of the reader."""
    return date_format(timezone.localtime(moment), form)


def _particulars(values: dict[str, Any]) -> dict[str, Any]:
    found = dict(values)
    if "due" in values:
        found["due"] = written(moment_of(values["due"]))
    if "day" in values:
        found["day"] = date_format(dt.date.fromisoformat(values["day"]), "SHORT_DATE_FORMAT")
    if "status" in values:
        found["status"] = str(Status(values["status"]).label).lower()
    return found


def process_named(values: dict[str, Any]) -> str:
    """Name the process that a notice is about."""
    route = str(Route(values["route"]).label)
    return _(PROCESS) % {"route": route, "version": values["version"]}


def sentence(sort: str, values: dict[str, Any], what: str) -> str:
    """Say what happened to something, in the language and by the clock of the moment."""
    return _(SENTENCES[sort]) % {**_particulars(values), "what": what}


def subject(sort: str, values: dict[str, Any], what: str) -> str:
    """Say the same as the subject of a letter."""
    words = SUBJECTS.get(sort, SENTENCES[sort])
    return _(words) % {**_particulars(values), "what": what}


def kept_moment(moment: Any) -> str:
    """Write a moment as a notice keeps it, whichever way the payload gave it."""
    return moment if isinstance(moment, str) else iso(moment)
