"""What was done and is kept: tasks, progress, delivery by others, exports, archives."""

import uuid
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q

from approvals.models import Answer
from approvals.vocabulary import Grant
from common.clock import now
from common.models import AppendOnly, NeverDeleted
from missions.vocabulary import Role
from requests_app.models import MONEY, PEOPLE, AssistanceRequest
from requests_app.vocabulary import Route

_COMPETENT = [Role.DSRSG, Role.DSRSG_POLITICAL]

_APPROVED_BY_DSRSG = Q(
    approval__isnull=False, approval_grants=Grant.APPROVAL, approval_role__in=_COMPETENT
)
_APPROVED_BY_DO = Q(
    approval__isnull=False,
    approval_grants=Grant.APPROVAL,
    approval_role=Role.DESIGNATED_OFFICIAL,
)
_DMS_ANSWERED = Q(
    capability__isnull=False, capability_grants=Grant.CAPABILITY, capability_role=Role.DMS
)
_FORCE_TASKED = Q(tasking__isnull=False, tasking_grants=Grant.TASKING, tasking_role=Role.OPS)


def _allowing() -> dict[str, Any]:
    return {"null": True, "on_delete": models.PROTECT, "related_name": "+"}


class Task(NeverDeleted):
    """The carrying out of a request: by whom, planned and done, and on whose answers it rests.

    A started task names the very answers that allow it. Composite foreign keys tie each to
    the answer that *stands* at this request's step, and the checks below say which a route
    needs; so neither an unapproved start (P30, P39) nor one before DMS/CMS has answered
    (P36) can be stored, and no answer that a started task rests on can be superseded.

    ``open_change`` is the change that waits to be answered; a drift ``suspended`` the task
    (P68). ``place``, ``partner``, ``approved_cost`` are what an answered change made of what
    was approved; empty, it stands as approved. ``instalment_percents`` are the mission's, as
    they stood when the partner's agreement was signed.
    """

    rfa = models.OneToOneField(AssistanceRequest, on_delete=models.PROTECT, related_name="task")
    route = models.CharField(max_length=24, choices=Route)
    unit = models.ForeignKey(
        "missions.Unit", null=True, blank=True, on_delete=models.PROTECT, related_name="tasks"
    )
    planned_start = models.DateField(null=True, blank=True)
    planned_end = models.DateField(null=True, blank=True)
    plan = models.TextField(blank=True)
    place = models.CharField(max_length=160, blank=True)
    partner = models.CharField(max_length=160, blank=True)
    approved_cost = models.DecimalField(**MONEY)
    suspended = models.BooleanField(default=False)
    open_change = models.OneToOneField(
        "TaskChange", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    instalment_percents = ArrayField(models.PositiveSmallIntegerField(), default=list, blank=True)
    agreement_signed_on = models.DateField(null=True, blank=True)
    agreement_reference = models.CharField(max_length=80, blank=True)

    approval = models.ForeignKey(Answer, **_allowing())
    approval_grants = models.CharField(max_length=12, blank=True)
    approval_role = models.CharField(max_length=30, blank=True)
    capability = models.ForeignKey(Answer, **_allowing())
    capability_grants = models.CharField(max_length=12, blank=True)
    capability_role = models.CharField(max_length=30, blank=True)
    tasking = models.ForeignKey(Answer, **_allowing())
    tasking_grants = models.CharField(max_length=12, blank=True)
    tasking_role = models.CharField(max_length=30, blank=True)

    started_on = models.DateField(null=True, blank=True)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    completed_on = models.DateField(null=True, blank=True)
    completed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    result = models.TextField(blank=True)
    women = models.PositiveIntegerField(**PEOPLE)
    men = models.PositiveIntegerField(**PEOPLE)
    girls = models.PositiveIntegerField(**PEOPLE)
    boys = models.PositiveIntegerField(**PEOPLE)
    actual_cost = models.DecimalField(**MONEY)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="task_starts_on_the_answers_it_needs",
                condition=Q(started_on__isnull=True)
                | (
                    Q(route=Route.CIVIL_ASSISTANCE)
                    & _APPROVED_BY_DSRSG
                    & _DMS_ANSWERED
                    & _FORCE_TASKED
                )
                | (Q(route=Route.QIP) & _APPROVED_BY_DSRSG & _DMS_ANSWERED)
                | (Q(route=Route.SECURITY_HUMANITARIAN) & _APPROVED_BY_DO & _FORCE_TASKED)
                | (Q(route=Route.SECURITY_MISSION) & _FORCE_TASKED),
                violation_error_message=(
                    "A task starts after the approval, the answer of DMS/CMS and the tasking that "
                    "its route needs (para 30, 36, 39)."
                ),
            ),
            models.CheckConstraint(
                name="task_completed_was_started",
                condition=Q(completed_on__isnull=True) | Q(started_on__isnull=False),
            ),
            models.CheckConstraint(
                name="task_ends_after_it_starts",
                condition=Q(completed_on__isnull=True) | Q(completed_on__gte=F("started_on")),
                violation_error_message="The task cannot be completed before it started.",
            ),
            models.CheckConstraint(
                name="task_is_suspended_for_a_change",
                condition=Q(suspended=False)
                | Q(open_change__isnull=False, completed_on__isnull=True),
                violation_error_message="A change of this task waits to be answered.",
            ),
            models.CheckConstraint(
                name="task_plan_ends_after_it_starts",
                condition=Q(planned_start__isnull=True)
                | Q(planned_end__isnull=True)
                | Q(planned_end__gte=F("planned_start")),
                violation_error_message="The planned end cannot be before the planned start.",
            ),
        ]

    def __str__(self) -> str:
        return f"task of {self.rfa_id}"


