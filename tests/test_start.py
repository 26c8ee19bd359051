"""``make run`` from outside: it serves, keeps what was committed, and leaves nothing behind."""

import ast
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cimic import bootstrap

CHECKOUT = Path(__file__).resolve().parent.parent
READY_WITHIN = 120.0
STOPPED_WITHIN = 40.0
SERVICES = {"web", "worker", "beat", "valkey"}

# All of it on one worker: these share a folder whose demonstration is loaded once.
pytestmark = pytest.mark.xdist_group("start")


def free_port() -> int:
    """Return a port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def surroundings(folder: Path, port: int, **more: str) -> dict[str, str]:
    """Return an environment that tells of this folder and port, and of nothing of the tests'."""
    bare = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("CIMIC_", "DJANGO_", "PYTEST_"))
    }
    return {**bare, "CIMIC_DATA": str(folder), "PORT": str(port), **more}


def processes_of(folder: Path) -> dict[int, str]:
    """Return the live processes that were told of this folder, each with its command line."""
    told = f"CIMIC_DATA={folder}".encode()
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (process / "cmdline").read_bytes()
            if words and (
                told in (process / "environ").read_bytes().split(b"\0")
                or str(folder).encode() in words
            ):
                found[int(process.name)] = words.replace(b"\0", b" ").decode()
    return found


