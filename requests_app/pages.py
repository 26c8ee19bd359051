"""The form as a page draws it: sections, boxes fit for their answers, tables of rows."""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from common.errors import FieldError
from missions.models import Area, Cluster, Mission, Organisation, Sector
from requests_app.content import plain
from requests_app.forms import ROW_FORMS, DraftForm, typed
from requests_app.models import AssistanceRequest
from requests_app.questions import QUESTIONS, ROWS, SECTIONS, Question, always, questions_for
from requests_app.validation import answer_to
from requests_app.vocabulary import Kind, RequesterClass, Urgency

SPARE_ROWS = 2
FEW = 5
PEOPLE = ("women", "men", "girls", "boys")
BESIDE = {
    "area": "place",
    "latitude": "longitude",
    "needed_by": "ends_on",
    "origin": "destination",
    "departs_at": "returns_at",
    "vehicles": "passengers",
    "pick_up": "drop_off",
    "implementing_partner": "partner_registration",
    "overhead": "other_contributions",
}
NARROW = frozenset({"whole", "money", "degrees", "date", "moment"})

LEADS = {
    Kind.CIVIL_ASSISTANCE: gettext_lazy(
        "Transport, engineering, medical outreach, water, camp works: the force helps a partner "
        "or a community. UN-CIMIC reviews, advisers and mission support answer, DSRSG/RC/HC "
        "decides."
    ),
    Kind.SECURITY_ASSISTANCE: gettext_lazy(
        "Escorts, area security, reconnaissance, evacuation. A humanitarian actor's request goes "
        "to the Designated Official before the force sees it."
    ),
    Kind.QIP: gettext_lazy(
        "A small, quick project by an implementing partner that builds confidence in the mission. "
        "The project review committee recommends, DSRSG/RC/HC decides."
    ),
    Kind.EXTREME_SITUATION: gettext_lazy(
        "Help already given, before any approval, to prevent loss of life, serious injury or "
        "significant loss of property. Tell Mission Headquarters now."
    ),
}


@dataclass
class Item:
    """What stands in one place of a section: a box, boxes side by side, people, or rows."""

    shape: str
    narrow: bool = False
    fields: list[tuple[Any, Question]] = field(default_factory=list)
    formset: Any = None
    question: Question | None = None


@dataclass
class Section:
    """A section of the form with its items and how far it is filled in."""

    id: str
    title: Any
    items: list[Item]
    state: str = ""
    note: str = ""


def _choices_of(question: Question, mission: Mission) -> list[Any]:
    blank = ("", _("Choose"))
    match question.holds:
        case "area":
            areas = list(Area.objects.filter(mission=mission, level__gte=1).order_by("pcode"))
            provinces = [area for area in areas if area.level == 1]
            groups = [
                (
                    province.name,
                    [(province.pcode, _("%(name)s, whole province") % {"name": province.name})]
                    + [(a.pcode, a.name) for a in areas if a.parent_id == province.pk],
                )
                for province in provinces
            ]
            return [blank, *groups]
        case "sector":
            found = Sector.objects.filter(mission=mission)
            return [("", _("As the area says")), *((s.code, s.name) for s in found)]
        case "cluster":
            found_clusters = Cluster.objects.filter(mission=mission)
            return [("", _("None")), *((c.code, c.name) for c in found_clusters)]
    return []


def _fit_widget(form: DraftForm, question: Question, rfa: AssistanceRequest | None) -> None:
    """Give an answer the box that suits it: few choices side by side, many in a list."""
    box = form.fields[question.name]
    needed = question.needed is always or (form.kind == Kind.QIP and question.name in PEOPLE)
    box.needed = needed or (rfa is not None and bool(question.needed) and question.needed(rfa))  # type: ignore[attr-defined,misc]
    box.paragraph = question.paragraph  # type: ignore[attr-defined]
    if question.holds in {"area", "sector", "cluster"}:
        box.widget = forms.Select(choices=_choices_of(question, form.mission))
    elif question.holds == "organisation":
        box.widget.attrs["list"] = "organisations"
        box.widget.attrs["autocomplete"] = "off"
    elif question.holds == "choice":
        choices = [choice for choice in box.choices if choice[0]]  # type: ignore[attr-defined]
        if len(choices) <= FEW:
            box.widget = forms.RadioSelect(choices=choices)
        else:
            box.widget = forms.Select(choices=[("", _("Choose")), *choices])
    elif question.holds == "money":
        box.widget.attrs |= {"min": "0", "inputmode": "decimal"}
    elif question.holds == "whole":
        box.widget.attrs |= {"min": "0", "inputmode": "numeric"}
    if question.max_length:
        box.widget.attrs.setdefault("maxlength", question.max_length)


