"""Whatever anybody tries on a record, in whatever order, what never bends holds.

Random walks through a record's life, with allowed and forbidden acts by every account,
among them people who stand in two posts. The rules are written out here once more, apart
from the code that keeps them.
"""

import datetime as dt
import os
import sys
from collections.abc import Callable
from typing import Any, ClassVar

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from approvals import clocks
from approvals import services as approvals
from approvals.invariants.finding import Outcome
from approvals.models import Answer, Step
from approvals.queries import visible_to
from approvals.vocabulary import Word
from common import clock
from common.errors import Forbidden, Incomplete, NotNow, Refusal
from ledger.models import Entry
from ledger.verification import verify
from missions.models import Appointment, Delegation, Mission, Post, User
from records import services as records
from records.compliance.loading import load
from records.compliance.rows import findings_of
from records.models import Task
from records.policy import allowed
from requests_app.models import AssistanceRequest
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
    usual_word,
    who,
)
from tests.random_processes import CHANGES, evolved, in_force

DSRSGS = {"dsrsg", "dsrsg_political"}
# What a started task rests on, route by route: the seat's kind, who may hold it, what it said.
NEEDED: dict[str, list[tuple[str, set[str], set[str]]]] = {
    "civil_assistance": [
        ("decision", DSRSGS, {"approve", "approve_with_conditions"}),
        ("capability", {"dms"}, set()),
        ("tasking", {"ops"}, {"accept"}),
    ],
    "qip": [
        ("decision", DSRSGS, {"approve", "approve_with_conditions"}),
        ("capability", {"dms"}, set()),
    ],
    "security_humanitarian": [
        ("decision", {"designated_official"}, {"approve", "approve_with_conditions"}),
        ("tasking", {"ops"}, {"accept"}),
    ],
    "security_mission": [("tasking", {"ops"}, {"accept"})],
}
FORCE = ("unit.east", "unit.west", "sector.east", "sector.west", "cimic.staff", "ops", "homc")
ROUTES: dict[str, tuple[Callable[..., dict[str, Any]], dict[str, Any], str]] = {
    "civil": (civil_answers, {}, "sector.east"),
    "civil, by a unit": (civil_answers, {"humanitarian": True}, "unit.east"),
    "civil, reform of the security sector": (civil_answers, {"ssr": True}, "partner.un"),
    "civil, by the Chief": (civil_answers, {"protection": True}, "chief.cimic"),
    "civil, by the DSRSG": (civil_answers, {}, "dsrsg"),
    "qip": (qip_answers, {}, "partner.ngo"),
    "escort for a partner": (security_answers, {"classification": "unclassified"}, "partner.ngo"),
    "escort filed by the Chief": (
        security_answers,
        {"classification": "unclassified", "requester_class": "humanitarian"},
        "chief.cimic",
    ),
    "escort of the mission": (security_answers, {}, "human.rights"),
    "extreme": (extreme_answers, {}, "unit.east"),
}
# The process that each takes.
TAKES = {
    "qip": "qip",
    "escort for a partner": "security_humanitarian",
    "escort filed by the Chief": "security_humanitarian",
    "escort of the mission": "security_mission",
    "extreme": "extreme_situation",
}
TAKES = {route: TAKES.get(route, "civil_assistance") for route in ROUTES}
NEVER_BROKEN = {"N1", "N2", "N3", "N4", "N5", "N6", "N7", "P30", "P33", "P36", "P39", "P52"}
REASON = "The road is cut; two villages wait."
TEXTS = st.sampled_from(["", "   ", REASON, REASON, REASON])
# Which of its words a post answers with; 0 is the usual one.
TURNS = st.sampled_from([0, 0, 0, 0, 0, 0, 1, 2, 3])
ENDED = {"draft", "returned", "withdrawn", "cancelled", "not_approved", "completed", "closed"}

# What a post answers to bring a record to a turn; otherwise it answers in the usual way.
TURNED = {"returned": (Word.RETURN,), "not_approved": (Word.NOT_APPROVE, Word.CANNOT_EXECUTE)}


