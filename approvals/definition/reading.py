"""Reading a process that somebody sent: every error at once, each at its place."""

import re
from collections.abc import Collection
from typing import Any

from django.utils.translation import gettext as _

from approvals.definition.shapes import Definition, Seat, Stage
from approvals.vocabulary import SeatCondition, SeatKind
from common.errors import FieldError, Malformed
from missions.vocabulary import Role
from requests_app.vocabulary import Status

MOST_STAGES = 20
MOST_SEATS = 30
MOST_HOURS = 8760  # a year
LONGEST_NAME = 120
LONGEST_STAGE = 80
LONGEST_CODE = 40
CODE = re.compile(r"[a-z][a-z0-9_]*")

# A record may have these statuses while it is on its route, in this order.
STATUSES = (
    Status.UNDER_REVIEW,
    Status.IN_CONSULTATION,
    Status.AWAITING_DECISION,
    Status.APPROVED,
    Status.REPORTED,
    Status.ACKNOWLEDGED,
)


def place_of(stage: int, seat: int | None = None) -> str:
    """Name a stage, or a seat of it, as errors do; both count from 0, names from 1."""
    return f"stages.{stage + 1}" + ("" if seat is None else f".seats.{seat + 1}")


class _Reader:
    """Reads, and keeps what it could not read; what it returns then is never used."""

    def __init__(self, roles: Collection[str] | None) -> None:
        self.roles = roles
        self.errors: list[FieldError] = []
        self.codes: set[str] = set()

    def wrong(self, place: str, message: str) -> None:
        self.errors.append(FieldError(place, message))

    def words(self, data: dict[str, Any], name: str, place: str, longest: int) -> str:
        value = data.get(name)
        if value is None or value == "":
            self.wrong(f"{place}{name}", _("Write something here."))
        elif not isinstance(value, str):
            self.wrong(f"{place}{name}", _("Send text here."))
        elif not value.strip():
            self.wrong(f"{place}{name}", _("Write something here."))
        elif len(value.strip()) > longest:
            self.wrong(
                f"{place}{name}", _("Keep it to %(longest)s characters.") % {"longest": longest}
            )
        elif not value.strip().isprintable():
            self.wrong(f"{place}{name}", _("Write it on one line, in letters that can be seen."))
        else:
            return value.strip()
        return ""

    def one_of(self, data: dict[str, Any], name: str, place: str, choices: Any) -> str:
        value = data.get(name)
        if not isinstance(value, str) or value not in choices:
            self.wrong(
                f"{place}{name}", _("Choose one of: %(choices)s.") % {"choices": ", ".join(choices)}
            )
            return str(choices[0])
        return value

    def hours(self, data: dict[str, Any], name: str, place: str) -> int:
        value = data.get(name)
        if isinstance(value, bool) or not isinstance(value, int):
            self.wrong(f"{place}{name}", _("Send the limit as a whole number of hours."))
        elif not 1 <= value <= MOST_HOURS:
            self.wrong(
                f"{place}{name}",
                _("A limit is at least 1 hour and at most %(most_hours)s (a year).")
                % {"most_hours": MOST_HOURS},
            )
        else:
            return value
        return 1

    def code(self, data: dict[str, Any], place: str) -> str:
        code = self.words(data, "code", place, LONGEST_CODE)
        if code and not CODE.fullmatch(code):
            self.wrong(f"{place}code", _("Use small letters, digits and underscores."))
        elif code in self.codes:
            self.wrong(
                f"{place}code", _("Another seat is called %(code)s already.") % {"code": code}
            )
        self.codes.add(code)
        return code

    def seat(self, data: Any, place: str) -> Seat | None:
        if not isinstance(data, dict):
            self.wrong(place, _("Send each seat as an object."))
            return None
        dot = f"{place}."
        role = self.one_of(data, "role", dot, Role.values)
        if self.roles is not None and data.get("role") == role and role not in self.roles:
            self.wrong(
                f"{dot}role",
                _("The mission has no post for this: %(role)s.") % {"role": Role(role).label},
            )
        return Seat(
            code=self.code(data, dot),
            label=self.words(data, "label", dot, LONGEST_NAME),
            kind=SeatKind(self.one_of(data, "kind", dot, SeatKind.values)),
            role=Role(role),
            condition=SeatCondition(self.one_of(data, "condition", dot, SeatCondition.values)),
            normal_hours=self.hours(data, "normal_hours", dot),
            time_sensitive_hours=self.hours(data, "time_sensitive_hours", dot),
        )

    def several(self, data: dict[str, Any], name: str, place: str, most: int) -> list[Any]:
        value = data.get(name)
        if not isinstance(value, list):
            self.wrong(f"{place}{name}", _("Send the %(name)s as a list.") % {"name": name})
        elif not value:
            one = "stage" if name == "stages" else "seat"
            self.wrong(
                f"{place}{name}",
                _("Add at least one %(one)s: nobody would be asked here.") % {"one": one},
            )
        elif len(value) > most:
            self.wrong(
                f"{place}{name}",
                _("Keep it to %(most)s %(name)s; %(value)s were sent.")
                % {"most": most, "name": name, "value": len(value)},
            )
        else:
            return value
        return []

    def stage(self, data: Any, number: int) -> Stage | None:
        place = place_of(number)
        if not isinstance(data, dict):
            self.wrong(place, _("Send each stage as an object."))
            return None
        seats = [
            self.seat(seat, place_of(number, within))
            for within, seat in enumerate(self.several(data, "seats", f"{place}.", MOST_SEATS))
        ]
        return Stage(
            name=self.words(data, "name", f"{place}.", LONGEST_STAGE),
            status=Status(self.one_of(data, "status", f"{place}.", STATUSES)),
            seats=tuple(seat for seat in seats if seat),
        )


def read_sent(data: Any, *, roles: Collection[str] | None = None) -> Definition:
    """Read a process as it was sent, for a mission that has posts of these roles.

    Raises ``Malformed`` with everything that cannot be read, at places such as
    ``stages.2.seats.1.normal_hours``; what a readable process breaks is for
    ``approvals.invariants`` to say.
    """
    if not isinstance(data, dict):
        raise Malformed(errors=[FieldError("content", _("Send the process as an object."))])
    reader = _Reader(roles)
    name = reader.words(data, "name", "", LONGEST_NAME)
    stages = [
        reader.stage(stage, number)
        for number, stage in enumerate(reader.several(data, "stages", "", MOST_STAGES))
    ]
    if reader.errors:
        raise Malformed(errors=reader.errors)
    return Definition(name=name, stages=tuple(stage for stage in stages if stage))
