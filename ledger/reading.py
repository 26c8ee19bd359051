"""Chains read fast and proved: plain rows in their order, each hashed as it was when written.

PostgreSQL writes a range of chains' entries line by line (``COPY``), in their order along an
index, and each line is proved as it comes: memory stays flat whatever the length of the ledger or
of one chain, and nothing is sorted. Ranges are whole buckets of the checkpoints' tree, so that
several processes can each prove their own.
"""

import hashlib
import io
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_noop as noop

from common.kept import Kept
from ledger.hashing import entry_hash
from ledger.models import GENESIS

MISSING = Kept(noop("entry %(number)s is missing"))
SHORT = Kept(noop("the chain says %(length)s entries, %(found)s are there"))
REWRITTEN = Kept(noop("it is not the entry that checkpoint %(number)s witnessed"))
CUT = Kept(noop("checkpoint %(number)s witnessed %(length)s entries, %(found)s are there"))
ORPHAN = noop("its chain is missing")
UNLINKED = noop("it does not follow the entry before it")
CHANGED = noop("its columns do not give its hash")
WORDLESS = noop("its payload is missing")
RESAID = noop("its payload was changed")
ERASED = noop("its payload was erased and no two people are recorded who did it")

MOMENT = """to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
# What is NULL is written as JSON writes it, which a number never is; a payload that is not there
# is told from one that says so by its own column.
NULL = "null"
ENTRIES = f"""
    COPY (
        SELECT entry.chain_id, entry.number, entry.act, entry.actor_id, entry.actor_name,
               entry.post_id, entry.post_title, entry.capacity,
               {MOMENT.format(column="entry.happened_at")},
               {MOMENT.format(column="entry.recorded_at")},
               entry.told_clock::text, entry.previous, entry.payload_digest, entry.hash,
               payload.salt, payload.text, payload.erasure_id, payload.entry_id
        FROM ledger_entry entry LEFT JOIN ledger_payload payload ON payload.entry_id = entry.id
        WHERE {{only}} ORDER BY entry.chain_id, entry.number
    ) TO STDOUT (NULL '{NULL}')
"""  # noqa: S608 - fixed words
CHAINS = "SELECT id::text, reference, length, head FROM ledger_chain WHERE {only} ORDER BY id"
LEAVES = """
    SELECT leaf.chain_id::text, leaf.length, leaf.head, checkpoint.number
    FROM ledger_checkpointleaf leaf
    LEFT JOIN ledger_checkpoint checkpoint ON checkpoint.id = leaf.checkpoint_id
    WHERE {only} ORDER BY leaf.chain_id, leaf.length
