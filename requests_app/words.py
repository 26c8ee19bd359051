"""Finding records by words: what is typed, as PostgreSQL's full-text search asks it."""

from functools import lru_cache

from django.contrib.postgres.search import SearchQueryField
from django.db import connection
from django.db.models import BooleanField, F, Func, Value
from django.db.models.functions import Cast

MOST_WORDS = 8


def read_words(typed: str) -> list[str]:
    """Return the words of a question, at most eight; what holds no letter or digit asks nothing."""
    words = typed.replace("\0", "").split()
    return [word for word in words if any(letter.isalnum() for letter in word)][:MOST_WORDS]


@lru_cache(maxsize=1024)
def question_of(word: str) -> str:
    """Return one word as the database asks for it, as text.

    ``words_question`` is the database's own (requests_app/migrations/0007): as the word begins,
    in English, in French, or of a reference; accents are folded, and half a word finds the whole.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT words_question(%s)::text", [word])
        return _shortest(str(cursor.fetchone()[0]))


def _shortest(question: str) -> str:
    """Leave out of a question's alternatives what another finds that asks for its beginning."""
    parts = list(dict.fromkeys(question.split(" | ")))
    begins = tuple(part.removesuffix("':*") for part in parts if part.endswith("':*"))
    return " | ".join(part for part in parts if part.endswith("':*") or not part.startswith(begins))


def asked(word: str) -> Cast:
    """Return one word as a question that PostgreSQL knows before it plans.

    Written as the function itself, it would be asked of every record anew, and how many hold
    the word would be guessed.
    """
    return Cast(Value(question_of(word)), SearchQueryField())


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
