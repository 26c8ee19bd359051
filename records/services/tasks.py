"""What happens together when a task is planned, started, reported on and completed."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from approvals.invariants import approval_of, capability_of, tasking_of
from approvals.models import Step
from approvals.moves import after
from approvals.vocabulary import Act
from common.clock import now
from common.errors import FieldError, Incomplete, Malformed
from missions.calendar import local_day
from missions.models import Unit, User
from missions.queries import standing_as
from missions.vocabulary import MISSION_UN_CIMIC, Role
from records import policy
from records.models import ConditionCheck, Progress, Task, Visit, VisitPhoto
from records.queries import conditions_of
from records.services.changes import declare
from records.services.recording import checked, not_to_come, record, task_of
from requests_app.files import MEDIA_TYPES, keep_file
from requests_app.models import AssistanceRequest, Attachment, UnitAtWork
from requests_app.services import locked, touch


def _keep_the_agreement(task: Task, values: dict[str, Any]) -> None:
    """Raise ``Malformed`` for another agreement once the partner was paid under this one."""
    names = ("agreement_signed_on", "agreement_reference")
    changed = [name for name in names if name in values and values[name] != getattr(task, name)]
    if changed:
        raise Malformed(
            errors=[
                FieldError(name, _("The partner was paid under the agreement on record."))
                for name in changed
            ]
        )


@transaction.atomic
def plan(*, rfa: AssistanceRequest, actor: User, values: dict[str, Any]) -> Task:
    """Plan an approved task: its days, how it is done, and a QIP's agreement with the partner.

    ``values`` may hold planned_start, planned_end, plan, agreement_signed_on and
    agreement_reference. With the agreement the mission's instalments are fixed. Raises
    ``Forbidden``, ``NotNow`` or ``Malformed``.
    """
    rfa = locked(rfa)
    policy.may_plan(actor, rfa).enforce()
    task = task_of(rfa)
    if task.pk and task.instalments.exists():
        _keep_the_agreement(task, values)
    if values.get("agreement_signed_on"):
        not_to_come(rfa, "agreement_signed_on", values["agreement_signed_on"])
        task.instalment_percents = task.instalment_percents or rfa.mission.instalment_percents
    for name, value in values.items():
        setattr(task, name, value)
    checked(task)
    touch(rfa)
    record(rfa, "task.planned", actor, **values)
    return task


def _rest_on(task: Task, name: str, step: Step | None) -> None:
    """Let the task name an answer that allows it, with what that grants and whose it is."""
    if step is not None:
        setattr(task, name, step.current)
        setattr(task, f"{name}_grants", step.current_grants)
        setattr(task, f"{name}_role", step.role)


@transaction.atomic
def start(*, rfa: AssistanceRequest, actor: User, started_on: dt.date | None = None) -> Task:
    """Start the task, on the very answers that allow it.

    Raises ``NotNow`` with its paragraph until the competent authority has approved (P30,
    P39), DMS/CMS has answered (P36) and the force is tasked; ``Forbidden`` for others than
    the tasked unit and UN-CIMIC. The database refuses the same.
    """
    rfa = locked(rfa)
    policy.may_start(actor, rfa).enforce()
    day = started_on or local_day(rfa.mission)
    if day > local_day(rfa.mission):
        raise Malformed(
            errors=[FieldError("started_on", _("This day is still to come: start on the day."))]
        )
    approved_on = local_day(rfa.mission, rfa.decided_at) if rfa.decided_at else day
    if day < approved_on:
        raise Malformed(
            errors=[
                FieldError(
                    "started_on",
                    _("It was approved on %(approved_on)s: not before.")
                    % {"approved_on": date_format(approved_on, "SHORT_DATE_FORMAT")},
                    "30",
                )
            ]
        )
    task = task_of(rfa)
    _rest_on(task, "approval", approval_of(rfa))
    _rest_on(task, "capability", capability_of(rfa))
    _rest_on(task, "tasking", tasking_of(rfa))
    task.started_on, task.started_by = day, actor
    checked(task)
    touch(rfa, status=after(rfa.status, Act.START))
    record(
        rfa,
        "task.started",
        actor,
        started_on=day,
        unit=task.unit.code if task.unit else None,
        rests_on={
            "approval": task.approval_id,
            "capability": task.capability_id,
            "tasking": task.tasking_id,
        },
    )
    return task


@transaction.atomic
def report_progress(
    *,
    rfa: AssistanceRequest,
    actor: User,
    text: str,
    percent: int | None = None,
    changed: Sequence[str] = (),
    change: str = "",
) -> Progress:
    """Report how far a task has come. Raises ``Incomplete`` without a text.

    ``changed`` names what of place, scope and actor is no longer as approved: the task is then
    suspended and goes back to coordination with the same deed (P68).
    """
    rfa = locked(rfa)
    policy.may_report(actor, rfa).enforce()
    if not text.strip():
        raise Incomplete(errors=[FieldError("text", _("Say what was done."), "68")])
    progress = checked(
        Progress(task=rfa.task, text=text.strip(), percent=percent, by=actor, at=now())
    )
    touch(rfa)
    record(rfa, "task.progress", actor, text=progress.text, percent=percent)
    if changed:
        declare(rfa=rfa, actor=actor, sorts=changed, what=change or text)
    return progress


@transaction.atomic
def tick_condition(
    *,
    rfa: AssistanceRequest,
    actor: User,
    answer: int,
    number: int,
    met: bool,
    remark: str = "",
) -> ConditionCheck:
    """Tick a condition off, or record that it was not met (P68)."""
    rfa = locked(rfa)
    policy.may_report(actor, rfa).enforce()
    known = {(condition["answer"], condition["number"]) for condition in conditions_of(rfa)}
    if (answer, number) not in known:
        raise Malformed(errors=[FieldError("number", _("There is no such condition here."))])
    if not met and not remark.strip():
        raise Incomplete(errors=[FieldError("remark", _("Say why it was not met."), "68")])
    check = ConditionCheck.objects.create(
        task=rfa.task,
        answer_id=answer,
        number=number,
        met=met,
        remark=remark.strip(),
        by=actor,
        at=now(),
    )
    touch(rfa)
    record(rfa, "condition.checked", actor, answer=answer, number=number, met=met, remark=remark)
    return check


def _photos(
    rfa: AssistanceRequest,
    actor: User,
    uploads: Sequence[UploadedFile],
    photos: Sequence[UUID],
) -> list[Attachment]:
    """Keep new photos, and find those that lie beside the record already.

    Raises ``Malformed`` for a file that is no picture, is not of this record, or is bound to
    another visit.
    """
    found = list(rfa.attachments.filter(pk__in=photos, visit_photo=None))
    if len(found) != len(set(photos)):
        raise Malformed(
            errors=[
                FieldError("photos", _("Name files of this record that belong to no other visit."))
            ]
        )
    kept = [*found, *(keep_file(rfa=rfa, actor=actor, upload=upload) for upload in uploads)]
    pictures = {kind for kind in MEDIA_TYPES.values() if kind.startswith("image/")}
    if any(file.media_type not in pictures for file in kept):
        raise Malformed(errors=[FieldError("photos", _("A photo is a JPEG, PNG or WebP picture."))])
    return kept


@transaction.atomic
def record_visit(
    *,
    rfa: AssistanceRequest,
    actor: User,
    visited_on: dt.date,
    findings: str,
    uploads: Sequence[UploadedFile] = (),
    photos: Sequence[UUID] = (),
) -> Visit:
    """Record a monitoring visit, what was found and the photos taken (P68).

    ``uploads`` are new files, ``photos`` name files that lie beside the record already.
    """
    rfa = locked(rfa)
    policy.may_watch(actor, rfa).enforce()
    not_to_come(rfa, "visited_on", visited_on)
    if not findings.strip():
        raise Incomplete(errors=[FieldError("findings", _("Say what was found."), "68")])
    visit = Visit.objects.create(
        task=rfa.task, visited_on=visited_on, findings=findings.strip(), by=actor, at=now()
    )
    files = _photos(rfa, actor, uploads, photos)
    for file in files:
        VisitPhoto.objects.create(visit=visit, file=file)
    touch(rfa)
    record(
        rfa,
        "task.visited",
        actor,
        visited_on=visited_on,
        findings=visit.findings,
        photos=[{"file": str(file.pk), "sha256": file.digest} for file in files],
    )
    return visit


@transaction.atomic
def add_unit(*, rfa: AssistanceRequest, actor: User, unit: Unit | None, work: str) -> UnitAtWork:
    """Put a further unit to work on a task, with its part of the work.

    It then sees the record and reports on it as the tasked unit does. Raises ``Forbidden``,
    ``NotNow``, ``Incomplete`` or ``Malformed``.
    """
    rfa = locked(rfa)
    policy.may_add_unit(actor, rfa).enforce()
    if not work.strip():
        raise Incomplete(errors=[FieldError("work", _("Say what this unit does."), "68")])
    if unit is None or unit.mission_id != rfa.mission_id:
        raise Malformed(errors=[FieldError("unit", _("Choose a unit of the mission."))])
    if unit.pk == rfa.tasked_unit_id or rfa.units_at_work.filter(unit=unit).exists():
        raise Malformed(errors=[FieldError("unit", _("This unit works on the task already."))])
    added = UnitAtWork.objects.create(rfa=rfa, unit=unit, work=work.strip(), by=actor, at=now())
    touch(rfa)
    standing = standing_as(actor, Role.OPS, *MISSION_UN_CIMIC, route=rfa.route)
    record(rfa, "task.unit_added", actor, standing, unit=unit.code, work=added.work)
    return added


@transaction.atomic
def complete(
    *,
    rfa: AssistanceRequest,
    actor: User,
    completed_on: dt.date | None = None,
    result: str = "",
    people: dict[str, int | None] | None = None,
    actual_cost: Decimal | None = None,
) -> Task:
    """Complete a task, with the day, the result and the people reached (P41)."""
    rfa = locked(rfa)
    policy.may_report(actor, rfa).enforce()
    day = completed_on or local_day(rfa.mission)
    not_to_come(rfa, "completed_on", day, "41")
    task = rfa.task
    if task.started_on and day < task.started_on:
        raise Malformed(
            errors=[
                FieldError(
                    "completed_on",
                    _("It started on %(started_on)s: not before.")
                    % {"started_on": date_format(task.started_on, "SHORT_DATE_FORMAT")},
                    "41",
                )
            ]
        )
    task.completed_on, task.completed_by = day, actor
    task.result = result.strip()
    task.actual_cost = actual_cost  # type: ignore[assignment]
    for name, count in (people or {}).items():
        setattr(task, name, count)
    checked(task)
    touch(rfa, status=after(rfa.status, Act.COMPLETE))
    record(
        rfa,
        "task.completed",
        actor,
        completed_on=day,
        result=task.result,
        people=people or {},
        actual_cost=actual_cost,
    )
    return task
