"""What is asked: the request, what its kind adds, and the files and messages beside it."""

import uuid
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from common.models import AppendOnly, KeptByTheDatabase, NeverDeleted
from missions.vocabulary import Classification
from requests_app.vocabulary import (
    OPEN,
    CapacityRating,
    Category,
    CimicFunction,
    CoordinationCheck,
    FundingSource,
    Harm,
    Kind,
    RequesterClass,
    Route,
    Status,
    SupportType,
    Urgency,
)

MONEY: dict[str, Any] = {
    "max_digits": 14,
    "decimal_places": 2,
    "null": True,
    "blank": True,
    "validators": [MinValueValidator(Decimal(0))],
}
PEOPLE: dict[str, Any] = {"null": True, "blank": True}


class AssistanceRequest(NeverDeleted):
    """Something asked of the force by civilians, or proposed by it for them.

    Holds what every kind shares and what the register, the inbox, search and exports
    show; one table a kind holds the rest. ``version`` counts every change and guards
    against lost updates; ``revision`` counts what posts are asked to answer about.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    reference = models.CharField(max_length=40, unique=True)
    mission = models.ForeignKey(
        "missions.Mission", on_delete=models.PROTECT, related_name="requests", db_index=False
    )
    kind = models.CharField(max_length=20, choices=Kind)
    route = models.CharField(max_length=24, choices=Route, null=True, blank=True)  # noqa: DJ001
    status = models.CharField(max_length=20, choices=Status, default=Status.DRAFT)
    version = models.PositiveIntegerField(default=1)
    revision = models.PositiveIntegerField(default=1)

    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="requests", db_index=False
    )
    post = models.ForeignKey(
        "missions.Post",
        null=True,
        on_delete=models.PROTECT,
        related_name="requests",
        db_index=False,
    )
    organisation = models.ForeignKey(
        "missions.Organisation", null=True, blank=True, on_delete=models.PROTECT, db_index=False
    )
    on_behalf_of = models.CharField(max_length=200, blank=True)
    contact = models.CharField(max_length=200, blank=True)

    title = models.CharField(max_length=160, blank=True)
    description = models.TextField(blank=True)
    category = models.CharField(max_length=30, choices=Category, blank=True)
    cimic_function = models.CharField(max_length=24, choices=CimicFunction, blank=True)
    sector = models.ForeignKey(
        "missions.Sector", null=True, blank=True, on_delete=models.PROTECT, db_index=False
    )
    area = models.ForeignKey(
        "missions.Area", null=True, blank=True, on_delete=models.PROTECT, db_index=False
    )
    place = models.CharField(max_length=160, blank=True)
    latitude = models.FloatField(
        null=True, blank=True, validators=[MinValueValidator(-90), MaxValueValidator(90)]
    )
    longitude = models.FloatField(
        null=True, blank=True, validators=[MinValueValidator(-180), MaxValueValidator(180)]
    )
    needed_by = models.DateField(null=True, blank=True)
    urgency = models.CharField(max_length=16, choices=Urgency, default=Urgency.NORMAL)
    urgency_reason = models.CharField(max_length=400, blank=True)
    cluster = models.ForeignKey("missions.Cluster", null=True, blank=True, on_delete=models.PROTECT)
    women = models.PositiveIntegerField(**PEOPLE)
    men = models.PositiveIntegerField(**PEOPLE)
    girls = models.PositiveIntegerField(**PEOPLE)
    boys = models.PositiveIntegerField(**PEOPLE)
    gender_protection = models.TextField(blank=True)
    do_no_harm = models.TextField(blank=True)
    coordination_check = models.CharField(max_length=24, choices=CoordinationCheck, blank=True)
    coordination_note = models.TextField(blank=True)
    estimated_cost = models.DecimalField(**MONEY)
    currency = models.CharField(max_length=3, default="USD")
    funding_source = models.CharField(max_length=16, choices=FundingSource, blank=True)

    # Markers: a seat's condition reads these (``approvals.vocabulary.SeatCondition``).
    humanitarian = models.BooleanField(default=False)
    works = models.BooleanField(default=False)
    protection = models.BooleanField(default=False)
    public_order = models.BooleanField(default=False)
    ssr = models.BooleanField(default=False)
    ddr = models.BooleanField(default=False)
    disaster = models.BooleanField(default=False)
    disaster_name = models.CharField(max_length=120, blank=True)
    disaster_event = models.ForeignKey(
        "missions.DisasterEvent",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="requests",
    )
    displacement_site = models.ForeignKey(
        "missions.DisplacementSite",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="requests",
    )
    camp_effect = models.TextField(blank=True)

    classification = models.PositiveSmallIntegerField(
        choices=Classification, default=Classification.UNCLASSIFIED
    )
    hidden_from_force = models.BooleanField(default=False)
    # Imported as something that was over before CIMIC: not decided here, and never counted as such.
    historical = models.BooleanField(default=False)
    # Who asks is shown to the posts on the route alone, never exported, mapped or told (R22).
    low_profile = models.BooleanField(default=False)
    tasked_unit = models.ForeignKey(
        "missions.Unit",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="tasked",
        db_index=False,
    )

    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["id", "route"], name="rfa_travels_one_route"),
            models.CheckConstraint(
                name="rfa_beyond_draft_has_its_route",
                condition=Q(status__in=[Status.DRAFT, Status.WITHDRAWN]) | Q(route__isnull=False),
            ),
            models.CheckConstraint(
                name="rfa_beyond_draft_says_what_is_asked",
                condition=Q(status__in=[Status.DRAFT, Status.WITHDRAWN])
                | (~Q(title="") & Q(submitted_at__isnull=False)),
                violation_error_message=_("Give the request a title."),
            ),
            models.CheckConstraint(
                name="rfa_that_is_history_is_closed",
                condition=Q(historical=False) | Q(status=Status.CLOSED),
            ),
            models.CheckConstraint(
                name="rfa_is_closed_with_its_date",
                condition=~Q(status=Status.CLOSED) | Q(closed_at__isnull=False),
            ),
            models.CheckConstraint(
                name="rfa_place_is_on_earth",
                condition=(
                    Q(latitude__isnull=True, longitude__isnull=True)
                    | Q(
                        latitude__isnull=False,
                        longitude__isnull=False,
                        latitude__gte=-90,
                        latitude__lte=90,
                        longitude__gte=-180,
                        longitude__lte=180,
                    )
                ),
                violation_error_message=_("Give latitude and longitude together, in degrees."),
            ),
        ]
        indexes = [
            models.Index(F("mission"), F("created_at").desc(), F("id").desc(), name="rfa_register"),
            models.Index(
                F("requested_by"), F("created_at").desc(), F("id").desc(), name="rfa_mine"
            ),
            models.Index(
                F("organisation"), F("created_at").desc(), F("id").desc(), name="rfa_organisation"
            ),
            models.Index(F("sector"), F("created_at").desc(), F("id").desc(), name="rfa_of_sector"),
            models.Index(F("post"), F("created_at").desc(), F("id").desc(), name="rfa_of_post"),
            models.Index(
                F("tasked_unit"), F("created_at").desc(), F("id").desc(), name="rfa_of_unit"
            ),
            models.Index(F("created_at").desc(), F("id").desc(), name="rfa_newest"),
            models.Index(Upper("reference"), name="rfa_as_it_is_called"),
            # The newest of a sort, and of a sort in a district: what may look alike.
            models.Index(
                F("mission"),
                F("category"),
                F("created_at").desc(),
                name="rfa_of_a_sort",
                include=["title"],
                condition=Q(submitted_at__isnull=False),
            ),
            models.Index(
                F("area"), F("category"), F("created_at").desc(), name="rfa_of_a_sort_here"
            ),
            models.Index(
                F("requested_by"),
                F("created_at").desc(),
                F("id").desc(),
                condition=~Q(status__in=[Status.CLOSED, Status.WITHDRAWN, Status.CANCELLED]),
                name="rfa_mine_open",
            ),
            models.Index(
                fields=["requested_by"],
                condition=Q(status=Status.RETURNED),
                name="rfa_returned_to",
            ),
            models.Index(
                fields=["post"], condition=Q(status=Status.RETURNED), name="rfa_returned_to_post"
            ),
            models.Index(
                fields=["mission", "submitted_at"],
                condition=Q(submitted_at__isnull=False, historical=False),
                name="rfa_submitted",
            ),
            models.Index(
                fields=["mission", "status"], condition=Q(status__in=OPEN), name="rfa_open"
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def people(self) -> int | None:
        """The people helped, when any of the four counts was given."""
        counts = [self.women, self.men, self.girls, self.boys]
        return None if all(count is None for count in counts) else sum(filter(None, counts))

    @property
    def is_time_sensitive(self) -> bool:
        return self.urgency == Urgency.TIME_SENSITIVE

    @property
    def details(self) -> models.Model | None:
        """The row that holds what this kind adds."""
        return getattr(self, DETAILS[Kind(self.kind)][0], None)


class CivilAssistance(NeverDeleted):
    """What civil assistance adds: for whom, last resort, and the mission's assets (P16, P38)."""

    rfa = models.OneToOneField(
        AssistanceRequest,
        primary_key=True,
        on_delete=models.PROTECT,
        related_name="civil_assistance",
    )
    support_type = models.CharField(max_length=20, choices=SupportType, blank=True)
    last_resort = models.TextField(blank=True)
    pick_up = models.CharField(max_length=160, blank=True)
    drop_off = models.CharField(max_length=160, blank=True)
    receiving_contact = models.CharField(max_length=160, blank=True)
    hand_back_plan = models.TextField(blank=True)
    ends_on = models.DateField(null=True, blank=True)

    def __str__(self) -> str:
        return f"civil assistance {self.rfa_id}"


