"""Where one enters: the first page of each post, the demonstration's posts, the help."""

from typing import Any

from allauth.account.views import LoginView
from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.mixins import LoginRequiredMixin
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views import View
from django.views.generic import TemplateView

from common.clock import now
from common.pages import text_of
from missions.models import Appointment, User
from missions.queries import first_standing, standings_of
from missions.vocabulary import Role

# What each post does here, in a line; the order is that of a request's travel.
DOES = {
    Role.UNIT_CIMIC: _("Asks for its unit; carries out; reports extreme situations"),
    Role.SECTOR_CIMIC: _("Reviews what its units ask; asks; follows its sector"),
    Role.PARTNER: _("Asks; sees its own requests"),
    Role.CHIEF_CIMIC: _("Reviews and forwards; keeps the register; closes"),
    Role.CIMIC_STAFF: _("Prepares for the Chief; keeps the register"),
    Role.CMCOORD: _("Advises on what has a humanitarian bearing"),
    Role.CIVIL_AFFAIRS: _("Advises"),
    Role.GENDER: _("Advises on women, girls and protection"),
    Role.HUMAN_RIGHTS: _("Advises where protection is touched"),
    Role.UNPOL: _("Advises where public order is touched"),
    Role.UNDSS: _("Advises on humanitarian actors' security"),
    Role.QIP_MANAGER: _("Advises on projects; pays their instalments"),
    Role.DMS: _("Answers whether the mission can do it"),
    Role.CHIEF_OF_STAFF: _("Chairs the project review committee; watches compliance"),
    Role.DSRSG_OFFICE: _("Prepares the DSRSG's decisions"),
    Role.DSRSG: _("Decides on civil assistance and projects"),
    Role.DSRSG_POLITICAL: _("Decides on security sector reform"),
    Role.DESIGNATED_OFFICIAL: _("Decides on humanitarian actors' security"),
    Role.OPS: _("Tasks a unit"),
    Role.HOMC: _("Commands the force"),
    Role.SRSG: _("Heads the mission"),
    Role.EVALUATOR: _("Reads, for the mission's evaluation"),
    Role.RECORDS_OFFICER: _("Archives closed records"),
    Role.ADMINISTRATOR: _("Keeps missions, people and posts; decides nothing"),
}

PARTS = (
    (_("Ask"), frozenset({Role.UNIT_CIMIC, Role.PARTNER})),
    (_("Review"), frozenset({Role.SECTOR_CIMIC, Role.CHIEF_CIMIC, Role.CIMIC_STAFF})),
    (
        _("Advise and answer"),
        frozenset(
            {
                Role.CMCOORD,
                Role.CIVIL_AFFAIRS,
                Role.GENDER,
                Role.HUMAN_RIGHTS,
                Role.UNPOL,
                Role.UNDSS,
                Role.QIP_MANAGER,
                Role.DMS,
            }
        ),
    ),
    (
        _("Decide and task"),
        frozenset(
            {
                Role.DSRSG,
                Role.DSRSG_OFFICE,
                Role.DSRSG_POLITICAL,
                Role.DESIGNATED_OFFICIAL,
                Role.OPS,
                Role.HOMC,
                Role.SRSG,
            }
        ),
    ),
    (
        _("Watch and keep"),
        frozenset({Role.CHIEF_OF_STAFF, Role.EVALUATOR, Role.RECORDS_OFFICER, Role.ADMINISTRATOR}),
    ),
)

READS_COMPLIANCE_FIRST = frozenset({Role.CHIEF_OF_STAFF, Role.EVALUATOR})
READS_THE_REGISTER = frozenset({Role.RECORDS_OFFICER, Role.SRSG, Role.HOMC})
ASKS_FIRST = frozenset({Role.UNIT_CIMIC, Role.SECTOR_CIMIC, Role.PARTNER})


class HomeView(LoginRequiredMixin, View):
    """Send each post to what it opens first."""

    def get(self, request: HttpRequest) -> HttpResponse:
        standings = standings_of(request.user)
        roles = {standing.role for standing in standings}
        if roles & ASKS_FIRST:
            return redirect("approvals:mine")
        if READS_COMPLIANCE_FIRST & {held.role for held in standings if held.sees_the_mission}:
            return redirect("records:compliance")
        if Role.CHIEF_CIMIC in roles or roles & READS_THE_REGISTER:
            return redirect("records:register")
        if roles <= {Role.ADMINISTRATOR} and request.user.is_staff:
            return redirect("admin:index")
        return redirect("approvals:inbox")


def demonstration_accounts() -> list[dict[str, Any]]:
    """List the posts to enter as, by their part, in the order in which a request meets them."""
    if not settings.DEMO:
        return []
    appointments = (
        Appointment.objects.filter(
            Q(until_on__isnull=True) | Q(until_on__gte=now().date()),
            from_on__lte=now().date(),
            person__is_active=True,
        )
        .select_related("person", "post")
        .order_by("pk")
    )
    order = list(DOES)
    accounts = [
        {
            "username": held.person.username,
            "name": held.person.name,
            "post": held.post.title,
            "what": DOES.get(Role(held.post.role), ""),
            "role": held.post.role,
        }
        for held in appointments
    ]
    accounts.sort(key=lambda account: order.index(account["role"]))
    return [
        {"title": title, "accounts": found}
        for title, roles in PARTS
        if (found := [account for account in accounts if account["role"] in roles])
    ]


class SignInView(LoginView):
    """Sign in; in the demonstration, beside a list of posts to enter as."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(demonstration_accounts=demonstration_accounts(), **kwargs)


class EnterView(View):
    """Enter as a post of the demonstration mission, without a password. Nowhere else."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        if not settings.DEMO:
            raise Http404
        person = get_object_or_404(User, username=text_of(request.POST, "username"), is_active=True)
        login(request, person, backend=settings.AUTHENTICATION_BACKENDS[0])
        return redirect("missions:home")


class HelpView(TemplateView):
    """How a request travels, who does what, and what each paragraph asks."""

    template_name = "missions/help.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        standing = first_standing(self.request.user) if self.request.user.is_authenticated else None
        return super().get_context_data(
            roles=[{"label": role.label, "does": does} for role, does in DOES.items()],
            focal_point=standing.post.mission.asset_focal_point if standing else None,
            sign_in_url=reverse("account_login"),
            **kwargs,
        )
