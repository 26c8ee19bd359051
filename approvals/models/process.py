"""The mission's own processes (P31): drafted, commented on, co-signed, promulgated, kept."""

from django.conf import settings
from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from approvals.definition import Definition, read
from common.models import AppendOnly, NeverDeleted
from missions.vocabulary import Capacity, Role
from requests_app.vocabulary import Route


class ProcessState(models.TextChoices):
    """What a process is. Whether it is in force today follows from the dates."""

    BASELINE = "baseline", _("Baseline")
    DRAFT = "draft", _("Draft")
    PROMULGATED = "promulgated", _("Promulgated")
    DISCARDED = "discarded", _("Discarded")


class Process(NeverDeleted):
    """A mission's process for one route, in one version, as data (P31).

    At submission it is copied into the request's steps and never read again for it. A draft
    may be changed; what is promulgated, or was a baseline, keeps its words (a trigger), and
    rests on one signature of the DSRSG/RC/HC and one of the HOMC over these very words:
    composite foreign keys tie each signature to this row's ``digest``. Of the promulgated
    ones the newest whose day has come is in force.
    """

    mission = models.ForeignKey(
        "missions.Mission", on_delete=models.PROTECT, related_name="processes"
    )
    route = models.CharField(max_length=24, choices=Route)
    version = models.PositiveIntegerField()
    state = models.CharField(max_length=12, choices=ProcessState)
    content = models.JSONField()
    digest = models.CharField(max_length=64)
    chain = models.UUIDField(db_default=RandomUUID(), unique=True, editable=False)
    based_on = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="drafts"
    )
    reason = models.TextField(blank=True)
    drafted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    drafted_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField(null=True)
    edit = models.PositiveIntegerField(default=1)
    dsrsg_signature = models.ForeignKey(
        "CoSignature", null=True, on_delete=models.PROTECT, related_name="+"
    )
    homc_signature = models.ForeignKey(
        "CoSignature", null=True, on_delete=models.PROTECT, related_name="+"
    )
    promulgated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    promulgated_post = models.ForeignKey(
        "missions.Post", null=True, on_delete=models.PROTECT, related_name="+"
    )
    promulgated_as = models.CharField(max_length=20, choices=Capacity, blank=True)
    promulgated_at = models.DateTimeField(null=True)
    in_force_from = models.DateField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "processes"
        constraints = [
            models.UniqueConstraint(
                fields=["mission", "route", "version"], name="process_version_is_made_once"
            ),
            models.UniqueConstraint(
                fields=["mission", "route", "in_force_from"],
                condition=Q(state=ProcessState.PROMULGATED),
                name="route_has_one_process_from_a_day",
            ),
            models.UniqueConstraint(
                fields=["mission", "route"],
                condition=Q(state=ProcessState.DRAFT),
                name="route_has_one_draft_at_a_time",
            ),
            models.CheckConstraint(
                name="promulgated_process_is_co_signed",
                condition=~Q(state=ProcessState.PROMULGATED)
                | (
                    Q(dsrsg_signature__isnull=False)
                    & Q(homc_signature__isnull=False)
                    & ~Q(dsrsg_signature=F("homc_signature"))
                    & Q(promulgated_by__isnull=False)
                    & Q(promulgated_at__isnull=False)
                    & Q(in_force_from__isnull=False)
                ),
                violation_error_message=_(
                    "A process is promulgated once the DSRSG/RC/HC and the HOMC have co-signed "
                    "its words (para 31)."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_route_display()} v{self.version}"

    @property
    def definition(self) -> Definition:
        return read(self.content)


class ProcessComment(AppendOnly):
    """What a component of the mission says of a draft, on the words as they then stood (P31)."""

    process = models.ForeignKey(Process, on_delete=models.PROTECT, related_name="comments")
    digest = models.CharField(max_length=64)
    text = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    post = models.ForeignKey("missions.Post", on_delete=models.PROTECT, related_name="+")
    capacity = models.CharField(max_length=20, choices=Capacity)
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.post_id} on {self.process_id}"


class CoSignature(AppendOnly):
    """The DSRSG/RC/HC's or the HOMC's signature over the hash of a process's words (P31).

    It counts for these words alone: once the draft changes, ``digest`` is no longer the
    process's own. Nobody signs the same words twice, whatever posts they hold.
    """

    process = models.ForeignKey(Process, on_delete=models.PROTECT, related_name="signatures")
    role = models.CharField(max_length=30, choices=Role)
    digest = models.CharField(max_length=64)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    post = models.ForeignKey("missions.Post", on_delete=models.PROTECT, related_name="+")
    capacity = models.CharField(max_length=20, choices=Capacity)
    delegation = models.ForeignKey(
        "missions.Delegation", null=True, on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.CheckConstraint(
                name="process_is_co_signed_by_dsrsg_or_homc",
                condition=Q(role__in=[Role.DSRSG, Role.HOMC]),
            ),
            models.UniqueConstraint(
                fields=["process", "role", "digest"], name="process_is_co_signed_once_a_role"
            ),
            models.UniqueConstraint(
                fields=["process", "by", "digest"], name="nobody_co_signs_twice"
            ),
            models.UniqueConstraint(
                fields=["id", "process", "digest"], name="co_signature_is_over_its_words"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} on {self.process_id}"
