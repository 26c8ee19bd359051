"""The page of needs that were not approved: what became of them, as a list and a map (P41)."""

from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from approvals.pages import line_of
from common.pages import lines_of
from missions.models import User
from records import policy
from records.filters import UNMET, FollowUp
from records.models import FollowUpNote
from records.views.asking import Asking, address
from records.views.map import map_context
from requests_app.models import AssistanceRequest

STATES: dict[str, tuple[Any, list[str]]] = {
    "": (gettext_lazy("Unmet, or not known yet"), [state.value for state in UNMET]),
    **{state.value: (state.label, [state.value]) for state in FollowUp},
}


def _line(person: User, rfa: AssistanceRequest) -> dict[str, Any]:
    known = getattr(rfa, "delivery_by_others", None)
    notes = list(rfa.follow_up_notes.all())
    return {
        **line_of(rfa),
        "refused_at": rfa.decided_at,
        "known": known,
        "note": notes[-1] if notes else None,
        "may_record": known is None and bool(policy.may_record_delivery(person, rfa)),
    }


class FollowUpsView(LoginRequiredMixin, View):
    """Refused needs in one's sight, by what became of them; the register's own question."""

    def get(self, request: HttpRequest) -> HttpResponse:
        state = request.GET.get("state", "")
        state = state if state in STATES else ""
        asked = QueryDict(mutable=True)
        asked.setlist("follow_up", STATES[state][1])
        asking = Asking(request.user, asked)
        notes = FollowUpNote.objects.select_related("by")
        rows = asking.register.qs.select_related(
            "delivery_by_others", "delivery_by_others__by"
        ).prefetch_related(Prefetch("follow_up_notes", queryset=notes))
        page = lines_of(request, rows)
        query = address(asking.asked)
        return render(
            request,
            "records/follow_ups.html",
            {
                "lines": [_line(request.user, rfa) for rfa in page.rows],
                "page": page,
                "states": [
                    {
                        "label": label,
                        "url": f"{reverse('records:follow-ups')}{f'?state={code}' if code else ''}",
                        "current": code == state,
                    }
                    for code, (label, _asked) in STATES.items()
                ],
                "title": _("Unmet needs"),
                "map": map_context(asking),
                "register_url": f"{reverse('records:register')}{query}",
                "map_url": f"{reverse('records:map')}{query}",
                "csv_url": f"{reverse('records:csv')}{query}",
            },
        )
