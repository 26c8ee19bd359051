"""What is said beside a request, as a person may read it."""

from django.db.models import QuerySet

from missions.models import User
from missions.queries import is_among
from missions.vocabulary import Role
from requests_app.models import AssistanceRequest, Message
from requests_app.policy import is_own


def reads_inside(person: User, rfa: AssistanceRequest) -> bool:
    """Whether a person reads a request's internal messages: no partner, and never its requester."""
    return not is_among(person, Role.PARTNER) and not is_own(person, rfa)


def messages_for(person: User, rfa: AssistanceRequest) -> QuerySet[Message]:
    """List what was said beside a request to a person, oldest first. Page and API ask this."""
    messages = rfa.messages.select_related("by", "post", "rfa").order_by("at", "id")
    return messages if reads_inside(person, rfa) else messages.filter(internal=False)
