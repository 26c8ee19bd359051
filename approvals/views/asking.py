"""The requester's pages: my requests, the form, check your answers, submit, withdraw."""

from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views import View

from approvals import policy, services
from approvals.forms import ReasonForm
from approvals.models import Answer
from approvals.pages import files_for_page, line_of, page_of_record, route_for_page
from approvals.queries import (
    REACHED,
    consistency_of,
    route_of,
    visible_to,
    weighed_look_alikes,
    with_what_is_open,
    with_who_asks,
)
from approvals.vocabulary import StepState, Word
from common.clock import iso
from common.errors import FieldError, Incomplete, Malformed, Refusal, Stale
from common.pages import lines_of, summary_of, text_of
from missions.models import Mission
from missions.vocabulary import HUMANITARIAN_TYPES, Classification
from requests_app.files import MEDIA_TYPES, MOST_BYTES
from requests_app.models import AssistanceRequest
from requests_app.pages import (
    LABELS,
    answers_of,
    differences,
    ids_of,
    initial_for,
    organisations_of,
    page_form,
    read_post,
    sections_of,
)
from requests_app.policy import asking_as, is_own, may_ask
from requests_app.services import start_draft
from requests_app.validation import missing_before_submission
from requests_app.vocabulary import Kind, Status

ASKED_ON_FORMS = frozenset({Kind.CIVIL_ASSISTANCE, Kind.SECURITY_ASSISTANCE, Kind.QIP})
DONE = frozenset({Status.CLOSED, Status.WITHDRAWN, Status.CANCELLED})


def found(request: HttpRequest, reference: str) -> AssistanceRequest:
    """Return the record the person may see under a reference or UUID; else 404."""
    try:
        key: dict[str, Any] = {"pk": UUID(reference)}
    except ValueError:
        key = {"reference": reference.replace("\0", "")}
    rfa = (
        with_who_asks(request.user, visible_to(request.user))
        .select_related("mission", "post", "organisation", "requested_by", "sector", "area")
        .filter(**key)
        .first()
    )
    if rfa is None:
        raise Http404
    return rfa


class MineView(LoginRequiredMixin, View):
    """My requests and my post's: drafts, what was returned to me, what is under way or done."""

    def get(self, request: HttpRequest) -> HttpResponse:
        own = [standing.post.pk for standing in [asking_as(request.user)] if standing is not None]
        mine = AssistanceRequest.objects.filter(requested_by=request.user)
        if own:
            others = AssistanceRequest.objects.filter(post__in=own)
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
        form = page_form(kind, mission, rfa=rfa, data=data, initial=initial)
        security = kind == Kind.SECURITY_ASSISTANCE
        confidential = security or (
            rfa is not None and rfa.classification > Classification.UNCLASSIFIED
        )
        if rfa is None:
            autosave = reverse("approvals:start-autosave", args=[kind])
        else:
            autosave = reverse("approvals:autosave", args=[rfa.reference])
        known = {error.field for error in errors or []}
        summary = summary_of(errors or [], ids_of(kind), LABELS)
        if detail and not known and stale is None:
            summary.insert(0, {"field_id": "", "field": "", "message": detail, "paragraph": ""})
        return render(
            request,
            "approvals/form.html",
            {
                "rfa": rfa,
                "kind": kind,
                "kind_label": Kind(kind).label,
                "request_id": rfa.pk if rfa else request.POST.get("id") or uuid4(),
                "form": form,
                "sections": sections_of(
                    form,
                    rfa=rfa,
                    post=post,
                    errors=errors,
                    more_rows=request.POST.get("add_rows", ""),
                ),
                "errors": summary,
                "stale": stale,
                "returned": _last_return(rfa),
                "autosave_url": autosave,
                "keep_on_device": "no" if confidential else "yes",
                "organisations": organisations_of(mission),
                "files": files_for_page(rfa) if rfa else [],
                "accept": ",".join(MEDIA_TYPES),
                "most_bytes": MOST_BYTES,
            },
            status=status,
        )

    def _saved(
        self, request: HttpRequest, kind: str, mission: Mission, rfa: AssistanceRequest | None
    ) -> HttpResponse:
        """Save what was sent; on a refusal show the form again with every word still there."""
        data = read_post(kind, request.POST)
        if "add_rows" in request.POST:
            return self._render(request, kind, mission, rfa, data=data)
        try:
            rfa = _keep(request, kind, mission, rfa, data)
        except Stale as refusal:
            rfa = rfa or _already_begun(request)
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
        if request.POST.get("then") == "check":
            return redirect("approvals:check", rfa.reference)
        messages.success(
            request,
            _("%(reference)s is saved as a draft.") % {"reference": rfa.reference}
            if rfa.status == Status.DRAFT
            else _("%(reference)s is saved.") % {"reference": rfa.reference},
        )
        return redirect("approvals:edit", rfa.reference)


def _version_of(request: HttpRequest) -> int:
    try:
        return int(request.POST.get("version", ""))
    except ValueError:
        raise Malformed("The page did not say which version it shows: load it again.") from None


def _already_begun(request: HttpRequest) -> AssistanceRequest | None:
    """Return the draft that an earlier save of the same page made."""
    try:
        key = UUID(request.POST.get("id", ""))
    except ValueError:
        return None
    return AssistanceRequest.objects.filter(pk=key, requested_by=request.user).first()