class SecurityAssistance(NeverDeleted):
    """What security assistance adds: for whom, the route, the threat and what was tried (P39)."""

    rfa = models.OneToOneField(
        AssistanceRequest,
        primary_key=True,
        on_delete=models.PROTECT,
        related_name="security_assistance",
    )
    requester_class = models.CharField(max_length=20, choices=RequesterClass, blank=True)
    origin = models.CharField(max_length=160, blank=True)
    destination = models.CharField(max_length=160, blank=True)
    waypoints = models.TextField(blank=True)
    departs_at = models.DateTimeField(null=True, blank=True)
    returns_at = models.DateTimeField(null=True, blank=True)
    vehicles = models.PositiveIntegerField(null=True, blank=True)
    passengers = models.PositiveIntegerField(null=True, blank=True)
    cargo = models.TextField(blank=True)
    threat_summary = models.TextField(blank=True)
    alternatives_tried = models.TextField(blank=True)
    discontinuation_plan = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="escort_returns_after_it_departs",
                condition=Q(departs_at__isnull=True)
                | Q(returns_at__isnull=True)
                | Q(returns_at__gte=F("departs_at")),
                violation_error_message=_("The return cannot be before the departure."),
            )
        ]

    def __str__(self) -> str:
        return f"security assistance {self.rfa_id}"


