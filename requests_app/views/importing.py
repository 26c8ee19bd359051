"""The pages that bring a mission's old spreadsheet in: upload, match, look over, bring in."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views import View

from common.canonical import sha256
from common.errors import Forbidden, Refusal
from common.pages import lines_of, summary_of
from missions.models import Mission
from requests_app import policy
from requests_app.importing import cells
from requests_app.importing.answers import KINDS
from requests_app.importing.bringing import Preview, bring_in, match, preview, upload
from requests_app.importing.matching import COLUMNS
from requests_app.importing.template import template_for
from requests_app.models import ImportRun

SHOWN_PROBLEMS = 200
SHOWN_ROWS = 20
MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _mission(request: HttpRequest) -> Mission:
    """Return the mission one brings lists into; raise ``Forbidden`` for who may not."""
    policy.may_import(request.user).enforce()
    standing = policy.imports_as(request.user)
    if standing is None:
        raise Forbidden
    return standing.post.mission


def _run(request: HttpRequest, run_id: UUID) -> ImportRun:
    found = ImportRun.objects.filter(pk=run_id, mission=_mission(request))
    run = found.select_related("mission", "by").first()
    if run is None:
        raise Http404
    return run


def _errors_of(refusal: Refusal, ids: dict[str, str] | None = None) -> list[dict[str, str]]:
    plain = [{"field_id": "", "field": "", "message": refusal.detail, "paragraph": ""}]
    return summary_of(refusal.errors, ids) or plain


def _crumbs(label: str = "") -> list[dict[str, str]]:
    first = {"label": _("Bring a list in"), "url": reverse("requests_app:import")}
    return [first, {"label": label}] if label else [{"label": first["label"]}]


class ImportView(LoginRequiredMixin, View):
    """What may be brought in and how; the template; upload; what was brought in before."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._show(request, _mission(request))

    def post(self, request: HttpRequest) -> HttpResponse:
        mission = _mission(request)
        sent = request.FILES.get("file")
        try:
            if sent is not None and (sent.size or 0) > cells.MOST_BYTES:
                content = b"\0" * (cells.MOST_BYTES + 1)
            else:
                content = sent.read() if sent is not None else b""
            run = upload(actor=request.user, name=str(sent.name) if sent else "", content=content)
        except Refusal as refusal:
            return self._show(request, mission, refusal)
        return redirect("requests_app:import-one", run.pk)

    def _show(
        self, request: HttpRequest, mission: Mission, refusal: Refusal | None = None
    ) -> HttpResponse:
        runs = ImportRun.objects.filter(mission=mission).select_related("by")
        page = lines_of(request, runs, ("-uploaded_at", "-id"), size=25)
        return render(
            request,
            "requests_app/import.html",
            {
                "crumbs": _crumbs(),
                "page": page,
                "runs": page.rows,
                "most_rows": cells.MOST_ROWS,
                "most_mb": cells.MOST_BYTES // 1048576,
                "errors": _errors_of(refusal, {"file": "file"}) if refusal else [],
            },
            status=refusal.status if refusal else 200,
        )


class TemplateView(LoginRequiredMixin, View):
    """The empty spreadsheet, with the mission's own lists."""

    def get(self, request: HttpRequest) -> HttpResponse:
        mission = _mission(request)
        response = HttpResponse(template_for(mission), content_type=MEDIA_TYPE)
        response["Content-Disposition"] = f'attachment; filename="{mission.code}-requests.xlsx"'
        return response


def box_of(heading: str) -> str:
    """Return the name of the box that says what a heading answers, whatever the heading says."""
    return f"match-{sha256(heading)[:12]}"


def _matched(found: Preview) -> list[dict[str, Any]]:
    examples: dict[str, str] = {}
    for column, heading in found.table.headings.items():
        for line in found.table.lines:
            if column in line.cells and not line.cells[column].empty:
                examples.setdefault(heading, line.cells[column].text[:60])
                break
    return [
        {
            "name": box_of(heading),
            "heading": heading,
            "example": examples.get(heading, ""),
            "chosen": name,
        }
        for heading, name in found.matching.items()
    ]


def _lines(found: Preview) -> list[dict[str, Any]]:
    lines = []
    for row in found.rows[:SHOWN_ROWS]:
        if row.there_as:
            becomes = _("There already, as %(reference)s") % {"reference": row.there_as}
        elif row.same_as:
            becomes = _("The same as row %(row)s: left out") % {"row": row.same_as}
        elif row.historical:
            becomes = _("History")
        else:
            becomes = _("Draft")
        lines.append({"row": row, "becomes": becomes})
    return lines


class OneImportView(LoginRequiredMixin, View):
    """One spreadsheet: how its columns are matched, what is wrong by cell, what would come in."""

    def get(self, request: HttpRequest, run_id: UUID) -> HttpResponse:
        return self.show(request, _run(request, run_id))

    def post(self, request: HttpRequest, run_id: UUID) -> HttpResponse:
        run = _run(request, run_id)
        matching = {
            heading: request.POST[box_of(heading)]
            for heading in run.matching
            if box_of(heading) in request.POST
        }
        try:
            match(
                run=run,
                actor=request.user,
                matching=matching,
                sheet=request.POST.get("sheet", ""),
                kind=request.POST.get("kind", ""),
                day_order=request.POST.get("day_order", ""),
            )
        except Refusal as refusal:
            return self.show(request, run, refusal)
        return redirect("requests_app:import-one", run.pk)

    def show(
        self, request: HttpRequest, run: ImportRun, refusal: Refusal | None = None
    ) -> HttpResponse:
        context: dict[str, Any] = {
            "crumbs": _crumbs(run.name),
            "run": run,
            "errors": _errors_of(refusal) if refusal else [],
        }
        if run.done_at is not None:
            rows = run.rows.select_related("rfa")[:SHOWN_ROWS]
            return render(request, "requests_app/import_done.html", {**context, "rows": rows})
        try:
            found = preview(run)
        except Refusal as unread:
            context["errors"] = context["errors"] or _errors_of(unread)
            return render(request, "requests_app/import_gone.html", context, status=unread.status)
        return render(
            request,
            "requests_app/import_one.html",
            {
                **context,
                "found": found,
                "matched": _matched(found),
                "columns": list(COLUMNS.values()),
                "kinds": [(kind.value, kind.label) for kind in KINDS],
                "lines": _lines(found),
                "more_rows": max(0, len(found.rows) - SHOWN_ROWS),
                "problems": found.problems[:SHOWN_PROBLEMS],
                "more_problems": max(0, len(found.problems) - SHOWN_PROBLEMS),
            },
            status=refusal.status if refusal else 200,
        )


class BringInView(OneImportView):
    """Bring every new row in, or nothing."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, run_id: UUID) -> HttpResponse:
        run = _run(request, run_id)
        try:
            found = bring_in(run=run, actor=request.user)
        except Refusal as refusal:
            return self.show(request, run, refusal)
        count = len(found.new)
        message = ngettext("%(count)s record came in.", "%(count)s records came in.", count)
        messages.success(request, message % {"count": count})
        return redirect("requests_app:import-one", run.pk)
