"""Every page opens for whom it is for: at once, in both colours, by keyboard, on a phone."""

import gzip
import re
import sys

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from missions.models import User
from tests.builders import (
    PASSWORD,
    a_draft,
    a_refused,
    a_started,
    a_submitted,
    carried_to,
    civil_answers,
    open_step,
    qip_answers,
    security_answers,
)
from tests.pages import PHONE, enter, press

pytestmark = pytest.mark.browser

# The contract's accounts, and the page that each opens first.
FIRST = {
    "unit.east": "/requests/",
    "sector.east": "/requests/",
    "sector.west": "/requests/",
    "chief.cimic": "/register/",
    "cimic.staff": "/inbox/",
    "cmcoord": "/inbox/",
    "civil.affairs": "/inbox/",
    "gender": "/inbox/",
    "human.rights": "/inbox/",
    "unpol": "/inbox/",
    "qip.manager": "/inbox/",
    "dms": "/inbox/",
    "dsrsg": "/inbox/",
    "dsrsg.office": "/inbox/",
    "dsrsg.political": "/inbox/",
    "designated.official": "/inbox/",
    "undss": "/inbox/",
    "ops": "/inbox/",
    "homc": "/register/",
    "srsg": "/register/",
    "cos": "/compliance/",
    "evaluator": "/compliance/",
    "records.officer": "/register/",
    "partner.ngo": "/requests/",
    "partner.un": "/requests/",
    "admin": "/admin/",
}
PAGES = ("/requests/", "/requests/new/", "/inbox/", "/register/", "/extreme/", "/help/")
SERIOUS = {"serious", "critical"}
AXE = Axe()


def records():
    """Make a record of every turn, and return where each is read: by whom, at which address."""
    draft = a_draft()
    reviewed = a_submitted()
    decided = carried_to(a_submitted(), "awaiting_decision")
    project = a_submitted(qip_answers(), by="partner.ngo")
    started, refused = a_started(), a_refused()
    return {
        "form": ("sector.east", f"/requests/{draft.reference}/edit/"),
        "form, project": ("partner.ngo", "/requests/new/qip/"),
        "form, security": ("partner.ngo", "/requests/new/security_assistance/"),
        "check": ("sector.east", f"/requests/{draft.reference}/check/"),
        "sent": ("sector.east", f"/requests/{reviewed.reference}/sent/"),
        "withdraw": ("sector.east", f"/requests/{reviewed.reference}/withdraw/"),
        "mine": ("sector.east", "/requests/?show=all"),
        "inbox": ("chief.cimic", "/inbox/"),
        "step": ("chief.cimic", f"/steps/{open_step(reviewed).pk}/"),
        "decision": ("dsrsg", f"/steps/{open_step(decided).pk}/"),
        "register": ("chief.cimic", "/register/"),
        "case": ("chief.cimic", f"/register/{started.reference}/"),
        "case, project": ("partner.ngo", f"/register/{project.reference}/"),
        "case, refused": ("chief.cimic", f"/register/{refused.reference}/"),
        "deed": ("chief.cimic", f"/register/{started.reference}/task/complete/"),
        "extreme": ("unit.east", "/extreme/"),
    }


def test_each_account_is_sent_to_the_page_it_opens_first(desk):
    User.objects.filter(username="admin").update(is_staff=True, is_superuser=True)
    landed = {}
    page = desk.new_page()
    for username in FIRST:
        page.context.clear_cookies()
        enter(page, username)
        assert page.goto("/").status == 200
        expect(page.get_by_role("heading", level=1).first).to_be_visible()
        landed[username] = page.url.removeprefix(desk.address).split("?")[0]

    assert landed == FIRST


def test_every_page_opens_for_those_it_is_for_and_nothing_fails_in_it(desk):
    places = records()
    seen = {}
    for name, (username, path) in places.items():
        seen[name] = desk(username).goto(path).status
    for path in PAGES:
        for username in ("sector.east", "chief.cimic", "dsrsg", "partner.ngo", "evaluator"):
            seen[path, username] = desk(username).goto(path).status
    stranger = desk.new_page()
    for path in ("/accounts/login/", "/help/"):
        seen[path] = stranger.goto(path).status

    assert {name: status for name, status in seen.items() if status != 200} == {}


