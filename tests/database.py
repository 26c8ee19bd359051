"""The tests' own PostgreSQL, started before Django reads its settings (``-p tests.database``).

Tests run as the role that serves the mission, never as an owner or superuser. The owner
migrates a template database once a run; each worker works in a copy of it.
"""

import os
import secrets
import subprocess
import sys
from pathlib import Path

import psycopg2
import pytest

from cimic.embedded.postgres import Server

CHECKOUT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("CIMIC_TEST_DATA", CHECKOUT / "var" / "test"))
TEMPLATE = "cimic_test_template"
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
NAME = f"cimic_test_{WORKER or 'main'}"

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


def copy_template() -> None:
    """Give this worker a fresh copy of the migrated template."""
    on_server(
        f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)",
        f"CREATE DATABASE {NAME} TEMPLATE {TEMPLATE} OWNER cimic_owner",
    )


def make_template() -> None:
    """Migrate a new template as its owner, who then grants the serving role its rights."""
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
    server.prepare()
    make_template()
os.environ["CIMIC_DATABASE_URL"] = server.url("cimic_app", NAME)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the server when the whole run is over."""
    if not WORKER:
        server.stop()
