"""The mission's own processes (P31): one in force for two months, one in comment."""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from approvals import services
from approvals.definition import BASELINES
from approvals.models import Process
from cimic.demo.world import World
from requests_app.vocabulary import Route

# The first day of the mission's civil assistance process, counted back from today.
IN_FORCE_FOR = 60


@dataclass
class Drafting:
    """One process while it is being written: whose mission, and the draft once there is one."""

    world: World
    route: Route
    drafts: list[Process] = field(default_factory=list)

    @property
    def process(self) -> Process:
        return Process.objects.get(pk=self.drafts[0].pk)

    def draft(self, account: str, content: dict[str, Any], reason: str) -> None:
        self.drafts.append(
            services.draft_process(
                actor=self.world.people[account],
                route=self.route.value,
                content=content,
                reason=reason,
            )
        )

    def change(self, account: str, content: dict[str, Any]) -> None:
        services.change_process(
            process=self.process,
            actor=self.world.people[account],
            edit=self.process.edit,
            content=content,
        )

    def comment(self, account: str, text: str) -> None:
        services.comment_on_process(
            process=self.process, actor=self.world.people[account], text=text
        )

    def sign(self, account: str) -> None:
        services.co_sign_process(
            process=self.process, actor=self.world.people[account], digest=self.process.digest
        )

    def promulgate(self, account: str, day: dt.date) -> None:
        services.promulgate_process(
            process=self.process, actor=self.world.people[account], in_force_from=day
        )


def _changed(route: Route, name: str, **seats: dict[str, Any]) -> dict[str, Any]:
    """Return a baseline under the mission's own name, with some seats changed by code."""
    content = BASELINES[route].as_json()
    content["name"] = name
    for stage in content["stages"]:
        for seat in stage["seats"]:
            seat.update(seats.get(seat["code"], {}))
    return content


CIVIL_LIMITS: dict[str, dict[str, Any]] = {
    "cimic_review": {"normal_hours": 36},
    "mission_support": {"normal_hours": 72, "time_sensitive_hours": 18},
    "decision": {"normal_hours": 60},
    "decision_ssr": {"normal_hours": 60},
}
CIVIL_NAME = "Civil assistance in Carana"


def _qip() -> dict[str, Any]:
    """Return the draft for QIPs: a quicker committee, and human rights heard on protection."""
    content = _changed(
        Route.QIP,
        "Quick Impact Projects in Carana",
        review_committee={"normal_hours": 120},
        mission_support={"normal_hours": 96},
    )
    content["stages"][1]["seats"].append(
        {
            "code": "human_rights_advice",
            "label": "Human rights advice",
            "kind": "advice",
            "role": "human_rights",
            "condition": "protection",
            "normal_hours": 120,
            "time_sensitive_hours": 48,
        }
    )
    return content


Deed = tuple[dt.datetime, Callable[[], None]]


def process_deeds(world: World, now: dt.datetime) -> Iterator[Deed]:
    """Tell how the mission's processes came about: each deed and its moment, in order."""
    zone = ZoneInfo(world.mission.time_zone)
    today = now.astimezone(zone).date()
    civil, qip = Drafting(world, Route.CIVIL_ASSISTANCE), Drafting(world, Route.QIP)

    def day(ago: int) -> dt.date:
        return today - dt.timedelta(days=ago)

    def at(ago: int, hour: int, minute: int = 0) -> dt.datetime:
        moment = dt.datetime.combine(day(ago), dt.time(hour, minute), zone)
        return moment.astimezone(dt.UTC)

    hasty = {**CIVIL_LIMITS, "cmcoord_advice": {"normal_hours": 48}}
    yield (
        at(76, 9, 10),
        lambda: civil.draft(
            "chief.cimic",
            _changed(Route.CIVIL_ASSISTANCE, CIVIL_NAME, **hasty),
            "The rains close the Alur to Oruma road by the end of the season: a request that "
            "waits nine days for an answer is answered too late.",
        ),
    )
    yield (
        at(74, 11, 25),
        lambda: civil.comment(
            "cmcoord",
            "Two days are too short: I must ask the cluster leads, and two of them sit in Alur. "
            "Leave UN-CMCoord's advice at 72 hours.",
        ),
    )
    yield (
        at(73, 15, 40),
        lambda: civil.comment(
            "dms",
            "Mission Support can say within three days what it has. Fuel in Sector South takes "
            "longer to count while the road is cut; the answer will then say so.",
        ),
    )
    yield (
        at(72, 10, 5),
        lambda: civil.comment(
            "gender", "No objection. Please keep the gender seat on every request."
        ),
    )
    yield (
        at(71, 9, 30),
        lambda: civil.change(
            "cimic.staff", _changed(Route.CIVIL_ASSISTANCE, CIVIL_NAME, **CIVIL_LIMITS)
        ),
    )
    yield (
        at(70, 16, 15),
        lambda: civil.comment("cmcoord", "Thank you: with 72 hours OCHA agrees."),
    )
    yield at(66, 12, 20), lambda: civil.sign("homc")
    yield at(64, 17, 45), lambda: civil.sign("dsrsg")
    yield at(62, 10, 0), lambda: civil.promulgate("srsg", day(IN_FORCE_FOR))
    yield (
        at(12, 10, 30),
        lambda: qip.draft(
            "chief.cimic",
            _qip(),
            "The committee met late three times; and projects on protection went past the human "
            "rights officers.",
        ),
    )
    yield (
        at(10, 14, 10),
        lambda: qip.comment(
            "qip.manager",
            "Five days suit the committee if papers come two days before. I shall send them out "
            "on Mondays.",
        ),
    )
    yield (
        at(9, 9, 50),
        lambda: qip.comment(
            "human.rights", "We support this, and shall name an officer for each sector."
        ),
    )
    yield at(6, 11, 35), lambda: qip.sign("homc")
