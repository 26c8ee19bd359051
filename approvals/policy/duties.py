"""Separation of duties: nobody decides on what they, their post or its office asked for (P30)."""

from approvals.vocabulary import SeatKind
from missions.models import Post
from missions.vocabulary import Role
from requests_app.models import AssistanceRequest


def weighs_what_was_asked(seat_kind: str, role: str) -> bool:
    """Whether a seat decides, or finds afterwards; a mere acknowledgement does neither."""
    return seat_kind == SeatKind.DECISION or (
        seat_kind == SeatKind.FINDING and role != Role.CHIEF_CIMIC
    )


def asked_for_it(post_id: int, seat_kind: str, role: str, rfa: AssistanceRequest) -> bool:
    """Whether a post would answer at a seat on what it asked for itself.

    What its office asks a post asks: it neither decides on it nor finds on it. It may review
    it, and its office what the post asked, since a review only forwards (P33).
    """
    asking: Post | None = rfa.post
    if asking is None:
        return False
    return post_id == asking.pk or (
        post_id == asking.office_of_id and weighs_what_was_asked(seat_kind, role)
    )
