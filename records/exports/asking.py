"""What is asked of an export beside the register's own question: view, columns, tags, language."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _

from common.errors import FieldError, Malformed
from missions.models import User
from records.columns import asked_columns
from records.exports.columns import Exported, exported
from records.exports.four_w import FOUR_W, shared_with_partners
from records.filters import refuse_misread, register_for
from requests_app.models import AssistanceRequest

# Names that an export's address may hold beside the register's own.
OWN = frozenset({"view", "hxl", "language", "wait"})
VIEWS = ("4w",)
YES_OR_NO = {"1": True, "true": True, "0": False, "false": False}
# The forms that have a row for tags beneath their headings.
TABLES = frozenset({"csv", "xlsx"})


@dataclass(frozen=True)
class Shape:
    """How an export is laid out: its view, columns, HXL tags, and the headings' language."""

    view: str
    columns: tuple[Exported, ...]
    hxl: bool
    language: str
    wait: bool = False


def _words(params: Any, name: str) -> list[str]:
    found = params.getlist(name) if hasattr(params, "getlist") else [params.get(name, "")]
    return [str(word) for word in found if str(word)]


def _one(params: Any, name: str, known: Any, errors: list[FieldError]) -> str:
    words = _words(params, name)
    if not words:
        return ""
    if len(words) > 1 or words[0] not in known:
        message = _("Ask for one of: %(words)s.") % {"words": ", ".join(known)}
        errors.append(FieldError(name, message))
        return ""
    return words[0]


def read_shape(params: Any, form: str = "csv") -> tuple[Shape, list[FieldError]]:
    """Read how an export is to be laid out, and everything in it that means nothing."""
    errors: list[FieldError] = []
    view = _one(params, "view", VIEWS, errors)
    hxl = YES_OR_NO.get(_one(params, "hxl", YES_OR_NO, errors), False)
    wait = YES_OR_NO.get(_one(params, "wait", YES_OR_NO, errors), False)
    language = _one(params, "language", dict(settings.LANGUAGES), errors)
    if hxl and form not in TABLES:
        errors.append(FieldError("hxl", _("Only CSV and XLSX have a row for HXL tags.")))
    if view and _words(params, "columns"):
        errors.append(FieldError("columns", _("Ask for columns or for a view, not for both.")))
    columns = FOUR_W if view else exported(asked_columns(params))
    return Shape(view, columns, hxl, language or settings.LANGUAGE_CODE, wait), errors


def rows_to_leave(
    person: User, params: Any, form: str
) -> tuple[QuerySet[AssistanceRequest], Shape]:
    """Return the register's rows as a person may take them out, and how they are laid out.

    Raises ``Malformed`` with everything that cannot be read: a question that means nothing is
    refused, never widened.
    """
    shape, wrong = read_shape(params, form)
    try:
        register = register_for(person, params)
        refuse_misread(register, besides=OWN)
    except Malformed as refusal:
        raise Malformed(errors=[*refusal.errors, *wrong]) from refusal
    if wrong:
        raise Malformed(errors=wrong)
    return (shared_with_partners(register.qs) if shape.view else register.qs), shape


def kept_query(params: QueryDict) -> str:
    """Return what was asked as it is kept: sorted, without what says only how to wait."""
    asked = params.copy()
    asked.pop("wait", None)
    pairs = [(name, word) for name, words in sorted(asked.lists()) for word in words if word]
    found = QueryDict(mutable=True)
    for name, word in pairs:
        found.appendlist(name, word)
    return found.urlencode()
