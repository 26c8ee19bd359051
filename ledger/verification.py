"""Proving that nothing was changed, left out or put in between, nor behind the witnesses' backs."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction

from common.clock import iso
from ledger.models import Chain, Entry
from ledger.reading import Break, Open, Row, prove, prove_chain, stream
from ledger.state import last_receipt
from ledger.witnesses import Fault, prove_checkpoints
from missions.models import Mission

__all__ = ["Break", "Finding", "break_in", "verify"]

ONLY = {
    "ledger_entry": "entry.chain_id",
    "ledger_chain chain": "chain.id",
    "ledger_checkpointleaf": "leaf.chain_id",
}


@dataclass
class Finding:
    """What verifying found: how much was read, each chain's first break, what else is wrong.

    ``unwitnessed`` entries are newer than the last checkpoint whose receipt has left the
    server: they hold together, but nobody outside could tell if they were written anew.
    """

    chains: int = 0
    entries: int = 0
    unwitnessed: int = 0
    checkpoints: int = 0
    witnessed_until: int = 0
    breaks: list[Break] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        return not self.breaks and not self.faults

    def lost(self, chain: str, reason: str) -> None:
        """Keep that a chain's entries or leaves are there, and its row is not."""
        if not any(found.chain == chain for found in self.breaks):
            self.breaks.append(Break(chain, "", 1, reason))


@contextmanager
def _one_look() -> Iterator[None]:
    """See the database as it is at one moment, if this is not part of a deed already."""
    alone = not connection.in_atomic_block
    with transaction.atomic():
        if alone:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def _reader(mission: Mission | None, chain: Any) -> Open:
    """Return what opens the readings, of one mission's chains, of one chain, or of all."""

    def open_rows(sql: str) -> Iterator[Row]:
        column = next(name for table, name in ONLY.items() if f"FROM {table}" in sql)
        if chain is not None:
            return stream(sql.format(only=f"WHERE {column} = %s"), [str(chain)])
        if mission is not None:
            own = "(SELECT id FROM ledger_chain WHERE mission_id = %s)"
            return stream(sql.format(only=f"WHERE {column} IN {own}"), [mission.pk])
        return stream(sql.format(only=""))

    return open_rows


def verify(*, mission: Mission | None = None, chain: Any = None) -> Finding:
    """Check every entry, of one mission or one chain or all, and every checkpoint but of one chain.

    Each entry against its hash, its place, its payload, and what the checkpoints witnessed
    of it; each checkpoint against its signature, the one before, the leaves it was made of,
    and the receipts. Reads in order, a page at a time, at one moment of the database.
    """
    finding = Finding()
    with _one_look():
        left = last_receipt()
        finding.witnessed_until = left.checkpoint.number if left else 0
        prove(_reader(mission, chain), finding.witnessed_until, finding)
        if chain is None:
            prove_checkpoints(finding)
    return finding


def _row(entry: Entry) -> Row:
    payload = getattr(entry, "payload", None)
    return (
        str(entry.chain_id), entry.number, entry.act, entry.actor_id, entry.actor_name,
        entry.post_id, entry.post_title, entry.capacity, iso(entry.happened_at),
        iso(entry.recorded_at), entry.told_clock, entry.previous, entry.payload_digest, entry.hash,
        payload and payload.salt, payload and payload.text, payload and payload.erasure_id,
    )  # fmt: skip


def break_in(chain: Chain, entries: list[Entry]) -> Break | None:
    """Return where a chain that is loaded, with its entries and payloads, first does not hold."""
    proved = prove_chain(map(_row, entries), length=chain.length, head=chain.head)
    if not proved.reason:
        return None
    return Break(str(chain.pk), chain.reference, proved.number, proved.reason)
