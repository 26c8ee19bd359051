"""A Chief UN-CIMIC writes the mission's process on its pages; both sign, the SRSG promulgates."""

import re

import pytest
from playwright.sync_api import Page, expect

from approvals import services
from approvals.models import Process
from missions.models import Post
from tests.builders import in_days, who
from tests.pages import PHONE, fill, press
from tests.test_processes import QUICKER, a_draft, again, content_of, signed

pytestmark = pytest.mark.browser

CAPABILITY = "stages-3-seats-6"
NOT_CONSULTED = "DMS/CMS is not consulted on some requests"


def main(page: Page):
    return page.get_by_role("main")


def draft_on(page: Page) -> Process:
    """Open a draft of the civil assistance process by its button."""
    page.goto("/processes/")
    section = main(page).locator("#civil_assistance")
    section.get_by_role("button", name=re.compile("^Draft")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Change the draft")
    return Process.objects.get(state="draft")


def test_a_process_is_drafted_mended_co_signed_by_two_and_promulgated(desk):
    chief = desk("chief.cimic")
    process = draft_on(chief)
    expect(chief.locator("#process-check")).to_contain_text("rules hold")
    expect(chief.locator("#process-changed")).to_contain_text("No word differs")

    fill(chief, {f"{CAPABILITY}-condition": "works"})  # checked as one types
    expect(chief.locator(f"#blames-{CAPABILITY}")).to_contain_text(NOT_CONSULTED)
    expect(chief.locator(f"#blames-{CAPABILITY}")).to_contain_text("para 36")
    expect(chief.locator("#process-check")).to_contain_text("nobody can sign it")
    expect(chief.locator("#process-changed")).to_contain_text("Asked: always → construction")
    press(chief, "Save the draft")
    expect(main(chief)).to_contain_text("Saved. One rule is broken")
    expect(chief.locator(f"#blames-{CAPABILITY}")).to_contain_text(NOT_CONSULTED)

    dsrsg = desk("dsrsg")
    dsrsg.goto(f"/processes/{process.pk}/co-sign/")
    expect(main(dsrsg)).to_contain_text("What breaks the policy cannot be signed")
    expect(dsrsg.get_by_role("button", name="Sign these words")).to_have_count(0)

    fill(
        chief,
        {
            f"{CAPABILITY}-condition": "always",
            f"{CAPABILITY}-normal_hours": "48",
            "reason": "The rains cut the road.",
        },
    )
    expect(chief.locator("#process-check")).to_contain_text("rules hold")
    expect(chief.locator(f"#blames-{CAPABILITY}")).to_be_empty()
    press(chief, "Save the draft")
    expect(main(chief)).to_contain_text("Every rule holds: it may be signed")
    expect(main(chief)).to_contain_text("Waits for the signature of: DSRSG/RC/HC, Head of")

    dms = desk("dms")
    dms.goto(f"/processes/{process.pk}/")
    fill(dms, {"text": "Two days will do."})
    press(dms, "Comment")
    expect(dms.locator("#comments")).to_contain_text("Two days will do.")

    for name in ("dsrsg", "homc"):
        page = desk(name)
        page.goto(f"/processes/{process.pk}/")
        main(page).get_by_role("link", name="Read and co-sign").click()
        expect(main(page)).to_contain_text("Normal limit: 96 h → 48 h")
        expect(main(page)).to_contain_text(again(process).digest)
        press(page, "Sign these words")
        expect(main(page)).to_contain_text("Signed, over these very words.")

    srsg = desk("srsg")
    srsg.goto(f"/processes/{process.pk}/")
    main(srsg).get_by_role("link", name="Promulgate").click()
    fill(srsg, {"in_force_from": in_days(-3).isoformat()})
    press(srsg, "Promulgate")
    expect(main(srsg)).to_contain_text("This day is past")
    fill(srsg, {"in_force_from": in_days(0).isoformat()})
    press(srsg, "Promulgate")
    expect(main(srsg)).to_contain_text("is promulgated, in force from")
    srsg.goto("/processes/")
    expect(main(srsg).locator("#civil_assistance")).to_contain_text("In force")
    assert again(process).definition.as_json() == content_of(**QUICKER)


def test_the_editor_works_without_a_script_and_loses_nothing_typed(desk):
    page = desk("cimic.staff", java_script_enabled=False)
    process = draft_on(page)

    fill(page, {"name": "Civil assistance in Carana"})
    main(page).get_by_role("button", name="Add a seat to stage 3").click()
    expect(main(page)).to_contain_text("Not saved yet")
    expect(page.locator("[name=name]")).to_have_value("Civil assistance in Carana")
    expect(page.locator('[name="stages-3-seats-7-normal_hours"]')).to_have_value("72")
    press(page, "Save the draft")
    expect(main(page)).to_contain_text("Not saved: 2 boxes are to be filled in")
    expect(page.get_by_role("alert")).to_contain_text("Stage 3, seat 7: Choose one.")
    expect(page.locator("#stages-3-seats-7-role-error")).to_contain_text("Choose one.")
    fill(
        page,
        {
            "stages-3-seats-7-label": "UNDSS advice",
            "stages-3-seats-7-role": "undss",
            "stages-3-seats-7-condition": "public_order",
            "stages-3-seats-7-time_sensitive_hours": "100",
        },
    )
    press(page, "Check")
    expect(page.locator("#blames-stages-3-seats-7")).to_contain_text("takes longer when time is")
    fill(page, {"stages-3-seats-7-time_sensitive_hours": "24"})
    main(page).get_by_role("button", name="Move up: UNDSS advice").click()
    expect(page.locator('[name="stages-3-seats-6-label"]')).to_have_value("UNDSS advice")
    main(page).get_by_role("button", name="Move stage 4 up").click()
    expect(page.locator("#blames-stages-4")).to_contain_text("would take the record back")
    main(page).get_by_role("button", name="Move stage 3 down").click()
    main(page).get_by_role("button", name="Add a stage").click()
    main(page).get_by_role("button", name="Remove stage 6").click()
    main(page).get_by_role("button", name="Remove: UNPOL advice").click()
    press(page, "Save the draft")
    expect(main(page)).to_contain_text("Every rule holds")

    seats = [seat.code for seat in again(process).definition.stages[2].seats]
    assert seats == [
        "cmcoord_advice",
        "civil_affairs_advice",
        "gender_advice",
        "human_rights_advice",
        "undss_advice",
        "mission_support",
    ]
    assert again(process).definition.name == "Civil assistance in Carana"


def test_a_stale_change_is_shown_with_what_differs_and_keeps_what_was_typed(desk):
    page = desk("chief.cimic")
    process = draft_on(page)
    fill(page, {f"{CAPABILITY}-normal_hours": "72"})
    services.change_process(
        process=process, actor=who("cimic.staff"), edit=1, content=content_of(**QUICKER)
    )

    press(page, "Save the draft")

    expect(page.get_by_role("alert")).to_contain_text("Somebody changed this draft")
    expect(page.get_by_role("alert")).to_contain_text("Normal limit: 48 h → 72 h")
    expect(page.locator(f'[name="{CAPABILITY}-normal_hours"]')).to_have_value("72")
    press(page, "Save the draft")
    expect(main(page)).to_contain_text("Every rule holds")
    assert again(process).edit == 3


def test_words_that_changed_under_the_signers_eyes_are_not_signed(desk):
    process = a_draft()
    page = desk("homc")
    page.goto(f"/processes/{process.pk}/co-sign/")
    services.change_process(
        process=process,
        actor=who("chief.cimic"),
        edit=1,
        content=content_of(mission_support={"normal_hours": 24}),
    )

    press(page, "Sign these words")

    expect(page.get_by_role("alert")).to_contain_text("read it again")
    expect(main(page)).to_contain_text("Normal limit: 96 h → 24 h")
    press(page, "Sign these words")
    expect(main(page)).to_contain_text("Signed, over these very words.")


def test_what_a_reader_may_not_do_is_not_offered_and_is_refused(desk):
    process = signed(a_draft())
    services.comment_on_process(process=process, actor=who("dms"), text="Two days will do.")

    partner = desk("partner.ngo")
    partner.goto(f"/processes/{process.pk}/")
    expect(main(partner)).to_contain_text("DMS/CMS capability")
    expect(main(partner)).not_to_contain_text("Two days will do.")
    expect(main(partner).get_by_role("button")).to_have_count(0)
    for path, status in (("edit", 403), ("co-sign", 403), ("promulgate", 403), ("discard", 403)):
        answered = partner.goto(f"/processes/{process.pk}/{path}/")
        assert answered.status == status
    assert partner.goto("/processes/4711/").status == 404
    assert partner.goto("/processes/baseline/nowhere/").status == 404
    assert partner.goto("/processes/baseline/qip/").status == 200
    expect(main(partner)).to_contain_text("Project review committee")


def test_a_draft_is_given_up_with_a_reason_and_kept(desk):
    process = a_draft()
    page = desk("chief.cimic")
    page.goto(f"/processes/{process.pk}/")
    main(page).get_by_role("link", name="Discard the draft").click()
    fill(page, {"reason": "The baseline will do."})
    press(page, "Discard the draft")

    expect(main(page)).to_contain_text("is discarded")
    page.goto(f"/processes/{process.pk}/")
    expect(page.locator("#history")).to_contain_text("The baseline will do.")
    assert again(process).state == "discarded"


def test_the_pages_hold_on_a_phone(desk):
    process = a_draft(mission_support={"condition": "works"})
    page = desk("chief.cimic", **PHONE)

    for path in ("", f"{process.pk}/", f"{process.pk}/edit/", "baseline/qip/"):
        page.goto(f"/processes/{path}")
        wide = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
        assert not wide, path
    page.goto(f"/processes/{process.pk}/edit/")
    expect(page.locator(f"#blames-{CAPABILITY}")).to_contain_text(NOT_CONSULTED)


def test_a_role_without_a_post_is_not_offered_but_stays_where_it_is_chosen(desk):
    process = a_draft()
    Post.objects.filter(code="unpol").update(role="gender")
    page = desk("chief.cimic")
    page.goto(f"/processes/{process.pk}/edit/")

    expect(page.locator('[name="stages-3-seats-5-role"]')).to_have_value("unpol")
    expect(page.locator("#stages-3-seats-5-role-error")).to_contain_text("no post for this")
    expect(page.locator('[name="stages-3-seats-1-role"] option[value="unpol"]')).to_have_count(0)
    expect(page.locator('[name="stages-3-seats-1-role"] option[value="partner"]')).to_have_count(0)
