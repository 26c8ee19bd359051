"""``make run``: one supervisor that starts everything, shows its lines, and stops it all.

PostgreSQL and Valkey, then the migrations and the demonstration mission, then the web
server, a Celery worker and beat, each a child whose lines are shown under its name and kept
in DATA/logs. A child that dies is started again; when the supervisor goes, they go.
"""

import contextlib
import fcntl
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import IO, Any

from cimic.embedded import Carrier, Failed, Server, Using, data_folder, secret_key
from cimic.embedded.folder import CHECKOUT
from cimic.embedded.postgres import OWNER, SERVING
from cimic.embedded.processes import die_with_parent, read_pid, stop

HOST = "127.0.0.1"
COLOURS = {"postgres": 34, "valkey": 35, "setup": 33, "web": 32, "worker": 36, "beat": 90}
LONGEST_PAUSE = 30.0
READY_WITHIN = 90.0


def say(line: str) -> None:
    """Print a line of the supervisor's own, at once."""
    print(line, flush=True)


class Lines:
    """A child's lines: shown under its name, kept in its log."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.log = open(folder / f"{name}.log", "ab")  # noqa: SIM115 - open while it runs
        label = f"{name:<8} | "
        if sys.stdout.isatty():
            label = f"\x1b[{COLOURS.get(name, 37)}m{label}\x1b[0m"
        self.label = label.encode()

    def follow(self, stream: IO[bytes]) -> None:
        """Show and keep each line as it comes, until the child is gone."""
        threading.Thread(target=self._read, args=(stream,), daemon=True).start()

    def _read(self, stream: IO[bytes]) -> None:
        for line in stream:
            self.log.write(line)
            self.log.flush()
            with contextlib.suppress(BrokenPipeError):
                sys.stdout.buffer.write(self.label + line)
                sys.stdout.flush()


class Child:
    """A process that is kept running: web, worker or beat."""

    def __init__(self, name: str, words: list[str], lines: Lines, folder: Path) -> None:
        self.name, self.words, self.lines = name, words, lines
        self.pid_file = folder / f"{name}.pid"
        self.process: subprocess.Popen[bytes] | None = None
        self.failures = 0
        self.next_try = 0.0

    @property
    def mark(self) -> str:
        """What its command line holds, to know it again after a crash of ours."""
        return " ".join(self.words[1:4])

    def stop_orphan(self) -> None:
        """Stop what a killed supervisor left behind under this name."""
        stop(read_pid(self.pid_file), self.mark)

    def start(self) -> None:
        """Start it, its lines followed, bound to go when we go."""
        self.process = subprocess.Popen(
            self.words,
            cwd=CHECKOUT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=die_with_parent(),
        )
        self.pid_file.write_text(str(self.process.pid))
        if self.process.stdout:
            self.lines.follow(self.process.stdout)

    def keep(self) -> None:
        """Start it again if it has died, after a pause that doubles with each failure."""
        if self.process is None or self.process.poll() is None:
            return
        if not self.next_try:
            pause = min(2.0**self.failures, LONGEST_PAUSE)
            self.failures += 1
            self.next_try = time.monotonic() + pause
            say(f"{self.name} ended with {self.process.returncode}; again in {pause:.0f} s")
        elif time.monotonic() >= self.next_try:
            self.next_try = 0.0
            self.start()

    def end(self) -> None:
        """Ask it to stop and wait until it has."""
        if self.process is None:
            return
        if self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                self.process.terminate()
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
        self.pid_file.unlink(missing_ok=True)


def port_asked() -> int:
    """Return the port to serve on; raise ``Failed`` for what is none."""
    said = os.environ.get("PORT") or "8000"
    if not said.isdecimal() or not 0 < int(said) < 65536:
        raise Failed(f"PORT={said} is no port: choose a number from 1 to 65535.")
    return int(said)


def check_port(port: int) -> None:
    """Raise ``Failed`` if somebody listens there already, or we may not."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except PermissionError as error:
            raise Failed(f"Port {port} is not open to you: choose one above 1023.") from error
        except OSError as error:
            raise Failed(
                f"Port {port} is taken by another program: stop it, or choose another with "
                f"`make run PORT={port + 1}`."
            ) from error


