"""Who says and reads what beside a request: openly, or inside the mission."""

from django.utils.translation import gettext as _

from approvals.queries.messages import reads_inside
from common.verdict import YES, Verdict, not_now, not_you
from missions.models import User
from missions.queries import is_among
from missions.vocabulary import Role
from requests_app.models import AssistanceRequest
from requests_app.policy import is_own
from requests_app.vocabulary import Status


def may_speak(person: User, rfa: AssistanceRequest) -> Verdict:
    """Let whoever takes part in a record say something about it, until it is closed."""
    if is_among(person, Role.EVALUATOR, Role.ADMINISTRATOR):
        return not_you(_("Your post reads; it takes no part in a request."))
    if rfa.status == Status.CLOSED:
        return not_now(_("The record is closed: nothing is added to it any more."))
    return YES


def may_speak_inside(person: User, rfa: AssistanceRequest) -> Verdict:
    """Keep what is said inside the mission from partners, and from whoever made the request."""
    if is_among(person, Role.PARTNER):
        return not_you(_("Internal messages are the mission's own; write to all on the request."))
    if is_own(person, rfa):
        return not_you(_("Your post made this request: what you write is read by all who see it."))
    return YES


def may_read_inside(person: User, rfa: AssistanceRequest) -> bool:
    """Whether a person reads a request's internal messages: its requester never does."""
    return reads_inside(person, rfa)
