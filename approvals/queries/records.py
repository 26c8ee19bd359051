"""Who may see what, what waits on whom: each asked in one place."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet, prefetch_related_objects
from django.utils.translation import gettext as _

from approvals.models import Answer, Referral, Step
from approvals.queries.referrals import referred_to
from approvals.vocabulary import StepState
from common.matching import LooksElsewhere, meets
from common.prepared import Question, Told, nothing_of
from missions.models import Post, User
from missions.queries import Standing, holds_among, is_among, standings_of, vacant_below
from missions.vocabulary import FORCE, Capacity, Classification, Reach, Role
from requests_app.models import AssistanceRequest, UnitAtWork

# What was never submitted, a draft or one withdrawn as a draft, is its maker's alone.
SUBMITTED = Q(submitted_at__isnull=False)
REACHED = (StepState.OPEN, StepState.ANSWERED, StepState.LAPSED)
# Where an answer was given: it stands, or what followed took its effect away.
WAS_ANSWERED = frozenset({StepState.ANSWERED, StepState.SUPERSEDED})


def looks_as_the_force(standing: Standing) -> bool:
    """Whether the force's eyes look through a post: its own posts', and whoever of it stands in.

    The Chief UN-CIMIC's is the exception: whoever acts for it registers what comes (P41).
    """
    if standing.role == Role.CHIEF_CIMIC:
        return False
    lent = standing.capacity != Capacity.HOLDER and is_among(standing.person, *FORCE)
    return standing.role in FORCE or lent or holds_among(standing.person, *FORCE)


def _bound(standing: Standing, to: str = "") -> Q:
    """Bound what comes through a post: a bounded delegation to its routes, the force by P39.

    The force sees no humanitarian actor's security request before the Designated Official has
    approved it: such rows are ``hidden_from_force``. ``to`` leads to the record's columns.
    """
    bound = Q()
    if looks_as_the_force(standing):
        bound &= Q(**{f"{to}hidden_from_force": False})
    if standing.routes:
        bound &= Q(**{f"{to}route__in": standing.routes})
    return bound


def _named(standing: Standing, to: str = "") -> Q:
    """Leave out what is strictly confidential where the post is not cleared for it.

    For what was put to somebody else: strictly confidential is for who is named (P15).
    """
    if standing.post.clearance >= Classification.STRICTLY_CONFIDENTIAL:
        return Q()
    return Q(**{f"{to}classification__lt": Classification.STRICTLY_CONFIDENTIAL})


def reached_in_mission(standing: Standing, to: str = "") -> Q:
    """Keep what a post that sees its whole mission reaches there, by its clearance.

    ``to`` leads to the record's columns.
    """
    post = standing.post
    return _bound(standing, to) & Q(
        **{
            f"{to}submitted_at__isnull": False,
            f"{to}classification__lte": post.clearance,
            f"{to}mission": post.mission_id,
        }
    )


def _reach(standing: Standing) -> list[Q]:
    """List what a post sees beyond its own: its unit's, sector's or mission's, by clearance."""
    post = standing.post
    beyond = SUBMITTED & Q(classification__lte=post.clearance) & _bound(standing)
    match post.reach:
        case Reach.MISSION:
            return [reached_in_mission(standing)]
        case Reach.SECTOR:
            return [beyond & Q(sector=post.sector_id)]
        case Reach.UNIT:  # a unit sees whatever it is tasked with, or it could not do it
            helps = UnitAtWork.objects.filter(unit=post.unit_id).values("rfa")
            open_to_it = Q(hidden_from_force=False) & _bound(standing)
            return [Q(tasked_unit=post.unit_id) & open_to_it, Q(pk__in=helps) & open_to_it]
    return []


def _of_posts(standings: list[Standing], to: str = "") -> Q:
    """Keep what is a person's posts' own, each as it is bounded."""
    own = Q(pk__in=[])
    for held in standings:
        own |= Q(post=held.post.pk) & _bound(held, to)
    return own


def _put_to(person: User) -> Q:
    """Keep the steps put to a person's posts, or that come up to them, or that they prepare.

    The steps of a post that nobody acts for come up to the first post above that somebody
    does. Who prepares, or stands above, within the force still sees nothing that is hidden
    from it (P39), and nothing strictly confidential above the clearance of the post.
    """
    standings = standings_of(person)
    found = _of_posts(standings, "rfa__")
    further = [
        (held.post.office_of_id, held)
        for held in standings
        if held.post.office_of_id is not None and not held.routes
    ]
    further += vacant_below(person).items()
    unseen = Q(rfa__hidden_from_force=False) if is_among(person, *FORCE) else Q()
    for post_id, held in further:
        found |= Q(post=post_id) & _bound(held, "rfa__") & _named(held, "rfa__") & unseen
    return found


