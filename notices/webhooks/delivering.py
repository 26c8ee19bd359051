"""From the outbox to another system: at least once, under one id, for days, then given up."""

import datetime as dt
import json
import time
from collections import defaultdict

import structlog
from django.db import transaction
from django.db.models import Q

from common.clock import now
from common.due import is_due
from common.tracing import traced
from ledger.models import Entry, OutboxRow
from ledger.services import append, chain_of_mission
from notices.models import Webhook, WebhookAttempt, WebhookDelivery
from notices.services.owing import MOST_A_SWEEP
from notices.vocabulary import DeliveryState, WebhookState
from notices.webhooks.sight import body_of, events_of, is_asked_for, records_open_to
from notices.webhooks.signing import signed_headers
from notices.webhooks.wire import Answered, call

log = structlog.stdlib.get_logger(__name__)

LISTENER = "webhooks"
FIRST_PAUSE = dt.timedelta(seconds=30)
LONGEST_PAUSE = dt.timedelta(hours=6)
GIVEN_UP_AFTER = dt.timedelta(days=3)
STOPPED_AFTER = dt.timedelta(days=5)
LONGEST_REST = dt.timedelta(minutes=5)
SECONDS_A_SWEEP = 60.0
GONE = 410
HEADERS = {"content-type": "application/json", "user-agent": "CIMIC-webhooks/1"}


def pause(attempts: int) -> dt.timedelta:
    """Wait twice as long after each failure, from half a minute to six hours."""
    return min(FIRST_PAUSE * 2 ** min(attempts - 1, 12), LONGEST_PAUSE)


def _owe(entry: Entry, webhooks: list[Webhook]) -> None:
    """Owe an entry's events to the webhooks that chose them and may be told of its record."""
    events = events_of(entry, json.loads(entry.payload.text))
    for webhook in webhooks:
        asked = [event for event in events if is_asked_for(webhook, event)]
        if asked and records_open_to(webhook).filter(pk=entry.chain_id).exists():
            at = now()
            WebhookDelivery.objects.bulk_create(
                (
                    WebhookDelivery(
                        webhook=webhook,
                        entry=entry,
                        event=event,
                        made_at=at,
                        retried_from=at,
                        next_try_at=at,
                    )
                    for event in asked
                ),
                ignore_conflicts=True,
            )


def take_from_outbox() -> int:
    """Turn outbox rows into what is owed to webhooks, exactly once; return how many rows.

    Rows, messages and marks are one transaction. A row another worker holds is passed over.
    """
    with transaction.atomic():
        rows = list(
            OutboxRow.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("entry__payload", "entry__chain")
            .filter(is_due("next_try_at", LONGEST_PAUSE), listener=LISTENER, done_at=None)
            .order_by("pk")[:MOST_A_SWEEP]
        )
        told: dict[int, list[Webhook]] = defaultdict(list)
        if rows:
            kept = Webhook.objects.exclude(state__in=[WebhookState.ENDED, WebhookState.STOPPED])
            for webhook in kept.order_by("pk"):
                told[webhook.mission_id].append(webhook)
        for row in rows:
            webhooks = told[row.entry.chain.mission_id]
            if webhooks and row.entry.chain.subject == "request":
                _owe(row.entry, webhooks)
        OutboxRow.objects.filter(pk__in=[row.pk for row in rows]).update(done_at=now())
    return len(rows)


def _finish(delivery: WebhookDelivery, state: DeliveryState) -> None:
    delivery.state, delivery.done_at = state, now()


def _stop(webhook: Webhook) -> None:
    """Tell a webhook nothing more; its entry tells the administrator."""
    Webhook.objects.filter(pk=webhook.pk).update(state=WebhookState.STOPPED)
    append(
        chain_id=chain_of_mission(webhook.mission),
        act="webhook.stopped",
        actor=None,
        payload={"webhook": webhook.pk, "name": webhook.name},
    )


def _failed(delivery: WebhookDelivery, answered: Answered) -> None:
    """Put a message off, give it up after days, and stop a webhook that fails for longer."""
    at, webhook = now(), delivery.webhook
    if at - delivery.retried_from >= GIVEN_UP_AFTER:
        _finish(delivery, DeliveryState.GIVEN_UP)
    delivery.next_try_at = at + pause(delivery.attempts)
    kept = Webhook.objects.select_for_update().get(pk=webhook.pk)
    kept.failing_since = kept.failing_since or at
    kept.rests_until = at + min(pause(delivery.attempts), LONGEST_REST)
    kept.save(update_fields=["failing_since", "rests_until"])
    gone = answered.status == GONE
    if kept.state == WebhookState.ACTIVE and (gone or at - kept.failing_since >= STOPPED_AFTER):
        _stop(webhook)


