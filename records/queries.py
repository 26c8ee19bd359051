"""What is asked of a task and of what is kept beside a record: each asked in one place."""

import datetime as dt
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, Decimal
from typing import Any

from django.db import connection
from django.db.models import Model, Prefetch, Q, Sum, prefetch_related_objects

from approvals.invariants import approval_of, capability_of, tasking_of
from approvals.models import Referral, Step
from approvals.queries.referrals import with_whom_they_name
from approvals.vocabulary import APPROVALS, SeatKind, StepState
from common.prepared import nothing_of
from missions.models import Post
from missions.vocabulary import MISSION_UN_CIMIC, Role
from records.models import (
    ChangeAnswer,
    ConditionCheck,
    Correction,
    DeliveryByOthers,
    FollowUpNote,
    Task,
    TaskChange,
)
from records.vocabulary import ACCEPTS, ChangeStage, ChangeWord
from requests_app.models import (
    AssetLine,
    AssistanceRequest,
    Attachment,
    BudgetLine,
    ImportedRow,
    Message,
)
from requests_app.vocabulary import Category, Kind, Route

CENT = Decimal("0.01")


# What may lie beside a record, most of it beside few.
BESIDE: dict[str, type[Model]] = {
    "task": Task,
    "follow_up": DeliveryByOthers,
    "follow_up_notes": FollowUpNote,
    "corrections": Correction,
    "referrals": Referral,
    "attachments": Attachment,
    "messages": Message,
    "imported": ImportedRow,
    "assets": AssetLine,
    "budget": BudgetLine,
}
ONE_BESIDE = "EXISTS (SELECT FROM {} WHERE rfa_id = %(rfa)s)"
ASKED_BESIDE = "SELECT " + ", ".join(
    ONE_BESIDE.format(model._meta.db_table) for model in BESIDE.values()
)


def note_what_is_beside(rfa: AssistanceRequest) -> None:
    """Ask in one statement what lies beside a record that is about to be read whole.

    What does not is not asked for again (``may_have``), so it is for a record that nobody
    goes on to change.
    """
    with connection.cursor() as cursor:
        cursor.execute(ASKED_BESIDE, {"rfa": rfa.pk})
        there = dict(zip(BESIDE, cursor.fetchone(), strict=True))
    rfa._beside = {name for name, is_there in there.items() if is_there}  # type: ignore[attr-defined]
    kept = rfa.__dict__.setdefault("_prefetched_objects_cache", {})
    for name in ("referrals", "assets", "budget"):
        if not there[name]:
            kept[name] = nothing_of(BESIDE[name])
    if there["referrals"]:
        prefetch_related_objects(
            [rfa], Prefetch("referrals", with_whom_they_name(Referral.objects.all()))
        )


def may_have(rfa: AssistanceRequest, name: str) -> bool:
    """Whether something may lie beside a record: unless it was noted that it does not."""
    beside: set[str] | None = getattr(rfa, "_beside", None)
    return beside is None or name in beside


def kept_task(rfa: AssistanceRequest) -> Task | None:
    """Return a request's task, if anything of it is on record."""
    if not may_have(rfa, "task"):
        return None
    return Task.objects.filter(rfa=rfa).select_related("unit", "open_change").first()


def follow_up_of(rfa: AssistanceRequest) -> DeliveryByOthers | None:
    """Return what became of a refused need, once it is known."""
    if not may_have(rfa, "follow_up"):
        return None
    return DeliveryByOthers.objects.filter(rfa=rfa).first()


def conditions_of(rfa: AssistanceRequest) -> list[dict[str, Any]]:
    """List the conditions of the standing approval and capability answers, ticked or not."""
    found = []
    checks: dict[tuple[int | None, int], ConditionCheck] = {
        (check.answer_id, check.number): check
        for check in ConditionCheck.objects.filter(answer__rfa=rfa).select_related("by")
    }
    for step in (approval_of(rfa), capability_of(rfa)):
        if step is None or step.current is None:
            continue
        for number, text in enumerate(step.current.conditions, start=1):
            check = checks.get((step.current_id, number))
            found.append(
                {
                    "answer": step.current_id,
                    "number": number,
                    "text": text,
                    "from": step.seat_label,
                    "check": check,
                }
            )
    return found


