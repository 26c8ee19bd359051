"""What the frame of every page shows: the mission, the person's posts, what waits."""

from functools import partial
from typing import Any

from django.conf import settings
from django.db.models import Count, Q
from django.http import HttpRequest
from django.urls import reverse

from approvals.queries import inbox_of, referrals_waiting_on
from cimic.navigation import fetched_ahead, navigation_for, own_links
from common.clock import now
from missions.languages import languages
from missions.models import User
from missions.queries import standings_of
from missions.vocabulary import Capacity
from notices.queries import MOST_COUNTED, unread_count
from records.handing_over import to_take_over
from requests_app.policy import may_ask

THEMES = frozenset({"light", "dark"})
BAR = 4


def bell_of(person: User, path: str) -> dict[str, Any]:
    """Return the way to the notices, with how many are new; more than are counted is 99+."""
    unread = unread_count(person)
    url = reverse("notices:centre")
    return {
        "url": url,
        "current": path == url,
        "unread": unread,
        "shown": f"{MOST_COUNTED}+" if unread > MOST_COUNTED else str(unread),
    }


def frame(request: HttpRequest) -> dict[str, Any]:
    """Give the templates the frame: mission, person, posts, navigation and what waits."""
    theme = request.COOKIES.get("cimic-theme", "")
    found: dict[str, Any] = {
        "demonstration": settings.DEMO,
        "theme": theme if theme in THEMES else "",
        "help_url": reverse("missions:help"),
        "languages": languages(),
    }
    person = getattr(request, "user", None)
    if person is None or not person.is_authenticated:
        return {"frame": found}
    standings = standings_of(person)
    waits = (
        inbox_of(person)
        .order_by()
        .aggregate(all=Count("pk"), late=Count("pk", filter=Q(due_at__lte=now())))
    )
    referred = referrals_waiting_on(person).order_by().count()
    links = navigation_for(
        person, standings, request.path, waiting=waits["all"] + referred, late=bool(waits["late"])
    )
    mission = standings[0].post.mission if standings else None
    more = links[BAR:] if len(links) > BAR + 1 else []
    asks = bool(may_ask(person))
    found |= {
        "person": person,
        "posts": [
            {
                "title": standing.post.title,
                "capacity": ""
                if standing.capacity == Capacity.HOLDER
                else Capacity(standing.capacity).label,
            }
            for standing in standings
        ],
        "mission": mission,
        "focal_point": mission.asset_focal_point if mission else None,
        "navigation": links[: len(links) - len(more)],
        "more": more,
        "search_url": reverse("records:register"),
        "new_url": reverse("requests_app:new") if asks else "",
        "ahead": fetched_ahead(asks=asks, standings=standings),
        "inbox_count": waits["all"] + referred,
        "to_take_over": partial(to_take_over, person),
        "bell": bell_of(person, request.path),
        "own": own_links(request.path),
    }
    return {"frame": found}
