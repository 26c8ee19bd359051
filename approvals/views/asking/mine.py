"""My requests, and my post's."""

from django.contrib.auth.mixins import LoginRequiredMixin
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views import View

from approvals.pages import line_of
from approvals.queries import visible_to, with_what_is_open
from common.pages import lines_of
from common.paging import ByArms
from requests_app.models import AssistanceRequest
from requests_app.policy import asking_as, may_ask
from requests_app.vocabulary import Status

DONE = frozenset({Status.CLOSED, Status.WITHDRAWN, Status.CANCELLED})


class MineView(LoginRequiredMixin, View):
    """My requests and my post's: drafts, what was returned to me, what is under way or done."""

    def get(self, request: HttpRequest) -> HttpResponse:
        own = [standing.post.pk for standing in [asking_as(request.user)] if standing is not None]
        shown = request.GET.get("show", "open")
        listed = {
            "drafts": Q(status=Status.DRAFT),
            "returned": Q(status=Status.RETURNED),
            "done": Q(status__in=DONE),
            "all": Q(),
        }.get(shown, ~Q(status__in=DONE))
        seen = visible_to(request.user)
        grounds = [Q(requested_by=request.user), *([Q(post__in=own)] if own else [])]
        loaded = AssistanceRequest.objects.select_related(
            "sector", "area", "organisation", "requested_by"
        )
        page = lines_of(
            request,
            ByArms([seen.filter(ground & listed) for ground in grounds], with_what_is_open(loaded)),
        )
        returned = seen.filter(
            Q(requested_by=request.user) | Q(post__in=own), status=Status.RETURNED
        ).count()
        chips = [
            {"label": _("Open"), "url": "?show=open", "current": shown == "open"},
            {"label": _("Drafts"), "url": "?show=drafts", "current": shown == "drafts"},
            {
                "label": _("Returned to me"),
                "url": "?show=returned",
                "current": shown == "returned",
                "count": returned,
            },
            {"label": _("Done"), "url": "?show=done", "current": shown == "done"},
            {"label": _("All"), "url": "?show=all", "current": shown == "all"},
        ]
        return render(
            request,
            "approvals/mine.html",
            {
                "lines": [line_of(rfa, mine=True) for rfa in page.rows],
                "page": page,
                "chips": chips,
                "verdict": may_ask(request.user),
                "shown": shown,
            },
        )
