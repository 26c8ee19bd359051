"""What a mission needs of its server: what is configured, reachable and healthy."""

import datetime as dt
import json
import os
import shutil
import smtplib
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.mail import get_connection
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from kombu.exceptions import KombuError
from redis import RedisError

from cimic import looks
from cimic.backup.taking import note_file
from cimic.celery import app
from cimic.finding import Finding
from common.append_only import AppendOnly
from common.clock import now
from ledger.models import Entry, OutboxRow
from ledger.state import how_it_stands
from requests_app import files

ENOUGH_FREE = 1024**3
OLDEST_POSTGRESQL = 150000
LATE = dt.timedelta(minutes=5)
CLOCK_OFF = dt.timedelta(minutes=1)
BACKUP_LATE = dt.timedelta(hours=26)


def _database() -> Iterator[Finding]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, rolsuper FROM pg_roles WHERE rolname = current_user")
        role, is_super = cursor.fetchone()
        version = cursor.connection.server_version
        yield Finding(
            "database",
            version >= OLDEST_POSTGRESQL,
            f"PostgreSQL {version // 10000} as {role}"
            + ("" if version >= OLDEST_POSTGRESQL else "; it must be 15 or newer"),
        )
        yield Finding(
            "serving role",
            not is_super,
            f"{role} is a superuser: nothing would be out of its reach"
            if is_super
            else f"{role} is no superuser",
        )
        yield from _only_added_to(cursor, role)
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    yield Finding(
        "migrations",
        not plan,
        f"{len(plan)} wait: run `manage.py migrate`" if plan else "all are applied",
    )


def _only_added_to(cursor: Any, role: str) -> Iterator[Finding]:
    """Look whether the role that serves could rewrite what must only be added to."""
    open_to_it = []
    for model in AppendOnly.__subclasses__():
        table = model._meta.db_table
        for deed in ("UPDATE", "DELETE", "TRUNCATE"):
            cursor.execute("SELECT has_table_privilege(%s, %s, %s)", [role, table, deed])
            if cursor.fetchone()[0]:
                open_to_it.append(f"{deed} on {table}")
    yield Finding(
        "append-only tables",
        not open_to_it,
        f"{role} may {', '.join(open_to_it)}: run `manage.py migrate` as the owner"
        if open_to_it
        else f"{role} can only add to them",
    )


def _carrier() -> Iterator[Finding]:
    if not settings.REDIS_URL:
        own_database = str(connection.get_connection_params()["host"]).startswith("/")
        yield Finding(
            "carrier",
            False,
            "not running: `make run` starts one, or set CIMIC_REDIS_URL; what is owed waits",
            needed=not own_database,
        )
        return
    with app.connection_for_read(connect_timeout=3) as carrier:
        carrier.ensure_connection(max_retries=1)
    yield Finding("carrier", True, "answers")
    workers = app.control.ping(timeout=1.0)
    yield Finding(
        "worker",
        bool(workers),
        f"{len(workers)} answer" if workers else "none answers: nothing owed would be sent",
    )


def _owed() -> Iterator[Finding]:
    late = OutboxRow.objects.filter(done_at=None, next_try_at__lt=now() - LATE).count()
    yield Finding(
        "what is owed",
        not late,
        f"{late} notices are late: do worker and beat run?" if late else "nothing is late",
        needed=bool(settings.REDIS_URL),
    )


def _witnesses() -> Iterator[Finding]:
    """Look whether the ledger was signed in the last day, and whether a receipt has left."""
    state, needed = how_it_stands(), bool(settings.REDIS_URL)
    last = state.checkpoint
    when = f"{last.made_at:%Y-%m-%d %H:%M} UTC" if last else "none yet"
    if not settings.SIGNING_KEY and not settings.SIGNING_KEY_FILE:
        told = "no signing key: set CIMIC_SIGNING_KEY_FILE or CIMIC_SIGNING_KEY"
        yield Finding("checkpoint", False, told, needed=needed)
    elif state.checkpoint_is_late:
        told = f"the last is older than a day ({when}): do worker and beat run?"
        yield Finding("checkpoint", False, told, needed=needed)
    else:
        yield Finding("checkpoint", True, f"number {last.number} of {when}" if last else when)
    if not state.has_witnesses:
        told = "none leaves this server: set CIMIC_RECEIPT_EMAILS or CIMIC_RECEIPT_FOLDER"
        yield Finding("receipts", False, told, needed=False)
        return
    told = f"{state.unwitnessed} entries are newer than the last one; {state.waiting} wait to leave"
    yield Finding("receipts", not state.receipt_is_late, told, needed=needed)


