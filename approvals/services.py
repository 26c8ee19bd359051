"""What happens together when a record moves: submitted, answered, withdrawn, found on.

Each service locks the request first and reads the step again under that lock: of two
officers who answer at once, the second is told that the step has been answered. The entry
in the ledger is written in the same transaction, with the steps it opened, and from it
whoever must act is told.
"""

import datetime as dt
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction

from approvals import policy
from approvals.answering import read_answer
from approvals.models import Answer, PreparedAnswer, Process, Step, grants_of, snapshot
from approvals.moves import after
from approvals.queries import overdue_advice
from approvals.routing import (
    ask_again,
    end_route,
    lay_route,
    next_stage,
    open_stage,
    process_for,
    reopen_after,
    rest,
    route_for,
)
from approvals.vocabulary import APPROVALS, Act, Grant, SeatKind, StepState, Word
from common.canonical import canonical, sha256
from common.clock import iso, now
from common.errors import FieldError, Incomplete, NotNow, Stale
from ledger.services import append
from missions.models import Unit, User
from missions.queries import Standing, first_standing, standing_in
from requests_app.content import changes_between, content_of
from requests_app.files import keep_file
from requests_app.models import AssistanceRequest, Attachment, Message, Revision
from requests_app.policy import asking_as, is_own
from requests_app.services import (
    already_made,
    change_draft,
    check_requester,
    check_version,
    locked,
    new_extreme_situation,
    write_answers,
)
from requests_app.validation import missing_before_submission
from requests_app.vocabulary import Route, Status


def _own_standing(actor: User, rfa: AssistanceRequest) -> Standing | None:
    return standing_in(actor, rfa.post_id) or first_standing(actor)


def _touch(rfa: AssistanceRequest, **fields: Any) -> None:
    """Save the record with its new status and the next version."""
    for name, value in fields.items():
        setattr(rfa, name, value)
    rfa.version += 1
    rfa.changed_at = now()
    rfa.save()


def _told(rfa: AssistanceRequest, opened: list[Step], **more: Any) -> dict[str, Any]:
    """Return what an entry says of where the record now stands and whom it now waits on."""
    return {
        "status": rfa.status,
        "version": rfa.version,
        "opened": [
            {"step": step.pk, "post": step.post_id, "due_at": iso(step.due_at)}
            for step in opened
            if step.due_at
        ],
        **more,
    }


def _keep_revision(rfa: AssistanceRequest, actor: User) -> None:
    """Keep the words that posts are asked about, unless they are kept already."""
    text = canonical(content_of(rfa))
    if not rfa.revisions.filter(number=rfa.revision).exists():
        Revision.objects.create(
            rfa=rfa,
            number=rfa.revision,
            content=text,
            digest=sha256(text),
            made_by=actor,
            made_at=now(),
        )


@transaction.atomic
def submit(*, rfa: AssistanceRequest, actor: User, version: int | None = None) -> AssistanceRequest:
    """Send a draft on its route, or a returned request back to the stage that returned it.

    The process in force is copied into the request's steps and never read again for it.
    Raises ``Forbidden`` or ``NotNow`` by policy, ``Stale`` if a version is named that no
    longer stands, ``Incomplete`` with everything that is missing, each with its paragraph.
    """
    rfa = locked(rfa)
    policy.may_submit(actor, rfa).enforce()
    if version is not None:
        check_version(rfa, version)
    check_requester(rfa, actor)
    errors = missing_before_submission(rfa)
    if errors:
        raise Incomplete(errors=errors, paragraph=errors[0].paragraph)
    if rfa.status == Status.RETURNED:
        return _resubmit(rfa, actor)
    rfa.route = route_for(rfa)
    process = process_for(rfa.mission, rfa.route)
    rfa.submitted_at = now()
    rfa.hidden_from_force = rfa.route == Route.SECURITY_HUMANITARIAN
    first_status = process.definition.stages[0].status
    rfa.status = after(
        rfa.status, Act.SEEK_DECISION if first_status == Status.AWAITING_DECISION else Act.SUBMIT
    )
    rfa.save()
    _keep_revision(rfa, actor)
    lay_route(rfa, process)
    opened = next_stage(rfa)
    _touch(rfa)
    append(
        chain_id=rfa.pk,
        act="request.submitted",
        actor=actor,
        standing=_own_standing(actor, rfa),
        payload=_told(
            rfa,
            opened,
            revision=rfa.revision,
            content=content_of(rfa),
            route=rfa.route,
            process={"version": process.version, "digest": process.digest},
        ),
    )
    return rfa


