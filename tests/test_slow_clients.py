"""A client that reads or sends a byte at a time holds no worker: everybody else is answered."""

import contextlib
import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from bench.site import free_port
from cimic.gathering import Arriving
from tests.builders import a_mission
from tests.database import NAME, server

SLOW = 10
HEAD = b"POST /api/v1/tokens/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"


@pytest.fixture
def served(live, tmp_path) -> Iterator[int]:
    """Serve by gunicorn as ``make run`` and compose do, with two threads; give the port."""
    a_mission()
    port = free_port()
    words = (
        "gunicorn cimic.wsgi --workers 1 --threads 2 --worker-class cimic.gathering.Worker "
        f"--no-control-socket --log-level error --graceful-timeout 1 --bind 127.0.0.1:{port}"
    )
    process = subprocess.Popen(
        [sys.executable, "-m", *words.split()],
        env=os.environ
        | {
            "CIMIC_SECRET_KEY": "for this test alone, and for no other at all, ever",
            "CIMIC_DATABASE_URL": server.url("cimic_app", NAME),
            "CIMIC_DATA": str(tmp_path),
            "CIMIC_SITE_URL": f"http://127.0.0.1:{port}",
        },
    )
    try:
        for _try in range(300):
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", port)).close()
                break
            time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait(20)


def asked(port: int, body: dict[str, str] | None = None) -> tuple[int, float]:
    """Ask for a page, or for a token; give the status and the seconds it took."""
    began = time.perf_counter()
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    if body is None:
        line.request("GET", "/accounts/login/")
    else:
        line.request(
            "POST", "/api/v1/tokens/", json.dumps(body), {"Content-Type": "application/json"}
        )
    answer = line.getresponse()
    answer.read()
    line.close()
    return answer.status, time.perf_counter() - began


def test_slow_readers_and_senders_hold_no_worker(served):
    asked(served)  # the first page is drawn from files
    slow = []
    for number in range(SLOW):
        idle, sender, reader = (socket.create_connection(("127.0.0.1", served)) for _ in range(3))
        sender.sendall(HEAD + b"Content-Length: 900\r\n\r\n{" if number % 2 else HEAD[:40])
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        reader.sendall(b"GET /accounts/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        slow += [idle, sender, reader]
    took = []
    for _again in range(6):
        for line in slow[1::3]:
            line.send(b" ")
        for line in slow[2::3]:
            line.recv(1)
        status, seconds = asked(served)
        assert status == 200
        took.append(seconds)
    status, seconds = asked(served, {"username": "nobody", "password": "nothing of the sort"})
    assert status == 401
    assert max(*took, seconds) < 5
    for line in slow:
        line.close()


def gathered(*pieces: bytes) -> tuple[Arriving, socket.socket]:
    """What has been gathered once a client has sent these pieces, and the client's own end."""
    ours, theirs = socket.socketpair()
    arriving = Arriving(ours)
    for piece in pieces:
        theirs.sendall(piece)
        arriving.gather()
    return arriving, theirs


@pytest.mark.parametrize(
    ("pieces", "whole"),
    [
        ([HEAD], False),
        ([HEAD + b"\r\n"], True),
        ([HEAD, b"Content-Length: 4\r\n\r\n", b"ab"], False),
        ([HEAD, b"Content-Length: 4\r\n\r\n", b"ab", b"cd"], True),
        ([HEAD + b"content-length:4\r\n\r\nabcd"], True),
        ([HEAD + b"Transfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n"], False),
        ([HEAD + b"Transfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n0\r\n", b"\r\n"], True),
        ([b"GET / HTTP/1.1\r\nX: " + b"x" * 40_000, b"x" * 40_000], True),  # too long: refused
    ],
)
def test_a_request_is_handed_over_once_it_is_there_whole(pieces, whole):
    arriving, theirs = gathered(*pieces)
    assert arriving.is_whole is whole
    arriving.hand_over()
    read = b""
    while arriving.has_more:
        read += arriving.recv(7000)
    assert read == b"".join(pieces)
    theirs.close()
    arriving.close()


def test_who_asks_before_sending_is_told_to_go_on_and_who_sends_too_little_is_let_go(monkeypatch):
    arriving, theirs = gathered(HEAD + b"Expect: 100-continue\r\nContent-Length: 4\r\n\r\n")
    assert theirs.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert not arriving.is_late
    arriving.since -= 25
    assert arriving.is_late
    theirs.close()
    arriving.close()


def test_no_more_is_gathered_than_any_form_holds_and_the_rest_is_read_as_it_comes(monkeypatch):
    monkeypatch.setattr("cimic.gathering.MOST", 200)
    head = HEAD + b"Content-Length: 1000000000000\r\n\r\n"
    arriving, theirs = gathered(head, b"a" * 50)
    assert not arriving.is_whole
    theirs.sendall(b"b" * 50)
    arriving.gather()
    assert arriving.is_whole
    arriving.hand_over()
    assert arriving.recv(10_000) == head + b"a" * 50 + b"b" * 50
    theirs.sendall(b"c" * 50)
    assert arriving.recv(10_000) == b"c" * 50
    theirs.close()
    arriving.close()
