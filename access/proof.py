"""What a session was opened with, and whether that is enough."""

import time
from typing import Any

from allauth.account.internal.flows.login import (
    get_authentication_records,
    record_authentication,
)
from django.conf import settings
from django.http import HttpRequest

from missions.models import User
from missions.policy import must_prove_twice

# How a sign-in at the provider is recorded, and that it took two factors there.
OUTSIDE = "oidc"
TWICE = "twice"


def proved_twice(request: HttpRequest, person: User | None = None) -> bool:
    """Whether a second factor was given in this session: ours, a passkey, or the provider's."""
    records = get_authentication_records(request, person or request.user)  # type: ignore[arg-type]
    return any(
        record.get("method") == "mfa" or (record.get("method") == OUTSIDE and record.get(TWICE))
        for record in records
    )


def record_second_factor(request: HttpRequest, kind: str) -> None:
    """Record that this session's person has just set a second factor up, and so given it."""
    record_authentication(request, request.user, "mfa", type=kind, reauthenticated=True)  # type: ignore[arg-type]


def lacks_proof(request: HttpRequest) -> bool:
    """Whether this session's person must give a second factor before anything else."""
    person: Any = request.user
    return must_prove_twice(person) and not proved_twice(request)


def proved_lately(request: HttpRequest) -> bool:
    """Whether the person has proved who they are in the last minutes, at sign-in or again."""
    records = get_authentication_records(request, request.user)  # type: ignore[arg-type]
    latest = max((record["at"] for record in records), default=0)
    return time.time() - latest < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