def _resubmit(rfa: AssistanceRequest, actor: User) -> AssistanceRequest:
    _keep_revision(rfa, actor)
    waiting = rfa.steps.filter(state=StepState.WAITING).order_by("stage").first()
    if waiting is None:
        raise NotNow("The request has no stage to go back to.")
    rfa.status = after(
        rfa.status,
        {
            Status.IN_CONSULTATION: Act.CONSULT,
            Status.AWAITING_DECISION: Act.SEEK_DECISION,
        }.get(Status(waiting.stage_status), Act.SUBMIT),
    )
    opened = open_stage(rfa, waiting.stage)
    _touch(rfa)
    append(
        chain_id=rfa.pk,
        act="request.resubmitted",
        actor=actor,
        standing=_own_standing(actor, rfa),
        payload=_told(rfa, opened, revision=rfa.revision, content=content_of(rfa)),
    )
    return rfa


@transaction.atomic
def change(
    *, rfa: AssistanceRequest, actor: User, values: dict[str, Any], version: int
) -> AssistanceRequest:
    """Change a draft, or a returned request as a new revision, on the version it was read at.

    Raises ``Forbidden``, ``NotNow``, ``Stale`` or ``Malformed``; nothing is merged silently.
    """
    if rfa.status == Status.DRAFT:
        return change_draft(rfa=rfa, actor=actor, values=values, version=version)
    rfa = locked(rfa)
    policy.may_change(actor, rfa).enforce()
    check_version(rfa, version)
    before = content_of(rfa)
    write_answers(rfa, values)
    check_requester(rfa, actor)
    rfa = locked(rfa)
    changes = changes_between(before, content_of(rfa))
    if not changes:
        return rfa
    if rfa.route != route_for(rfa):
        raise NotNow(
            "On whose behalf it is asked decides the route: withdraw this and file another.",
            paragraph="39",
        )
    if rfa.revisions.filter(number=rfa.revision).exists():
        rfa.revision += 1
    _touch(rfa)
    append(
        chain_id=rfa.pk,
        act="request.changed",
        actor=actor,
        standing=_own_standing(actor, rfa),
        payload=_told(rfa, [], revision=rfa.revision, changes=changes),
    )
    return rfa


@transaction.atomic
def withdraw(*, rfa: AssistanceRequest, actor: User, reason: str = "") -> AssistanceRequest:
    """Take a request back before it is decided. Raises ``Forbidden`` or ``NotNow``."""
    rfa = locked(rfa)
    policy.may_withdraw(actor, rfa).enforce()
    end_route(rfa)
    _touch(rfa, status=after(rfa.status, Act.WITHDRAW))
    append(
        chain_id=rfa.pk,
        act="request.withdrawn",
        actor=actor,
        standing=_own_standing(actor, rfa),
        payload=_told(rfa, [], reason=reason),
    )
    return rfa


@transaction.atomic
def cancel(*, rfa: AssistanceRequest, actor: User, reason: str) -> AssistanceRequest:
    """Stop what was approved, with a reason. Raises ``Incomplete`` without one (P41)."""
    rfa = locked(rfa)
    policy.may_cancel(actor, rfa).enforce()
    if not reason.strip():
        raise Incomplete(
            errors=[FieldError("reason", "Say why what was approved is cancelled.", "41")],
            paragraph="41",
        )
    end_route(rfa)
    _touch(rfa, status=after(rfa.status, Act.CANCEL))
    append(
        chain_id=rfa.pk,
        act="request.cancelled",
        actor=actor,
        standing=_own_standing(actor, rfa),
        payload=_told(rfa, [], reason=reason.strip()),
    )
    return rfa


def _locked_step(step: Step) -> tuple[AssistanceRequest, Step]:
    """Lock the request, then read the step again: what was read before may have changed."""
    rfa = locked(step.rfa)
    again = rfa.steps.select_related("post", "current").get(pk=step.pk)
    again.rfa = rfa
    return rfa, again


def _check_revision(rfa: AssistanceRequest, revision: Any) -> None:
    """Raise ``Stale`` unless the answer names the revision that stands."""
    if revision is None:
        raise Incomplete(
            errors=[FieldError("revision", "Name the revision that you read, as shown.")]
        )
    if isinstance(revision, bool) or str(revision) != str(rfa.revision):
        raise Stale(
            f"You answered revision {revision}; the request is at revision {rfa.revision}. Read "
            "what changed, then answer.",
            yours=revision if isinstance(revision, int) else None,
            theirs=rfa.revision,
        )


