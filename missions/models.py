"""Who and where: missions, their ground, their posts and the people who hold them."""

from zoneinfo import available_timezones

from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateRangeField, RangeOperators
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext_lazy as _

from common.models import ServingMayUpdate
from missions.vocabulary import (
    AreaLevel,
    Capacity,
    Classification,
    OrganisationType,
    Reach,
    Role,
)


def is_a_time_zone(name: str) -> None:
    """Refuse a name that the time zone database does not hold."""
    if name not in available_timezones():
        raise ValidationError(
            _("“%(name)s” is no time zone: write one such as Africa/Bangui."), params={"name": name}
        )


WEEK = [1, 2, 3, 4, 5, 6, 7]


def _monday_to_friday() -> list[int]:
    return [1, 2, 3, 4, 5]


def _four_fifths_and_the_rest() -> list[int]:
    return [80, 20]


def adds_up_to_a_hundred(percents: list[int]) -> None:
    """Refuse instalments that are not the whole: the parts of a hundred, none of them nothing."""
    if not percents or min(percents) < 1 or sum(percents) != 100:
        raise ValidationError(
            _("Name the instalments in per cent, such as 80, 20: together they are 100.")
        )


class Mission(models.Model):
    """A United Nations peacekeeping mission with a force.

    ``working_days`` are ISO weekdays (Monday is 1): a normal limit runs on them alone, in
    ``time_zone``; a time-sensitive one runs day and night. ``board_quorum`` is how many
    members the project review committee needs. ``complaint_hours`` is how soon a complaint is
    answered (P50), ``referral_hours`` a referral (P52). ``site_distance_km`` is how near to a
    displacement site a request lies "near" it (P47). ``instalment_percents`` are the parts in
    which a QIP's partner is paid, the last one after a visit. Every ``follow_up_days`` UN-CIMIC
    is reminded of a refused need of which nobody knows what became (P41).
    """

    code = models.CharField(max_length=12, unique=True)
    name = models.CharField(max_length=200)
    country = models.CharField(max_length=100)
    country_code = models.CharField(max_length=3, blank=True)
    currency = models.CharField(max_length=3, default="USD")
    time_zone = models.CharField(max_length=60, default="UTC", validators=[is_a_time_zone])
    mail_domain = models.CharField(max_length=100, default="localhost")
    established_on = models.DateField()
    qip_ceiling = models.DecimalField(max_digits=12, decimal_places=2, default=50000)
    instalment_percents = ArrayField(
        models.PositiveSmallIntegerField(),
        default=_four_fifths_and_the_rest,
        validators=[adds_up_to_a_hundred],
    )
    follow_up_days = models.PositiveSmallIntegerField(
        default=14, validators=[MinValueValidator(1), MaxValueValidator(365)]
    )
    working_days = ArrayField(models.PositiveSmallIntegerField(), default=_monday_to_friday)
    board_quorum = models.PositiveSmallIntegerField(default=2)
    complaint_hours = models.PositiveIntegerField(default=120)
    referral_hours = models.PositiveIntegerField(default=72)
    site_distance_km = models.FloatField(default=3)
    asset_focal_point = models.ForeignKey(
        "Post", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="mission_works_on_some_days",
                condition=Q(working_days__len__gte=1, working_days__contained_by=WEEK),
                violation_error_message=_(
                    "Name the working days, from 1 (Monday) to 7 (Sunday): at least one."
                ),
            ),
            models.CheckConstraint(
                name="mission_board_meets_with_somebody", condition=Q(board_quorum__gte=1)
            ),
            models.CheckConstraint(
                name="mission_follows_up_within_a_year",
                condition=Q(follow_up_days__gte=1, follow_up_days__lte=365),
                violation_error_message=_("Remind every 1 to 365 days."),
            ),
        ]

    def __str__(self) -> str:
        return self.code


class Holiday(models.Model):
    """A day on which the mission does not work; a normal limit does not run on it."""

    mission = models.ForeignKey(Mission, on_delete=models.PROTECT, related_name="holidays")
    on = models.DateField()
    name = models.CharField(max_length=80)

    class Meta:
        ordering = ["on"]
        constraints = [
            models.UniqueConstraint(fields=["mission", "on"], name="holiday_is_one_a_day")
        ]

    def __str__(self) -> str:
        return f"{self.on} {self.name}"


class Sector(models.Model):
    """A part of the mission's area under one sector headquarters."""

    mission = models.ForeignKey(Mission, on_delete=models.PROTECT, related_name="sectors")
    code = models.SlugField(max_length=20)
    name = models.CharField(max_length=100)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["mission", "code"], name="sector_code_is_one_a_mission")
        ]

    def __str__(self) -> str:
        return self.name


class Unit(models.Model):
    """A contingent's unit: of a sector, or of the force as a whole."""

    mission = models.ForeignKey(Mission, on_delete=models.PROTECT, related_name="units")
    sector = models.ForeignKey(
        Sector, null=True, blank=True, on_delete=models.PROTECT, related_name="units"
    )
    code = models.SlugField(max_length=30)
    name = models.CharField(max_length=120)
    contributing_country = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["mission", "code"], name="unit_code_is_one_a_mission")
        ]

    def __str__(self) -> str:
        return self.name


