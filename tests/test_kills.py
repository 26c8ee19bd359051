"""Killed at random moments under load, everything that can be: nothing acknowledged is lost.

``CIMIC_KILLS=300 make test ARGS="tests/test_kills.py -s"`` is the long run (``make kills``); it
prints what was killed and counted. ``CIMIC_KILLS_SEED`` repeats the same choices.
"""

import hashlib
import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builders import a_mission
from tests.calling import Caller
from tests.killing import CHECKOUT, Load, Place, Post
from tests.test_start import free_port, surroundings

KILLS = int(os.environ.get("CIMIC_KILLS") or 4)
SEED = int(os.environ.get("CIMIC_KILLS_SEED") or time.time())
CLIENTS = 3
OWED = """
    SELECT (SELECT count(*) FROM ledger_outboxrow WHERE done_at IS NULL)
         + (SELECT count(*) FROM notices_letter WHERE sent_at IS NULL)
"""
HURRY = (
    "UPDATE ledger_outboxrow SET next_try_at = now() WHERE done_at IS NULL",
    "UPDATE notices_letter SET next_try_at = now() WHERE sent_at IS NULL",
)

pytestmark = pytest.mark.xdist_group("start")


@pytest.fixture
def mission(live: None, tmp_path: Path) -> Iterator[tuple[Place, Load]]:
    """The whole system on a folder of its own, with a mission and keys to its API."""
    a_mission()
    keys = {who: Caller(who).authorization for who in ("sector.east", "chief.cimic", "dms")}
    place = Place(tmp_path / "data", free_port(), Post(free_port()))
    yield place, Load(place.port, keys)
    place.stop()


def settle(place: Place) -> None:
    """Wait until nothing is owed any more."""
    until = time.monotonic() + 90
    while place.ask(OWED)[0][0]:
        assert time.monotonic() < until, place.ask("SELECT last_error FROM ledger_outboxrow")[:5]
        for statement in HURRY:
            place.ask(statement)
        time.sleep(0.5)


def once_each(found: list[tuple[str]]) -> set[str]:
    """Return what was found, none of it twice."""
    twice = [name for name, count in Counter(name for (name,) in found).items() if count > 1]
    assert twice == []
    return {name for (name,) in found}


def inbox_of(load: Load, who: str) -> list[str]:
    """The references of all that waits on a post, page after page."""
    found, page = [], "inbox/?page_size=200"
    while page:
        told = load.until_answered(who, page)
        found += [line["request"]["reference"] for line in told["results"]]
        page = (told["next"] or "").partition("/api/v1/")[2]
    return found


def test_whoever_is_killed_nothing_acknowledged_is_lost_doubled_or_untold(mission):
    place, load = mission
    load.patience = 120 + KILLS * 3
    place.start()
    place.await_health()
    clients = [threading.Thread(target=load.work, daemon=True) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    chance, began = random.Random(SEED), time.monotonic()
    while sum(place.killed.values()) < KILLS:
        if chance.random() < 0.75:  # else it strikes while the last one is recovered from
            load.await_deed(within=30)
        time.sleep(chance.uniform(0.05, 1.5))
        place.keep()
        place.kill(chance)
    place.await_health()
    load.stopping.set()
    for client in clients:
        client.join(load.patience)
    took = time.monotonic() - began
    settle(place)

    assert load.wrong == []
    assert not any(client.is_alive() for client in clients)
    titles = once_each(place.ask("SELECT title FROM requests_app_assistancerequest"))
    assert titles >= {f"Water {mark}" for mark in load.drafts}
    said = once_each(place.ask("SELECT text FROM requests_app_message"))
    assert said >= {f"Said {mark}" for mark in load.said}
    submitted = once_each(
        place.ask(
            "SELECT reference FROM ledger_entry JOIN ledger_chain chain ON chain.id = chain_id "
            "WHERE act = 'request.submitted'"
        )
    )
    assert submitted >= set(load.submitted)
    answered = once_each(place.ask("SELECT step_id FROM approvals_answer"))
    assert answered >= set(load.answered)
    files = place.ask("SELECT name, file, digest FROM requests_app_attachment")
    assert once_each([(name,) for name, _file, _digest in files]) >= {
        f"{mark}.txt" for mark in load.files
    }
    for _name, file, digest in files:
        content = (place.folder / "files" / file).read_bytes()
        assert hashlib.sha256(content).hexdigest() == digest
    waiting = inbox_of(load, "dms")
    assert once_each([(reference,) for reference in waiting]) == once_each(
        place.ask(
            "SELECT reference FROM approvals_answer answer JOIN approvals_step step "
            "ON step.id = step_id JOIN requests_app_assistancerequest rfa ON rfa.id = step.rfa_id"
        )
    )
    assert load.wrong == []

    letters = dict(place.ask('SELECT message_id, "to" FROM notices_letter'))
    assert {message_id for message_id, _to in place.mail.accepted} == set(letters)
    told = place.ask(
        "SELECT rfa_id || sort || person_id || coalesce(values ->> 'step', entry_id::text) "
        "FROM notices_notice"
    )
    once_each(told)
    duties = "SELECT count(*) FROM notices_notice JOIN missions_user who ON who.id = person_id "
    dms = place.ask(duties + "WHERE who.username = 'dms' AND \"group\" = 'duties'")[0][0]
    assert dms == len(waiting)

    proved = subprocess.run(
        [sys.executable, "manage.py", "verify_ledger"],
        cwd=CHECKOUT,
        env=surroundings(place.folder, place.port),
        capture_output=True,
        text=True,
        check=False,
    )
    assert proved.returncode == 0, proved.stdout
    doubled = len(place.mail.accepted) - len(letters)
    on_disk = sum(path.is_file() for path in (place.folder / "files/attachments").rglob("*"))
    print(  # noqa: T201 - the long run is read
        f"\nseed {SEED}, {took:.0f} s: killed {place.killed}; {load.deeds} deeds acknowledged, "
        f"{load.repeated} asked twice; {len(titles)} requests, {len(answered)} answers, "
        f"{len(files)} files ({on_disk - len(files)} left by killed uploads), {len(letters)} "
        f"letters, {doubled} of them sent again under the same Message-ID; "
        f"{proved.stdout.splitlines()[0]}"
    )
