"""Who sees what, exhaustively: ``visible_to`` against the rule said again in plain Python.

Every record of post × step × state × kind × classification × sector is made at once; each
person asks once, and must be answered with exactly what the rule below gives them (P15, P39).
"""

import datetime as dt
import itertools
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import pytest

from approvals.models import Answer, Referral, Step
from approvals.queries import knows_who_asks, sees, visible_to
from common.clock import now
from missions.models import Appointment, Delegation, Mission, Organisation, Post, Sector, Unit, User
from requests_app.models import AssistanceRequest, UnitAtWork
from requests_app.vocabulary import Kind, Route, Status
from tests.builders import a_mission, a_person, a_submitted, in_days, who

pytestmark = pytest.mark.django_db

OPEN, CONFIDENTIAL, STRICTLY = 0, 1, 2
THE_FORCE = {"unit_cimic", "sector_cimic", "cimic_staff", "ops", "homc"}
ROUTES = {
    Kind.CIVIL_ASSISTANCE: Route.CIVIL_ASSISTANCE,
    Kind.QIP: Route.QIP,
    Kind.SECURITY_ASSISTANCE: Route.SECURITY_HUMANITARIAN,
    Kind.EXTREME_SITUATION: Route.EXTREME_SITUATION,
}


@dataclass(frozen=True)
class Asked:
    """What the rule needs to know of one record."""

    mission: str
    by: str
    by_post: str
    organisation: str
    sector: str
    route: str
    classification: int
    hidden: bool
    submitted: bool
    unit: str = ""
    helps: str = ""
    referred_to: str = ""
    put_to: str = ""
    step: str = ""


@dataclass(frozen=True)
class Acts:
    """One post that a person acts for: ``routes`` bounds a delegation, ``held`` is the holder's."""

    code: str
    mission: str
    role: str
    reach: str
    clearance: int
    sector: str
    unit: str
    organisation: str
    office_of: str
    held: bool = True
    routes: tuple[str, ...] = ()
    comes_up: tuple[str, ...] = ()  # vacant posts whose work comes up to this one


@dataclass(frozen=True)
class Person:
    """Whoever looks: who they are, and for which posts they act today."""

    username: str
    organisation: str = ""
    acts: list[Acts] = field(default_factory=list)


def may_see(person: Person, asked: Asked) -> bool:
    """The rule, as the policy and ``docs/roles.md`` say it, without a line of the code's."""
    in_the_mission = any(acts.mission == asked.mission for acts in person.acts)
    if not in_the_mission:
        return False
    is_a_soldier = any(acts.held and acts.role in THE_FORCE for acts in person.acts)
    among_the_force = any(acts.role in THE_FORCE for acts in person.acts)

    def eyes_of_the_force(acts: Acts) -> bool:
        if acts.role == "chief_cimic":
            return False
        return acts.role in THE_FORCE or is_a_soldier or (among_the_force and not acts.held)

    all_of_the_force = all(eyes_of_the_force(acts) for acts in person.acts)
    if not (asked.hidden and all_of_the_force):
        if asked.by == person.username:
            return True
        colleagues = {person.organisation} | {
            acts.organisation for acts in person.acts if not acts.routes
        }
        if (
            asked.organisation
            and asked.organisation in colleagues
            and asked.submitted
            and asked.classification < STRICTLY
        ):
            return True
    for acts in person.acts:
        if acts.mission != asked.mission:
            continue
        if acts.routes and asked.route not in acts.routes:
            continue
        if asked.hidden and eyes_of_the_force(acts):
            continue
        named = asked.classification < STRICTLY or acts.clearance >= STRICTLY
        if asked.by_post == acts.code:
            return True
        reached = asked.step in {"open", "answered", "lapsed"}
        if reached and asked.put_to == acts.code:
            return True
        if not (asked.hidden and among_the_force):
            prepared = acts.office_of == asked.put_to and not acts.routes
            if reached and asked.put_to and named and (prepared or asked.put_to in acts.comes_up):
                return True
            if asked.referred_to and asked.referred_to in {acts.code, *acts.comes_up}:
                return True
        works_on_it = acts.unit and acts.unit in {asked.unit, asked.helps}
        if acts.reach == "unit" and works_on_it and not asked.hidden:
            return True
        if not asked.submitted or asked.classification > acts.clearance:
            continue
        if acts.reach == "mission" or (acts.reach == "sector" and acts.sector == asked.sector):
            return True
    return False


