"""What a record needs before it may be closed, and what else is still missing (P41).

Two lists. What paragraph 41 asks, and what would be left open for ever, holds the closing
back. What the policy further expects of a kind does not: a record closed without it says so,
in its last entry and on its page.
"""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from common.errors import FieldError
from common.templatetags.cimic import money
from records.models import Task
from records.queries import (
    assets_of,
    conditions_of,
    follow_up_of,
    is_lent,
    kept_task,
    money_of,
)
from requests_app.models import AssistanceRequest
from requests_app.vocabulary import Category, Kind, Status

CARRIED_OUT = frozenset({Status.IN_PROGRESS, Status.COMPLETED})


def _open_matters(rfa: AssistanceRequest, task: Task) -> list[FieldError]:
    """List what would stay open for ever: a change, a refund, equipment that is out."""
    errors = []
    if task.open_change_id is not None and rfa.status != Status.CANCELLED:
        errors.append(FieldError("changes", _("A change of the task waits to be answered."), "68"))
    if rfa.kind == Kind.QIP:
        due = money_of(rfa, task).refund_open
        if due:
            errors.append(
                FieldError(
                    "refunds",
                    _("The partner still owes a refund of %(amount)s.")
                    % {"amount": money(due, rfa.currency)},
                    "41",
                )
            )
    if is_lent(rfa) and task.started_on:
        errors += [
            FieldError(
                "hand_back",
                _("Say when it was handed back: %(count)s × %(asset)s.")
                % {"count": lent.out, "asset": lent.asset},
                "38",
            )
            for lent in assets_of(rfa, task)
            if lent.out
        ]
    return errors


def missing_before_closing(rfa: AssistanceRequest) -> list[FieldError]:
    """List what holds the closing back: what paragraph 41 still lacks, and what is left open."""
    errors = []
    if not rfa.description.strip():
        errors.append(FieldError("description", _("The details of the task are missing."), "41"))
    task = kept_task(rfa)
    if rfa.status in CARRIED_OUT and (task is None or task.completed_on is None):
        errors.append(FieldError("completed_on", _("Say when the task was completed."), "41"))
    if rfa.status == Status.NOT_APPROVED and follow_up_of(rfa) is None:
        errors.append(
            FieldError(
                "delivered",
                _("Say whether others delivered it, who and when, or that nobody did."),
                "41",
            )
        )
    return errors + (_open_matters(rfa, task) if task is not None else [])


def _of_a_project(rfa: AssistanceRequest, task: Task) -> list[FieldError]:
    found = []
    if task.agreement_signed_on is None:
        found.append(
            FieldError("agreement_signed_on", _("The partner's agreement is not on record."))
        )
    if not money_of(rfa, task).last_is_paid:
        found.append(FieldError("instalments", _("The last instalment is not on record.")))
    if not task.visits.exists():
        found.append(FieldError("visits", _("No visit is on record."), "68"))
    if not hasattr(task, "closing_report"):
        found.append(FieldError("closing_report", _("The partner's closing report is missing.")))
    return found


def _of_security(rfa: AssistanceRequest, task: Task) -> list[FieldError]:
    found = []
    if rfa.category == Category.ARMED_ESCORT and not task.runs.exists():
        found.append(FieldError("runs", _("No run of the escort is on record."), "41"))
    if task.completed_on is not None and not task.result.strip():
        found.append(FieldError("result", _("The outcome is not said."), "41"))
    return found


def _reached_nobody(task: Task) -> bool:
    return all(count is None for count in (task.women, task.men, task.girls, task.boys))


def also_missing(rfa: AssistanceRequest) -> list[FieldError]:
    """List what the policy further expects of a task that was carried out, kind by kind."""
    task = kept_task(rfa)
    if rfa.status not in CARRIED_OUT or task is None:
        return []
    found = []
    unchecked = sum(condition["check"] is None for condition in conditions_of(rfa))
    if unchecked:
        found.append(
            FieldError(
                "conditions",
                ngettext(
                    "%(count)s condition is neither ticked off nor said not to be met.",
                    "%(count)s conditions are neither ticked off nor said not to be met.",
                    unchecked,
                )
                % {"count": unchecked},
                "68",
            )
        )
    if not task.progress.exists() and not task.visits.exists():
        found.append(FieldError("progress", _("No progress and no visit is on record."), "68"))
    if task.completed_on is not None and rfa.kind in {Kind.CIVIL_ASSISTANCE, Kind.QIP}:
        if _reached_nobody(task):
            found.append(
                FieldError("women", _("The people reached are not given by sex and age."), "43")
            )
        if rfa.estimated_cost and task.actual_cost is None:
            found.append(FieldError("actual_cost", _("The actual cost is not given.")))
    if rfa.kind == Kind.QIP:
        found += _of_a_project(rfa, task)
    if rfa.kind == Kind.SECURITY_ASSISTANCE:
        found += _of_security(rfa, task)
    return found
