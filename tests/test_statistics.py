"""The pictures' figures: numbers, sight, bad queries, and what they cost.

A small mission is counted by hand; the demonstration is counted again, slowly, record by record.
"""

import datetime as dt
import json
import statistics
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from approvals import services as approvals
from approvals.clocks import _ran
from approvals.models import Answer
from approvals.queries import consistency_of, visible_to
from approvals.vocabulary import StepState
from cimic.demo.loading import load
from common import clock
from missions.calendar import calendar_of, local_day
from missions.models import Appointment, Holiday, Mission, Organisation, Post, User
from missions.queries import standings_of
from missions.vocabulary import Reach
from records import services as records
from records.models import DeliveryByOthers, Instalment, Task
from records.statistics.question import By, read_asked, usual
from records.statistics.reading import Statistics, statistics_of
from requests_app.models import AssistanceRequest
from requests_app.vocabulary import Kind, Status
from tests.builders import (
    POSTS,
    a_draft,
    a_mission,
    a_refused,
    a_started,
    a_submitted,
    an_approved,
    carried_to,
    civil_answers,
    give,
    in_days,
    open_step,
    qip_answers,
    security_answers,
    who,
)
from tests.calling import Caller
from tests.weighing import closed, priorities, report

pytestmark = pytest.mark.django_db


@pytest.fixture
def mission() -> Mission:
    return a_mission()


def found(username: str = "chief.cimic", **asked: str) -> Statistics:
    """What somebody counts, over the usual period or as asked."""
    mission = Mission.objects.get(code="UNAC")
    return statistics_of(who(username), read_asked(asked, mission))


def keyed(figure: str, username: str = "chief.cimic", **asked: str) -> dict[str, dict[str, Any]]:
    return found(username, **asked).by_key(figure)


def counts(line: dict[str, Any], *names: str) -> tuple[int, ...]:
    return tuple(line[name] for name in names)


# Numbers, counted by hand


def test_the_flow_says_of_each_stage_who_came_who_went_on_and_who_waits(mission):
    a_draft()  # never counted
    a_submitted()
    carried_to(a_submitted(), "awaiting_decision")
    returned = a_submitted()
    give(open_step(returned), "return", remarks="Say how many trucks.")
    approvals.withdraw(rfa=a_submitted(), actor=who("sector.east"))
    an_approved(), a_started(), closed(a_started()), a_refused()
    cancelled = an_approved()
    approvals.cancel(rfa=cancelled, actor=who("sector.east"), reason="The road reopened.")
    report()

    flow = {key: counts(line, "came", "went", "waiting") for key, line in keyed("flow").items()}

    assert flow == {
        "under_review": (9, 8, 1),
        "returned": (1, 0, 1),
        "in_consultation": (6, 6, 0),
        "awaiting_decision": (6, 5, 1),
        "approved": (4, 3, 1),
        "in_progress": (2, 1, 1),
        "completed": (1, 1, 0),
        "not_approved": (1, 0, 1),
        "closed": (1, 0, 1),
        "withdrawn": (1, 0, 1),
        "cancelled": (1, 0, 1),
    }
    totals = found().totals
    assert counts(totals, "records", "asked", "decided", "approved", "refused", "unmet") == (
        10,
        9,
        5,
        4,
        1,
        1,
    )


def test_a_stage_lasts_as_long_as_its_slowest_seat_by_the_missions_clock(mission):
    """Para 31: working days alone; a return stops the clock; time-sensitive runs day and night."""
    mission.working_days = [1, 2, 3, 4, 5]
    mission.save()
    Holiday.objects.create(mission=mission, on=dt.date(2026, 3, 11), name="Founders' day")
    friday = dt.datetime(2026, 3, 6, 12, tzinfo=dt.UTC)
    with clock.telling(friday):
        rfa = a_submitted()
    with clock.telling(friday + dt.timedelta(days=3)):  # Monday noon: 24 h of the clock
        give(open_step(rfa))
    with clock.telling(friday + dt.timedelta(days=4)):  # Tuesday noon
        for role in ("civil_affairs", "gender"):
            give(rfa.steps.get(role=role))
    with clock.telling(friday + dt.timedelta(days=6)):  # Thursday noon; Wednesday is no work
        give(rfa.steps.get(role="dms"))

    stages = keyed("stages", **{"from": "2026-03-01", "to": "2026-03-31"})

    assert stages["under_review"]["median_seconds"] == 24 * 3600
    assert stages["in_consultation"]["median_seconds"] == 48 * 3600
    assert "awaiting_decision" not in stages