def test_a_stranger_is_asked_to_sign_in_and_then_led_on(desk):
    rfa = a_submitted()
    page = desk.new_page()
    page.goto(f"/register/{rfa.reference}/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")

    page.locator("[name=login]").fill("chief.cimic@unac.example")
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()

    expect(page.get_by_role("heading", level=1)).to_have_text(rfa.title)


def test_in_the_demonstration_one_enters_as_a_post_from_the_list(desk):
    page = desk.new_page()
    page.goto("/accounts/login/")
    page.get_by_role("button").filter(has_text="chief.cimic").click()

    expect(page).to_have_url(re.compile("/register/"))
    expect(page.get_by_role("banner")).to_contain_text("Chief Cimic")


def test_a_wrong_password_is_told_and_nobody_enters(desk):
    page = desk.new_page()
    page.goto("/accounts/login/")
    page.locator("[name=login]").fill("chief.cimic")
    page.locator("[name=password]").fill("not this")
    page.get_by_role("button", name="Sign in", exact=True).click()

    expect(page.get_by_role("alert")).to_contain_text("not correct")
    assert page.goto("/inbox/").url.endswith("/accounts/login/?next=/inbox/")


def test_nobody_meets_a_page_that_is_not_theirs(desk):
    rfa = a_submitted(security_answers(requester_class="humanitarian"), by="partner.ngo")
    step = open_step(rfa)
    expected = {
        ("ops", f"/register/{rfa.reference}/"): 404,
        ("ops", f"/steps/{step.pk}/"): 404,
        ("partner.un", f"/register/{rfa.reference}/"): 404,
        ("partner.un", f"/requests/{rfa.reference}/edit/"): 404,
        ("evaluator", "/requests/new/civil_assistance/"): 403,
        ("partner.ngo", f"/register/{rfa.reference}/close/"): 403,
        ("chief.cimic", "/register/UNAC-CA-2026-9999/"): 404,
    }

    met = {place: desk(place[0]).goto(place[1]).status for place in expected}

    assert met == expected
    for username in ("ops", "evaluator"):
        expect(desk(username).get_by_role("heading", level=1)).to_be_visible()


def test_no_page_shuts_anybody_out_in_either_colours(desk):
    places = records()
    stranger = desk.new_page()
    pages = {name: (desk(username), path) for name, (username, path) in places.items()}
    pages |= {"login": (stranger, "/accounts/login/"), "help": (stranger, "/help/")}

    found = {}
    for colours in ("light", "dark"):
        for name, (page, path) in pages.items():
            page.emulate_media(color_scheme=colours)
            page.goto(path)
            found |= violations(f"{name}, {colours}", page)
        refused = desk("dsrsg")
        refused.goto(places["decision"][1])
        press(refused, "Give the answer")
        expect(refused.get_by_role("alert")).to_be_visible()
        found |= violations(f"decision, refused, {colours}", refused)

    assert found == {}


def violations(name, page):
    """List what keeps people from a page, serious or worse, and where it stands."""
    answer = AXE.run(page).response
    assert answer["passes"]
    return {
        (name, broken["id"]): [node["target"] for node in broken["nodes"]]
        for broken in answer["violations"]
        if broken["impact"] in SERIOUS
    }


def test_no_page_is_wider_than_a_phone(desk):
    wide = {}
    places = records()
    for username, path in places.values():
        page = desk(username, **PHONE)
        page.goto(path)
        width = page.evaluate("document.scrollingElement.scrollWidth - window.innerWidth")
        if width > 0:
            wide[path] = width
    stranger = desk.new_page(**PHONE)
    for path in ("/accounts/login/", "/help/"):
        stranger.goto(path)
        width = stranger.evaluate("document.scrollingElement.scrollWidth - window.innerWidth")
        if width > 0:
            wide[path] = width

    assert wide == {}


