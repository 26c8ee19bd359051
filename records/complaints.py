"""Complaints about mission personnel, logged and answered by a day (P50).

A complaint has a chain of its own. Who complained is known to those who handle it alone.
"""

import datetime as dt
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from approvals.queries import visible_to
from approvals.services.reminding import chief_of_staff, mark_told, stage_reached
from approvals.vocabulary import ReminderSort
from common.clock import now
from common.errors import FieldError, Incomplete
from common.verdict import YES, Verdict, not_now, not_you
from ledger.services import append, open_chain
from missions.models import Post, Sector, User
from missions.queries import Standing, holders_of, standing_as, standings_of, vacant
from missions.vocabulary import Role
from records.models import Complaint
from requests_app.models import AssistanceRequest
from requests_app.services import numbered_reference

# Who handles complaints mission-wide; a sector's officer handles those of the sector.
HANDLES = frozenset({Role.CHIEF_CIMIC, Role.CIMIC_STAFF, Role.CHIEF_OF_STAFF, Role.DSRSG})
# Partners complain to the mission; the rest neither log nor answer.
NEVER_LOGS = frozenset({Role.PARTNER, Role.EVALUATOR, Role.RECORDS_OFFICER, Role.ADMINISTRATOR})


def logging_as(person: User) -> Standing | None:
    """Return the post with which a person logs a complaint, or None."""
    return next(
        (held for held in standings_of(person) if held.role not in NEVER_LOGS and not held.routes),
        None,
    )


def may_log(person: User) -> Verdict:
    """Let every officer of the mission log what a local person complains of (P50)."""
    if logging_as(person) is None:
        return not_you(_("The mission's officers log complaints: tell one of them."), "50")
    return YES


def handles(person: User, complaint: Complaint) -> bool:
    """Whether a person handles a complaint: the Chiefs, the DSRSG, the sector's officer."""
    for held in standings_of(person):
        if held.routes or held.post.mission_id != complaint.mission_id:
            continue
        if held.role in HANDLES:
            return True
        if held.role == Role.SECTOR_CIMIC and held.post.sector_id == complaint.sector_id:
            return True
    return False


def may_answer_complaint(person: User, complaint: Complaint) -> Verdict:
    """Let who handles it answer it, once (P50)."""
    if not handles(person, complaint):
        return not_you(_("UN-CIMIC, the Chief of Staff or the DSRSG answers complaints."), "50")
    if complaint.answered_at is not None:
        return not_now(_("It is answered already."), "50")
    return YES


def complaints_of(person: User) -> QuerySet[Complaint]:
    """List the complaints a person may see: logged by them, or theirs to handle.

    ``rfa_seen`` says whether they may also see the record that one is about: handling a
    complaint tells nobody of a record that is kept from them (P15, P39).
    """
    seen = Q(logged_by=person)
    for held in standings_of(person):
        if held.routes:
            continue
        if held.role in HANDLES:
            seen |= Q(mission=held.post.mission_id)
        if held.role == Role.SECTOR_CIMIC:
            seen |= Q(mission=held.post.mission_id, sector=held.post.sector_id)
    return (
        Complaint.objects.filter(seen)
        .annotate(rfa_seen=Exists(visible_to(person).filter(pk=OuterRef("rfa"))))
        .select_related("rfa", "sector", "logged_by", "logged_post", "answered_by", "answered_post")
        .order_by("-received_at", "-id")
    )


@transaction.atomic
def log_complaint(
    *, actor: User, values: dict[str, Any], rfa: AssistanceRequest | None = None
) -> Complaint:
    """Log a complaint, with its day to be answered by.

    ``values`` are those of ``ComplaintForm``; ``rfa`` is a record the actor may see. Raises
    ``Forbidden`` for who logs none.
    """
    may_log(actor).enforce()
    standing = logging_as(actor)
    if standing is None:
        raise ValueError("Whoever may log has a standing.")
    mission = standing.post.mission
    sector: Sector | None = values.get("sector") or (rfa.sector if rfa else standing.post.sector)
    received_at: dt.datetime = values.get("received_at") or now()
    logged = Complaint.objects.create(
        id=uuid4(),
        reference=numbered_reference(mission, "CP"),
        mission=mission,
        rfa=rfa,
        sector=sector,
        received_at=received_at,
        complainant=values.get("complainant", ""),
        place=values.get("place", ""),
        matter=values["matter"],
        logged_by=actor,
        logged_post=standing.post,
        logged_at=now(),
        due_at=received_at + dt.timedelta(hours=mission.complaint_hours),
    )
    open_chain(
        subject_id=logged.pk, mission=mission, subject="complaint", reference=logged.reference
    )
    append(
        chain_id=logged.pk,
        act="complaint.logged",
        actor=actor,
        standing=standing,
        happened_at=received_at,
        payload={
            "matter": logged.matter,
            "place": logged.place,
            "sector": sector.code if sector else None,
            "record": str(rfa.pk) if rfa else None,
            "due_at": logged.due_at,
            "reference": logged.reference,
            "waits_on": [post.pk for post in answered_by(logged)],
        },
    )
    return logged


