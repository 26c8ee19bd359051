"""The register and the map in a browser: columns, views, chips, with and without a script."""

import json
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from missions.models import Area, DisasterEvent, DisplacementSite, Mission
from records.models import SavedView
from tests.builders import (
    a_refused,
    a_started,
    a_submitted,
    civil_answers,
    in_days,
    qip_answers,
    who,
)
from tests.pages import PHONE, enter

pytestmark = pytest.mark.browser
AXE = Axe()
PAGES = (
    "/register/",
    "/register/?status=under_review&kind=qip&columns=kind,people,cost&sort=-title",
    "/register/?map=1",
    "/map/",
    "/map/?area=CR01",
    "/views/?kind=qip",
    "/displacement-sites/",
    "/disaster-events/",
)


def a_square(west, south, size):
    east, north = west + size, south + size
    return {
        "type": "Polygon",
        "coordinates": [
            [[west, south], [east, south], [east, north], [west, north], [west, south]]
        ],
    }


def placed(longitude, latitude, **more):
    return civil_answers(latitude=str(latitude), longitude=str(longitude), **more)


@pytest.fixture
def records(desk):
    """A mission with boundaries, a site, an event and records here and there."""
    mission = Mission.objects.get()
    for pcode, west in (("CR01", 60), ("CR02", 61)):
        Area.objects.filter(pcode=pcode).update(
            boundary=a_square(west, -10, 1), longitude=west + 0.5, latitude=-9.5
        )
    province = Area.objects.get(pcode="CR01")
    Area.objects.create(
        mission=mission,
        parent=province,
        level=2,
        pcode="CR0101",
        name="Galasi",
        boundary=a_square(60, -10, 0.5),
        longitude=60.25,
        latitude=-9.75,
    )
    DisplacementSite.objects.create(
        mission=mission, name="Leppko camp", latitude=-9.2, longitude=60.8, opened_on=in_days(-9)
    )
    DisasterEvent.objects.create(mission=mission, name="Sabaro flood", began_on=in_days(-9))
    for number in range(4):
        a_submitted(placed(60.1 + number / 500, -9.1, title=f"Tanker {number} for Leppko"))
    a_refused()
    return {
        "alone": a_submitted(placed(61.5, -9.5, title="A well for Leppko", area="CR02")),
        "qip": a_submitted(qip_answers(title="Latrines at Bikoro"), by="partner.ngo"),
        "started": a_started(),
    }


def rows(page):
    return page.locator("#register-lines tbody tr")


def test_columns_and_order_are_chosen_and_stay_in_the_address(desk, records):
    page = desk("chief.cimic")
    page.goto("/register/?kind=civil_assistance")
    page.get_by_text("Columns and order").click()
    page.locator(".ticks").get_by_label("People", exact=True).check()
    page.locator(".ticks").get_by_label("Waiting on").uncheck()
    page.get_by_label("Order", exact=True).select_option("title")
    page.get_by_role("button", name="Show these").click()

    expect(page.get_by_role("columnheader", name="People")).to_be_visible()
    expect(page.get_by_role("columnheader", name="Waiting on")).to_have_count(0)
    expect(rows(page).first).to_contain_text("A well for Leppko")
    expect(page.get_by_role("columnheader", name="Title")).to_have_attribute(
        "aria-sort", "ascending"
    )
    assert "kind=civil_assistance" in page.url
    assert "columns=people" in page.url

    page.get_by_role("columnheader", name="Title").get_by_role("link").click()
    expect(rows(page).first).to_contain_text("Water trucking")
    with page.expect_download() as taken:
        page.get_by_text("Export", exact=True).click()
        page.get_by_role("link", name="CSV, as shown").click()
    text = taken.value.path().read_text()
    assert "People" in text.splitlines()[0]
    assert "Water trucking" in text.splitlines()[1]


def test_a_filter_becomes_a_chip_and_its_press_takes_it_away(desk, records):
    page = desk("chief.cimic")
    page.goto("/register/")
    count = rows(page).count()
    page.locator("#filter-kind").select_option("qip")
    expect(rows(page)).to_have_count(1)
    chip = page.get_by_role("link", name="Take away Kind: Quick Impact Project")
    expect(chip).to_be_visible()
    expect(page).to_have_url(re.compile(r"/register/\?kind=qip$"))  # no empty question is kept
    chip.click()
    expect(rows(page)).to_have_count(count)
    expect(page.locator("#filter-kind")).to_have_value("")


def test_the_filters_that_only_the_api_had_have_boxes(desk, records):
    page = desk("chief.cimic")
    page.goto("/register/")
    page.get_by_text("More filters").click()
    page.get_by_label("Refused need").select_option("open")
    expect(rows(page)).to_have_count(1)
    expect(page.get_by_role("link", name="Take away Refused need: Not known yet")).to_be_visible()
    for label in ("Disaster event", "Displacement site", "Category", "Area"):
        expect(page.locator(".further").get_by_label(label, exact=True)).to_be_visible()


