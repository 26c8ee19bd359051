"""What never bends, over a record: what a task still lacks before it may start."""

from django.utils.translation import gettext as _

from approvals.invariants.process import COMPETENT, NEEDS_MISSION_SUPPORT, NEEDS_TASKING, Broken
from approvals.models import Step
from approvals.vocabulary import APPROVALS, SeatKind, StepState
from missions.vocabulary import Role
from requests_app.models import AssistanceRequest
from requests_app.vocabulary import Route


def _stands(rfa: AssistanceRequest, **wanted: object) -> Step | None:
    return (
        rfa.steps.filter(state=StepState.ANSWERED, current__isnull=False, **wanted)
        .select_related("current")
        .order_by("-round")
        .first()
    )


def approval_of(rfa: AssistanceRequest) -> Step | None:
    """Return the step whose standing answer approves the request, or None."""
    return _stands(rfa, seat_kind=SeatKind.DECISION, current__answer__in=sorted(APPROVALS))


def capability_of(rfa: AssistanceRequest) -> Step | None:
    """Return the step at which DMS/CMS has answered, or None."""
    return _stands(rfa, seat_kind=SeatKind.CAPABILITY, role=Role.DMS)


def tasking_of(rfa: AssistanceRequest) -> Step | None:
    """Return the step at which the force accepted the task, or None."""
    return _stands(rfa, seat_kind=SeatKind.TASKING, current__answer="accept")


def why_it_may_not_start(rfa: AssistanceRequest) -> Broken:
    """List what a task still lacks before it may start: approval, DMS/CMS, tasking (P30, P36)."""
    broken = []
    if rfa.route in COMPETENT:
        approval = approval_of(rfa)
        if approval is None or approval.role not in COMPETENT[rfa.route]:
            paragraph = "39" if rfa.route == Route.SECURITY_HUMANITARIAN else "30"
            broken.append((paragraph, _("The competent authority has not approved it.")))
    if rfa.route in NEEDS_MISSION_SUPPORT and capability_of(rfa) is None:
        broken.append(("36", _("DMS/CMS has not answered yet: no task starts before.")))
    if rfa.route in NEEDS_TASKING and tasking_of(rfa) is None:
        broken.append(
            (
                "39" if rfa.route == Route.SECURITY_MISSION else "30",
                _("The force is not tasked yet."),
            )
        )
    return broken
