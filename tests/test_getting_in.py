"""Getting in: passwords, tries that lock nobody else out, sessions and what ends them."""

import datetime as dt
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.conf import settings as real
from django.contrib.auth.hashers import MD5PasswordHasher, identify_hasher, make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client

from access import tries
from access.models import Mail, Session, Tries
from access.passwords import OwnWordsValidator
from access.sessions import SessionStore
from common import clock
from common.clock import now
from ledger.models import Entry
from missions.models import AccessToken, Mission
from tests.builders import PASSWORD, a_mission, who
from tests.calling import Caller
from tests.entering import entered, letters, sign_in

pytestmark = pytest.mark.django_db
LONG = "seven grey parrots over Galasi"


@pytest.fixture(autouse=True)
def _mission_that_is_no_demonstration(settings):
    settings.DEMO = False
    a_mission()


# Passwords (ASVS 5.0, 6.2)


def test_passwords_are_hashed_by_scrypt_and_older_hashes_made_anew_at_sign_in(settings, client):
    settings.PASSWORD_HASHERS = real.PASSWORD_HASHERS[1:]  # without the tests' quick one
    person = who("gender")
    person.password = make_password(PASSWORD, hasher="pbkdf2_sha256")
    person.save()
    sign_in(client, "gender")

    assert identify_hasher(who("gender").password).algorithm == "scrypt"


@pytest.mark.parametrize(
    ("password", "holds"),
    [
        ("short but fine", False),
        ("1q2w3e4r5t6y7u8i9o0p", False),
        ("gender@unac.example", False),
        ("UNAC Carana mission UNAC", False),
        ("only small letters here", True),
        ("1837 4650 9928 1", True),
        ("un mot, deux mots, trois", True),
        ("x" * 40 + "yz and so on", True),
    ],
)
def test_a_password_is_long_not_common_not_ones_own_and_of_any_signs(password, holds):
    Mission.objects.update(country="Carana")
    person = who("gender")
    try:
        validate_password(password, person)
        found = True
    except ValidationError:
        found = False

    assert found is holds


def test_the_missions_own_words_are_named():
    with pytest.raises(ValidationError, match="mission's own"):
        OwnWordsValidator().validate("UNAC-CIMIC-Mission-2026")


def test_a_changed_password_ends_every_other_session_and_key_and_is_told(client, mailoutbox):
    elsewhere = Client()
    sign_in(client, "gender")
    sign_in(elsewhere, "gender")
    Caller("gender")
    changed = client.post(
        "/accounts/password/change/",
        {"oldpassword": PASSWORD, "password1": LONG, "password2": LONG},
    )

    assert changed.status_code == 302, changed.context["form"].errors
    assert (entered(client), entered(elsewhere)) == (True, False)
    assert not AccessToken.objects.filter(person=who("gender")).exists()
    assert [letter.subject for letter in letters(mailoutbox)] == [
        "Your password in CIMIC was changed"
    ]


def test_a_forgotten_password_is_set_by_a_link_that_opens_once(client, mailoutbox):
    client.post("/accounts/password/reset/", {"email": "gender@unac.example"})
    assert "unac" not in str(Mail.objects.values_list("body", "subject"))
    (letter,) = letters(mailoutbox)
    (link,) = re.findall(r"http://[^/]+(/\S+)", letter.body)
    form = client.get(link, follow=True)
    done = client.post(form.redirect_chain[-1][0], {"password1": LONG, "password2": LONG})

    assert done.status_code == 302
    assert sign_in(Client(), "gender", LONG).status_code == 302
    assert "no longer works" in Client().get(link, follow=True).content.decode()


