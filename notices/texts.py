"""What people are told, in plain words, from what an entry says."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, override

from approvals.vocabulary import ReminderSort, SeatKind, StepState, Word
from ledger.models import Entry, Payload
from missions.models import Post, User
from missions.queries import holders_of
from missions.vocabulary import Classification, Role
from requests_app.models import AssistanceRequest
from requests_app.vocabulary import Status

# Marked here for the translators; each is put into its reader's language (``_in_language_of``).
WAITS = gettext_noop("%(what)s waits on %(post)s until %(due)s UTC")
IS_NOW = gettext_noop("%(what)s is now: %(status)s")
MESSAGE = gettext_noop("A message on %(what)s")
EXTREME = gettext_noop("Extreme situation reported: %(what)s")
CANNOT_EXECUTE = gettext_noop("%(what)s cannot be executed: find another way or cancel it")

HALF = gettext_noop("Half the time has passed: %(what)s waits on %(post)s until %(due)s UTC")
LIMIT = gettext_noop("Late: %(what)s has waited on %(post)s past its limit, %(due)s UTC")
VACANT = gettext_noop(
    "Nobody holds the post of %(post)s, on which %(what)s waits until %(due)s UTC: answer where "
    "you may, or name an officer-in-charge"
)
LAPSED = gettext_noop("%(what)s went on without the advice of %(post)s: its limit has passed")
REFERRED = gettext_noop("%(what)s is referred to %(post)s: no decision until that is resolved")
RESOLVED = gettext_noop("The referral of %(what)s is resolved")
REMINDERS = {
    ReminderSort.HALF: HALF,
    ReminderSort.LIMIT: LIMIT,
    ReminderSort.ESCALATED: LIMIT,
    ReminderSort.VACANT: VACANT,
}

# Mission HQ is told of an extreme situation at once (P40).
TOLD_OF_EXTREME = (Role.CHIEF_CIMIC, Role.HOMC, Role.CHIEF_OF_STAFF, Role.DSRSG)

TELLS_REQUESTER = frozenset(
    {
        Status.RETURNED,
        Status.APPROVED,
        Status.NOT_APPROVED,
        Status.CANCELLED,
        Status.IN_PROGRESS,
        Status.COMPLETED,
        Status.CLOSED,
        Status.ACKNOWLEDGED,
        Status.HELD,
        Status.NOT_HELD,
    }
)

# A decision given anew is news even where the status stays: its conditions may differ.
DECIDING = frozenset({SeatKind.DECISION, SeatKind.FINDING})


@dataclass(frozen=True)
class Telling:
    """One person to be told one thing; a duty is something they must act on."""

    person: User
    text: str
    duty: bool


def what_of(rfa: AssistanceRequest) -> str:
    """Name a request as far as a notice may: a classified one by its reference alone (P15)."""
    if rfa.classification > Classification.UNCLASSIFIED or not rfa.title:
        return rfa.reference
    return f"{rfa.reference}, {rfa.title}"


def _in_language_of(person: User, text: str, **values: Any) -> str:
    with override(person.language):
        return (_(text) % values)[:300]


def _duties(rfa: AssistanceRequest, opened: list[dict[str, Any]]) -> Iterable[Telling]:
    for step in opened:
        post = Post.objects.get(pk=step["post"])
        due = _moment(step["due_at"])
        for person in holders_of(post):
            text = _in_language_of(person, WAITS, what=what_of(rfa), post=post.title, due=due)
            yield Telling(person, text, duty=True)


def _moment(iso: str) -> str:
    return iso[:16].replace("T", " ")


def _reminders(rfa: AssistanceRequest, said: dict[str, Any]) -> Iterable[Telling]:
    """A reminder is a duty to the post it waits on, and to the post above a vacant one."""
    waits_on = Post.objects.get(pk=said["post"])
    for post in Post.objects.filter(pk__in=said["told"]).order_by("pk"):
        for person in holders_of(post):
            text = _in_language_of(
                person,
                REMINDERS[ReminderSort(said["sort"])],
                what=what_of(rfa),
                post=waits_on.title,
                due=_moment(said["due_at"]),
            )
            yield Telling(person, text, duty=said["sort"] != ReminderSort.ESCALATED)


def _lapsed(rfa: AssistanceRequest, said: dict[str, Any]) -> Iterable[Telling]:
    post = rfa.steps.select_related("post").get(pk=said["step"]).post
    for person in holders_of(post):
        text = _in_language_of(person, LAPSED, what=what_of(rfa), post=post.title)
        yield Telling(person, text, duty=False)


def _referral(rfa: AssistanceRequest, act: str, said: dict[str, Any]) -> Iterable[Telling]:
    """A referral is a duty to the post it is put to; its end is news to who referred it (P52)."""
    if "put_to" in said:
        post = Post.objects.get(pk=said["put_to"])
        for person in holders_of(post):
            text = _in_language_of(person, REFERRED, what=what_of(rfa), post=post.title)
            yield Telling(person, text, duty=True)
    elif act == "referral.resolved":
        for person in {rfa.requested_by, rfa.referrals.get(pk=said["referral"]).opened_by}:
            yield Telling(person, _in_language_of(person, RESOLVED, what=what_of(rfa)), duty=False)


def _requester(rfa: AssistanceRequest, status: str) -> Telling:
    person = rfa.requested_by
    with override(person.language):
        label = str(Status(status).label).lower()
    text = _in_language_of(person, IS_NOW, what=what_of(rfa), status=label)
    return Telling(person, text, duty=status == Status.RETURNED)


def _to_posts(posts: Iterable[Post], rfa: AssistanceRequest, text: str) -> list[Telling]:
    return [
        Telling(person, _in_language_of(person, text, what=what_of(rfa)), duty=False)
        for post in posts
        for person in holders_of(post)
    ]


def _to_chief(rfa: AssistanceRequest, text: str) -> list[Telling]:
    chiefs = Post.objects.filter(mission=rfa.mission_id, role=Role.CHIEF_CIMIC)
    return _to_posts(chiefs, rfa, text)


def _to_who_has_it(rfa: AssistanceRequest) -> list[Telling]:
    """The requester's message goes to the posts it waits on, or else to the Chief UN-CIMIC."""
    steps = rfa.steps.filter(state=StepState.OPEN).select_related("post")
    waiting = _to_posts([step.post for step in steps], rfa, MESSAGE)
    return waiting or _to_chief(rfa, MESSAGE)


