"""Dull builders: a mission with its posts, and requests at each turn of their life."""

import datetime as dt
from typing import Any

from approvals import services as approvals
from approvals.models import Answer, Step
from approvals.vocabulary import StepState
from common.clock import now
from missions.models import (
    Appointment,
    Area,
    Cluster,
    Mission,
    Organisation,
    Post,
    Sector,
    Unit,
    User,
)
from missions.vocabulary import Classification, OrganisationType, Reach, Role
from records import services as records
from requests_app.models import AssistanceRequest
from requests_app.services import start_draft
from requests_app.vocabulary import Kind

PASSWORD = "carana-demo"
_hash = ""

# username: role, reach, clearance, sector or '', organisation or ''
POSTS: dict[str, tuple[Role, Reach, int, str, str]] = {
    "unit.east": (Role.UNIT_CIMIC, Reach.UNIT, 0, "east", ""),
    "unit.west": (Role.UNIT_CIMIC, Reach.UNIT, 0, "west", ""),
    "sector.east": (Role.SECTOR_CIMIC, Reach.SECTOR, 1, "east", ""),
    "sector.west": (Role.SECTOR_CIMIC, Reach.SECTOR, 1, "west", ""),
    "chief.cimic": (Role.CHIEF_CIMIC, Reach.MISSION, 2, "", ""),
    "cimic.staff": (Role.CIMIC_STAFF, Reach.MISSION, 1, "", ""),
    "cmcoord": (Role.CMCOORD, Reach.MISSION, 1, "", "OCHA"),
    "civil.affairs": (Role.CIVIL_AFFAIRS, Reach.MISSION, 1, "", ""),
    "gender": (Role.GENDER, Reach.OWN, 0, "", ""),
    "human.rights": (Role.HUMAN_RIGHTS, Reach.OWN, 0, "", ""),
    "unpol": (Role.UNPOL, Reach.OWN, 0, "", ""),
    "qip.manager": (Role.QIP_MANAGER, Reach.MISSION, 0, "", ""),
    "dms": (Role.DMS, Reach.MISSION, 0, "", ""),
    "dsrsg": (Role.DSRSG, Reach.MISSION, 2, "", ""),
    "dsrsg.office": (Role.DSRSG_OFFICE, Reach.MISSION, 2, "", ""),
    "dsrsg.political": (Role.DSRSG_POLITICAL, Reach.MISSION, 1, "", ""),
    "designated.official": (Role.DESIGNATED_OFFICIAL, Reach.MISSION, 2, "", ""),
    "undss": (Role.UNDSS, Reach.MISSION, 1, "", ""),
    "ops": (Role.OPS, Reach.MISSION, 1, "", ""),
    "homc": (Role.HOMC, Reach.MISSION, 2, "", ""),
    "srsg": (Role.SRSG, Reach.MISSION, 2, "", ""),
    "cos": (Role.CHIEF_OF_STAFF, Reach.MISSION, 2, "", ""),
    "evaluator": (Role.EVALUATOR, Reach.MISSION, 1, "", ""),
    "records.officer": (Role.RECORDS_OFFICER, Reach.MISSION, 2, "", ""),
    "partner.ngo": (Role.PARTNER, Reach.OWN, 0, "", "Relief for Carana"),
    "partner.un": (Role.PARTNER, Reach.OWN, 0, "", "World Food Programme"),
    "admin": (Role.ADMINISTRATOR, Reach.OWN, 0, "", ""),
}
OFFICES = {"dsrsg.office": "dsrsg", "cimic.staff": "chief.cimic"}
ABOVE = {
    "unit.east": "sector.east",
    "unit.west": "sector.west",
    "sector.east": "chief.cimic",
    "sector.west": "chief.cimic",
    "chief.cimic": "homc",
    "homc": "srsg",
    "dsrsg": "srsg",
    "designated.official": "srsg",
    "ops": "homc",
}


