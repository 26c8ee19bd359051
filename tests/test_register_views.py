"""The register in columns, orders and views of one's choosing; each a question in the address."""

import json

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from common.errors import Forbidden, Malformed
from missions.models import Area, DisasterEvent, DisplacementSite, Mission
from records import saved_views
from records import services as records
from records.columns import COLUMNS, SORTS
from records.models import SavedView
from requests_app.models import AssistanceRequest
from tests.builders import (
    a_draft,
    a_mission,
    a_person,
    a_refused,
    a_submitted,
    civil_answers,
    in_days,
    qip_answers,
    who,
)
from tests.calling import Caller

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _mission():
    a_mission()


def lines(client, query="", by="chief.cimic"):
    client.force_login(who(by))
    return [line["reference"] for line in client.get(f"/register/?{query}").context["lines"]]


def found(query, by="chief.cimic"):
    return [line["reference"] for line in Caller(by).read(f"requests/?{query}")["results"]]


# Columns


def test_every_column_can_be_shown_and_says_the_same_in_its_file(client):
    a_submitted(civil_answers(title="One"))
    client.force_login(who("chief.cimic"))

    page = client.get(f"/register/?columns={','.join(COLUMNS)}")

    (line,) = page.context["lines"]
    shown = [cell["code"] for cell in line["cells"]] + [
        code for code, above in (("organisation", "title"), ("sector", "place"))
    ]
    assert sorted(shown) == sorted(COLUMNS)
    assert [heading["label"] for heading in page.context["headings"]][:2] == ["Reference", "Title"]


def test_columns_stay_in_the_address_whichever_way_they_are_written(client):
    a_submitted()
    client.force_login(who("chief.cimic"))
    for query in ("columns=status&columns=kind", "columns=kind,status"):
        page = client.get(f"/register/?{query}")
        assert [cell["code"] for cell in page.context["lines"][0]["cells"]] == [
            "reference",
            "title",
            "kind",
            "status",
        ]


def test_a_column_that_does_not_exist_is_refused_by_the_api_and_left_out_by_the_page(client):
    rfa = a_submitted()
    answer = Caller("chief.cimic").get("/api/v1/requests/?columns=kind,password")
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == ["columns"]
    assert lines(client, "columns=password") == [rfa.reference]


# Order


def test_each_order_reads_every_line_once_and_back_again(client):
    for number, title in enumerate(("delta", "Alpha", "charlie", "Bravo")):
        needed = {} if number == 2 else {"needed_by": in_days(30 - number).isoformat()}
        rfa = a_draft(civil_answers(title=title, **needed))
        if number == 2:
            AssistanceRequest.objects.filter(pk=rfa.pk).update(needed_by=None)
    for sort in SORTS:
        for way in (sort, f"-{sort}"):
            caller, path, seen = Caller("sector.east"), f"requests/?sort={way}&page_size=1", []
            while path:
                page = caller.read(path)
                seen += [line["title"] for line in page["results"]]
                path = (page["next"] or "").split("/api/v1/")[-1]
            assert sorted(seen) == ["Alpha", "Bravo", "charlie", "delta"], way
            if sort == "title":
                assert seen == sorted(seen, key=str.lower, reverse=way.startswith("-"))
            if way == "needed_by":
                assert seen == ["Bravo", "Alpha", "delta", "charlie"]  # no day comes last


def test_an_order_that_does_not_exist_is_refused():
    for sort in ("password", "created,kind", "--created"):
        assert Caller("chief.cimic").get(f"/api/v1/requests/?sort={sort}").status_code == 400


def test_a_heading_says_its_order_and_turns_it_round(client):
    a_submitted()
    client.force_login(who("chief.cimic"))
    headings = {
        str(one["label"]): one
        for one in client.get("/register/?kind=qip&sort=title").context["headings"]
    }
    assert (headings["Title"]["order"], headings["Title"]["url"]) == (
        "ascending",
        "?kind=qip&sort=-title",
    )
    assert (headings["Waiting on"]["order"], headings["Waiting on"]["url"]) == ("", "")


# Questions


def test_P41_refused_needs_are_found_by_what_became_of_them():
    still_open, unmet, delivered = a_refused(), a_refused(), a_refused()
    a_submitted()
    records.record_delivery(rfa=unmet, actor=who("chief.cimic"), delivered=False, source="A visit")
    records.record_delivery(
        rfa=delivered,
        actor=who("chief.cimic"),
        delivered=True,
        organisation="WFP",
        delivered_on=in_days(0),
        source="WFP told us",
    )
    assert found("follow_up=open") == [still_open.reference]
    assert found("follow_up=delivered") == [delivered.reference]
    assert set(found("follow_up=open&follow_up=unmet")) == {still_open.reference, unmet.reference}
    assert Caller("chief.cimic").get("/api/v1/requests/?follow_up=perhaps").status_code == 400


