"""What lies in the database but must not be read there: sealed with a key that is not in it."""

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

__all__ = ["InvalidToken", "key_of", "opened", "opened_with", "sealed", "sealed_with"]


def _derived(secret: str, purpose: str) -> str:
    key = HKDF(SHA256(), 32, salt=None, info=f"cimic:{purpose}".encode()).derive(secret.encode())
    return base64.urlsafe_b64encode(key).decode()


def _keys(purpose: str) -> MultiFernet:
    """Make the keys of a purpose from the server's secrets, the newest first."""
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet(Fernet(_derived(secret, purpose)) for secret in secrets)


def sealed(purpose: str, text: str) -> str:
    """Seal a text with the server's own key."""
    return _keys(purpose).encrypt(text.encode()).decode()


def opened(purpose: str, text: str) -> str:
    """Open what ``sealed`` made; raise ``InvalidToken`` for what it did not make."""
    return _keys(purpose).decrypt(text.encode()).decode()


def key_of(held: str) -> str:
    """Return the key that is made of a secret which somebody else holds, such as a browser."""
    return _derived(held, "held")


def sealed_with(key: str, text: str) -> str:
    """Seal a text with a key that this server does not keep."""
    return Fernet(key.encode()).encrypt(text.encode()).decode()


def opened_with(key: str, text: str) -> str:
    """Open what ``sealed_with`` made; raise ``InvalidToken`` for another key."""
    try:
        return Fernet(key.encode()).decrypt(text.encode()).decode()
    except ValueError as error:
        raise InvalidToken from error
