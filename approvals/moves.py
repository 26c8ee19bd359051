"""The life of a record, as a table: what is not a line here cannot happen."""

from django.utils.translation import gettext as _

from approvals.vocabulary import Act
from common.errors import NotNow
from requests_app.vocabulary import Status

MOVES: dict[tuple[str, str], Status] = {
    (Status.DRAFT, Act.SUBMIT): Status.UNDER_REVIEW,
    (Status.DRAFT, Act.WITHDRAW): Status.WITHDRAWN,
    # A mission component's security request is put to tasking alone (P39).
    (Status.DRAFT, Act.SEEK_DECISION): Status.AWAITING_DECISION,
    (Status.UNDER_REVIEW, Act.CONSULT): Status.IN_CONSULTATION,
    (Status.UNDER_REVIEW, Act.SEEK_DECISION): Status.AWAITING_DECISION,
    (Status.UNDER_REVIEW, Act.RETURN): Status.RETURNED,
    (Status.UNDER_REVIEW, Act.WITHDRAW): Status.WITHDRAWN,
    (Status.RETURNED, Act.SUBMIT): Status.UNDER_REVIEW,
    (Status.RETURNED, Act.CONSULT): Status.IN_CONSULTATION,
    (Status.RETURNED, Act.SEEK_DECISION): Status.AWAITING_DECISION,
    (Status.RETURNED, Act.WITHDRAW): Status.WITHDRAWN,
    (Status.IN_CONSULTATION, Act.SEEK_DECISION): Status.AWAITING_DECISION,
    (Status.IN_CONSULTATION, Act.WITHDRAW): Status.WITHDRAWN,
    (Status.AWAITING_DECISION, Act.APPROVE): Status.APPROVED,
    (Status.AWAITING_DECISION, Act.NOT_APPROVE): Status.NOT_APPROVED,
    (Status.AWAITING_DECISION, Act.RETURN): Status.RETURNED,
    (Status.AWAITING_DECISION, Act.WITHDRAW): Status.WITHDRAWN,
    (Status.APPROVED, Act.APPROVE): Status.APPROVED,
    (Status.APPROVED, Act.NOT_APPROVE): Status.NOT_APPROVED,
    (Status.APPROVED, Act.START): Status.IN_PROGRESS,
    (Status.APPROVED, Act.CANCEL): Status.CANCELLED,
    (Status.NOT_APPROVED, Act.APPROVE): Status.APPROVED,
    (Status.NOT_APPROVED, Act.NOT_APPROVE): Status.NOT_APPROVED,
    (Status.NOT_APPROVED, Act.CLOSE): Status.CLOSED,
    (Status.IN_PROGRESS, Act.COMPLETE): Status.COMPLETED,
    (Status.IN_PROGRESS, Act.CANCEL): Status.CANCELLED,
    (Status.COMPLETED, Act.CLOSE): Status.CLOSED,
    (Status.CANCELLED, Act.CLOSE): Status.CLOSED,
    (Status.REPORTED, Act.ACKNOWLEDGE): Status.ACKNOWLEDGED,
    (Status.ACKNOWLEDGED, Act.FIND_HELD): Status.HELD,
    (Status.ACKNOWLEDGED, Act.FIND_NOT_HELD): Status.NOT_HELD,
    (Status.HELD, Act.FIND_HELD): Status.HELD,
    (Status.HELD, Act.FIND_NOT_HELD): Status.NOT_HELD,
    (Status.NOT_HELD, Act.FIND_HELD): Status.HELD,
    (Status.NOT_HELD, Act.FIND_NOT_HELD): Status.NOT_HELD,
    (Status.HELD, Act.CLOSE): Status.CLOSED,
    (Status.NOT_HELD, Act.CLOSE): Status.CLOSED,
}


def leads_anywhere(status: str, act: Act) -> bool:
    """Whether the act is open to a record in this status."""
    return (status, act) in MOVES


def after(status: str, act: Act) -> Status:
    """Return the status an act leads to; raise ``NotNow`` if it leads nowhere."""
    if (status, act) not in MOVES:
        raise NotNow(
            _("Cannot %(act)s a request that is %(status)s.")
            % {"act": act.label, "status": Status(status).label.lower()}
        )
    return MOVES[status, act]
