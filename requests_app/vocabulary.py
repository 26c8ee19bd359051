"""The words for what is asked."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Kind(models.TextChoices):
    """What sort of record it is."""

    CIVIL_ASSISTANCE = "civil_assistance", _("Civil assistance")
    SECURITY_ASSISTANCE = "security_assistance", _("Security assistance")
    QIP = "qip", _("Quick Impact Project")
    EXTREME_SITUATION = "extreme_situation", _("Extreme situation")


KIND_CODES = {
    Kind.CIVIL_ASSISTANCE: "CA",
    Kind.SECURITY_ASSISTANCE: "SA",
    Kind.QIP: "QIP",
    Kind.EXTREME_SITUATION: "EX",
}


class Status(models.TextChoices):
    """Where a record stands. What may follow what is in ``approvals.moves``."""

    DRAFT = "draft", _("Draft")
    UNDER_REVIEW = "under_review", _("Under review")
    RETURNED = "returned", _("Returned")
    IN_CONSULTATION = "in_consultation", _("In consultation")
    AWAITING_DECISION = "awaiting_decision", _("Awaiting decision")
    APPROVED = "approved", _("Approved")
    IN_PROGRESS = "in_progress", _("In progress")
    COMPLETED = "completed", _("Completed")
    NOT_APPROVED = "not_approved", _("Not approved")
    CLOSED = "closed", _("Closed")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    CANCELLED = "cancelled", _("Cancelled")
    REPORTED = "reported", _("Reported")
    ACKNOWLEDGED = "acknowledged", _("Acknowledged")
    HELD = "held", _("Exception held")
    NOT_HELD = "not_held", _("Exception not held")


# What the mission still has to do something about; all else is settled, or waits to be filed.
OPEN = (
    Status.UNDER_REVIEW,
    Status.RETURNED,
    Status.IN_CONSULTATION,
    Status.AWAITING_DECISION,
    Status.APPROVED,
    Status.IN_PROGRESS,
    Status.REPORTED,
    Status.ACKNOWLEDGED,
)


class Route(models.TextChoices):
    """Which of the mission's processes a record travels by; fixed when it is submitted."""

    CIVIL_ASSISTANCE = "civil_assistance", _("Civil assistance")
    QIP = "qip", _("Quick Impact Project")
    SECURITY_HUMANITARIAN = "security_humanitarian", _("Security for a humanitarian actor")
    SECURITY_MISSION = "security_mission", _("Security for a mission component")
    EXTREME_SITUATION = "extreme_situation", _("Extreme situation")


class CimicFunction(models.TextChoices):
    """The three UN-CIMIC functions a request serves (UN/AU CIMIC course, module 1)."""

    LIAISON_INFORMATION = "liaison_information", _("Liaison and information management")
    MISSION_SUPPORT = "mission_support", _("Mission support")
    COMMUNITY_SUPPORT = "community_support", _("Community support")


