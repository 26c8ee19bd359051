"""What happens together when an approved task drifts, or a project is amended (P68)."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from approvals.queries import standing_at
from common.clock import now
from common.errors import FieldError, Incomplete, Malformed, Stale
from common.kept import Kept
from common.templatetags.cimic import money
from missions.models import Post, Unit, User
from missions.queries import Standing, standing_as
from missions.vocabulary import MISSION_UN_CIMIC
from records import policy
from records.models import ChangeAnswer, Task, TaskChange
from records.queries import authority_of, is_accepted, money_of, stage_waited_on
from records.services.recording import checked, record, task_of
from records.vocabulary import (
    AMENDS,
    DRIFT,
    WORDS_OF_STAGE,
    ChangeSort,
    ChangeStage,
    ChangeWord,
)
from requests_app.models import AssistanceRequest, UnitAtWork
from requests_app.services import locked, touch
from requests_app.vocabulary import Route

CARRIED_UNTIL = Kept(gettext_noop("Carried the task out until change %(number)s"))


def _posts_asked(rfa: AssistanceRequest, change: TaskChange) -> list[Post]:
    """Return the posts a change waits on now: mission UN-CIMIC, or the one that approved it."""
    stage = stage_waited_on(change)
    if stage == ChangeStage.COORDINATION:
        return list(
            Post.objects.filter(mission=rfa.mission_id, role__in=MISSION_UN_CIMIC).order_by("pk")
        )
    step = authority_of(rfa) if stage else None
    return [step.post] if step is not None else []


def _keep(rfa: AssistanceRequest, actor: User, task: Task, values: dict[str, Any]) -> TaskChange:
    """Write a change down, mark the task with it, and say on whom it waits."""
    if task.pk is None:
        checked(task)
    change: TaskChange = checked(
        TaskChange(task=task, number=task.changes.count() + 1, by=actor, at=now(), **values)
    )
    task.open_change, task.suspended = change, change.is_drift
    checked(task)
    touch(rfa)
    record(
        rfa,
        "task.change_declared",
        actor,
        change=change.number,
        sorts=change.sorts,
        what=change.what,
        suspended=task.suspended,
        waits_on=[post.pk for post in _posts_asked(rfa, change)],
        **{
            name: value.code if name == "new_unit" else value
            for name, value in values.items()
            if name.startswith("new_") and value
        },
    )
    return change


def _drift_lacks(rfa: AssistanceRequest, values: dict[str, Any]) -> list[FieldError]:
    sorts = values["sorts"]
    errors = []
    if not sorts or set(sorts) - set(DRIFT):
        errors.append(
            FieldError("changed", _("Say what changes: the place, the scope or the actor."), "68")
        )
    if not values["what"]:
        errors.append(FieldError("what", _("Say what changes, and why."), "68"))
    unit = values["new_unit"]
    if unit is not None and (unit.mission_id != rfa.mission_id or rfa.route == Route.QIP):
        errors.append(FieldError("new_unit", _("No such unit can carry this out.")))
    for name, sort in (
        ("new_place", ChangeSort.PLACE),
        ("new_unit", ChangeSort.ACTOR),
        ("new_partner", ChangeSort.ACTOR),
    ):
        if values[name] and sort not in sorts:
            errors.append(FieldError("changed", _("What is new must be among what changes.")))
    return errors


@transaction.atomic
def declare(
    *,
    rfa: AssistanceRequest,
    actor: User,
    sorts: Sequence[str],
    what: str,
    new_place: str = "",
    new_unit: Unit | None = None,
    new_partner: str = "",
) -> TaskChange:
    """Declare that a task's place, scope or actor changes: it goes back to coordination (P68).

    The task is suspended until UN-CIMIC, and where that changes what was approved whoever
    approved it, has answered. Raises ``Forbidden``, ``NotNow`` while another change waits,
    or ``Incomplete``.
    """
    rfa = locked(rfa)
    policy.may_declare(actor, rfa).enforce()
    values = {
        "sorts": [sort for sort in DRIFT if sort in sorts] if set(sorts) <= set(DRIFT) else [],
        "what": what.strip(),
        "new_place": new_place.strip(),
        "new_unit": new_unit,
        "new_partner": new_partner.strip(),
    }
    errors = _drift_lacks(rfa, values)
    if errors:
        raise Incomplete(errors=errors, paragraph="68")
    return _keep(rfa, actor, task_of(rfa), values)


def _amendment_lacks(
    rfa: AssistanceRequest,
    task: Task,
    new_cost: Decimal | None,
    new_end: dt.date | None,
    exception_reason: str,
) -> list[FieldError]:
    errors = []
    if new_cost is None and new_end is None:
        errors.append(FieldError("new_cost", _("Give the new cost, the new end, or both.")))
    known = money_of(rfa, task)
    if new_cost is not None:
        if new_cost < known.paid + known.contributions:
            errors.append(
                FieldError(
                    "new_cost",
                    _("%(sum)s is paid and contributed already: not less than that.")
                    % {"sum": money(known.paid + known.contributions, rfa.currency)},
                )
            )
        if new_cost > known.ceiling and not exception_reason.strip():
            errors.append(
                FieldError(
                    "exception_reason",
                    _("This is above the ceiling of %(ceiling)s: say why an exception is due.")
                    % {"ceiling": money(known.ceiling, rfa.currency)},
                )
            )
    began = task.started_on or task.planned_start
    if new_end is not None and began is not None and new_end < began:
        errors.append(FieldError("new_end", _("The end cannot be before the start.")))
    return errors


@transaction.atomic
def amend(
    *,
    rfa: AssistanceRequest,
    actor: User,
    reason: str,
    new_cost: Decimal | None = None,
    new_end: dt.date | None = None,
    exception_reason: str = "",
) -> TaskChange:
    """Propose another cost or end of a QIP; whoever approved the project answers it.

    Nothing of it holds before that. Above the mission's ceiling it needs a reason, kept with
    who approves it. Raises ``Forbidden``, ``NotNow`` or ``Incomplete``.
    """
    rfa = locked(rfa)
    policy.may_amend(actor, rfa).enforce()
    task = task_of(rfa)
    errors = _amendment_lacks(rfa, task, new_cost, new_end, exception_reason)
    if not reason.strip():
        errors.append(FieldError("reason", _("Say why it is to be amended."), "68"))
    if errors:
        raise Incomplete(errors=errors)
    given = {ChangeSort.COST: new_cost, ChangeSort.TIME: new_end}
    return _keep(
        rfa,
        actor,
        task,
        {
            "sorts": [sort for sort in AMENDS if given[sort] is not None],
            "what": reason.strip(),
            "new_cost": new_cost,
            "new_end": new_end,
            "exception_reason": exception_reason.strip(),
        },
    )


def _check_word(
    rfa: AssistanceRequest, change: TaskChange, stage: ChangeStage, word: str, remarks: str
) -> None:
    """Raise unless the word is the stage's, and UN-CIMIC decides only what is its own.

    A change of scope, and of a QIP's partner, always changes what was approved: UN-CIMIC sends
    it on or does not accept it.
    """
    words = WORDS_OF_STAGE[stage]
    alters = ChangeSort.SCOPE in change.sorts or (
        ChangeSort.ACTOR in change.sorts and rfa.route == Route.QIP
    )
    if word == ChangeWord.WITHIN and alters:
        raise Malformed(
            errors=[
                FieldError(
                    "answer",
                    _(
                        "A change of scope, or of a project's partner, changes what was approved: "
                        "send it on, or do not accept it."
                    ),
                    "30",
                )
            ]
        )
    if word not in words:
        raise Malformed(
            errors=[
                FieldError("answer", _("Answer one of: %(words)s.") % {"words": ", ".join(words)})
            ]
        )
    if word in {ChangeWord.NOT_ACCEPTED, ChangeWord.NOT_APPROVED} and not remarks.strip():
        raise Incomplete(
            errors=[FieldError("remarks", _("Say why it is not accepted."), "41")], paragraph="41"
        )


def _standing_for(actor: User, rfa: AssistanceRequest, stage: ChangeStage) -> Standing:
    step = authority_of(rfa)
    held = (
        standing_as(actor, *MISSION_UN_CIMIC, route=rfa.route)
        if stage == ChangeStage.COORDINATION or step is None
        else standing_at(actor, step)
    )
    if held is None:
        raise ValueError("Whoever may answer a change has a standing.")
    return held


def _apply(rfa: AssistanceRequest, task: Task, change: TaskChange, actor: User) -> None:
    """Let an accepted change hold: what it names new is from now on what was approved."""
    task.place = change.new_place or task.place
    task.partner = change.new_partner or task.partner
    task.planned_end = change.new_end or task.planned_end
    if change.new_cost is not None:
        task.approved_cost = change.new_cost
    if change.new_unit is not None and change.new_unit_id != rfa.tasked_unit_id:
        before = rfa.tasked_unit
        if before is not None and not rfa.units_at_work.filter(unit=before).exists():
            UnitAtWork.objects.create(
                rfa=rfa,
                unit=before,
                work=CARRIED_UNTIL(number=change.number),
                by=actor,
                at=now(),
            )
        rfa.tasked_unit = task.unit = change.new_unit


@transaction.atomic
def answer_change(
    *,
    rfa: AssistanceRequest,
    actor: User,
    answer: str,
    remarks: str = "",
    number: int | None = None,
) -> ChangeAnswer:
    """Answer the change that waits: UN-CIMIC first, then whoever approved the task (P68, P30).

    Once it waits for nobody the task goes on: as changed where that was accepted, else as it
    was approved. ``number`` names the change that was read. Raises ``Forbidden``, ``NotNow``,
    ``Stale`` if another change waits now, ``Malformed`` or ``Incomplete``.
    """
    rfa = locked(rfa)
    policy.may_answer_change(actor, rfa).enforce()
    task = task_of(rfa)
    change = task.open_change
    stage = stage_waited_on(change) if change is not None else None
    if change is None or stage is None:
        raise ValueError("A change that may be answered waits for somebody.")
    if number is not None and number != change.number:
        raise Stale(
            _("You read change %(number)s; now change %(current)s waits: read it, then answer.")
            % {"number": number, "current": change.number},
            yours=number,
            theirs=change.number,
        )
    _check_word(rfa, change, stage, answer, remarks)
    standing = _standing_for(actor, rfa, stage)
    given: ChangeAnswer = checked(
        ChangeAnswer(
            change=change,
            declared_by_id=change.by_id,
            stage=stage,
            word=answer,
            remarks=remarks.strip(),
            by=actor,
            post=standing.post,
            capacity=standing.capacity,
            at=now(),
        )
    )
    change = TaskChange.objects.get(pk=change.pk)
    over = stage_waited_on(change) is None
    if over:
        if is_accepted(change):
            _apply(rfa, task, change, actor)
        task.open_change, task.suspended = None, False
        checked(task)
    touch(rfa)
    record(
        rfa,
        "task.change_answered",
        actor,
        standing,
        change=change.number,
        sorts=change.sorts,
        stage=stage,
        answer=answer,
        remarks=given.remarks,
        suspended=task.suspended,
        over=over,
        accepted=over and is_accepted(change),
        declared_by=change.by_id,
        waits_on=[post.pk for post in _posts_asked(rfa, change)],
    )
    return given
