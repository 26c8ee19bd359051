"""What leaves and what comes in, in a browser: by hand, by phone, in both colours."""

import csv
import io
import json

import openpyxl
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from records.api import exports as api
from records.exports import jobs
from requests_app.models import AssistanceRequest, ImportRun
from tests.builders import a_submitted, civil_answers
from tests.pages import PHONE, enter

pytestmark = pytest.mark.browser
AXE = Axe()
HEAD = ["Type of request", "Status", "Date of request", "Subject", "Wot"]


@pytest.fixture
def place(desk, settings, tmp_path):
    """A mission with a few records, and a folder for its files."""
    settings.MEDIA_ROOT = tmp_path / "files"
    for number in range(3):
        a_submitted(civil_answers(title=f"Need {number}"))
    return tmp_path


def a_list(folder, *rows):
    book = openpyxl.Workbook()
    for row in (HEAD, *rows):
        book.active.append(row)
    path = folder / "old.xlsx"
    book.save(path)
    return str(path)


def test_a_long_export_is_watched_and_fetched(desk, place, monkeypatch):
    monkeypatch.setattr(api, "MOST_AT_ONCE", 1)
    page = desk("chief.cimic")
    page.goto("/register/")
    page.get_by_text("Export", exact=True).click()
    page.get_by_role("link", name="CSV, as shown").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Export as CSV")
    expect(page.locator("#export")).to_contain_text("Waits its turn")
    jobs.sweep()
    fetch = page.get_by_role("link", name="Fetch the file")
    expect(fetch).to_be_visible()  # it asked for itself again
    with page.expect_download() as taken:
        fetch.click()
    lines = list(csv.DictReader(io.StringIO(taken.value.path().read_text())))
    assert {line["Title"] for line in lines} == {"Need 0", "Need 1", "Need 2"}
    page.get_by_role("link", name="My exports").click()
    expect(page.get_by_role("table")).to_contain_text("Ready")


def test_a_list_is_looked_over_matched_and_brought_in(desk, place):
    page = desk("chief.cimic")
    page.goto("/register/")
    page.get_by_role("link", name="Bring a list in").click()
    page.get_by_label("File").set_input_files(
        a_list(
            place,
            ["CA", "Completed", "04/05/2019", "", "Bridge at Tereni"],
            ["CA", "Pending", None, "", "Water point"],
        )
    )
    page.get_by_role("button", name="Look it over").click()
    expect(page.get_by_role("main")).to_contain_text("3 problems")
    page.get_by_label("Subject").select_option("")
    page.get_by_label("Wot").select_option(label="Title")
    page.get_by_label("Days written like 03/04/2026").select_option("dmy")
    page.get_by_role("button", name="Read it again like this").click()
    page.get_by_role("button", name="Bring them in").click()
    expect(page.get_by_role("main")).to_contain_text("2 records came in.")
    page.get_by_role("link", name="UNAC-CA-2019-0001").click()
    expect(page.get_by_role("main")).to_contain_text("Imported history: not decided here.")
    assert AssistanceRequest.objects.get(historical=True).title == "Bridge at Tereni"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_these_pages_have_no_barrier_and_fit_a_phone(desk, place, scheme, monkeypatch):
    monkeypatch.setattr(api, "MOST_AT_ONCE", 1)
    options = {**PHONE, "viewport": {"width": 360, "height": 740}, "color_scheme": scheme}
    page = enter(desk.new_page(**options), "chief.cimic")
    page.goto("/register.csv?sort=title")
    export = page.url
    page.goto("/import/")
    rows = [["CA", "Completed", "04/05/2019", "Bridge", ""], ["CA", "Perhaps", "x", "", "y"]]
    page.get_by_label("File").set_input_files(a_list(place, *rows))
    page.get_by_role("button", name="Look it over").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("old.xlsx")
    bad = f"/import/{ImportRun.objects.get().pk}/"
    addresses = (export, bad, "/exports/", "/exports/dictionary/?view=4w", "/import/")
    for address in addresses:
        page.goto(address)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 360, f"{address} is {wide} wide"
        found = AXE.run(page).response["violations"]
        told = [(one["id"], [node["html"][:160] for node in one["nodes"]]) for one in found]
        assert told == [], f"{address}: {json.dumps(told, indent=1)}"