def test_nobody_learns_who_has_an_account(client, mailoutbox):
    sign_in(client, "cos")  # the first call warms what is made once
    said = {}
    for name in ("cos", "nobody"):
        answer = sign_in(Client(), name, "not this one")
        said[name, "page"] = answer.content.decode().replace(name, "NAME")
        answer = client.post(
            "/api/v1/tokens/", {"username": name, "password": "not this"}, "application/json"
        )
        said[name, "api"] = (answer.status_code, answer.content)
        asked = Client().post("/accounts/password/reset/", {"email": f"{name}@unac.example"})
        said[name, "letter"] = (asked.status_code, asked["Location"])
    token = re.compile(r'name="csrfmiddlewaretoken" value="\w+"|X-CSRFToken": "\w+"')
    for door in ("page", "api", "letter"):
        one, other = (said[name, door] for name in ("cos", "nobody"))
        if door == "page":
            one, other = token.sub("", one), token.sub("", other)
        assert one == other, door
    assert [letter.to for letter in letters(mailoutbox)] == [["cos@unac.example"]]


class Counted(MD5PasswordHasher):
    """A hasher that tells how often it was asked."""

    times = 0

    def encode(self, password: str, salt: str) -> str:
        Counted.times += 1
        return str(super().encode(password, salt))


@pytest.mark.parametrize("door", ["page", "api"])
def test_nor_by_how_long_it_takes_each_try_hashes_once(settings, client, door):
    settings.PASSWORD_HASHERS = [f"{__name__}.Counted"]
    found = {}
    for name in ("cos", "cos@unac.example", "nobody", "nobody@unac.example"):
        Counted.times = 0
        if door == "page":
            sign_in(client, name, "not this one")
        else:
            said = {"username": name, "password": "not this one"}
            client.post("/api/v1/tokens/", said, "application/json")
        found[name] = Counted.times

    assert set(found.values()) == {1}, found


def test_asking_for_somebody_elses_link_fills_no_mailbox_and_keeps_nobody_out(mailoutbox):
    for number in range(14):
        Client().post(
            "/accounts/password/reset/",
            {"email": "gender@unac.example"},
            REMOTE_ADDR=f"203.0.113.{number}",
        )
    assert len(letters(mailoutbox)) == 10


def test_a_closed_account_is_told_only_to_who_knows_its_password(client):
    person = who("gender")
    person.is_active = False
    person.save()

    assert "not correct" in sign_in(client, "gender", "wrong one").content.decode()
    assert sign_in(client, "gender")["Location"] == "/accounts/inactive/"


# Tries that lock nobody else out


def wrong(client: Client, times: int, name: str = "gender", **more: str) -> str:
    for _time in range(times):
        answer = sign_in(client, name, "not this one", **more)
    return answer.content.decode()


def test_after_five_wrong_passwords_that_address_waits_longer_each_time(client):
    at = now()
    with clock.telling(at):
        assert "Too many" not in wrong(client, 5)
        assert "Wait 5 seconds" in wrong(client, 1)
        assert "Too many" in sign_in(client, "gender").content.decode()
    for seconds in (6, 12):
        at += dt.timedelta(seconds=seconds)
        with clock.telling(at):
            assert "not correct" in wrong(client, 1)
    with clock.telling(at + dt.timedelta(seconds=15)):
        assert "Too many" in sign_in(client, "gender").content.decode()
    with clock.telling(at + dt.timedelta(seconds=21)):
        assert sign_in(client, "gender").status_code == 302


def test_a_stranger_elsewhere_locks_nobody_out(client):
    wrong(Client(), 25, REMOTE_ADDR="198.51.100.7")

    assert sign_in(client, "gender").status_code == 302


def test_a_stranger_at_the_same_address_does_not_lock_out_a_browser_one_has_used(client):
    sign_in(client, "gender")
    client.post("/accounts/logout/")
    wrong(Client(), 9)

    assert "Too many" in sign_in(Client(), "gender").content.decode()
    assert sign_in(client, "gender").status_code == 302


