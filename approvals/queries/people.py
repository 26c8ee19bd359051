"""Who may act at a step: the post's own people, or the post above where nobody holds it."""

from functools import cached_property

from django.db.models import Q, QuerySet

from approvals.models import Step
from approvals.vocabulary import SeatKind, StepState
from missions.models import Post, User
from missions.queries import Standing, holders_of, standing_in, vacant, vacant_below, vacant_in
from missions.vocabulary import FORCE, UN_CIMIC, Role
from requests_app.models import AssistanceRequest


def _may_stand_in(above: Standing, step: Step) -> bool:
    """Whether the post above a vacant one may answer in its place.

    A review stays within UN-CIMIC (P33), a tasking with the HOMC; advice may be given by
    whoever is above. A decision, a finding, the board's and DMS/CMS's answer are never given
    in a vacant post's place (P30, P36): the post above names an officer-in-charge.
    """
    if step.rfa.hidden_from_force and above.role in FORCE:
        return False
    if not above.covers(step.rfa.route):
        return False
    match step.seat_kind:
        case SeatKind.REVIEW:
            return above.role in UN_CIMIC
        case SeatKind.TASKING:
            return above.role == Role.HOMC
        case SeatKind.ADVICE:
            return True
    return False


def standing_at(person: User, step: Step) -> Standing | None:
    """Return the standing with which a person answers a step today, or None."""
    own = standing_in(person, step.post_id, step.rfa.route)
    if own is not None:
        return own
    above = vacant_below(person).get(step.post_id)
    return above if above is not None and _may_stand_in(above, step) else None


def first_held_above(post: Post, rfa: AssistanceRequest) -> Post | None:
    """Return the first post above that somebody acts for and that may know of a record (P39)."""
    above, seen = post.above, {post.pk}
    while above is not None and above.pk not in seen:
        seen.add(above.pk)
        hidden = rfa.hidden_from_force and above.role in FORCE
        if not hidden and holders_of(above):
            return above
        above = above.above
    return None


class Vacancies:
    """The posts of a mission that nobody acts for today, and to whom their work goes up.

    One statement, or none where it was asked for this person already; and another only where
    one of the posts asked about is vacant.
    """

    def __init__(self, mission_id: int, person: User | None = None) -> None:
        self._posts = Post.objects.filter(mission=mission_id)
        self._empty = set(vacant_in(mission_id, person))

    @cached_property
    def _by_key(self) -> dict[int, Post]:
        return {post.pk: post for post in self._posts}

    def is_vacant(self, post_id: int) -> bool:
        return post_id in self._empty

    def above(self, post_id: int, rfa: AssistanceRequest) -> Post | None:
        """Return the first post above a vacant one that somebody acts for.

        None where nobody does, or the post may not know of the record (P39).
        """
        above, seen = self._by_key[post_id].above_id, {post_id}
        while above is not None and above not in seen:
            post = self._by_key[above]
            hidden = rfa.hidden_from_force and post.role in FORCE
            if above not in self._empty and not hidden:
                return post
            seen.add(above)
            above = post.above_id
        return None


def gone_up(rfa: AssistanceRequest, waiting: set[int]) -> dict[int, str]:
    """Name, for each vacant post that a record waits on, the post above that its work goes to.

    Empty where nobody above acts for it or may know of the record (P39).
    """
    if not waiting:
        return {}
    vacancies = Vacancies(rfa.mission_id)
    found = {}
    for pk in filter(vacancies.is_vacant, waiting):
        above = vacancies.above(pk, rfa)
        found[pk] = above.title if above else ""
    return found


def open_at_vacant_posts() -> QuerySet[Step]:
    """List the open steps of posts that nobody acts for today."""
    return Step.objects.filter(
        Q(post__in=vacant(Post.objects.all())), state=StepState.OPEN
    ).order_by("due_at", "pk")
