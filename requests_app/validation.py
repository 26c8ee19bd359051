"""The one check of a request's content, whichever way it came in."""

from decimal import Decimal

from django.utils.translation import gettext as _

from common.errors import FieldError
from missions.calendar import local_day
from requests_app.models import AssistanceRequest
from requests_app.questions import ROWS, Question, questions_for
from requests_app.vocabulary import Kind


def answer_to(rfa: AssistanceRequest, question: Question) -> object:
    """Return what the request holds for a question; rows as a list."""
    if question.name in ROWS:
        return list(getattr(rfa, question.name).all())
    holder = rfa.details if question.on_kind_table else rfa
    return getattr(holder, question.name, None)


def _is_missing(rfa: AssistanceRequest, question: Question) -> bool:
    if question.needed is None or not question.needed(rfa):
        return False
    answer = answer_to(rfa, question)
    if question.name == "area":
        return answer is None
    return answer is None or (isinstance(answer, str) and not answer.strip()) or answer == []


def missing_before_submission(rfa: AssistanceRequest) -> list[FieldError]:
    """List everything that a request of its kind still lacks before it may be submitted.

    All at once, each with its paragraph, so that nobody is sent back twice.
    """
    errors = [
        FieldError(
            question.name,
            str(question.missing)
            or _("Answer “%(label)s” before you submit.") % {"label": question.label},
            question.paragraph,
        )
        for question in questions_for(rfa.kind)
        if _is_missing(rfa, question)
    ]
    return errors + _kind_checks(rfa)


def _kind_checks(rfa: AssistanceRequest) -> list[FieldError]:
    errors = []
    if rfa.needed_by is not None and rfa.needed_by < local_day(rfa.mission):
        errors.append(
            FieldError("needed_by", _("The day it is needed by has passed already."), "31")
        )
    if rfa.kind == Kind.QIP:
        errors += _qip_checks(rfa)
    return errors


def _qip_checks(rfa: AssistanceRequest) -> list[FieldError]:
    """A QIP carries a budget that adds up and the people it is for (P16, P43)."""
    errors = []
    budget = list(rfa.budget.all())
    total = sum((line.amount for line in budget), Decimal(0))
    if not budget:
        errors.append(
            FieldError("budget", _("Itemise the budget: at least one line with its cost."), "16")
        )
    elif rfa.estimated_cost is not None and rfa.estimated_cost != total:
        errors.append(
            FieldError(
                "estimated_cost",
                _("The budget's lines add up to %(total)s: correct one or the other.")
                % {"total": total},
                "16",
            )
        )
    if rfa.people is None:
        errors.append(
            FieldError("women", _("Say how many women, men, girls and boys it is for."), "43")
        )
    return errors
