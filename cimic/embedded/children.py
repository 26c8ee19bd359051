"""The supervisor's children: their lines shown and kept, and known again after a crash."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from cimic.embedded.processes import Failed

LONGEST_LOG = 10 * 1024 * 1024
LIVED_WELL = 60.0
LONGEST_PAUSE = 30.0
COLOURS = {"postgres": 34, "valkey": 35, "web": 32, "worker": 36, "beat": 90}
SETUP_COLOUR = 33


class Console:
    """The lines of all children: on the terminal under their names, and in a log for each."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._lock = threading.Lock()
        self._colours = sys.stdout.isatty()

    def say(self, line: str, name: str = "") -> None:
        """Show a line; a terminal that has gone away is no reason to fall."""
        label = f"{name:<8} | " if name else ""
        if label and self._colours:
            label = f"\x1b[{COLOURS.get(name, SETUP_COLOUR)}m{label}\x1b[0m"
        with self._lock, contextlib.suppress(OSError, ValueError):
            print(label + line, flush=True)

    def follow(self, name: str, stream: IO[bytes]) -> threading.Thread:
        """Show and keep a child's lines until it closes them, in a thread that is returned."""
        thread = threading.Thread(target=self._copy, args=(name, stream), daemon=True)
        thread.start()
        return thread

    def tail(self, name: str, log: Path) -> None:
        """Show the lines that somebody adds to a log from now on."""
        log.touch()
        stream = open(log, "rb")  # noqa: SIM115 - read as long as we run
        stream.seek(0, os.SEEK_END)
        threading.Thread(target=self._show_added, args=(name, stream), daemon=True).start()

    def _show_added(self, name: str, stream: IO[bytes]) -> None:
        part = b""
        while True:
            part += stream.readline()
            if part.endswith(b"\n"):
                self.say(part.decode(errors="replace").rstrip(), name)
                part = b""
            else:
                time.sleep(0.2)

    def _copy(self, name: str, stream: IO[bytes]) -> None:
        kept = self.folder / f"{name}.log"
        for raw in stream:
            line = raw.decode(errors="replace").rstrip()
            self.say(line, name)
            with contextlib.suppress(OSError):
                if kept.exists() and kept.stat().st_size > LONGEST_LOG:
                    kept.replace(kept.with_name(f"{name}.log.1"))
                with open(kept, "a", encoding="utf-8") as log:
                    log.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {line}\n")


def _boot() -> str:
    """Return what tells this boot of the machine from every other; '' where nothing does."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def _birth(pid: int) -> str:
    """Return when a live process began, in ticks since the boot; '' when it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return ""
    return "" if fields[0] == "Z" else fields[19]


def _signal_group(group: int, sig: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, sig)


def _await_group(group: int, patience: float, is_over: Callable[[], bool]) -> None:
    """Wait for the leader of a group asked to stop, then kill whatever is left of it."""
    until = time.monotonic() + patience
    while not is_over() and time.monotonic() < until:
        time.sleep(0.02)
    _signal_group(group, signal.SIGKILL)


class Child:
    """A process that is kept running while the supervisor runs, in a group of its own.

    ``start`` must be called in the main thread: a child goes when the thread that started it
    does.
    """

    def __init__(
        self,
        name: str,
        spawn: Callable[[], "subprocess.Popen[bytes]"],
        console: Console,
        folder: Path,
        patience: float = 15.0,
    ) -> None:
        self.name, self._spawn, self._console, self._patience = name, spawn, console, patience
        self._note = folder / f"{name}.json"
        self.process: subprocess.Popen[bytes] | None = None
        self._began = self._again_at = self._pause = 0.0
        self._is_asked = False

    def stop_orphan(self) -> None:
        """Stop what a killed supervisor left of this child, known by its pid and its birth.

        A group whose leader is gone is still ours; a leader of another birth is a stranger.
        """
        try:
            left: dict[str, Any] = json.loads(self._note.read_text())
            pid, born, boot = int(left["pid"]), str(left["birth"]), str(left["boot"])
        except (OSError, ValueError, KeyError, TypeError):
            return
        if boot == _boot() and _birth(pid) in {born, ""}:
            if _birth(pid):
                self._console.say(f"left by a killed run (process {pid}): stopped", self.name)
            _signal_group(pid, signal.SIGTERM)
            _await_group(pid, self._patience, lambda: not _birth(pid))
        self._note.unlink(missing_ok=True)

    def start(self) -> None:
        """Start it, note it, and follow what it says."""
        self._began, self._again_at = time.monotonic(), 0.0
        process = self._spawn()
        self.process = process
        note = {"pid": process.pid, "birth": _birth(process.pid), "boot": _boot()}
        self._note.write_text(json.dumps(note))
        if process.stdout:
            self._console.follow(self.name, process.stdout)

    def has_ended(self) -> bool:
        """Whether it was started and has ended since."""
        return self.process is not None and self.process.poll() is not None

    def keep(self) -> None:
        """Start it again if it has ended: at once, then later each time it does not live."""
        if self.process is None or not self.has_ended():
            return
        if not self._again_at:
            _signal_group(self.process.pid, signal.SIGKILL)
            lived_well = time.monotonic() - self._began > LIVED_WELL
            self._pause = 1.0 if lived_well else min(max(1.0, self._pause * 2), LONGEST_PAUSE)
            self._again_at = time.monotonic() + self._pause
            self._console.say(
                f"ended (exit {self.process.returncode}); it starts again in {self._pause:.0f} s",
                self.name,
            )
        elif time.monotonic() >= self._again_at:
            try:
                self.start()
            except Failed as failure:
                self._console.say(str(failure), self.name)

    def ask_to_stop(self) -> None:
        """Ask it to stop, without waiting."""
        if self.process is not None and not self.has_ended() and not self._is_asked:
            _signal_group(self.process.pid, signal.SIGTERM)
        self._is_asked = True

    def stop(self) -> None:
        """Ask it to stop and wait until it and all of its group are gone."""
        process = self.process
        if process is not None:
            self.ask_to_stop()
            _await_group(process.pid, self._patience, lambda: process.poll() is not None)
            process.wait()
            self._note.unlink(missing_ok=True)
