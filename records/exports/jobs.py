"""Exports written in the background: the database remembers, whoever carries may die.

A run that is asked waits until a worker takes a lease on it. While it writes, the lease is
drawn out; a worker that dies lets it run out, and the next sweep begins the file anew. Who was
overtaken notices at the end, by the number of the attempt, and leaves nothing behind.
"""

import datetime as dt
import logging
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connections, transaction
from django.db.models import Q
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, override

from common.clock import now
from common.due import is_due
from common.errors import Forbidden, NotNow, Refusal
from common.kept import Kept
from common.outages import NoRoom, outage_of
from ledger.services import append
from missions.models import User
from records.exports.asking import kept_query, rows_to_leave
from records.exports.files import FORMS, Hashed, asked_of
from records.exports.runs import finish_export, sight_of, start_export
from records.models import ExportRun

log = logging.getLogger(__name__)

# More than this is not sent while one waits, unless one asks to wait.
MOST_AT_ONCE = 20_000
KEPT = dt.timedelta(days=7)
LEASE = dt.timedelta(seconds=120)
TOLD_EVERY_SECONDS = 2.0
LOOKED_EVERY = 2_000
MOST_ATTEMPTS = 3
MOST_OPEN = 3
# A streamed export whose end nobody recorded by now was cut with its server.
LONGEST_STREAM = dt.timedelta(hours=6)

DIED = gettext_noop("It was begun three times and never came to its end.")
REFUSED = Kept(gettext_noop("It could not be written: %(reason)s"))
NO_ROOM = gettext_noop("The server has no room left. Tell the administrator, then ask anew.")
BROKE = gettext_noop("Something failed on the server. Ask anew; if it fails again, tell the desk.")


def folder() -> Path:
    """Return where the files lie, readable by the servers alone."""
    found = Path(settings.MEDIA_ROOT) / "exports"
    found.mkdir(mode=0o700, parents=True, exist_ok=True)
    return found


def file_of(run: ExportRun) -> Path:
    """Return where a run's file lies once it is ready."""
    return folder() / f"{run.pk}.{run.form}"


def ask_for_file(*, actor: User, form: str, params: QueryDict) -> ExportRun:
    """Record that a long export is asked for; a sweep writes it.

    The same asked again while it is under way is the same run. Raises ``Forbidden`` for who
    holds no post, ``NotNow`` for who has several under way.
    """
    with transaction.atomic():
        User.objects.select_for_update().get(pk=actor.pk)
        under_way = ExportRun.objects.filter(by=actor, background=True, finished_at=None)
        same = under_way.filter(form=form, query=kept_query(params)).first()
        if same is not None:
            return same
        if under_way.count() >= MOST_OPEN:
            message = _("You have %(count)s exports under way: wait until one is ready.")
            raise NotNow(message % {"count": MOST_OPEN})
        return start_export(actor=actor, form=form, params=params, background=True)


def _free() -> Q:
    return Q(lease_until__isnull=True) | is_due("lease_until", LEASE)


def claim() -> ExportRun | None:
    """Take the lease on the run that was asked first, or None if there is none to take.

    One is written at a time, so that an export never holds up what else workers carry.
    """
    waiting = ExportRun.objects.filter(background=True, finished_at=None)
    with transaction.atomic():
        if waiting.exclude(_free()).exists():
            return None
        run = (
            waiting.filter(_free())
            .select_for_update(skip_locked=True, of=("self",))
            .order_by("started_at")
            .first()
        )
        if run is None:
            return None
        if run.attempts >= MOST_ATTEMPTS:
            _fail(run, DIED)
            return None
        run.attempts += 1
        run.written, run.lease_until = 0, now() + LEASE
        run.save(update_fields=["attempts", "written", "lease_until"])
    return run


def _mine(run: ExportRun) -> ExportRun | None:
    """Lock a run and read it again; None if another attempt was begun or it came to its end."""
    return (
        ExportRun.objects.select_for_update(of=("self",))
        .select_related("mission", "by")
        .filter(pk=run.pk, attempts=run.attempts, finished_at=None)
        .first()
    )


@transaction.atomic
def _fail(run: ExportRun, reason: str) -> None:
    mine = _mine(run)
    if mine is not None:
        mine.failure = reason[:300]
        finish_export(mine, rows=None, digest="", cut=True)


class Overtaken(Exception):
    """Another worker has begun the same file anew."""


