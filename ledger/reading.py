"""Chains read fast and proved: plain rows in their order, each hashed as it was when written.

One reading of the entries, the chains and the leaves of checkpoints, all in the order of the
chains' ids, so that memory stays flat whatever the length.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import count, groupby
from operator import itemgetter
from typing import Any

from django.db import connection
from django.utils.translation import gettext_noop as noop

from common.kept import Kept
from ledger.hashing import entry_hash
from ledger.models import GENESIS

PAGE = 2000
NUMBERS = count(1)

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
ENTRIES = f"""
    SELECT entry.chain_id::text, entry.number, entry.act, entry.actor_id, entry.actor_name,
           entry.post_id, entry.post_title, entry.capacity,
           {MOMENT.format(column="entry.happened_at")}, {MOMENT.format(column="entry.recorded_at")},
           entry.told_clock, entry.previous, entry.payload_digest, entry.hash,
           payload.salt, payload.text, payload.erasure_id
    FROM ledger_entry entry LEFT JOIN ledger_payload payload ON payload.entry_id = entry.id
    {{only}} ORDER BY entry.chain_id, entry.number
"""  # noqa: S608 - fixed words
CHAINS = "SELECT id::text, reference, length, head FROM ledger_chain chain {only} ORDER BY id"
LEAVES = """
    SELECT leaf.chain_id::text, leaf.length, leaf.head, checkpoint.number
    FROM ledger_checkpointleaf leaf
    LEFT JOIN ledger_checkpoint checkpoint ON checkpoint.id = leaf.checkpoint_id
    {only} ORDER BY leaf.chain_id, leaf.length
"""

Row = tuple[Any, ...]
Open = Callable[[str], Iterator[Row]]


def stream(sql: str, params: list[Any] | None = None) -> Iterator[Row]:
    """Yield a query's rows a page at a time, from a cursor that the server keeps.

    Inside a transaction alone. psycopg2's own cursor, since what it gives is plain rows.
    """
    connection.ensure_connection()
    raw: Any = connection.connection
    with raw.cursor(name=f"ledger_{next(NUMBERS)}") as cursor:
        cursor.itersize = PAGE
        cursor.execute(sql, params)
        while rows := cursor.fetchmany(PAGE):
            yield from rows


@dataclass(frozen=True)
class Break:
    """The first entry of a chain that does not hold, and why."""

    chain: str
    reference: str
    number: int
    reason: str


@dataclass
class Proved:
    """What one chain was found to be."""

    entries: int = 0
    number: int = 0
    reason: str = ""


@dataclass
class _Erasures:
    """What a chain says was erased, beside what is."""

    found: dict[int, str] = field(default_factory=dict)
    recorded: dict[int, str] = field(default_factory=dict)

    def read(self, number: int, actor: int | None, text: str) -> None:
        """Take in an entry that says what two people erased before it."""
        said = json.loads(text)
        if actor is not None and said.get("asked_by_id") not in {None, actor}:
            for line in said["entries"]:
                if line["number"] < number:
                    self.recorded[line["number"]] = line["payload_digest"]

    @property
    def unrecorded(self) -> list[int]:
        return [
            number for number, digest in self.found.items() if self.recorded.get(number) != digest
        ]


def _payload_fault(row: Row, erasures: _Erasures) -> str:
    """Say what is wrong with what an entry says, or ''."""
    number, act, actor, digest, salt, text, erasure = (
        row[1], row[2], row[3], row[12], row[14], row[15], row[16],
    )  # fmt: skip
    if text is None:
        return WORDLESS
    if erasure is not None:
        erasures.found[number] = digest
        return "" if (salt, text) == ("", "{}") else RESAID
    if hashlib.sha256((salt + text).encode()).hexdigest() != digest:
        return RESAID
    if act == "payloads.erased":
        erasures.read(number, actor, text)
    return ""


def _fault(row: Row, expected: int, previous: str, witnessed: dict[int, Row]) -> str:
    """Say what is wrong with the entry that should be this number after this hash, or ''."""
    if row[1] != expected:
        return MISSING(number=expected)
    if row[11] != previous:
        return UNLINKED
    if entry_hash(row) != row[13]:
        return CHANGED
    leaf = witnessed.get(expected)
    if leaf is not None and leaf[2] != row[13]:
        return REWRITTEN(number=leaf[3])
    return ""


def prove_chain(
    rows: Iterable[Row], *, length: int, head: str, leaves: Iterable[Row] = ()
) -> Proved:
    """Check a chain's rows (``ENTRIES``) against each other, its row, and what was witnessed."""
    witnessed = {leaf[1]: leaf for leaf in leaves}
    proved, erasures = Proved(), _Erasures()
    previous = GENESIS
    for row in rows:
        proved.entries += 1
        if proved.reason:
            continue
        expected = proved.entries
        reason = _fault(row, expected, previous, witnessed) or _payload_fault(row, erasures)
        if reason:
            proved.number, proved.reason = expected, reason
        previous = row[13]
    found = proved.entries
    cut = max(witnessed, default=0)
    if not proved.reason and cut > found:
        proved.reason = CUT(number=witnessed[cut][3], length=cut, found=found)
        proved.number = found + 1
    if not proved.reason and (found, previous) != (length, head):
        proved.reason = SHORT(length=length, found=found)
        proved.number = min(found + 1, max(length, 1))
    for number in erasures.unrecorded:
        if not proved.reason or number < proved.number:
            proved.number, proved.reason = number, ERASED
    return proved


class Groups:
    """Rows that come in the order of the chains, handed out chain by chain."""

    def __init__(self, rows: Iterator[Row]) -> None:
        self._groups = groupby(rows, itemgetter(0))
        self._next()

    def _next(self) -> None:
        self.chain, self._rows = next(self._groups, ("", iter(())))

    def before(self, chain: str) -> Iterator[list[Row]]:
        """Yield the groups of chains that come before this one; '' is all that are left."""
        while self.chain and (not chain or self.chain < chain):
            yield list(self._rows)
            self._next()

    def of(self, chain: str) -> Iterator[Row]:
        """Yield this chain's rows, which may be none."""
        if self.chain == chain:
            yield from self._rows
            self._next()


def prove(open_rows: Open, witnessed_until: int, finding: Any) -> None:
    """Prove every chain that the three readings give; ``finding`` counts and keeps the breaks.

    ``witnessed_until`` is the number of the last checkpoint whose receipt has left.
    """
    entries, leaves = Groups(open_rows(ENTRIES)), Groups(open_rows(LEAVES))

    def orphans(before: str) -> None:
        for groups in (entries, leaves):
            for rows in groups.before(before):
                finding.lost(rows[0][0], ORPHAN)

    for chain, reference, length, head in open_rows(CHAINS):
        orphans(chain)
        marks = list(leaves.of(chain))
        proved = prove_chain(entries.of(chain), length=length, head=head, leaves=marks)
        known = [mark[1] for mark in marks if (mark[3] or 0) <= witnessed_until]
        finding.chains += 1
        finding.entries += proved.entries
        finding.unwitnessed += max(proved.entries - max(known, default=0), 0)
        if proved.reason:
            finding.breaks.append(Break(chain, reference, proved.number, proved.reason))
    orphans("")
