"""Who is let in: the administrator's pages."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from access.forms import InvitationForm
from access.queries import invitations_for, missions_kept_by, people_for
from access.services import accounts, invitations
from access.views.shared import LatelyMixin
from common.clock import now
from common.errors import Refusal
from common.pages import labels_of, lines_of, summary_of, text_of

BY_NAME = ("username", "id")


class KeeperMixin(LoginRequiredMixin):
    """For those alone who keep a mission's people."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.is_authenticated and not missions_kept_by(request.user).exists():  # type: ignore[arg-type]
            raise PermissionDenied(_("Only the mission's administrator lets people in and out."))
        return super().dispatch(request, *args, **kwargs)


class PeopleView(KeeperMixin, View):
    """The people of my missions, how each gets in, and who is asked in."""

    def get(self, request: HttpRequest) -> HttpResponse:
        actor: Any = request.user
        words = text_of(request.GET, "search")
        rows = people_for(actor)
        if words:
            rows = rows.filter(username__icontains=words) | rows.filter(last_name__icontains=words)
        open_now = invitations_for(actor).filter(accepted_at=None, withdrawn_at=None)
        return render(
            request,
            "access/people.html",
            {
                "people": lines_of(request, rows, BY_NAME),
                "invitations": open_now.order_by("-made_at")[:100],
                "search": words,
                "now": now(),
            },
        )


class InviteView(KeeperMixin, LatelyMixin, View):
    """Ask somebody into a post."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._show(request, InvitationForm(request.user))  # type: ignore[arg-type]

    def post(self, request: HttpRequest) -> HttpResponse:
        actor: Any = request.user
        form = InvitationForm(actor, request.POST)
        try:
            made = invitations.invite(actor=actor, **form.values())
        except Refusal as refusal:
            return self._show(request, form, refusal)
        messages.success(request, _("Invited: %(email)s.") % {"email": made.email})
        return redirect("access:people")

    def _show(
        self, request: HttpRequest, form: InvitationForm, refusal: Refusal | None = None
    ) -> HttpResponse:
        errors: list[dict[str, str]] = []
        if refusal:
            for error in refusal.errors:
                if error.field in form.fields and error.field not in form.errors:
                    form.add_error(error.field, error.message)
            ids = {name: f"id_{name}" for name in form.fields}
            errors = summary_of(refusal.errors, ids, labels_of(form)) or [
                {"message": refusal.detail, "paragraph": ""}
            ]
        return render(
            request,
            "access/invite.html",
            {"form": form, "errors": errors},
            status=refusal.status if refusal else 200,
        )


class InvitationDeedView(KeeperMixin, LatelyMixin, View):
    """Send an invitation again, or take it back."""

    http_method_names = ["get", "post"]
    deed = ""

    def get(self, request: HttpRequest, invitation_id: int) -> HttpResponse:
        return redirect("access:people")

    def post(self, request: HttpRequest, invitation_id: int) -> HttpResponse:
        actor: Any = request.user
        named = get_object_or_404(invitations_for(actor), pk=invitation_id)
        does = invitations.withdraw if self.deed == "withdraw" else invitations.send_again
        try:
            does(actor=actor, invitation=named)
        except Refusal as refusal:
            messages.error(request, refusal.detail)
        else:
            said = {
                "withdraw": _("Taken back: its link opens nothing any more."),
                "resend": _("A new link is on its way; the old one opens nothing any more."),
            }
            messages.success(request, said[self.deed])
        return redirect("access:people")


# What an administrator may do to an account: its question, what follows, its button, its deed.
DEEDS: dict[str, dict[str, Any]] = {
    "end-access": {
        "title": gettext_lazy("Sign this person out everywhere?"),
        "text": gettext_lazy(
            "Every session and every key to the API ends at once. The password stays: where it "
            "may be in other hands, close the account, or have a new one set by the link for a "
            "forgotten password."
        ),
        "label": gettext_lazy("Sign out everywhere"),
        "done": gettext_lazy("Signed out everywhere."),
        "does": accounts.end_access,
    },
    "close": {
        "title": gettext_lazy("Close this account?"),
        "text": gettext_lazy(
            "Nobody signs in with it any more; every session, key and open invitation ends at "
            "once. What the person did stays on the record. Posts are handed over on the page "
            "of posts."
        ),
        "label": gettext_lazy("Close the account"),
        "done": gettext_lazy("The account is closed."),
        "does": accounts.close_account,
    },
    "reopen": {
        "title": gettext_lazy("Open this account again?"),
        "text": gettext_lazy("The person signs in with the password and factors of before."),
        "label": gettext_lazy("Open it again"),
        "done": gettext_lazy("The account is open."),
        "does": accounts.reopen_account,
    },
    "forget-factors": {
        "title": gettext_lazy("Forget this person's second factors?"),
        "text": gettext_lazy(
            "Make sure first, in person or by a number you know, that it is they who ask. Their "
            "app, passkeys and recovery codes are forgotten, and what was open ends; a post that "
            "decides sets up a new factor at the next sign-in."
        ),
        "label": gettext_lazy("Forget them"),
        "done": gettext_lazy("The second factors are forgotten."),
        "does": accounts.forget_factors,
    },
}


class PersonDeedView(KeeperMixin, LatelyMixin, View):
    """Ask twice, then do it to the account."""

    deed = ""

    def get(self, request: HttpRequest, username: str) -> HttpResponse:
        return self._ask(request, username)

    def post(self, request: HttpRequest, username: str) -> HttpResponse:
        actor: Any = request.user
        person = get_object_or_404(people_for(actor), username=username)
        try:
            DEEDS[self.deed]["does"](actor=actor, person=person)
        except Refusal as refusal:
            return self._ask(request, username, refusal)
        messages.success(request, f"{person.name}: {DEEDS[self.deed]['done']}")
        return redirect("access:people")

    def _ask(
        self, request: HttpRequest, username: str, refusal: Refusal | None = None
    ) -> HttpResponse:
        person = get_object_or_404(people_for(request.user), username=username)  # type: ignore[arg-type]
        return render(
            request,
            "access/person_deed.html",
            {
                "person": person,
                "deed": DEEDS[self.deed],
                "errors": [{"message": refusal.detail, "paragraph": ""}] if refusal else [],
            },
            status=refusal.status if refusal else 200,
        )
