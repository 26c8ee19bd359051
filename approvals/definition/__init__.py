"""A process as data: ordered stages, each with the seats that are answered side by side."""

import json
from pathlib import Path

from approvals.definition.differences import Difference, differences
from approvals.definition.reading import (
    MOST_HOURS,
    MOST_SEATS,
    MOST_STAGES,
    STATUSES,
    place_of,
    read_sent,
)
from approvals.definition.shapes import Definition, Seat, Stage, read
from requests_app.vocabulary import Route

__all__ = [
    "BASELINES",
    "Definition",
    "Difference",
    "MOST_HOURS",
    "MOST_SEATS",
    "MOST_STAGES",
    "STATUSES",
    "Seat",
    "Stage",
    "differences",
    "place_of",
    "read",
    "read_sent",
]

BASELINES: dict[str, Definition] = {
    Route(route).value: read(data)
    for route, data in json.loads(
        (Path(__file__).parent.parent / "baselines.json").read_text(encoding="utf-8")
    ).items()
}
