"""The archive: what is due, held, transferred and disposed of; a record's place in it; its bag."""

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views import View

from approvals.views.asking import found
from common.errors import Refusal
from common.pages import labels_of, lines_of, summary_of, text_of
from common.reading import ReadForm, is_plain
from missions.models import Mission, User
from records import archive_deeds
from records.archive import pack_as_zip
from records.archive.disposal import asked_for
from records.archive.keeping import end_class, set_class
from records.archive.policy import (
    may_archive,
    may_ask_disposal,
    may_confirm_disposal,
    may_hold,
    may_keep,
    may_read_archive,
    may_set_classes,
)
from records.archive.retention import (
    Part,
    classes_in_use,
    counts_of,
    kept_for,
    mission_of_archive,
    part_of,
    today_of,
)
from records.archive.showing import line_of, place_of, stub_of
from records.models import RetentionAction, RetentionClass, Trigger
from records.pages import history_for_page
from requests_app.models import AssistanceRequest
from requests_app.vocabulary import Kind

BY_DUE = ("due_on", "id")


def _reader(request: HttpRequest) -> tuple[User, Mission]:
    person = request.user
    may_read_archive(person).enforce()
    mission = mission_of_archive(person)
    if mission is None:
        raise Http404
    return person, mission


def _record(person: User, reference: str) -> AssistanceRequest:
    if not is_plain(reference):
        raise Http404
    rfa = kept_for(person).filter(reference__iexact=reference).first()
    if rfa is None:
        raise Http404
    return rfa


class BagView(LoginRequiredMixin, View):
    """Pack a closed record as a BagIt bag and hand it over as a ZIP file."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, reference: str) -> FileResponse:
        rfa = found(request, reference)
        return FileResponse(
            pack_as_zip(rfa=rfa, actor=request.user),
            as_attachment=True,
            filename=f"{rfa.reference}.zip",
        )


class ArchiveView(LoginRequiredMixin, View):
    """The closed records by when they are due, part by part."""

    def get(self, request: HttpRequest) -> HttpResponse:
        person, mission = _reader(request)
        today, rows = today_of(person), kept_for(person)
        counts = counts_of(rows, today)
        wanted = text_of(request.GET, "part")
        part = Part(wanted) if wanted in Part.values else Part.DUE
        page = lines_of(request, part_of(rows, part, today), BY_DUE)
        here = reverse("records:archives")
        return render(
            request,
            "records/archives.html",
            {
                "tabs": [
                    {
                        "label": each.label,
                        "count": counts[each],
                        "url": f"{here}?part={each}",
                        "current": each == part,
                    }
                    for each in Part
                ],
                "part": part,
                "lines": [{"rfa": rfa, **line_of(rfa, today)} for rfa in page.rows],
                "page": page,
                "has_classes": classes_in_use(mission).exists(),
                "has_examples": classes_in_use(mission).filter(is_example=True).exists(),
            },
        )


class PlaceView(LoginRequiredMixin, View):
    """One record's place in the archive, with every deed that is open to the reader."""

    def get(self, request: HttpRequest, reference: str) -> HttpResponse:
        person, _mission = _reader(request)
        return show_place(request, _record(person, reference))


def show_place(
    request: HttpRequest,
    rfa: AssistanceRequest,
    act: str = "",
    form: ReadForm | None = None,
    refusal: Refusal | None = None,
) -> HttpResponse:
    """Show a record's place; with a refusal, the form as it was sent and what is wrong in it."""
    person = request.user
    forms: dict[str, ReadForm] = {
        name: each(auto_id=f"{name}-%s", initial=archive_deeds.initial_receipt(rfa))
        for name, (each, _deed, _done) in archive_deeds.DEEDS.items()
    }
    errors: list[dict[str, str]] = []
    if refusal and form is not None:
        forms[act] = form
        for error in refusal.errors:
            if error.field in form.fields and not form.errors.get(error.field):
                form.add_error(error.field, error.message)
        ids = {name: form[name].auto_id for name in form.fields}
        errors = summary_of(refusal.errors, ids, labels_of(form))
    if refusal and not errors:
        said = {"message": refusal.detail, "paragraph": refusal.paragraph}
        errors = [{"field_id": "", "field": "", **said}]
    asked = asked_for(rfa)
    return render(
        request,
        "records/archive_place.html",
        {
            "rfa": rfa,
            "place": place_of(rfa, today_of(person)),
            "forms": forms,
            "errors": errors,
            "classes": classes_in_use(rfa.mission),
            "may_keep": may_keep(person, rfa),
            "may_pack": may_archive(person),
            "may_hold": may_hold(person, rfa),
            "may_ask": may_ask_disposal(person, rfa) if asked is None else None,
            "asked": asked,
            "may_confirm": may_confirm_disposal(person, rfa, asked) if asked else None,
            "is_mine": asked is not None and asked.by_id == person.pk,
            "actions": RetentionAction,
            "crumbs": [
                {"label": _("Archive"), "url": reverse("records:archives")},
                {"label": rfa.reference},
            ],
        },
        status=refusal.status if refusal else 200,
    )


