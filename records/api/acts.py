"""The API of the acts on a record: move it, carry it out, follow it up, close it."""

from decimal import Decimal
from functools import cache
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from approvals import services as approvals
from common.errors import FieldError, Malformed
from common.idempotency import IdempotentPosts
from common.reading import one_value_each
from missions.models import User
from records import services
from records.api.shared import RecordView, body_of, drifts_in, photos_in, record_of
from records.serializers import RecordSerializer
from requests_app.forms import Day
from requests_app.models import AssistanceRequest

PEOPLE = ("women", "men", "girls", "boys")
PLAN = ("planned_start", "planned_end", "plan", "agreement_signed_on", "agreement_reference")


class ActForm(forms.Form):
    """What an act on a record may say; each act reads its own fields."""

    reason = forms.CharField(required=False, max_length=4000)
    started_on = Day(required=False)
    completed_on = Day(required=False)
    planned_start = Day(required=False)
    planned_end = Day(required=False)
    plan = forms.CharField(required=False, max_length=20_000)
    what = forms.CharField(required=False, max_length=20_000)
    agreement_signed_on = Day(required=False)
    agreement_reference = forms.CharField(required=False, max_length=80)
    result = forms.CharField(required=False, max_length=20_000)
    women = forms.IntegerField(required=False, min_value=0, max_value=2_147_483_647)
    men = forms.IntegerField(required=False, min_value=0, max_value=2_147_483_647)
    girls = forms.IntegerField(required=False, min_value=0, max_value=2_147_483_647)
    boys = forms.IntegerField(required=False, min_value=0, max_value=2_147_483_647)
    actual_cost = forms.DecimalField(
        required=False, min_value=Decimal(0), max_digits=14, decimal_places=2
    )
    text = forms.CharField(required=False, max_length=20_000)
    percent = forms.IntegerField(required=False, min_value=0, max_value=100)
    visited_on = Day(required=False)
    findings = forms.CharField(required=False, max_length=20_000)
    amount = forms.DecimalField(
        required=False, min_value=Decimal("0.01"), max_digits=14, decimal_places=2
    )
    paid_on = Day(required=False)
    evidence = forms.CharField(required=False, max_length=200)
    organisation = forms.CharField(required=False, max_length=200)
    delivered_on = Day(required=False)
    source = forms.CharField(required=False, max_length=300)
    answer = forms.IntegerField(required=False)
    number = forms.IntegerField(required=False, min_value=1)
    remark = forms.CharField(required=False, max_length=4000)
    caption = forms.CharField(required=False, max_length=200)
    matter = forms.CharField(required=False, max_length=20_000)
    first = forms.CharField(required=False, max_length=60)


FLAGS = ("delivered", "met", "is_last", "internal")


@cache
def _nothing_said() -> dict[str, Any]:
    """Return the fields of an act without any: most acts are done by their address alone."""
    return _read_act({})


def read_act(data: dict[str, Any]) -> dict[str, Any]:
    """Read the fields of an act; raise ``Malformed`` with every one that cannot be read."""
    return _read_act(data) if data else dict(_nothing_said())


def _read_act(data: dict[str, Any]) -> dict[str, Any]:
    values, errors = one_value_each(data, ActForm.base_fields)
    form = ActForm(values)
    wrong = {error.field for error in errors}
    form.is_valid()
    errors += [
        FieldError(name, " ".join(str(message) for message in messages))
        for name, messages in form.errors.items()
        if name not in wrong
    ]
    errors += [
        FieldError(name, _("Answer true or false."))
        for name in FLAGS
        if data.get(name) is not None and not isinstance(data[name], bool)
    ]
    if errors:
        raise Malformed(errors=errors)
    return {**form.cleaned_data, **{name: data.get(name) for name in FLAGS}}


def _need(said: dict[str, Any], **questions: str) -> None:
    missing = [
        FieldError(name, question)
        for name, question in questions.items()
        if said.get(name) in (None, "")
    ]
    if missing:
        raise Malformed(errors=missing)


def do_submit(
    rfa: AssistanceRequest, person: User, said: dict[str, Any]
) -> AssistanceRequest | None:
    """Send it on its route."""
    return approvals.submit(rfa=rfa, actor=person)


def do_withdraw(rfa: AssistanceRequest, person: User, said: dict[str, Any]) -> None:
    """Take it back before a decision."""
    approvals.withdraw(rfa=rfa, actor=person, reason=said["reason"])


def do_cancel(rfa: AssistanceRequest, person: User, said: dict[str, Any]) -> None:
    """Stop what was approved."""
    approvals.cancel(rfa=rfa, actor=person, reason=said["reason"])


def do_close(rfa: AssistanceRequest, person: User, said: dict[str, Any]) -> None:
    """Close a complete record."""
    services.close(rfa=rfa, actor=person)