def test_an_area_is_asked_with_the_districts_it_is_made_of():
    mission = Mission.objects.get()
    province = Area.objects.get(pcode="CR01")
    Area.objects.create(mission=mission, parent=province, level=2, pcode="CR0101", name="Galasi")
    inside = a_submitted(civil_answers(area="CR0101"))
    whole = a_submitted(civil_answers(area="CR01"))
    a_submitted(civil_answers(area="CR02"), by="sector.west")

    assert set(found("area=CR01")) == {inside.reference, whole.reference}
    assert found("area=CR0101") == [inside.reference]
    assert Caller("chief.cimic").get("/api/v1/requests/?area=XX").status_code == 400


@pytest.mark.parametrize("bbox", ["1,2,3", "5,0,4,1", "a,b,c,d", "nan,0,1,1", "0,0,1,inf"])
def test_a_frame_that_is_none_is_refused(bbox):
    assert Caller("chief.cimic").get(f"/api/v1/requests/?bbox={bbox}").status_code == 400


def test_every_question_is_a_chip_that_takes_it_away(client):
    a_submitted()
    mission = Mission.objects.get()
    DisasterEvent.objects.create(mission=mission, name="Flood", began_on=in_days(-9))
    client.force_login(who("chief.cimic"))
    page = client.get(
        "/register/?status=returned&status=under_review&waiting_on=me&needed_before=2027-02-01"
        "&disaster_event=Flood&columns=kind&cursor=abc"
    )
    chips = {str(chip["label"]): chip["url"] for chip in page.context["active"]}
    assert list(chips) == [
        "Status: Returned",
        "Status: Under review",
        "Waiting on: Me",
        "Needed by, at the latest: 1 Feb 2027",
        "Disaster event: Flood",
    ]
    without = QueryDict(chips["Status: Returned"][1:])
    assert without.getlist("status") == ["under_review"]
    assert (without["columns"], without["waiting_on"]) == ("kind", "me")
    assert "cursor" not in without


def test_boxes_ask_what_only_the_api_could_ask(client):
    a_submitted()
    mission = Mission.objects.get()
    DisplacementSite.objects.create(
        mission=mission, name="Leppko camp", latitude=1, longitude=1, opened_on=in_days(-9)
    )
    client.force_login(who("chief.cimic"))
    html = client.get("/register/").content.decode()
    for name in ("category", "disaster_event", "displacement_site", "area", "follow_up", "mine"):
        assert f'name="{name}"' in html
    assert "Leppko camp" in html


def test_the_register_costs_the_same_for_three_lines_as_for_many(client):
    client.force_login(who("chief.cimic"))
    addresses = ("/register/", f"/register/?columns={','.join(COLUMNS)}&map=1")

    def asked(address):
        with CaptureQueriesContext(connection) as queries:
            client.get(address)
        return len(queries)

    for _ in range(3):
        a_submitted()
    few = [asked(address) for address in addresses for _ in range(2)][1::2]
    for _ in range(5):
        a_submitted(qip_answers(), by="partner.ngo")
        a_refused()
    assert [asked(address) for address in addresses] == few


# Saved views

QUERY = "status=in_progress&columns=kind,status&sort=-changed"


def keep(by="chief.cimic", **said):
    return saved_views.save_view(
        actor=who(by), **({"name": "Under way", "query": QUERY, "shared": False} | said)
    )


def test_a_view_keeps_filters_columns_and_order_and_leads_back_to_them(client):
    client.force_login(who("chief.cimic"))
    answer = client.post("/views/", {"name": " Under  way ", "query": f"{QUERY}&cursor=x&map=1"})
    view = SavedView.objects.get()
    asked = QueryDict(view.query)
    assert (view.name, view.owner.username, view.shared) == ("Under way", "chief.cimic", False)
    assert dict(asked.items()) == {
        "status": "in_progress",
        "columns": "kind,status",
        "sort": "-changed",
        "map": "1",
    }
    assert answer["Location"] == f"/register/?{view.query}"
    chips = client.get(answer["Location"]).context["saved"]
    assert [(chip["label"], chip["current"]) for chip in chips] == [("Under way", True)]


def test_an_owner_uses_a_name_once_whatever_its_case_and_others_may_use_it_too():
    keep()
    with pytest.raises(Malformed, match="already"):
        keep(name="UNDER WAY")
    keep(by="cos")
    assert SavedView.objects.count() == 2


@pytest.mark.parametrize("query", ["status=nope", "statu=draft", "columns=x", "sort=x"])
def test_a_misread_question_is_not_kept(query):
    with pytest.raises(Malformed):
        keep(query=query)
    assert not SavedView.objects.exists()


@pytest.mark.parametrize("name", ["", "   ", "x" * 61])
def test_a_view_has_a_name_that_fits(name):
    with pytest.raises(Malformed):
        keep(name=name)


