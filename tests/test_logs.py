"""A request is found again by its id, from the proxy to the letter; and lines tell no secret."""

import json
import logging
import smtplib
from io import StringIO

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.test import Client

from cimic.logs import logging_for, scrubbed
from common.clock import now
from common.models import Heartbeat
from common.tasks import heartbeat
from ledger.models import OutboxRow
from missions.models import User
from notices import services as notices
from tests.builders import PASSWORD, a_mission, a_submitted, civil_answers, who
from tests.calling import Caller

pytestmark = pytest.mark.django_db

OURS = "a1b2c3d4-from-the-proxy"


@pytest.fixture
def lines():
    """Give the lines that a server writes meanwhile, each as JSON."""
    stream = StringIO()
    config = logging_for("json")
    formatter = config["formatters"]["line"]
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter.pop("()")(**formatter))
    root, requests = logging.getLogger(), logging.getLogger("cimic.requests")
    was, before = root.level, requests.level
    root.addHandler(handler)
    root.setLevel("INFO")
    requests.setLevel("INFO")
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.removeHandler(handler)
    root.setLevel(was)
    requests.setLevel(before)


def test_one_id_leads_from_the_request_to_the_entrys_task_and_its_letter(lines):
    a_mission()
    caller = Caller("sector.east")
    reference = caller.draft(civil_answers())
    answer = caller.post(f"/api/v1/requests/{reference}/submit/", HTTP_X_REQUEST_ID=OURS)
    notices.sweep()

    assert answer["X-Request-ID"] == OURS
    assert OutboxRow.objects.filter(request_id=OURS).count() == 3
    sent = next(one for one in mail.outbox if one.to == ["chief.cimic@unac.example"])
    assert sent.extra_headers["X-Request-ID"] == OURS
    events = [line["event"] for line in lines() if line.get("request_id") == OURS]
    assert events[0] == "request"
    assert {"told", "letter sent"} <= set(events)


@pytest.mark.parametrize(
    "said", ["", "short", "x" * 65, "a b c d e f g", "<script>alert(1)", "ab\x00cdefgh"]
)
def test_an_id_that_is_not_well_formed_is_replaced(said):
    answer = Client().get("/api/v1/health/live/", headers={"X-Request-ID": said})

    assert answer["X-Request-ID"] != said
    assert len(answer["X-Request-ID"]) == 32


def test_a_refusal_and_a_failure_bear_the_id_to_quote(monkeypatch):
    a_mission()
    missing = Caller("sector.east").get("/api/v1/requests/nothing/", HTTP_X_REQUEST_ID=OURS)
    assert missing.json()["request_id"] == OURS

    def fail(*args, **more):
        raise ZeroDivisionError

    monkeypatch.setattr("missions.views.standings_of", fail)
    monkeypatch.setattr("cimic.api.standings_of", fail)
    browser = Client(raise_request_exception=False)
    browser.force_login(who("sector.east"))
    page = browser.get("/help/", headers={"X-Request-ID": OURS})
    assert page.status_code == 500
    assert OURS in page.content.decode()
    call = browser.get("/api/v1/me/", headers={"X-Request-ID": OURS})
    assert (call.status_code, call.json()["request_id"]) == (500, OURS)


