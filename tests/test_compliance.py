"""Each row of the policy over records and the mission: one that complied, one exception."""

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from approvals import services as approvals
from approvals.models import Answer, Priority, PrioritySet, Process, ProcessState, Referral
from approvals.vocabulary import StepState
from common import clock
from missions.models import (
    Appointment,
    Cluster,
    Delegation,
    DisplacementSite,
    Mission,
    Post,
    Sector,
)
from records import services as records
from records.compliance.loading import Whole, load
from records.compliance.question import read_question, usual_question
from records.compliance.rows import BY_CODE, OVER_RECORDS, ROWS, findings_of
from records.compliance.summary import sweep
from records.exports import finish_export, start_export
from records.models import Complaint, ExportRun, Handover, HandoverAcknowledgement
from requests_app.models import AssistanceRequest
from tests.builders import (
    a_draft,
    a_mission,
    a_person,
    a_refused,
    a_started,
    a_submitted,
    an_approved,
    carried_to,
    civil_answers,
    extreme_answers,
    give,
    in_days,
    open_step,
    qip_answers,
    security_answers,
    who,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def mission():
    return a_mission()


def whole(rfa: AssistanceRequest) -> Whole:
    """The record, read whole and anew."""
    return load([rfa.pk])[0]


def found(rfa_or_record: Any, row: str) -> Any:
    """What a row says of a record: outcome, words and entry; None where it does not apply."""
    record = rfa_or_record if isinstance(rfa_or_record, Whole) else whole(rfa_or_record)
    check = BY_CODE[row].check
    assert check is not None
    return check(record)


def outcome(rfa_or_record: Any, row: str) -> str | None:
    finding = found(rfa_or_record, row)
    return str(finding.outcome) if finding else None


def with_answers(record: Whole, answers: list[Answer]) -> Whole:
    """The same record, loaded with other answers than it has."""
    return replace(record, answers=answers)


def an_answer(record: Whole, seat_kind: str, **changes: Any) -> Whole:
    """The same record, whose answer at a kind of seat says something else."""
    answers = [
        given if given.seat_kind != seat_kind else changed(given, **changes)
        for given in record.answers
    ]
    return with_answers(record, answers)


def changed(row: Any, **changes: Any) -> Any:
    """A copy of a row, not saved, with other values."""
    copy = type(row)(**{f.attname: getattr(row, f.attname) for f in row._meta.concrete_fields})
    for name, value in changes.items():
        setattr(copy, name, value)
    return copy


def act(record: Whole, number: int) -> str:
    return next(entry.act for entry in record.entries if entry.number == number)


def report(**changes: Any) -> AssistanceRequest:
    """An extreme situation, reported by the unit in the east."""
    from requests_app.forms import ExtremeSituationForm  # noqa: PLC0415 - needs the registry

    form = ExtremeSituationForm(Mission.objects.get(), extreme_answers(**changes))
    return approvals.report_extreme_situation(actor=who("unit.east"), values=form.values())


def closed(rfa: AssistanceRequest, *, followed: bool = True) -> AssistanceRequest:
    """A task done and its record closed; with or without progress on record."""
    chief = who("chief.cimic")
    again = AssistanceRequest.objects.get
    for condition in records.conditions_of(rfa) if followed else ():
        records.tick_condition(
            rfa=again(pk=rfa.pk),
            actor=chief,
            answer=condition["answer"],
            number=condition["number"],
            met=True,
        )
    if followed:
        records.report_progress(rfa=again(pk=rfa.pk), actor=chief, text="Half is done.")
    records.complete(rfa=again(pk=rfa.pk), actor=chief, result="Done.")
    return records.close(rfa=again(pk=rfa.pk), actor=chief)


def priorities(mission: Mission, *named: dict[str, Any], **changes: Any) -> PrioritySet:
    made = PrioritySet.objects.create(
        **{
            "mission": mission,
            "title": "First quarter",
            "in_force_from": in_days(-30),
            "review_on": in_days(60),
            "set_by": who("dsrsg"),
            "set_at": clock.now() - dt.timedelta(days=30),
            **changes,
        }
    )
    for number, each in enumerate(named, start=1):
        Priority.objects.create(of=made, number=number, text=f"Priority {number}", **each)
    return made


def counted(row: str, **asked: str) -> Any:
    """What a row about the mission itself counts, over the usual period or another."""
    mission = Mission.objects.get()
    question = read_question(asked, mission) if asked else usual_question(mission)
    count = BY_CODE[row].count
    assert count is not None
    return count(question.scope(mission, 2))


def named(row: str, **asked: str) -> dict[str, str]:
    return {each.name: each.outcome for each in counted(row, **asked).named}


POLICY = (
    "P15 P16 P18-21 P20 P28.1 P28.2 P30 P31 P32 P33 P34 P35 P36 P37 P38 P39 P40 P41 P43-46 P47-49 "
    "P50 P52 P54 P68 P70 R22 G N1 N2 N3 N4 N5 N6 N7"
)


def test_G_every_row_of_the_policy_is_counted_or_says_why_not():
    codes = [row.code for row in ROWS]

    assert [code for code in POLICY.split(" ") if code not in codes] == []
    assert len(codes) == len(set(codes))
    assert all(row.assessable or row.why_not for row in ROWS)
    assert [row.code for row in ROWS if not row.assessable] == ["P54"]


def test_a_draft_is_not_counted():
    assert load([a_draft().pk]) == []


def test_P15_what_touches_protection_is_not_left_unclassified():
    assert outcome(a_submitted(), "P15") == "complied"
    guarded = a_submitted(civil_answers(protection=True, classification="confidential"))
    assert outcome(guarded, "P15") == "complied"

    record = whole(guarded)
    record.rfa.classification = 0
    finding = found(record, "P15")

    assert finding.outcome == "exception"
    assert act(record, finding.entry) == "request.submitted"


def test_P16_a_decision_follows_the_answer_on_what_the_mission_can_do():
    rfa = an_approved()
    assert outcome(a_submitted(), "P16") == "pending"
    assert outcome(rfa, "P16") == "complied"

    record = whole(rfa)
    without = with_answers(record, [a for a in record.answers if a.seat_kind != "capability"])
    against = an_answer(record, "capability", answer="not_resourceable")

    assert found(without, "P16").words == "It was decided before DMS/CMS capability was answered."
    assert "cannot be resourced" in found(against, "P16").words
    assert act(record, found(against, "P16").entry) == "step.answered"


def test_P16_a_qip_has_a_budget_a_partner_and_when_closed_its_instalments():
    rfa = a_started(qip_answers())
    assert outcome(rfa, "P16") == "pending"
    assert "budget" in found(replace(whole(rfa), budget=[]), "P16").words

    rfa = closed(rfa)

    assert found(rfa, "P16").words == "The project was closed without an instalment on record."


def test_P18_21_a_post_of_un_cimic_without_holder_is_an_exception():
    assert counted("P18-21").exceptions == 0
    Appointment.objects.filter(post__code="sector.west").update(until_on=in_days(-1))

    assert [name for name, how in named("P18-21").items() if how == "exception"] == [
        "Sector UN-CIMIC officer"
    ]
    assert counted("P18-21", sector="east").exceptions == 0
    assert counted("P18-21", sector="west").exceptions == 1
    assert counted("P18-21", to=in_days(-3).isoformat()).exceptions == 0


def test_P18_21_a_delegate_holds_a_post_until_the_delegation_ends():
    Appointment.objects.filter(post__code="sector.west").update(until_on=in_days(-5))
    given = Delegation.objects.create(
        post=Post.objects.get(code="sector.west"),
        delegate=who("unit.west"),
        given_by=who("sector.west"),
        from_on=in_days(-9),
        until_on=in_days(9),
    )
    assert counted("P18-21").exceptions == 0

    given.ended_at = clock.now() - dt.timedelta(days=1)
    given.save()

    assert counted("P18-21").exceptions == 1


def test_P20_each_sector_has_an_officer_and_each_cluster_its_lead(mission):
    Cluster.objects.update(lead=mission.organisations.first())
    assert counted("P20").exceptions == 0

    Sector.objects.create(mission=mission, code="south", name="Sector South")
    Cluster.objects.update(lead=None)

    assert [name for name, how in named("P20").items() if how == "exception"] == [
        "Structure: Sector South",
        "Liaison: Water Sanitation Hygiene",
    ]


def test_P28_1_priorities_known_when_it_was_submitted_were_shared(mission):
    before = a_submitted()
    assert outcome(before, "P28.1") == "exception"

    priorities(mission, {"categories": ["water"]}, set_at=clock.now())

    assert outcome(a_submitted(), "P28.1") == "complied"
    assert outcome(before, "P28.1") == "exception"
    assert found(report(), "P28.1") is None


def test_P28_2_exports_are_on_record_and_one_that_was_cut_is_an_exception():
    run = start_export(actor=who("chief.cimic"), form="csv", params=None)
    assert counted("P28.2").pending == 1
    finish_export(run, rows=3, digest="0" * 64)
    assert (counted("P28.2").complied, counted("P28.2").exceptions) == (1, 0)

    ExportRun.objects.update(cut=True)

    assert (counted("P28.2").complied, counted("P28.2").exceptions) == (0, 1)


def test_P30_the_competent_authority_decides_before_anything_starts():
    rfa = a_started()
    assert outcome(a_submitted(), "P30") == "pending"
    assert outcome(rfa, "P30") == "complied"
    assert outcome(a_started(civil_answers(ssr=True)), "P30") == "complied"

    record = whole(rfa)
    unapproved = with_answers(record, [a for a in record.answers if a.seat_kind != "decision"])
    other = an_answer(record, "decision", role="dsrsg_political")

    assert act(record, found(unapproved, "P30").entry) == "task.started"
    assert found(other, "P30").words.startswith("The other DSRSG decided")


def test_P30_a_post_that_is_not_competent_is_an_exception():
    record = an_answer(whole(an_approved()), "decision", role="ops")

    assert found(record, "P30").words == "It was decided by a post that is not competent."


def test_P31_six_months_run_for_a_route_on_the_baseline_then_it_is_an_exception(mission):
    mission.established_on = in_days(-60)
    mission.save()
    assert (counted("P31").pending, counted("P31").exceptions) == (5, 0)

    mission.established_on = in_days(-300)
    mission.save()
    assert (counted("P31").pending, counted("P31").exceptions) == (0, 5)
    assert counted("P31", to=in_days(-200).isoformat()).pending == 5


def test_P31_a_route_with_the_missions_own_process_in_force_complies(mission, own_process):
    assert named("P31")["Civil assistance"] == "complied"
    assert counted("P31", to=in_days(-30).isoformat()).complied == 0


@pytest.fixture
def own_process(mission):
    """A promulgated process, with the two signatures that the database asks for."""
    from approvals.models import CoSignature  # noqa: PLC0415 - beside its only use

    rfa = a_submitted()
    base = Process.objects.get(pk=rfa.steps.first().process_id)
    own = Process.objects.create(
        mission=mission,
        route=base.route,
        version=base.version + 1,
        state=ProcessState.DRAFT,
        content=base.content,
        digest=base.digest,
    )
    signed = [
        CoSignature.objects.create(
            process=own,
            role=code,
            digest=own.digest,
            by=who(code),
            post=Post.objects.get(code=code),
            capacity="holder",
            at=clock.now(),
        )
        for code in ("dsrsg", "homc")
    ]
    Process.objects.filter(pk=own.pk).update(
        state=ProcessState.PROMULGATED,
        dsrsg_signature=signed[0],
        homc_signature=signed[1],
        promulgated_by=who("srsg"),
        promulgated_post=Post.objects.get(code="srsg"),
        promulgated_as="holder",
        promulgated_at=clock.now(),
        in_force_from=in_days(-3),
    )
    return own


def test_P32_advice_given_or_lapsed_complies_and_a_decision_without_is_an_exception():
    rfa = carried_to(a_submitted(civil_answers(humanitarian=True)), "approved")
    assert outcome(rfa, "P32") == "complied"
    assert found(a_submitted(), "P32") is None

    record = whole(rfa)
    silent = with_answers(record, [a for a in record.answers if a.role != "cmcoord"])
    assert found(silent, "P32").outcome == "exception"
    step = next(step for step in silent.steps if step.role == "cmcoord")
    step.state = StepState.LAPSED

    assert outcome(silent, "P32") == "complied"


def test_P33_what_a_unit_asks_un_cimic_reviews_before_anybody_answers():
    rfa = carried_to(a_submitted(by="unit.east"), "awaiting_decision")
    assert outcome(rfa, "P33") == "complied"
    assert outcome(a_submitted(by="unit.east"), "P33") == "pending"
    assert found(a_submitted(), "P33") is None

    record = whole(rfa)
    hasty = with_answers(record, [*record.answers[2:], *record.answers[:2]])
    bypassed = with_answers(record, record.answers[1:])

    assert "answered before UN-CIMIC had reviewed it" in found(hasty, "P33").words
    assert found(bypassed, "P33").words == "It did not pass its sector's officer."


def test_P34_it_falls_under_a_priority_or_its_approval_says_why_not(mission):
    priorities(mission, {"pcodes": ["CR01"], "categories": ["water"]}, {"pcodes": ["CR02"]})
    assert outcome(an_approved(), "P34") == "complied"
    assert outcome(a_submitted(), "P34") == "pending"
    elsewhere = an_approved(civil_answers(category="medical"))
    assert outcome(elsewhere, "P34") == "complied"

    without_a_word = an_answer(whole(elsewhere), "decision", remarks="")

    assert found(without_a_word, "P34").outcome == "exception"
    assert outcome(a_refused(), "P34") == "complied"


def test_P34_without_priorities_nothing_can_be_consistent_with_them():
    assert found(an_approved(), "P34") is None


def test_P34_a_review_that_is_overdue_is_an_exception(mission):
    assert named("P34.review") == {"Priorities": "exception"}
    first = priorities(mission, {"pcodes": ["CR01"]})
    assert list(named("P34.review").values()) == ["complied"]
    first.review_on = in_days(-2)
    first.save()
    assert list(named("P34.review").values()) == ["exception"]
    assert counted("P34.review", to=in_days(-2).isoformat()).exceptions == 0

    priorities(mission, title="Next", in_force_from=in_days(-2), review_on=in_days(90))

    assert list(named("P34.review").values()) == ["complied", "complied"]


def test_P35_what_partners_ask_travels_by_the_missions_process():
    rfa = a_submitted(by="partner.ngo")
    assert outcome(rfa, "P35") == "complied"
    assert found(a_submitted(), "P35") is None

    record = whole(rfa)

    assert found(replace(record, steps=[]), "P35").outcome == "exception"
    record.steps[0].process.state = ProcessState.DRAFT
    assert found(record, "P35").words == "It did not travel by the mission's process."


def test_P36_dms_answered_before_the_task_started():
    rfa = a_started()
    assert outcome(an_approved(), "P36") == "pending"
    assert outcome(rfa, "P36") == "complied"
    assert found(a_refused(), "P36") is None

    record = whole(rfa)
    silent = with_answers(record, [a for a in record.answers if a.role != "dms"])
    late = an_answer(record, "capability", at=clock.now() + dt.timedelta(days=2))

    assert act(record, found(silent, "P36").entry) == "task.started"
    assert found(late, "P36").outcome == "exception"


def test_P37_a_disaster_names_its_event_and_drops_no_stage():
    rfa = a_submitted(civil_answers(disaster=True, disaster_name="Floods of November"))
    assert outcome(rfa, "P37") == "complied"
    assert found(a_submitted(), "P37") is None

    record = whole(rfa)
    dropped = replace(record, steps=[s for s in record.steps if s.seat != "mission_support"])
    skipped = whole(rfa)
    next(s for s in skipped.steps if s.seat == "gender_advice").state = StepState.SKIPPED
    unnamed = whole(rfa)
    unnamed.rfa.disaster_name = ""

    assert found(dropped, "P37").words == "A stage was dropped: DMS/CMS capability."
    assert found(skipped, "P37").words == "A stage was dropped: Gender advice."
    assert found(unnamed, "P37").words == "It does not say which disaster it answers."


ASSETS = civil_answers(
    assets=[{"asset": "Water truck 10 m3", "quantity": 2}],
    hand_back_plan="Back at the camp by the last day.",
)
BOTH = {"appropriate": True, "resourceable": True}


def test_P38_both_questions_on_the_assets_are_answered():
    rfa = a_submitted(ASSETS)
    give(open_step(rfa))
    assert outcome(rfa, "P38") == "pending"
    give(rfa.steps.get(seat="mission_support"), details=BOTH)
    assert outcome(rfa, "P38") == "complied"
    assert found(a_submitted(), "P38") is None
    rfa = carried_to(rfa, "approved")

    one = an_answer(whole(rfa), "capability", details={"appropriate": True})

    assert found(one, "P38").outcome == "exception"


def test_P38_the_focal_point_is_named_and_in_place(mission):
    assert counted("P38.focal").exceptions == 1
    mission.asset_focal_point = Post.objects.get(code="cimic.staff")
    mission.save()
    assert counted("P38.focal").complied == 1

    Appointment.objects.filter(post__code="cimic.staff").update(until_on=in_days(-1))

    assert counted("P38.focal").exceptions == 1


def test_P39_the_designated_official_weighs_the_criteria_before_the_force_answers():
    rfa = an_approved(security_answers(), by="partner.ngo")
    assert outcome(rfa, "P39") == "complied"
    assert outcome(a_submitted(security_answers(), by="partner.ngo"), "P39") == "pending"
    assert found(a_submitted(), "P39") is None

    record = whole(rfa)
    first = [a for a in record.answers if a.role == "ops"]
    early = with_answers(
        record, [changed(first[0], pk=0), *[a for a in record.answers if a.role != "ops"]]
    )
    unweighed = an_answer(record, "decision", details={"priority": 2})
    unranked = an_answer(
        record, "decision", details={"criteria": record.decision.details["criteria"]}
    )

    assert found(early, "P39").words.startswith("Force operations answered before")
    assert "was not answered" in found(unweighed, "P39").words
    assert found(unranked, "P39").words == "It was approved without a priority."


def test_P39_a_mission_components_request_is_tasked_by_the_force():
    rfa = an_approved(security_answers(), by="human.rights")
    assert outcome(rfa, "P39") == "complied"

    assert outcome(an_answer(whole(rfa), "tasking", role="dsrsg"), "P39") == "exception"


def test_P40_an_exception_that_did_not_hold_is_one():
    rfa = report()
    assert outcome(rfa, "P40") == "pending"
    give(open_step(rfa))
    assert outcome(rfa, "P40") == "pending"
    give(open_step(rfa), "held")
    assert outcome(rfa, "P40") == "complied"
    assert found(a_submitted(), "P40") is None

    step = rfa.steps.get(seat="finding")
    approvals.supersede(
        step=step, actor=who("dsrsg"), word="not_held", revision=1, remarks="There was time."
    )

    finding = found(rfa, "P40")
    assert finding.outcome == "exception"
    assert act(whole(rfa), finding.entry) == "step.superseded"


def test_P41_a_closed_record_is_complete_and_an_open_one_pending():
    rfa = a_started()
    assert outcome(rfa, "P41") == "pending"
    rfa = closed(rfa)
    assert outcome(rfa, "P41") == "complied"

    record = whole(rfa)
    record.task.completed_on = None

    assert found(record, "P41").words == "It was closed without when it was completed."
    assert act(record, found(record, "P41").entry) == "record.closed"


def test_P41_a_refused_record_has_its_reason_and_what_became_of_the_need():
    rfa = a_refused()
    assert outcome(rfa, "P41") == "pending"
    silent = an_answer(whole(rfa), "decision", remarks="")
    assert found(silent, "P41").words == "It was refused without a reason."
    records.record_delivery(
        rfa=rfa, actor=who("chief.cimic"), delivered=False, source="The ward's head nurse"
    )
    assert outcome(rfa, "P41") == "complied"

    unknown = replace(whole(rfa), delivery=None)

    assert "whether and when others delivered it" in found(unknown, "P41").words


def test_P41_a_withdrawn_request_was_never_decided():
    rfa = a_submitted()
    approvals.withdraw(rfa=rfa, actor=who("sector.east"))

    assert found(rfa, "P41") is None
    assert set(findings_of(whole(rfa))) == {"P15", "P28.1", "N4"}


def test_P41_a_cancelled_record_says_why():
    rfa = an_approved()
    approvals.cancel(rfa=rfa, actor=who("chief.cimic"), reason="The road is cut.")
    records.close(rfa=AssistanceRequest.objects.get(pk=rfa.pk), actor=who("chief.cimic"))

    assert outcome(rfa, "P41") == "complied"


def test_P43_46_people_are_given_by_sex_and_age_and_the_gender_adviser_is_asked():
    rfa = carried_to(a_submitted(), "approved")
    assert outcome(rfa, "P43-46") == "complied"
    assert outcome(a_submitted(), "P43-46") == "pending"
    assert found(a_submitted(security_answers(), by="partner.ngo"), "P43-46") is None

    record = whole(rfa)
    unasked = replace(record, steps=[s for s in record.steps if s.role != "gender"])

    assert found(unasked, "P43-46").words == "It was decided without asking the gender adviser."
    record.rfa.girls = None
    assert found(record, "P43-46").words == ("The people it is for are not given by sex and age.")


def test_P47_49_near_a_displacement_site_it_says_its_effect_on_the_camp(mission):
    site = DisplacementSite.objects.create(
        mission=mission, name="Dunai", latitude=-9.5, longitude=60.5, opened_on=in_days(-90)
    )
    rfa = a_submitted()
    assert found(rfa, "P47-49") is None
    AssistanceRequest.objects.filter(pk=rfa.pk).update(displacement_site=site)
    assert found(rfa, "P47-49").outcome == "exception"

    AssistanceRequest.objects.filter(pk=rfa.pk).update(camp_effect="The tank stands outside.")

    assert outcome(rfa, "P47-49") == "complied"


def test_P49_whoever_takes_over_acknowledges_a_handover(mission):
    post = Post.objects.get(code="sector.east")
    Appointment.objects.filter(post=post).update(until_on=in_days(-11))
    newcomer = a_person("newcomer")
    Appointment.objects.create(post=post, person=newcomer, from_on=in_days(-10))
    assert counted("P49").exceptions == 1
    assert counted("P49", **{"from": in_days(-5).isoformat()}).exceptions == 0

    page = Handover.objects.create(
        post=post,
        content="{}",
        digest="0" * 64,
        by=who("sector.east"),
        capacity="holder",
        at=clock.now(),
    )
    assert counted("P49").pending == 1
    HandoverAcknowledgement.objects.create(
        handover=page, handed_by=page.by, by=newcomer, capacity="holder", at=clock.now()
    )

    assert (counted("P49").complied, counted("P49").exceptions) == (1, 0)


def a_complaint(mission: Mission, number: int, *, due: int, answered: int | None) -> Complaint:
    """A complaint received ten days ago, due and answered so many days from now."""
    day = dt.timedelta(days=1)
    said = answered is not None
    return Complaint.objects.create(
        reference=f"UNAC-CO-2026-{number:04}",
        mission=mission,
        sector=Sector.objects.get(code="east"),
        received_at=clock.now() - 10 * day,
        matter="A truck broke the well's wall.",
        logged_by=who("sector.east"),
        logged_at=clock.now() - 10 * day,
        due_at=clock.now() + due * day,
        answer="It is repaired." if said else "",
        answered_by=who("chief.cimic") if said else None,
        answered_at=clock.now() + answered * day if answered is not None else None,
    )


def test_P50_complaints_are_answered_by_their_limit(mission):
    a_complaint(mission, 1, due=-2, answered=-3)
    a_complaint(mission, 2, due=-2, answered=-1)
    a_complaint(mission, 3, due=-2, answered=None)
    a_complaint(mission, 4, due=2, answered=None)

    found = counted("P50")

    assert (found.complied, found.exceptions, found.pending) == (1, 2, 1)
    assert sorted(each.name for each in found.named) == ["UNAC-CO-2026-0002", "UNAC-CO-2026-0003"]
    assert counted("P50", sector="west").applied == 0
    assert counted("P50", to=in_days(-20).isoformat()).applied == 0


def a_referral(rfa: AssistanceRequest, code: str, *, opened: int, closed: int | None) -> Referral:
    """A referral opened and closed so many minutes from now."""
    minute = dt.timedelta(minutes=1)
    done = closed is not None
    return Referral.objects.create(
        rfa=rfa,
        put_to=Post.objects.get(code=code),
        matter="The two sides do not agree on the escort.",
        opened_by=who("chief.cimic"),
        opened_at=clock.now() + opened * minute,
        due_at=clock.now() + dt.timedelta(days=3),
        outcome="resolved" if done else "",
        resolution="Go on." if done else "",
        closed_by=who("homc") if done else None,
        closed_at=clock.now() + closed * minute if closed is not None else None,
    )


def test_P52_nothing_is_decided_while_a_referral_is_open():
    rfa = carried_to(a_submitted(), "awaiting_decision")
    assert found(rfa, "P52") is None
    a_referral(rfa, "homc", opened=-20, closed=-10)
    give(open_step(rfa))
    assert outcome(rfa, "P52") == "complied"

    broken = an_approved()
    a_referral(broken, "homc", opened=-20, closed=30)

    assert found(broken, "P52").words == "It was decided while a referral was open."
    assert act(whole(broken), found(broken, "P52").entry) == "step.answered"


def test_P52_it_goes_to_the_homc_first_and_is_pending_while_open():
    rfa = a_submitted()
    a_referral(rfa, "homc", opened=-20, closed=None)
    assert outcome(rfa, "P52") == "pending"

    other = a_submitted()
    a_referral(other, "srsg", opened=-20, closed=None)

    assert (
        found(other, "P52").words == "It was not referred to the HOMC first, and then to the SRSG."
    )


def test_P68_conditions_are_ticked_off_and_progress_is_on_record():
    rfa = carried_to(a_submitted(), "awaiting_decision")
    give(open_step(rfa), "approve_with_conditions", conditions=["By daylight."])
    give(open_step(rfa))
    records.start(rfa=AssistanceRequest.objects.get(pk=rfa.pk), actor=who("chief.cimic"))
    assert outcome(rfa, "P68") == "pending"
    rfa = closed(AssistanceRequest.objects.get(pk=rfa.pk))
    assert outcome(rfa, "P68") == "complied"

    record = whole(rfa)

    assert "1 of 1 conditions" in found(replace(record, checks=[]), "P68").words
    assert act(record, found(replace(record, checks=[]), "P68").entry) == "record.closed"


def test_P68_a_task_closed_without_progress_or_a_visit_is_an_exception():
    rfa = closed(a_started(), followed=False)

    assert found(rfa, "P68").words == "It was closed without progress or a visit on record."


def test_P70_an_adviser_says_whether_it_fits_the_cluster_plan():
    asked = civil_answers(cluster="WSH")
    rfa = a_submitted(asked)
    assert outcome(rfa, "P70") == "pending"
    give(open_step(rfa))
    give(rfa.steps.get(seat="civil_affairs_advice"), details={"cluster_plan": "consistent"})
    rfa = carried_to(rfa, "approved")
    assert outcome(rfa, "P70") == "complied"
    assert found(a_submitted(), "P70") is None

    against = an_answer(whole(rfa), "advice", details={"cluster_plan": "not_consistent"})

    assert found(carried_to(a_submitted(asked), "approved"), "P70").outcome == "exception"
    assert "although it is not consistent" in found(against, "P70").words


def test_R22_the_review_says_how_the_need_was_verified():
    rfa = a_submitted()
    assert outcome(rfa, "R22") == "pending"
    give(open_step(rfa), details={"verified": "reported"})
    assert outcome(rfa, "R22") == "complied"

    silent = a_submitted()
    give(open_step(silent))

    assert found(silent, "R22").outcome == "exception"
    assert act(whole(silent), found(silent, "R22").entry) == "step.answered"


def test_G_an_evaluators_account_has_an_end():
    assert list(named("G").values()) == ["complied", "exception"]
    Appointment.objects.filter(post__code="evaluator").update(until_on=in_days(30))
    assert counted("G").exceptions == 0

    Appointment.objects.filter(post__code="cos").update(until_on=in_days(-1))

    assert counted("G").exceptions == 1


def test_N1_a_started_task_rests_on_a_competent_approval():
    rfa = a_started()
    assert outcome(rfa, "N1") == "complied"
    assert outcome(an_approved(), "N1") == "pending"
    security = a_started(security_answers(), by="partner.ngo")
    assert outcome(security, "N1") == "complied"

    record, guarded = whole(rfa), whole(security)
    record.task.approval_id = None
    guarded.task.tasking_id = None

    assert found(record, "N1").words == "The task started without a competent approval."
    assert found(guarded, "N1").words == "The task started before the force was tasked."


def test_N2_a_started_task_rests_on_an_answer_of_dms():
    rfa = a_started()
    assert outcome(rfa, "N2") == "complied"

    record = whole(rfa)
    record.task.capability_id = None

    assert act(record, found(record, "N2").entry) == "task.started"


def test_N3_a_refusal_has_a_reason_and_an_answer_says_what_the_ledger_says():
    rfa = a_refused()
    assert outcome(rfa, "N3") == "complied"

    record = whole(rfa)
    silent = an_answer(record, "decision", remarks="")
    edited = an_answer(record, "decision", remarks="Another reason.")
    gone = with_answers(record, record.answers[:-1])

    assert found(silent, "N3").words == "A refusal was given without its reason."
    assert found(edited, "N3").words == "An answer differs from what the ledger recorded of it."
    assert found(gone, "N3").words == "An answer that the ledger recorded is gone."


def test_N3_an_answer_superseded_after_the_start_is_an_exception():
    rfa = an_approved()
    approvals.supersede(
        step=rfa.steps.get(seat="mission_support"),
        actor=who("dms"),
        word="resourceable_with_conditions",
        revision=1,
        conditions=["Fuel from the mission's stock."],
    )
    records.start(rfa=AssistanceRequest.objects.get(pk=rfa.pk), actor=who("chief.cimic"))
    assert outcome(rfa, "N3") == "complied"

    record = whole(rfa)
    start = record.started
    late = record.last("step.superseded")
    start.number, late.number = late.number, start.number
    record._read.clear()

    assert found(record, "N3").words == "An answer was superseded after the task had started."


def test_N4_an_entry_that_was_changed_or_left_out_is_an_exception():
    rfa = an_approved()
    assert outcome(rfa, "N4") == "complied"

    record = whole(rfa)
    shorter = replace(record, entries=[*record.entries[:2], *record.entries[3:]])
    assert (found(shorter, "N4").entry, found(shorter, "N4").words) == (
        3,
        "The history does not hold: entry 3 is missing.",
    )
    record.entries[1].actor_name = "Somebody else"

    assert found(record, "N4").entry == 2


def test_N5_nobody_answers_what_they_asked_for_nor_twice():
    rfa = an_approved()
    assert outcome(rfa, "N5") == "complied"

    own = an_answer(whole(rfa), "decision", by_id=who("sector.east").pk)
    twice = an_answer(whole(rfa), "decision", by_id=who("dms").pk)

    assert found(own, "N5").words == "Whoever asked for it answered on it."
    assert found(twice, "N5").words == "One person answered in two seats."


def test_N6_the_force_has_no_part_before_the_decision():
    rfa = a_submitted(security_answers(), by="partner.ngo")
    assert outcome(rfa, "N6") == "pending"
    assert outcome(an_approved(security_answers(), by="partner.un"), "N6") == "complied"
    assert found(a_submitted(), "N6") is None

    record, shown = whole(rfa), whole(rfa)
    record.entries[1].post = Post.objects.get(code="ops")
    shown.rfa.hidden_from_force = False

    assert found(record, "N6").entry == 2
    assert found(shown, "N6").words == "It is not hidden from the force."


def test_N7_a_decision_names_who_gave_it_in_which_post_and_capacity():
    rfa = an_approved()
    assert outcome(rfa, "N7") == "complied"

    nobody = an_answer(whole(rfa), "decision", by_id=who("dms").pk)
    unnamed = an_answer(whole(rfa), "decision", capacity="delegate")

    assert found(nobody, "N7").outcome == "exception"
    assert found(unnamed, "N7").outcome == "exception"


@pytest.mark.parametrize("row", [row.code for row in OVER_RECORDS])
def test_no_row_asks_the_database_once_the_record_is_loaded(row):
    loaded = [whole(a_started(ASSETS_WITH_ALL)), whole(report())]

    with CaptureQueriesContext(connection) as asked:
        for record in loaded:
            BY_CODE[row].check(record)

    assert len(asked) == 0


ASSETS_WITH_ALL = civil_answers(
    cluster="WSH", disaster=True, disaster_name="Floods", humanitarian=True
)


def test_loading_takes_the_same_statements_for_one_record_and_for_six():
    one = a_started()
    with CaptureQueriesContext(connection) as first:
        load([one.pk])
    more = [a_started(), a_refused(), report(), a_submitted(), a_started(qip_answers())]

    with CaptureQueriesContext(connection) as second:
        load([one.pk, *[rfa.pk for rfa in more]])

    assert len(first) == len(second)


def test_sweeping_leaves_nothing_owed_and_says_how_much_it_did():
    a_submitted()

    assert sweep() == 2
    assert sweep() == 0
