"""Children: run as who they must, known again after a crash, stopped for certain.

Standard library only: the supervisor and ``manage.py`` use it before Django is there.
"""

import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

PR_SET_PDEATHSIG = 1
NOBODY = 65534


class Failed(Exception):
    """Something that a start needs is missing or wrong; one line that says what to do."""


def die_with_parent(sig: int = signal.SIGTERM) -> Callable[[], None] | None:
    """Return what a child runs first so that it goes when its parent is killed (Linux)."""
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None)

    def ask() -> None:
        libc.prctl(PR_SET_PDEATHSIG, sig)

    return ask


def as_non_root() -> list[str]:
    """Return the words before a command that must not run as root; none if we are not.

    PostgreSQL refuses root: it runs in a user namespace where it is nobody and its files
    are nobody's. Raises ``Failed`` where that is switched off.
    """
    if os.name == "nt" or os.geteuid() != 0:
        return []
    words = ["unshare", "-U", f"--map-user={NOBODY}", f"--map-group={NOBODY}"]
    if shutil.which("unshare"):
        told = subprocess.run([*words, "id", "-u"], capture_output=True, text=True, check=False)
        if told.stdout.strip() == str(NOBODY):
            return words
    raise Failed(
        "PostgreSQL refuses to run as root and user namespaces are off here: run as an ordinary "
        "user, or set CIMIC_DATABASE_URL to a server of your own."
    )


def command_of(pid: int) -> str:
    """Return a live process's command line; '' when it is gone or a zombie."""
    folder = Path(f"/proc/{pid}")
    if Path("/proc/self/stat").exists():
        try:
            state = (folder / "stat").read_text().rsplit(")", 1)[1].split()[0]
            words = (folder / "cmdline").read_bytes().replace(b"\0", b" ")
        except OSError:
            return ""
        return "" if state == "Z" else words.decode(errors="replace").strip()
    told = subprocess.run(
        ["ps", "-ww", "-o", "stat=,command=", "-p", str(pid)],
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()
    return "" if not told or told.startswith("Z") else told.split(None, 1)[-1]


def is_alive(pid: int, words: str) -> bool:
    """Whether this process lives and its command line holds these words (a reused pid does not)."""
    return pid > 0 and words in command_of(pid)


def stop(pid: int, words: str, sig: int = signal.SIGTERM, patience: float = 15.0) -> None:
    """Ask a process to stop, wait, and kill it if it will not; one already gone is fine."""
    if not is_alive(pid, words):
        return
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, sig)
    until = time.monotonic() + patience
    while is_alive(pid, words):
        if time.monotonic() > until:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            until += 5
        time.sleep(0.05)


def read_pid(path: Path) -> int:
    """Return the pid in a file's first line, or 0."""
    try:
        return int(path.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return 0
