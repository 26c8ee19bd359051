"""The mission's processes on its pages: read, commented on, co-signed, promulgated (P31)."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views import View

from approvals import policy, services
from approvals.definition import BASELINES, Definition
from approvals.forms.processes import CommentForm, DiscardForm, PromulgateForm
from approvals.models import Process, ProcessState
from approvals.pages.processes import (
    blames_by_place,
    check_for_page,
    flow_of,
    process_for_page,
    routes_for_page,
)
from approvals.queries.processes import IN_FORCE, missions_of, readable_process, stands_of
from approvals.services.checking import check_in
from common.errors import Refusal
from common.pages import labels_of, summary_of, text_of
from missions.calendar import local_day
from missions.models import Mission
from requests_app.vocabulary import Route


def found(request: HttpRequest, pk: int) -> Process:
    """Return a process of the reader's own mission; raise ``Http404`` for any other."""
    process = readable_process(request.user, pk)
    if process is None:
        raise Http404
    return process


def drawn(mission: Mission, route: str, definition: Definition) -> dict[str, Any]:
    """Return a process drawn as a route and checked."""
    checked = check_in(mission, route, definition)
    return {"flow": flow_of(definition, blames_by_place(checked)), "check": check_for_page(checked)}


class ProcessesView(LoginRequiredMixin, View):
    """What each route runs on, since when, by whose signatures; drafts and earlier versions."""

    def get(self, request: HttpRequest) -> HttpResponse:
        missions = missions_of(request.user)
        if not missions:
            raise Http404
        return render(
            request,
            "approvals/processes.html",
            {"mission": missions[0], "routes": routes_for_page(request.user, missions[0])},
        )


class BaselineView(LoginRequiredMixin, View):
    """The baseline on which a route runs while the mission has no process of its own."""

    def get(self, request: HttpRequest, route: str) -> HttpResponse:
        missions = missions_of(request.user)
        if not missions or route not in BASELINES:
            raise Http404
        return render(
            request,
            "approvals/process_baseline.html",
            {"route": Route(route), **drawn(missions[0], route, BASELINES[route])},
        )


class DraftView(LoginRequiredMixin, View):
    """Open a draft of a route, and go on to its editor."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        process = services.draft_process(actor=request.user, route=text_of(request.POST, "route"))
        return redirect("approvals:process-edit", process.pk)


class ProcessView(LoginRequiredMixin, View):
    """One version: drawn, checked, compared, with what was said of it and who signed it."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._show(request, found(request, pk), CommentForm())

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Comment on a draft."""
        process, form = found(request, pk), CommentForm(request.POST)
        try:
            services.comment_on_process(
                process=process, actor=request.user, text=text_of(request.POST, "text")
            )
        except Refusal as refusal:
            return self._show(request, process, form, refusal)
        messages.success(request, _("Your comment is recorded."))
        return redirect(reverse("approvals:process", args=[pk]) + "#comments")

    def _show(
        self,
        request: HttpRequest,
        process: Process,
        form: CommentForm,
        refusal: Refusal | None = None,
    ) -> HttpResponse:
        wrong = refusal.errors if refusal else []
        for error in wrong:
            form.add_error("text", error.message)
        return render(
            request,
            "approvals/process.html",
            {
                **process_for_page(request.user, process),
                **drawn(process.mission, process.route, process.definition),
                "comment_form": form,
                "refusal": refusal,
                "may_draft": stands_of(process) in {IN_FORCE, ProcessState.BASELINE}
                and policy.may_draft_process(request.user, process.mission, process.route),
            },
            status=refusal.status if refusal else 200,
        )


class CoSignView(LoginRequiredMixin, View):
    """What is signed: the words' digest, what changed, and that nothing is broken. One button."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        process = found(request, pk)
        policy.may_co_sign(request.user, process).enforce()
        return self._show(request, process)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        process = found(request, pk)
        try:
            services.co_sign_process(
                process=process, actor=request.user, digest=text_of(request.POST, "digest")
            )
        except Refusal as refusal:
            policy.may_co_sign(request.user, process).enforce()
            return self._show(request, found(request, pk), refusal)
        messages.success(request, _("Signed, over these very words."))
        return redirect("approvals:process", pk)

    def _show(
        self, request: HttpRequest, process: Process, refusal: Refusal | None = None
    ) -> HttpResponse:
        return render(
            request,
            "approvals/process_sign.html",
            {
                **process_for_page(request.user, process),
                **drawn(process.mission, process.route, process.definition),
                "refusal": refusal,
            },
            status=refusal.status if refusal else 200,
        )


