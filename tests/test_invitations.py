"""Asking people in, and ending what they have open: by page and API, in the mission's ledger."""

import datetime as dt
import re
from typing import Any

import pytest
from django.test import Client

from access.models import Invitation, Mail
from access.queries import people_for
from access.services import accounts, invitations
from common import clock
from common.clock import now
from common.errors import Forbidden, Malformed, NotNow
from ledger.models import Entry
from ledger.verification import verify
from missions.models import AccessToken, Appointment, Post, User
from missions.queries import standings_of
from tests.builders import a_mission, in_days, who
from tests.calling import Caller
from tests.entering import entered, letters, sign_in

pytestmark = pytest.mark.django_db
LONG = "seven grey parrots over Galasi"
API = "/api/v1/"


@pytest.fixture(autouse=True)
def _mission():
    a_mission()
    Appointment.objects.filter(post__code="human.rights").delete()


def post_of(code: str, mission: str = "UNAC") -> Post:
    return Post.objects.select_related("mission").get(code=code, mission__code=mission)


def invited(**more: Any) -> Invitation:
    said: dict[str, Any] = {
        "actor": who("admin"),
        "post": post_of("human.rights"),
        "email": "Ada.Nwosu@unac.example",
        "from_on": in_days(0),
        "first_name": "Ada",
        "last_name": "Nwosu",
    }
    return invitations.invite(**said | more)


def link_in(letter: Any) -> str:
    (found,) = re.findall(r"http://[^/]+(/invited/\S+)", letter.body)
    return str(found)


def accept_by(client: Client, link: str, **more: str) -> Any:
    client.get(link, follow=True)
    said = {
        "username": "ada.nwosu",
        "first_name": "Ada",
        "last_name": "Nwosu",
        "password": LONG,
    }
    return client.post("/invited/", said | more)


def acts() -> list[str]:
    return list(Entry.objects.order_by("pk").values_list("act", flat=True))


def test_whoever_is_invited_opens_the_account_by_the_link_and_holds_the_post(client, mailoutbox):
    invited()
    (letter,) = letters(mailoutbox)
    assert (letter.to, letter.subject) == (
        ["ada.nwosu@unac.example"],
        "[UNAC] Your account in CIMIC",
    )
    link = link_in(letter)
    secret = link.split("/")[3]
    assert secret not in str([*Invitation.objects.values(), *Mail.objects.values()])
    shown = client.get(link, follow=True)
    assert shown.redirect_chain == [("/invited/", 302)]
    assert "Human rights" in shown.content.decode()
    assert accept_by(client, link).status_code == 302

    person = who("ada.nwosu")
    assert person.check_password(LONG)
    assert [held.post.code for held in standings_of(person)] == ["human.rights"]
    assert sign_in(client, "ada.nwosu", LONG).status_code == 302
    assert acts() == ["invitation.made", "invitation.accepted"]
    assert verify().holds


def test_a_link_opens_once_for_three_days_and_not_for_whoever_guesses(mailoutbox):
    made = invited()
    (letter,) = letters(mailoutbox)
    link = link_in(letter)
    wrong = f"/invited/{made.pk}/{'x' * 43}/"
    assert Client().get(wrong, follow=True).status_code == 404
    with clock.telling(now() + dt.timedelta(days=3, minutes=1)):
        assert Client().get(link, follow=True).status_code == 404
    late = Client()
    late.get(link, follow=True)
    assert accept_by(Client(), link).status_code == 302
    assert Client().get(link, follow=True).status_code == 404
    said = {"username": "eve", "first_name": "E", "last_name": "E", "password": LONG}
    assert late.post("/invited/", said).status_code == 404
    assert User.objects.filter(username="eve").count() == 0


def test_what_is_wrong_with_the_new_account_is_told_all_at_once(client, mailoutbox):
    invited()
    link = link_in(letters(mailoutbox)[0])
    answer = accept_by(client, link, username="CMCoord", password="short")

    assert answer.status_code == 400
    assert sorted(answer.context["form"].errors) == ["password", "username"]
    assert accept_by(client, link).status_code == 302


