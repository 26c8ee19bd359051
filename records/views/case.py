"""The case: one record whole, and the deeds that carry it out and close it."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from approvals.invariants import why_it_may_not_start
from approvals.policy import (
    may_answer,
    may_cancel,
    may_change,
    may_close,
    may_join,
    may_prepare,
    may_supersede,
    may_withdraw,
)
from approvals.queries import may_be_one_event, reports_of_one_event
from approvals.views.answering import record_context
from approvals.views.asking import found
from approvals.vocabulary import StepState
from common.errors import Incomplete, Refusal
from common.pages import labels_of, summary_of
from common.verdict import Verdict
from missions.calendar import local_day
from missions.models import User
from records import policy, services
from records.archive import may_archive
from records.completeness import missing_before_closing
from records.forms import (
    CompleteForm,
    ConditionForm,
    DeliveryForm,
    InstalmentForm,
    PlanForm,
    ProgressForm,
    StartForm,
    VisitForm,
)
from records.pages import history_for_page, task_for_page
from records.queries import follow_up_of, money_of
from records.serializers import imported_as_read
from records.views.archive import show_stub
from requests_app.files import MEDIA_TYPES, MOST_BYTES
from requests_app.importing.matching import COLUMNS
from requests_app.models import AssistanceRequest
from requests_app.policy import is_own
from requests_app.vocabulary import Kind, Status

PEOPLE = ("women", "men", "girls", "boys")
TO_CLOSE = frozenset({Status.COMPLETED, Status.CANCELLED, Status.HELD, Status.NOT_HELD})


def _mine_to_answer(person: User, context: dict[str, Any]) -> list[dict[str, Any]]:
    """List the steps of a record that the reader may answer, prepare or answer anew."""
    duties = []
    for step in context["steps"]:
        step.rfa = context["rfa"]
        if step.state == StepState.OPEN and may_answer(person, step):
            duties.append({"step": step, "url": reverse("approvals:step", args=[step.pk])})
        elif step.state == StepState.OPEN and may_prepare(person, step):
            duties.append(
                {"step": step, "url": reverse("approvals:step", args=[step.pk]), "prepares": True}
            )
        elif step.state == StepState.ANSWERED and may_supersede(person, step):
            duties.append(
                {
                    "step": step,
                    "url": reverse("approvals:supersede", args=[step.pk]),
                    "again": True,
                }
            )
    return duties


def _may_start(person: User, rfa: AssistanceRequest) -> Verdict | None:
    """Return whether the task may start, where the question arises at all."""
    if rfa.status != Status.APPROVED or not policy.carries_out(person, rfa):
        return None
    return policy.may_start(person, rfa)


def _event_of(person: User, rfa: AssistanceRequest) -> dict[str, Any]:
    """Return the other reports of an extreme situation's event, and those it may be joined to."""
    if rfa.kind != Kind.EXTREME_SITUATION:
        return {}
    joined = list(reports_of_one_event(person, rfa))
    may = bool(may_join(person, rfa))
    first = rfa.extreme_situation.same_event_as_id
    offered = may and not first and not joined
    return {
        "joined_reports": joined,
        "may_join": may,
        "is_joined": first is not None,
        "offered_reports": list(may_be_one_event(person, rfa)) if offered else [],
    }


def _imported(rfa: AssistanceRequest) -> dict[str, Any]:
    """Return where an imported record comes from and what its row claims, in words."""
    imported = imported_as_read(rfa)
    claims = imported["claims"] if imported else {}
    return {
        "imported": imported,
        "claims": [
            (column.label, claims[column.name])
            for column in COLUMNS.values()
            if column.name in claims
        ],
    }


class CaseView(LoginRequiredMixin, View):
    """One record: what was asked, the route with each answer, the task, and the history."""

    def get(self, request: HttpRequest, reference: str) -> HttpResponse:
        rfa = found(request, reference)
        person = request.user
        if rfa.status == Status.DRAFT and is_own(person, rfa):
            return redirect("approvals:edit", rfa.reference)
        if hasattr(rfa, "disposal"):
            return show_stub(request, rfa)
        context = record_context(request, rfa)
        duties = _mine_to_answer(person, context)
        follow_up = follow_up_of(rfa)
        may_record = policy.may_record_delivery(person, rfa)
        return render(
            request,
            "records/case.html",
            {
                **context,
                **_event_of(person, rfa),
                "duties": [duty for duty in duties if not duty.get("again")],
                "again": [duty for duty in duties if duty.get("again")],
                "task": task_for_page(rfa),
                "may_start": _may_start(person, rfa),
                "lacking": why_it_may_not_start(rfa) if rfa.status == Status.APPROVED else [],
                "may_report": policy.may_report(person, rfa),
                "may_plan": policy.may_plan(person, rfa),
                "may_pay": policy.may_pay(person, rfa),
                "follow_up": follow_up,
                "follow_up_open": rfa.status == Status.NOT_APPROVED and follow_up is None,
                "may_record": may_record,
                "may_close": may_close(person, rfa) if rfa.status in TO_CLOSE else None,
                "may_archive": rfa.status == Status.CLOSED and may_archive(person),
                "may_change": may_change(person, rfa),
                "may_withdraw": may_withdraw(person, rfa),
                "may_cancel": may_cancel(person, rfa),
                "entries": history_for_page(person, rfa),
                "accept": ",".join(MEDIA_TYPES),
                "most_bytes": MOST_BYTES,
                **_imported(rfa),
                "bags": list(rfa.bags.all()) if rfa.status == Status.CLOSED else [],
            },
        )


