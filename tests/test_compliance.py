"""Each row of the policy over a record: one that complied, one exception."""

import datetime as dt
from dataclasses import replace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from approvals import services as approvals
from approvals.models import ProcessState, Referral
from approvals.vocabulary import StepState
from common import clock
from missions.models import (
    DisplacementSite,
    Post,
)
from records import services as records
from records.compliance.loading import load
from records.compliance.rows import BY_CODE, OVER_RECORDS, findings_of
from records.compliance.summary import sweep
from requests_app.models import AssistanceRequest
from tests.builders import (
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
from tests.weighing import (
    act,
    an_answer,
    changed,
    closed,
    found,
    outcome,
    priorities,
    report,
    whole,
    with_answers,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def mission():
    return a_mission()


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


def test_P28_1_priorities_known_when_it_was_submitted_were_shared(mission):
    before = a_submitted()
    assert outcome(before, "P28.1") == "exception"

    priorities(mission, {"categories": ["water"]}, set_at=clock.now())

    assert outcome(a_submitted(), "P28.1") == "complied"
    assert outcome(before, "P28.1") == "exception"
    assert found(report(), "P28.1") is None


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
