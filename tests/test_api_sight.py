"""Who sees what: every door asks the same question, and outside one's sight is 404."""

import csv

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from approvals import services as approvals
from approvals.queries import visible_to
from requests_app.models import AssistanceRequest
from tests.builders import (
    POSTS,
    a_draft,
    a_mission,
    a_submitted,
    carried_to,
    civil_answers,
    give,
    open_step,
    security_answers,
    who,
)
from tests.calling import Caller

pytestmark = pytest.mark.django_db


@pytest.fixture
def records() -> dict[str, AssistanceRequest]:
    """One record of each sort that somebody must not see."""
    a_mission()
    a_mission("UNEX")
    return {
        "east": a_submitted(civil_answers(title="East open")),
        "west": a_submitted(civil_answers(title="West open", area="CR02"), by="sector.west"),
        "draft": a_draft(civil_answers(title="East draft")),
        "ngo": a_submitted(civil_answers(title="Of the NGO"), by="partner.ngo"),
        "wfp": a_submitted(civil_answers(title="Of WFP", area="CR02"), by="partner.un"),
        "secret": a_submitted(
            civil_answers(title="Strict", classification="strictly_confidential"),
            by="sector.east",
        ),
        "confidential": a_submitted(
            civil_answers(title="Confidential", classification="confidential"), by="civil.affairs"
        ),
        "hidden": a_submitted(
            security_answers(title="Hidden escort", classification="unclassified"),
            by="partner.ngo",
        ),
        "elsewhere": a_submitted(civil_answers(title="Another mission"), by="unex.sector.east"),
    }


OPEN = {"east", "west", "ngo", "wfp"}
SEEN = {
    "unit.east": set(),
    "unit.west": set(),
    "sector.east": {"east", "ngo", "draft", "secret", "confidential"},
    "sector.west": {"west", "wfp"},
    "chief.cimic": OPEN | {"secret", "confidential", "hidden"},
    # the Chief's office sees what is put to the Chief, save what is hidden from the force, and
    # what is strictly confidential where the office itself is not cleared for it
    "cimic.staff": OPEN | {"confidential"},
    "cmcoord": OPEN | {"confidential", "hidden"},
    "civil.affairs": OPEN | {"confidential", "hidden"},
    "gender": set(),
    "human.rights": set(),
    "unpol": set(),
    "qip.manager": OPEN | {"hidden"},
    "dms": OPEN | {"hidden"},
    "dsrsg": OPEN | {"secret", "confidential", "hidden"},
    "dsrsg.office": OPEN | {"secret", "confidential", "hidden"},
    "dsrsg.political": OPEN | {"confidential", "hidden"},
    "designated.official": OPEN | {"secret", "confidential", "hidden"},
    "undss": OPEN | {"confidential", "hidden"},
    "ops": OPEN | {"confidential"},
    "homc": OPEN | {"secret", "confidential"},
    "srsg": OPEN | {"secret", "confidential", "hidden"},
    "cos": OPEN | {"secret", "confidential", "hidden"},
    "evaluator": OPEN | {"confidential", "hidden"},
    "records.officer": OPEN | {"secret", "confidential", "hidden"},
    "partner.ngo": {"ngo", "hidden"},
    "partner.un": {"wfp"},
    "admin": set(),
}


def test_every_account_of_the_contract_is_in_the_matrix():
    assert set(SEEN) == set(POSTS)


@pytest.mark.parametrize("username", SEEN)
def test_list_record_history_search_and_export_show_the_same_and_nothing_else(records, username):
    seen = {records[name].reference for name in SEEN[username]}
    caller = Caller(username)

    listed = {line["reference"] for line in caller.read("requests/?page_size=200")["results"]}
    statuses = {
        name: caller.get(f"/api/v1/requests/{rfa.reference}/").status_code
        for name, rfa in records.items()
    }
    histories = {
        name: caller.get(f"/api/v1/requests/{rfa.pk}/history/").status_code
        for name, rfa in records.items()
    }
    searched = {line["reference"] for line in caller.read("requests/?search=Tereni")["results"]} | {
        line["reference"] for line in caller.read("requests/?search=Hidden")["results"]
    }
    export = caller.get("/api/v1/register.csv")
    text = b"".join(export.streaming_content).decode()
    exported = {line["Reference"] for line in csv.DictReader(text.splitlines())}

    wanted = {name: 200 if name in SEEN[username] else 404 for name in records}
    assert listed == seen
    assert (statuses, histories) == (wanted, wanted)
    assert searched == seen
    assert exported == seen
    assert export["X-Rows"] == str(len(seen))
    assert {rfa.reference for rfa in visible_to(who(username))} == seen