def page_form(
    kind: str,
    mission: Mission,
    *,
    rfa: AssistanceRequest | None = None,
    data: Any = None,
    initial: dict[str, Any] | None = None,
) -> DraftForm:
    """Return the draft's form for a page: bound to what was typed, or to what is kept."""
    form = DraftForm(kind, mission, data, initial=typed(rfa) if rfa else initial)
    for question in questions_for(kind):
        if question.name in form.fields:
            _fit_widget(form, question, rfa)
    return form


def rows_of(name: str, *, data: QueryDict | None = None, lines: Any = None, more: int = 0) -> Any:
    """Return the table of rows of a question, with spare rows to write in."""
    spare = 0 if data is not None else (SPARE_ROWS if not lines else 1) + more
    formset = forms.formset_factory(ROW_FORMS[name], extra=spare, can_delete=True, max_num=100)
    return formset(data, prefix=name) if data is not None else formset(prefix=name, initial=lines)


def _row_columns(name: str) -> list[str]:
    return list(ROW_FORMS[name].base_fields)


def read_rows(name: str, post: QueryDict) -> list[dict[str, Any]]:
    """Read the rows typed into a table; empty rows and those ticked off are left out."""
    try:
        total = min(int(post.get(f"{name}-TOTAL_FORMS", "0")), 200)
    except ValueError:
        total = 0
    rows = []
    for number in range(total):
        if post.get(f"{name}-{number}-DELETE"):
            continue
        row = {
            column: post.get(f"{name}-{number}-{column}", "").strip()
            for column in _row_columns(name)
        }
        if any(row.values()):
            rows.append(row)
    return rows


def read_post(kind: str, post: QueryDict) -> dict[str, Any]:
    """Return what a page sent, by the questions' names: a box not ticked is a no."""
    data: dict[str, Any] = {}
    for question in questions_for(kind):
        if question.name in ROWS:
            if f"{question.name}-TOTAL_FORMS" in post:
                data[question.name] = read_rows(question.name, post)
        elif question.holds == "flag":
            data[question.name] = "true" if question.name in post else "false"
        elif question.name in post:
            data[question.name] = post[question.name]
    return data


def ids_of(kind: str, base: str = "id_") -> dict[str, str]:
    """Return the id of the box of each question, and of each cell of its rows."""
    ids = {question.name: f"{base}{question.name}" for question in questions_for(kind)}
    for name in ROWS & set(ids):
        ids[name] = f"{name}-table"
        for number in range(100):
            for column in _row_columns(name):
                ids[f"{name}[{number}].{column}"] = f"id_{name}-{number}-{column}"
    return ids


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
            if question.name in drawn:
                continue
            drawn.add(question.name)
            items.append(_item(form, question, asked, drawn, rfa, post, more_rows))
        section = Section(key, title, items)
        _judge(section, mine, wrong, rfa)
        sections.append(section)
    return sections


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
        kept = plain(question, answer_to(rfa, question)) if rfa else None
        if post is not None and more_rows == name:
            formset = rows_of(name, lines=read_rows(name, post), more=SPARE_ROWS)
        elif post is not None:
            formset = rows_of(name, data=post)
            formset.is_valid()
        else:
            formset = rows_of(name, lines=kept)
        return Item("rows", formset=formset, question=question)
    if name == PEOPLE[0]:
        drawn.update(PEOPLE)
        return Item("people", fields=[(form[each], asked[each]) for each in PEOPLE])
    other = BESIDE.get(name)
    if other in asked and asked[other].section == question.section:
        drawn.add(other)
        return Item("pair", fields=[(form[name], question), (form[other], asked[other])])
    return Item("one", question.holds in NARROW, [(form[name], question)])