class Category(models.TextChoices):
    """What is asked, within its kind (domain lists: civil assistance, security, QIP themes)."""

    TRANSPORT = "transport", _("Transport or airlift")
    ENGINEERING = "engineering", _("Engineering, roads and bridges")
    MEDICAL = "medical", _("Medical outreach")
    WATER = "water", _("Water")
    EQUIPMENT_LOAN = "equipment_loan", _("Equipment loan")
    STORAGE = "storage", _("Storage")
    CAMP_WORKS = "camp_works", _("Camp works")
    TRAINING = "training", _("Training")
    COMMUNICATIONS = "communications", _("Communications")
    PLANNING_INFORMATION = "planning_information", _("Planning and information")
    DONATION = "donation", _("Donation")
    EVENT_SUPPORT = "event_support", _("Event support")

    ARMED_ESCORT = "armed_escort", _("Armed escort")
    AREA_SECURITY = "area_security", _("Area security")
    STATIC_GUARD = "static_guard", _("Static guard")
    ROUTE_RECONNAISSANCE = "route_reconnaissance", _("Route reconnaissance")
    LANDING_SITE_SECURITY = "landing_site_security", _("Aircraft and landing-site security")
    EVACUATION = "evacuation", _("Evacuation or extraction")
    DETERRENT_PATROL = "deterrent_patrol", _("Deterrent patrol")

    PROTECTION = "protection_of_civilians", _("Protection of civilians")
    RULE_OF_LAW = "rule_of_law", _("Rule of law and security institutions")
    STATE_AUTHORITY = "state_authority", _("State authority and administration")
    WATER_SANITATION = "water_sanitation", _("Water and sanitation")
    HEALTH = "health", _("Health")
    EDUCATION = "education", _("Education")
    ROADS_BRIDGES = "roads_bridges", _("Roads and bridges")
    ENERGY_LIGHTING = "energy_lighting", _("Energy and lighting")
    LIVELIHOODS = "livelihoods_markets", _("Livelihoods and markets")
    SOCIAL_COHESION = "social_cohesion", _("Social cohesion and reconciliation")
    WOMEN_YOUTH = "women_youth", _("Women and youth")
    AWARENESS_TRAINING = "awareness_training", _("Awareness and training")

    LIFE_SAVING = "life_saving", _("Life-saving help already given")


_ORDER = list(Category)
CATEGORIES = {
    Kind.CIVIL_ASSISTANCE: _ORDER[: _ORDER.index(Category.ARMED_ESCORT)],
    Kind.SECURITY_ASSISTANCE: _ORDER[
        _ORDER.index(Category.ARMED_ESCORT) : _ORDER.index(Category.PROTECTION)
    ],
    Kind.QIP: _ORDER[_ORDER.index(Category.PROTECTION) : _ORDER.index(Category.LIFE_SAVING)],
    Kind.EXTREME_SITUATION: [Category.LIFE_SAVING],
}


class Urgency(models.TextChoices):
    """Time-sensitive proposals have their own limits (P31)."""

    NORMAL = "normal", _("Normal")
    TIME_SENSITIVE = "time_sensitive", _("Time-sensitive")


class SupportType(models.TextChoices):
    """The two types of civil assistance (P16, 63.1 and 63.2)."""

    PARTNER_SUPPORT = "partner_support", _("Support to a humanitarian or development actor")
    COMMUNITY_SUPPORT = "community_support", _("Community support")


class CoordinationCheck(models.TextChoices):
    """What was done to learn whether others already help (P13, P30)."""

    CHECKED_NONE = "checked_none", _("Checked: nobody else is helping")
    CHECKED_COMPLEMENTARY = "checked_complementary", _("Checked: others help, this adds to it")
    NOT_YET = "not_yet", _("Not checked yet")


class RequesterClass(models.TextChoices):
    """On whose behalf security is asked; it decides the route (P39)."""

    HUMANITARIAN = "humanitarian", _("A humanitarian or development actor")
    MISSION_COMPONENT = "mission_component", _("A component of the mission")


class Harm(models.TextChoices):
    """The three harms that allow help before approval (P40)."""

    LIFE = "life", _("Loss of life")
    INJURY = "injury", _("Serious injury")
    PROPERTY = "property", _("Significant loss of property")


class CapacityRating(models.TextChoices):
    """How the implementing partner's capacity was assessed (OIOS 2017/025)."""

    STRONG = "strong", _("Strong")
    ADEQUATE = "adequate", _("Adequate")
    WEAK = "weak", _("Weak: needs support")


class FundingSource(models.TextChoices):
    """Who pays. It never changes who must approve (P30)."""

    NONE = "none", _("No funds needed: force assets alone")
    MISSION_BUDGET = "mission_budget", _("Mission budget")
    QIP_BUDGET = "qip_budget", _("QIP budget")
    CONTINGENT = "contingent", _("Contributing country or contingent")
    PARTNER = "partner", _("Partner or donor")
    MIXED = "mixed", _("Several of these")
