"""Who may carry out, report on and close, and why not."""

import datetime as dt
from decimal import Decimal

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from approvals.invariants import Broken, why_it_may_not_start
from approvals.moves import leads_anywhere
from approvals.policy import allowed_acts, may_close
from approvals.queries import standing_at
from approvals.vocabulary import Act
from common.templatetags.cimic import money as money_in_words
from common.verdict import YES, Verdict, not_now, not_you
from missions.models import User
from missions.queries import standing_as, standings_of
from missions.vocabulary import MISSION_UN_CIMIC, UN_CIMIC, Role
from records.models import Task, TaskChange
from records.queries import Money, authority_of, kept_task, money_of, stage_waited_on
from records.vocabulary import ChangeStage
from requests_app.models import AssistanceRequest
from requests_app.policy import is_own
from requests_app.vocabulary import Kind, Route, Status

DOERS = frozenset({Role.UNIT_CIMIC, Role.OPS, Role.QIP_MANAGER, *UN_CIMIC})
UNDER_WAY = frozenset({Status.IN_PROGRESS})
HAS_A_TASK = frozenset({Status.APPROVED, Status.IN_PROGRESS})
SETTLED_AFTER = frozenset({Status.IN_PROGRESS, Status.COMPLETED})


def _units_at_work(rfa: AssistanceRequest) -> set[int]:
    return set(rfa.units_at_work.values_list("unit", flat=True))


def carries_out(person: User, rfa: AssistanceRequest) -> bool:
    """Whether a person reports for the task: its units, UN-CIMIC, the QIP manager."""
    for held in standings_of(person):
        if not held.covers(rfa.route):
            continue
        if held.role in {Role.CHIEF_CIMIC, Role.CIMIC_STAFF}:
            return True
        if held.role == Role.SECTOR_CIMIC and held.post.sector_id == rfa.sector_id:
            return True
        if held.role == Role.UNIT_CIMIC and held.post.unit_id is not None:
            unit = held.post.unit_id
            if unit == rfa.tasked_unit_id or unit in _units_at_work(rfa):
                return True
        if held.role == Role.QIP_MANAGER and rfa.kind == Kind.QIP:
            return True
    return False


def _not_yours(rfa: AssistanceRequest) -> Verdict:
    who = str(rfa.tasked_unit) if rfa.tasked_unit_id else _("the tasked unit")
    return not_you(_("This is for %(who)s or UN-CIMIC to report.") % {"who": who})


def _may_do_anything(person: User, rfa: AssistanceRequest) -> bool:
    return standing_as(person, *DOERS, route=rfa.route) is not None


def _first(broken: Broken) -> Verdict:
    """Refuse with everything that is lacking, under the first paragraph that asks for it."""
    return not_now(" ".join(words for _paragraph, words in broken), broken[0][0])


def not_suspended(rfa: AssistanceRequest) -> Verdict:
    """Hold whatever carries a task on while a drift of it waits to be answered (P68)."""
    task = kept_task(rfa)
    if task is None or not task.suspended or task.open_change is None:
        return YES
    waits = stage_waited_on(task.open_change)
    step = authority_of(rfa)
    who = step.post.title if waits == ChangeStage.AUTHORITY and step is not None else _("UN-CIMIC")
    return not_now(
        _(
            "The task is suspended: what changed in it went back to coordination and waits on "
            "%(who)s."
        )
        % {"who": who},
        "68",
    )


def may_start(person: User, rfa: AssistanceRequest) -> Verdict:
    """Let the tasked unit or UN-CIMIC start, once every answer that allows it is there.

    Approval by the competent authority (P30, P39), the answer of DMS/CMS (P36), tasking.
    """
    if rfa.kind == Kind.EXTREME_SITUATION:
        return not_now(_("What was done is in the report: there is no task to start."), "40")
    if not _may_do_anything(person, rfa):
        return _not_yours(rfa)
    if rfa.status in {Status.IN_PROGRESS, Status.COMPLETED, Status.CLOSED}:
        return not_now(
            _("The task is %(status)s already.") % {"status": rfa.get_status_display().lower()}
        )
    broken = why_it_may_not_start(rfa) if rfa.route else [("30", _("It is not submitted yet."))]
    if broken:
        return _first(broken)
    if not leads_anywhere(rfa.status, Act.START):
        return not_now(
            _("The request is %(status)s: nothing can start.")
            % {"status": rfa.get_status_display().lower()}
        )
    if not carries_out(person, rfa):
        return _not_yours(rfa)
    return not_suspended(rfa)


