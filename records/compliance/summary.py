"""The summary: kept by a reader of the outbox, record by record, and made anew on demand.

A record and its chain are locked while they are read, so that no deed changes them meanwhile
and no two readers count it at once. One that is busy is passed over: it stays owed
and the next sweep takes it. What was found, what it changes in the counts, and the mark on
every row owed for that record until then are one transaction, so that a worker killed
anywhere leaves all of it or none.
"""

import datetime as dt
import logging
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import override

from approvals.invariants.finding import Finding, Outcome
from common.clock import now
from common.due import is_due
from ledger.models import Chain, Entry, OutboxRow
from missions.calendar import local_day
from missions.models import Mission
from records.compliance.loading import Whole, load
from records.compliance.rows import findings_of
from records.figures.kept import records_changed
from records.models import ComplianceCount, ComplianceException, Disposal, RecordCompliance
from requests_app.models import AssistanceRequest

LISTENER = "compliance"
MOST_A_SWEEP = 500
A_BATCH = 200
LONGEST_PAUSE = dt.timedelta(hours=1)
COLUMNS = (Outcome.COMPLIED, Outcome.EXCEPTION, Outcome.PENDING)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Place:
    """Where a record is counted: the day, sector, kind and classification it has."""

    mission: int
    day: Any
    sector: int | None
    kind: str
    classification: int


# How much each count changes: by place and row, then by outcome.
Changes = dict[tuple[Place, str], Counter[str]]


def _place_of(record: Whole) -> Place:
    rfa = record.rfa
    if rfa.submitted_at is None:
        raise ValueError("What was never submitted is not counted.")
    return Place(
        mission=rfa.mission_id,
        day=local_day(rfa.mission, rfa.submitted_at),
        sector=rfa.sector_id,
        kind=rfa.kind,
        classification=rfa.classification,
    )


def _place_kept(kept: RecordCompliance) -> Place:
    return Place(
        mission=kept.mission_id,
        day=kept.day,
        sector=kept.sector_id,
        kind=kept.kind,
        classification=kept.classification,
    )


def _add(changes: Changes, place: Place, findings: dict[str, str], by: int) -> None:
    for row, outcome in findings.items():
        changes[place, row][outcome] += by


def _in_order(key: tuple[Place, str]) -> tuple[Any, ...]:
    place, row = key
    return (
        place.mission,
        row,
        place.day,
        place.sector or 0,
        place.kind,
        place.classification,
    )


HAVE_AND_LOCK = """
    INSERT INTO records_compliancecount
        (mission_id, row, day, sector_id, kind, classification, complied, exceptions, pending)
    SELECT *, 0, 0, 0 FROM unnest(
        %s::bigint[], %s::text[], %s::date[], %s::bigint[], %s::text[], %s::smallint[])
    ON CONFLICT ON CONSTRAINT compliance_is_counted_once
        DO UPDATE SET pending = records_compliancecount.pending
    RETURNING id
"""
ADD = """
    UPDATE records_compliancecount AS kept
    SET complied = kept.complied + more.complied,
        exceptions = kept.exceptions + more.exceptions,
        pending = kept.pending + more.pending
    FROM unnest(%s::bigint[], %s::int[], %s::int[], %s::int[])
        AS more (id, complied, exceptions, pending)
    WHERE kept.id = more.id
"""


def _apply(changes: Changes) -> None:
    """Add the changes to the counts, each row made and locked first, all in one order.

    Two workers therefore never wait for each other crosswise.
    """
    keys = sorted((key for key, more in changes.items() if any(more.values())), key=_in_order)
    if not keys:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            HAVE_AND_LOCK,
            [
                [place.mission for place, _row in keys],
                [row for _place, row in keys],
                [place.day for place, _row in keys],
                [place.sector for place, _row in keys],
                [place.kind for place, _row in keys],
                [place.classification for place, _row in keys],
            ],
        )
        ids = [found for (found,) in cursor.fetchall()]
        cursor.execute(
            ADD, [ids, *[[changes[key][outcome] for key in keys] for outcome in COLUMNS]]
        )


def _exceptions_of(record: Whole, findings: dict[str, Finding]) -> list[ComplianceException]:
    place = _place_of(record)
    return [
        ComplianceException(
            rfa=record.rfa,
            mission_id=place.mission,
            row=row,
            day=place.day,
            words=finding.words,
            entry=finding.entry,
        )
        for row, finding in sorted(findings.items())
        if finding.outcome == Outcome.EXCEPTION
    ]


