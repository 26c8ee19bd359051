"""Who and where: the demonstration mission with its sectors, areas, units, people and posts."""

import datetime as dt
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.contrib.auth.hashers import make_password

from approvals.services import set_priorities
from cimic.founding import let_administer
from common import clock
from missions.boundaries import import_areas
from missions.models import (
    Appointment,
    Area,
    Cluster,
    Delegation,
    DisasterEvent,
    DisplacementSite,
    Holiday,
    Mission,
    Organisation,
    Post,
    Sector,
    Unit,
    User,
)
from missions.vocabulary import Capacity, Classification, Reach, Role

HERE = Path(__file__).parent

OPEN, CONFIDENTIAL, STRICT = (
    Classification.UNCLASSIFIED,
    Classification.CONFIDENTIAL,
    Classification.STRICTLY_CONFIDENTIAL,
)

# How far each sort of post sees, and up to which classification.
SIGHT: dict[str, tuple[Reach, Classification]] = {
    Role.UNIT_CIMIC: (Reach.UNIT, CONFIDENTIAL),
    Role.SECTOR_CIMIC: (Reach.SECTOR, CONFIDENTIAL),
    Role.CHIEF_CIMIC: (Reach.MISSION, STRICT),
    Role.CIMIC_STAFF: (Reach.MISSION, CONFIDENTIAL),
    Role.CMCOORD: (Reach.MISSION, CONFIDENTIAL),
    Role.CIVIL_AFFAIRS: (Reach.MISSION, CONFIDENTIAL),
    Role.GENDER: (Reach.OWN, OPEN),
    Role.HUMAN_RIGHTS: (Reach.OWN, OPEN),
    Role.UNPOL: (Reach.OWN, OPEN),
    Role.QIP_MANAGER: (Reach.MISSION, OPEN),
    Role.DMS: (Reach.MISSION, OPEN),
    Role.DSRSG: (Reach.MISSION, STRICT),
    Role.DSRSG_OFFICE: (Reach.MISSION, STRICT),
    Role.DSRSG_POLITICAL: (Reach.MISSION, CONFIDENTIAL),
    Role.DESIGNATED_OFFICIAL: (Reach.MISSION, STRICT),
    Role.UNDSS: (Reach.MISSION, CONFIDENTIAL),
    Role.OPS: (Reach.MISSION, CONFIDENTIAL),
    Role.HOMC: (Reach.MISSION, STRICT),
    Role.SRSG: (Reach.MISSION, STRICT),
    Role.CHIEF_OF_STAFF: (Reach.MISSION, STRICT),
    Role.EVALUATOR: (Reach.MISSION, CONFIDENTIAL),
    Role.RECORDS_OFFICER: (Reach.MISSION, STRICT),
    Role.PARTNER: (Reach.OWN, OPEN),
    Role.ADMINISTRATOR: (Reach.OWN, OPEN),
}


@dataclass(frozen=True)
class World:
    """The mission as it was made, with its people by account."""

    mission: Mission
    people: dict[str, User]
    posts: dict[str, Post]


@cache
def told() -> dict[str, Any]:
    """Read ``world.json``."""
    return json.loads((HERE / "world.json").read_text(encoding="utf-8"))


def boundaries() -> dict[str, Any]:
    """Read Carana's provinces and districts."""
    return json.loads((HERE / "carana_areas.geojson").read_text(encoding="utf-8"))


def make_world(*, today: dt.date, password: str) -> World:
    """Make the mission as it stands today, three months after it was established.

    One hash of the one password serves every account: they are a demonstration's.
    """
    data = told()
    mission = _mission(data["mission"], today)
    sectors = {
        said["code"]: Sector.objects.create(mission=mission, code=said["code"], name=said["name"])
        for said in data["sectors"]
    }
    import_areas(mission=mission, collection=boundaries())
    for said in data["sectors"]:
        provinces = Area.objects.filter(mission=mission, pcode__in=said["provinces"])
        provinces.update(sector=sectors[said["code"]])
    units = {
        said["code"]: Unit.objects.create(
            mission=mission,
            code=said["code"],
            name=said["name"],
            contributing_country=said["country"],
            sector=sectors.get(said["sector"]),
        )
        for said in data["units"]
    }
    organisations = {
        said["acronym"]: Organisation.objects.create(
            mission=mission, name=said["name"], acronym=said["acronym"], type=said["type"]
        )
        for said in data["organisations"]
    }
    _ground(data, mission, today)
    for said in data["clusters"]:
        Cluster.objects.create(
            mission=mission,
            code=said["code"],
            name=said["name"],
            lead=organisations[said["lead"]],
        )
    people = _people(data["people"], organisations, mission.mail_domain, password)
    _let_administer(people)
    established = [*data["people"], *data["vacant_posts"]]
    posts = _posts(established, mission, sectors, units, organisations)
    _appoint(data, people, posts, today)
    _priorities(data["priorities"], mission, people, posts, today)
    mission.asset_focal_point = posts[data["mission"]["focal_point"]]
    mission.save(update_fields=["asset_focal_point"])
    return World(mission=mission, people=people, posts=posts)


