"""Every part that pages are made of, with an example of each: the living page of components.

A part is a template of ``templates/components/``; its first line says what it takes. Those that
begin with an underscore are pieces of another part. A test holds that each has an example here.
"""

import datetime as dt
import re
from pathlib import Path
from typing import Any

from django import forms
from django.conf import settings
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from common.charts import Bar, Cell, Chart, Series, bars
from common.clock import now
from common.verdict import not_you

FOLDER = Path(settings.BASE_DIR) / "templates" / "components"
SHEET = Path(settings.BASE_DIR) / "static" / "cimic" / "css" / "cimic.css"
CONTRACT = re.compile(r"\{#\s*(.*?)\s*#\}", re.DOTALL)
TOKEN = re.compile(r"(--[a-z0-9-]+):\s*([^;]+);")


class Example(forms.Form):
    """A box of each sort that pages ask with."""

    place = forms.CharField(label="Place", help_text="The nearest village or landmark.")
    category = forms.ChoiceField(
        label="Category",
        choices=[("water", "Water"), ("roads", "Roads and bridges")],
        widget=forms.RadioSelect,
    )


class Line(forms.Form):
    """A row of what is counted."""

    item = forms.CharField(label="Item")
    quantity = forms.IntegerField(label="Quantity")


def a_step(**more: Any) -> dict[str, Any]:
    """Return one post's step of a route, as the route is drawn."""
    return {
        "seat_label": "Advice",
        "post_title": "Civil Affairs",
        "state": "answered",
        "state_label": "Answered",
        "answer": "supports",
        "answer_label": "Supports",
        "remarks": "The village council asked for this well in March.",
        "conditions": [{"text": "The council maintains the pump", "met": True}],
        "by": "Mariam Keita",
        "capacity": "",
        "at": now() - dt.timedelta(hours=5),
        "revision": 1,
        "facts": ["Consistent with the cluster's plan"],
    } | more


def a_line(**more: Any) -> dict[str, Any]:
    """Return one record of a list of work."""
    return {
        "url": "#record_line",
        "title": "Grader for the Tereni road after the floods",
        "reference": "UNAC-CA-2026-0042",
        "kind": "civil_assistance",
        "kind_label": "Civil assistance",
        "status": "awaiting_decision",
        "status_label": "Awaiting decision",
        "classification": 0,
        "organisation": "Sector East",
        "place": "Tereni",
        "sector": "East",
        "asked": "Decide",
        "due_at": now() + dt.timedelta(hours=6),
        "waiting_on": "DSRSG/RC/HC",
        "needed_by": now().date() + dt.timedelta(days=9),
        "updated_at": now() - dt.timedelta(minutes=20),
    } | more


def a_chart(name: str = "example") -> Chart:
    """Return a chart of two rows with its words and its table."""
    series = [Series("Approved", 0), Series("Refused", 1), Series("Not decided yet", 2)]
    found = {"Civil assistance": (9, 3, 4), "Quick Impact Project": (2, 1, 5)}
    return Chart(
        id=name,
        title="Approval by kind",
        says="11 of 15 decided requests were approved: 73 %.",
        counted="Requests submitted this year, by the decision that stands.",
        columns=["Kind", *[one.label for one in series]],
        rows=[
            [Cell(label), *[Cell(str(value)) for value in values]]
            for label, values in found.items()
        ],
        drawing=bars(
            [
                Bar(label, values, f"{values[0]} of {values[0] + values[1]} approved")
                for label, values in found.items()
            ],
            series,
        ),
        paragraph="41",
        url="#chart",
        url_label="These requests in the register",
    )