def show_stub(request: HttpRequest, rfa: AssistanceRequest) -> HttpResponse:
    """Show what is left of a record that was disposed of."""
    return render(
        request,
        "records/disposed.html",
        {
            "rfa": rfa,
            "stub": stub_of(rfa),
            **history_for_page(request, rfa),
            "crumbs": [
                {"label": _("Register"), "url": reverse("records:register")},
                {"label": rfa.reference},
            ],
        },
    )


class ArchiveDeedView(LoginRequiredMixin, View):
    """Do one deed of the archive; what is refused comes back with the reason."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, reference: str, act: str) -> HttpResponse:
        person, _mission = _reader(request)
        rfa = _record(person, reference)
        if act not in archive_deeds.DEEDS:
            raise Http404
        form_class, deed, done = archive_deeds.DEEDS[act]
        form = form_class(request.POST, auto_id=f"{act}-%s")
        try:
            deed(rfa, person, form.values())
        except Refusal as refusal:
            return show_place(request, _record(person, reference), act, form, refusal)
        messages.success(request, done)
        return redirect("records:archive-place", rfa.reference)


class LiftView(LoginRequiredMixin, View):
    """Lift a legal hold."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, reference: str, hold_id: int) -> HttpResponse:
        person, _mission = _reader(request)
        rfa = _record(person, reference)
        try:
            archive_deeds.lift(rfa, person, hold_id, request.POST)
        except Refusal as refusal:
            return show_place(request, rfa, refusal=refusal)
        messages.success(request, _("The hold is lifted."))
        return redirect("records:archive-place", rfa.reference)


class ClassesView(LoginRequiredMixin, View):
    """The mission's retention schedule: its lines, and a form to add or change one."""

    def get(self, request: HttpRequest) -> HttpResponse:
        _person, mission = _reader(request)
        changed = self._changed(mission, text_of(request.GET, "change"))
        initial = archive_deeds.values_of(changed) if changed else {"kinds": [], "number": 1}
        return self._show(request, mission, archive_deeds.ClassForm(initial=initial), changed)

    def post(self, request: HttpRequest) -> HttpResponse:
        person, mission = _reader(request)
        changed = self._changed(mission, text_of(request.POST, "changed"))
        form = archive_deeds.ClassForm(request.POST)
        try:
            may_set_classes(person).enforce()
            if "end" in request.POST and changed is not None:
                end_class(actor=person, line=changed)
            else:
                set_class(actor=person, mission=mission, values=form.values(), changed=changed)
        except Refusal as refusal:
            return self._show(request, mission, form, changed, refusal)
        messages.success(request, _("The schedule is changed."))
        return redirect("records:retention-classes")

    def _changed(self, mission: Mission, code: str) -> RetentionClass | None:
        return RetentionClass.objects.filter(mission=mission, code=code, ended_at=None).first()

    def _show(
        self,
        request: HttpRequest,
        mission: Mission,
        form: archive_deeds.ClassForm,
        changed: RetentionClass | None,
        refusal: Refusal | None = None,
    ) -> HttpResponse:
        errors: list[dict[str, str]] = []
        if refusal:
            for error in refusal.errors:
                if error.field in form.fields and not form.errors.get(error.field):
                    form.add_error(error.field, error.message)
            ids = {name: form[name].auto_id for name in form.fields}
            errors = summary_of(refusal.errors, ids, labels_of(form))
        chosen = form.data.get("kinds", "").split(",") if form.is_bound else form.initial["kinds"]
        return render(
            request,
            "records/retention_classes.html",
            {
                "classes": RetentionClass.objects.filter(mission=mission),
                "form": form,
                "changed": changed,
                "errors": errors,
                "kinds": Kind.choices,
                "chosen": chosen,
                "triggers": Trigger.choices,
                "may_set": may_set_classes(request.user),
                "crumbs": [
                    {"label": _("Archive"), "url": reverse("records:archives")},
                    {"label": _("Retention classes")},
                ],
            },
            status=refusal.status if refusal else 200,
        )
