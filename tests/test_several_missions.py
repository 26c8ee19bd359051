"""Two missions on one server, posts of one code in each: neither sees a thing of the other."""

import re

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client

from ledger.models import Entry
from ledger.verification import verify
from missions.models import Mission, Organisation, Post, User
from notices import services as notices
from notices.models import Letter, Notice
from records.compliance import summary
from tests.builders import (
    a_mission,
    a_refused,
    a_started,
    a_submitted,
    civil_answers,
    extreme_answers,
    qip_answers,
    who,
)
from tests.calling import Caller

pytestmark = pytest.mark.django_db

# What stands in every record, person and place of the one mission, and nowhere else.
MARK = "Quagga"
LOOKERS = ("chief.cimic", "cos", "records.officer", "partner.ngo", "admin", "sector.east")
LISTS = [
    "me/",
    "requests/",
    f"requests/?search={MARK}",
    "inbox/",
    "notices/",
    "priorities/",
    "complaints/",
    "referrals/",
    "standing-policies/",
    "delegations/",
    "handover/",
    "protection-duties/",
    "processes/",
    "views/",
    "exports/",
    "imports/",
    "archive/",
    "archive/summary/",
    "archive/classes/",
    "ledger/",
    "ledger/erasures/",
    "webhooks/",
    "compliance/",
    "compliance/extreme/",
    "statistics/",
    "register.csv",
    "register.json",
    "register.geojson",
    "register.csv?view=4w",
    "register.xlsx",
]
PAGES = [
    "/register/",
    f"/register/?search={MARK}",
    "/map/",
    "/inbox/",
    "/requests/",
    "/compliance/",
    "/evaluation/",
    "/notices/?which=all",
    "/complaints/",
    "/priorities/",
    "/processes/",
    "/handover/",
    "/archive/",
    "/ledger/",
    "/webhooks/",
    "/follow-ups/",
    "/extreme/",
    "/help/",
]


@pytest.fixture
def both():
    """One mission with records at every turn, and another beside it with one of its own."""
    a_mission()
    mine = {"title": f"{MARK} matter", "place": f"{MARK} ford"}
    references = [
        a_submitted(civil_answers(**mine)).reference,
        a_submitted(civil_answers(**mine), by="partner.ngo").reference,
        a_submitted(qip_answers(**mine)).reference,
        a_started(civil_answers(**mine)).reference,
        a_refused().reference,
        Caller("unit.east").tell("extreme-situations/", extreme_answers(**mine), expect=201)[
            "reference"
        ],
    ]
    User.objects.update(first_name=MARK)
    Organisation.objects.filter(name="Relief for Carana").update(acronym=MARK)
    Caller("chief.cimic").tell(
        "complaints/", {"matter": f"{MARK} dust", "received_at": "2026-11-01"}, expect=201
    )
    a_mission("UNIT")
    notices.sweep()
    summary.catch_up(Mission.objects.get(code="UNIT"))
    summary.catch_up(Mission.objects.get(code="UNAC"))
    return references


def test_no_list_search_export_statistic_page_or_record_of_one_mission_is_seen_in_the_other(both):
    answered = 0
    for username in LOOKERS:
        foreign = Caller(f"unit.{username}")
        browser = Client()
        browser.force_login(who(f"unit.{username}"))
        for path in LISTS:
            answer = foreign.get(f"/api/v1/{path}")
            assert answer.status_code < 500, (username, path)
            said = answer.getvalue()
            asked = f"search={MARK}".encode()
            assert MARK.encode() not in said.replace(asked, b""), (username, path)
            assert b"UNAC-" not in said, (username, path)
            answered += answer.status_code == 200
        for path in PAGES:
            answer = browser.get(path)
            assert answer.status_code < 500, (username, path)
            said = re.sub(rf'(search=|value="|“|q=){MARK}', "", answer.content.decode())
            assert f"{MARK} matter" not in said, (username, path)
            assert "UNAC-" not in said, (username, path)
        for reference in both:
            for rest in ("", "history/", "proof/", "attachments/", "look-alikes/"):
                answer = foreign.get(f"/api/v1/requests/{reference}/{rest}")
                assert answer.status_code in {403, 404, 405}, (username, reference, rest)
            assert browser.get(f"/register/{reference}/").status_code == 404
    assert answered > 100  # most of it was open to most of them


