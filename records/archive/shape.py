"""The published form of a record, ``urn:cimic:record:1``, as a JSON Schema.

Exact: every name is there, and no other. ``static/schemas/record-1.json`` is this, written out
by ``manage.py record_schema``; a test holds the two equal. A change of what a record holds is a
new number, so that old bags stay what they say they are.
"""

import json
from typing import Any

from approvals.vocabulary import SeatKind, StepState, Word
from missions.vocabulary import Capacity, Classification
from records.vocabulary import AssetCondition, ChangeSort, ChangeStage, ChangeWord, RunOutcome
from requests_app.questions import Question, questions_for
from requests_app.vocabulary import CapacityRating, Harm, Kind, Route, Status

DRAFT = "https://json-schema.org/draft/2020-12/schema"
NAME = "urn:cimic:record:1"

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
WHOLE: Schema = {"type": "integer", "minimum": 0}
YES_NO: Schema = {"type": "boolean"}
DAY: Schema = {"type": "string", "format": "date", "pattern": r"^\d{4}-\d{2}-\d{2}$"}
MOMENT: Schema = {
    "type": "string",
    "format": "date-time",
    "pattern": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z$",
}
AMOUNT: Schema = {"type": "string", "pattern": r"^\d+(\.\d+)?$"}
MONEY: Schema = {"anyOf": [{"type": "string", "pattern": r"^-?\d+(\.\d+)?$"}, {"type": "null"}]}
DIGEST: Schema = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
UUID: Schema = {"type": "string", "format": "uuid"}


def nullable(schema: Schema) -> Schema:
    """Let it also be nothing."""
    return {"anyOf": [schema, {"type": "null"}]}


def one_of(choices: Any, *more: str) -> Schema:
    """Return one of a vocabulary's codes."""
    return {"enum": [*choices.values, *more]}