class QuickImpactProject(NeverDeleted):
    """What a QIP adds: its confidence objective, partner, plan and upkeep (GA 61/276, OIOS)."""

    rfa = models.OneToOneField(
        AssistanceRequest,
        primary_key=True,
        on_delete=models.PROTECT,
        related_name="quick_impact_project",
    )
    objective = models.TextField(blank=True)
    implementing_partner = models.CharField(max_length=160, blank=True)
    partner_registration = models.CharField(max_length=120, blank=True)
    partner_capacity = models.CharField(max_length=10, choices=CapacityRating, blank=True)
    overhead = models.DecimalField(**MONEY)
    other_contributions = models.DecimalField(**MONEY)
    work_plan = models.TextField(blank=True)
    starts_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)
    maintenance_owner = models.CharField(max_length=160, blank=True)
    environment_check = models.TextField(blank=True)
    ceiling_exception_reason = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="qip_ends_after_it_starts",
                condition=Q(starts_on__isnull=True)
                | Q(ends_on__isnull=True)
                | Q(ends_on__gte=F("starts_on")),
                violation_error_message=_("The end cannot be before the start."),
            )
        ]

    def __str__(self) -> str:
        return f"QIP {self.rfa_id}"


class ExtremeSituation(NeverDeleted):
    """Help given before approval, to prevent one of three harms, reported afterwards (P40).

    Several reports of one event are joined: the later ones are the ``same_event_as`` the first.
    """

    rfa = models.OneToOneField(
        AssistanceRequest,
        primary_key=True,
        on_delete=models.PROTECT,
        related_name="extreme_situation",
    )
    harm = models.CharField(max_length=10, choices=Harm)
    acted_at = models.DateTimeField()
    action_taken = models.TextField()
    unit = models.ForeignKey(
        "missions.Unit", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    same_event_as = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="further_reports"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="report_is_not_joined_to_itself", condition=~Q(same_event_as=F("rfa"))
            )
        ]

    def __str__(self) -> str:
        return f"extreme situation {self.rfa_id}"


