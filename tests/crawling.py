"""Follow every link of the demonstration as somebody would, and tell what was met."""

from collections import Counter
from functools import cache
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urldefrag, urljoin, urlsplit

from django.test import Client
from django.urls import resolve

from missions.models import User
from tests.test_demo import ACCOUNTS

MOST = 5  # so many addresses of one page are opened by one person, whatever the filters
EACH = 1  # so many addresses of one page are opened by one person: with each set of filters
NOT_PAGES = ("/static/", "/accounts/logout", "/api/v1/schema", "/api/v1/docs")
Found = dict[str, tuple[str, str, int]]  # page: who met it first, at which address, its size
Failed = dict[str, dict[str, int | str]]  # what each person was led to in vain


class Links(HTMLParser):
    """The addresses that a page leads to."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep where a link, a picture or a form that is only read leads."""
        said = dict(attrs)
        if tag == "a" and said.get("href"):
            self.found.append(str(said["href"]))
        if tag == "img" and said.get("src"):
            self.found.append(str(said["src"]))


def page_of(address: str) -> tuple[str, str]:
    """Return which page an address is of, and which page with which filters."""
    parts = urlsplit(address)
    match = resolve(parts.path)
    fixed = "".join(f" {value}" for name, value in match.kwargs.items() if name in {"kind", "role"})
    name = f"{match.view_name}{fixed}"
    return name, f"{name}?{'&'.join(sorted({key for key, _value in parse_qsl(parts.query)}))}"


def crawl(username: str, met: Found) -> dict[str, int | str]:
    """Open what links lead a person to from the first page; return what failed, by address."""
    client = Client()
    client.force_login(User.objects.get(username=username))
    owed, opened, failed = ["/"], Counter[str](), {}
    seen = set()
    while owed:
        address = owed.pop(0)
        if address in seen or address.startswith(NOT_PAGES):
            continue
        seen.add(address)
        page, shape = page_of(address)
        if opened[shape] >= EACH or opened[page] >= MOST:
            continue
        opened.update({shape, page})
        answer = client.get(address, follow=True)
        landed = answer.redirect_chain[-1][0] if answer.redirect_chain else address
        if answer.status_code >= 400:
            failed[address] = answer.status_code
            continue
        if answer.streaming or not answer["Content-Type"].startswith("text/html"):
            b"".join(answer) if answer.streaming else answer.content
            continue
        met.setdefault(page_of(landed)[0], (username, landed, len(answer.content)))
        links = Links()
        links.feed(answer.content.decode())
        for link in links.found:
            whole = urldefrag(urljoin(landed, link)).url
            if not urlsplit(whole).netloc and whole.startswith("/"):
                owed.append(whole)
            elif urlsplit(whole).scheme in {"http", "https"}:
                failed[whole] = "leads elsewhere"
    return failed


@cache
def walk() -> tuple[Found, Failed]:
    """Crawl the demonstration as each of its accounts, once; give what was met and what failed.

    The administration's pages are Django's own, and are not among what was met.
    """
    met: Found = {}
    failed = {name: crawl(name, met) for name in sorted({*ACCOUNTS} - {"admin"})}
    User.objects.filter(username="admin").update(is_staff=True, is_superuser=True)
    failed["admin"] = crawl("admin", {})
    return met, {name: found for name, found in failed.items() if found}