def _judge(
    section: Section, mine: list[Question], wrong: set[str], rfa: AssistanceRequest | None
) -> None:
    count = len(wrong & {question.name for question in mine})
    if count:
        section.state = "wrong"
        section.note = _("to correct: %(count)s") % {"count": count}
        return
    if rfa is None:
        return
    needed = [question for question in mine if question.needed and question.needed(rfa)]
    open_ones = [q for q in needed if answer_to(rfa, q) in (None, "", [])]
    if open_ones:
        section.note = _("still to answer: %(count)s") % {"count": len(open_ones)}
    elif needed or any(answer_to(rfa, q) not in (None, "", [], False) for q in mine):
        section.state = "done"


def _shown(question: Question, answer: Any, rfa: AssistanceRequest) -> str:
    """Write an answer in the reader's words."""
    if answer in (None, "", []):
        return ""
    match question.holds:
        case "flag":
            return pgettext("answer", "Yes") if answer else pgettext("answer", "No")
        case "choice":
            holder = rfa.details if question.on_kind_table else rfa
            return str(getattr(holder, f"get_{question.name}_display")())
        case "money":
            return f"{rfa.currency} {answer:,.2f}"
        case "whole":
            return f"{answer:,}"
        case "area":
            return f"{answer.name} ({answer.pcode})"
    return answer


def answers_of(rfa: AssistanceRequest, *, all_of_them: bool = False) -> list[dict[str, Any]]:
    """List a request's answers by section: rows of label and value, and tables.

    Unless all are wanted, what was left empty and flags that do not apply are left out.
    """
    sections = []
    for key, title in SECTIONS.items():
        rows, tables = [], []
        for question in questions_for(rfa.kind):
            if question.section != key:
                continue
            answer = answer_to(rfa, question)
            if question.name in ROWS:
                if answer:
                    table = {"name": question.name, "question": question, "lines": answer}
                    if question.name == "budget":
                        table["total"] = sum(line.amount for line in answer)
                    tables.append(table)
                continue
            if not all_of_them and answer in (None, "", [], False):
                continue
            rows.append(
                {
                    "name": question.name,
                    "label": question.label,
                    "value": _shown(question, answer, rfa),
                    "holds": question.holds,
                    "answer": answer,
                    "paragraph": question.paragraph if all_of_them else "",
                }
            )
        if rows or tables:
            sections.append({"id": key, "title": title, "rows": rows, "tables": tables})
    return sections


def organisations_of(mission: Mission) -> list[Organisation]:
    """List the mission's organisations, for the box that suggests them."""
    return list(Organisation.objects.filter(mission=mission).order_by("name"))


LABELS = {question.name: question.label for question in QUESTIONS}


def initial_for(
    kind: str, organisation: Organisation | None, *, humanitarian: bool
) -> dict[str, Any]:
    """Return what a new form says before anybody has typed."""
    return {
        "organisation": organisation.name if organisation else "",
        "humanitarian": humanitarian,
        "urgency": Urgency.NORMAL,
        "classification": "confidential" if kind == Kind.SECURITY_ASSISTANCE else "unclassified",
        "requester_class": (
            RequesterClass.HUMANITARIAN if humanitarian else RequesterClass.MISSION_COMPONENT
        ),
    }


def _comparable(value: Any) -> str:
    if isinstance(value, list):
        return "; ".join(
            ", ".join(_comparable(cell) for cell in row.values() if cell not in (None, ""))
            for row in value
        )
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, dt.datetime):
        return timezone.localtime(value).strftime("%Y-%m-%dT%H:%M")
    return "" if value is None else str(value)


def differences(rfa: AssistanceRequest, data: dict[str, Any]) -> list[dict[str, Any]]:
    """List where what was typed differs from what is kept, both versions side by side."""
    kept = typed(rfa)
    return [
        {
            "label": question.label,
            "kept": _comparable(kept[question.name]),
            "typed": _comparable(data[question.name]),
        }
        for question in questions_for(rfa.kind)
        if question.name in data
        and _comparable(kept[question.name]) != _comparable(data[question.name])
    ]
