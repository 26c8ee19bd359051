"""What the mission owes people: complaints answered, duties to protect, posts handed over."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from common.models import AppendOnly, NeverDeleted
from missions.vocabulary import Capacity
from requests_app.models import AssistanceRequest


class Complaint(NeverDeleted):
    """A local person's complaint about mission personnel, with its clock (P50).

    Its ``id`` is its chain. Who complained is shown to those who handle it alone.
    ``half_told_at`` and ``limit_told_at`` say when they were reminded, so that it is once.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    reference = models.CharField(max_length=40, unique=True)
    mission = models.ForeignKey(
        "missions.Mission", on_delete=models.PROTECT, related_name="complaints"
    )
    rfa = models.ForeignKey(
        AssistanceRequest, null=True, on_delete=models.PROTECT, related_name="complaints"
    )
    sector = models.ForeignKey("missions.Sector", null=True, on_delete=models.PROTECT)
    received_at = models.DateTimeField()
    complainant = models.CharField(max_length=200, blank=True)
    place = models.CharField(max_length=160, blank=True)
    matter = models.TextField()
    logged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="complaints_logged"
    )
    logged_post = models.ForeignKey(
        "missions.Post", null=True, on_delete=models.PROTECT, related_name="+"
    )
    logged_at = models.DateTimeField()
    due_at = models.DateTimeField()
    answer = models.TextField(blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    answered_post = models.ForeignKey(
        "missions.Post", null=True, on_delete=models.PROTECT, related_name="+"
    )
    answered_at = models.DateTimeField(null=True)
    half_told_at = models.DateTimeField(null=True)
    limit_told_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-received_at", "-id"]
        constraints = [
            models.CheckConstraint(
                name="complaint_is_answered_by_somebody_with_words",
                condition=Q(answer="", answered_by__isnull=True, answered_at__isnull=True)
                | (~Q(answer="") & Q(answered_by__isnull=False) & Q(answered_at__isnull=False)),
            )
        ]
        indexes = [
            models.Index(
                fields=["mission", "due_at"], condition=Q(answer=""), name="complaints_open"
            )
        ]

    def __str__(self) -> str:
        return self.reference


class ProtectionDuty(NeverDeleted):
    """A duty to protect civilians or prevent sexual violence that a post carries (P47-49).

    It stays the post's when people rotate, until somebody closes it with what became of it.
    """

    mission = models.ForeignKey(
        "missions.Mission", on_delete=models.PROTECT, related_name="protection_duties"
    )
    post = models.ForeignKey(
        "missions.Post", on_delete=models.PROTECT, related_name="protection_duties"
    )
    rfa = models.ForeignKey(
        AssistanceRequest, null=True, on_delete=models.PROTECT, related_name="protection_duties"
    )
    site = models.ForeignKey(
        "missions.DisplacementSite",
        null=True,
        on_delete=models.PROTECT,
        related_name="protection_duties",
    )
    duty = models.TextField()
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    opened_at = models.DateTimeField()
    outcome = models.TextField(blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    closed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "protection duties"
        ordering = ["opened_at", "pk"]
        constraints = [
            models.CheckConstraint(
                name="protection_duty_is_closed_with_its_outcome",
                condition=Q(outcome="", closed_by__isnull=True, closed_at__isnull=True)
                | (~Q(outcome="") & Q(closed_by__isnull=False) & Q(closed_at__isnull=False)),
            )
        ]
        indexes = [
            models.Index(
                fields=["post"], condition=Q(closed_at__isnull=True), name="duties_of_a_post"
            )
        ]

    def __str__(self) -> str:
        return self.duty[:60]


class Handover(AppendOnly):
    """A post's page as its outgoing holder handed it over (P49): canonical JSON and its hash."""

    post = models.ForeignKey("missions.Post", on_delete=models.PROTECT, related_name="handovers")
    content = models.TextField()
    digest = models.CharField(max_length=64)
    note = models.TextField(blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    capacity = models.CharField(max_length=20, choices=Capacity)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["id", "by"], name="handover_is_by_one_person")
        ]

    def __str__(self) -> str:
        return f"{self.post_id} at {self.at:%Y-%m-%d}"


class HandoverAcknowledgement(AppendOnly):
    """The incoming holder has read what was handed over, its protection duties first (P49)."""

    handover = models.OneToOneField(
        Handover, on_delete=models.PROTECT, related_name="acknowledgement"
    )
    handed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    capacity = models.CharField(max_length=20, choices=Capacity)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="handover_is_acknowledged_by_another",
                condition=~Q(by=F("handed_by")),
                violation_error_message=_("Whoever hands over does not acknowledge it."),
            )
        ]

    def __str__(self) -> str:
        return f"acknowledged {self.handover_id}"