class Making:
    """Records by the thousand, each with what the rule needs to know of it."""

    def __init__(self) -> None:
        self.missions = {one.code: one for one in Mission.objects.all()}
        self.sectors = {(one.mission.code, one.code): one for one in Sector.objects.all()}
        self.units = {(one.mission.code, one.code): one for one in Unit.objects.all()}
        self.posts = {(one.mission.code, one.code): one for one in Post.objects.all()}
        self.people = {one.username: one for one in User.objects.all()}
        self.organisations = {
            (one.mission.code, one.name): one for one in Organisation.objects.all()
        }
        self.records: dict[UUID, Asked] = {}
        self._rows: list[AssistanceRequest] = []
        self._at = now()

    def add(self, kind: Kind, status: Status, asked: Asked) -> None:
        """Put a record on the list."""
        key, mission = uuid4(), asked.mission
        self.records[key] = asked
        self._rows.append(
            AssistanceRequest(
                id=key,
                reference=f"{mission}-{len(self._rows):06}",
                mission=self.missions[mission],
                kind=kind,
                route=asked.route or None,
                status=status,
                requested_by=self.people[asked.by],
                post=self.posts.get((mission, asked.by_post)),
                organisation=self.organisations.get((mission, asked.organisation)),
                title="Asked",
                sector=self.sectors.get((mission, asked.sector)),
                classification=asked.classification,
                hidden_from_force=asked.hidden,
                low_profile=len(self._rows) % 2 == 1,
                tasked_unit=self.units.get((mission, asked.unit)),
                created_at=self._at,
                changed_at=self._at,
                submitted_at=self._at if asked.submitted else None,
                closed_at=self._at if status == Status.CLOSED else None,
            )
        )

    def write(self, sample: Step) -> None:
        """Write all of them, with their steps, referrals and units: some ten statements."""
        AssistanceRequest.objects.bulk_create(self._rows, batch_size=2000)
        steps, referrals, helps = [], [], []
        for key, asked in self.records.items():
            if asked.put_to:
                steps.append(self._step(sample, key, asked))
            if asked.referred_to:
                post = self.posts[asked.mission, asked.referred_to]
                referrals.append(
                    Referral(
                        rfa_id=key,
                        put_to=post,
                        matter="?",
                        opened_by=self.people["cos"],
                        opened_at=self._at,
                        due_at=self._at,
                    )
                )
            if asked.helps:
                helps.append(
                    UnitAtWork(
                        rfa_id=key,
                        unit=self.units[asked.mission, asked.helps],
                        work="lifts",
                        by=self.people["cos"],
                        at=self._at,
                    )
                )
        Step.objects.bulk_create(steps, batch_size=2000)
        Referral.objects.bulk_create(referrals)
        UnitAtWork.objects.bulk_create(helps)
        answers = [
            self._answer(step) for step in steps if self.records[step.rfa_id].step == "answered"
        ]
        Answer.objects.bulk_create(answers, batch_size=2000)
        for answer in answers:
            answer.step.current, answer.step.state = answer, "answered"
        Step.objects.bulk_update([one.step for one in answers], ["current", "state"], 500)

    def _step(self, sample: Step, key: UUID, asked: Asked) -> Step:
        post = self.posts[asked.mission, asked.put_to]
        return Step(
            rfa_id=key,
            process=sample.process,
            stage=1,
            stage_name="Advice",
            stage_status="in_consultation",
            seat="advice",
            seat_label="Advice",
            seat_kind="advice",
            role=post.role,
            condition="always",
            post=post,
            normal_hours=24,
            time_sensitive_hours=12,
            state="open" if asked.step == "answered" else asked.step,
            opened_at=self._at,
            due_at=self._at,
        )

    def _answer(self, step: Step) -> Answer:
        return Answer(
            step=step,
            rfa_id=step.rfa_id,
            seat=step.seat,
            seat_kind=step.seat_kind,
            role=step.role,
            answer="supports",
            revision=1,
            by=self.people["cos"],
            post=step.post,
            capacity="holder",
            at=self._at,
        )


# Who asks: a person, the post they ask as, their organisation.
ASKING = [
    ("sector.east", "sector.east", ""),
    ("partner.ngo", "partner.ngo", "Relief for Carana"),
    ("partner.un", "partner.un", "World Food Programme"),
    ("civil.affairs", "civil.affairs", ""),
    ("left", "gender", ""),
]
STATES = ["waiting", "open", "answered", "lapsed", "skipped", "superseded"]
UNSUBMITTED = [Status.DRAFT, Status.WITHDRAWN]


