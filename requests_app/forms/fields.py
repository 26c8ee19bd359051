"""The boxes that read an answer, whichever way it came in."""

import difflib
import re
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from missions.models import (
    Area,
    Cluster,
    DisasterEvent,
    DisplacementSite,
    Mission,
    Organisation,
    Sector,
)
from missions.vocabulary import Classification
from requests_app.places import Position, metres_apart, read_position
from requests_app.questions import Question

MOST_PEOPLE = 2_147_483_647
LONGEST = 20_000
# A name and its code in one box, as the page suggests them: “Tereni (CR0101)”.
WITH_CODE = re.compile(r".+ \(([^()]+)\)")
# A grid reference and degrees that stand side by side may differ by so much and mean one place.
SAME_PLACE_M = 50.0


class NamedThing(forms.CharField):
    """A word that names one of the mission's things: by code, p-code or name, any case."""

    def __init__(self, *, model: Any, code: str, unknown: Any, **kwargs: Any) -> None:
        self.model, self.code, self.unknown = model, code, unknown
        self.mission: Mission | None = None
        # What was found before by whoever reads many rows; one form alone has no use for it.
        self.found: dict[tuple[Any, str], Any] | None = None
        super().__init__(**kwargs)

    def clean(self, value: Any) -> Any:
        word = super().clean(value)
        if not word or self.found is None:
            return self._read(word) if word else None
        key = (self.model, word)
        if key not in self.found:
            self.found[key] = self._read(word)
        return self.found[key]

    def _read(self, word: str) -> Any:
        found = self._called(word)
        coded = WITH_CODE.fullmatch(word)
        if found is None and coded:
            found = self._called(coded.group(1))
        if found is None:
            message, near = str(self.unknown), self._near(word)
            if near:
                message = _("%(message)s Did you mean %(near)s?") % {
                    "message": message,
                    "near": near,
                }
            raise ValidationError(message, params={"word": word})
        return found

    def _called(self, word: str) -> Any:
        query = Q(**{f"{self.code}__iexact": word}) | Q(name__iexact=word)
        if self.model is Organisation:
            query |= Q(acronym__iexact=word)
        return self.model.objects.filter(query, mission=self.mission).order_by("pk").first()

    def _near(self, word: str) -> str:
        """Return the name that is spelt most like a word, with its code; '' if none is."""
        rows = self.model.objects.filter(mission=self.mission)
        names = {row.name.casefold(): row for row in rows.order_by("-pk")[:2000]}
        near = difflib.get_close_matches(word.casefold(), names, n=1, cutoff=0.75)
        if not near:
            return ""
        row = names[near[0]]
        return f"{row.name} ({row.pcode})" if isinstance(row, Area) else str(row.name)


class GridReference(forms.CharField):
    """A place in one line: a grid reference (MGRS), or latitude and longitude."""

    def __init__(self, **more: Any) -> None:
        super().__init__(max_length=60, required=False, **more)

    def clean(self, value: Any) -> Position | None:
        word = super().clean(value)
        return read_position(word) if word else None


def settle_place(form: forms.Form, cleaned: dict[str, Any]) -> None:
    """Bring the grid reference and the degrees of a form to one place.

    A reference stands for both degrees; one that was emptied alone empties them. Where both
    were sent and mean different places, neither is taken for the other: that is an error.
    """
    latitude, longitude = cleaned.get("latitude"), cleaned.get("longitude")
    degrees = {"latitude", "longitude"}
    if "mgrs" in form.data and "mgrs" not in form.errors:
        position = cleaned.get("mgrs")
        if position is None:
            if not degrees & set(form.data):
                cleaned |= {"latitude": None, "longitude": None}
            return
        if degrees & set(form.errors):
            return
        if latitude is None and longitude is None:
            cleaned |= {"latitude": position.latitude, "longitude": position.longitude}
            return
        if latitude is not None and longitude is not None:
            apart = metres_apart((latitude, longitude), (position.latitude, position.longitude))
            if apart > position.within_m + SAME_PLACE_M:
                message = _(
                    "The grid reference lies %(km)s km from the latitude and longitude: correct "
                    "one, or leave it out."
                )
                form.add_error("mgrs", message % {"km": f"{apart / 1000:.1f}"})
            return
    if (latitude is None) != (longitude is None) and degrees <= set(form.data):
        half = "longitude" if longitude is None else "latitude"
        if half not in form.errors:
            form.add_error(half, _("Give latitude and longitude together."))


