"""The tests' own PostgreSQL, started before Django reads its settings (``-p tests.database``).

Tests run as the role that serves the mission, never as an owner or superuser. The owner
migrates a template database once a run; each worker works in a copy of it.
"""

import fcntl
import hashlib
import os
import secrets
import subprocess
import sys
from pathlib import Path
from typing import IO

import psycopg2
import pytest

from cimic.embedded.postgres import Server
from cimic.words.catalogue import compile_words

CHECKOUT = Path(__file__).resolve().parent.parent
TEMPLATE = "cimic_test_template"
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
NAME = f"cimic_test_{WORKER or 'main'}"
TOLD = f"{NAME}_told"  # with the demonstration in it, once it was loaded


def take_folder() -> tuple[Path, IO[str] | None]:
    """Return a data folder that no other run of the tests uses, and the lock on it.

    A worker is told its run's folder, and needs no lock.
    """
    if WORKER:
        return Path(os.environ["CIMIC_DATA"]), None
    number = 1
    while True:
        folder = CHECKOUT / "var" / f"test-{number}"
        folder.mkdir(parents=True, exist_ok=True)
        lock = open(folder / "tests.lock", "w")  # noqa: SIM115 - held until the run is over
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            number += 1
        else:
            return folder, lock


DATA, LOCK = take_folder()
compile_words()
server = Server(DATA / "postgres", fsync=False)


def on_server(*statements: str) -> None:
    """Run statements as the superuser, outside any database of ours."""
    connection = psycopg2.connect(server.url("cimic", "postgres"))
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
    finally:
        connection.close()


def copy_database(source: str, to: str) -> None:
    """Give a fresh copy of a database that nobody is connected to."""
    on_server(
        f"DROP DATABASE IF EXISTS {to} WITH (FORCE)",
        f"CREATE DATABASE {to} TEMPLATE {source} OWNER cimic_owner",
    )


def copy_template() -> None:
    """Give this worker a fresh copy of the migrated template."""
    copy_database(TEMPLATE, NAME)


def schema_digest() -> str:
    """Return what tells one schema, with its rights, from another."""
    digest = hashlib.sha256()
    for path in sorted([*CHECKOUT.glob("*/models.py"), *CHECKOUT.glob("*/migrations/*.py")]):
        digest.update(path.read_bytes())
    for name in ("common/append_only.py", "requirements.lock"):
        digest.update((CHECKOUT / name).read_bytes())
    return digest.hexdigest()


def make_template() -> None:
    """Migrate a new template as its owner, who then grants the serving role its rights.

    The last run's serves again if the schema is the same.
    """
    made_of = DATA / "template"
    digest = schema_digest()
    if made_of.exists() and made_of.read_text() == digest:
        return
    made_of.unlink(missing_ok=True)
    on_server(
        f"DROP DATABASE IF EXISTS {TEMPLATE} WITH (FORCE)",
        f"CREATE DATABASE {TEMPLATE} OWNER cimic_owner",
    )
    environment = {
        **os.environ,
        "CIMIC_DATABASE_URL": server.url("cimic_app", TEMPLATE),
        "CIMIC_OWNER_DATABASE_URL": server.url("cimic_owner", TEMPLATE),
    }
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "-v", "0"],
        cwd=CHECKOUT,
        env=environment,
        check=True,
    )
    made_of.write_text(digest)


os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
os.environ.setdefault("CIMIC_SECRET_KEY", secrets.token_urlsafe(50))
os.environ["CIMIC_DATA"] = str(DATA)
os.environ["CIMIC_DEMO"] = "1"
os.environ["CIMIC_ALLOWED_HOSTS"] = "127.0.0.1,localhost,testserver"
for name in ("CIMIC_OWNER_DATABASE_URL", "CIMIC_EMAIL_URL", "CIMIC_REDIS_URL"):
    os.environ.pop(name, None)
(DATA / "static").mkdir(parents=True, exist_ok=True)
if not WORKER:
    server.ensure()
    make_template()
os.environ["CIMIC_DATABASE_URL"] = server.url("cimic_app", NAME)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the server when the whole run is over."""
    if not WORKER:
        server.stop()
    if LOCK:
        LOCK.close()
