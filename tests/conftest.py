"""What the tests share: the database, and the browser.

Most tests roll back. What must really commit (threads, processes, a browser) asks for
``live`` and afterwards gets a fresh copy of the template: nothing is flushed, since nothing
that matters may be truncated.
"""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections

from tests.database import NAME, copy_template, server


@pytest.fixture(scope="session")
def django_db_setup() -> None:
    """Give this worker its own copy of the template."""
    copy_template()


@pytest.fixture
def live(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Let a test commit for real; afterwards the database is a fresh copy again."""
    with django_db_blocker.unblock():
        yield
        connections.close_all()
    copy_template()


@pytest.fixture
def superuser_url() -> str:
    """The address of this worker's database for its superuser, for tests that tamper."""
    return server.url("cimic", NAME)


@pytest.fixture
def owner_url() -> str:
    """The address of this worker's database for its owner."""
    return server.url("cimic_owner", NAME)


@pytest.fixture(autouse=True)
def _plain_settings(settings: Any, tmp_path: Any) -> None:
    """Keep files in the test's own folder, and static files plain."""
    settings.MEDIA_ROOT = tmp_path / "files"


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Drive the system's Chromium, without its calls home."""
    return {
        **browser_type_launch_args,
        "executable_path": os.environ.get("CHROMIUM", "/usr/bin/chromium"),
        "headless": True,
        "args": [
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ],
    }