def _folder() -> Iterator[Finding]:
    folder = Path(settings.DATA)
    with tempfile.NamedTemporaryFile(dir=folder) as probe:
        probe.write(b"0" * 4096)
        probe.flush()
    free = shutil.disk_usage(folder).free
    yield Finding(
        "data folder",
        free >= ENOUGH_FREE,
        f"{folder}, {free / ENOUGH_FREE:.1f} GB free"
        + ("" if free >= ENOUGH_FREE else ": free some space"),
    )


def _moments() -> Iterator[Finding]:
    """Look whether the clock went back behind what the ledger says already."""
    newest = Entry.objects.order_by("-pk").first()
    behind = dt.timedelta(0)
    if newest is not None and not newest.told_clock:
        behind = newest.recorded_at - now()
    told = "the ledger's moments go on"
    if behind > CLOCK_OFF:
        told = f"the clock is {behind} behind the newest entry of the ledger: was it set back?"
    yield Finding("moments", behind <= CLOCK_OFF, told)


def last_backup() -> Finding:
    """Look how old the last backup is that was made from this data folder."""
    try:
        said = json.loads(note_file().read_text())
        made_at = dt.datetime.fromisoformat(said["made_at"])
    except FileNotFoundError:
        told = "none was made from here yet: `manage.py backup FILE`"
        return Finding("backup", False, told, needed=False)
    except (ValueError, KeyError, TypeError):
        return Finding("backup", False, f"{note_file()} cannot be read", needed=False)
    late = now() - made_at > BACKUP_LATE
    told = (
        f"the last is of {made_at:%Y-%m-%d %H:%M} UTC ({said['file']}, {said['bytes'] / 1e6:.1f} MB"
        f"{'' if said['encrypted'] else ', not encrypted'})"
    )
    if late:
        told += ", older than a day"
    if not said["whole"]:
        told += "; files were missing or changed when it was made"
    return Finding("backup", not late and said["whole"], told, needed=not settings.DEMO)


def _backup() -> Iterator[Finding]:
    yield last_backup()


def _mail() -> Iterator[Finding]:
    if settings.EMAIL_BACKEND == "cimic.mail.FolderBackend":
        yield Finding(
            "mail",
            bool(settings.DEMO),
            f"letters become files in {settings.DATA / 'mail'}; set CIMIC_EMAIL_URL to send them",
            needed=False,
        )
        return
    server = get_connection()
    server.open()
    server.close()
    yield Finding("mail", True, f"{settings.EMAIL_HOST} answers")


def _scanner() -> Iterator[Finding]:
    if not settings.CLAMAV:
        told = "files are not scanned; set CIMIC_CLAMAV to ClamAV's daemon"
        yield Finding("virus scanner", bool(settings.DEMO), told, needed=False)
        return
    well = files.answers()
    told = "answers" if well else "does not answer: no file is taken in until it does"
    yield Finding("virus scanner", well, f"{settings.CLAMAV} {told}")


def _security() -> Iterator[Finding]:
    yield Finding(
        "encryption",
        settings.HTTPS or bool(settings.DEMO),
        "people's passwords travel in the open: set CIMIC_SITE_URL to an https address"
        if not settings.HTTPS
        else "https only",
        needed=False,
    )
    yield Finding(
        "debugging",
        not settings.DEBUG,
        "CIMIC_DEBUG shows the inside of errors" if settings.DEBUG else "off",
    )
    yield Finding(
        "owner's address",
        not os.environ.get("CIMIC_OWNER_DATABASE_URL"),
        "CIMIC_OWNER_DATABASE_URL is set here: keep it from servers, it is for migrations alone"
        if os.environ.get("CIMIC_OWNER_DATABASE_URL")
        else "kept from this process",
        needed=False,
    )


LOOKS: dict[str, Callable[[], Iterator[Finding]]] = {
    "settings": looks.settings_look,
    "data folder": _folder,
    "database": _database,
    "clock": looks.clock_look,
    "rights": looks.rights_look,
    "carrier": _carrier,
    "beat": looks.beat_look,
    "what is owed": _owed,
    "moments": _moments,
    "backup": _backup,
    "mail": _mail,
    "virus scanner": _scanner,
    "ledger": _witnesses,
    "signing key": looks.keys_look,
    "reaching out": looks.reaching_out_look,
    "missions": looks.missions_look,
    "security": _security,
}
FAULTS = (DatabaseError, OSError, KombuError, RedisError, smtplib.SMTPException)


def findings() -> Iterator[Finding]:
    """Look at everything a mission needs; what cannot be reached is a finding as well."""
    for subject, look in LOOKS.items():
        try:
            yield from look()
        except FAULTS as fault:
            first = str(fault).strip().splitlines() or [type(fault).__name__]
            yield Finding(subject, False, f"cannot be reached: {first[0]}")
