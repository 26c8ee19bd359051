"""Sentences that are kept in English, whoever was reading, and read in the reader's language.

What is stored or hashed holds no translated word. A sentence without values is its own key; one
with values is made from a ``Kept`` pattern, by which the values are found again when it is read.
"""

import re
from typing import Any, ClassVar

from django.utils.translation import gettext as _

PLACE = re.compile(r"%\((\w+)\)s")


class Kept:
    """A pattern of sentences, ``Kept(noop("It lacks %(what)s."))``; call it with its values."""

    all: ClassVar[list["Kept"]] = []

    def __init__(self, text: str) -> None:
        self.text = text
        parts = PLACE.split(text)
        self.reads = re.compile(
            "".join(
                f"(?P<{part}>.+)" if number % 2 else re.escape(part)
                for number, part in enumerate(parts)
            ),
            re.DOTALL,
        )
        Kept.all.append(self)

    def __call__(self, **values: Any) -> str:
        """Return the sentence as it is kept."""
        return self.text % values


def read_aloud(said: str) -> str:
    """Say a sentence that was kept in the reader's language; as it stands if it is not ours."""
    if not said:
        return said
    words = str(_(said))
    if words != said:
        return words
    for kept in Kept.all:
        found = kept.reads.fullmatch(said)
        if found:
            values = {
                name: ", ".join(_(part) for part in value.split(", "))
                for name, value in found.groupdict().items()
            }
            return _(kept.text) % values
    return said