class Progress(AppendOnly):
    """What was done so far, as the unit or UN-CIMIC reported it."""

    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="progress")
    text = models.TextField()
    percent = models.PositiveSmallIntegerField(null=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "progress"
        ordering = ["at", "pk"]
        constraints = [
            models.CheckConstraint(
                name="progress_is_a_percentage",
                condition=Q(percent__isnull=True) | Q(percent__lte=100),
                violation_error_message="Give a percentage from 0 to 100.",
            )
        ]

    def __str__(self) -> str:
        return self.text[:60]


class ConditionCheck(AppendOnly):
    """Whether a condition of the approval was met; the last check of a condition stands (P68)."""

    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="condition_checks")
    answer = models.ForeignKey(Answer, on_delete=models.PROTECT, related_name="checks")
    number = models.PositiveSmallIntegerField()
    met = models.BooleanField()
    remark = models.TextField(blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"condition {self.number} of {self.answer_id}"


class Visit(AppendOnly):
    """A monitoring visit to a task, with what was found (P68)."""

    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="visits")
    visited_on = models.DateField()
    findings = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["visited_on", "pk"]
        constraints = [models.UniqueConstraint(fields=["id", "task"], name="visit_is_of_one_task")]

    def __str__(self) -> str:
        return f"visit on {self.visited_on}"


class Instalment(AppendOnly):
    """A payment to a QIP's implementing partner; the last names the visit that came before it."""

    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="instalments")
    number = models.PositiveSmallIntegerField()
    amount = models.DecimalField(max_digits=14, decimal_places=2, validators=[MinValueValidator(0)])
    paid_on = models.DateField()
    evidence = models.CharField(max_length=200, blank=True)
    is_last = models.BooleanField(default=False)
    visit = models.ForeignKey(Visit, null=True, on_delete=models.PROTECT, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["task", "number"], name="instalment_is_paid_once"),
            models.CheckConstraint(name="instalment_is_money", condition=Q(amount__gt=0)),
            models.CheckConstraint(
                name="last_instalment_follows_a_visit",
                condition=Q(is_last=False) | Q(visit__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"instalment {self.number}"


class DeliveryByOthers(AppendOnly):
    """What became of a refused need: delivered by whom and when, or not delivered (P41)."""

    rfa = models.OneToOneField(
        AssistanceRequest, on_delete=models.PROTECT, related_name="delivery_by_others"
    )
    delivered = models.BooleanField()
    organisation = models.CharField(max_length=200, blank=True)
    delivered_on = models.DateField(null=True, blank=True)
    source = models.CharField(max_length=300)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "deliveries by others"
        constraints = [
            models.CheckConstraint(
                name="delivery_names_who_and_when",
                condition=Q(delivered=False)
                | (~Q(organisation="") & Q(delivered_on__isnull=False)),
                violation_error_message="Say who delivered it, and when.",
            )
        ]

    def __str__(self) -> str:
        return f"what became of {self.rfa_id}"


class ExportRun(NeverDeleted):
    """One export: who took what out, by which filter, how many rows, and their SHA-256.

    A long one is written ``background`` of the asking, by whichever worker holds the lease:
    one that died lets it run out, and another begins anew as the next attempt. Its file is
    kept until ``keep_until``; the run is kept for good. ``sight`` is what the person could
    see by when it was written: a file is given to nobody who may see less since.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    mission = models.ForeignKey("missions.Mission", on_delete=models.PROTECT, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    form = models.CharField(max_length=10)
    query = models.TextField(blank=True)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    rows = models.PositiveIntegerField(null=True)
    digest = models.CharField(max_length=64, blank=True)
    cut = models.BooleanField(default=False)

    background = models.BooleanField(default=False)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    expected = models.PositiveIntegerField(null=True)
    written = models.PositiveIntegerField(default=0)
    failure = models.CharField(max_length=300, blank=True)
    sight = models.CharField(max_length=64, blank=True)
    size = models.PositiveBigIntegerField(null=True)
    keep_until = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["started_at"],
                condition=Q(finished_at__isnull=True),
                name="exports_not_finished",
            ),
            models.Index(
                fields=["keep_until"],
                condition=Q(keep_until__isnull=False, removed_at__isnull=True),
                name="exports_with_a_file",
            ),
            models.Index(F("by"), F("started_at").desc(), F("id").desc(), name="exports_mine"),
        ]

    def __str__(self) -> str:
        return f"{self.form} by {self.by}"

    @property
    def state(self) -> str:
        """What became of it; one whose worker died waits to be taken up again."""
        if not self.background:
            if self.finished_at is None:
                return "started"
            return "cut" if self.cut else "finished"
        if self.finished_at is None:
            return "running" if self.lease_until and self.lease_until > now() else "asked"
        if self.cut:
            return "failed"
        return "expired" if self.removed_at else "ready"

    @property
    def percent(self) -> int | None:
        """How much of it is written, in per cent; None before that is known."""
        if not self.expected:
            return None
        return min(99, self.written * 100 // self.expected)


class ArchivedBag(AppendOnly):
    """A closed record packed for transfer: the bag's name and the digest of its manifest."""

    rfa = models.ForeignKey(AssistanceRequest, on_delete=models.PROTECT, related_name="bags")
    name = models.CharField(max_length=120)
    digest = models.CharField(max_length=64)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField()

    class Meta:
        ordering = ["at"]

    def __str__(self) -> str:
        return self.name
