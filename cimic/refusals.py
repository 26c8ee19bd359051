"""What is answered when something of ours fails: in the API problem details, else a page."""

import sys
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from common.outages import outage_of
from common.problems import MEDIA_TYPE
from common.tracing import request_id

# More than this is not carried in a page that is shown once.
MOST_WORDS = 200_000


def failed(request: HttpRequest) -> HttpResponseBase:
    """Say that nothing was done, and why; the log has the rest, by the request's id.

    An outage is told as one (503, 507), with when to try again; the rest is ours (500). Nothing
    here may need the database, which perhaps is what failed.
    """
    with translation.override(translation.get_language_from_request(request)):
        outage = outage_of(sys.exc_info()[1])
        is_api = request.path.startswith("/api/")
        if outage is None:
            return _problem_of_ours() if is_api else _page("500.html", 500)
        answer = (
            _problem(str(outage.title), outage.status, outage.detail)
            if is_api
            else _page("outage.html", outage.status, outage=outage, pairs=_words(request))
        )
        answer["Retry-After"] = str(type(outage).retry_after)
        return answer


def _problem_of_ours() -> HttpResponse:
    return _problem(
        _("Something of ours failed"),
        500,
        _("Nothing was done. Try again; if it fails again, tell the administrator when."),
    )


def _problem(title: str, status: int, detail: str) -> HttpResponse:
    body = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": detail,
        "request_id": request_id(),
    }
    return JsonResponse(body, status=status, content_type=MEDIA_TYPE)


def _page(template: str, status: int, **context: Any) -> HttpResponse:
    page = render_to_string(template, {"request_id": request_id(), **context})
    return HttpResponse(page, status=status)


def _words(request: HttpRequest) -> list[tuple[str, str]]:
    """Return what a form brought, to be sent again from the page; no passwords, and no files."""
    if request.method != "POST" or "X-Autosave" in request.headers:
        return []
    try:
        sent = [(name, value) for name, values in request.POST.lists() for value in values]
    except Exception:  # whatever kept it from being read, the page must still be shown
        return []
    secret = any("password" in name for name, _value in sent)
    too_long = sum(len(str(value)) for _name, value in sent) > MOST_WORDS
    return [] if secret or too_long else [(name, str(value)) for name, value in sent]
