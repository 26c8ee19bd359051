"""The form as data: each question once, for the page, the API, the import and the check.

A question says what it holds, in which section it stands, which paragraph asks for it and
when an answer is needed before submission. ``forms`` builds its form from this table, the
API its schema, ``validation`` the list of what is missing: one new field is one line here
and one column in ``models``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from missions.vocabulary import Classification
from requests_app.models import AssistanceRequest, CivilAssistance, SecurityAssistance
from requests_app.vocabulary import (
    CATEGORIES,
    CapacityRating,
    CimicFunction,
    CoordinationCheck,
    FundingSource,
    Kind,
    RequesterClass,
    SupportType,
    Urgency,
)

CA, SA, QIP = Kind.CIVIL_ASSISTANCE, Kind.SECURITY_ASSISTANCE, Kind.QIP
EVERY = frozenset({CA, SA, QIP})

Needed = Callable[[AssistanceRequest], bool]


def always(rfa: AssistanceRequest) -> bool:
    """Needed on every request of the kind."""
    return True


def if_time_sensitive(rfa: AssistanceRequest) -> bool:
    return rfa.is_time_sensitive


def if_disaster(rfa: AssistanceRequest) -> bool:
    """A disaster is named, unless it is one of the mission's events."""
    return rfa.disaster and rfa.disaster_event_id is None


def if_at_a_site(rfa: AssistanceRequest) -> bool:
    return rfa.displacement_site_id is not None


def if_assets(rfa: AssistanceRequest) -> bool:
    return rfa.assets.exists()


def if_partner_support(rfa: AssistanceRequest) -> bool:
    """Last resort and hand-back are argued where a humanitarian actor is lent assets."""
    asked = getattr(rfa, "civil_assistance", None)
    return isinstance(asked, CivilAssistance) and (
        asked.support_type == SupportType.PARTNER_SUPPORT and rfa.humanitarian
    )


def if_humanitarian_security(rfa: AssistanceRequest) -> bool:
    asked = getattr(rfa, "security_assistance", None)
    return isinstance(asked, SecurityAssistance) and (
        asked.requester_class == RequesterClass.HUMANITARIAN
    )


def if_over_ceiling(rfa: AssistanceRequest) -> bool:
    return (rfa.estimated_cost or 0) > rfa.mission.qip_ceiling


@dataclass(frozen=True)
class Question:
    """One question of the form.

    ``holds`` is one of text, long, date, moment, whole, money, degrees, choice, flag,
    area, sector, cluster, site, event, organisation, assets, budget. ``needed`` None means
    optional.
    """

    name: str
    label: Any
    holds: str
    section: str
    kinds: frozenset[Kind] = EVERY
    needed: Needed | None = None
    paragraph: str = ""
    help: Any = ""
    choices: Callable[[Kind], list[tuple[Any, Any]]] | None = None
    missing: Any = ""
    max_length: int = 0

    @property
    def on_kind_table(self) -> bool:
        """Whether the answer lies on the kind's own table rather than on the request."""
        return not hasattr(AssistanceRequest, self.name)


def words(vocabulary: type[models.Choices]) -> Callable[[Kind], list[tuple[Any, Any]]]:
    return lambda kind: list(vocabulary.choices)


def categories(kind: Kind) -> list[tuple[Any, Any]]:
    return [(category.value, category.label) for category in CATEGORIES[kind]]


def _classifications(kind: Kind) -> list[tuple[str, Any]]:
    return [(level.name.lower(), level.label) for level in Classification]


SECTIONS: dict[str, Any] = {
    "what": _("What is asked"),
    "where": _("Where"),
    "when": _("When"),
    "whom": _("For whom"),
    "security": _("Movement and threat"),
    "project": _("The project"),
    "means": _("Assets and cost"),
    "care": _("Coordination and care"),
    "marks": _("Does any of this apply?"),
}


