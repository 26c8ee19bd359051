"""What goes wrong at a page is told at once, whole, and what was typed is still there."""

import re

import pytest
from playwright.sync_api import expect

from access.models import Session
from approvals import services
from approvals.models import Answer, Step
from requests_app.models import AssistanceRequest, Attachment
from tests.builders import (
    PASSWORD,
    a_draft,
    a_submitted,
    carried_to,
    civil_answers,
    give,
    open_step,
    qip_answers,
    security_answers,
    who,
)
from tests.pages import (
    ask,
    boxes_of,
    enter,
    fill,
    open_from_inbox,
    press,
)

pytestmark = pytest.mark.browser

NO_SCRIPT = {"java_script_enabled": False}


def kept(reference):
    return AssistanceRequest.objects.get(reference=reference)


def posts_of(page, path):
    """Gather the page's POST requests to an address."""
    sent = []
    page.on(
        "request",
        lambda asked: (
            sent.append(asked.url) if asked.method == "POST" and path in asked.url else None
        ),
    )
    return sent


def test_an_empty_form_lists_all_that_is_missing_each_with_its_paragraph_and_its_box(desk):
    page = desk("sector.east")
    page.goto("/requests/new/civil_assistance/")
    press(page, "Check your answers")
    summary = page.get_by_role("alert")
    missing = summary.get_by_role("listitem")

    press(page, "Submit")

    expect(summary).to_be_focused()
    expect(missing).to_have_count(11)
    for words, box in (
        ("title", "id_title"),
        ("category", "id_category"),
        ("area", "id_area"),
        ("needed_by", "id_needed_by"),
        ("do_no_harm", "id_do_no_harm"),
    ):
        expect(summary.locator(f'a[href$="#{box}"]'), words).to_have_count(1)
    assert AssistanceRequest.objects.get().status == "draft"
    summary.locator('a[href$="#id_needed_by"]').click()
    expect(page.locator("[name=needed_by]")).to_be_in_viewport()


def test_wrong_answers_are_told_all_at_once_and_every_word_typed_is_still_there(desk):
    page = desk("sector.east", **NO_SCRIPT)
    page.goto("/requests/new/qip/")
    typed = {
        "title": "Latrines for the primary school at Bikoro",
        "women": "-4",
        "needed_by": "2020-01-01",
        "starts_on": "2027-03-02",
        "ends_on": "2027-03-01",
        "latitude": "97",
        "longitude": "3",
        "budget-0-item": "Cement",
        "budget-0-quantity": "1",
    }
    fill(page, typed)
    press(page, "Save draft")

    summary = page.get_by_role("alert")
    for box in ("id_women", "id_needed_by", "id_ends_on", "id_latitude", "id_budget-0-unit_cost"):
        expect(summary.locator(f'a[href="#{box}"]')).to_have_count(1)
        expect(page.locator(f'main [id="{box}"]')).to_have_count(1)
    for name, value in typed.items():
        expect(page.locator(f'[name="{name}"]')).to_have_value(value)
    assert AssistanceRequest.objects.count() == 0


def test_the_second_of_two_tabs_is_told_and_overwrites_nothing(desk):
    draft = a_draft()
    first = desk("sector.east", **NO_SCRIPT)
    first.goto(f"/requests/{draft.reference}/edit/")
    second = first.context.new_page()
    second.goto(f"/requests/{draft.reference}/edit/")
    fill(first, {"place": "Tereni hospital, north gate"})
    press(first, "Save draft")

    fill(second, {"place": "Tereni market", "contact": "Sister Ana"})
    press(second, "Save draft")

    expect(second.get_by_role("alert")).to_contain_text("Somebody changed this request")
    row = second.get_by_role("row").filter(has=second.get_by_role("rowheader", name="Place"))
    expect(row).to_contain_text("north gate")
    expect(row).to_contain_text("Tereni market")
    expect(second.locator("[name=place]")).to_have_value("Tereni market")
    expect(second.locator("[name=contact]")).to_have_value("Sister Ana")
    assert kept(draft.reference).place == "Tereni hospital, north gate"
    press(second, "Save draft")
    expect(second.get_by_role("main")).to_contain_text("is saved as a draft")
    assert kept(draft.reference).place == "Tereni market"


def test_autosave_too_tells_of_the_other_tab_and_overwrites_nothing(desk):
    draft = a_draft()
    first = desk("sector.east")
    first.goto(f"/requests/{draft.reference}/edit/")
    second = first.context.new_page()
    second.goto(f"/requests/{draft.reference}/edit/")
    fill(first, {"place": "Tereni hospital, north gate"})
    press(first, "Save draft")
    expect(first.get_by_role("main")).to_contain_text("is saved as a draft")

    fill(second, {"place": "Tereni market"})

    expect(second.locator("[data-saved]")).to_contain_text("somebody changed this request")
    expect(second.locator("[name=place]")).to_have_value("Tereni market")
    assert kept(draft.reference).place == "Tereni hospital, north gate"


