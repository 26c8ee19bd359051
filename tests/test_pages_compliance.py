"""Compliance at the Chief of Staff's and the evaluator's desks, in a real browser."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.builders import a_started, a_submitted, civil_answers, give, open_step
from tests.pages import PHONE
from tests.weighing import report

pytestmark = pytest.mark.browser


def not_verified(classification: str = "unclassified") -> str:
    """A record forwarded without a word on how its need was verified; give its reference."""
    rfa = a_submitted(civil_answers(classification=classification))
    give(open_step(rfa))
    return rfa.reference


def line_of(page, words):
    """The line of the report that says these words."""
    return page.get_by_role("main").get_by_role("row").filter(has_text=words)


def test_the_chief_of_staff_comes_down_from_a_row_to_the_entry_that_proves_an_exception(desk):
    reference = not_verified()
    page = desk("cos")
    expect(page).to_have_url(re.compile("/compliance/$"))
    expect(page.get_by_role("navigation", name="Main")).to_contain_text("Compliance")

    line = line_of(page, "The review says how the need was verified")
    expect(line).to_contain_text(reference)
    line.get_by_role("link", name="The review says").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("The review says")
    proof = page.get_by_role("row").filter(has_text=reference)
    expect(proof).to_contain_text("forwarded without a word")
    proof.get_by_role("link", name="entry").click()

    expect(page).to_have_url(re.compile(rf"/register/{reference}/\?history=\d+#entry-\d+$"))
    number = page.url.split("#")[1]
    expect(page.locator(f"#{number}")).to_contain_text("Answered")


def test_a_period_and_a_kind_stand_in_the_address_and_go_down_with_the_row(desk):
    not_verified()
    page = desk("cos")
    page.get_by_label("Kind").select_option("qip")
    page.get_by_role("button", name="Show").click()

    expect(page).to_have_url(re.compile("kind=qip"))
    line = line_of(page, "The review says how the need was verified")
    expect(line).to_contain_text("did not arise")
    line.get_by_role("link").first.click()
    expect(page).to_have_url(re.compile(r"/compliance/R22/\?.*kind=qip"))
    expect(page.get_by_role("main")).to_contain_text("No exception")


def test_a_first_day_after_the_last_is_said_at_its_box(desk):
    page = desk("cos")
    page.goto("/compliance/?from=2026-12-01&to=2026-11-01")

    expect(page.get_by_role("alert")).to_contain_text("The first day cannot be after the last.")
    expect(page.get_by_role("table").first).to_be_visible()


def test_what_cannot_be_assessed_says_why(desk):
    page = desk("evaluator")

    expect(line_of(page, "Guidance to contingents")).to_contain_text("Not assessable from records")


def test_an_evaluator_neither_counts_nor_sees_what_the_clearance_does_not_cover(desk):
    strict = not_verified("strictly_confidential")
    page = desk("evaluator")

    line = line_of(page, "The review says how the need was verified")
    expect(line).to_contain_text("did not arise")
    page.goto("/compliance/R22/")
    expect(page.get_by_role("main")).not_to_contain_text(strict)
    expect(line_of(desk("cos"), "The review says how the need was verified")).to_contain_text(
        strict
    )


def test_units_routes_and_reviews_have_their_tables(desk):
    report(), a_started()
    page = desk("chief.cimic")
    page.goto("/compliance/")

    unit = line_of(page, "East Bn")
    expect(unit).to_contain_text("none found on yet")
    expect(unit).to_contain_text("3 h")
    expect(line_of(page, "No priorities are set.")).to_contain_text("Exception")
    expect(page.get_by_role("main")).to_contain_text("On the shipped baseline")


def test_the_report_is_downloaded_as_pdf(desk, tmp_path):
    not_verified()
    page = desk("cos")

    with page.expect_download() as started:
        page.get_by_role("link", name="Report as PDF").click()

    file = tmp_path / "report.pdf"
    started.value.save_as(file)
    assert started.value.suggested_filename.startswith("compliance-UNAC-")
    assert Path(file).read_bytes().startswith(b"%PDF")


def test_others_are_told_whose_it_is(desk):
    page = desk("ops")

    answer = page.goto("/compliance/")

    assert answer.status == 403
    expect(page.get_by_role("main")).to_contain_text("Compliance is for the Chief of Staff")
    expect(page.get_by_role("navigation", name="Main")).not_to_contain_text("Compliance")


def test_on_a_phone_each_row_is_a_card_and_nothing_runs_out_of_the_page(desk):
    not_verified(), report()
    page = desk("cos", **PHONE)

    for path in ("/compliance/", "/compliance/R22/", "/compliance/P40/", "/compliance/P31/"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
