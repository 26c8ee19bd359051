"""What a reader sees whole: a mission or a sector of it, by classification; and who asks there."""

import json
from dataclasses import dataclass

from django.db.models import Q

from approvals.queries import KnowsAs, knows_as, looks_as_the_force
from missions.models import Organisation, Post
from missions.queries import Standing, standings_of
from missions.vocabulary import Classification, Reach
from records.statistics.scope import Scope


@dataclass(frozen=True)
class Base:
    """What a reader's posts reach whole: a mission, or one sector of it, by classification."""

    sector: int | None
    cells: frozenset[tuple[int, bool]]

    def rows(self) -> Q:
        """Keep the records that are in it."""
        found = Q(pk__in=[])
        for classification, hidden in sorted(self.cells):
            found |= Q(classification=classification, hidden_from_force=hidden)
        return found & (Q(sector=self.sector) if self.sector else Q())


def _cells(standing: Standing) -> set[tuple[int, bool]]:
    hidden = (False,) if looks_as_the_force(standing) else (False, True)
    cleared = [each for each in Classification if each <= standing.post.clearance]
    return {(int(each), either) for each in cleared for either in hidden}


def base_of(scope: Scope) -> Base | None:
    """Return what a reader sees whole in the mission they count in; ``None`` without any.

    As ``visible_to`` has it: what was submitted, up to the clearance, but what is hidden from
    the force; a delegation bounded to routes reaches nothing whole.
    """
    here = [
        held
        for held in standings_of(scope.person)
        if held.post.mission_id == scope.mission.pk and not held.routes
    ]
    mission = [held for held in here if held.post.reach == Reach.MISSION]
    if mission:
        return Base(None, frozenset().union(*map(_cells, mission)))
    sector = [held for held in here if held.post.reach == Reach.SECTOR and held.post.sector_id]
    if not sector:
        return None
    of = sector[0].post.sector_id
    return Base(of, frozenset().union(*(_cells(h) for h in sector if h.post.sector_id == of)))


@dataclass(frozen=True)
class Names:
    """Who asks, by what is counted: the sort of requester and their name, where known."""

    knows: KnowsAs
    organisations: dict[int, Organisation]
    posts: dict[int, Post]

    def of(self, key: str) -> tuple[str, str]:
        """Return the sort of requester and their name for an asker's key."""
        sort, _space, rest = key.partition(" ")
        if sort == "hidden":
            organisation, post, requested_by, route = json.loads(rest)
            if not self.knows.of_one(organisation, post, requested_by, route):
                return "withheld", "withheld"
        else:
            organisation = int(rest) if sort == "organisation" else None
            post = int(rest) if sort == "post" else None
        if organisation is not None:
            asking = self.organisations[organisation]
            return asking.type, asking.acronym or asking.name
        return (self.posts[post].role, self.posts[post].title) if post is not None else ("", "")


def names_of(scope: Scope, keys: list[str]) -> Names:
    """Look up who asks in these keys."""
    organisations: set[int] = set()
    posts: set[int] = set()
    for key in keys:
        sort, _space, rest = key.partition(" ")
        if sort == "hidden":
            organisation, post, *_known_by = json.loads(rest)
            organisations.add(organisation)
            posts.add(post)
        elif sort:
            (organisations if sort == "organisation" else posts).add(int(rest))
    return Names(
        knows=knows_as(scope.person),
        organisations=Organisation.objects.in_bulk(organisations - {None}),
        posts=Post.objects.in_bulk(posts - {None}),
    )