def test_guessing_from_many_addresses_slows_strangers_for_minutes_and_never_a_known_browser(client):
    sign_in(client, "gender")
    client.post("/accounts/logout/")
    at = now()
    with clock.telling(at):
        for number in range(45):
            wrong(Client(), 1, REMOTE_ADDR=f"203.0.113.{number}")
        late = sign_in(Client(), "gender", REMOTE_ADDR="192.0.2.1").content.decode()
        assert "Too many" in late
        assert sign_in(client, "gender").status_code == 302
    with clock.telling(at + dt.timedelta(minutes=5, seconds=1)):
        assert sign_in(Client(), "gender", REMOTE_ADDR="192.0.2.1").status_code == 302


def test_the_table_of_tries_names_nobody(client):
    wrong(client, 2)

    assert Tries.objects.count() == 3
    assert all(
        re.fullmatch(r"[0-9a-f]{64}", key) for key in Tries.objects.values_list("key", flat=True)
    )
    with clock.telling(now() + dt.timedelta(days=32)):
        assert tries.forget_old() == 3


def test_a_burst_of_guesses_is_counted_one_by_one(live, settings):
    doors = tries.at_sign_in("192.0.2.9", "gender")

    def guess(_number: int) -> bool:
        try:
            tries.count(doors)
        except tries.TooManyTries:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(8) as pool:
        looked_at = sum(pool.map(guess, range(24)))
    assert looked_at == 5


def test_the_api_waits_as_the_page_does(client):
    body = {"username": "gender", "password": "not this one"}
    answers = [client.post("/api/v1/tokens/", body, "application/json") for _time in range(6)]

    assert [answer.status_code for answer in answers] == [401] * 5 + [429]
    assert answers[-1]["Retry-After"] == "5"
    assert answers[-1].json()["title"] == "Too many at once"
    assert "Too many" in sign_in(client, "gender").content.decode()


# Sessions


def test_a_session_is_kept_by_a_digest_of_what_the_browser_holds_and_sealed_with_it(client):
    sign_in(client, "gender", headers={"User-Agent": "Mozilla/5.0 (X11; Linux) Firefox/140.0"})
    key = client.cookies["sessionid"].value
    row = Session.objects.get(person=who("gender"))

    assert key not in f"{row.session_key} {row.session_data}"
    assert SessionStore("x" * 32).decode(row.session_data) == {}
    assert SessionStore(key).decode(row.session_data)["_auth_user_id"] == str(row.person_id)
    page = client.get("/account/").content.decode()
    assert "Firefox · Linux" in page
    assert "Here" in page


def test_the_key_changes_at_sign_in(client):
    client.get("/accounts/login/")
    session = client.session
    session["before"] = 1
    session.save()
    client.cookies["sessionid"] = before = session.session_key
    sign_in(client, "gender")

    assert client.cookies["sessionid"].value != before
    assert not Session.objects.filter(person=None).exists()


def test_a_session_ends_when_idle_and_however_busy_after_its_time(client, settings):
    sign_in(client, "gender")
    Session.objects.update(expire_date=now())
    assert not entered(client)
    sign_in(client, "gender")
    session = client.session
    session["began"] -= settings.SESSION_LASTS + 1
    session.save()
    assert not entered(client)
    assert not Session.objects.filter(person=who("gender")).exclude(expire_date__lt=now()).exists()


def test_pages_for_people_stay_in_no_shared_browser(client):
    sign_in(client, "gender")

    assert client.get("/inbox/")["Cache-Control"] == "no-store"
    left = client.post("/accounts/logout/")
    assert left["Clear-Site-Data"] == '"storage"'


def test_one_ends_another_browser_or_all_but_this_one(client):
    others = [Client() for _each in range(3)]
    for browser in (client, *others):
        sign_in(browser, "gender")
    rows = {row["id"]: row["current"] for row in client.get("/api/v1/sessions/").json()["results"]}
    assert sorted(rows.values()) == [False, False, False, True]
    client.post("/account/sign-out/", {"session": next(row for row in rows if not rows[row])})
    assert sum(entered(browser) for browser in others) == 2
    assert client.delete("/api/v1/sessions/").status_code == 204
    assert [entered(browser) for browser in (client, *others)] == [True, False, False, False]


