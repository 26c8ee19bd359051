"""One closed record leaves as a bag."""

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import FileResponse, HttpRequest
from django.views import View

from approvals.views.asking import found
from records.archive import pack_as_zip


class ArchiveView(LoginRequiredMixin, View):
    """Pack a closed record as a BagIt bag and hand it over as a ZIP file."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, reference: str) -> FileResponse:
        rfa = found(request, reference)
        return FileResponse(
            pack_as_zip(rfa=rfa, actor=request.user),
            as_attachment=True,
            filename=f"{rfa.reference}.zip",
        )
