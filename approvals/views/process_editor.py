"""The editor of a draft process: rows that work without a script, checked as one types."""

from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views import View

from approvals import policy, services
from approvals.definition import Definition, Difference, differences, read_sent
from approvals.forms.processes import Typed, reshape, typed_process, with_codes
from approvals.models import Process
from approvals.pages.processes import (
    blames_by_place,
    check_for_page,
    choices_for,
    errors_by_place,
    rows_for_page,
    summary_for_page,
)
from approvals.services.checking import check_in, roles_held
from approvals.views.processes import found
from common.errors import FieldError, Malformed, Refusal, Stale
from common.pages import text_of


@dataclass
class Sheet:
    """What lies in the editor: the rows as typed, what cannot be read, what is refused."""

    typed: Typed
    reason: str
    edit: int
    errors: list[FieldError] = field(default_factory=list)
    refusal: Refusal | None = None
    kept: list[Difference] | None = None
    unsaved: bool = False
    reshaped: bool = False


def _sheet(request: HttpRequest, process: Process) -> Sheet:
    said = text_of(request.POST, "edit")
    return Sheet(
        typed=typed_process(request.POST),
        reason=text_of(request.POST, "reason"),
        edit=int(said) if said.isdecimal() and len(said) < 9 else process.edit,
        unsaved=True,
    )


def _read(process: Process, sheet: Sheet) -> Definition | None:
    """Read what was typed; what cannot be read is put beside its box."""
    try:
        return read_sent(with_codes(sheet.typed), roles=roles_held(process.mission))
    except Malformed as refusal:
        sheet.errors = refusal.errors
        return None


def _context(process: Process, sheet: Sheet) -> dict[str, Any]:
    definition = _read(process, sheet)
    checked = check_in(process.mission, process.route, definition) if definition else []
    errors = errors_by_place(sheet.errors)
    shown = {} if sheet.reshaped else errors
    blames = blames_by_place(checked)
    choices = choices_for(process.mission, process.route)
    return {
        "process": process,
        "sheet": sheet,
        "name": sheet.typed["name"],
        "name_errors": shown.get("name", []),
        "stages": rows_for_page(sheet.typed, choices, shown, blames),
        "no_stages": shown.get("stages", []),
        "check": check_for_page(checked) if definition else None,
        "unreadable": sum(map(len, errors.values())),
        "summary": summary_for_page(errors),
        "changed": differences(process.based_on.definition, definition)
        if definition and process.based_on
        else [],
    }


class EditView(LoginRequiredMixin, View):
    """Change a draft. Buttons add, remove and move; nothing typed is lost, nothing is merged."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        process = found(request, pk)
        policy.may_change_process(request.user, process).enforce()
        sheet = Sheet(process.definition.as_json(), process.reason, process.edit)
        return self._show(request, process, sheet)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        process = found(request, pk)
        policy.may_change_process(request.user, process).enforce()
        sheet = _sheet(request, process)
        do = text_of(request.POST, "do")
        if do == "save":
            return self._save(request, process, sheet)
        sheet.typed, sheet.reshaped = reshape(sheet.typed, do, process.route), do != "check"
        return self._show(request, process, sheet)

    def _save(self, request: HttpRequest, process: Process, sheet: Sheet) -> HttpResponse:
        definition = _read(process, sheet)
        try:
            if definition is None:
                raise Malformed(errors=sheet.errors)
            services.change_process(
                process=process,
                actor=request.user,
                edit=sheet.edit,
                content=definition.as_json(),
                reason=sheet.reason,
            )
        except Stale as refusal:
            process = found(request, process.pk)
            sheet.refusal, sheet.edit = refusal, process.edit
            if definition is not None:
                sheet.kept = differences(process.definition, definition)
        except Refusal as refusal:
            sheet.refusal = refusal
        else:
            return self._saved(request, process, definition)
        return self._show(request, process, sheet)

    def _saved(
        self, request: HttpRequest, process: Process, definition: Definition
    ) -> HttpResponse:
        checked = check_in(process.mission, process.route, definition)
        broken = sum(len(one.breaches) for one in checked)
        if broken:
            words = ngettext(
                "Saved. One rule is broken: nobody can sign it yet.",
                "Saved. %(count)s rules are broken: nobody can sign it yet.",
                broken,
            )
            messages.warning(request, words % {"count": broken})
            return redirect("approvals:process-edit", process.pk)
        messages.success(request, _("Saved. Every rule holds: it may be signed."))
        return redirect("approvals:process", process.pk)

    def _show(self, request: HttpRequest, process: Process, sheet: Sheet) -> HttpResponse:
        return render(
            request,
            "approvals/process_edit.html",
            _context(process, sheet),
            status=sheet.refusal.status if sheet.refusal else 200,
        )


class CheckView(LoginRequiredMixin, View):
    """Check what lies in the editor, and keep nothing: the panel, and the words beside seats."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        process = found(request, pk)
        policy.may_change_process(request.user, process).enforce()
        context = _context(process, _sheet(request, process))
        return render(request, "approvals/_process_checked.html", context)
