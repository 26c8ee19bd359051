# ruff: noqa: T201
"""Take the pictures of the help and of the README from the running system (``make pictures``).

The demonstration mission is started on a folder of its own, each post enters and opens the page
of its errand, and what a reader would see is kept, with the words that frame it. A test opens the
same pages and compares those words, so that a picture that has grown old is noticed.
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import django
from playwright.sync_api import Page, sync_playwright

CHECKOUT = Path(__file__).resolve().parent.parent
PICTURES = CHECKOUT / "static" / "cimic" / "help"
WORDS = PICTURES / "words.json"
README = CHECKOUT / "docs" / "img" / "inbox.png"
QUALITY = 42
# By errand (``missions.guides``): who opens which page; then the links followed, by their selector.
IN_THE_INBOX = "main [data-item] h3 a"
OPENS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "ask": ("sector.east", "/requests/new/civil_assistance/", ()),
    "ask-as-partner": ("partner.ngo", "/requests/new/security_assistance/", ()),
    "report": ("unit.east", "/extreme/", ()),
    "review": ("chief.cimic", "/inbox/", (IN_THE_INBOX,)),
    "advise": ("civil.affairs", "/inbox/", (IN_THE_INBOX,)),
    "capability": ("dms", "/inbox/", (IN_THE_INBOX,)),
    "decide": ("dsrsg", "/inbox/", (IN_THE_INBOX,)),
    "decide-security": ("designated.official", "/inbox/", (IN_THE_INBOX,)),
    "task": ("ops", "/inbox/", (IN_THE_INBOX,)),
    "carry-out": ("chief.cimic", "/register/?status=in_progress", ("main [data-item] th a",)),
    "processes": ("chief.cimic", "/processes/", ()),
    "compliance": ("cos", "/compliance/", ()),
    "read": ("chief.cimic", "/register/", ()),
    "hand-over": ("sector.east", "/handover/", ()),
}


def open_errand(page: Page, errand: str, number: int = 0) -> list[str]:
    """Open the page of an errand, on one of the records that wait; return its second headings."""
    _person, path, follow = OPENS[errand]
    page.goto(path)
    for link in follow:
        found = page.locator(link)
        with page.expect_navigation():
            found.nth(min(number, found.count() - 1)).click()
    page.mouse.move(0, 0)
    return page.get_by_role("main").get_by_role("heading", level=2).all_inner_texts()


def headings_shown(page: Page, errand: str) -> list[list[str]]:
    """Return the headings of an errand's page, for each of the first records that wait there."""
    return [open_errand(page, errand, number) for number in range(3 if OPENS[errand][2] else 1)]


def framing_words(page: Page, errand: str) -> list[str]:
    """Return the headings that an errand's page has whichever record is opened."""
    pages = headings_shown(page, errand)
    return [words for words in pages[0] if all(words in others for others in pages)]


@contextlib.contextmanager
def demonstration() -> Iterator[str]:
    """Run the whole system on a folder of its own until it is ready; give its address."""
    with socket.socket() as free, tempfile.TemporaryDirectory(prefix="cimic-pictures-") as data:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        settings = os.environ | {"PORT": str(port), "CIMIC_DATA": data}
        command = [sys.executable, "-m", "cimic.up"]
        running = subprocess.Popen(
            command, cwd=CHECKOUT, env=settings, stdout=subprocess.PIPE, text=True
        )
        try:
            lines = iter(running.stdout or ())
            if not any("Ready:" in line for line in lines):
                raise SystemExit("The demonstration did not become ready.")
            yield f"http://127.0.0.1:{port}"
        finally:
            running.send_signal(signal.SIGINT)
            running.communicate(timeout=60)


def main() -> None:
    """Take every picture anew."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "cimic.settings"
    os.environ.setdefault("CIMIC_SECRET_KEY", "for the pictures alone, on this machine")
    django.setup()
    from missions.guides import GUIDES, SCREENS  # noqa: PLC0415  (after the settings are named)
    from tests.pages import LAUNCH, enter  # noqa: PLC0415

    errands = {errand.code: errand for _does, found in GUIDES.values() for errand in found}
    PICTURES.mkdir(exist_ok=True)
    words = {}
    with demonstration() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(**LAUNCH)
        for code, (person, _path, _follow) in OPENS.items():
            width, height = SCREENS[errands[code].shown_on]
            context = browser.new_context(
                base_url=address,
                viewport={"width": width, "height": height},
                color_scheme="light",
                locale="en-GB",
            )
            page = enter(context.new_page(), person)
            words[code] = framing_words(page, code)
            open_errand(page, code)
            page.screenshot(path=PICTURES / f"{code}.jpg", type="jpeg", quality=QUALITY)
            print(f"{code}: {page.url.removeprefix(address)}")
            context.close()
        wide = browser.new_context(base_url=address, viewport={"width": 1280, "height": 800})
        page = enter(wide.new_page(), "dsrsg")
        page.goto("/inbox/")
        page.screenshot(path=README)
        browser.close()
    WORDS.write_text(json.dumps(words, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
