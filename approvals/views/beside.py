"""What stands beside a request: files and messages."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views import View

from approvals import services
from approvals.pages import page_of_record
from approvals.queries import visible_to
from approvals.views.asking import found
from common.errors import Refusal
from common.pages import text_of
from requests_app.models import AssistanceRequest, Attachment
from requests_app.policy import is_own
from requests_app.vocabulary import Status


def _back(request: HttpRequest, rfa: AssistanceRequest, place: str) -> HttpResponse:
    mine = is_own(request.user, rfa)
    if mine and rfa.status == Status.RETURNED and request.POST.get("from") == "form":
        response = redirect("approvals:edit", rfa.reference)
    else:
        response = redirect(page_of_record(rfa, mine=mine))
    response["Location"] += f"#{place}"
    return response


class AttachView(LoginRequiredMixin, View):
    """Keep one or more files beside a request; each that is not taken says why."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, reference: str) -> HttpResponse:
        rfa = found(request, reference)
        uploads = request.FILES.getlist("file") or [None]
        for upload in uploads:
            name = upload.name if upload else ""
            try:
                kept = services.attach(
                    rfa=rfa,
                    actor=request.user,
                    upload=upload,
                    caption=text_of(request.POST, "caption"),
                )
                messages.success(request, _("Attached: %(name)s.") % {"name": kept.name})
            except Refusal as refusal:
                messages.error(request, f"{name}: {refusal.detail}" if name else refusal.detail)
        return _back(request, rfa, "files")


class SayView(LoginRequiredMixin, View):
    """Say something about a request."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, reference: str) -> HttpResponse:
        rfa = found(request, reference)
        try:
            services.say(
                rfa=rfa,
                actor=request.user,
                text=text_of(request.POST, "text"),
                internal="internal" in request.POST,
            )
        except Refusal as refusal:
            messages.error(request, refusal.detail)
        return _back(request, rfa, "messages")


class FileView(LoginRequiredMixin, View):
    """Serve a file to whoever may see its request; to anybody else it is not there."""

    def get(
        self, request: HttpRequest, pk: UUID, reference: str = ""
    ) -> HttpResponse | FileResponse:
        kept = Attachment.objects.filter(pk=pk, rfa__in=visible_to(request.user)).first()
        if kept is None:
            raise Http404
        return FileResponse(
            kept.file.open("rb"),
            as_attachment=True,
            filename=kept.name,
            content_type=kept.media_type,
        )
