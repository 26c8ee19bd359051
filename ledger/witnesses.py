"""Proving the checkpoints: keys, signatures, the leaves they were made of, and the receipts."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.db import connection
from django.utils.translation import gettext_noop as noop

from common.canonical import sha256
from common.kept import Kept
from ledger.merkle import BUCKETS, Top, bucket_of, chain_leaf, checkpoint_text, root_of
from ledger.models import GENESIS, Checkpoint, SigningKey, WitnessReceipt
from ledger.readings import readings_not_as_bound
from ledger.receipts import receipt_text, receipts_found
from ledger.signing import announcement_text, key_id_of, signs

CHECKPOINT_MISSING = Kept(noop("checkpoint %(number)s is missing"))
UNREADABLE = Kept(noop("the receipt %(file)s cannot be read"))
UNREAD = Kept(noop("the readings of %(mission)s are not those that were bound"))
ANOTHER = Kept(noop("the receipt %(file)s speaks of another checkpoint than is here"))
LEAVES = """
    SELECT leaf.chain_id::text, checkpoint.number, leaf.length, leaf.head
    FROM ledger_checkpointleaf leaf
    LEFT JOIN ledger_checkpoint checkpoint ON checkpoint.id = leaf.checkpoint_id
    WHERE leaf.chain_id BETWEEN %s AND %s
"""
ROOTS = """
    SELECT bucket.number, checkpoint.number, bucket.chains, bucket.root
    FROM ledger_checkpointbucket bucket
    LEFT JOIN ledger_checkpoint checkpoint ON checkpoint.id = bucket.checkpoint_id
    WHERE bucket.number BETWEEN %s AND %s
"""
BY_CHECKPOINT = """
    SELECT checkpoint.number, bucket.number, bucket.chains, bucket.root
    FROM ledger_checkpointbucket bucket
    JOIN ledger_checkpoint checkpoint ON checkpoint.id = bucket.checkpoint_id
    ORDER BY checkpoint.number, bucket.number
"""
PAGE = 2000
# Of a number that no bucket has, if the guard against them was taken off.
LOWEST, HIGHEST = -(1 << 15), (1 << 15) - 1


@dataclass(frozen=True)
class Fault:
    """What does not hold of a checkpoint, a key or a receipt, and why."""

    kind: str
    number: int
    reason: str


@dataclass
class Replay:
    """What the leaves make of each checkpoint: how many chains and entries it added."""

    chains: dict[int, int] = field(default_factory=dict)
    entries: dict[int, int] = field(default_factory=dict)
    faults: dict[int, str] = field(default_factory=dict)

    def blame(self, number: int | None, reason: str) -> None:
        self.faults.setdefault(number or 0, reason)

    def add(self, other: "Replay") -> None:
        """Take in what other chains' leaves make of them."""
        for number, count in other.chains.items():
            self.chains[number] = self.chains.get(number, 0) + count
        for number, count in other.entries.items():
            self.entries[number] = self.entries.get(number, 0) + count
        for number, reason in other.faults.items():
            self.blame(number, reason)

    def bucket(self, leaves: list[Any], kept: dict[int, tuple[int, str]]) -> None:
        """Replay one bucket's leaves, checkpoint by checkpoint, against the roots kept of it."""
        state: dict[str, tuple[int, bytes]] = {}
        made = {}
        leaves.sort(key=lambda leaf: (leaf[1] or 0, leaf[0]))
        for number, changed in groupby(leaves, key=lambda leaf: leaf[1] or 0):
            for chain, _number, length, head in changed:
                was = state.get(chain, (0, b""))[0]
                if length <= was:
                    self.blame(number, noop("a chain in it had grown shorter"))
                self.chains[number] = self.chains.get(number, 0) + (was == 0)
                self.entries[number] = self.entries.get(number, 0) + length - was
                state[chain] = (length, chain_leaf(chain, length, head))
            root = root_of([state[chain][1] for chain in sorted(state)]).hex()
            made[number] = (len(state), root)
        for number in made.keys() | kept.keys():
            if made.get(number) != kept.get(number):
                self.blame(number, noop("its leaves do not give the roots it was made of"))


def replay(raw: Any, bounds: tuple[str, str], replayed: Replay) -> None:
    """Read the leaves of the chains within bounds, whole buckets, beside each bucket's roots.

    ``raw`` is psycopg2's connection.
    """
    first, last = map(bucket_of, bounds)
    with raw.cursor() as cursor:
        cursor.execute(LEAVES, bounds)
        leaves: dict[int, list[Any]] = {}
        for leaf in cursor.fetchall():
            leaves.setdefault(bucket_of(leaf[0]), []).append(leaf)
        cursor.execute(ROOTS, [first or LOWEST, last if last < BUCKETS - 1 else HIGHEST])
        roots: dict[int, dict[int, tuple[int, str]]] = {}
        for bucket, number, chains, root in cursor.fetchall():
            roots.setdefault(bucket, {})[number or 0] = (chains, root)
    for bucket in sorted(leaves.keys() | roots.keys()):
        replayed.bucket(leaves.get(bucket, []), roots.get(bucket, {}))


def stream(sql: str) -> Iterator[Any]:
    """Yield a query's rows a page at a time, from a cursor that the server keeps.

    Inside a transaction alone. psycopg2's own cursor, since what it gives is plain rows.
    """
    connection.ensure_connection()
    raw: Any = connection.connection
    with raw.cursor(name="ledger_checkpoints") as cursor:
        cursor.execute(sql)
        while rows := cursor.fetchmany(PAGE):
            yield from rows


