"""What a post hands over: what it owes, has promised, has running, and must not forget (P49).

The page belongs to the post. A reader sees in it only what they may see anyway.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from approvals.models import Referral, Step
from approvals.queries import visible_to, with_what_is_open
from approvals.vocabulary import APPROVALS, SeatKind, StepState
from common.clock import iso
from missions.calendar import local_day
from missions.models import Appointment, Delegation, Post, User
from missions.queries import standing_in, vacant
from missions.vocabulary import UN_CIMIC, Capacity, Classification, Reach, Role
from records.complaints import complaints_of, open_complaints_of
from records.models import Complaint, ConditionCheck, ProtectionDuty
from records.queries import changes_waiting_on
from requests_app.models import AssistanceRequest
from requests_app.vocabulary import Kind, Status

MOST_SHOWN = 50
UNDER_WAY = (
    Status.UNDER_REVIEW,
    Status.RETURNED,
    Status.IN_CONSULTATION,
    Status.AWAITING_DECISION,
)
NOT_FOUND_ON = (Status.REPORTED, Status.ACKNOWLEDGED)
OVER = (Status.CLOSED, Status.WITHDRAWN, Status.DRAFT)


@dataclass(frozen=True)
class Part:
    """Some of a post's records, the first of them, and how many there are in all."""

    rows: list[AssistanceRequest]
    count: int

    @property
    def more(self) -> int:
        return self.count - len(self.rows)


@dataclass(frozen=True)
class Handing:
    """A post's page: owed, promised, running, sensitive, and who acts for it.

    ``unchecked`` counts, by record, the conditions that nobody has said to be met or not.
    """

    post: Post
    owed: list[Step]
    referred: list[Referral]
    complaints: list[Complaint]
    changing: Part
    promised: Part
    unmet: Part
    running: Part
    asked: Part
    classified: Part
    unfound: Part
    unchecked: Counter[UUID]
    duties: list[ProtectionDuty]
    acting: list[Appointment]
    delegations: list[Delegation]
    vacant_below: list[Post]
    in_charge_below: list[Appointment]


def _ground_of(post: Post) -> Q:
    """Keep the records that are a post's to answer for: its own, its steps', its ground's."""
    ground = Q(post=post.pk) | Q(
        pk__in=Step.objects.filter(
            post=post.pk, state__in=[StepState.OPEN, StepState.ANSWERED, StepState.LAPSED]
        ).values("rfa")
    )
    if post.unit_id is not None:
        ground |= Q(tasked_unit=post.unit_id)
    if post.role == Role.SECTOR_CIMIC:
        ground |= Q(sector=post.sector_id, mission=post.mission_id)
    if post.reach == Reach.MISSION and post.role in UN_CIMIC:
        ground |= Q(mission=post.mission_id)
    return ground


def _part(rows: QuerySet[AssistanceRequest]) -> Part:
    found = list(
        with_what_is_open(
            rows.select_related("sector", "area", "organisation", "requested_by")
        ).order_by("-changed_at", "-pk")[: MOST_SHOWN + 1]
    )
    count = len(found) if len(found) <= MOST_SHOWN else rows.count()
    return Part(found[:MOST_SHOWN], count)


def _unchecked(*parts: Part) -> Counter[UUID]:
    """Count by record the conditions of approval and of DMS/CMS that are not checked (P68)."""
    records = [rfa.pk for part in parts for rfa in part.rows]
    approves = Q(seat_kind=SeatKind.DECISION, current__answer__in=sorted(APPROVALS))
    supports = Q(seat_kind=SeatKind.CAPABILITY, role=Role.DMS)
    given = Step.objects.filter(approves | supports, rfa__in=records, state=StepState.ANSWERED)
    checks = ConditionCheck.objects.filter(answer__rfa__in=records)
    checked = set(checks.values_list("answer", "number"))
    return Counter(
        rfa
        for rfa, answer, conditions in given.values_list("rfa", "current", "current__conditions")
        for number in range(1, len(conditions) + 1)
        if (answer, number) not in checked
    )


def open_duties_of(post: Post) -> QuerySet[ProtectionDuty]:
    """List the duties to protect that a post carries (P47-49)."""
    return post.protection_duties.filter(closed_at__isnull=True).select_related(
        "rfa", "site", "opened_by"
    )


