"""Every page, found by its links: no error, nobody shut out in either colours, none too wide."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.conftest import DEMONSTRATION
from tests.crawling import walk
from tests.pages import PHONE, Desks

NARROW = PHONE | {"viewport": {"width": 360, "height": 740}}
AXE = Axe()
# what a page is does not change with its colours: in the dark only these are asked again
ASKED = {"light": {}, "dark": {"runOnly": ["color-contrast", "link-in-text-block"]}}
pytestmark = pytest.mark.xdist_group(DEMONSTRATION)


def test_no_link_leads_any_account_to_an_error(demonstration):
    met, failed = walk()

    assert failed == {}
    assert len(met) > 40, sorted(met)


@pytest.mark.browser
def test_no_page_shuts_anybody_out_in_either_colours_nor_is_wider_than_a_phone(
    demonstration, site, browser
):
    met, _failed = walk()
    desks, phones = Desks(browser, site), Desks(browser, site)
    broken, wide = {}, {}
    for name, (username, address, _size) in met.items():
        page = desks(username)
        page.emulate_media(color_scheme="light", reduced_motion="reduce")  # no colour fades over
        page.goto(address)
        for colours, rules in ASKED.items():
            page.emulate_media(color_scheme=colours)
            for found in AXE.run(page, options=rules).response["violations"]:
                where = [node["target"] for node in found["nodes"]][:3]
                broken[name, colours, found["id"]] = where
        narrow = phones(username, **NARROW)
        narrow.goto(address)
        over = narrow.evaluate("document.scrollingElement.scrollWidth - window.innerWidth")
        if over > 0:
            wide[name] = over
    troubles = desks.troubles + phones.troubles
    desks.close()
    phones.close()

    assert (broken, wide, troubles) == ({}, {}, [])
