"""A request's words as plain values: for revisions, for what changed, for who reads them."""

from typing import Any

from django.db.models import Model

from common.prepared import Question as Asked
from common.prepared import Told, hold
from missions.vocabulary import Classification
from requests_app.models import DETAILS, AssetLine, AssistanceRequest, BudgetLine
from requests_app.questions import Question, questions_for
from requests_app.validation import answer_to
from requests_app.vocabulary import Kind


def plain(question: Question, answer: Any) -> Any:
    """Return an answer as a code, number, text or list of rows; never a translated label."""
    if answer is None:
        return None
    if question.holds == "area":
        return answer.pcode
    if question.holds in {"sector", "cluster"}:
        return answer.code
    if question.holds in {"organisation", "site", "event"}:
        return answer.name
    if question.holds == "assets":
        return [
            {"asset": line.asset, "quantity": line.quantity, "note": line.note} for line in answer
        ]
    if question.holds == "budget":
        return [
            {"item": line.item, "quantity": line.quantity, "unit_cost": line.unit_cost}
            for line in answer
        ]
    if question.name == "classification":
        return Classification(answer).name.lower()
    return answer


def _of(model: type[Model]) -> Asked[Any]:
    return Asked(lambda: model._default_manager.filter(rfa=Told("rfa")))


ADDED = {kind: (name, _of(model)) for kind, (name, model) in DETAILS.items()}
LINES = {"assets": _of(AssetLine), "budget": _of(BudgetLine)}


def read_content(rfa: AssistanceRequest) -> None:
    """Read anew what a locked request's kind adds, and its lines."""
    name, asked = ADDED[Kind(rfa.kind)]
    details = asked.one(rfa=rfa.pk)
    relation: Any = AssistanceRequest._meta.get_field(name)
    relation.set_cached_value(rfa, details)
    if details is not None:
        details.rfa = rfa
    for lines, each in LINES.items():
        hold(rfa, lines, list(each.rows(rfa=rfa.pk)))


def content_of(rfa: AssistanceRequest) -> dict[str, Any]:
    """Return everything that was asked, by the questions' names."""
    return {
        question.name: plain(question, answer_to(rfa, question))
        for question in questions_for(rfa.kind)
    }


def changes_between(before: dict[str, Any], after: dict[str, Any]) -> dict[str, list[Any]]:
    """Return each field that changed, with what it was and what it is."""
    return {
        name: [before.get(name), after[name]] for name in after if before.get(name) != after[name]
    }
