"""The page of the Designated Official's standing policies (P39)."""

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views import View

from approvals import policy, services
from approvals.forms.standing_policies import LastDayForm, StandingPolicyForm
from approvals.models import StandingPolicy
from common.errors import Refusal
from common.pages import labels_of, summary_of
from missions.calendar import local_day
from missions.queries import standings_of


class StandingPoliciesView(LoginRequiredMixin, View):
    """What stands, what has ended, and for the Designated Official a form to adopt another."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._show(request, StandingPolicyForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        form = StandingPolicyForm(request.POST)
        try:
            adopted = services.adopt_standing_policy(actor=request.user, values=form.values())
        except Refusal as refusal:
            return self._show(request, form, refusal)
        messages.success(request, _("Adopted: %(policy)s.") % {"policy": adopted})
        return redirect("approvals:standing-policies")

    def _show(
        self, request: HttpRequest, form: StandingPolicyForm, refusal: Refusal | None = None
    ) -> HttpResponse:
        missions = {held.post.mission_id: held.post.mission for held in standings_of(request.user)}
        kept = StandingPolicy.objects.filter(mission__in=missions).select_related(
            "adopted_by", "adopted_post"
        )
        rows = [
            {"policy": one, "ended": bool(one.until_on and one.until_on < today)}
            for one in kept.order_by("-from_on", "code")
            for today in [local_day(missions[one.mission_id])]
        ]
        errors = []
        if refusal:
            for error in refusal.errors:
                if error.field in form.fields and error.field not in form.errors:
                    form.add_error(error.field, error.message)
            ids = {name: f"id_{name}" for name in form.fields}
            errors = summary_of(refusal.errors, ids, labels_of(form)) or [
                {"message": refusal.detail, "paragraph": refusal.paragraph}
            ]
        return render(
            request,
            "approvals/standing_policies.html",
            {
                "rows": rows,
                "form": form if policy.may_adopt_standing_policy(request.user) else None,
                "errors": errors,
            },
            status=refusal.status if refusal else 200,
        )


class EndStandingPolicyView(LoginRequiredMixin, View):
    """Give a standing policy its last day."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        missions = {held.post.mission_id for held in standings_of(request.user)}
        named = get_object_or_404(StandingPolicy, pk=pk, mission__in=missions)
        try:
            kept = services.end_standing_policy(
                actor=request.user, named=named, **LastDayForm(request.POST).values()
            )
        except Refusal as refusal:
            messages.error(request, refusal.detail)
        else:
            messages.success(
                request,
                _("Its last day is %(day)s.")
                % {"day": date_format(kept.until_on, "SHORT_DATE_FORMAT")},
            )
        return redirect("approvals:standing-policies")