def test_a_form_saves_itself_while_one_types(desk):
    page = desk("sector.east")
    page.goto("/requests/new/civil_assistance/")
    fill(page, {"title": "Grader for the Tereni road", "women": "12"})
    expect(page.locator("[data-saved]")).to_contain_text("Saved")
    fill(page, {"women": "-3"})
    expect(page.locator("[data-saved]")).to_contain_text("Saved, but for what is marked")

    page.reload()

    rfa = AssistanceRequest.objects.get()
    assert (rfa.title, rfa.women) == ("Grader for the Tereni road", 12)
    expect(page).to_have_url(re.compile(f"/requests/{rfa.reference}/edit/"))
    expect(page.locator("[name=title]")).to_have_value("Grader for the Tereni road")


def test_pressing_save_twice_makes_one_draft_and_submitting_twice_one_request(desk):
    page = desk("sector.east")
    page.goto("/requests/new/civil_assistance/")
    fill(page, boxes_of(civil_answers()))
    page.get_by_role("button", name="Check your answers").dblclick(no_wait_after=True)
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your answers")
    page.get_by_role("button", name="Submit", exact=True).dblclick(no_wait_after=True)
    expect(page.get_by_role("heading", level=1)).to_have_text("What happens next")

    assert AssistanceRequest.objects.get().status == "under_review"
    assert Step.objects.filter(seat="cimic_review").count() == 1


def test_a_new_form_sent_twice_over_a_bad_line_makes_one_draft(desk):
    page = desk("sector.east", **NO_SCRIPT)
    page.goto("/requests/new/civil_assistance/")
    form = {
        name: page.locator(f'#request-form [name="{name}"]').input_value()
        for name in ("csrfmiddlewaretoken", "id", "version")
    }
    form |= {"title": "Grader for the Tereni road", "then": "save"}
    headers = {"Referer": page.url}

    answers = [page.request.post(page.url, form=form, headers=headers) for _ in range(2)]

    assert [answer.status for answer in answers] == [200, 200]
    assert AssistanceRequest.objects.get().title == "Grader for the Tereni road"


def test_pressing_twice_gives_an_answer_once(desk):
    rfa = a_submitted()
    page = desk("chief.cimic")
    open_from_inbox(page, rfa.reference)
    fill(page, {"answer": "forward_recommended", "verified": "on_site", "remarks": "Seen."})
    page.get_by_role("button", name="Give the answer").dblclick(no_wait_after=True)

    expect(page).to_have_url(re.compile("/inbox/$"))
    assert Answer.objects.filter(rfa=rfa).count() == 1


def test_who_answers_what_was_answered_meanwhile_is_told_and_keeps_the_remarks(desk):
    rfa = a_submitted()
    step = open_step(rfa)
    page = desk("chief.cimic")
    open_from_inbox(page, rfa.reference)
    fill(
        page,
        {"answer": "return", "verified": "reported", "remarks": "How many litres a day?"},
    )
    give(step, "forward_recommended", details={"verified": "on_site"})

    press(page, "Give the answer")

    expect(page.get_by_role("alert")).to_contain_text("answered")
    expect(page.get_by_role("main")).to_contain_text("How many litres a day?")
    assert list(Answer.objects.filter(rfa=rfa).values_list("answer", flat=True)) == [
        "forward_recommended"
    ]


def test_an_answer_to_a_revision_that_is_past_is_told_and_keeps_the_remarks(desk):
    rfa = a_submitted()
    page = desk("chief.cimic", **NO_SCRIPT)
    open_from_inbox(page, rfa.reference)
    fill(page, {"answer": "forward_recommended", "remarks": "Seen on Tuesday."})
    give(open_step(rfa), "return", remarks="How many litres a day?")
    returned = kept(rfa.reference)
    services.change(
        rfa=returned,
        actor=who("sector.east"),
        values={"description": "Eight thousand litres a day."},
        version=returned.version,
    )
    services.submit(rfa=kept(rfa.reference), actor=who("sector.east"))

    press(page, "Give the answer")

    expect(page.get_by_role("alert")).to_have_count(1)
    expect(page.get_by_role("main")).to_contain_text("Seen on Tuesday.")
    assert Answer.objects.filter(rfa=rfa, answer="forward_recommended").count() == 0


