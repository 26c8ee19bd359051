"""The case: one record whole, and the deeds that carry it out and close it."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
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
from common.errors import Incomplete
from common.pages import summary_of
from common.verdict import Verdict
from missions.models import User
from records import policy, services
from records.archive import may_archive
from records.completeness import also_missing, missing_before_closing
from records.pages import (
    completeness_for_page,
    corrections_for_page,
    history_for_page,
    task_for_page,
)
from records.queries import follow_up_of
from records.serializers import imported_as_read
from records.views.archive import show_stub
from records.views.errands import offered
from requests_app.files import MEDIA_TYPES, MOST_BYTES
from requests_app.importing.matching import COLUMNS
from requests_app.models import AssistanceRequest
from requests_app.policy import is_own
from requests_app.vocabulary import Kind, Status

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
                "may_watch": policy.may_watch(person, rfa),
                "may_pay": policy.may_pay(person, rfa),
                "may_answer_change": policy.may_answer_change(person, rfa),
                "errands": offered(person, rfa),
                "may_correct": policy.may_correct(person, rfa),
                "corrections": corrections_for_page(rfa),
                "completeness": completeness_for_page(rfa),
                "notes": list(rfa.follow_up_notes.select_related("by")),
                "follow_up": follow_up,
                "follow_up_open": rfa.status == Status.NOT_APPROVED and follow_up is None,
                "may_record": may_record,
                "may_close": may_close(person, rfa) if rfa.status in TO_CLOSE else None,
                "may_archive": rfa.status == Status.CLOSED and may_archive(person),
                "may_change": may_change(person, rfa),
                "may_withdraw": may_withdraw(person, rfa),
                "may_cancel": may_cancel(person, rfa),
                **history_for_page(request, rfa),
                "accept": ",".join(MEDIA_TYPES),
                "most_bytes": MOST_BYTES,
                **_imported(rfa),
                "bags": list(rfa.bags.all()) if rfa.status == Status.CLOSED else [],
            },
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
            "records/close.html",
            {
                "rfa": rfa,
                "missing": missing,
                "also": also_missing(rfa),
                "errors": summary_of(missing) if status >= 400 else [],
                "cancel_url": reverse("records:case", args=[rfa.reference]),
            },
            status=status,
        )
