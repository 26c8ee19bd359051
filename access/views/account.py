"""One's own account: how one gets in, where one is signed in, which keys are out."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views import View

from access.factors import has_factor
from access.forms import TokenForm
from access.proof import proved_twice
from access.queries import device_of, sessions_of, tokens_of
from access.services.accounts import end_session, end_sessions
from access.views.shared import LatelyMixin, row_of
from common.errors import Refusal
from common.pages import text_of
from missions.models import User
from missions.policy import must_prove_twice
from missions.services import issue_token, revoke_token
from missions.vocabulary import Scope


def session_lines(person: User, current: str = "") -> list[dict[str, Any]]:
    """List where a person is signed in, as a page shows it."""
    return [
        {"row": row, "current": row.session_key == current, **device_of(row.device)}
        for row in sessions_of(person)
    ]


class AccountView(LoginRequiredMixin, View):
    """Password, second factor, sessions and keys, each with its way to change it."""

    def get(self, request: HttpRequest) -> HttpResponse:
        person: Any = request.user
        return render(
            request,
            "access/account.html",
            {
                "sessions": session_lines(person, row_of(request)),
                "tokens": [
                    {"row": row, "scopes": [Scope(scope).label for scope in row.scopes]}
                    for row in tokens_of(person)
                ],
                "has_factor": has_factor(person),
                "must_prove_twice": must_prove_twice(person),
                "has_password": person.has_usable_password(),
                "outside": person.outside_identities.all(),
            },
        )


class EndSessionView(LoginRequiredMixin, View):
    """Sign out of another browser; or of all but this one."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        person: Any = request.user
        row = text_of(request.POST, "session")
        ended = end_session(person, row) if row else end_sessions(person, but=row_of(request))
        messages.success(
            request,
            _("Signed out there.") if ended else _("Nothing else was open."),
        )
        return redirect("access:account")


class NewTokenView(LatelyMixin, View):
    """Make a key to the API; it is shown once, here."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._show(request, TokenForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        form = TokenForm(request.POST)
        if not form.is_valid():
            return self._show(request, form, status=400)
        person: Any = request.user
        try:
            token, made = issue_token(
                person=person,
                name=form.cleaned_data["name"],
                scopes=form.cleaned_data["scopes"],
                lasts=form.lasts,
                proved_twice=proved_twice(request),
            )
        except Refusal as refusal:
            form.add_error(None, refusal.detail)
            return self._show(request, form, status=refusal.status)
        return render(request, "access/token.html", {"token": token, "made": made})

    def _show(self, request: HttpRequest, form: TokenForm, status: int = 200) -> HttpResponse:
        return render(request, "access/new_token.html", {"form": form}, status=status)


class EndTokenView(LoginRequiredMixin, View):
    """End one of one's own keys."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, token_id: int) -> HttpResponse:
        person: Any = request.user
        if not revoke_token(person=person, token_id=token_id):
            raise Http404
        messages.success(request, _("This token opens nothing any more."))
        return redirect("access:account")
