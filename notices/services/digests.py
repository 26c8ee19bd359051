"""Daily digests: one letter of all that a person has not read, made once.

When a digest is due is no mark of its own: it is the last of the mission's digest hours that
has passed on a day on which the person wants one. A sweep that did not run is made up for by
the next one, in one letter.
"""

import datetime as dt
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from common.clock import now
from missions.calendar import calendar_of
from missions.models import Mission, User
from notices.models import UNREAD, Letter, Notice
from notices.queries import preferences_of
from notices.services.owing import MOST_A_SWEEP, owe_letter
from notices.vocabulary import Delivery, DigestDays

DAY = dt.timedelta(days=1)
# A mission that has not worked for so long sends its digests all the same.
MOST_DAYS_BACK = 31


@dataclass(frozen=True)
class Due:
    """The mission's day of a digest, and the moment that ends what is in it."""

    day: dt.date
    moment: dt.datetime


def last_digest(mission: Mission, days: str) -> Due:
    """Return the last digest hour that has passed, on any day or on a working day."""
    calendar = calendar_of(mission)
    hour = dt.time(settings.DIGEST_HOUR)
    here = now().astimezone(calendar.zone)
    newest = here.date() if here.time() >= hour else here.date() - DAY
    day = newest
    if days == DigestDays.WORKING_DAYS:
        back = (newest - DAY * count for count in range(MOST_DAYS_BACK))
        day = next(filter(calendar.works_on, back), newest)
    return Due(day, dt.datetime.combine(day, hour, calendar.zone))


def _pending() -> QuerySet[Notice]:
    """Keep what waits for a digest: not in a letter yet, and not read in the centre."""
    return Notice.objects.filter(UNREAD, delivery=Delivery.DIGEST, letter=None)


@transaction.atomic
def make_digest(*, person_id: int, mission_id: int) -> bool:
    """Owe a person a letter of what they have not read; say whether one was made now.

    The person's row is locked, and passed over where another worker has it: of two sweeps at
    once one makes the letter. The letter and the marks on its notices are one transaction, so
    a process killed anywhere leaves both or neither; a notice is in one letter, ever.
    """
    person = (
        User.objects.select_for_update(skip_locked=True, no_key=True)
        .filter(pk=person_id, is_active=True)
        .exclude(email="")
        .first()
    )
    if person is None:
        return False
    mission = Mission.objects.get(pk=mission_id)
    due = last_digest(mission, preferences_of(person).digest_days)
    if Letter.objects.filter(person=person, mission=mission, digest_of=due.day).exists():
        return False
    told = _pending().filter(person=person, mission=mission, made_at__lt=due.moment)
    found = list(told.order_by("pk").select_for_update(of=("self",)))
    if not found:
        return False
    letter = owe_letter(
        person=person,
        mission=mission,
        about=f"digest-{person.pk}-{due.day:%Y%m%d}",
        digest_of=due.day,
    )
    Notice.objects.filter(pk__in=[notice.pk for notice in found]).update(letter=letter)
    return True


def make_digests() -> int:
    """Make every digest that is due; return how many were made.

    Safe to run twice, at once, and after days on which it did not run.
    """
    pending = (
        _pending()
        .exclude(person__email="")
        .filter(person__is_active=True)
        .order_by("person", "mission")
        .values_list("person", "mission")
        .distinct()
    )
    return sum(
        make_digest(person_id=person_id, mission_id=mission_id)
        for person_id, mission_id in pending[:MOST_A_SWEEP]
    )
