"""A record on paper: the same words as ``record.json``, as PDF/A for readers without a program."""

from pathlib import Path
from typing import Any

from django.utils.dateparse import parse_date, parse_datetime
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from approvals.pages.records import SAID, capacity_label
from common.clock import now
from common.kept import read_aloud
from common.templatetags.cimic import number
from records.typesetting import typeset
from requests_app.models import AssistanceRequest
from requests_app.pages.reading import answers_of

TEMPLATE = Path(__file__).with_name("record.typ")
HASH_SHOWN = 16

# What a task's and a follow-up's lines are called; a name that is not here is said as it is.
NAMES: dict[str, Any] = {
    "unit": gettext_lazy("Unit"),
    "planned_start": gettext_lazy("Planned start"),
    "planned_end": gettext_lazy("Planned end"),
    "started_on": gettext_lazy("Started on"),
    "completed_on": gettext_lazy("Completed on"),
    "result": gettext_lazy("Result"),
    "women": gettext_lazy("Women"),
    "men": gettext_lazy("Men"),
    "girls": gettext_lazy("Girls"),
    "boys": gettext_lazy("Boys"),
    "actual_cost": gettext_lazy("Actual cost"),
    "agreement_reference": gettext_lazy("Agreement's reference"),
    "agreement_signed_on": gettext_lazy("Agreement signed on"),
    "progress": gettext_lazy("Progress"),
    "visits": gettext_lazy("Visits"),
    "instalments": gettext_lazy("Instalments"),
    "delivered": gettext_lazy("Was the need met by somebody else?"),
    "organisation": gettext_lazy("Who delivered"),
    "delivered_on": gettext_lazy("Delivered on"),
    "source": gettext_lazy("How is it known"),
    "harm": gettext_lazy("Harm prevented"),
    "acted_at": gettext_lazy("When it was done"),
    "action_taken": gettext_lazy("What was done"),
    "number": gettext_lazy("Number"),
    "amount": gettext_lazy("Amount"),
    "paid_on": gettext_lazy("Paid on"),
    "is_last": gettext_lazy("Last"),
    "visited_on": gettext_lazy("Visited on"),
    "findings": gettext_lazy("What was found"),
    "at": gettext_lazy("When"),
    "percent": gettext_lazy("Done, in per cent"),
    "text": gettext_lazy("What was done"),
}
ORDER = {name: place for place, name in enumerate(NAMES)}


def _moment(text: str) -> str:
    at = parse_datetime(text)
    return date_format(at, "SHORT_DATETIME_FORMAT") if at else text


def _word(value: Any) -> str:
    """Write a plain value for a reader: days and moments by the language, lists joined."""
    if value is True:
        return _("Yes")
    if value is False:
        return _("No")
    if isinstance(value, int):
        return number(value)
    if isinstance(value, dict):
        said = [(key, value[key]) for key in sorted(value, key=_place) if value[key]]
        return "; ".join(f"{_name(key)}: {_word(each)}" for key, each in said)
    if isinstance(value, list):
        return "\n".join(map(_word, value))
    text = str(value)
    if len(text) == 10 and (day := _day(text)):
        return date_format(day, "SHORT_DATE_FORMAT")
    return _moment(text) if text[10:11] == "T" and text.endswith("Z") else text


def _day(text: str) -> Any:
    try:
        return parse_date(text)
    except ValueError:
        return None


def _place(key: str) -> int:
    return ORDER.get(key, len(ORDER))


def _name(key: str) -> str:
    return str(NAMES[key]) if key in NAMES else key.replace("_", " ").capitalize()


def _lines(title: str, values: dict[str, Any] | None) -> list[dict[str, Any]]:
    """Return a section of what has a value, or nothing where there is none."""
    values = values or {}
    rows = [
        {"label": _name(key), "value": _word(values[key])}
        for key in sorted(values, key=_place)
        if values[key] not in (None, "", [], {})
    ]
    return [{"title": title, "rows": rows}] if rows else []


