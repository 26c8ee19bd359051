"""Paths from a chain's head to the root of a checkpoint, for whoever verifies elsewhere."""

from pathlib import Path
from typing import Any
from uuid import UUID

from common.clock import iso
from ledger.checkpoints import leaves_in, top_at
from ledger.merkle import bucket_of, chain_leaf, path_of
from ledger.models import Checkpoint, CheckpointLeaf, Entry, SigningKey
from ledger.queries import history_of

# The verifier that needs nothing but Python: copied into each bag as it is.
VERIFIER = Path(__file__).with_name("verifier.py")


def keys_as_kept(until: int | None = None) -> list[dict[str, Any]]:
    """Return the public keys in order, each with its announcement, up to a key's number."""
    keys = SigningKey.objects.select_related("previous").order_by("number")
    return [
        {
            "number": key.number,
            "key_id": key.key_id,
            "public_key": key.public_key,
            "from": iso(key.from_at),
            "previous": key.previous.key_id if key.previous else "",
            "announcement": key.announcement,
            "reason": key.reason,
        }
        for key in (keys if until is None else keys.filter(number__lte=until))
    ]


def checkpoint_as_kept(checkpoint: Checkpoint) -> dict[str, Any]:
    """Return a checkpoint with all that checking its signature needs."""
    return {
        "number": checkpoint.number,
        "made_at": iso(checkpoint.made_at),
        "root": checkpoint.root,
        "chains": checkpoint.chains,
        "entries": checkpoint.entries,
        "previous": checkpoint.previous,
        "key_id": checkpoint.key.key_id,
        "hash": checkpoint.hash,
        "signature": checkpoint.signature,
    }


def _leaf_for(chain_id: UUID, number: int | None) -> CheckpointLeaf | None:
    """Return a chain's newest leaf, or the first that covers an entry."""
    leaves = CheckpointLeaf.objects.filter(chain=chain_id)
    if number is None:
        return leaves.order_by("-checkpoint_id").first()
    return leaves.filter(length__gte=number).order_by("checkpoint_id").first()


def proof_of(chain_id: UUID, *, number: int | None = None) -> dict[str, Any] | None:
    """Return the proof that a checkpoint covers a chain: leaf, path, checkpoint and keys.

    By the newest checkpoint, whose leaf may be older than the chain's last entries; with
    ``number`` by the first one that covers that entry. None where no checkpoint does yet.
    Costs one bucket's leaves, whatever the number of chains.
    """
    leaf = _leaf_for(chain_id, number)
    if leaf is None:
        return None
    checkpoints = Checkpoint.objects.select_related("key")
    checkpoint = (
        checkpoints.order_by("-number")[0]
        if number is None
        else checkpoints.get(pk=leaf.checkpoint_id)
    )
    chain, bucket = str(chain_id), bucket_of(str(chain_id))
    beside = leaves_in(bucket, checkpoint.pk)
    index = next(place for place, each in enumerate(beside) if each[0] == chain)
    return {
        "format": "cimic-proof-1",
        "chain": chain,
        "length": leaf.length,
        "head": leaf.head,
        "bucket": {
            "number": bucket,
            "chains": len(beside),
            "index": index,
            "path": path_of([chain_leaf(*each) for each in beside], index),
        },
        "path": top_at(checkpoint.pk).path(bucket),
        "checkpoint": checkpoint_as_kept(checkpoint),
        "keys": keys_as_kept(checkpoint.key.number),
    }


def _entry_as_kept(entry: Entry) -> dict[str, Any]:
    erased = entry.payload.erasure_id is not None
    return {
        "chain": entry.chain_id,
        "number": entry.number,
        "act": entry.act,
        "actor": entry.actor_id,
        "actor_name": entry.actor_name,
        "post": entry.post_id,
        "post_title": entry.post_title,
        "capacity": entry.capacity,
        "happened_at": entry.happened_at,
        "recorded_at": entry.recorded_at,
        "told_clock": entry.told_clock,
        "previous": entry.previous,
        "payload_digest": entry.payload_digest,
        "hash": entry.hash,
        "salt": None if erased else entry.payload.salt,
        "text": None if erased else entry.payload.text,
        **({"erased": True} if erased else {}),
    }


def history_as_kept(chain_id: UUID) -> list[dict[str, Any]]:
    """Return a chain's entries with all that verifying them needs, wherever they are taken."""
    return [_entry_as_kept(entry) for entry in history_of(chain_id)]