def _start(rfa: AssistanceRequest, actor: User, said: dict[str, Any]) -> None:
    services.start(rfa=rfa, actor=actor, started_on=said["started_on"])


def _plan(rfa: AssistanceRequest, actor: User, said: dict[str, Any]) -> None:
    services.plan(rfa=rfa, actor=actor, values=said)


def _progress(rfa: AssistanceRequest, actor: User, said: dict[str, Any]) -> None:
    services.report_progress(rfa=rfa, actor=actor, text=said["text"], percent=said["percent"])


def _visit(rfa: AssistanceRequest, actor: User, said: dict[str, Any]) -> None:
    services.record_visit(rfa=rfa, actor=actor, **said)


def _instalment(rfa: AssistanceRequest, actor: User, said: dict[str, Any]) -> None:
    services.pay_instalment(rfa=rfa, actor=actor, **said)


def _complete(rfa: AssistanceRequest, actor: User, said: dict[str, Any]) -> None:
    services.complete(
        rfa=rfa,
        actor=actor,
        completed_on=said["completed_on"],
        result=said["result"],
        people={name: said[name] for name in PEOPLE},
        actual_cost=said["actual_cost"],
    )


def _condition(rfa: AssistanceRequest, actor: User, said: dict[str, Any]) -> None:
    services.tick_condition(
        rfa=rfa,
        actor=actor,
        answer=said["answer"],
        number=said["number"],
        met=said["met"] == "yes",
        remark=said["remark"],
    )


def _deliver(rfa: AssistanceRequest, actor: User, said: dict[str, Any]) -> None:
    services.record_delivery(
        rfa=rfa,
        actor=actor,
        delivered=said["delivered"] == "yes",
        organisation=said["organisation"],
        delivered_on=said["delivered_on"],
        source=said["source"],
    )


Deed = Callable[[AssistanceRequest, User, dict[str, Any]], None]

# Each deed on a task: its question, its form, what does it, the word on its button.
DEEDS: dict[str, tuple[Any, type[Any], Deed, Any]] = {
    "plan": (gettext_lazy("Plan the task"), PlanForm, _plan, gettext_lazy("Keep the plan")),
    "start": (gettext_lazy("Start the task"), StartForm, _start, gettext_lazy("Start the task")),
    "progress": (gettext_lazy("Report progress"), ProgressForm, _progress, gettext_lazy("Report")),
    "visit": (gettext_lazy("Record a visit"), VisitForm, _visit, gettext_lazy("Record the visit")),
    "instalment": (
        gettext_lazy("Record a payment"),
        InstalmentForm,
        _instalment,
        gettext_lazy("Record it"),
    ),
    "complete": (
        gettext_lazy("Complete the task"),
        CompleteForm,
        _complete,
        gettext_lazy("Complete"),
    ),
    "condition": (
        gettext_lazy("Check a condition"),
        ConditionForm,
        _condition,
        gettext_lazy("Record it"),
    ),
    "delivered-by-others": (
        gettext_lazy("What became of the need?"),
        DeliveryForm,
        _deliver,
        gettext_lazy("Record it and close"),
    ),
}

DONE = {
    "plan": gettext_lazy("The plan is kept."),
    "start": gettext_lazy("The task has started."),
    "progress": gettext_lazy("Progress is on the record."),
    "visit": gettext_lazy("The visit is on the record."),
    "instalment": gettext_lazy("The payment is on the record."),
    "complete": gettext_lazy("The task is completed. UN-CIMIC closes the record."),
    "condition": gettext_lazy("The condition is checked."),
    "delivered-by-others": gettext_lazy("The follow-up is answered and the record closed."),
}


def _verdict(act: str, person: User, rfa: AssistanceRequest) -> Verdict:
    rules = {
        "plan": policy.may_plan,
        "start": policy.may_start,
        "instalment": policy.may_pay,
        "delivered-by-others": policy.may_record_delivery,
    }
    return rules.get(act, policy.may_report)(person, rfa)


