"""What the API writes of routes, and reads of answers."""

from approvals.serializers.steps import (
    AnswerInSerializer,
    AnswerSerializer,
    RouteStepSerializer,
    StepSerializer,
)

__all__ = ["AnswerInSerializer", "AnswerSerializer", "RouteStepSerializer", "StepSerializer"]
