"""What may be wrong with a translation: missing, in doubt, or saying something else."""

import re
from collections import Counter
from collections.abc import Iterator

from babel.messages import Catalog, Message

# %(name)s, %s and %d, {name}: what is put into a sentence when it is said.
PLACES = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")
TAGS = re.compile(r"</?[a-z][a-z0-9]*")


def faults(kept: Catalog, found: Catalog) -> list[str]:
    """List what is wrong with a catalogue, a line each; none if it is whole."""
    wrong = []
    for word in found:
        if not word.id:
            continue
        old = kept.get(word.id, word.context)
        if old is None or old.id != word.id:
            wrong.append(f"not in the catalogue: {_shown(word)}")
        else:
            wrong += [f"{fault}: {_shown(word)}" for fault in faults_of(old)]
    known = {(word.context, word.id) for word in found}
    wrong += [
        f"no longer said anywhere: {_shown(word)}"
        for word in kept
        if word.id and (word.context, word.id) not in known
    ]
    return wrong


def faults_of(word: Message) -> Iterator[str]:
    """Say what is wrong with one word's translation."""
    if word.fuzzy:
        yield "in doubt (fuzzy)"
    said = [word.id] if isinstance(word.id, str) else list(word.id)
    given = [word.string] if isinstance(word.string, str) else list(word.string or ())
    if not all(given):
        yield "untranslated"
        return
    for number, text in enumerate(given):
        source = said[min(number, len(said) - 1)]
        allowed = [_places(each) for each in said]
        if _places(text) not in (allowed if len(said) > 1 else [_places(source)]):
            yield f"other placeholders in {text!r}"
        if Counter(TAGS.findall(text)) != Counter(TAGS.findall(source)):
            yield f"other tags in {text!r}"
        if (text[:1].isspace(), text[-1:].isspace()) != (
            source[:1].isspace(),
            source[-1:].isspace(),
        ):
            yield f"other spaces around {text!r}"


def _places(text: str) -> Counter[str]:
    """Count the places for values; ``%%(count)s`` is one that a script fills in."""
    said = text.replace("%%%%", "").replace("%%(", "%(").replace("%%", "")
    return Counter(PLACES.findall(said))


def _shown(word: Message) -> str:
    said = word.id if isinstance(word.id, str) else word.id[0]
    where = f" ({word.locations[0][0]})" if word.locations else ""
    return f"{said!r}{where}"