def test_time_a_request_was_returned_is_not_in_its_stage(mission):
    began = clock.now()
    with clock.telling(began - dt.timedelta(hours=50)):
        rfa = a_submitted()
    with clock.telling(began - dt.timedelta(hours=46)):
        give(open_step(rfa), "return", remarks="Say how many trucks.")
    with clock.telling(began - dt.timedelta(hours=10)):
        approvals.submit(rfa=AssistanceRequest.objects.get(pk=rfa.pk), actor=who("sector.east"))
    with clock.telling(began - dt.timedelta(hours=7)):
        give(open_step(rfa))

    assert keyed("stages")["under_review"]["median_seconds"] == 7 * 3600


def test_approval_is_counted_by_kind_and_by_who_asked(mission):
    a_started(), a_refused(), a_submitted()
    an_approved(qip_answers())
    a_submitted(civil_answers(), by="partner.un")
    an_approved(security_answers(requester_class="mission_component"), by="ops")

    names = ("asked", "approved", "refused", "undecided")
    by_kind = {key: counts(line, *names) for key, line in keyed("by_kind").items()}
    by_requester = {key: counts(line, *names) for key, line in keyed("by_requester").items()}

    assert by_kind == {
        "civil_assistance": (4, 1, 1, 2),
        "qip": (1, 1, 0, 0),
        "security_assistance": (1, 1, 0, 0),
    }
    assert by_requester == {"sector_cimic": (4, 2, 1, 1), "447": (1, 0, 0, 1), "ops": (1, 1, 0, 0)}


def test_a_decision_that_was_superseded_counts_as_it_now_stands(mission):
    rfa = a_refused()
    decision = rfa.steps.get(seat="decision")
    approvals.supersede(
        step=decision,
        actor=who("dsrsg"),
        word="approve",
        remarks="WFP's trucks were lost on the road.",
        revision=rfa.revision,
        details={},
    )

    assert counts(keyed("by_kind")["civil_assistance"], "approved", "refused") == (1, 0)
    assert keyed("refused") == {}


def test_requests_are_weighed_by_the_priorities_of_their_day(mission):
    """P34: as the request's own page weighs it."""
    priorities(mission, {"pcodes": ["CR01"]}, {"categories": ["health"]})
    a_submitted(), a_submitted(civil_answers(area="CR02"))

    against = {key: line["asked"] for key, line in keyed("against_priorities").items()}
    each = [counts(line, "number", "asked") for line in found().of("each_priority")]

    assert against == {"under": 1, "outside": 1}
    assert each == [(1, 1)]


def test_refused_needs_are_followed_by_area(mission):
    """P41: met by others, not met, or not known."""
    first, second = a_refused(), a_refused()
    a_refused()
    chief = who("chief.cimic")
    records.record_delivery(
        rfa=first,
        actor=chief,
        delivered=True,
        organisation="World Food Programme",
        delivered_on=in_days(0),
        source="WFP's report",
    )
    records.record_delivery(rfa=second, actor=chief, delivered=False, source="Visit")

    area = keyed("refused")["CR01"]

    assert counts(area, "refused", "met_by_others", "not_met", "not_known") == (3, 1, 1, 1)
    assert found().totals["unmet"] == 2
    assert keyed("delivered")["World Food Programme"]["records"] == 1


def test_the_money_of_projects_is_what_was_asked_approved_and_paid(mission):
    mission.qip_ceiling = Decimal(7000)
    mission.save()
    a_submitted(qip_answers(ceiling_exception_reason="The only school of the district."))
    rfa = an_approved(qip_answers(ceiling_exception_reason="The only school of the district."))
    manager = who("qip.manager")
    records.plan(rfa=rfa, actor=manager, values={"agreement_signed_on": in_days(0)})
    records.pay_instalment(rfa=rfa, actor=manager, amount=Decimal(5000), paid_on=in_days(0))

    line = keyed("money")["USD"]

    assert counts(line, "projects", "asked", "approved_projects", "approved", "paid", "to_pay") == (
        2,
        Decimal("14800.00"),
        1,
        Decimal("7400.00"),
        Decimal("5000.00"),
        Decimal("2400.00"),
    )
    assert counts(line, "above_ceiling", "above_with_reason") == (1, 1)
    assert keyed("deadlines")["running"]["projects"] == 1
    with clock.telling(clock.now() + dt.timedelta(days=200)):
        Appointment.objects.update(until_on=None)
        late = keyed("projects")[rfa.reference]
        assert late["overdue"] is True
        assert keyed("deadlines")["overdue"]["projects"] == 1


