"""How a record travels: its process copied into steps, one stage opened after another."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db.models import Max
from django.utils.translation import gettext as _

from approvals.clocks import CLOCK_FIELDS, clock_of, keep, started, stopped
from approvals.definition import BASELINES, Definition, Seat
from approvals.invariants import COMPETENT, broken_by_process
from approvals.models import Process, ProcessState, Step
from approvals.moves import after
from approvals.policy.duties import asked_for_it
from approvals.queries.processes import promulgated_by
from approvals.queries.records import note_route
from approvals.vocabulary import Act, Grant, SeatCondition, SeatKind, StepState
from common.adding import add
from common.clock import now
from common.errors import NotNow
from common.prepared import Question, Told
from missions.calendar import local_day
from missions.models import Mission, Post
from missions.vocabulary import OF_A_SECTOR, Role
from requests_app.models import AssistanceRequest
from requests_app.vocabulary import Kind, RequesterClass, Route, Status, SupportType

ENTERING = {
    Status.IN_CONSULTATION: Act.CONSULT,
    Status.AWAITING_DECISION: Act.SEEK_DECISION,
}


def route_for(rfa: AssistanceRequest) -> Route:
    """Return the route a request takes; for security, on whose behalf decides (P39)."""
    if rfa.kind != Kind.SECURITY_ASSISTANCE:
        return Route(rfa.kind)
    if rfa.security_assistance.requester_class == RequesterClass.MISSION_COMPONENT:
        return Route.SECURITY_MISSION
    return Route.SECURITY_HUMANITARIAN


PROMULGATED = Question(
    lambda: promulgated_by(Told("day")).filter(mission=Told("mission"), route=Told("route"))[:1]
)
SHIPPED = Question(
    lambda: Process.objects.filter(
        mission=Told("mission"),
        route=Told("route"),
        state=ProcessState.BASELINE,
        digest=Told("digest"),
    ).order_by("pk")[:1]
)


def process_in_force(mission: Mission, route: str, on: dt.date | None = None) -> Process | None:
    """Return the mission's own process in force on a day (today, by its own calendar), or None.

    Of the promulgated ones it is the newest whose first day has come (P31).
    """
    return PROMULGATED.one(mission=mission.pk, route=route, day=on or local_day(mission))


def process_for(mission: Mission, route: str) -> Process:
    """Return the mission's process in force for a route, or else the shipped baseline (P31)."""
    in_force = process_in_force(mission, route)
    if in_force:
        return in_force
    definition = BASELINES[route]
    broken = broken_by_process(route, definition)
    if broken:
        raise RuntimeError(f"The baseline for {route} breaks the policy: {broken}")
    return _shipped(mission, route, definition) or _take_in(mission, route, definition)


def _shipped(mission: Mission, route: str, definition: Definition) -> Process | None:
    return SHIPPED.one(mission=mission.pk, route=route, digest=definition.digest())


def _take_in(mission: Mission, route: str, definition: Definition) -> Process:
    """Copy a baseline to the mission at its first use; of two at once, one copies it."""
    Mission.objects.select_for_update(no_key=True).get(pk=mission.pk)
    shipped = _shipped(mission, route, definition)
    if shipped is not None:
        return shipped
    same = Process.objects.filter(mission=mission, route=route)
    return Process.objects.create(
        mission=mission,
        route=route,
        version=same.aggregate(newest=Max("version", default=-1))["newest"] + 1,
        state=ProcessState.BASELINE,
        content=definition.as_json(),
        digest=definition.digest(),
    )


def condition_holds(condition: str, rfa: AssistanceRequest) -> bool:
    """Whether a seat is asked on this request; read once, at submission."""
    match condition:
        case SeatCondition.ALWAYS:
            return True
        case SeatCondition.UNIT_ASKED:
            return rfa.post is not None and rfa.post.role == Role.UNIT_CIMIC
        case SeatCondition.COMMUNITY:
            asked = getattr(rfa, "civil_assistance", None)
            return asked is not None and asked.support_type == SupportType.COMMUNITY_SUPPORT
        case SeatCondition.QIP:
            return rfa.kind == Kind.QIP
        case SeatCondition.ASSETS:
            return rfa.assets.exists()
        case SeatCondition.NOT_SSR:
            return not rfa.ssr
    return bool(getattr(rfa, condition))


POSTS = Question(
    lambda: Post.objects.filter(mission=Told("mission"), role__among=Told("roles")).order_by("pk")
)


class _Posts:
    """The posts of a mission that a route may go to, read once for the whole route."""

    def __init__(self, rfa: AssistanceRequest, definition: Definition) -> None:
        self.rfa = rfa
        roles = {str(seat.role) for seat in definition.seats()} | {str(Role.CHIEF_CIMIC)}
        roles |= {str(role) for role in COMPETENT.get(str(rfa.route), frozenset())}
        self.all: list[Post] = list(POSTS.rows(mission=rfa.mission_id, roles=sorted(roles)))

    def as_any(self, *roles: str) -> list[Post]:
        """List the posts of these roles."""
        return [post for post in self.all if post.role in roles]

    def for_here(self, role: str) -> list[Post]:
        """List the posts of a role; for a sector's officer, those of the request's sector."""
        sector = self.rfa.sector_id if role in OF_A_SECTOR else None
        found = self.as_any(role)
        if role in OF_A_SECTOR:
            found = [post for post in found if post.sector_id == sector]
        return found


