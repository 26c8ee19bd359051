"""The answers as pages show them: all of them to whoever checks, the given ones to readers."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from common.templatetags.cimic import money
from common.templatetags.cimic import number as grouped
from requests_app.models import AssistanceRequest
from requests_app.places import as_mgrs, in_degrees
from requests_app.questions import QUESTIONS, ROWS, SECTIONS, Question, questions_for
from requests_app.validation import answer_to

PEOPLE = ("women", "men", "girls", "boys")
LABELS = {question.name: question.label for question in QUESTIONS}


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
            return money(answer, rfa.currency)
        case "whole":
            return grouped(answer)
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
            if question.name == "longitude":
                continue
            exactly = question.name == "latitude"
            rows.append(
                {
                    "name": question.name,
                    "label": _("Coordinates") if exactly else question.label,
                    "value": point(rfa) if exactly else _shown(question, answer, rfa),
                    "holds": question.holds,
                    "answer": answer,
                    "given": answer not in (None, "", []) and answer is not False,
                    "paragraph": question.paragraph,
                    "needed": question.needed is not None and question.needed(rfa),
                }
            )
        if rows or tables:
            empty = [row["label"] for row in rows if not row["given"] and not row["needed"]]
            sections.append(
                {"id": key, "title": title, "rows": rows, "tables": tables, "empty": empty}
            )
    return sections


# What a reader's page says elsewhere or in one line together, not question by question.
SAID_TOGETHER = frozenset({"title", "description", "place", "latitude", "longitude", "sector"})


def point(rfa: AssistanceRequest) -> str:
    """Say where exactly, both ways: in degrees and by the grid."""
    both = (
        in_degrees(rfa.latitude, rfa.longitude),
        as_mgrs(rfa.latitude, rfa.longitude, grouped=True),
    )
    return " · ".join(filter(None, both))


def where(rfa: AssistanceRequest) -> str:
    """Say where in one line: place, area with its p-code, sector, coordinates."""
    parts = [rfa.place] if rfa.place else []
    if rfa.area:
        parts.append(f"{rfa.area.name} ({rfa.area.pcode})")
    if rfa.sector:
        parts.append(rfa.sector.name)
    if rfa.latitude is not None and rfa.longitude is not None:
        parts.append(point(rfa))
    return " · ".join(parts)


def people(holder: Any) -> str:
    """Say how many people in one line, by sex and age."""
    counts = [(getattr(holder, each), LABELS[each]) for each in PEOPLE]
    if all(count is None for count, _label in counts):
        return ""
    total = sum(count or 0 for count, _label in counts)
    parts = ", ".join(f"{grouped(count)} {str(label).lower()}" for count, label in counts if count)
    return _("%(total)s: %(parts)s") % {"total": grouped(total), "parts": parts} if parts else "0"


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
