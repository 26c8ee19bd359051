"""A language that nobody speaks: every word of ours between ⟦ and ⟧, written from the right.

It goes under the code of Arabic, so that what Django says itself is Arabic and a Latin word
outside the marks is either data or a word that nobody marked for translation.
"""

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from babel.messages import Catalog
from babel.messages.mofile import write_mo
from django.apps import apps
from django.db import models

from cimic.words.extraction import all_words

LANGUAGE = "ar"
OPEN, SHUT = "⟦", "⟧"
ROOMS = ("missions", "requests_app", "approvals", "records", "notices", "ledger", "access")
SAID = ("alt", "aria-label", "placeholder", "title")
NOT_SAID = frozenset({"script", "style", "code", "kbd", "svg", "pre"})
VOID = frozenset({"br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"})
CODE = re.compile(r"[a-z_]+")
WORD = re.compile(r"[A-Za-z]{2,}")
# What is the same in every language: the name, codes, forms of files, units, keys, addresses.
EVERYWHERE = re.compile(
    r"\b(?:CIMIC|UTC|CSV|XLSX|Excel|GeoJSON|JSON|PDF|HXL|SHA|MGRS|GLIDE|USD|EUR|XOF|km|kB|MB|min"
    r"|[A-Z]{2,6}-(?:CA|SA|QIP|EX|CO)-\d{4}-\d+|[A-Z]{2}-\d{4}-\d{6}-[A-Z]{3}|[A-Z]{2,3}\d{2,}"
    r"|\d{1,2}[A-Z] [A-Z]{2} \d+ \d+|[0-9a-f]{8,}|[\w.]+@[\w.]+|https?://\S+"
    r"|[\w.-]+\.(?:pdf|jpg|png|csv|xlsx|docx))\b|__number__"
)


def write_catalogue(folder: Path) -> None:
    """Compile the language's catalogue into a folder of locales."""
    marked = Catalog(locale=LANGUAGE, fuzzy=False)
    for word in all_words(LANGUAGE):
        if word.id:
            said = [word.id] if isinstance(word.id, str) else list(word.id)
            given = [f"{OPEN}{text}{SHUT}" for text in said]
            several = (given[0], *[given[-1]] * (marked.num_plurals - 1))
            marked.add(
                word.id,
                given[0] if isinstance(word.id, str) else several,
                context=word.context,
            )
    path = folder / LANGUAGE / "LC_MESSAGES" / "django.mo"
    path.parent.mkdir(parents=True)
    with path.open("wb") as target:
        write_mo(target, marked)


def data() -> set[str]:
    """Gather every text that the database holds: it is not ours to translate."""

    def texts(value: Any) -> list[str]:
        if isinstance(value, str):
            return [value]
        if isinstance(value, dict):
            return [text for inner in value.values() for text in texts(inner)]
        if isinstance(value, list):
            return [text for inner in value for text in texts(inner)]
        return []

    found: set[str] = set()
    for room in ROOMS:
        for model in apps.get_app_config(room).get_models():
            for field in model._meta.concrete_fields:
                if isinstance(field, models.CharField | models.TextField | models.JSONField):
                    for value in model._default_manager.values_list(field.attname, flat=True):
                        found.update(" ".join(text.split()) for text in texts(value))
            if model._meta.label == "missions.User":
                found.update(person.name for person in model._default_manager.all())
    return {text for text in found if len(text) > 1 and not CODE.fullmatch(text)}


class Texts(HTMLParser):
    """Every text that a page says: between tags, and in the attributes that are read out."""

    def __init__(self) -> None:
        super().__init__()
        self.path: list[tuple[str, bool]] = []
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep what the attributes say; what is in another language or code is passed over."""
        said = dict(attrs)
        silent = tag in NOT_SAID or said.get("aria-hidden") == "true"
        silent = silent or ("lang" in said and tag != "html")
        silent = silent or bool(self.path and self.path[-1][1])
        if not silent:
            self.found += [str(said[name]) for name in SAID if said.get(name)]
            self.found += [
                str(value)
                for name, value in attrs
                if name.startswith("data-") and value and " " in value and value[0].isupper()
            ]
            if tag == "input" and said.get("type") in {"submit", "button"} and said.get("value"):
                self.found.append(str(said["value"]))
        if tag not in VOID:
            self.path.append((tag, silent))

    def handle_endtag(self, tag: str) -> None:
        """Leave the element, and those that were left open in it."""
        names = [name for name, _silent in self.path]
        if tag in names:
            del self.path[len(names) - 1 - names[::-1].index(tag) :]

    def handle_data(self, data: str) -> None:
        """Keep the text of an element that speaks."""
        if not (self.path and self.path[-1][1]) and data.strip():
            self.found.append(data)


def outside_marks(text: str) -> str:
    """Return what of a text stands outside the marks."""
    depth, kept = 0, []
    for letter in text:
        depth += letter == OPEN
        if not depth:
            kept.append(letter)
        depth -= letter == SHUT
    return "".join(kept)


def unmarked(page: str, known: set[str]) -> list[str]:
    """List what a page says in plain words that are neither marked nor data."""
    texts = Texts()
    texts.feed(page)
    wrong = []
    for text in (" ".join(found.split()) for found in texts.found):
        rest = outside_marks(text)
        if WORD.search(rest):
            said = [value for value in known if value in rest]
            for value in sorted(said, key=len, reverse=True):
                rest = rest.replace(value, " ")
            rest = EVERYWHERE.sub(" ", rest)
        if WORD.search(rest) and not _is_the_start_of(rest, known):
            wrong.append(text)
    return wrong


def _is_the_start_of(text: str, known: set[str]) -> bool:
    """Whether it is data cut short: the beginning of a longer text, and an ellipsis."""
    start = text.strip().removesuffix("…").strip()
    return text.rstrip().endswith("…") and any(value.startswith(start) for value in known)