def test_no_refusal_without_its_reason(desk):
    rfa = carried_to(a_submitted(), "awaiting_decision")
    page = desk("dsrsg")
    open_from_inbox(page, rfa.reference)
    fill(page, {"answer": "not_approve"})

    press(page, "Give the answer")

    link = page.get_by_role("alert").locator('a[href="#id_remarks"]')
    expect(link).to_have_count(1)
    expect(page.locator('[name="answer"][value="not_approve"]')).to_be_checked()
    link.click()
    expect(page.locator("[name=remarks]")).to_be_focused()
    assert kept(rfa.reference).status == "awaiting_decision"


def test_an_empty_answer_lists_every_criterion_that_is_missing(desk):
    rfa = carried_to(
        a_submitted(security_answers(requester_class="humanitarian"), by="partner.ngo"),
        "awaiting_decision",
    )
    page = desk("designated.official")
    open_from_inbox(page, rfa.reference)
    fill(page, {"answer": "approve", "need_met": "yes"})

    press(page, "Give the answer")

    summary = page.get_by_role("alert")
    for box in ("need_reason", "authorities_met", "security_met", "sustainability_met", "priority"):
        expect(summary.locator(f'a[href="#id_{box}"]')).to_have_count(1)
    expect(page.locator('[name="need_met"][value="yes"]')).to_be_checked()
    assert kept(rfa.reference).status == "awaiting_decision"


@pytest.mark.parametrize(
    ("name", "content", "script", "told"),
    [
        ("report.pdf", b"", False, "report.pdf"),
        ("photo.png", b"%PDF-1.4 not a picture", True, "photo.png"),
        ("tool.exe", b"MZ\x90\x00", False, "tool.exe"),
    ],
    ids=["empty", "mislabelled", "of a kind not taken"],
)
def test_a_wrong_file_is_refused_by_name_and_not_kept(desk, name, content, script, told):
    rfa = a_submitted()
    page = desk("sector.east", java_script_enabled=script)
    page.goto(f"/register/{rfa.reference}/")
    page.get_by_label("Files", exact=True).set_input_files(
        {"name": name, "mimeType": "application/octet-stream", "buffer": content}
    )
    if script:
        page.locator("[name=file]").evaluate("box => box.setCustomValidity('')")

    press(page, "Attach")

    expect(page.get_by_role("alert")).to_contain_text(told)
    assert Attachment.objects.count() == 0


def test_a_right_file_is_kept_and_read_by_who_may(desk):
    rfa = a_submitted()
    page = desk("sector.east")
    page.goto(f"/register/{rfa.reference}/")
    page.get_by_label("Files", exact=True).set_input_files(
        {"name": "needs.csv", "mimeType": "text/csv", "buffer": b"place,people\nTereni,40\n"}
    )
    press(page, "Attach")
    expect(page.get_by_role("main")).to_contain_text("Attached: needs.csv")

    with page.expect_download() as download:
        page.get_by_role("link", name="needs.csv").click()
    assert download.value.suggested_filename == "needs.csv"
    address = download.value.url
    outsider = desk("partner.un")
    assert outsider.request.get(address).status == 404


def sign_in_again(page, username):
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    page.locator("[name=login]").fill(username)
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def test_a_session_that_ends_while_typing_costs_no_word(desk):
    page = desk("sector.east")
    page.goto("/requests/new/civil_assistance/")
    fill(page, {"title": "Grader for the Tereni road"})
    expect(page.locator("[data-saved]")).to_contain_text("Saved")
    Session.objects.all().delete()
    fill(page, {"place": "Tereni, kilometre 4", "description": "Two culverts are gone."})
    expect(page.locator("[data-saved]")).to_contain_text("signed out")

    press(page, "Save draft")
    sign_in_again(page, "sector.east")
    expect(page.get_by_role("main")).to_contain_text("nothing was recorded")
    expect(page.get_by_role("main")).to_contain_text("Two culverts are gone.")
    press(page, "Send it now")

    expect(page.get_by_role("main")).to_contain_text("is saved as a draft")
    expect(page.locator("[name=place]")).to_have_value("Tereni, kilometre 4")
    assert AssistanceRequest.objects.get().description == "Two culverts are gone."


def test_a_confidential_form_never_lies_on_the_device_and_still_loses_no_word(desk):
    page = desk("partner.ngo")
    page.goto("/requests/new/security_assistance/")
    fill(page, {"title": "Escort to Leppko"})
    expect(page.locator("[data-saved]")).to_contain_text("Saved")
    Session.objects.all().delete()
    fill(page, {"threat_summary": "Two ambushes in three weeks."})
    expect(page.locator("[data-saved]")).to_contain_text("signed out")
    assert page.evaluate("localStorage.length") == 0

    press(page, "Save draft")
    sign_in_again(page, "partner.ngo")
    press(page, "Send it now")

    expect(page.locator("[name=threat_summary]")).to_have_value("Two ambushes in three weeks.")


