"""The production processes, by hand: PostgreSQL tuned as documented, gunicorn with two workers."""

import contextlib
import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cimic.embedded import Server, load_env, secret_key, tell_signing_key
from cimic.embedded.postgres import OWNER, SERVING

CHECKOUT = Path(__file__).resolve().parent.parent
WORKERS, THREADS = 2, 4


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


class Site:
    """CIMIC served from a data folder, with the floor beside it."""

    def __init__(self, folder: Path, memory: int) -> None:
        self.folder, self.port = folder, free_port()
        os.environ.setdefault("CIMIC_DATABASE_MEMORY_MB", str(memory))
        self.server = Server(folder / "postgres")
        self.web: subprocess.Popen[bytes] | None = None
        self.counted: dict[str, int] = {}

    def prepare(self, records: int, seed: int) -> float:
        """Have database, records and static files; return how long loading took, or 0."""
        load_env()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.server.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.environ["CIMIC_DATA"] = str(self.folder)
        os.environ.setdefault("CIMIC_SECRET_KEY", secret_key(self.folder))
        tell_signing_key(self.folder)
        self.server.ensure()
        os.environ["CIMIC_DATABASE_URL"] = self.server.url(SERVING)
        os.environ["DJANGO_SETTINGS_MODULE"] = "bench.settings"
        os.environ.setdefault("CIMIC_DEMO", "1")  # on loopback alone: one factor is enough
        owner = {"CIMIC_OWNER_DATABASE_URL": self.server.url(OWNER)}
        self.manage("migrate", "-v", "0", **owner)
        self.manage("collectstatic", "--no-input", "-v", "0")
        began = time.perf_counter()
        said = self.manage("load_demo", "--records", str(records), "--seed", str(seed), **owner)
        return 0.0 if "nothing was changed" in said else time.perf_counter() - began

    def manage(self, *words: str, **environment: str) -> str:
        """Run a command to its end, tell its lines as they come, return them; raise if it fails."""
        with subprocess.Popen(  # noqa: S603 - our own words
            [sys.executable, "-u", "manage.py", *words],
            cwd=CHECKOUT,
            env={**os.environ, "DJANGO_SETTINGS_MODULE": "cimic.settings", **environment},
            stdout=subprocess.PIPE,
            text=True,
        ) as running:
            said = []
            for line in running.stdout or ():
                said.append(line)
                sys.stderr.write(f"{time.strftime('%H:%M:%S')} {line}")
        if running.returncode:
            raise RuntimeError(f"{words[0]} failed: its lines are above.")
        return "".join(said)

    @contextlib.contextmanager
    def serving(self) -> Iterator[None]:
        """Serve while the block runs."""
        words = (
            f"gunicorn cimic.wsgi --workers {WORKERS} --threads {THREADS} --preload "
            f"--worker-class cimic.gathering.Worker --no-control-socket --timeout 120 "
            f"--keep-alive 30 --log-level error "
            f"--bind 127.0.0.1:{self.port}"
        )
        self.web = subprocess.Popen(  # noqa: S603 - our own words
            [sys.executable, "-m", *words.split()],
            cwd=CHECKOUT,
            env={**os.environ, "CIMIC_SITE_URL": f"http://127.0.0.1:{self.port}"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            self._await()
            yield
        finally:
            self.web.terminate()
            self.web.wait(30)

    def _await(self) -> None:
        for _try in range(600):
            with contextlib.suppress(OSError):
                if Browser(self.port, {}).get("/api/v1/health/").status == 200:
                    return
            time.sleep(0.1)
        raise RuntimeError("gunicorn does not answer.")

    def spent(self) -> float:
        """Return the processor seconds of the web processes and of PostgreSQL so far.

        Those of processes that have ended stay counted; autovacuum's are no page's.
        """
        roots = [self.web.pid] if self.web else []
        roots.append(self.server.pid())
        for root in roots:
            with contextlib.suppress(OSError):
                children = Path(f"/proc/{root}/task/{root}/children").read_text().split()
                for process in [str(root), *children]:
                    self._count(process)
        return sum(self.counted.values()) / 1e9

    def _count(self, process: str) -> None:
        with contextlib.suppress(OSError):
            if b"autovacuum" in Path(f"/proc/{process}/cmdline").read_bytes():
                return
            tasks = Path(f"/proc/{process}/task").glob("*/schedstat")
            spent = sum(int(task.read_text().split()[0]) for task in tasks)
            self.counted[process] = max(self.counted.get(process, 0), spent)

    def memory(self, kind: str) -> float:
        """Return the most that a web process holds, in MiB: its ``Rss``, or ``Pss``.

        ``Pss`` shares what several processes hold together among them; ``Rss`` counts it in each.
        """
        if self.web is None:
            return 0.0
        children = Path(f"/proc/{self.web.pid}/task/{self.web.pid}/children").read_text().split()
        found = []
        for child in children:
            rollup = Path(f"/proc/{child}/smaps_rollup").read_text()
            line = next(line for line in rollup.splitlines() if line.startswith(f"{kind}:"))
            found.append(int(line.split()[1]) / 1024)
        return max(found)


class Answer:
    """What came back: its status, how long it took, its size, statements and body."""

    def __init__(self, status: int, seconds: float, body: bytes, headers: Any) -> None:
        self.status, self.seconds, self.body = status, seconds, body
        self.statements = int(headers.get("X-Statements") or 0)


class Browser:
    """One client on one kept connection, signed in by the headers it sends."""

    def __init__(self, port: int, headers: dict[str, str]) -> None:
        self.line = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self.headers = headers

    def get(self, path: str) -> Answer:
        return self.ask("GET", path)

    def ask(self, method: str, path: str, body: bytes | None = None) -> Answer:
        """Ask once; a connection that was closed meanwhile is opened anew."""
        headers = self.headers | ({"Content-Type": "application/json"} if body else {})
        for again in (True, False):
            began = time.perf_counter()
            try:
                self.line.request(method, path, body, headers)
                answer = self.line.getresponse()
                said = answer.read()
            except (http.client.HTTPException, ConnectionError):
                self.line.close()
                if not again:
                    raise
                continue
            return Answer(answer.status, time.perf_counter() - began, said, answer.headers)
        raise RuntimeError("unreachable")
