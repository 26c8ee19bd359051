"""The form without a browser: sums by the server, what looks alike, saving that is true."""

import datetime as dt

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from approvals.models import Step
from approvals.pages.sent import turns_of
from approvals.queries import route_of
from missions.calendar import calendar_of
from requests_app.models import AssistanceRequest, Attachment
from tests.builders import a_draft, a_mission, a_submitted, civil_answers, in_days, qip_answers, who

pytestmark = pytest.mark.django_db


def at(username="sector.east"):
    client = Client()
    client.force_login(who(username))
    return client


def notes(page):
    """The sections of a form's page with how far each is, in words."""
    return {
        (each["id"] if isinstance(each, dict) else each.id): (
            each["note"] if isinstance(each, dict) else each.note
        )
        for each in page.context["progress"]
    }


@pytest.mark.parametrize("kind", ["civil_assistance", "security_assistance", "qip"])
def test_a_new_form_says_of_each_section_in_words_how_far_it_is(kind):
    a_mission()

    page = at().get(f"/requests/new/{kind}/")

    assert page.status_code == 200
    assert set(notes(page).values()) == {"Not begun", "Only if it applies"}


def test_a_drafts_sections_are_done_open_or_not_begun():
    a_mission()
    answers = civil_answers(needed_by="", do_no_harm="", gender_protection="")
    draft = a_draft(answers | {"coordination_check": ""})

    page = at().get(f"/requests/{draft.reference}/edit/")

    assert notes(page) == {
        "what": "Done",
        "where": "Done",
        "when": "1 question open",
        "whom": "Done",
        "means": "Done",
        "care": "Not begun",
        "marks": "Only if it applies",
        "files": "Only if it applies",
    }


def typed(**boxes):
    """What the form of a new request sends, without a script."""
    totals = {
        f"{name}-{count}_FORMS": number
        for name in ("assets", "budget")
        for count, number in (("TOTAL", "2"), ("INITIAL", "0"))
    }
    return totals | boxes


def test_people_and_budget_are_added_up_by_the_server():
    a_mission()
    sent = typed(
        title="Latrines",
        women="1200",
        men="20",
        girls="",
        boys="5",
        **{
            "budget-0-item": "Cement",
            "budget-0-quantity": "100",
            "budget-0-unit_cost": "12.5",
            "budget-1-item": "Wages",
            "budget-1-quantity": "40",
            "budget-1-unit_cost": "25",
        },
    )

    page = at().post("/requests/new/qip/", sent, follow=True)

    shown = page.content.decode()
    assert "1,225</output>" in shown
    assert "1,250</output>" in shown
    assert "2,250</output>" in shown
    assert AssistanceRequest.objects.get().estimated_cost == 2250


def test_the_sums_of_what_was_typed_stand_beside_what_is_wrong_with_it():
    a_mission()

    page = at().post("/requests/new/qip/", typed(women="12", men="-3", girls="8"))

    assert page.status_code == 400
    assert "20</output>" in page.content.decode()
    assert notes(page)["whom"] == "1 answer to correct"


def test_the_cost_follows_the_budget_until_another_is_written():
    a_mission()
    client, draft = at(), a_draft(qip_answers(estimated_cost=None))

    def save(cost, price):
        draft.refresh_from_db()
        lines = {"budget-0-item": "Cement", "budget-0-quantity": "10"}
        lines |= {"budget-0-unit_cost": price, "estimated_cost": cost, "version": draft.version}
        client.post(f"/requests/{draft.reference}/edit/", typed(**lines))
        draft.refresh_from_db()
        return draft.estimated_cost

    assert save(str(draft.estimated_cost), "7") == 70
    assert save("70", "8") == 80
    assert save("95", "8") == 95
    assert save("95", "9") == 95


def test_what_was_not_ticked_is_not_ticked_when_the_form_is_shown_again():
    a_mission()

    page = at().post("/requests/new/civil_assistance/", typed(women="-1", works="on"))

    form = page.context["form"]
    assert "checked" in str(form["works"])
    assert "checked" not in str(form["low_profile"])
    assert "checked" not in str(form["ssr"])


def test_a_save_of_words_that_are_kept_already_contradicts_nothing():
    a_mission()
    client, draft = at(), a_draft()
    path, first = f"/requests/{draft.reference}/autosave/", draft.version
    sent = {"place": "Tereni market", "area": "Province East (CR01)", "sector": ""}

    saved = client.post(path, sent | {"version": first})
    again = client.post(path, sent | {"version": first})
    other = client.post(path, sent | {"version": first, "place": "Tereni hospital"})

    assert [answer.status_code for answer in (saved, again, other)] == [200, 200, 412]
    assert again.json()["version"] == saved.json()["version"] == first + 1
    assert AssistanceRequest.objects.get().place == "Tereni market"


def test_autosave_says_when_it_saved_and_how_far_each_section_is():
    a_mission()
    client = at()

    told = client.post(
        "/requests/new/civil_assistance/autosave/",
        typed(title="Grader for the Tereni road", women="x", mgrs="41L KK 268"),
    ).json()

    rfa = AssistanceRequest.objects.get()
    assert told["saved_at"].startswith(rfa.changed_at.isoformat()[:19])
    assert [error["field"] for error in told["errors"]] == ["women", "mgrs"]
    by_name = {section["id"]: section["note"] for section in told["sections"]}
    assert (by_name["what"], by_name["whom"]) == ("4 questions open", "1 answer to correct")