"""
ESCAPED = re.compile(r"\\(.)", re.DOTALL)
MEANT = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}

Row = tuple[Any, ...]


@dataclass(frozen=True)
class Break:
    """The first entry of a chain that does not hold, and why."""

    chain: str
    reference: str
    number: int
    reason: str


@dataclass
class _Erasures:
    """What a chain says was erased, beside what is."""

    found: dict[int, str] = field(default_factory=dict)
    recorded: dict[int, str] = field(default_factory=dict)

    def read(self, number: int, actor: str, text: str) -> None:
        """Take in an entry that says what two people erased before it."""
        said = json.loads(text)
        if actor != NULL and said.get("asked_by_id") not in {None, int(actor)}:
            for line in said["entries"]:
                if line["number"] < number:
                    self.recorded[line["number"]] = line["payload_digest"]

    @property
    def unrecorded(self) -> list[int]:
        return [
            number for number, digest in self.found.items() if self.recorded.get(number) != digest
        ]


class Proof:
    """One chain as its entries come, in their order: how many, and the first that fails.

    An entry's row is its columns as ``entry_hash`` takes them, its hash, and its payload's
    salt, text, erasure and own entry (``ENTRIES``). ``leaves`` are what checkpoints witnessed.
    """

    def __init__(self, leaves: Iterable[Row] = ()) -> None:
        self.witnessed = {leaf[1]: leaf for leaf in leaves}
        self.entries, self.previous = 0, GENESIS
        self.number, self.reason = 0, ""
        self._erasures = _Erasures()

    def read(self, row: Sequence[str]) -> None:
        """Take in the next entry; after the first that does not hold they are only counted."""
        self.entries += 1
        if not self.reason:
            self.reason = self._fault(row) or self._payload_fault(row)
            if self.reason:
                self.number = self.entries
        self.previous = row[13]

    def _fault(self, row: Sequence[str]) -> str:
        """Say what is wrong with the entry that should come now, or ''."""
        if row[1] != str(self.entries):
            return MISSING(number=self.entries)
        if row[11] != self.previous:
            return UNLINKED
        if entry_hash(row) != row[13]:
            return CHANGED
        leaf = self.witnessed.get(self.entries)
        if leaf is not None and leaf[2] != row[13]:
            return REWRITTEN(number=leaf[3])
        return ""

    def _payload_fault(self, row: Sequence[str]) -> str:
        """Say what is wrong with what an entry says, or ''."""
        digest, salt, text, erasure, there = row[12], row[14], row[15], row[16], row[17]
        if there == NULL:
            return WORDLESS
        if erasure != NULL:
            self._erasures.found[self.entries] = digest
            return "" if (salt, text) == ("", "{}") else RESAID
        if hashlib.sha256((salt + text).encode()).hexdigest() != digest:
            return RESAID
        if row[2] == "payloads.erased":
            self._erasures.read(self.entries, row[3], text)
        return ""

    def end(self, *, length: int, head: str) -> None:
        """Hold what came against the chain's own row, and against what was witnessed of it."""
        found, cut = self.entries, max(self.witnessed, default=0)
        if not self.reason and cut > found:
            self.reason = CUT(number=self.witnessed[cut][3], length=cut, found=found)
            self.number = found + 1
        if not self.reason and (found, self.previous) != (length, head):
            self.reason = SHORT(length=length, found=found)
            self.number = min(found + 1, max(length, 1))
        for number in self._erasures.unrecorded:
            if not self.reason or number < self.number:
                self.number, self.reason = number, ERASED


def fields_of(line: str) -> list[str]:
    """Return the columns of a line as ``COPY`` writes it."""
    fields = line[:-1].split("\t")
    if "\\" in line:
        return [ESCAPED.sub(_meant, one) if "\\" in one else one for one in fields]
    return fields


def _meant(found: re.Match[str]) -> str:
    return MEANT.get(found[1], found[1])


class Proofs(io.TextIOBase):
    """Where ``COPY`` writes a range's entries: each is taken in by its chain's proof.

    ``after`` is told each chain and its proof when the chain's last entry has come.
    """

    def __init__(self, leaves: dict[str, list[Row]], after: Any) -> None:
        self._leaves, self._after = leaves, after
        self._chain, self._proof = "", Proof()

    def write(self, line: str) -> int:
        """Take in one entry: PostgreSQL hands over a line at a time."""
        row = fields_of(line)
        if row[0] != self._chain:
            self.done()
            self._chain, self._proof = row[0], Proof(self._leaves.get(row[0], ()))
        self._proof.read(row)
        return len(line)

    def done(self) -> None:
        """End the chain whose entries came last."""
        if self._chain:
            self._after(self._chain, self._proof)


def _by_chain(rows: Iterable[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row[0], []).append(row)
    return found


def prove(raw: Any, only: str, params: Sequence[Any], finding: Any) -> None:
    """Prove the chains that ``only`` keeps by ``chain``; ``finding`` counts and keeps the breaks.

    ``raw`` is psycopg2's connection, within the transaction whose snapshot is proved.
    """
    with raw.cursor() as cursor:
        cursor.execute(CHAINS.format(only=only.format(chain="id")), params)
        chains = {row[0]: row for row in cursor.fetchall()}
        cursor.execute(LEAVES.format(only=only.format(chain="leaf.chain_id")), params)
        leaves = _by_chain(cursor.fetchall())

        def after(chain: str, proof: Proof) -> None:
            row = chains.pop(chain, None)
            marks = leaves.pop(chain, ())
            if row is None:
                finding.lost(chain, ORPHAN)
            else:
                finding.proved(row, proof, marks)

        proofs = Proofs(leaves, after)
        entries = ENTRIES.format(only=only.format(chain="entry.chain_id"))
        cursor.copy_expert(cursor.mogrify(entries, params), proofs, 1 << 16)
        proofs.done()
    for chain in list(chains):  # those without any entry
        after(chain, Proof(leaves.get(chain, ())))
    for chain in leaves:
        finding.lost(chain, ORPHAN)