def _replace_exceptions(records: list[Whole], found: dict[UUID, dict[str, Finding]]) -> None:
    """Let the exceptions of these records be what was found; touch only what differs."""
    kept: dict[UUID, set[tuple[Any, ...]]] = defaultdict(set)
    for line in ComplianceException.objects.filter(rfa__in=[each.rfa.pk for each in records]):
        kept[line.rfa_id].add((line.row, line.day, line.words, line.entry))
    gone, new = [], []
    for record in records:
        lines = _exceptions_of(record, found[record.rfa.pk])
        if {(line.row, line.day, line.words, line.entry) for line in lines} != kept[record.rfa.pk]:
            gone.append(record.rfa.pk)
            new += lines
    if gone:
        ComplianceException.objects.filter(rfa__in=gone).delete()
        ComplianceException.objects.bulk_create(new)


def _still_whole(ids: list[UUID]) -> list[UUID]:
    """Leave out what was disposed of: it stays counted as it was found when it was whole."""
    gone = set(Disposal.objects.filter(rfa__in=ids).values_list("rfa", flat=True))
    return [each for each in ids if each not in gone]


def _keep(ids: list[UUID]) -> None:
    """Find anew what these records are, whose chains are locked, and count what changed."""
    records = load(_still_whole(ids))
    with override("en"):  # what is kept holds no translated word
        found = {record.rfa.pk: findings_of(record) for record in records}
    kept = {line.rfa_id: line for line in RecordCompliance.objects.filter(rfa__in=ids)}
    changes: Changes = defaultdict(Counter)
    lines = []
    for record in records:
        place = _place_of(record)
        outcomes = {row: str(each.outcome) for row, each in found[record.rfa.pk].items()}
        before = kept.get(record.rfa.pk)
        if before is not None:
            _add(changes, _place_kept(before), before.findings, by=-1)
        _add(changes, place, outcomes, by=1)
        lines.append(
            RecordCompliance(
                rfa=record.rfa,
                mission_id=place.mission,
                day=place.day,
                sector_id=place.sector,
                kind=place.kind,
                classification=place.classification,
                findings=outcomes,
                at_entry=record.chain.length,
            )
        )
    RecordCompliance.objects.bulk_create(
        lines,
        update_conflicts=True,
        unique_fields=["rfa"],
        update_fields=[
            "mission",
            "day",
            "sector",
            "kind",
            "classification",
            "findings",
            "at_entry",
        ],
    )
    _replace_exceptions(records, found)
    _apply(changes)
    records_changed(ids)


def owed(mission: Mission | None = None) -> QuerySet[OutboxRow]:
    """Return what is owed to the summary, of one mission or of all."""
    rows = OutboxRow.objects.filter(listener=LISTENER, done_at=None)
    return rows.filter(entry__chain__mission=mission) if mission else rows


def _owed_chains(rows: QuerySet[OutboxRow]) -> list[UUID]:
    """List the chains for which something is owed, the longest owed first, each once."""
    chains = rows.order_by("pk").values_list("entry__chain", flat=True)[:MOST_A_SWEEP]
    return list(dict.fromkeys(chains))


def _locked(chains: Iterable[UUID], *, wait: bool = False) -> list[UUID]:
    """Lock records and their chains against deeds and other readers; pass over the busy.

    The record first, then its chain, as every deed does: nobody waits crosswise.
    """
    asked = list(chains)
    records = set(AssistanceRequest.objects.filter(pk__in=asked).values_list("pk", flat=True))
    rfas = AssistanceRequest.objects.select_for_update(skip_locked=not wait, no_key=True)
    held = set(rfas.filter(pk__in=records).order_by("pk").values_list("pk", flat=True))
    free = [chain for chain in asked if chain in held or chain not in records]
    rows = Chain.objects.select_for_update(skip_locked=not wait, no_key=True)
    return list(rows.filter(pk__in=free).order_by("pk").values_list("pk", flat=True))


def _owed_for(chains: list[UUID]) -> QuerySet[OutboxRow]:
    """Return what is owed for these chains, found by their entries' own numbers.

    However much is owed for others, it costs no more.
    """
    entries = list(Entry.objects.filter(chain__in=chains).values_list("pk", flat=True))
    return owed().filter(entry__in=entries)


