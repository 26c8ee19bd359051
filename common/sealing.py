"""Secrets the server must read again: sealed, so that a copy of the database has none.

The key follows from ``SECRET_KEY``; one that was replaced stays readable while it stands in
``SECRET_KEY_FALLBACKS``.
"""

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


def _seals(purpose: str) -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet(
        Fernet(
            base64.urlsafe_b64encode(
                HKDF(SHA256(), 32, salt=None, info=f"cimic {purpose}".encode()).derive(
                    str(key).encode()
                )
            )
        )
        for key in keys
    )


def seal(secret: str, purpose: str) -> str:
    """Return a secret as the database may keep it; it opens for this purpose alone."""
    return _seals(purpose).encrypt(secret.encode()).decode()


def unseal(sealed: str, purpose: str) -> str:
    """Return what was sealed; raise ``ValueError`` where the key is no longer this server's."""
    try:
        return _seals(purpose).decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise ValueError(f"The {purpose} was sealed under another CIMIC_SECRET_KEY.") from error
