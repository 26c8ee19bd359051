"""The summary the compliance page is read from; kept by a reader of the ledger's outbox.

It holds nothing that the records do not say: ``records.compliance`` makes it anew from them.
"""

from typing import Any

from django.db import models
from django.db.models import Q

from missions.vocabulary import Classification
from requests_app.models import AssistanceRequest
from requests_app.vocabulary import Kind


def _no_findings() -> dict[str, Any]:
    return {}


class RecordCompliance(models.Model):
    """What one record was last found to be, row by row of the policy.

    ``findings`` maps a row (``P36``) to ``complied``, ``exception`` or ``pending``; a row that
    does not apply is not in it. The columns before it are where it is counted
    (``ComplianceCount``), so that it can be moved when they change. ``day`` is the day of
    submission, in the mission's time zone.
    """

    rfa = models.OneToOneField(
        AssistanceRequest, primary_key=True, on_delete=models.PROTECT, related_name="compliance"
    )
    mission = models.ForeignKey("missions.Mission", on_delete=models.PROTECT, related_name="+")
    day = models.DateField()
    sector = models.ForeignKey(
        "missions.Sector", null=True, on_delete=models.PROTECT, related_name="+"
    )
    kind = models.CharField(max_length=20, choices=Kind)
    classification = models.PositiveSmallIntegerField(choices=Classification)
    findings = models.JSONField(default=_no_findings)
    at_entry = models.PositiveIntegerField()

    class Meta:
        indexes = [
            models.Index(
                fields=["mission", "day"],
                condition=Q(kind=Kind.EXTREME_SITUATION),
                name="compliance_of_extremes",
            )
        ]

    def __str__(self) -> str:
        return f"compliance of {self.rfa_id}"


class ComplianceException(models.Model):
    """A row that a record broke: in what words, proved by which entry of its chain."""

    rfa = models.ForeignKey(
        AssistanceRequest, on_delete=models.PROTECT, related_name="compliance_exceptions"
    )
    mission = models.ForeignKey("missions.Mission", on_delete=models.PROTECT, related_name="+")
    row = models.CharField(max_length=12)
    day = models.DateField()
    words = models.CharField(max_length=400)
    entry = models.PositiveIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["rfa", "row"], name="record_breaks_a_row_once")
        ]
        indexes = [models.Index(fields=["mission", "row", "day"], name="exceptions_of_a_row")]

    def __str__(self) -> str:
        return f"{self.row} broken by {self.rfa_id}"


class ComplianceCount(models.Model):
    """How many records of a day, sector, kind and classification a row applied to and held in."""

    mission = models.ForeignKey("missions.Mission", on_delete=models.PROTECT, related_name="+")
    day = models.DateField()
    sector = models.ForeignKey(
        "missions.Sector", null=True, on_delete=models.PROTECT, related_name="+"
    )
    kind = models.CharField(max_length=20, choices=Kind)
    classification = models.PositiveSmallIntegerField(choices=Classification)
    row = models.CharField(max_length=12)
    complied = models.PositiveIntegerField(default=0)
    exceptions = models.PositiveIntegerField(default=0)
    pending = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["mission", "row", "day", "sector", "kind", "classification"],
                name="compliance_is_counted_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="compliance_counts_something_or_nothing",
                condition=Q(complied__gte=0) & Q(exceptions__gte=0) & Q(pending__gte=0),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.row} on {self.day}"
