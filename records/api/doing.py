"""The API of doing: units, drift, amendments, accounts, runs, hand-back, notes, corrections."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_view

from common.errors import FieldError, Malformed
from common.reading import one_value_each
from missions.models import Unit, User
from records import services
from records.api.acts import ActView
from records.api.shared import drifts_in
from records.schema import act_body
from records.serializers import RecordSerializer
from records.vocabulary import DRIFT, AssetCondition, ChangeWord, RunOutcome
from requests_app.forms import Day
from requests_app.models import AssistanceRequest

MOST_WORDS = 20_000
MOST_PEOPLE = 2_147_483_647


def _text(**more: Any) -> forms.CharField:
    return forms.CharField(**{"required": False, "max_length": MOST_WORDS, **more})


def _line(length: int = 160, **more: Any) -> forms.CharField:
    return forms.CharField(**{"required": False, "max_length": length, **more})


def _money(**more: Any) -> forms.DecimalField:
    return forms.DecimalField(
        **{"min_value": Decimal("0.01"), "max_digits": 14, "decimal_places": 2, **more}
    )


def _whole(least: int = 1, **more: Any) -> forms.IntegerField:
    return forms.IntegerField(**{"min_value": least, "max_value": MOST_PEOPLE, **more})


class BodyForm(forms.Form):
    """The body of an act: gives clean values, or raises ``Malformed`` with every error."""

    def values(self) -> dict[str, Any]:
        if not self.is_valid():
            raise Malformed(
                errors=[
                    FieldError(name, " ".join(str(message) for message in messages))
                    for name, messages in self.errors.items()
                ]
            )
        return self.cleaned_data


class UnitBody(BodyForm):
    """Put a further unit to work on the task."""

    unit = _line(30, required=True, help_text="a unit's code")
    work = _line(300, help_text="its part of the work")


class DriftBody(BodyForm):
    """Declare that place, scope or actor changes: the task is suspended until answered (P68)."""

    what = _text(help_text="what changes, and why")
    new_place = _line()
    new_unit = _line(30, help_text="the code of the unit that carries it out from now on")
    new_partner = _line(help_text="the partner that carries a QIP out from now on")


class ChangeAnswerBody(BodyForm):
    """Answer the change that waits: UN-CIMIC first, then whoever approved the task."""

    answer = forms.ChoiceField(choices=ChangeWord.choices)
    remarks = _text(help_text="needed where it is not accepted")
    number = _whole(required=False, help_text="the change that was read; another is 412")


class AmendmentBody(BodyForm):
    """Propose another cost or end of a QIP to whoever approved it."""

    reason = _text()
    new_cost = _money(required=False)
    new_end = Day(required=False)
    exception_reason = _text(help_text="needed above the mission's ceiling")


class ClosingReportBody(BodyForm):
    """Record the partner's closing report."""

    received_on = Day()
    text = _text(help_text="what was built, what the receipts show")
    spent = _money(min_value=Decimal(0), help_text="of the mission's money")


class RefundBody(BodyForm):
    """Record money that the partner paid back."""

    amount = _money()
    received_on = Day()
    evidence = _line(200)


class RunBody(BodyForm):
    """Record one run of an escort."""

    ran_on = Day()
    origin = _line()
    destination = _line()
    vehicles = _whole(0, max_value=32_767)
    outcome = forms.ChoiceField(choices=RunOutcome.choices)
    remarks = _text(help_text="needed where it did not arrive")


class IncidentBody(BodyForm):
    """Record an incident on the task."""

    happened_on = Day()
    place = _line()
    what = _text()
    action_taken = _text()
    run = _whole(required=False, help_text="the number of the run it happened on")


class HandBackBody(BodyForm):
    """Record assets that came back."""

    line = _whole(help_text="the number of the asset's line")
    quantity = _whole()
    planned_on = Day(required=False)
    returned_on = Day()
    condition = forms.ChoiceField(choices=AssetCondition.choices)
    note = _text(help_text="needed where it is damaged or lost")


class NoteBody(BodyForm):
    """Note what was done to learn what became of a refused need."""

    text = _text(help_text="whom you asked, and what they said")


class CorrectionBody(BodyForm):
    """Put a dated correction beside a closed record."""

    field = _line(60, required=True, help_text="what of the record is wrong, by its name")
    right = _text()
    why = _text()


