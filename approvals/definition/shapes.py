"""What a process is made of, and the text over which it is signed."""

import json
from dataclasses import asdict, dataclass
from typing import Any

from approvals.vocabulary import SeatCondition, SeatKind
from common.canonical import canonical, sha256
from missions.vocabulary import Role
from requests_app.vocabulary import Status


@dataclass(frozen=True)
class Seat:
    """A place on the route that a post of a role must answer, and within how many hours."""

    code: str
    label: str
    kind: SeatKind
    role: Role
    condition: SeatCondition
    normal_hours: int
    time_sensitive_hours: int

    @property
    def may_lapse(self) -> bool:
        """Advice lapses at its limit; everything else waits (P32, P36)."""
        return self.kind == SeatKind.ADVICE


@dataclass(frozen=True)
class Stage:
    """Seats answered side by side; the record has ``status`` while any of them is open."""

    name: str
    status: Status
    seats: tuple[Seat, ...]


@dataclass(frozen=True)
class Definition:
    """A whole process, for one route."""

    name: str
    stages: tuple[Stage, ...]

    def text(self) -> str:
        """Return the canonical text, over which it is signed and hashed."""
        return canonical(asdict(self))

    def digest(self) -> str:
        return sha256(self.text())

    def as_json(self) -> dict[str, Any]:
        """Return it as plain JSON values, as it is kept and sent."""
        return dict(json.loads(self.text()))

    def seats(self) -> list[Seat]:
        """List every seat, in the order of the stages."""
        return [seat for stage in self.stages for seat in stage.seats]


def read(data: dict[str, Any]) -> Definition:
    """Read a process that is kept; raise ``ValueError`` or ``KeyError`` for what is none."""
    return Definition(
        name=data["name"],
        stages=tuple(
            Stage(
                name=stage["name"],
                status=Status(stage["status"]),
                seats=tuple(
                    Seat(
                        code=seat["code"],
                        label=seat["label"],
                        kind=SeatKind(seat["kind"]),
                        role=Role(seat["role"]),
                        condition=SeatCondition(seat["condition"]),
                        normal_hours=int(seat["normal_hours"]),
                        time_sensitive_hours=int(seat["time_sensitive_hours"]),
                    )
                    for seat in stage["seats"]
                ),
            )
            for stage in data["stages"]
        ),
    )
