"""People at the mission's pages: entering, filling in forms, answering from the inbox."""

import os
import re
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect

from tests.builders import PASSWORD

PHONE = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}
LAUNCH: dict[str, Any] = {
    "executable_path": os.environ.get("CHROMIUM", "/usr/bin/chromium"),
    "headless": True,
    "args": [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ],
}
# A page that refuses answers 4xx on purpose, and Chromium puts that on its console.
REFUSED = "Failed to load resource: the server responded with a status of 4"


def enter(page: Page, username: str) -> Page:
    """Sign in through the form."""
    page.goto("/accounts/login/")
    page.get_by_label("Username").or_(page.locator("[name=login]")).first.fill(username)
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", level=1, name="Sign in")).to_have_count(0)
    return page


class Desks:
    """Whoever is at the mission's pages, each in a browser of their own.

    ``troubles`` gathers what no page may do: an error on the console (what the content
    security policy blocks among them), a script that fails, a request to another host.
    """

    def __init__(self, browser: Browser, address: str) -> None:
        self.browser, self.address = browser, address
        self.pages: dict[str, Page] = {}
        self.contexts: list[BrowserContext] = []
        self.troubles: list[str] = []

    def __call__(self, username: str, **options: Any) -> Page:
        """Return the page that somebody works at, signed in when first asked for."""
        if username not in self.pages:
            self.pages[username] = enter(self.new_page(**options), username)
        return self.pages[username]

    def new_page(self, **options: Any) -> Page:
        """Return a page in a browser in which nobody is signed in."""
        context = self.browser.new_context(
            base_url=self.address, locale="en-GB", timezone_id="UTC", **options
        )
        context.set_default_timeout(10_000)
        context.on("console", self._on_console)
        context.on("weberror", lambda failed: self.troubles.append(f"script: {failed.error}"))
        context.on("request", self._on_request)
        self.contexts.append(context)
        return context.new_page()

    def _on_console(self, said: ConsoleMessage) -> None:
        if said.type == "error" and not said.text.startswith(REFUSED):
            self.troubles.append(f"console: {said.text}")

    def _on_request(self, asked: Request) -> None:
        if not asked.url.startswith((self.address, "data:", "blob:")):
            self.troubles.append(f"elsewhere: {asked.url}")

    def close(self) -> None:
        for context in self.contexts:
            context.close()


def boxes_of(answers: dict[str, Any]) -> dict[str, Any]:
    """Return answers as the API takes them by the names of a page's boxes."""
    boxes: dict[str, Any] = {}
    for name, value in answers.items():
        if name == "kind":
            continue
        if isinstance(value, list):
            for number, line in enumerate(value):
                boxes |= {f"{name}-{number}-{column}": cell for column, cell in line.items()}
        elif name.endswith("_at"):
            boxes[name] = value[:16]
        else:
            boxes[name] = value
    return boxes


def fill(page: Page, boxes: dict[str, Any]) -> None:
    """Fill in the boxes of the page's form: lists, choices and ticks as a person would."""
    for name, value in boxes.items():
        box = page.locator(f'main [name="{name}"]')
        kind = box.first.get_attribute("type")
        if kind == "radio":
            page.locator(f'main [name="{name}"][value="{value}"]').check()
        elif kind == "checkbox":
            box.set_checked(bool(value))
        elif box.first.evaluate("box => box.localName") == "select":
            box.select_option(value)
        else:
            box.fill(str(value))


def press(page: Page, label: str) -> None:
    """Press a button of the page by its whole label."""
    page.get_by_role("main").get_by_role("button", name=label, exact=True).click()


def ask(page: Page, answers: dict[str, Any]) -> str:
    """Fill in the form of a kind, check it and submit it; return the reference."""
    page.goto(f"/requests/new/{answers['kind']}/")
    fill(page, boxes_of(answers))
    press(page, "Check your answers")
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your answers")
    press(page, "Submit")
    expect(page.get_by_role("heading", level=1)).to_have_text("What happens next")
    return reference_in(page)


def reference_in(page: Page) -> str:
    """Return the reference in the page's address."""
    found = re.search(r"[A-Z]+-(CA|SA|QIP|EX)-\d{4}-\d+", page.url)
    assert found, page.url
    return found.group()


def open_from_inbox(page: Page, reference: str) -> None:
    """Open what waits on this post about a record."""
    page.goto("/inbox/")
    line = page.get_by_role("main").get_by_role("listitem").filter(has_text=reference)
    line.get_by_role("link").first.click()
    expect(page.locator('[name="answer"]').first).to_be_attached()


def answer(page: Page, reference: str, word: str, **said: Any) -> None:
    """Answer from the inbox, and see it said to be on the record."""
    open_from_inbox(page, reference)
    fill(page, {"answer": word, **said})
    press(page, "Give the answer")
    expect(page).to_have_url(re.compile("/inbox/$"))
    expect(page.get_by_role("main")).to_contain_text("On the record")


def do(page: Page, reference: str, link: str, button: str, **said: Any) -> None:
    """Follow a deed's link on the case, fill in its form and press its button."""
    page.goto(f"/register/{reference}/")
    page.get_by_role("main").get_by_role("link", name=link, exact=True).click()
    fill(page, said)
    press(page, button)
    expect(page).to_have_url(re.compile(f"/register/{reference}/(#|$)"))


def close(page: Page, reference: str) -> None:
    """Close a record by its button."""
    do(page, reference, "Close the record", "Close the record")
    expect(page.get_by_role("main")).to_contain_text(f"{reference} is closed.")


def history(page: Page, reference: str) -> list[str]:
    """Return what the case's history says was done, oldest first."""
    page.goto(f"/register/{reference}/")
    told = page.locator("#history").get_by_role("listitem").locator("strong").all_inner_texts()
    return list(reversed(told))
