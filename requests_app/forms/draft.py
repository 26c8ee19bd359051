"""Reading what was typed or sent: one form, built from the questions, for every way in."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.errors import FieldError, Malformed
from common.reading import one_value_each
from missions.calendar import local_day
from missions.models import (
    Mission,
)
from requests_app.content import plain
from requests_app.forms.fields import (
    GridReference,
    NamedThing,
    field_for,
    message_of,
    settle_place,
)
from requests_app.models import AssistanceRequest
from requests_app.questions import BY_NAME, ROWS, questions_for
from requests_app.validation import answer_to


class AssetForm(forms.Form):
    """One asset asked for."""

    asset = forms.CharField(label=gettext_lazy("Asset"), max_length=120)
    quantity = forms.IntegerField(label=gettext_lazy("Quantity"), min_value=1, max_value=100_000)
    note = forms.CharField(label=gettext_lazy("Note"), max_length=200, required=False)


class BudgetForm(forms.Form):
    """One line of the budget."""

    item = forms.CharField(label=gettext_lazy("Item"), max_length=160)
    quantity = forms.DecimalField(
        label=gettext_lazy("Quantity"), min_value=Decimal(0), max_digits=12, decimal_places=2
    )
    unit_cost = forms.DecimalField(
        label=gettext_lazy("Unit cost"), min_value=Decimal(0), max_digits=14, decimal_places=2
    )


ROW_FORMS: dict[str, type[forms.Form]] = {"assets": AssetForm, "budget": BudgetForm}
MOST_ROWS = 100
MOST_MONEY = Decimal("999999999999.99")


class DraftForm(forms.Form):
    """A request's answers as they were typed or sent, for one kind and mission.

    Only names that are present are read, so an autosave, a PATCH and a whole page use the
    same form. ``values()`` gives clean values or raises ``Malformed`` with every error.
    ``of_the_past`` is for what is over: its days have passed.
    """

    of_the_past = False

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
            field = field_for(question, kind)
            if isinstance(field, NamedThing):
                field.mission = mission
            self.fields[question.name] = field
        self.fields["mgrs"] = GridReference(
            label=gettext_lazy("Grid reference (MGRS)"),
            help_text=gettext_lazy("Such as 41L KK 26885 47523; or degrees: -9.51234, 60.51234."),
        )

    def rows(self, name: str) -> tuple[list[dict[str, Any]], list[FieldError]]:
        """Read a table's lines: the clean ones, and everything that is wrong with the others."""
        rows, errors = [], []
        sent = self.data.get(name)
        if sent is None:
            return [], []
        if not isinstance(sent, list) or len(sent) > MOST_ROWS:
            return [], [
                FieldError(
                    name,
                    _("Send a list of at most %(most_rows)s lines.") % {"most_rows": MOST_ROWS},
                )
            ]
        for number, line in enumerate(sent):
            if not isinstance(line, dict):
                errors.append(FieldError(f"{name}[{number}]", _("Send each line as an object.")))
                continue
            values, wrong = one_value_each(line, ROW_FORMS[name].base_fields)
            form = ROW_FORMS[name](values)
            if form.is_valid() and not wrong:
                rows.append(form.cleaned_data)
            errors += [
                FieldError(f"{name}[{number}].{error.field}", error.message) for error in wrong
            ]
            errors += [
                FieldError(f"{name}[{number}].{field}", message_of(messages))
                for field, messages in form.errors.items()
            ]
        if (
            name == "budget"
            and sum(row["quantity"] * row["unit_cost"] for row in rows) > MOST_MONEY
        ):
            errors.append(FieldError("budget", _("This budget is larger than can be kept.")))
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
        needed_by = None if self.of_the_past else cleaned.get("needed_by")
        if needed_by and needed_by < local_day(self.mission):
            self.add_error("needed_by", _("The day it is needed by has passed already."))
        settle_place(self, cleaned)
        return cleaned

    def values(self) -> dict[str, Any]:
        """Return the clean values of what was sent; raise ``Malformed`` with all errors."""
        errors = list(self.wrongly_typed)
        self.is_valid()
        errors += [
            FieldError(name if name != "__all__" else "non_field_errors", message_of(messages))
            for name, messages in self.errors.items()
        ]
        cleaned = getattr(self, "cleaned_data", {})
        sent = set(self.data) - {"mgrs"}
        if "mgrs" in self.data and (cleaned.get("mgrs") or not sent & {"latitude", "longitude"}):
            sent |= {"latitude", "longitude"}
        values = {name: self._of(name, value) for name, value in cleaned.items() if name in sent}
        for name in ROWS & {question.name for question in questions_for(self.kind)}:
            rows, row_errors = self.rows(name)
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
    known = {question.name for question in questions_for(kind)}
    known |= {"kind", "id", "version", "mgrs"}
    return sorted(set(data) - known)


def typed(rfa: AssistanceRequest) -> dict[str, Any]:
    """Return a request's answers as the form shows them again."""
    return {
        question.name: plain(question, answer_to(rfa, question))
        for question in questions_for(rfa.kind)
    }
