"""My requests, and my post's."""

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views import View

from approvals.pages import line_of
from approvals.queries import visible_to, with_what_is_open
from common.pages import lines_of
from requests_app.models import AssistanceRequest
from requests_app.policy import asking_as, may_ask
from requests_app.vocabulary import Status

DONE = frozenset({Status.CLOSED, Status.WITHDRAWN, Status.CANCELLED})


class MineView(LoginRequiredMixin, View):
    """My requests and my post's: drafts, what was returned to me, what is under way or done."""

    def get(self, request: HttpRequest) -> HttpResponse:
        own = [standing.post.pk for standing in [asking_as(request.user)] if standing is not None]
        seen = visible_to(request.user)
        mine = seen.filter(requested_by=request.user)
        if own:
            others = seen.filter(post__in=own)
            mine = AssistanceRequest.objects.filter(
                pk__in=mine.values("pk").union(others.values("pk"))
            )
        shown = request.GET.get("show", "open")
        listed = {
            "drafts": mine.filter(status=Status.DRAFT),
            "returned": mine.filter(status=Status.RETURNED),
            "done": mine.filter(status__in=DONE),
            "all": mine,
        }.get(shown, mine.exclude(status__in=DONE))
        page = lines_of(
            request,
            with_what_is_open(
                listed.select_related("sector", "area", "organisation", "requested_by")
            ),
        )
        returned = mine.filter(status=Status.RETURNED).count()
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
