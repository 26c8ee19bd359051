"""Who sets the mission's priorities."""

from django.utils.translation import gettext as _

from common.verdict import YES, Verdict, not_you
from missions.models import User
from missions.queries import standing_as
from missions.vocabulary import Role

SETS_PRIORITIES = (Role.DSRSG, Role.DSRSG_OFFICE, Role.SRSG, Role.CHIEF_OF_STAFF)


def may_set_priorities(person: User) -> Verdict:
    """Let the DSRSG/RC/HC's office set them, the SRSG, and the Chief of Staff (P28.1, P34)."""
    if standing_as(person, *SETS_PRIORITIES) is None:
        return not_you(
            _("The DSRSG/RC/HC and their office, the SRSG and the Chief of Staff set priorities."),
            "34",
        )
    return YES
