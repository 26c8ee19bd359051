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
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views import View
from django.views.generic import TemplateView

from common.clock import now
from common.pages import text_of
from common.parts import parts, tokens
from missions.guides import DOES, GUIDES
from missions.models import Appointment, User
from missions.queries import standings_of
from missions.services import choose_language
from missions.vocabulary import Role

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


def keep_language_chosen(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Make the language chosen before signing in the person's own; forget it on the device."""
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    if request.user.is_authenticated and chosen in dict(settings.LANGUAGES):
        choose_language(person=request.user, language=chosen)
        response.delete_cookie(settings.LANGUAGE_COOKIE_NAME)
    return response


class LanguageView(View):
    """Choose the language of the pages: the person's own, or a stranger's until signing in."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        language, back = text_of(request.POST, "language"), text_of(request.POST, "next")
        if not url_has_allowed_host_and_scheme(back, {request.get_host()}, request.is_secure()):
            back = reverse("missions:home")
        response = redirect(back)
        if request.user.is_authenticated:
            choose_language(person=request.user, language=language)
        elif language in dict(settings.LANGUAGES):
            response.set_cookie(
                settings.LANGUAGE_COOKIE_NAME,
                language,
                secure=settings.LANGUAGE_COOKIE_SECURE,
                httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
                samesite=settings.LANGUAGE_COOKIE_SAMESITE,
            )
        return response


class SignInView(LoginView):
    """Sign in; in the demonstration, beside a list of posts to enter as."""

    def form_valid(self, form: Any) -> HttpResponse:
        return keep_language_chosen(self.request, super().form_valid(form))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            demonstration_accounts=demonstration_accounts(),
            single_sign_on=(settings.OIDC_NAME or settings.OIDC_ISSUER)
            if settings.OIDC_ISSUER
            else "",
            **kwargs,
        )


class EnterView(View):
    """Enter as a post of the demonstration mission, without a password. Nowhere else."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        if not settings.DEMO:
            raise Http404
        person = get_object_or_404(User, username=text_of(request.POST, "username"), is_active=True)
        login(request, person, backend=settings.AUTHENTICATION_BACKENDS[0])
        return keep_language_chosen(request, redirect("missions:home"))


class HelpView(TemplateView):
    """How a request travels, what never bends, and a guide for each post."""

    template_name = "missions/help.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        person = self.request.user
        standings = standings_of(person) if person.is_authenticated else []
        return super().get_context_data(
            mine={standing.role for standing in standings},
            roles=[
                {"code": role, "label": role.label, "does": does} for role, does in DOES.items()
            ],
            focal_point=standings[0].post.mission.asset_focal_point if standings else None,
            **kwargs,
        )


class GuideView(TemplateView):
    """What one post comes here to do, step by step, with pictures of the pages."""

    template_name = "missions/guide.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        if kwargs["role"] not in Role.values:
            raise Http404
        role = Role(kwargs["role"])
        does, errands = GUIDES[role]
        return super().get_context_data(label=role.label, does=does, errands=errands, **kwargs)


class ComponentsView(TemplateView):
    """Every part that pages are made of, with its tokens; for those who build pages."""

    template_name = "missions/components.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        if not settings.DEBUG:
            raise Http404
        return super().get_context_data(parts=parts(), tokens=tokens(), **kwargs)
