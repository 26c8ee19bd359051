"""People rotate through the pages: delegated, put in charge, handed over, taken over (P49)."""

import re

import pytest
from django.db import connections
from playwright.sync_api import expect

from missions.models import Appointment, Post
from records import handing_over
from tests.builders import a_person, a_started, a_submitted, give, in_days, open_step, who
from tests.pages import PHONE, enter, fill, press

pytestmark = pytest.mark.browser
DUTY = "Night patrols at the Dunai reception site until the police post opens."


def a_duty(of: str = "sector.east") -> None:
    handing_over.open_duty(actor=who("human.rights"), post=Post.objects.get(code=of), duty=DUTY)


def succeeded(code: str, by: str = "incoming") -> None:
    """Another person holds the post from today; who held it left yesterday."""
    post = Post.objects.get(code=code)
    post.appointments.update(until_on=in_days(-1))
    person = a_person(by, first_name="Ama", last_name="Boateng")
    Appointment.objects.create(post=post, person=person, from_on=in_days(0))


def days(until: int = 9) -> dict[str, str]:
    return {"from_on": in_days(0).isoformat(), "until_on": in_days(until).isoformat()}


def opened(page, summary):
    """Unfold one of the page's forms and return it."""
    folded = page.locator("details").filter(has_text=summary)
    folded.locator("summary").click()
    return folded


def form_filled(form, said):
    for name, value in said.items():
        box = form.locator(f'[name="{name}"]')
        if box.evaluate("box => box.localName") == "select":
            box.select_option(value)
        else:
            box.fill(value)


def test_P49_a_post_is_handed_over_and_its_next_holder_reads_the_duties_first(desk):
    a_duty()
    running = a_started(by="unit.east")
    outgoing = desk("sector.east")
    outgoing.goto("/inbox/")
    outgoing.get_by_text("More", exact=True).click()
    outgoing.get_by_role("link", name="Handover", exact=True).click()
    expect(outgoing.get_by_role("heading", level=1)).to_contain_text("Handover")
    expect(outgoing.locator("#duties")).to_contain_text(DUTY)
    expect(outgoing.locator("#running")).to_contain_text(running.reference)
    fill(outgoing, {"note": "The patrol's telephone is in the safe."})
    press(outgoing, "Hand over as it stands")
    expect(outgoing.locator(".flashes")).to_contain_text("Handed over")
    expect(outgoing.get_by_role("button", name="Take the post over")).to_have_count(0)

    succeeded("sector.east")
    incoming = enter(desk.new_page(), "incoming")
    incoming.goto("/inbox/")
    notice = incoming.get_by_role("main").locator(".notice").first
    expect(notice).to_contain_text("handed")
    notice.get_by_role("link", name="Open the handover").click()
    expect(incoming.get_by_role("main")).to_contain_text("The patrol's telephone is in the safe.")
    press(incoming, "Take the post over")
    expect(incoming.get_by_role("alert")).to_contain_text("duties to protect civilians")
    incoming.get_by_label("I have read the duties to protect").check()
    press(incoming, "Take the post over")
    expect(incoming.locator(".flashes")).to_contain_text("You have taken the post over")
    incoming.goto("/inbox/")
    expect(incoming.get_by_text("Open the handover")).to_have_count(0)


def test_the_holder_delegates_some_requests_and_ends_it(desk):
    page = desk("dsrsg")
    page.goto("/handover/")
    form = opened(page, "Delegate it for a while")
    form_filled(form, {"delegate": "dsrsg.political", "scope": "Field visit", **days()})
    form.get_by_label("Quick Impact Project").check()
    form.get_by_role("button", name="Delegate", exact=True).click()
    expect(page.locator(".flashes")).to_contain_text("may act for")
    people = page.locator("#people")
    expect(people).to_contain_text("Dsrsg Political")
    expect(people.locator(".tag")).to_have_text("Quick Impact Project")
    people.get_by_role("button", name=re.compile("^End it")).click()
    expect(page.locator(".flashes")).to_contain_text("The delegation is ended")
    expect(people.get_by_role("button", name=re.compile("^End it"))).to_have_count(0)


