"""Children: run as who they must, known again after a crash, stopped for certain.

Standard library only: the supervisor and ``manage.py`` use it before Django is there.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG = 1
NOBODY = 65534


class Failed(Exception):
    """Something that a start needs is missing or wrong; one line that says what to do."""


def die_with_parent(sig: int = signal.SIGTERM) -> Callable[[], None] | None:
    """Return what a child runs first so that it goes when its parent is killed (Linux).

    The kernel watches the thread that starts the child, so start children in the main one.
    """
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None)
    parent = os.getpid()

    def ask() -> None:
        libc.prctl(PR_SET_PDEATHSIG, sig)
        if os.getppid() != parent:
            os._exit(1)

    return ask


@dataclass(frozen=True)
class Unprivileged:
    """How a program that refuses root is run: words before its own, or as another user.

    ``user`` is the id to change to, or None; then files that it writes must be that user's.
    """

    words: tuple[str, ...] = ()
    user: int | None = None

    def options(self) -> dict[str, Any]:
        """Return what ``subprocess`` is told."""
        if self.user is None:
            return {}
        return {"user": self.user, "group": self.user, "extra_groups": []}

    def give(self, folder: Path) -> None:
        """Make a folder and what is in it the user's, if there is one."""
        if self.user is None:
            return
        for path in (folder, *folder.rglob("*")):
            os.chown(path, self.user, self.user, follow_symlinks=False)


def unprivileged(program: Path) -> Unprivileged:
    """Return how to run a program that must not run as root; plainly, if we are not root.

    Best is a user namespace where root is nobody and its files are nobody's. Where that is
    switched off, the program is run as nobody, who then must be able to reach it. Raises
    ``Failed`` if neither will do.
    """
    if os.geteuid() != 0:
        return Unprivileged()
    spaces = ("unshare", "-U", f"--map-user={NOBODY}", f"--map-group={NOBODY}")
    for way in (Unprivileged(words=spaces), Unprivileged(user=NOBODY)):
        with contextlib.suppress(OSError):
            told = subprocess.run(
                [*way.words, str(program), "--version"],
                capture_output=True,
                check=False,
                cwd="/",
                **way.options(),
            )
            if told.returncode == 0:
                return way
    raise Failed(
        f"PostgreSQL refuses to run as root, user namespaces are off here, and nobody may not run "
        f"{program}: start as an ordinary user, or set CIMIC_DATABASE_URL to a server of your own."
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


def last_line(text: str) -> str:
    """Return the last line that a program said, to show why it failed."""
    lines = text.strip().splitlines()
    return lines[-1].strip() if lines else "it said nothing"
