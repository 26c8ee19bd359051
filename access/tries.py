"""How often one may be wrong: growing waits that lock nobody else out.

A try is counted before it is looked at, so that a hundred at once are not one, and taken back
when it was right. Each door has its own count:

- an address with an account: what an attacker does from one place falls on that place alone;
- a device that this person has signed in on before (a signed cookie), which the counts of
  strangers do not touch;
- an address over all accounts; and an account over all strange addresses, which waits minutes
  at most, never for ever, and which a known device or address, a passkey and single sign-on pass;
- the second factor of a person, which only who has the password can come to.

In the demonstration nobody waits. The counts lie in the database, as the accounts do: they
hold for all processes, and without them there is nobody to let in.
"""

import datetime as dt
import hashlib
import hmac
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy, ngettext

from access.models import Tries
from common.clock import now
from common.errors import Refusal

KNOWN_FOR = dt.timedelta(days=30)
OLDEST = dt.timedelta(days=31)


@dataclass(frozen=True)
class Door:
    """What is counted: how many failures are free, then how long it waits, and grows to."""

    name: str
    free: int
    first: dt.timedelta
    longest: dt.timedelta
    forgets: dt.timedelta

    def wait_after(self, failures: int) -> dt.timedelta:
        """Return the wait that so many failures bring: none, then double each time."""
        over = failures - self.free
        if over < 0:
            return dt.timedelta()
        return min(self.first * 2 ** min(over, 20), self.longest)


SECONDS, MINUTES, HOURS = (dt.timedelta(**{unit: 1}) for unit in ("seconds", "minutes", "hours"))
PAIR = Door("pair", 5, 5 * SECONDS, 15 * MINUTES, HOURS)
DEVICE = Door("device", 10, 5 * SECONDS, 15 * MINUTES, HOURS)
ADDRESS = Door("address", 50, 2 * SECONDS, MINUTES, HOURS)
ACCOUNT = Door("account", 30, 5 * SECONDS, 5 * MINUTES, 24 * HOURS)
FACTOR = Door("factor", 5, 30 * SECONDS, HOURS, 24 * HOURS)
LETTER = Door("letter", 3, MINUTES, HOURS, 6 * HOURS)


class TooManyTries(Refusal):
    """Wait: too often wrong here. ``seconds`` says how long."""

    status = 429
    title = gettext_lazy("Too many at once")

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        super().__init__(
            ngettext(
                "Too many tries. Wait %(seconds)s second and try again.",
                "Too many tries. Wait %(seconds)s seconds and try again.",
                seconds,
            )
            % {"seconds": seconds}
        )


def _key(door: Door, *parts: str) -> str:
    said = "\0".join([door.name, *parts])
    return hmac.new(settings.SECRET_KEY.encode(), said.encode(), hashlib.sha256).hexdigest()


Counted = list[tuple[Door, str]]


def at_sign_in(address: str, account: str, *, device: str = "") -> Counted:
    """Return what a try with a password counts against, a known device being its own door.

    ``account`` is the name as it was typed, whether anybody has it or not.
    """
    if settings.DEMO:
        return []
    account = account.strip().casefold()
    if device:
        return [(DEVICE, _key(DEVICE, device, account))]
    pair = _key(PAIR, address, account)
    doors: Counted = [(PAIR, pair), (ADDRESS, _key(ADDRESS, address))]
    known = Tries.objects.filter(key=pair, opened_at__gt=now() - KNOWN_FOR).exists()
    return doors if known else [*doors, (ACCOUNT, _key(ACCOUNT, account))]


def at_factor(person_id: int) -> Counted:
    """Return what a try with a code counts against: the person, after the password."""
    return [(FACTOR, _key(FACTOR, str(person_id)))]


def at_letter(address: str, email: str) -> Counted:
    """Return what asking for a link counts against."""
    return [(LETTER, _key(LETTER, address, email.strip().casefold()))]


def count(doors: Counted) -> None:
    """Count one try as wrong until it turns out right.

    Raises ``TooManyTries`` if any of the doors waits; the try is then not looked at.
    """
    if settings.DEMO:
        return
    at, named = now(), {key: door for door, key in doors}
    with transaction.atomic():
        Tries.objects.bulk_create(
            [Tries(key=key, last_at=at) for key in sorted(named)], ignore_conflicts=True
        )
        rows = list(Tries.objects.select_for_update().filter(key__in=named).order_by("key"))
        waits = [row.wait_until for row in rows if row.wait_until and row.wait_until > at]
        if waits:
            raise TooManyTries(max(1, round((max(waits) - at).total_seconds())))
        for row in rows:
            door = named[row.key]
            if row.last_at < at - door.forgets:
                row.failures = 0
            row.failures += 1
            row.last_at = at
            wait = door.wait_after(row.failures)
            row.wait_until = at + wait if wait else None
        Tries.objects.bulk_update(rows, ["failures", "last_at", "wait_until"])


def take_back(doors: Counted) -> None:
    """Take a try back that was right: where one person alone tries, begin anew."""
    if settings.DEMO:
        return
    at = now()
    with transaction.atomic():
        rows = {
            row.key: row
            for row in Tries.objects.select_for_update()
            .filter(key__in=[key for _door, key in doors])
            .order_by("key")
        }
        for door, key in doors:
            row = rows.get(key)
            if row is None:
                continue
            mine = door in {PAIR, DEVICE, FACTOR}
            row.failures = 0 if mine else max(0, row.failures - 1)
            row.wait_until = None if mine else row.wait_until
            row.opened_at = at if mine else row.opened_at
        Tries.objects.bulk_update(list(rows.values()), ["failures", "wait_until", "opened_at"])


def forget_old() -> int:
    """Delete counts that hold nothing any more; return how many."""
    return Tries.objects.filter(last_at__lt=now() - OLDEST).delete()[0]
