"""What the pages of getting in share."""

from typing import Any

from allauth.account.adapter import get_adapter
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils.http import urlencode

from access.proof import proved_lately
from common.canonical import sha256


class LatelyMixin(LoginRequiredMixin):
    """Ask again who somebody is before anything sensitive, unless it was proved minutes ago.

    What was being sent is not kept meanwhile: the page opens again, and it is sent anew.
    """

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.is_authenticated and not proved_lately(request):
            return ask_again(request)
        return super().dispatch(request, *args, **kwargs)


def ask_again(request: HttpRequest) -> HttpResponse:
    """Lead to where one proves again who one is, and back; with no way there, to sign in anew."""
    methods = get_adapter(request).get_reauthentication_methods(request.user)  # type: ignore[arg-type]
    if not methods:
        return redirect("account_logout")
    back = request.get_full_path() if request.method == "GET" else request.path
    return HttpResponseRedirect(f"{methods[0]['url']}?{urlencode({'next': back})}")


def row_of(request: HttpRequest) -> str:
    """Return the key of this browser's session's row."""
    return sha256(request.session.session_key or "")
