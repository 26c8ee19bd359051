"""The pictures at the desks of the Chief, the DSRSG's office and the Chief of Staff."""

import gzip
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from records import services as records
from tests.builders import (
    a_mission,
    a_refused,
    a_started,
    a_submitted,
    an_approved,
    civil_answers,
    in_days,
    qip_answers,
    who,
)
from tests.pages import PHONE
from tests.weighing import priorities, report

READERS = {
    "chief.cimic": "Chief UN-CIMIC",
    "dsrsg.office": "DSRSG/RC/HC and office",
    "cos": "Chief of Staff",
}


@pytest.fixture
def busy(desk):
    """A mission in which every picture has something to show."""
    priorities(who("chief.cimic").appointments.get().post.mission, {"pcodes": ["CR01"]})
    a_submitted(), a_started(), a_refused(), report()
    an_approved(qip_answers())
    records.complete(
        rfa=a_started(),
        actor=who("chief.cimic"),
        result="Water flows.",
        people={"women": 118, "men": 20, "girls": 61, "boys": 55},
    )
    records.record_delivery(
        rfa=a_refused(),
        actor=who("chief.cimic"),
        delivered=True,
        organisation="World Food Programme",
        delivered_on=in_days(0),
        source="WFP's report",
    )
    return desk


def at(desk, username: str, path: str = "/evaluation/", **options) -> Page:
    page = desk(username, **options)
    page.goto(path)
    return page


@pytest.mark.browser
@pytest.mark.parametrize("username", READERS)
def test_each_readers_own_page_comes_first_with_a_table_and_a_query_beneath_each_chart(
    busy, username
):
    page = at(busy, username)

    tabs = page.get_by_role("navigation", name="Whose pictures").get_by_role("link")
    expect(tabs.first).to_have_text(READERS[username])
    expect(tabs.first).to_have_attribute("aria-current", "page")
    charts = page.locator("figure.chart")
    assert charts.count() >= 6
    for chart in charts.all():
        expect(chart.get_by_role("img")).to_be_visible()
        expect(chart.get_by_role("img")).to_have_accessible_description(re.compile(r"\w+"))
        expect(chart).to_contain_text("Counted:")
        chart.get_by_text("The numbers in a table").click()
        expect(chart.get_by_role("table")).to_be_visible()
        assert chart.get_by_role("row").count() >= 2


@pytest.mark.browser
def test_a_number_leads_to_the_records_it_counts(busy):
    page = at(busy, "chief.cimic")
    flow = page.locator("#flow")
    flow.get_by_text("The numbers in a table").click()

    line = flow.get_by_role("row").filter(has_text="Review by UN-CIMIC")
    line.get_by_role("link", name="1", exact=True).click()

    expect(page).to_have_url(re.compile("/register/.*status=under_review"))
    expect(page.get_by_role("main")).to_contain_text("UNAC-CA-2026-0001")
    expect(page.get_by_role("main")).not_to_contain_text("UNAC-CA-2026-0002")


@pytest.mark.browser
def test_refused_needs_lead_to_the_register_and_the_map_with_the_same_question(busy):
    page = at(busy, "dsrsg.office")
    refused = page.locator("#refused")

    for name, path in (("in the register", "/register/"), ("on the map", "/map/")):
        address = refused.get_by_role("link", name=name).get_attribute("href")
        assert address.startswith(path)
        assert "follow_up=open&follow_up=unmet" in address
    refused.get_by_role("link", name="in the register").click()
    expect(page.get_by_role("main")).to_contain_text("UNAC-CA-2026-0003")


@pytest.mark.browser
def test_the_question_and_the_page_stand_in_the_address(busy):
    page = at(busy, "chief.cimic", "/evaluation/?view=dsrsg")
    page.get_by_label("Kind", exact=True).select_option("qip")
    page.get_by_role("button", name="Show").click()

    expect(page).to_have_url(re.compile("view=dsrsg.*kind=qip"))
    expect(page.get_by_role("heading", name="Approved projects")).to_be_visible()
    kinds = page.locator("#by-kind")
    kinds.get_by_text("The numbers in a table").click()
    expect(kinds.get_by_role("row")).to_have_count(2)
    expect(page.locator("#extreme")).to_contain_text("No extreme situation was reported")


