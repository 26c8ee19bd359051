"""Proving the checkpoints: keys, signatures, the leaves they were made of, and the receipts."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.utils.translation import gettext_noop as noop

from common.canonical import sha256
from common.kept import Kept
from ledger.merkle import Top, chain_leaf, checkpoint_text, root_of
from ledger.models import GENESIS, Checkpoint, SigningKey, WitnessReceipt
from ledger.reading import Groups, stream
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
    ORDER BY leaf.chain_id
"""
BUCKETS = """
    SELECT lpad(to_hex(bucket.number::int), 3, '0'), checkpoint.number, bucket.chains, bucket.root
    FROM ledger_checkpointbucket bucket
    LEFT JOIN ledger_checkpoint checkpoint ON checkpoint.id = bucket.checkpoint_id
    ORDER BY bucket.number
"""
BY_CHECKPOINT = """
    SELECT checkpoint.number, bucket.number, bucket.chains, bucket.root
    FROM ledger_checkpointbucket bucket
    JOIN ledger_checkpoint checkpoint ON checkpoint.id = bucket.checkpoint_id
    ORDER BY checkpoint.number, bucket.number
"""


@dataclass(frozen=True)
class Fault:
    """What does not hold of a checkpoint, a key or a receipt, and why."""

    kind: str
    number: int
    reason: str


@dataclass
class _Replay:
    """What the leaves make of each checkpoint: how many chains and entries it added."""

    chains: dict[int, int] = field(default_factory=dict)
    entries: dict[int, int] = field(default_factory=dict)
    faults: dict[int, str] = field(default_factory=dict)

    def blame(self, number: int | None, reason: str) -> None:
        self.faults.setdefault(number or 0, reason)

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


def _replayed() -> _Replay:
    """Read all leaves, a bucket at a time, beside the roots that were kept of each bucket."""
    replay = _Replay()
    roots = Groups(stream(BUCKETS))

    def kept_of(bucket: str) -> dict[int, tuple[int, str]]:
        for lost in roots.before(bucket):
            replay.blame(lost[0][1], noop("its leaves do not give the roots it was made of"))
        return {(row[1] or 0): (row[2], row[3]) for row in roots.of(bucket)}

    for bucket, leaves in groupby(stream(LEAVES), key=lambda leaf: leaf[0][:3]):
        replay.bucket(list(leaves), kept_of(bucket))
    kept_of("")
    return replay


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


def _checkpoint_faults(keys: list[SigningKey], replay: _Replay) -> Iterator[Fault]:
    ends = {key.pk: after.from_at for key, after in zip(keys, keys[1:], strict=False)}
    top, changes, last = Top(), _Changes(), None
    chains = entries = 0
    for checkpoint in Checkpoint.objects.select_related("key").order_by("number"):
        number, expected = checkpoint.number, last.number + 1 if last else 1
        if number != expected:
            yield Fault("checkpoint", expected, CHECKPOINT_MISSING(number=expected))
        top.change(changes.of(number))
        chains += replay.chains.get(number, 0)
        entries += replay.entries.get(number, 0)
        reason = _own_fault(checkpoint, last, ends.get(checkpoint.key_id))
        reason = reason or replay.faults.get(number, "")
        if not reason and top.root != checkpoint.root:
            reason = noop("its leaves do not give its root")
        if not reason and (chains, entries) != (checkpoint.chains, checkpoint.entries):
            reason = noop("it covers another number of chains or entries")
        if reason:
            yield Fault("checkpoint", number, reason)
        last = checkpoint
    known = last.number if last else 0
    for number in sorted(set(replay.faults) | set(replay.chains)):
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


def prove_checkpoints(finding: Any) -> None:
    """Prove every key, checkpoint and receipt; ``finding`` keeps what does not hold."""
    keys = list(SigningKey.objects.select_related("previous").order_by("number"))
    for is_fault, said in _key_faults(keys):
        (finding.faults if is_fault else finding.warnings).append(said)
    finding.faults += _checkpoint_faults(keys, _replayed())
    finding.faults += _receipt_faults()
    finding.faults += _reading_faults()
    finding.checkpoints = Checkpoint.objects.count()
