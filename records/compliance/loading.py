"""Records as the rows of the policy need them: whole, in a fixed number of statements."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from approvals.invariants.record import Record
from approvals.models import Answer, PrioritySet, Process, Referral, Step
from ledger.models import Chain, Entry
from missions.calendar import local_day
from records.models import ConditionCheck, DeliveryByOthers, Instalment, Progress, Task, Visit
from requests_app.models import AssetLine, AssistanceRequest, BudgetLine

ON_THE_REQUEST = (
    "mission",
    "post",
    "area__parent__parent",
    "civil_assistance",
    "quick_impact_project",
    "extreme_situation",
    "delivery_by_others",
    "task",
)


@dataclass(frozen=True)
class Whole(Record):
    """A record with what was done on it."""

    task: Task | None
    checks: list[ConditionCheck]
    reports: list[Progress]
    visits: list[Visit]
    instalments: list[Instalment]
    delivery: DeliveryByOthers | None


def _by(rows: QuerySet[Any], name: str) -> dict[Any, list[Any]]:
    found: dict[Any, list[Any]] = defaultdict(list)
    for row in rows:
        found[getattr(row, name)].append(row)
    return found


def _steps(rfas: list[AssistanceRequest]) -> dict[UUID, list[Step]]:
    """Return the records' steps, each process read once."""
    steps = list(Step.objects.filter(rfa__in=rfas).order_by("stage", "round", "pk"))
    processes = Process.objects.in_bulk({step.process_id for step in steps})
    found: dict[UUID, list[Step]] = defaultdict(list)
    for step in steps:
        step.process = processes[step.process_id]
        found[step.rfa_id].append(step)
    return found


def _known_at(rfa: AssistanceRequest, sets: list[PrioritySet]) -> PrioritySet | None:
    """Return the priorities that were in force, and set, when a request was submitted (P34).

    ``sets`` come newest first day first. One that was set later, though it reaches back, was
    not known to whoever asked.
    """
    if rfa.submitted_at is None:
        return None
    day = local_day(rfa.mission, rfa.submitted_at)
    known = [
        each
        for each in sets
        if each.mission_id == rfa.mission_id
        and each.in_force_from <= day
        and each.set_at <= rfa.submitted_at
    ]
    return known[0] if known else None


def load(requests: Iterable[UUID]) -> list[Whole]:
    """Return submitted records, loaded whole, in the order of their numbers.

    The number of statements does not depend on how many.
    """
    rfas = list(
        AssistanceRequest.objects.filter(
            pk__in=list(requests), submitted_at__isnull=False, historical=False
        )
        .select_related(*ON_THE_REQUEST)
        .order_by("pk")
    )
    ids = [rfa.pk for rfa in rfas]
    chains = Chain.objects.in_bulk(ids)
    entries = _by(
        Entry.objects.filter(chain__in=ids).select_related("payload", "post").order_by("number"),
        "chain_id",
    )
    steps = _steps(rfas)
    answers = _by(Answer.objects.filter(rfa__in=ids).order_by("pk"), "rfa_id")
    referrals = _by(Referral.objects.filter(rfa__in=ids).select_related("put_to"), "rfa_id")
    assets = _by(AssetLine.objects.filter(rfa__in=ids), "rfa_id")
    budget = _by(BudgetLine.objects.filter(rfa__in=ids), "rfa_id")
    sets = list(
        PrioritySet.objects.filter(mission__in={rfa.mission_id for rfa in rfas})
        .prefetch_related("priorities")
        .order_by("-in_force_from", "-pk")
    )
    tasks = [rfa.task for rfa in rfas if hasattr(rfa, "task")]
    checks = _by(ConditionCheck.objects.filter(task__in=tasks), "task_id")
    reports = _by(Progress.objects.filter(task__in=tasks), "task_id")
    visits = _by(Visit.objects.filter(task__in=tasks), "task_id")
    instalments = _by(Instalment.objects.filter(task__in=tasks), "task_id")

    def whole(rfa: AssistanceRequest) -> Whole:
        task = getattr(rfa, "task", None)
        done = task.pk if task else None
        return Whole(
            rfa=rfa,
            steps=steps[rfa.pk],
            answers=answers[rfa.pk],
            chain=chains[rfa.pk],
            entries=entries[rfa.pk],
            referrals=referrals[rfa.pk],
            assets=assets[rfa.pk],
            budget=budget[rfa.pk],
            priorities=_known_at(rfa, sets),
            task=task,
            checks=checks[done],
            reports=reports[done],
            visits=visits[done],
            instalments=instalments[done],
            delivery=getattr(rfa, "delivery_by_others", None),
        )

    return [whole(rfa) for rfa in rfas]
