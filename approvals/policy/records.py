"""Who may do what to a record, and why not."""

from typing import Any

from django.utils.translation import gettext as _

from approvals.models import Answer, Step
from approvals.moves import leads_anywhere
from approvals.policy.duties import weighs_what_was_asked
from approvals.policy.messages import may_read_inside, may_speak
from approvals.policy.referrals import may_refer
from approvals.queries import standing_at
from approvals.vocabulary import Act, SeatKind, StepState, Word
from common.kept import read_aloud
from common.prepared import Question, Told
from common.verdict import YES, Verdict, not_now, not_you
from missions.models import User
from missions.queries import is_among, prepares_for, standing_as, standing_in, vacant_below
from missions.vocabulary import MISSION_UN_CIMIC, UN_CIMIC, Role
from requests_app.models import AssistanceRequest
from requests_app.policy import is_own
from requests_app.vocabulary import Kind, Status

STARTED = frozenset({Status.IN_PROGRESS, Status.COMPLETED})
NO_ANSWER_ANEW = frozenset({Status.CANCELLED, Status.WITHDRAWN, Status.RETURNED, Status.CLOSED})
OPEN_TO_ITS_MAKER = frozenset({Status.DRAFT, Status.RETURNED})


def _standing_now(rfa: AssistanceRequest) -> str:
    return rfa.get_status_display().lower()


def may_change(person: User, rfa: AssistanceRequest) -> Verdict:
    """Let the requester change what is a draft or was returned."""
    if not is_own(person, rfa):
        return not_you(_("Only whoever made the request changes it."))
    if rfa.status not in OPEN_TO_ITS_MAKER:
        return not_now(
            _("The request is %(standing_now)s: it can be changed as a draft or after a return.")
            % {"standing_now": _standing_now(rfa)}
        )
    return YES


def may_submit(person: User, rfa: AssistanceRequest) -> Verdict:
    """Let the requester submit a draft, or again what was returned."""
    if not is_own(person, rfa):
        return not_you(_("Only whoever made the request submits it."))
    if rfa.status not in OPEN_TO_ITS_MAKER:
        return not_now(
            _("The request is %(standing_now)s already.") % {"standing_now": _standing_now(rfa)}
        )
    return YES


def may_withdraw(person: User, rfa: AssistanceRequest) -> Verdict:
    """Let the requester withdraw before a decision."""
    if not is_own(person, rfa):
        return not_you(_("Only whoever made the request withdraws it."))
    if not leads_anywhere(rfa.status, Act.WITHDRAW):
        return not_now(
            _("The request is %(standing_now)s: it can be withdrawn until it is decided.")
            % {"standing_now": _standing_now(rfa)}
        )
    return YES


def may_cancel(person: User, rfa: AssistanceRequest) -> Verdict:
    """Let the requester, UN-CIMIC or who decided cancel what was approved, with a reason."""
    decided = rfa.steps.filter(seat_kind="decision", current__isnull=False).values_list(
        "post", flat=True
    )
    concerned = (
        is_own(person, rfa)
        or standing_as(person, *MISSION_UN_CIMIC, route=rfa.route) is not None
        or any(standing_in(person, post, rfa.route) for post in decided)
    )
    if not concerned:
        return not_you(_("The requester, UN-CIMIC or who approved it may cancel it."))
    if not leads_anywhere(rfa.status, Act.CANCEL):
        return not_now(
            _("The request is %(standing_now)s: only what was approved can be cancelled.")
            % {"standing_now": _standing_now(rfa)}
        )
    return YES


def may_close(person: User, rfa: AssistanceRequest) -> Verdict:
    """Let UN-CIMIC close: the Chief and staff, and a sector's officer in the sector (P41)."""
    standing = standing_as(person, *UN_CIMIC, route=rfa.route)
    if standing is None or (
        standing.role == Role.SECTOR_CIMIC and standing.post.sector_id != rfa.sector_id
    ):
        return not_you(_("UN-CIMIC keeps the records and closes them."), "41")
    if rfa.status == Status.CLOSED:
        return not_now(_("The record is closed already."))
    if not leads_anywhere(rfa.status, Act.CLOSE):
        return not_now(
            _("The request is %(standing_now)s: it cannot be closed yet.")
            % {"standing_now": _standing_now(rfa)},
            "41",
        )
    return YES


def _separate_from_asking(person: User, step: Step) -> Verdict:
    rfa = step.rfa
    if rfa.requested_by_id == person.pk or is_own(person, rfa):
        return not_you(_("Whoever asked for it cannot answer on it: duties are kept apart."))
    asking = rfa.post
    if (
        asking is not None
        and asking.office_of_id is not None
        and weighs_what_was_asked(step.seat_kind, step.role)
        and standing_in(person, asking.office_of_id, rfa.route) is not None
    ):
        return not_you(_("Your own office asked for it: another decides on it."), "30")
    return YES


ELSEWHERE = Question(
    lambda: (
        Answer.objects.filter(rfa=Told("rfa"), by=Told("person"))
        .exclude(seat=Told("seat"))
        .order_by("at", "pk")
    )
)


