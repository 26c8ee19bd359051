"""How an entry is bound to the one before it; writers and verifiers share this definition."""

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from json.encoder import encode_basestring as quoted
from uuid import UUID

from common.canonical import canonical, sha256
from common.clock import iso


@dataclass(frozen=True)
class Bound:
    """Every column of an entry that its hash covers."""

    chain: UUID
    number: int
    act: str
    actor: int | None
    actor_name: str
    post: int | None
    post_title: str
    capacity: str
    happened_at: dt.datetime
    recorded_at: dt.datetime
    told_clock: bool
    previous: str
    payload_digest: str


def digest_of(salt: str, text: str) -> str:
    """Return the salted digest of a payload's text."""
    return sha256(salt + text)


def hash_of(entry: Bound) -> str:
    """Return an entry's hash: the SHA-256 of the canonical JSON list of its columns, in order."""
    return sha256(
        canonical(
            [
                "cimic-entry-1",
                entry.chain,
                entry.number,
                entry.act,
                entry.actor,
                entry.actor_name,
                entry.post,
                entry.post_title,
                entry.capacity,
                iso(entry.happened_at),
                iso(entry.recorded_at),
                entry.told_clock,
                entry.previous,
                entry.payload_digest,
            ]
        )
    )


def entry_hash(row: Sequence[str]) -> str:
    """Return what ``hash_of`` does, for a row whose columns are texts, in a tenth of the time.

    The row is chain, number, act, actor, actor_name, post, post_title, capacity, happened_at,
    recorded_at, told_clock, previous, payload_digest and whatever follows; each as its canonical
    text, but those that are texts themselves are not yet quoted. A test holds both to the same
    answer.
    """
    text = (
        f'["cimic-entry-1","{row[0]}",{row[1]},{quoted(row[2])},{row[3]},{quoted(row[4])},{row[5]},'
        f'{quoted(row[6])},{quoted(row[7])},"{row[8]}","{row[9]}",{row[10]},{quoted(row[11])},'
        f"{quoted(row[12])}]"
    )
    return hashlib.sha256(text.encode()).hexdigest()