def _mission(said: dict[str, Any], today: dt.date) -> Mission:
    return Mission.objects.create(
        code=said["code"],
        name=said["name"],
        country=said["country"],
        country_code=said["country_code"],
        currency=said["currency"],
        time_zone=said["time_zone"],
        mail_domain=said["mail_domain"],
        qip_ceiling=said["qip_ceiling"],
        established_on=today - dt.timedelta(days=said["days_old"]),
    )


def _ground(data: dict[str, Any], mission: Mission, today: dt.date) -> None:
    """Open the displacement sites, tell of the disasters, mark the holidays of two years."""
    for said in data["displacement_sites"]:
        DisplacementSite.objects.create(
            mission=mission,
            name=said["name"],
            area=Area.objects.get(mission=mission, pcode=said["area"]),
            longitude=said["longitude"],
            latitude=said["latitude"],
            people=said["people"],
            opened_on=today - dt.timedelta(days=said["opened_days_ago"]),
        )
    for said in data["disaster_events"]:
        DisasterEvent.objects.create(
            mission=mission,
            name=said["name"],
            glide=said["glide"],
            began_on=today - dt.timedelta(days=said["days_ago"]),
        )
    for said in data["holidays"]:
        for year in (today.year, today.year + 1):
            Holiday.objects.create(
                mission=mission, on=dt.date(year, said["month"], said["day"]), name=said["name"]
            )


def _people(
    said: list[dict[str, Any]],
    organisations: dict[str, Organisation],
    domain: str,
    password: str,
) -> dict[str, User]:
    hashed = make_password(password)
    made = {}
    for person in said:
        first, last = person["name"].split(" ", 1)
        made[person["account"]] = User.objects.create(
            username=person["account"],
            email=f"{person['account']}@{domain}",
            password=hashed,
            first_name=first,
            last_name=last,
            rank=person["rank"],
            organisation=organisations.get(person.get("organisation", "")),
            language=person["language"],
            is_staff=person["role"] == Role.ADMINISTRATOR,
        )
    return made


def _let_administer(people: dict[str, User]) -> None:
    for person in people.values():
        if person.is_staff:
            let_administer(person)


def _posts(
    said: list[dict[str, Any]],
    mission: Mission,
    sectors: dict[str, Sector],
    units: dict[str, Unit],
    organisations: dict[str, Organisation],
) -> dict[str, Post]:
    posts = {}
    for person in said:
        reach, clearance = SIGHT[person["role"]]
        posts[person["account"]] = Post.objects.create(
            mission=mission,
            code=person["account"],
            title=person["post"],
            role=person["role"],
            sector=sectors.get(person.get("sector") or ""),
            unit=units.get(person.get("unit", "")),
            organisation=organisations.get(person.get("organisation", "")),
            reach=reach,
            clearance=clearance,
        )
    for person in said:
        post = posts[person["account"]]
        post.above = posts.get(person.get("above", ""))
        post.office_of = posts.get(person.get("office_of", ""))
        if post.above or post.office_of:
            post.save(update_fields=["above", "office_of"])
    return posts


def _priorities(
    said: dict[str, Any],
    mission: Mission,
    people: dict[str, User],
    posts: dict[str, Post],
    today: dt.date,
) -> None:
    """Set the priorities as the DSRSG/RC/HC's office did, soon after the mission began."""
    begins = today - dt.timedelta(days=said["days_ago"])
    rows = [
        {
            "text": one["text"],
            "areas": one.get("areas", []),
            "categories": one.get("categories", []),
        }
        for one in [*said["geographic"], *said["thematic"]]
    ]
    with clock.telling(dt.datetime.combine(begins, dt.time(9, 0), dt.UTC)):
        set_priorities(
            actor=people["dsrsg.office"],
            title=said["title"],
            in_force_from=begins,
            review_on=begins + dt.timedelta(days=said["review_in_days"]),
            priorities=rows,
        )


def _appoint(
    data: dict[str, Any], people: dict[str, User], posts: dict[str, Post], today: dt.date
) -> None:
    arrived = today - dt.timedelta(days=data["mission"]["days_old"])
    for person in data["people"]:
        leaves_in = person.get("until_days")
        Appointment.objects.create(
            post=posts[person["account"]],
            person=people[person["account"]],
            capacity=Capacity.HOLDER,
            from_on=arrived,
            until_on=today + dt.timedelta(days=leaves_in) if leaves_in else None,
        )
    for given in data["delegations"]:
        begins = today - dt.timedelta(days=given["from_days_ago"])
        Delegation.objects.create(
            post=posts[given["post"]],
            delegate=people[given["to"]],
            given_by=people[given["by"]],
            scope=given["scope"],
            from_on=begins,
            until_on=begins + dt.timedelta(days=given["for_days"]),
        )