@dataclass(frozen=True)
class Part:
    """One instalment as the mission pays it: its part of a hundred, and its sum."""

    number: int
    percent: int
    amount: Decimal
    is_last: bool


@dataclass(frozen=True)
class Money:
    """A QIP's money, in the request's currency: approved, paid, spent, and what is to come back.

    ``share`` is what the mission pays: the approved cost without what others contribute.
    ``ceiling`` is the mission's for one project; above it the exception has its reason and
    who approved it.
    """

    approved: Decimal
    contributions: Decimal
    share: Decimal
    parts: list[Part]
    paid: Decimal
    refunded: Decimal
    spent: Decimal | None
    ceiling: Decimal
    last_is_paid: bool
    exception: dict[str, Any] = field(default_factory=dict)

    @property
    def to_pay(self) -> Decimal:
        return max(self.share - self.paid, Decimal(0))

    @property
    def before_the_last(self) -> Decimal:
        """What may be paid before the last instalment, to a whole unit of the currency."""
        held = sum((part.amount for part in self.parts if not part.is_last), Decimal(0))
        return held.to_integral_value(ROUND_CEILING)

    @property
    def refund_due(self) -> Decimal:
        """What was paid and, by the partner's closing report, not spent."""
        return Decimal(0) if self.spent is None else max(self.paid - self.spent, Decimal(0))

    @property
    def refund_open(self) -> Decimal:
        return max(self.refund_due - self.refunded, Decimal(0))

    @property
    def is_above_ceiling(self) -> bool:
        return self.approved > self.ceiling


def parts_of(share: Decimal, percents: list[int]) -> list[Part]:
    """Divide a sum into instalments; the last one takes what rounding leaves."""
    found, left = [], share
    for number, percent in enumerate(percents, start=1):
        last = number == len(percents)
        amount = left if last else (share * percent / 100).quantize(CENT)
        left -= amount
        found.append(Part(number, percent, amount, last))
    return found


def approved_cost(rfa: AssistanceRequest, task: Task | None) -> Decimal:
    """Return what is approved for a project: as asked, or as its last approved amendment says."""
    if task is not None and task.approved_cost is not None:
        return task.approved_cost
    return rfa.estimated_cost or Decimal(0)


def _exception(rfa: AssistanceRequest, task: Task | None) -> dict[str, Any]:
    """Say why a project lies above the ceiling, and who approved that: or {} where nobody did."""
    amended = (
        ChangeAnswer.objects.filter(
            change__task=task, word=ChangeWord.APPROVED, change__new_cost__isnull=False
        )
        .exclude(change__exception_reason="")
        .select_related("change", "by", "post")
        .last()
        if task is not None and task.pk
        else None
    )
    if amended is not None:
        return {
            "reason": amended.change.exception_reason,
            "by": amended.by.name,
            "post": amended.post.title,
            "at": amended.at,
        }
    step = approval_of(rfa)
    given = step.current if step else None
    if given is None:
        return {}
    return {
        "reason": rfa.quick_impact_project.ceiling_exception_reason,
        "by": given.by.name,
        "post": given.post.title,
        "at": given.at,
    }


def money_of(rfa: AssistanceRequest, task: Task | None) -> Money:
    """Return a QIP's money as it stands."""
    project = rfa.quick_impact_project
    approved = approved_cost(rfa, task)
    contributions = project.other_contributions or Decimal(0)
    share = max(approved - contributions, Decimal(0))
    kept = task if task is not None and task.pk else None
    percents = (task.instalment_percents if task else []) or rfa.mission.instalment_percents
    report = getattr(kept, "closing_report", None)
    paid = kept.instalments.aggregate(of=Sum("amount"))["of"] if kept else None
    refunded = kept.refunds.aggregate(of=Sum("amount"))["of"] if kept else None
    above = approved > rfa.mission.qip_ceiling
    return Money(
        approved=approved,
        contributions=contributions,
        share=share,
        parts=parts_of(share, percents),
        paid=paid or Decimal(0),
        refunded=refunded or Decimal(0),
        spent=report.spent if report else None,
        ceiling=rfa.mission.qip_ceiling,
        last_is_paid=kept is not None and kept.instalments.filter(is_last=True).exists(),
        exception=_exception(rfa, task) if above else {},
    )