def every_record(made: Making) -> None:
    """Put every combination on the list, in four tables that each hold the rest still."""
    sectors = ["east", "west", ""]
    for mission, kind, status, classification, sector, asking in itertools.product(
        ["UNAC", "UNEX"], Kind, Status, range(3), sectors, ASKING
    ):
        prefix = "" if mission == "UNAC" else "unex."
        if mission == "UNEX" and (asking[0] == "left" or status not in {"draft", "approved"}):
            continue
        hideable = kind == Kind.SECURITY_ASSISTANCE and status != Status.DRAFT
        for hidden in (False, True) if hideable else (False,):
            submitted = status not in UNSUBMITTED
            made.add(
                kind,
                status,
                Asked(
                    mission=mission,
                    by=asking[0] if asking[0] == "left" else prefix + asking[0],
                    by_post=asking[1],
                    organisation=asking[2],
                    sector=sector,
                    route=ROUTES[kind].value if submitted else "",
                    classification=classification,
                    hidden=hidden,
                    submitted=submitted,
                ),
            )
    asked_far_away = {
        "mission": "UNAC",
        "by": "partner.un",
        "by_post": "partner.un",
        "organisation": "World Food Programme",
        "sector": "",
        "submitted": True,
    }
    posts = [code for mission, code in made.posts if mission == "UNAC"]
    for code, state, classification, (kind, hidden) in itertools.product(
        posts,
        STATES,
        range(3),
        [(Kind.QIP, False), (Kind.SECURITY_ASSISTANCE, False), (Kind.SECURITY_ASSISTANCE, True)],
    ):
        rest = {"route": ROUTES[kind].value, "classification": classification, "hidden": hidden}
        made.add(
            kind, Status.IN_CONSULTATION, Asked(**asked_far_away, **rest, put_to=code, step=state)
        )
        if state == "open":
            made.add(
                kind, Status.IN_CONSULTATION, Asked(**asked_far_away, **rest, referred_to=code)
            )
    for (mission, unit), how, classification, hidden in itertools.product(
        made.units, ["unit", "helps"], range(3), (False, True)
    ):
        if mission == "UNAC":
            made.add(
                Kind.SECURITY_ASSISTANCE,
                Status.APPROVED,
                Asked(
                    **asked_far_away,
                    route=Route.SECURITY_HUMANITARIAN.value,
                    classification=classification,
                    hidden=hidden,
                    **{how: unit},
                ),
            )


def acting(post: Post, **more: object) -> Acts:
    """What the rule needs to know of a post that somebody acts for."""
    return Acts(
        code=post.code,
        mission=post.mission.code,
        role=post.role,
        reach=post.reach,
        clearance=post.clearance,
        sector=post.sector.code if post.sector else "",
        unit=post.unit.code if post.unit else "",
        organisation=post.organisation.name if post.organisation else "",
        office_of=post.office_of.code if post.office_of else "",
        **more,  # type: ignore[arg-type]
    )


def a_colleague(code: str) -> str:
    """A second person of an organisation, at a desk of its own."""
    post = Post.objects.get(mission__code="UNAC", code=code)
    desk = Post.objects.create(
        mission=post.mission,
        code=f"{code}.desk",
        title="Desk",
        role=post.role,
        reach="own",
        organisation=post.organisation,
    )
    person = a_person(f"{code}.two", organisation=post.organisation)
    Appointment.objects.create(post=desk, person=person, from_on=dt.date(2026, 1, 1))
    return person.username


def lend(code: str, to: str, routes: tuple[str, ...] = ()) -> None:
    """A post's holder lets somebody act for it."""
    Delegation.objects.create(
        post=Post.objects.get(mission__code="UNAC", code=code),
        delegate=who(to),
        given_by=who("srsg"),
        routes=list(routes),
        from_on=in_days(-1),
        until_on=in_days(5),
    )