def _record_answer(
    step: Step,
    actor: User,
    read: tuple[Word, str, list[str], dict[str, Any]],
    supersedes: Answer | None,
) -> Answer:
    """Add the answer and make it the one that stands; what it grants follows from the seat."""
    word, remarks, conditions, details = read
    standing = standing_in(actor, step.post_id)
    if standing is None:
        raise ValueError("Whoever answers has a standing in the step's post.")
    given = Answer(
        step=step,
        rfa=step.rfa,
        seat=step.seat,
        seat_kind=step.seat_kind,
        role=step.role,
        answer=word,
        grants=grants_of(step.seat_kind, step.role, word),
        remarks=remarks,
        conditions=conditions,
        details=details,
        revision=step.rfa.revision,
        by=actor,
        post=standing.post,
        capacity=standing.capacity,
        delegation=standing.delegation,
        supersedes=supersedes,
        at=now(),
    )
    given.save()
    step.current, step.current_grants, step.state = given, given.grants, StepState.ANSWERED
    step.save(update_fields=["current", "current_grants", "state"])
    PreparedAnswer.objects.filter(step=step).delete()
    return given


def _return(rfa: AssistanceRequest, step: Step) -> list[Step]:
    rfa.status = after(rfa.status, Act.RETURN)
    rest(rfa, step.stage)
    ask_again(step)
    return []


def _approve(rfa: AssistanceRequest, step: Step) -> list[Step]:
    was_refused = rfa.status == Status.NOT_APPROVED
    rfa.status = after(rfa.status, Act.APPROVE)
    rfa.decided_at = now()
    rfa.hidden_from_force = False
    if was_refused:
        reopen_after(step)
    return next_stage(rfa)


def _refuse(rfa: AssistanceRequest, step: Step) -> list[Step]:
    rfa.status = after(rfa.status, Act.NOT_APPROVE)
    rfa.decided_at = now()
    rfa.tasked_unit = None
    rfa.hidden_from_force = rfa.route == Route.SECURITY_HUMANITARIAN
    rfa.steps.filter(stage__gt=step.stage).exclude(state=StepState.SKIPPED).update(
        state=StepState.SUPERSEDED, current=None, current_grants=Grant.NOTHING
    )
    return []


def _accept_task(rfa: AssistanceRequest, step: Step) -> list[Step]:
    rfa.tasked_unit = Unit.objects.get(
        mission=rfa.mission_id,
        code=step.current.details["unit"],  # type: ignore[union-attr]
    )
    if rfa.route == Route.SECURITY_MISSION:
        rfa.status = after(rfa.status, Act.APPROVE)
        rfa.decided_at = now()
    return []


def _cannot_execute(rfa: AssistanceRequest, step: Step) -> list[Step]:
    """For a mission component that is the refusal; otherwise UN-CIMIC finds another unit."""
    rfa.tasked_unit = None
    return _refuse(rfa, step) if rfa.route == Route.SECURITY_MISSION else []


def _find(rfa: AssistanceRequest, act: Act) -> list[Step]:
    rfa.status = after(rfa.status, act)
    if act != Act.ACKNOWLEDGE:
        rfa.decided_at = now()
    return next_stage(rfa)


def _carry_on(rfa: AssistanceRequest, step: Step, word: Word) -> list[Step]:
    """Let an answer take effect on the record; return the steps it opened."""
    match word:
        case Word.RETURN:
            return _return(rfa, step)
        case Word.APPROVE | Word.APPROVE_WITH_CONDITIONS:
            return _approve(rfa, step)
        case Word.NOT_APPROVE:
            return _refuse(rfa, step)
        case Word.ACCEPT:
            return _accept_task(rfa, step)
        case Word.CANNOT_EXECUTE:
            return _cannot_execute(rfa, step)
        case Word.ACKNOWLEDGE:
            return _find(rfa, Act.ACKNOWLEDGE)
        case Word.HELD:
            return _find(rfa, Act.FIND_HELD)
        case Word.NOT_HELD:
            return _find(rfa, Act.FIND_NOT_HELD)
    return next_stage(rfa)


def answer(
    *,
    step: Step,
    actor: User,
    word: Any,
    revision: Any,
    remarks: Any = "",
    conditions: Any = None,
    details: Any = None,
) -> Answer:
    """Record a post's answer at its step and carry the request along its route.

    Raises ``Forbidden`` for who does not act for the post, asked for it themselves or has
    answered another seat; ``NotNow`` if the step is not open; ``Stale`` if another revision
    was read; ``Malformed`` and ``Incomplete`` with all that is wrong or missing.
    """
    try:
        with transaction.atomic():
            return _answer(step, actor, word, revision, remarks, conditions, details)
    except IntegrityError as error:
        raise NotNow("This step has been answered in the same moment: read it again.") from error


