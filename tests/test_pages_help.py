"""Help: a guide for each post, with pictures that are of the pages as they are today."""

import json
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.template.loader import get_template
from django.test import override_settings

from common.parts import FOLDER, examples, parts
from missions.guides import GUIDES
from missions.vocabulary import Role
from tests.builders import a_mission, who
from tests.conftest import DEMONSTRATION
from tests.pages import Desks
from tests.pictures import OPENS, WORDS, headings_shown

ERRANDS = {errand.code: errand for _does, errands in GUIDES.values() for errand in errands}


@pytest.mark.django_db
@pytest.mark.parametrize("role", Role)
def test_every_post_has_a_guide_of_its_errands(role, client):
    page = client.get(f"/help/{role}/")

    assert page.status_code == 200
    said = page.content.decode()
    for errand in GUIDES[role][1]:
        assert f'id="{errand.code}"' in said
        assert len(errand.steps) >= 2


@pytest.mark.django_db
def test_a_guide_for_a_post_that_does_not_exist_is_not_found(client):
    assert client.get("/help/colonel/").status_code == 404


@pytest.mark.django_db
def test_the_help_leads_to_each_guide_and_marks_the_readers_own(client):
    a_mission()
    client.force_login(who("dsrsg"))

    said = client.get("/help/").content.decode()

    assert all(f'href="/help/{role}/"' in said for role in Role)
    assert said.count("yours") == 1


def test_each_picture_is_there_in_the_size_that_the_page_keeps_free_for_it():
    pictured = {code: errand for code, errand in ERRANDS.items() if errand.shown_on}

    assert set(pictured) == set(OPENS)
    for errand in pictured.values():
        found = finders.find(errand.picture)
        assert found, f"{errand.picture} is missing: make pictures"
        assert size_of(Path(found).read_bytes()) == errand.screen


def size_of(jpeg: bytes) -> tuple[int, int]:
    """Return the width and height that the first frame of a JPEG names."""
    at = 2
    while jpeg[at + 1] not in {0xC0, 0xC1, 0xC2}:
        at += 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
    return (
        int.from_bytes(jpeg[at + 7 : at + 9], "big"),
        int.from_bytes(jpeg[at + 5 : at + 7], "big"),
    )


@pytest.mark.browser
@pytest.mark.xdist_group(DEMONSTRATION)
def test_no_picture_has_grown_old(demonstration, site, browser):
    desks = Desks(browser, site)
    kept = json.loads(WORDS.read_text(encoding="utf-8"))

    # which records wait first changes with the hour: a heading need stand on one of them
    shown = {code: set().union(*headings_shown(desks(OPENS[code][0]), code)) for code in OPENS}

    grown_old = {code for code, words in kept.items() if not set(words) <= shown[code]}
    desks.close()
    assert set(kept) == set(OPENS)
    assert grown_old == set(), "the pages have changed since their pictures: make pictures"


def test_each_part_that_pages_are_made_of_has_an_example():
    names = {path.stem for path in FOLDER.glob("[!_]*.html")}

    assert names == set(examples())


@pytest.mark.django_db
@override_settings(DEBUG=True)
def test_the_page_of_parts_draws_each_with_what_it_takes(client):
    page = client.get("/help/components/")

    assert page.status_code == 200
    for part in parts():
        assert get_template(f"components/{part['name']}.html")
        assert str(part["takes"]).startswith(("Takes", "What", "Says", "The"))
        assert f'id="{part["name"]}"' in page.content.decode()


@pytest.mark.django_db
def test_outside_debug_the_page_of_parts_is_not_there(client):
    assert client.get("/help/components/").status_code == 404
