"""The tree over all chains' heads, and what a checkpoint binds; RFC 6962's hashes throughout.

A leaf is the hash of a zero byte and its text, a node that of a one byte and its two
children. Chains whose ids begin with the same twelve bits share a *bucket*, a tree of RFC
6962's shape over their leaves in the order of their ids; the root is the tree over the 4,096
buckets, empty ones included.
"""

import datetime as dt
import hashlib
from collections.abc import Iterable, Sequence
from json.encoder import encode_basestring as quoted

from common.canonical import canonical
from common.clock import iso

DEPTH = 12
BUCKETS = 1 << DEPTH


def leaf_hash(text: str) -> bytes:
    """Return the hash of a leaf."""
    return hashlib.sha256(b"\0" + text.encode()).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of a node over its children."""
    return hashlib.sha256(b"\1" + left + right).digest()


def chain_leaf(chain: str, length: int, head: str) -> bytes:
    """Return the leaf that binds a chain's id, its length and its head."""
    return leaf_hash(f'["cimic-leaf-1","{chain}",{length},{quoted(head)}]')


def bucket_leaf(number: int, chains: int, root: str) -> bytes:
    """Return the leaf that binds a bucket's number, how many chains it holds, and its root."""
    return leaf_hash(canonical(["cimic-bucket-1", number, chains, root]))


def bucket_of(chain: str) -> int:
    """Return the bucket of a chain: the first three hexadecimal digits of its id."""
    return int(chain[:3], 16)


def bounds_of(bucket: int) -> tuple[str, str]:
    """Return the first and the last id that a bucket can hold."""
    start = f"{bucket:03x}"
    zeros, last = "0" * 29, "f" * 29
    return tuple(
        f"{start}{rest[:5]}-{rest[5:9]}-{rest[9:13]}-{rest[13:17]}-{rest[17:]}"
        for rest in (zeros, last)
    )  # type: ignore[return-value]


def root_of(leaves: Sequence[bytes]) -> bytes:
    """Return the root over leaves, as RFC 6962 shapes the tree."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    level = list(leaves)
    while len(level) > 1:
        # The last of an odd level goes up as it is: the same shape as splitting at the
        # largest power of two.
        level = [
            node_hash(level[place], level[place + 1]) if place + 1 < len(level) else level[place]
            for place in range(0, len(level), 2)
        ]
    return level[0]


def path_of(leaves: Sequence[bytes], index: int) -> list[str]:
    """Return the hashes beside a leaf's way up to the root, lowest first."""
    level, path = list(leaves), []
    while len(level) > 1:
        beside = index ^ 1
        if beside < len(level):
            path.append(level[beside].hex())
        level = [
            node_hash(level[place], level[place + 1]) if place + 1 < len(level) else level[place]
            for place in range(0, len(level), 2)
        ]
        index //= 2
    return path


class Top:
    """The tree over the buckets, kept whole so that a changed bucket costs twelve hashes."""

    def __init__(self, buckets: Iterable[tuple[int, int, str]] = ()) -> None:
        empty = root_of([]).hex()
        self.nodes = [b""] * BUCKETS
        self.nodes += [bucket_leaf(number, 0, empty) for number in range(BUCKETS)]
        for number, chains, root in buckets:
            self.nodes[BUCKETS + number] = bucket_leaf(number, chains, root)
        for place in range(BUCKETS - 1, 0, -1):
            self._renew(place)

    def _renew(self, place: int) -> None:
        self.nodes[place] = node_hash(self.nodes[2 * place], self.nodes[2 * place + 1])

    def change(self, buckets: Iterable[tuple[int, int, str]]) -> None:
        """Put buckets' new roots in their places."""
        above = set()
        for number, chains, root in buckets:
            self.nodes[BUCKETS + number] = bucket_leaf(number, chains, root)
            above.add((BUCKETS + number) // 2)
        while above:
            for place in above:
                self._renew(place)
            above = {place // 2 for place in above if place > 1}

    @property
    def root(self) -> str:
        return self.nodes[1].hex()

    def path(self, number: int) -> list[str]:
        """Return the hashes beside a bucket's way up to the root, lowest first."""
        place, path = BUCKETS + number, []
        while place > 1:
            path.append(self.nodes[place ^ 1].hex())
            place //= 2
        return path


def checkpoint_text(
    *,
    number: int,
    made_at: dt.datetime | str,
    root: str,
    chains: int,
    entries: int,
    previous: str,
    key_id: str,
) -> str:
    """Return what a checkpoint's hash and signature are over."""
    moment = made_at if isinstance(made_at, str) else iso(made_at)
    return canonical(
        ["cimic-checkpoint-1", number, moment, root, chains, entries, previous, key_id]
    )


def key_text(
    *, number: int, key_id: str, public_key: str, from_at: dt.datetime | str, previous: str
) -> str:
    """Return what the announcement of a signing key is a signature over."""
    moment = from_at if isinstance(from_at, str) else iso(from_at)
    return canonical(["cimic-key-1", number, key_id, public_key, moment, previous])
