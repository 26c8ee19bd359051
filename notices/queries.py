"""A person's notices: which there are, how many are new, and how they are told of them."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from approvals.queries import visible_to, with_who_asks
from missions.models import User
from notices.models import DUTY, UNREAD, Notice, Preferences
from requests_app.models import AssistanceRequest

WHICH = {"unread": _("Unread"), "all": _("All"), "duties": _("Duties")}
NEWEST_FIRST = ("-made_at", "-id")
MOST_COUNTED = 99


def notices_of(person: User, which: str = "all") -> QuerySet[Notice]:
    """List a person's own notices: the unread, all, or the duties; newest first."""
    found = Notice.objects.filter(person=person).select_related(
        "entry__post", "post", "mission", "rfa__mission"
    )
    if which == "unread":
        found = found.filter(UNREAD)
    if which == "duties":
        found = found.filter(DUTY)
    return found.order_by(*NEWEST_FIRST)


def unread_count(person: User) -> int:
    """Count a person's unread notices, up to one more than are ever shown."""
    return Notice.objects.filter(UNREAD, person=person).order_by()[: MOST_COUNTED + 1].count()


def records_seen(person: User, notices: Iterable[Notice]) -> dict[UUID, AssistanceRequest]:
    """Return which of the records told of a person may still see, and whether who asks."""
    told = {notice.rfa_id for notice in notices if notice.rfa_id}
    if not told:
        return {}
    records = AssistanceRequest.objects.filter(pk__in=told).select_related("area", "sector")
    return {rfa.pk: rfa for rfa in with_who_asks(person, visible_to(person, records))}


def preferences_of(person: User) -> Preferences:
    """Return how a person wants to be told; who never chose has the usual."""
    return Preferences.objects.filter(person=person).first() or Preferences(person=person)