def _in_our_time(value: Any) -> None:
    """Refuse a year that nobody means, which the clock could not compare or convert."""
    if value is not None and not 2000 <= value.year <= 2100:
        raise ValidationError(_("Write the year with four digits, between 2000 and 2100."))


class Day(forms.DateField):
    """A day of our time."""

    default_validators = [_in_our_time]


class Moment(forms.DateTimeField):
    """A moment of our time; without an offset it is the mission's."""

    default_validators = [_in_our_time]


NOT_TICKED = frozenset({None, "", False, "false", "False", "0", "no", "off"})


class Tick(forms.CheckboxInput):
    """A box to tick; what was sent is read by the field, not taken for ticked."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        return data.get(name)

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """Draw a sent “false” as not ticked when the form is shown again."""
        return super().get_context(name, value not in NOT_TICKED and bool(value), attrs)


class Flag(forms.NullBooleanField):
    """Yes or no; what is neither is refused rather than taken for no."""

    def to_python(self, value: Any) -> bool | None:
        if value in (None, ""):
            return False
        read = {
            True: True,
            False: False,
            "true": True,
            "false": False,
            "on": True,
            "1": True,
            "0": False,
            "yes": True,
            "no": False,
            "off": False,
            "True": True,
            "False": False,
        }
        if not isinstance(value, bool | str) or value not in read:
            raise ValidationError(_("Answer true or false."))
        return read[value]


def field_for(question: Question, kind: str) -> forms.Field:
    """Return the form field that reads a question's answer."""
    common: dict[str, Any] = {
        "label": question.label,
        "help_text": question.help,
        "required": False,
    }
    match question.holds:
        case "text":
            return forms.CharField(max_length=question.max_length or 200, **common)
        case "long":
            return forms.CharField(
                max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 4}), **common
            )
        case "date":
            return Day(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **common)
        case "moment":
            return Moment(
                input_formats=["%Y-%m-%dT%H:%M"],
                widget=forms.DateTimeInput(
                    attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"
                ),
                **common,
            )
        case "whole":
            return forms.IntegerField(min_value=0, max_value=MOST_PEOPLE, **common)
        case "money":
            return forms.DecimalField(
                min_value=Decimal(0), max_digits=14, decimal_places=2, **common
            )
        case "degrees":
            most = 90 if question.name == "latitude" else 180
            return forms.FloatField(
                min_value=-most,
                max_value=most,
                widget=forms.NumberInput(attrs={"step": "any"}),
                **common,
            )
        case "flag":
            return Flag(widget=Tick(), **common)
        case "choice":
            choices = question.choices(kind) if question.choices else []  # type: ignore[arg-type]
            if question.name == "classification":
                return forms.TypedChoiceField(
                    choices=[("", "—"), *choices],
                    coerce=lambda word: Classification[word.upper()].value,
                    empty_value=None,
                    **common,
                )
            return forms.ChoiceField(choices=[("", "—"), *choices], **common)
        case "area":
            return NamedThing(
                model=Area,
                code="pcode",
                unknown=gettext_lazy(
                    "“%(word)s” is no province or district of this mission: give its p-code or "
                    "name."
                ),
                **common,
            )
        case "sector":
            return NamedThing(
                model=Sector,
                code="code",
                unknown=gettext_lazy("“%(word)s” is no sector of this mission."),
                **common,
            )
        case "cluster":
            return NamedThing(
                model=Cluster,
                code="code",
                unknown=gettext_lazy("“%(word)s” is no cluster here: give its code or name."),
                **common,
            )
        case "site":
            return NamedThing(
                model=DisplacementSite,
                code="name",
                unknown=gettext_lazy("“%(word)s” is no displacement site of this mission."),
                **common,
            )
        case "event":
            return NamedThing(
                model=DisasterEvent,
                code="name",
                unknown=gettext_lazy("“%(word)s” is none of the mission's disaster events."),
                **common,
            )
        case "organisation":
            return NamedThing(
                model=Organisation,
                code="name",
                unknown=gettext_lazy(
                    "“%(word)s” is not among the mission's organisations; if they are new, "
                    "write who asked under “Asked by”."
                ),
                **common,
            )
    raise ValueError(f"No field reads {question.holds}.")


def message_of(error: Any) -> str:
    """Return what is wrong with a field in one text."""
    return " ".join(str(message) for message in error)
