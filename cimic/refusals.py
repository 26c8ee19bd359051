"""What is answered when something of ours fails: in the API problem details, else a page."""

from django.http import HttpRequest, HttpResponseBase, HttpResponseServerError, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from common.problems import MEDIA_TYPE
from common.tracing import request_id


def failed(request: HttpRequest) -> HttpResponseBase:
    """Say that the fault is ours and that nothing was done; the log has the rest, by this id."""
    if not request.path.startswith("/api/"):
        return HttpResponseServerError(render_to_string("500.html", {"request_id": request_id()}))
    body = {
        "type": "about:blank",
        "title": _("Something of ours failed"),
        "status": 500,
        "detail": _("Nothing was done. Try again; if it fails again, tell the administrator when."),
        "request_id": request_id(),
    }
    return JsonResponse(body, status=500, content_type=MEDIA_TYPE)
