"""Each route walked through the pages, by the posts it meets, from the form to the record."""

import datetime as dt
import re

import pytest
from playwright.sync_api import expect

from common.clock import now
from tests.builders import (
    civil_answers,
    in_days,
    qip_answers,
    security_answers,
)
from tests.pages import (
    PHONE,
    answer,
    ask,
    boxes_of,
    close,
    do,
    fill,
    history,
    open_from_inbox,
    press,
    reference_in,
)

pytestmark = pytest.mark.browser


def tasking(unit="east-bn"):
    return {
        "unit": unit,
        "start_on": in_days(0).isoformat(),
        "end_on": in_days(10).isoformat(),
        "remarks": "From tomorrow, one truck.",
    }


def review_and_advise(desk, reference):
    """Bring a civil assistance request to its decision."""
    answer(
        desk("chief.cimic"),
        reference,
        "forward_recommended",
        verified="on_site",
        remarks="Seen on Tuesday: the borehole is dry.",
    )
    answer(
        desk("civil.affairs"), reference, "supports", cluster_plan="consistent", remarks="Agreed."
    )
    answer(desk("gender"), reference, "concerns", remarks="Light the queue before dawn.")
    answer(desk("dms"), reference, "resourceable", remarks="One 10,000 litre truck is free.")


def case_says(page, reference, *words):
    page.goto(f"/register/{reference}/")
    for each in words:
        expect(page.get_by_role("main")).to_contain_text(each)


def test_civil_assistance_travels_from_a_sector_officers_form_to_a_closed_record(desk):
    officer = desk("sector.east")
    officer.goto("/requests/new/")
    officer.get_by_role("main").get_by_role("link", name="Civil assistance", exact=True).click()
    fill(officer, {"title": "Water trucking for the maternity ward at Tereni"})
    press(officer, "Save draft")
    expect(officer.get_by_role("main")).to_contain_text("is saved as a draft")
    reference = reference_in(officer)
    press(officer, "Check your answers")
    expect(officer.get_by_role("alert")).to_contain_text("things are missing before you can submit")
    officer.get_by_role("link", name="Back to the form").click()
    fill(officer, boxes_of(civil_answers()))
    press(officer, "Check your answers")
    expect(officer.get_by_role("heading", level=1)).to_have_text("Check your answers")
    expect(officer.get_by_role("alert")).to_have_count(0)
    expect(officer.get_by_role("main")).to_contain_text("forty patients carry water 2 km")
    press(officer, "Submit")
    expect(officer.get_by_role("main")).to_contain_text(f"{reference} is submitted.")
    expect(officer.get_by_role("main")).to_contain_text("It is now with Chief")

    review_and_advise(desk, reference)
    dsrsg = desk("dsrsg")
    open_from_inbox(dsrsg, reference)
    beside = dsrsg.get_by_role("main")
    expect(beside.get_by_role("article").filter(has_text="Light the queue")).to_contain_text(
        "Has concerns"
    )
    expect(beside.get_by_role("article").filter(has_text="One 10,000 litre truck")).to_have_count(1)
    answer(
        dsrsg,
        reference,
        "approve_with_conditions",
        conditions="The queue is lit\nTwo weeks at most",
        remarks="Until the pump is mended.",
    )
    answer(desk("ops"), reference, "accept", **tasking())

    unit = desk("unit.east")
    do(unit, reference, "Start the task", "Start the task")
    do(unit, reference, "Report progress", "Report", text="Six trips made.", percent=40)
    case_says(unit, reference, "40 per cent done", "Six trips made.")
    unit.get_by_text("Check a condition").click()
    unit.get_by_label("Remark").first.fill("Two lamps put up.")
    unit.get_by_role("button", name="Met", exact=True).first.click()
    expect(unit.get_by_role("main")).to_contain_text("The condition is checked.")
    do(
        unit,
        reference,
        "Complete",
        "Complete",
        result="The pump runs again.",
        actual_cost="1240.50",
    )
    expect(unit.get_by_role("main")).to_contain_text("The task is completed.")
    close(desk("chief.cimic"), reference)

    page = desk("dsrsg")
    case_says(page, reference, "Closed", "The pump runs again.", "Two lamps put up.")
    decision = page.locator("#answers").get_by_role("article").filter(has_text="Until the pump")
    expect(decision).to_contain_text("Approved with conditions")
    expect(decision).to_contain_text("Two weeks at most")
    expect(page.locator("#answers").get_by_role("article")).to_have_count(6)
    stages = page.locator("#route").get_by_role("listitem")
    for stage in ("UN-CIMIC review", "Advice and capability", "Decision", "Tasking"):
        expect(stages.filter(has_text=stage).first).to_contain_text("done")
    told = history(page, reference)
    assert told[0] == "Drafted"
    assert [line for line in told if line not in {"Drafted", "Changed"}] == [
        "Submitted",
        "Answered: forwarded, recommended",
        "Answered: supports",
        "Answered: has concerns",
        "Answered: can be resourced",
        "Answered: approved with conditions",
        "Answered: task accepted",
        "Task started",
        "Progress reported: 40 %",
        "Condition checked",
        "Task completed",
        "Record closed",
    ]


