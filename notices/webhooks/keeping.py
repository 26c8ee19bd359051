"""Registering a webhook, changing what it is told, its secrets, and ending it.

Each is an entry in the mission's own chain: who let another system know what (P41). The address
is in it, the secret never.
"""

import datetime as dt
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from common.clock import now
from common.errors import FieldError, Forbidden, Malformed, NotNow, Stale
from ledger.services import append, chain_of_mission
from missions.models import Mission, User
from missions.queries import standing_as
from missions.vocabulary import Role
from notices.models import Webhook, WebhookDelivery
from notices.vocabulary import PING, DeliveryState, WebhookState
from notices.webhooks.policy import mission_kept_by
from notices.webhooks.signing import new_secret, sealed

# How long the secret before signs as well, after a rotation.
OVERLAP = dt.timedelta(hours=24)
MOST_WEBHOOKS = 20


def _written(webhook: Webhook) -> dict[str, Any]:
    return {
        "webhook": webhook.pk,
        "name": webhook.name,
        "url": webhook.url,
        "events": webhook.events,
        "clearance": webhook.clearance,
        "organisation": webhook.organisation.name if webhook.organisation else None,
    }


def _append(webhook: Webhook, actor: User, act: str, /, **payload: Any) -> None:
    append(
        chain_id=chain_of_mission(webhook.mission),
        act=f"webhook.{act}",
        actor=actor,
        standing=standing_as(actor, Role.ADMINISTRATOR),
        payload=payload or {"webhook": webhook.pk, "name": webhook.name},
    )


def _check_name(mission: Mission, name: str, own: int | None = None) -> None:
    others = Webhook.objects.filter(mission=mission).exclude(state=WebhookState.ENDED)
    if others.filter(name=name).exclude(pk=own).exists():
        message = _("There is a webhook of this name already.")
        raise Malformed(errors=[FieldError("name", message)])
    if own is None and others.count() >= MOST_WEBHOOKS:
        words = _("A mission has at most %(most)s webhooks: end one first.")
        raise NotNow(words % {"most": MOST_WEBHOOKS})


def _locked(webhook: Webhook, actor: User) -> Webhook:
    """Lock a webhook of the actor's own mission that has not ended."""
    mission = mission_kept_by(actor)
    kept = (
        Webhook.objects.select_for_update(of=("self",))
        .select_related("mission", "organisation")
        .get(pk=webhook.pk)
    )
    if kept.mission_id != mission.pk:
        raise Forbidden(_("The mission's administrator keeps its webhooks."))
    if kept.state == WebhookState.ENDED:
        raise NotNow(_("This webhook has ended."))
    return kept


@transaction.atomic
def register(*, actor: User, values: dict[str, Any]) -> tuple[Webhook, str]:
    """Register a webhook; return it and its secret, which is shown this once.

    ``values`` are those of ``WebhookForm``. Raises ``Forbidden``, ``Malformed``, ``NotNow``.
    """
    mission = Mission.objects.select_for_update().get(pk=mission_kept_by(actor).pk)
    _check_name(mission, values["name"])
    secret = new_secret()
    webhook = Webhook.objects.create(
        mission=mission, secret=sealed(secret), made_by=actor, made_at=now(), **values
    )
    _append(webhook, actor, "registered", **_written(webhook))
    return webhook, secret


@transaction.atomic
def change(*, actor: User, webhook: Webhook, version: int, values: dict[str, Any]) -> Webhook:
    """Change what a webhook is told, and where; what is owed already is told by the new rules.

    Raises ``Forbidden``, ``NotNow``, ``Stale`` where it was changed meanwhile, ``Malformed``.
    """
    kept = _locked(webhook, actor)
    if kept.version != version:
        raise Stale(
            _("Somebody changed it meanwhile: read it again."), yours=version, theirs=kept.version
        )
    _check_name(kept.mission, values["name"], kept.pk)
    before = _written(kept)
    for name, value in values.items():
        setattr(kept, name, value)
    kept.version += 1
    kept.rests_until = None
    kept.save(update_fields=[*values, "version", "rests_until"])
    after = _written(kept)
    changed = {name: [before[name], after[name]] for name in after if before[name] != after[name]}
    _append(kept, actor, "changed", webhook=kept.pk, name=kept.name, changed=changed)
    return kept