def exactly(**properties: Schema) -> Schema:
    """Return an object with these names, all of them, and no other."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def many(schema: Schema) -> Schema:
    """Return a list of these."""
    return {"type": "array", "items": schema}


_HOLDS: dict[str, Schema] = {
    "text": TEXT,
    "long": TEXT,
    "date": nullable(DAY),
    "moment": nullable(MOMENT),
    "whole": nullable(WHOLE),
    "money": nullable(AMOUNT),
    "degrees": nullable({"type": "number"}),
    "flag": YES_NO,
    "area": nullable(TEXT),
    "sector": nullable(TEXT),
    "cluster": nullable(TEXT),
    "site": nullable(TEXT),
    "event": nullable(TEXT),
    "organisation": nullable(TEXT),
    "assets": many(exactly(asset=TEXT, quantity=WHOLE, note=TEXT)),
    "budget": many(exactly(item=TEXT, quantity=AMOUNT, unit_cost=AMOUNT)),
}


def _answer(question: Question, kind: Kind) -> Schema:
    if question.name == "classification":
        return {"enum": [level.name.lower() for level in Classification]}
    if question.choices is not None:
        return {"enum": [*[code for code, _label in question.choices(kind)], ""]}
    return _HOLDS[question.holds]


def _content(kind: Kind) -> Schema:
    return exactly(**{question.name: _answer(question, kind) for question in questions_for(kind)})


def _given() -> Schema:
    return exactly(
        answer=one_of(Word),
        remarks=TEXT,
        conditions={"type": "array"},
        details={"type": "object"},
        revision=WHOLE,
        capacity=one_of(Capacity),
        at=MOMENT,
        by=TEXT,
        post=TEXT,
        stands=YES_NO,
    )


def _step() -> Schema:
    return exactly(
        seat=TEXT,
        seat_label=TEXT,
        seat_kind=one_of(SeatKind),
        state=one_of(StepState),
        round=WHOLE,
        opened_at=nullable(MOMENT),
        due_at=nullable(MOMENT),
        stage=TEXT,
        post=TEXT,
        answers=many(_given()),
    )


def signed(**properties: Schema) -> Schema:
    """Return an object that says who wrote it, and when."""
    return exactly(**properties, by=TEXT, at=MOMENT)


PEOPLE = dict.fromkeys(("women", "men", "girls", "boys"), nullable(WHOLE))
FILE = exactly(id=UUID, name=TEXT, sha256=DIGEST)


def _change() -> Schema:
    return signed(
        number=WHOLE,
        sorts=many(one_of(ChangeSort)),
        what=TEXT,
        new_place=TEXT,
        new_partner=TEXT,
        new_cost=nullable(AMOUNT),
        new_end=nullable(DAY),
        exception_reason=TEXT,
        new_unit=nullable(TEXT),
        waits_for=nullable(one_of(ChangeStage)),
        accepted=nullable(YES_NO),
        answers=many(
            signed(
                answer=one_of(ChangeWord),
                post=TEXT,
                stage=one_of(ChangeStage),
                remarks=TEXT,
                capacity=one_of(Capacity),
            )
        ),
    )


def _project() -> Schema:
    return exactly(
        partner=TEXT,
        partner_capacity=one_of(CapacityRating, ""),
        **dict.fromkeys(("approved", "contributions", "share", "paid", "to_pay"), MONEY),
        spent=MONEY,
        **dict.fromkeys(("refund_due", "refunded", "refund_open", "ceiling"), MONEY),
        ceiling_exception=nullable(TEXT),
        parts=many(exactly(number=WHOLE, percent=WHOLE, amount=MONEY, is_last=YES_NO)),
        closing_report=nullable(
            signed(received_on=DAY, text=TEXT, spent=AMOUNT, file=nullable(FILE))
        ),
        refunds=many(signed(number=WHOLE, amount=AMOUNT, received_on=DAY, evidence=TEXT)),
    )


def _asset() -> Schema:
    return exactly(
        line=WHOLE,
        asset=TEXT,
        quantity=WHOLE,
        back=WHOLE,
        out=WHOLE,
        planned_on=nullable(DAY),
        hand_backs=many(
            signed(
                number=WHOLE,
                quantity=WHOLE,
                planned_on=nullable(DAY),
                returned_on=DAY,
                condition=one_of(AssetCondition),
                note=TEXT,
            )
        ),
    )


def _ground() -> dict[str, Schema]:
    run = signed(
        number=WHOLE,
        ran_on=DAY,
        origin=TEXT,
        destination=TEXT,
        vehicles=WHOLE,
        outcome=one_of(RunOutcome),
        remarks=TEXT,
    )
    incident = signed(
        happened_on=DAY, place=TEXT, what=TEXT, action_taken=TEXT, run=nullable(WHOLE)
    )
    return {"runs": many(run), "incidents": many(incident)}


def _task() -> Schema:
    return exactly(
        **dict.fromkeys(
            ("planned_start", "planned_end", "started_on", "completed_on"), nullable(DAY)
        ),
        plan=TEXT,
        place=TEXT,
        suspended=YES_NO,
        result=TEXT,
        **PEOPLE,
        actual_cost=nullable(AMOUNT),
        agreement_reference=TEXT,
        agreement_signed_on=nullable(DAY),
        unit=nullable(TEXT),
        units=many(signed(unit=TEXT, name=TEXT, work=TEXT)),
        progress=many(signed(text=TEXT, percent=nullable(WHOLE))),
        conditions=many(
            exactly(
                **{"from": TEXT},
                answer=WHOLE,
                number=WHOLE,
                text=TEXT,
                met=nullable(YES_NO),
                remark=TEXT,
            )
        ),
        visits=many(signed(visited_on=DAY, findings=TEXT, photos=many(FILE))),
        instalments=many(
            signed(number=WHOLE, amount=AMOUNT, paid_on=DAY, evidence=TEXT, is_last=YES_NO)
        ),
        changes=many(_change()),
        project=nullable(_project()),
        assets=many(_asset()),
        **_ground(),
    )


def record_schema() -> Schema:
    """Return the form as a JSON Schema (draft 2020-12)."""
    common: dict[str, Schema] = {
        "form": {"const": NAME},
        "reference": TEXT,
        "id": UUID,
        "kind": one_of(Kind),
        "route": one_of(Route),
        "status": one_of(Status),
        "revision": WHOLE,
        "created_at": MOMENT,
        "submitted_at": nullable(MOMENT),
        "decided_at": nullable(MOMENT),
        "closed_at": nullable(MOMENT),
        "mission": TEXT,
        "requested_by": TEXT,
        "requested_as": nullable(TEXT),
        "content": {"type": "object"},
        "route_answers": many(_step()),
        "task": nullable(_task()),
        "follow_up": nullable(
            exactly(delivered=YES_NO, organisation=TEXT, delivered_on=nullable(DAY), source=TEXT)
        ),
        "extreme_situation": nullable(
            exactly(harm=one_of(Harm), acted_at=MOMENT, action_taken=TEXT)
        ),
        "follow_up_notes": many(signed(text=TEXT)),
        "corrections": many(
            signed(number=WHOLE, field=TEXT, says=TEXT, right=TEXT, why=TEXT, post=nullable(TEXT))
        ),
        "imported": nullable(
            exactly(
                historical=YES_NO,
                file=TEXT,
                sheet=TEXT,
                row=WHOLE,
                sha256=DIGEST,
                at=nullable(MOMENT),
                by=TEXT,
                claims={"type": "object"},
            )
        ),
        "messages": many(exactly(text=TEXT, internal=YES_NO, at=MOMENT, by=TEXT)),
        "files": many(
            exactly(
                name=TEXT,
                caption=TEXT,
                media_type=TEXT,
                size=WHOLE,
                added_at=MOMENT,
                sha256=DIGEST,
            )
        ),
    }
    return {
        "$schema": DRAFT,
        "$id": NAME,
        "title": "A record of requests and tasks of a United Nations peacekeeping mission",
        **exactly(**common),
        "allOf": [
            {
                "if": {"properties": {"kind": {"const": kind.value}}},
                "then": {"properties": {"content": {"$ref": f"#/$defs/{kind.value}"}}},
            }
            for kind in Kind
        ],
        "$defs": {kind.value: _content(kind) for kind in Kind},
    }


def as_text() -> str:
    """Return the form as the file has it."""
    return json.dumps(record_schema(), indent=1, ensure_ascii=False) + "\n"
