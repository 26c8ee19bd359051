"""Who adopts a standing policy for security support."""

from django.utils.translation import gettext as _

from common.verdict import YES, Verdict, not_you
from missions.models import User
from missions.queries import standing_as
from missions.vocabulary import Role


def may_adopt_standing_policy(person: User) -> Verdict:
    """Let the Designated Official adopt, and end, a standard policy (P39)."""
    if standing_as(person, Role.DESIGNATED_OFFICIAL) is None:
        return not_you(_("The Designated Official adopts standing policies for security."), "39")
    return YES
