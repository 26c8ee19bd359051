"""What stands beside a request: files and messages."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views import View

from approvals import services
from approvals.forms.messages import INSIDE, OPENLY
from approvals.pages import page_of_record
from approvals.queries import files_of, visible_to, with_who_asks
from approvals.services.reading import keep_reading
from approvals.views.asking import found
from common.errors import Refusal
from common.pages import text_of
from common.serving import serve_file
from ledger.readings import PAGE
from missions.vocabulary import Classification
from requests_app.models import AssistanceRequest
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
    """Say something about a request. What is refused is kept to be sent again, with the reason."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, reference: str) -> HttpResponse:
        rfa = found(request, reference)
        text = text_of(request.POST, "text")
        audience = text_of(request.POST, "audience")
        mentions = request.POST.getlist("mentions")
        try:
            services.say(
                rfa=rfa,
                actor=request.user,
                text=text,
                internal=audience == INSIDE or "internal" in request.POST,
                mentions=mentions,
            )
        except Refusal as refusal:
            request.session[f"unsent:{rfa.pk}"] = {
                "text": text,
                "audience": audience or OPENLY,
                "mentions": mentions,
                "errors": [refusal.detail],
            }
        return _back(request, rfa, "messages")


class FileView(LoginRequiredMixin, View):
    """Serve a file to whoever may see its request; to anybody else it is not there.

    ``?show=1`` gives a picture to be drawn in the page; everything else is downloaded.
    """

    def get(
        self, request: HttpRequest, pk: UUID, reference: str = ""
    ) -> HttpResponse | FileResponse:
        seen = visible_to(request.user).filter(attachments=pk)
        rfa = with_who_asks(request.user, seen).first()
        kept = files_of(rfa).filter(pk=pk).first() if rfa else None
        if kept is None:
            raise Http404
        keep_reading(request.user, kept.rfa, PAGE)
        kept_by_reader = kept.rfa.classification == Classification.UNCLASSIFIED
        asked = request.headers.get("If-None-Match", "").removeprefix("W/")
        if kept_by_reader and asked == f'"{kept.digest}"':
            return HttpResponseNotModified()
        return serve_file(
            kept.file.open("rb"),
            name=kept.name,
            media_type=kept.media_type,
            inline="show" in request.GET,
            digest=kept.digest if kept_by_reader else "",
        )