def a_person(username: str, **more: Any) -> User:
    """A person whose password is ``PASSWORD``; hashed once, since hashing is slow on purpose."""
    global _hash  # noqa: PLW0603
    person = User(username=username, email=f"{username}@unac.example", **more)
    if not _hash:
        person.set_password(PASSWORD)
        _hash = person.password
    person.password = _hash
    person.save()
    return person


def a_mission(code: str = "UNAC") -> Mission:
    """A mission with two sectors, two units, an area each, and a holder of every post."""
    mission = Mission.objects.create(
        code=code,
        name=f"Mission {code}",
        country="Carana",
        country_code="CRN",
        mail_domain="unac.example",
        established_on=dt.date(2026, 1, 1),
        working_days=[1, 2, 3, 4, 5, 6, 7],  # so that a test's hours do not hang on its weekday
    )
    organisations = {
        "OCHA": Organisation.objects.create(
            mission=mission, name="OCHA", acronym="OCHA", type=OrganisationType.UNITED_NATIONS
        ),
        "Relief for Carana": Organisation.objects.create(
            mission=mission,
            name="Relief for Carana",
            acronym="RFC",
            type=OrganisationType.INTERNATIONAL_NGO,
        ),
        "World Food Programme": Organisation.objects.create(
            mission=mission,
            name="World Food Programme",
            acronym="WFP",
            type=OrganisationType.UNITED_NATIONS,
        ),
    }
    Cluster.objects.create(mission=mission, code="WSH", name="Water Sanitation Hygiene")
    sectors, units = {}, {}
    for number, name in enumerate(("east", "west"), start=1):
        sectors[name] = Sector.objects.create(
            mission=mission, code=name, name=f"Sector {name.title()}"
        )
        units[name] = Unit.objects.create(
            mission=mission, sector=sectors[name], code=f"{name}-bn", name=f"{name.title()} Bn"
        )
        Area.objects.create(
            mission=mission,
            sector=sectors[name],
            level=1,
            pcode=f"CR0{number}",
            name=f"Province {name.title()}",
            latitude=-9.5,
            longitude=60.5,
        )
    prefix = "" if code == "UNAC" else f"{code.lower()}."
    for username, (role, reach, clearance, sector, organisation) in POSTS.items():
        post = Post.objects.create(
            mission=mission,
            code=username,
            title=role.label,
            role=role,
            reach=reach,
            clearance=Classification(clearance),
            sector=sectors.get(sector),
            unit=units.get(sector) if role == Role.UNIT_CIMIC else None,
            organisation=organisations.get(organisation) if role == Role.PARTNER else None,
        )
        person = a_person(
            prefix + username,
            first_name=username.split(".")[0].title(),
            last_name=username.split(".")[-1].title(),
            organisation=organisations.get(organisation),
        )
        Appointment.objects.create(post=post, person=person, from_on=dt.date(2026, 1, 1))
    for office, holder in OFFICES.items():
        Post.objects.filter(mission=mission, code=office).update(
            office_of=Post.objects.get(mission=mission, code=holder)
        )
    for below, above in ABOVE.items():
        Post.objects.filter(mission=mission, code=below).update(
            above=Post.objects.get(mission=mission, code=above)
        )
    return mission


def who(username: str) -> User:
    """The person of this name, fresh from the database."""
    return User.objects.get(username=username)


def in_days(days: int) -> dt.date:
    """The day so many days from now."""
    return now().date() + dt.timedelta(days=days)