def rows_of(rfa: AssistanceRequest) -> dict[str, Any]:
    """Everything stored about a record, to tell whether a deed changed it."""
    return {
        "record": AssistanceRequest.objects.filter(pk=rfa.pk).values().get(),
        "steps": list(Step.objects.filter(rfa=rfa.pk).order_by("pk").values()),
        "answers": list(Answer.objects.filter(rfa=rfa.pk).order_by("pk").values()),
        "tasks": list(Task.objects.filter(rfa=rfa.pk).values()),
        "history": list(Entry.objects.filter(chain=rfa.pk).order_by("number").values("hash")),
    }


def lend(post: str, delegate: str) -> None:
    """Let somebody act for a post by delegation."""
    Delegation.objects.create(
        post=Post.objects.get(code=post),
        delegate=who(delegate),
        given_by=who(post),
        from_on=in_days(0),
        until_on=in_days(900),
    )


class Life(RuleBasedStateMachine):
    """One record, from a turn of its life to wherever the walk takes it."""

    turn = "draft"
    own_processes = False
    walked: ClassVar[dict[str, Any]] = {"steps": 0, "states": set(), "processes": set()}

    def __init__(self) -> None:
        super().__init__()
        self.undo = transaction.atomic()
        self.undo.__enter__()
        self.moment = clock.now()
        self.people: dict[str, User] = {}

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.undo.__exit__(None, None, None)

    # What they try.

    @initialize(
        route=st.sampled_from(sorted(ROUTES)), by_delegates=st.booleans(), changes_of=CHANGES
    )
    def asked(
        self, route: str, by_delegates: bool, changes_of: list[tuple[str, int, int, int]]
    ) -> None:
        """It is drafted, and carried along its route to the turn this walk begins at.

        The mission has promulgated a random process for it, that breaks nothing (P31). Its
        maker acts for the force's operations and the DSRSG meanwhile, and is tempted.
        """
        answers, changes, self.maker = ROUTES[route]
        self.process = None
        if self.own_processes:
            taken = TAKES[route]
            definition = evolved(taken, changes_of)
            self.process = in_force(Mission.objects.get(), taken, definition)
            self.walked["processes"].add(definition.digest())
        for post in {"ops", "dsrsg"} - {self.maker}:
            lend(post, self.maker)
        if route == "extreme":
            values = {**answers(), "acted_at": self.moment - dt.timedelta(hours=3)}
            del values["area"]
            self.rfa = approvals.report_extreme_situation(actor=who(self.maker), values=values)
        else:
            self.rfa = a_draft(answers(**changes), by=self.maker)
        self.before = rows_of(self.rfa)
        for _ in range(14):
            if self.fresh().status != self.turn:
                self.goes_on(by_delegates)

    def goes_on(self, by_delegates: bool) -> None:
        """Do the next thing towards the turn this walk begins at."""
        step = self.rfa.steps.filter(state="open").order_by("pk").first()
        if step is not None:
            turned = [word for word in TURNED.get(self.turn, ()) if word in step.words]
            acting = [step.post.appointments.get(capacity="holder").person]
            if by_delegates:
                acting = [lent.delegate for lent in step.post.delegations.all()] + acting
            for person in acting:
                self.answers(step, person.username, (turned or [usual_word(step)])[0], REASON, [])
        elif self.fresh().status == "draft":
            self.submits(self.maker)
        elif self.fresh().status == "approved":
            self.starts("chief.cimic")

    def went(self) -> None:
        """Count a step of the walk and the state it leads to."""
        steps = self.rfa.steps.order_by("stage", "seat", "round").values_list("seat", "state")
        status = AssistanceRequest.objects.values_list("status", flat=True).get(pk=self.rfa.pk)
        self.walked["steps"] += 1
        self.walked["states"].add((status, *steps))

    def person(self, username: str) -> User:
        """Give the account, read once a walk: nobody's posts change in it."""
        if username not in self.people:
            self.people[username] = who(username)
        return self.people[username]

    def fresh(self) -> AssistanceRequest:
        return AssistanceRequest.objects.get(pk=self.rfa.pk)

    def tried(self, deed: Callable[[], Any]) -> Refusal | None:
        """Do a deed as a transaction of its own would; a refused one leaves nothing behind."""
        self.before = rows_of(self.rfa)
        refusal = None
        with clock.telling(self.moment):
            try:
                deed()
            except Refusal as error:
                refusal = error
        connection.check_constraints()
        self.went()
        if refusal is not None:
            assert rows_of(self.rfa) == self.before
        return refusal

    def offered(self, act: str, username: str, deed: Callable[[], Any]) -> None:
        """Do what a button offers or does not: it tells the truth."""
        open_to_them = act in allowed(self.person(username), self.fresh())
        refusal = self.tried(deed)
        turned_away = isinstance(refusal, Forbidden | NotNow)
        assert turned_away == (not open_to_them), (act, username, refusal)

    def a_step(self, number: int) -> Step | None:
        steps = list(self.rfa.steps.order_by("stage", "pk"))
        return steps[number % len(steps)] if steps else None

    @rule(
        number=st.integers(0, 11),
        username=st.sampled_from(sorted(POSTS)),
        word=st.sampled_from(Word.values),
        remarks=TEXTS,
    )
    def somebody_answers(self, number: int, username: str, word: str, remarks: str) -> None:
        """Anybody answers any step with any word."""
        step = self.a_step(number)
        if step is not None:
            self.answers(step, username, word, remarks, [])

    @rule(number=st.integers(0, 5), delegate=st.booleans(), word=TURNS, remarks=TEXTS)
    def its_post_answers(self, number: int, delegate: bool, word: int, remarks: str) -> None:
        """Whoever acts for the post answers an open step, mostly in the usual way."""
        steps = list(self.rfa.steps.filter(state="open").order_by("pk"))
        if steps:
            step = steps[number % len(steps)]
            people = [held.person for held in step.post.appointments.order_by("pk")]
            if delegate:
                people += [given.delegate for given in step.post.delegations.all()]
            said = str(step.words[word % len(step.words)]) if word else usual_word(step)
            actor = people[-1 if delegate else 0]
            self.answers(step, actor.username, said, remarks, ["By day"])

    def answers(
        self, step: Step, username: str, word: str, remarks: str, conditions: list[str]
    ) -> None:
        """Answer, and check who was let."""
        actor, rfa = self.person(username), self.fresh()
        posts = {held.post_id for held in actor.appointments.all()}
        posts |= {held.post_id for held in actor.delegations.all()}
        refusal = self.tried(
            lambda: approvals.answer(
                step=step,
                actor=actor,
                word=word,
                revision=rfa.revision,
                remarks=remarks,
                conditions=conditions if "conditions" in word else [],
                details=usual_details(step, word),
            )
        )
        if refusal is None:
            assert step.post_id in posts
            assert step.state == "open"
            assert word in step.words

    @rule(
        number=st.integers(0, 11),
        word=st.integers(0, 3),
        username=st.sampled_from(["", *sorted(POSTS)]),
        remarks=TEXTS,
    )
    def somebody_answers_anew(self, number: int, word: int, username: str, remarks: str) -> None:
        """Whoever answered, or anybody, gives another answer."""
        answered = list(self.rfa.steps.filter(current__isnull=False).order_by("pk"))
        if not answered:
            return
        step = answered[number % len(answered)]
        said = str(step.words[word % len(step.words)])
        actor = self.person(username or step.current.by.username)
        rfa = self.fresh()
        started = Task.objects.filter(rfa=rfa, started_on__isnull=False).exists()
        refusal = self.tried(
            lambda: approvals.supersede(
                step=step,
                actor=actor,
                word=said,
                revision=rfa.revision,
                remarks=remarks,
                conditions=["Only by day"] if "conditions" in said else [],
                details=usual_details(step, said),
            )
        )
        if refusal is None:
            assert not started
            assert "return" not in {said, step.current.answer}
            if rfa.status in {"approved", "not_approved"}:
                assert step.seat_kind not in {"review", "advice", "board"}
            assert Answer.objects.get(supersedes=step.current).step_id == step.pk

    @rule(username=st.sampled_from(["", "", "dms", "admin"]))
    def submits(self, username: str) -> None:
        username = username or self.maker
        self.offered(
            "submit",
            username,
            lambda: approvals.submit(rfa=self.rfa, actor=self.person(username)),
        )

    @rule(marker=st.sampled_from(["humanitarian", "ssr", "works", "public_order"]))
    def changes(self, marker: str) -> None:
        """The requester changes what decides who is asked."""
        rfa = self.fresh()
        refusal = self.tried(
            lambda: approvals.change(
                rfa=rfa,
                actor=self.person(self.maker),
                values={marker: not getattr(rfa, marker)},
                version=rfa.version,
            )
        )
        assert (refusal is None) == (rfa.status in {"draft", "returned"})

    @precondition(lambda self: self.fresh().status not in {"draft", "approved"})
    @rule(username=st.sampled_from(["", "chief.cimic", "partner.un"]))
    def withdraws(self, username: str) -> None:
        username = username or self.maker
        self.offered(
            "withdraw",
            username,
            lambda: approvals.withdraw(rfa=self.rfa, actor=self.person(username)),
        )

    @rule(username=st.sampled_from(["", "chief.cimic", "dsrsg", "dms"]), reason=TEXTS)
    def cancels(self, username: str, reason: str) -> None:
        username, was = username or self.maker, self.fresh().status
        self.offered(
            "cancel",
            username,
            lambda: approvals.cancel(rfa=self.rfa, actor=self.person(username), reason=reason),
        )
        if self.fresh().status == "cancelled" != was:
            assert reason.strip()

    @rule(username=st.sampled_from(["chief.cimic", "unit.east", "unit.west", "qip.manager", "dms"]))
    def starts(self, username: str) -> None:
        day = self.moment.date()
        self.offered(
            "start",
            username,
            lambda: records.start(rfa=self.rfa, actor=self.person(username), started_on=day),
        )

    @rule(username=st.sampled_from(["chief.cimic", "unit.east", "unit.west", "partner.ngo"]))
    def completes(self, username: str) -> None:
        self.offered(
            "complete",
            username,
            lambda: records.complete(rfa=self.rfa, actor=self.person(username), result="Done."),
        )

    @rule(
        username=st.sampled_from(["chief.cimic", "sector.east", "dsrsg"]),
        organisation=st.sampled_from(["", "WFP"]),
    )
    def follows_up(self, username: str, organisation: str) -> None:
        self.offered(
            "delivered-by-others",
            username,
            lambda: records.record_delivery(
                rfa=self.rfa,
                actor=self.person(username),
                delivered=True,
                organisation=organisation,
                delivered_on=self.moment.date(),
                source="WFP's officer",
            ),
        )

    @rule(username=st.sampled_from(["chief.cimic", "sector.east", "sector.west", "dsrsg"]))
    def closes(self, username: str) -> None:
        if self.fresh().status == "closed":
            return
        refusal = None

        def deed() -> None:
            nonlocal refusal
            try:
                records.close(rfa=self.rfa, actor=self.person(username))
            except Incomplete as error:
                refusal = error
                raise

        self.offered("close", username, deed)
        if refusal is not None:
            assert self.fresh().status == "not_approved"

    @rule(username=st.sampled_from(sorted(POSTS)), matter=TEXTS)
    def somebody_refers(self, username: str, matter: str) -> None:
        """What could not be resolved goes to the HOMC, or past the force (P52)."""
        person = self.person(username)
        if self.fresh().kind == "extreme_situation" or "refer" not in allowed(person, self.fresh()):
            with pytest.raises(Refusal):
                approvals.refer(rfa=self.rfa, actor=person, matter=REASON)
            return
        self.tried(lambda: approvals.refer(rfa=self.rfa, actor=person, matter=matter))

    @rule(
        username=st.sampled_from(["homc", "srsg", "homc", "srsg", "dsrsg", "cmcoord"]),
        outcome=st.sampled_from(["resolved", "resolved", "passed_on", "withdrawn"]),
        words=TEXTS,
    )
    def somebody_resolves(self, username: str, outcome: str, words: str) -> None:
        """The HOMC and the SRSG resolve; nobody else does."""
        referral = self.rfa.referrals.filter(outcome="").select_related("put_to", "rfa").first()
        if referral is None:
            return
        refusal = self.tried(
            lambda: approvals.resolve_referral(
                referral=referral,
                actor=self.person(username),
                resolution=words,
                outcome=outcome,
            )
        )
        assert refusal is not None or referral.put_to.code == username

    @rule(hours=st.sampled_from([1, 30, 200]))
    def time_passes(self, hours: int) -> None:
        """Hours go by; the sweep lapses what advice is overdue, and a second finds nothing."""
        self.moment += dt.timedelta(hours=hours)
        self.tried(approvals.lapse_overdue_advice)
        with clock.telling(self.moment):
            assert approvals.lapse_overdue_advice() == 0

    # What holds whatever they tried.

    def standing(self, kind: str, roles: set[str], words: set[str]) -> list[Step]:
        steps = self.rfa.steps.filter(state="answered", seat_kind=kind, role__in=roles)
        return [step for step in steps if not words or step.current.answer in words]

    @invariant()
    def nothing_is_started_without_the_answers_its_route_needs(self) -> None:
        """P30, P36, P39, P40."""
        rfa = self.fresh()
        started = Task.objects.filter(rfa=rfa, started_on__isnull=False).exists()
        assert started or rfa.status not in {"in_progress", "completed"}
        if started:
            for kind, roles, words in NEEDED[rfa.route]:
                assert self.standing(kind, roles, words), (kind, roles)

    @invariant()
    def the_status_follows_from_the_answers(self) -> None:
        rfa = self.fresh()
        still_open = list(rfa.steps.filter(state="open"))
        if rfa.status in ENDED:
            assert still_open == []
        if rfa.status in {"under_review", "in_consultation", "awaiting_decision", "reported"}:
            held = {step.stage_status for step in still_open}
            assert held == {rfa.status} or (self.is_referred() and held <= {rfa.status})
        assert len({step.stage for step in still_open}) <= 1
        if rfa.status == "approved" and rfa.route != "security_mission":
            assert self.standing("decision", *NEEDED[rfa.route][0][1:])
        if rfa.status == "not_approved":
            refusals = rfa.answers.filter(
                answer__in=["not_approve", "cannot_execute"], stands_at__isnull=False
            )
            assert all(given.remarks.strip() for given in refusals)
            assert refusals.exists()
        if rfa.status in {"awaiting_decision", "approved", "in_progress"}:
            asked = rfa.steps.exclude(state__in=["skipped", "superseded"])
            decided = [step.stage for step in asked if step.seat_kind == "decision"]
            for step in asked.filter(stage__lt=max(decided, default=0)):
                assert step.state == "answered" or (
                    step.state == "lapsed" and step.seat_kind == "advice"
                )

    def is_referred(self) -> bool:
        return self.rfa.referrals.filter(outcome="").exists()

    @invariant()
    def no_decision_is_open_while_it_is_referred(self) -> None:
        """P52."""
        if self.is_referred():
            assert not self.rfa.steps.filter(state="open", seat_kind="decision").exists()
            assert not self.rfa.steps.filter(
                state="open", seat_kind="tasking", stage_status="awaiting_decision"
            ).exists()

    @invariant()
    def it_keeps_the_process_it_was_submitted_by(self) -> None:
        """P31: every seat of the process is on the record's own route."""
        steps = list(self.rfa.steps.select_related("process"))
        if self.process is not None and steps:
            assert {step.process_id for step in steps} == {self.process.pk}
            seats = {seat.code for seat in self.process.definition.seats()}
            assert {step.seat for step in steps} == seats

    @invariant()
    def compliance_finds_nothing_that_never_bends_broken(self) -> None:
        """The same functions that the Chief of Staff reads find no exception to them."""
        for record in load([self.rfa.pk]):
            broken = {
                row: found.words
                for row, found in findings_of(record).items()
                if row in NEVER_BROKEN and found.outcome == Outcome.EXCEPTION
            }
            assert broken == {}

    @invariant()
    def nobody_decides_on_their_own_request_nor_in_two_seats(self) -> None:
        """Separation of duties; who answered is named, with post and capacity."""
        seats: dict[int, set[str]] = {}
        for given in self.rfa.answers.select_related("post", "delegation", "step"):
            seats.setdefault(given.by_id, set()).add(given.seat)
            assert given.by_id != self.rfa.requested_by_id
            assert given.post_id != self.rfa.post_id
            assert given.post_id == given.step.post_id
            assert (given.capacity == "delegate") == (given.delegation_id is not None)
        assert [len(given) for given in seats.values() if len(given) > 1] == []

    @invariant()
    def what_was_said_stays_said(self) -> None:
        """History and answers only grow, and the history verifies and ends where the row is."""
        now = rows_of(self.rfa)
        for name in ("history", "answers"):
            assert now[name][: len(self.before[name])] == self.before[name]
        assert verify(chain=self.rfa.pk).holds
        if now["record"] != self.before["record"]:
            assert len(now["history"]) > len(self.before["history"]) or (
                now["record"]["status"] == "draft"
            )
        told = [
            entry.payload.text
            for entry in Entry.objects.filter(chain=self.rfa.pk, payload__text__contains="status")
            .select_related("payload")
            .order_by("-number")[:1]
        ]
        status = now["record"]["status"]
        assert all(f'"status":"{status}"' in text for text in told)

    @invariant()
    def the_force_does_not_see_it_before_the_designated_official_has_approved(self) -> None:
        """P39."""
        rfa = self.fresh()
        if rfa.route != "security_humanitarian" or rfa.status == "draft":
            return
        if not self.standing("decision", *NEEDED[rfa.route][0][1:]):
            seen = [name for name in FORCE if rfa in visible_to(self.person(name))]
            assert seen == []

    @invariant()
    def the_clock_of_a_step_is_a_function_of_the_entries(self) -> None:
        steps = self.rfa.steps.filter(state__in=["open", "waiting"])
        for step in steps.select_related("rfa__mission"):
            assert clocks.clock_of(step) == clocks.from_entries(step)


