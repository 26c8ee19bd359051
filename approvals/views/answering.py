"""The answering post's pages: the inbox, a step read in one screen, an answer anew."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views import View

from approvals import policy, services
from approvals.forms import AnswerForm, MessageForm, initial_of
from approvals.models import Step
from approvals.pages import (
    SAID,
    answers_for_page,
    by_urgency,
    extreme_facts_of,
    files_for_page,
    line_of,
    route_for_page,
    thread_for_page,
    vacancies_of,
    waiting_for_page,
)
from approvals.queries import (
    TELLS_WHO_ASKS,
    consistency_of,
    inbox_of,
    referrals_waiting_on,
    route_of,
    shows_who_asks,
    visible_to,
    weighed_look_alikes,
    with_who_asks,
)
from approvals.queries.look_alikes import Weighed
from approvals.vocabulary import StepState, Word
from common.errors import Refusal
from common.pages import labels_of, summary_of
from missions.models import User
from missions.queries import standings_of
from requests_app.models import AssistanceRequest
from requests_app.pages import details_of, people
from requests_app.vocabulary import Status

MOST_LINES = 200


class InboxView(LoginRequiredMixin, View):
    """What waits on my posts, most urgent first. It belongs to the post, not to the person."""

    def get(self, request: HttpRequest) -> HttpResponse:
        steps = list(inbox_of(request.user)[:MOST_LINES])
        return render(
            request,
            "approvals/inbox.html",
            {
                "groups": by_urgency(steps),
                "referrals": [
                    {**line_of(one.rfa), "asked": _("Resolve"), "due_at": one.due_at}
                    for one in referrals_waiting_on(request.user)[:MOST_LINES]
                ],
                "posts": [standing.post for standing in standings_of(request.user)],
                "cut": len(steps) == MOST_LINES,
            },
        )


def _step(request: HttpRequest, pk: int) -> Step:
    step = (
        Step.objects.select_related("post", "current", "rfa", "rfa__mission")
        .filter(pk=pk, rfa__in=visible_to(request.user))
        .first()
    )
    if step is None:
        raise Http404
    step.rfa = (
        with_who_asks(request.user, AssistanceRequest.objects.all())
        .select_related(
            "mission", "post", "organisation", "requested_by", "sector", "area", "cluster"
        )
        .get(pk=step.rfa_id)
    )
    return step


# While it is still to be decided; afterwards what was found of them is in the history.
LOOKS_ALIKE = frozenset(
    {Status.UNDER_REVIEW, Status.RETURNED, Status.IN_CONSULTATION, Status.AWAITING_DECISION}
)


def look_alikes_for(person: User, rfa: AssistanceRequest) -> list[Weighed]:
    """List what looks like a request, as long as that may still change what is answered."""
    return weighed_look_alikes(person, rfa) if rfa.status in LOOKS_ALIKE else []


def details_for(rfa: AssistanceRequest) -> list[dict[str, Any]]:
    """List what was answered, without who asks where the reader is not to know it (R22)."""
    if shows_who_asks(rfa):
        return details_of(rfa)
    return [
        {
            **section,
            "rows": [row for row in section["rows"] if row.get("name") not in TELLS_WHO_ASKS],
        }
        for section in details_of(rfa)
    ]


def record_context(request: HttpRequest, rfa: AssistanceRequest) -> dict[str, Any]:
    """Return what every page that shows a record whole needs."""
    steps = list(route_of(rfa))
    referrals = list(rfa.referrals.select_related("put_to", "opened_by", "closed_by"))
    vacancies = vacancies_of(rfa, steps, referrals)
    route = route_for_page(steps, vacancies)
    for referral in referrals:
        referral.rfa = rfa
    internal = policy.may_read_internal(request.user)
    return {
        "rfa": rfa,
        "line": line_of(rfa),
        "sections": details_for(rfa),
        "people": people(rfa),
        "extreme": extreme_facts_of(rfa),
        "route": route,
        "answers": answers_for_page(route),
        "waiting": waiting_for_page(steps, referrals, vacancies),
        "consistency": consistency_of(rfa),
        "look_alikes": look_alikes_for(request.user, rfa),
        "may_weigh": policy.may_weigh(request.user, rfa),
        "referrals": referrals,
        "may_refer": policy.may_refer(request.user, rfa),
        "may_resolve": any(policy.may_resolve(request.user, one) for one in referrals),
        "files": files_for_page(rfa),
        "thread": thread_for_page(rfa, internal=internal),
        "may_speak": policy.may_speak(request.user, rfa),
        "may_speak_inside": policy.may_speak_inside(request.user, internal=True),
        "message_form": MessageForm(),
        "steps": steps,
    }


class StepView(LoginRequiredMixin, View):
    """A step, read in one screen and answered beside it; the post's office puts it ready."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        step = _step(request, pk)
        prepared = getattr(step, "prepared", None)
        verdict = policy.may_answer(request.user, step)
        may_prepare = not verdict and policy.may_prepare(request.user, step)
        if not verdict and not may_prepare:
            messages.info(request, verdict.refusal)
            return redirect("records:case", step.rfa.reference)
        form = AnswerForm(step, initial=initial_of(prepared) if prepared else None)
        return self._show(request, step, form, prepares=bool(may_prepare))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        step = _step(request, pk)
        form = AnswerForm(step, request.POST)
        typed = form.typed()
        prepares = "prepare" in request.POST
        try:
            if prepares:
                typed.pop("revision")
                services.prepare(step=step, actor=request.user, **typed)
            else:
                services.answer(step=step, actor=request.user, **typed)
        except Refusal as refusal:
            return self._show(request, step, form, refusal=refusal, prepares=prepares)
        if prepares:
            messages.success(
                request,
                _("Put ready for %(post)s to give.") % {"post": step.post.title},
            )
        else:
            messages.success(request, _what_now(step, typed["word"]))
        return redirect("approvals:inbox")

    def _show(
        self,
        request: HttpRequest,
        step: Step,
        form: AnswerForm,
        *,
        prepares: bool = False,
        refusal: Refusal | None = None,
        again: bool = False,
    ) -> HttpResponse:
        errors = []
        if refusal:
            errors = summary_of(refusal.errors, form.show(refusal.errors), labels_of(form))
            if not refusal.errors:
                errors = [{"message": refusal.detail, "paragraph": refusal.paragraph}]
            step = _step(request, step.pk)
        return render(
            request,
            "approvals/step.html",
            {
                **record_context(request, step.rfa),
                "step": step,
                "form": form,
                "errors": errors,
                "unrecorded": form.unrecorded() if refusal else [],
                "prepares": prepares,
                "prepared": getattr(step, "prepared", None),
                "again": again,
                "verdict": policy.may_supersede(request.user, step)
                if again
                else policy.may_answer(request.user, step),
            },
            status=refusal.status if refusal else 200,
        )


