"""Every state that a record can reach on the routes as shipped, by every answer there is.

A walk on the real services and the real database: from each state every word at every open
step, every later answer, a return and what follows it, withdrawing, cancelling, referring,
starting, completing, closing. A state is remembered as all that a later deed can depend on,
so the walk ends by itself however often a record is returned: nothing is cut off.
"""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import connection, transaction

from approvals import policy
from approvals import services as approvals
from approvals.models import Step
from approvals.vocabulary import SeatKind, StepState, Word
from common import clock
from missions.models import User
from records import policy as records_policy
from records import services as records
from records.completeness import missing_before_closing
from requests_app.models import AssistanceRequest
from requests_app.vocabulary import Status
from tests.builders import (
    a_draft,
    a_mission,
    civil_answers,
    extreme_answers,
    qip_answers,
    security_answers,
    usual_details,
    who,
)

State = tuple[Hashable, ...]
Line = tuple[str, str]

MARKERS = {"ssr": True, "humanitarian": True, "protection": True, "public_order": True}
AMONG_PARTNERS = {"classification": "unclassified"}
# A word at one of these says what its post thinks; that it was said is all that counts.
THINKS = frozenset({SeatKind.REVIEW, SeatKind.ADVICE, SeatKind.CAPABILITY, SeatKind.BOARD})
ENDS = frozenset({Status.CLOSED, Status.WITHDRAWN})
# What takes a record nowhere: said beside it, or done while its status stays.
BESIDE = frozenset(
    {"message", "attach", "plan", "progress", "visit", "instalment", "join", "look-alikes"}
)

AS_ASKED = frozenset(
    {
        Status.DRAFT,
        Status.UNDER_REVIEW,
        Status.RETURNED,
        Status.IN_CONSULTATION,
        Status.AWAITING_DECISION,
        Status.WITHDRAWN,
    }
)
AS_DECIDED = frozenset(
    {
        Status.APPROVED,
        Status.NOT_APPROVED,
        Status.IN_PROGRESS,
        Status.COMPLETED,
        Status.CANCELLED,
        Status.CLOSED,
    }
)
TASKED_ALONE = frozenset({Status.DRAFT, Status.AWAITING_DECISION, Status.WITHDRAWN}) | AS_DECIDED
AS_REPORTED = frozenset(
    {Status.REPORTED, Status.ACKNOWLEDGED, Status.HELD, Status.NOT_HELD, Status.CLOSED}
)


@dataclass(frozen=True)
class Journey:
    """What is asked, by whom, which marker a return may change, and what it must come through."""

    route: str
    answers: Callable[..., dict[str, Any]]
    by: str
    statuses: frozenset[Status]
    changes: dict[str, Any] = field(default_factory=dict)
    marker: str = ""
    refers: bool = True
    supersedes: bool = True


JOURNEYS = {
    "civil_assistance": Journey(
        "civil_assistance", civil_answers, "unit.east", AS_ASKED | AS_DECIDED, marker="humanitarian"
    ),
    "civil_assistance, every marker": Journey(
        "civil_assistance", civil_answers, "sector.east", AS_ASKED | AS_DECIDED, MARKERS, supersedes=False, refers=False
    ),
    "qip": Journey("qip", qip_answers, "partner.ngo", AS_ASKED | AS_DECIDED, marker="ssr"),
    "security_humanitarian": Journey(
        "security_humanitarian", security_answers, "partner.ngo", AS_ASKED | AS_DECIDED,
    ),
    "security_mission": Journey("security_mission", security_answers, "human.rights", TASKED_ALONE),
    "extreme_situation": Journey("extreme_situation", extreme_answers, "unit.east", AS_REPORTED),
}


