"""Other systems are told, signed, at least once, what they may see; nothing inside is called.

The other system is a real HTTP process on loopback (``tests/receiver.py``).
"""

import base64
import datetime as dt
import hashlib
import hmac
import json
import socket
import ssl
import threading

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.db import IntegrityError, transaction
from django.test import Client

from common import clock
from common.models import IdempotentAnswer
from ledger.models import Entry, OutboxRow
from notices import services as notices
from notices.models import Notice, Webhook, WebhookAttempt, WebhookDelivery
from notices.vocabulary import EVENTS
from notices.webhooks import delivering, wire
from requests_app.models import AssistanceRequest
from tests.builders import (
    a_mission,
    a_person,
    a_submitted,
    carried_to,
    civil_answers,
    give,
    open_step,
    security_answers,
    who,
)
from tests.calling import Caller
from tests.receiver import a_receiver

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def receiving(tmp_path_factory):
    with a_receiver(tmp_path_factory.mktemp("receiver")) as receiver:
        yield receiver


@pytest.fixture(autouse=True)
def receiver(receiving, settings):
    receiving.file.unlink(missing_ok=True)
    settings.WEBHOOK_INSIDE_HOSTS = [receiving.inside]
    a_mission()
    return receiving


def registered(url, caller=None, **changed):
    """Register a webhook by the API; give its id and its secret."""
    body = {
        "name": f"Dashboard {Webhook.objects.count()}",
        "url": url,
        "events": list(EVENTS),
        "clearance": "unclassified",
        **changed,
    }
    made = (caller or Caller("admin")).tell("webhooks/", body, expect=201)
    return made["id"], made["secret"]


def is_signed_by(secret, told):
    """Check a message as a receiver does, by the specification and nothing of ours."""
    headers = told["headers"]
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + told["raw"]
    key = base64.b64decode(secret.removeprefix("whsec_"))
    right = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    given = [one.removeprefix("v1,") for one in headers["webhook-signature"].split(" ")]
    return any(hmac.compare_digest(right, one) for one in given)


def log_of(webhook_id):
    return Caller("admin").read(f"webhooks/{webhook_id}/deliveries/")["results"]


def test_what_happens_is_told_signed_and_once_with_no_name_nor_words_of_advice(receiver):
    webhook_id, secret = registered(f"{receiver.url}/200")
    rfa = carried_to(a_submitted(), "awaiting_decision")
    for _ in range(2):
        delivering.sweep()

    told = receiver.told()
    assert all(is_signed_by(secret, one) for one in told)
    assert not is_signed_by("whsec_" + base64.b64encode(b"x" * 32).decode(), told[0])
    said = [one["body"] for one in told]
    assert [one["type"] for one in said if one["type"].startswith("record.")] == [
        "record.under_review",
        "record.in_consultation",
        "record.awaiting_decision",
    ]
    opened = [one["data"] for one in said if one["type"] == "steps.opened"]
    assert opened[0]["steps"][0]["post"] == "chief.cimic"
    assert said[0]["data"]["reference"] == rfa.reference
    assert said[0]["data"]["title"] == rfa.title
    words = json.dumps(said)
    assert "seen and weighed" not in words
    assert who("sector.east").last_name not in words
    ids = [one["headers"]["webhook-id"] for one in told]
    assert len(ids) == len(set(ids)) == len(log_of(webhook_id))
    assert not OutboxRow.objects.filter(listener="webhooks", done_at=None).exists()


def test_P15_R22_P39_a_webhook_is_told_no_more_than_a_reader_of_its_clearance_sees(receiver):
    registered(f"{receiver.url}/open", name="open")
    registered(f"{receiver.url}/cleared", name="cleared", clearance="confidential")
    registered(
        f"{receiver.url}/partner",
        name="partner",
        organisation="Relief for Carana",
        events=["record.under_review"],
    )
    plain = a_submitted()
    own = a_submitted(by="partner.ngo")
    secret = a_submitted(civil_answers(title="Confidential matter"))
    strict = a_submitted(civil_answers(title="Strict matter"))
    for rfa, level in ((secret, 1), (strict, 2)):
        AssistanceRequest.objects.filter(pk=rfa.pk).update(classification=level)
    shy = a_submitted(civil_answers(title="Shy matter", low_profile=True))
    a_submitted(security_answers(humanitarian=True, title="Hidden matter"), by="partner.ngo")
    delivering.sweep()

    def seen(path):
        found = [one["body"] for one in receiver.told() if one["path"] == path]
        return {one["data"]["reference"]: one["data"]["title"] for one in found}

    unclassified = {
        plain.reference: plain.title,
        own.reference: own.title,
        shy.reference: None,
    }
    assert seen("/open") == unclassified
    assert seen("/cleared") == {**unclassified, secret.reference: None}
    assert seen("/partner") == {own.reference: own.title}
    assert strict.reference not in json.dumps([one["body"] for one in receiver.told()])
    assert "matter" not in json.dumps([one["body"] for one in receiver.told()])


