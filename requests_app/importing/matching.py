"""Which question a column answers: guessed by its heading, in English and in French.

A guess is only ever by the very words, made plain: the question's label, its name, or one of
the words that old lists are known to use. What is not guessed is left out until somebody says
what it is; what somebody said is remembered for the mission.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from missions.models import Mission
from requests_app.models import ColumnMatch
from requests_app.questions import QUESTIONS, ROWS
from requests_app.vocabulary import Kind


@dataclass(frozen=True)
class Column:
    """What a column of a spreadsheet may hold: a question of the form, or what an old list says.

    ``claims`` is what CIMIC cannot prove: it is kept as said and decides nothing.
    """

    name: str
    label: Any
    holds: str
    help: Any = ""
    kinds: frozenset[Kind] = frozenset()
    choices: Any = None
    claims: bool = False


KIND, STATE, ASKED_ON = "kind", "state", "asked_on"
OWN = (
    Column(KIND, _("Kind"), "choice", _("Civil assistance, security assistance or QIP.")),
    Column(
        STATE,
        _("Where it stands"),
        "state",
        _("What is over comes in as history; everything else as a draft, to be submitted."),
    ),
    Column(ASKED_ON, _("Asked on"), "date", _("The day it was asked; history needs it.")),
    Column("old_reference", _("Old reference"), "text", _("As the old list has it."), claims=True),
    Column("decided_on", _("Decided on"), "date", _("As the old list says."), claims=True),
    Column("decided_by", _("Decided by"), "text", _("As the old list says."), claims=True),
    Column("completed_on", _("Completed on"), "date", _("As the old list says."), claims=True),
    Column(
        "delivered_by",
        _("Delivered by"),
        "text",
        _("The unit, partner or other actor."),
        claims=True,
    ),
    Column("remarks", _("Remarks"), "text", _("Whatever else the old list says."), claims=True),
)
COLUMNS: dict[str, Column] = {column.name: column for column in OWN} | {
    question.name: Column(
        question.name,
        question.label,
        question.holds,
        question.help,
        question.kinds,
        question.choices,
    )
    for question in QUESTIONS
    if question.name not in ROWS
}

# Words that old lists use, beside the labels in both languages and the names.
ALSO = {
    "kind": "type of request|request type|nature|type de demande",
    "state": "status|state|statut|etat|outcome|suite donnee",
    "asked_on": "date|request date|date of request|date requested|received|date received|date recue"
    "|date de la demande|date de reception|submitted on",
    "old_reference": "ref|reference|reference no|number|no|numero|n|serial|s n",
    "title": "subject|activity|project|project title|objet|intitule|titre du projet",
    "description": "details|request|task|besoin|details de la demande|justification",
    "organisation": "requester|agency|organization|ngo|demandeur|organisme|requesting agency",
    "on_behalf_of": "requested by|beneficiary|community|authority|demande par|beneficiaire",
    "area": "district|province|region|county|prefecture|admin1|admin2|p code|pcode",
    "place": "location|village|site|town|lieu|localite|localisation",
    "latitude": "lat|y",
    "longitude": "lon|long|lng|x",
    "needed_by": "deadline|due date|date needed|required by|echeance|delai",
    "estimated_cost": "cost|budget|amount|usd|cout|montant|cout estime",
    "decided_on": "date approved|approval date|decision date|date de decision|approved on",
    "decided_by": "approved by|approving authority|approuve par|decide par",
    "completed_on": "date completed|completion date|end date|date de fin|acheve le|completed",
    "delivered_by": "unit|executing unit|implemented by|execute par|unite|tasked unit",
    "remarks": "comments|notes|observations|commentaires|remarques|remark",
}


def plain(heading: Any) -> str:
    """Return a heading without case, accents and signs, so that the same words are the same."""
    text = unicodedata.normalize("NFKD", str(heading)).casefold()
    kept = "".join(letter for letter in text if not unicodedata.combining(letter))
    return " ".join(re.findall(r"[^\W_]+", kept))[:120]


@lru_cache(maxsize=1)
def known_headings() -> dict[str, str]:
    """Return every heading that is recognised, made plain, with the column it means."""
    found: dict[str, str] = {}
    for name, words in ALSO.items():
        for word in words.split("|"):
            found[plain(word)] = name
    for language, _name in settings.LANGUAGES:
        with override(language):
            for column in COLUMNS.values():
                found[plain(column.label)] = column.name
    for name in COLUMNS:
        found[plain(name.replace("_", " "))] = name
    return found


def guessed(mission: Mission, headings: dict[int, str]) -> dict[str, str]:
    """Return what each heading answers: as the mission said before, or by its words.

    A question is answered by one column: the first that means it.
    """
    words = [plain(heading) for heading in headings.values()]
    said = dict(
        ColumnMatch.objects.filter(mission=mission, heading__in=words).values_list(
            "heading", "name"
        )
    )
    known = known_headings()
    found: dict[str, str] = {}
    for heading in headings.values():
        name = said.get(plain(heading), known.get(plain(heading), ""))
        taken = name in found.values() or name not in COLUMNS
        found.setdefault(heading, "" if taken else name)
    return found


def remember(mission: Mission, matching: dict[str, str]) -> None:
    """Keep for the mission what somebody said a heading means."""
    for heading, name in matching.items():
        if plain(heading):
            ColumnMatch.objects.update_or_create(
                mission=mission, heading=plain(heading), defaults={"name": name}
            )