def arms_of(person: User) -> list[Q]:
    """List the grounds on which a person sees records: each an indexed question of its own."""
    return list(_arms(person))


def _arms(person: User) -> Iterator[Q]:
    """Tell the grounds on which a person sees records: each an indexed question of its own.

    Mine and my post's; my organisation's; what was put to my posts or to those I prepare
    for; my unit's, sector's or mission's up to my clearance (P15). Each ground ends with the
    last post that one acts for in the mission. What is strictly confidential is seen by who is
    named: its maker, the posts it was put to, and posts cleared for it, not by colleagues.
    """
    standings = standings_of(person)
    if not standings:
        yield Q(pk__in=[])
        return
    here = Q(mission__in={held.post.mission_id for held in standings})
    if all(map(looks_as_the_force, standings)):
        here &= Q(hidden_from_force=False)
    yield Q(requested_by=person.pk) & here
    yield _of_posts(standings)
    organisations = {held.post.organisation_id for held in standings if not held.routes}
    organisations.add(person.organisation_id)
    organisations.discard(None)
    if organisations:
        open_to_colleagues = Q(classification__lt=Classification.STRICTLY_CONFIDENTIAL)
        yield Q(organisation__in=organisations) & SUBMITTED & open_to_colleagues & here
    # What a row's own columns answer comes first: asked together, the rest is seldom looked up.
    for standing in standings:
        yield from _reach(standing)
    asked = Step.objects.filter(_put_to(person), state__in=REACHED)
    yield Q(pk__in=asked.values("rfa"))
    yield Q(pk__in=_referred(person).values("rfa"))


def _referred(person: User) -> QuerySet[Referral]:
    """Keep what was ever referred to a person's posts (P52); hidden from the force as ever."""
    referred = Referral.objects.filter(referred_to(person))
    return referred.filter(rfa__hidden_from_force=False) if is_among(person, *FORCE) else referred


STEP = Question(
    lambda: (
        Step.objects.filter(pk=Told("key"))
        .select_related("rfa", "rfa__mission", "rfa__post", "post", "current")
        .order_by()
    )
)


def visible_step(person: User, key: int) -> Step | None:
    """Return a step of a record that a person may see, with its record, or None."""
    step = STEP.one(key=key)
    return step if step is not None and sees(person, step.rfa) else None


def is_looked_up(ground: Q) -> bool:
    """Whether a ground is found by way of another table, and not in a record's own columns."""
    said: list[Any] = list(ground.children)
    return any(
        is_looked_up(one) if isinstance(one, Q) else isinstance(one[1], QuerySet) for one in said
    )


def visible_to(
    person: User, requests: QuerySet[AssistanceRequest] | None = None
) -> QuerySet[AssistanceRequest]:
    """Keep the records that a person may see. Page, API, export and search all ask this."""
    requests = AssistanceRequest.objects.all() if requests is None else requests
    return requests.filter(any_of(arms_of(person)))


def any_of(arms: list[Q]) -> Q:
    """Keep what is seen on any of these grounds."""
    seen = Q(pk__in=[])
    for arm in arms:
        seen |= arm
    return seen


def sees(person: User, rfa: AssistanceRequest) -> bool:
    """Whether a person may see a record, as ``visible_to`` would find.

    Most is seen on the grounds of its own columns, which are at hand; for the rest alone the
    database is asked.
    """
    looked_up = Q(pk__in=[])
    for arm in _arms(person):
        try:
            if meets(rfa, arm):
                return True
        except LooksElsewhere:
            looked_up |= arm
    return AssistanceRequest.objects.filter(looked_up, pk=rfa.pk).exists()


def inbox_of(person: User) -> QuerySet[Step]:
    """List the steps open for a person's posts and those they prepare for, most urgent first."""
    return _shown(Step.objects.filter(_put_to(person), state=StepState.OPEN)).order_by(
        "due_at", "pk"
    )


def _shown(steps: QuerySet[Step]) -> QuerySet[Step]:
    """Load with each step all that a line of the inbox shows."""
    return steps.select_related(
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
    ).defer("rfa__area__boundary")


LINES = Question(lambda: _shown(Step.objects.filter(pk__among=Told("keys"))))


def inbox_lines(keys: list[int]) -> list[Step]:
    """Read these steps of an inbox with all that its lines show, in their order."""
    return LINES.in_order(keys)


ROUTE = Question(
    lambda: (
        Step.objects.filter(rfa=Told("rfa"))
        .select_related("post", "current", "current__by", "current__post")
        .order_by("stage", "round", "pk")
    )
)


def note_route(rfa: AssistanceRequest, steps: list[Step]) -> None:
    """Note on a locked record the route that was just laid: all its steps, none answered."""
    rfa._route = steps  # type: ignore[attr-defined]


