"""Finding records by words: what is typed, as PostgreSQL's full-text search asks it."""

from django.contrib.postgres.search import SearchQueryField
from django.db.models import BooleanField, F, Func, Value

MOST_WORDS = 8


def read_words(typed: str) -> list[str]:
    """Return the words of a question, at most eight; what holds no letter or digit asks nothing."""
    words = typed.replace("\0", "").split()
    return [word for word in words if any(letter.isalnum() for letter in word)][:MOST_WORDS]


def asked(word: str) -> Func:
    """Return one word as a question: as it begins, in English, in French, or of a reference.

    ``words_question`` is the database's own (requests_app/migrations/0007): accents are
    folded, and half a word finds the whole.
    """
    return Func(Value(word), function="words_question", output_field=SearchQueryField())


def asked_together(words: list[str]) -> Func:
    """Return the question that holds all the words, to rank by."""
    return Func(
        *map(asked, words),
        template="(%(expressions)s)",
        arg_joiner=" && ",
        output_field=SearchQueryField(),
    )


def holds(vector: str, word: str) -> Func:
    """Return whether the words of one audience hold a word."""
    return Func(
        F(f"words__{vector}"),
        asked(word),
        template="%(expressions)s",
        arg_joiner=" @@ ",
        output_field=BooleanField(),
    )
