"""Reading from a page what is reported about a task, a visit, a payment, a refused need."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from missions.models import Unit
from records.correcting import correctable
from records.forms.base import (
    YES_NO,
    FilesField,
    PageForm,
    a_count,
    a_day,
    a_line,
    a_text,
    some_money,
)
from records.queries import assets_of, kept_task, stage_waited_on
from records.vocabulary import (
    DRIFT,
    WORDS_OF_STAGE,
    AssetCondition,
    ChangeSort,
    ChangeWord,
    RunOutcome,
)
from requests_app.models import AssistanceRequest
from requests_app.vocabulary import Kind

DRIFTS = [(sort.value, sort.label) for sort in DRIFT]


class PlanForm(PageForm):
    """The days of an approved task, how it is done; for a QIP the agreement with the partner."""

    planned_start = a_day(_("Planned start"), required=False)
    planned_end = a_day(_("Planned end"), required=False)
    plan = a_text(
        _("How it is done"),
        required=False,
        help_text=_("By which units, with what, in which order."),
    )
    agreement_signed_on = a_day(_("Agreement signed on"), required=False)
    agreement_reference = forms.CharField(
        label=_("Agreement's reference"), max_length=80, required=False
    )

    def __init__(self, *args: Any, rfa: AssistanceRequest, **more: Any) -> None:
        super().__init__(*args, rfa=rfa, **more)
        if rfa.kind != Kind.QIP:
            del self.fields["agreement_signed_on"], self.fields["agreement_reference"]


class StartForm(PageForm):
    """The day a task started."""

    started_on = a_day(_("Started on"))


class ProgressForm(PageForm):
    """How far a task has come."""

    text = a_text(_("What was done"))
    percent = forms.IntegerField(
        label=_("Done, in per cent"), min_value=0, max_value=100, required=False
    )
    changed = forms.MultipleChoiceField(
        label=_("Is anything no longer as it was approved?"),
        choices=DRIFTS,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_(
            "The task is then suspended and goes back to coordination, until UN-CIMIC has answered."
        ),
    )
    change = a_text(_("What changes, and why"), required=False)


class VisitForm(PageForm):
    """A monitoring visit."""

    visited_on = a_day(_("Visited on"))
    findings = a_text(_("What was found"))
    photos = FilesField(kinds="image/", label=_("Photos"))


class InstalmentForm(PageForm):
    """A payment to the implementing partner."""

    amount = some_money(_("Amount"), Decimal("0.01"))
    paid_on = a_day(_("Paid on"))
    evidence = forms.CharField(label=_("Evidence"), max_length=200, required=False)
    is_last = forms.BooleanField(label=_("This is the last instalment"), required=False)


class CompleteForm(PageForm):
    """The end of a task: when, with what result, for whom, at what cost."""

    completed_on = a_day(_("Completed on"))
    result = a_text(_("Result"))
    women = a_count(_("Women"))
    men = a_count(_("Men"))
    girls = a_count(_("Girls"))
    boys = a_count(_("Boys"))
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
    delivered_on = a_day(_("Delivered on"), required=False)
    source = forms.CharField(
        label=_("How is it known"),
        max_length=300,
        required=False,
        help_text=_("Who told you, or what you saw."),
    )


class _OfUnits(PageForm):
    """A form that offers the mission's units."""

    unit_field = "unit"

    def __init__(self, *args: Any, rfa: AssistanceRequest, **more: Any) -> None:
        super().__init__(*args, rfa=rfa, **more)
        field: Any = self.fields.get(self.unit_field)
        if field is not None:
            field.queryset = Unit.objects.filter(mission=rfa.mission_id)


class UnitForm(_OfUnits):
    """A further unit at work on a task."""

    unit = forms.ModelChoiceField(label=_("Unit"), queryset=Unit.objects.none())
    work = a_line(_("Its part of the work"), 300)


class DriftForm(_OfUnits):
    """What of an approved task is no longer as it was approved."""

    unit_field = "new_unit"
    sorts = forms.MultipleChoiceField(
        label=_("What changes"), choices=DRIFTS, widget=forms.CheckboxSelectMultiple
    )
    what = a_text(_("What changes, and why"))
    new_place = a_line(_("The new place"), required=False)
    new_unit = forms.ModelChoiceField(
        label=_("The unit that carries it out from now on"),
        queryset=Unit.objects.none(),
        required=False,
    )
    new_partner = a_line(_("The partner that carries it out from now on"), required=False)

    def __init__(self, *args: Any, rfa: AssistanceRequest, **more: Any) -> None:
        super().__init__(*args, rfa=rfa, **more)
        del self.fields["new_unit" if rfa.kind == Kind.QIP else "new_partner"]


