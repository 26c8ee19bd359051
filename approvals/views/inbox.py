"""The inbox's page: what waits on my posts, and one answer on several of it."""

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views import View

from approvals import services
from approvals.forms.inbox import InboxForm, chosen_in, said_together
from approvals.pages import SAID, line_of
from approvals.pages.inbox import VERIFIED_TOGETHER, by_urgency, filters_of, words_of
from approvals.queries import inbox_lines, inbox_of, referral_lines, referrals_waiting_on
from approvals.queries.inbox import MOST_LINES, facets_of, keys_of, visible_steps
from approvals.vocabulary import Word
from common.errors import Refusal
from common.pages import summary_of
from missions.queries import standings_of

# A page of the most urgent; answering them brings the next, narrowing shows any.
SHOWN = 50


class InboxView(LoginRequiredMixin, View):
    """What waits on my posts, most urgent first. It belongs to the post, not to the person."""

    def get(self, request: HttpRequest) -> HttpResponse:
        form = InboxForm(request.GET)
        asked = form.asked()
        facets = facets_of(inbox_of(request.user))
        keys = keys_of(request.user, asked) if asked else [facet.step for facet in facets]
        steps = inbox_lines(keys[:SHOWN])
        groups = by_urgency(request.user, steps, asked.query)
        words = words_of(groups)
        return render(
            request,
            "approvals/inbox.html",
            {
                "groups": groups,
                "count": len(steps),
                "referrals": []
                if asked
                else [
                    {**line_of(one.rfa), "asked": _("Resolve"), "due_at": one.due_at}
                    for one in referral_lines(referrals_waiting_on(request.user)[:MOST_LINES])
                ],
                "posts": [standing.post for standing in standings_of(request.user)],
                "cut": len(steps) == SHOWN,
                "asked": asked,
                "filters": filters_of(facets, asked),
                "errors": summary_of(form.wrong()),
                "words": words,
                "verified": VERIFIED_TOGETHER if Word.FORWARD_RECOMMENDED in words else [],
            },
        )


class TogetherView(LoginRequiredMixin, View):
    """Give one answer on several lines of the inbox; what is refused is named with its reason."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        asked = InboxForm(request.GET).asked()
        revisions = chosen_in(request.POST.getlist("step"))
        steps = visible_steps(request.user, list(revisions))
        try:
            outcomes = services.answer_together(
                actor=request.user,
                asked=[services.AsRead(step, revisions[pk]) for pk, step in steps.items()],
                **said_together(request.POST),
            )
        except Refusal as refusal:
            messages.error(request, refusal.detail)
            return redirect(reverse("approvals:inbox") + asked.query)
        given = [outcome.given for outcome in outcomes if outcome.given]
        if given:
            said = str(SAID[Word(given[0].answer)]).lower()
            words = _("%(count)s on the record: %(said)s.")
            messages.success(request, words % {"count": len(given), "said": said})
        for outcome in outcomes:
            if outcome.refusal:
                messages.error(
                    request,
                    _("%(reference)s: %(why)s Nothing was recorded on it.")
                    % {
                        "reference": outcome.step.rfa.reference,
                        "why": outcome.refusal.detail,
                    },
                )
        return redirect(reverse("approvals:inbox") + asked.query)
