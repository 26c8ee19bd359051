"""One answer on several requests: each an answer of its own, or refused with its reason."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from approvals import policy
from approvals.models import Answer, Step
from approvals.policy.together import TOGETHER
from approvals.services.answers import answer
from approvals.vocabulary import SeatKind, Verified
from common.errors import FieldError, Incomplete, Malformed, Refusal
from missions.models import User
from requests_app.services import locked

MOST_TOGETHER = 50
# Whoever was on the spot says so request by request (R22).
VERIFIED_TOGETHER = (Verified.REPORTED, Verified.NOT_VERIFIED)


@dataclass(frozen=True)
class AsRead:
    """A step to answer, and the revision of its request that was read."""

    step: Step
    revision: Any


@dataclass(frozen=True)
class Outcome:
    """What came of one step: the answer given, or why it was not."""

    step: Step
    given: Answer | None = None
    refusal: Refusal | None = None


def check_word(word: Any) -> None:
    """Refuse an answer that is never given on several at once; raise ``Malformed`` (P41)."""
    known = sorted({each.value for words in TOGETHER.values() for each in words})
    if word not in known:
        told = _("On several at once, answer one of: %(known)s.") % {"known": ", ".join(known)}
        raise Malformed(errors=[FieldError("answer", told)])


def answer_together(
    *,
    actor: User,
    word: Any,
    asked: Iterable[AsRead],
    remarks: Any = "",
    verified: Any = "",
) -> list[Outcome]:
    """Give one answer at several steps, each with a revision check and an entry of its own.

    Each is a transaction: one that is refused leaves the others standing. ``verified`` goes with
    reviews alone. Raises ``Malformed`` if nothing, too much, or an answer that is never given
    together is asked.
    """
    check_word(word)
    chosen = {one.step.pk: one for one in asked}
    if not chosen:
        raise Malformed(errors=[FieldError("steps", _("Choose what to answer."))])
    if len(chosen) > MOST_TOGETHER:
        most = _("Answer at most %(most)s at once.") % {"most": MOST_TOGETHER}
        raise Malformed(errors=[FieldError("steps", most)])
    # Locks are taken in one order, so that two people who answer together never wait in a ring.
    in_order = sorted(chosen.values(), key=lambda one: (str(one.step.rfa_id), one.step.pk))
    return [_outcome(one, actor, word, remarks, verified) for one in in_order]


def _outcome(one: AsRead, actor: User, word: str, remarks: Any, verified: Any) -> Outcome:
    try:
        return Outcome(one.step, given=_one(one, actor, word, remarks, verified))
    except Refusal as refusal:
        return Outcome(one.step, refusal=refusal)


@transaction.atomic
def _one(one: AsRead, actor: User, word: str, remarks: Any, verified: Any) -> Answer:
    rfa = locked(one.step.rfa)
    step = Step.objects.select_related("post", "current", "prepared").get(pk=one.step.pk)
    step.rfa = rfa
    policy.may_answer(actor, step).enforce()
    policy.may_answer_together(step, word).enforce()
    return answer(
        step=step,
        actor=actor,
        word=word,
        revision=one.revision,
        remarks=remarks,
        details=_details(step, verified),
    )


def _details(step: Step, verified: Any) -> dict[str, Any]:
    """Say with a review how the need was verified: never on site for several at once (R22)."""
    if step.seat_kind != SeatKind.REVIEW:
        return {}
    if verified not in VERIFIED_TOGETHER:
        known = ", ".join(word.value for word in VERIFIED_TOGETHER)
        raise Incomplete(
            errors=[
                FieldError(
                    "verified",
                    _("Say how the need was verified: %(known)s.") % {"known": known},
                    "R22",
                )
            ]
        )
    return {"verified": str(verified)}
