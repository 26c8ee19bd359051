"""The mission's own server by hand: what ``docker-compose.yml`` runs, without containers.

``make by-hand`` (or ``python -m tests.by_hand``) makes a PostgreSQL with ``deploy/roles.sql``, and
over it PgBouncer (``deploy/pgbouncer``), a Valkey, two web servers of two processes each, two
workers, beat, and the proxy (``deploy/proxy/Caddyfile``) with TLS; all with the settings of
production but the demonstration's people, on loopback. Then it walks the contract through the
proxy. PgBouncer and Caddy are Debian's (``apt-get install pgbouncer caddy``); where one is not at
hand it says so in words and goes without. Each line says what was tried; the exit says if all held.
"""

import contextlib
import datetime as dt
import gzip
import json
import os
import secrets
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg2

from cimic.embedded.postgres import OWNER, SERVING, SUPERUSER, Server
from cimic.embedded.processes import Failed, Unprivileged, die_with_parent, unprivileged
from cimic.embedded.valkey import find_binary
from tests.receiver import free_port

CHECKOUT = Path(__file__).resolve().parent.parent
DEPLOY = CHECKOUT / "deploy"
PASSWORD = "carana-demo"
ASKED = {
    "kind": "civil_assistance",
    "title": "Water for the ward at Tereni",
    "category": "water",
    "cimic_function": "community_support",
    "support_type": "community_support",
    "description": "The borehole failed on Monday; forty patients carry water 2 km.",
    "place": "By hand",
    "needed_by": (dt.datetime.now(dt.UTC) + dt.timedelta(days=14)).date().isoformat(),
    "women": 120,
    "men": 20,
    "girls": 60,
    "boys": 55,
    "funding_source": "none",
    "coordination_check": "checked_none",
    "gender_protection": "The ward serves women; the queue is lit and guarded.",
    "do_no_harm": "The private water seller was consulted.",
}
SERVING_MAY_NOT = [
    "UPDATE ledger_entry SET act = 'x'",
    "DELETE FROM ledger_entry",
    "TRUNCATE ledger_entry CASCADE",
    "ALTER TABLE ledger_entry DISABLE TRIGGER ALL",
    "DROP TRIGGER ledger_entry_only_added_to ON ledger_entry",
    "SET session_replication_role = replica",
    "DELETE FROM requests_app_assistancerequest",
    "CREATE TABLE mine (a int)",
]


class Cluster(Server):
    """A PostgreSQL whose roles are those of ``deploy/roles.sql``, made by its superuser."""

    def _prepare(self) -> None:
        said = subprocess.run(
            [
                self.binaries / "psql",
                *("-X", "-q", "-h", self.socket_folder, "-U", SUPERUSER, "-d", "postgres"),
                *("-v", f"owner_password={self._password(OWNER)}"),
                *("-v", f"serving_password={self._password(SERVING)}"),
                *("-f", DEPLOY / "roles.sql"),
            ],
            env={**os.environ, "PGPASSWORD": self._password(SUPERUSER)},
            capture_output=True,
            text=True,
            check=False,
        )
        if said.returncode:
            raise Failed(f"deploy/roles.sql: {said.stderr.strip()}")
        self._prepared.touch()


