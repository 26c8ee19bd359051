"""Proving that nothing was changed, left out or put in between, nor behind the witnesses' backs."""

import multiprocessing
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, connections, transaction

from common.canonical import canonical
from common.clock import iso
from ledger.merkle import BUCKETS, bounds_of
from ledger.models import Chain, Entry
from ledger.reading import Break, Proof, Row, prove
from ledger.state import last_receipt
from ledger.witnesses import Fault, Replay, prove_checkpoints, replay
from missions.models import Mission

__all__ = ["Break", "Finding", "break_in", "verify"]

# So many chains are proved at a time: what is known of them is in memory meanwhile.
A_PART = 4_000
WITHIN = "{chain} BETWEEN %s AND %s"
OF_A_MISSION = "{chain} IN (SELECT id FROM ledger_chain WHERE mission_id = %s)"
SNAPSHOT = "SET TRANSACTION SNAPSHOT %s"
READING = "ISOLATION LEVEL REPEATABLE READ, READ ONLY"

Bounds = tuple[str, str]


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

    def proved(self, chain: Row, proof: Proof, leaves: list[Row]) -> None:
        """Count a chain that was read, and keep its first break."""
        chain_id, reference, length, head = chain
        proof.end(length=length, head=head)
        known = [leaf[1] for leaf in leaves if (leaf[3] or 0) <= self.witnessed_until]
        self.chains += 1
        self.entries += proof.entries
        self.unwitnessed += max(proof.entries - max(known, default=0), 0)
        if proof.reason:
            self.breaks.append(Break(chain_id, reference, proof.number, proof.reason))

    def add(self, other: "Finding") -> None:
        """Take in what was found of other chains."""
        self.chains += other.chains
        self.entries += other.entries
        self.unwitnessed += other.unwitnessed
        self.breaks += other.breaks


@dataclass(frozen=True)
class _Part:
    """Some chains, next to each other by their ids, as one process proves them."""

    bounds: Bounds
    mission: int | None
    witnessed_until: int
    checkpoints: bool

    def read(self, raw: Any) -> tuple[Finding, Replay]:
        finding, replayed = Finding(witnessed_until=self.witnessed_until), Replay()
        only, params = WITHIN, list[Any](self.bounds)
        if self.mission is not None:
            only, params = f"{WITHIN} AND {OF_A_MISSION}", [*params, self.mission]
        prove(raw, only, params, finding)
        if self.checkpoints:
            replay(raw, self.bounds, replayed)
        return finding, replayed


@contextmanager
def _one_look() -> Iterator[bool]:
    """See the database as it is at one moment, if this is not part of a deed already."""
    alone = not connection.in_atomic_block
    with transaction.atomic():
        if alone:
            with connection.cursor() as cursor:
                cursor.execute(f"SET TRANSACTION {READING}")
        yield alone


def _bounds() -> list[Bounds]:
    """Return the first and last id of each part of the chains: whole buckets, about as many."""
    chains, parts = Chain.objects.count(), 1
    while parts < BUCKETS and chains > parts * A_PART:
        parts *= 2
    each = BUCKETS // parts
    return [
        (bounds_of(first)[0], bounds_of(first + each - 1)[1]) for first in range(0, BUCKETS, each)
    ]


def _read_here(part: _Part) -> tuple[Finding, Replay]:
    return part.read(connection.connection)


def _read_apart(snapshot: str, parts: list[_Part]) -> list[tuple[Finding, Replay]]:
    """Read some parts at another process's snapshot, on a connection of one's own."""
    own = connections[connection.alias].copy()
    own.connect()
    raw: Any = own.connection
    with raw.cursor() as cursor:
        cursor.execute(f"BEGIN {READING}")
        cursor.execute(SNAPSHOT, [snapshot])
    found = [part.read(raw) for part in parts]
    own.close()
    return found


def _in_processes(parts: list[_Part], processes: int) -> list[tuple[Finding, Replay]]:
    """Share the parts among processes, which all see what this transaction sees."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_export_snapshot()")
        (snapshot,) = cursor.fetchone()
    context = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(processes, mp_context=context) as pool:
        shares = [
            pool.submit(_read_apart, snapshot, parts[first::processes])
            for first in range(processes)
        ]
        return [found for share in shares for found in share.result()]


def verify(*, mission: Mission | None = None, chain: Any = None, processes: int = 1) -> Finding:
    """Check every entry, of one mission or one chain or all, and every checkpoint but of one chain.

    Each entry against its hash, its place, its payload, and what the checkpoints witnessed
    of it; each checkpoint against its signature, the one before, the leaves it was made of,
    and the receipts. Reads in order, some thousand chains at a time, at one moment of the
    database, which several ``processes`` may share; not within a deed, which they cannot see.
    """
    finding, replayed = Finding(), Replay()
    with _one_look() as alone:
        left = last_receipt()
        finding.witnessed_until = left.checkpoint.number if left else 0
        bounds = [(str(chain), str(chain))] if chain is not None else _bounds()
        own = mission.pk if mission else None
        parts = [_Part(one, own, finding.witnessed_until, chain is None) for one in bounds]
        read: Iterable[tuple[Finding, Replay]]
        if alone and min(processes, len(parts)) > 1:
            read = _in_processes(parts, min(processes, len(parts)))
        else:
            read = map(_read_here, parts)
        for found, leaves in read:
            finding.add(found)
            replayed.add(leaves)
        finding.breaks.sort(key=lambda one: one.chain)
        if chain is None:
            prove_checkpoints(finding, replayed)
    return finding


def _row(entry: Entry) -> tuple[str, ...]:
    """Return an entry and its payload as they are read to be proved."""
    payload = getattr(entry, "payload", None)
    said = (payload.salt, payload.text, payload.erasure_id) if payload else ("", "", None)
    return (
        str(entry.chain_id), str(entry.number), entry.act, canonical(entry.actor_id),
        entry.actor_name, canonical(entry.post_id), entry.post_title, entry.capacity,
        iso(entry.happened_at), iso(entry.recorded_at), canonical(entry.told_clock),
        entry.previous, entry.payload_digest, entry.hash,
        said[0], said[1], canonical(said[2]), canonical(entry.pk if payload else None),
    )  # fmt: skip


def break_in(chain: Chain, entries: list[Entry]) -> Break | None:
    """Return where a chain that is loaded, with its entries and payloads, first does not hold."""
    proof = Proof()
    for entry in entries:
        proof.read(_row(entry))
    proof.end(length=chain.length, head=chain.head)
    if not proof.reason:
        return None
    return Break(str(chain.pk), chain.reference, proof.number, proof.reason)