def _keep(
    request: HttpRequest,
    kind: str,
    mission: Mission,
    rfa: AssistanceRequest | None,
    data: dict[str, Any],
) -> AssistanceRequest:
    """Save typed answers as a new draft or on the version they were typed on."""
    values = page_form(kind, mission, data=data).values()
    rfa = rfa or _already_begun(request)
    if rfa is None:
        try:
            request_id = UUID(request.POST.get("id", ""))
        except ValueError:
            request_id = uuid4()
        return start_draft(actor=request.user, kind=kind, values=values, request_id=request_id)
    return services.change(rfa=rfa, actor=request.user, values=values, version=_version_of(request))


def _last_return(rfa: AssistanceRequest | None) -> Answer | None:
    if rfa is None or rfa.status != Status.RETURNED:
        return None
    return rfa.answers.filter(answer=Word.RETURN).select_related("by", "post").last()


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
        return self._render(
            request,
            kind,
            self.mission,
            None,
            initial=initial_for(kind, organisation, humanitarian=humanitarian),
        )

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


class AutosaveMixin:
    """Answer the page's own saving in JSON; what cannot be read is left out and named."""

    def _answer(
        self, request: HttpRequest, kind: str, mission: Mission, rfa: AssistanceRequest | None
    ) -> JsonResponse:
        data = read_post(kind, request.POST)
        errors: list[FieldError] = []
        for _attempt in range(3):
            try:
                rfa = _keep(request, kind, mission, rfa, data)
                break
            except Malformed as refusal:
                wrong = {error.field.split("[")[0] for error in refusal.errors}
                if not wrong & set(data):
                    return self._problem(refusal)
                errors += refusal.errors
                data = {name: value for name, value in data.items() if name not in wrong}
            except Refusal as refusal:
                return self._problem(refusal)
        else:
            return self._problem(Malformed(errors=errors))
        return JsonResponse(
            {
                "id": str(rfa.pk),
                "reference": rfa.reference,
                "version": rfa.version,
                "saved_at": iso(rfa.changed_at),
                "url": reverse("approvals:edit", args=[rfa.reference]),
                "autosave_url": reverse("approvals:autosave", args=[rfa.reference]),
                "errors": [{"field": e.field, "message": e.message} for e in errors],
            }
        )

    def _problem(self, refusal: Refusal) -> JsonResponse:
        return JsonResponse(
            {"title": refusal.title, "status": refusal.status, "detail": refusal.detail},
            status=refusal.status,
            content_type="application/problem+json",
        )


class StartAutosaveView(AutosaveMixin, StartView):
    """Keep what is typed on a new form; the first time makes the draft."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, kind: str) -> HttpResponse:
        return self._answer(request, kind, self.mission, None)


class AutosaveView(AutosaveMixin, LoginRequiredMixin, View):
    """Keep what is typed on a draft or a returned request."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, reference: str) -> HttpResponse:
        rfa = found(request, reference)
        return self._answer(request, rfa.kind, rfa.mission, rfa)


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
            services.submit(rfa=rfa, actor=request.user, version=_version_of(request))
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
                "files": files_for_page(rfa),
                "returned": _last_return(rfa),
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
                "route": route_for_page(steps),
                "reached": REACHED,
            },
        )


class ReasonView(LoginRequiredMixin, View):
    """A deed that ends a request: asked once more, with its reason."""

    act = ""

    def get(self, request: HttpRequest, reference: str) -> HttpResponse:
        rfa = found(request, reference)
        self._verdict(request, rfa).enforce()
        return self._show(request, rfa, ReasonForm())

    def post(self, request: HttpRequest, reference: str) -> HttpResponse:
        rfa = found(request, reference)
        reason = text_of(request.POST, "reason")
        try:
            self._do(request, rfa, reason)
        except Incomplete as refusal:
            form = ReasonForm(request.POST)
            return self._show(request, rfa, form, refusal)
        rfa.refresh_from_db()
        messages.success(
            request,
            _("%(reference)s is %(status)s. The record stays, with all that was said.")
            % {"reference": rfa.reference, "status": rfa.get_status_display().lower()},
        )
        return redirect(page_of_record(rfa))

    def _verdict(self, request: HttpRequest, rfa: AssistanceRequest) -> Any:
        return (policy.may_withdraw if self.act == "withdraw" else policy.may_cancel)(
            request.user, rfa
        )

    def _do(self, request: HttpRequest, rfa: AssistanceRequest, reason: str) -> None:
        deed = services.withdraw if self.act == "withdraw" else services.cancel
        deed(rfa=rfa, actor=request.user, reason=reason)

    def _show(
        self,
        request: HttpRequest,
        rfa: AssistanceRequest,
        form: ReasonForm,
        refusal: Refusal | None = None,
    ) -> HttpResponse:
        withdraw = self.act == "withdraw"
        form.fields["reason"].required = not withdraw
        words = {
            "title": _("Withdraw %(reference)s?") if withdraw else _("Cancel %(reference)s?"),
            "text": _("The route ends here. The record stays, with all that was said.")
            if withdraw
            else _("What was approved will not be carried out. The requester is told why."),
            "label": _("Withdraw the request") if withdraw else _("Cancel what was approved"),
        }
        return render(
            request,
            "approvals/confirm.html",
            {
                "rfa": rfa,
                "title": words["title"] % {"reference": rfa.reference},
                "text": words["text"],
                "label": words["label"],
                "fields": [form["reason"]],
                "errors": summary_of(refusal.errors, {"reason": "id_reason"}) if refusal else [],
                "cancel_url": page_of_record(rfa),
            },
            status=refusal.status if refusal else 200,
        )
