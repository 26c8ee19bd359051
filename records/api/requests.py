"""The API of requests and records: ask, read, move, do, close."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from approvals import services as approvals
from common.errors import FieldError, Malformed, VersionMissing
from common.idempotency import IdempotentPosts
from common.listing import asked_page, list_response
from common.paging import is_uuid, page_of
from common.reading import is_plain, one_value_each
from ledger.queries import history_of
from missions.models import User
from records import services
from records.columns import sorted_by
from records.filters import lines_for, refuse_misread, register_for
from records.schema import DRAFT_BODY, EXTREME_BODY, REGISTER_PARAMETERS
from records.serializers import (
    EntrySerializer,
    LineSerializer,
    RecordSerializer,
)
from requests_app.forms import Day, DraftForm, ExtremeSituationForm, unknown_names
from requests_app.models import AssistanceRequest
from requests_app.places import doubts_of
from requests_app.policy import asking_as, may_ask, may_report_extreme
from requests_app.services import start_draft
from requests_app.vocabulary import Kind

PEOPLE = ("women", "men", "girls", "boys")


def record_of(person: User, reference: str) -> AssistanceRequest:
    """Return a record the person may see, by reference or UUID; raise ``Http404`` otherwise."""
    if not is_plain(reference):
        raise Http404
    by = {"pk": UUID(reference)} if is_uuid(reference) else {"reference__iexact": reference}
    rfa = lines_for(person).filter(**by).first()
    if rfa is None:
        raise Http404
    return rfa


def body_of(request: Request) -> dict[str, Any]:
    data = request.data
    if not isinstance(data, dict):
        raise Malformed(errors=[FieldError("non_field_errors", _("Send an object."))])
    return data if not hasattr(data, "dict") else data.dict()  # type: ignore[union-attr]


def _client_id(data: dict[str, Any]) -> UUID | None:
    said = data.get("id")
    if said is None:
        return None
    if not isinstance(said, str) or not is_uuid(said):
        raise Malformed(errors=[FieldError("id", _("Send a UUID, or leave it out."))])
    return UUID(said)


class RecordView(APIView):
    """Shared by the calls on one record."""

    def answer(
        self, request: Request, rfa: AssistanceRequest, status: int = 200, **more: Any
    ) -> Response:
        """Return the record as it now stands, with its version as ETag."""
        rfa = record_of(request.user, str(rfa.pk))  # type: ignore[arg-type]
        body = {**RecordSerializer(rfa, context={"request": request}).data, **more}
        return Response(
            body,
            status=status,
            headers={"ETag": f'"{rfa.version}"', "Location": f"/api/v1/requests/{rfa.reference}/"},
        )


class RequestsView(IdempotentPosts, RecordView):
    """The requests in one's own sight; a new draft."""

    @extend_schema(
        parameters=REGISTER_PARAMETERS, responses=LineSerializer(many=True), operation_id="requests"
    )
    def get(self, request: Request) -> Response:
        cursor, size = asked_page(request)
        rows = refuse_misread(register_for(request.user, request.query_params))  # type: ignore[arg-type]
        rows, order = sorted_by(rows, request.query_params)
        page = page_of(rows, order, cursor=cursor, size=size)
        return list_response(request, LineSerializer(page.rows, many=True).data, page)

    @extend_schema(request=DRAFT_BODY, responses={201: RecordSerializer})
    def post(self, request: Request) -> Response:
        """Open a draft. What is no question of the form is named under ``ignored``."""
        data = body_of(request)
        kinds = [Kind.CIVIL_ASSISTANCE, Kind.SECURITY_ASSISTANCE, Kind.QIP]
        kind = data.get("kind")
        person: Any = request.user
        may_ask(person).enforce()
        if kind not in kinds:
            words = ", ".join(kinds)
            hint = _("Choose one of: %(words)s.")
            if kind == Kind.EXTREME_SITUATION:
                hint = _(
                    "Choose one of: %(words)s. Extreme situations are reported to "
                    "extreme-situations/."
                )
            raise Malformed(
                errors=[
                    FieldError(
                        "kind",
                        hint % {"words": words},
                    )
                ]
            )
        standing = asking_as(person)
        mission = standing.post.mission  # type: ignore[union-attr]
        request_id, wrong = None, []
        try:
            request_id = _client_id(data)
        except Malformed as refusal:
            wrong = refusal.errors
        values: dict[str, Any] = {}
        try:
            values = DraftForm(kind, mission, data).values()
        except Malformed as refusal:
            wrong = wrong + refusal.errors
        if wrong:
            raise Malformed(errors=wrong)
        rfa = start_draft(actor=person, kind=kind, values=values, request_id=request_id)
        return self.answer(
            request, rfa, 201, ignored=unknown_names(kind, data), warnings=_warnings(rfa)
        )


