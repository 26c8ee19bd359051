"""A case: the route drawn, messages, files and history, by keyboard, on a phone and on paper."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from playwright.sync_api import expect

from approvals import services as approvals
from ledger.models import Entry
from missions.models import Appointment
from requests_app.models import Message
from tests.builders import (
    a_mission,
    a_started,
    a_submitted,
    carried_to,
    civil_answers,
    extreme_answers,
    give,
    in_days,
    open_step,
    who,
)
from tests.calling import Caller
from tests.pages import PHONE, enter
from tests.test_messages import PNG

AXE = Axe()
NARROW = PHONE | {"viewport": {"width": 360, "height": 740}}


def attach(rfa, by="sector.east", name="bridge.png", content=PNG):
    return approvals.attach(rfa=rfa, actor=who(by), upload=SimpleUploadedFile(name, content))


@pytest.mark.browser
def test_the_route_says_who_has_it_since_and_until_when_and_who_comes_next(desk):
    rfa = carried_to(a_submitted(), "in_consultation")
    give(rfa.steps.get(seat="gender_advice"), "concerns", remarks="Light the queue.")
    page = desk("sector.east")
    page.goto(f"/register/{rfa.reference}/")

    track = page.get_by_role("list", name="Where it stands")
    stages = track.get_by_role("listitem")
    expect(stages.nth(0)).to_contain_text("done")
    expect(stages.nth(0)).to_contain_text("Chief UN-CIMIC")
    expect(stages.nth(1)).to_have_attribute("aria-current", "step")
    expect(stages.nth(1)).to_contain_text(
        re.compile(r"Director or Chief of Mission Support.* for \d+ s")
    )
    expect(stages.nth(1)).to_contain_text(re.compile(r"due (today|tomorrow|in|[A-Z])"))
    expect(stages.nth(2)).to_contain_text("next")
    expect(page.locator("#route")).to_contain_text(re.compile("since .*, until "))
    expect(page.locator("#answers")).to_contain_text("Light the queue.")


@pytest.mark.browser
def test_a_vacant_post_is_shown_with_where_its_work_goes(desk):
    rfa = a_submitted(by="unit.east")
    Appointment.objects.filter(post__code="sector.east").update(until_on=in_days(-1))
    page = desk("chief.cimic")
    page.goto(f"/register/{rfa.reference}/")

    expect(page.locator(".track")).to_contain_text("vacant: goes to Chief UN-CIMIC")


@pytest.mark.browser
@pytest.mark.parametrize("options", [{}, PHONE], ids=["wide", "phone"])
def test_a_message_is_written_and_a_post_told_with_the_keyboard_alone(desk, options):
    rfa = carried_to(a_submitted(by="partner.ngo"), "in_consultation")
    page = desk("chief.cimic", **options)
    page.goto(f"/register/{rfa.reference}/")

    page.keyboard.press("m")
    expect(page.locator('[name="text"]')).to_be_focused()
    page.keyboard.type("Is there fuel?")
    page.keyboard.press("Tab")
    expect(page.locator('[name="audience"][value="internal"]')).to_be_focused()
    page.keyboard.press("Tab")
    for _ in range(6):
        if page.evaluate("document.activeElement.value") == "dms":
            page.keyboard.press("Space")
            break
        page.keyboard.press("Tab")
    page.get_by_role("button", name="Send").focus()
    page.keyboard.press("Enter")

    expect(page.locator("#messages .thread")).to_contain_text("@dms Is there fuel?")
    expect(page.locator("#messages .thread")).to_contain_text("the requester does not see it")
    assert Message.objects.get().internal is True
    partner = desk("partner.ngo")
    partner.goto(f"/register/{rfa.reference}/")
    expect(partner.get_by_role("main")).not_to_contain_text("fuel")
    expect(partner.locator("#messages")).to_contain_text("No messages yet.")


@pytest.mark.browser
def test_the_requester_speaks_to_all_and_is_offered_nothing_else(desk):
    rfa = a_submitted(by="sector.east")
    page = desk("sector.east")
    page.goto(f"/register/{rfa.reference}/")
    expect(page.locator('[name="audience"]')).to_have_count(0)

    page.locator('[name="text"]').fill("The pump was mended today.")
    page.get_by_role("button", name="Send").click()

    expect(page.locator("#messages .thread")).to_contain_text("The pump was mended today.")
    assert Message.objects.get().internal is False


@pytest.mark.browser
def test_a_picture_is_shown_and_the_raw_entry_is_one_press_away(desk):
    rfa = a_submitted()
    attach(rfa)
    entry = Entry.objects.filter(chain=rfa.pk, act="file.attached").get()
    page = desk("chief.cimic")
    page.goto(f"/register/{rfa.reference}/#files")

    picture = page.locator("#files img")
    picture.scroll_into_view_if_needed()
    expect(picture).to_have_js_property("complete", True)
    expect(picture).to_have_js_property("naturalWidth", 1)
    page.get_by_role("link", name=f"entry {entry.number}", exact=True).click()
    raw = page.locator(f"#raw-{entry.number}")
    expect(raw).to_contain_text(entry.hash)
    expect(raw).to_contain_text(entry.previous)
    expect(raw).to_contain_text('"name": "bridge.png"')
    assert page.url.endswith("#files")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    raw.get_by_role("button", name="Copy the whole entry").click()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert entry.hash in copied
    assert '"act": "file.attached"' in copied


@pytest.mark.browser
def test_it_prints_whole_without_what_can_only_be_pressed(desk):
    rfa = a_started()
    approvals.say(rfa=rfa, actor=who("chief.cimic"), text="Two lamps were put up.")
    page = desk("chief.cimic")
    page.goto(f"/register/{rfa.reference}/")

    page.emulate_media(media="print")

    for shown in (".track", "#task", "#answers", "#messages .thread", "#history", "#route"):
        expect(page.locator(shown)).to_be_visible()
    for hidden in (".bar", ".nav", ".tabs", "#say", ".keys-button", "#history .raw"):
        expect(page.locator(hidden).first).to_be_hidden()


@pytest.mark.browser
def test_nobody_is_shut_out_in_either_colours_and_nothing_scrolls_sideways(desk):
    rfa = carried_to(a_submitted(by="partner.ngo"), "in_consultation")
    attach(rfa, "partner.ngo")
    approvals.say(rfa=rfa, actor=who("chief.cimic"), text="@dms fuel?", internal=True)
    started = a_started()
    report = Caller("unit.east").tell("extreme-situations/", extreme_answers(), expect=201)
    places = {
        "consulted": ("chief.cimic", f"/register/{rfa.reference}/"),
        "partner": ("partner.ngo", f"/register/{rfa.reference}/"),
        "started": ("chief.cimic", f"/register/{started.reference}/"),
        "extreme": ("chief.cimic", f"/register/{report['reference']}/"),
        "entry": ("chief.cimic", f"/register/{rfa.reference}/history/2/"),
    }
    broken, wide = {}, {}
    for options in ({}, NARROW):
        for name, (username, address) in places.items():
            page = enter(desk.new_page(**options), username)
            for colours in ("light", "dark"):
                page.emulate_media(color_scheme=colours)
                page.goto(address)
                for found in AXE.run(page).response["violations"]:
                    where = [node["target"] for node in found["nodes"]][:3]
                    broken[name, colours, bool(options), found["id"]] = where
            over = page.evaluate("document.scrollingElement.scrollWidth - window.innerWidth")
            if over > 0:
                wide[name, bool(options)] = over

    assert broken == {}
    assert wide == {}


def statements(client, path):
    client.get(path)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path).status_code == 200
    return len(queries)


@pytest.mark.django_db
@pytest.mark.parametrize("username", ["chief.cimic", "sector.east", "dsrsg"])
def test_a_case_costs_the_same_statements_however_much_hangs_on_it(client, username):
    a_mission()
    rfa = a_submitted(civil_answers())
    give(open_step(rfa), "forward_recommended")
    attach(rfa)
    approvals.say(rfa=rfa, actor=who("dms"), text="First.")
    client.force_login(who(username))
    path = f"/register/{rfa.reference}/"
    few = statements(client, path)

    for number in range(20):
        attach(rfa, name=f"picture-{number}.png")
        approvals.say(rfa=rfa, actor=who("dms"), text=f"Note {number}")

    assert statements(client, path) == few