def test_extreme_situations_are_counted_with_their_delay_and_finding(mission):
    """P40."""
    first, second = report(), report(acted_at=(clock.now() - dt.timedelta(hours=30)).isoformat())
    for rfa, word in ((first, "held"), (second, "not_held")):
        give(open_step(rfa))
        give(open_step(rfa), word)
    report(acted_at=(clock.now() - dt.timedelta(hours=80)).isoformat(), harm="property")

    total = keyed("extreme")[""]

    assert counts(total, "reports", "held", "not_held", "open") == (3, 1, 1, 1)
    assert counts(total, "within_6_hours", "within_24_hours", "within_72_hours", "later") == (
        1,
        0,
        1,
        1,
    )
    assert round(total["median_seconds"] / 3600) == 30
    assert counts(keyed("extreme")["property"], "reports", "open") == (1, 1)


@pytest.mark.parametrize(
    ("by", "keys"),
    [
        ("kind", ["civil_assistance", "extreme_situation"]),
        ("route", ["civil_assistance", "extreme_situation"]),
        ("sector", ["east", "west"]),
        ("area", ["CR01", "CR02"]),
        ("category", ["life_saving", "water"]),
        ("requester", ["447", "sector_cimic", "unit_cimic"]),
        ("organisation", ["Sector UN-CIMIC officer", "Unit UN-CIMIC officer", "WFP"]),
    ],
)
def test_groups_are_by_what_was_asked(mission, by, keys):
    a_submitted(), report()
    a_submitted(civil_answers(area="CR02"), by="partner.un")

    assert [line["key"] for line in found(by=by).of("groups")] == keys


def test_a_month_is_the_missions_own(mission):
    mission.time_zone = "Indian/Mauritius"
    mission.save()
    with clock.telling(dt.datetime(2026, 3, 31, 21, tzinfo=dt.UTC)):  # 1 April there
        a_submitted()

    asked = {"from": "2026-03-01", "to": "2026-04-30", "by": "month"}
    assert [line["key"] for line in found(**asked).of("groups")] == ["2026-04"]
    assert found(**{"from": "2026-03-01", "to": "2026-03-31"}).totals["records"] == 0


def test_sector_and_kind_narrow_every_figure(mission):
    a_refused(), a_submitted(qip_answers())

    assert found(sector="west").totals["records"] == 0
    assert found(kind="qip").totals["records"] == 1
    assert keyed("refused", kind="qip") == {}


# Numbers, counted again record by record over the demonstration


@pytest.fixture
def demonstration() -> Mission:
    load(records=None, seed=1)
    return Mission.objects.get()


def slow_stage_times(rfas: list[AssistanceRequest]) -> dict[str, list[int]]:
    """The time of each stage that is over, by the clocks' own arithmetic."""
    times: dict[str, list[int]] = {}
    for rfa in rfas:
        calendar = calendar_of(rfa.mission)
        seats: dict[tuple[str, int, str], int] = Counter()
        running = set()
        for step in rfa.steps.exclude(state=StepState.SKIPPED):
            first = Answer.objects.filter(step=step, supersedes=None).first()
            ended = step.due_at if step.state == StepState.LAPSED else first and first.at
            key = (step.stage_status, step.stage, step.seat)
            seats[key] += step.used_seconds
            if ended is None:
                running.add(step.stage_status)
            elif step.opened_at:
                ran = _ran(calendar, rfa.is_time_sensitive, step.opened_at, ended)
                seats[key] += int(ran.total_seconds())
        for status in {key[0] for key in seats} - running:
            stages: dict[int, int] = {}
            for (of, stage, _seat), seconds in seats.items():
                if of == status:
                    stages[stage] = max(stages.get(stage, 0), seconds)
            times.setdefault(status, []).append(sum(stages.values()))
    return times


def standing_word(rfa: AssistanceRequest) -> str:
    """The word of the decision that stands, or ''."""
    words = ("approve", "approve_with_conditions", "not_approve", "accept", "cannot_execute")
    steps = rfa.steps.filter(current__answer__in=words).select_related("current")
    deciding = [
        step
        for step in steps
        if step.seat_kind == "decision" or step.stage_status == Status.AWAITING_DECISION
    ]
    return max(deciding, key=lambda step: step.current.at).current.answer if deciding else ""