class Area(models.Model):
    """A province or district of the host country, with its p-code and boundary (WGS 84).

    ``boundary`` is a GeoJSON geometry, longitude before latitude; ``latitude`` and
    ``longitude`` are a point inside it, in degrees.
    """

    mission = models.ForeignKey(Mission, on_delete=models.PROTECT, related_name="areas")
    sector = models.ForeignKey(
        Sector, null=True, blank=True, on_delete=models.PROTECT, related_name="areas"
    )
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="parts"
    )
    level = models.PositiveSmallIntegerField(choices=AreaLevel)
    pcode = models.CharField(max_length=20)
    name = models.CharField(max_length=100)
    boundary = models.JSONField(null=True, blank=True)
    latitude = models.FloatField(null=True, blank=True)
    longitude = models.FloatField(null=True, blank=True)

    class Meta:
        ordering = ["pcode"]
        constraints = [
            models.UniqueConstraint(fields=["mission", "pcode"], name="pcode_is_one_a_mission")
        ]

    def __str__(self) -> str:
        return self.name


class DisplacementSite(models.Model):
    """A camp or site of internally displaced persons, whose civilian character is kept (P47).

    ``latitude`` and ``longitude`` in degrees, WGS 84.
    """

    mission = models.ForeignKey(
        Mission, on_delete=models.PROTECT, related_name="displacement_sites"
    )
    name = models.CharField(max_length=120)
    area = models.ForeignKey(
        Area, null=True, blank=True, on_delete=models.PROTECT, related_name="displacement_sites"
    )
    latitude = models.FloatField()
    longitude = models.FloatField()
    people = models.PositiveIntegerField(null=True, blank=True)
    opened_on = models.DateField()
    closed_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["mission", "name"], name="displacement_site_name_is_one_a_mission"
            ),
            models.CheckConstraint(
                name="displacement_site_is_on_earth",
                condition=Q(latitude__gte=-90)
                & Q(latitude__lte=90)
                & Q(longitude__gte=-180)
                & Q(longitude__lte=180),
                violation_error_message=_("Give latitude and longitude in degrees."),
            ),
            models.CheckConstraint(
                name="displacement_site_closes_after_it_opens",
                condition=Q(closed_on__isnull=True) | Q(closed_on__gte=F("opened_on")),
                violation_error_message=_("The last day cannot be before the first."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class DisasterEvent(models.Model):
    """A natural disaster that requests are grouped by (P37); the route stays the same.

    ``glide`` is its GLIDE number (glidenumber.net), where it has one.
    """

    mission = models.ForeignKey(Mission, on_delete=models.PROTECT, related_name="disaster_events")
    name = models.CharField(max_length=120)
    glide = models.CharField(max_length=20, blank=True)
    began_on = models.DateField()
    ended_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["-began_on", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["mission", "name"], name="disaster_event_name_is_one_a_mission"
            ),
            models.CheckConstraint(
                name="disaster_event_ends_after_it_begins",
                condition=Q(ended_on__isnull=True) | Q(ended_on__gte=F("began_on")),
                violation_error_message=_("The last day cannot be before the first."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Organisation(models.Model):
    """Whoever asks, partners or delivers: an agency, an NGO, an authority, a community."""

    mission = models.ForeignKey(Mission, on_delete=models.PROTECT, related_name="organisations")
    name = models.CharField(max_length=150)
    acronym = models.CharField(max_length=20, blank=True)
    type = models.CharField(max_length=3, choices=OrganisationType)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["mission", "name"], name="organisation_name_is_one_a_mission"
            )
        ]

    def __str__(self) -> str:
        return self.acronym or self.name


class Cluster(models.Model):
    """A humanitarian cluster with its lead; requests fit its plan (P70)."""

    mission = models.ForeignKey(Mission, on_delete=models.PROTECT, related_name="clusters")
    code = models.CharField(max_length=10)
    name = models.CharField(max_length=100)
    lead = models.ForeignKey(
        Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="leads"
    )

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["mission", "code"], name="cluster_code_is_one_a_mission"
            )
        ]

    def __str__(self) -> str:
        return self.name


class User(AbstractUser):
    """A person. What they may do follows from the posts they hold, never from the account."""

    rank = models.CharField(max_length=40, blank=True)
    organisation = models.ForeignKey(
        Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="people"
    )
    language = models.CharField(max_length=10, default="en")

    class Meta(AbstractUser.Meta):  # type: ignore[name-defined]
        constraints = [
            models.UniqueConstraint(
                fields=["email"], condition=~Q(email=""), name="email_belongs_to_one_person"
            )
        ]

    @property
    def name(self) -> str:
        """Rank and full name, as they are written on a decision."""
        return " ".join(filter(None, [self.rank, self.get_full_name()])) or self.username

    def __str__(self) -> str:
        return self.name


