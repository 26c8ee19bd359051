"""What never bends, over one record: lines 3 to 7. The task's own, 1 and 2, are in ``records``.

Each takes a loaded ``Record`` and returns what the line says of it, or ``None`` where it
does not apply.
"""

from django.utils.translation import gettext_noop as noop

from approvals.invariants.finding import COMPLIED, Finding, exception
from approvals.invariants.record import Record
from approvals.models import Answer, snapshot
from approvals.policy.duties import asked_for_it
from approvals.vocabulary import SeatKind, Word
from common.canonical import canonical
from common.kept import Kept
from ledger.verification import break_in
from missions.vocabulary import FORCE, Capacity
from requests_app.vocabulary import Route

BROKEN = Kept(noop("The history does not hold: %(why)s."))

REFUSALS = frozenset({Word.NOT_APPROVE, Word.CANNOT_EXECUTE, Word.RETURN})


def _as_recorded(record: Record, given: Answer) -> bool:
    """Whether an answer still says what its entry in the ledger says."""
    entry = record.entry_of(given)
    if entry is None:
        return record.has_erased_answers  # two people erased its words; its digest stands
    said, now = record.said(entry), snapshot(given)
    both = [name for name in now if name in said]
    return canonical([said[name] for name in both]) == canonical([now[name] for name in both])


def decisions_stand_as_given(record: Record) -> Finding | None:
    """N3: a refusal has its reason; an answer is superseded, never edited, and not once started."""
    if not record.answers:
        return record.not_yet
    started = record.started
    for given in record.answers:
        number = record.number_of(given)
        if given.answer in REFUSALS and not given.remarks.strip():
            return exception(noop("A refusal was given without its reason."), number)
        if not _as_recorded(record, given):
            return exception(
                noop("An answer differs from what the ledger recorded of it."),
                number or record.chain.length,
            )
        if given.supersedes_id and started and (number or 0) > started.number:
            return exception(noop("An answer was superseded after the task had started."), number)
    recorded = [entry for entry in record.entries if entry.act == "step.answered"]
    if len(recorded) > len([given for given in record.answers if not given.supersedes_id]):
        return exception(noop("An answer that the ledger recorded is gone."), recorded[-1].number)
    return COMPLIED


def history_is_only_added_to(record: Record) -> Finding | None:
    """N4: every entry follows from the one before, by its hash, and none is missing."""
    broken = break_in(record.chain, record.entries)
    if broken is None:
        return COMPLIED
    return exception(BROKEN(why=broken.reason), broken.number)


def duties_are_separate(record: Record) -> Finding | None:
    """N5: nobody answers what they or their post asked for, nor in two seats of one request.

    Nor does a post decide on what its office asked for.
    """
    if not record.answers:
        return record.not_yet
    seats: dict[int, str] = {}
    for given in record.answers:
        number = record.number_of(given)
        if given.by_id == record.rfa.requested_by_id or asked_for_it(
            given.post_id, given.seat_kind, given.role, record.rfa
        ):
            return exception(noop("Whoever asked for it answered on it."), number)
        if seats.setdefault(given.by_id, given.seat) != given.seat:
            return exception(noop("One person answered in two seats."), number)
    return COMPLIED


def force_sees_it_after_the_decision(record: Record) -> Finding | None:
    """N6: the force has no part in a humanitarian actor's security request until it is approved.

    What is recorded tells who acted, and whether it is hidden from the force. Who read it is
    not recorded.
    """
    if record.rfa.route != Route.SECURITY_HUMANITARIAN:
        return None
    decided = record.number_of(record.decisions[0]) if record.decisions else None
    for entry in record.entries:
        if decided is not None and entry.number >= decided:
            break
        if entry.post is not None and entry.post.role in FORCE:
            return exception(
                noop("A post of the force acted on it before the decision."), entry.number
            )
    if record.approval is None and not record.rfa.hidden_from_force:
        return exception(noop("It is not hidden from the force."), record.asked_in)
    return COMPLIED if decided is not None else record.not_yet


def decisions_name_who_gave_them(record: Record) -> Finding | None:
    """N7: every decision names a person, the post held and the capacity; a delegate's, which."""
    findings = [given for given in record.answers if given.seat_kind == SeatKind.FINDING]
    given_ones = [*record.decisions, *findings]
    for given in given_ones:
        entry = record.entry_of(given)
        signed = (
            entry is not None
            and entry.actor_id == given.by_id
            and bool(entry.actor_name)
            and entry.post_id == given.post_id
            and entry.capacity == given.capacity != ""
        )
        named = given.capacity != Capacity.DELEGATE or given.delegation_id is not None
        if not signed or not named:
            return exception(
                noop("A decision does not name who gave it, in which post and capacity."),
                record.number_of(given) or record.chain.length,
            )
    return COMPLIED if given_ones else record.not_yet
