"""What stands beside a route: referrals, priorities, standing policies, look-alikes weighed."""

from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from approvals.vocabulary import LookAlikeWord, ReferralOutcome
from common.models import AppendOnly, NeverDeleted
from missions.vocabulary import Capacity
from requests_app.models import AssistanceRequest
from requests_app.vocabulary import Category


class Referral(NeverDeleted):
    """What UN-CIMIC and partners could not resolve, put to the HOMC and then the SRSG (P52).

    One row a level; a matter passed on opens a second row that ``follows`` the first. While
    one is open no decision is taken on the request. ``half_told_at`` and ``limit_told_at``
    say when its post was reminded, so that it is once.
    """

    rfa = models.ForeignKey(AssistanceRequest, on_delete=models.PROTECT, related_name="referrals")
    put_to = models.ForeignKey("missions.Post", on_delete=models.PROTECT, related_name="referrals")
    matter = models.TextField()
    follows = models.OneToOneField(
        "self", null=True, on_delete=models.PROTECT, related_name="passed_on_as"
    )
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    opened_post = models.ForeignKey(
        "missions.Post", null=True, on_delete=models.PROTECT, related_name="+"
    )
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField()
    outcome = models.CharField(max_length=12, choices=ReferralOutcome, blank=True)
    resolution = models.TextField(blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    closed_post = models.ForeignKey(
        "missions.Post", null=True, on_delete=models.PROTECT, related_name="+"
    )
    closed_as = models.CharField(max_length=20, choices=Capacity, blank=True)
    delegation = models.ForeignKey(
        "missions.Delegation", null=True, on_delete=models.PROTECT, related_name="+"
    )
    closed_at = models.DateTimeField(null=True)
    half_told_at = models.DateTimeField(null=True)
    limit_told_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["opened_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["rfa"],
                condition=Q(outcome=""),
                name="rfa_has_one_open_referral",
                violation_error_message=_("This request is referred already."),
            ),
            models.CheckConstraint(
                name="referral_is_closed_by_somebody_with_words",
                condition=Q(outcome="", closed_by__isnull=True, closed_at__isnull=True)
                | (
                    ~Q(outcome="")
                    & ~Q(resolution="")
                    & Q(closed_by__isnull=False)
                    & Q(closed_at__isnull=False)
                ),
            ),
        ]
        indexes = [
            models.Index(
                fields=["put_to", "due_at"], condition=Q(outcome=""), name="referrals_of_a_post"
            )
        ]

    def __str__(self) -> str:
        return f"referral of {self.rfa_id} to {self.put_to_id}"

    @property
    def is_open(self) -> bool:
        return self.outcome == ""


class PrioritySet(NeverDeleted):
    """The mission's geographic and thematic priorities from a day, reviewed by a day (P34).

    The set whose day came last is the one in force; earlier ones are kept, since a request
    is weighed by the set in force when it was submitted.
    """

    mission = models.ForeignKey(
        "missions.Mission", on_delete=models.PROTECT, related_name="priority_sets"
    )
    title = models.CharField(max_length=200)
    in_force_from = models.DateField()
    review_on = models.DateField()
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    set_post = models.ForeignKey(
        "missions.Post", null=True, on_delete=models.PROTECT, related_name="+"
    )
    set_at = models.DateTimeField()

    class Meta:
        ordering = ["-in_force_from", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["mission", "in_force_from"],
                name="priorities_are_set_once_a_day",
                violation_error_message=_("Priorities from that day are set already."),
            ),
            models.CheckConstraint(
                name="priorities_are_reviewed_after_they_begin",
                condition=Q(review_on__gt=F("in_force_from")),
                violation_error_message=_("The review must come after the first day."),
            ),
        ]

    def __str__(self) -> str:
        return self.title


def _none() -> list[Any]:
    return []


class Priority(AppendOnly):
    """One priority: the areas it names by p-code (geographic), the categories it covers (thematic).

    An area stands for its districts as well; one with both asks for both.
    """

    of = models.ForeignKey(PrioritySet, on_delete=models.PROTECT, related_name="priorities")
    number = models.PositiveSmallIntegerField()
    text = models.CharField(max_length=300)
    pcodes = ArrayField(models.CharField(max_length=20), default=_none, blank=True)
    categories = ArrayField(
        models.CharField(max_length=30, choices=Category), default=_none, blank=True
    )

    class Meta:
        verbose_name_plural = "priorities"
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["of", "number"], name="priority_has_its_place")
        ]

    def __str__(self) -> str:
        return self.text


class StandingPolicy(NeverDeleted):
    """A standard policy of the Designated Official for security support, to be cited (P39)."""

    mission = models.ForeignKey(
        "missions.Mission", on_delete=models.PROTECT, related_name="standing_policies"
    )
    code = models.CharField(max_length=20)
    title = models.CharField(max_length=200)
    text = models.TextField()
    from_on = models.DateField()
    until_on = models.DateField(null=True, blank=True)
    adopted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    adopted_post = models.ForeignKey(
        "missions.Post", null=True, on_delete=models.PROTECT, related_name="+"
    )
    adopted_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "standing policies"
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(
                fields=["mission", "code"],
                name="standing_policy_code_is_one_a_mission",
                violation_error_message=_("A standing policy of this code is there already."),
            ),
            models.CheckConstraint(
                name="standing_policy_ends_after_it_begins",
                condition=Q(until_on__isnull=True) | Q(until_on__gte=F("from_on")),
                violation_error_message=_("The last day cannot be before the first."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"


class LookAlikeFinding(AppendOnly):
    """What a reviewer found of a look-alike: duplicate, complementary or distinct (P30).

    Advisory: it blocks nothing. ``score`` (0 to 1) and ``reasons`` are what was shown.
    """

    rfa = models.ForeignKey(
        AssistanceRequest, on_delete=models.PROTECT, related_name="look_alike_findings"
    )
    other = models.ForeignKey(AssistanceRequest, on_delete=models.PROTECT, related_name="+")
    word = models.CharField(max_length=16, choices=LookAlikeWord)
    remark = models.TextField(blank=True)
    score = models.FloatField()
    reasons = models.JSONField(default=list)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    post = models.ForeignKey("missions.Post", null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.CheckConstraint(
                name="look_alike_is_another_request", condition=~Q(rfa=F("other"))
            )
        ]

    def __str__(self) -> str:
        return f"{self.other_id} for {self.rfa_id}: {self.word}"