def _asked(rfa: AssistanceRequest, content: dict[str, Any]) -> list[dict[str, Any]]:
    sections = []
    for section in answers_of(rfa):
        rows = [
            {
                "label": str(row["label"]),
                "value": row["value"] if isinstance(row["value"], str) else _word(_iso(row)),
            }
            for row in section["rows"]
            if row["answer"] not in (None, "", [], False)
        ]
        rows += [
            {"label": str(table["question"].label), "value": _word(content[table["name"]])}
            for table in section["tables"]
        ]
        if rows:
            sections.append({"title": str(section["title"]), "rows": rows})
    return sections


def _iso(row: dict[str, Any]) -> Any:
    return row["answer"].isoformat() if hasattr(row["answer"], "isoformat") else row["value"]


def _answers(record: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "seat": read_aloud(step["seat_label"]),
            "answer": str(SAID.get(given["answer"], given["answer"])),
            "by": given["by"],
            "post": given["post"],
            "capacity": capacity_label(given["capacity"]),
            "at": _moment(given["at"]),
            "revision": str(given["revision"]),
            "stands": given["stands"],
            "remarks": given["remarks"],
            "conditions": [
                each if isinstance(each, str) else str(each.get("text", each))
                for each in given["conditions"]
            ]
            + ([_word(given["details"])] if given["details"] else []),
        }
        for step in record["route_answers"]
        for given in step["answers"]
    ]


def _history(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "number": str(entry["number"]),
            "act": entry["act"],
            "who": ", ".join(filter(None, [entry["actor_name"], entry["post_title"]])),
            "at": _moment(entry["happened_at"]),
            "hash": entry["hash"][:HASH_SHOWN],
        }
        for entry in entries
    ]


def _words() -> dict[str, str]:
    return {
        "what": _("What"),
        "value": _("Answer"),
        "answers": _("What the posts said"),
        "revision": _("on revision"),
        "superseded": _("superseded"),
        "messages": _("Messages"),
        "internal": _("inside the mission"),
        "files": _("Files"),
        "file": _("File"),
        "bytes": _("Bytes"),
        "history": _("History"),
        "history_says": _(
            "Every deed in order, with the beginning of its hash. The whole of it is in"
            " history.json, which proves that nothing was changed or left out."
        ),
        "act": _("Deed"),
        "who": _("Who"),
        "when": _("When (UTC)"),
        "hash": _("Hash begins"),
    }


def paper_of(
    rfa: AssistanceRequest, record: dict[str, Any], entries: list[dict[str, Any]]
) -> bytes:
    """Return a record as PDF/A-3a and PDF/UA-1, from its plain values (``record_as_kept``)."""
    made = date_format(now(), "DATETIME_FORMAT")
    return typeset(
        TEMPLATE,
        {
            "language": (get_language() or "en").split("-")[0],
            "title": rfa.title or rfa.reference,
            "description": _("A record of requests and tasks (para 41)"),
            "mission": rfa.mission.code,
            "mission_name": rfa.mission.name,
            "reference": rfa.reference,
            "kind": str(rfa.get_kind_display()),
            "status": str(rfa.get_status_display()),
            "classification": str(rfa.get_classification_display()),
            "made": _("Packed on %(day)s UTC. Requested by %(who)s.")
            % {
                "day": made,
                "who": ", ".join(filter(None, [record["requested_by"], record["requested_as"]])),
            },
            "footer": f"CIMIC · {rfa.reference} · {made} UTC",
            "words": _words(),
            "sections": [
                *_asked(rfa, record["content"]),
                *_lines(_("Extreme situation"), record.get("extreme_situation")),
                *_lines(_("Task"), record["task"]),
                *_lines(_("What became of the need"), record["follow_up"]),
            ],
            "answers": _answers(record),
            "messages": [
                {**message, "at": _moment(message["at"])} for message in record["messages"]
            ],
            "files": [{**file, "size": number(file["size"])} for file in record["files"]],
            "history": _history(entries),
        },
    )
