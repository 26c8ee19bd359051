"""The page of saved views: one's own, those shared in the mission, and a form to keep one."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views import View

from common.errors import Refusal
from common.pages import summary_of, text_of
from records.models import SavedView
from records.saved_views import change_view, delete_view, save_view, views_of
from records.views.asking import Asking, crumbs_to


def _view(request: HttpRequest, view_id: int) -> SavedView:
    view = views_of(request.user).filter(pk=view_id).first()
    if view is None:
        raise Http404
    return view


def _asks(request: HttpRequest, query: str) -> list[str]:
    """Say in words what a view asks."""
    return [chip["label"] for chip in Asking(request.user, QueryDict(query)).chips()]


def page_of_views(
    request: HttpRequest, refusal: Refusal | None = None, typed: dict[str, Any] | None = None
) -> HttpResponse:
    """Show the saved views, with what was typed and refused."""
    views = list(views_of(request.user))
    errors = summary_of(refusal.errors, {"name": "view-name"}) if refusal else []
    if refusal and not errors:
        errors = [{"field_id": "", "field": "", "message": refusal.detail, "paragraph": ""}]
    lines = [
        {
            "view": view,
            "url": f"{reverse('records:register')}?{view.query}",
            "mine": view.owner_id == request.user.pk,
        }
        for view in views
    ]
    return render(
        request,
        "records/saved_views.html",
        {
            "crumbs": crumbs_to(_("Saved views")),
            "mine": [line for line in lines if line["mine"]],
            "shared": [line for line in lines if not line["mine"]],
            "errors": errors,
            "typed": typed or {"query": request.GET.urlencode()},
            "asks": _asks(request, (typed or {}).get("query", request.GET.urlencode())),
        },
        status=refusal.status if refusal else 200,
    )


class SavedViewsView(LoginRequiredMixin, View):
    """List the views; keep the question in the address under a name."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return page_of_views(request)

    def post(self, request: HttpRequest) -> HttpResponse:
        typed = {
            "name": text_of(request.POST, "name"),
            "query": text_of(request.POST, "query"),
            "shared": bool(request.POST.get("shared")),
        }
        try:
            view = save_view(actor=request.user, **typed)
        except Refusal as refusal:
            return page_of_views(request, refusal, typed)
        messages.success(request, _("Kept as “%(name)s”.") % {"name": view.name})
        return redirect(f"{reverse('records:register')}?{view.query}")


class ChangeViewView(LoginRequiredMixin, View):
    """Rename one's own view, share it or no longer."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, view_id: int) -> HttpResponse:
        view = _view(request, view_id)
        try:
            change_view(
                actor=request.user,
                view=view,
                name=text_of(request.POST, "name"),
                query=view.query,
                shared=bool(request.POST.get("shared")),
            )
        except Refusal as refusal:
            return page_of_views(request, refusal)
        messages.success(request, _("Saved."))
        return redirect("records:views")


class DeleteViewView(LoginRequiredMixin, View):
    """Forget one's own view."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, view_id: int) -> HttpResponse:
        view = _view(request, view_id)
        delete_view(actor=request.user, view=view)
        messages.success(request, _("The view “%(name)s” is gone.") % {"name": view.name})
        return redirect("records:views")