class Walk:
    def __init__(self, journey: Journey) -> None:
        self.journey = journey
        self.people: dict[str, User] = {}
        self.moment = clock.now()
        self.states: dict[State, set[State]] = {}
        self.moves = 0
        self.tried = set()
        self.lines: Counter[Line] = Counter()
        self.deepest = 0
        self.trail: list[str] = []
        self.rfa = self.begin()

    def person(self, username: str) -> User:
        if username not in self.people:
            self.people[username] = who(username)
        return self.people[username]

    def begin(self) -> AssistanceRequest:
        journey = self.journey
        answers = journey.answers(**journey.changes)
        if journey.route == "extreme_situation":
            del answers["area"]
            answers["acted_at"] = self.moment - dt.timedelta(hours=3)
            return approvals.report_extreme_situation(actor=who(journey.by), values=answers)
        return a_draft(answers, by=journey.by)

    def fresh(self) -> AssistanceRequest:
        return AssistanceRequest.objects.get(pk=self.rfa.pk)

    def steps(self) -> list[Step]:
        found: dict[str, Step] = {}
        for step in self.rfa.steps.select_related("current__by", "post").order_by("round"):
            older = found.get(step.seat)
            if older is not None:
                assert older.state == StepState.SUPERSEDED or older.current.answer == Word.RETURN
            found[step.seat] = step
        return list(found.values())

    def alike(self, step: Step) -> tuple[str, ...]:
        word = step.current.answer if step.current else ""
        if step.seat_kind in THINKS:
            word = Word.RETURN if word == Word.RETURN else step.current_grants
        seat = "advice" if step.seat_kind == SeatKind.ADVICE and step.condition != self.journey.marker else step.seat
        return (str(step.stage), seat, step.state, word)

    def state(self, rfa, steps) -> State:
        referral = rfa.referrals.filter(outcome="").select_related("put_to").first()
        return (
            rfa.status,
            tuple(sorted(self.alike(step) for step in steps)),
            rfa.tasked_unit_id is not None,
            rfa.hidden_from_force,
            getattr(rfa, self.journey.marker or "pk"),
            referral and referral.put_to.role,
        )

    def deeds(self, rfa, steps):
        seen = set()
        for step in steps:
            step.rfa = rfa
            if self.alike(step) in seen:
                continue
            seen.add(self.alike(step))
            yield from self.at(step)
        maker, chief = self.person(self.journey.by), self.person("chief.cimic")
        for name, may, actor, deed in (
            ("submit", policy.may_submit, maker, lambda: approvals.submit(rfa=rfa, actor=maker)),
            ("withdraw", policy.may_withdraw, maker, lambda: approvals.withdraw(rfa=rfa, actor=maker)),
            ("cancel", policy.may_cancel, maker, lambda: approvals.cancel(rfa=rfa, actor=maker, reason="The road is cut.")),
            ("start", records_policy.may_start, chief, lambda: records.start(rfa=rfa, actor=chief)),
            ("complete", records_policy.may_report, chief, lambda: records.complete(rfa=rfa, actor=chief, result="Done.")),
            ("deliver", records_policy.may_record_delivery, chief, lambda: records.record_delivery(rfa=rfa, actor=chief, delivered=False, source="A visit.")),
        ):
            if rfa.kind == "extreme_situation":
                continue
            if may(actor, rfa):
                yield name, deed
        if policy.may_close(chief, rfa) and not missing_before_closing(rfa):
            yield "close", lambda: records.close(rfa=rfa, actor=chief)
        if self.journey.marker and rfa.status == "returned" and (self.journey.marker != "ssr" or not rfa.ssr):
            values = {self.journey.marker: not getattr(rfa, self.journey.marker)}
            yield "change", lambda: approvals.change(rfa=rfa, actor=maker, values=values, version=rfa.version)
        if self.journey.refers and rfa.kind != "extreme_situation":
            if policy.may_refer(maker, rfa):
                yield "refer", lambda: approvals.refer(rfa=rfa, actor=maker, matter="x")
            for referral in rfa.referrals.filter(outcome="").select_related("put_to"):
                referral.rfa = rfa
                person = self.person(referral.put_to.code)
                if rfa.status == "returned": continue
                assert policy.may_resolve(person, referral)
                yield "resolve", lambda: approvals.resolve_referral(referral=referral, actor=person, resolution="x")
                if referral.put_to.role != "srsg":
                    yield "pass_on", lambda: approvals.resolve_referral(referral=referral, actor=person, resolution="x", outcome="passed_on")
        if any(step.state == StepState.OPEN and step.may_lapse for step in steps):
            yield "lapse", self.lapse

    def lapse(self):
        assert approvals.lapse_overdue_advice()

    def at(self, step):
        actor = self.person(step.post.code)
        known = (step.rfa.status, self.alike(step)) in self.tried
        self.tried.add((step.rfa.status, self.alike(step)))
        words = step.words
        if known and step.seat_kind in THINKS:
            words = [step.words[0]] + [w for w in words if w == Word.RETURN]
        for word in words:
            given = dict(step=step, actor=actor, word=str(word), revision=step.rfa.revision, remarks="Weighed.",
                conditions=["By day"] if "conditions" in word else [], details=usual_details(step, word))
            if step.state == StepState.OPEN:
                assert policy.may_answer(actor, step), step
                yield f"{step.seat}: {word}", lambda given=given: approvals.answer(**given)
            elif step.state == StepState.ANSWERED and self.journey.supersedes:
                if not policy.may_supersede(actor, step): continue
                if Word.RETURN in {step.current.answer, word}: continue
                if step.rfa.status in {"approved", "not_approved"} and step.seat_kind in {"review","advice","board"}: continue
                yield f"{step.seat}: {word} anew", lambda given=given: approvals.supersede(**given)

    def visit(self, depth=0):
        self.deepest = max(self.deepest, depth)
        rfa, steps = self.fresh(), self.steps()
        here = self.state(rfa, steps)
        if here in self.states:
            return here
        nexts = self.states[here] = set()
        for name, deed in self.deeds(rfa, steps):
            self.trail.append(name)
            before = self.moment
            if name == "lapse":
                self.moment += dt.timedelta(hours=121)
            point = transaction.savepoint()
            try:
                with clock.telling(self.moment):
                    deed()
                    connection.check_constraints()
                    self.moves += 1
                    nexts.add(self.visit(depth + 1))
            except Exception as error:
                if not getattr(error, "told", False):
                    error.told = True
                    print("TRAIL", rfa.status, [(s.seat, s.state) for s in steps], self.trail, repr(error))
                raise
            finally:
                transaction.savepoint_rollback(point)
            self.moment = before
            self.trail.pop()
        return here


@pytest.mark.django_db
@pytest.mark.parametrize("name", JOURNEYS)
def test_walk(name):
    import time
    a_mission()
    t = time.time()
    walk = Walk(JOURNEYS[name])
    walk.visit()
    print(name, len(walk.states), walk.moves, walk.deepest, time.time() - t, sorted({s[0] for s in walk.states}))
