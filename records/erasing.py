"""Erasing for good what some entries of a record say: asked by one, confirmed by another (P41)."""

from collections.abc import Collection

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from approvals.queries import visible_to
from common.clock import now
from common.errors import FieldError, Forbidden, Malformed, NotNow
from common.verdict import YES, Verdict, not_now
from ledger.models import Entry, ErasureRequest
from ledger.policy import erasing_as, may_answer_erasure, may_ask_erasure
from ledger.services import NEVER_ERASED, append, erase_payloads
from missions.models import User
from missions.queries import standing_in
from records.models import LegalHold
from requests_app.models import AssistanceRequest
from requests_app.vocabulary import Status

ENDED = frozenset({Status.CLOSED, Status.WITHDRAWN})
LONGEST = 2000


def may_be_erased_in(rfa: AssistanceRequest) -> Verdict:
    """Say whether a record has come to where something said in it may be erased."""
    if rfa.status not in ENDED:
        return not_now(_("Something said is erased after the record has ended."), "41")
    if LegalHold.objects.filter(rfa=rfa, lifted=None).exists():
        return not_now(_("A legal hold stands on the record: nothing in it is erased."), "41")
    return YES


def _entries(rfa: AssistanceRequest, numbers: Collection[int]) -> list[Entry]:
    """Return the entries asked for; raise ``Malformed`` for one that is not there or is kept."""
    found = list(
        Entry.objects.filter(chain=rfa.pk, number__in=numbers, payload__erasure=None).exclude(
            act__in=NEVER_ERASED
        )
    )
    lacking = sorted(set(numbers) - {entry.number for entry in found})
    if lacking or not found:
        raise Malformed(
            errors=[
                FieldError(
                    "entries",
                    _("Name entries of this record whose words are there: %(numbers)s.")
                    % {"numbers": ", ".join(map(str, lacking)) or "–"},
                    "41",
                )
            ]
        )
    return found


@transaction.atomic
def ask_erasure(
    *,
    rfa: AssistanceRequest,
    actor: User,
    numbers: Collection[int],
    reason: str,
    authority: str = "",
) -> ErasureRequest:
    """Ask that what some entries of an ended record say is erased for good.

    ``authority`` is the order or rule it rests on. Raises ``Forbidden`` for other posts,
    ``NotNow`` for a record that goes on or has such a request open, ``Malformed`` for entries
    that are not there or without a reason.
    """
    rfa = AssistanceRequest.objects.select_for_update(of=("self",)).get(pk=rfa.pk)
    may_ask_erasure(actor).enforce()
    may_be_erased_in(rfa).enforce()
    if not reason.strip() or max(len(reason), len(authority) * 10) > LONGEST:
        raise Malformed(errors=[FieldError("reason", _("Say why it is erased."), "41")])
    entries = _entries(rfa, numbers)
    if ErasureRequest.objects.filter(chain=rfa.pk, answered_at=None).exists():
        raise NotNow(_("An erasure in this record waits to be confirmed already."), paragraph="41")
    standing = erasing_as(actor)
    assert standing is not None
    asked = ErasureRequest.objects.create(
        chain_id=rfa.pk,
        numbers=sorted(entry.number for entry in entries),
        reason=reason.strip(),
        authority=authority.strip(),
        by=actor,
        post=standing.post,
        at=now(),
    )
    append(
        chain_id=rfa.pk,
        act="erasure.asked",
        actor=actor,
        standing=standing,
        payload={
            "entries": asked.numbers,
            "reason": asked.reason,
            "authority": asked.authority,
            "internal": True,
        },
    )
    return asked


def _open(request_id: int) -> ErasureRequest:
    """Lock and return a request that waits; raise ``NotNow`` for one that was answered."""
    asked = (
        ErasureRequest.objects.select_for_update(of=("self",))
        .select_related("by", "post__mission")
        .get(pk=request_id)
    )
    if asked.answered_at is not None:
        raise NotNow(_("This erasure was answered already."), paragraph="41")
    return asked


@transaction.atomic
def confirm_erasure(*, request_id: int, actor: User) -> ErasureRequest:
    """Erase what was asked for, as the second of two people.

    Everything is asked anew at this moment: that who asked still holds a post that may, that
    who confirms is the other, that the record has ended and its words are still there.
    """
    asked = _open(request_id)
    rfa = AssistanceRequest.objects.select_for_update(of=("self",)).get(pk=asked.chain_id)
    may_answer_erasure(actor, asked).enforce()
    asked_as = standing_in(asked.by, asked.post_id)
    if asked_as is None:
        raise Forbidden(
            _("Who asked for this erasure no longer holds the post: it is asked anew."),
            paragraph="41",
        )
    may_be_erased_in(rfa).enforce()
    confirmed_as = erasing_as(actor)
    assert confirmed_as is not None
    asked.erasure = erase_payloads(
        chain_id=rfa.pk,
        numbers=asked.numbers,
        asked_by=asked.by,
        asked_as=asked_as,
        asked_at=asked.at,
        confirmed_by=actor,
        confirmed_as=confirmed_as,
        reason=asked.reason,
        authority=asked.authority,
    )
    asked.answered_at, asked.answered_by = now(), actor
    asked.save(update_fields=["erasure", "answered_at", "answered_by"])
    return asked


@transaction.atomic
def refuse_erasure(*, request_id: int, actor: User, remarks: str) -> ErasureRequest:
    """Refuse an erasure with a reason; whoever asked may take it back the same way."""
    asked = _open(request_id)
    if actor.pk != asked.by_id:
        may_answer_erasure(actor, asked).enforce()
    if not remarks.strip() or len(remarks) > LONGEST:
        raise Malformed(errors=[FieldError("remarks", _("Say why it is not erased."), "41")])
    asked.answered_at, asked.answered_by, asked.remarks = now(), actor, remarks.strip()
    asked.save(update_fields=["answered_at", "answered_by", "remarks"])
    append(
        chain_id=asked.chain_id,
        act="erasure.refused",
        actor=actor,
        standing=erasing_as(actor),
        payload={"reason": asked.remarks, "internal": True},
    )
    return asked


def open_requests(person: User) -> QuerySet[ErasureRequest]:
    """Return the erasures that wait, of records the person sees, oldest first."""
    if not may_ask_erasure(person):
        return ErasureRequest.objects.none()
    return (
        ErasureRequest.objects.filter(answered_at=None, chain__in=visible_to(person).values("pk"))
        .select_related("chain", "by", "post")
        .order_by("at", "pk")
    )
