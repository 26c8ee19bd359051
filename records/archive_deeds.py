"""What is done in the archive, read alike from page and API: each deed with its form."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from common.reading import ReadForm
from missions.calendar import local_day
from missions.models import User
from records.archive.disposal import ask_disposal, confirm_disposal, decline_disposal
from records.archive.keeping import lift_hold, put_in_class, record_receipt, set_hold
from records.archive.retention import open_holds
from records.models import RetentionAction, RetentionClass, Trigger
from records.models.keeping import MOST_YEARS
from requests_app.forms import Day
from requests_app.models import AssistanceRequest
from requests_app.vocabulary import Kind

LONGEST = 5000


def _words(label: Any, **more: Any) -> forms.CharField:
    """A text whose lack the service tells of, with its paragraph."""
    return forms.CharField(
        label=label,
        max_length=LONGEST,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        **more,
    )


class ReasonForm(ReadForm):
    """Why."""

    reason = _words(_("Reason"))


class HoldForm(ReadForm):
    """Why a record is held."""

    reason = _words(_("Which matter keeps the record"))


class ClassingForm(ReadForm):
    """Under which class a record falls, and why."""

    code = forms.CharField(label=_("Class"), max_length=40, required=False)
    reason = _words(_("Why it falls under this class"))


class ReceiptForm(ReadForm):
    """Who received a bag, when, under which reference, and its digest as they computed it."""

    received_by = forms.CharField(label=_("Received by"), max_length=200, required=False)
    organisation = forms.CharField(
        label=_("Archive that received it"), max_length=200, required=False
    )
    receipt_reference = forms.CharField(
        label=_("Reference of the receipt"), max_length=120, required=False
    )
    received_on = Day(
        label=_("Received on"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    manifest_digest = forms.CharField(
        label=_("Digest of the manifest"),
        max_length=64,
        required=False,
        help_text=_(
            "SHA-256 of manifest-sha256.txt as the receiver computed it; the first twelve letters"
            " do."
        ),
    )


class DisposalForm(ReadForm):
    """By which authority, and why, a record is disposed of."""

    authority = forms.CharField(
        label=_("Authority"),
        max_length=200,
        required=False,
        help_text=_("The schedule, or the decision, that allows it."),
    )
    reason = _words(_("Reason"))


class ConfirmForm(ReadForm):
    """Nothing is asked: the deed is the confirmation."""


class Kinds(forms.CharField):
    """Kinds of records, their codes with commas between them; empty is every kind."""

    def clean(self, value: Any) -> list[str]:
        """Return the codes; raise ``ValidationError`` for one that is none."""
        codes = [code.strip() for code in (value or "").split(",") if code.strip()]
        strange = [code for code in codes if code not in Kind.values]
        if strange:
            raise forms.ValidationError(
                _("Choose from: %(kinds)s."), params={"kinds": ", ".join(Kind.values)}
            )
        return codes


class ClassForm(ReadForm):
    """A line of the retention schedule."""

    code = forms.CharField(label=_("Code"), max_length=40)
    title = forms.CharField(label=_("Title"), max_length=200)
    number = forms.IntegerField(
        label=_("Tried in this order"), min_value=1, max_value=999, initial=1
    )
    kinds = Kinds(label=_("Kinds of records"), required=False)
    trigger = forms.ChoiceField(label=_("Years run from"), choices=Trigger.choices)
    years = forms.IntegerField(label=_("Years"), min_value=0, max_value=MOST_YEARS)
    action = forms.ChoiceField(label=_("And then"), choices=RetentionAction.choices)
    authority = forms.CharField(label=_("Authority"), max_length=200, required=False)
    is_example = forms.BooleanField(
        label=_("Only an example: nothing is disposed of under it"), required=False
    )

    def __init__(self, data: Any = None, **more: Any) -> None:
        if hasattr(data, "getlist"):
            data = {**data.dict(), "kinds": ",".join(data.getlist("kinds"))}
            data["is_example"] = "on" if data.get("is_example") else ""
        elif isinstance(data, dict):
            said = data.get("kinds")
            kinds = ",".join(map(str, said)) if isinstance(said, list) else said
            example = "on" if data.get("is_example") is True else ""
            data = {**data, "kinds": kinds, "is_example": example}
        super().__init__(data, **more)


def values_of(line: RetentionClass) -> dict[str, Any]:
    """Return a class as its form has it."""
    return {name: getattr(line, name) for name in ClassForm.base_fields}


Deed = Callable[[AssistanceRequest, User, dict[str, Any]], Any]


def _class(rfa: AssistanceRequest, actor: User, said: dict[str, Any]) -> None:
    put_in_class(rfa=rfa, actor=actor, **said)


def _receipt(rfa: AssistanceRequest, actor: User, said: dict[str, Any]) -> None:
    record_receipt(rfa=rfa, actor=actor, **said)


def _hold(rfa: AssistanceRequest, actor: User, said: dict[str, Any]) -> None:
    set_hold(rfa=rfa, actor=actor, **said)


def _ask(rfa: AssistanceRequest, actor: User, said: dict[str, Any]) -> None:
    ask_disposal(rfa=rfa, actor=actor, **said)


def _confirm(rfa: AssistanceRequest, actor: User, said: dict[str, Any]) -> None:
    confirm_disposal(rfa=rfa, actor=actor)


def _decline(rfa: AssistanceRequest, actor: User, said: dict[str, Any]) -> None:
    decline_disposal(rfa=rfa, actor=actor, **said)


# Each deed: its form, what does it, and what is said when it is done.
DEEDS: dict[str, tuple[type[ReadForm], Deed, Any]] = {
    "class": (ClassingForm, _class, _("The record is in this class.")),
    "receipts": (ReceiptForm, _receipt, _("The receipt is on the record.")),
    "holds": (HoldForm, _hold, _("The record is on legal hold.")),
    "disposal": (DisposalForm, _ask, _("The disposal is asked for: another confirms it.")),
    "confirm": (ConfirmForm, _confirm, _("The record is disposed of. Its stub stays.")),
    "decline": (ReasonForm, _decline, _("The disposal is declined.")),
}


def do(rfa: AssistanceRequest, actor: User, act: str, data: Any) -> None:
    """Do a deed of the archive as it was sent; raise what its form and its service raise."""
    form, deed, _done = DEEDS[act]
    deed(rfa, actor, form(data).values())


def lift(rfa: AssistanceRequest, actor: User, hold_id: int, data: Any) -> None:
    """Lift one of a record's holds; raise ``Http404`` for one that is not there."""
    hold = open_holds().filter(rfa=rfa.pk, pk=hold_id).select_related("rfa").first()
    if hold is None:
        raise Http404
    lift_hold(hold=hold, actor=actor, **ReasonForm(data).values())


def initial_receipt(rfa: AssistanceRequest) -> dict[str, Any]:
    """Return what a receipt begins with: today."""
    return {"received_on": local_day(rfa.mission)}
