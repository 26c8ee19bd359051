"""Who acts for which post, on a day."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import DateField, DateTimeField, Exists, F, Func, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast

from common.clock import now
from common.prepared import Question, Told
from missions.models import Appointment, Area, Delegation, Mission, Post, Unit, User
from missions.vocabulary import Capacity, Reach


@dataclass(frozen=True)
class Standing:
    """A person's authority to act for a post now: which post, and in what capacity."""

    person: User
    post: Post
    capacity: str
    delegation: Delegation | None = None

    @property
    def role(self) -> str:
        return self.post.role

    @property
    def routes(self) -> list[str]:
        """The routes a delegation is bounded to; empty is all of them."""
        return self.delegation.routes if self.delegation else []

    @property
    def sees_the_mission(self) -> bool:
        """Whether it reaches the whole mission, on every route."""
        return self.post.reach == Reach.MISSION and not self.routes

    def covers(self, route: str | None) -> bool:
        """Whether it reaches a request of this route; a bounded one covers nothing else."""
        return not self.routes or route in self.routes


def _days_at(at: dt.datetime | Told) -> Q:
    """Keep the tenures and delegations whose days cover a moment, by each mission's own calendar.

    Days are the mission's: they begin at midnight in its time zone, not at Greenwich (P31).
    """
    local = Func(
        F("post__mission__time_zone"),
        at if isinstance(at, Told) else Value(at, output_field=DateTimeField()),
        function="timezone",
        output_field=DateTimeField(),
    )
    day = Cast(local, DateField())
    return Q(from_on__lte=day) & (Q(until_on__isnull=True) | Q(until_on__gte=day))


def _delegated_at(at: dt.datetime | Told) -> Q:
    return _days_at(at) & Q(ended_at__isnull=True)


WITH_A_POST = ("post__mission", "post__sector", "post__unit", "post__organisation")
THEN = Told("at", DateTimeField())
APPOINTED = Question(
    lambda: (
        Appointment.objects.filter(_days_at(THEN), person=Told("person"))
        .select_related(*WITH_A_POST)
        .order_by("pk")
    )
)
LENT = Question(
    lambda: Delegation.objects.filter(delegate=Told("person"), ended_at__isnull=True).order_by()
)
DELEGATED = Question(
    lambda: (
        Delegation.objects.filter(_delegated_at(THEN), delegate=Told("person"))
        .select_related(*WITH_A_POST)
        .order_by("pk")
    )
)