def civil_answers(**changes: Any) -> dict[str, Any]:
    """A complete civil assistance request, as the API takes it."""
    return {
        "kind": "civil_assistance",
        "title": "Water trucking for the maternity ward at Tereni",
        "category": "water",
        "cimic_function": "community_support",
        "support_type": "community_support",
        "description": "The ward's borehole failed on Monday; forty patients carry water 2 km.",
        "area": "CR01",
        "place": "Tereni hospital",
        "needed_by": in_days(14).isoformat(),
        "women": 120,
        "men": 20,
        "girls": 60,
        "boys": 55,
        "funding_source": "none",
        "coordination_check": "checked_none",
        "gender_protection": "The ward serves women; the queue is lit and guarded.",
        "do_no_harm": "The private water seller was consulted and delivers to the market only.",
        **changes,
    }


def qip_answers(**changes: Any) -> dict[str, Any]:
    """A complete Quick Impact Project, as the API takes it."""
    return {
        "kind": "qip",
        "title": "Latrines for the primary school at Bikoro",
        "category": "water_sanitation",
        "cimic_function": "community_support",
        "description": "Six latrines, three for girls, with hand-washing, for 420 pupils.",
        "area": "CR01",
        "place": "Bikoro",
        "needed_by": in_days(60).isoformat(),
        "objective": "Shows that the mission stands by the district's schools.",
        "implementing_partner": "Bikoro parents' committee",
        "partner_capacity": "adequate",
        "work_plan": "Pits, slabs, walls, doors; handed over in ten weeks.",
        "starts_on": in_days(20).isoformat(),
        "ends_on": in_days(80).isoformat(),
        "maintenance_owner": "The school's committee",
        "women": 10,
        "men": 8,
        "girls": 210,
        "boys": 210,
        "funding_source": "qip_budget",
        "budget": [
            {"item": "Cement and blocks", "quantity": "1", "unit_cost": "6400.00"},
            {"item": "Masons' wages, 40 days", "quantity": "40", "unit_cost": "25.00"},
        ],
        "coordination_check": "checked_none",
        "gender_protection": "Girls' latrines apart, with locks and light.",
        "do_no_harm": "Hires from both villages.",
        **changes,
    }


def security_answers(**changes: Any) -> dict[str, Any]:
    """A complete request for an armed escort, as the API takes it."""
    return {
        "kind": "security_assistance",
        "title": "Escort of four food trucks to Leppko",
        "category": "armed_escort",
        "cimic_function": "mission_support",
        "description": "Four trucks, 60 t of maize, for 4,000 displaced people at Leppko.",
        "area": "CR02",
        "needed_by": in_days(7).isoformat(),
        "origin": "Galasi",
        "destination": "Leppko",
        "departs_at": f"{in_days(6).isoformat()}T06:00:00Z",
        "returns_at": f"{in_days(6).isoformat()}T18:00:00Z",
        "vehicles": 4,
        "threat_summary": "Two ambushes on the road in three weeks; a driver was killed.",
        "alternatives_tried": "Air is grounded; elders could not vouch for the bridge.",
        **changes,
    }


def extreme_answers(**changes: Any) -> dict[str, Any]:
    """A report of help already given, as the API takes it."""
    return {
        "title": "Twelve families lifted from the flood at Amsan ford",
        "harm": "life",
        "acted_at": (now() - dt.timedelta(hours=3)).isoformat(),
        "action_taken": "Two boats of the engineer company took 61 people to the school.",
        "place": "Amsan ford",
        "area": "CR01",
        **changes,
    }


CRITERIA = {
    name: {"met": True, "reason": f"Weighed: {name}."}
    for name in ("need", "authorities", "security", "sustainability")
}
DETAILS: dict[str, dict[str, Any]] = {
    "board": {"members": ["Chief of Staff", "Civil Affairs"], "minutes": "Recommended by all."},
    "tasking": {"unit": "east-bn", "start_on": "2026-11-22", "end_on": "2026-12-02"},
}
USUAL = {
    "review": "forward_recommended",
    "advice": "supports",
    "capability": "resourceable",
    "board": "recommended",
    "decision": "approve",
    "tasking": "accept",
}


