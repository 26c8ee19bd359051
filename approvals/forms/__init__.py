"""The forms of whoever decides."""

from approvals.forms.answers import AnswerForm, MessageForm, ReasonForm, initial_of

__all__ = ["AnswerForm", "MessageForm", "ReasonForm", "initial_of"]