def deliver(delivery_id: int) -> bool:
    """Send one message and mark what became of it; say whether it was accepted now.

    Its row is locked while the other side is asked, so no two workers send it at once.
    """
    with transaction.atomic():
        delivery = (
            WebhookDelivery.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("webhook__mission", "entry__payload")
            .filter(pk=delivery_id, state=DeliveryState.OWED, webhook__state=WebhookState.ACTIVE)
            .first()
        )
        if delivery is None:
            return False
        body = body_of(delivery)
        if body is None or not is_asked_for(delivery.webhook, delivery.event):
            _finish(delivery, DeliveryState.WITHHELD)
            delivery.save(update_fields=["state", "done_at"])
            return False
        delivery.attempts += 1
        with traced(_left_by(delivery)):
            return _send(delivery, body)


def _left_by(delivery: WebhookDelivery) -> str:
    """Return the id of the request whose deed a message tells of."""
    rows = OutboxRow.objects.filter(listener=LISTENER, entry=delivery.entry_id)
    return rows.values_list("request_id", flat=True).first() or ""


def _send(delivery: WebhookDelivery, body: bytes) -> bool:
    at = now()
    headers = {**HEADERS, **signed_headers(delivery, body)}
    answered = call(delivery.webhook.url, body, headers)
    WebhookAttempt.objects.create(
        delivery=delivery,
        at=at,
        status=answered.status,
        error=answered.error,
        milliseconds=answered.milliseconds,
    )
    if answered.accepted:
        _finish(delivery, DeliveryState.DELIVERED)
        healed = Webhook.objects.filter(pk=delivery.webhook_id, failing_since__isnull=False)
        healed.update(failing_since=None, rests_until=None)
    else:
        _failed(delivery, answered)
    delivery.save(update_fields=["state", "done_at", "attempts", "next_try_at"])
    log.info(
        "webhook called",
        message_id=delivery.message_id,
        webhook=delivery.webhook_id,
        status=answered.status,
        error=answered.error,
        ms=answered.milliseconds,
    )
    return answered.accepted


def _give_up_what_is_old() -> None:
    """Give up what a paused or stopped webhook was owed for days."""
    at = now()
    silent = [WebhookState.PAUSED, WebhookState.STOPPED]
    WebhookDelivery.objects.filter(
        state=DeliveryState.OWED, webhook__state__in=silent, retried_from__lt=at - GIVEN_UP_AFTER
    ).update(state=DeliveryState.GIVEN_UP, done_at=at)


def _put_off(delivery_id: int) -> None:
    """Put off a message that could not even be tried: its secret may be sealed under a lost key."""
    at = now()
    WebhookDelivery.objects.filter(pk=delivery_id, state=DeliveryState.OWED).update(
        next_try_at=at + LONGEST_REST
    )


def sweep() -> int:
    """Deliver what is owed to webhooks; return how many messages were accepted.

    A webhook that fails is left for later in this sweep, and rests, so that it does not hold
    up the others; a sweep ends in time, and the next one goes on.
    """
    take_from_outbox()
    _give_up_what_is_old()
    until, failed, accepted = time.monotonic() + SECONDS_A_SWEEP, set(), 0
    owed = (
        WebhookDelivery.objects.filter(
            is_due("next_try_at", LONGEST_PAUSE),
            Q(webhook__rests_until=None) | is_due("webhook__rests_until", LONGEST_REST),
            state=DeliveryState.OWED,
            webhook__state=WebhookState.ACTIVE,
        )
        .order_by("next_try_at", "pk")
        .values_list("pk", "webhook_id")[:MOST_A_SWEEP]
    )
    for delivery_id, webhook_id in list(owed):
        if webhook_id in failed or time.monotonic() > until:
            continue
        try:
            done = deliver(delivery_id)
        except Exception:
            log.exception("webhook delivery", delivery=delivery_id)
            _put_off(delivery_id)
            done = False
        accepted += done
        if not done:
            failed.add(webhook_id)
    return accepted