def test_a_view_is_shared_within_the_mission_alone():
    a_mission("UNEX")
    keep(name="Mine alone")
    keep(name="Shared", shared=True)
    keep(by="unex.chief.cimic", name="Of another mission", shared=True)
    listed = {
        by: [view["name"] for view in Caller(by).read("views/")["results"]]
        for by in ("chief.cimic", "unit.east", "partner.ngo", "unex.cos")
    }
    assert listed == {
        "chief.cimic": ["Mine alone", "Shared"],
        "unit.east": ["Shared"],
        "partner.ngo": ["Shared"],
        "unex.cos": ["Of another mission"],
    }


def test_a_shared_view_gives_nobody_sight(client):
    secret = a_submitted(civil_answers(title="Strict", classification="strictly_confidential"))
    keep(name="All", query="sort=title", shared=True)
    (view,) = Caller("partner.un").read("views/")["results"]
    assert secret.reference in lines(client, view["query"])
    assert lines(client, view["query"], by="partner.un") == []


def test_only_its_owner_changes_or_deletes_a_view_and_others_do_not_even_see_a_private_one(client):
    shared, private = keep(name="Shared", shared=True), keep(name="Private")
    body = {"name": "Taken", "query": "", "shared": True}
    for view, status in ((shared, 403), (private, 404)):
        address = f"/api/v1/views/{view.pk}/"
        assert Caller("cos").put(address, body, format="json").status_code == status
        assert Caller("cos").delete(address).status_code == status
        client.force_login(who("cos"))
        assert client.post(f"/views/{view.pk}/delete/").status_code == status
        assert client.post(f"/views/{view.pk}/", {"name": "Taken"}).status_code == status
    assert set(SavedView.objects.values_list("name", flat=True)) == {"Shared", "Private"}
    with pytest.raises(Forbidden):
        saved_views.delete_view(actor=who("cos"), view=shared)


def test_the_api_keeps_reads_changes_and_forgets_a_view():
    caller = Caller("chief.cimic")
    body = {"name": "Late", "query": "waiting_on=me&sort=needed_by", "shared": True}
    made = caller.tell("views/", body, expect=201)
    assert (made["name"], made["mine"], made["mission"]) == ("Late", True, "UNAC")
    changed = caller.put(
        f"/api/v1/views/{made['id']}/", {**body, "name": "Soon", "shared": False}, format="json"
    ).json()
    assert (changed["name"], changed["shared"]) == ("Soon", False)
    assert caller.delete(f"/api/v1/views/{made['id']}/").status_code == 204
    assert caller.read("views/")["results"] == []


@pytest.mark.parametrize(
    "body",
    [
        [],
        {"name": "x"},
        {"name": 1, "query": ""},
        {"name": "x", "query": "", "shared": "yes"},
        {"name": "x\0", "query": ""},
    ],
)
def test_a_view_that_cannot_be_read_is_refused(body):
    answer = Caller("chief.cimic").post(
        "/api/v1/views/", json.dumps(body), content_type="application/json"
    )
    assert answer.status_code == 400


def test_who_holds_no_post_keeps_no_view():
    with pytest.raises(Forbidden):
        saved_views.save_view(actor=a_person("nobody"), name="x", query="")


def test_a_person_keeps_so_many_views_and_no_more(monkeypatch):
    monkeypatch.setattr(saved_views, "MOST", 2)
    keep(name="1")
    keep(name="2")
    with pytest.raises(Malformed, match="delete one first"):
        keep(name="3")


def test_a_name_that_is_taken_is_said_on_the_page_with_what_was_typed(client):
    keep()
    client.force_login(who("chief.cimic"))
    page = client.post("/views/", {"name": "Under way", "query": "kind=qip", "shared": "1"})
    assert page.status_code == 400
    assert "already" in page.content.decode()
    assert page.context["typed"] == {"name": "Under way", "query": "kind=qip", "shared": True}


# Sites and events


def test_P47_P37_sites_and_events_are_listed_with_the_records_one_may_see(client):
    mission = Mission.objects.get()
    a_mission("UNEX")
    area = Area.objects.get(mission=mission, pcode="CR01")
    for name in ("Camp", "Empty camp"):
        DisplacementSite.objects.create(
            mission=mission, name=name, area=area, latitude=1, longitude=1, opened_on=in_days(-9)
        )
    DisasterEvent.objects.create(mission=mission, name="Flood", began_on=in_days(-9))
    shown = a_submitted(
        civil_answers(
            displacement_site="Camp",
            camp_effect="None.",
            disaster=True,
            disaster_event="Flood",
        )
    )
    a_submitted(
        civil_answers(
            title="Hidden",
            displacement_site="Camp",
            camp_effect="None.",
            classification="strictly_confidential",
        )
    )
    for address, first in (("/displacement-sites/", "Camp"), ("/disaster-events/", "Flood")):
        client.force_login(who("evaluator"))
        groups = {str(one["row"]): one for one in client.get(address).context["groups"]}
        assert groups[first]["tally"].records == 1
        assert [line["reference"] for line in groups[first]["lines"]] == [shown.reference]
        listed = client.get(groups[first]["url"]).context["lines"]
        assert [line["reference"] for line in listed] == [shown.reference]
        client.force_login(who("unex.cos"))
        assert client.get(address).context["groups"] == []
