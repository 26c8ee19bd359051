"""Asking at the page: by keyboard, on a phone, over a bad line, without a script."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from requests_app.models import AssistanceRequest, Attachment
from tests.builders import a_draft, a_submitted, civil_answers, in_days
from tests.pages import PHONE, boxes_of, enter, fill, press
from tests.test_asking_places import with_boundaries

pytestmark = pytest.mark.browser

AXE = Axe()
NEW = "/requests/new/civil_assistance/"
PICTURE = {
    "name": "road.png",
    "mimeType": "image/png",
    "buffer": bytes.fromhex(
        "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
        "1f15c4890000000d49444154789c6360606060000000050001a5f64540"
        "0000000049454e44ae426082"
    ),
}
# The same day and month, so that it is typed alike in every order of them.
DAY = f"1212{in_days(365).year}"


def saved(page: Page):
    return page.locator("[data-saved]")


def on_a_bad_line(desk):
    """Leave out what the browser itself says of a line that was cut on purpose."""
    desk.troubles[:] = [told for told in desk.troubles if "net::ERR_" not in told]


class Keys:
    """Somebody who has a keyboard and nothing else."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def to(self, wanted: str) -> None:
        """Go on with Tab until the box, button or link is reached."""
        for _step in range(250):
            if self.page.evaluate("wanted => document.activeElement.matches(wanted)", wanted):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"Tab never reaches {wanted}")

    def write(self, name: str, text: str) -> None:
        self.to(f'main [name="{name}"]')
        self.page.keyboard.type(text)

    def choose(self, name: str, down: int = 0) -> None:
        """Take the first of a group's choices, or one further down."""
        self.to(f'main [name="{name}"]')
        if down == 0:
            self.page.keyboard.press("Space")
        for _step in range(down):
            self.page.keyboard.press("ArrowDown")

    def press(self, wanted: str) -> None:
        self.to(wanted)
        self.page.keyboard.press("Enter")


@pytest.mark.parametrize("options", [{}, PHONE], ids=["wide", "phone"])
def test_by_keyboard_alone_from_a_new_request_to_a_sent_one(desk, options):
    page = desk("sector.east", **options)
    page.goto("/requests/new/")
    keys = Keys(page)

    keys.press(f'main a[href="{NEW}"]')
    expect(page.get_by_role("heading", level=1)).to_have_text("Civil assistance")
    keys.write("title", "Water trucking for the ward at Tereni")
    keys.write("category", "Water")
    keys.choose("cimic_function", 2)
    keys.choose("support_type", 1)
    keys.write("description", "The borehole failed on Monday.")
    keys.write("area", "CR01")
    keys.write("mgrs", "41L KK 26885 47523")
    keys.write("needed_by", DAY)
    for name, count in (("women", "120"), ("men", "20"), ("girls", "60"), ("boys", "55")):
        keys.write(name, count)
    keys.write("funding_source", "No funds")
    keys.choose("coordination_check")
    keys.write("gender_protection", "The queue is lit.")
    keys.write("do_no_harm", "The seller was consulted.")
    expect(page.locator("output[data-sum]")).to_have_text("255")
    keys.press("button[value=check]")
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your answers")
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.get_by_role("main")).to_contain_text("41L KK 26885 47523")
    keys.press("main form button[type=submit]")

    expect(page.get_by_role("heading", level=1)).to_have_text("What happens next")
    expect(page.get_by_role("main")).to_contain_text("At the latest by")
    rfa = AssistanceRequest.objects.get()
    assert (rfa.status, rfa.people, rfa.area.pcode) == ("under_review", 255, "CR01")


def test_what_is_said_of_saving_is_true(desk):
    page = desk("sector.east")
    page.goto(NEW)
    fill(page, {"title": "Grader for the Tereni road"})
    expect(saved(page)).to_have_text(re.compile(r"^Not saved yet"))
    expect(saved(page)).to_have_text(re.compile(r"^Saved \d+ s ago$"))
    assert AssistanceRequest.objects.get().title == "Grader for the Tereni road"
    expect(page.locator("[data-progress]")).to_contain_text("4 questions open")

    page.context.set_offline(True)
    fill(page, {"place": "Tereni"})
    expect(saved(page)).to_contain_text("Not saved: the line is down")
    expect(saved(page)).to_contain_text(re.compile(r"Last saved \d+ s ago"))
    assert AssistanceRequest.objects.get().place == ""
    page.context.set_offline(False)
    expect(saved(page)).to_have_text(re.compile(r"^Saved \d+ s ago$"), timeout=15_000)
    assert AssistanceRequest.objects.get().place == "Tereni"
    on_a_bad_line(desk)