def _answer(
    step: Step,
    actor: User,
    word: Any,
    revision: Any,
    remarks: Any,
    conditions: Any,
    details: Any,
) -> Answer:
    rfa, step = _locked_step(step)
    policy.may_answer(actor, step).enforce()
    _check_revision(rfa, revision)
    read = read_answer(
        step=step, rfa=rfa, word=word, remarks=remarks, conditions=conditions, details=details
    )
    given = _record_answer(step, actor, read, supersedes=None)
    opened = _carry_on(rfa, step, read[0])
    _touch(rfa)
    append(
        chain_id=rfa.pk,
        act="step.answered",
        actor=actor,
        standing=standing_in(actor, step.post_id),
        payload=_told(rfa, opened, **snapshot(given)),
    )
    return given


_DECIDED = frozenset({Status.APPROVED, Status.NOT_APPROVED})


def _check_supersession(rfa: AssistanceRequest, step: Step, word: Word) -> None:
    """Refuse what a later answer can no longer do. Raises ``NotNow``."""
    if step.current is not None and Word.RETURN in {step.current.answer, word}:
        raise NotNow("A return has its effect at once: it is not superseded, nor given anew.")
    if rfa.status in _DECIDED and step.seat_kind in {
        SeatKind.REVIEW,
        SeatKind.ADVICE,
        SeatKind.BOARD,
    }:
        raise NotNow("The decision was given on the answer as it stands: it is kept.")


def _take_new_effect(rfa: AssistanceRequest, step: Step, word: Word) -> list[Step]:
    if step.seat_kind in {SeatKind.DECISION, SeatKind.TASKING}:
        if word in APPROVALS and rfa.status == Status.APPROVED:
            rfa.decided_at = now()
            return []
        return _carry_on(rfa, step, word)
    if word in {Word.HELD, Word.NOT_HELD}:
        return _carry_on(rfa, step, word)
    return []


@transaction.atomic
def supersede(
    *,
    step: Step,
    actor: User,
    word: Any,
    revision: Any,
    remarks: Any = "",
    conditions: Any = None,
    details: Any = None,
) -> Answer:
    """Give a new answer beside the old one, before the task has started.

    The old answer stays. Raises as ``answer`` does, and ``NotNow`` once the task has
    started or the old answer has had an effect that cannot be taken back.
    """
    rfa, step = _locked_step(step)
    policy.may_supersede(actor, step).enforce()
    _check_revision(rfa, revision)
    read = read_answer(
        step=step, rfa=rfa, word=word, remarks=remarks, conditions=conditions, details=details
    )
    _check_supersession(rfa, step, read[0])
    given = _record_answer(step, actor, read, supersedes=step.current)
    opened = _take_new_effect(rfa, step, read[0])
    _touch(rfa)
    append(
        chain_id=rfa.pk,
        act="step.superseded",
        actor=actor,
        standing=standing_in(actor, step.post_id),
        payload=_told(rfa, opened, **snapshot(given)),
    )
    return given


@transaction.atomic
def prepare(
    *,
    step: Step,
    actor: User,
    word: str,
    remarks: str = "",
    conditions: Any = None,
    details: Any = None,
) -> PreparedAnswer:
    """Put an answer ready for the post to give; it decides nothing and tells nobody else.

    Raises ``Forbidden`` outside the post's office, ``NotNow`` if the step is not open,
    ``Malformed`` and ``Incomplete`` as giving it would.
    """
    rfa, step = _locked_step(step)
    policy.may_prepare(actor, step).enforce()
    word, remarks, conditions, details = read_answer(
        step=step, rfa=rfa, word=word, remarks=remarks, conditions=conditions, details=details
    )
    prepared, _ = PreparedAnswer.objects.update_or_create(
        step=step,
        defaults={
            "answer": word,
            "remarks": remarks,
            "conditions": conditions,
            "details": details,
            "by": actor,
            "at": now(),
        },
    )
    append(
        chain_id=rfa.pk,
        act="step.prepared",
        actor=actor,
        standing=first_standing(actor),
        payload={"step": step.pk, "answer": word},
    )
    return prepared


