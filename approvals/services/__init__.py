"""What happens together when a record moves: submitted, answered, withdrawn, found on.

Each service locks the request first and reads the step again under that lock: of two
officers who answer at once, the second is told that the step has been answered. The entry
in the ledger is written in the same transaction, with the steps it opened, and from it
whoever must act is told.
"""

from approvals.services.answers import answer, lapse_overdue_advice, prepare, supersede
from approvals.services.asking import cancel, change, submit, withdraw
from approvals.services.beside import attach
from approvals.services.extreme import join_reports, report_extreme_situation
from approvals.services.look_alikes import weigh_look_alike
from approvals.services.messages import say
from approvals.services.people import (
    delegate,
    delegation_errors,
    end_charge,
    end_delegation,
    put_in_charge,
)
from approvals.services.priorities import set_priorities
from approvals.services.processes import (
    change_process,
    co_sign_process,
    comment_on_process,
    discard_process,
    draft_process,
    promulgate_process,
)
from approvals.services.referrals import refer, resolve_referral
from approvals.services.reminding import remind_and_escalate
from approvals.services.standing_policies import adopt_standing_policy, end_standing_policy
from approvals.services.together import AsRead, Outcome, answer_together

__all__ = [
    "AsRead",
    "Outcome",
    "answer_together",
    "set_priorities",
    "weigh_look_alike",
    "delegate",
    "delegation_errors",
    "end_charge",
    "end_delegation",
    "put_in_charge",
    "refer",
    "resolve_referral",
    "adopt_standing_policy",
    "end_standing_policy",
    "answer",
    "attach",
    "cancel",
    "change",
    "join_reports",
    "lapse_overdue_advice",
    "prepare",
    "remind_and_escalate",
    "report_extreme_situation",
    "say",
    "submit",
    "supersede",
    "withdraw",
    "change_process",
    "co_sign_process",
    "comment_on_process",
    "discard_process",
    "draft_process",
    "promulgate_process",
]