def test_P15_what_was_classified_before_it_was_sent_is_withheld(receiver):
    webhook_id, _secret = registered(f"{receiver.url}/200", events=["record.under_review"])
    rfa = a_submitted()
    delivering.take_from_outbox()
    AssistanceRequest.objects.filter(pk=rfa.pk).update(classification=1)
    delivering.sweep()

    assert receiver.told() == []
    assert [line["state"] for line in log_of(webhook_id)] == ["withheld"]


def test_it_is_tried_again_later_each_time_under_one_id_and_given_up_after_days(receiver):
    webhook_id, secret = registered(f"{receiver.url}/500", events=["record.under_review"])
    a_submitted()
    at = clock.now()
    pauses = []
    for _ in range(40):
        with clock.telling(at):
            delivering.sweep()
        delivery = WebhookDelivery.objects.get()
        if delivery.state == "given_up":
            break
        pauses.append((delivery.next_try_at - at).total_seconds())
        at = delivery.next_try_at

    assert pauses[:4] == [30, 60, 120, 240]
    assert max(pauses) == 6 * 3600
    assert sum(pauses) >= 3 * 86400
    told = receiver.told()
    assert {one["headers"]["webhook-id"] for one in told} == {delivery.message_id}
    assert len(told) == delivery.attempts == WebhookAttempt.objects.count()
    assert all(is_signed_by(secret, one) for one in told)
    line = log_of(webhook_id)[0]
    assert (line["last_status"], line["last_error"]) == (500, "It answered 500.")

    Webhook.objects.update(url=f"{receiver.url}/200")
    Caller("admin").tell(f"webhooks/{webhook_id}/deliveries/{line['id']}/again/", expect=202)
    delivering.sweep()
    assert log_of(webhook_id)[0]["state"] == "delivered"
    assert receiver.told()[-1]["headers"]["webhook-id"] == line["id"]


def test_what_fails_for_days_is_stopped_and_the_administrator_is_told(receiver):
    webhook_id, _secret = registered(f"{receiver.url}/500", events=["record.under_review"])
    other, _secret = registered(f"{receiver.url}/410", events=["record.under_review"], name="gone")
    a_submitted()
    delivering.sweep()
    assert Caller("admin").read(f"webhooks/{other}/")["state"] == "stopped"
    Webhook.objects.filter(pk=webhook_id).update(
        failing_since=clock.now() - dt.timedelta(days=5), rests_until=None
    )
    a_submitted()
    delivering.sweep()
    for row in notices.owed_rows():
        notices.take_from_outbox(row)

    assert Caller("admin").read(f"webhooks/{webhook_id}/")["state"] == "stopped"
    told = Notice.objects.filter(sort="webhook_stopped")
    assert {notice.person.username for notice in told} == {"admin"}
    assert Entry.objects.filter(act="webhook.stopped").count() == 2
    before = len(receiver.told())
    a_submitted()
    delivering.sweep()
    assert len(receiver.told()) == before
    Webhook.objects.filter(pk=webhook_id).update(url=f"{receiver.url}/200")
    Caller("admin").tell(f"webhooks/{webhook_id}/resume/")
    a_submitted()
    delivering.sweep()
    assert len(receiver.told()) > before


def test_one_that_fails_holds_up_no_other(receiver):
    registered(f"{receiver.url}/500", name="a", events=["record.under_review"])
    registered(f"{receiver.url}/200", name="b", events=["record.under_review"])
    for _ in range(3):
        a_submitted()
    delivering.sweep()

    paths = [one["path"] for one in receiver.told()]
    assert (paths.count("/500"), paths.count("/200")) == (1, 3)


def test_a_new_secret_signs_beside_the_old_one_for_a_day_and_is_shown_once(receiver):
    admin = Caller("admin")
    webhook_id, old = registered(f"{receiver.url}/200", admin)
    new = admin.tell(f"webhooks/{webhook_id}/rotate/")["secret"]
    admin.tell(f"webhooks/{webhook_id}/try/", expect=202)
    delivering.sweep()
    with clock.telling(clock.now() + dt.timedelta(hours=25)):
        WebhookDelivery.objects.update(state="owed", next_try_at=clock.now())
        delivering.sweep()

    first, second = receiver.told()
    assert (is_signed_by(old, first), is_signed_by(new, first)) == (True, True)
    assert (is_signed_by(old, second), is_signed_by(new, second)) == (False, True)
    for path in ("webhooks/", f"webhooks/{webhook_id}/"):
        assert 'secret":' not in json.dumps(admin.read(path)).replace("_secret", "")
    kept = json.dumps(list(Webhook.objects.values()), default=str)
    kept += json.dumps(list(Entry.objects.values("payload__text")))
    assert old not in kept
    assert new not in kept


