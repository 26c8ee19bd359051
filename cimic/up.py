"""``make run``: one supervisor that starts everything, shows its lines, and stops it all.

PostgreSQL and Valkey, then the migrations, then the web server, a Celery worker and beat,
then the demonstration mission where there is none. Each one's lines are shown under its name
and kept in DATA/logs. One that ends is started again; when the supervisor goes, they go.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path
from typing import Any

import psycopg2

from cimic.bootstrap import HOST, port_asked, port_trouble
from cimic.embedded import (
    Carrier,
    Failed,
    Server,
    Using,
    data_folder,
    load_env,
    secret_key,
    tell_signing_key,
)
from cimic.embedded.children import Child, Console
from cimic.embedded.folder import CHECKOUT
from cimic.embedded.postgres import OWNER, SERVING
from cimic.embedded.processes import die_with_parent
from cimic.words.catalogue import compile_words

LEAST_FREE = 300 * 1024 * 1024
READY_WITHIN = 120.0
STATIC_COMES_FROM = ("static", "requirements.lock")


class Stopped(Exception):
    """Somebody asked to stop while the start was under way."""


def static_state() -> str:
    """Return what changes whenever the static files or the packages do."""
    said = hashlib.sha256()
    for name in STATIC_COMES_FROM:
        top = CHECKOUT / name
        for path in sorted([top, *top.rglob("*")]):
            found = path.stat()
            said.update(f"{path} {found.st_size} {found.st_mtime_ns}\n".encode())
    return said.hexdigest()


class Supervisor:
    """One run on one data folder: everything that runs, in the order in which it is started."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.run = folder / "run"
        for made in (self.run, folder / "files", folder / "static"):
            made.mkdir(parents=True, exist_ok=True)
        self.console = Console(folder / "logs")
        self.stopping = threading.Event()
        self.lock = open(self.run / "supervisor.lock", "a+")  # noqa: SIM115 - held open
        self.claimed = False
        self.using = Using(folder)
        self.server: Server | None = None
        self.port = port_asked()
        self.site = f"http://{HOST}:{self.port}"
        self.web = self._program(
            "web",
            "gunicorn cimic.wsgi --workers 2 --threads 4 --preload --no-control-socket "
            "--worker-class cimic.gathering.Worker "
            f"--timeout 60 --graceful-timeout 10 --log-level warning --bind {HOST}:{self.port}",
        )
        name = hashlib.sha256(str(folder).encode()).hexdigest()[:8]
        self.worker = self._program(
            "worker",
            "celery -q -A cimic worker --pool threads --concurrency 2 --without-gossip "
            f"--without-mingle --without-heartbeat --loglevel WARNING -n {name}@%h",
        )
        self.beat = self._program(
            "beat", f"celery -q -A cimic beat --loglevel WARNING --pidfile= -s {self.run / 'beat'}"
        )
        self.carrier = Carrier(folder / "valkey")
        self.valkey = Child("valkey", self.carrier.start_child, self.console, self.run)

    @property
    def children(self) -> list[Child]:
        """The children in the order in which they stop; PostgreSQL comes after them."""
        return [self.web, self.worker, self.beat, self.valkey]

    def _program(self, name: str, words: str) -> Child:
        command = [sys.executable, "-m", *words.split(" ")]
        return Child(name, lambda: self._spawn(command), self.console, self.run)

    def _spawn(
        self, command: list[str], environment: dict[str, str] | None = None
    ) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            command,
            cwd=CHECKOUT,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=die_with_parent(),
        )

    # Before anything starts

    def claim(self) -> None:
        """Hold the data folder; raise ``Failed`` where another supervisor holds it."""
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self.lock.seek(0)
            raise Failed(
                f"CIMIC runs already on {self.folder} ({self.lock.read() or 'starting'}): stop "
                "that one, or choose another folder with DATA=."
            ) from error
        self.claimed = True
        self.lock.truncate(0)
        self.lock.write(f"process {os.getpid()}, {self.site}")
        self.lock.flush()

    def look_around(self) -> None:
        """Stop what a killed run left; raise ``Failed`` if the port or the disk is taken."""
        for child in self.children:
            child.stop_orphan()
        trouble = port_trouble(self.port)
        if trouble:
            raise Failed(trouble)
        free = shutil.disk_usage(self.folder).free
        if free < LEAST_FREE:
            raise Failed(
                f"The disk is full: {free // 1024**2} MB are left for {self.folder} and "
                f"{LEAST_FREE // 1024**2} MB are needed. Free some, or choose another with DATA=."
            )

    def tell_children(self) -> None:
        """Set what the children read from the environment, save what is set already."""
        if not os.environ.get("CIMIC_DATABASE_URL"):
            os.environ.setdefault("CIMIC_DEMO", "1")  # on our own database, on loopback alone
            tell_signing_key(self.folder)
        os.environ["CIMIC_DATA"] = str(self.folder)
        os.environ.setdefault("CIMIC_SECRET_KEY", secret_key(self.folder))
        os.environ.setdefault("CIMIC_SITE_URL", self.site)
        os.environ["DJANGO_SETTINGS_MODULE"] = "cimic.settings"
        os.environ.setdefault("CIMIC_LOG_FORMAT", "plain")
        counts = self.run / "counts"  # what the web processes count, added up for /metrics
        shutil.rmtree(counts, ignore_errors=True)
        counts.mkdir()
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(counts)
        os.environ["PYTHONUNBUFFERED"] = "1"
        os.environ["PYTHONWARNINGS"] = "ignore:::celery.platforms"  # that it runs as root

    # The start

    def bring_database(self) -> dict[str, str]:
        """Have the database run, ours unless one is configured; return the owner's address."""
        owner = os.environ.pop("CIMIC_OWNER_DATABASE_URL", "")
        if not os.environ.get("CIMIC_DATABASE_URL"):
            self.using.hold()
            self.server = Server(self.folder / "postgres")
            self.server.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.console.tail("postgres", self.server.log)
            self.server.ensure()
            os.environ["CIMIC_DATABASE_URL"] = self.server.url(SERVING)
            owner = self.server.url(OWNER)
        return {"CIMIC_OWNER_DATABASE_URL": owner} if owner else {}

    def errands(self, *errands: tuple[str, list[str], dict[str, str]]) -> None:
        """Run commands of ``manage.py`` side by side to their ends; ``Failed`` if one fails."""
        running = []
        for name, words, environment in errands:
            process = self._spawn([sys.executable, "manage.py", *words], environment)
            assert process.stdout is not None
            running.append((words[0], process, self.console.follow(name, process.stdout)))
        try:
            while any(process.poll() is None for _, process, _ in running):
                self.pause(0.05)
        finally:
            for _, process, lines in running:
                with contextlib.suppress(ProcessLookupError):
                    process.terminate()
                process.wait()
                lines.join(5)
        for word, process, _ in running:
            if process.returncode:
                raise Failed(f"`manage.py {word}` failed: its lines are above.")

    def pause(self, seconds: float) -> None:
        """Mind the children, then wait; raise ``Stopped`` once asked to stop."""
        self.mind()
        if self.stopping.wait(seconds):
            raise Stopped

    def migrate(self, owner: dict[str, str]) -> None:
        """Bring the database and the static files up to date."""
        stamp, state = self.folder / "static.stamp", static_state()
        errands = [("migrate", ["migrate", "--no-input", "-v", "1"], owner)]
        collected = stamp.exists() and stamp.read_text() == state
        if not collected:
            errands.append(("static", ["collectstatic", "--no-input", "--clear", "-v", "0"], {}))
        self.errands(*errands)
        if not collected:
            stamp.write_text(state)

    def has_mission(self) -> bool:
        """Whether the database serves a mission already."""
        connection = psycopg2.connect(os.environ["CIMIC_DATABASE_URL"])
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT EXISTS (SELECT FROM missions_mission)")
                return bool((cursor.fetchone() or [False])[0])
        finally:
            connection.close()

    def await_ready(self) -> None:
        """Wait until the web server says that it is healthy; raise ``Failed`` if it never does."""
        until = time.monotonic() + READY_WITHIN
        while time.monotonic() < until:
            with (
                contextlib.suppress(OSError),
                urllib.request.urlopen(f"{self.site}/api/v1/health/", timeout=5) as answer,  # noqa: S310
            ):
                if answer.status == 200:
                    return
            self.pause(0.1)
        raise Failed(f"The web server does not answer: read {self.console.folder / 'web.log'}.")

    def serve(self) -> None:
        """Start everything, say when it serves, and keep it so until asked to stop."""
        self.claim()
        self.look_around()
        self.tell_children()
        compile_words()
        owner = self.bring_database()
        if not os.environ.get("CIMIC_REDIS_URL"):
            self.valkey.start()
            os.environ["CIMIC_REDIS_URL"] = self.carrier.url()
        self.migrate(owner)
        for child in (self.web, self.worker, self.beat):
            child.start()
        is_demo = os.environ.get("CIMIC_DEMO") == "1"
        if is_demo and not self.has_mission():
            self.errands(("demo", ["load_demo"], {}))
        self.await_ready()
        self.console.say(f"Ready: {self.site}")
        if is_demo:
            password = os.environ.get("CIMIC_DEMO_PASSWORD") or "carana-demo"
            self.console.say(
                "Demonstration mission UNAC: enter as any of its posts, for example chief.cimic; "
                f"the password of each is {password}"
            )
        self.console.say("Ctrl-C stops all of it.")
        while True:
            self.pause(0.2)

    def mind(self) -> None:
        """Start again whatever has ended; the database first, since all need it."""
        server = self.server
        if server and server.process and server.process.poll() is not None:
            server.process = None  # reaped; whether another took its place, ``ensure`` sees
        if server and not server.pid():
            self.console.say("ended; it starts again", "postgres")
            server.ensure()
        for child in self.children:
            child.keep()

    def stop(self) -> None:
        """Stop web, worker, beat, Valkey and PostgreSQL, in that order, and leave none."""
        if not self.claimed:
            return
        for child in (self.web, self.worker, self.beat):
            child.ask_to_stop()  # all at once: beat may take five seconds to hear it
        for child in self.children:
            child.stop()
        if self.server and self.using.is_last():
            self.server.stop()
            if self.server.process:
                self.server.process.wait()
        elif self.server:
            self.console.say("another command still uses it; that one stops it", "postgres")
        self.using.close()
        self.lock.truncate(0)


def main() -> int:
    """Serve until a signal; return 0, or 1 with one line that says what is wrong."""
    supervisor: Supervisor | None = None
    try:
        load_env()
        supervisor = Supervisor(data_folder())
        stopping = supervisor.stopping

        def ask_to_stop(number: int, frame: Any) -> None:
            stopping.set()

        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, ask_to_stop)
        supervisor.serve()
    except Stopped:
        pass
    except Failed as failure:
        return refuse(str(failure))
    except psycopg2.OperationalError as error:
        return refuse(f"The database does not answer: {str(error).strip().splitlines()[0]}")
    except OSError as error:
        return refuse(f"{error.filename or 'The disk'}: {error.strerror or error}.")
    finally:
        if supervisor:
            supervisor.stop()
    print("All of it has stopped.", flush=True)
    return 0


def refuse(line: str) -> int:
    """Say in one line why it does not start."""
    print(f"CIMIC does not start: {line}", file=sys.stderr, flush=True)
    return 1


if __name__ == "__main__":
    raise SystemExit(main())