DETAILS: dict[Kind, tuple[str, type[models.Model]]] = {
    Kind.CIVIL_ASSISTANCE: ("civil_assistance", CivilAssistance),
    Kind.SECURITY_ASSISTANCE: ("security_assistance", SecurityAssistance),
    Kind.QIP: ("quick_impact_project", QuickImpactProject),
    Kind.EXTREME_SITUATION: ("extreme_situation", ExtremeSituation),
}


class AssetLine(models.Model):
    """One sort of mission asset asked for (P38)."""

    rfa = models.ForeignKey(
        AssistanceRequest, on_delete=models.PROTECT, related_name="assets", db_index=False
    )
    number = models.PositiveSmallIntegerField()
    asset = models.CharField(max_length=120)
    quantity = models.PositiveIntegerField()
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["rfa", "number"], name="asset_line_has_its_place")
        ]

    def __str__(self) -> str:
        return f"{self.quantity} {self.asset}"


class BudgetLine(models.Model):
    """One item of the budget, in the request's currency."""

    rfa = models.ForeignKey(
        AssistanceRequest, on_delete=models.PROTECT, related_name="budget", db_index=False
    )
    number = models.PositiveSmallIntegerField()
    item = models.CharField(max_length=160)
    quantity = models.DecimalField(max_digits=12, decimal_places=2)
    unit_cost = models.DecimalField(max_digits=14, decimal_places=2)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["rfa", "number"], name="budget_line_has_its_place"),
            models.CheckConstraint(
                name="budget_line_is_not_negative",
                condition=Q(quantity__gte=0) & Q(unit_cost__gte=0),
            ),
        ]

    def __str__(self) -> str:
        return self.item

    @property
    def amount(self) -> Decimal:
        return (self.quantity * self.unit_cost).quantize(Decimal("0.01"))


class UnitAtWork(AppendOnly):
    """A further unit that works on a request's task, beside the one that was tasked with it.

    It sees the record and reports on it as the tasked unit does.
    """

    rfa = models.ForeignKey(
        AssistanceRequest, on_delete=models.PROTECT, related_name="units_at_work"
    )
    unit = models.ForeignKey("missions.Unit", on_delete=models.PROTECT, related_name="at_work")
    work = models.CharField(max_length=300)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "units at work"
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["rfa", "unit"], name="unit_joins_a_task_once")
        ]
        indexes = [models.Index(fields=["unit"], name="units_at_work")]

    def __str__(self) -> str:
        return f"{self.unit_id} on {self.rfa_id}"


class Revision(AppendOnly):
    """The words a post was asked to answer about, as they were submitted (canonical JSON)."""

    rfa = models.ForeignKey(
        AssistanceRequest, on_delete=models.PROTECT, related_name="revisions", db_index=False
    )
    number = models.PositiveIntegerField()
    content = models.TextField()
    digest = models.CharField(max_length=64)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["rfa", "number"], name="revision_is_made_once")
        ]

    def __str__(self) -> str:
        return f"{self.rfa_id} revision {self.number}"


