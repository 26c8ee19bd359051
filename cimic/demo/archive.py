"""What the records officer keeps: example classes, one record transferred, one on legal hold."""

import datetime as dt
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from cimic.demo.world import World
from missions.calendar import local_day
from records.archive import pack
from records.archive.keeping import record_receipt, set_class, set_hold
from requests_app.models import AssistanceRequest
from requests_app.vocabulary import Kind, Status

SHOWS = "Example only: the mission enters its own schedule"
# Codes that only show what one looks like; the real ones are the mission's to enter.
CLASSES: tuple[dict[str, Any], ...] = (
    {
        "code": "EXAMPLE-SEC-10T",
        "title": "Security assistance and extreme situations",
        "number": 1,
        "kinds": [Kind.SECURITY_ASSISTANCE.value, Kind.EXTREME_SITUATION.value],
        "trigger": "closed",
        "years": 10,
        "action": "transfer",
    },
    {
        "code": "EXAMPLE-QIP-7D",
        "title": "Quick Impact Projects",
        "number": 2,
        "kinds": [Kind.QIP.value],
        "trigger": "budget_year",
        "years": 7,
        "action": "destroy",
    },
    {
        "code": "EXAMPLE-CA-0T",
        "title": "Civil assistance, transferred as soon as it is closed",
        "number": 3,
        "kinds": [Kind.CIVIL_ASSISTANCE.value],
        "trigger": "closed",
        "years": 0,
        "action": "transfer",
    },
)
HELD = (
    "Board of inquiry into the accident on the Alur road: every record of transport there is kept "
    "until it has reported."
)
RECEIPT = {
    "received_by": "Ms Adjoa Mensah",
    "organisation": "Mission archives, Galasi",
    "receipt_reference": "UNAC-ARCH-2026-007",
}


def _closed(world: World, place: int) -> AssistanceRequest | None:
    closed = AssistanceRequest.objects.filter(
        mission=world.mission, status=Status.CLOSED, kind=Kind.CIVIL_ASSISTANCE
    )
    found = list(closed.order_by("reference")[: place + 1])
    return found[place] if len(found) > place else None


def _schedule(world: World) -> None:
    for values in CLASSES:
        set_class(
            actor=world.people["records.officer"],
            mission=world.mission,
            values={**values, "authority": SHOWS, "is_example": True},
        )


def _transfer(world: World) -> None:
    rfa, officer = _closed(world, 0), world.people["records.officer"]
    if rfa is None:
        return
    with tempfile.TemporaryDirectory() as folder:
        bag = pack(rfa=rfa, to=Path(folder), actor=officer)
    today = local_day(world.mission)
    record_receipt(rfa=rfa, actor=officer, received_on=today, manifest_digest=bag.digest, **RECEIPT)


def _hold(world: World) -> None:
    rfa = _closed(world, 1)
    if rfa is not None:
        set_hold(rfa=rfa, actor=world.people["cos"], reason=HELD)


def archive_deeds(
    world: World, now: dt.datetime
) -> Iterator[tuple[dt.datetime, Callable[[], None]]]:
    """Tell when each was done, counted back from now."""
    at = now - dt.timedelta(hours=30)
    yield at, lambda: _schedule(world)
    yield at + dt.timedelta(minutes=20), lambda: _transfer(world)
    yield at + dt.timedelta(minutes=50), lambda: _hold(world)