def test_what_one_mission_counts_does_not_count_the_others(both):
    theirs = Caller("unit.chief.cimic")
    assert theirs.read("requests/")["results"] == []
    rows = theirs.read("compliance/?from=2026-01-01&to=2027-01-01")
    of_records = {row["row"]: row["applied"] for row in rows if row["of"] == "records"}
    assert set(of_records.values()) == {0}, of_records
    ours = Caller("chief.cimic").read("compliance/?from=2026-01-01&to=2027-01-01")
    assert sum(row["applied"] for row in ours if row["of"] == "records") > 10
    said = theirs.get("/api/v1/register.csv").getvalue().decode()
    assert len(said.splitlines()) == 1


def test_nobody_of_the_other_mission_is_told_or_sent_anything(both):
    theirs = User.objects.filter(appointments__post__mission__code="UNIT")
    assert Notice.objects.exists()
    assert not Notice.objects.filter(person__in=theirs).exists()
    assert not Letter.objects.filter(person__in=theirs).exists()
    addresses = {to for letter in mail.outbox for to in letter.to}
    assert not addresses & set(theirs.values_list("email", flat=True))


def test_no_act_reaches_a_record_of_the_other_mission(both):
    foreign = Caller("unit.chief.cimic")
    for reference in both:
        for act in ("submit", "withdraw", "cancel", "close", "messages", "task/start", "referrals"):
            answer = foreign.post(f"/api/v1/requests/{reference}/{act}/", {}, format="json")
            assert answer.status_code == 404, (reference, act)
    ours = Caller("chief.cimic").read("inbox/")["results"]
    assert ours
    for step in ours:
        body = {"answer": "forward_recommended", "revision": 1}
        answer = foreign.post(f"/api/v1/steps/{step['id']}/answers/", body, format="json")
        assert answer.status_code == 404


def test_an_administrator_finds_and_changes_their_own_missions_people_and_posts_alone():
    a_mission()
    call_command(
        "create_mission",
        "UNIT",
        name="Mission in Torrida",
        country="Torrida",
        mail_domain="unit.example",
        administrator="torrida.admin",
        email="admin@unit.example",
    )
    browser = Client()
    browser.force_login(who("torrida.admin"))
    models = ("user", "post", "appointment", "mission", "organisation", "sector", "unit", "area")
    for model in models:
        page = browser.get(f"/admin/missions/{model}/")
        assert page.status_code == 200, model
        said = page.content.decode()
        for word in ("UNAC", "Relief for Carana", "sector.east", "East Bn", "Province East"):
            assert word not in said, (model, word)
    post = Post.objects.get(mission__code="UNAC", code="ops")
    assert browser.get(f"/admin/missions/post/{post.pk}/change/").status_code == 302
    said = browser.get("/admin/missions/post/add/").content.decode()
    assert "Mission UNAC" not in said
    assert "Sector East" not in said
    person = who("chief.cimic")
    assert browser.get(f"/admin/missions/user/{person.pk}/change/").status_code == 302
    assert "is_superuser" not in re.findall(
        r'<input[^>]*name="(\w+)"',
        browser.get(f"/admin/missions/user/{who('torrida.admin').pk}/change/").content.decode(),
    )
    assert browser.get("/admin/missions/mission/add/").status_code == 403


def test_a_mission_is_made_with_its_posts_its_administrator_and_a_link_for_the_password(capsys):
    call_command(
        "create_mission",
        "UNIT",
        name="Mission in Torrida",
        country="Torrida",
        time_zone="Africa/Bangui",
        mail_domain="unit.example",
        administrator="torrida.admin",
        email="admin@unit.example",
    )
    told = capsys.readouterr().out
    mission = Mission.objects.get()
    assert mission.posts.count() == 21
    assert mission.posts.get(code="chief.cimic").above.code == "homc"
    assert Entry.objects.get().act == "mission.founded"
    assert verify().holds
    path = re.search(r"http://[^/]+(/\S+)", told).group(1)
    browser = Client()
    form = browser.get(path, follow=True)
    chosen = browser.post(
        form.redirect_chain[-1][0],
        {"password1": "long-and-not-common-9", "password2": "long-and-not-common-9"},
        follow=True,
    )
    assert chosen.status_code == 200
    assert browser.login(username="torrida.admin", password="long-and-not-common-9")

    for wrong, words in (
        ({"code": "UNIT"}, "already exists"),
        ({"code": "UNXX", "time_zone": "Africa/Nowhere"}, "no time zone"),
    ):
        said = {
            "name": "x",
            "country": "x",
            "mail_domain": "x.example",
            "administrator": "torrida.admin",
            **wrong,
        }
        code = said.pop("code")
        with pytest.raises(CommandError, match=words):
            call_command("create_mission", code, **said)
    assert [one.code for one in Mission.objects.all()] == ["UNIT"]
