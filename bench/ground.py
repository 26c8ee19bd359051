"""What a run finds in its database: words, a case, a far page; who signs in, and how."""

import datetime as dt
import statistics
import time
from collections import Counter
from typing import Any

from django.conf import settings
from django.db import connection
from django.test import Client

from approvals.models import Answer
from bench.floor import ROWS
from bench.pages import asked
from bench.plans import keep_plans
from common.clock import now
from common.paging import _write
from ledger.models import Chain, Entry
from ledger.verification import verify
from missions.models import Area, User
from missions.services import issue_token
from records.tasks import count_compliance, count_figures_ahead
from requests_app.models import AssistanceRequest

PAGE_1000 = 999 * 50


def counted() -> None:
    """Take in what deeds have left, as the worker does within seconds; the bench runs none."""
    while count_compliance() or count_figures_ahead():
        pass


def signed_in(username: str, *, api: bool) -> dict[str, str]:
    """Return the headers of somebody who has signed in: a token's, or a session's."""
    person = User.objects.get(username=username)
    if api:
        token, _expires = issue_token(person=person)
        return {"Authorization": f"Bearer {token}"}
    browser = Client(SERVER_NAME="127.0.0.1")
    browser.force_login(person)
    name = settings.SESSION_COOKIE_NAME
    return {"Cookie": f"{name}={browser.cookies[name].value}"}


def records() -> int:
    return AssistanceRequest.objects.count()


def entries() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(length) FROM ledger_chain")
        return int(cursor.fetchone()[0])


def bare_sql_ms() -> float:
    """Return the milliseconds that the floor's one statement takes by itself, fetched whole."""
    sql, params = ROWS.filter(mission=1)[:50].query.sql_with_params()
    took = []
    with connection.cursor() as cursor:
        for _again in range(51):
            began = time.perf_counter()
            cursor.execute(sql, params)
            cursor.fetchall()
            took.append(time.perf_counter() - began)
    return round(statistics.median(took) * 1000, 2)


def storage() -> dict[str, int]:
    """Return how many bytes the database takes on the disk, and its indexes of these."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_database_size(current_database()), "
            "(SELECT sum(pg_relation_size(oid)) FROM pg_class WHERE relkind = 'i')"
        )
        whole, indexes = cursor.fetchone()
    return {"database_bytes": int(whole), "index_bytes": int(indexes)}


def _words() -> tuple[list[str], str]:
    """Return the three market names and a place's name, from the newest copies' own texts."""
    rows = AssistanceRequest.objects.filter(description__contains="through the market of ")
    newest = list(rows.order_by("-created_at")[:400].values_list("description", "place"))
    markets: dict[str, int] = {}
    for text, _place in newest:
        name = text.split("through the market of ")[1].split(";")[0]
        markets[name] = markets.get(name, 0) + 1
    often = sorted(markets, key=lambda name: -markets[name])
    return often[:3], newest[7][1]


def where() -> tuple[list[str], str, str, str]:
    """Return the words, a place, the marker of page 1,000 and the longest case of 12 steps."""
    markets, place = _words()
    rows = AssistanceRequest.objects.order_by("-created_at", "-id")
    far = list(rows[min(PAGE_1000, records() - 100) :][:1])
    cursor = _write("next", far[0], ["created_at", "id"])
    longest = Chain.objects.filter(subject="request").order_by("-length")[0]
    return markets, place, cursor, longest.reference


def a_draft() -> dict[str, Any]:
    """Return a complete request for help, as the API takes it."""
    return {
        "kind": "civil_assistance",
        "title": "Water trucking to the ward",
        "category": "water",
        "cimic_function": "mission_support",
        "support_type": "partner_support",
        "description": "The borehole failed on Monday; forty patients carry water 2 km.",
        "area": Area.objects.filter(level=2).order_by("pcode")[0].pcode,
        "place": "Ward",
        "needed_by": (now() + dt.timedelta(days=14)).date().isoformat(),
        "women": 120, "men": 20, "girls": 60, "boys": 55,
        "humanitarian": True,
        "funding_source": "none",
        "last_resort": "No civilian tanker is free this month.",
        "coordination_check": "checked_none",
        "gender_protection": "The queue is lit and guarded.",
        "do_no_harm": "Both communities take part.",
    }  # fmt: skip


def keep_all_plans(only: str = "") -> None:
    """Keep the plans of each address's slowest statements."""
    for one in asked(*where()):
        if only and only not in one.name:
            continue
        api = one.path.startswith("/api/")
        headers: dict[str, Any] = {}
        client = Client(SERVER_NAME="127.0.0.1")
        if api:
            headers["HTTP_AUTHORIZATION"] = signed_in(one.who, api=True)["Authorization"]
        else:
            client.force_login(User.objects.get(username=one.who))
        keep_plans(one.name, client, one.path, **headers)


def lost_of(references: list[str], steps: list[int]) -> int:
    """Count the acknowledged deeds that are not there exactly once, and the chains that break."""
    told = Entry.objects.filter(act="request.submitted", chain__reference__in=references)
    submitted = Counter(told.values_list("chain__reference", flat=True))
    answered = Counter(Answer.objects.filter(step__in=steps).values_list("step", flat=True))
    lost = sum(submitted[one] != 1 for one in references) + len(references) - len(set(references))
    lost += sum(answered[one] != 1 for one in steps) + len(steps) - len(set(steps))
    chains = Chain.objects.filter(reference__in=references).values_list("pk", flat=True)
    return lost + sum(not verify(chain=chain).holds for chain in chains)