def _quarter(at: dt.datetime) -> dt.datetime:
    """Return the quarter of an hour of a moment: in every time zone a day begins with one."""
    return at.replace(minute=at.minute // 15 * 15, second=0, microsecond=0)


def standings_of(person: User) -> list[Standing]:
    """List the posts a person acts for today: held, in charge of, or by delegation.

    Kept on the person for the length of a request, since every page asks it again.
    """
    at = _quarter(now())
    kept = getattr(person, "_standings", None)
    if kept and kept[0] == at:
        return kept[1]
    found = [
        Standing(person, appointment.post, appointment.capacity)
        for appointment in APPOINTED.rows(person=person.pk, at=at)
    ]
    if LENT.one(person=person.pk) is not None:  # few were ever lent a post
        found += [
            Standing(person, delegation.post, Capacity.DELEGATE, delegation)
            for delegation in DELEGATED.rows(person=person.pk, at=at)
        ]
    person._standings = (at, found)  # type: ignore[attr-defined]
    return found


def standing_in(person: User, post_id: int | None, route: str | None = None) -> Standing | None:
    """Return how a person may act for this post today on a request of a route, or None.

    A delegation bounded to other routes gives no standing; without a route none that is
    bounded does.
    """
    return next(
        (held for held in standings_of(person) if held.post.pk == post_id and held.covers(route)),
        None,
    )


def standing_as(person: User, *roles: str, route: str | None = None) -> Standing | None:
    """Return the person's first standing in a post of one of these roles, or None.

    Delegations count as in ``standing_in``.
    """
    return next(
        (held for held in standings_of(person) if held.post.role in roles and held.covers(route)),
        None,
    )


def is_among(person: User, *roles: str) -> bool:
    """Whether a person acts for a post of one of these roles at all, however bounded.

    For rules that keep people out: a bounded delegation does not make anybody less of the
    force, or of a partner.
    """
    return any(held.post.role in roles for held in standings_of(person))


def holds_among(person: User, *roles: str) -> bool:
    """Whether a person is the holder of a post of one of these roles."""
    return any(
        held.post.role in roles and held.capacity == Capacity.HOLDER
        for held in standings_of(person)
    )


def first_standing(person: User) -> Standing | None:
    """Return the post a person signs with when no particular one is asked for."""
    found = standings_of(person)
    return found[0] if found else None


def prepares_for(person: User) -> set[int]:
    """Return the posts whose answers this person's office may prepare but not give."""
    return {
        held.post.office_of_id
        for held in standings_of(person)
        if held.post.office_of_id is not None and not held.routes
    }


def holders_of(post: Post) -> list[User]:
    """List who acts for a post today, holder first; delegates last."""
    at = now()
    people = [
        appointment.person
        for appointment in Appointment.objects.filter(_days_at(at), post=post)
        .select_related("person")
        .order_by("-capacity", "pk")
    ]
    people += [
        delegation.delegate
        for delegation in Delegation.objects.filter(_delegated_at(at), post=post).select_related(
            "delegate"
        )
    ]
    return sorted(people, key=people.index)


def vacant(posts: QuerySet[Post], at: dt.datetime | Told | None = None) -> QuerySet[Post]:
    """Keep the posts that nobody acts for today: no holder, officer-in-charge or delegate."""
    at = at or now()
    return posts.exclude(
        Exists(Appointment.objects.filter(_days_at(at), post=OuterRef("pk")))
        | Exists(Delegation.objects.filter(_delegated_at(at), post=OuterRef("pk")))
    )


VACANT = Question(
    lambda: (
        vacant(Post.objects.filter(mission=Told("mission")), THEN).only("pk", "above").order_by()
    )
)


def vacant_in(mission_id: int, person: User | None = None) -> dict[int, int | None]:
    """Return a mission's posts that nobody acts for today, each with the post above it.

    Kept on the person for whom it is asked, for the length of a request.
    """
    at = _quarter(now())
    kept = getattr(person, "_vacant_in", {})
    if (mission_id, at) not in kept:
        empty = {post.pk: post.above_id for post in VACANT.rows(mission=mission_id, at=at)}
        kept = {**kept, (mission_id, at): empty}
        if person is not None:
            person._vacant_in = kept  # type: ignore[attr-defined]
    return kept[mission_id, at]  # type: ignore[no-any-return]


def vacant_below(person: User) -> dict[int, Standing]:
    """Return the vacant posts whose work comes up to a person, each with the standing it meets.

    Work goes up from a vacant post to the first post above that somebody acts for. Kept on
    the person for the length of a request.
    """
    at = _quarter(now())
    kept = getattr(person, "_vacant_below", None)
    if kept and kept[0] == at:
        return kept[1]
    mine = {held.post.pk: held for held in standings_of(person)}
    missions = {held.post.mission_id for held in mine.values()}
    empty: dict[int, int | None] = {}
    for mission in missions:
        empty |= vacant_in(mission, person)
    found = {}
    for post_id, above in empty.items():
        seen = {post_id}
        while above is not None and above in empty and above not in seen:
            seen.add(above)
            above = empty[above]
        if above in mine:
            found[post_id] = mine[above]
    person._vacant_below = (at, found)  # type: ignore[attr-defined]
    return found


def sector_of(area: Area | None) -> int | None:
    """Return the sector an area lies in, from itself or from what it is part of."""
    while area is not None:
        if area.sector_id:
            return area.sector_id
        area = area.parent
    return None


def unit_called(mission: Mission | int, word: str) -> Unit | None:
    """Find a mission's unit by its code or its name, whatever the case."""
    return (
        Unit.objects.filter(Q(code__iexact=word) | Q(name__iexact=word), mission=mission)
        .order_by("pk")
        .first()
    )
