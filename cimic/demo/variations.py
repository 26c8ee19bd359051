"""More records of the same sorts, varied by a seed: ``load_demo --records`` above the told ones."""

import tomllib
from pathlib import Path
from random import Random
from typing import Any

from cimic.demo.stories import Deed, Story
from cimic.demo.world import boundaries, told
from missions.boundaries import contains, point_inside
from missions.vocabulary import Role
from requests_app.vocabulary import Kind, RequesterClass, SupportType

FILE = Path(__file__).parent / "records" / "variations.toml"
PARTNERS = ("partner.ngo", "partner.un", "partner.health")
# How a record ends, how often, and how many days ago it must have begun to have come so far.
ENDS: dict[str, tuple[int, float, float]] = {
    "close": (46, 48, 89),
    "complete": (14, 44, 70),
    "start": (8, 18, 30),
    "tasked": (4, 11, 14),
    "dms": (5, 4.5, 6.5),
    "review": (6, 2.6, 3.4),
    "submit": (3, 0.4, 1),
    "return": (4, 4, 20),
    "refuse": (6, 14, 60),
    "withdraw": (4, 6, 80),
}


class VariedStory:
    """Tells one varied record: who asks, where, and each post's answer up to its end."""

    def __init__(self, number: int, seed: int, sorts: dict[str, Any]) -> None:
        self.chance = Random(f"variation:{seed}:{number}")  # noqa: S311 - no secret
        self.words: dict[str, list[str]] = sorts["words"]
        self.sort: dict[str, Any] = self.chance.choice(sorts["sort"])
        self.kind = Kind(self.sort["kind"])
        self.number = number
        self.district, self.at = self._place()
        self.deeds: list[Deed] = []

    def _place(self) -> tuple[str, list[Any]]:
        districts = [area for area in boundaries()["features"] if area["properties"]["level"] == 2]
        area = self.chance.choice(districts)
        longitude, latitude = point_inside(area["geometry"])
        near = (
            longitude + self.chance.uniform(-0.1, 0.1),
            latitude + self.chance.uniform(-0.1, 0.1),
        )
        if contains(area["geometry"], *near):
            longitude, latitude = near
        properties = area["properties"]
        return properties["name"], [properties["pcode"], round(longitude, 4), round(latitude, 4)]

    def _say(self, what: str) -> str:
        return self.chance.choice(self.words[what])

    def _unit(self) -> dict[str, Any]:
        """Return an account of a unit in the sector where it is."""
        data = told()
        sector = next(s["code"] for s in data["sectors"] if self.at[0][:4] in s["provinces"])
        officers = [
            person
            for person in data["people"]
            if person["role"] == Role.UNIT_CIMIC and person.get("sector") == sector
        ]
        return self.chance.choice(officers)

    @property
    def ends(self) -> dict[str, tuple[int, float, float]]:
        """How a record may end: how often, and how many days ago it began, at least and at most."""
        return ENDS

    def _placed(self) -> str:
        place = self.chance.choice(["{}-Nord", "{}-Sud", "{}-Est", "the mill of {}"])
        return str(place.format(self.district))

    def story(self, called: str = "variation") -> Story:
        ends = self.ends
        end = self.chance.choices(list(ends), [often for often, _, _ in ends.values()])[0]
        unit = self._unit()
        place = self._placed()
        asked, by = self._asked(place, unit)
        self._tell(end, by, unit, asked)
        _, shortest, longest = ends[end]
        return Story(
            key=f"{called}-{self.number:05}",
            kind=self.kind,
            by=by,
            days_ago=round(self.chance.uniform(shortest, longest), 3),
            asked=asked,
            deeds=tuple(self.deeds),
            harm="life" if self.kind == Kind.EXTREME_SITUATION else "",
            acted_before=self.chance.choice([1, 2, 5]),
        )

    def _asked(self, place: str, unit: dict[str, Any]) -> tuple[dict[str, Any], str]:
        sort, chance = self.sort, self.chance
        by = chance.choice([unit["account"], chance.choice(PARTNERS)])
        if self.kind == Kind.SECURITY_ASSISTANCE:
            by = chance.choice([*PARTNERS, "civil.affairs"])
        elif self.kind == Kind.EXTREME_SITUATION:
            by = unit["account"]
        helped = [round(sort["people"] * chance.uniform(0.15, 0.4)) for _ in range(4)]
        asked: dict[str, Any] = {
            "title": sort["title"].format(place=place),
            "description": sort["description"].format(place=place, district=self.district),
            "category": sort["category"],
            "place": place,
            "at": self.at,
            "people": helped,
        }
        if self.kind == Kind.EXTREME_SITUATION:
            return asked, by
        partner = by in PARTNERS
        asked["needed_in"] = chance.randrange(12, 40)
        asked["markers"] = ["humanitarian"] * partner + ["works"] * sort.get("works", False)
        if "cluster" in sort:
            asked["cluster"] = sort["cluster"]
        fill = {
            Kind.CIVIL_ASSISTANCE: self._civil,
            Kind.SECURITY_ASSISTANCE: self._security,
            Kind.QIP: self._project,
        }[self.kind]
        asked.update(fill(place, partner))
        return asked, by

    def _care(self) -> dict[str, Any]:
        return {
            "coordination_check": self.chance.choice(["checked_none", "checked_complementary"]),
            "coordination_note": f"Asked at the weekly meeting of partners in {self.district}.",
            "gender_protection": "Women's committee was heard on days, hours and places.",
            "do_no_harm": "Both communities take part; no uniform where goods are handed out.",
        }

    def _civil(self, place: str, partner: bool) -> dict[str, Any]:
        asked = self._care() | {
            "support_type": (
                SupportType.PARTNER_SUPPORT if partner else SupportType.COMMUNITY_SUPPORT
            ).value,
            "estimated_cost": round(self.sort["cost"] * self.chance.uniform(0.6, 1.6), -1),
            "funding_source": self.chance.choice(["mission_budget", "contingent", "mixed"]),
        }
        if partner:
            asked["last_resort"] = f"No civilian means are free in {self.district} this month."
        if "asset" in self.sort:
            asked["assets"] = [[self.sort["asset"], self.chance.randrange(1, 3), ""]]
            asked["hand_back_plan"] = "Back with the unit on the last day, no extension."
        return asked

    def _security(self, place: str, partner: bool) -> dict[str, Any]:
        who = RequesterClass.HUMANITARIAN if partner else RequesterClass.MISSION_COMPONENT
        leaves = self.chance.randrange(5, 9)
        return {
            "requester_class": who.value,
            "origin": self.district,
            "destination": place,
            "departs_in": leaves,
            "returns_in": leaves + 1,
            "vehicles": self.chance.randrange(1, 9),
            "passengers": self.chance.randrange(2, 20),
            "threat_summary": f"Robbery by armed men on the way to {place}, twice this month.",
            "alternatives_tried": "Other hours and an older track; elders spoken with.",
            "discontinuation_plan": "One journey, reviewed afterwards.",
        }

    def _project(self, place: str, partner: bool) -> dict[str, Any]:
        return self._care() | {
            "funding_source": "qip_budget",
            "budget": self.sort["budget"],
            "objective": f"People of {place} see what they asked for built within the season.",
            "implementing_partner": "Réseau des jeunes constructeurs de Carana",
            "partner_registration": "NGO register of Carana, no. 0140",
            "partner_capacity": self.chance.choice(["adequate", "strong"]),
            "work_plan": "Two weeks of purchase, five of building, one of tests and handover.",
            "starts_in": 20,
            "ends_in": 80,
            "maintenance_owner": f"Committee of {place}",
        }

    def _does(self, hours: float, account: str, act: str, words: str = "", **details: Any) -> None:
        self.deeds.append(Deed(hours, account, act, words, details))

    def _tell(self, end: str, by: str, unit: dict[str, Any], asked: dict[str, Any]) -> None:
        if self.kind == Kind.EXTREME_SITUATION:
            if end != "submit":
                self._does(1, "chief.cimic", "acknowledge", "Acknowledged.")
            if end not in {"submit", "review", "dms"}:
                self._does(50, "dsrsg", "held", "Held: nobody else could act in time.")
            return
        self._does(3, by, "submit")
        if end == "submit":
            return
        if asked.get("requester_class") == RequesterClass.MISSION_COMPONENT:
            self._mission_component(end, unit)
            return
        if self.kind == Kind.CIVIL_ASSISTANCE and by == unit["account"]:
            self._does(
                20,
                f"sector.{unit['sector']}",
                "forward_recommended",
                self._say("review"),
                verified="on_site",
            )
        if end == "return":
            self._does(40, "chief.cimic", "return", self._say("returned"))
            return
        self._does(
            40, "chief.cimic", "forward_recommended", self._say("review"), verified="reported"
        )
        if end == "withdraw":
            self._does(44, by, "withdraw", "Solved by other means, thank you.")
        elif end != "review":
            self._consult(end, unit, asked)

    def _mission_component(self, end: str, unit: dict[str, Any]) -> None:
        if end in {"review", "dms"}:
            return
        if end in {"return", "refuse"}:
            self._does(20, "ops", "cannot_execute", "No section free on these days.")
        elif end == "withdraw":
            self._does(20, "civil.affairs", "withdraw", "Journey put off.")
        else:
            self._task(22, unit)
            self._carry_out(end, unit["account"], 60)

    def _consult(self, end: str, unit: dict[str, Any], asked: dict[str, Any]) -> None:
        security = self.kind == Kind.SECURITY_ASSISTANCE
        if security:
            self._does(50, "undss", "supports", self._say("supports"))
        elif self.kind == Kind.QIP:
            self._does(50, "qip.manager", "supports", self._say("supports"))
        if security or "humanitarian" in asked["markers"]:
            self._does(54, "cmcoord", "supports", self._say("supports"), cluster_plan="consistent")
        if end == "dms":
            return
        if not security:
            self._does(58, "civil.affairs", "supports", self._say("supports"))
            self._does(60, "gender", "supports", self._say("supports"))
            self._does(72, "dms", "resourceable", self._say("capability"))
        if self.kind == Kind.QIP:
            self._does(
                130,
                "cos",
                "recommended",
                "Recommended.",
                members=["Dieter Brandl (chair)", "Beatriz Carvalho (secretary)"],
                minutes="Within the ceiling, no overhead, upkeep is clear.",
            )
        self._decide(end, unit, 180 if self.kind == Kind.QIP else 110)

    def _decide(self, end: str, unit: dict[str, Any], hours: float) -> None:
        by, details = "dsrsg", {}
        if self.kind == Kind.SECURITY_ASSISTANCE:
            by, met = "designated.official", end != "refuse"
            criteria = {
                "need": [True, "Distribution depends on it."],
                "authorities": [True, "No police post on this stretch."],
                "security": [met, "UNDSS assessment of the week."],
                "sustainability": [True, "One journey."],
            }
            details = {"criteria": criteria, "priority": self.chance.randrange(1, 5)}
        if end == "refuse":
            self._does(hours, by, "not_approve", self._say("refusal"), **details)
            return
        self._does(hours, by, "approve", self._say("approval"), **details)
        if self.kind == Kind.QIP:
            self._build(end, hours + 40)
            return
        self._task(hours + 10, unit)
        self._carry_out(end, unit["account"], hours + 50)

    def _task(self, hours: float, unit: dict[str, Any]) -> None:
        self._does(
            hours, "ops", "accept", self._say("tasking"), unit=unit["unit"], start_in=2, end_in=9
        )

    def _carry_out(self, end: str, account: str, hours: float) -> None:
        if end == "tasked":
            return
        self._does(hours, account, "start", self._say("start"))
        self._does(hours + 60, account, "progress", self._say("progress"), percent=50)
        if end == "start":
            return
        self._does(hours + 150, account, "complete", self._say("done"))
        if end == "close":
            self._does(hours + 400, "chief.cimic", "close", self._say("close"))

    def _build(self, end: str, hours: float) -> None:
        if end == "tasked":
            return
        total = sum(quantity * cost for _, quantity, cost in self.sort["budget"])
        first = round(total * 0.8, 2)
        self._does(hours, "qip.manager", "agree", f"UNAC/QIP/V{self.number:05}")
        self._does(hours + 4, "qip.manager", "pay", "Transfer, receipt on file", amount=str(first))
        self._does(hours + 10, "qip.manager", "start", self._say("start"))
        if end == "start":
            return
        self._does(hours + 400, "chief.cimic", "visit", "Quantities as in the plan, work is sound.")
        self._does(
            hours + 420,
            "qip.manager",
            "pay",
            "Transfer, after the visit",
            amount=str(round(total - first, 2)),
            last=True,
        )
        self._does(hours + 440, "qip.manager", "complete", self._say("done"), cost=str(total))
        if end == "close":
            self._does(hours + 700, "chief.cimic", "close", self._say("close"))


def varied_stories(count: int, seed: int) -> list[Story]:
    """Return so many more records, the same for the same seed."""
    sorts = tomllib.loads(FILE.read_text(encoding="utf-8")) if count > 0 else {}
    return [VariedStory(number, seed, sorts).story() for number in range(1, count + 1)]
