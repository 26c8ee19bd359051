"""The keys that checkpoints are signed with: Ed25519 (RFC 8032), one at a time, each announced.

The secret is never in the database. It is thirty-two bytes in hexadecimal, from
``CIMIC_SIGNING_KEY`` or from the file that ``CIMIC_SIGNING_KEY_FILE`` names.
"""

import hashlib
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _

from common.clock import now
from common.errors import NotNow
from ledger.merkle import key_text
from ledger.models import SigningKey
from ledger.services import append, chain_of_mission
from missions.models import Mission

# Taken by whoever makes a checkpoint or changes the key: of two at once, one waits.
LOCK = 0x43494D4943


def hold_the_line() -> None:
    """Wait until nobody else makes a checkpoint or changes the key, until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def public_of(secret: Ed25519PrivateKey) -> str:
    """Return the public key of a secret one, in hexadecimal."""
    return secret.public_key().public_bytes_raw().hex()


def key_id_of(public_key: str) -> str:
    """Return the short name of a public key: the first eight bytes of its SHA-256."""
    return hashlib.sha256(bytes.fromhex(public_key)).hexdigest()[:16]


def read_secret(text: str) -> Ed25519PrivateKey:
    """Return the key that a text holds; raise ``NotNow`` if it holds none."""
    try:
        return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(text.strip()))
    except ValueError as error:
        raise NotNow(
            _(
                "The signing key is not thirty-two bytes in hexadecimal: "
                "make one with `openssl rand -hex 32`."
            )
        ) from error


def secret_key() -> Ed25519PrivateKey:
    """Return the secret key this server signs with; raise ``NotNow`` if it has none."""
    if settings.SIGNING_KEY:
        return read_secret(settings.SIGNING_KEY)
    if not settings.SIGNING_KEY_FILE:
        raise NotNow(_("There is no signing key: set CIMIC_SIGNING_KEY_FILE or CIMIC_SIGNING_KEY."))
    try:
        return read_secret(Path(settings.SIGNING_KEY_FILE).read_text())
    except OSError as error:
        raise NotNow(
            _("The signing key %(file)s cannot be read: %(why)s.")
            % {"file": settings.SIGNING_KEY_FILE, "why": error.strerror}
        ) from error


def signs(public_key: str, signature: str, text: str) -> bool:
    """Whether a signature over a text is a key's."""
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
        key.verify(bytes.fromhex(signature), text.encode())
    except (ValueError, InvalidSignature):
        return False
    return True


def announcement_text(key: SigningKey) -> str:
    """Return what a key's announcement is a signature over."""
    return key_text(
        number=key.number,
        key_id=key.key_id,
        public_key=key.public_key,
        from_at=key.from_at,
        previous=key.previous.key_id if key.previous else "",
    )


def newest_key() -> SigningKey | None:
    """Return the key in force, if there is one."""
    return SigningKey.objects.select_related("previous").order_by("-number").first()


def _announce(
    secret: Ed25519PrivateKey, by: Ed25519PrivateKey | None, last: SigningKey | None, reason: str
) -> SigningKey:
    public = public_of(secret)
    key = SigningKey(
        number=last.number + 1 if last else 1,
        key_id=key_id_of(public),
        public_key=public,
        previous=last,
        from_at=now(),
        reason=reason,
    )
    if by is not None:
        key.announcement = by.sign(announcement_text(key).encode()).hex()
    key.save()
    for mission in Mission.objects.order_by("pk"):
        append(
            chain_id=chain_of_mission(mission),
            act="signing_key.announced",
            actor=None,
            payload={
                "key_id": key.key_id,
                "public_key": public,
                "previous": last.key_id if last else None,
                "reason": reason,
            },
        )
    return key


def key_in_force() -> tuple[SigningKey, Ed25519PrivateKey]:
    """Return the key in force and its secret; the very first use announces it.

    Called inside a transaction that holds the line. Raises ``NotNow`` if this server has no
    secret key, or another than the one in force.
    """
    secret, last = secret_key(), newest_key()
    if last is None:
        last = _announce(secret, secret, None, "")
    if last.public_key != public_of(secret):
        raise NotNow(
            _(
                "This server's signing key is %(own)s, the one in force %(other)s: change keys "
                "with `manage.py rotate_signing_key`."
            )
            % {"own": key_id_of(public_of(secret)), "other": last.key_id}
        )
    return last, secret


@transaction.atomic
def rotate(*, new: Ed25519PrivateKey, old_key_lost: str = "") -> SigningKey:
    """Put a new key in force, announced by the old one, and say so in every mission's ledger.

    ``old_key_lost`` says why the old key cannot announce it: then whoever verifies is told.
    Raises ``NotNow`` if the old key is neither here nor said to be lost.
    """
    hold_the_line()
    if old_key_lost:
        last = newest_key()
        return _announce(new, None if last else new, last, old_key_lost)
    last, old = key_in_force()
    return _announce(new, old, last, "")
