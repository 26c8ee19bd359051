"""Who may see what, what waits on whom: each asked in one place."""

from approvals.queries.extreme import may_be_one_event, reports_of_one_event
from approvals.queries.look_alikes import weighed_look_alikes
from approvals.queries.low_profile import (
    TELLS_WHO_ASKS,
    WITHHELD,
    KnowsAs,
    files_of,
    is_of_who_asks,
    knows_as,
    knows_who_asks,
    shows_who_asks,
    with_who_asks,
)
from approvals.queries.people import (
    Vacancies,
    first_held_above,
    gone_up,
    open_at_vacant_posts,
    standing_at,
)
from approvals.queries.priorities import consistency_of, priorities_in_force, priorities_of
from approvals.queries.records import (
    REACHED,
    Wait,
    any_of,
    arms_of,
    inbox_of,
    looks_as_the_force,
    overdue_advice,
    reached_in_mission,
    route_of,
    visible_to,
    waiting_on,
    waits_of,
    with_what_is_open,
)
from approvals.queries.referrals import put_to_first, referee_standing, referrals_waiting_on
from approvals.queries.search import (
    best_first,
    holding_words,
    those_few,
    titles_close_to,
    where_found,
)
from approvals.queries.standing_policies import standing_policies_on

__all__ = [
    "any_of",
    "arms_of",
    "best_first",
    "holding_words",
    "those_few",
    "titles_close_to",
    "where_found",
    "Vacancies",
    "TELLS_WHO_ASKS",
    "WITHHELD",
    "KnowsAs",
    "files_of",
    "is_of_who_asks",
    "knows_as",
    "knows_who_asks",
    "shows_who_asks",
    "with_who_asks",
    "consistency_of",
    "priorities_in_force",
    "priorities_of",
    "weighed_look_alikes",
    "put_to_first",
    "referee_standing",
    "referrals_waiting_on",
    "Wait",
    "waits_of",
    "standing_policies_on",
    "may_be_one_event",
    "reports_of_one_event",
    "first_held_above",
    "gone_up",
    "open_at_vacant_posts",
    "standing_at",
    "REACHED",
    "inbox_of",
    "looks_as_the_force",
    "overdue_advice",
    "reached_in_mission",
    "route_of",
    "visible_to",
    "waiting_on",
    "with_what_is_open",
]
