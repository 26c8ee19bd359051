"""What a task brings with it: changes, runs, incidents, assets handed back, accounts settled."""

from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from common.models import AppendOnly
from missions.vocabulary import Capacity
from records.models.done import Task, Visit
from records.vocabulary import (
    WORDS_OF_STAGE,
    AssetCondition,
    ChangeSort,
    ChangeStage,
    ChangeWord,
    RunOutcome,
)
from requests_app.models import MONEY, Attachment

PAID: dict[str, Any] = {
    "max_digits": 14,
    "decimal_places": 2,
    "validators": [MinValueValidator(0)],
}


def _by(**more: Any) -> Any:
    return models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", **more
    )


class VisitPhoto(AppendOnly):
    """A photo taken on a visit: a file beside the request, bound to what was found."""

    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="photos")
    file = models.OneToOneField(Attachment, on_delete=models.PROTECT, related_name="visit_photo")

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"photo of visit {self.visit_id}"


class TaskChange(AppendOnly):
    """A change to an approved task, as it was declared: a drift, or an amendment of a QIP (P68).

    A drift in place, scope or actor suspends the task until it is answered. An amendment of
    cost or time suspends nothing, and binds nothing before it is approved.
    """

    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="changes")
    number = models.PositiveSmallIntegerField()
    sorts = ArrayField(models.CharField(max_length=10, choices=ChangeSort))
    what = models.TextField()
    new_place = models.CharField(max_length=160, blank=True)
    new_unit = models.ForeignKey(
        "missions.Unit", null=True, on_delete=models.PROTECT, related_name="+"
    )
    new_partner = models.CharField(max_length=160, blank=True)
    new_cost = models.DecimalField(**MONEY)
    new_end = models.DateField(null=True)
    exception_reason = models.TextField(blank=True)
    by = _by()
    at = models.DateTimeField()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["task", "number"], name="change_has_its_number"),
            models.UniqueConstraint(fields=["id", "by"], name="change_is_declared_by_one"),
            models.CheckConstraint(
                name="change_changes_something",
                condition=Q(sorts__len__gte=1, sorts__contained_by=ChangeSort.values) & ~Q(what=""),
            ),
            models.CheckConstraint(
                name="change_of_cost_says_the_cost",
                condition=~Q(sorts__contains=[ChangeSort.COST]) | Q(new_cost__isnull=False),
            ),
            models.CheckConstraint(
                name="change_of_time_says_the_day",
                condition=~Q(sorts__contains=[ChangeSort.TIME]) | Q(new_end__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"change {self.number} of {self.task_id}"

    @property
    def is_drift(self) -> bool:
        """Whether it changes place, scope or actor, and not only cost or time."""
        return bool({ChangeSort.PLACE, ChangeSort.SCOPE, ChangeSort.ACTOR} & set(self.sorts))

    @property
    def labels(self) -> list[str]:
        """What changes, in words."""
        return [str(ChangeSort(sort).label) for sort in self.sorts]


class ChangeAnswer(AppendOnly):
    """What UN-CIMIC, and then whoever approved the task, answered to a change (P68)."""

    change = models.ForeignKey(TaskChange, on_delete=models.PROTECT, related_name="answers")
    declared_by = _by()
    stage = models.CharField(max_length=12, choices=ChangeStage)
    word = models.CharField(max_length=20, choices=ChangeWord)
    remarks = models.TextField(blank=True)
    by = _by()
    post = models.ForeignKey("missions.Post", on_delete=models.PROTECT, related_name="+")
    capacity = models.CharField(max_length=20, choices=Capacity)
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["change", "stage"], name="change_is_answered_once"),
            models.UniqueConstraint(
                fields=["change", "by"], name="change_is_answered_by_two_people"
            ),
            models.CheckConstraint(
                name="change_is_answered_by_another",
                condition=~Q(by=F("declared_by")),
                violation_error_message=_("Whoever declares a change does not answer it."),
            ),
            models.CheckConstraint(
                name="change_answer_is_its_stages",
                condition=Q(
                    stage=ChangeStage.COORDINATION,
                    word__in=WORDS_OF_STAGE[ChangeStage.COORDINATION],
                )
                | Q(stage=ChangeStage.AUTHORITY, word__in=WORDS_OF_STAGE[ChangeStage.AUTHORITY]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.word} on change {self.change_id}"


class ClosingReport(AppendOnly):
    """The implementing partner's account of a QIP: what was built and what was spent."""

    task = models.OneToOneField(Task, on_delete=models.PROTECT, related_name="closing_report")
    received_on = models.DateField()
    text = models.TextField()
    spent = models.DecimalField(**PAID)
    file = models.ForeignKey(Attachment, null=True, on_delete=models.PROTECT, related_name="+")
    by = _by()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="closing_report_says_what_was_spent", condition=Q(spent__gte=0) & ~Q(text="")
            )
        ]

    def __str__(self) -> str:
        return f"closing report of {self.task_id}"