class Supervisor:
    """Everything that runs, in the order in which it is started."""

    def __init__(self) -> None:
        self.folder = data_folder()
        self.logs, self.run = self.folder / "logs", self.folder / "run"
        for folder in (self.logs, self.run, self.folder / "files", self.folder / "static"):
            folder.mkdir(parents=True, exist_ok=True)
        self.lock = open(self.run / "supervisor.lock", "w")  # noqa: SIM115 - held open
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Failed(
                f"CIMIC runs already on {self.folder}: stop it, or choose another with DATA=."
            ) from error
        self.port = port_asked()
        self.stopping = threading.Event()
        self.server: Server | None = None
        self.carrier: Carrier | None = None
        self.services: list[subprocess.Popen[bytes]] = []
        self.children: list[Child] = []
        self.using = Using(self.folder)

    def lines(self, name: str) -> Lines:
        return Lines(name, self.logs)

    def follow(self, name: str, process: "subprocess.Popen[bytes]") -> None:
        """Show a service's lines and stop with it if it dies."""
        self.services.append(process)
        if process.stdout:
            self.lines(name).follow(process.stdout)

    def prepare(self) -> None:
        """Stop what a killed run left, and see that the port is free, before anything starts."""
        self.children = self._children()
        for child in self.children:
            child.stop_orphan()
        check_port(self.port)
        site = f"http://{HOST}:{self.port}"
        defaults = {
            "CIMIC_DATA": str(self.folder),
            "CIMIC_SECRET_KEY": os.environ.get("CIMIC_SECRET_KEY") or secret_key(self.folder),
            "CIMIC_SITE_URL": os.environ.get("CIMIC_SITE_URL") or site,
            "CIMIC_DEMO": os.environ.get("CIMIC_DEMO") or "1",
            "CIMIC_ALLOWED_HOSTS": os.environ.get("CIMIC_ALLOWED_HOSTS") or "127.0.0.1,localhost",
            "DJANGO_SETTINGS_MODULE": "cimic.settings",
            "PYTHONUNBUFFERED": "1",
            "PYTHONWARNINGS": "ignore:::celery.platforms",
        }
        os.environ.update(defaults)

    def _children(self) -> list[Child]:
        python = sys.executable
        celery = [python, "-m", "celery", "-A", "cimic.celery"]
        commands = {
            "web": [
                python,
                "-m",
                "gunicorn",
                "cimic.wsgi",
                "--bind",
                f"{HOST}:{self.port}",
                "--workers",
                "2",
                "--threads",
                "4",
                "--no-control-socket",
                "--graceful-timeout",
                "10",
                "--log-level",
                "warning",
            ],
            "worker": [
                *celery,
                "worker",
                "--pool",
                "threads",
                "--concurrency",
                "2",
                "--loglevel",
                "WARNING",
                "--without-gossip",
                "--without-mingle",
                "--without-heartbeat",
            ],
            "beat": [
                *celery,
                "beat",
                "--loglevel",
                "WARNING",
                "--pidfile",
                "",
                "--schedule",
                str(self.run / "beat"),
            ],
        }
        return [Child(name, words, self.lines(name), self.run) for name, words in commands.items()]

    def start_services(self) -> None:
        """Start PostgreSQL and Valkey, unless the environment names servers of its own."""
        if not os.environ.get("CIMIC_DATABASE_URL"):
            self.using.hold()
            self.server = Server(self.folder / "postgres")
            self.follow("postgres", self.server.start_child())
            self.server.prepare()
            os.environ["CIMIC_DATABASE_URL"] = self.server.url(SERVING)
        if not os.environ.get("CIMIC_REDIS_URL"):
            self.carrier = Carrier(self.folder / "valkey")
            self.follow("valkey", self.carrier.start_child())
            os.environ["CIMIC_REDIS_URL"] = self.carrier.url()

    def manage(self, *words: str, owner: bool = False) -> None:
        """Run a command of ``manage.py`` to its end; raise ``Failed`` if it fails."""
        env = dict(os.environ)
        if owner and self.server:
            env["CIMIC_OWNER_DATABASE_URL"] = self.server.url(OWNER)
        process = subprocess.Popen(
            [sys.executable, "manage.py", *words],
            cwd=CHECKOUT,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            preexec_fn=die_with_parent(),
        )
        lines = self.lines("setup")
        if process.stdout:
            lines._read(process.stdout)
        if process.wait():
            raise Failed(f"`manage.py {words[0]}` failed: its lines are above.")

    def await_ready(self) -> None:
        """Wait until the web server answers; raise ``Failed`` if it does not in time."""
        address = f"http://{HOST}:{self.port}/api/v1/health/"
        until = time.monotonic() + READY_WITHIN
        while time.monotonic() < until and not self.stopping.is_set():
            try:
                with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310 - ours
                    if answer.status == 200:
                        return
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        if not self.stopping.is_set():
            raise Failed(f"The web server does not answer: read {self.logs / 'web.log'}.")

    def serve(self) -> None:
        """Start everything, say when it serves, and keep it running until asked to stop."""
        self.prepare()
        self.start_services()
        self.manage("migrate", "-v", "0", owner=True)
        if os.environ["CIMIC_DEMO"] == "1":
            self.manage("load_demo")
        for child in self.children:
            child.start()
        self.await_ready()
        if self.stopping.is_set():
            return
        say(f"Ready: http://{HOST}:{self.port}")
        if os.environ["CIMIC_DEMO"] == "1":
            password = os.environ.get("CIMIC_DEMO_PASSWORD") or "carana-demo"
            say(f"Demonstration mission UNAC: enter as any post; every password is {password}")
        say("Ctrl-C stops all of it.")
        while not self.stopping.wait(0.5):
            for child in self.children:
                child.keep()
            for service in self.services:
                if service.poll() is not None:
                    raise Failed("The database or Valkey has ended: its lines are above.")

    def end(self) -> None:
        """Stop web, worker, beat, Valkey and PostgreSQL, in that order."""
        for child in self.children:
            child.end()
        if self.carrier:
            self.carrier.stop()
        if self.server and self.using.is_last():
            self.server.stop()
        for service in self.services:
            with contextlib.suppress(subprocess.TimeoutExpired):
                service.wait(15)


def main() -> int:
    """Serve until a signal; return 0, or 1 with one line that says what is wrong."""
    supervisor: Supervisor | None = None
    status = 0
    try:
        supervisor = Supervisor()
        asked = supervisor.stopping

        def stop_asked(number: int, frame: Any) -> None:
            asked.set()

        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, stop_asked)
        supervisor.serve()
    except Failed as failure:
        print(f"CIMIC does not start: {failure}", file=sys.stderr, flush=True)
        status = 1
    except OSError as error:
        where = error.filename or "the disk"
        print(f"CIMIC does not start: {where}: {error.strerror}.", file=sys.stderr, flush=True)
        status = 1
    finally:
        if supervisor:
            supervisor.end()
            if not status:
                say("All stopped.")
    return status


if __name__ == "__main__":
    raise SystemExit(main())