def test_nobody_ends_a_session_of_somebody_else(client):
    sign_in(client, "gender")
    other = Client()
    sign_in(other, "cmcoord")
    row = Session.objects.get(person=who("cmcoord")).session_key

    assert client.delete(f"/api/v1/sessions/{row}/").status_code == 404
    client.post("/account/sign-out/", {"session": row})
    assert entered(other)


# Keys to the API


def test_a_key_is_a_digest_at_rest_shown_once_listed_and_revoked(client):
    caller = Caller("gender")
    token = caller.authorization.split()[1]
    assert token not in str(list(AccessToken.objects.values()))
    (line,) = caller.read("tokens/")["results"]
    assert set(line) == {"id", "name", "scopes", "proved_twice", "made_at", "expires_at", "used_at"}
    sign_in(client, "gender")
    assert client.post(f"/account/tokens/{line['id']}/end/").status_code == 302
    assert caller.get("/api/v1/me/").status_code == 401


def test_a_key_opens_what_its_scopes_say_until_it_expires(client):
    made = client.post(
        "/api/v1/tokens/",
        {
            "username": "sector.east",
            "password": PASSWORD,
            "scopes": ["requests:read", "notices:write"],
            "expires_in_hours": 1,
            "name": "the wall",
        },
        "application/json",
    )
    headers = {"authorization": f"Bearer {made.json()['token']}"}

    def opens(path: str, method: str = "get") -> bool:
        answer = getattr(client, method)(
            f"/api/v1/{path}", content_type="application/json", headers=headers
        )
        assert answer.status_code in {200, 201, 400, 403}, answer.content
        return bool(answer.status_code != 403)

    assert opens("requests/")
    assert opens("me/")
    assert opens("notices/read/", "post")
    assert not opens("requests/", "post")
    assert not opens("inbox/")
    assert not opens("tokens/")
    with clock.telling(now() + dt.timedelta(minutes=61)):
        assert client.get("/api/v1/me/", headers=headers).status_code == 401


def test_what_a_key_cannot_be_is_told_at_once(client):
    answer = client.post(
        "/api/v1/tokens/",
        {"username": "cos", "password": 5, "otp": 5, "scopes": "all", "expires_in_hours": 2161},
        "application/json",
    )

    assert answer.status_code == 400
    fields = [error["field"] for error in answer.json()["errors"]]
    assert fields == ["password", "otp", "scopes", "expires_in_hours"]


def test_making_a_key_on_the_page_asks_again_who_it_is_and_shows_it_once(client):
    sign_in(client, "gender")
    asked = {"name": "the wall", "scopes": ["read"], "days": "30"}
    page = client.post("/account/tokens/new/", asked).content.decode()
    (token,) = re.findall(r'<code class="secret">(\S+)</code>', page)
    headers = {"authorization": f"Bearer {token}"}
    assert Client().get("/api/v1/me/", headers=headers).status_code == 200
    session = client.session
    session["account_authentication_methods"] = [
        {**one, "at": one["at"] - 301} for one in session["account_authentication_methods"]
    ]
    session.save()
    assert client.post("/account/tokens/new/", asked)["Location"].startswith(
        "/accounts/reauthenticate/?next="
    )
    client.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": "/account/tokens/new/"})
    assert client.get("/account/tokens/new/").status_code == 200
    assert not Entry.objects.exists()


def test_there_is_one_door(client):
    assert client.get("/admin/login/?next=/admin/")["Location"] == "/accounts/login/?next=/admin/"
    for closed in ("/accounts/email/", "/accounts/confirm-email/", "/accounts/password/set/"):
        assert client.get(closed).status_code == 404
    assert "opened by the mission" in client.get("/accounts/signup/").content.decode()