def may_plan(person: User, rfa: AssistanceRequest) -> Verdict:
    """Let who carries it out plan an approved task."""
    if not carries_out(person, rfa) and standing_as(person, Role.OPS, route=rfa.route) is None:
        return _not_yours(rfa)
    if rfa.status not in {Status.APPROVED, Status.IN_PROGRESS}:
        return not_now(_("A task is planned once the request is approved."), "30")
    return YES


def may_report(person: User, rfa: AssistanceRequest) -> Verdict:
    """Let its units and UN-CIMIC carry a task on: progress, conditions, completion (P68)."""
    return may_watch(person, rfa) and not_suspended(rfa)


def may_watch(person: User, rfa: AssistanceRequest) -> Verdict:
    """Let its units and UN-CIMIC report what they see of a task under way, suspended or not."""
    if not _may_do_anything(person, rfa):
        return _not_yours(rfa)
    if rfa.status not in UNDER_WAY:
        return not_now(
            _("The request is %(status)s: no task is under way.")
            % {"status": rfa.get_status_display().lower()}
        )
    return YES if carries_out(person, rfa) else _not_yours(rfa)


def may_pay(person: User, rfa: AssistanceRequest) -> Verdict:
    """Let the QIP manager and UN-CIMIC record payments to the implementing partner."""
    if standing_as(person, Role.QIP_MANAGER, Role.CHIEF_CIMIC, route=rfa.route) is None:
        return not_you(_("The QIP programme manager records payments."))
    if rfa.route != Route.QIP:
        return not_now(_("Only a Quick Impact Project is paid in instalments."))
    if rfa.status not in {Status.APPROVED, Status.IN_PROGRESS, Status.COMPLETED}:
        return not_now(
            _("The project is %(status)s: nothing is paid.")
            % {"status": rfa.get_status_display().lower()}
        )
    return not_suspended(rfa)


def may_settle(person: User, rfa: AssistanceRequest) -> Verdict:
    """Let the QIP manager and the Chief record the partner's closing report and refunds."""
    if standing_as(person, Role.QIP_MANAGER, Role.CHIEF_CIMIC, route=rfa.route) is None:
        return not_you(_("The QIP programme manager records what the partner accounts for."))
    if rfa.route != Route.QIP:
        return not_now(_("Only a Quick Impact Project has a partner who accounts for money."))
    if rfa.status not in {*SETTLED_AFTER, Status.CANCELLED}:
        return not_now(
            _("The project is %(status)s: there is nothing to account for.")
            % {"status": rfa.get_status_display().lower()}
        )
    return YES


def may_report_closing(person: User, rfa: AssistanceRequest) -> Verdict:
    """Let the closing report be recorded, once."""
    verdict = may_settle(person, rfa)
    task = kept_task(rfa)
    if verdict and task is not None and hasattr(task, "closing_report"):
        return not_now(_("The closing report is on record already."), "41")
    return verdict


def may_refund(person: User, rfa: AssistanceRequest) -> Verdict:
    """Let a refund be recorded once the closing report says what is due."""
    verdict = may_settle(person, rfa)
    task = kept_task(rfa)
    if verdict and (task is None or not hasattr(task, "closing_report")):
        return not_now(_("The closing report says what is due: record it first."), "41")
    if verdict and not money_of(rfa, task).refund_open:
        return not_now(_("No refund is due."), "41")
    return verdict


