"""What a record needs before it may be closed (P41)."""

from django.utils.translation import gettext as _

from common.errors import FieldError
from records.models import DeliveryByOthers, Task
from requests_app.models import AssistanceRequest
from requests_app.vocabulary import Status


def follow_up_of(rfa: AssistanceRequest) -> DeliveryByOthers | None:
    """Return what became of a refused need, once it is known."""
    return DeliveryByOthers.objects.filter(rfa=rfa).first()


def missing_before_closing(rfa: AssistanceRequest) -> list[FieldError]:
    """List what paragraph 41 still lacks: details, when completed, or what others delivered."""
    errors = []
    if not rfa.description.strip():
        errors.append(FieldError("description", _("The details of the task are missing."), "41"))
    task = Task.objects.filter(rfa=rfa).first()
    if rfa.status == Status.COMPLETED and (task is None or task.completed_on is None):
        errors.append(FieldError("completed_on", _("Say when the task was completed."), "41"))
    if rfa.status == Status.NOT_APPROVED and follow_up_of(rfa) is None:
        errors.append(
            FieldError(
                "delivered",
                _("Say whether others delivered it, who and when, or that nobody did."),
                "41",
            )
        )
    return errors
