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
from missions.models import (
    Area,
    Cluster,
    DisasterEvent,
    DisplacementSite,
    Mission,
    Organisation,
    Sector,
)
from requests_app.content import plain
from requests_app.forms import ROW_FORMS, DraftForm, typed
from requests_app.models import AssistanceRequest
from requests_app.questions import QUESTIONS, ROWS, SECTIONS, Question, always, questions_for
from requests_app.validation import answer_to
from requests_app.vocabulary import Kind, RequesterClass, Urgency

SPARE_ROWS = 2
FEW = 5
SHORT = 45
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
        case "site":
            sites = DisplacementSite.objects.filter(mission=mission, closed_on__isnull=True)
            return [("", _("None")), *((site.name, site.name) for site in sites)]
        case "event":
            events = DisasterEvent.objects.filter(mission=mission, ended_on__isnull=True)
            return [("", _("None")), *((event.name, event.name) for event in events)]
    return []


def _fit_widget(form: DraftForm, question: Question, rfa: AssistanceRequest | None) -> None:
    """Give an answer the box that suits it: few choices side by side, many in a list."""
    box = form.fields[question.name]
    needed = question.needed is always or (form.kind == Kind.QIP and question.name in PEOPLE)
    box.needed = needed or (rfa is not None and bool(question.needed) and question.needed(rfa))  # type: ignore[attr-defined,misc]
    box.paragraph = question.paragraph  # type: ignore[attr-defined]
    if question.holds in {"area", "sector", "cluster", "site", "event"}:
        box.widget = forms.Select(choices=_choices_of(question, form.mission))
    elif question.holds == "organisation":
        box.widget.attrs["list"] = "organisations"
        box.widget.attrs["autocomplete"] = "off"
    elif question.holds == "choice":
        choices = [choice for choice in box.choices if choice[0]]  # type: ignore[attr-defined]
        if len(choices) <= FEW:
            box.widget = forms.RadioSelect(choices=choices)
            box.across = sum(len(str(label)) for _code, label in choices) < SHORT  # type: ignore[attr-defined]
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


def _tables(question: Question, answer: Any) -> dict[str, Any]:
    table = {"name": question.name, "question": question, "lines": answer}
    if question.name == "budget":
        table["total"] = sum(line.amount for line in answer)
    return table


def answers_of(rfa: AssistanceRequest) -> list[dict[str, Any]]:
    """List every answer by section, empty ones too: rows of label and value, and tables."""
    sections = []
    for key, title in SECTIONS.items():
        rows, tables = [], []
        for question in questions_for(rfa.kind):
            if question.section != key:
                continue
            answer = answer_to(rfa, question)
            if question.name in ROWS:
                tables += [_tables(question, answer)] if answer else []
                continue
            rows.append(
                {
                    "name": question.name,
                    "label": question.label,
                    "value": _shown(question, answer, rfa),
                    "holds": question.holds,
                    "answer": answer,
                    "paragraph": question.paragraph,
                    "needed": question.needed is not None and question.needed(rfa),
                }
            )
        if rows or tables:
            empty = [row["label"] for row in rows if not row["answer"] and not row["needed"]]
            sections.append(
                {"id": key, "title": title, "rows": rows, "tables": tables, "empty": empty}
            )
    return sections


# What a reader's page says elsewhere or in one line together, not question by question.
SAID_TOGETHER = frozenset({"title", "description", "place", "latitude", "longitude", "sector"})


def where(rfa: AssistanceRequest) -> str:
    """Say where in one line: place, area with its p-code, sector, coordinates."""
    parts = [rfa.place] if rfa.place else []
    if rfa.area:
        parts.append(f"{rfa.area.name} ({rfa.area.pcode})")
    if rfa.sector:
        parts.append(rfa.sector.name)
    if rfa.latitude is not None and rfa.longitude is not None:
        parts.append(f"{rfa.latitude:.4f}, {rfa.longitude:.4f}")
    return " · ".join(parts)


def people(holder: Any) -> str:
    """Say how many people in one line, by sex and age."""
    counts = [(getattr(holder, each), LABELS[each]) for each in PEOPLE]
    if all(count is None for count, _label in counts):
        return ""
    total = sum(count or 0 for count, _label in counts)
    parts = ", ".join(f"{count:,} {str(label).lower()}" for count, label in counts if count)
    return f"{total:,}: {parts}" if parts else "0"


def details_of(rfa: AssistanceRequest) -> list[dict[str, Any]]:
    """List what was answered, for a reader: what was left empty is left out, and what
    belongs together stands in one line."""
    found = []
    for section in answers_of(rfa):
        rows: list[dict[str, Any]] = []
        marks = [
            row["label"] for row in section["rows"] if row["holds"] == "flag" and row["answer"]
        ]
        for row in section["rows"]:
            name = row["name"]
            if name == "area":
                rows.append({"label": _("Where"), "value": where(rfa), "holds": "text"})
            elif name == PEOPLE[0]:
                rows.append({"label": _("People"), "value": people(rfa), "holds": "text"})
            elif name in SAID_TOGETHER or name in PEOPLE or row["holds"] == "flag":
                continue
            elif row["answer"] not in (None, "", []):
                rows.append({**row, "paragraph": ""})
        rows = [row for row in rows if row.get("answer") or row["value"]]
        if marks:
            rows.append(
                {"label": _("Marked"), "value": " · ".join(map(str, marks)), "holds": "text"}
            )
        if rows or section["tables"]:
            found.append({**section, "rows": rows})
    return found


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
