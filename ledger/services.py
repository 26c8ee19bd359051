"""Writing what happened, in the same transaction as the deed."""

import datetime as dt
import secrets
from collections.abc import Collection
from dataclasses import fields
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _

from common.canonical import canonical
from common.clock import is_told, now
from common.errors import FieldError, Forbidden, Malformed, NotNow
from common.tracing import request_id
from ledger.hashing import Bound, digest_of, hash_of
from ledger.models import Chain, Entry, ErasedPayload, Erasure
from missions.models import Mission, User
from missions.queries import Standing

SYSTEM = "CIMIC"
# What says that something was erased, by whom and why, is never erased itself.
NEVER_ERASED = frozenset({"payloads.erased", "erasure.asked", "erasure.refused"})


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
    head, length = _locked_head(chain_id)
    recorded_at = now()
    salt, text = secrets.token_hex(16), canonical(payload or {})
    post = standing.post if standing else None
    bound = Bound(
        chain=chain_id,
        number=length + 1,
        act=act,
        actor=actor.pk if actor else None,
        actor_name=actor.name if actor else SYSTEM,
        post=post.pk if post else None,
        post_title=post.title if post else "",
        capacity=standing.capacity if standing else "",
        happened_at=happened_at or recorded_at,
        recorded_at=recorded_at,
        told_clock=is_told(),
        previous=head,
        payload_digest=digest_of(salt, text),
    )
    return _written(bound, hash_of(bound), salt, text)


def _locked_head(chain_id: UUID) -> tuple[str, int]:
    """Lock a chain's row and return its head and its length."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT head, length FROM ledger_chain WHERE id = %s FOR UPDATE", [chain_id])
        found = cursor.fetchone()
    if found is None:
        raise Chain.DoesNotExist(f"No chain {chain_id} was begun.")
    return str(found[0]), int(found[1])


# An entry, what it says, what each listener is owed of it, and the chain's new head: one trip.
WRITE = """
WITH entry AS (
    INSERT INTO ledger_entry (
        chain_id, number, act, actor_id, actor_name, post_id, post_title, capacity,
        happened_at, recorded_at, told_clock, previous, payload_digest, hash
    ) VALUES (
        %(chain)s, %(number)s, %(act)s, %(actor)s, %(actor_name)s, %(post)s, %(post_title)s,
        %(capacity)s, %(happened_at)s, %(recorded_at)s, %(told_clock)s, %(previous)s,
        %(payload_digest)s, %(hash)s
    ) RETURNING id
), said AS (
    INSERT INTO ledger_payload (entry_id, salt, text) SELECT id, %(salt)s, %(text)s FROM entry
), owed AS (
    INSERT INTO ledger_outboxrow (
        entry_id, listener, attempts, next_try_at, last_error, request_id
    ) SELECT id, unnest(%(listeners)s), 0, %(recorded_at)s, '', %(request_id)s FROM entry
)
UPDATE ledger_chain SET head = %(hash)s, length = %(number)s WHERE id = %(chain)s
RETURNING (SELECT id FROM entry)
"""


def _written(bound: Bound, hash: str, salt: str, text: str) -> Entry:
    columns = {field.name: getattr(bound, field.name) for field in fields(bound)}
    more = {
        "hash": hash,
        "salt": salt,
        "text": text,
        "listeners": list(settings.LEDGER_LISTENERS),
        "request_id": request_id(),
    }
    with connection.cursor() as cursor:
        cursor.execute(WRITE, columns | more)
        (number,) = cursor.fetchone()
    for name in ("chain", "actor", "post"):
        columns[f"{name}_id"] = columns.pop(name)
    entry = Entry(pk=number, hash=hash, **columns)
    entry._state.adding, entry._state.db = False, connection.alias
    return entry


def _to_erase(chain: Chain, numbers: Collection[int] | None) -> list[Entry]:
    """Return the entries whose payloads can be erased; raise for one that cannot."""
    entries = chain.entries.filter(payload__erasure=None).exclude(act__in=NEVER_ERASED)
    if numbers is not None:
        entries = entries.filter(number__in=numbers)
    found = list(entries.order_by("number"))
    lacking = sorted(set(numbers or ()) - {entry.number for entry in found})
    if lacking:
        raise NotNow(
            _("Entries that cannot be erased, or were already: %(numbers)s.")
            % {"numbers": ", ".join(map(str, lacking))},
            paragraph="41",
        )
    if not found:
        raise NotNow(_("There is nothing left to erase."), paragraph="41")
    return found


def erase_payloads(
    *,
    chain_id: UUID,
    numbers: Collection[int] | None,
    asked_by: User,
    asked_as: Standing,
    asked_at: dt.datetime,
    confirmed_by: User,
    confirmed_as: Standing,
    reason: str,
    authority: str = "",
) -> Erasure:
    """Erase for good what some of a chain's entries say; ``numbers`` None is all of them.

    Each leaves its stub: the hashes, who did what and when, the digest, and by whom and why
    it was erased, in an entry of its own; so the chain still verifies. Who may ask and
    confirm is the caller's policy, asked anew at this moment; that they are two people is
    this service's and the database's. Must run inside a transaction. Raises ``Forbidden``
    for one person alone, ``Malformed`` without a reason, ``NotNow`` for entries that are
    not there, were erased already, or record an erasure.
    """
    if asked_by.pk == confirmed_by.pk:
        raise Forbidden(_("Whoever asked for an erasure cannot confirm it."), paragraph="41")
    if not reason.strip():
        raise Malformed(errors=[FieldError("reason", _("Say why it is erased."), "41")])
    chain = Chain.objects.select_for_update().get(pk=chain_id)
    entries = _to_erase(chain, numbers)
    deed = append(
        chain_id=chain_id,
        act="payloads.erased",
        actor=confirmed_by,
        standing=confirmed_as,
        payload={
            "entries": [
                {"number": entry.number, "payload_digest": entry.payload_digest}
                for entry in entries
            ],
            "reason": reason.strip(),
            "authority": authority,
            "asked_by": asked_by.name,
            "asked_by_id": asked_by.pk,
            "asked_as": asked_as.post.title,
            "asked_at": asked_at,
            "internal": True,
        },
    )
    erasure = Erasure.objects.create(
        chain=chain,
        entry=deed,
        reason=reason.strip(),
        authority=authority,
        asked_by=asked_by,
        asked_at=asked_at,
        confirmed_by=confirmed_by,
        at=deed.recorded_at,
    )
    ErasedPayload.objects.bulk_create(
        ErasedPayload(erasure=erasure, entry=entry, digest=entry.payload_digest)
        for entry in entries
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT erase_payloads(%s)", [erasure.pk])
        (erased,) = cursor.fetchone()
    if erased != len(entries):
        raise RuntimeError(f"{erased} payloads of {len(entries)} were erased.")
    return erasure