class Teller:
    """Says how far a run is and draws its lease out, on a connection of its own."""

    def __init__(self, run: ExportRun) -> None:
        self.run = run
        self.connection = connections.create_connection("default")
        self.next_at = time.monotonic() + TOLD_EVERY_SECONDS

    def __call__(self, pieces: int) -> None:
        if pieces % LOOKED_EVERY or time.monotonic() < self.next_at:
            return
        self.next_at = time.monotonic() + TOLD_EVERY_SECONDS
        with self.connection.cursor() as cursor:
            cursor.execute(
                "UPDATE records_exportrun SET written = %s, lease_until = %s "
                "WHERE id = %s AND attempts = %s AND finished_at IS NULL",
                [pieces, now() + LEASE, self.run.pk, self.run.attempts],
            )
            if cursor.rowcount == 0:
                raise Overtaken

    def close(self) -> None:
        self.connection.close()


def _write_file(run: ExportRun, part: Path) -> tuple[int, Hashed]:
    person: Any = User.objects.get(pk=run.by_id)
    params = QueryDict(run.query)
    with override(settings.LANGUAGE_CODE):  # what a refusal says is kept in English
        rows, shape = rows_to_leave(person, params, run.form)
    expected = rows.order_by().count()
    ExportRun.objects.filter(pk=run.pk).update(
        expected=expected, sight=sight_of(person), lease_until=now() + LEASE
    )
    teller = Teller(run)
    try:
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            into = Hashed(file)
            asked = asked_of(rows, shape, run, params, teller)
            written = FORMS[run.form].write(asked, into)
            file.flush()
            os.fsync(file.fileno())
    finally:
        teller.close()
    return written, into


def _finish(run: ExportRun, part: Path, written: int, into: Hashed) -> bool:
    """Put the file in its place and record its end, unless another attempt was begun since."""
    with transaction.atomic():
        mine = _mine(run)
        if mine is None:
            return False
        os.replace(part, file_of(run))
        mine.written, mine.keep_until = written, now() + KEPT
        finish_export(mine, rows=written, digest=into.digest.hexdigest(), size=into.size)
    return True


def write_claimed(run: ExportRun) -> bool:
    """Write the file of a run that one has the lease on; say whether it is ready.

    What cannot be read any more, or finds no room, fails at once with its reason. Whatever
    else goes wrong leaves the run to the next attempt.
    """
    part = folder() / f"{run.pk}-{run.attempts}.part"
    try:
        written, into = _write_file(run, part)
        return _finish(run, part, written, into)
    except Overtaken:
        return False
    except Refusal as refusal:
        _fail(run, REFUSED(reason=str(refusal.detail)))
    except Exception as error:
        log.exception("export %s", run.pk)
        if isinstance(outage_of(error), NoRoom):
            _fail(run, NO_ROOM)
        elif run.attempts >= MOST_ATTEMPTS:
            _fail(run, BROKE)
        else:
            mine = ExportRun.objects.filter(pk=run.pk, attempts=run.attempts)
            mine.update(lease_until=None)
    finally:
        part.unlink(missing_ok=True)
    return False


def sweep() -> int:
    """Write the exports that wait, one after the other; return how many became ready."""
    done = 0
    while (run := claim()) is not None:
        done += write_claimed(run)
    return done


def _remove(run: ExportRun) -> None:
    with transaction.atomic():
        file_of(run).unlink(missing_ok=True)
        ExportRun.objects.filter(pk=run.pk).update(removed_at=now())
        append(chain_id=run.pk, act="export.removed", actor=None, payload={"sha256": run.digest})


def remove_expired() -> int:
    """Remove the files kept for their time, and what dead workers left; the runs are kept.

    Returns how many files were removed. A streamed export that never told its end was cut
    with its server, and is recorded so.
    """
    expired = ExportRun.objects.filter(keep_until__lte=now(), removed_at=None)
    removed = 0
    for run in expired:
        _remove(run)
        removed += 1
    lost = ExportRun.objects.filter(
        background=False, finished_at=None, started_at__lt=now() - LONGEST_STREAM
    )
    for run in lost.select_related("mission", "by"):
        finish_export(run, rows=None, digest="", cut=True)
    for part in folder().glob("*.part"):
        with suppress(FileNotFoundError):
            if time.time() - part.stat().st_mtime > LONGEST_STREAM.total_seconds():
                part.unlink()
    return removed


def may_be_fetched(run: ExportRun, person: User) -> None:
    """Raise unless a run's file is there for the person who asked, who still sees as much.

    ``NotNow`` while it is written, once it is removed or where it failed; ``Forbidden`` where
    the person's posts have changed since: what one may not see any more is not given out (P15).
    """
    match run.state:
        case "asked" | "running":
            raise NotNow(_("The file is still being written."))
        case "ready" if file_of(run).exists():
            pass
        case "failed":
            raise NotNow(_("The export failed: ask anew."))
        case _:
            raise NotNow(_("The file was kept for a week and is removed: ask anew."))
    if run.sight != sight_of(person):
        raise Forbidden(
            _("Your posts have changed since this was written: ask anew."), paragraph="15"
        )
