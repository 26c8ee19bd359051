"""What is answered when something of ours fails: in the API problem details, else a page."""

from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.utils.translation import gettext as _
from django.views.defaults import server_error

from common.problems import MEDIA_TYPE


def failed(request: HttpRequest) -> HttpResponseBase:
    """Say that the fault is ours and that nothing was done; the log has the rest."""
    if not request.path.startswith("/api/"):
        return server_error(request)
    body = {
        "type": "about:blank",
        "title": _("Something of ours failed"),
        "status": 500,
        "detail": _("Nothing was done. Try again; if it fails again, tell the administrator when."),
    }
    return JsonResponse(body, status=500, content_type=MEDIA_TYPE)
