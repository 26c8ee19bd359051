"""From the outbox to notices, exactly once."""

import json

import structlog
from django.db import transaction
from django.urls import reverse

from approvals.models import Process
from approvals.vocabulary import StepState
from common.clock import now
from common.due import is_due
from common.tracing import traced
from ledger.models import Entry, OutboxRow
from missions.models import User
from notices.models import Notice
from notices.queries import preferences_of
from notices.services.owing import LISTENER, LONGEST_PAUSE, MOST_A_SWEEP, owe_letter
from notices.texts import (
    Telling,
    tellings_of,
    tellings_of_complaint,
    tellings_of_export,
    tellings_of_mission,
    tellings_of_process,
)
from notices.vocabulary import ANSWERED_AT_THE_STEP, Delivery, Group
from records.models import ExportRun
from requests_app.models import AssistanceRequest

log = structlog.stdlib.get_logger(__name__)


def _delivery_to(person: User, group: Group) -> str:
    """Return how a person is told: at once of a duty, or else as they chose."""
    if group == Group.DUTIES:
        return Delivery.AT_ONCE
    if not person.email:
        return Delivery.CENTRE
    return str(getattr(preferences_of(person), group.value))


def _link_to(telling: Telling, record: str) -> str:
    """Return where it is acted on: what waits for an answer at its step, the rest at the record."""
    if telling.sort in ANSWERED_AT_THE_STEP:
        return reverse("approvals:step", args=[telling.values["step"]])
    return record


def _leave_one_a_step(rfa: AssistanceRequest) -> None:
    """Leave a person one unread duty a step, the newest, and none once the step is answered.

    Locked in one order, as everything that marks notices read.
    """
    told = Notice.objects.filter(rfa=rfa, group=Group.DUTIES, read_at=None, values__has_key="step")
    newest: dict[tuple[int, int], int] = {}
    found = list(told.order_by("pk").select_for_update(of=("self",)))
    for notice in found:
        newest[notice.person_id, notice.values["step"]] = notice.pk
    waiting = set(rfa.steps.filter(state=StepState.OPEN).values_list("pk", flat=True))
    left = {pk for (_person, step), pk in newest.items() if step in waiting}
    Notice.objects.filter(pk__in={notice.pk for notice in found} - left).update(read_at=now())


def _tell(entry: Entry, telling: Telling, rfa: AssistanceRequest | None, link: str) -> None:
    notice = Notice.objects.create(
        entry=entry,
        person=telling.person,
        mission=entry.chain.mission,
        rfa=rfa,
        post=telling.post,
        sort=telling.sort,
        values=telling.values,
        group=telling.group,
        delivery=_delivery_to(telling.person, telling.group),
        link=_link_to(telling, link),
        made_at=now(),
    )
    if notice.delivery == Delivery.AT_ONCE and telling.person.email:
        notice.letter = owe_letter(
            person=telling.person, mission=notice.mission, about=f"notice-{notice.pk}"
        )
        notice.save(update_fields=["letter"])


def _tell_of(entry: Entry) -> None:
    said = json.loads(entry.payload.text)
    match entry.chain.subject:
        case "process":
            process = Process.objects.filter(chain=entry.chain_id).first()
            if process is not None:
                link = reverse("approvals:process", args=[process.pk])
                for telling in tellings_of_process(entry, process, said):
                    _tell(entry, telling, None, link)
        case "complaint":
            link = reverse("records:complaints")
            for telling in tellings_of_complaint(entry, said):
                _tell(entry, telling, None, link)
        case "mission":
            for telling in tellings_of_mission(entry, said):
                _tell(entry, telling, None, reverse("notices:webhooks"))
        case "export":
            run = ExportRun.objects.filter(pk=entry.chain_id).select_related("by").first()
            if run is not None:
                link = reverse("records:export", args=[run.pk])
                for telling in tellings_of_export(entry, run, said):
                    _tell(entry, telling, None, link)
        case _:
            rfa = (
                AssistanceRequest.objects.select_related("mission", "requested_by", "tasked_unit")
                .filter(pk=entry.chain_id)
                .first()
            )
            if rfa is not None:
                link = reverse("records:case", args=[rfa.reference])
                for telling in tellings_of(entry, rfa, said):
                    _tell(entry, telling, rfa, link)
                _leave_one_a_step(rfa)


def take_from_outbox(row_id: int) -> bool:
    """Turn one outbox row into notices and letters, exactly once; say whether it was done now.

    The row, the notices and the mark are one transaction: a process killed anywhere leaves
    all of them or none. A row another worker holds is passed over.
    """
    with transaction.atomic():
        row = (
            OutboxRow.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("entry__payload", "entry__chain__mission")
            .filter(pk=row_id, listener=LISTENER, done_at=None)
            .first()
        )
        if row is None:
            return False
        with traced(row.request_id):
            _tell_of(row.entry)
            row.done_at = now()
            row.save(update_fields=["done_at"])
            log.info("told", entry=row.entry_id, act=row.entry.act)
    return True


def owed_rows() -> list[int]:
    """List the outbox rows still owed to notices, oldest first."""
    return list(
        OutboxRow.objects.filter(
            is_due("next_try_at", LONGEST_PAUSE), listener=LISTENER, done_at=None
        )
        .order_by("pk")
        .values_list("pk", flat=True)[:MOST_A_SWEEP]
    )