def _is_news(entry: Entry, said: dict[str, Any]) -> bool:
    """Whether an entry says something new to the requester: another status, or a new decision."""
    if entry.act == "step.superseded" and said.get("seat_kind") in DECIDING:
        return True
    earlier = Payload.objects.filter(
        entry__chain=entry.chain_id, entry__number__lt=entry.number
    ).order_by("-entry__number")
    for text in earlier.values_list("text", flat=True):
        before = json.loads(text).get("status")
        if before:
            return before != said["status"]
    return True


def tellings_of(entry: Entry, rfa: AssistanceRequest, said: dict[str, Any]) -> list[Telling]:
    """List who is told what of an entry: each person once, a duty before news."""
    found = list(_duties(rfa, said.get("opened", [])))
    if entry.act == "step.reminded":
        found += _reminders(rfa, said)
    if entry.act.startswith("referral."):
        found += _referral(rfa, entry.act, said)
    if entry.act == "step.lapsed":
        found += _lapsed(rfa, said)
    status = said.get("status", "")
    own_deed = entry.actor_id == rfa.requested_by_id
    if status in TELLS_REQUESTER and not own_deed and _is_news(entry, said):
        found.append(_requester(rfa, status))
    if entry.act == "extreme.reported":
        for post in Post.objects.filter(mission=rfa.mission_id, role__in=TOLD_OF_EXTREME):
            for person in holders_of(post):
                text = _in_language_of(person, EXTREME, what=what_of(rfa))
                found.append(Telling(person, text, duty=False))
    if entry.act == "message.said" and said.get("own"):
        found += _to_who_has_it(rfa)
    if entry.act == "step.answered" and said.get("answer") == Word.CANNOT_EXECUTE:
        found += _to_chief(rfa, CANNOT_EXECUTE)
    if entry.act == "message.said" and not said.get("internal") and not said.get("own"):
        text = _in_language_of(rfa.requested_by, MESSAGE, what=what_of(rfa))
        found.append(Telling(rfa.requested_by, text, duty=False))
    first: dict[int, Telling] = {}
    for telling in sorted(found, key=lambda telling: not telling.duty):
        if telling.person.pk != entry.actor_id:
            first.setdefault(telling.person.pk, telling)
    return list(first.values())
