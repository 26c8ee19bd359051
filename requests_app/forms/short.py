"""The short forms: a place to be read back, and the report of help already given."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.clock import now
from common.errors import FieldError, Malformed
from common.reading import one_value_each
from missions.models import (
    Area,
    Mission,
)
from requests_app.forms.fields import (
    LONGEST,
    MOST_PEOPLE,
    GridReference,
    Moment,
    NamedThing,
    message_of,
    settle_place,
)
from requests_app.vocabulary import Harm


class PlaceForm(forms.Form):
    """A place as it is typed or picked, to be read back; nothing of it is kept."""

    latitude = forms.FloatField(min_value=-90, max_value=90, required=False)
    longitude = forms.FloatField(min_value=-180, max_value=180, required=False)
    mgrs = GridReference()
    area = NamedThing(
        model=Area, code="pcode", required=False, unknown=gettext_lazy("“%(word)s” is no area.")
    )

    def __init__(self, mission: Mission, data: dict[str, Any]) -> None:
        # A reference and degrees that are sent together: the one typed last is sent alone.
        super().__init__({name: value for name, value in data.items() if value.strip()})
        self.fields["area"].mission = mission  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        settle_place(self, cleaned)
        return cleaned

    def values(self) -> dict[str, Any]:
        """Return the degrees, and the area named; raise ``Malformed`` with every error.

        An area that is not known is left out: the form itself tells of it.
        """
        self.is_valid()
        errors = [
            FieldError(name, message_of(messages))
            for name, messages in self.errors.items()
            if name != "area"
        ]
        if errors:
            raise Malformed(errors=errors)
        names = ("latitude", "longitude", "area")
        return {name: self.cleaned_data.get(name) for name in names}


class ExtremeSituationForm(forms.Form):
    """Four questions, from a phone: what was done, when, where, and which harm (P40)."""

    title = forms.CharField(max_length=160, label=gettext_lazy("In a line, what happened"))
    harm = forms.ChoiceField(choices=Harm.choices, label=gettext_lazy("Which harm was prevented"))
    acted_at = Moment(
        input_formats=["%Y-%m-%dT%H:%M"],
        label=gettext_lazy("When did you act"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    action_taken = forms.CharField(
        max_length=LONGEST,
        label=gettext_lazy("What was done"),
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    area = NamedThing(
        model=Area,
        code="pcode",
        required=False,
        label=gettext_lazy("Province or district"),
        unknown=gettext_lazy("“%(word)s” is no province or district of this mission."),
    )
    place = forms.CharField(max_length=160, required=False, label=gettext_lazy("Place"))
    latitude = forms.FloatField(min_value=-90, max_value=90, required=False)
    longitude = forms.FloatField(min_value=-180, max_value=180, required=False)
    mgrs = GridReference(label=gettext_lazy("Grid reference (MGRS)"))
    women = forms.IntegerField(min_value=0, max_value=MOST_PEOPLE, required=False)
    men = forms.IntegerField(min_value=0, max_value=MOST_PEOPLE, required=False)
    girls = forms.IntegerField(min_value=0, max_value=MOST_PEOPLE, required=False)
    boys = forms.IntegerField(min_value=0, max_value=MOST_PEOPLE, required=False)

    def __init__(self, mission: Mission, data: dict[str, Any] | None = None, **more: Any) -> None:
        self.wrongly_typed: list[FieldError] = []
        if data is not None:
            data, self.wrongly_typed = one_value_each(data, self.base_fields)
        super().__init__(data, **more)
        self.fields["area"].mission = mission  # type: ignore[attr-defined]

    def clean_acted_at(self) -> Any:
        """Refuse a time still to come: this form reports what was done."""
        acted_at = self.cleaned_data["acted_at"]
        if acted_at > now():
            raise ValidationError(_("This time is still to come: report what was done, not plans."))
        return acted_at

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not cleaned.get("area") and not cleaned.get("place") and "area" not in self.errors:
            self.add_error("place", _("Say where: a place, or the province or district."))
        settle_place(self, cleaned)
        return cleaned

    def values(self) -> dict[str, Any]:
        """Return the clean values; raise ``Malformed`` with every error."""
        wrong = {error.field for error in self.wrongly_typed}
        if not self.is_valid() or wrong:
            raise Malformed(
                errors=self.wrongly_typed
                + [
                    FieldError(name, message_of(messages))
                    for name, messages in self.errors.items()
                    if name not in wrong
                ]
            )
        return {
            name: value
            for name, value in self.cleaned_data.items()
            if value is not None and name != "mgrs"
        }
