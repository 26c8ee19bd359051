"""The API of whoever decides."""

from approvals.api.steps import AnswersView, InboxView, StepView, SupersedeView

__all__ = ["AnswersView", "InboxView", "StepView", "SupersedeView"]
