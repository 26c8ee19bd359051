"""The handover page: a post's whole, and who acts for it; printable (P49)."""

import datetime as dt
from typing import Any, TypeVar

from django import forms
from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views import View

from approvals import policy
from approvals import services as approvals
from approvals.forms.people import DelegationForm, InChargeForm
from approvals.pages import line_of
from approvals.policy.people import NEVER_ACTS
from common.clock import now
from common.errors import Refusal
from common.pages import labels_of, summary_of, text_of
from missions.calendar import local_day
from missions.models import Appointment, Delegation, Post, User
from missions.queries import Standing, standing_in, standings_of, vacant_below
from missions.vocabulary import NEVER_ASKS, Capacity, Role
from records import handing_over
from records.handover import Handing, Part, handover_of
from records.models import Handover, ProtectionDuty
from requests_app.vocabulary import Route

# Posts that read or administer have nothing to hand over; a partner's work is its own.
NO_HANDOVER = NEVER_ASKS | {Role.PARTNER}


def _posts_of(request: HttpRequest) -> list[Standing]:
    held = standings_of(request.user)  # type: ignore[arg-type]
    return [one for one in held if not one.routes and one.role not in NO_HANDOVER]


def _post(request: HttpRequest, code: str) -> Post:
    """Return the named post of mine, one right below it, or a vacant one that comes up to me."""
    held = _posts_of(request)
    for one in held:
        if code in {"", one.post.code}:
            return one.post
    mine = [one.post.pk for one in held if one.capacity != Capacity.DELEGATE]
    below = Q(above__in=mine) | Q(pk__in=vacant_below(request.user))  # type: ignore[arg-type]
    post = Post.objects.filter(below, code=code).select_related("mission", "above").first()
    if post is None:
        raise Http404
    return post


def _lines(title: str, part: Part, paragraph: str = "", **more: Any) -> dict[str, Any]:
    return {
        "title": title,
        "paragraph": paragraph,
        "lines": [line_of(rfa) for rfa in part.rows],
        "count": part.count,
        "more": part.more,
        **more,
    }


def _carried_out(title: str, part: Part, page: Handing, **more: Any) -> dict[str, Any]:
    """Return a part whose lines say how many conditions nobody has checked (P68)."""
    lines = _lines(title, part, "68", **more)
    for line, rfa in zip(lines["lines"], part.rows, strict=True):
        open_conditions = page.unchecked[rfa.pk]
        if open_conditions:
            label = ngettext(
                "%(count)s condition to check", "%(count)s conditions to check", open_conditions
            ) % {"count": open_conditions}
            line["tags"] = [*line["tags"], {"label": label, "tone": "wait"}]
    return lines


def _parts(page: Handing) -> list[dict[str, Any]]:
    """List what is promised, running and sensitive; the first of each may be led to."""
    changing = _lines(_("Owed: changes of tasks to answer"), page.changing, "68")
    return [
        *([changing] if page.changing.rows else []),
        _carried_out(
            _("Promised: approved, not yet started"), page.promised, page, place="promised"
        ),
        _lines(_("Promised: refused needs to follow up"), page.unmet, "41"),
        _carried_out(_("Running: tasks under way"), page.running, page, place="running"),
        _lines(_("Running: asked by this post, not yet decided"), page.asked),
        _lines(
            _("Sensitive: classified records in hand"), page.classified, "15", place="sensitive"
        ),
        _lines(_("Sensitive: extreme situations without a finding"), page.unfound, "40"),
    ]


def _tiles(page: Handing) -> list[dict[str, Any]]:
    """Sum the page up: how much is owed, promised, running and sensitive."""
    owed: list[Any] = [*page.owed, *page.referred, *page.complaints]
    late = sum(1 for one in owed if one.due_at and one.due_at <= now())
    return [
        {
            "value": len(owed) + page.changing.count,
            "label": _("Owed"),
            "url": "#owed",
            "note": _("%(count)s overdue") % {"count": late} if late else "",
            "late": bool(late),
        },
        {
            "value": page.promised.count + page.unmet.count,
            "label": _("Promised"),
            "url": "#promised",
        },
        {"value": page.running.count + page.asked.count, "label": _("Running"), "url": "#running"},
        {
            "value": len(page.duties) + page.classified.count + page.unfound.count,
            "label": _("Sensitive"),
            "url": "#sensitive",
        },
    ]