def test_lines_hold_no_key_no_persons_name_or_address_and_nothing_that_was_searched_for(
    lines, monkeypatch
):
    a_mission()
    caller = Caller("sector.east")
    reference = caller.draft(civil_answers(contact="Amina Yusuf, +236 70 11 22 33"))
    caller.read("requests/?search=Leppko+massacre&page_size=5")
    browser = Client()
    browser.post("/accounts/login/", {"login": "sector.east", "password": "not-the-password"})
    browser.get("/accounts/password/reset/key/3-c9xyz-0123456789abcdef/")
    browser.get("/register/?search=Leppko+massacre")
    with transaction.atomic(), pytest.raises(IntegrityError) as broken:
        User.objects.create(username="sector.east", email="amina@unac.example")
    logging.getLogger("x").error("it broke", exc_info=broken.value)
    a_submitted()
    refused = smtplib.SMTPRecipientsRefused({"chief.cimic@unac.example": (550, b"no")})
    monkeypatch.setattr(
        "django.core.mail.backends.locmem.EmailBackend.send_messages",
        lambda *args: (_ for _ in ()).throw(refused),
    )
    notices.sweep()

    written = json.dumps(lines())
    assert "letter not sent" in written
    assert "it broke" in written
    for secret in (
        caller.authorization.removeprefix("Bearer "),
        PASSWORD,
        "not-the-password",
        "massacre",
        "Amina",
        "amina@",
        "70 11 22",
        "chief.cimic@",
        "c9xyz",
        reference,
        who("sector.east").last_name,
    ):
        assert secret not in written, secret
    routes = [line["route"] for line in lines() if line["event"] == "request"]
    assert "api/v1/requests/" in routes


def test_who_came_in_and_who_was_refused_is_in_the_log_by_number(lines):
    a_mission()
    person = who("sector.east")
    browser = Client()
    browser.post("/accounts/login/", {"login": "sector.east", "password": "not-the-password"})
    browser.post("/accounts/login/", {"login": "sector.east", "password": PASSWORD})
    browser.get("/compliance/")
    caller = Caller("sector.east")
    caller.read("compliance/", expect=403)
    Client().get("/api/v1/requests/", headers={"Authorization": "Bearer of-somebody-else"})

    said = [line["event"] for line in lines()]
    refused = [
        (line["route"], line["status"], line["person"])
        for line in lines()
        if line["event"] == "request" and line["status"] in {401, 403}
    ]

    assert "sign-in refused: wrong name or password" in said
    assert any(told.startswith(f"signed in: person {person.pk} by") for told in said)
    assert any(told.startswith(f"token given: person {person.pk}") for told in said)
    assert refused == [
        ("compliance/", 403, person.pk),
        ("api/v1/compliance/", 403, person.pk),
        ("api/v1/requests/", 401, None),
    ]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("postgres://cimic:s3cret@db/cimic", "postgres://…@db/cimic"),
        ("Authorization: Bearer abcdefghijkl", "Authorization: Bearer …"),
        ("whsec_YWJjZGVm", "whsec_…"),
        ("to amina@unac.example.", "to …@…."),
        ("GET /register/?search=x", "GET /register/?…"),
    ],
)
def test_what_is_secret_is_scrubbed_whatever_wrote_it(text, left):
    assert scrubbed(text) == left


def test_the_figures_are_for_whoever_has_the_token_and_say_what_waits(settings):
    a_mission()
    a_submitted()
    heartbeat()
    assert Client().get("/metrics").status_code == 404
    settings.METRICS_TOKEN = "scrape-0123456789"
    assert Client().get("/metrics", headers={"Authorization": "Bearer x"}).status_code == 404
    answer = Client().get("/metrics", headers={"Authorization": "Bearer scrape-0123456789"})

    said = dict(
        line.rsplit(" ", 1)
        for line in answer.content.decode().splitlines()
        if not line.startswith("#")
    )
    assert float(said['cimic_open_steps{seat_kind="review"}']) == 1
    assert float(said['cimic_outbox_rows{listener="notices"}']) >= 2
    assert float(said['cimic_outbox_age_seconds{listener="notices"}']) >= 0
    assert float(said["cimic_letters_waiting"]) == 0
    assert float(said["cimic_heartbeat_age_seconds"]) < 60
    assert Heartbeat.objects.get().at <= now()
    assert any(name.startswith("cimic_requests_total{") for name in said)


def test_a_process_is_live_without_the_database_and_ready_only_with_it(monkeypatch):
    assert Client().get("/api/v1/health/live/").json() == {"status": "up"}
    assert Client().get("/api/v1/health/").json()["database"] == "up"
