"""The policy over one record: what the posts on its route said, in which order.

One small function a row, named by its paragraph. Each takes a loaded ``Record`` and returns
what the row says of it, or ``None`` where it does not apply.
"""

from django.utils.translation import gettext_noop as noop

from approvals.invariants.finding import COMPLIED, PENDING, Finding, exception
from approvals.invariants.process import COMPETENT
from approvals.invariants.record import CIVIL, Record
from approvals.models import Answer, Referral
from approvals.vocabulary import ClusterPlan, Criterion, SeatKind, StepState, Word
from common.kept import Kept
from missions.vocabulary import FORCE, Role
from requests_app.vocabulary import Kind, Route

BEFORE_REVIEW = Kept(noop("%(post)s answered before UN-CIMIC had reviewed it."))
BEFORE_DECISION = Kept(noop("%(post)s answered before the Designated Official had decided."))
NOT_WEIGHED = Kept(noop("The criterion “%(criterion)s” was not answered."))

FORWARDS = frozenset({Word.FORWARD_RECOMMENDED, Word.FORWARD_NOT_RECOMMENDED})
WITHOUT_ADVICE = frozenset({Route.SECURITY_MISSION, Route.EXTREME_SITUATION})


def decided_by_the_competent_authority(record: Record, given: Answer) -> str:
    """Say why a decision is not the competent authority's, or '' (P30, P39; footnote 11).

    The other DSRSG decides on security sector reform, and on what the DSRSG/RC/HC's own post
    asked for.
    """
    rfa = record.rfa
    competent = COMPETENT.get(str(rfa.route))
    if competent is not None and given.role not in competent:
        return noop("It was decided by a post that is not competent.")
    others = given.role == Role.DSRSG_POLITICAL
    if others and not rfa.ssr and record.asking_role != Role.DSRSG:
        return noop("The other DSRSG decided, and it is no security sector reform.")
    return ""


def approved_before_it_started(record: Record) -> Finding | None:
    """P30: approved by the DSRSG/RC/HC before anything was done, whoever pays; SSR by the other."""
    if record.rfa.kind not in CIVIL:
        return None
    started, given = record.started, record.approval
    if started is not None:
        first = record.number_of(record.decisions[0]) if record.decisions else None
        if given is None or first is None or first > started.number:
            return exception(noop("It was started before it was approved."), started.number)
    if record.decision is None:
        return record.not_yet
    wrong = decided_by_the_competent_authority(record, record.decision)
    return exception(wrong, record.number_of(record.decision)) if wrong else COMPLIED


def humanitarian_advice_was_sought(record: Record) -> Finding | None:
    """P32: UN-CMCoord advised on what bears on the humanitarian response, or let it lapse."""
    rfa = record.rfa
    bearing = rfa.humanitarian or rfa.route == Route.SECURITY_HUMANITARIAN
    if not bearing or rfa.route in WITHOUT_ADVICE:
        return None
    if record.asking_role == Role.CMCOORD:
        return COMPLIED
    seats = record.steps_that(role=Role.CMCOORD, seat_kind=SeatKind.ADVICE)
    decided = record.decision
    said = [given for given in record.answers if given.role == Role.CMCOORD]
    if any(step.state == StepState.LAPSED for step in seats) or (
        said and (decided is None or said[0].pk < decided.pk)
    ):
        return COMPLIED
    if decided is None:
        return record.not_yet
    return exception(
        noop("It was decided without UN-CMCoord's advice, and without recording that none came."),
        record.number_of(decided),
    )


def contingents_go_first_to_un_cimic(record: Record) -> Finding | None:
    """P33: what a contingent proposes, UN-CIMIC reviews and forwards before anybody else answers.

    Its sector's officer first, where the route asks (P18–21), then Force Headquarters.
    """
    if record.rfa.kind not in CIVIL or record.asking_role != Role.UNIT_CIMIC:
        return None
    passed_sector = not [
        step
        for step in record.steps_that(seat_kind=SeatKind.REVIEW, role=Role.SECTOR_CIMIC)
        if step.state != StepState.SKIPPED
    ]
    for given in record.answers:
        if given.seat_kind != SeatKind.REVIEW:
            return exception(
                BEFORE_REVIEW(post=given.get_role_display()),
                record.number_of(given),
            )
        forwards = given.answer in FORWARDS
        if given.role == Role.SECTOR_CIMIC and forwards:
            passed_sector = True
        if given.role == Role.CHIEF_CIMIC and forwards:
            if passed_sector:
                return COMPLIED
            return exception(noop("It did not pass its sector's officer."), record.number_of(given))
    return record.not_yet


def assets_are_answered_twice(record: Record) -> Finding | None:
    """P38: of assets it is answered whether they are appropriate, and whether they can be had."""
    if not record.assets:
        return None
    for given in record.standing(seat_kind=SeatKind.CAPABILITY):
        if all(
            isinstance(given.details.get(name), bool) for name in ("appropriate", "resourceable")
        ):
            return COMPLIED
    if record.decision is None:
        return record.not_yet
    return exception(
        noop("It was decided without both answers on the assets: appropriate, and resourceable."),
        record.number_of(record.decision),
    )


