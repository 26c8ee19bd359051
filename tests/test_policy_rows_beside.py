"""Rows of the policy whose deed is a form, a structure or a reader, named by row."""

import csv

import pytest

from approvals.queries import visible_to
from missions.models import Mission
from tests.builders import (
    a_draft,
    a_mission,
    a_submitted,
    civil_answers,
    give,
    open_step,
    qip_answers,
    security_answers,
    who,
)
from tests.calling import Caller

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _mission():
    a_mission()


def test_P18_21_a_units_request_passes_its_sector_and_officers_see_their_ground():
    rfa = a_submitted(by="unit.east")
    assert open_step(rfa).post.code == "sector.east"
    seen = {
        account: visible_to(who(account)).filter(pk=rfa.pk).exists()
        for account in ("unit.east", "sector.east", "chief.cimic", "unit.west", "sector.west")
    }
    assert seen == {
        "unit.east": True,
        "sector.east": True,
        "chief.cimic": True,
        "unit.west": False,
        "sector.west": False,
    }


def test_P20_the_missions_structure_and_process_are_data_that_it_edits(client):
    """No code: posts, areas and units in the administration, processes by UN-CIMIC."""
    admin = who("admin")
    admin.is_staff = admin.is_superuser = True
    admin.save()
    client.force_login(admin)
    assert client.get("/admin/missions/post/").status_code == 200
    drafted = Caller("chief.cimic").tell("processes/", {"route": "qip"}, expect=201)
    assert drafted["state"] == "draft"


def test_P28_2_what_leaves_covers_what_the_reader_may_see_and_no_more():
    a_submitted(civil_answers(classification="strictly_confidential"))
    open_to_all = a_submitted()
    answer = Caller("dms").get("/api/v1/register.csv")
    lines = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    assert [line["Reference"] for line in csv.DictReader(lines.splitlines())] == [
        open_to_all.reference
    ]


def test_P35_partners_file_through_the_same_form_and_route_and_see_their_own():
    mine = Caller("partner.ngo").submit(civil_answers())
    ours = a_submitted()
    seats = Caller("partner.ngo").read(f"requests/{mine}/")["route"]
    chief = Caller("chief.cimic").read(f"requests/{ours.reference}/")["route"]
    assert {step["seat"] for step in seats} == {step["seat"] for step in chief}
    listed = Caller("partner.ngo").read("requests/")["results"]
    assert [line["reference"] for line in listed] == [mine]


def test_P38_the_focal_point_is_made_known_to_partners(client):
    mission = Mission.objects.get()
    mission.asset_focal_point = mission.posts.get(code="cimic.staff")
    mission.save()
    client.force_login(who("partner.ngo"))
    for page in ("/requests/", "/requests/new/", "/help/"):
        assert mission.asset_focal_point.title in client.get(page).content.decode()


def test_P43_46_the_form_asks_for_people_by_sex_and_age_and_gender_advises():
    lacking = Caller("partner.ngo")
    draft = a_draft(qip_answers(women=None, men=None, girls=None, boys=None), by="partner.ngo")
    told = lacking.tell(f"requests/{draft.reference}/submit/", expect=422)
    assert "43" in {error.get("paragraph") for error in told["errors"]}
    rfa = a_submitted()
    give(open_step(rfa))
    assert rfa.steps.filter(seat="gender_advice", state="open").exists()


def test_P47_a_request_near_a_displacement_site_says_its_effect_on_the_camp():
    mission = Mission.objects.get()
    mission.displacement_sites.create(
        name="Dunai", latitude=-9.5, longitude=60.0, opened_on="2026-01-01"
    )
    draft = a_draft(civil_answers(latitude=-9.51, longitude=60.01))
    caller = Caller("sector.east")
    told = caller.tell(f"requests/{draft.reference}/submit/", expect=422)
    assert [(one["field"], one["paragraph"]) for one in told["errors"]] == [("camp_effect", "47")]
    draft.refresh_from_db()
    caller.credentials(HTTP_AUTHORIZATION=caller.authorization, HTTP_IF_MATCH=str(draft.version))
    path = f"/api/v1/requests/{draft.reference}/"
    assert caller.patch(path, {"camp_effect": "None inside."}, format="json").status_code == 200
    done = Caller("sector.east").tell(f"requests/{draft.reference}/submit/")
    assert done["displacement_site"] == "Dunai"
    far = a_submitted(civil_answers(latitude=-9.9, longitude=60.0))
    assert far.displacement_site is None


def test_P37_the_requests_of_a_disaster_are_grouped_and_travel_the_same_route():
    mission = Mission.objects.get()
    mission.disaster_events.create(name="Kalesi flood", began_on="2026-10-01")
    one = a_submitted(civil_answers(disaster_event="Kalesi flood"))
    other = a_submitted()
    chief = Caller("chief.cimic")
    found = chief.read("requests/?disaster_event=Kalesi flood")["results"]
    assert [line["reference"] for line in found] == [one.reference]
    routes = [
        [step["seat"] for step in chief.read(f"requests/{rfa.reference}/")["route"]]
        for rfa in (one, other)
    ]
    assert routes[0] == routes[1]
    chief.read("requests/?disaster_event=Nowhere", expect=400)


def test_P54_the_form_names_the_paragraph_where_it_asks_and_what_follows(client):
    client.force_login(who("unit.east"))
    page = client.get("/requests/new/civil_assistance/").content.decode()
    for paragraph in ("16", "30", "38", "43", "47"):
        assert f"para {paragraph}" in page
    draft = a_draft(civil_answers(), by="unit.east")
    client.post(f"/requests/{draft.reference}/check/", {"version": draft.version})
    sent = client.get(f"/requests/{draft.reference}/sent/").content.decode()
    assert "UN-CIMIC" in sent


def test_P70_the_adviser_answers_for_the_clusters_plan():
    rfa = a_submitted(civil_answers(humanitarian=True))
    give(open_step(rfa))
    step = rfa.steps.get(seat="cmcoord_advice")
    body = {
        "answer": "supports",
        "revision": rfa.revision,
        "details": {"cluster_plan": "not_covered"},
    }
    given = Caller("cmcoord").tell(f"steps/{step.pk}/answers/", body, expect=201)
    assert given["details"]["cluster_plan"] == "not_covered"


def test_P39_a_partners_security_request_names_the_designated_officials_seat():
    rfa = a_submitted(security_answers(classification="unclassified"), by="partner.ngo")
    decision = rfa.steps.get(seat_kind="decision")
    assert decision.post.code == "designated.official"