class Run:
    """One ``make run`` on a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.said = folder.with_name(f"{folder.name}-{self.port}.txt")
        with open(self.said, "wb") as said:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "cimic.up"],
                cwd=CHECKOUT,
                env=surroundings(folder, self.port),
                stdout=said,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def lines(self) -> list[str]:
        return self.said.read_text(errors="replace").splitlines()

    def await_ready(self) -> None:
        """Wait until it says that it serves."""
        until = time.monotonic() + READY_WITHIN
        while f"Ready: http://127.0.0.1:{self.port}" not in self.lines:
            assert self.process.poll() is None, "\n".join(self.lines)
            assert time.monotonic() < until, "\n".join(self.lines)
            time.sleep(0.1)

    def stop(self, sig: int = signal.SIGTERM) -> int:
        """Ask it to stop as Ctrl-C or an administrator does; return its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(sig)
        return self.process.wait(STOPPED_WITHIN)

    def call(self, path: str, said: dict[str, Any] | None = None, token: str = "") -> Any:
        """Ask the API, as a client of the mission does."""
        asked = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/api/v1/{path}",
            data=None if said is None else json.dumps(said).encode(),
            headers={
                "Content-Type": "application/json",
                **({"Authorization": f"Bearer {token}"} if token else {}),
            },
        )
        with urllib.request.urlopen(asked, timeout=20) as answer:  # noqa: S310
            return json.load(answer)

    def sign_in(self) -> str:
        """Return a key for a sector's officer."""
        said = {"username": "sector.east", "password": "carana-demo"}
        return str(self.call("tokens/", said)["token"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data folder with the demonstration; whatever a failed test left running is ended."""
    folder = tmp_path_factory.mktemp("start") / "data"
    yield folder
    for pid in processes_of(folder):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


@pytest.fixture
def run(folder: Path) -> Iterator[Run]:
    """A run that serves."""
    run = Run(folder)
    try:
        run.await_ready()
        yield run
    finally:
        run.stop()


def refused(folder: Path, port: int, **more: str) -> "subprocess.CompletedProcess[str]":
    """Start where it cannot; return what it said."""
    return subprocess.run(
        [sys.executable, "-m", "cimic.up"],
        cwd=CHECKOUT,
        env=surroundings(folder, port, **more),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_it_says_how_to_sign_in_and_a_draft_outlives_a_kill_of_everything(folder, run):
    assert any("the password of each is carana-demo" in line for line in run.lines)
    draft = run.call(
        "requests/",
        {"kind": "civil_assistance", "category": "transport", "title": "Seed to Lora by truck"},
        run.sign_in(),
    )

    for pid in processes_of(folder):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    run.process.wait(10)
    again = Run(folder)
    try:
        again.await_ready()
        kept = again.call(f"requests/{draft['id']}/", token=again.sign_in())
    finally:
        code = again.stop()

    assert kept["title"] == "Seed to Lora by truck"
    assert code == 0
    assert processes_of(folder) == {}


def test_what_a_killed_supervisor_leaves_does_not_stand_in_the_way_of_the_next(folder, run):
    run.process.kill()
    run.process.wait(10)

    again = Run(folder)
    try:
        again.await_ready()
        served = again.call("health/")
        programs = [words for words in processes_of(folder).values() if " beat " in words]
    finally:
        again.stop(signal.SIGINT)

    assert served["status"] == "up"
    assert len(programs) == 1
    assert processes_of(folder) == {}


def test_a_web_server_worker_or_carrier_that_dies_is_started_again(folder, run):
    notes = {name: folder / "run" / f"{name}.json" for name in SERVICES}
    before = {name: json.loads(note.read_text())["pid"] for name, note in notes.items()}

    for pid in before.values():
        os.kill(pid, signal.SIGKILL)
    until = time.monotonic() + 30
    after = dict(before)
    while time.monotonic() < until and any(after[name] == before[name] for name in SERVICES):
        time.sleep(0.2)
        after = {name: json.loads(note.read_text())["pid"] for name, note in notes.items()}
    health: Any = None
    while time.monotonic() < until and health is None:
        with contextlib.suppress(OSError):
            health = run.call("health/")
        time.sleep(0.2)

    assert all(after[name] != before[name] for name in SERVICES), run.lines
    assert health["status"] == "up"


def test_a_second_one_on_the_same_folder_is_refused_by_name(folder, run):
    second = refused(folder, free_port())

    assert second.returncode == 1
    assert second.stderr == (
        f"CIMIC does not start: CIMIC runs already on {folder} (process {run.process.pid}, "
        f"http://127.0.0.1:{run.port}): stop that one, or choose another folder with DATA=.\n"
    )
    assert run.call("health/")["status"] == "up"


def test_a_taken_port_is_told_in_one_line_before_anything_starts(tmp_path):
    with socket.socket() as taker:
        taker.bind(("127.0.0.1", 0))
        taker.listen()
        port = taker.getsockname()[1]

        told = refused(tmp_path / "data", port)

    assert told.returncode == 1
    assert told.stderr.startswith(f"CIMIC does not start: port {port} is taken (")
    assert f"process {os.getpid()}" in told.stderr
    assert told.stderr.endswith(f"choose another with `make run PORT={port + 1}`.\n")
    assert told.stderr.count("\n") == 1
    assert not (tmp_path / "data" / "postgres").exists()


@pytest.mark.parametrize("port", ["eighty", "0", "65536", "-1"])
def test_what_is_no_port_is_told_in_one_line(tmp_path, port):
    told = refused(tmp_path, 0, PORT=port)

    assert told.returncode == 1
    assert told.stderr == (
        f"CIMIC does not start: PORT={port} is no port: choose a number from 1 to 65535.\n"
    )


def test_a_folder_that_cannot_be_made_is_told_in_one_line(tmp_path):
    (tmp_path / "file").touch()

    told = refused(tmp_path / "file" / "data", free_port())

    assert told.returncode == 1
    assert f"The data folder {tmp_path}/file/data cannot be written" in told.stderr
    assert told.stderr.count("\n") == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission_to_write_is_told_in_one_line(tmp_path):
    tmp_path.chmod(0o500)

    told = refused(tmp_path / "data", free_port())

    tmp_path.chmod(0o700)
    assert told.returncode == 1
    assert "cannot be written (Permission denied)" in told.stderr
    assert told.stderr.count("\n") == 1


def test_the_first_program_is_readable_by_a_python_as_old_as_3_6():
    source = (CHECKOUT / "cimic" / "bootstrap.py").read_text()

    assert ast.parse(source, feature_version=(3, 6))


def test_an_old_python_with_no_newer_one_beside_it_is_told_what_it_needs(monkeypatch, capsys):
    monkeypatch.setattr(bootstrap, "OLDEST", (99, 0))
    monkeypatch.setenv("PATH", "/nowhere")

    with pytest.raises(SystemExit):
        bootstrap.find_python()

    assert "it needs Python 99.0 or newer, this is 3." in capsys.readouterr().err


def test_an_old_python_gives_way_to_a_newer_one_on_the_path(monkeypatch, tmp_path):
    newer = tmp_path / "python3.12"
    newer.symlink_to(sys.executable)
    monkeypatch.setattr(bootstrap.sys, "version_info", (3, 9, 2))
    monkeypatch.setenv("PATH", str(tmp_path))

    assert bootstrap.find_python() == str(newer)


@pytest.mark.parametrize(
    ("pip_said", "told"),
    [
        ("OSError: [Errno 28] No space left on device", "the disk is full"),
        ("[Errno 13] Permission denied: '.venv/lib'", "cannot be written"),
        ("ERROR: Could not find a version that satisfies it", "the package registry cannot be"),
        ("THESE PACKAGES DO NOT MATCH THE HASHES", "a package differs from the one"),
        ("something new", "pip's last lines are above"),
    ],
)
def test_each_reason_why_packages_are_not_installed_is_told(capsys, pip_said, told):
    with pytest.raises(SystemExit):
        bootstrap.run_or_give_up(
            [sys.executable, "-c", f"import sys; print({pip_said!r}); sys.exit(1)"],
            "pip's last lines are above.",
        )

    assert told in capsys.readouterr().err.splitlines()[-1]
