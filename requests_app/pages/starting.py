"""How each kind travels, in a sentence; and what a new form says before anybody has typed."""

from typing import Any

from django.utils.translation import gettext_lazy

from missions.models import Organisation
from missions.vocabulary import Role
from requests_app.vocabulary import FundingSource, Kind, RequesterClass, SupportType, Urgency

LEADS = {
    Kind.CIVIL_ASSISTANCE: gettext_lazy(
        "Transport, engineering, medical outreach, water, camp works: the force helps a partner "
        "or a community. UN-CIMIC reviews, advisers and mission support answer, DSRSG/RC/HC "
        "decides."
    ),
    Kind.SECURITY_ASSISTANCE: gettext_lazy(
        "Escorts, area security, reconnaissance, evacuation. A humanitarian actor's request goes "
        "to the Designated Official before the force sees it."
    ),
    Kind.QIP: gettext_lazy(
        "A small, quick project by an implementing partner that builds confidence in the mission. "
        "The project review committee recommends, DSRSG/RC/HC decides."
    ),
    Kind.EXTREME_SITUATION: gettext_lazy(
        "Help already given, before any approval, to prevent loss of life, serious injury or "
        "significant loss of property. Tell Mission Headquarters now."
    ),
}


def initial_for(
    kind: str, organisation: Organisation | None, *, humanitarian: bool, role: str = ""
) -> dict[str, Any]:
    """Return what a new form says before anybody has typed: what can only be so, or mostly is."""
    found: dict[str, Any] = {
        "organisation": organisation.name if organisation else "",
        "humanitarian": humanitarian,
        "urgency": Urgency.NORMAL,
        "classification": "confidential" if kind == Kind.SECURITY_ASSISTANCE else "unclassified",
        "requester_class": (
            RequesterClass.HUMANITARIAN if humanitarian else RequesterClass.MISSION_COMPONENT
        ),
    }
    if kind == Kind.CIVIL_ASSISTANCE and humanitarian:
        found["support_type"] = SupportType.PARTNER_SUPPORT
    if kind == Kind.QIP:
        found["funding_source"] = FundingSource.QIP_BUDGET
        if role == Role.PARTNER and organisation is not None:
            found["implementing_partner"] = organisation.name
    return found
