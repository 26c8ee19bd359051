"""The second factor: who must have one, how it is given, once, and what it opens."""

import json
import re

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings as real
from django.test import Client

from access.factors import prove
from access.tries import TooManyTries
from approvals import services as approvals
from approvals.invariants.competence import COMPETENT
from ledger.models import Entry
from missions.models import AccessToken, Post, User
from missions.policy import must_prove_twice
from missions.vocabulary import PROVES_TWICE, Role
from tests.builders import PASSWORD, POSTS, a_mission, in_days, who
from tests.calling import Caller
from tests.entering import (
    code_of,
    entered,
    factors_of,
    give_code,
    letters,
    sign_in,
    with_app,
    with_codes,
)

pytestmark = pytest.mark.django_db
TOKENS = "/api/v1/tokens/"
BINDING = {"decision", "board", "finding", "tasking", "capability"}


@pytest.fixture(autouse=True)
def _mission_that_is_no_demonstration(settings):
    settings.DEMO = False
    a_mission()


def ask_token(client: Client, username: str, **more: str):
    body = {"username": username, "password": PASSWORD, **more}
    return client.post(TOKENS, body, "application/json")


# Who must have one


def seats_of(said: object) -> set[tuple[str, str]]:
    """The kinds and roles of all seats in a baseline."""
    if isinstance(said, list):
        return set().union(*map(seats_of, said))
    if not isinstance(said, dict):
        return set()
    mine = {(said["kind"], said["role"])} if {"kind", "role"} <= set(said) else set()
    return mine.union(*map(seats_of, said.values()))


def test_P30_every_seat_that_decides_binds_or_tasks_belongs_to_a_post_that_proves_twice():
    baselines = json.loads((real.BASE_DIR / "approvals" / "baselines.json").read_text())
    deciding = {role for kind, role in seats_of(baselines) if kind in BINDING}

    assert deciding
    assert deciding | set().union(*COMPETENT.values()) <= PROVES_TWICE
    assert {Role.SRSG, Role.HOMC, Role.ADMINISTRATOR} <= PROVES_TWICE


def test_each_account_of_the_contract_must_or_need_not():
    must = {name for name in POSTS if must_prove_twice(who(name))}

    assert must == {
        "srsg",
        "dsrsg",
        "dsrsg.political",
        "designated.official",
        "homc",
        "ops",
        "dms",
        "cos",
        "chief.cimic",
        "records.officer",
        "admin",
    }


def test_whoever_acts_for_such_a_post_for_a_while_must_too_and_everybody_if_a_setting_says_so(
    settings,
):
    assert not must_prove_twice(who("civil.affairs"))
    settings.SECOND_FACTOR_FOR_ALL = True
    assert must_prove_twice(who("civil.affairs"))
    settings.SECOND_FACTOR_FOR_ALL = False
    approvals.delegate(
        actor=who("dsrsg"),
        post=Post.objects.get(code="dsrsg"),
        delegate=who("civil.affairs"),
        from_on=in_days(0),
        until_on=in_days(2),
    )
    assert must_prove_twice(who("civil.affairs"))


def test_the_demonstration_asks_nobody_and_says_so_where_one_signs_in(settings, client):
    settings.DEMO = True

    assert not any(must_prove_twice(who(name)) for name in POSTS)
    assert (
        "nobody is asked for a second factor here"
        in client.get("/accounts/login/").content.decode()
    )
    sign_in(client, "dsrsg")
    assert client.get("/inbox/").status_code == 200


# What is closed without


def test_a_post_that_decides_is_led_to_set_one_up_before_anything_else(client, mailoutbox):
    sign_in(client, "dsrsg")
    for path in ("/inbox/", "/register/", "/account/", "/account/tokens/new/", "/"):
        assert client.get(path)["Location"] == "/accounts/2fa/", path
    refused = client.get("/api/v1/inbox/")
    assert (refused.status_code, refused["Content-Type"]) == (403, "application/problem+json")
    assert "Your post decides" in client.get("/accounts/2fa/").content.decode()

    form = client.get("/accounts/2fa/totp/activate/").context["form"]
    wrong = client.post("/accounts/2fa/totp/activate/", {"code": "000000"})
    assert "Incorrect code" in wrong.content.decode()
    client.post("/accounts/2fa/totp/activate/", {"code": code_of(form.secret)})

    assert factors_of(who("dsrsg")) == ["recovery_codes", "totp"]
    assert client.get("/inbox/").status_code == 200
    assert (
        len(
            re.findall(
                r"<li><code>\d{8}", client.get("/accounts/2fa/recovery-codes/").content.decode()
            )
        )
        == 10
    )
    told = [letter.subject for letter in letters(mailoutbox)]
    assert told == ["A second factor was added to your account in CIMIC"]


def test_setting_one_up_ends_what_was_open_without_it(client):
    other = Client()
    sign_in(client, "gender")
    sign_in(other, "gender")
    Caller("gender")
    form = client.get("/accounts/2fa/totp/activate/").context["form"]
    before = client.cookies["sessionid"].value
    client.post("/accounts/2fa/totp/activate/", {"code": code_of(form.secret)})

    assert (entered(client), entered(other)) == (True, False)
    assert client.cookies["sessionid"].value != before
    assert not AccessToken.objects.exists()


def test_a_secret_lies_sealed_in_the_database():
    secret = with_app(who("dsrsg"))
    codes = with_codes(who("dsrsg"))

    kept = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in kept
    assert not any(code in kept for code in codes)


# Giving it


