"""Letters by SMTP, to a real mail server: encrypted, signed in, once, and each on its own."""

import email
import email.policy
import json
import socket
import subprocess
import sys
import time
from email.message import EmailMessage
from pathlib import Path

import pytest

from notices import services as notices
from notices.models import Letter
from requests_app.models import AssistanceRequest
from tests.builders import a_mission, a_submitted, carried_to, civil_answers, who
from tests.receiver import CHECKOUT, free_port
from tests.test_webhooks import _self_signed

pytestmark = pytest.mark.django_db


class Post:
    """The mail server's process, and what it took."""

    def __init__(self, folder: Path) -> None:
        self.file, self.certificate = folder / "taken.jsonl", _self_signed(folder)
        self.port = free_port()

    def taken(self) -> dict[str, EmailMessage]:
        """Give what was taken, by who it went to."""
        if not self.file.exists():
            return {}
        lines = [json.loads(line) for line in self.file.read_text().splitlines()]
        assert all(line["encrypted"] and line["signed_in"] for line in lines)
        assert all(len(line["to"]) == 1 for line in lines)
        policy = email.policy.default
        return {
            line["to"][0]: email.message_from_string(line["letter"], policy=policy)
            for line in lines
        }


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    post = Post(tmp_path_factory.mktemp("post"))
    words = [sys.executable, "-m", "tests.mail_server", post.port, post.file, post.certificate]
    process = subprocess.Popen([str(word) for word in words], cwd=CHECKOUT)
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", post.port)) == 0:
                break
        time.sleep(0.05)
    yield post
    process.kill()
    process.wait()


@pytest.fixture
def post(server, settings, monkeypatch):
    server.file.unlink(missing_ok=True)
    monkeypatch.setenv("SSL_CERT_FILE", str(server.certificate))
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "localhost", server.port
    settings.EMAIL_USE_TLS = True
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "cimic", "letters"
    a_mission()
    return server


def moved(username: str, address: str) -> None:
    """Give somebody another address."""
    person = who(username)
    person.email = address
    person.save(update_fields=["email"])


def test_one_letter_that_is_refused_holds_up_no_other_and_is_tried_again_as_the_same(post):
    rfa = a_submitted()
    notices.sweep()
    moved("dms", "refused.dms@unac.example")
    moved("gender", "later.gender@unac.example")
    moved("civil.affairs", "full.affairs@unac.example")
    carried_to(rfa, "in_consultation")
    notices.sweep()

    assert "chief.cimic@unac.example" in post.taken()
    waiting = {letter.to: letter for letter in Letter.objects.filter(sent_at=None)}
    assert set(waiting) == {
        "refused.dms@unac.example",
        "later.gender@unac.example",
        "full.affairs@unac.example",
    }
    assert "550" in waiting["refused.dms@unac.example"].last_error
    assert "451" in waiting["later.gender@unac.example"].last_error
    assert "552" in waiting["full.affairs@unac.example"].last_error
    assert "requester" not in waiting["full.affairs@unac.example"].last_error

    Letter.objects.filter(sent_at=None).update(next_try_at="2026-01-01T00:00:00Z")
    notices.sweep()
    came = post.taken()["later.gender@unac.example"]
    assert came["Message-ID"] == waiting["later.gender@unac.example"].message_id
    assert set(Letter.objects.filter(sent_at=None).values_list("to", flat=True)) == {
        "refused.dms@unac.example",
        "full.affairs@unac.example",
    }


def test_P15_what_leaves_says_that_a_machine_wrote_it_and_tells_nothing_classified(post):
    rfa = a_submitted(civil_answers(title="Convoy by the northern road"))
    AssistanceRequest.objects.filter(pk=rfa.pk).update(classification=1)
    notices.sweep()

    (letter,) = post.taken().values()
    assert letter["Message-ID"].endswith("@unac.example>")
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["X-Auto-Response-Suppress"] == "All"
    assert letter["List-Id"] == "CIMIC UNAC <notices.unac.example>"
    assert rfa.reference in letter["Subject"]
    words = str(letter) + "".join(str(part.get_content()) for part in letter.iter_parts())
    assert "northern road" not in words
    assert "letters" not in str(letter["From"])


@pytest.mark.parametrize(
    "wrong", [{"EMAIL_HOST_PASSWORD": "no"}, {"EMAIL_USE_TLS": False}, {"EMAIL_HOST": "127.0.0.1"}]
)
def test_without_the_password_encryption_or_the_right_certificate_nothing_is_sent(
    post, settings, wrong
):
    for name, value in wrong.items():
        setattr(settings, name, value)
    a_submitted()
    notices.sweep()

    assert post.taken() == {}
    letter = Letter.objects.get()
    assert letter.sent_at is None
    assert letter.attempts == 1
    assert letter.last_error
