"""The page of the ledger: what is signed, what is witnessed outside, the keys, and erasures."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views import View

from approvals.views.asking import found
from common.pages import text_of
from ledger.models import WitnessReceipt
from ledger.policy import (
    acknowledging_as,
    may_acknowledge,
    may_answer_erasure,
    may_read_ledger,
)
from ledger.receipts import acknowledge
from ledger.state import State, checkpoints_made, how_it_stands
from records.erasing import ask_erasure, confirm_erasure, open_requests, refuse_erasure

SHOWN = 14
MOST_ERASURES = 50


def _tiles(state: State) -> list[dict[str, Any]]:
    last, left = state.checkpoint, state.witnessed
    return [
        {
            "value": last.number if last else "–",
            "label": _("last checkpoint"),
            "note": _("Older than a day.") if state.checkpoint_is_late else _("In time."),
            "late": state.checkpoint_is_late,
        },
        {
            "value": left.checkpoint.number if left else "–",
            "label": _("last one witnessed outside"),
            "note": _("Older than a day.")
            if state.receipt_is_late
            else _("In time.")
            if left
            else _("No receipt has left yet."),
            "late": state.receipt_is_late,
        },
        {
            "value": state.unwitnessed,
            "label": _("entries not witnessed yet"),
            "note": ngettext("of %(all)s entry", "of %(all)s entries", state.entries)
            % {"all": state.entries},
        },
        {
            "value": state.waiting,
            "label": _("receipts waiting to leave"),
            "note": "" if state.has_witnesses else _("No witness is set on this server."),
            "late": bool(state.waiting) or not state.has_witnesses,
        },
    ]


class LedgerView(LoginRequiredMixin, View):
    """How the ledger stands with its witnesses, and the erasures that wait for a second person."""

    def get(self, request: HttpRequest) -> HttpResponse:
        may_read_ledger(request.user).enforce()
        state = how_it_stands()
        erasures = [
            {"asked": asked, "verdict": may_answer_erasure(request.user, asked)}
            for asked in open_requests(request.user)[:MOST_ERASURES]
        ]
        return render(
            request,
            "records/ledger.html",
            {
                "state": state,
                "tiles": _tiles(state),
                "checkpoints": list(checkpoints_made().order_by("-number")[:SHOWN]),
                "erasures": erasures,
                "acknowledges": bool(may_acknowledge(request.user)),
            },
        )


class AcknowledgeView(LoginRequiredMixin, View):
    """Record that a witness has said that a receipt arrived."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, receipt_id: int) -> HttpResponse:
        may_acknowledge(request.user).enforce()
        receipt = get_object_or_404(WitnessReceipt, pk=receipt_id)
        standing: Any = acknowledging_as(request.user)
        acknowledge(receipt_id=receipt.pk, actor=request.user, standing=standing)
        messages.success(request, _("The witness's word is recorded."))
        return redirect("records:ledger")


class AskErasureView(LoginRequiredMixin, View):
    """Ask that what an entry says is erased; another person confirms it."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, reference: str, number: int) -> HttpResponse:
        rfa = found(request, reference)
        ask_erasure(
            rfa=rfa,
            actor=request.user,
            numbers=[number],
            reason=text_of(request.POST, "reason"),
            authority=text_of(request.POST, "authority"),
        )
        messages.success(request, _("Asked for. Nothing is erased until another confirms it."))
        return redirect("records:ledger")


class AnswerErasureView(LoginRequiredMixin, View):
    """Confirm or refuse an erasure that waits."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, request_id: int, word: str) -> HttpResponse:
        asked = open_requests(request.user).filter(pk=request_id).first()
        if asked is None or word not in {"confirm", "refuse"}:
            raise Http404
        if word == "confirm":
            confirm_erasure(request_id=asked.pk, actor=request.user)
            messages.success(request, _("Erased. Its stub and both names stay in the ledger."))
        else:
            remarks = text_of(request.POST, "remarks")
            refuse_erasure(request_id=asked.pk, actor=request.user, remarks=remarks)
            messages.success(request, _("Nothing is erased."))
        return redirect("records:ledger")