def _instead_of(own: Post, seat: Seat, posts: _Posts) -> list[Post]:
    """List who answers in place of the post that asked: never its own office for a decision.

    A decision goes to another competent authority or to the post above; a review stays
    within UN-CIMIC where it can (P33); anything else goes to the post above.
    """
    above = [own.above] if own.above else []
    if seat.kind == SeatKind.DECISION:
        competent = COMPETENT.get(str(posts.rfa.route), frozenset()) - {Role(own.role)}
        return [*posts.as_any(*competent), *above]
    if seat.kind == SeatKind.REVIEW:
        return [*own.offices.order_by("pk"), *above]
    return above


def _is_asked(seat: Seat, rfa: AssistanceRequest) -> bool:
    """Whether a seat is asked: its condition holds, and asking did not answer it already."""
    return condition_holds(seat.condition, rfa) and not _said_by_asking(seat.kind, seat.role, rfa)


def _said_by_asking(kind: str, role: str, rfa: AssistanceRequest) -> bool:
    """Whether the asker's own post would hold a seat that asking has answered.

    An adviser who asks for something has said what they think of it, unless another post
    of the role can advise. A Chief UN-CIMIC who files a humanitarian actor's security
    request has registered it; no other post of the force may see it before the decision
    (P39).
    """
    if rfa.post is None or rfa.post.role != role:
        return False
    if kind == SeatKind.ADVICE:
        same = Post.objects.filter(mission=rfa.mission_id, role=role)
        return not same.exclude(pk=rfa.post_id).exists()
    return rfa.route == Route.SECURITY_HUMANITARIAN and kind == SeatKind.REVIEW


def _post_for(seat: Seat, rfa: AssistanceRequest, posts: _Posts) -> Post:
    """Return the post that answers a seat on this request.

    Nobody answers what their own post asked (``asked_for_it``, ``_instead_of``). Raises
    ``NotNow`` if the mission has no such post.
    """
    found = posts.for_here(seat.role)
    others = [post for post in found if not asked_for_it(post.pk, seat.kind, seat.role, rfa)]
    if found and not others:
        others = _instead_of(found[0], seat, posts)
    if others:
        return others[0]
    raise NotNow(
        _("The mission has no %(role)s for this sector: ask the administrator to add the post.")
        % {"role": seat.role.label}
    )


def _laid(rfa: AssistanceRequest, process: Process, definition: Definition) -> list[Step]:
    """Copy a process into a request's steps; seats whose condition fails are not asked."""
    posts = _Posts(rfa, definition)
    steps = []
    for number, stage in enumerate(definition.stages, start=1):
        for seat in stage.seats:
            asked = _is_asked(seat, rfa)
            steps.append(
                Step(
                    rfa=rfa,
                    process=process,
                    stage=number,
                    stage_name=stage.name,
                    stage_status=stage.status,
                    seat=seat.code,
                    seat_label=seat.label,
                    seat_kind=seat.kind,
                    role=seat.role,
                    condition=seat.condition,
                    post=_post_for(seat, rfa, posts) if asked else _any_post(seat, posts),
                    normal_hours=seat.normal_hours,
                    time_sensitive_hours=seat.time_sensitive_hours,
                    state=StepState.WAITING if asked else StepState.SKIPPED,
                )
            )
    return steps


def set_out(rfa: AssistanceRequest, process: Process, definition: Definition) -> list[Step]:
    """Lay a record's route, its first stage open, in one go; return the steps that are open.

    ``definition`` is the process's own, read. What is laid for the first time waits on no
    referral: what is not submitted cannot be referred.
    """
    steps = _laid(rfa, process, definition)
    first = min((step.stage for step in steps if step.state == StepState.WAITING), default=None)
    opened = [step for step in steps if step.state == StepState.WAITING and step.stage == first]
    _start(opened)
    _enter(rfa, opened)
    add(steps)
    note_route(rfa, steps)
    return opened


def _any_post(seat: Seat, posts: _Posts) -> Post:
    """Return the post a seat that is not asked would have gone to, where there is one."""
    found = posts.as_any(seat.role) or posts.as_any(Role.CHIEF_CIMIC)
    if not found:
        raise NotNow(_("The mission has no Chief UN-CIMIC: ask the administrator to add the post."))
    return found[0]


def of(rfa: AssistanceRequest, steps: Iterable[Step]) -> list[Step]:
    """List steps, each holding the request as it now stands, its mission and calendar with it."""
    found = list(steps)
    for step in found:
        step.rfa = rfa
    return found


def _start(steps: list[Step]) -> None:
    """Open steps; a clock that was stopped goes on with the time it had used."""
    at = now()
    for step in steps:
        step.state = StepState.OPEN
        keep(step, started(step, at, clock_of(step).used))