@transaction.atomic
def rotate(*, actor: User, webhook: Webhook) -> tuple[Webhook, str]:
    """Give a webhook a new secret, shown this once; the one before signs as well for a day."""
    kept = _locked(webhook, actor)
    secret = new_secret()
    kept.previous_secret, kept.previous_until = kept.secret, now() + OVERLAP
    kept.secret = sealed(secret)
    kept.version += 1
    kept.save(update_fields=["secret", "previous_secret", "previous_until", "version"])
    _append(kept, actor, "secret_rotated")
    return kept, secret


@transaction.atomic
def pause(*, actor: User, webhook: Webhook) -> Webhook:
    """Tell a webhook nothing until it is resumed; what happens meanwhile is owed for its days."""
    kept = _locked(webhook, actor)
    if kept.state != WebhookState.ACTIVE:
        raise NotNow(_("This webhook is not told anything now."))
    return _put(kept, actor, WebhookState.PAUSED, "paused")


@transaction.atomic
def resume(*, actor: User, webhook: Webhook) -> Webhook:
    """Tell a paused or stopped webhook again, as if it had not failed yet."""
    kept = _locked(webhook, actor)
    if kept.state == WebhookState.ACTIVE:
        raise NotNow(_("This webhook is told already."))
    return _put(kept, actor, WebhookState.ACTIVE, "resumed")


@transaction.atomic
def end(*, actor: User, webhook: Webhook) -> Webhook:
    """End a webhook for good: its secrets are forgotten, its log stays."""
    kept = _locked(webhook, actor)
    kept.secret = kept.previous_secret = ""
    kept.save(update_fields=["secret", "previous_secret"])
    owed = kept.deliveries.filter(state=DeliveryState.OWED)
    owed.update(state=DeliveryState.GIVEN_UP, done_at=now())
    return _put(kept, actor, WebhookState.ENDED, "ended")


def _put(kept: Webhook, actor: User, state: WebhookState, act: str) -> Webhook:
    kept.state = state
    kept.failing_since = kept.rests_until = None
    kept.version += 1
    kept.save(update_fields=["state", "failing_since", "rests_until", "version"])
    _append(kept, actor, act)
    return kept


@transaction.atomic
def try_out(*, actor: User, webhook: Webhook) -> WebhookDelivery:
    """Owe a webhook a ``ping``, which tells nothing but that it arrives."""
    kept = _locked(webhook, actor)
    if kept.state != WebhookState.ACTIVE:
        raise NotNow(_("This webhook is not told anything now."))
    Webhook.objects.filter(pk=kept.pk).update(rests_until=None)
    at = now()
    return WebhookDelivery.objects.create(
        webhook=kept, event=PING, made_at=at, retried_from=at, next_try_at=at
    )


@transaction.atomic
def send_again(*, actor: User, delivery: WebhookDelivery) -> WebhookDelivery:
    """Owe a message again, under the same id, whatever became of it; it is tried for days anew.

    Raises ``NotNow`` where it is owed still, or its webhook is not told anything now.
    """
    webhook = _locked(delivery.webhook, actor)
    if webhook.state != WebhookState.ACTIVE:
        raise NotNow(_("This webhook is not told anything now."))
    kept = WebhookDelivery.objects.select_for_update().get(pk=delivery.pk)
    if kept.state == DeliveryState.OWED and kept.attempts == 0:
        raise NotNow(_("This message has not been tried yet."))
    kept.state, kept.done_at, kept.attempts = DeliveryState.OWED, None, 0
    kept.retried_from = kept.next_try_at = now()
    kept.save(update_fields=["state", "done_at", "attempts", "retried_from", "next_try_at"])
    Webhook.objects.filter(pk=webhook.pk).update(rests_until=None)
    _append(
        webhook,
        actor,
        "sent_again",
        webhook=webhook.pk,
        name=webhook.name,
        message=kept.message_id,
    )
    kept.webhook = webhook
    return kept