def check_the_counts(demonstration: Mission) -> None:
    chief = who("chief.cimic")
    question = usual(demonstration)
    seen = list(visible_to(chief).filter(submitted_at__isnull=False).select_related("mission"))
    asked = [rfa for rfa in seen if rfa.kind != Kind.EXTREME_SITUATION]
    got = statistics_of(chief, question)

    assert got.totals["records"] == len(seen)
    words = {rfa.pk: standing_word(rfa) for rfa in asked}
    approved = Counter(
        rfa.kind
        for rfa in asked
        if words[rfa.pk].startswith("approve") or words[rfa.pk] == "accept"
    )
    refused = [rfa for rfa in asked if words[rfa.pk] in {"not_approve", "cannot_execute"}]
    assert {key: line["approved"] for key, line in got.by_key("by_kind").items()} == approved
    assert got.totals["refused"] == len(refused)
    waiting = {key: line["waiting"] for key, line in got.by_key("flow").items()}
    assert waiting == Counter(rfa.status for rfa in asked) | {
        key: 0 for key, count in waiting.items() if not count
    }
    met = DeliveryByOthers.objects.filter(rfa__in=refused, delivered=True).count()
    assert sum(line["met_by_others"] for line in got.of("refused")) == met
    under = Counter(
        "none_set" if fits is None else ("under" if fits.consistent else "outside")
        for fits in map(consistency_of, asked)
    )
    assert {key: line["asked"] for key, line in got.by_key("against_priorities").items()} == under
    paid = Instalment.objects.filter(task__rfa__in=[rfa.pk for rfa in asked])
    assert got.of("money")[0]["paid"] == sum(one.amount for one in paid)


def check_the_stages(demonstration: Mission) -> None:
    chief = who("chief.cimic")
    seen = visible_to(chief).filter(submitted_at__isnull=False).select_related("mission")
    slow = slow_stage_times(list(seen))

    quick = statistics_of(chief, usual(demonstration)).by_key("stages")

    assert {key: line["records"] for key, line in quick.items()} == {
        key: len(times) for key, times in slow.items()
    }
    for key, times in slow.items():
        assert float(quick[key]["median_seconds"]) == pytest.approx(statistics.median(times), abs=1)
        if len(times) > 1:
            ninetieth = statistics.quantiles(times, n=10, method="inclusive")[8]
            assert float(quick[key]["ninetieth_seconds"]) == pytest.approx(ninetieth, abs=1)


def check_the_days(demonstration: Mission) -> None:
    got = statistics_of(who("chief.cimic"), usual(demonstration)).by_key("spans")

    decided = [
        (local_day(rfa.mission, rfa.decided_at) - local_day(rfa.mission, rfa.submitted_at)).days
        for rfa in visible_to(who("chief.cimic"))
        .filter(decided_at__isnull=False)
        .exclude(kind=Kind.EXTREME_SITUATION)
        if standing_word(rfa)
    ]
    done = [
        (task.completed_on - task.started_on).days
        for task in Task.objects.filter(completed_on__isnull=False)
    ]
    assert got["asked_to_decided"]["median_days"] == statistics.median(decided)
    assert got["started_to_completed"]["median_days"] == statistics.median(done)


def test_the_demonstration_counts_the_same_one_by_one(demonstration):
    check_the_counts(demonstration)
    check_the_stages(demonstration)
    check_the_days(demonstration)


# Sight


def test_everybody_counts_exactly_what_they_may_see(demonstration):
    for username in POSTS:
        person = User.objects.filter(username=username).first()
        if person is None or not person.appointments.exists():
            continue
        seen = visible_to(person).filter(submitted_at__isnull=False)

        got = statistics_of(person, usual(demonstration))

        assert got.totals["records"] == seen.count(), username
        assert got.scope.whole is any(
            held.post.reach == Reach.MISSION for held in standings_of(person)
        )
        kinds = Counter(seen.exclude(kind=Kind.EXTREME_SITUATION).values_list("kind", flat=True))
        assert {key: line["asked"] for key, line in got.by_key("by_kind").items()} == kinds