def a_draft(answers: dict[str, Any] | None = None, *, by: str = "sector.east") -> AssistanceRequest:
    """A draft with these answers, read as the API reads them."""
    from requests_app.forms import DraftForm  # noqa: PLC0415 - needs the registry

    answers = dict(answers or civil_answers())
    kind = Kind(answers.pop("kind"))
    actor = who(by)
    mission = actor.appointments.get().post.mission
    values = DraftForm(kind, mission, answers).values()
    return start_draft(actor=actor, kind=kind, values=values)


def a_submitted(
    answers: dict[str, Any] | None = None, *, by: str = "sector.east"
) -> AssistanceRequest:
    """A request under way."""
    return approvals.submit(rfa=a_draft(answers, by=by), actor=who(by))


def open_step(rfa: AssistanceRequest, seat_kind: str = "") -> Step:
    """The first open step of a request, of a kind if one is named."""
    steps = rfa.steps.filter(state=StepState.OPEN).order_by("stage", "pk")
    return steps.filter(seat_kind=seat_kind)[0] if seat_kind else steps[0]


def give(step: Step, word: str = "", *, by: User | None = None, **more: Any) -> Answer:
    """Let the step's holder answer it, in the usual way unless told otherwise."""
    step = Step.objects.select_related("rfa", "post").get(pk=step.pk)
    word = word or usual_word(step)
    more.setdefault("details", usual_details(step, word))
    more.setdefault("remarks", f"{step.seat_label}: seen and weighed.")
    return approvals.answer(
        step=step,
        actor=by or step.post.appointments.get().person,
        word=word,
        revision=more.pop("revision", step.rfa.revision),
        **more,
    )


def usual_word(step: Step) -> str:
    """The answer that carries a request on."""
    if step.seat_kind == "finding":
        return step.words[0].value
    return USUAL[step.seat_kind]


def usual_details(step: Step, word: str) -> dict[str, Any]:
    """The details that a seat's usual answer needs."""
    if step.role == Role.DESIGNATED_OFFICIAL:
        return {"criteria": CRITERIA, "priority": 2}
    if step.seat_kind == "tasking" and word == "accept":
        return {
            "unit": "east-bn",
            "start_on": in_days(0).isoformat(),
            "end_on": in_days(10).isoformat(),
        }
    return dict(DETAILS.get(step.seat_kind, {})) if step.seat_kind == "board" else {}


def carried_to(rfa: AssistanceRequest, status: str) -> AssistanceRequest:
    """Answer every open step in the usual way until the request has this status."""
    for _ in range(40):
        rfa = AssistanceRequest.objects.get(pk=rfa.pk)
        steps = list(rfa.steps.filter(state=StepState.OPEN).order_by("stage", "pk"))
        if rfa.status == status or not steps:
            return rfa
        give(steps[0])
    raise AssertionError(f"{rfa.reference} did not come to {status}")


def an_approved(
    answers: dict[str, Any] | None = None, *, by: str = "sector.east"
) -> AssistanceRequest:
    """A request approved and, where its route has a tasking, accepted by the unit."""
    rfa = carried_to(a_submitted(answers, by=by), "approved")
    for step in rfa.steps.filter(state=StepState.OPEN):
        give(step)
    return AssistanceRequest.objects.get(pk=rfa.pk)


def a_started(
    answers: dict[str, Any] | None = None, *, by: str = "sector.east"
) -> AssistanceRequest:
    """A request whose task is under way."""
    rfa = an_approved(answers, by=by)
    records.start(rfa=rfa, actor=who("chief.cimic"))
    return AssistanceRequest.objects.get(pk=rfa.pk)


def a_refused(by: str = "sector.east") -> AssistanceRequest:
    """A request that was not approved, with its follow-up open."""
    rfa = carried_to(a_submitted(by=by), "awaiting_decision")
    give(open_step(rfa), "not_approve", remarks="WFP delivers there from next week.")
    return AssistanceRequest.objects.get(pk=rfa.pk)
