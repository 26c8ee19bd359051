"""The second factor: a code of an authenticator app, a passkey, or a recovery code.

Kept by allauth's ``Authenticator``, its secrets sealed with the server's key. A code of the
app counts once (RFC 6238): the newest one used is kept beside the secret, under a lock, so
that one overheard opens nothing, in whichever process it arrives.
"""

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from allauth.mfa.utils import decrypt
from django.db import transaction
from django.utils.crypto import constant_time_compare

from access import tries
from missions.models import User

OF_THEIR_OWN = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
LONGEST_CODE = 40


def has_factor(person: User) -> bool:
    """Whether a person has a second factor; recovery codes alone are none."""
    return Authenticator.objects.filter(user=person, type__in=OF_THEIR_OWN).exists()


def takes_codes(person: User) -> bool:
    """Whether there is a code that this person could give: not with passkeys alone and no codes."""
    return (
        Authenticator.objects.filter(user=person).exclude(type=Authenticator.Type.WEBAUTHN).exists()
    )


def _matches(found: Any, code: str) -> bool:
    """Whether a code is the app's newest, never used: then mark it, and all before it, used."""
    secret = decrypt(found.data["secret"])
    for counter in yield_hotp_counters_from_time():
        if constant_time_compare(code, format_hotp_value(hotp_value(secret, counter))):
            if counter <= found.data.get("counter", 0):
                return False
            found.data["counter"] = counter
            found.save(update_fields=["data"])
            return True
    return False


def prove(person: User, code: str) -> Authenticator | None:
    """Return the factor that a code proves, used up; None if it is wrong.

    Raises ``TooManyTries`` when codes were wrong too often.
    """
    doors = tries.at_factor(person.pk)
    tries.count(doors)
    said = "".join(code.split()).replace("-", "")[:LONGEST_CODE]
    with transaction.atomic():
        rows = Authenticator.objects.select_for_update().filter(user=person).order_by("pk")
        for found in rows.exclude(type=Authenticator.Type.WEBAUTHN):
            right = (
                _matches(found, said)
                if found.type == Authenticator.Type.TOTP
                else found.wrap().validate_code(said)
            )
            if right:
                tries.take_back(doors)
                found.user = person
                return found
    return None
