"""Who may see what, what waits on whom: each asked in one place."""

from approvals.queries.records import (
    REACHED,
    inbox_of,
    overdue_advice,
    route_of,
    visible_to,
    waiting_on,
    with_what_is_open,
)

__all__ = [
    "REACHED",
    "inbox_of",
    "overdue_advice",
    "route_of",
    "visible_to",
    "waiting_on",
    "with_what_is_open",
]
