"""Readings of confidential records: kept before the answer is sent, bound once a day."""

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from django.db import connection, transaction
from django.db.models import QuerySet

from common.canonical import canonical
from common.clock import iso, now
from ledger.merkle import leaf_hash, root_of
from ledger.models import AccessLog, Chain, Entry
from ledger.services import append
from missions.models import Mission, User
from missions.queries import first_standing

PAGE, API = "page", "api"
BOUND = "readings.bound"
# Whoever writes a reading shares it, whoever binds them holds it alone: so that none with a
# lower number is still under way when its day is bound.
LOCK = 0x43494D4944
MOST_AT_ONCE = 100_000
BEFORE_ALL, AFTER_ALL = -(2**62), 2**62


def _lock(how: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_advisory_xact_lock{how}(%s)", [LOCK])


@transaction.atomic
def note_reading(*, person: User, mission_id: int, chain_id: UUID, door: str) -> AccessLog:
    """Keep that a person is about to read a confidential record, by page or API."""
    standing = first_standing(person)
    _lock("_shared")
    return AccessLog.objects.create(
        mission_id=mission_id,
        chain_id=chain_id,
        person=person,
        person_name=person.name,
        post_title=standing.post.title if standing else "",
        door=door,
        at=now(),
    )


def readings_of(chain_id: UUID) -> QuerySet[AccessLog]:
    """Return who read a record."""
    return AccessLog.objects.filter(chain=chain_id)


def chain_of_readings(mission: Mission) -> UUID:
    """Return the chain that binds a mission's readings."""
    return uuid5(NAMESPACE_URL, f"cimic:readings:{mission.pk}")


def _leaf(row: tuple[Any, ...]) -> bytes:
    number, mission, chain, person, name, post, door, at = row
    moment = iso(at) if isinstance(at, dt.datetime) else at
    said = ["cimic-reading-1", number, mission, str(chain), person, name, post, door, moment]
    return leaf_hash(canonical(said))


def _rows(mission_id: int, after: int, until: int) -> list[tuple[Any, ...]]:
    found = AccessLog.objects.filter(mission=mission_id, pk__gt=after, pk__lte=until)
    return list(
        found.order_by("pk").values_list(
            "pk", "mission", "chain", "person", "person_name", "post_title", "door", "at"
        )[:MOST_AT_ONCE]
    )


def _last_bound(chain_id: UUID) -> int:
    last = (
        Entry.objects.filter(chain=chain_id, act=BOUND)
        .select_related("payload")
        .order_by("-number")
        .first()
    )
    return int(_said(last)["last"]) if last else BEFORE_ALL


def _said(entry: Entry) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(entry.payload.text)
    return said


@transaction.atomic
def bind_readings() -> int:
    """Bind each mission's new readings by an entry of its chain of them; return how many.

    Called before a checkpoint is made, in a transaction of its own, since who reads a
    confidential record waits for its end.
    """
    _lock("")
    bound = 0
    for mission in Mission.objects.order_by("pk"):
        chain_id = chain_of_readings(mission)
        after = _last_bound(chain_id)
        rows = _rows(mission.pk, after, AFTER_ALL)
        if not rows:
            continue
        Chain.objects.get_or_create(
            pk=chain_id,
            defaults={
                "mission": mission,
                "subject": "readings",
                "reference": f"{mission.code} readings",
            },
        )
        append(
            chain_id=chain_id,
            act=BOUND,
            actor=None,
            payload={
                "after": after,
                "last": rows[-1][0],
                "count": len(rows),
                "root": root_of([_leaf(row) for row in rows]).hex(),
            },
        )
        bound += len(rows)
    return bound


def readings_not_as_bound() -> Iterator[tuple[Mission, int]]:
    """Yield each entry, by mission and number, whose readings are not what it bound."""
    for mission in Mission.objects.order_by("pk"):
        after = BEFORE_ALL
        entries = Entry.objects.filter(chain=chain_of_readings(mission), act=BOUND)
        for entry in entries.select_related("payload").order_by("number").iterator(chunk_size=500):
            said = _said(entry)
            rows = _rows(mission.pk, after, said.get("last", BEFORE_ALL))
            root = root_of([_leaf(row) for row in rows]).hex()
            if (said.get("after"), said.get("count"), said.get("root")) != (after, len(rows), root):
                yield mission, entry.number
            after = said.get("last", after)
