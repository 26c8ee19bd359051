"""Another system, as a process of its own: it keeps what it is told, and answers as it is asked to.

``python -m tests.receiver PORT FILE``: each request becomes a line of JSON in FILE. The path says
how it answers: ``/500`` with that status, ``/slow`` after a while, ``/drip`` a byte at a time,
``/endless`` without an end, ``/moved`` with a redirect to ``/200``.
"""

import base64
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parent.parent


class Handler(BaseHTTPRequestHandler):
    """Keep the request, then answer by its path."""

    file = ""

    def do_POST(self) -> None:  # noqa: N802 - the library's name
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        line = {
            "path": self.path,
            "headers": {name.lower(): value for name, value in self.headers.items()},
            "body": base64.b64encode(body).decode(),
        }
        with open(self.file, "a", encoding="utf-8") as kept:
            kept.write(json.dumps(line) + "\n")
        word = self.path.split("?")[0].strip("/")
        if word == "slow":
            time.sleep(4)
        if word == "drip":
            self.wfile.write(b"HTTP/1.1 200 OK\r\n")
            for _ in range(400):
                self.wfile.write(b"X")
                self.wfile.flush()
                time.sleep(0.1)
            return
        self.send_response(302 if word == "moved" else int(word) if word.isdecimal() else 200)
        if word == "moved":
            self.send_header("location", "/200")
        self.end_headers()
        while word == "endless":
            self.wfile.write(b"x" * 65536)

    def log_message(self, *args: Any) -> None:
        """Keep its lines to itself."""


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Receiver:
    """The process, its address, and what it was told."""

    def __init__(self, folder: Path) -> None:
        self.port, self.file = free_port(), folder / "told.jsonl"
        self.url = f"http://127.0.0.1:{self.port}"
        self.inside = f"127.0.0.1:{self.port}"

    def told(self) -> list[dict[str, Any]]:
        """List what it was told, oldest first, with the body as JSON and as bytes."""
        if not self.file.exists():
            return []
        lines = [json.loads(line) for line in self.file.read_text().splitlines()]
        for line in lines:
            line["raw"] = base64.b64decode(line["body"])
            line["body"] = json.loads(line["raw"])
        return lines


@contextmanager
def a_receiver(folder: Path) -> Iterator[Receiver]:
    """Run a receiver in a process of its own."""
    receiver = Receiver(folder)
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.receiver", str(receiver.port), str(receiver.file)],
        cwd=CHECKOUT,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", receiver.port)) == 0:
                    break
            time.sleep(0.05)
        yield receiver
    finally:
        process.kill()
        process.wait()


if __name__ == "__main__":
    Handler.file = sys.argv[2]
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
