"""What the server lacks for a while, told from what is broken: the database, or room on a disk.

Either way nothing was half done, and the same call may be made again, under the same key: by a
person when they are told, by a program after ``Retry-After`` seconds. Where the database went away
in the moment of its commit nobody can know whether that was done; the key tells.
"""

import errno
from typing import ClassVar

from django.db import DatabaseError, InterfaceError, OperationalError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.errors import Refusal

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})
DISK_FULL = "53100"
# Connections refused, cut or used up, and a server that stops, starts or recovers.
AWAY = ("08", "53300", "57P")


class Outage(Refusal):
    """Not now, for nobody: something that the server stands on is missing."""

    retry_after: ClassVar[int] = 10


class DatabaseAway(Outage):
    """The database does not answer."""

    status = 503
    title = gettext_lazy("Out of reach for a moment")


class NoRoom(Outage):
    """A disk of the server is full."""

    status = 507
    title = gettext_lazy("The server has no room left")
    retry_after = 60


def outage_of(error: BaseException | None) -> Outage | None:
    """Return the outage behind an error, if one is."""
    if isinstance(error, Outage):
        return error
    if isinstance(error, OSError) and error.errno in NO_ROOM:
        return _no_room()
    if not isinstance(error, DatabaseError | InterfaceError):
        return None
    code = getattr(error.__cause__, "pgcode", None)
    if code == DISK_FULL:
        return _no_room()
    is_away = code is None and isinstance(error, OperationalError | InterfaceError)
    if is_away or (code or "").startswith(AWAY):
        return DatabaseAway(
            _(
                "The database does not answer. Try again in a moment: what you sent counts once "
                "you see it recorded."
            )
        )
    return None


def _no_room() -> NoRoom:
    return NoRoom(
        _(
            "A disk of the server is full. Nothing was recorded: tell the administrator, "
            "then try again."
        )
    )
