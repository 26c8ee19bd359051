"""What the pages of the notice centre show, made ready for their templates."""

from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from approvals.models import Step
from approvals.queries import shows_who_asks
from approvals.vocabulary import StepState
from missions.models import User
from notices.models import Notice, Preferences
from notices.queries import WHICH, records_seen
from notices.vocabulary import Delivery, DigestDays, Group
from notices.wording import sentence
from requests_app.models import AssistanceRequest

# What each group holds, in the words of the page of preferences.
HOLDS = {
    Group.DUTIES: gettext_lazy(
        "A request put to your post, its reminders, a referral, a request returned to you, a task "
        "given to your unit."
    ),
    Group.REQUESTS: gettext_lazy("What becomes of the requests you made."),
    Group.MENTIONS: gettext_lazy(
        "Messages that name you, messages on your requests and on what waits on your post."
    ),
    Group.FOLLOW_UPS: gettext_lazy(
        "Advice that lapsed, a condition not met, a task completed, a refused need to follow up."
    ),
    Group.MISSION: gettext_lazy(
        "Extreme situations, what is late elsewhere, a process that comes into force."
    ),
}


def _tells_who_asks(notice: Notice, rfa: AssistanceRequest) -> bool:
    """Whether the post of a deed would name a low-profile requester to who may not know (R22)."""
    own = notice.entry.actor_id == rfa.requested_by_id or notice.entry.post_id == rfa.post_id
    return own and not shows_who_asks(rfa)


def _by(notice: Notice, rfa: AssistanceRequest | None) -> str:
    """Name the post whose deed it was, or the person where no post was held."""
    if notice.entry.actor_id is None or (rfa is not None and _tells_who_asks(notice, rfa)):
        return ""
    return notice.entry.post_title or notice.entry.actor_name


def _still_open(notices: list[Notice]) -> set[int]:
    """Return which of the steps that notices are about still wait."""
    steps = {notice.values["step"] for notice in notices if "step" in notice.values}
    if not steps:
        return set()
    return set(Step.objects.filter(pk__in=steps, state=StepState.OPEN).values_list("pk", flat=True))


def lines_of_notices(person: User, notices: list[Notice]) -> list[dict[str, Any]]:
    """Make a page's notices ready, in the language and by the clock of the page.

    Of a record that the reader may no longer see, the reference alone is left. The number of
    queries does not grow with the list.
    """
    seen = records_seen(person, notices)
    open_steps = _still_open(notices)
    lines = []
    for notice in notices:
        rfa = seen.get(notice.rfa_id) if notice.rfa_id else None
        shut = notice.rfa_id is not None and rfa is None
        what = notice.rfa.reference if shut and notice.rfa else notice.what
        done = "step" in notice.values and notice.values["step"] not in open_steps
        text = sentence(notice.sort, notice.values, what)
        if shut:
            text = _("%(what)s is no longer open to you") % {"what": what}
        lines.append(
            {
                "notice": notice,
                "text": text,
                "url": "" if shut else notice.link,
                "by": "" if shut else _by(notice, rfa),
                "reference": notice.rfa.reference if notice.rfa else "",
                "kind": rfa.kind if rfa else "",
                "kind_label": rfa.get_kind_display() if rfa else "",
                "classification": rfa.classification if rfa else 0,
                "classification_label": rfa.get_classification_display() if rfa else "",
                "group_label": notice.get_group_display(),
                "post": notice.post.title if notice.post else "",
                "done": notice.duty and done,
                "waits": notice.duty and "step" in notice.values and not done,
            }
        )
    return lines


def chips_of(which: str, unread: int) -> list[dict[str, Any]]:
    """List the ways to look at one's notices."""
    here = reverse("notices:centre")
    return [
        {
            "label": label,
            "url": here if name == "unread" else f"{here}?{urlencode({'which': name})}",
            "count": unread if name == "unread" else 0,
            "current": name == which,
        }
        for name, label in WHICH.items()
    ]


def choices_of(preferences: Preferences) -> list[dict[str, Any]]:
    """List the groups to choose for, each with its ways; duties have one way alone."""
    return [
        {
            "name": group.value,
            "label": group.label,
            "holds": HOLDS[group],
            "fixed": group == Group.DUTIES,
            "ways": [
                {
                    "value": way.value,
                    "label": way.label,
                    "chosen": getattr(preferences, group.value) == way.value,
                }
                for way in Delivery
            ],
        }
        for group in Group
    ]


def days_of(preferences: Preferences) -> list[dict[str, Any]]:
    """List the days to choose for a digest."""
    return [
        {
            "value": days.value,
            "label": days.label,
            "chosen": preferences.digest_days == days.value,
        }
        for days in DigestDays
    ]
