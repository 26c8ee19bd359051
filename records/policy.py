"""Who may carry out, report on and close, and why not."""

from django.utils.translation import gettext as _

from approvals.invariants import Broken, why_it_may_not_start
from approvals.moves import leads_anywhere
from approvals.policy import allowed_acts, may_close
from approvals.vocabulary import Act
from common.verdict import YES, Verdict, not_now, not_you
from missions.models import User
from missions.queries import standing_as, standings_of
from missions.vocabulary import UN_CIMIC, Role
from records.models import Task
from requests_app.models import AssistanceRequest
from requests_app.vocabulary import Kind, Route, Status

DOERS = frozenset({Role.UNIT_CIMIC, Role.OPS, Role.QIP_MANAGER, *UN_CIMIC})
UNDER_WAY = frozenset({Status.IN_PROGRESS})


def carries_out(person: User, rfa: AssistanceRequest) -> bool:
    """Whether a person reports for the task: the tasked unit, UN-CIMIC, the QIP manager."""
    for held in standings_of(person):
        if not held.covers(rfa.route):
            continue
        if held.role in {Role.CHIEF_CIMIC, Role.CIMIC_STAFF}:
            return True
        if held.role == Role.SECTOR_CIMIC and held.post.sector_id == rfa.sector_id:
            return True
        if held.role == Role.UNIT_CIMIC and held.post.unit_id == rfa.tasked_unit_id is not None:
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
    return YES if carries_out(person, rfa) else _not_yours(rfa)


def may_plan(person: User, rfa: AssistanceRequest) -> Verdict:
    """Let who carries it out plan an approved task."""
    if not carries_out(person, rfa) and standing_as(person, Role.OPS, route=rfa.route) is None:
        return _not_yours(rfa)
    if rfa.status not in {Status.APPROVED, Status.IN_PROGRESS}:
        return not_now(_("A task is planned once the request is approved."), "30")
    return YES


def may_report(person: User, rfa: AssistanceRequest) -> Verdict:
    """Let the tasked unit and UN-CIMIC report on a task under way (P68)."""
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
        "visit": may_report,
        "instalment": may_pay,
        "delivered-by-others": may_record_delivery,
        "close": may_close,
    }
    if rfa.status == Status.DRAFT:
        return allowed_acts(person, rfa)
    return allowed_acts(person, rfa) + [act for act, rule in rules.items() if rule(person, rfa)]


def may_pay_last(task: Task, is_last: bool) -> Verdict:
    """Hold the last instalment until somebody has visited the project (OIOS 2017/025).

    After the last one nothing more is paid.
    """
    if task.instalments.filter(is_last=True).exists():
        return not_now(_("The last instalment is paid already: nothing follows it."), "68")
    if is_last and not task.visits.exists():
        return not_now(_("The last instalment waits for a visit: record one first."), "68")
    return YES
