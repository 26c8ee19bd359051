"""Closed records at each turn of the archive: classed, packed, received, held, due."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from common import clock
from missions.models import Mission
from records import services as records
from records.archive import pack
from records.archive.keeping import record_receipt, set_class
from records.models import RetentionClass
from requests_app.models import AssistanceRequest
from tests.builders import a_refused, a_started, who

AUTHORITY = "Mission retention schedule, series 12"
WHY = "Its years are over."


def fresh(rfa: AssistanceRequest) -> AssistanceRequest:
    """The record as the database has it now."""
    return AssistanceRequest.objects.get(pk=rfa.pk)


def a_closed_refusal() -> AssistanceRequest:
    """A refused record whose follow-up is answered, and so closed."""
    rfa = a_refused()
    records.record_delivery(
        rfa=rfa, actor=who("chief.cimic"), delivered=False, source="Visit of the third"
    )
    return fresh(rfa)


def a_closed_task(answers: dict[str, Any] | None = None, *, by: str = "sector.east"):
    """A record carried out, completed and closed."""
    rfa = a_started(answers, by=by)
    records.complete(rfa=rfa, actor=who("chief.cimic"), result="Water flows at Mialo.")
    return fresh(records.close(rfa=rfa, actor=who("chief.cimic")))


def a_class(action: str = "destroy", *, years: int = 5, code: str = "", **more: Any):
    """A class of the mission's own schedule."""
    return set_class(
        actor=who("records.officer"),
        mission=Mission.objects.get(code="UNAC"),
        values={
            "code": code or f"UNAC-{action[:1].upper()}{years}",
            "title": "Requests for civil assistance",
            "years": years,
            "action": action,
            **more,
        },
    )


@contextmanager
def years_later(years: float) -> Iterator[dt.datetime]:
    """Let so many years have passed, and the people still hold their posts."""
    with clock.telling(clock.now() + dt.timedelta(days=366 * years)) as later:
        yield later


def a_receipt(rfa: AssistanceRequest, folder: Path, **more: Any) -> Any:
    """Pack a record and record that the archive received the bag."""
    bag = pack(rfa=rfa, to=folder, actor=who("records.officer"))
    return record_receipt(
        rfa=rfa,
        actor=who("records.officer"),
        **{
            "received_by": "Ms Adjoa Mensah",
            "organisation": "United Nations archives",
            "receipt_reference": "ARMS-2026-118",
            "received_on": clock.now().date(),
            "manifest_digest": bag.digest,
            **more,
        },
    )


def the_class(code: str) -> RetentionClass:
    return RetentionClass.objects.get(code=code)