class Refund(AppendOnly):
    """Money that the implementing partner paid back, of what it was paid and did not spend."""

    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="refunds")
    number = models.PositiveSmallIntegerField()
    amount = models.DecimalField(**PAID)
    received_on = models.DateField()
    evidence = models.CharField(max_length=200, blank=True)
    by = _by()
    at = models.DateTimeField()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["task", "number"], name="refund_is_received_once"),
            models.CheckConstraint(name="refund_is_money", condition=Q(amount__gt=0)),
        ]

    def __str__(self) -> str:
        return f"refund {self.number}"


class Run(AppendOnly):
    """One run of an escort: when, from where to where, how many vehicles, how it ended (P41)."""

    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="runs")
    number = models.PositiveSmallIntegerField()
    ran_on = models.DateField()
    origin = models.CharField(max_length=160)
    destination = models.CharField(max_length=160)
    vehicles = models.PositiveSmallIntegerField()
    outcome = models.CharField(max_length=12, choices=RunOutcome)
    remarks = models.TextField(blank=True)
    by = _by()
    at = models.DateTimeField()

    class Meta:
        ordering = ["ran_on", "number"]
        constraints = [
            models.UniqueConstraint(fields=["task", "number"], name="run_has_its_number"),
            models.CheckConstraint(
                name="run_that_did_not_arrive_says_why",
                condition=Q(outcome__in=[RunOutcome.ARRIVED, RunOutcome.DELAYED]) | ~Q(remarks=""),
                violation_error_message=_("Say why it did not arrive."),
            ),
        ]

    def __str__(self) -> str:
        return f"run {self.number}"


class Incident(AppendOnly):
    """What happened on a task that should not have: harm, a threat, damage; and what was done."""

    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="incidents")
    run = models.ForeignKey(Run, null=True, on_delete=models.PROTECT, related_name="incidents")
    happened_on = models.DateField()
    place = models.CharField(max_length=160, blank=True)
    what = models.TextField()
    action_taken = models.TextField()
    by = _by()
    at = models.DateTimeField()

    class Meta:
        ordering = ["happened_on", "pk"]

    def __str__(self) -> str:
        return self.what[:60]


class HandBack(AppendOnly):
    """A mission asset that came back after the task: how many, when, in what condition (P38)."""

    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="hand_backs")
    number = models.PositiveSmallIntegerField()
    line = models.PositiveSmallIntegerField()
    asset = models.CharField(max_length=120)
    quantity = models.PositiveIntegerField()
    planned_on = models.DateField(null=True)
    returned_on = models.DateField()
    condition = models.CharField(max_length=10, choices=AssetCondition)
    note = models.TextField(blank=True)
    by = _by()
    at = models.DateTimeField()

    class Meta:
        ordering = ["returned_on", "number"]
        constraints = [
            models.UniqueConstraint(fields=["task", "number"], name="hand_back_has_its_number"),
            models.CheckConstraint(name="hand_back_is_of_something", condition=Q(quantity__gte=1)),
            models.CheckConstraint(
                name="hand_back_of_the_damaged_says_how",
                condition=Q(condition__in=[AssetCondition.GOOD, AssetCondition.WORN]) | ~Q(note=""),
                violation_error_message=_("Say what is damaged, or how it was lost."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} {self.asset}"
