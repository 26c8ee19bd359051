"""Reading from a page what is reported about a task, a visit, a payment, a refused need."""

from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from common.clock import now
from common.errors import FieldError, Malformed
from common.reading import ReadForm
from missions.models import Mission, Sector
from requests_app.forms import Day, Moment

LONGEST = 20_000
YES_NO = [("yes", _("Yes")), ("no", _("No"))]


def _day(label: Any, **more: Any) -> Day:
    return Day(
        label=label,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        **more,
    )


def _text(label: Any, rows: int = 3, **more: Any) -> forms.CharField:
    return forms.CharField(
        label=label, max_length=LONGEST, widget=forms.Textarea(attrs={"rows": rows}), **more
    )


def _count(label: Any) -> forms.IntegerField:
    return forms.IntegerField(label=label, min_value=0, max_value=2_147_483_647, required=False)


class PageForm(forms.Form):
    """A form of a page: gives clean values, or raises ``Malformed`` with every error."""

    def values(self) -> dict[str, Any]:
        if not self.is_valid():
            raise Malformed(
                errors=[
                    FieldError(name, " ".join(str(message) for message in messages))
                    for name, messages in self.errors.items()
                ]
            )
        return self.cleaned_data


class PlanForm(PageForm):
    """The days of an approved task; for a QIP the agreement with the partner."""

    planned_start = _day(_("Planned start"), required=False)
    planned_end = _day(_("Planned end"), required=False)
    agreement_signed_on = _day(_("Agreement signed on"), required=False)
    agreement_reference = forms.CharField(
        label=_("Agreement's reference"), max_length=80, required=False
    )

    def __init__(self, data: Any = None, *, qip: bool, **more: Any) -> None:
        super().__init__(data, **more)
        if not qip:
            del self.fields["agreement_signed_on"], self.fields["agreement_reference"]


class StartForm(PageForm):
    """The day a task started."""

    started_on = _day(_("Started on"))


class ProgressForm(PageForm):
    """How far a task has come."""

    text = _text(_("What was done"))
    percent = forms.IntegerField(
        label=_("Done, in per cent"), min_value=0, max_value=100, required=False
    )


class VisitForm(PageForm):
    """A monitoring visit."""

    visited_on = _day(_("Visited on"))
    findings = _text(_("What was found"))


class InstalmentForm(PageForm):
    """A payment to the implementing partner."""

    amount = forms.DecimalField(label=_("Amount"), min_value=0, max_digits=14, decimal_places=2)
    paid_on = _day(_("Paid on"))
    evidence = forms.CharField(label=_("Evidence"), max_length=200, required=False)
    is_last = forms.BooleanField(label=_("This is the last instalment"), required=False)


class CompleteForm(PageForm):
    """The end of a task: when, with what result, for whom, at what cost."""

    completed_on = _day(_("Completed on"))
    result = _text(_("Result"))
    women = _count(_("Women"))
    men = _count(_("Men"))
    girls = _count(_("Girls"))
    boys = _count(_("Boys"))
    actual_cost = forms.DecimalField(
        label=_("Actual cost"), min_value=0, max_digits=14, decimal_places=2, required=False
    )


class ConditionForm(PageForm):
    """Whether a condition was met."""

    answer = forms.IntegerField(widget=forms.HiddenInput)
    number = forms.IntegerField(widget=forms.HiddenInput)
    met = forms.ChoiceField(label=_("Met"), choices=YES_NO)
    remark = forms.CharField(label=_("Remark"), max_length=1000, required=False)


class DeliveryForm(PageForm):
    """What became of a refused need."""

    delivered = forms.ChoiceField(
        label=_("Was the need met by somebody else?"), choices=YES_NO, widget=forms.RadioSelect
    )
    organisation = forms.CharField(label=_("Who delivered"), max_length=200, required=False)
    delivered_on = _day(_("Delivered on"), required=False)
    source = forms.CharField(
        label=_("How is it known"),
        max_length=300,
        required=False,
        help_text=_("Who told you, or what you saw."),
    )


class ComplaintForm(ReadForm):
    """A complaint of a local person: what about, when it came, where (P50)."""

    matter = _text(_("What they complain of"), rows=5)
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