def everybody() -> list[Person]:
    """Everybody there is, and what they act for: holders, stand-ins, and those who left."""
    posts = {
        (one.mission.code, one.code): one
        for one in Post.objects.select_related(
            "mission", "sector", "unit", "organisation", "office_of"
        )
    }
    homc, ops = posts["UNAC", "homc"], posts["UNAC", "ops"]
    people = []
    for username in User.objects.values_list("username", flat=True):
        mission = "UNEX" if username.startswith("unex.") else "UNAC"
        code = username.removeprefix("unex.")
        person = who(username)
        acts = []
        if username not in {"left", "ops", "passing", "partner.ngo.two"}:
            acts.append(acting(posts[mission, code]))
        if username == "partner.ngo.two":
            acts.append(acting(posts[mission, "partner.ngo.desk"]))
        if username == "homc":
            acts = [acting(homc, comes_up=("ops",))]
        if username == "unit.east":  # a soldier in charge of a civilian's post
            acts.append(acting(posts["UNAC", "cos"], held=False))
        if username == "sector.west":
            acts.append(acting(posts["UNAC", "chief.cimic"], held=False))
        if username == "unpol":
            acts.append(acting(homc, held=False, routes=(Route.QIP.value,), comes_up=("ops",)))
        if username == "passing":
            acts.append(acting(posts["UNAC", "dms"], held=False, routes=(Route.QIP.value,)))
        if username == "undss":  # a civilian who stands in for a soldier keeps their own eyes
            acts.append(acting(posts["UNAC", "unit.west"], held=False))
        people.append(
            Person(username, person.organisation.name if person.organisation else "", acts)
        )
    assert ops.above_id == homc.pk
    return people


@pytest.fixture
def made() -> Making:
    """Two missions with every record, a vacant post, stand-ins, and somebody who left."""
    a_mission()
    a_mission("UNEX")
    sample = a_submitted().steps.first()
    a_person("left", organisation=Organisation.objects.get(name="OCHA", mission__code="UNAC"))
    a_person("passing")
    a_colleague("partner.ngo")
    # nobody acts for operations: its work comes up to the HOMC
    Appointment.objects.filter(post__code="ops", post__mission__code="UNAC").update(
        until_on=in_days(-2)
    )
    lend("cos", "unit.east")
    lend("chief.cimic", "sector.west")
    lend("homc", "unpol", (Route.QIP.value,))
    lend("dms", "passing", (Route.QIP.value,))
    lend("unit.west", "undss")
    made = Making()
    every_record(made)
    made.write(sample)
    return made


def test_P15_P39_everybody_sees_exactly_what_the_rule_gives_them(made):
    told_apart = 0
    some = list(AssistanceRequest.objects.filter(pk__in=sorted(made.records)[::60]))
    for person in everybody():
        somebody = who(person.username)
        mine = set(visible_to(somebody).filter(pk__in=made.records).values_list("pk", flat=True))
        assert [sees(somebody, rfa) for rfa in some] == [rfa.pk in mine for rfa in some]
        rule = {key for key, asked in made.records.items() if may_see(person, asked)}
        wrong = [made.records[key] for key in mine ^ rule]
        assert not wrong, (
            f"{person.username}: {len(mine - rule)} too many, {len(rule - mine)} too few, "
            f"such as {wrong[0]}"
        )
        told_apart += 0 < len(mine) < len(made.records)
    assert len(made.records) > 3000
    assert told_apart > 40


def knows(person: Person, asked: Asked) -> bool:
    """Who a low-profile requester is: known to their own side and to the route alone (R22)."""
    whole = [acts for acts in person.acts if not acts.routes]
    if asked.by == person.username:
        return True
    if (asked.mission, asked.by_post) in {(acts.mission, acts.code) for acts in whole}:
        return True
    organisations = {person.organisation} | {acts.organisation for acts in whole}
    if asked.organisation and asked.organisation in organisations:
        return True
    if not asked.put_to or asked.step == "skipped":
        return False
    answering = {acts.code for acts in whole} | {acts.office_of for acts in whole}
    come_up = {code for acts in whole for code in acts.comes_up}
    return asked.put_to in answering | come_up


def test_R22_who_asks_is_known_to_their_own_side_and_to_the_route_alone(made):
    low = set(AssistanceRequest.objects.filter(low_profile=True).values_list("pk", flat=True))
    masked = 0
    for person in everybody():
        if person.username.startswith("unex."):
            continue
        somebody = who(person.username)
        seen = AssistanceRequest.objects.filter(pk__in=low, mission__code="UNAC")
        known = set(seen.filter(knows_who_asks(somebody)).values_list("pk", flat=True))
        rule = {key for key in low if made.records[key].mission == "UNAC"}
        rule = {key for key in rule if knows(person, made.records[key])}
        assert known == rule, person.username
        masked += len(low) - len(known)
    assert masked > 1000
