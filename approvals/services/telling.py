"""What an entry says of a move: who signs, where the record stands, whom it now waits on."""

from typing import Any

from approvals.models import Step
from approvals.vocabulary import StepState
from common.clock import iso
from missions.models import User
from missions.queries import Standing, first_standing, standing_in
from requests_app.models import AssistanceRequest


def own_standing(actor: User, rfa: AssistanceRequest) -> Standing | None:
    """Return the post a person signs with on their own request."""
    return standing_in(actor, rfa.post_id, rfa.route) or first_standing(actor)


def told(rfa: AssistanceRequest, moved: list[Step], **more: Any) -> dict[str, Any]:
    """Return what an entry says of where the record now stands and whom it now waits on.

    ``moved`` are the steps that the deed opened or paused. Their clocks can be worked out
    from what is said here alone (``approvals.clocks.from_entries``).
    """
    said: dict[str, Any] = {
        "status": rfa.status,
        "version": rfa.version,
        "opened": [
            {
                "step": step.pk,
                "post": step.post_id,
                "opened_at": iso(step.opened_at),
                "day_and_night": rfa.is_time_sensitive,
                "due_at": iso(step.due_at),
            }
            for step in moved
            if step.state == StepState.OPEN and step.opened_at and step.due_at
        ],
        **more,
    }
    paused = [{"step": step.pk, "at": iso(step.paused_at)} for step in moved if step.paused_at]
    return {**said, "paused": paused} if paused else said
