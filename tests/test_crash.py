"""Killed at the worst moment: nothing decided is lost, and whoever must act is told.

Real processes, ended with SIGKILL, and a real mail server in this one.
"""

import email
import os
import signal
import socket
import subprocess
import sys
from email.message import Message
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

from approvals.models import Answer
from ledger.models import Entry, OutboxRow
from ledger.verification import verify
from notices.models import Letter, Notice
from tests.builders import a_mission, a_submitted, open_step

CHECKOUT = Path(__file__).resolve().parent.parent

pytestmark = pytest.mark.usefixtures("live")


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class MailServer:
    """A mail server that keeps what it accepts, and may kill whoever sent it."""

    def __init__(self) -> None:
        self.accepted: list[Message] = []
        self.kills_sender = False
        self.controller = Controller(self, hostname="127.0.0.1", port=free_port())

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802
        self.accepted.append(email.message_from_bytes(envelope.content))
        if self.kills_sender:
            self.kills_sender = False
            os.kill(int(self.pid_file.read_text()), signal.SIGKILL)
        return "250 OK"

    pid_file: Path


@pytest.fixture
def mail_server(tmp_path):
    server = MailServer()
    server.pid_file = tmp_path / "sender.pid"
    server.controller.start()
    yield server
    server.controller.stop()


def in_a_process(code: str, mail_server: MailServer) -> "subprocess.CompletedProcess[str]":
    """Run code with Django set up, in a process of its own that sends to the mail server."""
    environment = {
        **os.environ,
        "CIMIC_EMAIL_URL": f"smtp://127.0.0.1:{mail_server.controller.port}",
        "DJANGO_SETTINGS_MODULE": "cimic.settings",
        "PID_FILE": str(mail_server.pid_file),
        "PYTHONPATH": str(CHECKOUT),
    }
    setting_up = (
        "import os, pathlib, signal, django\n"
        "pathlib.Path(os.environ['PID_FILE']).write_text(str(os.getpid()))\n"
        "django.setup()\n"
    )
    return subprocess.run(
        [sys.executable, "-c", setting_up + code],
        cwd=CHECKOUT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


SWEEP = "from notices.services import sweep\nsweep()\n"


def letters_to(mail_server: MailServer, address: str) -> list[str]:
    """The Message-IDs of what reached an address, in order."""
    return [message["Message-ID"] for message in mail_server.accepted if message["To"] == address]


def test_killed_between_a_decision_and_its_letters_they_are_sent_after_a_restart(mail_server):
    a_mission()
    step = open_step(a_submitted())
    died = in_a_process(
        "from approvals.models import Step\n"
        "from tests.builders import give\n"
        f"give(Step.objects.get(pk={step.pk}))\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n",
        mail_server,
    )
    assert died.returncode == -signal.SIGKILL
    assert Answer.objects.get(step=step).answer == "forward_recommended"
    assert not Notice.objects.exists()
    assert mail_server.accepted == []

    again = in_a_process(SWEEP, mail_server)
    in_a_process(SWEEP, mail_server)

    assert again.returncode == 0, again.stderr
    assert not OutboxRow.objects.filter(listener="notices", done_at=None).exists()
    for adviser in ("dms@unac.example", "gender@unac.example", "civil.affairs@unac.example"):
        assert len(letters_to(mail_server, adviser)) == 1
    assert verify().holds


def test_killed_between_the_mail_servers_acceptance_and_the_mark_it_is_sent_as_the_same_message(
    mail_server,
):
    a_mission()
    a_submitted()
    mail_server.kills_sender = True

    died = in_a_process(SWEEP, mail_server)
    assert died.returncode == -signal.SIGKILL
    assert len(mail_server.accepted) == 1
    assert not Letter.objects.exclude(sent_at=None).exists()
    again = in_a_process(SWEEP, mail_server)
    in_a_process(SWEEP, mail_server)

    assert again.returncode == 0, again.stderr
    first, second = letters_to(mail_server, "chief.cimic@unac.example")
    assert first == second
    assert Letter.objects.get(to="chief.cimic@unac.example").sent_at is not None
    assert Notice.objects.filter(person__username="chief.cimic").count() == 1


def test_killed_in_the_middle_of_telling_nothing_is_half_told(mail_server):
    a_mission()
    a_submitted()
    died = in_a_process(
        "from notices import services\n"
        "from django.db import transaction\n"
        "row = services.owed_rows()[-1]\n"
        "with transaction.atomic():\n"
        "    services.take_from_outbox(row)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n",
        mail_server,
    )
    assert died.returncode == -signal.SIGKILL
    assert not Notice.objects.exists()
    assert not Letter.objects.exists()

    in_a_process(SWEEP, mail_server)

    assert len(letters_to(mail_server, "chief.cimic@unac.example")) == 1


def test_killed_before_the_commit_a_decision_was_never_given(mail_server):
    a_mission()
    step = open_step(a_submitted())
    before = Entry.objects.count()
    died = in_a_process(
        "from approvals.models import Step\n"
        "from django.db import transaction\n"
        "from tests.builders import give\n"
        "with transaction.atomic():\n"
        f"    give(Step.objects.get(pk={step.pk}))\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n",
        mail_server,
    )

    assert died.returncode == -signal.SIGKILL
    assert not Answer.objects.exists()
    assert Entry.objects.count() == before
    step.refresh_from_db()
    assert step.state == "open"
    assert verify().holds
