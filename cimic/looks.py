"""What else the doctor looks at: slips in settings, clocks, keys, rights, what beats and fails."""

import datetime as dt
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.models import Q

from cimic.finding import Finding
from common.append_only import AppendOnly, NeverDeleted
from common.clock import now
from common.errors import NotNow
from common.models import Heartbeat
from ledger.models import SigningKey
from ledger.signing import public_of, secret_key
from missions.models import Mission, Post
from missions.queries import vacant
from missions.vocabulary import Role
from notices.models import Letter, Webhook
from notices.vocabulary import WebhookState

READ = re.compile(r"""["'](CIMIC_[A-Z_]+)["']""")
HERE = Path(__file__).resolve().parent
# Read by what starts the containers and the tests, not by the program.
OTHERS = frozenset(
    {
        "CIMIC_HOST",
        "CIMIC_TLS",
        "CIMIC_WEB",
        "CIMIC_HTTP_PORT",
        "CIMIC_HTTPS_PORT",
        "CIMIC_BACKUPS",
    }
)
MOST_SKEW = dt.timedelta(seconds=5)
LONGEST_SILENCE = dt.timedelta(minutes=2)
SHORTEST_KEY = 50


def known_settings() -> set[str]:
    """Return the name of every variable that the program reads."""
    return {name for path in HERE.rglob("*.py") for name in READ.findall(path.read_text())}


def _is_open_to_others(path: str) -> bool:
    mode = Path(path).stat().st_mode
    inside = path.startswith("/run/secrets/")  # a container's own, which no other user enters
    return bool(mode & (stat.S_IRGRP | stat.S_IROTH)) and not inside


def settings_look() -> Iterator[Finding]:
    """Look for variables that nothing reads, and for secrets that others on the machine read."""
    strange = sorted(
        name
        for name in os.environ
        if name.startswith("CIMIC_") and name not in known_settings() | OTHERS
    )
    told = f"nothing reads {', '.join(strange)}: a slip of the pen?" if strange else "all are known"
    yield Finding("settings", not strange, told, needed=False)
    files = [name for name in os.environ if re.fullmatch(r"CIMIC_\w+_FILE", name)]
    open_files = sorted(
        name for name in files if os.environ[name] and _is_open_to_others(os.environ[name])
    )
    told = f"others may read what {', '.join(open_files)} name: chmod 600"
    yield Finding("secrets", not open_files, told if open_files else "in files of their own", False)
    weak = len(settings.SECRET_KEY) < SHORTEST_KEY and not settings.DEMO
    told = "CIMIC_SECRET_KEY is short: use fifty characters at random" if weak else "long enough"
    yield Finding("secret key", not weak, told)


def clock_look() -> Iterator[Finding]:
    """Look whether this machine's clock is the database's; limits and signatures go by them."""
    before = dt.datetime.now(dt.UTC)
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        theirs = cursor.fetchone()[0]
    after = dt.datetime.now(dt.UTC)
    skew = max(before - theirs, theirs - after, dt.timedelta(0))
    told = f"{skew.total_seconds():.1f} s from the database's"
    yield Finding(
        "clock", skew <= MOST_SKEW, told + ("" if skew <= MOST_SKEW else ": set both by NTP")
    )


def beat_look() -> Iterator[Finding]:
    """Look whether beat still sends and a worker still works."""
    if not settings.REDIS_URL:
        return
    last = Heartbeat.objects.filter(name="tasks").first()
    told = "never yet: do worker and beat run?"
    if last is not None:
        silence = now() - last.at
        told = f"last heard {silence.total_seconds():.0f} s ago"
        if silence <= LONGEST_SILENCE:
            yield Finding("beat", True, told)
            return
        told += ": do worker and beat run?"
    yield Finding("beat", False, told)


def rights_look() -> Iterator[Finding]:
    """Look whether the walls behind the ledger stand: owner, triggers, what may be deleted."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        role = cursor.fetchone()[0]
        cursor.execute(
            "SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tableowner = %s", [role]
        )
        owned = cursor.fetchone()[0]
        told = f"{role} owns {owned} tables and could drop their guards: serve as another role"
        yield Finding("owner", not owned, told if owned else f"{role} owns no table")
        guarded = [model._meta.db_table for model in AppendOnly.__subclasses__()]
        cursor.execute(
            "SELECT count(*) FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid"
            " WHERE relname = ANY(%s) AND tgenabled = 'A'"
            " AND tgname IN (relname || '_only_added_to', relname || '_never_emptied')",
            [guarded],
        )
        stand, wanted = cursor.fetchone()[0], 2 * len(guarded)
        told = f"{stand} of {wanted} stand" + (
            "" if stand == wanted else ": somebody took some off"
        )
        yield Finding("guards", stand == wanted, told)
        open_to_it = []
        for model in NeverDeleted.__subclasses__():
            cursor.execute(
                "SELECT has_table_privilege(%s, %s, 'DELETE')", [role, model._meta.db_table]
            )
            if cursor.fetchone()[0]:
                open_to_it.append(model._meta.db_table)
    told = (
        f"{role} may remove rows of {', '.join(open_to_it)}: run `manage.py migrate` as the owner"
    )
    yield Finding("kept tables", not open_to_it, told if open_to_it else f"{role} deletes none")


def keys_look() -> Iterator[Finding]:
    """Look whether the key that this server would sign with is the one in force."""
    in_force = SigningKey.objects.order_by("-number").first()
    if not (settings.SIGNING_KEY or settings.SIGNING_KEY_FILE) or in_force is None:
        return
    try:
        own = public_of(secret_key())
    except NotNow as refusal:
        yield Finding("signing key", False, refusal.detail)
        return
    same = own == in_force.public_key
    told = f"{in_force.key_id} is in force" + ("" if same else ", and it is not this server's")
    yield Finding("signing key", same, told)


def reaching_out_look() -> Iterator[Finding]:
    """Look for letters that are refused and webhooks that fail."""
    refused = Letter.objects.filter(sent_at=None, attempts__gt=3).count()
    told = f"{refused} were refused more than three times" if refused else "none is refused"
    yield Finding("letters", not refused, told, needed=False)
    failing = Webhook.objects.filter(
        Q(state=WebhookState.STOPPED) | Q(state=WebhookState.ACTIVE, failing_since__isnull=False)
    ).count()
    told = f"{failing} fail or were stopped: read their logs" if failing else "none fails"
    yield Finding("webhooks", not failing, told, needed=False)


def missions_look() -> Iterator[Finding]:
    """Look whether each mission has an administrator, and somebody for each post."""
    for mission in Mission.objects.order_by("code"):
        empty = vacant(Post.objects.filter(mission=mission))
        keeps = Post.objects.filter(mission=mission, role=Role.ADMINISTRATOR).exclude(
            pk__in=empty.values("pk")
        )
        told = f"{empty.count()} of {mission.posts.count()} posts are vacant"
        has_keeper = keeps.exists()
        if not has_keeper:
            told += "; nobody administers it"
        yield Finding(f"mission {mission.code}", has_keeper, told, needed=False)
    if not Mission.objects.exists():
        told = "there is none: `manage.py create_mission`"
        yield Finding("missions", False, told, needed=False)
