"""A record's own route: its steps, and the answers given at them."""

import datetime as dt
from typing import Any

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from approvals.models.process import Process
from approvals.vocabulary import (
    ACKNOWLEDGEMENT,
    APPROVALS,
    FINDING,
    WORDS,
    Grant,
    ReminderSort,
    SeatCondition,
    SeatKind,
    StepState,
    Word,
)
from common.models import AppendOnly, ServingMayUpdate
from missions.vocabulary import Capacity, Role
from requests_app.models import AssistanceRequest


class Step(ServingMayUpdate):
    """A seat on one record's own route: which post must answer, and what it answered last.

    What the seat is cannot change once it is made; ``current`` is the answer that stands,
    with what it grants. Foreign keys bind both to each other and a task to them.
    ``half_at`` and ``due_at`` keep what ``approvals.clocks`` says, for sorting and sweeps;
    ``used_seconds`` is the time that ran before the clock was last paused.
    """

    serving_may_update = (
        "state",
        "opened_at",
        "half_at",
        "due_at",
        "used_seconds",
        "current",
        "current_grants",
        "post",
    )

    rfa = models.ForeignKey(
        AssistanceRequest, on_delete=models.PROTECT, related_name="steps", db_index=False
    )
    process = models.ForeignKey(Process, on_delete=models.PROTECT, related_name="+")
    stage = models.PositiveSmallIntegerField()
    stage_name = models.CharField(max_length=80)
    stage_status = models.CharField(max_length=20)
    seat = models.CharField(max_length=40)
    seat_label = models.CharField(max_length=120)
    seat_kind = models.CharField(max_length=12, choices=SeatKind)
    role = models.CharField(max_length=30, choices=Role)
    condition = models.CharField(max_length=16, choices=SeatCondition)
    post = models.ForeignKey("missions.Post", on_delete=models.PROTECT, related_name="steps")
    round = models.PositiveSmallIntegerField(default=1)
    normal_hours = models.PositiveIntegerField()
    time_sensitive_hours = models.PositiveIntegerField()
    state = models.CharField(max_length=12, choices=StepState, default=StepState.WAITING)
    opened_at = models.DateTimeField(null=True)
    half_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    used_seconds = models.PositiveIntegerField(default=0)
    current = models.OneToOneField(
        "Answer", null=True, on_delete=models.PROTECT, related_name="stands_at"
    )
    current_grants = models.CharField(max_length=12, choices=Grant, default=Grant.NOTHING)

    paused_at: dt.datetime | None = None  # of a step put back to waiting in this very deed

    class Meta:
        ordering = ["stage", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["rfa", "seat", "round"], name="seat_is_asked_once_a_round"
            ),
            models.UniqueConstraint(
                fields=["rfa", "seat"],
                condition=Q(state=StepState.OPEN),
                name="rfa_has_one_open_step_a_seat",
            ),
            models.UniqueConstraint(
                fields=["id", "rfa", "seat_kind", "role", "seat"], name="step_is_what_it_is"
            ),
            models.UniqueConstraint(
                fields=["rfa", "current", "current_grants", "role"],
                name="step_grants_what_its_answer_grants",
            ),
            models.CheckConstraint(
                name="step_is_answered_with_an_answer",
                condition=~Q(state=StepState.ANSWERED) | Q(current__isnull=False),
            ),
            models.CheckConstraint(
                name="step_open_has_its_clock",
                condition=~Q(state=StepState.OPEN)
                | (Q(opened_at__isnull=False) & Q(due_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="only_advice_lapses",
                condition=~Q(state=StepState.LAPSED) | Q(seat_kind=SeatKind.ADVICE),
            ),
            models.CheckConstraint(
                name="step_without_answer_grants_nothing",
                condition=Q(current__isnull=False) | Q(current_grants=Grant.NOTHING),
            ),
        ]
        indexes = [
            models.Index(
                fields=["post", "due_at"], condition=Q(state=StepState.OPEN), name="inbox_of_a_post"
            ),
            models.Index(
                fields=["due_at"], condition=Q(state=StepState.OPEN), name="steps_by_their_limit"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.seat_label} on {self.rfa_id}"

    @property
    def words(self) -> tuple[Word, ...]:
        """The words it may be answered with."""
        if self.seat_kind == SeatKind.FINDING:
            return ACKNOWLEDGEMENT if self.role == Role.CHIEF_CIMIC else FINDING
        return WORDS[self.seat_kind]

    @property
    def may_lapse(self) -> bool:
        """Advice lapses at its limit; everything else waits (P32, P36)."""
        return self.seat_kind == SeatKind.ADVICE


def grants_of(seat_kind: str, role: str, word: str) -> str:
    """Return what an answer opens the way to. The database checks the same (``grants``)."""
    if seat_kind == SeatKind.DECISION and word in APPROVALS:
        return Grant.APPROVAL
    if seat_kind == SeatKind.CAPABILITY and role == Role.DMS:
        return Grant.CAPABILITY
    if seat_kind == SeatKind.TASKING and word == Word.ACCEPT:
        return Grant.TASKING
    return Grant.NOTHING


_GRANTS = (
    (Q(grants=Grant.APPROVAL) & Q(seat_kind=SeatKind.DECISION) & Q(answer__in=sorted(APPROVALS)))
    | (Q(grants=Grant.CAPABILITY) & Q(seat_kind=SeatKind.CAPABILITY) & Q(role=Role.DMS))
    | (Q(grants=Grant.TASKING) & Q(seat_kind=SeatKind.TASKING) & Q(answer=Word.ACCEPT))
    | Q(grants=Grant.NOTHING)
)


class Answer(AppendOnly):
    """What a post said at its step: by whom, in what capacity, on which revision, and why.

    Only ever added: a later answer supersedes an earlier one and both stay. ``seat_kind``,
    ``role``, ``seat`` and ``rfa`` repeat the step's under a composite foreign key, so that
    the checks below cannot be talked round.
    """

    step = models.ForeignKey(Step, on_delete=models.PROTECT, related_name="answers")
    rfa = models.ForeignKey(AssistanceRequest, on_delete=models.PROTECT, related_name="answers")
    seat = models.CharField(max_length=40)
    seat_kind = models.CharField(max_length=12, choices=SeatKind)
    role = models.CharField(max_length=30, choices=Role)
    answer = models.CharField(max_length=30, choices=Word)
    grants = models.CharField(max_length=12, choices=Grant, default=Grant.NOTHING)
    remarks = models.TextField(blank=True)
    conditions = models.JSONField(default=list)
    details = models.JSONField(default=dict)
    revision = models.PositiveIntegerField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="answers"
    )
    post = models.ForeignKey("missions.Post", on_delete=models.PROTECT, related_name="+")
    capacity = models.CharField(max_length=20, choices=Capacity)
    delegation = models.ForeignKey(
        "missions.Delegation", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    supersedes = models.OneToOneField(
        "self", null=True, on_delete=models.PROTECT, related_name="superseded_by"
    )
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["step"],
                condition=Q(supersedes__isnull=True),
                name="step_is_answered_first_once",
            ),
            models.UniqueConstraint(
                fields=["id", "step", "grants"], name="answer_grants_one_thing"
            ),
            models.CheckConstraint(
                name="answer_grants_what_it_says",
                condition=_GRANTS,
            ),
            models.CheckConstraint(
                name="refusal_has_its_reason",
                condition=~Q(answer__in=[Word.NOT_APPROVE, Word.CANNOT_EXECUTE, Word.RETURN])
                | ~Q(remarks=""),
                violation_error_message="Say why: the requester and the record need the reason.",
            ),
            models.CheckConstraint(
                name="delegate_names_the_delegation",
                condition=Q(capacity=Capacity.DELEGATE, delegation__isnull=False)
                | (~Q(capacity=Capacity.DELEGATE) & Q(delegation__isnull=True)),
            ),
            ExclusionConstraint(
                name="nobody_answers_two_seats_of_one_request",
                expressions=[("rfa", "="), ("by", "="), ("seat", "<>")],
                violation_error_message=_("You have answered another seat of this request."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_answer_display()} at {self.step_id}"


class Reminder(AppendOnly):
    """A reminder or an escalation that was sent of an open step; each at most once (P31).

    One row an opening and a sort, so that a sweep that ran late, or twice, tells nobody twice.
    """

    step = models.ForeignKey(
        Step, on_delete=models.PROTECT, related_name="reminders", db_index=False
    )
    sort = models.CharField(max_length=12, choices=ReminderSort)
    opened_at = models.DateTimeField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["step", "sort", "opened_at"], name="step_is_reminded_once_of_each_sort"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_sort_display()} of {self.step_id}"


class PreparedAnswer(models.Model):
    """A draft answer that a post's office put ready; only the holder gives it."""

    step = models.OneToOneField(Step, on_delete=models.PROTECT, related_name="prepared")
    answer = models.CharField(max_length=30, choices=Word)
    remarks = models.TextField(blank=True)
    conditions = models.JSONField(default=list)
    details = models.JSONField(default=dict)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"prepared for {self.step_id}"


def snapshot(answer: Answer) -> dict[str, Any]:
    """Return an answer as the ledger keeps it: codes, never labels."""
    return {
        "step": answer.step_id,
        "seat": answer.seat,
        "seat_kind": answer.seat_kind,
        "answer": answer.answer,
        "remarks": answer.remarks,
        "conditions": answer.conditions,
        "details": answer.details,
        "revision": answer.revision,
        "supersedes": answer.supersedes_id,
        "delegation": answer.delegation_id,
    }