def take_from_outbox(chain_id: UUID) -> int:
    """Count one record anew and mark all that is owed for it, exactly once; say how many rows.

    A record that is busy is passed over (0). What belongs to no submitted record is marked
    and nothing else.
    """
    with transaction.atomic():
        chains = _locked([chain_id])
        rows = _owed_for(chains)
        if not rows.exists():
            return 0
        _keep(chains)
        return rows.update(done_at=now(), last_error="")


def _put_off(chain_id: UUID, error: Exception) -> None:
    """Keep why a record could not be counted; it stays owed and is tried again, ever later."""
    rows = _owed_for([chain_id])
    attempts = max(rows.values_list("attempts", flat=True), default=0) + 1
    rows.update(
        attempts=attempts,
        next_try_at=now() + min(dt.timedelta(seconds=10 * 2 ** min(attempts, 12)), LONGEST_PAUSE),
        last_error=f"{type(error).__name__}: {error}"[:500],
    )


def sweep(mission: Mission | None = None) -> int:
    """Take in what is owed; return how many outbox rows were done.

    What a killed worker left is found here. One record that cannot be counted does not hold up
    the others.
    """
    done = 0
    ready = owed(mission).filter(Q(attempts=0) | is_due("next_try_at", LONGEST_PAUSE))
    for chain_id in _owed_chains(ready):
        try:
            done += take_from_outbox(chain_id)
        except Exception as error:
            log.exception("compliance of %s", chain_id)
            _put_off(chain_id, error)
    return done


LOCK_COUNTS = "LOCK TABLE records_compliancecount IN SHARE ROW EXCLUSIVE MODE"
FORGET_COUNTS = "DELETE FROM records_compliancecount WHERE mission_id = %s"
ADD_UP = """
    INSERT INTO records_compliancecount
        (mission_id, row, day, sector_id, kind, classification, complied, exceptions, pending)
    SELECT mission_id, found.key, day, sector_id, kind, classification,
           count(*) FILTER (WHERE found.value = 'complied'),
           count(*) FILTER (WHERE found.value = 'exception'),
           count(*) FILTER (WHERE found.value = 'pending')
    FROM records_recordcompliance, jsonb_each_text(findings) AS found
    WHERE mission_id = %s
    GROUP BY 1, 2, 3, 4, 5, 6
"""


@transaction.atomic
def add_up(mission: Mission) -> None:
    """Make a mission's counts anew from its records' lines; readers of the outbox wait for it."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK_COUNTS)
        cursor.execute(FORGET_COUNTS, [mission.pk])
        cursor.execute(ADD_UP, [mission.pk])


def _batch(ids: list[UUID], *, wait: bool) -> set[UUID]:
    with transaction.atomic():
        chains = _locked(ids, wait=wait)
        _keep(chains)
        _owed_for(chains).update(done_at=now(), last_error="")
    return set(chains)


def rebuild(mission: Mission) -> int:
    """Make a mission's summary anew from its records, in batches; return how many records.

    First the counts are made what the records' lines add up to, whatever these say; then each
    line is found anew and the counts follow it.
    Deeds go on meanwhile: a record that is busy is counted once it is free.
    """
    add_up(mission)
    records = AssistanceRequest.objects.filter(
        mission=mission, submitted_at__isnull=False, historical=False
    )
    ids = list(records.order_by("pk").values_list("pk", flat=True))
    busy: list[UUID] = []
    for first in range(0, len(ids), A_BATCH):
        some = ids[first : first + A_BATCH]
        done = _batch(some, wait=False)
        busy += [each for each in some if each not in done]
    for each in busy:
        _batch([each], wait=True)
    return len(ids)


def catch_up(mission: Mission) -> int:
    """Make a mission's summary anew and take in all that is owed; return how many records."""
    found = rebuild(mission)
    while sweep(mission):
        pass
    return found


def counts_of(mission: Mission) -> dict[tuple[Any, ...], tuple[int, int, int]]:
    """Return a mission's counts that count something, by place and row."""
    rows = ComplianceCount.objects.filter(mission=mission).values_list(
        "row", "day", "sector", "kind", "classification", "complied", "exceptions", "pending"
    )
    return {tuple(line[:5]): line[5:] for line in rows if any(line[5:])}
