"""Every state that a record can reach on the routes as shipped, by every answer there is.

A walk over the real services and the real database. From each state: every word at every
open step, every later answer, advice that lapses, a return with what may change by it,
withdrawing, cancelling, referring, starting, completing, closing. Whatever a policy offers
is done, and must succeed. A state is all of a record that a later deed can depend on, so a
walk ends by itself, however often a record is returned: nothing is cut off.
"""

import copy
import datetime as dt
from collections import Counter
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
from django.db import connection, transaction

from approvals import moves, policy
from approvals import services as approvals
from approvals.definition import BASELINES
from approvals.invariants import why_it_may_not_start
from approvals.models import Step
from approvals.moves import MOVES
from approvals.vocabulary import Act, SeatKind, StepState, Word
from common import clock
from records import policy as records_policy
from records import services as records
from records.completeness import missing_before_closing
from requests_app.models import AssistanceRequest
from requests_app.vocabulary import Status
from tests.builders import (
    POSTS,
    a_draft,
    a_mission,
    civil_answers,
    extreme_answers,
    in_days,
    qip_answers,
    security_answers,
    usual_details,
    who,
)

State = tuple[Hashable, ...]
Deed = tuple[str, Callable[[], Any]]
Line = tuple[str, str]

ENDS = frozenset({Status.CLOSED, Status.WITHDRAWN})
# At these a post says what it thinks: that it answered is all that what follows depends on.
THINKS = frozenset({SeatKind.REVIEW, SeatKind.ADVICE, SeatKind.CAPABILITY, SeatKind.BOARD})
# The later words that change nothing once it is decided (``services.answers``).
STANDS_ONCE_DECIDED = frozenset({SeatKind.REVIEW, SeatKind.ADVICE, SeatKind.BOARD})
LONGEST_ADVICE = dt.timedelta(hours=121)

PUT_TO_TASKING = frozenset({Status.DRAFT, Status.AWAITING_DECISION, Status.WITHDRAWN})
ASKED = PUT_TO_TASKING | {Status.UNDER_REVIEW, Status.RETURNED, Status.IN_CONSULTATION}
DECIDED = frozenset(
    {
        Status.APPROVED,
        Status.NOT_APPROVED,
        Status.IN_PROGRESS,
        Status.COMPLETED,
        Status.CANCELLED,
        Status.CLOSED,
    }
)
REPORTED = frozenset(
    {Status.REPORTED, Status.ACKNOWLEDGED, Status.HELD, Status.NOT_HELD, Status.CLOSED}
)

# Lines of routes with tasking alone, of a return that changed whom to ask, of no consultation.
TASKING_ALONE: frozenset[Line] = frozenset(
    {(Status.DRAFT, Act.SEEK_DECISION), (Status.APPROVED, Act.APPROVE)}
)
ASKED_ANEW: frozenset[Line] = frozenset({(Status.RETURNED, Act.CONSULT)})
NOBODY_CONSULTED: frozenset[Line] = frozenset({(Status.UNDER_REVIEW, Act.SEEK_DECISION)})


@dataclass(frozen=True)
class Journey:
    """What is asked, by whom; what a return may change; the walk's states and deeds, counted."""

    route: str
    answers: Callable[..., dict[str, Any]]
    by: str
    statuses: frozenset[Status]
    counted: tuple[int, int]
    changes: dict[str, Any] = field(default_factory=dict)
    marker: str = ""
    never: frozenset[Line] = TASKING_ALONE | ASKED_ANEW | NOBODY_CONSULTED
    not_asked: frozenset[str] = frozenset()
    without: str = ""
    refers: bool = False
    said_anew: frozenset[SeatKind] = frozenset(SeatKind)

    def lines(self) -> set[Line]:
        """List the lines of the table that its records use: those between its statuses."""
        between = {
            (status, act)
            for (status, act), to in MOVES.items()
            if {status, to} <= {str(status) for status in self.statuses}
        }
        return between - self.never