def test_sent_again_the_old_link_opens_nothing_and_taken_back_none_does(mailoutbox):
    made = invited()
    first = link_in(letters(mailoutbox)[0])
    invitations.send_again(actor=who("admin"), invitation=made)
    assert Client().get(first, follow=True).status_code == 404
    second = link_in(letters(mailoutbox)[1])
    assert Client().get(second, follow=True).status_code == 200
    invitations.withdraw(actor=who("admin"), invitation=made)
    assert Client().get(second, follow=True).status_code == 404
    with pytest.raises(NotNow):
        invitations.send_again(actor=who("admin"), invitation=made)
    assert acts() == ["invitation.made", "invitation.sent_again", "invitation.withdrawn"]


def test_all_that_is_wrong_with_an_invitation_is_told():
    with pytest.raises(Malformed) as refusal:
        invited(email="CMCoord@unac.example", from_on=in_days(-1), post=post_of("cos"))
    assert [error.field for error in refusal.value.errors] == ["email", "from_on", "post"]
    invited()
    with pytest.raises(NotNow):
        invited()


def test_a_post_given_away_meanwhile_is_not_taken_twice(client, mailoutbox):
    invited()
    link = link_in(letters(mailoutbox)[0])
    Appointment.objects.create(
        post=post_of("human.rights"), person=who("gender"), from_on=in_days(0)
    )

    answer = accept_by(client, link)
    assert (answer.status_code, User.objects.filter(username="ada.nwosu").exists()) == (409, False)


def test_only_the_missions_own_administrator_invites_and_sees_who_is_invited(client):
    a_mission("UNMX")
    for name in ("chief.cimic", "srsg", "unmx.admin"):
        with pytest.raises(Forbidden):
            invited(actor=who(name))
    made = invited()
    assert Caller("unmx.admin").read("invitations/")["results"] == []
    Caller("unmx.admin").tell(f"invitations/{made.pk}/withdraw/", expect=404)
    names = set(people_for(who("unmx.admin")).values_list("username", flat=True))
    assert names
    assert all(name.startswith("unmx.") for name in names)
    client.force_login(who("chief.cimic"))
    for path in ("/people/", "/people/invite/", "/people/gender/close/"):
        assert client.get(path).status_code in {302, 403}, path
    assert client.get("/people/").status_code == 403


def test_inviting_by_the_api(mailoutbox):
    admin = Caller("admin")
    asked = {"email": "ada@unac.example", "post": "human.rights", "from_on": str(in_days(0))}
    made = admin.tell("invitations/", asked, expect=201)
    assert (made["post"], made["capacity"], made["sent_at"]) == ("human.rights", "holder", None)
    assert "digest" not in made
    refused = admin.tell("invitations/", {**asked, "post": "nowhere", "email": "x"}, expect=400)
    assert sorted(error["field"] for error in refused["errors"]) == ["email", "post"]
    admin.tell(f"invitations/{made['id']}/resend/")
    admin.tell(f"invitations/{made['id']}/withdraw/")
    assert Caller("admin").read("invitations/")["results"][0]["withdrawn_at"]
    Caller("chief.cimic").tell("invitations/", asked, expect=403)
    with clock.telling(now() + dt.timedelta(minutes=61)):
        admin.tell("invitations/", asked, expect=403)
    assert letters(mailoutbox) == []


def test_inviting_by_the_page(client, mailoutbox):
    sign_in(client, "admin")
    asked = {
        "email": "ada@unac.example",
        "post": post_of("human.rights").pk,
        "capacity": "holder",
        "from_on": str(in_days(0)),
        "language": "fr",
    }
    assert client.post("/people/invite/", {**asked, "from_on": ""}).status_code == 400
    assert client.post("/people/invite/", asked)["Location"] == "/people/"
    assert "ada@unac.example" in client.get("/people/").content.decode()
    (made,) = Invitation.objects.all()
    client.post(f"/people/invitations/{made.pk}/resend/")
    client.post(f"/people/invitations/{made.pk}/withdraw/")
    assert acts() == ["invitation.made", "invitation.sent_again", "invitation.withdrawn"]