class PromulgateView(LoginRequiredMixin, View):
    """The SRSG names the day from which a co-signed process is in force."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        process = found(request, pk)
        policy.may_promulgate(request.user, process).enforce()
        form = PromulgateForm(initial={"in_force_from": local_day(process.mission)})
        return self._show(request, process, form)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        process, form = found(request, pk), PromulgateForm(request.POST)
        try:
            process = services.promulgate_process(
                process=process,
                actor=request.user,
                in_force_from=text_of(request.POST, "in_force_from"),
            )
        except Refusal as refusal:
            policy.may_promulgate(request.user, process).enforce()
            return self._show(request, process, form, refusal)
        messages.success(
            request,
            _("%(process)s is promulgated, in force from %(day)s.")
            % {"process": process, "day": date_format(process.in_force_from, "DATE_FORMAT")},
        )
        return redirect("approvals:process", pk)

    def _show(
        self,
        request: HttpRequest,
        process: Process,
        form: PromulgateForm,
        refusal: Refusal | None = None,
    ) -> HttpResponse:
        text = _(
            "Both have signed these words. Requests submitted from the day you name are routed by "
            "it; those under way keep the version they were routed by."
        )
        return _confirm(
            request,
            process,
            form,
            refusal,
            title=_("Promulgate %(process)s") % {"process": process},
            text=text,
            label=_("Promulgate"),
            quiet=True,
        )


class DiscardView(LoginRequiredMixin, View):
    """Give a draft up; it is kept, with what was said of it."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        process = found(request, pk)
        policy.may_discard_process(request.user, process).enforce()
        return self._show(request, process, DiscardForm())

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        process, form = found(request, pk), DiscardForm(request.POST)
        try:
            services.discard_process(
                process=process, actor=request.user, reason=text_of(request.POST, "reason")
            )
        except Refusal as refusal:
            policy.may_discard_process(request.user, process).enforce()
            return self._show(request, process, form, refusal)
        messages.success(request, _("%(process)s is discarded.") % {"process": process})
        return redirect("approvals:processes")

    def _show(
        self,
        request: HttpRequest,
        process: Process,
        form: DiscardForm,
        refusal: Refusal | None = None,
    ) -> HttpResponse:
        return _confirm(
            request,
            process,
            form,
            refusal,
            title=_("Discard %(process)s") % {"process": process},
            text=_("The draft and what was said of it are kept; it can be signed no more."),
            label=_("Discard the draft"),
        )


def _confirm(
    request: HttpRequest,
    process: Process,
    form: Any,
    refusal: Refusal | None,
    **words: Any,
) -> HttpResponse:
    errors = []
    if refusal:
        boxes = {name: f"id_{name}" for name in form.fields}
        errors = summary_of(refusal.errors, boxes, labels_of(form))
        for error in refusal.errors:
            form.add_error(error.field if error.field in form.fields else None, error.message)
        errors = errors or [{"message": refusal.detail, "paragraph": refusal.paragraph}]
    return render(
        request,
        "approvals/confirm.html",
        {
            "fields": list(form),
            "errors": errors,
            "cancel_url": reverse("approvals:process", args=[process.pk]),
            **words,
        },
        status=refusal.status if refusal else 200,
    )
