"""Reminders and escalation: a post is told of its limit, others of what is late (P31).

Each is an entry on the record's chain, from which people are told, and a ``Reminder`` that
lets it happen once an opening; a referral keeps on itself when its post was told (P52). A
sweep that did not run yesterday sends today what is owed now: a reminder at half the limit is
not sent once the limit itself has come.
"""

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from approvals.models import Referral, Reminder, Step
from approvals.queries import first_held_above, open_at_vacant_posts
from approvals.vocabulary import ReminderSort, SeatKind, StepState
from common.clock import now
from ledger.services import append
from missions.models import Post
from missions.queries import holders_of
from missions.vocabulary import Role
from requests_app.services import locked

MOST_A_SWEEP = 500


def _own_post(step: Step) -> list[Post]:
    return [step.post]


def _above(step: Step) -> list[Post]:
    above = first_held_above(step.post, step.rfa)
    return [above] if above else []


def chief_of_staff(mission_id: int) -> list[Post]:
    """Return the post that monitors what is late (G), if somebody acts for it."""
    chiefs = Post.objects.filter(mission=mission_id, role=Role.CHIEF_OF_STAFF)
    return [post for post in chiefs.order_by("pk") if holders_of(post)][:1]


def _chief_of_staff_and_above(step: Step) -> list[Post]:
    """The Chief of Staff monitors compliance (G); the post above can act."""
    told = [*chief_of_staff(step.rfa.mission_id), *_above(step)]
    return [post for post in dict.fromkeys(told) if post.pk != step.post_id]


TOLD: dict[str, Callable[[Step], list[Post]]] = {
    ReminderSort.HALF: _own_post,
    ReminderSort.LIMIT: _own_post,
    ReminderSort.ESCALATED: _chief_of_staff_and_above,
    ReminderSort.VACANT: _above,
}


def _owed(sort: ReminderSort) -> QuerySet[Step]:
    """List the open steps of which a reminder of this sort is owed now.

    Advice lapses at its limit (P32): its post is told that it lapsed, not that it is late.
    """
    at = now()
    open_steps = Step.objects.filter(state=StepState.OPEN)
    match sort:
        case ReminderSort.HALF:
            found = open_steps.filter(half_at__lte=at, due_at__gt=at)
        case ReminderSort.VACANT:
            found = open_at_vacant_posts()
        case _:
            found = open_steps.filter(due_at__lte=at).exclude(seat_kind=SeatKind.ADVICE)
    sent = Reminder.objects.filter(step=OuterRef("pk"), sort=sort, opened_at=OuterRef("opened_at"))
    return found.filter(~Q(Exists(sent))).order_by("due_at", "pk")


@transaction.atomic
def _send(step_id: int, sort: ReminderSort) -> int:
    """Send one reminder, if it is still owed under the request's lock."""
    rfa = locked(Step.objects.select_related("rfa").get(pk=step_id).rfa)
    step = _owed(sort).filter(pk=step_id).select_related("post__above").first()
    if step is None or step.opened_at is None:
        return 0
    step.rfa = rfa
    told = TOLD[sort](step)
    Reminder.objects.create(step=step, sort=sort, opened_at=step.opened_at, at=now())
    append(
        chain_id=rfa.pk,
        act="step.reminded",
        actor=None,
        payload={
            "step": step.pk,
            "seat": step.seat,
            "post": step.post_id,
            "sort": sort.value,
            "due_at": step.due_at,
            "told": [post.pk for post in told],
        },
    )
    return 1


def stage_reached(
    since: dt.datetime, due_at: dt.datetime, told_half: Any, told_limit: Any
) -> ReminderSort | None:
    """Return what is owed now of a deadline: at half of it and at its limit, each once.

    Past the limit the half is not told any more.
    """
    at = now()
    if at >= due_at:
        return None if told_limit else ReminderSort.LIMIT
    if at - since >= (due_at - since) / 2:
        return None if told_half else ReminderSort.HALF
    return None


def mark_told(row: Any, sort: ReminderSort) -> None:
    """Keep on a referral or a complaint that its reminder was sent."""
    name = "half_told_at" if sort == ReminderSort.HALF else "limit_told_at"
    setattr(row, name, now())
    row.save(update_fields=[name])


def _reached(referral: Referral) -> ReminderSort | None:
    return stage_reached(
        referral.opened_at, referral.due_at, referral.half_told_at, referral.limit_told_at
    )


@transaction.atomic
def _remind_of_referral(referral_id: int) -> int:
    """Remind the post a referral was put to, if it is still owed under the request's lock."""
    rfa = locked(Referral.objects.select_related("rfa").get(pk=referral_id).rfa)
    referral = rfa.referrals.select_related("put_to__above").get(pk=referral_id)
    sort = _reached(referral) if referral.is_open else None
    if sort is None:
        return 0
    told = [referral.put_to]
    if not holders_of(referral.put_to):
        above = first_held_above(referral.put_to, rfa)
        told = [above] if above else []
    if sort == ReminderSort.LIMIT:
        told += [post for post in chief_of_staff(rfa.mission_id) if post not in told]
    mark_told(referral, sort)
    append(
        chain_id=rfa.pk,
        act="referral.reminded",
        actor=None,
        payload={
            "referral": referral.pk,
            "post": referral.put_to_id,
            "sort": sort.value,
            "due_at": referral.due_at,
            "told": [post.pk for post in told],
        },
    )
    return 1


def _remind_of_referrals() -> int:
    waiting = Referral.objects.filter(outcome="", limit_told_at=None).order_by("due_at", "pk")
    owed = [one.pk for one in waiting[:MOST_A_SWEEP] if _reached(one) is not None]
    return sum(map(_remind_of_referral, owed))


def remind_and_escalate() -> int:
    """Send every reminder and escalation that is owed; return how many were sent.

    Of steps and of referrals. Safe to run twice, at once and after missed runs.
    """
    sent = 0
    for sort in ReminderSort:
        for step_id in list(_owed(sort).values_list("pk", flat=True)[:MOST_A_SWEEP]):
            sent += _send(step_id, sort)
    return sent + _remind_of_referrals()
