"""What is to be done at a moment, whatever is done to the clock."""

import datetime as dt

from django.db.models import Q

from common.clock import now


def is_due(field: str, longest: dt.timedelta) -> Q:
    """Keep what has come due; also what lies further ahead than anything is ever put off.

    That happens when the server's clock is set back: without it, what was put off before would
    wait until the clock has caught up.
    """
    moment = now()
    return Q(**{f"{field}__lte": moment}) | Q(**{f"{field}__gt": moment + longest})