def test_the_same_call_twice_registers_once_and_keeps_no_secret(receiver):
    admin = Caller("admin")
    body = {"name": "one", "url": f"{receiver.url}/200", "events": ["record.approved"]}
    body["clearance"] = "unclassified"
    first = admin.tell("webhooks/", body, expect=201, HTTP_IDEMPOTENCY_KEY="k-1")
    again = admin.tell("webhooks/", body, expect=201, HTTP_IDEMPOTENCY_KEY="k-1")

    assert {**first, "secret": ""} == {**again, "secret": ""}
    assert "secret" not in again
    assert first["secret"] not in json.dumps(list(IdempotentAnswer.objects.values("answer")))


OUTSIDERS = ["chief.cimic", "records.officer", "cos", "partner.ngo"]


def test_only_the_missions_own_administrator_keeps_them(receiver):
    a_mission("UNIT")
    webhook_id, _secret = registered(f"{receiver.url}/200")
    for username in OUTSIDERS:
        caller = Caller(username)
        caller.read("webhooks/", expect=403)
        caller.read(f"webhooks/{webhook_id}/", expect=403)
    foreign = Caller("unit.admin")
    assert foreign.read("webhooks/")["results"] == []
    foreign.read(f"webhooks/{webhook_id}/", expect=404)
    foreign.tell(f"webhooks/{webhook_id}/rotate/", expect=404)
    foreign.tell(f"webhooks/{webhook_id}/deliveries/msg_{'0' * 32}/again/", expect=404)

    registered(f"{receiver.url}/foreign", foreign, name="foreign")
    a_submitted()
    delivering.sweep()
    assert {one["path"] for one in receiver.told()} == {"/200"}


def test_a_change_names_the_version_it_was_made_on_and_is_recorded(receiver):
    admin = Caller("admin")
    webhook_id, _secret = registered(f"{receiver.url}/200", admin)
    path = f"/api/v1/webhooks/{webhook_id}/"
    assert admin.patch(path, {"name": "x"}, format="json").status_code == 428
    stale = admin.patch(path, {"name": "x"}, format="json", HTTP_IF_MATCH='"7"')
    assert stale.status_code == 412
    kept = admin.patch(path, {"events": ["record.closed"]}, format="json", HTTP_IF_MATCH='"0"')
    assert (kept.status_code, kept.json()["events"]) == (200, ["record.closed"])
    assert Entry.objects.filter(act__startswith="webhook.").count() == 2

    admin.tell(f"webhooks/{webhook_id}/end/")
    admin.read(f"webhooks/{webhook_id}/", expect=404)
    assert Webhook.objects.get().secret == ""


def test_P15_the_database_refuses_one_that_would_see_what_is_strictly_confidential(receiver):
    registered(f"{receiver.url}/200")
    with pytest.raises(IntegrityError), transaction.atomic():
        Webhook.objects.update(clearance=2)


INSIDE = [
    "https://127.0.0.1/",
    "https://127.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0/",
    "https://localhost/",
    "https://10.0.0.8/",
    "https://172.16.5.4/",
    "https://192.168.1.1/",
    "https://100.64.0.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://224.0.0.1/",
    "https://255.255.255.255/",
    "https://[::1]/",
    "https://[::]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:169.254.169.254]/",
    "https://[::127.0.0.1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[2002:7f00:1::]/",
    "https://[fe80::1]/",
    "https://[fd00:ec2::254]/",
    "https://[ff02::1]/",
]
MALFORMED = [
    "http://example.org/",
    "ftp://example.org/",
    "file:///etc/passwd",
    "https://example.org:22/",
    "https://example.org:99999/",
    "https://user:word@example.org/",
    "https://example.org/#x",
    "https:///x",
    "https://exa mple.org/",
    "https://example.org\\@127.0.0.1/",
    "https://example.org/\r\nHost: inside",
    "nonsense",
    "",
]


@pytest.mark.parametrize("way", ["registering", "calling"])
def test_nothing_inside_is_called_whichever_way_it_is_written(way):
    admin = Caller("admin")
    body = {"name": "x", "events": ["record.approved"], "clearance": "unclassified"}
    for url in INSIDE + MALFORMED:
        if way == "registering":
            refused = admin.tell("webhooks/", {**body, "url": url}, expect=400)
            assert [error["field"] for error in refused["errors"]] == ["url"], url
        else:
            answered = wire.call(url, b"{}", {})
            assert answered.status is None, url
            assert not answered.accepted, url


