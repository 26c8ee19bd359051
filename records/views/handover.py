"""The handover page: a post's whole, and who acts for it; printable (P49)."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views import View

from approvals import policy
from approvals import services as approvals
from approvals.forms.people import DelegationForm, InChargeForm
from approvals.pages import line_of
from approvals.policy.people import NEVER_ACTS
from common.errors import Refusal
from common.pages import text_of
from missions.models import Appointment, Delegation, Post, User
from missions.queries import Standing, standings_of, vacant_below
from missions.vocabulary import NEVER_ASKS, Role
from records import handing_over
from records.handover import Part, handover_of
from records.models import Handover, ProtectionDuty
from requests_app.vocabulary import Route

# Posts that read or administer have nothing to hand over; a partner's work is its own.
NO_HANDOVER = NEVER_ASKS | {Role.PARTNER}


def _posts_of(request: HttpRequest) -> list[Standing]:
    held = standings_of(request.user)  # type: ignore[arg-type]
    return [one for one in held if not one.routes and one.role not in NO_HANDOVER]


def _post(request: HttpRequest, code: str) -> Post:
    """Return the named post of mine, or a vacant one whose work comes up to me."""
    for held in _posts_of(request):
        if code in {"", held.post.code}:
            return held.post
    below = Post.objects.filter(pk__in=vacant_below(request.user), code=code)  # type: ignore[arg-type]
    post = below.select_related("mission", "above").first()
    if post is None:
        raise Http404
    return post


def _lines(title: str, part: Part, paragraph: str = "") -> dict[str, Any]:
    return {
        "title": title,
        "paragraph": paragraph,
        "lines": [line_of(rfa) for rfa in part.rows],
        "count": part.count,
        "more": part.more,
    }


def _back(post: Post, place: str = "") -> HttpResponse:
    return redirect(f"{reverse('records:handover')}?post={post.code}{place}")


class HandoverView(LoginRequiredMixin, View):
    """What a post owes, has promised, has running, and must not forget."""

    def get(self, request: HttpRequest) -> HttpResponse:
        if not _posts_of(request):
            return render(request, "records/handover.html", {"page": None})
        post = _post(request, request.GET.get("post", ""))
        person: Any = request.user
        page = handover_of(person, post)
        mission = post.mission
        people = (
            User.objects.filter(appointments__post__mission=mission, is_active=True)
            .exclude(appointments__post__role__in=NEVER_ACTS)
            .distinct()
            .order_by("last_name", "first_name")
        )
        to_acknowledge = handing_over.to_acknowledge(person, post)
        return render(
            request,
            "records/handover.html",
            {
                "page": page,
                "post": post,
                "posts": [held.post for held in _posts_of(request)],
                "owed": [line_of(step.rfa, step=step) for step in page.owed],
                "parts": [
                    _lines(_("Promised: approved, not yet started"), page.promised, "68"),
                    _lines(_("Running: tasks under way"), page.running, "68"),
                    _lines(_("Asked by this post, not yet decided"), page.asked),
                    _lines(_("Refused needs to follow up"), page.unmet, "41"),
                ],
                "sensitive": [
                    _lines(_("Classified records in hand"), page.classified, "15"),
                    _lines(_("Extreme situations without a finding"), page.unfound, "40"),
                ],
                "may_hand_over": handing_over.may_hand_over(person, post),
                "to_acknowledge": to_acknowledge,
                "past": list(post.handovers.select_related("by", "acknowledgement__by")[:5]),
                "may_delegate": policy.may_delegate(person, post),
                "may_put_in_charge": policy.may_put_in_charge(person, post),
                "delegation_form": DelegationForm(mission),
                "charge_form": InChargeForm(mission),
                "people": people,
                "routes": Route.choices,
                "may_close_duties": any(
                    handing_over.may_close_duty(person, duty) for duty in page.duties
                ),
            },
        )


class _DeedView(LoginRequiredMixin, View):
    """One deed of the page: done, or refused with everything that is wrong."""

    http_method_names = ["post"]

    def attempt(self, request: HttpRequest, post: Post) -> str:
        raise AssertionError("Each door names its deed.")

    def post(self, request: HttpRequest) -> HttpResponse:
        post = _post(request, text_of(request.POST, "of_post"))
        try:
            messages.success(request, self.attempt(request, post))
        except Refusal as refusal:
            for error in refusal.errors or []:
                messages.error(request, error.message)
            if not refusal.errors:
                messages.error(request, refusal.detail)
        return _back(post)


class HandOverView(_DeedView):
    """Hand a post over, with a note."""

    def attempt(self, request: HttpRequest, post: Post) -> str:
        handing_over.hand_over(
            actor=request.user,  # type: ignore[arg-type]
            post=post,
            note=text_of(request.POST, "note"),
        )
        return _("Handed over. The incoming holder acknowledges it here.")


class AcknowledgeView(_DeedView):
    """Take a post over."""

    def attempt(self, request: HttpRequest, post: Post) -> str:
        handover = get_object_or_404(
            Handover.objects.select_related("post", "by"),
            pk=text_of(request.POST, "handover") or 0,
            post=post,
        )
        handing_over.acknowledge(
            actor=request.user,  # type: ignore[arg-type]
            handover=handover,
            duties_read=bool(text_of(request.POST, "duties_read")),
        )
        return _("You have taken the post over.")


class DelegateView(_DeedView):
    """Let somebody act for the post for a while."""

    def attempt(self, request: HttpRequest, post: Post) -> str:
        said = request.POST.copy()
        said["post"] = post.code
        values = DelegationForm(post.mission, said).values()
        given = approvals.delegate(actor=request.user, **values)  # type: ignore[arg-type]
        return _("%(name)s may act for %(post)s until %(day)s.") % {
            "name": given.delegate.name,
            "post": post.title,
            "day": given.until_on,
        }


class EndDelegationView(_DeedView):
    """End a delegation."""

    def attempt(self, request: HttpRequest, post: Post) -> str:
        given = get_object_or_404(
            Delegation, pk=text_of(request.POST, "delegation") or 0, post=post
        )
        approvals.end_delegation(actor=request.user, delegation=given)  # type: ignore[arg-type]
        return _("The delegation is ended.")


class InChargeView(_DeedView):
    """Name an officer-in-charge."""

    def attempt(self, request: HttpRequest, post: Post) -> str:
        values = InChargeForm(post.mission, request.POST).values()
        named = approvals.put_in_charge(actor=request.user, post=post, **values)  # type: ignore[arg-type]
        return _("%(name)s is in charge of %(post)s until %(day)s.") % {
            "name": named.person.name,
            "post": post.title,
            "day": named.until_on,
        }


class EndChargeView(_DeedView):
    """End an officer-in-charge's time today."""

    def attempt(self, request: HttpRequest, post: Post) -> str:
        named = get_object_or_404(
            Appointment, pk=text_of(request.POST, "appointment") or 0, post=post
        )
        approvals.end_charge(actor=request.user, appointment=named)  # type: ignore[arg-type]
        return _("It ends today.")


class CloseDutyView(_DeedView):
    """Say what became of a duty to protect."""

    def attempt(self, request: HttpRequest, post: Post) -> str:
        duty = get_object_or_404(ProtectionDuty, pk=text_of(request.POST, "duty") or 0, post=post)
        handing_over.close_duty(
            actor=request.user,  # type: ignore[arg-type]
            duty=duty,
            outcome=text_of(request.POST, "outcome"),
        )
        return _("The duty is closed.")
