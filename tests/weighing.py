"""What a row of the policy says of a record or of the mission, and records to weigh by it."""

import datetime as dt
from dataclasses import replace
from typing import Any

from approvals import services as approvals
from approvals.models import Answer, Priority, PrioritySet
from common import clock
from missions.models import (
    Mission,
)
from records import services as records
from records.compliance.loading import Whole, load
from records.compliance.question import read_question, usual_question
from records.compliance.rows import BY_CODE
from requests_app.models import AssistanceRequest
from tests.builders import (
    extreme_answers,
    in_days,
    who,
)


def whole(rfa: AssistanceRequest) -> Whole:
    """The record, read whole and anew."""
    return load([rfa.pk])[0]


def found(rfa_or_record: Any, row: str) -> Any:
    """What a row says of a record: outcome, words and entry; None where it does not apply."""
    record = rfa_or_record if isinstance(rfa_or_record, Whole) else whole(rfa_or_record)
    check = BY_CODE[row].check
    assert check is not None
    return check(record)


def outcome(rfa_or_record: Any, row: str) -> str | None:
    finding = found(rfa_or_record, row)
    return str(finding.outcome) if finding else None


def with_answers(record: Whole, answers: list[Answer]) -> Whole:
    """The same record, loaded with other answers than it has."""
    return replace(record, answers=answers)


def an_answer(record: Whole, seat_kind: str, **changes: Any) -> Whole:
    """The same record, whose answer at a kind of seat says something else."""
    answers = [
        given if given.seat_kind != seat_kind else changed(given, **changes)
        for given in record.answers
    ]
    return with_answers(record, answers)


def changed(row: Any, **changes: Any) -> Any:
    """A copy of a row, not saved, with other values."""
    copy = type(row)(**{f.attname: getattr(row, f.attname) for f in row._meta.concrete_fields})
    for name, value in changes.items():
        setattr(copy, name, value)
    return copy


def act(record: Whole, number: int) -> str:
    return next(entry.act for entry in record.entries if entry.number == number)


def report(**changes: Any) -> AssistanceRequest:
    """An extreme situation, reported by the unit in the east."""
    from requests_app.forms import ExtremeSituationForm  # noqa: PLC0415 - needs the registry

    form = ExtremeSituationForm(Mission.objects.get(), extreme_answers(**changes))
    return approvals.report_extreme_situation(actor=who("unit.east"), values=form.values())


def closed(rfa: AssistanceRequest, *, followed: bool = True) -> AssistanceRequest:
    """A task done and its record closed; with or without progress on record."""
    chief = who("chief.cimic")
    again = AssistanceRequest.objects.get
    for condition in records.conditions_of(rfa) if followed else ():
        records.tick_condition(
            rfa=again(pk=rfa.pk),
            actor=chief,
            answer=condition["answer"],
            number=condition["number"],
            met=True,
        )
    if followed:
        records.report_progress(rfa=again(pk=rfa.pk), actor=chief, text="Half is done.")
    records.complete(rfa=again(pk=rfa.pk), actor=chief, result="Done.")
    return records.close(rfa=again(pk=rfa.pk), actor=chief)


def priorities(mission: Mission, *named: dict[str, Any], **changes: Any) -> PrioritySet:
    made = PrioritySet.objects.create(
        **{
            "mission": mission,
            "title": "First quarter",
            "in_force_from": in_days(-30),
            "review_on": in_days(60),
            "set_by": who("dsrsg"),
            "set_at": clock.now() - dt.timedelta(days=30),
            **changes,
        }
    )
    for number, each in enumerate(named, start=1):
        Priority.objects.create(of=made, number=number, text=f"Priority {number}", **each)
    return made


def counted(row: str, **asked: str) -> Any:
    """What a row about the mission itself counts, over the usual period or another."""
    mission = Mission.objects.get()
    question = read_question(asked, mission) if asked else usual_question(mission)
    count = BY_CODE[row].count
    assert count is not None
    return count(question.scope(mission, 2))


def named(row: str, **asked: str) -> dict[str, str]:
    return {each.name: each.outcome for each in counted(row, **asked).named}
