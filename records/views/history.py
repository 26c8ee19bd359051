"""One entry of a record's history, as the ledger keeps it."""

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views import View

from approvals.views.asking import found
from common.pages import FragmentMixin
from ledger.policy import may_ask_erasure
from ledger.queries import history_of
from ledger.services import NEVER_ERASED
from records.erasing import may_be_erased_in
from records.pages import raw_entry


class EntryView(LoginRequiredMixin, FragmentMixin, View):
    """An entry's act, hashes and payload; one withheld from the reader is not given."""

    template_name = "records/entry.html"
    fragment_name = "records/_entry.html"

    def get(self, request: HttpRequest, reference: str, number: int) -> HttpResponse:
        rfa = found(request, reference)
        entry = get_object_or_404(history_of(rfa.pk), number=number)
        context = {
            "rfa": rfa,
            "raw": raw_entry(request, rfa, entry),
            "erases": bool(
                may_ask_erasure(request.user)
                and may_be_erased_in(rfa)
                and entry.act not in NEVER_ERASED
                and entry.payload.erasure_id is None
            ),
        }
        return render(request, self.template_for(request), context)
