"""The boxes of the form: fit for their answers, read back by the questions' names."""

import datetime as dt
from decimal import Decimal
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from missions.models import (
    Area,
    Cluster,
    DisasterEvent,
    DisplacementSite,
    Mission,
    Organisation,
    Sector,
)
from requests_app.forms import ROW_FORMS, DraftForm, typed
from requests_app.models import AssistanceRequest
from requests_app.pages.reading import PEOPLE
from requests_app.places import as_mgrs
from requests_app.questions import ROWS, Question, always, questions_for
from requests_app.vocabulary import Kind

SPARE_ROWS = 2
FEW = 5
SHORT = 45
LISTED = frozenset({"sector", "cluster", "site", "event"})


def places_of(mission: Mission) -> list[dict[str, str]]:
    """List the mission's districts and provinces, for the box that finds one as one types."""
    areas = Area.objects.filter(mission=mission, level__gte=1).select_related("parent")
    return [
        {"value": named(area), "label": area.parent.name if area.parent else ""}
        for area in areas.order_by("name", "pcode")
    ]


def named(area: Area) -> str:
    """Write an area as its box holds it: the name, and the p-code that no other has."""
    return f"{area.name} ({area.pcode})"


def choices_of(question: Question, mission: Mission) -> list[Any]:
    """List what may be chosen of the mission's own things, each with its code."""
    match question.holds:
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


def _fit_choice(box: Any) -> None:
    """Lay few choices side by side, and many in a list."""
    choices = [choice for choice in box.choices if choice[0]]
    if len(choices) <= FEW:
        box.widget = forms.RadioSelect(choices=choices)
        box.across = sum(len(str(label)) for _code, label in choices) < SHORT
    else:
        box.widget = forms.Select(choices=[("", _("Choose")), *choices])


def _fit_widget(form: DraftForm, question: Question, rfa: AssistanceRequest | None) -> None:
    """Give an answer the box that suits it."""
    box = form.fields[question.name]
    needed = question.needed is always or (form.kind == Kind.QIP and question.name in PEOPLE)
    box.needed = needed or (rfa is not None and bool(question.needed) and question.needed(rfa))  # type: ignore[attr-defined,misc]
    box.paragraph = question.paragraph  # type: ignore[attr-defined]
    if question.holds in LISTED:
        box.widget = forms.Select(choices=choices_of(question, form.mission))
    elif question.holds in {"organisation", "area"}:
        box.widget.attrs |= {"list": f"{question.name}s", "autocomplete": "off"}
    elif question.holds == "choice":
        _fit_choice(box)
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
    if rfa is not None:
        initial = typed(rfa) | {"mgrs": as_mgrs(rfa.latitude, rfa.longitude, grouped=True)}
        initial["area"] = named(rfa.area) if rfa.area else ""
    form = DraftForm(kind, mission, data, initial=initial)
    for question in questions_for(kind):
        if question.name in form.fields:
            _fit_widget(form, question, rfa)
    form.fields["mgrs"].widget.attrs |= {
        "autocomplete": "off",
        "autocapitalize": "characters",
        "spellcheck": "false",
    }
    return form


def rows_of(name: str, *, data: QueryDict | None = None, lines: Any = None, more: int = 0) -> Any:
    """Return the table of rows of a question, with spare rows to write in."""
    spare = 0 if data is not None else (SPARE_ROWS if not lines else 1) + more
    formset = forms.formset_factory(ROW_FORMS[name], extra=spare, can_delete=True, max_num=100)
    return formset(data, prefix=name) if data is not None else formset(prefix=name, initial=lines)


def row_columns(name: str) -> list[str]:
    """List the columns of a table of rows."""
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
            for column in row_columns(name)
        }
        if any(row.values()):
            rows.append(row)
    return rows


def read_post(kind: str, post: QueryDict, rfa: AssistanceRequest | None = None) -> dict[str, Any]:
    """Return what a page sent, by the questions' names: a box not ticked is a no.

    Of the grid reference and the degrees, which a page shows side by side, what stands as it
    was kept gives way to what was typed anew.
    """
    data: dict[str, Any] = {}
    for question in questions_for(kind):
        if question.name in ROWS:
            if f"{question.name}-TOTAL_FORMS" in post:
                data[question.name] = read_rows(question.name, post)
        elif question.holds == "flag":
            data[question.name] = "true" if question.name in post else "false"
        elif question.name in post:
            data[question.name] = post[question.name]
    if "mgrs" in post:
        data["mgrs"] = post["mgrs"]
        _settle(data, rfa)
    return data


def _settle(data: dict[str, Any], rfa: AssistanceRequest | None) -> None:
    degrees = ("latitude", "longitude")
    kept = {name: _comparable(getattr(rfa, name)) if rfa else "" for name in degrees}
    same_degrees = all(
        _comparable(_as_number(data.get(name, ""))) == kept[name] for name in degrees
    )
    grid = as_mgrs(rfa.latitude, rfa.longitude) if rfa else ""
    if "".join(data["mgrs"].split()).upper() == grid:
        del data["mgrs"]
    elif same_degrees:
        for name in degrees:
            data.pop(name, None)


def _as_number(text: str) -> Any:
    try:
        return float(text)
    except ValueError:
        return text


def ids_of(kind: str, base: str = "id_") -> dict[str, str]:
    """Return the id of the box of each question, and of each cell of its rows."""
    ids = {question.name: f"{base}{question.name}" for question in questions_for(kind)}
    ids["mgrs"] = f"{base}mgrs"
    for name in ROWS & set(ids):
        ids[name] = f"{name}-table"
        for number in range(100):
            for column in row_columns(name):
                ids[f"{name}[{number}].{column}"] = f"id_{name}-{number}-{column}"
    return ids


def organisations_of(mission: Mission) -> list[Organisation]:
    """List the mission's organisations, for the box that suggests them."""
    return list(Organisation.objects.filter(mission=mission).order_by("name"))


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
    if isinstance(value, float):
        return f"{value:g}" if value == int(value) else repr(value)
    if isinstance(value, dt.datetime):
        return timezone.localtime(value).strftime("%Y-%m-%dT%H:%M")
    return "" if value is None else str(value)


def _as_kept(form: DraftForm, question: Question, value: Any) -> str:
    """Write what was typed as what it would be kept as, so that two spellings are no change."""
    if question.name in ROWS:
        rows, wrong = form.rows(question.name)
        return _comparable(value if wrong else rows)
    try:
        cleaned = form.fields[question.name].clean(value)
    except forms.ValidationError:
        return _comparable(value)
    if question.holds in {"area", "sector", "cluster", "site", "event", "organisation"}:
        code = {"area": "pcode", "sector": "code", "cluster": "code"}.get(question.holds, "name")
        return str(getattr(cleaned, code, ""))
    if question.name == "classification" and cleaned is not None:
        return str(value)
    return _comparable(cleaned)


def differences(rfa: AssistanceRequest, data: dict[str, Any]) -> list[dict[str, Any]]:
    """List where what was typed differs from what is kept, both versions side by side.

    A sector left to follow from the area is no difference.
    """
    kept = typed(rfa)
    form = page_form(rfa.kind, rfa.mission, data=data)
    found = []
    for question in questions_for(rfa.kind):
        name = question.name
        if name not in data or (name == "sector" and not data[name]):
            continue
        now = _comparable(kept[name])
        if now not in {_comparable(data[name]), _as_kept(form, question, data[name])}:
            found.append({"label": question.label, "kept": now, "typed": _comparable(data[name])})
    return found