JOURNEYS = {
    "civil assistance, asked by a unit": Journey(
        route="civil_assistance",
        answers=civil_answers,
        by="unit.east",
        statuses=ASKED | DECIDED,
        counted=(171, 545),
        marker="humanitarian",
        never=TASKING_ALONE | NOBODY_CONSULTED,
        not_asked=frozenset({"human_rights_advice", "unpol_advice", "decision_ssr"}),
    ),
    "civil assistance with every marker": Journey(
        route="civil_assistance",
        answers=civil_answers,
        changes={"ssr": True, "humanitarian": True, "protection": True, "public_order": True},
        by="partner.ngo",
        statuses=ASKED | DECIDED,
        counted=(84, 257),
        not_asked=frozenset({"sector_review", "decision"}),
        refers=True,
        said_anew=frozenset(SeatKind) - THINKS,
    ),
    "a QIP": Journey(
        route="qip",
        answers=qip_answers,
        by="partner.ngo",
        statuses=ASKED | DECIDED,
        counted=(120, 288),
        marker="ssr",
        said_anew=frozenset(SeatKind) - {SeatKind.ADVICE},
    ),
    "security for a humanitarian actor": Journey(
        route="security_humanitarian",
        answers=security_answers,
        by="partner.ngo",
        statuses=ASKED | DECIDED,
        counted=(52, 154),
        refers=True,
    ),
    "security for UN-CMCoord, where a mission hears no UNDSS": Journey(
        route="security_humanitarian",
        answers=security_answers,
        changes={"requester_class": "humanitarian"},
        by="cmcoord",
        statuses=(ASKED | DECIDED) - {Status.IN_CONSULTATION},
        counted=(32, 71),
        never=TASKING_ALONE,
        not_asked=frozenset({"cmcoord_advice", "undss_advice"}),
        without="undss_advice",
    ),
    "security for a mission component": Journey(
        route="security_mission",
        answers=security_answers,
        by="human.rights",
        statuses=PUT_TO_TASKING | DECIDED,
        counted=(13, 22),
        never=frozenset(),
        refers=True,
    ),
    "an extreme situation": Journey(
        route="extreme_situation",
        answers=extreme_answers,
        by="unit.east",
        statuses=REPORTED,
        counted=(6, 12),
    ),
}


def a_process_without(seat: str, route: str) -> None:
    """Let the mission put a process of its own in force: the baseline without a seat."""
    content = copy.deepcopy(BASELINES[route].as_json())
    for stage in content["stages"]:
        stage["seats"] = [kept for kept in stage["seats"] if kept["code"] != seat]
    process = approvals.draft_process(actor=who("chief.cimic"), route=route, content=content)
    for signer in ("dsrsg", "homc"):
        approvals.co_sign_process(process=process, actor=who(signer), digest=process.digest)
    approvals.promulgate_process(process=process, actor=who("srsg"), in_force_from=in_days(0))


class Recorded(dict[Line, Status]):
    """The table of moves, which counts how often each line is used."""

    def __init__(self) -> None:
        super().__init__(MOVES)
        self.used: Counter[Line] = Counter()

    def __getitem__(self, line: Line) -> Status:
        self.used[line] += 1
        return super().__getitem__(line)