class House:
    """Everything that runs, started in order and stopped in the other."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.server = Cluster(folder / "postgres")
        self.runner = self.server.runner
        self.ports = {
            name: free_port() for name in ("proxy", "plain", "a", "b", "bouncer", "redis")
        }
        self.site = f"https://localhost:{self.ports['proxy']}"
        self.metrics_token = secrets.token_hex(16)
        self.environment: dict[str, str] = {}
        self.has_proxy = bool(shutil.which("caddy"))
        self.has_bouncer = bool(shutil.which("pgbouncer"))

    def start(
        self,
        name: str,
        words: list[str],
        runner: Unprivileged | None = None,
        **environment: str,
    ) -> None:
        """Start a process under a name; its lines go to a file of that name."""
        runner = runner or Unprivileged()
        with open(self.folder / f"{name}.log", "ab") as log:
            self.running[name] = subprocess.Popen(
                [*runner.words, *words],
                cwd=CHECKOUT,
                env={**os.environ, **self.environment, **environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=die_with_parent(),
                **runner.options(),
            )

    def stop(self, name: str) -> None:
        """Stop one, and wait until it is gone."""
        process = self.running.pop(name)
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(20)
        process.kill()
        process.wait()

    def manage(self, *words: str, **environment: str) -> str:
        """Run a command of ``manage.py`` to its end; raise ``Failed`` with its words."""
        told = subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=CHECKOUT,
            env={**os.environ, **self.environment, **environment},
            capture_output=True,
            text=True,
            check=False,
        )
        if told.returncode:
            raise Failed(f"manage.py {words[0]}: {(told.stdout + told.stderr)[-2000:]}")
        return told.stdout

    def write(self, name: str, text: str) -> str:
        """Keep a secret in a file, as the containers are given theirs; return its path."""
        path = self.folder / name
        path.write_text(text)
        path.chmod(0o600)
        return str(path)

    def settings(self) -> None:
        """Set what the servers read: production's, and the demonstration on loopback."""
        for name in [name for name in os.environ if name.startswith("CIMIC_")]:
            if name != "CIMIC_PG_BIN":
                del os.environ[name]
        direct = f"postgres://cimic_app@/cimic?host={self.server.socket_folder}"
        bouncer = f"postgres://cimic_app@127.0.0.1:{self.ports['bouncer']}/cimic"
        self.environment = {
            "CIMIC_DATA": str(self.folder / "data"),
            "CIMIC_SECRET_KEY_FILE": self.write("secret_key", secrets.token_hex(40)),
            "CIMIC_SITE_URL": self.site,
            "CIMIC_ALLOWED_HOSTS": "localhost,127.0.0.1",
            "CIMIC_CSRF_TRUSTED_ORIGINS": self.site,
            "CIMIC_DATABASE_URL": bouncer if self.has_bouncer else direct,
            "CIMIC_DATABASE_PASSWORD_FILE": self.write(
                "serving_password", self.server._password(SERVING)
            ),
            "CIMIC_REDIS_URL": f"redis://127.0.0.1:{self.ports['redis']}/0",
            "CIMIC_SIGNING_KEY_FILE": self.write("signing_key", secrets.token_hex(32)),
            "CIMIC_METRICS_TOKEN_FILE": self.write("metrics_token", self.metrics_token),
            "CIMIC_RECEIPT_FOLDER": str(self.folder / "receipts"),
            "CIMIC_WEB_PROCESSES": "2",
            "CIMIC_LOG_FORMAT": "json",
            "CIMIC_DEMO": "1",
            "DJANGO_SETTINGS_MODULE": "cimic.settings",
        }
        for made in ("data", "data/files", "receipts", "bouncer", "alive"):
            (self.folder / made).mkdir(parents=True, exist_ok=True)

    def web(self, name: str) -> None:
        """Start one of the web servers."""
        words = [sys.executable, "-m", "gunicorn", "-c", "python:cimic.serving", "cimic.wsgi"]
        self.start(f"web-{name}", words, CIMIC_BIND=f"127.0.0.1:{self.ports[name]}")

    def open(self) -> None:
        """Start everything."""
        self.server.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.server.ensure()
        self.settings()
        if self.has_bouncer:
            bouncer = self.folder / "bouncer"
            self.runner.give(bouncer)
            self.start(
                "pgbouncer",
                ["sh", str(DEPLOY / "pgbouncer" / "start.sh")],
                unprivileged(Path(str(shutil.which("pgbouncer")))),
                DATABASE_HOST=str(self.server.socket_folder),
                LISTEN="127.0.0.1",
                PORT=str(self.ports["bouncer"]),
                FOLDER=str(bouncer),
                PASSWORD_FILE=self.environment["CIMIC_DATABASE_PASSWORD_FILE"],
            )
            wait_for("PgBouncer", lambda: is_open(self.ports["bouncer"]))
        owner = f"postgres://cimic_owner@/cimic?host={self.server.socket_folder}"
        self.manage(
            "migrate",
            "--no-input",
            "-v",
            "0",
            CIMIC_OWNER_DATABASE_URL=owner,
            CIMIC_OWNER_DATABASE_PASSWORD_FILE=self.write(
                "owner_password", self.server._password(OWNER)
            ),
        )
        self.manage("collectstatic", "--no-input", "-v", "0")
        self.manage("load_demo", "--records", "4")
        redis = [str(find_binary()), "--port", str(self.ports["redis"]), "--bind", "127.0.0.1"]
        self.start("redis", [*redis, "--appendonly", "no", "--dir", str(self.folder)])
        wait_for("Valkey", lambda: is_open(self.ports["redis"]))
        for name in "ab":
            self.web(name)
        celery = [sys.executable, "-m", "celery", "-A", "cimic"]
        for name in "ab":
            worker = ["worker", "--pool", "threads", "--concurrency", "2", "-n", f"{name}@%h"]
            alive = self.folder / "alive" / name
            alive.mkdir(exist_ok=True)
            self.start(f"worker-{name}", [*celery, *worker], CIMIC_ALIVE=str(alive))
        beat = ["beat", "--scheduler", "cimic.beat.Scheduler", "--pidfile", ""]
        kept = str(self.folder / "beat-schedule")
        self.start(
            "beat", [*celery, *beat, "--schedule", kept], CIMIC_ALIVE=str(self.folder / "alive")
        )
        if self.has_proxy:
            self.start(
                "proxy",
                [
                    "caddy",
                    "run",
                    "--config",
                    str(DEPLOY / "proxy/Caddyfile"),
                    "--adapter=caddyfile",
                ],
                CIMIC_HOST="localhost",
                CIMIC_TLS="internal",
                CIMIC_HTTP_PORT=str(self.ports["plain"]),
                CIMIC_HTTPS_PORT=str(self.ports["proxy"]),
                CIMIC_WEB=f"127.0.0.1:{self.ports['a']} 127.0.0.1:{self.ports['b']}",
                XDG_DATA_HOME=str(self.folder / "proxy"),
                XDG_CONFIG_HOME=str(self.folder / "proxy"),
            )

    def close(self) -> None:
        """Stop everything that was started, and nothing else."""
        for name in reversed(list(self.running)):
            self.stop(name)
        self.server.stop()