def test_a_view_is_kept_shared_used_by_another_and_deleted(desk, records):
    page = desk("chief.cimic")
    page.goto("/register/?kind=qip&columns=kind,status&sort=title")
    page.get_by_text("Keep this view").click()
    page.get_by_label("Its name").fill("Projects")
    page.get_by_label("Share it with the mission").check()
    page.get_by_role("button", name="Keep it").click()
    expect(page.get_by_role("main")).to_contain_text("Kept as “Projects”.")
    expect(page.get_by_role("link", name="Projects")).to_have_attribute("aria-current", "page")

    other = desk("cos")
    other.goto("/register/")
    other.get_by_role("navigation", name="Saved views").get_by_role("link").click()
    expect(rows(other)).to_have_count(1)
    expect(other.get_by_role("columnheader")).to_have_text(["Reference", "Title", "Kind", "Status"])

    page.goto("/views/")
    page.get_by_text("Change “Projects”").click()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Yes, go on").click()
    expect(page.get_by_role("main")).to_contain_text("is gone")
    assert not SavedView.objects.exists()


def test_a_reference_typed_among_the_filters_opens_its_record(desk, records):
    page = desk("chief.cimic")
    page.goto("/register/")
    page.get_by_label("Words or reference").fill(records["qip"].reference)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/register/{records['qip'].reference}/"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Latrines at Bikoro")


def moved(page, path):
    """Open a page with a map and ask for the one that moves, which comes only when asked for."""
    page.goto(path)
    page.get_by_role("button", name="Load the moving map").click()
    expect(moving(page)).to_be_visible()


def moving(page):
    return page.get_by_role("region", name="Map: move with the arrow keys")


def test_the_map_shows_clusters_single_records_and_sites(desk, records):
    page = desk("chief.cimic")
    page.goto("/map/")
    expect(page.locator("svg[data-drawn]")).to_be_visible()
    moved(page, "/map/")
    expect(page.locator("svg[data-drawn]")).to_be_hidden()
    expect(page.locator("[data-said]")).to_have_text("Records in sight: 5. Displacement sites: 1.")
    expect(moving(page).get_by_role("button", name="4 records here")).to_be_visible()

    moving(page).get_by_role("button", name="A well for Leppko").click()
    page.locator(".leaflet-popup").get_by_role("link", name="A well for Leppko").click()
    expect(page).to_have_url(re.compile(records["alone"].reference))

    page.goto("/map/")
    moving(page).get_by_role("button", name="Displacement site: Leppko camp").click()
    page.locator(".leaflet-popup").get_by_role("link", name="Leppko camp").click()
    expect(page).to_have_url(re.compile("/displacement-sites/#site-"))


def test_a_filter_changes_what_the_map_shows(desk, records):
    page = desk("chief.cimic")
    moved(page, "/map/")
    page.get_by_label("Words or reference").fill("well")
    page.keyboard.press("Enter")
    expect(page.locator("[data-said]")).to_have_text("Records in sight: 1. Displacement sites: 1.")
    page.get_by_role("link", name="Refused needs unmet").click()
    expect(page.get_by_role("table")).to_contain_text("All")
    expect(page.locator("tfoot")).to_contain_text("1")
    expect(page.locator("[data-said]")).to_have_text("Records in sight: 0. Displacement sites: 1.")


def test_by_keyboard_alone_a_group_is_opened_and_a_record_reached(desk, records):
    page = desk("chief.cimic")
    moved(page, "/map/")
    expect(page.locator("[data-said]")).to_contain_text("Records in sight: 5.")
    group = moving(page).get_by_role("button", name="4 records here")
    group.focus()
    expect(group).to_be_focused()
    page.keyboard.press("Enter")
    expect(moving(page)).to_be_focused()
    expect(moving(page).get_by_role("button", name="Tanker 0")).to_be_visible()
    one = moving(page).get_by_role("button", name="Tanker 0")
    one.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".leaflet-popup-content a")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(".leaflet-popup")).to_have_count(0)
    expect(one).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Tanker 0")


def test_once_loaded_the_map_moves_without_a_line_and_says_so(desk, records):
    page = desk("chief.cimic")
    moved(page, "/map/")
    expect(page.locator("[data-said]")).to_contain_text("in sight")
    drawn = moving(page).locator("path.ground").count()
    page.context.set_offline(True)
    moving(page).focus()
    page.keyboard.press("+")
    expect(page.locator("[data-said]")).to_contain_text("The server cannot be reached")
    assert moving(page).locator("path.ground").count() == drawn > 0
    expect(moving(page).get_by_role("button", name="A well for Leppko")).to_be_attached()
    page.context.set_offline(False)
    page.keyboard.press("-")
    expect(page.locator("[data-said]")).to_contain_text("in sight")
    # What the browser says of the line that was cut is no fault of the page.
    desk.troubles[:] = [one for one in desk.troubles if "ERR_INTERNET_DISCONNECTED" not in one]