class Walk:
    """One record, taken to every state that it can reach, each deed undone afterwards."""

    def __init__(self, journey: Journey) -> None:
        self.journey = journey
        self.moment = clock.now()
        self.after: dict[State, dict[str, State]] = {}
        self.deeds_done = 0
        self.answered: set[str] = set()
        self.path: list[str] = []
        self.people = {name: who(name) for name in POSTS}
        self.maker, self.chief = self.people[journey.by], self.people["chief.cimic"]
        self._said: set[Hashable] = set()
        self._looked_at: set[str] = set()
        answers = journey.answers(**journey.changes)
        if journey.route == "extreme_situation":
            del answers["area"]
            answers["acted_at"] = self.moment - dt.timedelta(hours=3)
            self.rfa = approvals.report_extreme_situation(actor=self.maker, values=answers)
        else:
            self.rfa = a_draft(answers, by=journey.by)

    # Where it stands.

    def stands(self) -> tuple[AssistanceRequest, list[Step]]:
        """Read the record and, of each seat, the newest round; older ones are over for good."""
        rfa = AssistanceRequest.objects.get(pk=self.rfa.pk)
        newest: dict[str, Step] = {}
        for step in rfa.steps.select_related("current", "post").order_by("round", "stage", "pk"):
            older = newest.get(step.seat)
            assert older is None or (
                older.state == StepState.SUPERSEDED
                or (older.current is not None and older.current.answer == Word.RETURN)
            )
            step.rfa = rfa
            newest[step.seat] = step
        return rfa, list(newest.values())

    def alike(self, step: Step) -> tuple[str, ...]:
        """Say of a step what later deeds depend on; advisers asked alike are alike."""
        if step.rfa.status in DECIDED and step.seat_kind in STANDS_ONCE_DECIDED:
            return (str(step.stage), step.seat_kind)
        over = step.state in {StepState.ANSWERED, StepState.LAPSED}
        kept = SeatKind.ADVICE not in self.journey.said_anew  # lapsed or not is all one then
        if over and kept and step.seat_kind == SeatKind.ADVICE:
            return (str(step.stage), step.seat_kind, "over")
        word = step.current.answer if step.current else ""
        if step.seat_kind in THINKS and word != Word.RETURN:
            word = step.current_grants
        advises = step.seat_kind == SeatKind.ADVICE and step.condition != self.journey.marker
        again = "again" if step.state == StepState.SKIPPED and step.round > 1 else ""
        return (str(step.stage), "advice" if advises else step.seat, step.state, word, again)

    def state(self, rfa: AssistanceRequest, steps: list[Step]) -> State:
        """Say of a record what later deeds depend on; its status comes first."""
        referred = rfa.referrals.filter(outcome="").select_related("put_to").first()
        return (
            str(rfa.status),
            tuple(sorted(self.alike(step) for step in steps)),
            rfa.tasked_unit_id is not None,
            rfa.hidden_from_force,
            bool(self.journey.marker and getattr(rfa, self.journey.marker)),
            referred.put_to.role if referred else "",
        )

    # What may be done.

    def deeds(self, rfa: AssistanceRequest, steps: list[Step]) -> Iterator[Deed]:
        """Name every deed that a policy offers to whoever it is for."""
        one_of_each = {self.alike(step): step for step in reversed(steps)}
        for step in reversed(one_of_each.values()):
            yield from self.at_a_step(step)
        if any(step.state == StepState.OPEN and step.may_lapse for step in steps):
            yield "the limit passes", self.lapse
        yield from self.by_its_maker(rfa)
        yield from self.by_un_cimic(rfa)
        yield from self.of_a_referral(rfa)

    def at_a_step(self, step: Step) -> Iterator[Deed]:
        actor = self.people[step.post.code]
        if step.state == StepState.OPEN:
            assert policy.may_answer(actor, step), (step, self.path)
            for word in self.words(step, step.words):
                yield f"{step.seat}: {word}", partial(self.says, approvals.answer, step, word)
        elif step.seat_kind in self.journey.said_anew and policy.may_supersede(actor, step):
            kept = step.current is not None and step.current.answer == Word.RETURN
            decided = step.rfa.status in {Status.APPROVED, Status.NOT_APPROVED}
            if kept or (decided and step.seat_kind in STANDS_ONCE_DECIDED):
                return
            for word in self.words(step, [word for word in step.words if word != Word.RETURN]):
                said = partial(self.says, approvals.supersede, step, word)
                yield f"{step.seat}: {word}, anew", said

    def words(self, step: Step, words: Any) -> list[Word]:
        """List the words to give at a step.

        What a post thinks is said in every word once at each turn of the record and the seat;
        elsewhere one word stands for the others.
        """
        turn = (step.rfa.status, self.alike(step))
        if step.seat_kind in THINKS and turn in self._said:
            return [word for word in words if word in {words[0], Word.RETURN}]
        self._said.add(turn)
        return list(words)

    def says(self, service: Callable[..., Any], step: Step, word: Word) -> None:
        service(
            step=step,
            actor=self.people[step.post.code],
            word=str(word),
            revision=step.rfa.revision,
            remarks="Seen and weighed.",
            conditions=["Only by day"] if "conditions" in word else [],
            details=usual_details(step, word),
        )
        self.answered.add(step.seat)

    def lapse(self) -> None:
        assert approvals.lapse_overdue_advice() > 0

    def by_its_maker(self, rfa: AssistanceRequest) -> Iterator[Deed]:
        asked = {"rfa": rfa, "actor": self.maker}
        if policy.may_submit(self.maker, rfa) and rfa.route != "extreme_situation":
            yield "submit", partial(approvals.submit, **asked)
        if policy.may_withdraw(self.maker, rfa):
            yield "withdraw", partial(approvals.withdraw, **asked)
        if policy.may_cancel(self.maker, rfa):
            yield "cancel", partial(approvals.cancel, **asked, reason="The road is cut.")
        marker = self.journey.marker
        if marker and rfa.status == Status.RETURNED and policy.may_change(self.maker, rfa):
            values = {marker: not getattr(rfa, marker)}
            changed = partial(approvals.change, **asked, values=values, version=rfa.version)
            yield f"change: {marker}", changed

    def by_un_cimic(self, rfa: AssistanceRequest) -> Iterator[Deed]:
        kept = {"rfa": rfa, "actor": self.chief}
        if records_policy.may_start(self.chief, rfa):
            yield "start", partial(records.start, **kept)
        if records_policy.may_report(self.chief, rfa):
            yield "complete", partial(records.complete, **kept, result="Done.")
        if records_policy.may_record_delivery(self.chief, rfa):
            known = partial(records.record_delivery, **kept, delivered=False, source="A visit.")
            yield "nobody delivered", known
        if policy.may_close(self.chief, rfa) and not missing_before_closing(rfa):
            yield "close", partial(records.close, **kept)

    def of_a_referral(self, rfa: AssistanceRequest) -> Iterator[Deed]:
        if not self.journey.refers:
            return
        if policy.may_refer(self.maker, rfa):
            yield "refer", partial(approvals.refer, rfa=rfa, actor=self.maker, matter="Who pays?")
        for referral in rfa.referrals.filter(outcome="").select_related("put_to"):
            referral.rfa = rfa
            referee = self.people[referral.put_to.code]
            assert policy.may_resolve(referee, referral)
            resolve = partial(approvals.resolve_referral, referral=referral, actor=referee)
            yield "resolve", partial(resolve, resolution="The mission does.")
            if referral.put_to.code != "srsg":
                yield "pass on", partial(resolve, resolution="Not mine.", outcome="passed_on")

    # The walk.

    def visit(self) -> State:
        """Do every deed that is open here, and visit where it leads; return where here is."""
        rfa, steps = self.stands()
        here = self.state(rfa, steps)
        if here in self.after:
            return here
        led = self.after[here] = {}
        self.holds(rfa, steps)
        for name, deed in self.deeds(rfa, steps):
            led[name] = self.done(name, deed)
        if not led:
            self.ends_properly(rfa, steps)
        return here

    def done(self, name: str, deed: Callable[[], Any]) -> State:
        """Do a deed, visit where it leads, and take it back."""
        before = self.moment
        if name == "the limit passes":
            self.moment += LONGEST_ADVICE
        self.path.append(name)
        self.deeds_done += 1
        point = transaction.savepoint()
        try:
            with clock.telling(self.moment):
                deed()
                connection.check_constraints()
                return self.visit()
        except Exception as error:
            if not hasattr(error, "__notes__"):
                error.add_note(f"The way there: {', '.join(self.path)}")
            raise
        finally:
            transaction.savepoint_rollback(point)
            self.path.pop()
            self.moment = before

    # What must hold.

    def holds(self, rfa: AssistanceRequest, steps: list[Step]) -> None:
        """Whoever is asked is asked in one stage, of the record's status; no start too soon."""
        opened = {(step.stage, step.stage_status) for step in steps if step.state == "open"}
        assert len(opened) <= 1
        if rfa.status not in {Status.APPROVED, Status.HELD, Status.NOT_HELD}:
            assert {status for _, status in opened} <= {rfa.status}
        if rfa.status == Status.IN_PROGRESS:
            assert why_it_may_not_start(rfa) == []

    def ends_properly(self, rfa: AssistanceRequest, steps: list[Step]) -> None:
        """A record ends closed, with all that paragraph 41 asks, or withdrawn; nobody is asked."""
        assert rfa.status in ENDS, f"Stuck: {self.path}"
        assert {str(step.state) for step in steps} & {"open", "waiting"} == set()
        assert not rfa.referrals.filter(outcome="").exists()
        if rfa.status == Status.CLOSED:
            assert rfa.closed_at is not None
            assert missing_before_closing(rfa) == []
        if rfa.status not in self._looked_at:
            self._looked_at.add(rfa.status)
            for person in self.people.values():
                still = {"message", "attach", "correction"}
                assert set(records_policy.allowed(person, rfa)) <= still
                assert not [step for step in steps if policy.may_answer(person, step)]
                assert not [step for step in steps if policy.may_supersede(person, step)]

    def comes_to(self, wanted: frozenset[Status], without: frozenset[str]) -> set[State]:
        """List the states from which a status can be come to without some deeds."""
        found = {state for state in self.after if state[0] in wanted}
        while True:
            more = {
                state
                for state, led in self.after.items()
                if state not in found
                and any(to in found for name, to in led.items() if name not in without)
            }
            if not more:
                return found
            found |= more