def may_run(person: User, rfa: AssistanceRequest) -> Verdict:
    """Let who carries an escort out record its runs (P41)."""
    if rfa.kind != Kind.SECURITY_ASSISTANCE:
        return not_now(_("Only security assistance has runs."), "41")
    return may_report(person, rfa)


def may_hand_back(person: User, rfa: AssistanceRequest) -> Verdict:
    """Let who carries it out record the mission's assets that came back (P38)."""
    if not _may_do_anything(person, rfa):
        return _not_yours(rfa)
    if rfa.kind != Kind.CIVIL_ASSISTANCE or not rfa.assets.exists():
        return not_now(_("No asset of the mission was asked for here."), "38")
    if rfa.status not in SETTLED_AFTER:
        return not_now(
            _("The request is %(status)s: nothing is handed back.")
            % {"status": rfa.get_status_display().lower()},
            "38",
        )
    return YES if carries_out(person, rfa) else _not_yours(rfa)


def may_add_unit(person: User, rfa: AssistanceRequest) -> Verdict:
    """Let the force's operations and mission UN-CIMIC put a further unit to work on a task."""
    if standing_as(person, Role.OPS, *MISSION_UN_CIMIC, route=rfa.route) is None:
        return not_you(_("The force's operations and UN-CIMIC put units to work on a task."))
    if rfa.route == Route.QIP or rfa.kind == Kind.EXTREME_SITUATION:
        return not_now(_("No unit of the force carries this out."))
    if rfa.status not in HAS_A_TASK or rfa.tasked_unit_id is None:
        return not_now(_("The force is not tasked with it: first a unit accepts it."), "30")
    return YES


def may_declare(person: User, rfa: AssistanceRequest) -> Verdict:
    """Let who carries a task out say that its place, scope or actor changes (P68)."""
    if not _may_do_anything(person, rfa):
        return _not_yours(rfa)
    if rfa.status not in HAS_A_TASK or rfa.kind == Kind.EXTREME_SITUATION:
        return not_now(
            _("The request is %(status)s: no approved task is there to change.")
            % {"status": rfa.get_status_display().lower()},
            "68",
        )
    if not carries_out(person, rfa):
        return _not_yours(rfa)
    task = kept_task(rfa)
    if task is not None and task.open_change_id is not None:
        return not_now(_("A change of this task waits already: that is answered first."), "68")
    return YES


def may_amend(person: User, rfa: AssistanceRequest) -> Verdict:
    """Let the QIP manager and the Chief propose another cost or end of a project."""
    if standing_as(person, Role.QIP_MANAGER, Role.CHIEF_CIMIC, route=rfa.route) is None:
        return not_you(_("The QIP programme manager proposes amendments of a project."))
    if rfa.route != Route.QIP:
        return not_now(_("Only a Quick Impact Project has a cost and an end to amend."))
    return may_declare(person, rfa)


def may_answer_change(person: User, rfa: AssistanceRequest) -> Verdict:
    """Let UN-CIMIC answer a change first, then whoever approved the task; never its declarer.

    A drift is UN-CIMIC's at Force Headquarters; what changes what was approved, and every
    amendment of cost or time, is answered at the post that approved it (P30, P68).
    """
    task = kept_task(rfa)
    change = task.open_change if task is not None else None
    if change is None or rfa.status in {Status.CANCELLED, Status.CLOSED}:
        return not_now(_("No change of this task waits to be answered."), "68")
    stage = stage_waited_on(change)
    step = authority_of(rfa)
    if stage == ChangeStage.COORDINATION:
        if standing_as(person, *MISSION_UN_CIMIC, route=rfa.route) is None:
            return not_you(_("UN-CIMIC at Force Headquarters answers this change first."), "68")
    elif step is None or standing_at(person, step) is None:
        title = step.post.title if step is not None else _("whoever approved it")
        return not_you(_("This change waits on %(post)s.") % {"post": title}, "30")
    return _is_another(person, rfa, change)


