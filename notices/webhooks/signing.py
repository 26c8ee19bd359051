"""How a message to a webhook is signed: the Standard Webhooks specification, HMAC-SHA256.

``webhook-signature`` has one signature for each secret that is valid, so that a receiver can
change its secret whenever it likes while both are.
"""

import base64
import datetime as dt
import hashlib
import hmac
import secrets

from common.clock import now
from common.sealing import seal, unseal
from notices.models import Webhook, WebhookDelivery

PREFIX = "whsec_"
PURPOSE = "webhook secret"
BYTES = 32


def new_secret() -> str:
    """Return a secret as it is shown, once."""
    return PREFIX + base64.b64encode(secrets.token_bytes(BYTES)).decode()


def sealed(secret: str) -> str:
    """Return a secret as the database keeps it."""
    return seal(secret, PURPOSE)


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """Return the signature of one message under one secret."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def _valid_secrets(webhook: Webhook, at: dt.datetime) -> list[str]:
    kept = [webhook.secret]
    if webhook.previous_secret and webhook.previous_until and webhook.previous_until > at:
        kept.append(webhook.previous_secret)
    return [unseal(one, PURPOSE) for one in kept]


def signed_headers(delivery: WebhookDelivery, body: bytes) -> dict[str, str]:
    """Return the headers by which a receiver knows that a message is ours, new and not doubled."""
    at = now()
    timestamp = int(at.timestamp())
    signatures = [
        signature(secret, delivery.message_id, timestamp, body)
        for secret in _valid_secrets(delivery.webhook, at)
    ]
    return {
        "webhook-id": delivery.message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signatures),
    }
