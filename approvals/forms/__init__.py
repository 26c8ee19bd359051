"""The forms of whoever decides."""

from approvals.forms.answers import AnswerForm, ReasonForm, initial_of
from approvals.forms.messages import MessageForm

__all__ = ["AnswerForm", "MessageForm", "ReasonForm", "initial_of"]
