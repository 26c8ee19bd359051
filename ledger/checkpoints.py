"""Checkpoints: all chains' heads as one signed root, once a day and when somebody asks."""

from collections.abc import Iterator
from typing import Any

from django.db import connection, transaction

from common.canonical import sha256
from common.clock import now
from ledger.merkle import Top, bounds_of, chain_leaf, checkpoint_text, root_of
from ledger.models import GENESIS, Chain, Checkpoint, CheckpointBucket
from ledger.readings import bind_readings
from ledger.signing import hold_the_line, key_in_force

# The chains that have grown since their last leaf get a new one; what changed, by bucket.
GROW = """
    WITH grown AS (
        SELECT chain.id, chain.length, chain.head, coalesce(leaf.length, 0) AS was
        FROM ledger_chain chain LEFT JOIN LATERAL (
            SELECT length FROM ledger_checkpointleaf
            WHERE chain_id = chain.id ORDER BY checkpoint_id DESC LIMIT 1
        ) leaf ON true
        WHERE chain.length > coalesce(leaf.length, 0)
    ), put AS (
        INSERT INTO ledger_checkpointleaf (checkpoint_id, chain_id, length, head)
        SELECT %s, id, length, head FROM grown
    )
    SELECT ('x' || lpad(left(id::text, 3), 8, '0'))::bit(32)::int AS bucket,
           count(*) FILTER (WHERE was = 0), sum(length - was)
    FROM grown GROUP BY 1 ORDER BY 1
"""
LEAVES = """
    SELECT DISTINCT ON (chain_id) chain_id::text, length, head FROM ledger_checkpointleaf
    WHERE chain_id BETWEEN %s AND %s AND checkpoint_id <= %s
    ORDER BY chain_id, checkpoint_id DESC
"""
BUCKETS = """
    SELECT place, found.chains, found.root
    FROM generate_series(0, 4095) AS place CROSS JOIN LATERAL (
        SELECT chains, root FROM ledger_checkpointbucket
        WHERE number = place AND checkpoint_id <= %s
        ORDER BY checkpoint_id DESC LIMIT 1
    ) found
"""


def leaves_in(bucket: int, checkpoint_id: int) -> list[tuple[str, int, str]]:
    """Return the chains of a bucket as a checkpoint saw them: id, length and head, by id."""
    with connection.cursor() as cursor:
        cursor.execute(LEAVES, [*bounds_of(bucket), checkpoint_id])
        return cursor.fetchall()


def top_at(checkpoint_id: int) -> Top:
    """Return the tree over the buckets as a checkpoint saw it."""
    with connection.cursor() as cursor:
        cursor.execute(BUCKETS, [checkpoint_id])
        return Top(cursor.fetchall())


def last_checkpoint() -> Checkpoint | None:
    """Return the newest checkpoint, if there is one."""
    return Checkpoint.objects.select_related("key").order_by("-number").first()


def _next_id() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('ledger_checkpoint', 'id'))")
        return int(cursor.fetchone()[0])


def _grow(checkpoint_id: int) -> list[tuple[int, int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(GROW, [checkpoint_id])
        return [(bucket, new, int(grown)) for bucket, new, grown in cursor.fetchall()]


def _roots(changed: list[tuple[int, int, int]], checkpoint_id: int) -> Iterator[tuple[Any, ...]]:
    for bucket, _new, _grown in changed:
        leaves = [chain_leaf(*leaf) for leaf in leaves_in(bucket, checkpoint_id)]
        yield bucket, len(leaves), root_of(leaves).hex()


def _make(last: Checkpoint | None) -> Checkpoint:
    key, secret = key_in_force()
    checkpoint_id = _next_id()
    changed = _grow(checkpoint_id)
    top = top_at(last.pk) if last else Top()
    roots = list(_roots(changed, checkpoint_id))
    top.change(roots)
    said: dict[str, Any] = {
        "number": last.number + 1 if last else 1,
        "made_at": now(),
        "root": top.root,
        "chains": (last.chains if last else 0) + sum(new for _bucket, new, _grown in changed),
        "entries": (last.entries if last else 0) + sum(grown for _b, _n, grown in changed),
        "previous": last.hash if last else GENESIS,
    }
    text = checkpoint_text(**said, key_id=key.key_id)
    checkpoint = Checkpoint.objects.create(
        pk=checkpoint_id,
        **said,
        key=key,
        hash=sha256(text),
        signature=secret.sign(text.encode()).hex(),
    )
    CheckpointBucket.objects.bulk_create(
        CheckpointBucket(checkpoint=checkpoint, number=number, chains=chains, root=root)
        for number, chains, root in roots
    )
    return checkpoint


def _has_grown(last: Checkpoint) -> bool:
    """Whether any chain has more entries than the last checkpoint covers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(sum(length), 0) FROM ledger_chain")
        return bool(cursor.fetchone()[0] != last.entries)


def _is_due(last: Checkpoint | None, daily: bool) -> bool:
    if last is None:  # the first of a mission's own accord binds something
        return not daily or Chain.objects.filter(length__gt=0).exists()
    # Another day, not a later one: a clock that was ahead must not put them off for years.
    return last.made_at.date() != now().date() if daily else _has_grown(last)


def make_checkpoint(*, daily: bool = False) -> Checkpoint | None:
    """Sign the heads of all chains as they are now, chained to the checkpoint before.

    ``daily`` makes none if today, in UTC, has one already; else one is made unless no chain
    has grown since. Of two at once the second finds what the first one made. Returns None
    where none was made; raises ``NotNow`` if this server has no signing key, or another.
    What was read of confidential records since then is bound first.
    """
    if not daily or _is_due(last_checkpoint(), daily):
        bind_readings()
    with transaction.atomic():
        hold_the_line()
        last = last_checkpoint()
        return _make(last) if _is_due(last, daily) else None
