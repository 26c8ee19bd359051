"""Reading a complaint from a page."""

from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from common.clock import now
from common.reading import ReadForm
from missions.models import Mission, Sector
from records.forms.base import a_text
from requests_app.forms import Moment


class ComplaintForm(ReadForm):
    """A complaint of a local person: what about, when it came, where (P50)."""

    matter = a_text(_("What they complain of"), rows=5)
    received_at = Moment(
        label=_("When it was received"),
        required=False,
        input_formats=["%Y-%m-%dT%H:%M"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    complainant = forms.CharField(
        label=_("Who complains"),
        max_length=200,
        required=False,
        help_text=_("Shown to those who handle complaints alone; it may be left empty."),
    )
    place = forms.CharField(label=_("Place"), max_length=160, required=False)
    sector = forms.CharField(label=_("Sector"), max_length=20, required=False)
    reference = forms.CharField(
        label=_("Reference of the request it is about, if any"), max_length=40, required=False
    )

    def __init__(self, mission: Mission, data: Any = None, **more: Any) -> None:
        super().__init__(data, **more)
        self.mission = mission

    def clean_received_at(self) -> Any:
        """Refuse a moment still to come."""
        received_at = self.cleaned_data["received_at"]
        if received_at is not None and received_at > now():
            raise forms.ValidationError(_("This time is still to come."))
        return received_at

    def clean_sector(self) -> Sector | None:
        """Return the sector named by its code or name."""
        word = self.cleaned_data["sector"]
        if not word:
            return None
        named = Q(code__iexact=word) | Q(name__iexact=word)
        found = Sector.objects.filter(named, mission=self.mission).first()
        if found is None:
            raise forms.ValidationError(_("There is no such sector in the mission."))
        return found
