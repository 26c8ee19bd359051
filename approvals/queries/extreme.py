"""Reports of extreme situations that are, or may be, of one event (P40)."""

import datetime as dt

from django.db.models import Q, QuerySet

from approvals.queries.records import visible_to
from missions.models import User
from requests_app.models import AssistanceRequest
from requests_app.vocabulary import Kind

NEAR_IN_TIME = dt.timedelta(days=3)
MOST_OFFERED = 20


def reports_of_one_event(person: User, rfa: AssistanceRequest) -> QuerySet[AssistanceRequest]:
    """List the other reports of a report's event that a person may see, earliest first."""
    head = rfa.extreme_situation.same_event_as_id or rfa.pk
    of_the_event = Q(pk=head) | Q(extreme_situation__same_event_as=head)
    return (
        visible_to(person)
        .filter(of_the_event)
        .exclude(pk=rfa.pk)
        .select_related("requested_by", "extreme_situation__unit")
        .order_by("extreme_situation__acted_at", "pk")
    )


def may_be_one_event(person: User, rfa: AssistanceRequest) -> QuerySet[AssistanceRequest]:
    """List first reports that may be of the same event: within three days, in its sector."""
    acted_at = rfa.extreme_situation.acted_at
    return (
        visible_to(person)
        .filter(
            kind=Kind.EXTREME_SITUATION,
            mission=rfa.mission_id,
            sector=rfa.sector_id,
            extreme_situation__same_event_as=None,
            extreme_situation__acted_at__range=(acted_at - NEAR_IN_TIME, acted_at + NEAR_IN_TIME),
        )
        .exclude(pk=rfa.pk)
        .order_by("extreme_situation__acted_at", "pk")[:MOST_OFFERED]
    )
