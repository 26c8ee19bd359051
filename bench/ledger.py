"""How fast the ledger is proved: ``bench/ledger.py [--entries N] [--chains N]``.

A database of its own is made on the embedded server that ``CIMIC_DATA`` names, migrated, and
filled with N entries in chains of forty, hashed as the services hash them and loaded by
``COPY``; then a checkpoint is made, signed with a key of its own, and everything is proved as
``manage.py verify_ledger`` does. ``--chains`` adds that many chains of one entry, to measure
checkpoints and inclusion paths over many heads.

Besides the wall clock it tells the processor time that the proving process and PostgreSQL's
own used together, since "a core" means both. The database is dropped afterwards.
"""

import argparse
import datetime as dt
import io
import os
import resource
import secrets
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(CHECKOUT))

import django  # noqa: E402
import psycopg2  # noqa: E402

from cimic.embedded import Server, data_folder, load_env, secret_key  # noqa: E402

NAME = "cimic_ledger_bench"
load_env()
FOLDER = data_folder()
SERVER = Server(FOLDER / "postgres")
SERVER.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
os.environ.setdefault("CIMIC_SECRET_KEY", secret_key(FOLDER))
os.environ["CIMIC_DATABASE_URL"] = SERVER.url("cimic_app", NAME)
os.environ["CIMIC_SIGNING_KEY"] = secrets.token_hex(32)
os.environ["DJANGO_SETTINGS_MODULE"] = "cimic.settings"
django.setup()

from django.db import connection  # noqa: E402

from common.canonical import canonical  # noqa: E402
from ledger.checkpoints import make_checkpoint  # noqa: E402
from ledger.hashing import Bound, digest_of, hash_of  # noqa: E402
from ledger.models import Chain  # noqa: E402
from ledger.proofs import proof_of  # noqa: E402
from ledger.verification import verify  # noqa: E402
from missions.models import Mission  # noqa: E402

CLAIM = 50_000
A_CHAIN = 40
GENESIS = "0" * 64
BEGAN = dt.datetime(2026, 1, 1, 6, 0, 0, 123456, dt.UTC)
ACTS = ("request.submitted", "step.answered", "message.added", "task.progressed")
WORDS = "Twenty trucks of seed for the returnees of «Ward 3», by the road through the hills. "


def deeds(chain: uuid.UUID, count: int) -> Iterator[tuple[list[Any], str, str]]:
    """Yield a chain's rows, each with its payload's salt and text."""
    previous = GENESIS
    for number in range(1, count + 1):
        salt = secrets.token_hex(16)
        text = canonical(
            {"step": number, "answer": "supports", "remarks": WORDS * 3, "revision": 1}
        )
        moment = BEGAN + dt.timedelta(minutes=number)
        bound = Bound(
            chain, number, ACTS[number % 4], None, "Chief UN-CIMIC", None, "Chief UN-CIMIC",
            "holder", moment, moment, False, previous, digest_of(salt, text),
        )  # fmt: skip
        previous = hash_of(bound)
        row = [
            chain, number, bound.act, bound.actor_name, bound.post_title, bound.capacity,
            moment, moment, "f", bound.previous, bound.payload_digest, previous,
        ]  # fmt: skip
        yield row, salt, text


def fill(cursor: Any, chains: int, entries_each: int, first_id: int, mission: int) -> int:
    """Load chains with their entries and payloads; return the next free id."""
    heads, rows, said = io.StringIO(), io.StringIO(), io.StringIO()

    def line(to: io.StringIO, values: list[Any]) -> None:
        to.write("\t".join(str(value).replace("\\", "\\\\") for value in values) + "\n")

    for _number in range(chains):
        chain = uuid.uuid4()
        head = GENESIS
        for row, salt, text in deeds(chain, entries_each):
            line(rows, [first_id, *row])
            line(said, [first_id, salt, text])
            head, first_id = row[-1], first_id + 1
        line(heads, [chain, mission, "bench", str(chain)[:8], head, entries_each])
    for table, columns, data in (
        ("ledger_chain", "id, mission_id, subject, reference, head, length", heads),
        (
            "ledger_entry",
            "id, chain_id, number, act, actor_name, post_title, capacity, happened_at, "
            "recorded_at, told_clock, previous, payload_digest, hash",
            rows,
        ),
        ("ledger_payload", "entry_id, salt, text", said),
    ):
        data.seek(0)
        cursor.copy_expert(f"COPY {table} ({columns}) FROM STDIN", data)
    return first_id


def make(server: Server) -> None:
    """Make the database anew, migrated by its owner."""
    drop(server)
    connection = psycopg2.connect(server.url("cimic", "postgres"))
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {NAME} OWNER cimic_owner")
    connection.close()
    subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "manage.py", "migrate", "-v", "0"],
        cwd=CHECKOUT,
        env={**os.environ, "CIMIC_OWNER_DATABASE_URL": server.url("cimic_owner", NAME)},
        check=True,
    )