def test_a_quick_impact_project_is_recommended_decided_paid_and_closed(desk):
    partner = desk("partner.ngo")
    reference = ask(partner, qip_answers())
    case_says(partner, reference, "Cement and blocks", "Masons' wages, 40 days", "7,400")

    answer(desk("chief.cimic"), reference, "forward_recommended", verified="reported")
    for adviser in ("qip.manager", "cmcoord", "civil.affairs", "gender"):
        answer(desk(adviser), reference, "supports", remarks=f"{adviser} supports it.")
    answer(desk("dms"), reference, "resourceable")
    answer(
        desk("cos"),
        reference,
        "recommended",
        members="Chief of Staff\nCivil Affairs",
        minutes="Weighed against two others; recommended by all.",
    )
    case_says(desk("dsrsg"), reference, "Weighed against two others")
    answer(desk("dsrsg"), reference, "approve", remarks="A good use of the budget.")

    manager = desk("qip.manager")
    do(
        manager,
        reference,
        "Plan",
        "Keep the plan",
        agreement_signed_on=in_days(0).isoformat(),
        agreement_reference="MOU-7",
    )
    do(manager, reference, "Start the task", "Start the task")
    do(manager, reference, "Record a payment", "Record it", evidence="Receipt 1")
    do(manager, reference, "Record a visit", "Record the visit", findings="Walls stand.")
    do(manager, reference, "Record a payment", "Record it", evidence="Receipt 2")
    case_says(manager, reference, "Receipt 1", "Receipt 2", "(last)", "Walls stand.", "MOU-7")
    do(manager, reference, "Complete", "Complete", result="Six latrines handed over.")
    close(desk("chief.cimic"), reference)
    case_says(partner, reference, "Closed", "Six latrines handed over.")


def test_the_force_sees_a_humanitarian_escort_only_once_the_designated_official_decided(desk):
    partner, ops = desk("partner.ngo"), desk("ops")
    reference = ask(partner, security_answers(requester_class="humanitarian"))

    answer(desk("chief.cimic"), reference, "forward_recommended", verified="reported")
    for adviser in ("undss", "cmcoord"):
        hidden = ops.goto(f"/register/{reference}/")
        assert hidden.status == 404
        answer(desk(adviser), reference, "supports", remarks="No other way.")
    ops.goto("/inbox/")
    expect(ops.get_by_role("main")).not_to_contain_text(reference)
    ops.goto("/register/")
    expect(ops.get_by_role("main")).not_to_contain_text(reference)
    criteria = {}
    for criterion in ("need", "authorities", "security", "sustainability"):
        criteria |= {f"{criterion}_met": "yes", f"{criterion}_reason": f"Weighed: {criterion}."}
    answer(
        desk("designated.official"),
        reference,
        "approve",
        priority="2",
        remarks="One convoy.",
        **criteria,
    )

    answer(ops, reference, "accept", **tasking("west-bn"))
    unit = desk("unit.west")
    do(unit, reference, "Start the task", "Start the task")
    do(unit, reference, "Complete", "Complete", result="All four trucks arrived.")
    close(desk("chief.cimic"), reference)
    case_says(partner, reference, "Closed", "One convoy.", "All four trucks arrived.")


