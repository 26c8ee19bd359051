"""What every answer carries against attackers, whoever asks for what, and what http is refused."""

import re

import pytest
from django.test import Client
from django.urls import path

from cimic.urls import urlpatterns as ours
from requests_app.models import AssistanceRequest
from tests.builders import a_mission, a_submitted, who
from tests.calling import Caller

handler500 = "cimic.refusals.failed"


def fall(request):
    """Fail as a fault of ours would."""
    raise RuntimeError("SELECT secret FROM drawer")


urlpatterns = [path("falls/", fall), path("api/v1/falls/", fall), *ours]

CARRIED = {
    "X-Content-Type-Options": r"nosniff",
    "X-Frame-Options": r"DENY",
    "Referrer-Policy": r"same-origin",
    "Cross-Origin-Opener-Policy": r"same-origin",
    "Cross-Origin-Resource-Policy": r"same-origin",
    "Permissions-Policy": r"geolocation=\(self\).*camera=\(\)",
    "Content-Security-Policy": (
        r"(?=.*default-src 'self'(;|$))(?=.*object-src 'none')(?=.*base-uri 'none')"
        r"(?=.*frame-ancestors 'none')(?!.*unsafe)"
    ),
}
NOT_OF_FILES = {"X-Frame-Options"}  # no frame shows a script; its policy says so too


@pytest.fixture
def reader(db):
    """Give somebody who is signed in, and a record to look at."""
    a_mission()
    client = Client(raise_request_exception=False)
    client.force_login(who("chief.cimic"))
    return client, a_submitted(by="unit.east").reference


@pytest.mark.urls("tests.test_protection")
@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/", 302),
        ("/accounts/login/", 302),
        ("/register/", 200),
        ("/register/{}/", 200),
        ("/register/UNAC-CA-1999-00001/", 404),
        ("/nowhere/", 404),
        ("/falls/", 500),
        ("/admin/", 302),
        ("/api/v1/requests/", 200),
        ("/api/v1/requests/{}/history/", 200),
        ("/api/v1/register.csv", 200),
        ("/api/v1/health/", 200),
        ("/api/v1/nowhere/", 404),
        ("/api/v1/falls/", 500),
        ("/static/cimic/js/frame.js", 200),
        ("/static/cimic/js/none.js", 404),
    ],
)
def test_every_answer_carries_what_protects_its_reader(reader, address, status):
    client, reference = reader

    answer = client.get(address.format(reference))

    if answer.streaming:
        b"".join(answer)
    assert answer.status_code == status
    missing = {
        name: answer.headers.get(name)
        for name, wanted in CARRIED.items()
        if not re.search(wanted, answer.headers.get(name, ""))
        and not (name in NOT_OF_FILES and address.startswith("/static/"))
    }
    assert missing == {}
    assert "Access-Control-Allow-Origin" not in answer
    assert "Server" not in answer
    assert "X-Powered-By" not in answer


@pytest.mark.urls("tests.test_protection")
@pytest.mark.parametrize("address", ["/falls/", "/api/v1/falls/"])
def test_a_fault_of_ours_tells_an_attacker_nothing(reader, address):
    client, _reference = reader

    answer = client.get(address)

    assert answer.status_code == 500
    assert not re.search(r"SELECT|drawer|RuntimeError|Traceback|\.py", answer.content.decode())


def test_http_leads_a_person_to_https_and_refuses_a_program(reader, settings):
    caller = Caller("chief.cimic")
    settings.HTTPS = settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.SECURE_HSTS_SECONDS = 31536000
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    client = Client()

    led = client.get("/register/")
    token = {"Authorization": caller.authorization}
    refused = client.get("/api/v1/requests/", headers=token)
    told = client.get("/api/v1/requests/", headers=token | {"X-Forwarded-Proto": "https"})

    assert (led.status_code, led["Location"]) == (301, "https://testserver/register/")
    assert refused.status_code == 403
    assert refused["Content-Type"] == "application/problem+json"
    assert "https" in refused.json()["detail"]
    assert told.status_code == 200
    assert told["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"


@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "text/plain", "application/json"]
)
@pytest.mark.parametrize("address", ["/requests/new/civil_assistance/", "/api/v1/requests/"])
def test_another_sites_page_posts_nothing_in_my_name(reader, address, kind):
    client = Client(enforce_csrf_checks=True)
    client.force_login(who("unit.east"))
    before = AssistanceRequest.objects.count()

    forged = client.post(
        address,
        '{"title": "Forged"}',
        content_type=kind,
        headers={"Origin": "https://evil.example"},
    )

    assert forged.status_code == 403
    assert AssistanceRequest.objects.count() == before


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PROPFIND", "GARBAGE"])
@pytest.mark.parametrize("address", ["/register/", "/api/v1/requests/", "/api/v1/tokens/"])
def test_a_method_that_nothing_here_is_done_by_does_nothing(reader, address, method):
    client, _reference = reader

    answer = client.generic(method, address)

    assert answer.status_code in {401, 403, 405}


@pytest.mark.parametrize(
    "next_",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "https:evil.example",
        "javascript:alert(1)",
        "http:///evil.example",
        "/%09/evil.example",
    ],
)
def test_sign_in_leads_nowhere_but_to_our_own_pages(db, next_):
    a_mission()
    client = Client()
    person = who("unit.east")
    person.set_password("a long password of hers")
    person.save()

    answer = client.post(
        "/accounts/login/",
        {"login": person.username, "password": "a long password of hers", "next": next_},
    )

    assert answer.status_code == 302
    assert "evil" not in answer["Location"].split("?")[0].replace("/%09/evil.example", "")
    assert not answer["Location"].startswith(("//", "http", "javascript", "/\\"))
