"""The answering post's pages: the inbox, a step read in one screen, an answer anew."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views import View

from approvals import policy, services
from approvals.forms import AnswerForm, MessageForm, initial_of
from approvals.forms.inbox import InboxForm
from approvals.models import Step
from approvals.pages import (
    SAID,
    answers_for_page,
    extreme_facts_of,
    files_for_page,
    line_of,
    route_for_page,
    thread_for_page,
    vacancies_of,
    waiting_for_page,
)
from approvals.pages.beside import named_on
from approvals.pages.deciding import brief_of
from approvals.queries import (
    TELLS_WHO_ASKS,
    consistency_of,
    files_of,
    route_of,
    shows_who_asks,
    visible_to,
    weighed_look_alikes,
    with_who_asks,
)
from approvals.queries.inbox import Asked, Place, after_answering, place_of
from approvals.queries.look_alikes import Weighed
from approvals.queries.mentions import posts_offered
from approvals.queries.messages import messages_for
from approvals.services.reading import keep_reading
from approvals.vocabulary import StepState, Word
from common.errors import Refusal
from common.pages import labels_of, lines_of, summary_of
from ledger.readings import PAGE
from missions.models import User
from requests_app.models import AssistanceRequest
from requests_app.pages import details_of, people
from requests_app.vocabulary import Status


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
    keep_reading(request.user, step.rfa, PAGE)
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


# A page shows the newest fifty; the others stand a page further (decision 56).
LAST_SAID, LAST_SENT = ("-at", "-id"), ("-added_at", "-id")


def record_context(request: HttpRequest, rfa: AssistanceRequest) -> dict[str, Any]:
    """Return what every page that shows a record whole needs."""
    steps = list(route_of(rfa))
    referrals = list(
        rfa.referrals.select_related(
            "put_to", "opened_by", "opened_post", "closed_by", "closed_post"
        )
    )
    vacancies = vacancies_of(rfa, steps, referrals)
    route = route_for_page(steps, request.user, vacancies)
    for referral in referrals:
        referral.rfa = rfa
        opener = named_on(rfa, referral.opened_by, referral.opened_post)
        referral.opener = opener  # type: ignore[attr-defined]
    answers = answers_for_page(route)
    waiting = waiting_for_page(steps, referrals, vacancies)
    consistency = consistency_of(rfa)
    look_alikes = look_alikes_for(request.user, rfa)
    unsent = request.session.pop(f"unsent:{rfa.pk}", {})
    may_speak_inside = policy.may_speak_inside(request.user, rfa)
    said = lines_of(request, messages_for(request.user, rfa), LAST_SAID, named="messages")
    files = lines_of(request, files_of(rfa), LAST_SENT, named="files")
    return {
        "rfa": rfa,
        "line": line_of(rfa),
        "sections": details_for(rfa),
        "people": people(rfa),
        "extreme": extreme_facts_of(rfa),
        "route": route,
        "answers": answers,
        "brief": brief_of(rfa, route, answers),
        "waiting": waiting,
        "referred": [wait for wait in waiting if wait.get("is_referral")],
        "consistency": consistency,
        "look_alikes": look_alikes,
        "may_weigh": policy.may_weigh(request.user, rfa),
        "referrals": referrals,
        "may_refer": policy.may_refer(request.user, rfa),
        "may_resolve": any(policy.may_resolve(request.user, one) for one in referrals),
        "files": files_for_page(rfa, files.rows[::-1]),
        "file_pages": files,
        "thread": thread_for_page(rfa, said.rows[::-1]),
        "thread_pages": said,
        "may_speak": policy.may_speak(request.user, rfa),
        "may_speak_inside": may_speak_inside,
        "message_form": MessageForm(
            initial=unsent, offered=posts_offered(request.user, steps), inside=may_speak_inside
        ),
        "message_errors": unsent.get("errors", []),
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
        asked = InboxForm(request.GET).asked()
        place = place_of(request.user, step, asked)
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
        return redirect(_after(request.user, place, asked, goes_on="go_on" in request.POST))

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
                **_neighbours(request, step, again=again),
                "verdict": policy.may_supersede(request.user, step)
                if again
                else policy.may_answer(request.user, step),
            },
            status=refusal.status if refusal else 200,
        )


def _address(pk: int | None, asked: Asked) -> str:
    return reverse("approvals:step", args=[pk]) + asked.query if pk else ""


def _neighbours(request: HttpRequest, step: Step, *, again: bool) -> dict[str, Any]:
    """Say where a step stands in its reader's inbox, as they narrowed it, and what lies around."""
    asked = InboxForm(request.GET).asked()
    place = None if again else place_of(request.user, step, asked)
    return {
        "place": place,
        "inbox_url": reverse("approvals:inbox") + asked.query,
        "before_url": _address(place.before if place else None, asked),
        "after_url": _address(place.after if place else None, asked),
    }


def _after(person: User, place: Place | None, asked: Asked, *, goes_on: bool) -> str:
    """Return the address to go to after an answer: the next that waits, or the inbox."""
    following = after_answering(person, place, asked) if goes_on else None
    return _address(following, asked) or reverse("approvals:inbox") + asked.query


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
            "when": date_format(localtime(nearest.due_at), "SHORT_DATETIME_FORMAT"),
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
