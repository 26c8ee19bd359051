"""What the tests share: the database, and the browser.

Most tests roll back. What must really commit (threads, processes, a browser) asks for
``live`` and afterwards gets a fresh copy of the template: nothing is flushed, since nothing
that matters may be truncated.
"""

import shutil
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.db import connections
from django.test import override_settings
from django.test.testcases import LiveServerThread

from cimic.demo.loading import load
from tests.builders import a_mission
from tests.database import NAME, TOLD, copy_database, copy_template, server
from tests.pages import LAUNCH, Desks

DEMONSTRATION = "the demonstration's pages"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what shares the demonstration: one worker does all of it, and it takes longest."""

    def is_later(item: pytest.Item) -> bool:
        group = item.get_closest_marker("xdist_group")
        return group is None or DEMONSTRATION not in group.args

    items.sort(key=is_later)


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


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    """Give a function that loads the demonstration, once a worker; it gives its files' folder."""
    folder = tmp_path_factory.mktemp("told")

    @cache
    def tell() -> Path:
        with override_settings(MEDIA_ROOT=folder):
            load()
        connections.close_all()
        copy_database(NAME, TOLD)
        return folder

    return tell


@pytest.fixture
def demonstration(live: None, told: Callable[[], Path], settings: Any) -> None:
    """Give the demonstration mission, whole; the same one every time."""
    files = told()
    connections.close_all()
    copy_database(TOLD, NAME)
    shutil.copytree(files, settings.MEDIA_ROOT, dirs_exist_ok=True)


@pytest.fixture
def site(live: None) -> Iterator[str]:
    """Serve the pages to a real browser or client; give the address they are served at."""
    thread = LiveServerThread("127.0.0.1", StaticFilesHandler)
    thread.daemon = True
    thread.start()
    thread.is_ready.wait()
    if thread.error:
        raise thread.error
    yield f"http://127.0.0.1:{thread.port}"
    thread.terminate()


@pytest.fixture
def desk(site: str, browser: Any) -> Iterator[Desks]:
    """Give a mission and the pages its people work at: ``desk("chief.cimic")``.

    No page may fail in its scripts, break the content security policy or call another host.
    """
    a_mission()
    desks = Desks(browser, site)
    yield desks
    desks.close()
    assert desks.troubles == []


@pytest.fixture
def superuser_cursor(django_db_setup: None) -> Iterator[Any]:
    """Give a cursor of the superuser, who alone can tamper; what it does, it commits.

    Ask for ``live`` as well, so that the database is a fresh copy afterwards.
    """
    connection = psycopg2.connect(server.url("cimic", NAME))
    connection.autocommit = True
    with connection.cursor() as cursor:
        yield cursor
    connection.close()


@pytest.fixture
def superuser_url() -> str:
    """The address of this worker's database for its superuser, for tests that tamper."""
    return server.url("cimic", NAME)


@pytest.fixture
def owner_url() -> str:
    """The address of this worker's database for its owner."""
    return server.url("cimic_owner", NAME)


@pytest.fixture(autouse=True)
def _own_files(settings: Any, tmp_path: Any) -> None:
    """Keep what a test attaches in the test's own folder."""
    settings.MEDIA_ROOT = tmp_path / "files"


@pytest.fixture(autouse=True)
def _quick_passwords(settings: Any) -> None:
    """Hash passwords quickly: the slowness that protects real ones would be most of a run."""
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.MD5PasswordHasher",
        *settings.PASSWORD_HASHERS,
    ]


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Drive the system's Chromium, without its calls home."""
    return {**browser_type_launch_args, **LAUNCH}
