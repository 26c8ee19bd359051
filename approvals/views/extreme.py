"""Reporting an extreme situation: help given first, told at once (P40)."""

from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.text import Truncator
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views import View

from approvals import services
from approvals.pages import line_of
from approvals.queries import visible_to, with_what_is_open
from approvals.views.asking import found
from approvals.views.asking.form import attach_all, place_tools, what_files
from common.clock import now
from common.errors import Refusal
from common.pages import labels_of, summary_of, text_of
from missions.models import Mission
from requests_app.forms import ExtremeSituationForm
from requests_app.pages import LABELS, PEOPLE, places_of
from requests_app.policy import asking_as, may_report_extreme
from requests_app.vocabulary import Harm, Kind

SHOWN = 20
TITLE = 90


def _form(mission: Mission, data: object = None) -> ExtremeSituationForm:
    form = ExtremeSituationForm(
        mission,
        data,  # type: ignore[arg-type]
        initial={"acted_at": localtime(now()).replace(second=0, microsecond=0)},
    )
    form.fields["harm"].widget = forms.RadioSelect(choices=Harm.choices)
    form.fields["area"].widget.attrs |= {"list": "areas", "autocomplete": "off"}
    form.fields["title"].required = False
    form.fields["title"].label = _("A title, if you like")
    for name in (*PEOPLE, "latitude", "longitude"):
        form.fields[name].label = LABELS[name]
    for name in PEOPLE:
        form.fields[name].widget.attrs["inputmode"] = "numeric"
    for name in ("latitude", "longitude"):
        form.fields[name].widget.attrs["step"] = "any"
    return form


def _titled(data: QueryDict) -> QueryDict:
    """Give a report without a title the first words of what was done: nobody is held up by one."""
    title = text_of(data, "title").strip()
    if title:
        return data
    titled = data.copy()
    titled["title"] = Truncator(" ".join(text_of(data, "action_taken").split())).chars(TITLE)
    return titled


def _place_and_files(form: ExtremeSituationForm, mission: Mission) -> dict[str, Any]:
    """Return what the form's place and files take."""
    return {
        "point": {"fields": [(form[name], None) for name in ("mgrs", "latitude", "longitude")]},
        "areas": places_of(mission),
        "tools": place_tools(),
        "unfolded": any(form[name].errors for name in (*PEOPLE, "mgrs", "latitude", "longitude")),
        **what_files(),
    }


class ExtremeView(LoginRequiredMixin, View):
    """The short report, and those made so far; a phone in one hand is enough."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._show(request)

    def post(self, request: HttpRequest) -> HttpResponse:
        may_report_extreme(request.user).enforce()
        standing = asking_as(request.user)
        if standing is None:
            raise Http404
        form = _form(standing.post.mission, _titled(request.POST))
        try:
            request_id = UUID(request.POST.get("id", ""))
        except ValueError:
            request_id = uuid4()
        try:
            rfa = services.report_extreme_situation(
                actor=request.user, values=form.values(), request_id=request_id
            )
        except Refusal as refusal:
            return self._show(request, form, refusal, request_id)
        attach_all(request, rfa)
        messages.success(
            request,
            _("Reported as %(reference)s. Mission Headquarters has been told.")
            % {"reference": rfa.reference},
        )
        return redirect("records:case", rfa.reference)

    def _show(
        self,
        request: HttpRequest,
        form: ExtremeSituationForm | None = None,
        refusal: Refusal | None = None,
        request_id: UUID | None = None,
    ) -> HttpResponse:
        standing = asking_as(request.user)
        reports = bool(may_report_extreme(request.user))
        if form is None and reports and standing is not None:
            form = _form(standing.post.mission)
        reported = with_what_is_open(
            visible_to(request.user)
            .filter(kind=Kind.EXTREME_SITUATION)
            .select_related("sector", "area", "organisation", "requested_by")
        ).order_by("-created_at", "-pk")[:SHOWN]
        ids = {name: f"id_{name}" for name in form.fields} if form else {}
        errors = summary_of(refusal.errors, ids, labels_of(form)) if refusal and form else []
        if refusal and not errors:
            errors = [{"message": refusal.detail, "paragraph": refusal.paragraph}]
        return render(
            request,
            "approvals/extreme.html",
            {
                "form": form if reports else None,
                "errors": errors,
                "request_id": request_id or uuid4(),
                "lines": [line_of(rfa) for rfa in reported],
                **(_place_and_files(form, standing.post.mission) if form and standing else {}),
            },
            status=refusal.status if refusal else 200,
        )


class JoinView(LoginRequiredMixin, View):
    """Say that two reports are of one event, or that they are not."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, reference: str) -> HttpResponse:
        rfa = found(request, reference)
        named = text_of(request.POST, "first")
        first = found(request, named) if named else None
        try:
            services.join_reports(rfa=rfa, actor=request.user, first=first)
        except Refusal as refusal:
            messages.error(request, refusal.detail)
        else:
            messages.success(
                request, _("Joined to %(first)s.") % {"first": first} if first else _("Parted.")
            )
        return redirect("records:case", rfa.reference)