def test_what_the_clearance_does_not_cover_is_in_no_figure(mission):
    a_submitted(), a_submitted(civil_answers(classification="strictly_confidential"))
    Post.objects.filter(code="evaluator").update(clearance=1)

    assert found("cos").totals["records"] == 2
    for lines in found("evaluator").figures.values():
        for line in lines:
            assert (
                max([0, *[line[name] for name in ("records", "asked", "came") if name in line]]) < 2
            )


def test_the_force_counts_no_humanitarian_security_request_before_the_decision(mission):
    """Para 39."""
    rfa = a_submitted(security_answers(requester_class="humanitarian"), by="partner.ngo")

    assert found("cos").totals["records"] == 1
    for username in ("homc", "ops", "cimic.staff", "sector.west", "unit.west"):
        assert found(username).totals["records"] == 0
    carried_to(rfa, "approved")
    assert found("homc").totals["records"] == 1


def test_a_low_profile_requester_is_not_told_by_a_group(mission):
    """R22: who asks is shown to the posts on the route alone; here the evaluator is on none."""
    Organisation.objects.filter(acronym="RFC").update(name="Quiet Relief", acronym="QR")
    answers = civil_answers(low_profile=True)
    a_submitted(answers, by="partner.ngo")

    for username, sort, name in (
        ("evaluator", "withheld", "withheld"),
        ("partner.ngo", "437", "QR"),
    ):
        got = found(username, by="organisation")
        assert [line["key"] for line in got.of("groups")] == [name]
        assert [line["key"] for line in got.of("by_requester")] == [sort]
        told = json.dumps(got.figures, default=str)
        assert ("QR" in told) is (username == "partner.ngo")


def test_another_missions_records_are_never_counted(mission):
    a_submitted()
    a_mission("MINUX")

    assert found("chief.cimic").totals["records"] == 1
    other = Caller("minux.chief.cimic").read("statistics/")
    assert other["mission"] == "MINUX"
    assert other["totals"]["records"] == 0


# The API


def test_the_api_gives_what_stands_behind_the_charts(mission):
    a_started(), a_refused(), report()

    got = Caller("cos").read("statistics/?by=kind")

    assert got["whole_mission"] is True
    assert got["clearance"] == "strictly_confidential"
    assert got["by"] == "kind"
    assert got["totals"]["asked"] == 2
    assert {group["key"]: group["label"] for group in got["groups"]} == {
        "civil_assistance": "Civil assistance",
        "extreme_situation": "Extreme situation",
    }
    assert {line["key"]: line["waiting"] for line in got["flow"]}["in_progress"] == 1


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ("from=yesterday", ["from"]),
        ("to=2026-02-30", ["to"]),
        ("from=2026-12-01&to=2026-11-01", ["from"]),
        ("by=colour", ["by"]),
        ("by=kind&by=month", ["by"]),
        ("sector=north", ["sector"]),
        ("kind=loan", ["kind"]),
        ("status=approved", ["status"]),
        ("by=colour&from=x&kind=y", ["by", "from", "kind"]),
        ("from=2026-01-01%00", ["from"]),
        ("by=%00", ["by"]),
    ],
)
def test_a_query_that_cannot_be_read_is_refused_naming_each_field(mission, query, fields):
    problem = Caller("cos").read(f"statistics/?{query}", expect=400)

    assert sorted(error["field"] for error in problem["errors"]) == fields


def test_who_is_not_signed_in_or_holds_no_post_counts_nothing(mission, client):
    assert client.get("/api/v1/statistics/").status_code == 401
    caller = Caller("cos")
    Appointment.objects.filter(person=who("cos")).delete()
    caller.read("statistics/", expect=403)


def test_a_period_of_a_hundred_years_is_answered(mission):
    a_submitted()

    got = Caller("cos").read("statistics/?from=2000-01-01&to=2100-12-31")

    assert got["by"] == "year"
    assert got["totals"]["records"] == 1


@pytest.mark.parametrize("username", ["cos", "sector.east", "partner.ngo"])
def test_the_statements_are_as_many_for_one_record_as_for_many(mission, username):
    a_submitted(), an_approved(qip_answers())

    def asked() -> int:
        with CaptureQueriesContext(connection) as captured:
            statistics_of(who(username), usual(mission))
        return len(captured)

    few = asked()
    for _ in range(3):
        a_started(), a_refused(), report(), an_approved(qip_answers())
    assert asked() == few


def test_every_way_of_grouping_is_answered(mission):
    a_submitted()
    caller = Caller("cos")

    for by in By:
        assert sum(group["records"] for group in caller.read(f"statistics/?by={by}")["groups"]) == 1