def is_open(port: int) -> bool:
    """Whether somebody listens on a port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_for(what: str, holds: Callable[[], bool], seconds: float = 90) -> None:
    """Wait until something holds; raise ``Failed`` if it never does."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with contextlib.suppress(OSError):
            if holds():
                return
        time.sleep(0.3)
    raise Failed(f"{what} does not come.")


class Visitor:
    """Somebody who comes by the proxy, whose certificate is checked, or else straight."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.context: ssl.SSLContext | None = None
        self.token = ""
        if house.has_proxy:
            root = house.folder / "proxy/caddy/pki/authorities/local/root.crt"
            wait_for("The proxy's certificate", root.exists)
            self.context = ssl.create_default_context(cafile=str(root))

    def call(self, path: str, body: Any = None, **headers: str) -> tuple[int, Any, Any]:
        """Return status, headers and what was said, read as JSON where it is."""
        straight = f"http://127.0.0.1:{self.house.ports['a']}"
        request = urllib.request.Request(  # noqa: S310
            (self.house.site if self.context else straight) + path,
            json.dumps(body).encode() if body is not None else None,
            {"Content-Type": "application/json", "Accept-Encoding": "gzip", **headers},
        )
        if not self.context:
            request.add_header("X-Forwarded-Proto", "https")
            request.add_header("Host", f"localhost:{self.house.ports['proxy']}")
        if self.token:
            request.add_header("Authorization", f"Bearer {self.token}")
        try:
            answer = urllib.request.urlopen(request, timeout=60, context=self.context)  # noqa: S310
        except urllib.error.HTTPError as refused:
            answer = refused  # type: ignore[assignment]
        with answer:
            said = answer.read()
            if answer.headers.get("Content-Encoding") == "gzip":
                said = gzip.decompress(said)
            is_json = "json" in answer.headers.get("Content-Type", "")
            return answer.status, answer.headers, json.loads(said) if is_json else said.decode()

    def sign_in(self, username: str) -> "Visitor":
        """Take a token of one of the demonstration's people."""
        status, _headers, said = self.call(
            "/api/v1/tokens/", {"username": username, "password": PASSWORD}
        )
        assert status == 200, said
        self.token = said["token"]
        return self

    def tell(self, path: str, body: Any, expect: int) -> Any:
        """POST, and give what was said, which must have the expected status."""
        status, _headers, said = self.call(f"/api/v1/{path}", body)
        assert status == expect, said
        return said


