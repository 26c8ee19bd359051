"""Answering, superseding, preparing and lapsing: what posts do at their steps."""

from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from approvals import policy
from approvals.answering import read_answer
from approvals.effects import carry_on
from approvals.models import Answer, PreparedAnswer, Step, grants_of, snapshot
from approvals.queries import overdue_advice, standing_at
from approvals.routing import next_stage
from approvals.services.people import hold_delegation
from approvals.services.telling import told
from approvals.vocabulary import APPROVALS, SeatKind, StepState, Word
from common.adding import add, change
from common.clock import now
from common.errors import FieldError, Malformed, NotNow, Stale
from common.prepared import Question, Told
from ledger.services import append
from missions.models import User
from missions.queries import first_standing
from requests_app.models import AssistanceRequest
from requests_app.services import locked, touch
from requests_app.vocabulary import Status

ASKED = Question(
    lambda: (
        Step.objects.filter(pk=Told("pk")).select_related("post", "current", "prepared").order_by()
    )
)


def _locked_step(step: Step) -> tuple[AssistanceRequest, Step]:
    """Lock the request, then read the step again: what was read before may have changed."""
    rfa = locked(step.rfa)
    again = ASKED.one(pk=step.pk)
    if again is None:
        raise Step.DoesNotExist(f"No step {step.pk}.")
    again.rfa = rfa
    return rfa, again


def _check_revision(rfa: AssistanceRequest, revision: Any) -> list[FieldError]:
    """List what is missing of the revision that was read; raise ``Stale`` for another one.

    Raises ``Malformed`` for what is no number.
    """
    if revision in (None, ""):
        return [FieldError("revision", _("Name the revision that you read, as shown."))]
    number = revision if isinstance(revision, int | str) else ""
    if isinstance(revision, bool) or not str(number).isdecimal():
        raise Malformed(
            errors=[FieldError("revision", _("Send the revision as a whole number, as shown."))]
        )
    if str(number) != str(rfa.revision):
        raise Stale(
            _(
                "You answered revision %(revision)s; the request is at revision %(current)s. Read "
                "what changed, then answer."
            )
            % {"revision": revision, "current": rfa.revision},
            yours=revision if isinstance(revision, int) else None,
            theirs=rfa.revision,
        )
    return []


def _record_answer(
    step: Step,
    actor: User,
    read: tuple[Word, str, list[str], dict[str, Any]],
    supersedes: Answer | None,
) -> Answer:
    """Add the answer and make it the one that stands; what it grants follows from the seat."""
    word, remarks, conditions, details = read
    standing = standing_at(actor, step)
    if standing is None:
        raise ValueError("Whoever answers has a standing in the step's post.")
    hold_delegation(standing)
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
    add([given])
    step.current, step.current_grants, step.state = given, given.grants, StepState.ANSWERED
    change(step, ["current", "current_grants", "state"])
    if hasattr(step, "prepared"):
        step.prepared.delete()
    return given


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
        raise NotNow(_("This step has been answered in the same moment: read it again.")) from error


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
    read = read_answer(
        step=step,
        rfa=rfa,
        word=word,
        remarks=remarks,
        conditions=conditions,
        details=details,
        lacking=_check_revision(rfa, revision),
    )
    given = _record_answer(step, actor, read, supersedes=None)
    opened = carry_on(rfa, step, read[0])
    touch(rfa)
    append(
        chain_id=rfa.pk,
        act="step.answered",
        actor=actor,
        standing=standing_at(actor, step),
        payload=told(rfa, opened, **snapshot(given)),
    )
    return given


_DECIDED = frozenset({Status.APPROVED, Status.NOT_APPROVED})


def _check_supersession(rfa: AssistanceRequest, step: Step, word: Word) -> None:
    """Refuse what a later answer can no longer do. Raises ``NotNow``."""
    if step.current is not None and Word.RETURN in {step.current.answer, word}:
        raise NotNow(_("A return has its effect at once: it is not superseded, nor given anew."))
    if rfa.status in _DECIDED and step.seat_kind in {
        SeatKind.REVIEW,
        SeatKind.ADVICE,
        SeatKind.BOARD,
    }:
        raise NotNow(_("The decision was given on the answer as it stands: it is kept."))


def _take_new_effect(rfa: AssistanceRequest, step: Step, word: Word) -> list[Step]:
    if step.seat_kind in {SeatKind.DECISION, SeatKind.TASKING}:
        if word in APPROVALS and rfa.status == Status.APPROVED:
            rfa.decided_at = now()
            return []
        return carry_on(rfa, step, word)
    if word in {Word.HELD, Word.NOT_HELD}:
        return carry_on(rfa, step, word)
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
    read = read_answer(
        step=step,
        rfa=rfa,
        word=word,
        remarks=remarks,
        conditions=conditions,
        details=details,
        lacking=_check_revision(rfa, revision),
    )
    _check_supersession(rfa, step, read[0])
    given = _record_answer(step, actor, read, supersedes=step.current)
    opened = _take_new_effect(rfa, step, read[0])
    touch(rfa)
    append(
        chain_id=rfa.pk,
        act="step.superseded",
        actor=actor,
        standing=standing_at(actor, step),
        payload=told(rfa, opened, **snapshot(given)),
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
    prepared, _made = PreparedAnswer.objects.update_or_create(
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
    touch(rfa)
    append(
        chain_id=rfa.pk,
        act="step.lapsed",
        actor=None,
        happened_at=step.due_at,
        payload=told(rfa, opened, step=step.pk, seat=step.seat),
    )
    return 1
