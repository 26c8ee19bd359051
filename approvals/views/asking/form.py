"""The form of a request, in short sections: begun, saved, changed."""

from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views import View
from django.views.decorators.cache import never_cache

from approvals import policy, services
from approvals.pages import files_for_page
from approvals.views.asking.finding import found
from approvals.views.asking.keeping import already_begun, keep, last_return
from common.errors import FieldError, Refusal, Stale
from common.pages import summary_of
from missions.models import Mission
from missions.vocabulary import HUMANITARIAN_TYPES, Classification
from requests_app.files import MEDIA_TYPES, MOST_BYTES
from requests_app.models import AssistanceRequest
from requests_app.pages import (
    LABELS,
    differences,
    ids_of,
    initial_for,
    organisations_of,
    page_form,
    places_of,
    read_post,
    sections_of,
)
from requests_app.places import doubts_of
from requests_app.policy import asking_as, may_ask
from requests_app.vocabulary import Kind, Status

ASKED_ON_FORMS = frozenset({Kind.CIVIL_ASSISTANCE, Kind.SECURITY_ASSISTANCE, Kind.QIP})


def place_tools() -> dict[str, str]:
    """Return where a page finds what picks a place: the reader of places, boundaries, map."""
    return {
        "read_url": reverse("approvals:place"),
        "boundaries_url": reverse("records:boundaries"),
        "script": static("leaflet/leaflet.js"),
        "style": static("leaflet/leaflet.css"),
    }


def what_files() -> dict[str, Any]:
    """Return which files are taken, as their boxes say it."""
    pictures = sorted({kind for kind in MEDIA_TYPES.values() if kind.startswith("image/")})
    return {
        "accept": ",".join(MEDIA_TYPES),
        "photo": ",".join(pictures),
        "most_bytes": MOST_BYTES,
    }


def attach_all(request: HttpRequest, rfa: AssistanceRequest) -> None:
    """Keep the files that came with a form; each that is not taken says why."""
    for upload in request.FILES.getlist("file"):
        try:
            services.attach(rfa=rfa, actor=request.user, upload=upload)
        except Refusal as refusal:
            messages.error(request, f"{upload.name}: {refusal.detail}")


def files_note(count: int) -> str:
    """Say how many files lie beside a request."""
    if not count:
        return _("Only if it applies")
    return ngettext("%(count)s file", "%(count)s files", count) % {"count": count}


def _files_section(files: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": "files",
        "title": _("Files and photos"),
        "state": "done" if files else "",
        "note": files_note(len(files)),
    }