@pytest.mark.parametrize("username", ["ops", "homc", "sector.west", "unit.east", "cimic.staff"])
def test_P39_no_door_tells_the_force_of_a_hidden_request(records, username):
    rfa = records["hidden"]
    step = open_step(rfa)
    caller = Caller(username)
    kept = approvals.attach(
        rfa=rfa,
        actor=who("partner.ngo"),
        upload=SimpleUploadedFile("route.txt", b"Galasi to Leppko"),
    )

    answers = [
        caller.get(f"/api/v1/requests/{rfa.reference}/"),
        caller.get(f"/api/v1/requests/{rfa.pk}/"),
        caller.get(f"/api/v1/requests/{rfa.reference}/history/"),
        caller.get(f"/api/v1/steps/{step.pk}/"),
        caller.post(f"/api/v1/steps/{step.pk}/answers/", {"answer": "return"}, format="json"),
        caller.post(f"/api/v1/steps/{step.pk}/supersede/", {}, format="json"),
        caller.post(f"/api/v1/requests/{rfa.reference}/messages/", {"text": "?"}, format="json"),
        caller.post(f"/api/v1/requests/{rfa.reference}/start/", {}, format="json"),
    ]
    caller.force_login(who(username))
    pages = [
        caller.get(f"/register/{rfa.reference}/"),
        caller.get(f"/register/{rfa.reference}/files/{kept.pk}/"),
        caller.get(f"/files/{kept.pk}/"),
        caller.get(f"/steps/{step.pk}/"),
    ]

    assert {answer.status_code for answer in answers + pages} == {404}
    assert rfa.reference not in str(caller.read("inbox/"))
    assert rfa.reference not in str(caller.read("requests/?waiting_on=chief.cimic"))
    for page in ("/register/", "/register/?search=Hidden", "/inbox/", "/requests/", "/extreme/"):
        assert rfa.reference not in caller.get(page, follow=True).content.decode()


def test_a_partner_reads_the_decision_but_not_the_advice_nor_what_is_said_inside(records):
    rfa = carried_to(records["ngo"], "in_consultation")
    give(rfa.steps.get(seat="gender_advice"), "objects", remarks="Nobody asked the women.")
    approvals.say(rfa=rfa, actor=who("ops"), text="The platoon is on leave.", internal=True)
    approvals.say(rfa=rfa, actor=who("ops"), text="We come on Tuesday.")
    carried_to(rfa, "awaiting_decision")
    give(open_step(rfa), "not_approve", remarks="WFP delivers there.")

    partner = Caller("partner.ngo").read(f"requests/{rfa.reference}/")
    chief = Caller("chief.cimic").read(f"requests/{rfa.reference}/")
    history = str(Caller("partner.ngo").read(f"requests/{rfa.reference}/history/"))

    assert "Nobody asked the women." in str(chief)
    assert "The platoon is on leave." in str(chief)
    for text in (str(partner), history):
        assert "Nobody asked the women." not in text
        assert "The platoon is on leave." not in text
        assert "objects" not in text.replace("'objects', 'no_view'", "")
        assert "WFP delivers there." in text
    assert "We come on Tuesday." in str(partner)


def test_a_partner_may_not_speak_inside_the_mission(records):
    told = Caller("partner.ngo").tell(
        f"requests/{records['ngo'].reference}/messages/",
        {"text": "Hello", "internal": True},
        expect=403,
    )

    assert "the mission's own" in told["detail"]


@pytest.mark.parametrize("username", POSTS)
def test_every_account_reads_its_own_inbox(records, username):
    steps = Caller(username).read("inbox/")["results"]

    assert all(step["state"] == "open" for step in steps)
    if username == "chief.cimic":
        assert len(steps) == 7
        assert sorted(steps, key=lambda step: step["due_at"]) == steps


def queries_for(caller: Caller, path: str) -> int:
    """How many queries a list costs."""
    caller.get(f"/api/v1/{path}")
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert caller.get(f"/api/v1/{path}").status_code == 200
    return len(queries)


@pytest.mark.parametrize("path", ["requests/?page_size=200", "inbox/?page_size=200"])
def test_a_list_costs_the_same_queries_for_3_lines_as_for_30(path):
    a_mission()
    caller = Caller("chief.cimic")
    for _ in range(3):
        a_submitted()
    few = queries_for(caller, path)
    for _ in range(27):
        a_submitted()

    many = queries_for(caller, path)

    assert len(caller.read(path)["results"]) == 30
    assert many == few


def test_pages_of_a_list_meet_without_a_gap_or_a_line_twice():
    a_mission()
    wanted = [a_submitted().reference for _ in range(7)][::-1]
    caller = Caller("chief.cimic")
    seen: list[str] = []
    path = "requests/?page_size=3"

    for _ in range(4):
        page = caller.read(path)
        seen += [line["reference"] for line in page["results"]]
        if not page["next"]:
            break
        path = page["next"].split("/api/v1/")[1]
    back = caller.read(page["previous"].split("/api/v1/")[1])

    assert seen == wanted
    assert [line["reference"] for line in back["results"]] == wanted[3:6]
