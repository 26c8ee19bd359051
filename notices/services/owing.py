"""A letter that is owed: to whom, under which Message-ID."""

import datetime as dt
from email.utils import make_msgid

from common.clock import now
from missions.models import Mission, User
from notices.models import Letter

LISTENER = "notices"
MOST_A_SWEEP = 500
LONGEST_PAUSE = dt.timedelta(hours=1)


def pause(attempts: int) -> dt.timedelta:
    """Wait twice as long after each failure, from 10 seconds to an hour."""
    return min(dt.timedelta(seconds=10 * 2 ** min(attempts, 12)), LONGEST_PAUSE)


def owe_letter(
    *, person: User, mission: Mission, about: str, digest_of: dt.date | None = None
) -> Letter:
    """Write down that a person is owed a letter; its words are made when it is sent."""
    return Letter.objects.create(
        person=person,
        mission=mission,
        digest_of=digest_of,
        message_id=make_msgid(idstring=about, domain=mission.mail_domain),
        to=person.email,
        next_try_at=now(),
    )