def test_a_mission_components_escort_goes_straight_to_force_operations(desk):
    asker = desk("sector.west")
    reference = ask(asker, security_answers(requester_class="mission_component"))

    answer(desk("ops"), reference, "accept", **tasking("west-bn"))
    chief = desk("chief.cimic")
    do(chief, reference, "Start the task", "Start the task")
    do(chief, reference, "Complete", "Complete", result="There and back.")
    close(chief, reference)
    assert [line for line in history(chief, reference) if line != "Changed"] == [
        "Drafted",
        "Submitted",
        "Answered: task accepted",
        "Task started",
        "Task completed",
        "Record closed",
    ]


def test_an_extreme_situation_is_reported_from_a_phone_acknowledged_and_found_on(desk):
    unit = desk("unit.east", **PHONE)
    unit.goto("/extreme/")
    acted = now() - dt.timedelta(hours=3)
    fill(
        unit,
        {
            "title": "Twelve families lifted from the flood at Amsan ford",
            "harm": "life",
            "acted_at": acted.strftime("%Y-%m-%dT%H:%M"),
            "action_taken": "Two boats took 61 people to the school.",
            "place": "Amsan ford",
            "area": "CR01",
        },
    )
    press(unit, "Report to Mission Headquarters")
    expect(unit.get_by_role("main")).to_contain_text("Mission Headquarters has been told.")
    reference = reference_in(unit)
    case_says(unit, reference, "Reported", "Two boats took 61 people")

    answer(desk("chief.cimic"), reference, "acknowledge")
    answer(desk("dsrsg"), reference, "held", remarks="Lives were at stake within the hour.")
    close(desk("chief.cimic"), reference)
    case_says(unit, reference, "Closed", "The exception held", "Lives were at stake")


def test_a_refused_request_is_followed_up_until_others_have_delivered(desk):
    officer, chief = desk("sector.east"), desk("chief.cimic")
    reference = ask(officer, civil_answers())
    review_and_advise(desk, reference)

    answer(desk("dsrsg"), reference, "not_approve", remarks="WFP delivers there from next week.")
    case_says(officer, reference, "Not approved: the follow-up is open.", "WFP delivers there")
    chief.goto(f"/register/{reference}/")
    expect(chief.get_by_role("link", name="Close the record")).to_have_count(0)
    do(
        chief,
        reference,
        "Record what became of it",
        "Record it and close",
        delivered="yes",
        organisation="World Food Programme",
        delivered_on=in_days(0).isoformat(),
        source="Their field office, by telephone.",
    )

    case_says(officer, reference, "Delivered by World Food Programme", "Closed")
    assert history(officer, reference)[-2:] == [
        "Follow-up answered: delivered by World Food Programme",
        "Record closed",
    ]


def test_what_is_returned_is_changed_and_goes_back_to_the_stage_that_returned_it(desk):
    officer, chief = desk("sector.east"), desk("chief.cimic")
    reference = ask(officer, civil_answers())
    answer(chief, reference, "return", remarks="How many litres a day?")

    officer.goto("/requests/?show=returned")
    officer.get_by_role("main").get_by_role("link", name=re.compile("Water trucking")).click()
    expect(officer.get_by_role("main")).to_contain_text("How many litres a day?")
    officer.get_by_role("link", name="Change and submit again").click()
    expect(officer.get_by_role("main")).to_contain_text("How many litres a day?")
    fill(officer, {"description": "Eight thousand litres a day for forty patients."})
    press(officer, "Check your answers")
    press(officer, "Submit")
    expect(officer.get_by_role("main")).to_contain_text(f"{reference} is submitted.")

    open_from_inbox(chief, reference)
    expect(chief.get_by_role("main")).to_contain_text("revision 2")
    answer(chief, reference, "forward_recommended", verified="on_site")
    case_says(officer, reference, "How many litres a day?", "Eight thousand litres")
    told = [line for line in history(officer, reference) if line not in {"Drafted", "Changed"}]
    assert told == [
        "Submitted",
        "Answered: returned for information",
        "Submitted again",
        "Answered: forwarded, recommended",
    ]
