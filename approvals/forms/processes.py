"""Reading a process from the editor's rows, and changing their shape by its buttons."""

import re
from collections.abc import Mapping
from copy import deepcopy
from itertools import chain, count
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from approvals.invariants import kinds_on
from approvals.services.processes import LONGEST_TEXT
from approvals.vocabulary import SeatCondition
from common.pages import text_of
from requests_app.forms import Day

STAGE = re.compile(r"stages-(\d{1,3})-name")
SEAT = re.compile(r"stages-(\d{1,3})-seats-(\d{1,3})-label")
SEAT_BOXES = (
    "code",
    "label",
    "kind",
    "role",
    "condition",
    "normal_hours",
    "time_sensitive_hours",
)
HOURS = ("normal_hours", "time_sensitive_hours")
LONGEST_MADE = 36  # of a code, so that a number can follow
# What the editor puts in a seat that has just been added.
NEW_LIMITS = {"normal_hours": 72, "time_sensitive_hours": 24}

Typed = dict[str, Any]


class CommentForm(forms.Form):
    """What a component says of a draft."""

    text = forms.CharField(
        label=_("Comment"),
        required=False,
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class PromulgateForm(forms.Form):
    """From which day a process is in force."""

    in_force_from = Day(
        label=_("First day in force"),
        required=False,
        help_text=_("Requests submitted from this day on are routed by it."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


class DiscardForm(forms.Form):
    """Why a draft is given up."""

    reason = forms.CharField(
        label=_("Why"),
        required=False,
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


def _hours(text: str) -> int | str:
    """Read a limit; what is no whole number stays as it was typed, and is refused as that."""
    return int(text) if text.isdecimal() and len(text) <= 6 else text


def typed_process(data: Mapping[str, Any]) -> Typed:
    """Return the rows as they were typed, in their order; nothing is lost and nothing judged."""
    seats: dict[int, dict[int, Typed]] = {}
    for name in data:
        found = SEAT.fullmatch(name)
        if found:
            stage, seat = int(found[1]), int(found[2])
            boxes = f"stages-{stage}-seats-{seat}-"
            typed = {box: text_of(data, boxes + box) for box in SEAT_BOXES}
            seats.setdefault(stage, {})[seat] = typed | {box: _hours(typed[box]) for box in HOURS}
    numbers = sorted(int(found[1]) for name in data if (found := STAGE.fullmatch(name)))
    return {
        "name": text_of(data, "name"),
        "stages": [
            {
                "name": text_of(data, f"stages-{number}-name"),
                "status": text_of(data, f"stages-{number}-status"),
                "seats": [seat for _code, seat in sorted(seats.get(number, {}).items())],
            }
            for number in numbers
        ],
    }


def with_codes(typed: Typed) -> Typed:
    """Return the rows with a code for each seat that has none: what it is for, and whose."""
    coded = deepcopy(typed)
    seats = [seat for stage in coded["stages"] for seat in stage["seats"]]
    taken = {seat["code"] for seat in seats}
    for seat in seats:
        if not seat["code"]:
            wanted = f"{seat['role'] or 'seat'}_{seat['kind']}"[:LONGEST_MADE]
            numbered = (f"{wanted}_{number}" for number in count(2))
            seat["code"] = next(code for code in chain([wanted], numbered) if code not in taken)
            taken.add(seat["code"])
    return coded


def _new_seat(route: str, stage: Typed) -> Typed:
    kinds = next(
        (kinds for status, kinds in kinds_on(route).items() if status == stage["status"]),
        frozenset(),
    )
    return {
        "code": "",
        "label": "",
        "kind": str(sorted(kinds)[0]) if kinds else "",
        "role": "",
        "condition": SeatCondition.ALWAYS.value,
        **NEW_LIMITS,
    }


def _new_stage(route: str, typed: Typed) -> Typed:
    last = typed["stages"][-1]["status"] if typed["stages"] else ""
    stage = {"name": "", "status": last or str(next(iter(kinds_on(route)))), "seats": []}
    stage["seats"] = [_new_seat(route, stage)]
    return stage


def _move(rows: list[Any], number: int, by: int) -> int:
    to = number + by
    if 0 <= to < len(rows):
        rows[number], rows[to] = rows[to], rows[number]
        return to
    return number


def _move_seat(stages: list[Typed], stage: int, seat: int, by: int) -> tuple[int, int]:
    """Move a seat up or down; past the end of its stage it goes into the next one."""
    seats = stages[stage]["seats"]
    if 0 <= seat + by < len(seats):
        return stage, _move(seats, seat, by)
    if not 0 <= stage + by < len(stages):
        return stage, seat
    moved, beyond = seats.pop(seat), stages[stage + by]["seats"]
    beyond.insert(0 if by > 0 else len(beyond), moved)
    return stage + by, beyond.index(moved)


def reshape(typed: Typed, do: str, route: str) -> Typed:
    """Do what a button of the editor says: ``add-seat 3``, ``up-stage 2``, ``remove-seat 3 1``.

    Stages and seats are counted from 1, as in the names of their boxes. What names nothing
    there changes nothing.
    """
    act, *places = do.split(" ")
    at = [int(place) - 1 for place in places if place.isdecimal() and len(place) < 4]
    stages = typed["stages"]
    if act == "add-stage":
        stages.append(_new_stage(route, typed))
        return typed
    if not at or not 0 <= at[0] < len(stages):
        return typed
    stage = at[0]
    match act:
        case "remove-stage":
            del stages[stage]
        case "up-stage":
            _move(stages, stage, -1)
        case "down-stage":
            _move(stages, stage, 1)
        case "add-seat":
            stages[stage]["seats"].append(_new_seat(route, stages[stage]))
    if len(at) > 1 and 0 <= at[1] < len(stages[stage]["seats"]):
        match act:
            case "remove-seat":
                del stages[stage]["seats"][at[1]]
            case "up-seat":
                _move_seat(stages, stage, at[1], -1)
            case "down-seat":
                _move_seat(stages, stage, at[1], 1)
    return typed