def only(*kinds: Kind) -> frozenset[Kind]:
    return frozenset(kinds)


QUESTIONS: tuple[Question, ...] = (
    Question(
        "title",
        _("Title"),
        "text",
        "what",
        needed=always,
        paragraph="41",
        max_length=160,
        help=_("A line that a busy reader understands: what, for whom, where."),
    ),
    Question(
        "category",
        _("Category"),
        "choice",
        "what",
        needed=always,
        paragraph="16",
        choices=categories,
    ),
    Question(
        "cimic_function",
        _("UN-CIMIC function served"),
        "choice",
        "what",
        needed=always,
        paragraph="18",
        choices=words(CimicFunction),
    ),
    Question(
        "support_type",
        _("Type of civil assistance"),
        "choice",
        "what",
        kinds=only(CA),
        needed=always,
        paragraph="16",
        choices=words(SupportType),
    ),
    Question(
        "requester_class",
        _("On whose behalf"),
        "choice",
        "what",
        kinds=only(SA),
        needed=always,
        paragraph="39",
        choices=words(RequesterClass),
        help=_(
            "A humanitarian actor's request goes to the Designated Official before the force "
            "sees it."
        ),
    ),
    Question(
        "description",
        _("Details of the task"),
        "long",
        "what",
        needed=always,
        paragraph="41",
        help=_("The need, how you know of it, and what exactly the force would do."),
    ),
    Question("area", _("Province or district"), "area", "where", needed=always, paragraph="31"),
    Question(
        "place",
        _("Place"),
        "text",
        "where",
        max_length=160,
        help=_("Village, camp, road and kilometre, compound."),
    ),
    Question("latitude", _("Latitude"), "degrees", "where", help=_("In degrees, south negative.")),
    Question("longitude", _("Longitude"), "degrees", "where", help=_("In degrees, west negative.")),
    Question("sector", _("Sector"), "sector", "where", help=_("Follows from the area.")),
    Question("needed_by", _("Needed by"), "date", "when", needed=always, paragraph="31"),
    Question("urgency", _("Urgency"), "choice", "when", choices=words(Urgency), paragraph="31"),
    Question(
        "urgency_reason",
        _("Why it cannot wait"),
        "text",
        "when",
        needed=if_time_sensitive,
        paragraph="31",
        max_length=400,
        help=_("Time-sensitive requests have shorter limits at every stage."),
    ),
    Question(
        "organisation",
        _("Requesting organisation"),
        "organisation",
        "whom",
        help=_("Your own, unless you file for another."),
    ),
    Question(
        "on_behalf_of",
        _("Asked by"),
        "text",
        "whom",
        paragraph="50",
        max_length=200,
        help=_("The local authority, community or person who asked, if not your organisation."),
    ),
    Question("contact", _("Contact on the spot"), "text", "whom", max_length=200),
    Question(
        "low_profile",
        _("Keep out of sight who asks"),
        "flag",
        "marks",
        help=_(
            "Being seen with the military may put them at risk: who asks is then shown to the "
            "posts on the route alone, and never exported."
        ),
    ),
    Question(
        "humanitarian",
        _("Has a bearing on the humanitarian response"),
        "flag",
        "whom",
        paragraph="32",
        help=_("UN-CMCoord then advises."),
    ),
    Question("cluster", _("Cluster"), "cluster", "whom", paragraph="70"),
    Question("women", _("Women"), "whole", "whom", paragraph="43"),
    Question("men", _("Men"), "whole", "whom", paragraph="43"),
    Question("girls", _("Girls"), "whole", "whom", paragraph="43"),
    Question("boys", _("Boys"), "whole", "whom", paragraph="43"),
    Question(
        "origin",
        _("From"),
        "text",
        "security",
        kinds=only(SA),
        needed=always,
        paragraph="39",
        max_length=160,
    ),
    Question(
        "destination",
        _("To"),
        "text",
        "security",
        kinds=only(SA),
        max_length=160,
        help=_("The same place for area security or a static guard."),
    ),
    Question("waypoints", _("By way of"), "long", "security", kinds=only(SA)),
    Question(
        "departs_at",
        _("Departure"),
        "moment",
        "security",
        kinds=only(SA),
        needed=always,
        paragraph="39",
    ),
    Question("returns_at", _("Return"), "moment", "security", kinds=only(SA)),
    Question("vehicles", _("Vehicles"), "whole", "security", kinds=only(SA)),
    Question("passengers", _("Passengers"), "whole", "security", kinds=only(SA)),
    Question("cargo", _("Cargo"), "long", "security", kinds=only(SA)),
    Question(
        "threat_summary",
        _("Threat"),
        "long",
        "security",
        kinds=only(SA),
        needed=always,
        paragraph="39",
        help=_("Incidents, when, by whom, against whom."),
    ),
    Question(
        "alternatives_tried",
        _("Alternatives tried"),
        "long",
        "security",
        kinds=only(SA),
        needed=if_humanitarian_security,
        paragraph="39",
        help=_("Armed escorts are a last resort: negotiation, other routes, other times, air."),
    ),
    Question(
        "discontinuation_plan",
        _("How the escort will be ended"),
        "long",
        "security",
        kinds=only(SA),
    ),
    Question(
        "objective",
        _("How it builds confidence in the mission"),
        "long",
        "project",
        kinds=only(QIP),
        needed=always,
        paragraph="16",
    ),
    Question(
        "implementing_partner",
        _("Implementing partner"),
        "text",
        "project",
        kinds=only(QIP),
        needed=always,
        paragraph="16",
        max_length=160,
    ),
    Question(
        "partner_registration",
        _("Partner's registration"),
        "text",
        "project",
        kinds=only(QIP),
        max_length=120,
    ),
    Question(
        "partner_capacity",
        _("Partner's capacity"),
        "choice",
        "project",
        kinds=only(QIP),
        needed=always,
        choices=words(CapacityRating),
        help=_("Assessed how? Say so in the work plan."),
    ),
    Question(
        "work_plan",
        _("Work plan and deliverables"),
        "long",
        "project",
        kinds=only(QIP),
        needed=always,
        paragraph="41",
    ),
    Question("starts_on", _("Planned start"), "date", "project", kinds=only(QIP), needed=always),
    Question(
        "maintenance_owner",
        _("Who will keep it up"),
        "text",
        "project",
        kinds=only(QIP),
        needed=always,
        max_length=160,
    ),
    Question("environment_check", _("Environmental effects"), "long", "project", kinds=only(QIP)),
    Question(
        "ends_on",
        _("Ends on"),
        "date",
        "when",
        kinds=only(CA, QIP),
        paragraph="38",
        help=_("The last day of the help, when assets are handed back or the project is done."),
    ),
    Question(
        "assets",
        _("Mission assets asked for"),
        "assets",
        "means",
        kinds=only(CA, SA),
        paragraph="38",
        help=_("Each is answered twice: is it appropriate, can it be resourced."),
    ),
    Question("pick_up", _("Pick-up point"), "text", "means", kinds=only(CA), max_length=160),
    Question("drop_off", _("Drop-off point"), "text", "means", kinds=only(CA), max_length=160),
    Question(
        "receiving_contact",
        _("Receiving contact"),
        "text",
        "means",
        kinds=only(CA),
        max_length=160,
    ),
    Question(
        "last_resort",
        _("Why no civilian means will do"),
        "long",
        "means",
        kinds=only(CA),
        needed=if_partner_support,
        paragraph="38",
        help=_(
            "Military assets are a last resort: no civilian alternative in time, and what the "
            "force adds that nobody else can."
        ),
    ),
    Question(
        "hand_back_plan",
        _("Hand-back plan"),
        "long",
        "means",
        kinds=only(CA),
        needed=if_assets,
        paragraph="38",
        help=_("Assets are lent for a time: when and how they come back."),
    ),
    Question(
        "estimated_cost",
        _("Estimated cost"),
        "money",
        "means",
        help=_("The sum of the budget, if you itemise one."),
    ),
    Question(
        "funding_source",
        _("Who pays"),
        "choice",
        "means",
        choices=words(FundingSource),
        kinds=only(CA, QIP),
        needed=always,
        paragraph="30",
        help=_("It does not change who must approve."),
    ),
    Question("budget", _("Budget"), "budget", "means", kinds=only(CA, QIP), paragraph="16"),
    Question("overhead", _("Overhead"), "money", "means", kinds=only(QIP)),
    Question("other_contributions", _("Other contributions"), "money", "means", kinds=only(QIP)),
    Question(
        "ceiling_exception_reason",
        _("Why above the ceiling"),
        "long",
        "means",
        kinds=only(QIP),
        needed=if_over_ceiling,
        paragraph="16",
    ),
    Question("works", _("Construction or engineering works"), "flag", "marks"),
    Question(
        "coordination_check",
        _("Do others already help?"),
        "choice",
        "care",
        kinds=only(CA, QIP),
        needed=always,
        paragraph="30",
        choices=words(CoordinationCheck),
    ),
    Question("coordination_note", _("With whom it was checked"), "long", "care"),
    Question(
        "gender_protection",
        _("Women, girls and protection"),
        "long",
        "care",
        kinds=only(CA, QIP),
        needed=always,
        paragraph="43",
        help=_("How women and girls take part and benefit; any risk of sexual violence."),
    ),
    Question(
        "do_no_harm",
        _("Harm that it could do"),
        "long",
        "care",
        kinds=only(CA, QIP),
        needed=always,
        paragraph="30",
        help=_("To local capacity, to neutrality, between communities; and how it is avoided."),
    ),
    Question(
        "displacement_site",
        _("Displacement site it is in or near"),
        "site",
        "marks",
        paragraph="47",
        help=_("Marked by itself where the coordinates lie near one."),
    ),
    Question(
        "camp_effect",
        _("What it does to the camp's civilian character"),
        "long",
        "marks",
        needed=if_at_a_site,
        paragraph="47",
        missing=_(
            "It is in or near a displacement site: say what it does to the camp's civilian "
            "character."
        ),
    ),
    Question("protection", _("Touches protection of civilians"), "flag", "marks", paragraph="46"),
    Question("public_order", _("Touches public order"), "flag", "marks"),
    Question("ssr", _("Security sector reform"), "flag", "marks", paragraph="30"),
    Question(
        "ddr", _("Disarmament, demobilisation, reintegration"), "flag", "marks", paragraph="30"
    ),
    Question(
        "disaster",
        _("Natural disaster"),
        "flag",
        "marks",
        paragraph="37",
        help=_("The same process, with more actors."),
    ),
    Question(
        "disaster_event",
        _("One of the mission's disaster events"),
        "event",
        "marks",
        paragraph="37",
        help=_("It groups the requests of one disaster."),
    ),
    Question(
        "disaster_name",
        _("Which disaster, if it is not listed"),
        "text",
        "marks",
        needed=if_disaster,
        paragraph="37",
        max_length=120,
    ),
    Question(
        "classification",
        _("Classification"),
        "choice",
        "marks",
        paragraph="15",
        choices=_classifications,
        help=_("Security requests are confidential unless you say otherwise."),
    ),
)

BY_NAME = {question.name: question for question in QUESTIONS}
ROWS = frozenset({"assets", "budget"})


def questions_for(kind: str) -> list[Question]:
    """List a kind's questions in the order of the form."""
    order = list(SECTIONS)
    asked = [question for question in QUESTIONS if kind in question.kinds]
    return sorted(asked, key=lambda question: order.index(question.section))
