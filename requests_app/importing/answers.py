"""Reading one cell as the answer to a question: never guessed, every doubt said by its cell."""

import datetime as dt
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override

from requests_app.importing.cells import Cell
from requests_app.importing.matching import Column, plain
from requests_app.vocabulary import Kind

KINDS = (Kind.CIVIL_ASSISTANCE, Kind.SECURITY_ASSISTANCE, Kind.QIP)
ORDERS = ("dmy", "mdy")
NUMBERED = re.compile(r"(\d{1,2})\s*[./\- ]\s*(\d{1,2})\s*[./\- ]\s*(\d{4})")
NAMED = re.compile(r"(\d{1,2})(?:er)?[\s\-./]+([^\W\d]+)\.?[\s\-./]+(\d{4})")
ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]00:00(?::00)?)?")
MONTHS = {
    word: number
    for number, words in enumerate(
        (
            "jan january janvier janv",
            "feb february fevrier fevr fev",
            "mar march mars",
            "apr april avril avr",
            "may mai",
            "jun june juin",
            "jul july juillet juil",
            "aug august aout",
            "sep sept september septembre",
            "oct october octobre",
            "nov november novembre",
            "dec december decembre",
        ),
        start=1,
    )
    for word in words.split()
}
YES = frozenset(["yes", "y", "true", "x", "1", "oui", "o", "vrai"])
NO = frozenset(["no", "n", "false", "0", "non", "faux"])
# Days of Excel's calendar between 2000 and 2100: a number in a column of days.
SERIALS = range(35065, 73415)
FIRST_OF_1900, FIRST_OF_1904 = dt.date(1899, 12, 30), dt.date(1904, 1, 1)

# What old lists write of what is over. Everything else is still to be decided or done.
OVER = {
    "completed": "completed complete done finished delivered closed implemented acheve termine "
    "realise cloture clos ferme livre execute",
    "not_approved": "refused rejected declined refuse rejete",
    "cancelled": "cancelled canceled annule",
    "withdrawn": "withdrawn retire",
}
ALSO_OVER = {"not approved": "not_approved", "non approuve": "not_approved"}
TO_DO = frozenset(
    [
        "draft",
        "new",
        "open",
        "pending",
        "submitted",
        "received",
        "ongoing",
        "approved",
        "planned",
        "brouillon",
        "nouveau",
        "ouvert",
        "attente",
        "soumis",
        "recu",
        "approuve",
        "prevu",
    ]
)
ALSO_TO_DO = frozenset(
    {"in progress", "under review", "under way", "en cours", "en attente", "a l etude", "to do"}
)


class Unread(Exception):
    """A cell that cannot be read as the answer, with what to write instead."""


class Ambiguous(Unread):
    """A day that means two days, until somebody says whether the day or the month comes first."""


@dataclass(frozen=True)
class Reader:
    """Reads cells: ``day_order`` is ``dmy`` or ``mdy`` once somebody said so, or ''.

    ``epoch_1904`` says by which of its two calendars a workbook counts days.
    """

    day_order: str = ""
    epoch_1904: bool = False

    def read(self, cell: Cell, column: Column, kind: str) -> Any:
        """Return the answer as the form takes it; raise ``Unread`` with what to write instead."""
        match column.holds:
            case "date":
                return self.day(cell).isoformat()
            case "moment":
                return self.moment(cell)
            case "whole":
                return _whole(cell)
            case "money" | "degrees":
                return _number(cell)
            case "flag":
                return _yes_or_no(cell)
            case "state":
                return state_of(cell.text)
            case "choice":
                return _choice(cell, column, kind)
        return cell.text

    def day(self, cell: Cell) -> dt.date:
        value = cell.value
        if isinstance(value, dt.datetime):
            return value.date()
        if isinstance(value, dt.date):
            return value
        if isinstance(value, int | float) and not isinstance(value, bool):
            return _of_serial(value, FIRST_OF_1904 if self.epoch_1904 else FIRST_OF_1900)
        text = cell.text
        iso = ISO.fullmatch(text)
        if iso:
            return _day(int(iso[1]), int(iso[2]), int(iso[3]), text)
        named = NAMED.fullmatch(text)
        if named and plain(named[2]) in MONTHS:
            return _day(int(named[3]), MONTHS[plain(named[2])], int(named[1]), text)
        numbered = NUMBERED.fullmatch(text)
        if numbered:
            return self._numbered(text, int(numbered[1]), int(numbered[2]), int(numbered[3]))
        raise Unread(_("“%(text)s” is no day: write it like 2026-03-04.") % {"text": text})

    def _numbered(self, text: str, first: int, second: int, year: int) -> dt.date:
        only_one = first == second or max(first, second) > 12
        if only_one and self.day_order == "":
            day, month = (first, second) if first > 12 else (second, first)
            return _day(year, month, day, text)
        if self.day_order == "dmy":
            return _day(year, second, first, text)
        if self.day_order == "mdy":
            return _day(year, first, second, text)
        message = _(
            "“%(text)s” may mean two days: say whether the day or the month comes first in this "
            "file, or write it like 2026-03-04."
        )
        raise Ambiguous(message % {"text": text})

    def moment(self, cell: Cell) -> str:
        if isinstance(cell.value, dt.datetime):
            return cell.value.strftime("%Y-%m-%dT%H:%M")
        try:
            return dt.datetime.fromisoformat(cell.text).strftime("%Y-%m-%dT%H:%M")
        except ValueError:
            message = _("“%(text)s” is no moment: write it like 2026-03-04 14:30.")
            raise Unread(message % {"text": cell.text}) from None


