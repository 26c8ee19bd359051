"""The notice centre at a desk and in a vehicle: bell, list, opening, choosing how to be told."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from notices import services as notices
from notices.models import Letter, Notice
from notices.queries import preferences_of
from tests.builders import a_refused, a_submitted, carried_to, civil_answers, who
from tests.pages import PHONE, enter, press

pytestmark = pytest.mark.browser
AXE = Axe()
NARROW = PHONE | {"viewport": {"width": 360, "height": 740}}
PAGES = ("/notices/", "/notices/?which=all", "/notices/?which=duties", "/notices/preferences/")


def told():
    """Some requests at turns that a chief and a requester are told of."""
    waits = a_submitted()
    a_submitted(civil_answers(classification="confidential"))
    carried_to(a_submitted(), "approved")
    a_refused()
    notices.sweep()
    return waits


def test_the_bell_leads_to_the_notices_and_opening_one_marks_it_read_and_leads_to_the_step(desk):
    rfa = told()
    page = desk("chief.cimic")
    bell = page.get_by_role("banner").get_by_role("link", name=re.compile("^Notices"))
    expect(bell).to_have_text(re.compile(r"^Notices\s*3 unread$"))
    bell.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Notices")
    line = page.get_by_role("listitem").filter(has_text=rfa.reference)
    expect(line).to_contain_text("For you to act on")
    expect(line).to_contain_text("by Sector UN-CIMIC officer")

    line.get_by_role("button", name=re.compile("^UNAC.* waits on Chief UN-CIMIC")).click()

    expect(page).to_have_url(re.compile(r"/steps/\d+/$"))
    expect(page.get_by_role("main")).to_contain_text(rfa.title)
    expect(bell).to_have_text(re.compile(r"^Notices\s*2 unread$"))


def test_by_keyboard_alone_one_is_marked_read_then_all_and_the_empty_list_says_what_to_do(desk):
    told()
    page = desk("chief.cimic")
    page.goto("/notices/")
    marks = page.get_by_role("button", name=re.compile("^Mark read"))
    expect(marks).to_have_count(3)
    marks.first.focus()
    page.keyboard.press("Enter")
    expect(marks).to_have_count(2)
    expect(page).to_have_url(re.compile("/notices/$"))

    page.get_by_role("button", name="Mark all read").focus()
    page.keyboard.press("Enter")

    expect(page.locator(".flashes")).to_contain_text("2 notices marked read.")
    expect(page.get_by_role("main")).to_contain_text("You have read all your notices.")
    page.get_by_role("link", name="See all of them").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main").locator("li.item")).to_have_count(
        Notice.objects.filter(person__username="chief.cimic").count()
    )
    bell = page.get_by_role("banner").get_by_role("link", name="Notices")
    expect(bell.locator(".count")).to_have_count(0)


def test_how_one_is_told_is_chosen_kept_and_duties_have_no_choice(desk):
    page = desk("partner.ngo")
    page.locator(".menu > summary").first.click()
    page.get_by_role("link", name="How you are told").click()
    duties = page.get_by_role("group", name="What waits on my post")
    expect(duties).to_contain_text("cannot be put off or muted")
    expect(duties.get_by_role("radio")).to_have_count(0)
    page.get_by_role("group", name="My requests").get_by_label("In a daily digest").check()
    page.get_by_role("group", name="Days of the digest").get_by_label("Every day").check()
    press(page, "Keep these choices")
    expect(page.locator(".flashes")).to_contain_text("From now on you are told this way.")
    kept = preferences_of(who("partner.ngo"))
    assert (kept.requests, kept.digest_days, kept.duties) == ("digest", "every_day", "at_once")

    told_at_once = Letter.objects.filter(person__username="partner.ngo")
    a_refused(by="partner.ngo")
    notices.sweep()
    assert not told_at_once.exists()
    page.goto("/notices/")
    expect(page.get_by_role("main")).to_contain_text("is now: not approved")


def test_choices_changed_in_two_tabs_are_refused_in_the_second_and_nothing_is_lost(desk):
    page = desk("dms")
    page.goto("/notices/preferences/")
    notices.change_preferences(actor=who("dms"), version=0, values={"mentions": "centre"})
    page.get_by_role("group", name="Across the mission").get_by_label("In a daily digest").check()
    press(page, "Keep these choices")
    expect(page.get_by_role("main")).to_contain_text("Your choices were changed elsewhere")
    mentions = page.get_by_role("group", name="Messages and mentions")
    expect(mentions.get_by_label("Only in the notice centre")).to_be_checked()


def test_without_javascript_notices_are_read_opened_and_marked(desk):
    told()
    page = enter(desk.new_page(java_script_enabled=False), "chief.cimic")
    page.goto("/notices/")
    page.get_by_role("button", name=re.compile("^Mark read")).first.click()
    expect(page.get_by_role("button", name=re.compile("^Mark read"))).to_have_count(2)
    page.get_by_role("button", name=re.compile("^UNAC.* waits on")).first.click()
    expect(page).to_have_url(re.compile(r"/steps/\d+/$"))


def test_nobody_is_shut_out_in_either_colours_nor_on_a_phone(desk):
    told()
    broken, small = {}, []
    page = desk("chief.cimic")
    for colours in ("light", "dark"):
        page.emulate_media(color_scheme=colours)
        for address in PAGES:
            page.goto(address)
            for found in AXE.run(page).response["violations"]:
                where = [node["target"] for node in found["nodes"]][:3]
                broken[address, colours, found["id"]] = where
    phone = enter(desk.new_page(**NARROW), "chief.cimic")
    for address in PAGES:
        phone.goto(address)
        over = phone.evaluate("document.scrollingElement.scrollWidth - window.innerWidth")
        assert over <= 0, address
        for target in phone.locator(".bell, .marks .button, .prefer .choice").all():
            box = target.bounding_box()
            if box and min(box["height"], box["width"]) < 43.5:
                small.append((address, box))
    assert (broken, small) == ({}, [])
