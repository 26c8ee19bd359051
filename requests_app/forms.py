"""Reading what was typed or sent: one form, built from the questions, for every way in."""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.clock import now
from common.errors import FieldError, Malformed
from common.reading import one_value_each
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
from requests_app.content import plain
from requests_app.models import AssistanceRequest
from requests_app.questions import BY_NAME, ROWS, Question, questions_for
from requests_app.validation import answer_to
from requests_app.vocabulary import Harm

MOST_PEOPLE = 2_147_483_647
LONGEST = 20_000


class NamedThing(forms.CharField):
    """A word that names one of the mission's things: by code, p-code or name, any case."""

    def __init__(self, *, model: Any, code: str, unknown: Any, **kwargs: Any) -> None:
        self.model, self.code, self.unknown = model, code, unknown
        self.mission: Mission | None = None
        super().__init__(**kwargs)

    def clean(self, value: Any) -> Any:
        word = super().clean(value)
        if not word:
            return None
        query = Q(**{f"{self.code}__iexact": word}) | Q(name__iexact=word)
        if self.model is Organisation:
            query |= Q(acronym__iexact=word)
        found = self.model.objects.filter(query, mission=self.mission).order_by("pk").first()
        if found is None:
            raise ValidationError(self.unknown, params={"word": word})
        return found


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


