"""Check your answers, submit, and what happens next."""

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views import View

from approvals import policy, services
from approvals.pages import files_for_page, route_for_page
from approvals.pages.sent import turns_of
from approvals.queries import REACHED, consistency_of, route_of, weighed_look_alikes
from approvals.views.asking.finding import found
from approvals.views.asking.keeping import last_return, version_of
from approvals.vocabulary import StepState
from common.errors import FieldError, Incomplete, Malformed, Stale
from requests_app.models import AssistanceRequest
from requests_app.pages import answers_of, ids_of
from requests_app.places import doubts_of
from requests_app.policy import is_own
from requests_app.validation import missing_before_submission
from requests_app.vocabulary import Kind

# What is weighed by the mission's priorities (P34): support, not security or past help.
WEIGHED = frozenset({Kind.CIVIL_ASSISTANCE, Kind.QIP})


class CheckView(LoginRequiredMixin, View):
    """Check your answers: everything at once, and everything that is still missing."""

    def get(self, request: HttpRequest, reference: str) -> HttpResponse:
        rfa = found(request, reference)
        verdict = policy.may_submit(request.user, rfa)
        if not verdict:
            return redirect("records:case", rfa.reference)
        return self._show(request, rfa, missing_before_submission(rfa))

    def post(self, request: HttpRequest, reference: str) -> HttpResponse:
        """Submit, on the version that was checked."""
        rfa = found(request, reference)
        try:
            services.submit(rfa=rfa, actor=request.user, version=version_of(request))
        except (Incomplete, Malformed, Stale) as refusal:
            rfa.refresh_from_db()
            errors = refusal.errors or [FieldError("", refusal.detail)]
            return self._show(request, rfa, errors, status=refusal.status)
        return redirect("approvals:sent", rfa.reference)

    def _show(
        self,
        request: HttpRequest,
        rfa: AssistanceRequest,
        errors: list[FieldError],
        status: int = 200,
    ) -> HttpResponse:
        edit = reverse("approvals:edit", args=[rfa.reference])
        ids = {name: f"{edit}#{box}" for name, box in ids_of(rfa.kind).items()}
        return render(
            request,
            "approvals/check.html",
            {
                "rfa": rfa,
                "edit_url": edit,
                "consistency": consistency_of(rfa) if rfa.kind in WEIGHED else None,
                "look_alikes": weighed_look_alikes(request.user, rfa),
                "sections": answers_of(rfa),
                "errors": [
                    {"url": ids.get(e.field, ""), "message": e.message, "paragraph": e.paragraph}
                    for e in errors
                ],
                "doubts": [
                    {"url": ids.get(e.field, ""), "message": e.message, "paragraph": e.paragraph}
                    for e in doubts_of(rfa)
                ],
                "files": files_for_page(rfa),
                "returned": last_return(rfa),
            },
            status=status,
        )


class SentView(LoginRequiredMixin, View):
    """After sending: what happens next, who has it, by when."""

    def get(self, request: HttpRequest, reference: str) -> HttpResponse:
        rfa = found(request, reference)
        if rfa.submitted_at is None or not is_own(request.user, rfa):
            return redirect("records:case", rfa.reference)
        steps = list(route_of(rfa))
        return render(
            request,
            "approvals/sent.html",
            {
                "rfa": rfa,
                "open_steps": [step for step in steps if step.state == StepState.OPEN],
                "turns": turns_of(steps),
                "route": route_for_page(steps, request.user),
                "reached": REACHED,
            },
        )