def _only_one_seat(person: User, step: Step) -> Verdict:
    given = ELSEWHERE.one(rfa=step.rfa_id, person=person.pk, seat=step.seat)
    if given is not None:
        return not_you(
            _(
                "You have answered “%(seat_label)s” on this request: nobody answers two seats of "
                "one request."
            )
            % {"seat_label": read_aloud(given.step.seat_label)}
        )
    return YES


def may_answer(person: User, step: Step) -> Verdict:
    """Let who holds, is in charge of, or acts by delegation for the step's post answer it.

    Not the requester, not in two seats of one request; a member of the post's office may
    prepare the answer but not give it.
    """
    if standing_at(person, step) is None:
        if step.post_id in prepares_for(person):
            return not_you(
                _("You may prepare this answer; %(post)s or the officer-in-charge gives it.")
                % {"post": step.post.title}
            )
        if step.post_id in vacant_below(person):
            return not_you(
                _(
                    "Nobody holds the post of %(post)s: name an officer-in-charge, who "
                    "answers this seat."
                )
                % {"post": step.post.title}
            )
        return not_you(_("This step waits on %(post)s.") % {"post": step.post.title})
    for verdict in (_separate_from_asking(person, step), _only_one_seat(person, step)):
        if not verdict:
            return verdict
    if step.state == StepState.WAITING and step.rfa.referrals.filter(outcome="").exists():
        return not_now(_("The request is referred: no decision until that is resolved."), "52")
    if step.state != StepState.OPEN:
        return not_now(
            _("This step is %(state)s: it is not open.")
            % {"state": step.get_state_display().lower()}
        )
    return YES


def may_prepare(person: User, step: Step) -> Verdict:
    """Let the post's office, or the post itself, put an answer ready."""
    if step.post_id not in prepares_for(person) and standing_at(person, step) is None:
        return not_you(
            _("Only the office of %(post)s prepares this answer.") % {"post": step.post.title}
        )
    if step.state != StepState.OPEN:
        return not_now(
            _("This step is %(state)s: it is not open.")
            % {"state": step.get_state_display().lower()}
        )
    return YES


def may_supersede(person: User, step: Step) -> Verdict:
    """Let who answered, or who now holds the post, answer anew before the task has started."""
    current = step.current
    answered_it = current is not None and current.by_id == person.pk
    standing = standing_at(person, step)
    if standing is None or not (answered_it or standing.capacity == "holder"):
        return not_you(
            _("Only who answered, or the holder of %(post)s, answers anew.")
            % {"post": step.post.title}
        )
    for verdict in (_separate_from_asking(person, step), _only_one_seat(person, step)):
        if not verdict:
            return verdict
    if step.state != StepState.ANSWERED:
        return not_now(
            _("This step is %(state)s: nothing to supersede.")
            % {"state": step.get_state_display().lower()}
        )
    if step.rfa.status in STARTED:
        return not_now(
            _(
                "The task has started: an answer is not changed any more. Cancel the task, with a "
                "reason, if it must not go on."
            ),
            "41",
        )
    if step.rfa.status in NO_ANSWER_ANEW:
        return not_now(
            _("The request is %(standing_now)s: nothing hangs on this answer.")
            % {"standing_now": _standing_now(step.rfa)}
        )
    return YES


def may_read_internal(person: User) -> bool:
    """Whether a person reads what is the mission's own, such as advice: any but a partner."""
    return not is_among(person, Role.PARTNER)


OPEN_SEATS = frozenset({SeatKind.DECISION, SeatKind.TASKING, SeatKind.FINDING})


def may_read_words(person: User, seat_kind: str, word: str) -> bool:
    """Whether a person reads what a post wrote beside its answer.

    The mission's posts read all of it. A partner reads the decision, the tasking and the
    reason of a return; advice is given to whoever decides.
    """
    return may_read_internal(person) or seat_kind in OPEN_SEATS or word == Word.RETURN


def may_read_entry(person: User, rfa: AssistanceRequest, act: str, said: dict[str, Any]) -> bool:
    """Whether a person reads what an entry of the ledger says; its place in the chain all do.

    What is said inside the mission is kept from whoever made the request, of the mission or not.
    """
    if act == "message.said" and said.get("internal"):
        return may_read_inside(person, rfa)
    if may_read_internal(person):
        return True
    if act in {"step.answered", "step.superseded"}:
        return may_read_words(person, said.get("seat_kind", ""), said.get("answer", ""))
    return act != "step.prepared" and not said.get("internal")


def allowed_acts(person: User, rfa: AssistanceRequest) -> list[str]:
    """Name the acts open to a person on a record now, as the API's and page's buttons."""
    rules = {
        "change": may_change,
        "submit": may_submit,
        "withdraw": may_withdraw,
        "cancel": may_cancel,
        "refer": may_refer,
        "message": may_speak,
        "attach": may_speak,
    }
    if rfa.kind == Kind.EXTREME_SITUATION:
        rules = {name: rules[name] for name in ("message", "attach")}
    return [act for act, rule in rules.items() if rule(person, rfa)]