def examples() -> dict[str, dict[str, Any]]:
    """Return what each part is shown with, by the name of its template."""
    bound = Example({"category": "water"})
    lines = forms.formset_factory(Line, extra=2)(prefix="lines")
    route = [
        {"name": "Review", "state": "done", "steps": [a_step(seat_label="Review")]},
        {
            "name": "Advice and capability",
            "state": "open",
            "steps": [
                a_step(),
                a_step(
                    post_title="DMS/CMS",
                    seat_label="Capability",
                    state="open",
                    answer="",
                    answer_label="",
                    opened_at=now() - dt.timedelta(days=2),
                    due_at=now() - dt.timedelta(hours=3),
                ),
            ],
        },
        {
            "name": "Decision",
            "state": "waiting",
            "steps": [a_step(state="waiting", answer_label="")],
        },
    ]
    return {
        "answer": {"step": a_step()},
        "breadcrumb": {
            "crumbs": [{"label": "Register", "url": "#"}, {"label": "UNAC-CA-2026-0042"}]
        },
        "chart": {"chart": a_chart()},
        "chart_drawing": {
            "drawing": a_chart("drawn").drawing,
            "id": "drawn-alone",
            "title": "The drawing alone",
            "says": "Nine of twelve were approved.",
        },
        "chips": {
            "name": "Which",
            "chips": [
                {"label": "Waiting on me", "url": "#", "count": 3, "current": True},
                {"label": "All", "url": "#"},
                {"label": "Kind: Quick Impact Project", "url": "#", "remove": True},
            ],
        },
        "classification_tag": {"classification": 1, "label": "Confidential"},
        "conditions": {
            "conditions": [
                {"text": "Escort within Sector East alone", "met": True},
                {"text": "Fuel from the requester", "met": False, "note": "None was at hand"},
                "A visit within thirty days",
            ]
        },
        "confirm": {
            "action": "#confirm",
            "title": "Withdraw this request?",
            "text": "Whoever has it is told that it is withdrawn. It stays on record.",
            "label": "Withdraw",
            "cancel_url": "#",
            "grave": True,
        },
        "empty": {
            "title": "Nothing waits on you",
            "text": "What is put to your post will stand here, the most urgent first.",
            "action_url": "#",
            "action_label": "Open the register",
        },
        "error_summary": {
            "errors": [
                {
                    "field_id": "id_place",
                    "message": "Say where: an area, or a point.",
                    "paragraph": "30",
                },
                {"field_id": "id_category", "message": "Choose a category."},
            ]
        },
        "facts": {
            "rows": [
                {"label": "What is needed", "value": "Gravel for 4 km of road", "paragraph": "30"},
                {"label": "Beneficiaries", "value": "", "change_url": "#"},
            ]
        },
        "field": {"field": bound["place"], "paragraph": "30", "needed": True},
        "file_list": {
            "files": [
                {
                    "name": "bridge-north-bank.jpg",
                    "url": "#",
                    "size": 184_320,
                    "by": "Captain Laila Haddad",
                    "at": now() - dt.timedelta(days=1),
                }
            ]
        },
        "flashes": {"messages": []},
        "history": {
            "entries": [
                {
                    "number": 4,
                    "text": "Approved with conditions",
                    "by": "Deputy Dsrsg",
                    "post": "DSRSG/RC/HC",
                    "at": now(),
                    "changes": [
                        {"field": "Status", "before": "Awaiting decision", "after": "Approved"}
                    ],
                    "hash": "9f2c" * 16,
                }
            ]
        },
        "kind_tag": {"kind": "qip", "label": "Quick Impact Project"},
        "languages": {
            "languages": [
                {"code": "en", "name": "English"},
                {"code": "fr", "name": "Français"},
            ],
            "next": "#languages",
        },
        "notice": {"text": "The clock of this request stands still.", "tone": "wait"},
        "page_header": {
            "title": "Register",
            "lead": "Every record that your post may read.",
            "paragraph": "41",
            "actions": [{"label": "New request", "url": "#", "icon": "plus", "main": True}],
        },
        "pagination": {"older_url": "#", "shown": 50},
        "para": {"paragraph": "36"},
        "place": {
            "parts": ["Eastern Province", "Tereni"],
            "pcode": "CR0104",
            "point": {"latitude": -4.3517, "longitude": 15.2663},
        },
        "progress_list": {
            "sections": [
                {"id": "what", "title": "What is needed", "state": "done"},
                {"id": "where", "title": "Where", "state": "wrong", "note": "1 to answer"},
                {"id": "whom", "title": "For whom", "state": ""},
            ]
        },
        "record_line": {"line": a_line()},
        "refused": {"verdict": not_you(_("Only the post that was asked may answer."), "33")},
        "register_line": {
            "line": a_line(
                under={"title": "Sector East", "place": "East"},
                cells=[
                    {"code": code, "label": label}
                    for code, label in (
                        ("reference", "Reference"),
                        ("title", "Title"),
                        ("kind", "Kind"),
                        ("place", "Place"),
                        ("status", "Status"),
                        ("waiting_on", "Waiting on"),
                        ("needed_by", "Needed by"),
                        ("changed", "Changed"),
                    )
                ],
            )
        },
        "route": {"route": route},
        "rows": {"formset": lines, "name": "lines", "caption": "Assets", "sum_field": "quantity"},
        "savebar": {"check_label": "Check your answers", "saved_at": now()},
        "status_tag": {"status": "approved", "label": "Approved"},
        "tabs": {
            "tabs": [
                {"id": "asked", "label": "Asked"},
                {"id": "route", "label": "Route", "count": 2},
            ]
        },
        "thread": {
            "thread": [
                {
                    "by": "Mariam Keita",
                    "post": "Civil Affairs",
                    "at": now(),
                    "text": "The council meets on Thursday; may the visit wait until then?",
                    "internal": True,
                    "audience_label": "Internal",
                }
            ]
        },
        "tiles": {
            "tiles": [
                {"value": 12, "label": "waiting", "url": "#"},
                {"value": 3, "label": "late", "note": "the oldest by 2 days", "late": True},
            ]
        },
        "to_take_over": {"handovers": []},
        "waiting_on": {
            "waiting": [
                {
                    "post_title": "DMS/CMS",
                    "since": now() - dt.timedelta(days=2),
                    "due_at": now() + dt.timedelta(hours=9),
                }
            ]
        },
    }


INSIDE_A_LIST = frozenset({"record_line"})
INSIDE_A_TABLE = frozenset({"register_line"})


def parts() -> list[dict[str, str | SafeString]]:
    """Return each part with its contract and its example drawn, in the order of their names."""
    shown = examples()
    found = []
    for path in sorted(FOLDER.glob("[!_]*.html")):
        contract = CONTRACT.match(path.read_text(encoding="utf-8"))
        found.append(
            {
                "name": path.stem,
                "takes": contract[1] if contract else "",
                "drawn": render_to_string(f"components/{path.name}", shown.get(path.stem, {})),
                "frame": "list"
                if path.stem in INSIDE_A_LIST
                else ("table" if path.stem in INSIDE_A_TABLE else ""),
            }
        )
    return found


def tokens() -> list[dict[str, str]]:
    """Return the tokens of the style sheet, each with its value in the light scheme."""
    light = SHEET.read_text(encoding="utf-8").split("@media", 1)[0]
    return [{"name": name, "value": value} for name, value in TOKEN.findall(light)]
