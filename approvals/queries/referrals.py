"""What is referred, and to whom (P52)."""

from django.db.models import Q, QuerySet

from approvals.models import Referral
from common.prepared import Question, Told
from missions.models import Post, User
from missions.queries import Standing, standing_in, standings_of, vacant_below
from missions.vocabulary import Role
from requests_app.models import AssistanceRequest


def referee_standing(person: User, referral: Referral) -> Standing | None:
    """Return the standing with which a person resolves a referral, or None.

    The SRSG resolves what was put to a HOMC whose post nobody holds.
    """
    own = standing_in(person, referral.put_to_id, referral.rfa.route)
    above = vacant_below(person).get(referral.put_to_id)
    return own or (above if above is not None and above.covers(referral.rfa.route) else None)


def referred_to(person: User) -> Q:
    """Keep the referrals put to a person's posts, or that come up to them."""
    held = standings_of(person)
    posts = [(one.post.pk, one) for one in held] + list(vacant_below(person).items())
    found = Q(put_to__in={post for post, one in posts if not one.routes})
    for post, one in posts:
        if one.routes:
            found |= Q(put_to=post, rfa__route__in=one.routes)
    return found


def referrals_waiting_on(person: User) -> QuerySet[Referral]:
    """List the open referrals that wait on a person, most urgent first."""
    return Referral.objects.filter(referred_to(person), outcome="").order_by("due_at", "pk")


LINES = Question(
    lambda: (
        Referral.objects.filter(pk__among=Told("keys"))
        .select_related(
            "rfa",
            "rfa__mission",
            "rfa__sector",
            "rfa__area",
            "rfa__organisation",
            "rfa__requested_by",
            "rfa__post",
            "put_to",
        )
        .defer("rfa__area__boundary")
    )
)


def referral_lines(referrals: QuerySet[Referral]) -> list[Referral]:
    """Read referrals with the records they hold, in their order."""
    return LINES.in_order(list(referrals.values_list("pk", flat=True)))


def put_to_first(rfa: AssistanceRequest) -> Post | None:
    """Return the post a referral of this request is put to first: the HOMC, else the SRSG.

    The force does not see a humanitarian actor's security request before the Designated
    Official has decided (P39), and nobody resolves what their own post asked.
    """
    posts = {
        post.role: post
        for post in Post.objects.filter(
            mission=rfa.mission_id, role__in=[Role.HOMC, Role.SRSG]
        ).order_by("-pk")
    }
    homc = posts.get(Role.HOMC)
    if homc is not None and not rfa.hidden_from_force and homc.pk != rfa.post_id:
        return homc
    return posts.get(Role.SRSG)


def with_whom_they_name(referrals: QuerySet[Referral]) -> QuerySet[Referral]:
    """Load referrals with the people and posts they name."""
    return referrals.select_related(
        "rfa", "put_to", "opened_by", "opened_post", "closed_by", "closed_post", "delegation__post"
    )
