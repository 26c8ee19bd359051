"""The policy over one record: what was asked, and how it was put on its route.

One small function a row, named by its paragraph. Each takes a loaded ``Record`` and returns
what the row says of it, or ``None`` where it does not apply.
"""

from django.utils.translation import gettext_noop as noop

from approvals.invariants.finding import COMPLIED, Finding, exception
from approvals.invariants.record import CIVIL, Record
from approvals.models import ProcessState
from approvals.queries.priorities import falls_under
from approvals.vocabulary import SeatCondition, SeatKind, StepState, Word
from common.kept import Kept
from missions.vocabulary import Classification, Role
from requests_app.vocabulary import Kind, SupportType

DROPPED = Kept(noop("A stage was dropped: %(seats)s."))
LACKS = Kept(noop("It lacks %(what)s."))
BEFORE_ANSWER = Kept(noop("It was decided before %(seat)s was answered."))

IN_USE = frozenset({ProcessState.BASELINE, ProcessState.PROMULGATED})


def classified_with_care(record: Record) -> Finding | None:
    """P15: it carries a classification, and what touches protection is not left open to all."""
    rfa = record.rfa
    if rfa.protection and rfa.classification == Classification.UNCLASSIFIED:
        return exception(
            noop("It is marked for the protection of civilians and yet unclassified."),
            record.asked_in,
        )
    return COMPLIED


def priorities_were_shared(record: Record) -> Finding | None:
    """P28.1: the priorities of the DSRSG/RC/HC's office were there to draft by."""
    if record.rfa.kind not in CIVIL:
        return None
    if record.priorities is None:
        return exception(
            noop("No priorities were in force when it was submitted."),
            record.number("request.submitted"),
        )
    return COMPLIED


def consistent_with_priorities(record: Record) -> Finding | None:
    """P34: it falls under a priority, or whoever approved it all the same said why.

    Weighed by the set that was in force, and known, when it was submitted. What was refused
    is consistent.
    """
    if record.rfa.kind not in CIVIL or record.priorities is None:
        return None
    if record.decision is None:
        return record.not_yet
    given = record.approval
    matched = any(
        falls_under(record.rfa, priority) for priority in record.priorities.priorities.all()
    )
    if matched or given is None or given.remarks.strip():
        return COMPLIED
    return exception(
        noop(
            "It falls under none of the mission's priorities, and was approved without a word "
            "on why."
        ),
        record.number_of(given),
    )


def through_the_missions_mechanism(record: Record) -> Finding | None:
    """P35: a humanitarian or development request travelled by the mission's own process."""
    rfa = record.rfa
    asked = getattr(rfa, "civil_assistance", None)
    supports = asked is not None and asked.support_type == SupportType.PARTNER_SUPPORT
    if rfa.kind not in CIVIL or not (
        rfa.humanitarian or supports or record.asking_role == Role.PARTNER
    ):
        return None
    by_it = all(
        step.process.mission_id == rfa.mission_id
        and step.process.route == rfa.route
        and step.process.state in IN_USE
        for step in record.steps
    )
    if record.steps and by_it:
        return COMPLIED
    return exception(noop("It did not travel by the mission's process."), record.asked_in)


def same_process_in_a_disaster(record: Record) -> Finding | None:
    """P37: a disaster names its event and drops no stage of the process."""
    rfa = record.rfa
    if not rfa.disaster:
        return None
    if rfa.disaster_event_id is None and not rfa.disaster_name.strip():
        return exception(noop("It does not say which disaster it answers."), record.asked_in)
    asked = {step.seat for step in record.steps if step.state != StepState.SKIPPED}
    dropped = [
        step.seat_label
        for step in record.steps_that(condition=SeatCondition.ALWAYS)
        if step.seat not in asked and not record.asking_answered(step)
    ]
    laid = {step.seat for step in record.steps}
    if record.steps:
        seats = record.steps[0].process.definition.seats()
        dropped += [seat.label for seat in seats if seat.code not in laid]
    if dropped or not record.steps:
        return exception(DROPPED(seats=", ".join(dropped) or noop("all of them")), record.asked_in)
    return COMPLIED


def people_by_sex_and_age(record: Record) -> Finding | None:
    """P43–46: the people are given by sex and age, and the gender adviser was asked.

    Advice that lapsed was asked for: that nobody gave it is on the record (P32).
    """
    rfa = record.rfa
    if rfa.kind not in CIVIL:
        return None
    if None in (rfa.women, rfa.men, rfa.girls, rfa.boys):
        return exception(
            noop("The people it is for are not given by sex and age."), record.asked_in
        )
    seats = [
        step
        for step in record.steps_that(role=Role.GENDER, seat_kind=SeatKind.ADVICE)
        if step.state != StepState.SKIPPED or record.asking_answered(step)
    ]
    heard = any(
        step.state in {StepState.ANSWERED, StepState.LAPSED} or record.asking_answered(step)
        for step in seats
    )
    if heard:
        return COMPLIED
    if record.decision is None:
        return record.not_yet
    return exception(
        noop("It was decided without asking the gender adviser."), record.number_of(record.decision)
    )


def says_its_effect_on_a_camp(record: Record) -> Finding | None:
    """P47–49: in or near a displacement site it says its effect on the camp."""
    rfa = record.rfa
    if rfa.displacement_site_id is None:
        return None
    if rfa.camp_effect.strip():
        return COMPLIED
    return exception(
        noop("It lies in or near a displacement site and does not say its effect on the camp."),
        record.asked_in,
    )


def form_is_complete(record: Record) -> str:
    """P16: say what the form of either type, or of a QIP, lacks; '' if nothing."""
    rfa = record.rfa
    lacking = [] if rfa.category else [noop("a category")]
    if rfa.kind == Kind.CIVIL_ASSISTANCE:
        asked = getattr(rfa, "civil_assistance", None)
        lacking += (
            [] if asked is not None and asked.support_type else [noop("which of the two types")]
        )
    if rfa.kind == Kind.QIP:
        project = getattr(rfa, "quick_impact_project", None)
        named = project is not None and bool(project.implementing_partner.strip())
        lacking += [] if named else [noop("an implementing partner")]
        lacking += [] if record.budget else [noop("a budget")]
    return LACKS(what=", ".join(lacking)) if lacking else ""


def within_mission_capability(record: Record) -> Finding | None:
    """P16: two types, either as a QIP; decided once DMS/CMS and the force said what can be done.

    An approval against DMS/CMS's word that it cannot be resourced is an exception.
    """
    if record.rfa.kind not in CIVIL:
        return None
    lacking = form_is_complete(record)
    if lacking:
        return exception(lacking, record.asked_in)
    decided = record.decision
    if decided is None:
        return record.not_yet
    for step in record.steps_that(seat_kind=SeatKind.CAPABILITY):
        said = [given for given in record.answers if given.step_id == step.pk]
        if step.state == StepState.SKIPPED or (said and said[0].pk < decided.pk):
            continue
        return exception(BEFORE_ANSWER(seat=step.seat_label), record.number_of(decided))
    cannot = [
        given
        for given in record.standing(seat_kind=SeatKind.CAPABILITY)
        if given.answer == Word.NOT_RESOURCEABLE
    ]
    if record.approval is not None and cannot:
        return exception(
            noop(
                "It was approved although it cannot be resourced within the mission's capability."
            ),
            record.number_of(record.approval),
        )
    return COMPLIED