@transaction.atomic
def answer_complaint(*, actor: User, complaint: Complaint, answer: Any) -> Complaint:
    """Answer a complaint with words. Raises ``Forbidden``, ``NotNow`` or ``Incomplete``."""
    answered = (
        Complaint.objects.select_for_update(of=("self",))
        .select_related("mission")
        .get(pk=complaint.pk)
    )
    may_answer_complaint(actor, answered).enforce()
    if not isinstance(answer, str) or not answer.strip():
        raise Incomplete(
            errors=[FieldError("answer", _("Say what was found and what is done."), "50")],
            paragraph="50",
        )
    standing = standing_as(actor, *HANDLES, Role.SECTOR_CIMIC)
    answered.answer, answered.answered_by, answered.answered_at = answer.strip(), actor, now()
    answered.answered_post = standing.post if standing else None
    answered.save(update_fields=["answer", "answered_by", "answered_post", "answered_at"])
    append(
        chain_id=answered.pk,
        act="complaint.answered",
        actor=actor,
        standing=standing,
        payload={"answer": answered.answer, "late": answered.answered_at > answered.due_at},
    )
    return answered


def answered_by(complaint: Complaint) -> list[Post]:
    """Return the post that a complaint waits on: the sector's officer, else the Chief UN-CIMIC."""
    officers = Post.objects.filter(mission=complaint.mission_id, role=Role.SECTOR_CIMIC)
    chiefs = Post.objects.filter(mission=complaint.mission_id, role=Role.CHIEF_CIMIC)
    of_the_sector = officers.filter(sector=complaint.sector_id) if complaint.sector_id else []
    held = [post for post in [*of_the_sector, *chiefs.order_by("pk")] if holders_of(post)]
    return held[:1]


def open_complaints_of(post: Post) -> QuerySet[Complaint]:
    """List the complaints that wait on a post to be answered, the most urgent first (P50)."""
    waiting = Complaint.objects.filter(mission=post.mission_id, answered_at=None)
    officers = Post.objects.filter(mission=post.mission_id, role=Role.SECTOR_CIMIC)
    taken = officers.exclude(pk__in=vacant(officers)).values("sector")
    match post.role:
        case Role.SECTOR_CIMIC:
            waiting = waiting.filter(sector=post.sector_id)
        case Role.CHIEF_CIMIC:
            waiting = waiting.filter(Q(sector=None) | ~Q(sector__in=taken))
        case _:
            return waiting.none()
    return waiting.select_related("sector").order_by("due_at", "pk")


def _reached(complaint: Complaint) -> ReminderSort | None:
    return stage_reached(
        complaint.received_at, complaint.due_at, complaint.half_told_at, complaint.limit_told_at
    )


@transaction.atomic
def _remind(complaint_id: Any) -> int:
    """Remind who answers a complaint, if it is still owed under its lock; late, the Chiefs too."""
    complaint = Complaint.objects.select_for_update(of=("self",)).get(pk=complaint_id)
    sort = _reached(complaint) if complaint.answered_at is None else None
    if sort is None:
        return 0
    told = answered_by(complaint)
    if sort == ReminderSort.LIMIT:
        chiefs = Post.objects.filter(mission=complaint.mission_id, role=Role.CHIEF_CIMIC)
        told = list(dict.fromkeys([*told, *chiefs, *chief_of_staff(complaint.mission_id)]))
    mark_told(complaint, sort)
    append(
        chain_id=complaint.pk,
        act="complaint.reminded",
        actor=None,
        payload={
            "reference": complaint.reference,
            "sort": sort.value,
            "due_at": complaint.due_at,
            "told": [post.pk for post in told],
        },
    )
    return 1


def remind_of_complaints() -> int:
    """Send every reminder of a complaint that is owed; return how many were sent (P50).

    At half its limit and at the limit, each once. Safe to run twice, at once and after
    missed runs.
    """
    waiting = Complaint.objects.filter(answered_at=None, limit_told_at=None)
    owed = [one.pk for one in waiting.order_by("due_at", "pk")[:500] if _reached(one) is not None]
    return sum(map(_remind, owed))
