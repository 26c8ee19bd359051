"""The errands of doing at the mission's pages: done, refused, stale; on a phone too (P41, P68)."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import connection
from django.test.utils import CaptureQueriesContext
from playwright.sync_api import expect

from records import services as records
from records.models import Correction, Visit
from requests_app.models import AssistanceRequest
from tests.builders import a_mission, a_refused, a_started, in_days, qip_answers, who
from tests.pages import PHONE
from tests.test_messages import PNG

AXE = Axe()
NARROW = PHONE | {"viewport": {"width": 360, "height": 740}}


def again(rfa) -> AssistanceRequest:
    return AssistanceRequest.objects.get(pk=rfa.pk)


def fits(page) -> None:
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0


@pytest.mark.browser
def test_P68_a_change_is_declared_on_a_phone_and_answered_at_a_desk(desk):
    rfa = a_started()
    unit = desk("unit.east", **NARROW)
    unit.goto(f"/register/{rfa.reference}/")
    unit.locator("#task summary", has_text="More").click()
    unit.get_by_role("link", name="Declare a change").click()
    fits(unit)
    unit.get_by_role("button", name="Declare it and suspend the task").click()
    expect(unit.locator("main")).to_contain_text(re.compile("required|needed|Say what", re.I))
    unit.get_by_label("Place", exact=True).check()
    unit.get_by_label("What changes, and why").fill("The ford is under water.")
    unit.get_by_label("The new place").fill("North bank")
    unit.get_by_role("button", name="Declare it and suspend the task").click()
    expect(unit.locator("#task")).to_contain_text("The task is suspended.")
    expect(unit.get_by_role("link", name="Report progress")).to_have_count(0)
    fits(unit)

    chief = desk("chief.cimic")
    chief.goto(f"/register/{rfa.reference}/")
    assert not [one for one in AXE.run(chief).response["violations"] if one["impact"] != "minor"]
    chief.get_by_role("link", name="Answer the change").click()
    expect(chief.locator("main")).to_contain_text("North bank")
    chief.get_by_label("Within what was approved: it goes on").check()
    chief.get_by_role("button", name="Answer", exact=True).click()
    expect(chief.locator("#task")).to_contain_text("North bank")
    assert not again(rfa).task.suspended


@pytest.mark.browser
def test_a_visit_is_recorded_with_its_photos(desk):
    rfa = a_started()
    page = desk("chief.cimic")
    page.goto(f"/register/{rfa.reference}/task/visit/")
    page.get_by_label("What was found").fill("Two tanks stand.")
    photos = [
        {"name": f"tank{number}.png", "mimeType": "image/png", "buffer": PNG} for number in (1, 2)
    ]
    page.locator("input[type=file]").set_input_files(photos)
    page.get_by_role("button", name="Record the visit").click()
    expect(page.locator("#task")).to_contain_text("tank2.png")
    assert Visit.objects.get().photos.count() == 2


@pytest.mark.browser
def test_P41_unmet_needs_are_listed_noted_and_on_the_map(desk):
    rfa = a_refused()
    page = desk("sector.east", **NARROW)
    page.goto("/follow-ups/")
    fits(page)
    assert not [one for one in AXE.run(page).response["violations"] if one["impact"] != "minor"]
    page.get_by_role("link", name="Note what was asked").click()
    page.get_by_label("Whom you asked, and what they said").fill("WFP looks for a truck.")
    page.get_by_role("button", name="Keep the note").click()
    expect(page.locator("#follow-up")).to_contain_text("WFP looks for a truck.")
    page.goto("/follow-ups/")
    expect(page.locator("main")).to_contain_text("WFP looks for a truck.")
    page.get_by_role("link", name="Others met it").click()
    expect(page.locator("main")).not_to_contain_text(rfa.reference)


@pytest.mark.browser
def test_P41_closing_says_what_is_missing_and_a_closed_record_is_corrected_beside_it(desk):
    rfa = a_started()
    records.complete(rfa=rfa, actor=who("unit.east"), result="Done", people={"women": 120})
    page = desk("chief.cimic")
    page.goto(f"/register/{rfa.reference}/")
    expect(page.locator("#completeness")).to_contain_text("No progress and no visit is on record.")
    page.get_by_role("link", name="Close the record").click()
    expect(page.locator("main")).to_contain_text("Also missing")
    page.get_by_role("button", name="Close the record").click()
    page.get_by_role("link", name="Correct the record beside it").click()
    page.get_by_label("What the record says").select_option("task.women")
    page.get_by_label("What is right").fill("112")
    page.get_by_role("button", name="Put it beside the record").click()
    expect(page.locator("main")).to_contain_text(re.compile("required|needed|Say how", re.I))
    page.get_by_label("How you know, and why it is corrected").fill("The ward's register.")
    page.get_by_role("button", name="Put it beside the record").click()
    expect(page.locator("#corrections")).to_contain_text("112")
    expect(page.locator("#corrections")).to_contain_text("120")
    assert Correction.objects.get().says == "120"


@pytest.mark.django_db
class TestWithoutABrowser:
    """Refusals that a page says in words."""

    @pytest.fixture(autouse=True)
    def _mission(self):
        a_mission()

    def test_a_wrong_role_is_refused_with_the_reason(self, client):
        rfa = a_started()
        client.force_login(who("dsrsg"))
        for act in ("drift", "unit", "incident", "run", "correction", "instalment"):
            answer = client.get(f"/register/{rfa.reference}/task/{act}/")
            assert answer.status_code in {403, 409}, act
        client.force_login(who("unit.west"))
        assert client.get(f"/register/{rfa.reference}/task/drift/").status_code == 404
        client.force_login(who("unit.east"))
        assert client.get(f"/register/{rfa.reference}/task/nothing/").status_code == 404

    def test_an_answer_to_a_change_that_was_replaced_meanwhile_is_stale(self, client):
        rfa = a_started()
        for number in (1, 2):
            records.declare(
                rfa=again(rfa), actor=who("unit.east"), sorts=["place"], what=f"Change {number}"
            )
            if number == 1:
                records.answer_change(
                    rfa=again(rfa), actor=who("cimic.staff"), answer="within_approval"
                )
        client.force_login(who("chief.cimic"))
        answer = client.post(
            f"/register/{rfa.reference}/task/answer-change/",
            {"number": "1", "answer": "within_approval"},
        )
        assert answer.status_code == 412
        assert "now change 2 waits" in answer.content.decode()
        assert again(rfa).task.suspended

    def test_a_payment_that_waits_for_a_visit_says_so_and_keeps_what_was_typed(self, client):
        rfa = a_started(qip_answers())
        client.force_login(who("qip.manager"))
        path = f"/register/{rfa.reference}/task"
        said = {"amount": "7400", "paid_on": str(in_days(0)), "evidence": "Slip 4"}
        refused = client.post(f"{path}/instalment/", said)
        assert refused.status_code == 409
        assert "signed no agreement" in refused.content.decode()
        client.post(f"{path}/plan/", {"agreement_signed_on": str(in_days(0))})
        refused = client.post(f"{path}/instalment/", {**said, "is_last": "on"})
        assert "waits for a visit" in refused.content.decode()
        assert 'value="Slip 4"' in refused.content.decode()

    def test_every_errand_opens_for_whom_it_is(self, client):
        rfa = a_started(qip_answers())
        records.plan(rfa=rfa, actor=who("qip.manager"), values={"agreement_signed_on": in_days(0)})
        client.force_login(who("qip.manager"))
        page = client.get(f"/register/{rfa.reference}/").content.decode()
        for act in ("progress", "visit", "instalment", "complete", "closing-report", "amendment"):
            assert f"/task/{act}/" in page
            assert client.get(f"/register/{rfa.reference}/task/{act}/").status_code == 200

    def test_the_list_of_unmet_needs_asks_as_much_for_three_as_for_nine(self, client):
        client.force_login(who("chief.cimic"))
        counts = []
        for many in (3, 6):
            for _number in range(many):
                rfa = a_refused()
                records.note_follow_up(rfa=rfa, actor=who("chief.cimic"), text="Asked.")
            client.get("/follow-ups/")
            with CaptureQueriesContext(
                connection,
            ) as asked:
                client.get("/follow-ups/")
            counts.append(len(asked))
        assert counts[0] == counts[1]