def test_words_kept_from_an_ended_session_are_shown_to_nobody_else(desk):
    page = desk("partner.ngo", **NO_SCRIPT)
    page.goto("/requests/new/qip/")
    fill(page, {"title": "Latrines at Bikoro"})
    Session.objects.all().delete()
    press(page, "Save draft")

    sign_in_again(page, "partner.un")

    expect(page.get_by_role("heading", level=1)).to_contain_text("Quick Impact Project")
    expect(page.get_by_role("main")).not_to_contain_text("Latrines at Bikoro")
    expect(page.locator("[name=title]")).to_have_value("")


def test_signing_in_again_in_another_tab_lets_the_first_save(desk):
    page = desk("sector.east")
    page.goto("/requests/new/civil_assistance/")
    fill(page, {"title": "Grader for the Tereni road"})
    expect(page.locator("[data-saved]")).to_contain_text("Saved")
    Session.objects.all().delete()
    fill(page, {"place": "Tereni, kilometre 4"})
    expect(page.locator("[data-saved]")).to_contain_text("signed out")
    enter(page.context.new_page(), "sector.east")

    page.bring_to_front()
    page.locator("[name=contact]").fill("Sister Ana")

    expect(page.locator("[data-saved]")).to_contain_text(re.compile("^Saved"), timeout=15_000)
    rfa = AssistanceRequest.objects.get()
    assert (rfa.place, rfa.contact) == ("Tereni, kilometre 4", "Sister Ana")


def test_an_answer_given_after_the_session_ended_is_offered_again_and_given_once(desk):
    rfa = a_submitted()
    page = desk("chief.cimic")
    open_from_inbox(page, rfa.reference)
    fill(page, {"answer": "return", "verified": "reported", "remarks": "How many litres a day?"})
    Session.objects.all().delete()

    press(page, "Give the answer")
    assert Answer.objects.count() == 0
    sign_in_again(page, "chief.cimic")
    expect(page.get_by_role("main")).to_contain_text("How many litres a day?")
    press(page, "Send it now")

    expect(page.get_by_role("main")).to_contain_text("On the record")
    assert Answer.objects.get().remarks == "How many litres a day?"


def test_a_message_sent_after_the_session_ended_is_offered_again(desk):
    rfa = a_submitted()
    page = desk("chief.cimic", **NO_SCRIPT)
    page.goto(f"/register/{rfa.reference}/")
    fill(page, {"text": "Which borehole?"})
    Session.objects.all().delete()

    press(page, "Send")
    sign_in_again(page, "chief.cimic")
    press(page, "Send it now")

    expect(page).to_have_url(re.compile(f"/register/{rfa.reference}/#messages$"))
    expect(page.locator("#messages")).to_contain_text("Which borehole?")


def test_everything_to_submission_works_without_scripts(desk):
    page = desk("sector.east", **NO_SCRIPT)
    reference = ask(page, civil_answers())
    rfa = kept(reference)
    assert (rfa.status, rfa.people, rfa.place) == ("under_review", 255, "Tereni hospital")

    chief = desk("chief.cimic", **NO_SCRIPT)
    open_from_inbox(chief, reference)
    fill(chief, {"answer": "forward_recommended", "verified": "on_site"})
    press(chief, "Give the answer")
    expect(chief.get_by_role("main")).to_contain_text("On the record")


def test_rows_are_added_without_scripts_and_nothing_typed_is_lost(desk):
    page = desk("partner.ngo", **NO_SCRIPT)
    page.goto("/requests/new/qip/")
    answers = boxes_of(qip_answers())
    fill(page, answers)
    rows = page.locator('[name^="budget-"][name$="-item"]')
    before = rows.count()

    page.get_by_role("button", name="Add a line").click()

    assert rows.count() > before
    for name in ("title", "work_plan", "budget-1-item"):
        expect(page.locator(f'[name="{name}"]')).to_have_value(answers[name])
    last = page.locator(f'[name="budget-{before}-item"]')
    last.fill("Six doors")
    page.locator(f'[name="budget-{before}-quantity"]').fill("6")
    page.locator(f'[name="budget-{before}-unit_cost"]').fill("50")
    press(page, "Save draft")
    expect(page.get_by_role("main")).to_contain_text("is saved as a draft")
    budget = AssistanceRequest.objects.get().budget.order_by("pk")
    assert [str(line.amount) for line in budget] == ["6400.00", "1000.00", "300.00"]
