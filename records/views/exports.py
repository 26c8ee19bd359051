"""The pages of what was taken out: one's own exports, each with its end, and the dictionary."""

from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views import View

from common.kept import read_aloud
from common.pages import FragmentMixin, lines_of, said
from ledger.queries import history_of
from records.api.exports import (
    LATEST_FIRST,
    dictionary_file,
    file_of_export,
    own_export,
    shape_asked,
    take_out,
)
from records.exports.dictionary import dictionary_of
from records.filters import RegisterFilter
from records.models import ExportRun
from records.views.asking import crumbs_to

FORM_LABELS = {
    "csv": "CSV",
    "xlsx": "Excel",
    "json": "JSON",
    "geojson": "GeoJSON",
    "pdf": "PDF",
}
STATES: dict[str, tuple[Any, str]] = {
    "started": (gettext_lazy("Being sent"), "wait"),
    "finished": (gettext_lazy("Sent whole"), "good"),
    "cut": (gettext_lazy("Cut before its end"), "bad"),
    "asked": (gettext_lazy("Waits its turn"), "wait"),
    "running": (gettext_lazy("Being written"), "wait"),
    "ready": (gettext_lazy("Ready"), "good"),
    "failed": (gettext_lazy("Failed"), "bad"),
    "expired": (gettext_lazy("Removed after a week"), ""),
}
ACTS = {
    "export.started": gettext_lazy("Started"),
    "export.finished": gettext_lazy("Finished"),
    "export.cut": gettext_lazy("Cut"),
    "export.removed": gettext_lazy("File removed"),
}
UNDER_WAY = frozenset({"asked", "running", "started"})


# How an export is laid out is no question of the register.
LAYOUT: dict[str, Any] = {
    "columns": gettext_lazy("Columns"),
    "sort": gettext_lazy("Order"),
    "view": gettext_lazy("View"),
    "hxl": gettext_lazy("HXL tags"),
    "language": gettext_lazy("Language"),
}


def _asks(query: str) -> list[str]:
    """Say what an export asked: each question by its label, codes by their words."""
    found = []
    for name, answers in QueryDict(query).lists():
        known = RegisterFilter.base_filters.get(name)
        label = known.label if known is not None else LAYOUT.get(name, name)
        choices = dict(known.extra.get("choices", ())) if known is not None else {}
        words = ", ".join(str(choices.get(answer, answer)) for answer in answers)
        found.append(_("%(question)s: %(answer)s") % {"question": label, "answer": words})
    return found


def drawn(run: ExportRun) -> dict[str, Any]:
    """Return an export as a page shows it."""
    label, tone = STATES[run.state]
    return {
        "run": run,
        "url": reverse("records:export", args=[run.pk]),
        "form": FORM_LABELS.get(run.form, run.form),
        "state": label,
        "tone": tone,
        "asks": _asks(run.query) if run.form != "pdf" else [],
        "under_way": run.state in UNDER_WAY,
        "ready": run.state == "ready",
        "failure": read_aloud(run.failure),
    }


class ExportsView(LoginRequiredMixin, View):
    """One's own exports, the latest first."""

    def get(self, request: HttpRequest) -> HttpResponse:
        mine = ExportRun.objects.filter(by=request.user.pk)
        page = lines_of(request, mine, LATEST_FIRST, size=25)
        return render(
            request,
            "records/exports.html",
            {
                "crumbs": crumbs_to(_("My exports")),
                "lines": [drawn(run) for run in page.rows],
                "page": page,
            },
        )


class ExportView(LoginRequiredMixin, FragmentMixin, View):
    """One export: how far it is or how it ended, its rows, its SHA-256, its entries."""

    template_name = "records/export.html"
    fragment_name = "records/_export.html"

    def get(self, request: HttpRequest, export_id: Any) -> HttpResponse:
        run = own_export(request.user, export_id)
        entries = [
            {"text": ACTS.get(entry.act, entry.act), "entry": entry} for entry in history_of(run.pk)
        ]
        crumbs = crumbs_to(_("My exports"))
        crumbs[-1]["url"] = reverse("records:exports")
        crumbs.append({"label": _("Export")})
        return render(
            request,
            self.template_for(request),
            {"crumbs": crumbs, "line": drawn(run), "entries": entries},
        )


class ExportFileView(LoginRequiredMixin, View):
    """The file of one's own export, whole or in part."""

    def get(self, request: HttpRequest, export_id: Any) -> HttpResponseBase:
        return file_of_export(request, request.user, export_id)


class RegisterFileView(LoginRequiredMixin, View):
    """The register as shown, as a file; a long one is written while its own page waits."""

    form = "csv"

    def get(self, request: HttpRequest) -> HttpResponseBase:
        found = take_out(request.user, said(request.GET), self.form)
        if isinstance(found, ExportRun):
            return redirect("records:export", found.pk)
        return found


def _in_my_language(params: QueryDict) -> QueryDict:
    asked = params.copy()
    asked.setdefault("language", get_language() or "en")
    return asked


class DictionaryView(LoginRequiredMixin, View):
    """The data dictionary: what each column of an export is called, means and may hold."""

    def get(self, request: HttpRequest) -> HttpResponse:
        asked = _in_my_language(said(request.GET))
        shape = shape_asked(asked)
        views = [
            {"label": _("The register"), "url": "?", "current": not shape.view},
            {"label": _("4W view for partners"), "url": "?view=4w", "current": bool(shape.view)},
        ]
        return render(
            request,
            "records/dictionary.html",
            {
                "crumbs": crumbs_to(_("What the columns mean")),
                "columns": dictionary_of(shape),
                "views": views,
                "file_url": f"{reverse('records:dictionary-csv')}?{asked.urlencode()}",
            },
        )


class DictionaryFileView(LoginRequiredMixin, View):
    """The data dictionary as a CSV."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return dictionary_file(_in_my_language(said(request.GET)))