def _back(post: Post) -> HttpResponse:
    return redirect(f"{reverse('records:handover')}?post={post.code}")


def _people_of(post: Post) -> list[tuple[str, str]]:
    """List whom a post's holder may let act for it, as a form offers them."""
    people = (
        User.objects.filter(appointments__post__mission=post.mission_id, is_active=True)
        .exclude(appointments__post__role__in=NEVER_ACTS)
        .distinct()
        .order_by("last_name", "first_name")
    )
    return [("", _("Choose")), *((one.username, one.name) for one in people)]


Form = TypeVar("Form", DelegationForm, InChargeForm)


def _asking(form: Form, people: list[tuple[str, str]], refusal: Refusal | None) -> Form:
    """Let a form offer the mission's people, with what was wrong where it was refused."""
    form.fields[form.person_field].widget = forms.Select(choices=people)
    for error in refusal.errors if refusal and form.is_bound else []:
        if error.field in form.fields and error.field not in form.errors:
            form.add_error(error.field, error.message)
    return form


def _show(
    request: HttpRequest, post: Post, refusal: Refusal | None = None, **bound: Any
) -> HttpResponse:
    """Show a post's page; what was refused stands in its form, with all that is wrong."""
    person: Any = request.user
    page = handover_of(person, post)
    people = _people_of(post)
    delegation = _asking(
        DelegationForm(post.mission, bound.get("delegation"), auto_id="delegation_%s"),
        people,
        refusal,
    )
    charge = _asking(
        InChargeForm(post.mission, bound.get("charge"), auto_id="charge_%s"), people, refusal
    )
    refused = charge if charge.is_bound else delegation
    errors = []
    if refusal:
        ids = {name: refused[name].id_for_label for name in refused.fields}
        errors = summary_of(refusal.errors, ids, labels_of(refused)) or [
            {"message": refusal.detail, "paragraph": refusal.paragraph}
        ]
    return render(
        request,
        "records/handover.html",
        {
            "page": page,
            "post": post,
            "errors": errors,
            "posts": [held.post for held in _posts_of(request)],
            "tiles": _tiles(page),
            "at": now(),
            "owed": [line_of(step.rfa, step=step) for step in page.owed],
            "parts": _parts(page),
            "may_hand_over": handing_over.may_hand_over(person, post),
            "to_acknowledge": handing_over.to_acknowledge(person, post),
            "past": _past(person, post),
            "may_delegate": policy.may_delegate(person, post),
            "may_put_in_charge": policy.may_put_in_charge(person, post),
            "delegation_form": delegation,
            "charge_form": charge,
            "routes": [(code, label, code in delegation.routes) for code, label in Route.choices],
            "may_close_duties": any(
                handing_over.may_close_duty(person, duty) for duty in page.duties
            ),
            **_acting(page, local_day(post.mission)),
        },
        status=refusal.status if refusal else 200,
    )


def _past(person: User, post: Post) -> list[Handover]:
    """List a post's last handovers for its own people: a note may tell what is hidden (P39)."""
    if standing_in(person, post.pk) is None:
        return []
    return list(post.handovers.select_related("by", "acknowledgement__by")[:5])


def _acting(page: Handing, today: dt.date) -> dict[str, Any]:
    """Tell who acts for a post now or will, its holder first, from who did before."""
    held = [one for one in page.acting if one.until_on is None or one.until_on >= today]
    given = [one for one in page.delegations if not one.ended_at and one.until_on >= today]
    return {
        "held": sorted(held, key=lambda one: (one.capacity != Capacity.HOLDER, one.from_on)),
        "given": given,
        "held_before": [one for one in page.acting if one not in held],
        "given_before": [one for one in page.delegations if one not in given],
    }


