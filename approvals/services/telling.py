"""What an entry says of a move: who signs, where the record stands, whom it now waits on."""

from typing import Any

from approvals.models import Step
from common.clock import iso
from missions.models import User
from missions.queries import Standing, first_standing, standing_in
from requests_app.models import AssistanceRequest


def own_standing(actor: User, rfa: AssistanceRequest) -> Standing | None:
    """Return the post a person signs with on their own request."""
    return standing_in(actor, rfa.post_id) or first_standing(actor)


def told(rfa: AssistanceRequest, opened: list[Step], **more: Any) -> dict[str, Any]:
    """Return what an entry says of where the record now stands and whom it now waits on."""
    return {
        "status": rfa.status,
        "version": rfa.version,
        "opened": [
            {"step": step.pk, "post": step.post_id, "due_at": iso(step.due_at)}
            for step in opened
            if step.due_at
        ],
        **more,
    }