@pytest.mark.django_db
@pytest.mark.parametrize("name", JOURNEYS)
def test_every_state_leads_on_until_a_proper_end(name, monkeypatch, record_property):
    journey, table = JOURNEYS[name], Recorded()
    a_mission()
    if journey.without:
        a_process_without(journey.without, journey.route)
    walk = Walk(journey)
    monkeypatch.setattr(moves, "MOVES", table)

    walk.visit()

    record_property("states", len(walk.after))
    record_property("deeds", walk.deeds_done)
    print(f"{name}: {len(walk.after)} states, {walk.deeds_done} deeds")  # noqa: T201
    assert {state[0] for state in walk.after} == {str(status) for status in journey.statuses}
    assert set(table.used) == journey.lines()
    asked = {seat.code for seat in BASELINES[journey.route].seats()}
    assert walk.answered == asked - journey.not_asked
    withdrawn = {state for state in walk.after if state[0] == Status.WITHDRAWN}
    closing = walk.comes_to(frozenset({Status.CLOSED}), frozenset({"withdraw", "cancel"}))
    cancelled = {state for state in walk.after if state[0] == Status.CANCELLED}
    assert set(walk.after) == closing | withdrawn | cancelled
    assert (len(walk.after), walk.deeds_done) == journey.counted


def test_every_line_of_the_table_is_used():
    used = set().union(*(journey.lines() for journey in JOURNEYS.values()))

    assert set(MOVES) - used == set()


def test_every_seat_of_every_baseline_is_answered_in_a_walk():
    for route, definition in BASELINES.items():
        unasked = [journey.not_asked for journey in JOURNEYS.values() if journey.route == route]
        assert frozenset.intersection(*unasked) == frozenset(), route
        assert {seat.code for seat in definition.seats()} >= frozenset.union(*unasked)