def _files_and_answers(house: House) -> Iterator[str]:
    asks = Visitor(house).sign_in("sector.east")
    _status, _headers, me = asks.call("/api/v1/me/")
    area = next(one["pcode"] for one in me["areas"] if one["level"] == 2)
    drafted = asks.tell("requests/", {**ASKED, "area": area}, 201)
    status, headers, said = asks.call(f"/api/v1/requests/{drafted['reference']}/submit/", {})
    assert (status, said["status"]) == (200, "under_review"), said
    house.traced = headers["X-Request-ID"]  # type: ignore[attr-defined]
    yield f"a request is filed through it: {drafted['reference']}"
    chief = Visitor(house).sign_in("chief.cimic")
    _status, _headers, inbox = chief.call("/api/v1/inbox/")
    step = next(
        one for one in inbox["results"] if one["request"]["reference"] == drafted["reference"]
    )
    answer = {
        "answer": "forward_recommended",
        "revision": step["request"]["revision"],
        "remarks": "Seen by hand.",
    }
    chief.tell(f"steps/{step['id']}/answers/", answer, 201)
    yield "the Chief UN-CIMIC answers it"
    status, headers, said = chief.call("/api/v1/register.csv")
    assert status == 200, said
    assert drafted["reference"] in said
    yield f"the register leaves as a file: {len(said.splitlines()) - 1} rows"
    status, headers, said = chief.call("/accounts/login/")
    assert "nosniff" in headers["X-Content-Type-Options"]
    assert headers["Strict-Transport-Security"]
    assert headers["Content-Encoding"] in {"gzip", "zstd"}
    yield "pages come compressed, with the headers of production"


def _by_the_proxy(house: House) -> Iterator[str]:
    if not house.has_proxy:
        yield "(no Caddy at hand: apt-get install caddy; the web server was asked itself)"
        return
    visitor = Visitor(house)
    status, headers, _said = visitor.call("/api/v1/health/live/", **{"X-Request-ID": "a" * 32})
    assert status == 200
    assert headers["X-Request-ID"] != "a" * 32
    yield "the proxy encrypts, its certificate checks, and it gives each request an id of its own"
    assert visitor.call("/metrics", Authorization=f"Bearer {house.metrics_token}")[0] == 404
    yield "figures are not for outside"
    house.stop("web-a")
    assert [visitor.call("/api/v1/health/")[0] for _ in range(6)] == [200] * 6
    house.web("a")
    yield "one web server is stopped, and the other serves on"
    wait_for("web a", lambda: is_open(house.ports["a"]))