def drop(server: Server) -> None:
    """Drop the database, if it is there."""
    connection = psycopg2.connect(server.url("cimic", "postgres"))
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")
    connection.close()


def load(server: Server, entries: int, chains: int) -> None:
    """Fill the database as its owner: entries in chains of forty, then chains of one."""
    connection = psycopg2.connect(server.url("cimic_owner", NAME))
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT id FROM missions_mission WHERE code = 'BENCH'")
        (mission,) = cursor.fetchone()
        first = 1
        for each, count in ((A_CHAIN, entries // A_CHAIN), (1, chains)):
            while count > 0:
                some = min(count, 20_000 // each)
                first = fill(cursor, some, each, first, mission)
                count -= some
        cursor.execute("SELECT setval('ledger_entry_id_seq', %s)", [first])
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE ledger_chain, ledger_entry, ledger_payload")
    connection.close()


def spent(backend: int) -> float:
    """Return the processor seconds of this process and of PostgreSQL's process for it."""
    theirs = Path(f"/proc/{backend}/stat").read_text().rsplit(")", 1)[1].split()
    return time.process_time() + (int(theirs[11]) + int(theirs[12])) / os.sysconf("SC_CLK_TCK")


def timed(deed: Any, *words: Any) -> tuple[Any, float, float]:
    """Do something; return what it gave, the seconds by the clock and by the processors."""
    connection.ensure_connection()
    backend = connection.connection.get_backend_pid()
    clock, processors = time.perf_counter(), spent(backend)
    found = deed(*words)
    return found, time.perf_counter() - clock, spent(backend) - processors


def grow(server: Server, chains: int) -> None:
    """Give some chains another head, as a day's deeds do; proving must then be over."""
    superuser = psycopg2.connect(server.url("cimic", NAME))
    with superuser, superuser.cursor() as cursor:
        cursor.execute(
            "UPDATE ledger_chain SET length = length + 1, head = repeat('a', 64) "
            "WHERE id IN (SELECT id FROM ledger_chain ORDER BY md5(id::text) LIMIT %s)",
            [chains],
        )
    superuser.close()


def measure(server: Server) -> dict[str, Any]:
    """Measure checkpoints, proving and paths; return the figures."""
    found: dict[str, Any] = {}
    first, clock, _cpu = timed(make_checkpoint)
    found["first checkpoint, s"] = clock
    best = 0.0
    for _run in range(3):
        finding, clock, processors = timed(verify)
        assert finding.holds, finding
        found["entries a second, by the clock"] = max(
            found.get("entries a second, by the clock", 0), finding.entries / clock
        )
        best = max(best, finding.entries / processors)
    found["entries a second a core (Python and PostgreSQL together)"] = best
    found["entries"], found["chains"] = finding.entries, finding.chains
    found["largest memory of the proving process, MiB"] = (
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    )
    some = list(Chain.objects.order_by("head").values_list("pk", flat=True)[:50])
    _paths, clock, _cpu = timed(lambda: [proof_of(chain) for chain in some])
    found["inclusion path, ms"] = clock / len(some) * 1000
    grow(server, 5000)
    second, clock, _cpu = timed(make_checkpoint)
    assert first
    assert second
    assert second.number == first.number + 1
    found["checkpoint of a day in which 5,000 chains grew, s"] = clock
    return found


def tell(line: str) -> None:
    """Say a line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> int:
    """Make, measure, tell and drop; return 1 if the claim was missed."""
    asked = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    asked.add_argument("--entries", type=int, default=400_000)
    asked.add_argument("--chains", type=int, default=0)
    asked.add_argument("--keep", action="store_true", help="leave the database there")
    options = asked.parse_args()
    SERVER.ensure()
    make(SERVER)
    began = time.perf_counter()
    Mission.objects.create(
        code="BENCH", name="Bench", country="Carana", established_on=BEGAN.date()
    )
    load(SERVER, options.entries, options.chains)
    tell(f"{time.perf_counter() - began:.0f} s to hash and load")
    try:
        found = measure(SERVER)
    finally:
        connection.close()
        if not options.keep:
            drop(SERVER)
    for name, value in found.items():
        tell(f"{value:>14,.2f}  {name}" if isinstance(value, float) else f"{value:>14,}  {name}")
    held = found["entries a second a core (Python and PostgreSQL together)"] >= CLAIM
    tell(f"At least {CLAIM:,} entries a second a core: {'yes' if held else 'NO'}")
    return 0 if held else 1


if __name__ == "__main__":
    raise SystemExit(main())