@pytest.mark.browser
def test_charts_tell_their_parts_apart_without_colour(busy):
    page = at(busy, "dsrsg.office")

    for chart in page.locator("figure.chart").filter(has=page.locator("svg.chart-bars")).all():
        fills = chart.locator("svg.chart-bars[role=img] rect.chart-bar").evaluate_all(
            "bars => bars.map(bar => [bar.classList[1], bar.getAttribute('fill')])"
        )
        for look in {look for look, _fill in fills}:
            assert len({fill for other, fill in fills if other == look}) == 1
        assert len({fill for _look, fill in fills}) == len({look for look, _fill in fills})


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("shape", ["wide", "phone"])
def test_the_pictures_are_accessible_in_both_schemes(busy, scheme, shape):
    options = PHONE if shape == "phone" else {"viewport": {"width": 1360, "height": 900}}
    page = at(busy, "cos", "/evaluation/?view=all", color_scheme=scheme, **options)
    page.evaluate("document.querySelectorAll('details.numbers').forEach(one => one.open = true)")

    found = Axe().run(page)

    assert found.violations_count == 0, found.generate_report()


@pytest.mark.browser
@pytest.mark.parametrize("width", [360, 390])
def test_on_a_phone_nothing_runs_out_of_the_page_or_into_other_words(busy, width):
    options = PHONE | {"viewport": {"width": width, "height": 800}}
    page = at(busy, "dsrsg.office", "/evaluation/?view=all", **options)
    page.evaluate("document.querySelectorAll('details.numbers').forEach(one => one.open = true)")

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    overlaps = page.evaluate("""
        () => [...document.querySelectorAll('svg[role=img]')].flatMap(svg => {
            const said = [...svg.querySelectorAll('text.chart-said')];
            const beside = label => said.find(
                one => one.getAttribute('y') === label.getAttribute('y'));
            return [...svg.querySelectorAll('text.chart-label')].filter(label =>
                label.getBoundingClientRect().right > beside(label).getBoundingClientRect().left
            ).map(label => label.textContent);
        })
    """)
    assert overlaps == []


@pytest.mark.browser
def test_who_sees_less_than_the_mission_is_told_that_it_is_their_own(busy):
    a_submitted(civil_answers(), by="partner.ngo")
    page = at(busy, "partner.ngo")

    expect(page.get_by_role("main")).to_contain_text("Counts the 1 record that you may see")
    expect(page.get_by_role("navigation", name="Whose pictures")).to_have_count(0)
    expect(page.get_by_role("navigation", name="Main")).not_to_contain_text("Evaluation")
    expect(page.locator("#flow")).to_contain_text("Of 1 request submitted")


@pytest.mark.django_db
def test_who_holds_no_post_is_refused_with_the_reason(client):
    a_mission()
    person = who("partner.un")
    person.appointments.all().delete()
    client.force_login(person)

    answer = client.get("/evaluation/")

    assert answer.status_code == 403
    assert "Figures are counted for a post" in answer.content.decode()


@pytest.mark.django_db
def test_nothing_in_the_period_says_what_to_do(client):
    a_mission()
    client.force_login(who("cos"))

    said = client.get("/evaluation/").content.decode()

    assert "Nothing was submitted in this period" in said
    assert "<figure" not in said


@pytest.mark.django_db
@pytest.mark.parametrize(
    "query",
    ["from=2026-12-01&to=2026-11-01", "sector=north", "by=colour", "view=nobody&kind=loan", "to=x"],
)
def test_a_misread_question_is_said_at_its_box_and_the_usual_is_shown(client, query):
    a_mission()
    a_submitted()
    client.force_login(who("cos"))

    answer = client.get(f"/evaluation/?{query}")

    assert answer.status_code == 200
    assert 'role="alert"' in answer.content.decode()
    assert "<figure" in answer.content.decode()


@pytest.mark.django_db
def test_the_page_is_light_and_has_no_style_of_its_own(client):
    a_mission()
    a_submitted(), a_started(), a_refused(), report(), an_approved(qip_answers())
    client.force_login(who("cos"))

    page = client.get("/evaluation/?view=all").content

    assert len(gzip.compress(page)) < 20_000
    assert b"style=" not in page


@pytest.mark.django_db
def test_the_page_asks_the_database_as_often_for_one_record_as_for_many(
    client, django_assert_max_num_queries
):
    a_mission()
    a_submitted(), an_approved(qip_answers())
    client.force_login(who("cos"))
    client.get("/evaluation/?view=all")
    with django_assert_max_num_queries(40) as few:
        client.get("/evaluation/?view=all")
    for _ in range(3):
        a_started(), a_refused(), report(), an_approved(qip_answers())
    with django_assert_max_num_queries(len(few.captured_queries)):
        client.get("/evaluation/?view=all")