def test_of_the_grid_and_the_degrees_on_one_page_what_was_typed_anew_counts():
    a_mission()
    client, draft = at(), a_draft(civil_answers(mgrs="41L KK 26885 47523"))

    def save(**boxes):
        draft.refresh_from_db()
        sent = typed(version=draft.version, **boxes)
        client.post(f"/requests/{draft.reference}/edit/", sent)
        draft.refresh_from_db()
        return draft.latitude, draft.longitude

    kept = draft.latitude, draft.longitude
    grid = "41L KK 26885 47523"
    assert save(mgrs=grid, latitude="-9.6", longitude="60.6") == (-9.6, 60.6)
    moved = save(mgrs=grid, latitude="-9.6", longitude="60.6")
    assert moved == pytest.approx(kept, abs=0.0001)
    emptied = save(mgrs="", latitude=str(moved[0]), longitude=str(moved[1]))
    assert emptied == (None, None)


def test_the_page_reads_a_place_and_says_it_both_ways_and_errors_by_field():
    a_mission()
    client = at()

    read = client.get("/requests/place/", {"mgrs": "41L KK 26885 47523", "area": ""})
    back = client.get("/requests/place/", {"latitude": "-9.51234", "longitude": "60.51234"})
    wrong = client.get("/requests/place/", {"mgrs": "KK 268 475"})
    half = client.get("/requests/place/", {"latitude": "x", "longitude": "200"})

    assert read.json()["latitude"] == pytest.approx(-9.51234, abs=0.0001)
    assert back.json()["mgrs"] == "41L KK 26885 47523"
    assert (wrong.status_code, [e["field"] for e in wrong.json()["errors"]]) == (400, ["mgrs"])
    assert {e["field"] for e in half.json()["errors"]} == {"latitude", "longitude"}
    assert at("evaluator").get("/requests/place/").status_code == 403


def test_what_looks_alike_is_shown_to_who_writes_a_draft_as_far_as_they_may_see():
    a_mission()
    other = a_submitted(civil_answers(title="Water trucks for Tereni maternity ward"))
    hidden = a_submitted(civil_answers(title="Water trucking for Tereni ward"), by="partner.ngo")
    draft = a_draft(by="partner.un")
    path = f"/requests/{draft.reference}/alike/"

    mine = at("partner.un").get(path).content.decode()
    chiefs = a_draft(by="chief.cimic")
    seen = at("chief.cimic").get(f"/requests/{chiefs.reference}/alike/").content.decode()

    assert other.reference not in mine
    assert hidden.reference not in mine
    assert other.reference in seen
    assert "words shared" in seen
    assert at("sector.west").get(path).status_code == 404


def test_a_file_is_kept_by_itself_and_one_not_taken_says_why():
    a_mission()
    client, draft = at(), a_draft()
    path = f"/requests/{draft.reference}/files/"

    kept = client.post(path, {"file": SimpleUploadedFile("needs.csv", b"place\nTereni\n")})
    wrong = client.post(path, {"file": SimpleUploadedFile("tool.exe", b"MZ")})
    stranger = at("sector.west").post(path, {"file": SimpleUploadedFile("a.csv", b"a\n")})

    assert (kept.status_code, kept.json()["note"]) == (201, "1 file")
    assert "needs.csv" in kept.json()["list"]
    assert wrong.status_code == 400
    assert "Attach one of these kinds" in wrong.json()["detail"]
    assert stranger.status_code == 404
    assert Attachment.objects.get().name == "needs.csv"


def test_files_come_with_the_form_where_no_script_runs():
    a_mission()

    at().post(
        "/requests/new/civil_assistance/",
        typed(title="Grader", file=SimpleUploadedFile("road.csv", b"km\n4\n")),
    )

    assert Attachment.objects.get().rfa.title == "Grader"


def test_a_session_that_ends_keeps_the_words_and_names_the_files_to_choose_again():
    a_mission()
    client = at()
    client.get("/requests/")
    del client.cookies["sessionid"]
    path = "/requests/new/civil_assistance/"

    met = client.post(path, typed(title="Grader", file=SimpleUploadedFile("road.csv", b"km\n4\n")))
    client.force_login(who("sector.east"))
    session = client.session
    assert met.status_code == 302
    assert "unsent" in session
    offered = client.get(path).content.decode()

    assert "Grader" in offered
    assert "road.csv" in offered


def test_after_sending_each_stage_has_its_posts_and_the_latest_moment_by_the_records_limits():
    a_mission()
    rfa = a_submitted()

    turns = turns_of(list(route_of(rfa)))

    first = Step.objects.get(rfa=rfa, state="open")
    assert turns[0].is_open
    assert turns[0].ends_at == first.due_at
    assert [turn.decides for turn in turns].count(True) == 1
    ends = [turn.ends_at for turn in turns]
    assert ends == sorted(ends)
    calendar = calendar_of(rfa.mission)
    hours = max(step.normal_hours for step in rfa.steps.filter(stage=first.stage + 1))
    assert turns[1].ends_at == calendar.after(first.due_at, dt.timedelta(hours=hours))
    page = at().get(f"/requests/{rfa.reference}/sent/")
    assert page.status_code == 200
    assert page.content.decode().count("At the latest by") == len(turns) - 1


def test_the_check_page_has_a_change_link_for_each_section_and_says_the_place_both_ways():
    a_mission()
    answers = civil_answers(mgrs="41L KK 26885 47523", needed_by=in_days(9).isoformat())
    draft = a_draft(answers)

    page = at().get(f"/requests/{draft.reference}/check/").content.decode()

    for section in ("what", "where", "when", "whom", "means", "care", "marks", "files"):
        assert f"/edit/#{section}" in page
    assert "-9.51234, 60.51234 · 41L KK 26885 47523" in page
