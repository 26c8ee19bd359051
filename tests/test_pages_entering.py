"""Getting in with a real browser: passkeys, codes, the pages in both colours, on a phone."""

import re
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from access.services import invitations
from access.services.mail import send_owed
from missions.models import Appointment, Post
from tests.builders import PASSWORD, a_mission, in_days, who
from tests.entering import code_of, with_app, with_codes
from tests.pages import PHONE, Desks

pytestmark = pytest.mark.browser
NARROW = PHONE | {"viewport": {"width": 360, "height": 740}}
AXE = Axe()


@pytest.fixture
def doors(site: str, browser: Any, settings: Any) -> Any:
    """Give browsers at a server that is no demonstration, by a name, as passkeys need one."""
    settings.DEMO = False
    a_mission()
    desks = Desks(browser, site.replace("127.0.0.1", "localhost"))
    yield desks
    desks.close()
    assert desks.troubles == []


def with_authenticator(page: Page) -> Any:
    """Give the browser a device that keeps passkeys and knows its person."""
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    device.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    return device


def sign_in(page: Page, username: str) -> None:
    page.goto("/accounts/login/")
    page.locator("[name=login]").fill(username)
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def sign_out(page: Page) -> None:
    page.goto("/accounts/logout/")
    page.get_by_role("main").get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(re.compile("/accounts/login/"))


def test_a_post_that_decides_sets_up_a_passkey_and_enters_with_it_alone(doors):
    page = doors.new_page()
    with_authenticator(page)
    sign_in(page, "dsrsg")
    expect(page.get_by_role("heading", level=1)).to_have_text("Second factor")
    page.get_by_role("link", name="Add a passkey").click()
    expect(page.get_by_label("Let it sign me in alone")).to_be_checked()
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Recovery codes")
    expect(page.locator(".codes li")).to_have_count(10)
    page.get_by_role("link", name="I have kept them: go on").click()
    expect(page).to_have_url(re.compile("/inbox/"))
    sign_out(page)

    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page).to_have_url(re.compile("/inbox/"))
    sign_out(page)

    sign_in(page, "dsrsg")  # and after the password, as the second factor
    expect(page).to_have_url(re.compile("/accounts/2fa/authenticate/"))
    page.get_by_role("button", name="Use a passkey").click()
    expect(page).to_have_url(re.compile("/inbox/"))
    page.goto("/accounts/2fa/webauthn/")
    expect(page.get_by_role("main")).to_contain_text("Signs in alone")
    page.goto("/accounts/2fa/webauthn/reauthenticate/?next=/account/")
    page.get_by_role("button", name="Use the passkey").click()
    expect(page).to_have_url(re.compile("/account/$"))


def test_a_passkey_that_is_refused_says_so_and_lets_one_try_again(doors):
    page = doors.new_page()
    with_authenticator(page)
    page.goto("/accounts/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()

    expect(page.get_by_text("That key was not used")).to_be_visible()


def test_without_scripts_one_enters_with_password_and_code(doors):
    secret = with_app(who("dsrsg"))
    page = doors.new_page(java_script_enabled=False)
    sign_in(page, "dsrsg")
    expect(page.get_by_role("heading", level=1)).to_have_text("Second factor")
    expect(page.get_by_role("button", name="Use a passkey")).to_have_count(0)
    page.locator("[name=code]").fill(code_of(secret))
    page.get_by_role("button", name="Sign in", exact=True).click()

    expect(page).to_have_url(re.compile("/inbox/"))


def test_no_page_of_getting_in_shuts_anybody_out_or_is_wider_than_a_phone(doors, mailoutbox):
    Appointment.objects.filter(post__code="unpol").delete()
    invitations.invite(
        actor=who("admin"),
        post=Post.objects.select_related("mission").get(code="unpol"),
        email="a.very.long.name.of.somebody@headquarters.unac.example",
        from_on=in_days(0),
    )
    send_owed()
    (link,) = re.findall(r"http://[^/]+(/invited/\S+)", mailoutbox[0].body)
    secret, _codes = with_app(who("admin")), with_codes(who("admin"))
    page = doors.new_page(**NARROW)
    broken, wide = {}, {}

    def look(name: str, path: str = "") -> None:
        if path:
            assert page.goto(path).ok, path
        for colours in ("light", "dark"):
            page.emulate_media(color_scheme=colours)
            page.wait_for_timeout(300)  # colours fade
            for found in AXE.run(page).response["violations"]:
                broken[name, colours, found["id"]] = [node["target"] for node in found["nodes"]][:3]
        over = page.evaluate("document.scrollingElement.scrollWidth - window.innerWidth")
        if over > 0:
            wide[name] = over

    for path in ("login", "password/reset", "password/reset/done", "signup", "inactive"):
        look(path, f"/accounts/{path}/")
    look("invited", link)
    sign_in(page, "admin")
    look("authenticate")
    page.locator("[name=code]").fill(code_of(secret))
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", level=1)).not_to_have_text("Second factor")
    for path in (
        "/account/",
        "/account/tokens/new/",
        "/people/",
        "/people/invite/",
        "/people/gender/close/",
        "/accounts/password/change/",
        "/accounts/reauthenticate/?next=/account/",
        "/accounts/2fa/",
        "/accounts/2fa/reauthenticate/?next=/account/",
        "/accounts/2fa/totp/deactivate/",
        "/accounts/2fa/webauthn/",
        "/accounts/2fa/webauthn/add/",
        "/accounts/2fa/recovery-codes/",
        "/accounts/2fa/recovery-codes/generate/",
    ):
        look(path, path)
    page.goto("/account/tokens/new/")
    page.get_by_label("Name").fill("the wall")
    page.get_by_role("button", name="Make it").click()
    look("token")
    page.goto("/people/invite/")
    page.get_by_role("button", name="Invite", exact=True).click()
    look("invite, refused")
    sign_out(page)
    sign_in(page, "dsrsg")
    look("demanded")
    look("app", "/accounts/2fa/totp/activate/")

    assert (broken, wide) == ({}, {})
