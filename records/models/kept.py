"""What is kept of a record beside it: what was learnt of a refused need, and corrections."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from common.models import AppendOnly
from requests_app.models import AssistanceRequest


class FollowUpNote(AppendOnly):
    """What was done to learn what became of a refused need, before it is known (P41)."""

    rfa = models.ForeignKey(
        AssistanceRequest, on_delete=models.PROTECT, related_name="follow_up_notes"
    )
    text = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return self.text[:60]


class FollowUpReminder(AppendOnly):
    """That UN-CIMIC was reminded of a refused need of which nobody knows what became (P41)."""

    rfa = models.ForeignKey(
        AssistanceRequest, on_delete=models.PROTECT, related_name="follow_up_reminders"
    )
    number = models.PositiveSmallIntegerField()
    at = models.DateTimeField()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["rfa", "number"], name="follow_up_is_reminded_of_once")
        ]

    def __str__(self) -> str:
        return f"reminder {self.number} of {self.rfa_id}"


class Correction(AppendOnly):
    """A dated correction beside a closed record, which itself stays as it was (P41)."""

    rfa = models.ForeignKey(AssistanceRequest, on_delete=models.PROTECT, related_name="corrections")
    number = models.PositiveSmallIntegerField()
    field = models.CharField(max_length=60)
    says = models.TextField(blank=True)
    right = models.TextField()
    why = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    post = models.ForeignKey("missions.Post", null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["rfa", "number"], name="correction_has_its_number"),
            models.CheckConstraint(
                name="correction_says_what_is_right_and_why",
                condition=~Q(right="") & ~Q(why=""),
            ),
        ]

    def __str__(self) -> str:
        return f"correction {self.number} of {self.rfa_id}"
