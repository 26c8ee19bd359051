"""What was asked and how it went, read from ``records/*.toml``.

A story is told in hours after its first moment, and that in days before today, so that the
demonstration is always in its third month.
"""

import datetime as dt
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from requests_app.vocabulary import CimicFunction, Kind, SupportType, Urgency

HERE = Path(__file__).parent
FILES = {
    Kind.CIVIL_ASSISTANCE: "civil_assistance.toml",
    Kind.SECURITY_ASSISTANCE: "security_assistance.toml",
    Kind.QIP: "qip.toml",
    Kind.EXTREME_SITUATION: "extreme_situations.toml",
}
# What a record says about itself besides its answers to the form.
ABOUT = frozenset({"key", "by", "days_ago", "hour", "story", "harm", "acted_before"})
FLAGS = ("humanitarian", "works", "protection", "public_order", "ssr", "ddr", "disaster")
DAYS = {"needed_in": "needed_by", "starts_in": "starts_on", "ends_in": "ends_on"}
MOMENTS = {"departs_in": "departs_at", "returns_in": "returns_at"}
OFFICE_OPENS, OFFICE_CLOSES = 7, 20
# What happened in the last days keeps the distance to now that it was told with.
LATELY = 3


@dataclass(frozen=True)
class Deed:
    """One thing that one account did, so many hours after the story began."""

    hours: float
    account: str
    act: str
    words: str = ""
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Story:
    """One record: what was asked, by whom, and each deed in order."""

    key: str
    kind: Kind
    by: str
    days_ago: float
    asked: dict[str, Any]
    deeds: tuple[Deed, ...]
    hour: str = ""
    harm: str = ""
    acted_before: float = 0

    @property
    def is_urgent(self) -> bool:
        """Whether people work on it at night as well."""
        return (
            self.kind == Kind.EXTREME_SITUATION
            or self.asked.get("urgency") == Urgency.TIME_SENSITIVE
        )

    def answers(self, began: dt.datetime) -> dict[str, Any]:
        """Return the form's answers, as they are given at the moment the story begins."""
        said: dict[str, Any] = {
            name: value
            for name, value in self.asked.items()
            if name not in {"at", "people", "markers", "assets", "budget", *DAYS, *MOMENTS}
        }
        if "at" in self.asked:
            said["area"], said["longitude"], said["latitude"] = self.asked["at"]
        if "people" in self.asked:
            said.update(zip(("women", "men", "girls", "boys"), self.asked["people"], strict=True))
        said.update({flag: True for flag in FLAGS if flag in self.asked.get("markers", [])})
        for name, question in DAYS.items():
            if name in self.asked:
                said[question] = (began + dt.timedelta(days=self.asked[name])).date()
        for name, question in MOMENTS.items():
            if name in self.asked:
                moment = began + dt.timedelta(days=self.asked[name])
                said[question] = moment.replace(minute=0, second=0, microsecond=0)
        if "assets" in self.asked:
            said["assets"] = [
                dict(zip(("asset", "quantity", "note"), line, strict=True))
                for line in self.asked["assets"]
            ]
        if "budget" in self.asked:
            said["budget"] = [
                dict(zip(("item", "quantity", "unit_cost"), line, strict=True))
                for line in self.asked["budget"]
            ]
        if self.kind != Kind.EXTREME_SITUATION:
            said.setdefault("cimic_function", self._function())
        return said

    def _function(self) -> CimicFunction:
        if self.kind == Kind.SECURITY_ASSISTANCE:
            return CimicFunction.MISSION_SUPPORT
        if self.asked.get("support_type") == SupportType.PARTNER_SUPPORT:
            return CimicFunction.MISSION_SUPPORT
        return CimicFunction.COMMUNITY_SUPPORT


@dataclass(frozen=True, order=True)
class Moment:
    """When one deed of one story is done; ``number`` 0 is the story's own beginning."""

    at: dt.datetime
    key: str
    number: int


def read_story(kind: Kind, said: dict[str, Any]) -> Story:
    """Read one record as it stands in a file."""
    return Story(
        key=said["key"],
        kind=kind,
        by=said["by"],
        days_ago=said["days_ago"],
        asked={
            name: value.strip() if isinstance(value, str) else value
            for name, value in said.items()
            if name not in ABOUT
        },
        deeds=tuple(Deed(*line) for line in said["story"]),
        hour=said.get("hour", ""),
        harm=said.get("harm", ""),
        acted_before=said.get("acted_before", 0),
    )


def told_stories() -> list[Story]:
    """Read every record of the demonstration."""
    return [
        read_story(kind, said)
        for kind, name in FILES.items()
        for said in tomllib.loads((HERE / "records" / name).read_text(encoding="utf-8"))["record"]
    ]


def _in_office(moment: dt.datetime, zone: ZoneInfo, chance: Random) -> dt.datetime:
    """Move a moment of the night to the next morning."""
    local = moment.astimezone(zone)
    if OFFICE_OPENS <= local.hour < OFFICE_CLOSES:
        return moment
    morning = local.replace(hour=OFFICE_OPENS, minute=0) + dt.timedelta(
        days=local.hour >= OFFICE_CLOSES, minutes=chance.randrange(5, 110)
    )
    return morning.astimezone(dt.UTC)


def _beginning(story: Story, now: dt.datetime, zone: ZoneInfo, chance: Random) -> dt.datetime:
    """Return when a story begins: at its own hour, or on some morning; lately, as told."""
    began = now - dt.timedelta(days=story.days_ago)
    if story.days_ago < 1 or (not story.hour and story.days_ago < LATELY):
        return began
    local = began.astimezone(zone)
    hour, minute = map(int, story.hour.split(":")) if story.hour else (OFFICE_OPENS, 0)
    begins = local.replace(hour=hour, minute=minute)
    if not story.hour:
        begins += dt.timedelta(minutes=chance.randrange(8, 250))
    return begins.astimezone(dt.UTC)


def moments_of(story: Story, now: dt.datetime, zone: ZoneInfo, seed: int) -> Iterator[Moment]:
    """Yield when each deed of a story is done: in order, none in the time to come.

    Offices sleep, so what is not urgent waits for the morning.
    """
    chance = Random(f"{seed}:{story.key}")  # noqa: S311 - a demonstration's, not a secret's
    at = began = _beginning(story, now, zone, chance)
    yield Moment(at, story.key, 0)
    for number, deed in enumerate(story.deeds, start=1):
        told = began + dt.timedelta(
            hours=deed.hours, minutes=chance.randrange(0, 3 if story.is_urgent else 25)
        )
        if not story.is_urgent and story.days_ago > LATELY:
            told = _in_office(told, zone, chance)
        at = min(max(told, at + dt.timedelta(minutes=2)), now)
        yield Moment(at, story.key, number)