def _weighed(given: Answer) -> str:
    """Say what a Designated Official's decision leaves out, or ''."""
    criteria = given.details.get("criteria") or {}
    for criterion in Criterion:
        said = criteria.get(criterion.value) or {}
        if not isinstance(said.get("met"), bool) or not str(said.get("reason") or "").strip():
            return NOT_WEIGHED(criterion=criterion.label)
    if given.answer in {Word.APPROVE, Word.APPROVE_WITH_CONDITIONS} and (
        given.details.get("priority") not in range(1, 5)
    ):
        return noop("It was approved without a priority.")
    return ""


def security_by_the_designated_official(record: Record) -> Finding | None:
    """P39: the Designated Official weighs the four criteria and decides before the force answers.

    A mission component's is tasked by the force as ordinary operations.
    """
    if record.rfa.kind != Kind.SECURITY_ASSISTANCE:
        return None
    decided = record.decision
    first = record.decisions[0].pk if record.decisions else None
    if record.rfa.route == Route.SECURITY_HUMANITARIAN:
        for given in record.answers:
            if given.role in FORCE and (first is None or given.pk < first):
                return exception(
                    BEFORE_DECISION(post=given.get_role_display()),
                    record.number_of(given),
                )
    if decided is None:
        return record.not_yet
    if record.rfa.route == Route.SECURITY_MISSION:
        wrong = "" if decided.role == Role.OPS else noop("It was not tasked by force operations.")
    else:
        wrong = decided_by_the_competent_authority(record, decided) or _weighed(decided)
    return exception(wrong, record.number_of(decided)) if wrong else COMPLIED


def exception_was_found_on(record: Record) -> Finding | None:
    """P40: help given first is reported, and found on: held, or not.

    One that did not hold was given without an approval: an approval after the fact.
    """
    if record.rfa.kind != Kind.EXTREME_SITUATION:
        return None
    found = [
        given
        for given in record.standing(seat_kind=SeatKind.FINDING)
        if given.answer in {Word.HELD, Word.NOT_HELD}
    ]
    if not found:
        return PENDING
    if found[-1].answer == Word.HELD:
        return COMPLIED
    return exception(
        noop("The exception did not hold: help was given without the approval it needed."),
        record.number_of(found[-1]),
    )


def _wrong_level(referral: Referral) -> bool:
    wanted = Role.HOMC if referral.follows_id is None else Role.SRSG
    return referral.put_to.role != wanted


def nothing_was_decided_while_referred(record: Record) -> Finding | None:
    """P52: what could not be resolved went to the HOMC, then the SRSG, and nothing was decided."""
    if not record.referrals:
        return None
    for referral in record.referrals:
        for given in record.decisions:
            closed = referral.closed_at
            if referral.opened_at < given.at and (closed is None or given.at < closed):
                return exception(
                    noop("It was decided while a referral was open."), record.number_of(given)
                )
        if _wrong_level(referral):
            return exception(
                noop("It was not referred to the HOMC first, and then to the SRSG."),
                next((each.number for each in record.entries if "referral" in each.act), None),
            )
    return record.not_yet if any(each.is_open for each in record.referrals) else COMPLIED


def consistent_with_the_cluster_plan(record: Record) -> Finding | None:
    """P70: where a cluster is named, an adviser said whether it fits the cluster's plan.

    An approval of what an adviser found not consistent with it is an exception.
    """
    asked = [
        step
        for step in record.steps_that(seat_kind=SeatKind.ADVICE)
        if step.state != StepState.SKIPPED
    ]
    if record.rfa.cluster_id is None or not asked:
        return None
    decided = record.decision
    if decided is None:
        return record.not_yet
    words = [
        given.details["cluster_plan"]
        for given in record.standing(seat_kind=SeatKind.ADVICE)
        if given.details.get("cluster_plan")
    ]
    if not words:
        return exception(
            noop(
                "It was decided without an answer on whether it is consistent with the cluster "
                "plan."
            ),
            record.number_of(decided),
        )
    if record.approval is not None and ClusterPlan.NOT_CONSISTENT in words:
        return exception(
            noop("It was approved although it is not consistent with the cluster plan."),
            record.number_of(decided),
        )
    return COMPLIED


def verification_was_said(record: Record) -> Finding | None:
    """R22: UN-CIMIC's review says how the need was verified."""
    if record.rfa.kind not in CIVIL:
        return None
    reviews = [given for given in record.answers if given.seat_kind == SeatKind.REVIEW]
    if any(given.details.get("verified") for given in reviews):
        return COMPLIED
    forwarded = [
        given for given in reviews if given.role == Role.CHIEF_CIMIC and given.answer in FORWARDS
    ]
    if not forwarded:
        return record.not_yet
    return exception(
        noop("It was forwarded without a word on how the need was verified."),
        record.number_of(forwarded[-1]),
    )