def _day(year: int, month: int, day: int, text: str) -> dt.date:
    try:
        return dt.date(year, month, day)
    except ValueError:
        message = _("There is no day “%(text)s”: write it like 2026-03-04.")
        raise Unread(message % {"text": text}) from None


def _of_serial(value: float, first: dt.date) -> dt.date:
    if int(value) not in SERIALS:
        message = _("%(number)s is no day of our time: write it like 2026-03-04.")
        raise Unread(message % {"number": f"{value:g}"})
    return first + dt.timedelta(days=int(value))


def _digits(cell: Cell) -> str:
    """Return a number as it was written, spaces between thousands taken out."""
    return re.sub(r"[\s\u00a0\u202f']", "", cell.text)


def _whole(cell: Cell) -> str:
    digits = _digits(cell)
    if not re.fullmatch(r"\d+", digits):
        message = _("“%(text)s” is no whole number: write digits alone, such as 1200.")
        raise Unread(message % {"text": cell.text})
    return digits


def _number(cell: Cell) -> str:
    if cell.typed and isinstance(cell.value, int | float) and not isinstance(cell.value, bool):
        return repr(cell.value) if isinstance(cell.value, int) else f"{cell.value:.10g}"
    digits = _digits(cell).replace("−", "-")
    if re.fullmatch(r"-?\d+,\d{3}", digits) or re.fullmatch(
        r"-?\d{1,3}(?:[.,]\d{3}){2,}.*", digits
    ):
        message = _("“%(text)s” may mean two numbers: write it like 1200.50, thousands together.")
        raise Unread(message % {"text": cell.text})
    digits = digits.replace(",", ".")
    if not re.fullmatch(r"-?\d+(?:\.\d+)?", digits):
        message = _("“%(text)s” is no number: write it like 1200.50.")
        raise Unread(message % {"text": cell.text})
    return digits


def _yes_or_no(cell: Cell) -> bool:
    word = plain(cell.text)
    if word in YES or word in NO:
        return word in YES
    raise Unread(_("“%(text)s” is neither yes nor no: write yes or no.") % {"text": cell.text})


def _words_over() -> dict[str, str]:
    return {word: code for code, words in OVER.items() for word in words.split()} | ALSO_OVER


def _as_listed(word: str) -> list[str]:
    """Return the words and the first of them, each also without a feminine or plural ending."""
    said = list(dict.fromkeys([word, word.split(" ")[0]]))
    return [one.removesuffix(end) for one in said for end in ("", "s", "e", "es")]


def state_of(text: str) -> str:
    """Return what an old list says became of a request; '' for what is still to be decided.

    Raises ``Unread`` for a word that is not known: nobody guesses whether something is over.
    """
    over = _words_over()
    for one in _as_listed(plain(text)):
        if one in over:
            return over[one]
        if one in TO_DO or one in ALSO_TO_DO:
            return ""
    message = _(
        "“%(text)s” is not known: write completed, not approved, cancelled or withdrawn for what "
        "is over, pending for what is not."
    )
    raise Unread(message % {"text": text})


@lru_cache(maxsize=64)
def _codes(name: str, kind: str, column: Column) -> dict[str, str]:
    if name == "kind":
        listed: list[tuple[Any, Any]] = [(one.value, one.label) for one in KINDS]
    else:
        listed = column.choices(Kind(kind))
    found: dict[str, str] = {}
    for language, _name in settings.LANGUAGES:
        with override(language):
            found |= {plain(label): str(code) for code, label in listed}
    return found | {plain(code): str(code) for code, _label in listed}


SHORT = {"ca": "civil_assistance", "sa": "security_assistance", "qip": "qip", "qips": "qip"}


def _choice(cell: Cell, column: Column, kind: str) -> str:
    codes = _codes(column.name, kind, column)
    word = plain(cell.text)
    found = codes.get(word) or (SHORT.get(word) if column.name == "kind" else None)
    if found is None:
        message = _("“%(text)s” is none of: %(codes)s.")
        listed = ", ".join(dict.fromkeys(codes.values()))
        raise Unread(message % {"text": cell.text, "codes": listed})
    return found
