"""The rig of ``test_kills``: the whole system under load, and somebody who kills it at random.

Clients do the mission's deeds over HTTP and repeat each, under its key, until it is answered:
as a browser on a bad line does. What was answered is remembered, and looked for afterwards.
"""

import contextlib
import email
import json
import logging
import os
import random
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg2
from aiosmtpd.controller import Controller

from cimic.embedded import Server
from cimic.up import static_state
from tests.builders import civil_answers
from tests.database import NAME
from tests.database import server as tests_server

CHECKOUT = Path(__file__).resolve().parent.parent
START = (
    "from cimic.embedded import children; children.LONGEST_PAUSE = 1.0; "
    "from cimic import up; raise SystemExit(up.main())"
)
# Who is killed, and how often of a hundred. The supervisor takes everything with it.
VICTIMS = {"web": 16, "web worker": 20, "worker": 20, "beat": 4, "valkey": 10}
VICTIMS |= {"database": 12, "a connection": 17, "supervisor": 1}


class Post:
    """A mail server that keeps what it accepts."""

    def __init__(self, port: int) -> None:
        self.accepted: list[tuple[str, str]] = []
        self.controller = Controller(self, hostname="127.0.0.1", port=port)
        logging.getLogger("mail.log").setLevel(logging.WARNING)
        self.controller.start()

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        message = email.message_from_bytes(envelope.content)
        self.accepted.append((message["Message-ID"], message["To"]))
        return "250 OK"

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.controller.port}"