class ChangeAnswerForm(PageForm):
    """The answer to a change that waits; it names the change that was read."""

    number = forms.IntegerField(widget=forms.HiddenInput)
    answer = forms.ChoiceField(label=_("Your answer"), widget=forms.RadioSelect)
    remarks = a_text(_("Remarks"), required=False, help_text=_("Needed where it is not accepted."))

    def __init__(self, *args: Any, rfa: AssistanceRequest, **more: Any) -> None:
        super().__init__(*args, rfa=rfa, **more)
        task = kept_task(rfa)
        change = task.open_change if task else None
        stage = stage_waited_on(change) if change else None
        words = WORDS_OF_STAGE[stage] if stage else ()
        always = change is not None and (
            ChangeSort.SCOPE in change.sorts
            or (ChangeSort.ACTOR in change.sorts and rfa.kind == Kind.QIP)
        )
        field: Any = self.fields["answer"]
        field.choices = [
            (word.value, word.label) for word in words if not (always and word == ChangeWord.WITHIN)
        ]


class AmendmentForm(PageForm):
    """Another cost or end of a project, put to whoever approved it."""

    new_cost = some_money(_("The whole cost from now on"), Decimal("0.01"), required=False)
    new_end = a_day(_("The end from now on"), required=False)
    reason = a_text(_("Why it is to be amended"))
    exception_reason = a_text(
        _("Why an exception from the ceiling is due"),
        required=False,
        help_text=_("Needed above the mission's ceiling for one project."),
    )


class ClosingReportForm(PageForm):
    """The partner's account of a project."""

    received_on = a_day(_("Received on"))
    text = a_text(_("What was built, what the receipts show"))
    spent = some_money(
        _("Spent of the mission's money"),
        help_text=_("What was paid and not spent is due as a refund."),
    )
    file = forms.FileField(label=_("The report, or its receipts"), required=False)


class RefundForm(PageForm):
    """Money that the partner paid back."""

    amount = some_money(_("Amount"), Decimal("0.01"))
    received_on = a_day(_("Received on"))
    evidence = a_line(_("Evidence"), 200, required=False)


class RunForm(PageForm):
    """One run of an escort."""

    ran_on = a_day(_("Day"))
    origin = a_line(_("From"))
    destination = a_line(_("To"))
    vehicles = forms.IntegerField(label=_("Vehicles escorted"), min_value=0, max_value=32_767)
    outcome = forms.ChoiceField(label=_("How it ended"), choices=RunOutcome.choices)
    remarks = a_text(
        _("Remarks"), required=False, help_text=_("Needed where it did not arrive: why.")
    )


class IncidentForm(PageForm):
    """What happened on a task that should not have."""

    happened_on = a_day(_("Day"))
    place = a_line(_("Place"), required=False)
    run = forms.TypedChoiceField(
        label=_("On which run"), coerce=int, empty_value=None, required=False
    )
    what = a_text(_("What happened"))
    action_taken = a_text(_("What was done about it"))

    def __init__(self, *args: Any, rfa: AssistanceRequest, **more: Any) -> None:
        super().__init__(*args, rfa=rfa, **more)
        task = kept_task(rfa)
        runs = list(task.runs.all()) if task else []
        field: Any = self.fields["run"]
        field.choices = [("", _("On none"))] + [
            (run.number, f"{run.number}: {run.origin} – {run.destination}") for run in runs
        ]
        if not runs:
            del self.fields["run"]


class HandBackForm(PageForm):
    """Assets that came back."""

    line = forms.TypedChoiceField(label=_("Asset"), coerce=int)
    quantity = forms.IntegerField(label=_("How many"), min_value=1, max_value=2_147_483_647)
    planned_on = a_day(_("Planned for"), required=False)
    returned_on = a_day(_("Returned on"))
    condition = forms.ChoiceField(label=_("Condition"), choices=AssetCondition.choices)
    note = a_text(_("Note"), required=False, help_text=_("Needed where it is damaged or lost."))

    def __init__(self, *args: Any, rfa: AssistanceRequest, **more: Any) -> None:
        super().__init__(*args, rfa=rfa, **more)
        field: Any = self.fields["line"]
        field.choices = [
            (lent.line, f"{lent.out} × {lent.asset}")
            for lent in assets_of(rfa, kept_task(rfa))
            if lent.out
        ]


class FollowUpNoteForm(PageForm):
    """What was done to learn what became of a refused need."""

    text = a_text(_("Whom you asked, and what they said"))


class CorrectionForm(PageForm):
    """What of a closed record is wrong, what is right, and why."""

    field = forms.ChoiceField(label=_("What the record says"))
    right = a_text(_("What is right"))
    why = a_text(_("How you know, and why it is corrected"))

    def __init__(self, *args: Any, rfa: AssistanceRequest, **more: Any) -> None:
        super().__init__(*args, rfa=rfa, **more)
        field: Any = self.fields["field"]
        field.choices = [(held.name, held.choice) for held in correctable(rfa).values()]
