"""The rows of the policy, each by its paragraph: what must hold, and who is refused."""

import datetime as dt

import pytest

from approvals import services as approvals
from approvals.definition import BASELINES
from approvals.invariants import broken_by_process
from approvals.queries import visible_to
from common import clock
from common.errors import Forbidden, Incomplete, Malformed, NotNow
from records import services as records
from requests_app.models import AssistanceRequest
from tests.builders import (
    a_draft,
    a_mission,
    a_refused,
    a_started,
    a_submitted,
    an_approved,
    carried_to,
    civil_answers,
    give,
    open_step,
    qip_answers,
    security_answers,
    who,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _mission():
    a_mission()


def fresh(rfa):
    return AssistanceRequest.objects.get(pk=rfa.pk)


@pytest.mark.parametrize("route", BASELINES)
def test_P31_every_shipped_baseline_breaks_no_invariant(route):
    assert broken_by_process(route, BASELINES[route]) == []


def test_P33_a_units_request_goes_first_to_its_sector_then_to_un_cimic():
    rfa = a_submitted(by="unit.east")

    assert open_step(rfa).post.code == "sector.east"
    give(open_step(rfa))
    assert open_step(rfa).post.code == "chief.cimic"


def test_P33_un_cimic_cannot_approve():
    rfa = a_submitted()

    with pytest.raises(Malformed, match="forward_recommended, forward_not_recommended, return"):
        give(open_step(rfa), "approve")


def test_P32_un_cmcoord_advises_only_on_requests_with_a_humanitarian_bearing():
    bearing = a_submitted(civil_answers(humanitarian=True))
    plain = a_submitted()

    assert bearing.steps.get(seat="cmcoord_advice").state == "waiting"
    assert plain.steps.get(seat="cmcoord_advice").state == "skipped"


def test_P32_advice_lapses_at_its_limit_is_recorded_so_and_blocks_nothing():
    rfa = carried_to(a_submitted(), "in_consultation")
    give(rfa.steps.get(seat="mission_support"))
    later = clock.now() + dt.timedelta(hours=73)

    with clock.telling(later):
        lapsed = approvals.lapse_overdue_advice()
        again = approvals.lapse_overdue_advice()

    assert (lapsed, again) == (2, 0)
    assert rfa.steps.get(seat="gender_advice").state == "lapsed"
    assert fresh(rfa).status == "awaiting_decision"


def test_P36_dms_never_lapses():
    rfa = carried_to(a_submitted(), "in_consultation")

    with clock.telling(clock.now() + dt.timedelta(days=60)):
        approvals.lapse_overdue_advice()

    assert rfa.steps.get(seat="mission_support").state == "open"
    assert fresh(rfa).status == "in_consultation"


def test_P36_a_task_cannot_start_before_dms_has_answered():
    rfa = carried_to(a_submitted(), "in_consultation")

    with pytest.raises(NotNow, match="DMS/CMS has not answered") as refused:
        records.start(rfa=rfa, actor=who("chief.cimic"))

    assert refused.value.paragraph == "30"


def test_P30_a_task_cannot_start_before_the_dsrsg_has_approved():
    rfa = carried_to(a_submitted(), "awaiting_decision")

    with pytest.raises(NotNow, match="competent authority has not approved"):
        records.start(rfa=rfa, actor=who("chief.cimic"))


def test_P30_who_pays_does_not_change_who_decides():
    rfa = a_submitted(civil_answers(funding_source="contingent"))

    assert rfa.steps.get(seat="decision").post.code == "dsrsg"


def test_P30_ssr_is_decided_by_the_other_dsrsg():
    rfa = carried_to(a_submitted(civil_answers(ssr=True)), "awaiting_decision")

    assert open_step(rfa).post.code == "dsrsg.political"
    assert fresh(a_started(civil_answers(ssr=True))).status == "in_progress"


def test_P38_assets_are_answered_twice_appropriate_and_resourceable():
    rfa = a_submitted(
        civil_answers(
            assets=[{"asset": "Water truck 10 m3", "quantity": 2}],
            hand_back_plan="Back at the camp by the last day.",
        )
    )
    rfa = carried_to_capability(rfa)

    with pytest.raises(Incomplete) as refused:
        give(rfa.steps.get(seat="mission_support"), details={})

    assert [error.field for error in refused.value.errors] == [
        "details.appropriate",
        "details.resourceable",
    ]
    assert {error.paragraph for error in refused.value.errors} == {"38"}


def carried_to_capability(rfa):
    give(open_step(rfa))
    return fresh(rfa)


FORCE = ("ops", "homc", "unit.east", "sector.east", "sector.west", "cimic.staff")


def test_P39_the_force_does_not_see_a_humanitarian_security_request_before_the_decision():
    hidden = a_submitted(security_answers(classification="unclassified"), by="partner.ngo")
    control = a_submitted(security_answers(classification="unclassified"), by="human.rights")
    for username in FORCE:
        assert hidden not in visible_to(who(username))
    assert control in visible_to(who("ops"))
    assert control in visible_to(who("homc"))
    assert hidden in visible_to(who("chief.cimic"))

    approved = carried_to(hidden, "approved")

    assert approved in visible_to(who("ops"))
    assert approved in visible_to(who("homc"))


def test_P39_the_force_still_does_not_see_what_the_designated_official_refused():
    rfa = carried_to(a_submitted(security_answers(), by="partner.ngo"), "awaiting_decision")
    give(open_step(rfa), "not_approve", remarks="Criterion of need not met.")

    assert fresh(rfa) not in visible_to(who("ops"))
    assert fresh(rfa) in visible_to(who("partner.ngo"))


def test_P39_the_force_may_not_file_it_nor_a_partner_pass_as_the_mission():
    with pytest.raises(Malformed, match="does not come through the force"):
        a_draft(security_answers(requester_class="humanitarian"), by="sector.east")
    with pytest.raises(Malformed, match="is no component of the mission"):
        a_draft(security_answers(requester_class="mission_component"), by="partner.ngo")


def test_P39_the_designated_official_weighs_four_criteria_and_gives_a_priority():
    rfa = carried_to(a_submitted(security_answers(), by="partner.ngo"), "awaiting_decision")

    with pytest.raises(Incomplete) as refused:
        give(open_step(rfa), "approve", details={})

    assert [error.field for error in refused.value.errors] == [
        "details.criteria.need",
        "details.criteria.authorities",
        "details.criteria.security",
        "details.criteria.sustainability",
        "details.priority",
    ]


def test_P39_a_mission_components_request_is_tasked_alone():
    rfa = a_submitted(security_answers(), by="human.rights")

    assert [step.seat_kind for step in rfa.steps.all()] == ["tasking"]
    give(open_step(rfa))
    assert fresh(rfa).status == "approved"


def test_P37_a_disaster_drops_no_stage():
    calm = a_submitted()
    flood = a_submitted(civil_answers(disaster=True, disaster_name="Floods of November"))

    assert list(flood.steps.values_list("seat", "state")) == list(
        calm.steps.values_list("seat", "state")
    )


def test_P41_a_refusal_has_its_reason_and_opens_a_follow_up():
    rfa = carried_to(a_submitted(), "awaiting_decision")
    with pytest.raises(Incomplete, match="Say why"):
        give(open_step(rfa), "not_approve", remarks=" ")

    refused = a_refused()

    assert refused.status == "not_approved"
    with pytest.raises(Incomplete) as open_follow_up:
        records.close(rfa=refused, actor=who("chief.cimic"))
    assert [(error.field, error.paragraph) for error in open_follow_up.value.errors] == [
        ("delivered", "41")
    ]


def test_P41_delivery_by_others_names_who_when_and_how_it_is_known_then_the_record_closes():
    refused = a_refused()
    with pytest.raises(Incomplete) as lacking:
        records.record_delivery(rfa=refused, actor=who("chief.cimic"), delivered=True)
    assert [error.field for error in lacking.value.errors] == [
        "organisation",
        "delivered_on",
        "source",
    ]

    records.record_delivery(
        rfa=refused, actor=who("chief.cimic"), delivered=False, source="Visit of 3 November"
    )

    assert fresh(refused).status == "closed"


def test_P41_a_decision_is_superseded_never_edited_until_the_task_has_started():
    rfa = carried_to(a_submitted(), "approved")
    step = rfa.steps.get(seat="decision")

    approvals.supersede(
        step=step, actor=who("dsrsg"), word="not_approve", revision=1, remarks="The road is cut."
    )
    assert fresh(rfa).status == "not_approved"
    assert [given.answer for given in step.answers.order_by("pk")] == ["approve", "not_approve"]
    approvals.supersede(step=step, actor=who("dsrsg"), word="approve", revision=1)
    for open_again in fresh(rfa).steps.filter(state="open"):
        give(open_again)
    records.start(rfa=rfa, actor=who("chief.cimic"))

    with pytest.raises(NotNow, match="The task has started"):
        approvals.supersede(
            step=step, actor=who("dsrsg"), word="not_approve", revision=1, remarks="Too late."
        )


def test_separation_nobody_decides_what_they_asked_for_nor_does_their_office():
    rfa = carried_to(a_submitted(by="dsrsg"), "awaiting_decision")

    assert open_step(rfa).post.code == "dsrsg.political"
    for username in ("dsrsg", "dsrsg.office"):
        with pytest.raises(Forbidden):
            give(open_step(rfa), by=who(username))
    assert fresh(carried_to(rfa, "approved")).status == "approved"


def test_P32_an_adviser_who_asks_is_not_asked_for_advice_on_it():
    rfa = a_submitted(qip_answers(), by="civil.affairs")

    assert rfa.steps.get(seat="civil_affairs_advice").state == "skipped"
    assert carried_to(rfa, "approved").status == "approved"


def test_P33_a_request_of_the_chiefs_own_is_reviewed_by_the_un_cimic_staff():
    assert open_step(a_submitted(by="chief.cimic")).post.code == "cimic.staff"


def test_P39_a_chief_who_files_for_a_humanitarian_actor_has_registered_it_by_that():
    rfa = a_submitted(security_answers(requester_class="humanitarian"), by="chief.cimic")

    assert rfa.steps.get(seat="registration").state == "skipped"
    assert {step.post.code for step in rfa.steps.filter(state="open")} == {"undss", "cmcoord"}
    assert rfa not in visible_to(who("cimic.staff"))
    assert rfa not in visible_to(who("homc"))


def test_P15_a_draft_withdrawn_before_it_was_submitted_stays_its_makers_alone():
    answers = security_answers(classification="unclassified")
    withdrawn = approvals.withdraw(rfa=a_draft(answers, by="partner.ngo"), actor=who("partner.ngo"))
    control = approvals.withdraw(
        rfa=a_submitted(civil_answers(), by="partner.ngo"), actor=who("partner.ngo")
    )

    for username in ("ops", "chief.cimic", "sector.west", "evaluator"):
        assert withdrawn not in visible_to(who(username))
    assert control in visible_to(who("chief.cimic"))
    assert withdrawn in visible_to(who("partner.ngo"))


def test_P32_what_a_return_changes_is_asked_before_the_decision():
    rfa = carried_to(a_submitted(), "awaiting_decision")
    give(open_step(rfa), "return", remarks="Is this not the cluster's plan?")
    rfa = fresh(rfa)

    rfa = approvals.change(
        rfa=rfa,
        actor=who("sector.east"),
        values={"humanitarian": True, "ssr": True},
        version=rfa.version,
    )
    rfa = approvals.submit(rfa=rfa, actor=who("sector.east"))

    assert (rfa.status, open_step(rfa).seat) == ("in_consultation", "cmcoord_advice")
    give(open_step(rfa))
    assert (fresh(rfa).status, open_step(rfa).post.code) == (
        "awaiting_decision",
        "dsrsg.political",
    )
    assert list(rfa.steps.filter(seat="decision").values_list("state", flat=True)) == [
        "answered",
        "skipped",
    ]


def test_P40_a_partner_asks_and_is_helped_but_reports_no_extreme_situation():
    with pytest.raises(Forbidden):
        approvals.report_extreme_situation(
            actor=who("partner.ngo"),
            values={
                "title": "A flood",
                "harm": "life",
                "acted_at": clock.now(),
                "action_taken": "Boats.",
                "place": "Amsan",
            },
        )


def test_P31_the_limits_follow_the_urgency():
    urgent = a_submitted(civil_answers(urgency="time_sensitive", urgency_reason="The rains begin."))
    normal = a_submitted()

    hours = [
        (step.due_at - step.opened_at).total_seconds() / 3600
        for step in (open_step(urgent), open_step(normal))
    ]
    assert hours == [12, 48]


def test_separation_nobody_answers_two_seats_of_one_request():
    rfa = a_submitted()
    chief = who("chief.cimic")
    civil_affairs = rfa.mission.posts.get(code="civil.affairs")
    civil_affairs.appointments.update(person=chief)
    give(open_step(rfa))

    with pytest.raises(Forbidden, match="nobody answers two seats"):
        give(rfa.steps.get(seat="civil_affairs_advice"), by=chief)


def test_P40_a_report_goes_to_un_cimic_then_to_the_dsrsg_for_a_finding():
    harm_at = clock.now() - dt.timedelta(hours=5)
    rfa = approvals.report_extreme_situation(
        actor=who("unit.east"),
        values={
            "title": "Three injured carried from the minibus",
            "harm": "injury",
            "acted_at": harm_at,
            "action_taken": "Taken to the Level II hospital.",
            "place": "Kilometre 14",
        },
    )

    assert (rfa.status, open_step(rfa).post.code) == ("reported", "chief.cimic")
    give(open_step(rfa))
    assert (fresh(rfa).status, open_step(rfa).post.code) == ("acknowledged", "dsrsg")
    give(open_step(rfa), "not_held", remarks="The clinic was ten minutes away.")
    assert fresh(rfa).status == "not_held"


def test_P68_a_condition_is_ticked_off_or_the_record_shows_that_it_was_not():
    rfa = carried_to(a_submitted(), "awaiting_decision")
    give(open_step(rfa), "approve_with_conditions", conditions=["Only by day", "With the mayor"])
    give(open_step(fresh(rfa)))
    records.start(rfa=rfa, actor=who("chief.cimic"))
    rfa = fresh(rfa)
    approval = rfa.steps.get(seat="decision").current_id

    records.tick_condition(rfa=rfa, actor=who("chief.cimic"), answer=approval, number=1, met=True)

    assert [
        (condition["text"], condition["check"].met if condition["check"] else None)
        for condition in records.conditions_of(fresh(rfa))
    ] == [("Only by day", True), ("With the mayor", None)]


def test_P16_a_qip_passes_the_committee_and_starts_without_a_tasking_of_the_force():
    rfa = a_started(qip_answers(), by="partner.ngo")

    assert rfa.status == "in_progress"
    assert rfa.estimated_cost == 7400
    assert [step.post.code for step in rfa.steps.filter(seat_kind="board")] == ["cos"]


def test_returned_requests_go_back_to_the_stage_that_returned_them_as_a_new_revision():
    rfa = carried_to(a_submitted(), "awaiting_decision")
    give(open_step(rfa), "return", remarks="Who pays for the fuel?")
    rfa = fresh(rfa)
    assert rfa.status == "returned"

    rfa = approvals.change(
        rfa=rfa,
        actor=who("sector.east"),
        values={"funding_source": "contingent"},
        version=rfa.version,
    )
    rfa = approvals.submit(rfa=rfa, actor=who("sector.east"))

    assert (rfa.status, rfa.revision) == ("awaiting_decision", 2)
    assert open_step(rfa).post.code == "dsrsg"
    assert (open_step(rfa).round, rfa.steps.filter(seat="decision").count()) == (2, 2)


def test_a_unit_that_was_not_tasked_may_not_start():
    rfa = an_approved()

    with pytest.raises(Forbidden):
        records.start(rfa=rfa, actor=who("unit.west"))


def test_P15_a_tasked_unit_sees_its_task_whatever_its_classification_and_no_other_unit_does():
    rfa = an_approved(security_answers(classification="strictly_confidential"), by="partner.ngo")

    assert rfa.tasked_unit.code == "east-bn"
    assert rfa in visible_to(who("unit.east"))
    assert rfa not in visible_to(who("unit.west"))
