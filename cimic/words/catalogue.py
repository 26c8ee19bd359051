"""The catalogue of a language: a text that is committed, and what the server reads from it.

``locale/<language>/LC_MESSAGES/django.po`` is the text; the ``.mo`` beside it is compiled from
it at the start, by the tests and into the image, and is never committed.
"""

import contextlib
import os
import tempfile
from io import BytesIO
from pathlib import Path

from babel.messages import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

LOCALE = Path(__file__).resolve().parent.parent.parent / "locale"
HEADER = """\
# The words of CIMIC in French, as the documents of the United Nations say them.
# `manage.py words --update` finds new ones; docs/words.md pairs the terms."""

DATED = (
    '"POT-Creation-Date',
    '"PO-Revision-Date',
    '"Project-Id-Version',
    '"Report-Msgid-Bugs-To',
    '"Last-Translator',
    '"Language-Team',
    '"Generated-By',
)


def text_of(language: str) -> Path:
    """Return where the text of a language's catalogue stands."""
    return LOCALE / language / "LC_MESSAGES" / "django.po"


def languages() -> list[str]:
    """List the languages that have a catalogue."""
    return sorted(path.parent.parent.name for path in LOCALE.glob("*/LC_MESSAGES/django.po"))


def read(language: str) -> Catalog:
    """Read a language's catalogue; an empty one where there is none."""
    path = text_of(language)
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as source:
        return read_po(source, locale=language)


def write(catalogue: Catalog, language: str) -> None:
    """Write a catalogue's text, without the dates that would change it each time."""
    written = BytesIO()
    write_po(
        written, catalogue, width=96, sort_output=True, ignore_obsolete=True, include_lineno=False
    )
    lines = written.getvalue().decode().splitlines()
    kept = [line for line in lines if not line.startswith(DATED)]
    path = text_of(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(kept) + "\n")


def refresh(language: str, found: Catalog) -> tuple[int, int]:
    """Take in what is newly marked, let go what is no longer; return how many of each."""
    kept = read(language)
    known = {(word.context, word.id) for word in kept if word.id}
    marked = {(word.context, word.id) for word in found if word.id}
    for word in found:
        old = kept.get(word.id, word.context) if word.id else None
        if old is not None and old.id == word.id:
            word.string, word.flags = old.string, word.flags | (old.flags & {"fuzzy"})
            word.user_comments = old.user_comments
    found.header_comment = HEADER
    write(found, language)
    return len(marked - known), len(known - marked)


def compile_words() -> list[Path]:
    """Compile each catalogue whose text is newer than what was compiled; return those."""
    compiled = []
    for language in languages():
        text = text_of(language)
        machine = text.with_suffix(".mo")
        if machine.exists() and machine.stat().st_mtime_ns >= text.stat().st_mtime_ns:
            continue
        with tempfile.NamedTemporaryFile(dir=text.parent, suffix=".part", delete=False) as part:
            try:
                write_mo(part, read(language))
            except BaseException:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(part.name)
                raise
        os.chmod(part.name, 0o644)
        os.replace(part.name, machine)
        compiled.append(machine)
    return compiled
