"""Who decides: the mission's processes, a record's own steps, the answers, what stands beside."""

from approvals.models.beside import (
    LookAlikeFinding,
    Priority,
    PrioritySet,
    Referral,
    StandingPolicy,
)
from approvals.models.process import CoSignature, Process, ProcessComment, ProcessState
from approvals.models.route import Answer, PreparedAnswer, Reminder, Step, grants_of, snapshot

__all__ = [
    "Answer",
    "CoSignature",
    "LookAlikeFinding",
    "PreparedAnswer",
    "Priority",
    "PrioritySet",
    "Process",
    "ProcessComment",
    "ProcessState",
    "Referral",
    "Reminder",
    "StandingPolicy",
    "Step",
    "grants_of",
    "snapshot",
]
