"""Finding records by words, and showing where they stand: never more than a person may read."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.search import SearchRank, TrigramWordSimilarity
from django.db import connection
from django.db.models import (
    BooleanField,
    Case,
    F,
    Func,
    IntegerField,
    Q,
    QuerySet,
    UUIDField,
    Value,
    When,
)
from django.db.models.functions import Cast

from approvals.queries.low_profile import knows_who_asks, shows_who_asks
from approvals.queries.messages import reads_inside
from approvals.queries.records import visible_to
from missions.models import User
from missions.queries import is_among, standings_of
from missions.vocabulary import Role
from requests_app.models import AssistanceRequest
from requests_app.words import asked_together, holds, question_of, read_words

RANKED = 2000
# Marks around a word that was found, which nobody types: private letters of Unicode.
OPENS, CLOSES = "\ue000", "\ue001"
# What looks like a tag is left out by PostgreSQL; written so, it is text like any other.
ANGLES = {0xE002: "<", 0xE003: ">"}
HOW = f'StartSel="{OPENS}", StopSel="{CLOSES}"'


def _inside(person: User) -> Q | None:
    """Keep the records whose internal messages a person reads: no partner, not one's own.

    What ``reads_inside`` says of one record, in SQL. A post held for some routes alone counts
    as one's own for every route: it may only hide more.
    """
    if is_among(person, Role.PARTNER):
        return None
    posts = {held.post.pk for held in standings_of(person)}
    own = Q(requested_by=person.pk) | (Q(post__isnull=False) & Q(post__in=posts))
    return ~own


def _first_held(allowed: Q, held: Q) -> Q:
    """Ask both, and who may know it only where the word is held, which is seldom."""
    return Q(Case(When(held, then=Case(When(allowed, then=True), default=False)), default=False))


def _both(allowed: Q, held: Q) -> Q:
    return held & allowed


def holding_words(person: User, typed: str, *, one_by_one: bool = False) -> Q:
    """Keep the records that hold every word, in what the person may read of them.

    In the reference, title, texts, places, organisation and messages; who a low-profile
    requester is only for who may know it (R22), internal messages only for who reads them.
    ``one_by_one`` is for going through records in an order until enough are found: the words
    of each are then read once, where an index of words would be asked for beside.
    """
    words = read_words(typed)
    if not words:
        return Q()
    inside, both = _inside(person), _first_held if one_by_one else _both
    knows, every = knows_who_asks(person), Q()
    for word in words:
        found = Q(holds("open", word)) | both(knows, Q(holds("asking", word)))
        if inside is not None:
            found |= both(inside, Q(holds("inside", word)))
        every &= found
    return every


# Records that hold all the words, if they are no more, are looked up; where there are more, the
# newest of them are soon met by going through the newest records.
FEW = 3_000
THOSE_HOLDING = """
    WITH found AS MATERIALIZED (SELECT rfa_id FROM requests_app_recordwords WHERE {held})
    SELECT rfa_id::text FROM found LIMIT %s