def _what_now(step: Step, word: str) -> str:
    """Say that the answer is recorded, and on whom the record now waits, until when."""
    said = _("On the record: %(said)s.") % {"said": str(SAID[Word(word)]).lower()}
    waiting = Step.objects.filter(rfa=step.rfa_id, state=StepState.OPEN).select_related("post")
    if not waiting:
        return said
    nearest = min(waiting, key=lambda other: other.due_at)
    return (
        said
        + " "
        + _("Next: %(posts)s, by %(when)s.")
        % {
            "posts": ", ".join(dict.fromkeys(other.post.title for other in waiting)),
            "when": date_format(localtime(nearest.due_at), "j F, H:i"),
        }
    )


class SupersedeView(StepView):
    """Answer anew beside the old answer, which stays; until the task has started."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        step = _step(request, pk)
        policy.may_supersede(request.user, step).enforce()
        form = AnswerForm(step, initial=initial_of(step.current))
        return self._show(request, step, form, again=True)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        step = _step(request, pk)
        form = AnswerForm(step, request.POST)
        typed = form.typed()
        try:
            services.supersede(step=step, actor=request.user, **typed)
        except Refusal as refusal:
            return self._show(request, step, form, refusal=refusal, again=True)
        messages.success(request, _what_now(step, typed["word"]))
        return redirect("records:case", step.rfa.reference)