@method_decorator(never_cache, name="dispatch")
class FormView(LoginRequiredMixin, View):
    """The form of a request, in sections; a POST saves it and shows or checks it."""

    def _render(
        self,
        request: HttpRequest,
        kind: str,
        mission: Mission,
        rfa: AssistanceRequest | None,
        *,
        data: dict[str, Any] | None = None,
        errors: list[FieldError] | None = None,
        detail: str = "",
        stale: list[dict[str, Any]] | None = None,
        initial: dict[str, Any] | None = None,
        status: int = 200,
    ) -> HttpResponse:
        post = request.POST if data is not None else None
        form = page_form(kind, mission, rfa=rfa, data=_shown_again(request, data), initial=initial)
        confidential = kind == Kind.SECURITY_ASSISTANCE or (
            rfa is not None and rfa.classification > Classification.UNCLASSIFIED
        )
        known = {error.field for error in errors or []}
        summary = summary_of(errors or [], ids_of(kind), LABELS)
        if detail and not known and stale is None:
            summary.insert(0, {"field_id": "", "field": "", "message": detail, "paragraph": ""})
        sections = sections_of(
            form, rfa=rfa, post=post, errors=errors, more_rows=request.POST.get("add_rows", "")
        )
        files = files_for_page(rfa) if rfa else []
        progress = [*sections, _files_section(files)]
        return render(
            request,
            "approvals/form.html",
            {
                "rfa": rfa,
                "kind": kind,
                "kind_label": Kind(kind).label,
                "request_id": rfa.pk if rfa else request.POST.get("id") or uuid4(),
                "form": form,
                "sections": sections,
                "progress": progress,
                "done": sum(_state(section) == "done" for section in progress),
                "errors": summary,
                "doubts": doubts_of(rfa) if rfa else [],
                "stale": stale,
                "returned": last_return(rfa),
                "autosave_url": _autosave_url(kind, rfa),
                "keep_on_device": "no" if confidential else "yes",
                "organisations": organisations_of(mission),
                "areas": places_of(mission),
                "ceiling": mission.qip_ceiling if kind == Kind.QIP else None,
                "files": files,
                "tools": place_tools(),
                **what_files(),
            },
            status=status,
        )

    def _saved(
        self, request: HttpRequest, kind: str, mission: Mission, rfa: AssistanceRequest | None
    ) -> HttpResponse:
        """Save what was sent; on a refusal show the form again with every word still there."""
        rfa = rfa or already_begun(request)
        data = read_post(kind, request.POST, rfa)
        if "add_rows" in request.POST:
            return self._render(request, kind, mission, rfa, data=data)
        try:
            rfa = keep(request, kind, mission, rfa, data)
        except Stale as refusal:
            if rfa is None:
                raise
            rfa.refresh_from_db()
            return self._render(
                request,
                kind,
                mission,
                rfa,
                data=data,
                detail=refusal.detail,
                stale=differences(rfa, data),
                status=refusal.status,
            )
        except Refusal as refusal:
            return self._render(
                request,
                kind,
                mission,
                rfa,
                data=data,
                errors=refusal.errors,
                detail=refusal.detail,
                status=refusal.status,
            )
        attach_all(request, rfa)
        if request.POST.get("then") == "check":
            return redirect("approvals:check", rfa.reference)
        messages.success(
            request,
            _("%(reference)s is saved as a draft.") % {"reference": rfa.reference}
            if rfa.status == Status.DRAFT
            else _("%(reference)s is saved.") % {"reference": rfa.reference},
        )
        return redirect("approvals:edit", rfa.reference)


def _state(section: Any) -> str:
    return section["state"] if isinstance(section, dict) else section.state


def _autosave_url(kind: str, rfa: AssistanceRequest | None) -> str:
    if rfa is None:
        return reverse("approvals:start-autosave", args=[kind])
    return reverse("approvals:autosave", args=[rfa.reference])


def _shown_again(request: HttpRequest, data: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return what was typed, whole, for the boxes: of a place typed two ways, both."""
    if data is None:
        return None
    place = ("mgrs", "latitude", "longitude")
    return data | {name: request.POST[name] for name in place if name in request.POST}


class StartView(FormView):
    """A new request's form. Nothing is kept until its first save gives it a reference."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.is_authenticated:
            if kwargs["kind"] not in ASKED_ON_FORMS:
                raise Http404
            may_ask(request.user).enforce()
            standing = asking_as(request.user)
            if standing is None:
                raise Http404
            self.standing = standing
            self.mission = standing.post.mission
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, kind: str) -> HttpResponse:
        organisation = self.standing.post.organisation or request.user.organisation
        humanitarian = organisation is not None and organisation.type in HUMANITARIAN_TYPES
        initial = initial_for(
            kind, organisation, humanitarian=humanitarian, role=self.standing.role
        )
        return self._render(request, kind, self.mission, None, initial=initial)

    def post(self, request: HttpRequest, kind: str) -> HttpResponse:
        return self._saved(request, kind, self.mission, None)


class EditView(FormView):
    """The form of a draft, or of a request that was returned."""

    def get(self, request: HttpRequest, reference: str) -> HttpResponse:
        rfa = found(request, reference)
        verdict = policy.may_change(request.user, rfa)
        if not verdict:
            messages.info(request, verdict.refusal)
            return redirect("records:case", rfa.reference)
        return self._render(request, rfa.kind, rfa.mission, rfa)

    def post(self, request: HttpRequest, reference: str) -> HttpResponse:
        rfa = found(request, reference)
        return self._saved(request, rfa.kind, rfa.mission, rfa)