def test_beside_the_list_the_map_shows_the_same_question(desk, records):
    page = desk("chief.cimic")
    page.goto("/register/?search=tanker")
    page.get_by_role("link", name="Map beside the list").click()
    page.get_by_role("button", name="Load the moving map").click()
    expect(page.locator("[data-said]")).to_contain_text("Records in sight: 4.")
    expect(rows(page)).to_have_count(4)
    page.get_by_label("Words or reference").fill("well")
    page.keyboard.press("Enter")
    expect(page.locator("[data-said]")).to_contain_text("Records in sight: 1.")
    expect(rows(page)).to_have_count(1)
    assert "map=1" in page.url


def test_without_a_script_the_drawn_map_opens_areas_and_their_lists(desk, records):
    page = enter(desk.new_page(java_script_enabled=False), "chief.cimic")
    page.goto("/map/")
    expect(page.locator("svg[data-drawn]")).to_be_visible()
    expect(page.locator("[data-moving]")).to_be_hidden()
    page.locator("svg[data-drawn]").get_by_role("link", name="Province West: 1 record").focus()
    page.keyboard.press("Enter")
    expect(rows(page)).to_have_count(1)
    page.goto("/map/")
    page.get_by_role("table").get_by_role("link", name="Province East", exact=True).click()
    expect(page.get_by_role("table")).to_contain_text("Galasi")
    page.get_by_role("link", name="The whole mission").click()
    page.get_by_label("Words or reference").fill("well")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("tfoot")).to_contain_text("1")


def test_without_a_script_columns_views_and_filters_work(desk, records):
    page = enter(desk.new_page(java_script_enabled=False), "chief.cimic")
    page.goto("/register/")
    page.locator("#filter-kind").select_option("qip")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(rows(page)).to_have_count(1)
    page.get_by_text("Columns and order").click()
    page.locator(".ticks").get_by_label("Estimated cost").check()
    page.get_by_role("button", name="Show these").click()
    expect(rows(page).first).to_contain_text("7,400 USD")
    page.get_by_text("Keep this view").click()
    page.get_by_label("Its name").fill("Costs")
    page.get_by_role("button", name="Keep it").click()
    expect(page.get_by_role("main")).to_contain_text("Kept as")
    assert SavedView.objects.get().owner == who("chief.cimic")


def test_the_moving_map_comes_when_asked_for_and_is_then_there_at_once(desk, records):
    page = desk("chief.cimic")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/map/")
    expect(page.locator("svg[data-drawn]")).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert not [url for url in asked if "leaflet" in url]
    page.get_by_role("button", name="Load the moving map").click()
    expect(page.locator("[data-said]")).to_contain_text("Records in sight: 5.")
    expect(moving(page)).to_be_focused()
    page.goto("/register/?map=1")
    expect(page.locator("[data-said]")).to_contain_text("Records in sight: 5.")


def test_a_moving_map_that_cannot_be_loaded_is_said_and_can_be_asked_for_again(desk, records):
    page = desk("chief.cimic")
    page.goto("/map/")
    page.context.set_offline(True)
    page.get_by_role("button", name="Load the moving map").click()
    expect(page.locator("[data-said]")).to_contain_text("The server cannot be reached")
    expect(page.locator("svg[data-drawn]")).to_be_visible()
    page.context.set_offline(False)
    page.get_by_role("button", name="Load the moving map").click()
    expect(page.locator("[data-said]")).to_contain_text("Records in sight: 5.")
    desk.troubles[:] = [one for one in desk.troubles if "ERR_INTERNET_DISCONNECTED" not in one]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_of_the_register_or_map_has_a_barrier(desk, records, scheme):
    page = enter(desk.new_page(color_scheme=scheme), "chief.cimic")
    moved(page, "/map/")
    for address in PAGES:
        page.goto(address)
        if "map" in address:
            expect(page.locator("[data-said]")).to_contain_text("in sight")
        for summary in page.locator(".toolbar summary").all()[:1]:
            summary.click()
        found = AXE.run(page).response["violations"]
        told = [(one["id"], [node["html"][:160] for node in one["nodes"]]) for one in found]
        assert told == [], f"{address}: {json.dumps(told, indent=1)}"


def test_a_phone_scrolls_no_page_sideways_and_every_target_is_large_enough(desk, records):
    options = {**PHONE, "viewport": {"width": 360, "height": 740}}
    page = enter(desk.new_page(**options), "chief.cimic")
    moved(page, "/map/")
    for address in PAGES:
        page.goto(address)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 360, f"{address} is {wide} wide"
    page.goto("/register/")
    for name in ("Columns and order", "Keep this view", "Export"):
        page.get_by_text(name, exact=True).click()
        box = page.locator("details[open] .menu-in").bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 360
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        page.keyboard.press("Escape")
    small = page.evaluate(
        """() => [...document.querySelectorAll('main :is(a.button, button, summary)')]
            .filter(one => one.offsetParent && one.getBoundingClientRect().height < 43.5)
            .map(one => one.textContent.trim())"""
    )
    assert small == []
