"""How long records are kept and what then happens: classes, receipts, holds, disposal (P41)."""

from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from common.models import AppendOnly, NeverDeleted
from missions.vocabulary import Capacity
from records.models.done import ArchivedBag
from requests_app.models import AssistanceRequest
from requests_app.vocabulary import Kind

MOST_YEARS = 100


class Trigger(models.TextChoices):
    """What the years of a retention class run from."""

    CLOSED = "closed", _("the day the record was closed")
    CALENDAR_YEAR = "calendar_year", _("the end of the calendar year in which it was closed")
    BUDGET_YEAR = "budget_year", _("the end of the budget year (30 June) in which it was closed")


class RetentionAction(models.TextChoices):
    """What happens to a record when its years are over."""

    TRANSFER = "transfer", _("Transfer for permanent keeping")
    DESTROY = "destroy", _("Destroy")


def _every_kind() -> list[str]:
    return []


class RetentionClass(NeverDeleted):
    """A line of the mission's retention schedule: how long which records are kept, and then what.

    ``kinds`` empty is every kind. A record falls under the first class, by ``number``, that
    names its kind, unless it was put in another by hand. ``is_example`` marks codes that only
    show what one looks like: nothing is disposed of under them.
    """

    mission = models.ForeignKey(
        "missions.Mission", on_delete=models.PROTECT, related_name="retention_classes"
    )
    code = models.CharField(
        max_length=40,
        validators=[
            RegexValidator(
                r"^[A-Za-z0-9][A-Za-z0-9._-]*$", _("Letters, figures, dots and hyphens.")
            )
        ],
    )
    title = models.CharField(max_length=200)
    number = models.PositiveSmallIntegerField(default=1)
    kinds = ArrayField(
        models.CharField(max_length=20, choices=Kind), default=_every_kind, blank=True
    )
    trigger = models.CharField(max_length=16, choices=Trigger, default=Trigger.CLOSED)
    years = models.PositiveSmallIntegerField(validators=[MaxValueValidator(MOST_YEARS)])
    action = models.CharField(max_length=12, choices=RetentionAction)
    authority = models.CharField(max_length=200, blank=True)
    is_example = models.BooleanField(default=False)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "retention classes"
        ordering = ["number", "code"]
        constraints = [
            models.UniqueConstraint(
                fields=["mission", "code"], name="retention_code_is_one_a_mission"
            ),
            models.CheckConstraint(
                name="retention_years_are_a_lifetime_at_most", condition=Q(years__lte=MOST_YEARS)
            ),
        ]

    def __str__(self) -> str:
        return self.code


def _signed(related_name: str = "+") -> dict[str, Any]:
    return {"on_delete": models.PROTECT, "related_name": related_name}


class Classing(AppendOnly):
    """A record put in a class by hand, with the reason; the last one stands."""

    rfa = models.ForeignKey(AssistanceRequest, **_signed("classings"))
    retention_class = models.ForeignKey(RetentionClass, **_signed())
    reason = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, **_signed())
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.rfa_id} in {self.retention_class_id}"


class Transfer(AppendOnly):
    """The receipt of a bag: who received it, when, under which reference.

    ``manifest_digest`` is the SHA-256 of the bag's manifest as the receiver computed it: a
    receipt for something else than what left is no receipt.
    """

    rfa = models.ForeignKey(AssistanceRequest, **_signed("transfers"))
    bag = models.ForeignKey(ArchivedBag, **_signed("transfers"))
    received_by = models.CharField(max_length=200)
    organisation = models.CharField(max_length=200)
    receipt_reference = models.CharField(max_length=120)
    received_on = models.DateField()
    manifest_digest = models.CharField(max_length=64)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, **_signed())
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return self.receipt_reference


class LegalHold(AppendOnly):
    """A record that may not be disposed of while a matter is open: who said so, and why."""

    rfa = models.ForeignKey(AssistanceRequest, **_signed("holds"))
    reason = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, **_signed())
    post_title = models.CharField(max_length=120)
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"hold on {self.rfa_id}"


class HoldLifted(AppendOnly):
    """The end of a legal hold: who lifted it, and why."""

    hold = models.OneToOneField(LegalHold, **_signed("lifted"))
    reason = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, **_signed())
    post_title = models.CharField(max_length=120)
    at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "holds lifted"

    def __str__(self) -> str:
        return f"lifted {self.hold_id}"


class DisposalAsked(AppendOnly):
    """Somebody asks that a record be disposed of, naming the authority and the reason."""

    rfa = models.ForeignKey(AssistanceRequest, **_signed("disposals_asked"))
    authority = models.CharField(max_length=200)
    reason = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, **_signed())
    post = models.ForeignKey("missions.Post", **_signed())
    capacity = models.CharField(max_length=20, choices=Capacity)
    at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "disposals asked"
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["id", "rfa", "by"], name="disposal_is_asked_by_one")
        ]

    def __str__(self) -> str:
        return f"disposal of {self.rfa_id} asked"


class DisposalDeclined(AppendOnly):
    """A disposal that was asked and is not done: declined by another, or taken back."""

    asked = models.OneToOneField(DisposalAsked, **_signed("declined"))
    reason = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, **_signed())
    at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "disposals declined"

    def __str__(self) -> str:
        return f"declined {self.asked_id}"


class Disposal(AppendOnly):
    """The stub of a record that was disposed of: what is left of it, and why it is gone.

    Asked by one person, confirmed by another: a composite foreign key ties ``asked_by`` to who
    asked. Its row is what lets the database forget the record's words, and nothing else does.
    ``digests`` holds the SHA-256 of each file, the bag's manifest, and the chain's head.
    """

    serving_may_call = ("dispose_of_words(uuid)",)

    rfa = models.OneToOneField(AssistanceRequest, **_signed("disposal"))
    asked = models.OneToOneField(DisposalAsked, **_signed("disposal"))
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, **_signed())
    reference = models.CharField(max_length=40)
    kind = models.CharField(max_length=20, choices=Kind)
    submitted_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField()
    class_code = models.CharField(max_length=40)
    class_title = models.CharField(max_length=200)
    action = models.CharField(max_length=12, choices=RetentionAction)
    due_on = models.DateField()
    authority = models.CharField(max_length=200)
    reason = models.TextField()
    transfer = models.ForeignKey(Transfer, null=True, **_signed())
    digests = models.JSONField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, **_signed())
    post_title = models.CharField(max_length=120)
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.CheckConstraint(
                name="disposal_is_confirmed_by_another",
                condition=~Q(by=F("asked_by")),
                violation_error_message=_("Whoever asks for a disposal does not confirm it."),
            ),
            models.CheckConstraint(
                name="disposal_after_transfer_names_its_receipt",
                condition=~Q(action=RetentionAction.TRANSFER) | Q(transfer__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"disposal of {self.reference}"