class Attachment(NeverDeleted):
    """A file beside a request, served only through a view that asks who may see it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    rfa = models.ForeignKey(AssistanceRequest, on_delete=models.PROTECT, related_name="attachments")
    file = models.FileField(upload_to="attachments/%Y/%m/", max_length=200)
    name = models.CharField(max_length=160)
    caption = models.CharField(max_length=200, blank=True)
    media_type = models.CharField(max_length=100)
    size = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    added_at = models.DateTimeField()

    class Meta:
        ordering = ["added_at"]
        constraints = [
            models.CheckConstraint(name="attachment_is_not_empty", condition=Q(size__gt=0))
        ]

    def __str__(self) -> str:
        return self.name


class Message(AppendOnly):
    """Something said about a request: to all who see it, or among the mission alone."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    rfa = models.ForeignKey(AssistanceRequest, on_delete=models.PROTECT, related_name="messages")
    text = models.TextField()
    internal = models.BooleanField(default=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    post = models.ForeignKey("missions.Post", null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["at"]

    def __str__(self) -> str:
        return f"message on {self.rfa_id}"


class RecordWords(KeptByTheDatabase):
    """The words by which a record is found: a vector for each audience that reads them.

    Kept by the database's triggers, in the transaction of whatever wrote the words; no code
    writes them, and the serving role cannot. ``open`` to all who see the record; ``asking``,
    who a low-profile requester is (R22); ``inside``, the internal messages.
    """

    rfa = models.OneToOneField(
        AssistanceRequest, primary_key=True, on_delete=models.PROTECT, related_name="words"
    )
    open = SearchVectorField()
    asking = SearchVectorField()
    inside = SearchVectorField()

    class Meta:
        indexes = [
            GinIndex(fields=["open"], name="words_open"),
            GinIndex(fields=["asking"], name="words_asking"),
            GinIndex(fields=["inside"], name="words_inside"),
        ]

    def __str__(self) -> str:
        return f"words of {self.rfa_id}"


class ReferenceCounter(models.Model):
    """The last number given to a mission's references of a kind in a year."""

    mission = models.ForeignKey("missions.Mission", on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=4)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["mission", "code", "year"], name="references_are_counted_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.year}: {self.last}"


class ImportRun(NeverDeleted):
    """A mission's spreadsheet brought in: its name and SHA-256, how it was read, what it added.

    ``matching`` says for each heading which question it answers ('' for none). The file is
    removed once it is done, or after a week; what it was stays.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    mission = models.ForeignKey("missions.Mission", on_delete=models.PROTECT, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=160)
    digest = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    uploaded_at = models.DateTimeField()
    sheet = models.CharField(max_length=120, blank=True)
    kind = models.CharField(max_length=20, choices=Kind, blank=True)
    day_order = models.CharField(max_length=3, blank=True)
    matching = models.JSONField(default=dict)
    done_at = models.DateTimeField(null=True)
    added = models.PositiveIntegerField(null=True)
    there = models.PositiveIntegerField(null=True)
    file_removed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                F("mission"), F("uploaded_at").desc(), F("id").desc(), name="imports_of_mission"
            )
        ]

    def __str__(self) -> str:
        return self.name


class ColumnMatch(models.Model):
    """Which question a mission's heading answers, as somebody last corrected it."""

    mission = models.ForeignKey("missions.Mission", on_delete=models.PROTECT, related_name="+")
    heading = models.CharField(max_length=120)
    name = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["mission", "heading"], name="heading_is_matched_once_a_mission"
            )
        ]

    def __str__(self) -> str:
        return f"{self.heading}: {self.name}"


class ImportedRow(AppendOnly):
    """Where an imported record comes from: which row of which spreadsheet, and what it claims.

    ``digest`` is of the row's own words, so that the same row comes in once, whatever file it
    stands in. ``claims`` is what it says of decisions and ends that CIMIC cannot prove.
    """

    rfa = models.OneToOneField(AssistanceRequest, on_delete=models.PROTECT, related_name="imported")
    run = models.ForeignKey(ImportRun, on_delete=models.PROTECT, related_name="rows")
    mission = models.ForeignKey("missions.Mission", on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    claims = models.JSONField(default=dict)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(
                fields=["mission", "digest"], name="row_comes_in_once_a_mission"
            )
        ]

    def __str__(self) -> str:
        return f"row {self.number} of {self.run_id}"
