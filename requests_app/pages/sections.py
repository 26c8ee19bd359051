"""The form in short sections, and how far each is filled in, in words."""

from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from common.errors import FieldError
from requests_app.content import plain
from requests_app.forms import DraftForm
from requests_app.models import AssistanceRequest
from requests_app.pages.boxes import SPARE_ROWS, choices_of, read_rows, rows_of
from requests_app.pages.reading import PEOPLE
from requests_app.questions import ROWS, SECTIONS, Question, always, questions_for
from requests_app.validation import answer_to

BESIDE = {
    "area": "place",
    "needed_by": "ends_on",
    "origin": "destination",
    "departs_at": "returns_at",
    "vehicles": "passengers",
    "pick_up": "drop_off",
    "implementing_partner": "partner_registration",
    "overhead": "other_contributions",
}
NARROW = frozenset({"whole", "money", "date", "moment"})
# Asked where it applies: the box that decides, and the answer it must have or the named limit it
# must pass. Without a script everything is shown.
ASKED_IF = {
    "urgency_reason": "urgency=time_sensitive",
    "last_resort": "support_type=partner_support",
    "pick_up": "assets-0-asset",
    "receiving_contact": "assets-0-asset",
    "hand_back_plan": "assets-0-asset",
    "coordination_note": "coordination_check",
    "camp_effect": "displacement_site",
    "disaster_event": "disaster",
    "disaster_name": "disaster",
    "ceiling_exception_reason": "estimated_cost>ceiling",
}
# Questions that have nothing to choose where the mission keeps none.
FROM_A_LIST = frozenset({"site", "event"})


@dataclass
class Item:
    """What stands in one place of a section: a box, boxes side by side, people, or rows.

    ``asked_if`` names the box, and its answer, without which it is not asked.
    """

    shape: str
    narrow: bool = False
    fields: list[tuple[Any, Question]] = field(default_factory=list)
    formset: Any = None
    question: Question | None = None
    total: Any = None
    currency: str = ""
    asked_if: str = ""


@dataclass
class Section:
    """A section of the form with its items and how far it is filled in."""

    id: str
    title: Any
    items: list[Item]
    state: str = ""
    note: str = ""


def sections_of(
    form: DraftForm,
    *,
    rfa: AssistanceRequest | None,
    post: QueryDict | None = None,
    errors: list[FieldError] | None = None,
    more_rows: str = "",
) -> list[Section]:
    """Draw the form as sections, each with its items and how far it is filled in."""
    asked = {question.name: question for question in questions_for(form.kind)}
    wrong = {error.field.split("[")[0] for error in errors or []}
    drawn: set[str] = set()
    sections = []
    for key, title in SECTIONS.items():
        mine = [question for question in asked.values() if question.section == key]
        if not mine:
            continue
        items: list[Item] = []
        for question in mine:
            if question.name in drawn or _has_no_choice(question, form, rfa):
                continue
            drawn.add(question.name)
            items.append(_item(form, question, asked, drawn, rfa, post, more_rows))
        state, note = _judged(mine, wrong, rfa)
        sections.append(Section(key, title, items, state, note))
    return sections


def progress_of(rfa: AssistanceRequest, errors: list[FieldError]) -> list[dict[str, Any]]:
    """Say of each section of a draft how far it is filled in, for a page that is open."""
    asked = questions_for(rfa.kind)
    wrong = {error.field.split("[")[0] for error in errors}
    found = []
    for key in SECTIONS:
        mine = [question for question in asked if question.section == key]
        if mine:
            state, note = _judged(mine, wrong, rfa)
            found.append({"id": key, "state": state, "note": note})
    return found


def _has_no_choice(question: Question, form: DraftForm, rfa: AssistanceRequest | None) -> bool:
    if question.holds not in FROM_A_LIST or (rfa and answer_to(rfa, question)):
        return False
    return len(choices_of(question, form.mission)) < 2


def _item(
    form: DraftForm,
    question: Question,
    asked: dict[str, Question],
    drawn: set[str],
    rfa: AssistanceRequest | None,
    post: QueryDict | None,
    more_rows: str,
) -> Item:
    name = question.name
    if name in ROWS:
        return _rows_item(form, question, rfa, post, more_rows)
    if name == PEOPLE[0]:
        drawn.update(PEOPLE)
        fields = [(form[each], asked[each]) for each in PEOPLE]
        return Item("people", fields=fields, total=_sum_of(box.value() for box, _each in fields))
    asked_if = ASKED_IF.get(name, "")
    if name == "latitude":
        drawn.add("longitude")
        fields = [(form[each], asked[each]) for each in ("latitude", "longitude")]
        return Item("point", fields=[(form["mgrs"], question), *fields])
    other = BESIDE.get(name)
    if other in asked and asked[other].section == question.section:
        drawn.add(other)
        fields = [(form[name], question), (form[other], asked[other])]
        return Item("pair", fields=fields, asked_if=asked_if)
    narrow = question.holds in NARROW
    return Item("one", narrow, [(form[name], question)], question=question, asked_if=asked_if)


def _rows_item(
    form: DraftForm,
    question: Question,
    rfa: AssistanceRequest | None,
    post: QueryDict | None,
    more_rows: str,
) -> Item:
    name = question.name
    if post is not None and more_rows == name:
        formset = rows_of(name, lines=read_rows(name, post), more=SPARE_ROWS)
    elif post is not None:
        formset = rows_of(name, data=post)
        formset.is_valid()
    else:
        formset = rows_of(name, lines=plain(question, answer_to(rfa, question)) if rfa else None)
    item = Item("rows", formset=formset, question=question, currency=form.mission.currency)
    if name == "budget":
        item.total = Decimal(0)
        for row in formset.forms:
            amounts = [_amount(row[column].value()) for column in ("quantity", "unit_cost")]
            row.amount = amounts[0] * amounts[1] if None not in amounts else None  # type: ignore[operator]
            item.total += row.amount or 0
    return item


def _amount(value: Any) -> Decimal | None:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() and 0 <= number < 10**12 else None


def _sum_of(values: Any) -> int | None:
    """Add up what was typed; what is no number counts for nothing, and nothing typed is None."""
    numbers = [_amount(value) for value in values if value not in (None, "")]
    return sum(int(number) for number in numbers if number is not None) if numbers else None


def _judged(
    mine: list[Question], wrong: set[str], rfa: AssistanceRequest | None
) -> tuple[str, str]:
    """Say how far a section is filled in: its state, and the same in words."""
    count = len(wrong & {question.name for question in mine})
    if count:
        words = ngettext("%(count)s answer to correct", "%(count)s answers to correct", count)
        return "wrong", words % {"count": count}
    if rfa is None:
        needed = [question for question in mine if question.needed is always]
        return "", _("Not begun") if needed else _("Only if it applies")
    answered = [q for q in mine if answer_to(rfa, q) not in (None, "", [], False)]
    needed = [question for question in mine if question.needed and question.needed(rfa)]
    missing = [q for q in needed if answer_to(rfa, q) in (None, "", [])]
    if missing:
        if not answered and len(missing) == len(needed):
            return "", _("Not begun")
        words = ngettext("%(count)s question open", "%(count)s questions open", len(missing))
        return "open", words % {"count": len(missing)}
    if needed or answered:
        return "done", _("Done")
    return "", _("Only if it applies")
