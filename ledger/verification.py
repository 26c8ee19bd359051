"""Proving that nothing was changed, left out or put in between."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_noop as noop

from common.kept import Kept
from ledger.hashing import Bound, digest_of, hash_of
from ledger.models import GENESIS, Chain, Entry

PAGE = 2000
MISSING = Kept(noop("entry %(number)s is missing"))
SHORT = Kept(noop("the chain says %(length)s entries, %(found)s are there"))


@dataclass(frozen=True)
class Break:
    """The first entry of a chain that does not hold, and why."""

    chain: str
    reference: str
    number: int
    reason: str


@dataclass
class Finding:
    """What verifying found: how much was read, and the first break of each broken chain."""

    chains: int
    entries: int
    breaks: list[Break]

    @property
    def holds(self) -> bool:
        return not self.breaks


def _entries(chains: list[Chain]) -> Iterator[Entry]:
    """Yield the chains' entries in order, a page at a time over (chain, number)."""
    rows = (
        Entry.objects.filter(chain__in=chains)
        .select_related("payload")
        .order_by("chain_id", "number")
    )
    last: tuple[Any, int] | None = None
    while True:
        page = rows
        if last:
            page = rows.extra(  # noqa: S610 - fixed text, values bound
                where=["(chain_id, number) > (%s, %s)"], params=[last[0], last[1]]
            )
        found = list(page[:PAGE])
        yield from found
        if len(found) < PAGE:
            return
        last = (found[-1].chain_id, found[-1].number)


def _fault(entry: Entry, number: int, previous: str) -> str:
    """Say what is wrong with an entry that should be this number after this hash, or ''."""
    if entry.number != number:
        return MISSING(number=number)
    if entry.previous != previous:
        return noop("it does not follow the entry before it")
    bound = Bound(
        chain=entry.chain_id,
        number=entry.number,
        act=entry.act,
        actor=entry.actor_id,
        actor_name=entry.actor_name,
        post=entry.post_id,
        post_title=entry.post_title,
        capacity=entry.capacity,
        happened_at=entry.happened_at,
        recorded_at=entry.recorded_at,
        told_clock=entry.told_clock,
        previous=entry.previous,
        payload_digest=entry.payload_digest,
    )
    if hash_of(bound) != entry.hash:
        return noop("its columns do not give its hash")
    payload = getattr(entry, "payload", None)
    if payload is None:
        return noop("its payload is missing")
    if digest_of(payload.salt, payload.text) != entry.payload_digest:
        return noop("its payload was changed")
    return ""


def break_in(chain: Chain, entries: list[Entry]) -> Break | None:
    """Return where a chain that is loaded, with its entries and payloads, first does not hold."""
    number, previous = 0, GENESIS
    for entry in entries:
        reason = _fault(entry, number + 1, previous)
        if reason:
            return Break(str(chain.pk), chain.reference, number + 1, reason)
        number, previous = entry.number, entry.hash
    if (number, previous) != (chain.length, chain.head):
        reason = SHORT(length=chain.length, found=number)
        return Break(str(chain.pk), chain.reference, min(number + 1, chain.length), reason)
    return None


def _verify_some(chains: list[Chain], finding: Finding) -> None:
    state = {chain.pk: (0, GENESIS) for chain in chains}
    broken: set[Any] = set()
    by_id = {chain.pk: chain for chain in chains}
    for entry in _entries(chains):
        finding.entries += 1
        chain = by_id[entry.chain_id]
        if chain.pk in broken:
            continue
        number, previous = state[chain.pk]
        reason = _fault(entry, number + 1, previous)
        if reason:
            broken.add(chain.pk)
            finding.breaks.append(Break(str(chain.pk), chain.reference, number + 1, reason))
            continue
        state[chain.pk] = (entry.number, entry.hash)
    for chain in chains:
        if chain.pk not in broken and state[chain.pk] != (chain.length, chain.head):
            number = min(state[chain.pk][0] + 1, chain.length)
            finding.breaks.append(
                Break(
                    str(chain.pk),
                    chain.reference,
                    number,
                    SHORT(length=chain.length, found=state[chain.pk][0]),
                )
            )


def verify(chains: QuerySet[Chain] | None = None) -> Finding:
    """Check every entry of the chains against its hash, its place and its payload.

    Reads page by page, so memory stays small whatever the length.
    """
    every = (Chain.objects.all() if chains is None else chains).order_by("pk")
    finding = Finding(0, 0, [])
    last = None
    while True:
        some = list((every.filter(pk__gt=last) if last else every)[:PAGE])
        if not some:
            return finding
        finding.chains += len(some)
        _verify_some(some, finding)
        last = some[-1].pk
