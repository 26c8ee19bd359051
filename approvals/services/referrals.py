"""Referrals: what UN-CIMIC and partners cannot resolve, to the HOMC and then the SRSG (P52).

While one is open no decision is taken; everything else on the route goes on.
"""

import datetime as dt
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from approvals import policy
from approvals.models import Referral, Step
from approvals.queries import put_to_first, referee_standing
from approvals.routing import decides, next_stage, of, pause_step
from approvals.services.people import hold_delegation
from approvals.services.telling import own_standing, told
from approvals.vocabulary import ReferralOutcome, StepState
from common.clock import now
from common.errors import FieldError, Incomplete, Malformed, NotNow
from ledger.services import append
from missions.models import Post, User
from missions.queries import Standing
from missions.vocabulary import Role
from requests_app.models import AssistanceRequest
from requests_app.services import locked, touch
from requests_app.vocabulary import Status


def _open(
    rfa: AssistanceRequest,
    put_to: Post,
    matter: str,
    actor: User,
    standing: Standing | None,
    follows: Referral | None = None,
) -> Referral:
    return Referral.objects.create(
        rfa=rfa,
        put_to=put_to,
        matter=matter,
        follows=follows,
        opened_by=actor,
        opened_post=standing.post if standing else None,
        opened_at=now(),
        due_at=now() + dt.timedelta(hours=rfa.mission.referral_hours),
    )


def _hold_the_decision(rfa: AssistanceRequest) -> list[Step]:
    """Put an open decision back to waiting; its clock stops."""
    steps = of(rfa, rfa.steps.filter(state=StepState.OPEN).order_by("pk"))
    return [pause_step(step) for step in steps if decides(step)]


@transaction.atomic
def refer(*, rfa: AssistanceRequest, actor: User, matter: str) -> Referral:
    """Refer a request that is still to be decided, with the matter in words.

    Raises ``Forbidden`` for who is no party to it, ``NotNow`` once it is decided or while it
    is referred already, ``Incomplete`` without the matter.
    """
    rfa = locked(rfa)
    policy.may_refer(actor, rfa).enforce()
    if not matter.strip():
        raise Incomplete(
            errors=[FieldError("matter", _("Say what could not be resolved, and why."), "52")],
            paragraph="52",
        )
    put_to = put_to_first(rfa)
    if put_to is None:
        raise NotNow(
            _("The mission has neither HOMC nor SRSG: ask the administrator."), paragraph="52"
        )
    standing = own_standing(actor, rfa)
    referral = _open(rfa, put_to, matter.strip(), actor, standing)
    held = _hold_the_decision(rfa)
    touch(rfa)
    append(
        chain_id=rfa.pk,
        act="referral.opened",
        actor=actor,
        standing=standing,
        payload=told(rfa, held, referral=referral.pk, put_to=put_to.pk, matter=referral.matter),
    )
    return referral


def _read(outcome: Any, resolution: Any) -> tuple[ReferralOutcome, str]:
    wrong, missing = [], []
    words = (ReferralOutcome.RESOLVED.value, ReferralOutcome.PASSED_ON.value)
    if outcome not in words:
        wrong.append(
            FieldError("outcome", _("Answer one of: %(words)s.") % {"words": ", ".join(words)})
        )
    if not isinstance(resolution, str):
        wrong.append(FieldError("resolution", _("Send a text.")))
    elif not resolution.strip():
        missing.append(
            FieldError("resolution", _("Say what was resolved, or why it goes on."), "52")
        )
    if wrong:
        raise Malformed(errors=wrong + missing)
    if missing:
        raise Incomplete(errors=missing, paragraph="52")
    return ReferralOutcome(outcome), resolution.strip()


def _close(
    referral: Referral, outcome: ReferralOutcome, words: str, actor: User, standing: Standing | None
) -> None:
    referral.outcome, referral.resolution = outcome, words
    referral.closed_by, referral.closed_at = actor, now()
    if standing is not None:
        referral.closed_post, referral.closed_as = standing.post, standing.capacity
        referral.delegation = standing.delegation
    referral.save()


@transaction.atomic
def resolve_referral(
    *, referral: Referral, actor: User, resolution: Any, outcome: Any = ReferralOutcome.RESOLVED
) -> Referral:
    """Resolve a referral with words, or pass it on to the SRSG; a held decision goes on.

    Returns the referral closed. Raises ``Forbidden`` for another post, ``NotNow`` if it is
    closed already or the SRSG would pass it on, ``Malformed`` and ``Incomplete``.
    """
    rfa = locked(referral.rfa)
    referral = rfa.referrals.select_related("put_to").get(pk=referral.pk)
    referral.rfa = rfa
    policy.may_resolve(actor, referral).enforce()
    word, words = _read(outcome, resolution)
    standing = referee_standing(actor, referral)
    if standing is not None:
        hold_delegation(standing)
    moved: list[Step] = []
    follow = None
    if word == ReferralOutcome.PASSED_ON:
        srsg = Post.objects.filter(mission=rfa.mission_id, role=Role.SRSG).order_by("pk").first()
        if srsg is None or srsg.pk in {referral.put_to_id, rfa.post_id}:
            raise NotNow(_("Nobody stands above to pass it on to: resolve it."), paragraph="52")
        _close(referral, word, words, actor, standing)
        follow = _open(rfa, srsg, referral.matter, actor, standing, follows=referral)
    else:
        _close(referral, word, words, actor, standing)
        moved = [] if rfa.status == Status.RETURNED else next_stage(rfa)
    touch(rfa)
    more = {"follow": follow.pk, "put_to": follow.put_to_id} if follow else {}
    append(
        chain_id=rfa.pk,
        act=f"referral.{word}",
        actor=actor,
        standing=standing,
        payload=told(rfa, moved, referral=referral.pk, resolution=words, **more),
    )
    return referral


def end_referrals(rfa: AssistanceRequest, actor: User) -> None:
    """Close what is still referred when the request itself is withdrawn."""
    for referral in rfa.referrals.filter(outcome=""):
        _close(
            referral,
            ReferralOutcome.WITHDRAWN,
            noop("The request was withdrawn."),
            actor,
            own_standing(actor, rfa),
        )
