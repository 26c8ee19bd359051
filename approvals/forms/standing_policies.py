"""Reading a standing policy, from a page or the API."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from approvals.answering import LONGEST
from common.reading import ReadForm
from requests_app.forms import Day


class StandingPolicyForm(ReadForm):
    """A standard policy of the Designated Official (P39): what it allows, and from when."""

    code = forms.RegexField(
        r"^[A-Za-z0-9][A-Za-z0-9/.-]{0,19}$",
        label=_("Code, by which it is cited"),
        help_text=_("Letters, digits, stops, strokes and dashes, such as DO-2026/3."),
    )
    title = forms.CharField(max_length=200, label=_("Title"))
    text = forms.CharField(
        max_length=LONGEST,
        label=_("What it says"),
        help_text=_("For whom, on which roads, under which conditions."),
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    from_on = Day(
        label=_("First day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    until_on = Day(
        label=_("Last day"),
        required=False,
        help_text=_("Leave it empty if it stands until it is ended."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        first, last = cleaned.get("from_on"), cleaned.get("until_on")
        if first and last and last < first:
            self.add_error("until_on", _("The last day cannot be before the first."))
        return cleaned


class LastDayForm(ReadForm):
    """The last day of what is ended."""

    until_on = Day(
        label=_("Last day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