def _key_faults(keys: list[SigningKey]) -> Iterator[tuple[bool, Fault]]:
    """Yield what is wrong with the keys (True), and which begins anew without the one before."""
    last = None
    for place, key in enumerate(keys, start=1):
        by = last or key
        if key.number != place or key.previous_id != (last.pk if last else None):
            yield True, Fault("key", key.number, noop("it does not follow the key before it"))
        elif key.key_id != key_id_of(key.public_key):
            yield True, Fault("key", key.number, noop("its name is not that of its public key"))
        elif key.announcement and not signs(
            by.public_key, key.announcement, announcement_text(key)
        ):
            yield True, Fault("key", key.number, noop("the key before did not announce it"))
        elif not key.announcement:
            yield False, Fault("key", key.number, noop("it begins anew: the key before was lost"))
        last = key


def _own_fault(checkpoint: Checkpoint, last: Checkpoint | None, until: Any) -> str:
    """Say what is wrong with a checkpoint by itself and after the one before, or ''."""
    text = checkpoint_text(
        number=checkpoint.number,
        made_at=checkpoint.made_at,
        root=checkpoint.root,
        chains=checkpoint.chains,
        entries=checkpoint.entries,
        previous=checkpoint.previous,
        key_id=checkpoint.key.key_id,
    )
    if checkpoint.previous != (last.hash if last else GENESIS):
        return noop("it does not follow the checkpoint before it")
    if sha256(text) != checkpoint.hash:
        return noop("its columns do not give its hash")
    if not signs(checkpoint.key.public_key, checkpoint.signature, text):
        return noop("its signature is not of its key")
    if checkpoint.made_at < checkpoint.key.from_at or (until and checkpoint.made_at > until):
        return noop("its key was not in force when it was made")
    return ""


class _Changes:
    """The buckets' new roots, handed out checkpoint by checkpoint."""

    def __init__(self) -> None:
        self._groups = groupby(stream(BY_CHECKPOINT), key=itemgetter(0))
        self._next()

    def _next(self) -> None:
        self._number, self._rows = next(self._groups, (0, iter(())))

    def of(self, number: int) -> list[Any]:
        while self._number and self._number < number:
            self._next()
        if self._number != number:
            return []
        rows = [row[1:] for row in self._rows]
        self._next()
        return rows


def _checkpoint_faults(keys: list[SigningKey], replayed: Replay) -> Iterator[Fault]:
    ends = {key.pk: after.from_at for key, after in zip(keys, keys[1:], strict=False)}
    top, changes, last = Top(), _Changes(), None
    chains = entries = 0
    for checkpoint in Checkpoint.objects.select_related("key").order_by("number"):
        number, expected = checkpoint.number, last.number + 1 if last else 1
        if number != expected:
            yield Fault("checkpoint", expected, CHECKPOINT_MISSING(number=expected))
        top.change(changes.of(number))
        chains += replayed.chains.get(number, 0)
        entries += replayed.entries.get(number, 0)
        reason = _own_fault(checkpoint, last, ends.get(checkpoint.key_id))
        reason = reason or replayed.faults.get(number, "")
        if not reason and top.root != checkpoint.root:
            reason = noop("its leaves do not give its root")
        if not reason and (chains, entries) != (checkpoint.chains, checkpoint.entries):
            reason = noop("it covers another number of chains or entries")
        if reason:
            yield Fault("checkpoint", number, reason)
        last = checkpoint
    known = last.number if last else 0
    for number in sorted(set(replayed.faults) | set(replayed.chains)):
        if number == 0:
            yield Fault("checkpoint", 0, noop("a checkpoint whose leaves are here is missing"))
        elif number > known:
            yield Fault("checkpoint", number, CHECKPOINT_MISSING(number=number))


def _receipt_faults() -> Iterator[Fault]:
    """Yield the receipts that speak of another checkpoint than is here."""
    receipts = WitnessReceipt.objects.select_related("checkpoint__key").order_by("pk")
    for receipt in receipts.iterator(chunk_size=500):
        number = receipt.checkpoint.number
        if receipt.left_at and receipt.digest != sha256(receipt_text(receipt.checkpoint)):
            yield Fault("receipt", number, noop("what left is not what is here"))
    hashes = dict(Checkpoint.objects.values_list("number", "hash"))
    for name, said in receipts_found():
        if said is None or not isinstance(said.get("number"), int):
            yield Fault("receipt", 0, UNREADABLE(file=name))
        elif hashes.get(said["number"]) != said.get("hash"):
            yield Fault("receipt", said["number"], ANOTHER(file=name))


def _reading_faults() -> Iterator[Fault]:
    """Yield the days whose readings of confidential records are not what was bound."""
    for mission, number in readings_not_as_bound():
        yield Fault("readings", number, UNREAD(mission=mission.code))


def prove_checkpoints(finding: Any, replayed: Replay) -> None:
    """Prove every key, checkpoint and receipt; ``finding`` keeps what does not hold.

    ``replayed`` is what all leaves make of them.
    """
    keys = list(SigningKey.objects.select_related("previous").order_by("number"))
    for is_fault, said in _key_faults(keys):
        (finding.faults if is_fault else finding.warnings).append(said)
    finding.faults += _checkpoint_faults(keys, replayed)
    finding.faults += _receipt_faults()
    finding.faults += _reading_faults()
    finding.checkpoints = Checkpoint.objects.count()