def walks(turn: str, *, own_processes: bool, examples: int, steps: int) -> None:
    """Walk, and say how far, for whoever asks (``pytest -s``)."""
    Life.walked.update(steps=0, states=set(), processes=set())
    run_state_machine_as_test(
        type("Life", (Life,), {"turn": turn, "own_processes": own_processes}),
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize=True,
            phases=[Phase.generate],  # a walk that fails is shown whole: shrinking takes minutes
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    went = Life.walked
    sys.stdout.write(
        f"{turn}: {went['steps']} deeds tried, {len(went['states'])} states, "
        f"{len(went['processes'])} processes\n"
    )


@pytest.mark.django_db
@pytest.mark.parametrize("turn", ["draft", "returned", "awaiting_decision", "approved"])
def test_under_any_process_that_breaks_nothing_what_never_bends_holds(turn):
    """Random posts, random requests, random valid processes, co-signed and promulgated (P31)."""
    a_mission()
    Mission.objects.update(established_on=in_days(-300))
    walks(turn, own_processes=True, examples=int(os.environ.get("WALKS", "6")), steps=20)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "turn", ["draft", "returned", "awaiting_decision", "approved", "not_approved", "in_progress"]
)
def test_whatever_anybody_tries_what_never_bends_holds(turn):
    a_mission()
    tempted = {
        "dsrsg": "dms",
        "designated.official": "undss",
        "ops": "sector.east",
        "chief.cimic": "civil.affairs",
    }
    for post, delegate in tempted.items():
        lend(post, delegate)
    Appointment.objects.create(
        post=Post.objects.get(code="gender"),
        person=who("civil.affairs"),
        capacity="officer_in_charge",
        from_on=in_days(0),
    )
    walks(turn, own_processes=False, examples=5, steps=25)