def test_a_refused_delegation_keeps_what_was_said_and_tells_all_that_is_wrong(desk):
    page = desk("dsrsg")
    page.goto("/handover/")
    form = opened(page, "Delegate it for a while")
    wrong = {"from_on": in_days(-3).isoformat(), "until_on": in_days(-5).isoformat()}
    form_filled(form, {"delegate": "dsrsg", "scope": "Field visit", **wrong})
    form.get_by_role("button", name="Delegate", exact=True).click()
    alert = page.get_by_role("alert")
    for words in ("nobody acts backwards", "cannot be before the first", "somebody else"):
        expect(alert).to_contain_text(words)
    again = page.locator('form[action="/handover/delegate/"]')
    expect(again.locator('[name="scope"]')).to_have_value("Field visit")
    expect(again.locator('[name="delegate"]')).to_have_value("dsrsg")
    alert.get_by_role("link").first.click()
    form_filled(again, {"delegate": "dsrsg.office", **days()})
    again.get_by_role("button", name="Delegate", exact=True).click()
    expect(page.locator(".flashes")).to_contain_text("may act for")


def test_a_vacant_post_is_shown_and_the_post_above_names_an_officer_in_charge(desk):
    rfa = a_submitted(by="unit.east")
    Appointment.objects.filter(post__code="sector.east").update(until_on=in_days(-1))
    chief = desk("chief.cimic")
    chief.goto(f"/register/{rfa.reference}/")
    expect(chief.locator(".waits-on").first).to_contain_text("vacant: goes to Chief UN-CIMIC")
    expect(chief.locator("#route")).to_contain_text("vacant: goes to Chief UN-CIMIC")
    chief.goto("/inbox/")
    expect(chief.get_by_role("main")).to_contain_text(rfa.reference)

    chief.goto("/handover/")
    below = chief.get_by_role("complementary")
    below.get_by_role("link", name="Sector UN-CIMIC officer").click()
    expect(chief.locator("#people")).to_contain_text("Nobody: its work goes to the post above.")
    form = opened(chief, "Name an officer-in-charge")
    form_filled(form, {"person": "sector.west", **days()})
    form.get_by_role("button", name="Put in charge").click()
    expect(chief.locator(".flashes")).to_contain_text("is in charge of")
    give(open_step(rfa), by=who("sector.west"))
    chief.goto(f"/register/{rfa.reference}/")
    expect(chief.locator("#answers")).to_contain_text("officer-in-charge")


def test_it_prints_without_its_forms_and_fits_a_phone(desk):
    a_duty("chief.cimic")
    a_submitted()
    page = desk("chief.cimic", **PHONE)
    page.goto("/handover/")
    wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(wider) == 0
    page.emulate_media(media="print")
    expect(page.locator("#duties")).to_be_visible()
    expect(page.get_by_text("As it stands at")).to_be_visible()
    for unseen in ("Hand over as it stands", "Print"):
        expect(page.get_by_role("button", name=unseen)).to_have_count(0)
    expect(page.locator("nav.nav")).to_be_hidden()


def test_it_works_without_javascript(desk):
    page = enter(desk.new_page(java_script_enabled=False), "dsrsg")
    page.goto("/handover/")
    form = opened(page, "Name an officer-in-charge")
    form.locator('[name="person"]').select_option("dsrsg.office")
    for name, value in days().items():
        form.locator(f'[name="{name}"]').fill(value)
    form.get_by_role("button", name="Put in charge").click()
    expect(page.locator(".flashes")).to_contain_text("is in charge of")
    expect(page.get_by_role("button", name="Print")).to_have_count(0)
    connections.close_all()