def _is_another(person: User, rfa: AssistanceRequest, change: TaskChange) -> Verdict:
    """Keep duties apart: who asked, who declared and who answered before are others (P30)."""
    if person.pk == change.by_id:
        return not_you(_("Whoever declares a change does not answer it."), "68")
    if rfa.requested_by_id == person.pk or is_own(person, rfa):
        return not_you(_("Whoever asked for it cannot answer on it: duties are kept apart."))
    if any(given.by_id == person.pk for given in change.answers.all()):
        return not_you(_("You have answered this change already: another decides on it."), "30")
    return YES


def may_correct(person: User, rfa: AssistanceRequest) -> Verdict:
    """Let UN-CIMIC put a correction beside a closed record; the record itself stays (P41)."""
    standing = standing_as(person, *UN_CIMIC, route=rfa.route)
    if standing is None or (
        standing.role == Role.SECTOR_CIMIC and standing.post.sector_id != rfa.sector_id
    ):
        return not_you(_("UN-CIMIC keeps the records and corrects them."), "41")
    if rfa.status != Status.CLOSED:
        return not_now(_("Only a closed record is corrected beside it."), "41")
    if hasattr(rfa, "disposal"):
        return not_now(_("This record was disposed of: only its stub is left."), "41")
    return YES


def may_record_delivery(person: User, rfa: AssistanceRequest) -> Verdict:
    """Let UN-CIMIC record what became of a refused need (P41)."""
    if standing_as(person, *UN_CIMIC, route=rfa.route) is None:
        return not_you(_("UN-CIMIC follows up what was not approved."), "41")
    if rfa.status != Status.NOT_APPROVED:
        return not_now(_("Only a request that was not approved has a follow-up."), "41")
    return YES


def allowed(person: User, rfa: AssistanceRequest) -> list[str]:
    """Name every act open to a person on a record now: the buttons of page and API."""
    rules = {
        "plan": may_plan,
        "start": may_start,
        "progress": may_report,
        "complete": may_report,
        "visit": may_watch,
        "instalment": may_pay,
        "closing-report": may_report_closing,
        "refund": may_refund,
        "unit": may_add_unit,
        "drift": may_declare,
        "amendment": may_amend,
        "answer-change": may_answer_change,
        "run": may_run,
        "incident": may_watch,
        "hand-back": may_hand_back,
        "delivered-by-others": may_record_delivery,
        "follow-up": may_record_delivery,
        "correction": may_correct,
        "close": may_close,
    }
    if rfa.status == Status.DRAFT:
        return allowed_acts(person, rfa)
    return allowed_acts(person, rfa) + [act for act, rule in rules.items() if rule(person, rfa)]


def may_pay_last(task: Task, money: Money, amount: Decimal, is_last: bool) -> Verdict:
    """Hold the last instalment until somebody has visited the project (OIOS 2017/025).

    What goes beyond the parts due before the last one is a last payment, whatever it is
    called. After the last one nothing more is paid.
    """
    if money.last_is_paid:
        return not_now(_("The last instalment is paid already: nothing follows it."), "68")
    if not task.visits.exists():
        if is_last:
            return not_now(_("The last instalment waits for a visit: record one first."), "68")
        if money.paid + amount > money.before_the_last:
            return not_now(
                _(
                    "Before the last instalment the mission pays at most %(sum)s of this project; "
                    "the rest waits for a visit: record one first."
                )
                % {"sum": money_in_words(money.before_the_last, task.rfa.currency)},
                "68",
            )
    return YES


def has_an_agreement(task: Task, paid_on: dt.date) -> Verdict:
    """Hold every payment until the partner's agreement is signed."""
    if task.agreement_signed_on is None:
        return not_now(
            _("The partner has signed no agreement yet: record its day and reference first."),
            "16",
        )
    if paid_on < task.agreement_signed_on:
        return not_now(
            _("The agreement was signed on %(signed_on)s: nothing is paid before.")
            % {"signed_on": date_format(task.agreement_signed_on, "SHORT_DATE_FORMAT")},
            "16",
        )
    return YES
