"""Reading a set of priorities, from a page or the API."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from approvals.services.priorities import read_priorities
from common.errors import FieldError, Malformed
from common.pages import text_of
from common.reading import ReadForm
from missions.models import Mission
from requests_app.forms import Day

DAY: dict[str, Any] = {"widget": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}
ROWS = 8


class PrioritySetForm(ReadForm):
    """What a set of priorities is called, from when it holds, and when it is reviewed (P34)."""

    title = forms.CharField(max_length=200, label=_("Title"))
    in_force_from = Day(label=_("First day"), **DAY)
    review_on = Day(label=_("To be reviewed by"), **DAY)


def read_set(form: PrioritySetForm, mission: Mission, rows: Any) -> dict[str, Any]:
    """Return what ``services.set_priorities`` takes; raise ``Malformed`` with every error."""
    errors: list[FieldError] = []
    values: dict[str, Any] = {}
    try:
        values = form.values()
    except Malformed as refusal:
        errors += refusal.errors
    try:
        read_priorities(mission, rows)
    except Malformed as refusal:
        errors += refusal.errors
    if errors:
        raise Malformed(errors=errors)
    return {**values, "priorities": rows}


def typed_rows(data: Any) -> list[dict[str, Any]]:
    """Return the rows that were typed on the page; an empty one was not asked for."""
    rows = [
        {
            "text": text_of(data, f"text-{number}"),
            "areas": data.getlist(f"areas-{number}"),
            "categories": data.getlist(f"categories-{number}"),
        }
        for number in range(ROWS)
    ]
    return [row for row in rows if row["text"].strip() or row["areas"] or row["categories"]]
