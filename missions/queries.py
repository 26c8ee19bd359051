"""Who acts for which post, on a day."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from common.clock import now
from missions.models import Appointment, Area, Delegation, Mission, Post, Unit, User
from missions.vocabulary import Capacity, Role


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


def _on(day: Any) -> Q:
    return Q(from_on__lte=day) & (Q(until_on__isnull=True) | Q(until_on__gte=day))


def standings_of(person: User) -> list[Standing]:
    """List the posts a person acts for today: held, in charge of, or by delegation.

    Kept on the person for the length of a request, since every page asks it again.
    """
    day = now().date()
    kept = getattr(person, "_standings", None)
    if kept and kept[0] == day:
        return kept[1]
    related = ("post__mission", "post__sector", "post__unit", "post__organisation")
    appointments = Appointment.objects.filter(_on(day), person=person).select_related(*related)
    delegations = Delegation.objects.filter(_on(day), delegate=person).select_related(*related)
    found = [
        Standing(person, appointment.post, appointment.capacity)
        for appointment in appointments.order_by("pk")
    ] + [
        Standing(person, delegation.post, Capacity.DELEGATE, delegation)
        for delegation in delegations.order_by("pk")
    ]
    person._standings = (day, found)  # type: ignore[attr-defined]
    return found


def standing_in(person: User, post_id: int | None) -> Standing | None:
    """Return how a person may act for this post today, or None."""
    return next((held for held in standings_of(person) if held.post.pk == post_id), None)


def standing_as(person: User, *roles: str) -> Standing | None:
    """Return the person's first standing in a post of one of these roles, or None."""
    return next((held for held in standings_of(person) if held.post.role in roles), None)


def first_standing(person: User) -> Standing | None:
    """Return the post a person signs with when no particular one is asked for."""
    found = standings_of(person)
    return found[0] if found else None


def prepares_for(person: User) -> set[int]:
    """Return the posts whose answers this person's office may prepare but not give."""
    return {
        held.post.office_of_id
        for held in standings_of(person)
        if held.post.office_of_id is not None
    }


def holders_of(post: Post) -> list[User]:
    """List who acts for a post today, holder first; delegates last."""
    day = now().date()
    people = [
        appointment.person
        for appointment in Appointment.objects.filter(_on(day), post=post)
        .select_related("person")
        .order_by("-capacity", "pk")
    ]
    people += [
        delegation.delegate
        for delegation in Delegation.objects.filter(_on(day), post=post).select_related("delegate")
    ]
    return sorted(people, key=people.index)


def posts_as(mission: Mission | int, role: str, *, sector_id: int | None = None) -> list[Post]:
    """List a mission's posts of a role; for a sector's officer, those of that sector."""
    posts = Post.objects.filter(mission=mission, role=role).order_by("pk")
    if role in {Role.SECTOR_CIMIC, Role.UNIT_CIMIC}:
        posts = posts.filter(sector_id=sector_id)
    return list(posts)


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