# Ending what is open


@pytest.fixture
def open_account() -> tuple[Client, Caller]:
    browser = Client()
    sign_in(browser, "gender")
    return browser, Caller("gender")


def is_open(opened: tuple[Client, Caller]) -> tuple[bool, bool]:
    browser, caller = opened
    return entered(browser), caller.get("/api/v1/me/").status_code == 200


def test_the_administrator_signs_somebody_out_everywhere(open_account, mailoutbox):
    assert is_open(open_account) == (True, True)
    after = Caller("admin").tell("people/gender/end-access/")

    assert is_open(open_account) == (False, False)
    assert (after["is_signed_in"], after["has_tokens"], after["is_active"]) == (False, False, True)
    assert acts() == ["account.access_ended"]
    assert letters(mailoutbox)[0].subject == "You were signed out of CIMIC everywhere"
    assert sign_in(Client(), "gender").status_code == 302


def test_a_closed_account_is_closed_at_once_and_opens_again(open_account, client):
    sign_in(client, "admin")
    assert "Close this account?" in client.get("/people/gender/close/").content.decode()
    client.post("/people/gender/close/")

    assert is_open(open_account) == (False, False)
    assert sign_in(Client(), "gender")["Location"] == "/accounts/inactive/"
    assert client.post("/people/gender/close/").status_code == 409
    client.post("/people/gender/reopen/")
    assert sign_in(Client(), "gender")["Location"] != "/accounts/inactive/"
    assert acts() == ["account.closed", "account.reopened"]


def test_an_account_closed_in_the_administration_ends_the_same(open_account, client):
    admin = who("admin")
    admin.is_staff = admin.is_superuser = True
    admin.save()
    sign_in(client, "admin")
    person = who("gender")
    said = {"username": "gender", "email": "new@unac.example", "language": "en"}
    client.post(f"/admin/missions/user/{person.pk}/change/", said)

    assert not who("gender").is_active
    assert not AccessToken.objects.filter(person=person).exists()
    assert is_open(open_account) == (False, False)
    assert client.get("/admin/missions/user/add/").status_code == 403
    assert client.post(f"/admin/missions/user/{person.pk}/password/", {}).status_code == 403
    assert Mail.objects.get().to == "gender@unac.example"


def test_nobody_closes_their_own_account_or_the_installations_administrators():
    chief = who("srsg")
    chief.is_superuser = True
    chief.save()
    for name in ("admin", "srsg"):
        with pytest.raises(Forbidden):
            accounts.close_account(actor=who("admin"), person=who(name))


def test_an_account_that_two_missions_rest_on_is_closed_by_neither_alone():
    a_mission("UNMX")
    person = who("gender")
    Appointment.objects.filter(post=post_of("gender", "UNMX")).delete()
    Appointment.objects.create(post=post_of("gender", "UNMX"), person=person, from_on=in_days(-1))
    for deed in (accounts.close_account, accounts.forget_factors):
        with pytest.raises(Forbidden, match="another mission"):
            deed(actor=who("admin"), person=person)
    accounts.end_access(actor=who("unmx.admin"), person=person)
    assert [entry.chain.mission.code for entry in Entry.objects.all()] == ["UNMX"]


# Letters


def test_a_letter_that_cannot_be_sent_waits_and_a_dead_link_is_not_sent(settings, mailoutbox):
    made = invited()
    settings.EMAIL_BACKEND = "tests.entering.Away"
    assert letters(mailoutbox) == []
    letter = Mail.objects.get()
    assert (letter.attempts, letter.last_error) == (1, "ConnectionRefusedError: away")
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert letters(mailoutbox) == []  # not yet
    with clock.telling(now() + dt.timedelta(minutes=2)):
        assert [sent.extra_headers["Message-ID"] for sent in letters(mailoutbox)] == [
            letter.message_id
        ]
        assert Client().get(link_in(mailoutbox[0]), follow=True).status_code == 200
    invitations.send_again(actor=who("admin"), invitation=made)
    invitations.withdraw(actor=who("admin"), invitation=made)
    assert len(letters(mailoutbox)) == 1