class RequestView(RecordView):
    """One record: read it; change it while it is a draft or returned."""

    @extend_schema(responses=RecordSerializer, operation_id="request")
    def get(self, request: Request, reference: str) -> Response:
        return self.answer(request, record_of(request.user, reference))  # type: ignore[arg-type]

    @extend_schema(
        request=DRAFT_BODY,
        responses=RecordSerializer,
        parameters=[
            OpenApiParameter(
                "If-Match",
                OpenApiTypes.STR,
                OpenApiParameter.HEADER,
                required=True,
                description="The version that was read, as its ETag gave it.",
            )
        ],
    )
    def patch(self, request: Request, reference: str) -> Response:
        """Save answers on the version that was read (``If-Match``); a stale one is 412."""
        person: Any = request.user
        rfa = record_of(person, reference)
        version = _version(request)
        data = body_of(request)
        if data.get("kind", rfa.kind) != rfa.kind:
            raise Malformed(
                errors=[FieldError("kind", _("The kind stays: file another request instead."))]
            )
        values = DraftForm(rfa.kind, rfa.mission, data).values()
        rfa = approvals.change(rfa=rfa, actor=person, values=values, version=version)
        return self.answer(
            request, rfa, ignored=unknown_names(rfa.kind, data), warnings=_warnings(rfa)
        )


def _warnings(rfa: AssistanceRequest) -> list[dict[str, str]]:
    """Name what seems odd and was kept all the same: a point outside the mission's boundaries."""
    return [{"field": doubt.field, "message": doubt.message} for doubt in doubts_of(rfa)]


def _version(request: Request) -> int:
    said = request.headers.get("If-Match", "").strip().removeprefix("W/").strip('"')
    if not said:
        raise VersionMissing(_("Send If-Match with the version you read, as its ETag gave it."))
    if not said.isdecimal() or len(said) > 18:
        raise Malformed(errors=[FieldError("If-Match", _("Send the version as its ETag gave it."))])
    return int(said)


class ActForm(forms.Form):
    """What an act on a record may say; each act reads its own fields."""

    reason = forms.CharField(required=False, max_length=4000)
    started_on = Day(required=False)
    completed_on = Day(required=False)
    planned_start = Day(required=False)
    planned_end = Day(required=False)
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


def read_act(data: dict[str, Any]) -> dict[str, Any]:
    """Read the fields of an act; raise ``Malformed`` with every one that cannot be read."""
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


def do_submit(rfa: AssistanceRequest, person: User, said: dict[str, Any]) -> None:
    """Send it on its route."""
    approvals.submit(rfa=rfa, actor=person)


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
    names = ("planned_start", "planned_end", "agreement_signed_on", "agreement_reference")
    services.plan(rfa=rfa, actor=person, values={name: said[name] for name in names if said[name]})


def do_start(rfa: AssistanceRequest, person: User, said: dict[str, Any]) -> None:
    """Start the task."""
    services.start(rfa=rfa, actor=person, started_on=said["started_on"])


def do_progress(rfa: AssistanceRequest, person: User, said: dict[str, Any]) -> None:
    """Report progress."""
    services.report_progress(
        rfa=rfa, actor=person, text=said["text"] or said["remark"], percent=said["percent"]
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
        rfa=rfa, actor=person, visited_on=said["visited_on"], findings=said["findings"]
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

    @extend_schema(request=OpenApiTypes.OBJECT, responses=RecordSerializer)
    def post(self, request: Request, reference: str) -> Response:
        person: Any = request.user
        rfa = record_of(person, reference)
        deed, status = ACTS[self.act]
        deed(rfa, person, read_act(body_of(request)))
        return self.answer(request, rfa, status)


class HistoryView(APIView):
    """A record's entries, oldest first, each with its hash and the one before."""

    @extend_schema(responses=EntrySerializer(many=True))
    def get(self, request: Request, reference: str) -> Response:
        rfa = record_of(request.user, reference)  # type: ignore[arg-type]
        cursor, size = asked_page(request)
        page = page_of(history_of(rfa.pk), ("number",), cursor=cursor, size=size)
        context = {"request": request, "rfa": rfa}
        rows = EntrySerializer(page.rows, many=True, context=context).data
        return list_response(request, rows, page)


class ExtremeSituationsView(IdempotentPosts, RecordView):
    """Report help already given to prevent loss of life, injury or property (P40)."""

    @extend_schema(request=EXTREME_BODY, responses={201: RecordSerializer})
    def post(self, request: Request) -> Response:
        person: Any = request.user
        may_report_extreme(person).enforce()
        data = body_of(request)
        request_id = _client_id(data)
        standing = asking_as(person)
        form = ExtremeSituationForm(standing.post.mission, data)  # type: ignore[union-attr]
        rfa = approvals.report_extreme_situation(
            actor=person, values=form.values(), request_id=request_id
        )
        return self.answer(request, rfa, 201, warnings=_warnings(rfa))
