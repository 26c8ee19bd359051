"""What a letter says: what, where, by when and from whom; the link; why one gets it.

Made when it is sent, so that it says no more of a record than may leave by then: of what is
classified (P15), of what a low-profile requester asked (R22), and of what its reader may no
longer see, the reference alone.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import get_language, get_language_bidi, ngettext
from django.utils.translation import gettext as _

from approvals.models import Step
from common.kept import read_aloud
from common.templatetags.cimic import time_zone
from missions.models import User
from notices.models import Letter, Notice
from notices.queries import records_seen
from notices.vocabulary import ANSWERED_AT_THE_STEP, Group, Sort
from notices.wording import (
    NEWS_FOR_YOU,
    READ_INSIDE,
    WAITS_FOR_YOU,
    as_read_by,
    moment_of,
    sentence,
    stays_inside,
    subject,
    written,
)
from requests_app.models import AssistanceRequest

MOST_LINES = 60
LONGEST_SUBJECT = 200
Records = dict[UUID, AssistanceRequest]


@dataclass(frozen=True)
class Written:
    """A letter's words: plain, and as simple HTML."""

    subject: str
    text: str
    html: str
    duty: bool


def address(path: str) -> str:
    """Return the whole address of a page."""
    return f"{settings.SITE_URL}{path}"


def _withheld(notice: Notice, seen: Records) -> bool:
    if notice.rfa_id is None:
        return False
    rfa = seen.get(notice.rfa_id)
    return rfa is None or stays_inside(rfa)


def said_in(notice: Notice, seen: Records, *, briefly: bool = False) -> str:
    """Say what happened, as far as it may leave by e-mail; briefly without the title."""
    if not _withheld(notice, seen):
        what = notice.rfa.reference if briefly and notice.rfa else notice.what
        return sentence(notice.sort, notice.values, what)
    words = WAITS_FOR_YOU if notice.duty else NEWS_FOR_YOU
    return _(words) % {"what": notice.rfa.reference}  # type: ignore[union-attr]


def _subject_of(notice: Notice, seen: Records) -> str:
    if _withheld(notice, seen):
        return said_in(notice, seen)
    return subject(notice.sort, notice.values, notice.what)


def _place(rfa: AssistanceRequest) -> str:
    parts = [rfa.place, rfa.area.name if rfa.area else "", rfa.sector.name if rfa.sector else ""]
    return " · ".join(dict.fromkeys(filter(None, parts)))


def _due(notice: Notice) -> str:
    """Write by when, with the day of the week and the clock it is told by."""
    due = moment_of(notice.values["due"])
    return _("%(day)s %(moment)s, %(zone)s") % {
        "day": written(due, "l"),
        "moment": written(due, "DATETIME_FORMAT"),
        "zone": time_zone(),
    }


def _asked(notice: Notice) -> str:
    """Say what is asked of the post: the seat that its answer fills."""
    if notice.sort not in ANSWERED_AT_THE_STEP:
        return ""
    return read_aloud(Step.objects.get(pk=notice.values["step"]).seat_label)


def _facts(notice: Notice, seen: Records) -> list[tuple[str, str]]:
    """List what, where, by when and from whom; of what is withheld only by when."""
    facts: list[tuple[str, str]] = []
    withheld = _withheld(notice, seen)
    rfa = seen.get(notice.rfa_id) if notice.rfa_id else None
    if rfa is not None and not withheld:
        facts.append((_("What"), rfa.title))
        facts.append((_("Kind"), rfa.get_kind_display()))
        facts.append((_("Where"), _place(rfa)))
        facts.append((_("Asked of you"), _asked(notice)))
    if "due" in notice.values and (notice.duty or not withheld):
        label = _("Was due") if notice.sort in {Sort.LIMIT, Sort.LATE} else _("By when")
        facts.append((label, _due(notice)))
    if rfa is not None and not withheld:
        if rfa.needed_by:
            facts.append((_("Needed by"), date_format(rfa.needed_by, "DATE_FORMAT")))
        if notice.entry.actor_id:
            facts.append((_("From"), notice.entry.post_title or notice.entry.actor_name))
    return [(label, value) for label, value in facts if value]


def why(notice: Notice) -> str:
    """Say why a person gets a notice."""
    if notice.group == Group.REQUESTS or (notice.duty and notice.post is None):
        return _("You get this because you made this request.")
    if notice.post is not None:
        words = _("You get this because you act for the post of %(post)s in %(mission)s.")
        return words % {"post": notice.post.title, "mission": notice.mission.code}
    if notice.group == Group.MENTIONS:
        return _("You get this because the message is for you.")
    return _("You get this because you take part in it.")


def _how(notice: Notice) -> str:
    """Say how that can be changed, or why it cannot."""
    if notice.duty:
        return _("What waits on a post is always sent at once. How you are told of the rest:")
    words = _("You are told at once of “%(group)s”. To have it in a daily digest or not by e-mail:")
    return words % {"group": notice.get_group_display()}