def test_the_button_pressed_while_the_page_saves_itself_contradicts_nothing(desk):
    page = desk("sector.east")
    page.goto(NEW)
    fill(page, boxes_of(civil_answers(title="Grader")))
    page.evaluate(
        "document.querySelector('#request-form').dispatchEvent(new Event('cimic:save-now'))"
    )
    press(page, "Check your answers")

    expect(page.get_by_role("heading", level=1)).to_have_text("Check your answers")
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Grader")
    page.wait_for_load_state()
    fill(page, {"place": "Tereni market"})
    expect(saved(page)).to_have_text(re.compile(r"^Saved \d+ s ago$"))
    assert AssistanceRequest.objects.get().place == "Tereni market"


def test_rows_added_and_words_typed_without_a_line_are_there_again_after_a_reload(desk):
    page = desk("sector.east")
    draft = a_draft()
    page.goto(f"/requests/{draft.reference}/edit/")
    page.route("**/autosave/", lambda route: route.abort())
    page.locator('[data-rows="assets"] [data-add-row]').click()
    fill(page, {"assets-0-asset": "Truck", "assets-2-asset": "Pump", "assets-2-quantity": "3"})
    fill(page, {"assets-0-quantity": "1"})
    expect(saved(page)).to_contain_text("A copy is kept on this device")
    page.reload()

    expect(page.locator('[name="assets-2-asset"]')).to_have_value("Pump")
    page.unroute("**/autosave/")
    expect(saved(page)).to_have_text(re.compile(r"^Saved \d+ s ago$"), timeout=15_000)
    assert [line.asset for line in draft.assets.all()] == ["Truck", "Pump"]
    on_a_bad_line(desk)


def test_a_place_is_picked_on_the_map_by_its_cross_and_said_both_ways(desk):
    with_boundaries()
    page = desk("sector.east")
    page.goto(NEW)
    page.get_by_role("button", name="Pick on the map").click()
    expect(page.locator("[data-map-box] path").first).to_be_attached()
    page.keyboard.press("ArrowRight")
    page.get_by_role("button", name="Take the cross").click()

    expect(page.locator("[name=mgrs]")).to_have_value(
        re.compile(r"^\d\d[A-Z] [A-Z]{2} \d{5} \d{5}$")
    )
    expect(page.locator("[name=area]")).to_have_value(re.compile(r"\(CR0"))
    expect(page.locator("[data-place-said]")).to_contain_text("In ")
    expect(page.get_by_role("button", name="Pick on the map")).to_be_focused()
    fill(page, {"mgrs": "31U DQ 48251 11932"})
    expect(page.locator("[data-doubts]")).to_contain_text("outside the mission's boundaries")
    expect(page.locator("[name=latitude]")).to_have_value(re.compile(r"^48\.858"))
    fill(page, {"mgrs": "31U DQ 48251 119"})
    expect(page.locator("[data-place-said]")).to_contain_text("as many digits east as north")


def test_look_alikes_are_shown_as_one_types_and_hold_nobody_up(desk):
    other = a_submitted(civil_answers(title="Water trucks for the Tereni maternity ward"))
    page = desk("chief.cimic")
    page.goto(NEW)
    fill(
        page,
        {
            "title": "Water trucking for Tereni ward",
            "category": "water",
            "area": "CR01",
            "needed_by": in_days(15).isoformat(),
        },
    )

    alike = page.locator("[data-alike]")
    expect(alike).to_contain_text("A request looks like this one")
    expect(alike).to_contain_text(other.reference)
    expect(alike).to_contain_text("words shared")


def test_what_does_not_apply_is_put_aside_until_it_does(desk):
    page = desk("sector.east")
    page.goto(NEW)
    reason = page.locator("[name=urgency_reason]")
    expect(reason).to_be_hidden()
    fill(page, {"urgency": "time_sensitive", "urgency_reason": "The ward is dry."})
    fill(page, {"urgency": "normal"})
    expect(reason).to_be_visible()
    fill(page, {"urgency_reason": ""})
    expect(reason).to_be_hidden()