def unit_called(rfa: AssistanceRequest, code: str, name: str) -> Unit | None:
    """Return the mission's unit of this code, None without one; raise ``Malformed`` if unknown."""
    if not code:
        return None
    unit = Unit.objects.filter(mission=rfa.mission_id, code__iexact=code).first()
    if unit is None:
        raise Malformed(errors=[FieldError(name, _("There is no such unit in the mission."))])
    return unit


Said = dict[str, Any]


def _add_unit(rfa: AssistanceRequest, person: User, said: Said, sent: Said) -> None:
    unit = unit_called(rfa, said["unit"], "unit")
    services.add_unit(rfa=rfa, actor=person, unit=unit, work=said["work"])


def _declare(rfa: AssistanceRequest, person: User, said: Said, sent: Said) -> None:
    said = {**said, "new_unit": unit_called(rfa, said["new_unit"], "new_unit")}
    services.declare(rfa=rfa, actor=person, sorts=drifts_in(sent), **said)


def _answer_change(rfa: AssistanceRequest, person: User, said: Said, sent: Said) -> None:
    services.answer_change(rfa=rfa, actor=person, **said)


def _amend(rfa: AssistanceRequest, person: User, said: Said, sent: Said) -> None:
    services.amend(rfa=rfa, actor=person, **said)


def _report_closing(rfa: AssistanceRequest, person: User, said: Said, sent: Said) -> None:
    services.report_closing(rfa=rfa, actor=person, **said)


def _refund(rfa: AssistanceRequest, person: User, said: Said, sent: Said) -> None:
    services.receive_refund(rfa=rfa, actor=person, **said)


def _run(rfa: AssistanceRequest, person: User, said: Said, sent: Said) -> None:
    services.record_run(rfa=rfa, actor=person, **said)


def _incident(rfa: AssistanceRequest, person: User, said: Said, sent: Said) -> None:
    services.record_incident(rfa=rfa, actor=person, **said)


def _hand_back(rfa: AssistanceRequest, person: User, said: Said, sent: Said) -> None:
    services.hand_back(rfa=rfa, actor=person, **said)


def _note(rfa: AssistanceRequest, person: User, said: Said, sent: Said) -> None:
    services.note_follow_up(rfa=rfa, actor=person, **said)


def _correct(rfa: AssistanceRequest, person: User, said: Said, sent: Said) -> None:
    services.correct(rfa=rfa, actor=person, **said)


Deed = Callable[[AssistanceRequest, User, Said, Said], None]

# The last part of the address: the body's form, and what does it. Each adds something: 201.
DOING: dict[str, tuple[type[BodyForm], Deed]] = {
    "units": (UnitBody, _add_unit),
    "drift": (DriftBody, _declare),
    "changes/answer": (ChangeAnswerBody, _answer_change),
    "amendments": (AmendmentBody, _amend),
    "closing-report": (ClosingReportBody, _report_closing),
    "refunds": (RefundBody, _refund),
    "runs": (RunBody, _run),
    "incidents": (IncidentBody, _incident),
    "hand-back": (HandBackBody, _hand_back),
    "follow-up-notes": (NoteBody, _note),
    "corrections": (CorrectionBody, _correct),
}


def _view(act: str, form: type[BodyForm], deed: Deed) -> type[ActView]:
    """Make the view of one act: it reads its own body, and the schema names it."""

    def read(sent: Said) -> Said:
        named = {name: value for name, value in sent.items() if name in form.base_fields}
        values, errors = one_value_each(named, form.base_fields)
        if errors:
            raise Malformed(errors=errors)
        return form(values).values()

    class OneActView(ActView):
        def do(self, rfa: AssistanceRequest, person: User, sent: Said) -> int:
            deed(rfa, person, read(sent), sent)
            return 201

    lists = {"changed": list(DRIFT)} if act == "drift" else {}
    document = extend_schema(
        request=act_body(form.base_fields, lists), responses={201: RecordSerializer}
    )
    OneActView.__doc__ = form.__doc__
    return extend_schema_view(post=document)(OneActView)


DOING_VIEWS = {act: _view(act, form, deed) for act, (form, deed) in DOING.items()}
