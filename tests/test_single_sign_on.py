"""Single sign-on, against a provider in a process of its own: who gets in, what opens nothing."""

import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qs, urlsplit

import pytest
from django.core.cache import caches
from django.test import Client

from access.models import Invitation, OutsideIdentity
from access.services import invitations
from missions.models import Appointment, Post, User
from missions.queries import standings_of
from tests.builders import a_mission, in_days, who
from tests.entering import code_of, entered, give_code, with_app
from tests.provider import CLIENT, SECRET

pytestmark = pytest.mark.django_db
RIGHT = {"email": "gender@unac.example", "email_verified": True}


class Straight(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Run a provider; give its address and the file of its plan."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    plan = tmp_path_factory.mktemp("provider") / "plan.json"
    plan.write_text("{}")
    running = subprocess.Popen([sys.executable, "-m", "tests.provider", str(port), str(plan)])
    address = f"http://127.0.0.1:{port}"
    for _try in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            break
        except OSError:
            time.sleep(0.1)
    yield address, plan
    running.terminate()
    running.wait()


@pytest.fixture(autouse=True)
def plan(issuer: tuple[str, Path], settings: Any) -> Path:
    """Point the server at the provider; give its plan, which signs the gender adviser in."""
    settings.DEMO = False
    settings.SITE_URL = "http://testserver"
    settings.OIDC_ISSUER, path = issuer
    settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = CLIENT, SECRET
    settings.OIDC_ON_LOOPBACK = True
    caches["process"].clear()
    a_mission()
    tell(path, claims=RIGHT)
    return path


def tell(path: Path, **said: Any) -> None:
    path.write_text(json.dumps(said))


def sent_back(address: str) -> SplitResult:
    """Sign in at the provider; give the address it sends the browser back to."""
    with pytest.raises(urllib.error.HTTPError) as sent:
        urllib.request.build_opener(Straight).open(address, timeout=5)
    sent.value.close()
    assert sent.value.code == 302
    return urlsplit(sent.value.headers["Location"])


def go(client: Client, **changed: str) -> Any:
    """Go to the provider and come back, with what it says, or with something else."""
    out = client.get("/accounts/sso/?next=/inbox/")
    assert out.status_code == 302, out.content
    back = sent_back(out["Location"])
    query = {name: values[0] for name, values in parse_qs(back.query).items()} | changed
    return client.get(back.path, query)


def people() -> int:
    return User.objects.count()


def test_who_has_an_account_gets_in_by_a_verified_address_and_then_by_who_they_are(client, plan):
    assert go(client)["Location"] == "/inbox/"
    assert client.get("/api/v1/me/").json()["username"] == "gender"
    assert OutsideIdentity.objects.get().person == who("gender")
    tell(plan, claims={"email": "moved@elsewhere.example", "email_verified": False})
    assert go(other := Client())["Location"] == "/inbox/"
    assert entered(other)


def test_an_address_that_the_token_lacks_is_asked_for_once_it_is_about_the_same_person(
    client, plan
):
    tell(plan, claims={}, userinfo={**RIGHT, "sub": "two"})
    assert go(client).status_code == 403
    tell(plan, claims={}, userinfo={**RIGHT, "sub": "one"})
    assert go(client).status_code == 302
    assert entered(client)


@pytest.mark.parametrize(
    "lie",
    [
        {"claims": RIGHT | {"nonce": "of another sign-in"}},
        {"claims": RIGHT | {"nonce": None}},
        {"claims": RIGHT | {"aud": "another client"}},
        {"claims": RIGHT | {"aud": [CLIENT, "another"]}},
        {"claims": RIGHT | {"azp": "another client"}},
        {"claims": RIGHT | {"iss": "https://elsewhere.example"}},
        {"claims": RIGHT | {"exp": 1}},
        {"claims": RIGHT | {"exp": None}},
        {"claims": RIGHT | {"sub": None}},
        {"claims": RIGHT, "forged": True},
        {"claims": RIGHT, "algorithm": "none"},
        {"claims": RIGHT, "algorithm": "HS256"},
        {"claims": RIGHT, "kid": "two"},
        {"claims": RIGHT, "error": "access_denied"},
        {"claims": RIGHT, "state": "of another sign-in"},
    ],
    ids=lambda lie: ",".join(
        map(str, (set(lie) - {"claims"}) or (set(lie["claims"]) - set(RIGHT)))
    ),
)
def test_an_answer_that_does_not_hold_opens_nothing(client, plan, lie):
    tell(plan, **lie)
    refused = go(client)

    assert refused.status_code == 403
    assert "did not come to its end" in refused.content.decode()
    assert not entered(client)
    assert not OutsideIdentity.objects.exists()


def test_an_answer_opens_once_in_the_browser_that_set_out_and_with_its_verifier(client, plan):
    assert go(client, iss="https://elsewhere.example").status_code == 403
    assert go(client, code="guessed").status_code == 403
    assert go(client, state="").status_code == 403
    out = client.get("/accounts/sso/")
    state = parse_qs(urlsplit(out["Location"]).query)["state"][0]
    stranger = Client().get("/accounts/sso/callback/", {"state": state, "code": "x"})
    assert stranger.status_code == 403
    session = client.session
    session["sso"] = {**session["sso"], "verifier": "another"}
    session.save()
    back = sent_back(out["Location"])
    assert client.get(f"{back.path}?{back.query}").status_code == 403
    assert not entered(client)


@pytest.mark.parametrize(
    "claims",
    [
        {"email": "nobody@unac.example", "email_verified": True},
        {"email": "gender@unac.example", "email_verified": False},
        {"email": "gender@unac.example", "email_verified": "true"},
        {"email": "gender@unac.example"},
        {"email": "", "email_verified": True},
        {"email": "closed@unac.example", "email_verified": True},
    ],
)
def test_nobody_signs_up_nor_comes_in_by_an_address_that_is_not_verified(client, plan, claims):
    User.objects.filter(username="unpol").update(email="closed@unac.example", is_active=False)
    before = people()
    tell(plan, claims=claims)
    refused = go(client)

    assert (refused.status_code, people()) == (403, before)
    assert "Nobody here is known" in refused.content.decode()
    assert not entered(client)


def test_an_address_that_came_to_somebody_else_there_opens_nothing_here(client, plan):
    go(client)
    tell(plan, claims=RIGHT | {"sub": "two"})

    assert go(Client()).status_code == 403


def test_whoever_was_invited_comes_in_with_a_verified_address_and_holds_the_post(client, plan):
    Appointment.objects.filter(post__code="unpol").delete()
    invitations.invite(
        actor=who("admin"),
        post=Post.objects.select_related("mission").get(code="unpol"),
        email="gender2@unac.example",
        from_on=in_days(0),
    )
    tell(plan, claims={"email": "Gender2@unac.example", "email_verified": True})
    go(client)

    assert client.get("/api/v1/me/").json()["username"] == "gender2"
    assert [held.post.code for held in standings_of(who("gender2"))] == ["unpol"]
    assert Invitation.objects.get().accepted_by == who("gender2")
    assert not who("gender2").has_usable_password()


def test_P30_a_post_that_decides_gives_our_second_factor_unless_the_provider_asked_for_two(
    client, plan, settings
):
    deciding = {"email": "dsrsg@unac.example", "email_verified": True}
    tell(plan, claims=deciding | {"amr": ["pwd"]})
    go(client)
    assert client.get("/inbox/")["Location"] == "/accounts/2fa/"
    secret = with_app(who("dsrsg"))
    asked = go(browser := Client())
    assert asked["Location"] == "/accounts/2fa/authenticate/"
    give_code(browser, code_of(secret))
    assert browser.get("/inbox/").status_code == 200

    tell(plan, claims=deciding | {"amr": ["pwd", "mfa"]})
    go(trusted := Client())
    assert trusted.get("/inbox/").status_code == 200
    settings.OIDC_SECOND_FACTOR = ["urn:gold"]
    tell(plan, claims=deciding | {"acr": "urn:gold"})
    go(golden := Client())
    assert golden.get("/inbox/").status_code == 200
    tell(plan, claims=deciding | {"amr": ["mfa"]})
    assert go(Client())["Location"] == "/accounts/2fa/authenticate/"


def test_a_provider_that_is_away_is_said_and_none_is_not_there(client, settings):
    caches["process"].clear()
    settings.OIDC_ISSUER = "http://127.0.0.1:9"
    assert client.get("/accounts/sso/").status_code == 502
    settings.OIDC_ISSUER = ""
    assert client.get("/accounts/sso/").status_code == 404
    assert "Sign in with" not in client.get("/accounts/login/").content.decode().replace(
        "Sign in with a passkey", ""
    )


def test_nobody_is_sent_elsewhere_after_it(client, plan):
    out = client.get("/accounts/sso/?next=https://elsewhere.example/")
    assert out.status_code == 302
    assert client.session["sso"]["back"] == ""
