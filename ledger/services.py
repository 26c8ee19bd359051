"""Writing what happened, in the same transaction as the deed."""

import datetime as dt
import secrets
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from django.conf import settings
from django.db import transaction

from common.canonical import canonical
from common.clock import is_told, now
from ledger.hashing import Bound, digest_of, hash_of
from ledger.models import Chain, Entry, OutboxRow, Payload
from missions.models import Mission, User
from missions.queries import Standing

SYSTEM = "CIMIC"


def open_chain(*, subject_id: UUID, mission: Mission, subject: str, reference: str) -> Chain:
    """Begin the line of a new subject's entries."""
    return Chain.objects.create(
        id=subject_id, mission=mission, subject=subject, reference=reference
    )


def chain_of_mission(mission: Mission) -> UUID:
    """Return the chain of a mission's own structure and rules, begun at its first change."""
    chain_id = uuid5(NAMESPACE_URL, f"cimic:mission:{mission.pk}")
    Chain.objects.get_or_create(
        pk=chain_id,
        defaults={
            "mission": mission,
            "subject": "mission",
            "reference": f"{mission.code} structure",
        },
    )
    return chain_id


def append(
    *,
    chain_id: UUID,
    act: str,
    actor: User | None,
    standing: Standing | None = None,
    payload: dict[str, Any] | None = None,
    happened_at: dt.datetime | None = None,
) -> Entry:
    """Add an entry to a subject's chain, and an outbox row for each listener.

    Must run inside the transaction of the deed it records: it locks the chain's row, so a
    chain has no forks, and it stands or falls with the deed. ``actor`` None is the system.
    ``happened_at`` is when the deed was done, where that is not now. Raises
    ``RuntimeError`` outside a transaction.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("An entry is written in the transaction of its deed.")
    chain = Chain.objects.select_for_update().get(pk=chain_id)
    recorded_at = now()
    salt, text = secrets.token_hex(16), canonical(payload or {})
    columns: dict[str, Any] = {
        "number": chain.length + 1,
        "act": act,
        "actor_name": actor.name if actor else SYSTEM,
        "post_title": standing.post.title if standing else "",
        "capacity": standing.capacity if standing else "",
        "happened_at": happened_at or recorded_at,
        "recorded_at": recorded_at,
        "told_clock": is_told(),
        "previous": chain.head,
        "payload_digest": digest_of(salt, text),
    }
    post = standing.post if standing else None
    bound = Bound(
        chain=chain.pk,
        actor=actor.pk if actor else None,
        post=post.pk if post else None,
        **columns,
    )
    entry = Entry.objects.create(
        chain=chain, actor=actor, post=post, hash=hash_of(bound), **columns
    )
    Payload.objects.create(entry=entry, salt=salt, text=text)
    OutboxRow.objects.bulk_create(
        OutboxRow(entry=entry, listener=listener, next_try_at=recorded_at)
        for listener in settings.LEDGER_LISTENERS
    )
    chain.head, chain.length = entry.hash, entry.number
    chain.save(update_fields=["head", "length"])
    return entry
