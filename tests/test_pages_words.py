"""Every page in a language of marks, from right to left: no word of ours is left in English."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from django.utils import translation

from missions.models import User
from tests import pseudo
from tests.conftest import DEMONSTRATION
from tests.crawling import Found, walk
from tests.pages import PHONE, Desks

NARROW = PHONE | {"viewport": {"width": 360, "height": 740}}
WIDE = {"viewport": {"width": 1280, "height": 900}}
AXE = Axe()
BUT_COLOURS = {"rules": {"color-contrast": {"enabled": False}}}  # asked of the same pages elsewhere
pytestmark = pytest.mark.xdist_group(DEMONSTRATION)
# 0,75 where a machine reads: a drawing, a box for a number, how far something is done.
NUMBER = re.compile(
    r"<(?:input|progress|meter|output|circle|rect|line|text|svg)\b[^>]*?"
    r"\b(?:x|y|x1|x2|y1|y2|cx|cy|r|width|height|max|min|value)=\"-?\d+,\d+\""
)
TOO_WIDE = "document.scrollingElement.scrollWidth - window.innerWidth"


@pytest.fixture
def marked(demonstration, settings, tmp_path):
    """Have everybody speak the language of marks."""
    pseudo.write_catalogue(tmp_path)
    settings.LANGUAGES = [*settings.LANGUAGES, (pseudo.LANGUAGE, "⟦Marked⟧")]
    settings.LOCALE_PATHS = [tmp_path]
    User.objects.update(language=pseudo.LANGUAGE)
    yield
    translation.activate("en")


def pages_met() -> Found:
    """Return one address of each page, with somebody who sees it; files are no pages."""
    met, _failed = walk()
    return {
        name: found
        for name, found in met.items()
        if not found[1].startswith(("/register.", "/exports/"))
    }


def test_no_page_says_a_word_that_is_not_marked_for_translation(marked):
    met = pages_met()
    known = pseudo.data()
    found = {}
    for name, (username, address, _size) in sorted(met.items()):
        client = Client()
        client.force_login(User.objects.get(username=username))
        wrong = pseudo.unmarked(client.get(address).content.decode(), known)
        if wrong:
            found[name, username, address] = sorted(set(wrong))

    assert len(met) > 30
    assert found == {}


@pytest.mark.browser
def test_no_page_is_wider_than_its_window_from_right_to_left_and_nobody_is_shut_out(
    marked, site, browser
):
    met = pages_met()
    wide, broken, left = {}, {}, []
    desks, phones = Desks(browser, site), Desks(browser, site)
    for name, (username, address, _size) in met.items():
        desk, phone = desks(username, **WIDE), phones(username, **NARROW)
        desk.goto(address)
        phone.goto(address)
        if desk.evaluate("document.documentElement.dir") != "rtl":
            left.append(name)
        for each, page in (("wide", desk), ("phone", phone)):
            over = page.evaluate(TOO_WIDE)
            if over > 0:
                wide[name, each] = over
        for found in AXE.run(desk, options=BUT_COLOURS).response["violations"]:
            broken[name, found["id"]] = [node["target"] for node in found["nodes"]][:3]
    troubles = desks.troubles + phones.troubles
    desks.close()
    phones.close()

    assert (left, wide, broken, troubles) == ([], {}, {}, [])


@pytest.mark.browser
def test_no_page_is_wider_than_a_phone_in_french_nor_writes_a_comma_to_a_machine(
    demonstration, site, browser
):
    User.objects.update(language="fr")
    met = pages_met()
    phones, wide, written = Desks(browser, site), {}, {}
    for name, (username, address, _size) in met.items():
        phone = phones(username, **NARROW)
        phone.goto(address)
        over = phone.evaluate(TOO_WIDE)
        if over > 0:
            wide[name] = over
        found = NUMBER.findall(phone.content())
        if found:
            written[name] = found
    troubles = phones.troubles
    phones.close()

    assert (wide, written, troubles) == ({}, {}, [])