def _open(steps: list[Step]) -> None:
    """Open steps and keep their clocks: those that run alike in one statement."""
    _start(steps)
    alike: dict[tuple[Any, ...], list[Step]] = {}
    for step in steps:
        alike.setdefault(tuple(getattr(step, name) for name in CLOCK_FIELDS), []).append(step)
    for clock, same in alike.items():
        Step.objects.filter(pk__in=[step.pk for step in same]).update(
            state=StepState.OPEN, **dict(zip(CLOCK_FIELDS, clock, strict=True))
        )


def _enter(rfa: AssistanceRequest, opened: list[Step]) -> None:
    """Give the record the status of the stage that was opened."""
    if opened and opened[0].stage_status != rfa.status:
        entering = ENTERING.get(Status(opened[0].stage_status))
        if entering is not None:
            rfa.status = after(rfa.status, entering)


def pause_step(step: Step) -> Step:
    """Put an open step back to waiting; its clock stops and keeps the time used."""
    step.state, step.paused_at = StepState.WAITING, now()
    keep(step, stopped(step, clock_of(step), step.paused_at))
    step.save(update_fields=["state", *CLOCK_FIELDS])
    return step


def decides(step: Step) -> bool:
    """Whether a seat decides the request: a decision, or tasking where that is all (P39)."""
    return step.seat_kind == SeatKind.DECISION or (
        step.seat_kind == SeatKind.TASKING and step.stage_status == Status.AWAITING_DECISION
    )


def is_referred(rfa: AssistanceRequest) -> bool:
    """Whether what could not be resolved is with the HOMC or the SRSG (P52)."""
    return rfa.referrals.filter(outcome="").exists()


def open_stage(rfa: AssistanceRequest, stage: int) -> list[Step]:
    """Open the steps that wait in a stage, and give the record the stage's status.

    While the request is referred no decision is opened (P52).
    """
    waiting = rfa.steps.filter(stage=stage, state=StepState.WAITING).order_by("pk")
    return _opened(rfa, of(rfa, waiting))


def _opened(rfa: AssistanceRequest, waiting: list[Step]) -> list[Step]:
    if any(map(decides, waiting)) and is_referred(rfa):
        waiting = [step for step in waiting if not decides(step)]
    _open(waiting)
    _enter(rfa, waiting)
    return waiting


def ask_again(step: Step) -> Step:
    """Put the same seat to its post once more, in a new round, waiting for its stage."""
    return Step.objects.create(
        **{
            name: getattr(step, name)
            for name in (
                "rfa",
                "process",
                "stage",
                "stage_name",
                "stage_status",
                "seat",
                "seat_label",
                "seat_kind",
                "role",
                "condition",
                "post",
                "normal_hours",
                "time_sensitive_hours",
            )
        },
        round=step.round + 1,
        state=StepState.WAITING,
    )


AHEAD = Question(
    lambda: Step.objects.filter(
        rfa=Told("rfa"), state__in=[StepState.OPEN, StepState.WAITING]
    ).order_by("stage", "pk")
)


def next_stage(rfa: AssistanceRequest) -> list[Step]:
    """Open the next stage once nothing is open; return the steps opened, if any."""
    steps = of(rfa, AHEAD.rows(rfa=rfa.pk))
    if not steps or any(step.state == StepState.OPEN for step in steps):
        return []
    return _opened(rfa, [step for step in steps if step.stage == steps[0].stage])


def ask_as_it_now_stands(rfa: AssistanceRequest) -> None:
    """After a change, ask the seats whose condition now holds, and no more those it fails.

    The conditions are the ones copied at submission. What was answered stays; a seat newly
    asked in an earlier stage is asked first, so that nobody decides without its answer.
    """
    newest = {step.seat: step for step in rfa.steps.order_by("round")}
    for step in newest.values():
        if step.state != StepState.SKIPPED:
            continue
        said = _said_by_asking(step.seat_kind, step.role, rfa)
        if condition_holds(step.condition, rfa) and not said:
            step.state = StepState.WAITING
            step.save(update_fields=["state"])
    for step in rfa.steps.filter(state=StepState.WAITING):
        if not condition_holds(step.condition, rfa):
            step.state = StepState.SKIPPED
            step.save(update_fields=["state"])


def rest(rfa: AssistanceRequest, stage: int) -> list[Step]:
    """Put what is still open in a stage back to waiting, while the request is returned."""
    resting = rfa.steps.filter(stage=stage, state=StepState.OPEN).order_by("pk")
    return [pause_step(step) for step in of(rfa, resting)]


def end_route(rfa: AssistanceRequest) -> None:
    """Mark the steps that will not be asked any more; answers stay as they are."""
    rfa.steps.filter(state__in=[StepState.OPEN, StepState.WAITING]).update(
        state=StepState.SUPERSEDED, current=None, current_grants=Grant.NOTHING
    )


def reopen_after(step: Step) -> None:
    """Ask again the seats behind a decision that had ended the route."""
    later = step.rfa.steps.filter(stage__gt=step.stage, state=StepState.SUPERSEDED)
    newest = {ended.seat: ended for ended in later.order_by("round")}
    for ended in newest.values():
        ask_again(ended)