class HandoverView(LoginRequiredMixin, View):
    """What a post owes, has promised, has running, and must not forget."""

    def get(self, request: HttpRequest) -> HttpResponse:
        if not _posts_of(request):
            return render(request, "records/handover.html", {"page": None})
        return _show(request, _post(request, text_of(request.GET, "post")))


class _DeedView(LoginRequiredMixin, View):
    """One deed of the page: done, or refused with everything that is wrong."""

    http_method_names = ["post"]

    def attempt(self, request: HttpRequest, post: Post) -> str:
        raise AssertionError("Each door names its deed.")

    def refused(self, request: HttpRequest, post: Post, refusal: Refusal) -> HttpResponse:
        for message in [error.message for error in refusal.errors] or [refusal.detail]:
            messages.error(request, message)
        return _back(post)

    def post(self, request: HttpRequest) -> HttpResponse:
        post = _post(request, text_of(request.POST, "of_post"))
        try:
            messages.success(request, self.attempt(request, post))
        except Refusal as refusal:
            return self.refused(request, post, refusal)
        return _back(post)


def _named(request: HttpRequest, name: str) -> int:
    """Return the number of the row that a button names; no row has the number 0."""
    said = text_of(request.POST, name)
    return int(said) if said.isascii() and said.isdecimal() and len(said) < 18 else 0


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
            pk=_named(request, "handover"),
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

    def said(self, request: HttpRequest, post: Post) -> QueryDict:
        said = request.POST.copy()
        said["post"] = post.code
        return said

    def refused(self, request: HttpRequest, post: Post, refusal: Refusal) -> HttpResponse:
        return _show(request, post, refusal, delegation=self.said(request, post))

    def attempt(self, request: HttpRequest, post: Post) -> str:
        values = DelegationForm(post.mission, self.said(request, post)).values()
        given = approvals.delegate(actor=request.user, **values)  # type: ignore[arg-type]
        return _("%(name)s may act for %(post)s until %(day)s.") % {
            "name": given.delegate.name,
            "post": post.title,
            "day": date_format(given.until_on, "SHORT_DATE_FORMAT"),
        }


class EndDelegationView(_DeedView):
    """End a delegation."""

    def attempt(self, request: HttpRequest, post: Post) -> str:
        given = get_object_or_404(Delegation, pk=_named(request, "delegation"), post=post)
        approvals.end_delegation(actor=request.user, delegation=given)  # type: ignore[arg-type]
        return _("The delegation is ended.")


class InChargeView(_DeedView):
    """Name an officer-in-charge."""

    def refused(self, request: HttpRequest, post: Post, refusal: Refusal) -> HttpResponse:
        return _show(request, post, refusal, charge=request.POST)

    def attempt(self, request: HttpRequest, post: Post) -> str:
        values = InChargeForm(post.mission, request.POST).values()
        named = approvals.put_in_charge(actor=request.user, post=post, **values)  # type: ignore[arg-type]
        return _("%(name)s is in charge of %(post)s until %(day)s.") % {
            "name": named.person.name,
            "post": post.title,
            "day": date_format(named.until_on, "SHORT_DATE_FORMAT"),
        }


class EndChargeView(_DeedView):
    """End an officer-in-charge's time today."""

    def attempt(self, request: HttpRequest, post: Post) -> str:
        named = get_object_or_404(Appointment, pk=_named(request, "appointment"), post=post)
        approvals.end_charge(actor=request.user, appointment=named)  # type: ignore[arg-type]
        return _("It ends today.")


class CloseDutyView(_DeedView):
    """Say what became of a duty to protect."""

    def attempt(self, request: HttpRequest, post: Post) -> str:
        duty = get_object_or_404(ProtectionDuty, pk=_named(request, "duty"), post=post)
        handing_over.close_duty(
            actor=request.user,  # type: ignore[arg-type]
            duty=duty,
            outcome=text_of(request.POST, "outcome"),
        )
        return _("The duty is closed.")
