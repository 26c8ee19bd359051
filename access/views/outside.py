"""Single sign-on: to the provider, and back."""

from typing import Any

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from django.conf import settings
from django.contrib.auth import logout
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.views import View
from django.views.decorators.cache import never_cache

from access.outside import Journey, person_for, visitor_from, way_out
from access.proof import OUTSIDE
from common.errors import Refusal
from common.pages import text_of

JOURNEY = "sso"


@method_decorator(never_cache, name="dispatch")
class StartView(View):
    """Set out for the provider; this browser keeps what it must come back with."""

    def get(self, request: HttpRequest) -> HttpResponse:
        if not settings.OIDC_ISSUER:
            raise Http404
        back = text_of(request.GET, "next")
        if not url_has_allowed_host_and_scheme(back, {request.get_host()}, request.is_secure()):
            back = ""
        journey = Journey.begin(back)
        try:
            url = way_out(journey)
        except Refusal as refusal:
            return render(request, "access/not_let_in.html", {"refusal": refusal}, status=502)
        request.session[JOURNEY] = vars(journey)
        return HttpResponseRedirect(url)


@method_decorator(never_cache, name="dispatch")
class ReturnView(View):
    """Come back from the provider: who is known is signed in, a second factor asked if need be."""

    def get(self, request: HttpRequest) -> HttpResponse:
        if not settings.OIDC_ISSUER:
            raise Http404
        kept: Any = request.session.pop(JOURNEY, None)
        journey = Journey(**kept) if kept else Journey.begin("")  # nothing answers a new one
        try:
            visitor = visitor_from(
                {name: str(value) for name, value in request.GET.items()}, journey
            )
            person = person_for(visitor)
        except Refusal as refusal:
            return render(
                request, "access/not_let_in.html", {"refusal": refusal}, status=refusal.status
            )
        if request.user.is_authenticated:
            logout(request)
        record_authentication(request, person, OUTSIDE, twice=visitor.proved_twice)
        return perform_login(request, Login(user=person, redirect_url=journey.back or None))