def _act(notice: Notice) -> str:
    if notice.sort in ANSWERED_AT_THE_STEP:
        return _("Read and answer it")
    return _("Read it and act on it") if notice.duty else _("Read it")


def _record(notice: Notice) -> tuple[str, str] | None:
    """Return the way to the whole record, where the letter's own leads to a step of it."""
    if notice.sort not in ANSWERED_AT_THE_STEP or notice.rfa is None:
        return None
    return _("The whole record"), address(reverse("records:case", args=[notice.rfa.reference]))


def _of_one(letter: Letter, notice: Notice, seen: Records) -> dict[str, Any]:
    return {
        "subject": f"[{letter.mission.code}] {_subject_of(notice, seen)}",
        "lead": said_in(notice, seen, briefly=True),
        "inside": _(READ_INSIDE) if _withheld(notice, seen) else "",
        "facts": _facts(notice, seen),
        "act": _act(notice),
        "url": address(notice.link),
        "also": _record(notice),
        "parts": [],
        "why": [why(notice), _how(notice)],
    }


def _parts(notices: list[Notice], seen: Records) -> list[dict[str, Any]]:
    """Put the notices of a digest into their groups, each in the order in which it came."""
    parts = []
    for group in Group:
        lines = [
            {"text": said_in(notice, seen), "url": address(notice.link)}
            for notice in notices[:MOST_LINES]
            if notice.group == group
        ]
        if lines:
            parts.append({"title": str(group.label), "lines": lines})
    return parts


def _of_many(letter: Letter, notices: list[Notice], seen: Records) -> dict[str, Any]:
    """Write a digest; what is too much for a letter is in the centre, and the letter says so."""
    day = date_format(letter.digest_of or letter.next_try_at.date(), "DATE_FORMAT")
    count = len(notices)
    title = ngettext(
        "%(count)s notice for your digest of %(day)s",
        "%(count)s notices for your digest of %(day)s",
        count,
    ) % {"count": count, "day": day}
    left = ""
    if count > MOST_LINES:
        words = ngettext(
            "%(more)s more is in the notice centre.",
            "%(more)s more are in the notice centre.",
            count - MOST_LINES,
        )
        left = words % {"more": count - MOST_LINES}
    return {
        "subject": f"[{letter.mission.code}] {title}",
        "lead": _(
            "What you have not read yet. Nothing here waits on your post: that is sent at once."
        ),
        "facts": [],
        "act": _("All your notices"),
        "url": address(reverse("notices:centre")),
        "parts": _parts(notices, seen),
        "left": left,
        "why": [
            _("You get this because some notices come to you once a day."),
            _("To choose otherwise:"),
        ],
    }


def _as_text(said: dict[str, Any]) -> str:
    """Set a letter as plain text, its addresses on lines of their own."""
    lines = [said["greeting"], "", said["lead"], ""]
    if said.get("inside"):
        lines += [said["inside"], ""]
    if said["facts"]:
        wide = max(len(label) for label, _value in said["facts"]) + 2
        lines += [f"  {label:<{wide}}{value}" for label, value in said["facts"]]
        lines.append("")
    for part in said["parts"]:
        lines += [part["title"], ""]
        for line in part["lines"]:
            lines += [f"- {line['text']}", f"  {line['url']}"]
        lines.append("")
    if said.get("left"):
        lines += [said["left"], ""]
    lines += [f"{said['act']}:", said["url"], ""]
    if said.get("also"):
        label, url = said["also"]
        lines += [f"{label}:", url, ""]
    lines += ["-- ", *said["why"], said["change"]]
    return "\n".join(lines) + "\n"


def _reader(letter: Letter) -> tuple[User, list[Notice]]:
    notices = list(letter.notices.select_related("entry", "post", "mission", "rfa").order_by("pk"))
    return letter.person, notices


def _complete(said: dict[str, Any], person: User) -> dict[str, Any]:
    return {
        **said,
        "greeting": _("%(name)s,") % {"name": person.name},
        "change": address(reverse("notices:preferences")),
        "language": get_language(),
        "direction": "rtl" if get_language_bidi() else "ltr",
    }


def written_letter(letter: Letter) -> Written:
    """Write a letter, in its reader's language and by the mission's clock."""
    person, notices = _reader(letter)
    seen = records_seen(person, notices)
    with as_read_by(person, letter.mission):
        if letter.digest_of is None:
            said = _of_one(letter, notices[0], seen)
        else:
            said = _of_many(letter, notices, seen)
        said = _complete(said, person)
        return Written(
            subject=" ".join(said["subject"].split())[:LONGEST_SUBJECT],
            text=_as_text(said),
            html=render_to_string("notices/letter.html", said),
            duty=any(notice.duty for notice in notices),
        )