class Tick(forms.CheckboxInput):
    """A box to tick; what was sent is read by the field, not taken for ticked."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        return data.get(name)


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


def _field_for(question: Question, kind: str) -> forms.Field:
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


class AssetForm(forms.Form):
    """One asset asked for."""

    asset = forms.CharField(max_length=120)
    quantity = forms.IntegerField(min_value=1, max_value=100_000)
    note = forms.CharField(max_length=200, required=False)


class BudgetForm(forms.Form):
    """One line of the budget."""

    item = forms.CharField(max_length=160)
    quantity = forms.DecimalField(min_value=Decimal(0), max_digits=12, decimal_places=2)
    unit_cost = forms.DecimalField(min_value=Decimal(0), max_digits=14, decimal_places=2)


ROW_FORMS: dict[str, type[forms.Form]] = {"assets": AssetForm, "budget": BudgetForm}
MOST_ROWS = 100
MOST_MONEY = Decimal("999999999999.99")


def _message(error: Any) -> str:
    return " ".join(str(message) for message in error)


class DraftForm(forms.Form):
    """A request's answers as they were typed or sent, for one kind and mission.

    Only names that are present are read, so an autosave, a PATCH and a whole page use the
    same form. ``values()`` gives clean values or raises ``Malformed`` with every error.
    """

    def __init__(
        self, kind: str, mission: Mission, data: dict[str, Any] | None = None, **kwargs: Any
    ) -> None:
        self.kind, self.mission = kind, mission
        names = [question.name for question in questions_for(kind) if question.name not in ROWS]
        self.wrongly_typed: list[FieldError] = []
        if data is not None:
            flags = {question.name for question in questions_for(kind) if question.holds == "flag"}
            data, self.wrongly_typed = one_value_each(data, names, flags=flags)
        super().__init__(data, **kwargs)
        for question in questions_for(kind):
            if question.name in ROWS:
                continue
            field = _field_for(question, kind)
            if isinstance(field, NamedThing):
                field.mission = mission
            self.fields[question.name] = field

    def _rows(self, name: str) -> tuple[list[dict[str, Any]], list[FieldError]]:
        rows, errors = [], []
        sent = self.data.get(name)
        if sent is None:
            return [], []
        if not isinstance(sent, list) or len(sent) > MOST_ROWS:
            return [], [FieldError(name, f"Send a list of at most {MOST_ROWS} lines.")]
        for number, line in enumerate(sent):
            if not isinstance(line, dict):
                errors.append(FieldError(f"{name}[{number}]", "Send each line as an object."))
                continue
            values, wrong = one_value_each(line, ROW_FORMS[name].base_fields)
            form = ROW_FORMS[name](values)
            if form.is_valid() and not wrong:
                rows.append(form.cleaned_data)
            errors += [
                FieldError(f"{name}[{number}].{error.field}", error.message) for error in wrong
            ]
            errors += [
                FieldError(f"{name}[{number}].{field}", _message(messages))
                for field, messages in form.errors.items()
            ]
        if (
            name == "budget"
            and sum(row["quantity"] * row["unit_cost"] for row in rows) > MOST_MONEY
        ):
            errors.append(FieldError("budget", "This budget is larger than can be kept."))
        return rows, errors

    def clean(self) -> dict[str, Any]:
        """Check what two answers say together: dates before dates, half a coordinate."""
        cleaned = super().clean() or {}
        for first, last, message in (
            ("starts_on", "ends_on", _("The end cannot be before the start.")),
            ("departs_at", "returns_at", _("The return cannot be before the departure.")),
        ):
            one, other = cleaned.get(first), cleaned.get(last)
            if one and other and other < one:
                self.add_error(last, message)
        if cleaned.get("needed_by") and cleaned["needed_by"] < now().date():
            self.add_error("needed_by", _("The day it is needed by has passed already."))
        latitude, longitude = cleaned.get("latitude"), cleaned.get("longitude")
        if (latitude is None) != (longitude is None) and {"latitude", "longitude"} <= set(
            self.data
        ):
            half = "longitude" if longitude is None else "latitude"
            if half not in self.errors:
                self.add_error(half, _("Give latitude and longitude together."))
        return cleaned

    def values(self) -> dict[str, Any]:
        """Return the clean values of what was sent; raise ``Malformed`` with all errors."""
        errors = list(self.wrongly_typed)
        self.is_valid()
        errors += [
            FieldError(name if name != "__all__" else "non_field_errors", _message(messages))
            for name, messages in self.errors.items()
        ]
        values = {
            name: self._of(name, value)
            for name, value in getattr(self, "cleaned_data", {}).items()
            if name in self.data
        }
        for name in ROWS & {question.name for question in questions_for(self.kind)}:
            rows, row_errors = self._rows(name)
            errors += row_errors
            if name in self.data:
                values[name] = rows
        if errors:
            raise Malformed(errors=errors)
        return values

    def _of(self, name: str, value: Any) -> Any:
        """Give an empty answer the value that the column keeps for it."""
        if value in (None, "") and name in {"urgency", "classification"}:
            field = AssistanceRequest._meta.get_field(name)
            return field.get_default()  # type: ignore[union-attr]
        if BY_NAME[name].holds in {"text", "long", "choice"} and value is None:
            return ""
        return value


def unknown_names(kind: str, data: dict[str, Any]) -> list[str]:
    """List the names sent that are no question of this kind's form."""
    known = {question.name for question in questions_for(kind)} | {"kind", "id", "version"}
    return sorted(set(data) - known)


def typed(rfa: AssistanceRequest) -> dict[str, Any]:
    """Return a request's answers as the form shows them again."""
    return {
        question.name: plain(question, answer_to(rfa, question))
        for question in questions_for(rfa.kind)
    }


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
        latitude, longitude = cleaned.get("latitude"), cleaned.get("longitude")
        if (latitude is None) != (longitude is None):
            self.add_error("latitude", _("Give latitude and longitude together."))
        return cleaned

    def values(self) -> dict[str, Any]:
        """Return the clean values; raise ``Malformed`` with every error."""
        wrong = {error.field for error in self.wrongly_typed}
        if not self.is_valid() or wrong:
            raise Malformed(
                errors=self.wrongly_typed
                + [
                    FieldError(name, _message(messages))
                    for name, messages in self.errors.items()
                    if name not in wrong
                ]
            )
        return {name: value for name, value in self.cleaned_data.items() if value is not None}