def lapse_overdue_advice() -> int:
    """Record 'no advice by the limit' on every advice step past it, and go on (P32).

    Safe to run twice and after missed runs: each step is read again under the request's
    lock, and lapses once. Returns how many lapsed.
    """
    lapsed = 0
    for step in overdue_advice(now()).select_related("rfa")[:500]:
        lapsed += _lapse(step)
    return lapsed


@transaction.atomic
def _lapse(step: Step) -> int:
    rfa, step = _locked_step(step)
    if step.state != StepState.OPEN or not step.may_lapse or step.due_at is None:
        return 0
    if step.due_at > now():
        return 0
    step.state = StepState.LAPSED
    step.save(update_fields=["state"])
    opened = next_stage(rfa)
    _touch(rfa)
    append(
        chain_id=rfa.pk,
        act="step.lapsed",
        actor=None,
        happened_at=step.due_at,
        payload=_told(rfa, opened, step=step.pk, seat=step.seat),
    )
    return 1


def report_extreme_situation(
    *, actor: User, values: dict[str, Any], request_id: UUID | None = None
) -> AssistanceRequest:
    """Report help already given to prevent loss of life, injury or property (P40).

    Recorded at once, whatever the delay, and put to UN-CIMIC and then to the DSRSG/RC/HC's
    office for a finding. The same ``request_id`` by the same person returns the first
    report. ``values`` are those of ``ExtremeSituationForm``.
    """
    made = already_made(request_id, actor) if request_id else None
    if made is not None:
        return made
    try:
        return _report(actor, dict(values), request_id)
    except IntegrityError:
        made = already_made(request_id, actor) if request_id else None
        if made is None:
            raise
        return made


@transaction.atomic
def _report(actor: User, values: dict[str, Any], request_id: UUID | None) -> AssistanceRequest:
    harm, acted_at, action_taken = (
        values.pop(name) for name in ("harm", "acted_at", "action_taken")
    )
    rfa = new_extreme_situation(
        actor=actor,
        values={"description": action_taken, **values},
        harm=harm,
        acted_at=acted_at,
        action_taken=action_taken,
        request_id=request_id,
    )
    process: Process = process_for(rfa.mission, Route.EXTREME_SITUATION)
    lay_route(rfa, process)
    opened = next_stage(rfa)
    _touch(rfa)
    append(
        chain_id=rfa.pk,
        act="extreme.reported",
        actor=actor,
        standing=asking_as(actor),
        happened_at=acted_at,
        payload=_told(
            rfa,
            opened,
            harm=harm,
            acted_at=iso(acted_at),
            action_taken=action_taken,
            title=rfa.title,
            place=rfa.place,
            minutes_until_reported=_minutes(acted_at, now()),
        ),
    )
    return rfa


def _minutes(first: dt.datetime, last: dt.datetime) -> int:
    return int((last - first).total_seconds() // 60)


@transaction.atomic
def attach(
    *,
    rfa: AssistanceRequest,
    actor: User,
    upload: UploadedFile | None,
    caption: str = "",
) -> Attachment:
    """Keep a file beside a request. Raises ``Forbidden``, ``NotNow`` or ``Malformed``."""
    rfa = locked(rfa)
    policy.may_speak(actor, rfa).enforce()
    kept = keep_file(rfa=rfa, actor=actor, upload=upload, caption=caption)
    append(
        chain_id=rfa.pk,
        act="file.attached",
        actor=actor,
        standing=_own_standing(actor, rfa),
        payload={"file": str(kept.pk), "name": kept.name, "size": kept.size, "sha256": kept.digest},
    )
    return kept


@transaction.atomic
def say(*, rfa: AssistanceRequest, actor: User, text: str, internal: bool = False) -> Message:
    """Say something about a request, to all who see it or among the mission's posts alone.

    Raises ``Incomplete`` without a text, ``Forbidden`` if a partner would speak inside the
    mission.
    """
    rfa = locked(rfa)
    policy.may_speak(actor, rfa).enforce()
    if not text.strip():
        raise Incomplete(errors=[FieldError("text", "Write the message.")])
    policy.may_speak_inside(actor, internal).enforce()
    standing = _own_standing(actor, rfa)
    message = Message.objects.create(
        rfa=rfa,
        text=text.strip(),
        internal=internal,
        by=actor,
        post=standing.post if standing else None,
        at=now(),
    )
    append(
        chain_id=rfa.pk,
        act="message.said",
        actor=actor,
        standing=standing,
        payload={
            "message": str(message.pk),
            "internal": internal,
            "text_sha256": sha256(message.text),
            "own": is_own(actor, rfa),
        },
    )
    return message