def test_a_name_that_means_another_host_a_moment_later_is_called_where_it_was_looked_at(
    monkeypatch, receiver
):
    """DNS rebinding: looked up once, and the connection goes to what was looked at."""
    answers = [["93.184.216.34"], ["127.0.0.1"]]
    connected = []

    def found(host, port, **more):
        return [(socket.AF_INET, 1, 6, "", (one, port)) for one in answers.pop(0)]

    def connect(address, timeout=None):
        connected.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(wire.socket, "getaddrinfo", found)
    monkeypatch.setattr(wire.socket, "create_connection", connect)
    assert wire.call("https://rebind.example/", b"{}", {}).error == wire.REFUSED
    assert connected == [("93.184.216.34", 443)]
    answers[:] = [["93.184.216.34", "10.0.0.1"]]
    assert wire.call("https://both.example/", b"{}", {}).error == wire.INSIDE
    assert len(connected) == 1


def test_an_answer_is_bounded_in_time_and_size_and_a_redirect_is_not_followed(
    monkeypatch, receiver
):
    monkeypatch.setattr(wire, "SECONDS_IN_ALL", 1.0)

    found = {
        word: wire.call(f"{receiver.url}/{word}", b"{}", {})
        for word in ("moved", "slow", "drip", "endless")
    }

    assert (found["moved"].status, found["moved"].error) == (302, wire.REDIRECTS)
    assert [one["path"] for one in receiver.told()] == ["/moved", "/slow", "/drip", "/endless"]
    assert found["slow"].error == found["drip"].error == wire.TOO_LATE
    assert found["endless"].status == 200
    assert max(one.milliseconds for one in found.values()) < 3000


def _self_signed(folder):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    at = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(at - dt.timedelta(days=1))
        .not_valid_after(at + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = serialization.NoEncryption()
    path = folder / "self-signed.pem"
    kept = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    path.write_bytes(kept + certificate.public_bytes(pem))
    return path


@pytest.mark.parametrize(("trusted", "error"), [(False, wire.BAD_CERTIFICATE), (True, "")])
def test_a_certificate_that_nobody_vouches_for_is_refused(
    tmp_path, settings, monkeypatch, trusted, error
):
    path = _self_signed(tmp_path)
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(path))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    settings.WEBHOOK_INSIDE_HOSTS = [f"localhost:{port}"]

    def serve():
        line, _address = listener.accept()
        try:
            with context.wrap_socket(line, server_side=True) as told:
                while not told.recv(65536).endswith(b"{}"):
                    pass
                told.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
        except OSError:
            line.close()

    thread = threading.Thread(target=serve)
    thread.start()
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]
    monkeypatch.setattr(wire.socket, "getaddrinfo", lambda *asked, **more: found)
    answered = wire.call(f"https://localhost:{port}/", b"{}", {})
    thread.join(5)
    listener.close()
    assert answered.error == error


def test_the_administrators_pages_register_try_and_send_again(receiver):
    browser = Client()
    browser.force_login(who("admin"))
    assert "Register a webhook" in browser.get("/webhooks/").content.decode()
    wrong = browser.post("/webhooks/", {"name": "x", "url": "https://127.0.0.1/"})
    assert wrong.status_code == 400
    assert "inside address" in wrong.content.decode()
    made = browser.post(
        "/webhooks/",
        {
            "name": "Dashboard",
            "url": f"{receiver.url}/200",
            "clearance": "confidential",
            "organisation": "",
            "events": ["record.approved", "steps.opened"],
        },
    )
    assert "whsec_" in made.content.decode()
    assert "no-store" in made["Cache-Control"]
    page = f"/webhooks/{Webhook.objects.get().pk}/"
    browser.post(f"{page}try/")
    delivering.sweep()
    shown = browser.get(page).content.decode()
    assert "whsec_" not in shown
    assert "Delivered" in shown
    assert receiver.told()[0]["body"]["type"] == "ping"
    again = browser.post(f"{page}deliveries/{WebhookDelivery.objects.get().pk}/again/", follow=True)
    assert "under the same id" in again.content.decode()
    delivering.sweep()
    one, two = receiver.told()
    assert one["headers"]["webhook-id"] == two["headers"]["webhook-id"]
    stranger = Client()
    stranger.force_login(a_person("nobody"))
    assert stranger.get("/webhooks/").status_code == 403
    give(open_step(a_submitted()))
