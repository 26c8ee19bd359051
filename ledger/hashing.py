"""How an entry is bound to the one before it; writers and verifiers share this definition."""

import datetime as dt
import hashlib
from dataclasses import dataclass
from json.encoder import encode_basestring as quoted
from typing import Any
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


def entry_hash(row: tuple[Any, ...]) -> str:
    """Return what ``hash_of`` does, for a plain row, in a tenth of the time.

    The row is chain, number, act, actor, actor_name, post, post_title, capacity, happened_at,
    recorded_at, told_clock, previous, payload_digest and whatever follows; the chain and the
    moments as their canonical text. A test holds both to the same answer.
    """
    (
        chain,
        number,
        act,
        actor,
        name,
        post,
        title,
        capacity,
        happened,
        recorded,
        told,
        previous,
        digest,
    ) = row[:13]  # noqa: E501
    text = (
        f'["cimic-entry-1","{chain}",{number},{quoted(act)},{"null" if actor is None else actor},'
        f"{quoted(name)},{'null' if post is None else post},{quoted(title)},{quoted(capacity)},"
        f'"{happened}","{recorded}",{"true" if told else "false"},{quoted(previous)},'
        f"{quoted(digest)}]"
    )
    return hashlib.sha256(text.encode()).hexdigest()