def _duties_for(person: User, post: Post) -> list[ProtectionDuty]:
    """List a post's open duties: all for its own people, for others those they may know of.

    ``rfa_seen`` says whether the reader may see the record that a duty comes from (P39).
    """
    seen = visible_to(person).filter(pk=OuterRef("rfa"))
    duties = open_duties_of(post).annotate(rfa_seen=Exists(seen))
    if standing_in(person, post.pk) is None:
        duties = duties.filter(Q(rfa__isnull=True) | Q(rfa_seen=True))
    return list(duties[:MOST_SHOWN])


def handover_of(person: User, post: Post) -> Handing:
    """Gather a post's page as a person may read it, in a fixed number of statements."""
    seen = visible_to(person).filter(_ground_of(post))
    follows = post.role in UN_CIMIC
    none = seen.none()
    promised = _part(seen.filter(status=Status.APPROVED))
    running = _part(seen.filter(status=Status.IN_PROGRESS))
    return Handing(
        post=post,
        owed=list(
            post.steps.filter(state=StepState.OPEN, rfa__in=visible_to(person))
            .select_related(
                "rfa__mission", "rfa__sector", "rfa__area", "rfa__organisation", "rfa__requested_by"
            )
            .order_by("due_at", "pk")[:MOST_SHOWN]
        ),
        referred=list(
            post.referrals.filter(outcome="", rfa__in=visible_to(person))
            .select_related("rfa")
            .order_by("due_at", "pk")[:MOST_SHOWN]
        ),
        complaints=list(
            complaints_of(person)
            .filter(pk__in=open_complaints_of(post).values("pk"))
            .order_by("due_at", "pk")[:MOST_SHOWN]
        ),
        changing=_part(
            seen.filter(changes_waiting_on(post), status__in=[Status.APPROVED, Status.IN_PROGRESS])
        ),
        promised=promised,
        unmet=_part(seen.filter(status=Status.NOT_APPROVED) if follows else none),
        running=running,
        asked=_part(visible_to(person).filter(post=post.pk, status__in=UNDER_WAY)),
        classified=_part(
            seen.filter(classification__gt=Classification.UNCLASSIFIED).exclude(status__in=OVER)
        ),
        unfound=_part(seen.filter(kind=Kind.EXTREME_SITUATION, status__in=NOT_FOUND_ON)),
        unchecked=_unchecked(promised, running),
        duties=_duties_for(person, post),
        acting=list(post.appointments.select_related("person").order_by("-from_on")[:10]),
        delegations=list(
            post.delegations.select_related("delegate", "given_by").order_by("-from_on")[:10]
        ),
        vacant_below=list(vacant(Post.objects.filter(above=post.pk)).order_by("title")),
        in_charge_below=list(
            Appointment.objects.filter(
                post__above=post.pk,
                capacity=Capacity.OFFICER_IN_CHARGE,
                until_on__gte=local_day(post.mission),
            )
            .select_related("post", "person")
            .order_by("post__title", "from_on")
        ),
    )


def _named(part: Part) -> dict[str, Any]:
    return {
        "count": part.count,
        "records": [{"reference": rfa.reference, "status": rfa.status} for rfa in part.rows],
    }


def as_handed_over(page: Handing) -> dict[str, Any]:
    """Return a post's page as it is kept when it is handed over: codes and references."""
    return {
        "post": page.post.code,
        "owed": [
            {"reference": step.rfa.reference, "seat": step.seat, "due_at": iso(step.due_at)}
            for step in page.owed
            if step.due_at
        ],
        "referred": [
            {"reference": one.rfa.reference, "due_at": iso(one.due_at)} for one in page.referred
        ],
        "complaints": [
            {"reference": one.reference, "due_at": iso(one.due_at)} for one in page.complaints
        ],
        **{
            name: _named(getattr(page, name))
            for name in (
                "changing",
                "promised",
                "unmet",
                "running",
                "asked",
                "classified",
                "unfound",
            )
        },
        "conditions_unchecked": [
            {"reference": rfa.reference, "conditions": page.unchecked[rfa.pk]}
            for part in (page.promised, page.running)
            for rfa in part.rows
            if page.unchecked[rfa.pk]
        ],
        "protection_duties": [{"id": duty.pk, "duty": duty.duty} for duty in page.duties],
    }
