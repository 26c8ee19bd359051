"""A record as it was loaded, whole: what the rows of the policy are read from.

Nothing here asks the database once the record is loaded (``records.compliance.loading``), so
that the truth about many records is a loop, and the summary is its cache. And nothing asks
what day it is: what a row says follows from recorded facts alone.
"""

import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from approvals.invariants.finding import PENDING, Finding
from approvals.models import Answer, PrioritySet, Referral, Step
from approvals.vocabulary import APPROVALS, SeatKind, StepState, Word
from ledger.models import Chain, Entry
from requests_app.models import AssetLine, AssistanceRequest, BudgetLine
from requests_app.vocabulary import Kind, Route, Status

CIVIL = frozenset({Kind.CIVIL_ASSISTANCE, Kind.QIP})
UNDER_WAY = frozenset(
    {
        Status.UNDER_REVIEW,
        Status.RETURNED,
        Status.IN_CONSULTATION,
        Status.AWAITING_DECISION,
        Status.APPROVED,
        Status.REPORTED,
        Status.ACKNOWLEDGED,
    }
)
ANSWERED = frozenset({"step.answered", "step.superseded"})
ASKED = ("request.submitted", "request.resubmitted", "request.changed", "extreme.reported")


@dataclass(frozen=True)
class Record:
    """A submitted record with its route, every answer in the order given, and its chain."""

    rfa: AssistanceRequest
    steps: list[Step]
    answers: list[Answer]
    chain: Chain
    entries: list[Entry]
    referrals: list[Referral]
    assets: list[AssetLine]
    budget: list[BudgetLine]
    priorities: PrioritySet | None

    @cached_property
    def decisions(self) -> list[Answer]:
        """The decisions given, superseded ones too; a return decides nothing.

        For a mission component's security request the tasking is the decision (P39).
        """
        tasked = self.rfa.route == Route.SECURITY_MISSION
        kind = SeatKind.TASKING if tasked else SeatKind.DECISION
        return [
            given
            for given in self.answers
            if given.seat_kind == kind and given.answer != Word.RETURN
        ]

    @property
    def decision(self) -> Answer | None:
        """The decision that stands."""
        return self.decisions[-1] if self.decisions else None

    @property
    def approval(self) -> Answer | None:
        """The decision that stands, if it approves."""
        given = self.decision
        approves = given is not None and given.answer in {*APPROVALS, Word.ACCEPT}
        return given if approves else None

    def answer_with(self, pk: int | None) -> Answer | None:
        """Return one of the answers by its number."""
        return next((given for given in self.answers if given.pk == pk), None)

    def standing(self, **wanted: Any) -> list[Answer]:
        """Return the answers that stand at steps that are what is wanted."""
        return [
            given
            for step in self.steps_that(**wanted)
            if step.state == StepState.ANSWERED
            and (given := self.answer_with(step.current_id)) is not None
        ]

    def steps_that(self, **wanted: Any) -> list[Step]:
        """Return the steps whose columns are what is wanted."""
        return [
            step
            for step in self.steps
            if all(getattr(step, name) == value for name, value in wanted.items())
        ]

    @cached_property
    def _read(self) -> dict[int, dict[str, Any]]:
        return {}

    def said(self, entry: Entry) -> dict[str, Any]:
        """Return what an entry says."""
        if entry.number not in self._read:
            self._read[entry.number] = json.loads(entry.payload.text)
        return self._read[entry.number]

    @cached_property
    def _entries_of_answers(self) -> dict[tuple[int, int | None], Entry]:
        return {
            (said["step"], said.get("supersedes")): entry
            for entry in self.entries
            if entry.act in ANSWERED and (said := self.said(entry))
        }

    @cached_property
    def has_erased_answers(self) -> bool:
        """Whether two people have erased what some answer's entry said."""
        return any(
            entry.act in ANSWERED and entry.payload.erasure_id is not None for entry in self.entries
        )

    def entry_of(self, given: Answer | None) -> Entry | None:
        """Return the entry that recorded an answer."""
        if given is None:
            return None
        return self._entries_of_answers.get((given.step_id, given.supersedes_id))

    def number_of(self, given: Answer | None) -> int | None:
        """Return the number of the entry that recorded an answer."""
        entry = self.entry_of(given)
        return entry.number if entry else None

    def last(self, *acts: str) -> Entry | None:
        """Return the newest entry of one of these acts."""
        return next((entry for entry in reversed(self.entries) if entry.act in acts), None)

    def first(self, *acts: str) -> Entry | None:
        """Return the oldest entry of one of these acts."""
        return next((entry for entry in self.entries if entry.act in acts), None)

    def number(self, *acts: str) -> int | None:
        """Return the number of the newest entry of one of these acts."""
        entry = self.last(*acts)
        return entry.number if entry else None

    @property
    def asked_in(self) -> int | None:
        """The number of the entry that last said what is asked."""
        return self.number(*ASKED)

    @property
    def started(self) -> Entry | None:
        """The entry that started the task; ``records`` writes it."""
        return self.first("task.started")

    @property
    def not_yet(self) -> Finding | None:
        """Pending while the record is under way; of one that ended before, a row says nothing."""
        return PENDING if self.rfa.status in UNDER_WAY else None

    @property
    def asking_role(self) -> str:
        """The role of the post that asked."""
        return self.rfa.post.role if self.rfa.post else ""

    def asking_answered(self, step: Step) -> bool:
        """Whether the post that asked would have held this seat: asking answered it."""
        return step.role == self.asking_role