def is_lent(rfa: AssistanceRequest) -> bool:
    """Whether what was asked for is lent: then every asset comes back before the record closes."""
    return rfa.kind == Kind.CIVIL_ASSISTANCE and rfa.category == Category.EQUIPMENT_LOAN


@dataclass(frozen=True)
class Lent:
    """One line of assets: how many were asked for, came back, and are still out."""

    line: int
    asset: str
    quantity: int
    back: int
    planned_on: dt.date | None

    @property
    def out(self) -> int:
        return max(self.quantity - self.back, 0)


def assets_of(rfa: AssistanceRequest, task: Task | None) -> list[Lent]:
    """List a civil assistance task's assets, with what came back of each (P38)."""
    if rfa.kind != Kind.CIVIL_ASSISTANCE:
        return []
    rows = task.hand_backs.values("line").annotate(of=Sum("quantity")) if task and task.pk else []
    back = {row["line"]: row["of"] for row in rows}
    asked = getattr(rfa, "civil_assistance", None)
    planned_on = asked.ends_on if asked else None
    return [
        Lent(line.number, line.asset, line.quantity, back.get(line.number, 0), planned_on)
        for line in rfa.assets.all()
    ]


def authority_of(rfa: AssistanceRequest) -> Step | None:
    """Return the step that approved a task: the decision, or the tasking where that decides."""
    return approval_of(rfa) or tasking_of(rfa)


def changes_of(task: Task | None) -> list[TaskChange]:
    """List a task's changes, newest first, with their answers."""
    if task is None or not task.pk:
        return []
    return list(
        task.changes.select_related("by", "new_unit")
        .prefetch_related("answers__by", "answers__post")
        .order_by("-number")
    )


def stage_waited_on(change: TaskChange) -> ChangeStage | None:
    """Return whose answer a change waits for, or None once it has all it needs (P68).

    A drift is UN-CIMIC's to answer first; it goes on to whoever approved the task where it
    changes what was approved. An amendment of cost or time goes there at once.
    """
    answers = {given.stage: given.word for given in change.answers.all()}
    if ChangeStage.AUTHORITY in answers:
        return None
    if not change.is_drift:
        return ChangeStage.AUTHORITY
    first = answers.get(ChangeStage.COORDINATION)
    if first is None:
        return ChangeStage.COORDINATION
    return ChangeStage.AUTHORITY if first == ChangeWord.CHANGES else None


def changes_waiting_on(post: Post) -> Q:
    """Keep the records of which a change waits on a post to answer, as ``stage_waited_on`` says."""
    unanswered = Q(task__suspended=True) & ~Q(
        task__open_change__in=ChangeAnswer.objects.values("change")
    )
    if post.role in MISSION_UN_CIMIC:
        return Q(mission=post.mission_id) & unanswered
    answered = Step.objects.filter(post=post.pk, state=StepState.ANSWERED)
    approved = answered.filter(seat_kind=SeatKind.DECISION, current__answer__in=sorted(APPROVALS))
    tasked = answered.filter(seat_kind=SeatKind.TASKING, rfa__route=Route.SECURITY_MISSION)
    return (
        Q(task__open_change__isnull=False)
        & ~unanswered
        & (Q(pk__in=approved.values("rfa")) | Q(pk__in=tasked.values("rfa")))
    )


def is_accepted(change: TaskChange) -> bool:
    """Whether a change that waits for nobody was accepted."""
    return any(given.word in ACCEPTS for given in change.answers.all())


def posts_that_follow_up(rfa: AssistanceRequest) -> list[Post]:
    """Return the posts that follow a refused need up: the sector's officer, else the Chief's."""
    posts = Post.objects.filter(mission=rfa.mission_id)
    of_the_sector = (
        posts.filter(role=Role.SECTOR_CIMIC, sector=rfa.sector_id) if rfa.sector_id else []
    )
    return [*of_the_sector, *posts.filter(role=Role.CHIEF_CIMIC).order_by("pk")]