def test_after_the_password_the_code_is_asked_and_without_it_nothing_opens(client):
    secret = with_app(who("dsrsg"))
    asked = sign_in(client, "dsrsg")
    assert asked["Location"] == "/accounts/2fa/authenticate/"
    assert not entered(client)
    assert "is wrong" in give_code(client, "000000").content.decode()
    assert give_code(client, code_of(secret)).status_code == 302
    assert entered(client)


def test_a_code_counts_once_wherever_it_arrives(client):
    secret = with_app(who("dsrsg"))
    code = code_of(secret)
    sign_in(client, "dsrsg")
    give_code(client, code)
    other = Client()
    sign_in(other, "dsrsg")

    assert "used already" in give_code(other, code).content.decode()
    assert ask_token(other, "dsrsg", otp=code).status_code == 401
    assert prove(who("dsrsg"), code_of(secret, later=-1)) is None
    assert prove(who("dsrsg"), code_of(secret, later=1)) is not None


def test_a_recovery_code_opens_once(client):
    with_app(who("dsrsg"))
    code = with_codes(who("dsrsg"))[3]
    sign_in(client, "dsrsg")
    give_code(client, f"{code[:4]} {code[4:]}")
    assert entered(client)
    other = Client()
    sign_in(other, "dsrsg")
    give_code(other, code)
    assert not entered(other)


def test_guessed_codes_wait_longer_each_time_and_only_who_has_the_password_can_guess(client):
    secret = with_app(who("dsrsg"))
    sign_in(client, "dsrsg")
    for _time in range(6):
        give_code(client, "000000")
    assert "Too many" in give_code(client, code_of(secret)).content.decode()
    with pytest.raises(TooManyTries):
        prove(who("dsrsg"), code_of(secret))
    assert ask_token(client, "dsrsg", otp=code_of(secret)).status_code == 429


def test_the_last_factor_of_a_post_that_must_have_one_stays(client):
    secret = with_app(who("dsrsg"))
    sign_in(client, "dsrsg")
    give_code(client, code_of(secret))
    refused = client.post("/accounts/2fa/totp/deactivate/")
    assert "The last second factor stays" in refused.content.decode()
    assert factors_of(who("dsrsg")) == ["totp"]

    secret = with_app(who("gender"))
    sign_in(client := Client(), "gender")
    give_code(client, code_of(secret))
    client.post("/accounts/2fa/totp/deactivate/")
    assert factors_of(who("gender")) == []
    assert entered(client)


def test_factors_are_changed_only_after_proving_again(client):
    secret = with_app(who("gender"))
    sign_in(client, "gender")
    give_code(client, code_of(secret))
    session = client.session
    session["account_authentication_methods"] = [
        {**one, "at": one["at"] - 301} for one in session["account_authentication_methods"]
    ]
    session.save()
    for path in ("", "totp/deactivate/", "webauthn/add/", "recovery-codes/generate/"):
        asked = client.post(f"/accounts/2fa/{path}")
        assert asked["Location"].startswith("/accounts/reauthenticate/?next="), path
    assert factors_of(who("gender")) == ["totp"]
    again = client.post(
        "/accounts/2fa/reauthenticate/",
        {"code": code_of(secret, later=1), "next": "/accounts/2fa/"},
    )
    assert again["Location"] == "/accounts/2fa/"
    assert client.get("/accounts/2fa/").status_code == 200


# Keys to the API


def test_P30_a_key_for_a_post_that_decides_asks_for_a_code(client):
    refused = ask_token(client, "dsrsg")
    assert (refused.status_code, "second factor" in refused.json()["detail"]) == (403, True)
    secret = with_app(who("dsrsg"))
    (code, *_more) = with_codes(who("dsrsg"))
    assert ask_token(client, "dsrsg").status_code == 401
    assert ask_token(client, "dsrsg", otp="123456").status_code == 401
    assert set(ask_token(client, "dsrsg", otp=code_of(secret)).json()) == {"token", "expires_at"}
    assert ask_token(client, "dsrsg", otp=code).status_code == 200


def test_P30_a_key_given_without_a_code_opens_nothing_once_its_person_comes_to_decide():
    caller = Caller("civil.affairs")
    assert caller.get("/api/v1/inbox/").status_code == 200
    approvals.delegate(
        actor=who("dsrsg"),
        post=Post.objects.get(code="dsrsg"),
        delegate=who("civil.affairs"),
        from_on=in_days(0),
        until_on=in_days(2),
    )
    assert caller.get("/api/v1/inbox/").status_code == 401


def test_who_has_a_factor_gives_it_for_a_key_even_where_none_is_demanded(client):
    secret = with_app(who("gender"))

    assert ask_token(client, "gender").status_code == 401
    assert ask_token(client, "gender", otp=code_of(secret)).status_code == 200


def test_a_lost_factor_is_forgotten_by_the_administrator_and_set_up_anew(client, mailoutbox):
    with_app(who("dsrsg"))
    secret = with_app(who("admin"))
    sign_in(client, "admin")
    give_code(client, code_of(secret))
    client.post("/people/dsrsg/forget-factors/")

    assert factors_of(who("dsrsg")) == []
    (entry,) = Entry.objects.all()
    assert (entry.act, entry.actor.username) == ("account.factors_forgotten", "admin")
    assert "were forgotten" in letters(mailoutbox)[0].subject
    other = Client()
    sign_in(other, "dsrsg")
    assert other.get("/inbox/")["Location"] == "/accounts/2fa/"
    assert User.objects.get(username="dsrsg").check_password(PASSWORD)