class DeedView(LoginRequiredMixin, View):
    """One deed on a record: its form alone on a page, and the doing of it."""

    def get(self, request: HttpRequest, reference: str, act: str) -> HttpResponse:
        rfa = found(request, reference)
        self._known(act)
        _verdict(act, request.user, rfa).enforce()
        return self._show(request, rfa, act, self._form(request, rfa, act))

    def post(self, request: HttpRequest, reference: str, act: str) -> HttpResponse:
        rfa = found(request, reference)
        self._known(act)
        form = self._form(request, rfa, act, request.POST)
        try:
            _verdict(act, request.user, rfa).enforce()
            DEEDS[act][2](rfa, request.user, form.values())
        except Refusal as refusal:
            return self._show(request, rfa, act, form, refusal)
        messages.success(request, DONE[act])
        return redirect(reverse("records:case", args=[rfa.reference]) + "#task")

    def _known(self, act: str) -> None:
        if act not in DEEDS:
            raise Http404

    def _form(
        self, request: HttpRequest, rfa: AssistanceRequest, act: str, data: Any = None
    ) -> Any:
        today = local_day(rfa.mission)
        task = services.task_of(rfa) if rfa.route and rfa.kind != Kind.EXTREME_SITUATION else None
        initial: dict[str, Any] = {
            "started_on": today,
            "visited_on": today,
            "paid_on": today,
            "completed_on": today,
            **{name: getattr(rfa, name) for name in PEOPLE},
        }
        if task is not None:
            initial |= {
                "planned_start": task.planned_start,
                "planned_end": task.planned_end,
                "agreement_signed_on": task.agreement_signed_on,
                "agreement_reference": task.agreement_reference,
            }
        if act == "instalment" and task is not None and rfa.estimated_cost is not None:
            paid = task.instalments.count() if task.pk else 0
            parts = money_of(rfa, task).parts
            part = parts[min(paid, len(parts) - 1)]
            initial |= {"amount": part.amount, "is_last": part.is_last}
        more = {"qip": rfa.kind == Kind.QIP} if act == "plan" else {}
        return DEEDS[act][1](data, initial=initial, **more)

    def _show(
        self,
        request: HttpRequest,
        rfa: AssistanceRequest,
        act: str,
        form: Form,
        refusal: Refusal | None = None,
    ) -> HttpResponse:
        errors: list[dict[str, str]] = []
        if refusal:
            for error in refusal.errors:
                if error.field in form.fields and not form.errors.get(error.field):
                    form.add_error(error.field, error.message)
            ids = {name: form[name].auto_id for name in form.fields}
            errors = summary_of(refusal.errors, ids, labels_of(form)) or [
                {
                    "field_id": "",
                    "field": "",
                    "message": refusal.detail,
                    "paragraph": refusal.paragraph,
                }
            ]
        title, _form, _do, label = DEEDS[act]
        return render(
            request,
            "records/deed.html",
            {
                "rfa": rfa,
                "act": act,
                "title": title,
                "label": label,
                "form": form,
                "errors": errors,
                "case_url": reverse("records:case", args=[rfa.reference]),
            },
            status=refusal.status if refusal else 200,
        )


class CloseView(LoginRequiredMixin, View):
    """Close a record that has all that paragraph 41 asks."""

    def get(self, request: HttpRequest, reference: str) -> HttpResponse:
        rfa = found(request, reference)
        may_close(request.user, rfa).enforce()
        return self._show(request, rfa)

    def post(self, request: HttpRequest, reference: str) -> HttpResponse:
        rfa = found(request, reference)
        try:
            services.close(rfa=rfa, actor=request.user)
        except Incomplete as refusal:
            return self._show(request, rfa, status=refusal.status)
        messages.success(request, _("%(reference)s is closed.") % {"reference": rfa.reference})
        return redirect("records:case", rfa.reference)

    def _show(
        self, request: HttpRequest, rfa: AssistanceRequest, status: int = 200
    ) -> HttpResponse:
        missing = missing_before_closing(rfa)
        return render(
            request,
            "approvals/confirm.html",
            {
                "rfa": rfa,
                "title": _("Close %(reference)s?") % {"reference": rfa.reference},
                "text": _(
                    "The record is then complete: what was asked, what was answered, what was "
                    "done. It can be archived; nothing is added to it any more."
                ),
                "label": _("Close the record"),
                "fields": [],
                "errors": summary_of(missing),
                "cancel_url": reverse("records:case", args=[rfa.reference]),
                "quiet": True,
            },
            status=status,
        )
