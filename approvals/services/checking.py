"""Whether a process may be signed: the policy, and the mission's own posts (P31)."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from approvals.definition import Definition, place_of
from approvals.invariants import Breach, Checked, check_process
from missions.models import Mission

ANSWERED_BY_POSTS = "is_answered_by_posts_of_the_mission"


def roles_held(mission: Mission) -> set[str]:
    """Return the roles for which a mission has a post: a seat is given to no other."""
    return set(mission.posts.values_list("role", flat=True))


def _without_a_post(mission: Mission, definition: Definition) -> Iterator[Breach]:
    held = roles_held(mission)
    for number, stage in enumerate(definition.stages):
        for within, seat in enumerate(stage.seats):
            if seat.role not in held:
                yield Breach(
                    rule=ANSWERED_BY_POSTS,
                    paragraph="31",
                    words=_("The mission has no post for “%(seat)s”: %(role)s.")
                    % {"seat": seat.label, "role": seat.role.label},
                    seats=(seat.code,),
                    stage=number + 1,
                    places=(place_of(number, within),),
                )


def check_in(mission: Mission, route: str, definition: Definition) -> list[Checked]:
    """Look at every rule over a process in a mission: the policy's, and that posts are there."""
    return [
        *check_process(route, definition),
        Checked(
            ANSWERED_BY_POSTS,
            "31",
            _("Every seat has a post of the mission to answer it."),
            tuple(_without_a_post(mission, definition)),
        ),
    ]


def broken_in(mission: Mission, route: str, definition: Definition) -> list[Breach]:
    """List everything a process breaks in a mission."""
    return [
        breach for checked in check_in(mission, route, definition) for breach in checked.breaches
    ]