"""
HELD = "(open @@ %s::tsquery OR asking @@ %s::tsquery OR inside @@ %s::tsquery)"


def those_few(typed: str) -> Q | None:
    """Keep the few records that hold every word in anything said of them, or None if many do.

    It narrows, it grants nothing: what may be read of each is asked by ``holding_words``.
    """
    questions = [question_of(word) for word in read_words(typed)]
    if not questions:
        return None
    sql = THOSE_HOLDING.format(held=" AND ".join([HELD] * len(questions)))
    asked = [question for question in questions for _audience in range(3)]
    with connection.cursor() as cursor:
        cursor.execute(sql, [*asked, FEW + 1])
        found = [pk for (pk,) in cursor.fetchall()]
    if len(found) > FEW:
        return None
    listed = Cast(Value(f"{{{','.join(found)}}}"), ArrayField(UUIDField()))
    return Q(
        Func(
            F("pk"),
            listed,
            template="%(expressions)s)",
            arg_joiner=" = ANY(",
            output_field=BooleanField(),
        )
    )


def best_first(requests: QuerySet[AssistanceRequest], typed: str) -> QuerySet[AssistanceRequest]:
    """Rank the newest 2,000 of the records found, by the words all their readers may read."""
    words = read_words(typed)
    newest = requests.order_by("-created_at", "-id").values("pk")[:RANKED]
    if not words:
        return requests.filter(pk__in=newest).annotate(sort_key=Value(0))
    rank = SearchRank(F("words__open"), asked_together(words))
    # A whole number travels in a page's marker without losing a digit.
    whole = Cast(Func(rank * 1_000_000, function="round"), IntegerField())
    return requests.filter(pk__in=newest).annotate(sort_key=whole)


def titles_close_to(person: User, typed: str) -> QuerySet[AssistanceRequest]:
    """List the five records a person sees whose titles are closest to what may be misspelt."""
    return (
        visible_to(person)
        .filter(title__trigram_word_similar=typed)
        .annotate(near=TrigramWordSimilarity(typed, "title"))
        .order_by("-near", "-created_at", "-id")[:5]
    )


@dataclass(frozen=True)
class Part:
    """A run of text, and whether it is one of the words that were asked for."""

    text: str
    found: bool


def parts_of(marked: str) -> list[Part]:
    """Cut a marked text into what was found and what stands around it."""
    parts = []
    for number, piece in enumerate(marked.translate(ANGLES).split(OPENS)):
        found, closes, rest = piece.partition(CLOSES) if number else ("", "", piece)
        if closes:
            parts.append(Part(found, True))
            parts.append(Part(rest, False))
        else:
            parts.append(Part(piece, False))
    return [part for part in parts if part.text]


MARK = """
SELECT rfa.id, ts_headline(%(configuration)s::regconfig,
        translate(said.title, '<>', %(angles)s), asked.question, %(title)s),
    ts_headline(%(configuration)s::regconfig, translate(replace(concat_ws(E'\\n', said.texts,
        record_said(rfa.id, false),
        CASE WHEN rfa.id = ANY(%(inside)s) THEN record_said(rfa.id, true) END, said.places,
        CASE WHEN rfa.id = ANY(%(asking)s) THEN said.asking END),
        E'\\n', ' · '), '<>', %(angles)s),
        asked.question, %(text)s)
FROM unnest(%(shown)s) AS rfa(id), record_text(rfa.id) AS said,
    (SELECT {question} AS question) AS asked
"""


def where_found(
    person: User, rows: list[AssistanceRequest], typed: str, *, french: bool
) -> dict[UUID, tuple[list[Part], list[Part]]]:
    """Return, by record, its title and the piece of its text with the words asked for marked.

    For the lines of one page, in one statement. The piece is empty where the words stand in
    the title or the reference alone.
    """
    words = read_words(typed)
    if not words or not rows:
        return {}
    question = " || ".join(f"words_question(%(word{number})s)" for number in range(len(words)))
    named: dict[str, Any] = {f"word{number}": word for number, word in enumerate(words)}
    named |= {
        "configuration": "cimic_fr" if french else "cimic_en",
        "angles": "".join(map(chr, ANGLES)),
        "title": f"{HOW}, HighlightAll=true",
        "text": f'{HOW}, MaxFragments=2, MaxWords=16, MinWords=6, FragmentDelimiter=" … "',
        "shown": [rfa.pk for rfa in rows],
        "asking": [rfa.pk for rfa in rows if shows_who_asks(rfa)],
        "inside": [rfa.pk for rfa in rows if reads_inside(person, rfa)],
    }
    with connection.cursor() as cursor:
        cursor.execute(MARK.format(question=question), named)
        return {
            pk: (parts_of(title), parts_of(text) if OPENS in text else [])
            for pk, title, text in cursor.fetchall()
        }
