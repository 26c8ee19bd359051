"""Who may see what, what waits on whom: each asked in one place."""

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from approvals.models import Answer, Step
from approvals.vocabulary import StepState
from missions.models import Post, User
from missions.queries import Standing, prepares_for, standing_as, standings_of
from missions.vocabulary import FORCE, Reach
from requests_app.models import AssistanceRequest

# What was never submitted, a draft or one withdrawn as a draft, is its maker's alone.
SUBMITTED = Q(submitted_at__isnull=False)
REACHED = (StepState.OPEN, StepState.ANSWERED, StepState.LAPSED)


def _reach(standing: Standing) -> Q | None:
    """Return what a post sees beyond its own: its unit's, sector's or mission's, by clearance.

    The force sees no humanitarian actor's security request before the Designated Official
    has approved it (P39): such rows are ``hidden_from_force``.
    """
    post = standing.post
    beyond = SUBMITTED & Q(classification__lte=post.clearance)
    if post.role in FORCE:
        beyond &= Q(hidden_from_force=False)
    match post.reach:
        case Reach.MISSION:
            return beyond & Q(mission=post.mission_id)
        case Reach.SECTOR:
            return beyond & Q(sector=post.sector_id)
        case Reach.UNIT:  # a unit sees whatever it is tasked with, or it could not do it
            return Q(tasked_unit=post.unit_id, hidden_from_force=False)
    return None


def _put_to(person: User, posts: set[int]) -> Q:
    """Keep the steps put to a person's posts, or to those whose answers they prepare.

    Who prepares from within the force still sees nothing that is hidden from it (P39).
    """
    prepared = Q(post__in=prepares_for(person))
    if standing_as(person, *FORCE) is not None:
        prepared &= Q(rfa__hidden_from_force=False)
    return Q(post__in=posts) | prepared


def arms_of(person: User) -> list[Q]:
    """List the grounds on which a person sees records: each an indexed question of its own.

    Mine and my post's; my organisation's; what was put to my posts or to those I prepare
    for; my unit's, sector's or mission's up to my clearance (P15).
    """
    standings = standings_of(person)
    posts = {held.post.pk for held in standings}
    arms = [Q(requested_by=person.pk)]
    if posts:
        arms.append(Q(post__in=posts))
    organisations = {held.post.organisation_id for held in standings} | {person.organisation_id}
    organisations.discard(None)
    if organisations:
        arms.append(Q(organisation__in=organisations) & SUBMITTED)
    asked = Step.objects.filter(_put_to(person, posts), state__in=REACHED)
    arms.append(Q(pk__in=asked.values("rfa")))
    arms += [arm for arm in map(_reach, standings) if arm is not None]
    return arms


def visible_to(
    person: User, requests: QuerySet[AssistanceRequest] | None = None
) -> QuerySet[AssistanceRequest]:
    """Keep the records that a person may see. Page, API, export and search all ask this."""
    requests = AssistanceRequest.objects.all() if requests is None else requests
    seen = Q(pk__in=[])
    for arm in arms_of(person):
        seen |= arm
    return requests.filter(seen)


def inbox_of(person: User) -> QuerySet[Step]:
    """List the steps open for a person's posts and those they prepare for, most urgent first."""
    posts = {held.post.pk for held in standings_of(person)}
    return (
        Step.objects.filter(_put_to(person, posts), state=StepState.OPEN)
        .select_related(
            "rfa",
            "rfa__sector",
            "rfa__area",
            "rfa__mission",
            "rfa__organisation",
            "rfa__requested_by",
            "rfa__post",
            "post",
            "current",
            "prepared",
        )
        .order_by("due_at", "pk")
    )


def route_of(rfa: AssistanceRequest) -> QuerySet[Step]:
    """Return a record's steps in order, each with every answer given at it."""
    answers = Answer.objects.select_related("by", "post", "delegation__post").order_by("at", "pk")
    return (
        rfa.steps.select_related("post", "current", "current__by", "current__post")
        .prefetch_related(Prefetch("answers", queryset=answers))
        .order_by("stage", "round", "pk")
    )


def with_what_is_open(requests: QuerySet[AssistanceRequest]) -> QuerySet[AssistanceRequest]:
    """Load beside each request the steps it waits on, and with whom."""
    waiting = Step.objects.filter(state=StepState.OPEN).select_related("post").order_by("due_at")
    return requests.prefetch_related(Prefetch("steps", queryset=waiting, to_attr="open_steps"))


def waiting_on(requests: QuerySet[AssistanceRequest], post: Post) -> QuerySet[AssistanceRequest]:
    """Keep the requests that wait on a post."""
    return requests.filter(
        Exists(Step.objects.filter(rfa=OuterRef("pk"), post=post, state=StepState.OPEN))
    )


def overdue_advice(at: object) -> QuerySet[Step]:
    """List the advice steps that are open past their limit."""
    return Step.objects.filter(state=StepState.OPEN, seat_kind="advice", due_at__lt=at).order_by(
        "due_at"
    )