def test_the_inbox_is_walked_by_keys(desk):
    titles = ["First well", "Second well", "Third well"]
    for title in titles:
        a_submitted(civil_answers(title=title))
    page = desk("chief.cimic")
    page.goto("/inbox/")
    lines = page.get_by_role("main").get_by_role("listitem").get_by_role("link")
    first, second = lines.nth(0), lines.nth(1)

    page.keyboard.press("j")
    expect(first).to_be_focused()
    page.keyboard.press("j")
    expect(second).to_be_focused()
    page.keyboard.press("k")
    expect(first).to_be_focused()
    title = first.inner_text()
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    expect(page.locator("[name=remarks]")).to_be_visible()


def test_keys_typed_into_a_box_are_words_and_slash_goes_to_the_search(desk):
    rfa = a_submitted()
    page = desk("chief.cimic")
    page.goto("/inbox/")

    page.keyboard.press("/")
    box = page.get_by_role("searchbox")
    expect(box).to_be_focused()
    page.keyboard.type("jk/")
    expect(box).to_have_value("jk/")
    box.fill(rfa.reference.lower())
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text(rfa.title)


def test_the_way_to_an_answer_needs_no_mouse(desk):
    rfa = a_submitted()
    page = desk("chief.cimic")
    page.goto("/inbox/")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("[name=remarks]")).to_be_visible()

    page.locator('[name="answer"]').first.focus()
    page.keyboard.press("Space")
    page.locator("[name=remarks]").focus()
    page.keyboard.type("Seen on Tuesday.")
    for _ in range(10):
        page.keyboard.press("Tab")
        if page.locator("button:focus").count():
            break
    page.keyboard.press("Enter")

    expect(page.get_by_role("main")).to_contain_text("On the record")
    assert rfa.answers.get().remarks == "Seen on Tuesday."


def test_the_register_is_narrowed_without_leaving_the_page_and_with_it_its_export(desk):
    a_submitted(civil_answers(title="Grader for the Tereni road"))
    a_submitted(civil_answers(title="Latrines at Bikoro"))
    page = desk("chief.cimic")
    page.goto("/register/")
    rows = page.get_by_role("main").get_by_role("row").filter(has=page.get_by_role("rowheader"))
    expect(rows).to_have_count(2)

    page.get_by_role("main").locator("[name=search]").fill("latrines")
    page.get_by_role("main").get_by_role("button", name="Show", exact=True).click()

    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("Latrines at Bikoro")
    with page.expect_download() as download:
        page.get_by_text("Export", exact=True).click()
        page.get_by_role("link", name="CSV, as shown").click()
    exported = download.value.path().read_text(encoding="utf-8-sig")
    assert "Latrines at Bikoro" in exported
    assert "Grader" not in exported


def test_colours_are_chosen_and_stay(desk):
    page = desk("dsrsg")
    page.goto("/inbox/")
    page.get_by_role("banner").locator("summary").click()
    page.get_by_role("button", name="Dark", exact=True).click()

    page.goto("/register/")

    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_signing_out_ends_it(desk):
    page = desk("dsrsg")
    page.goto("/inbox/")
    page.get_by_role("banner").locator("summary").click()
    page.get_by_role("button", name="Sign out").click()

    page.goto("/inbox/")

    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_what_the_first_page_weighs(desk, capsys):
    page = desk.new_page()
    enter(page, "chief.cimic")
    fresh = desk.new_page()
    fresh.context.add_cookies(page.context.cookies())
    answers = []
    fresh.on("response", lambda answer: answers.append(answer))

    fresh.goto("/register/", wait_until="networkidle")

    weights = {answer.url: len(gzip.compress(answer.body())) for answer in answers}
    with capsys.disabled():
        total = sum(weights.values()) / 1024
        sys.stdout.write(f"\nfirst page: {total:.0f} KB gzipped in {len(weights)} files\n")
    assert len(weights) > 1
