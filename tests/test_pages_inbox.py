"""The inbox and the decision: read in one screen, answered by keyboard, on a phone too."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import connection
from django.test.utils import CaptureQueriesContext
from playwright.sync_api import expect

from approvals import services as approvals
from approvals.models import Answer
from approvals.queries import inbox_of
from requests_app.models import AssistanceRequest
from tests.builders import (
    CRITERIA,
    a_mission,
    a_submitted,
    carried_to,
    civil_answers,
    extreme_answers,
    give,
    open_step,
    qip_answers,
    security_answers,
    who,
)
from tests.calling import Caller
from tests.pages import PHONE, enter

AXE = Axe()
NARROW = PHONE | {"viewport": {"width": 360, "height": 740}}


def to_decide(count=1, **changes):
    return [
        carried_to(a_submitted(civil_answers(**changes)), "awaiting_decision") for _ in range(count)
    ]


def keys(page, *pressed):
    for key in pressed:
        page.keyboard.press(key)


def open_first_by_keys(page):
    page.goto("/inbox/")
    keys(page, "j", "Enter")
    expect(page.locator("[data-answering]")).to_be_visible()
    page.wait_for_load_state()  # the keys are the scripts'; they run before it


def choose_by_keys(page, word):
    """Go to the answer and walk down its words to one of them."""
    keys(page, "a")
    focused = page.locator(":focus")
    for _ in range(6):
        if focused.get_attribute("value") == word:
            page.keyboard.press("Space")
            break
        page.keyboard.press("ArrowDown")
    expect(page.locator(f'[name="answer"][value="{word}"]')).to_be_checked()


def tab_to(page, name):
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement?.name") == name:
            return
    raise AssertionError(f"no way by Tab to {name}")


@pytest.mark.browser
@pytest.mark.parametrize("options", [{}, PHONE], ids=["wide", "phone"])
def test_the_DSRSG_decides_with_the_keyboard_alone_and_goes_on_to_the_next(desk, options):
    first, second = to_decide(2)
    page = desk("dsrsg", **options)

    open_first_by_keys(page)
    expect(page.get_by_role("heading", level=1)).to_have_text(first.title)
    choose_by_keys(page, "approve_with_conditions")
    tab_to(page, "remarks")
    page.keyboard.type("Until the pump is mended: jkar?")
    tab_to(page, "conditions")
    page.keyboard.type("Two weeks at most")
    keys(page, "Control+Enter")

    expect(page.get_by_role("main")).to_contain_text("On the record: approved with conditions.")
    expect(page.locator(".crumbs")).to_contain_text(second.reference)
    given = Answer.objects.get(rfa=first, seat_kind="decision")
    assert (given.answer, given.remarks) == (
        "approve_with_conditions",
        "Until the pump is mended: jkar?",
    )
    assert given.conditions == ["Two weeks at most"]


@pytest.mark.browser
@pytest.mark.parametrize("options", [{}, PHONE], ids=["wide", "phone"])
def test_r_returns_a_request_with_its_reason(desk, options):
    (rfa,) = to_decide()
    page = desk("dsrsg", **options)
    open_first_by_keys(page)

    keys(page, "r")
    expect(page.locator('[name="remarks"]')).to_be_focused()
    page.keyboard.type("How many litres a day?")
    keys(page, "Control+Enter")

    expect(page).to_have_url(re.compile("/inbox/$"))
    rfa.refresh_from_db()
    assert rfa.status == "returned"


@pytest.mark.browser
@pytest.mark.parametrize("options", [{}, PHONE], ids=["wide", "phone"])
def test_the_office_puts_ready_and_the_DSRSG_gives_it_by_keys(desk, options):
    (rfa,) = to_decide()
    office, dsrsg = desk("dsrsg.office", **options), desk("dsrsg", **options)

    open_first_by_keys(office)
    choose_by_keys(office, "approve")
    tab_to(office, "remarks")
    office.keyboard.type("The ward has no other water.")
    keys(office, "Control+Enter")
    expect(office.get_by_role("main")).to_contain_text("Put ready for DSRSG/RC/HC to give.")
    dsrsg.goto("/inbox/")
    expect(dsrsg.get_by_role("main")).to_contain_text("Answer put ready")
    open_first_by_keys(dsrsg)
    keys(dsrsg, "a", "Control+Enter")

    expect(dsrsg.get_by_role("main")).to_contain_text("On the record: approved.")
    given = Answer.objects.get(rfa=rfa, seat_kind="decision")
    assert (given.by, given.remarks) == (who("dsrsg"), "The ward has no other water.")


@pytest.mark.browser
@pytest.mark.parametrize("options", [{}, PHONE], ids=["wide", "phone"])
def test_advisers_and_DMS_answer_by_keys(desk, options):
    carried_to(a_submitted(civil_answers(humanitarian=True)), "in_consultation")
    said = {"dms": "resourceable", "gender": "concerns", "cmcoord": "supports"}

    for username, word in said.items():
        page = desk(username, **options)
        open_first_by_keys(page)
        choose_by_keys(page, word)
        tab_to(page, "remarks")
        page.keyboard.type("Light the queue before dawn.")
        keys(page, "Control+Enter")
        expect(page.get_by_role("main")).to_contain_text("On the record")

    given = dict(Answer.objects.exclude(seat_kind="review").values_list("post__code", "answer"))
    assert given == said


@pytest.mark.browser
@pytest.mark.parametrize("options", [{}, PHONE], ids=["wide", "phone"])
def test_P39_the_designated_official_weighs_the_four_criteria_by_keys(desk, options):
    rfa = a_submitted(security_answers(requester_class="humanitarian"), by="partner.ngo")
    rfa = carried_to(rfa, "awaiting_decision")
    page = desk("designated.official", **options)

    open_first_by_keys(page)
    choose_by_keys(page, "approve")
    for criterion in CRITERIA:
        tab_to(page, f"{criterion}_met")
        page.keyboard.press("Space")
        tab_to(page, f"{criterion}_reason")
        page.keyboard.type("Weighed.")
    tab_to(page, "priority")
    page.keyboard.press("Space")
    tab_to(page, "remarks")
    page.keyboard.type("One convoy.")
    keys(page, "Control+Enter")

    expect(page.get_by_role("main")).to_contain_text("On the record: approved.")
    assert Answer.objects.get(rfa=rfa, seat_kind="decision").details["priority"] == 1


@pytest.mark.browser
def test_the_chief_and_operations_answer_by_keys(desk):
    rfa = a_submitted(security_answers(requester_class="mission_component"), by="sector.west")
    a_submitted()
    chief, ops = desk("chief.cimic"), desk("ops")

    open_first_by_keys(chief)
    choose_by_keys(chief, "forward_recommended")
    tab_to(chief, "verified")
    keys(chief, "Space", "Control+Enter")
    expect(chief.get_by_role("main")).to_contain_text("On the record")
    open_first_by_keys(ops)
    choose_by_keys(ops, "cannot_execute")
    tab_to(ops, "remarks")
    ops.keyboard.type("No vehicle until Monday.")
    keys(ops, "Control+Enter")
    expect(ops.get_by_role("main")).to_contain_text("On the record: cannot execute.")

    assert Answer.objects.get(rfa=rfa).remarks == "No vehicle until Monday."


@pytest.mark.browser
@pytest.mark.parametrize("options", [{}, PHONE], ids=["wide", "phone"])
def test_several_are_advised_on_at_once_by_keys(desk, options):
    for _ in range(3):
        carried_to(a_submitted(), "in_consultation")
    page = desk("gender", **options)
    page.goto("/inbox/")

    keys(page, "j", "x", "j", "x")
    bar = page.locator("[data-together-bar]")
    expect(bar).to_contain_text("2 chosen")
    bar.get_by_role("button", name="No view").focus()
    keys(page, "Enter")
    expect(page.get_by_role("dialog")).to_contain_text("none is undone")
    keys(page, "Enter")

    expect(page.get_by_role("main")).to_contain_text("2 on the record: no view.")
    expect(page.locator("[data-item]")).to_have_count(1)
    assert Answer.objects.filter(answer="no_view").count() == 2


@pytest.mark.browser
def test_the_bar_offers_only_what_fits_all_that_is_chosen(desk):
    a_submitted()
    Caller("unit.east").tell("extreme-situations/", extreme_answers(), expect=201)
    page = desk("chief.cimic")
    page.goto("/inbox/")
    bar = page.locator("[data-together-bar]")
    expect(bar).to_be_hidden()

    page.locator("[data-choose=forward_recommended]").check()
    expect(bar.get_by_role("button", name="Forward, recommended")).to_be_visible()
    expect(bar.get_by_role("button", name="Acknowledge")).to_be_hidden()
    page.locator("[data-choose=acknowledge]").check()
    expect(bar.get_by_role("button", name="Forward, recommended")).to_be_hidden()
    expect(bar.get_by_role("button", name="Acknowledge")).to_be_hidden()


@pytest.mark.browser
def test_the_keys_are_listed_and_can_be_turned_off_for_good(desk):
    to_decide(2)
    page = desk("dsrsg")
    page.goto("/inbox/")

    keys(page, "?")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("down and up the list")
    dialog.get_by_label("Single keys work").uncheck()
    keys(page, "Escape")
    page.reload()
    keys(page, "j", "?")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert page.evaluate("document.activeElement.tagName") == "BODY"

    page.get_by_role("button", name="Keys").click()
    page.get_by_role("dialog").get_by_label("Single keys work").check()
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    page.locator("body").click(position={"x": 2, "y": 300})
    keys(page, "j")
    expect(page.locator("[data-item] a").first).to_be_focused()


@pytest.mark.browser
def test_no_key_does_anything_while_one_types(desk):
    to_decide(2)
    page = desk("dsrsg")
    open_first_by_keys(page)
    address = page.url

    page.locator('[name="remarks"]').focus()
    page.keyboard.type("jkar?x")

    expect(page.locator('[name="remarks"]')).to_have_value("jkar?x")
    assert page.url == address
    expect(page.get_by_role("dialog")).to_have_count(0)


@pytest.mark.browser
def test_what_narrows_the_inbox_stands_in_the_address_and_stays(desk):
    a_submitted()
    a_submitted(civil_answers(area="CR02"), by="sector.west")
    a_submitted(qip_answers(), by="partner.ngo")
    a_submitted(qip_answers(), by="partner.un")
    page = desk("chief.cimic")
    page.goto("/inbox/")
    expect(page.locator("[data-item]")).to_have_count(4)

    page.get_by_label("Kind").select_option("qip")
    expect(page).to_have_url(re.compile(r"/inbox/\?kind=qip$"))
    expect(page.locator("[data-item]")).to_have_count(2)
    keys(page, "j", "Enter")
    expect(page.locator(".around")).to_contain_text("1 of 2")
    keys(page, "j")
    expect(page.locator(".around")).to_contain_text("2 of 2")
    expect(page).to_have_url(re.compile(r"/steps/\d+/\?kind=qip$"))
    page.get_by_role("link", name="Inbox").nth(1).click()
    expect(page).to_have_url(re.compile(r"/inbox/\?kind=qip$"))
    page.get_by_role("link", name="Show all of it").click()
    expect(page.locator("[data-item]")).to_have_count(4)


@pytest.mark.browser
def test_the_conditions_proposed_are_taken_over_at_a_press(desk):
    rfa = carried_to(a_submitted(), "in_consultation")
    give(
        rfa.steps.get(seat_kind="capability"),
        "resourceable_with_conditions",
        conditions=["One truck", "Ten days"],
    )
    carried_to(rfa, "awaiting_decision")
    page = desk("dsrsg")
    open_first_by_keys(page)

    page.get_by_role("button", name="Take over the conditions proposed").click()

    expect(page.locator('[name="conditions"]')).to_have_value("One truck\nTen days")
    expect(page.locator('[value="approve_with_conditions"]')).to_be_checked()


@pytest.mark.browser
def test_a_decision_is_read_in_one_screen(desk):
    rfa = carried_to(
        a_submitted(
            civil_answers(
                assets=[{"asset": "Water truck", "quantity": 2}],
                last_resort="Every commercial tanker is under contract.",
                ends_on="2027-01-31",
                hand_back_plan="The town's own tanker from February.",
            )
        ),
        "in_consultation",
    )
    give(rfa.steps.get(seat="gender_advice"), "objects", remarks="Nobody asked the women.")
    give(
        rfa.steps.get(seat_kind="capability"),
        "resourceable_with_conditions",
        conditions=["One truck"],
        details={"appropriate": True, "resourceable": True},
    )
    carried_to(rfa, "awaiting_decision")
    page = desk("dsrsg")
    page.set_viewport_size({"width": 1440, "height": 1000})
    open_first_by_keys(page)

    for words in (
        "forty patients carry water",
        "Every commercial tanker is under contract.",
        "Nobody asked the women.",
        "2 × Water truck",
        "One truck",
        "Can be resourced, with conditions",
        "Give the answer",
    ):
        expect(page.get_by_role("main").get_by_text(words).first).to_be_in_viewport()
    first = page.locator("#answers article").first
    expect(first).to_contain_text("Objects")


@pytest.mark.browser
def test_nobody_is_shut_out_in_either_colours_and_nothing_scrolls_sideways(desk):
    rfa = carried_to(a_submitted(), "in_consultation")
    to_decide(2)
    places = {
        "inbox": ("gender", "/inbox/"),
        "narrowed": ("gender", "/inbox/?kind=qip"),
        "advice": ("gender", f"/steps/{rfa.steps.get(seat='gender_advice').pk}/"),
        "decision": ("dsrsg", f"/steps/{inbox_of(who('dsrsg'))[0].pk}/"),
    }
    broken, wide = {}, {}
    for options in ({}, NARROW):
        for name, (username, address) in places.items():
            page = enter(desk.new_page(**options), username)
            for colours in ("light", "dark"):
                page.emulate_media(color_scheme=colours)
                page.goto(address)
                if page.locator("[data-choose]").count():
                    page.locator("[data-choose]").first.check()
                for found in AXE.run(page).response["violations"]:
                    where = [node["target"] for node in found["nodes"]][:3]
                    broken[name, colours, bool(options), found["id"]] = where
            over = page.evaluate("document.scrollingElement.scrollWidth - window.innerWidth")
            if over > 0:
                wide[name, bool(options)] = over

    assert broken == {}
    assert wide == {}


@pytest.mark.django_db
def test_without_scripts_the_inbox_narrows_and_answers_and_says_what_it_lacks(client):
    a_mission()
    a_submitted()
    client.force_login(who("chief.cimic"))

    page = client.get("/inbox/?kind=qip").content.decode()
    wrong = client.get("/inbox/?kind=everything").content.decode()
    late = client.get("/inbox/?overdue=1").content.decode()

    assert "Nothing here waits on you" in page
    assert "everything" in wrong
    assert "Water trucking" in wrong
    assert "Nothing here waits on you" in late


@pytest.mark.django_db
def test_an_answer_given_anew_stands_beside_the_old_and_the_page_says_so(client):
    a_mission()
    rfa = carried_to(a_submitted(), "in_consultation")
    step = rfa.steps.get(seat="gender_advice")
    give(step, "objects", remarks="Nobody asked the women.")
    client.force_login(who("gender"))

    before = client.get(f"/steps/{step.pk}/supersede/").content.decode()
    rfa.refresh_from_db()
    client.post(
        f"/steps/{step.pk}/supersede/",
        {"answer": "supports", "remarks": "They were asked.", "revision": rfa.revision},
    )
    case = client.get(f"/register/{rfa.reference}/").content.decode()

    assert "The answer that stands is kept" in before
    assert "They were asked." in case
    assert "Superseded: Gender adviser, Objects" in case


def statements(client, path):
    client.get(path)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path).status_code == 200
    return len(queries)


@pytest.mark.django_db
@pytest.mark.parametrize("username", ["chief.cimic", "gender", "dsrsg.office"])
def test_the_inbox_costs_the_same_statements_for_3_lines_as_for_30(client, username):
    a_mission()
    client.force_login(who(username))

    def add(count):
        for _ in range(count):
            rfa = a_submitted()
            if username != "chief.cimic":
                carried_to(rfa, "in_consultation" if username == "gender" else "awaiting_decision")

    add(3)
    few = statements(client, "/inbox/")
    add(27)

    assert statements(client, "/inbox/") == few


@pytest.mark.django_db
def test_a_step_costs_the_same_statements_however_much_was_said(client):
    a_mission()
    rfa = carried_to(a_submitted(), "awaiting_decision")
    step = open_step(rfa)
    client.force_login(who("dsrsg"))
    approvals.say(rfa=rfa, actor=who("dms"), text="@dsrsg: fuel is there.", internal=True)
    carried_to(a_submitted(), "awaiting_decision")  # a look-alike that is there to be read
    few = statements(client, f"/steps/{step.pk}/")
    for number in range(20):
        approvals.say(rfa=rfa, actor=who("dms"), text=f"Note {number}", internal=True)
    for _ in range(10):
        carried_to(a_submitted(), "awaiting_decision")

    many = statements(client, f"/steps/{step.pk}/")

    assert AssistanceRequest.objects.count() == 12
    assert many <= few
