"""Whom a message may name: who may see the record and what is said there."""

from collections.abc import Iterable

from django.db.models.functions import Lower

from approvals.models import Step
from approvals.queries.messages import reads_inside
from approvals.queries.records import REACHED, visible_to
from common.templatetags.mentions import NAMED
from missions.models import Post, User
from missions.queries import holders_of, standings_of
from requests_app.models import AssistanceRequest


def codes_named(text: str) -> list[str]:
    """List the codes of posts that a text names, each once, in lower case."""
    return list(dict.fromkeys(code.lower() for code in NAMED.findall(text)))


def posts_named(rfa: AssistanceRequest, codes: list[str]) -> dict[str, Post]:
    """Return the mission's posts of these codes."""
    found = Post.objects.annotate(lower=Lower("code")).filter(
        mission=rfa.mission_id, lower__in=codes
    )
    return {post.code.lower(): post for post in found}


def readers_among(rfa: AssistanceRequest, post: Post, *, internal: bool) -> list[User]:
    """List who acts for a post today, may see a record and reads a message of this audience.

    Whoever made a low-profile request, and any partner on it, is never named: who was told
    would tell who asks (R22).
    """
    record = AssistanceRequest.objects.filter(pk=rfa.pk)
    return [
        person
        for person in holders_of(post)
        if not (internal and not reads_inside(person, rfa))
        and not (rfa.low_profile and not reads_inside(person, rfa))
        and visible_to(person, record).exists()
    ]


def posts_offered(person: User, steps: Iterable[Step]) -> list[Post]:
    """List the posts that a route's steps have reached, for a person to name, but their own."""
    own = {held.post.pk for held in standings_of(person)}
    reached = {step.post_id: step.post for step in steps if step.state in REACHED}
    return sorted(
        (post for pk, post in reached.items() if pk not in own), key=lambda post: post.title
    )