def children_of(pid: int) -> list[int]:
    """The live children of a process."""
    try:
        return [int(n) for n in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


@dataclass
class Place:
    """A data folder of its own that the whole system runs on."""

    folder: Path
    port: int
    mail: Post
    run: "subprocess.Popen[bytes] | None" = None
    killed: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        (self.folder / "static").mkdir(parents=True)
        (self.folder / "static.stamp").write_text(static_state())
        self.server = Server(self.folder / "postgres")
        self.server.ensure()
        dumped = subprocess.Popen(
            [
                str(self.server.binaries / "pg_dump"),
                "-Fc",
                "--no-owner",
                "--no-privileges",
                "--no-comments",
                "-d",
                tests_server.url("cimic", NAME),
            ],
            stdout=subprocess.PIPE,
        )
        subprocess.run(
            [
                str(self.server.binaries / "pg_restore"),
                "--no-owner",
                "-d",
                self.server.url("cimic_owner"),
            ],
            stdin=dumped.stdout,
            check=True,
        )
        assert dumped.stdout is not None
        dumped.stdout.close()
        assert dumped.wait() == 0

    def start(self) -> None:
        bare = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("CIMIC_", "DJANGO_", "PYTEST_"))
        }
        more = {"CIMIC_DATA": str(self.folder), "PORT": str(self.port)}
        with open(self.folder / "said.txt", "ab") as said:
            self.run = subprocess.Popen(
                [sys.executable, "-c", START],
                cwd=CHECKOUT,
                env={**bare, **more, "CIMIC_EMAIL_URL": self.mail.url},
                stdout=said,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def keep(self) -> None:
        """Start the supervisor again if it has ended, as systemd would."""
        if self.run is None or self.run.poll() is not None:
            self.start()

    def await_health(self, within: float = 120) -> None:
        until = time.monotonic() + within
        while time.monotonic() < until:
            self.keep()
            with (
                contextlib.suppress(OSError),
                urllib.request.urlopen(  # noqa: S310
                    f"http://127.0.0.1:{self.port}/api/v1/health/", timeout=5
                ),
            ):
                return
            time.sleep(0.1)
        raise AssertionError((self.folder / "said.txt").read_text()[-3000:])

    def _pid_of(self, victim: str, chance: random.Random) -> int:
        if victim == "supervisor":
            return self.run.pid if self.run and self.run.poll() is None else 0
        if victim in {"database", "a connection"}:
            pid = self.server.pid()
            found = children_of(pid) if victim == "a connection" and pid else [pid]
            return chance.choice(found) if found else 0
        try:
            pid = int(
                json.loads((self.folder / "run" / f"{victim.split()[0]}.json").read_text())["pid"]
            )
        except (OSError, ValueError):
            return 0
        found = children_of(pid) if victim == "web worker" else [pid]
        return chance.choice(found) if found else 0

    def kill(self, chance: random.Random) -> bool:
        """Kill somebody; say whether anybody was there."""
        victim = chance.choices(list(VICTIMS), weights=list(VICTIMS.values()))[0]
        pid = self._pid_of(victim, chance)
        try:
            if pid <= 1:
                return False
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return False
        self.killed[victim] = self.killed.get(victim, 0) + 1
        return True

    def ask(self, question: str, *values: Any) -> list[tuple[Any, ...]]:
        """Ask the database as its superuser."""
        connection = psycopg2.connect(self.server.url("cimic"))
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                cursor.execute(question, values)
                return list(cursor.fetchall()) if cursor.description else []
        finally:
            connection.close()

    def stop(self) -> None:
        if self.run is not None and self.run.poll() is None:
            self.run.send_signal(signal.SIGTERM)
            try:
                self.run.wait(60)
            except subprocess.TimeoutExpired:
                self.run.kill()
        self.server.stop()
        self.mail.controller.stop()


@dataclass
class Load:
    """What the clients did, and what they were answered."""

    port: int
    keys: dict[str, str]
    stopping: threading.Event = field(default_factory=threading.Event)
    drafts: dict[str, str] = field(default_factory=dict)
    submitted: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    answered: list[int] = field(default_factory=list)
    deeds: int = 0
    repeated: int = 0
    wrong: list[str] = field(default_factory=list)
    patience: float = 150

    def await_deed(self, within: float) -> None:
        """Wait until something more was acknowledged."""
        done, until = self.deeds, time.monotonic() + within
        while self.deeds == done and time.monotonic() < until:
            time.sleep(0.02)

    def _call(self, who: str, path: str, body: bytes | None, kind: str, key: str) -> Any:
        headers = {"Authorization": self.keys[who], "Content-Type": kind}
        if key:
            headers["Idempotency-Key"] = key
        asked = urllib.request.Request(  # noqa: S310
            f"http://127.0.0.1:{self.port}/api/v1/{path}", data=body, headers=headers
        )
        with urllib.request.urlopen(asked, timeout=15) as answer:  # noqa: S310
            return json.load(answer)

    def until_answered(
        self, who: str, path: str, body: bytes | None = None, kind: str = "application/json"
    ) -> Any:
        """Ask again and again, under one key, until there is an answer."""
        key = str(uuid4()) if body is not None else ""
        until = time.monotonic() + self.patience
        while True:
            try:
                told = self._call(who, path, body, kind, key)
                if key and hash(key) % 5 == 0:  # the answer was lost on the way: ask again
                    again = self._call(who, path, body, kind, key)
                    self.repeated += 1
                    if again != told:
                        self.wrong.append(f"{path}: answered {told} and then {again}")
                self.deeds += bool(key)
                return told
            except urllib.error.HTTPError as error:
                if error.code < 500 and error.code not in {409, 429}:
                    self.wrong.append(f"{path}: {error.code} {error.read().decode()[:300]}")
                    return None
            except (OSError, ValueError):
                pass
            if time.monotonic() > until:
                self.wrong.append(f"{path}: no answer in time")
                return None
            time.sleep(0.1)

    def _post(self, who: str, path: str, said: dict[str, Any]) -> Any:
        return self.until_answered(who, path, json.dumps(said).encode())

    def _attach(self, reference: str, name: str) -> Any:
        edge = "edge-of-a-part"
        head = f'Content-Disposition: form-data; name="file"; filename="{name}.txt"'
        body = f"--{edge}\r\n{head}\r\nContent-Type: text/plain\r\n\r\n{name}\r\n--{edge}--\r\n"
        return self.until_answered(
            "sector.east",
            f"requests/{reference}/attachments/",
            body.encode(),
            f"multipart/form-data; boundary={edge}",
        )

    def one_request(self) -> None:
        """Ask, attach, submit, say something, and have the Chief forward it."""
        mark = uuid4().hex
        made = self._post("sector.east", "requests/", civil_answers(title=f"Water {mark}"))
        if not made:
            return
        reference = made["reference"]
        self.drafts[mark] = reference
        if self._attach(reference, mark):
            self.files.append(mark)
        if self._post("sector.east", f"requests/{reference}/submit/", {}):
            self.submitted.append(reference)
        if self._post("sector.east", f"requests/{reference}/messages/", {"text": f"Said {mark}"}):
            self.said.append(mark)
        record = self.until_answered("chief.cimic", f"requests/{reference}/")
        for step in record["route"] if record else []:
            if step["state"] == "open" and step["post"] == "chief.cimic":
                answer = {
                    "answer": "forward_recommended",
                    "revision": record["revision"],
                    "remarks": f"Seen {mark}",
                }
                if self._post("chief.cimic", f"steps/{step['id']}/answers/", answer):
                    self.answered.append(step["id"])

    def work(self) -> None:
        while not self.stopping.is_set():
            self.one_request()
            time.sleep(0.05)
