"""The Designated Official's standing policies."""

import datetime as dt

from django.db.models import Q, QuerySet

from approvals.models import StandingPolicy
from missions.calendar import local_day
from missions.models import Mission


def standing_policies_on(mission: Mission, on: dt.date | None = None) -> QuerySet[StandingPolicy]:
    """List a mission's standing policies in force on a day, today by its own calendar (P39)."""
    day = on or local_day(mission)
    return StandingPolicy.objects.filter(
        Q(until_on__isnull=True) | Q(until_on__gte=day), mission=mission, from_on__lte=day
    )