def do_plan(rfa: AssistanceRequest, person: User, said: dict[str, Any]) -> None:
    """Plan the task."""
    services.plan(rfa=rfa, actor=person, values={name: said[name] for name in PLAN if said[name]})


def do_start(rfa: AssistanceRequest, person: User, said: dict[str, Any]) -> None:
    """Start the task."""
    services.start(rfa=rfa, actor=person, started_on=said["started_on"])


def do_progress(rfa: AssistanceRequest, person: User, said: dict[str, Any]) -> None:
    """Report progress."""
    services.report_progress(
        rfa=rfa,
        actor=person,
        text=said["text"] or said["remark"],
        percent=said["percent"],
        changed=said["changed"],
        change=said["what"],
    )


def do_complete(rfa: AssistanceRequest, person: User, said: dict[str, Any]) -> None:
    """Complete the task."""
    services.complete(
        rfa=rfa,
        actor=person,
        completed_on=said["completed_on"],
        result=said["result"],
        people={name: said[name] for name in PEOPLE if said[name] is not None},
        actual_cost=said["actual_cost"],
    )


def do_visit(rfa: AssistanceRequest, person: User, said: dict[str, Any]) -> None:
    """Record a visit."""
    _need(said, visited_on=_("Say on which day the visit was."))
    services.record_visit(
        rfa=rfa,
        actor=person,
        visited_on=said["visited_on"],
        findings=said["findings"],
        photos=said["photos"],
    )


def do_pay(rfa: AssistanceRequest, person: User, said: dict[str, Any]) -> None:
    """Record an instalment."""
    _need(said, amount=_("Say how much was paid."), paid_on=_("Say on which day it was paid."))
    services.pay_instalment(
        rfa=rfa,
        actor=person,
        amount=said["amount"],
        paid_on=said["paid_on"],
        evidence=said["evidence"],
        is_last=bool(said["is_last"]),
    )


def do_tick(rfa: AssistanceRequest, person: User, said: dict[str, Any]) -> None:
    """Tick a condition off, or record that it was not met."""
    _need(
        said,
        answer=_("Name the answer."),
        number=_("Name the condition."),
        met=_("Say true or false."),
    )
    services.tick_condition(
        rfa=rfa,
        actor=person,
        answer=said["answer"],
        number=said["number"],
        met=said["met"],
        remark=said["remark"],
    )


def do_delivered(rfa: AssistanceRequest, person: User, said: dict[str, Any]) -> None:
    """Record what became of a refused need."""
    _need(said, delivered=_("Say true if others delivered it, false if nobody did."))
    services.record_delivery(
        rfa=rfa,
        actor=person,
        delivered=said["delivered"],
        organisation=said["organisation"],
        delivered_on=said["delivered_on"],
        source=said["source"],
    )


def do_refer(rfa: AssistanceRequest, person: User, said: dict[str, Any]) -> None:
    """Refer what could not be resolved to the HOMC, then the SRSG (P52)."""
    approvals.refer(rfa=rfa, actor=person, matter=said["matter"])


def do_join(rfa: AssistanceRequest, person: User, said: dict[str, Any]) -> None:
    """Say that a report is of one event with another (``first``), or, without, that it is not."""
    first = record_of(person, said["first"]) if said["first"] else None
    approvals.join_reports(rfa=rfa, actor=person, first=first)


# name in the address: what it does, and the status of its answer
ACTS: dict[str, tuple[Any, int]] = {
    "submit": (do_submit, 200),
    "withdraw": (do_withdraw, 200),
    "cancel": (do_cancel, 200),
    "close": (do_close, 200),
    "task": (do_plan, 200),
    "start": (do_start, 200),
    "progress": (do_progress, 201),
    "complete": (do_complete, 200),
    "visits": (do_visit, 201),
    "instalments": (do_pay, 201),
    "conditions": (do_tick, 201),
    "delivered-by-others": (do_delivered, 200),
    "join": (do_join, 200),
    "referrals": (do_refer, 201),
}


class ActView(IdempotentPosts, RecordView):
    """Do one act on a record; the answer is the record as it then stands."""

    act = ""
    stands: AssistanceRequest | None = None  # the record as the deed left it, where it tells

    @extend_schema(request=OpenApiTypes.OBJECT, responses=RecordSerializer)
    def post(self, request: Request, reference: str) -> Response:
        person: Any = request.user
        rfa = record_of(person, reference)
        status = self.do(rfa, person, body_of(request))
        return self.answer(request, rfa, status, stands=self.stands)

    def do(self, rfa: AssistanceRequest, person: User, sent: dict[str, Any]) -> int:
        """Do the act by what was sent; return the status of the answer."""
        deed, status = ACTS[self.act]
        said = read_act(sent)
        said |= {"changed": drifts_in(sent), "photos": photos_in(sent)}
        self.stands = deed(rfa, person, said)
        return status