def _figures(house: House) -> Iterator[str]:
    for name in "aabb":
        request = urllib.request.Request(  # noqa: S310
            f"http://127.0.0.1:{house.ports[name]}/metrics",
            headers={
                "Authorization": f"Bearer {house.metrics_token}",
                "X-Forwarded-Proto": "https",
                "Host": "localhost",
            },
        )
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            said = answer.read().decode()
        assert "cimic_open_steps" in said, said
    assert "cimic_requests_total" in said, said
    yield "each web server gives its figures to who has the token"


def _background(house: House) -> Iterator[str]:
    letters = house.folder / "data" / "mail"

    def sent() -> bool:
        return any(
            house.traced in path.read_text(errors="replace")  # type: ignore[attr-defined]
            for path in letters.glob("*.eml")
        )

    wait_for("The letter of the request", sent)
    yield "a worker sent its letter, which bears the request's id"
    for name, folder in (("worker", "alive/a"), ("worker", "alive/b"), ("beat", "alive")):
        wait_for(
            name,
            lambda name=name, folder=folder: (  # type: ignore[misc]
                subprocess.run(
                    [sys.executable, "-m", "cimic.alive", name],
                    cwd=CHECKOUT,
                    env={**os.environ, "CIMIC_ALIVE": str(house.folder / folder)},
                    check=False,
                ).returncode
                == 0
            ),
        )
    yield "both workers and beat say that they live"
    written = "".join(path.read_text(errors="replace") for path in house.folder.glob("w*.log"))
    lines = [json.loads(line) for line in written.splitlines() if line.startswith("{")]
    found = {line["event"] for line in lines if line.get("request_id") == house.traced}  # type: ignore[attr-defined]
    assert {"request", "told", "letter sent"} <= found, found
    yield "the logs of web and worker name one request by one id"
    assert PASSWORD not in written
    assert "By hand" not in written


def _rights(house: House) -> Iterator[str]:
    for statement in SERVING_MAY_NOT:
        connection = psycopg2.connect(house.server.url(SERVING))
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement)
            raise AssertionError(f"the serving role may: {statement}")
        except psycopg2.Error:
            connection.rollback()
        finally:
            connection.close()
    yield f"the serving role is refused {len(SERVING_MAY_NOT)} ways to alter what was recorded"
    if house.has_bouncer:
        owner = house.server._password(OWNER)
        with contextlib.suppress(psycopg2.OperationalError):
            psycopg2.connect(
                f"postgres://cimic_owner:{owner}@127.0.0.1:{house.ports['bouncer']}/cimic"
            ).close()
            raise AssertionError("the owner comes through PgBouncer")
        yield "PgBouncer carries the serving role alone, a transaction at a time"
    else:
        yield "(no PgBouncer at hand: apt-get install pgbouncer; the database was asked itself)"


def _commands(house: House) -> Iterator[str]:
    yield "verify_ledger: " + house.manage("verify_ledger").strip().splitlines()[-1]
    house.manage("check", "--deploy", "--fail-level", "WARNING")
    yield "check --deploy finds nothing"
    yield "doctor: " + str(house.manage("doctor").count("\n")) + " lines, none ill"


def main() -> int:
    """Open the house, try it, close it; return 0 if everything held."""
    folder = Path(tempfile.mkdtemp(prefix="cimic-by-hand-"))
    house = House(folder)
    tried = 0
    try:
        house.open()
        wait_for("The site", lambda: Visitor(house).call("/api/v1/health/")[0] == 200)
        for part in (
            _files_and_answers,
            _by_the_proxy,
            _figures,
            _background,
            _rights,
            _commands,
        ):
            for line in part(house):
                tried += not line.startswith("(")
                print(("      " if line.startswith("(") else "held  ") + line, flush=True)  # noqa: T201
    except (Failed, AssertionError) as fault:
        print(f"BROKE {fault or fault!r}\n      the lines of each process: {folder}", flush=True)  # noqa: T201
        return 1
    finally:
        house.close()
    shutil.rmtree(folder, ignore_errors=True)
    print(f"All {tried} held.", flush=True)  # noqa: T201
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