def test_a_photo_is_sent_as_it_is_chosen_even_from_a_form_not_saved_before(desk):
    page = desk("sector.east", **PHONE)
    page.goto(NEW)
    expect(page.get_by_text("Take a photo")).to_be_visible()
    page.locator("input[capture]").set_input_files(PICTURE)

    expect(page.locator("[data-file-list]")).to_contain_text("road.png")
    expect(page.locator("[data-progress]")).to_contain_text("1 file")
    assert Attachment.objects.get().name == "road.png"
    page.get_by_label("Files", exact=True).set_input_files(
        {"name": "tool.exe", "mimeType": "application/octet-stream", "buffer": b"MZ"}
    )
    expect(page.locator("[data-sending]")).to_contain_text("this kind is not taken")
    assert Attachment.objects.count() == 1


def test_a_photo_chosen_after_the_session_ended_is_sent_once_one_is_back(desk):
    draft = a_draft()
    page = desk("sector.east")
    page.goto(f"/requests/{draft.reference}/edit/")
    page.context.clear_cookies()
    page.get_by_label("Files", exact=True).set_input_files(PICTURE)
    expect(page.locator("[data-sending]")).to_contain_text("you have been signed out")
    assert Attachment.objects.count() == 0

    enter(page.context.new_page(), "sector.east")
    page.bring_to_front()
    page.evaluate("window.dispatchEvent(new Event('focus'))")

    expect(page.locator("[data-file-list]")).to_contain_text("road.png", timeout=40_000)
    assert Attachment.objects.get().rfa == draft


def test_without_a_script_one_asks_all_the_same(desk):
    page = desk("sector.east", java_script_enabled=False)
    page.goto(NEW)
    expect(page.locator("[name=urgency_reason]")).to_be_visible()
    expect(page.get_by_role("button", name="Pick on the map")).to_be_hidden()
    fill(page, boxes_of(civil_answers(area="Province East", mgrs="-9.51234, 60.51234")))
    page.get_by_label("Files", exact=True).set_input_files(PICTURE)
    press(page, "Save draft")
    expect(page.locator("output[data-sum]")).to_have_text("255")
    expect(page.locator("[name=mgrs]")).to_have_value("41L KK 26885 47523")
    expect(page.locator("#files")).to_contain_text("road.png")
    press(page, "Check your answers")
    page.get_by_role("link", name="Change Where", exact=True).click()
    fill(page, {"latitude": "-9.6", "longitude": "60.6"})
    press(page, "Check your answers")
    expect(page.get_by_role("main")).to_contain_text("-9.60000, 60.60000")
    press(page, "Submit")

    expect(page.get_by_role("heading", level=1)).to_have_text("What happens next")
    expect(page.get_by_role("main")).to_contain_text("It is now with")


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("options", [{}, PHONE], ids=["wide", "phone"])
def test_no_page_of_asking_shuts_anybody_out(desk, colours, options):
    with_boundaries()
    a_submitted(civil_answers(title="Water trucks for the Tereni maternity ward"))
    draft = a_draft(civil_answers(mgrs="31U DQ 48251 11932"), by="chief.cimic")
    sent = a_submitted(by="chief.cimic")
    page = desk("chief.cimic", color_scheme=colours, **options)
    found = {}

    def look(name):
        violations = AXE.run(page).response["violations"]
        found[name] = [(each["id"], each["nodes"][0]["html"][:200]) for each in violations]
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, (name, wide)

    page.goto(f"/requests/{draft.reference}/edit/")
    expect(page.locator("[data-alike]")).to_contain_text(re.compile("looks? like this one"))
    page.get_by_role("button", name="Pick on the map").click()
    expect(page.locator("[data-map-box] path").first).to_be_attached()
    look("form")
    for name, path in (
        ("new", "/requests/new/"),
        ("project", "/requests/new/qip/"),
        ("security", "/requests/new/security_assistance/"),
        ("check", f"/requests/{draft.reference}/check/"),
        ("sent", f"/requests/{sent.reference}/sent/"),
        ("extreme", "/extreme/"),
    ):
        page.goto(path)
        look(name)

    assert {name: violations for name, violations in found.items() if violations} == {}
