"""Who may do what, and why not."""

from approvals.policy.extreme import may_join
from approvals.policy.look_alikes import may_weigh
from approvals.policy.messages import may_read_inside, may_speak, may_speak_inside
from approvals.policy.people import (
    may_delegate,
    may_end_charge,
    may_end_delegation,
    may_put_in_charge,
)
from approvals.policy.priorities import may_set_priorities
from approvals.policy.processes import (
    allowed_on_process,
    may_change_process,
    may_co_sign,
    may_comment_on_process,
    may_discard_process,
    may_draft_process,
    may_promulgate,
    may_read_comments,
)
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
    may_submit,
    may_supersede,
    may_withdraw,
)
from approvals.policy.referrals import may_refer, may_resolve
from approvals.policy.standing_policies import may_adopt_standing_policy
from approvals.policy.together import may_answer_together, words_together

__all__ = [
    "may_read_inside",
    "may_answer_together",
    "words_together",
    "may_set_priorities",
    "may_weigh",
    "may_delegate",
    "may_end_charge",
    "may_end_delegation",
    "may_put_in_charge",
    "may_refer",
    "may_resolve",
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
    "allowed_on_process",
    "may_change_process",
    "may_co_sign",
    "may_comment_on_process",
    "may_discard_process",
    "may_draft_process",
    "may_promulgate",
    "may_read_comments",
]