class Post(models.Model):
    """An office of the mission. The inbox, the duties and the rights belong to it.

    ``above`` is the post to which its work escalates; ``office_of`` says whose answers
    its holder may prepare. ``reach`` and ``clearance`` bound what it sees (P15).
    """

    mission = models.ForeignKey(Mission, on_delete=models.PROTECT, related_name="posts")
    code = models.CharField(max_length=40)
    title = models.CharField(max_length=120)
    role = models.CharField(max_length=30, choices=Role)
    sector = models.ForeignKey(
        Sector, null=True, blank=True, on_delete=models.PROTECT, related_name="posts"
    )
    unit = models.ForeignKey(
        Unit, null=True, blank=True, on_delete=models.PROTECT, related_name="posts"
    )
    organisation = models.ForeignKey(
        Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="posts"
    )
    above = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="below"
    )
    office_of = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="offices"
    )
    reach = models.CharField(max_length=10, choices=Reach, default=Reach.OWN)
    clearance = models.PositiveSmallIntegerField(
        choices=Classification, default=Classification.UNCLASSIFIED
    )

    class Meta:
        ordering = ["title"]
        constraints = [
            models.UniqueConstraint(fields=["mission", "code"], name="post_code_is_one_a_mission"),
            models.CheckConstraint(
                name="post_reach_has_its_ground",
                condition=(
                    Q(reach__in=[Reach.OWN, Reach.MISSION])
                    | Q(reach=Reach.SECTOR, sector__isnull=False)
                    | Q(reach=Reach.UNIT, unit__isnull=False)
                ),
                violation_error_message=_("A post that sees a sector or unit names it."),
            ),
        ]

    def __str__(self) -> str:
        return self.title


def _days(lower: str, upper: str) -> Func:
    """A span of whole days; an empty upper end is open."""
    return Func(
        F(lower),
        F(upper),
        Value("[]"),
        function="daterange",
        output_field=DateRangeField(),
    )


class Appointment(models.Model):
    """A person's tenure in a post, from a day to a day (both included).

    A post has one holder at a time; an officer-in-charge stands in beside an absent one.
    """

    post = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="appointments")
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="appointments")
    capacity = models.CharField(max_length=20, choices=Capacity, default=Capacity.HOLDER)
    from_on = models.DateField()
    until_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="appointment_is_as_holder_or_in_charge",
                condition=Q(capacity__in=[Capacity.HOLDER, Capacity.OFFICER_IN_CHARGE]),
            ),
            models.CheckConstraint(
                name="appointment_ends_after_it_begins",
                condition=Q(until_on__isnull=True) | Q(until_on__gte=F("from_on")),
                violation_error_message=_("The last day cannot be before the first."),
            ),
            ExclusionConstraint(
                name="post_has_one_holder_at_a_time",
                expressions=[
                    ("post", RangeOperators.EQUAL),
                    ("capacity", RangeOperators.EQUAL),
                    (_days("from_on", "until_on"), RangeOperators.OVERLAPS),
                ],
                violation_error_message=_("Somebody holds this post in that time already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} as {self.get_capacity_display()} of {self.post}"


def _every_route() -> list[str]:
    return []


class Delegation(ServingMayUpdate):
    """A holder lets another person act for the post for a while; named on each such decision.

    ``routes`` bounds it to requests of these routes (``requests_app.vocabulary.Route``);
    empty is all of them. ``ended_at`` ends it before its last day; nothing else of it changes.
    """

    serving_may_update = ("ended_at", "ended_by")

    post = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="delegations")
    delegate = models.ForeignKey(User, on_delete=models.PROTECT, related_name="delegations")
    given_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="delegations_given")
    scope = models.CharField(max_length=200, blank=True)
    routes = ArrayField(models.CharField(max_length=24), default=_every_route, blank=True)
    from_on = models.DateField()
    until_on = models.DateField()
    given_at = models.DateTimeField(null=True, editable=False)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="delegation_is_to_another_person",
                condition=~Q(delegate=F("given_by")),
                violation_error_message=_("A delegation is given to somebody else."),
            ),
            models.CheckConstraint(
                name="delegation_ends_after_it_begins",
                condition=Q(until_on__gte=F("from_on")),
                violation_error_message=_("The last day cannot be before the first."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.delegate} for {self.post} until {self.until_on}"


def _all_scopes() -> list[str]:
    return ["read", "write"]


class AccessToken(models.Model):
    """A person's key to the API. Only its digest is kept; the key is shown once.

    ``scopes`` bound what it opens (``missions.vocabulary.Scope``). ``proved_twice`` says that
    a second factor was given for it: without, it opens nothing once a post demands one.
    """

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    digest = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=80, blank=True, db_default="")
    scopes = ArrayField(
        models.CharField(max_length=30), default=_all_scopes, db_default=["read", "write"]
    )
    proved_twice = models.BooleanField(default=False, db_default=False)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"token of {self.person}"
