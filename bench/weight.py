# ruff: noqa: T201
"""What pages weigh over the wire, and how long they take on a bad line.

    .venv/bin/python -m bench.weight

Runs the demonstration on a folder of its own, enters as some posts and opens their pages in a
browser with an empty cache (the first page) and then in the same browser (the next ones), as
Chromium counts what came over the line, headings and all. Then again at 50 kbit/s and 300 ms.
Ends with 1 where a first page is over 100 KB, a next one over 20 KB, or another host is asked.
"""

import os
import sys
import time
from dataclasses import dataclass

from playwright.sync_api import Browser, Page, Playwright, sync_playwright

from tests.pictures import demonstration

FIRST_MOST, NEXT_MOST = 100 * 1024, 20 * 1024
BAD_LINE = {
    "offline": False,
    "latency": 300,
    "downloadThroughput": 50_000 / 8,
    "uploadThroughput": 50_000 / 8,
}
PASSWORD = "carana-demo"  # noqa: S105  (of the demonstration alone)
# By post: the page it opens first, and those it opens next.
JOURNEYS = {
    "sector.east": ("/requests/", "/requests/new/civil_assistance/", "/extreme/", "/handover/"),
    "chief.cimic": ("/register/", "/inbox/", "/map/", "/evaluation/", "/processes/", "/notices/"),
    "dsrsg": ("/inbox/", "first of the inbox", "/register/", "/priorities/"),
    "cos": ("/compliance/", "/evaluation/", "/complaints/"),
    "partner.ngo": ("/requests/", "/requests/new/security_assistance/", "/help/"),
}


@dataclass
class Line:
    """What came over the line since it was last asked."""

    bytes: int = 0
    requests: int = 0
    elsewhere: int = 0


def listened(page: Page, address: str) -> Line:
    """Count what a page asks for, as the browser receives it."""
    line = Line()
    wire = page.context.new_cdp_session(page)
    wire.send("Network.enable")

    def ended(told: dict[str, float]) -> None:
        line.bytes += int(told["encodedDataLength"])

    def asked(told: dict[str, dict[str, str]]) -> None:
        line.requests += 1
        if not told["request"]["url"].startswith((address, "data:", "blob:")):
            line.elsewhere += 1

    wire.on("Network.loadingFinished", ended)
    wire.on("Network.requestWillBeSent", asked)
    return line


def entered(browser: Browser, address: str, username: str) -> list[dict[str, object]]:
    """Sign in elsewhere and return the cookies, so that a first page is met with nothing kept."""
    context = browser.new_context(base_url=address)
    page = context.new_page()
    page.goto("/accounts/login/")
    page.locator("[name=login]").fill(username)
    page.locator("[name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/accounts/login/" not in url)
    cookies = context.cookies()
    context.close()
    return cookies


def opened(page: Page, path: str) -> float:
    """Open a page; return the seconds until it could be read."""
    began = time.monotonic()
    if path == "first of the inbox":
        page.goto("/inbox/", wait_until="networkidle")
        began = time.monotonic()
        page.locator("main [data-item] h3 a").first.click()
        page.wait_for_load_state("domcontentloaded")
    else:
        page.goto(path, wait_until="domcontentloaded")
    seconds = time.monotonic() - began
    page.wait_for_load_state("networkidle")
    return seconds


def weigh(playwright: Playwright, address: str) -> int:
    """Open every journey; print what each page weighed; return how many were over."""
    over = 0
    browser = playwright.chromium.launch(
        executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=["--no-sandbox"]
    )
    print(f"{'page':44} {'KB':>6} {'asks':>5} {'else':>5} {'s at 50 kbit/s':>15}")
    for username, paths in JOURNEYS.items():
        cookies = entered(browser, address, username)
        quick = browser.new_context(base_url=address)
        slow = browser.new_context(base_url=address)
        for context in (quick, slow):
            context.add_cookies(cookies)  # type: ignore[arg-type]
        page, late = quick.new_page(), slow.new_page()
        line = listened(page, address)
        late.context.new_cdp_session(late).send("Network.emulateNetworkConditions", BAD_LINE)
        for number, path in enumerate(paths):
            line.bytes = line.requests = line.elsewhere = 0
            opened(page, path)
            most = NEXT_MOST if number else FIRST_MOST
            seconds = opened(late, path)
            wrong = line.bytes > most or line.elsewhere > 0
            over += wrong
            print(
                f"{username + ' ' + path:44} {line.bytes / 1024:6.1f} {line.requests:5}"
                f" {line.elsewhere:5} {seconds:15.1f}{'  OVER' if wrong else ''}"
            )
        quick.close()
        slow.close()
    browser.close()
    return over


def main() -> int:
    with demonstration() as address, sync_playwright() as playwright:
        return int(weigh(playwright, address) > 0)


if __name__ == "__main__":
    sys.exit(main())