def route_of(rfa: AssistanceRequest) -> list[Step]:
    """Return a record's steps in order, each with every answer given at it."""
    return _with_answers(rfa, list(ROUTE.rows(rfa=rfa.pk)))


def route_just_laid(rfa: AssistanceRequest) -> list[Step]:
    """Return a record's steps as ``route_of`` does; of one that this very deed laid, unread."""
    laid: list[Step] | None = getattr(rfa, "_route", None)
    return route_of(rfa) if laid is None else _with_answers(rfa, laid)


def _with_answers(rfa: AssistanceRequest, steps: list[Step]) -> list[Step]:
    for step in steps:
        step.rfa = rfa
    answers = Answer.objects.select_related("by", "post", "delegation__post").order_by("at", "pk")
    if any(step.state in WAS_ANSWERED for step in steps):
        prefetch_related_objects(steps, Prefetch("answers", queryset=answers))
    else:
        for step in steps:
            step.__dict__["_prefetched_objects_cache"] = {"answers": nothing_of(Answer)}
    return steps


def with_what_is_open(requests: QuerySet[AssistanceRequest]) -> QuerySet[AssistanceRequest]:
    """Load beside each request the steps and the referral it waits on, and with whom."""
    waiting = Step.objects.filter(state=StepState.OPEN).select_related("post").order_by("due_at")
    referred = Referral.objects.filter(outcome="").select_related("put_to")
    return requests.prefetch_related(
        Prefetch("steps", queryset=waiting, to_attr="open_steps"),
        Prefetch("referrals", queryset=referred, to_attr="open_referrals"),
    )


OPEN_STEPS = Question(
    lambda: (
        Step.objects.filter(rfa__among=Told("records"), state=StepState.OPEN)
        .select_related("post")
        .order_by("due_at")
    )
)
OPEN_REFERRALS = Question(
    lambda: (
        Referral.objects.filter(rfa__among=Told("records"), outcome="")
        .select_related("put_to")
        .order_by()
    )
)


def read_what_is_open(records: list[AssistanceRequest]) -> None:
    """Note on records already read what ``with_what_is_open`` loads."""
    by_key = {rfa.pk: rfa for rfa in records}
    for rfa in records:
        rfa.open_steps, rfa.open_referrals = [], []  # type: ignore[attr-defined]
    for step in OPEN_STEPS.rows(records=list(by_key)):
        by_key[step.rfa_id].open_steps.append(step)  # type: ignore[attr-defined]
    for referral in OPEN_REFERRALS.rows(records=list(by_key)):
        by_key[referral.rfa_id].open_referrals.append(referral)  # type: ignore[attr-defined]


def note_what_is_open(rfa: AssistanceRequest, steps: list[Step], referrals: list[Referral]) -> None:
    """Note on one record what ``with_what_is_open`` loads, from its route and open referrals."""
    opened = [step for step in steps if step.state == StepState.OPEN]
    rfa.open_steps = sorted(opened, key=_limit)  # type: ignore[attr-defined]
    rfa.open_referrals = referrals  # type: ignore[attr-defined]


def _limit(step: Step) -> dt.datetime:
    if step.due_at is None:
        raise ValueError("An open step has its limit.")
    return step.due_at


@dataclass(frozen=True)
class Wait:
    """On whom a record waits, for which seat, since when and until when."""

    rfa: AssistanceRequest
    post: Post
    seat: str
    seat_label: str
    opened_at: dt.datetime | None
    due_at: dt.datetime | None


def waits_of(rfa: AssistanceRequest) -> list[Wait]:
    """List on whom a record loaded ``with_what_is_open`` waits, most urgent first."""
    steps = [
        Wait(rfa, step.post, step.seat, step.seat_label, step.opened_at, step.due_at)
        for step in rfa.open_steps  # type: ignore[attr-defined]
    ]
    referrals = [
        Wait(rfa, one.put_to, "referral", str(_("Referral")), one.opened_at, one.due_at)
        for one in rfa.open_referrals  # type: ignore[attr-defined]
    ]
    return referrals + steps


def waiting_on(requests: QuerySet[AssistanceRequest], post: Post) -> QuerySet[AssistanceRequest]:
    """Keep the requests that wait on a post."""
    return requests.filter(
        Exists(Step.objects.filter(rfa=OuterRef("pk"), post=post, state=StepState.OPEN))
        | Exists(Referral.objects.filter(rfa=OuterRef("pk"), put_to=post, outcome=""))
    )


def overdue_advice(at: object) -> QuerySet[Step]:
    """List the advice steps that are open past their limit."""
    return Step.objects.filter(state=StepState.OPEN, seat_kind="advice", due_at__lt=at).order_by(
        "due_at"
    )
