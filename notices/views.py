"""The notice centre, and how one wants to be told.

A GET changes nothing: opening a notice is a POST that marks it read and leads to its record,
so that neither a link fetched in advance nor a crawler reads anybody's notices for them.
"""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views import View

from common.errors import Refusal
from common.pages import lines_of, summary_of, text_of
from notices import services
from notices.models import Notice
from notices.pages import chips_of, choices_of, days_of, lines_of_notices
from notices.queries import NEWEST_FIRST, WHICH, notices_of, preferences_of, unread_count
from notices.vocabulary import Group

A_PAGE = 30
LONGEST_NUMBER = 18


def _back(request: HttpRequest) -> HttpResponse:
    """Return to the list as it was, or to its start."""
    address = text_of(request.POST, "next")
    here = url_has_allowed_host_and_scheme(address, allowed_hosts={request.get_host()})
    return redirect(address if here and address.startswith("/notices/") else "notices:centre")


class CentreView(LoginRequiredMixin, View):
    """A person's notices, newest first: the unread, all of them, or the duties."""

    def get(self, request: HttpRequest) -> HttpResponse:
        which = request.GET.get("which", "unread")
        which = which if which in WHICH else "unread"
        page = lines_of(request, notices_of(request.user, which), NEWEST_FIRST, A_PAGE)
        unread = unread_count(request.user)
        newest = max((notice.pk for notice in page.rows), default=0)
        return render(
            request,
            "notices/centre.html",
            {
                "which": which,
                "chips": chips_of(which, unread),
                "lines": lines_of_notices(request.user, page.rows),
                "page": page,
                "unread": unread,
                "newest": newest if not page.newer_url else "",
                "here": request.get_full_path(),
            },
        )


class OneNoticeView(LoginRequiredMixin, View):
    """Mark one's own notice read; opening it leads on to what it is about."""

    http_method_names = ["post"]
    opens = False

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        notice = Notice.objects.filter(pk=pk, person=request.user).first()
        if notice is None:
            raise Http404
        services.mark_read(person_id=request.user.pk, notice_ids=[notice.pk])
        return redirect(notice.link) if self.opens else _back(request)


class AllReadView(LoginRequiredMixin, View):
    """Mark all read that was there when the list was shown."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        said = text_of(request.POST, "until")
        until = int(said) if said.isdecimal() and len(said) <= LONGEST_NUMBER else None
        count = services.mark_all_read(person_id=request.user.pk, until=until)
        words = ngettext("%(count)s notice marked read.", "%(count)s notices marked read.", count)
        messages.success(request, words % {"count": count})
        return redirect("notices:centre")


class PreferencesView(LoginRequiredMixin, View):
    """How one wants to be told of each group of notices; duties have no choice."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._show(request)

    def post(self, request: HttpRequest) -> HttpResponse:
        names = [group.value for group in Group if group != Group.DUTIES] + ["digest_days"]
        values = {name: text_of(request.POST, name) for name in names if name in request.POST}
        if Group.DUTIES.value in request.POST:
            values[Group.DUTIES.value] = text_of(request.POST, Group.DUTIES.value)
        version = text_of(request.POST, "version")
        try:
            services.change_preferences(
                actor=request.user,
                version=int(version) if version.isdecimal() and len(version) < 9 else -1,
                values=values,
            )
        except Refusal as refusal:
            return self._show(request, refusal)
        messages.success(request, _("Kept. From now on you are told this way."))
        return redirect("notices:preferences")

    def _show(self, request: HttpRequest, refusal: Refusal | None = None) -> HttpResponse:
        kept = preferences_of(request.user)
        ids = {group.value: f"choose-{group.value}" for group in Group}
        found: dict[str, Any] = {
            "choices": choices_of(kept),
            "days": days_of(kept),
            "version": kept.version,
            "hour": f"{settings.DIGEST_HOUR:02}:00",
            "email": request.user.email,
            "errors": summary_of(refusal.errors, ids) if refusal else [],
            "refused": refusal.detail if refusal and not refusal.errors else "",
            "crumbs": [
                {"label": _("Notices"), "url": reverse("notices:centre")},
                {"label": _("How you are told"), "url": ""},
            ],
        }
        status = refusal.status if refusal else 200
        return render(request, "notices/preferences.html", found, status=status)
