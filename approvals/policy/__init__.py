"""Who may do what, and why not."""

from approvals.policy.extreme import may_join
from approvals.policy.records import (
    allowed_acts,
    may_answer,
    may_cancel,
    may_change,
    may_close,
    may_prepare,
    may_read_entry,
    may_read_internal,
    may_read_words,
    may_speak,
    may_speak_inside,
    may_submit,
    may_supersede,
    may_withdraw,
)
from approvals.policy.standing_policies import may_adopt_standing_policy

__all__ = [
    "may_adopt_standing_policy",
    "allowed_acts",
    "may_answer",
    "may_cancel",
    "may_change",
    "may_close",
    "may_join",
    "may_prepare",
    "may_read_entry",
    "may_read_internal",
    "may_read_words",
    "may_speak",
    "may_speak_inside",
    "may_submit",
    "may_supersede",
    "may_withdraw",
]
