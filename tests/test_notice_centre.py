"""A person's notices: listed, opened, marked read, counted by the bell; page and API alike."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from approvals import services as approvals
from ledger.models import OutboxRow
from ledger.services import append
from notices import services as notices
from notices.models import Notice
from notices.queries import notices_of as listed
from notices.queries import unread_count
from tests.builders import a_mission, a_submitted, carried_to, give, open_step, who
from tests.calling import Caller

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _mission():
    a_mission()


def told_of(count: int, name: str = "chief.cimic") -> None:
    """Tell a person of so many requests."""
    for _ in range(count):
        a_submitted()
    notices.sweep()
    assert Notice.objects.filter(person__username=name).count() >= count


def test_the_centre_lists_the_unread_all_or_the_duties_newest_first(client):
    rfa = carried_to(a_submitted(), "approved")
    notices.sweep()
    person = who("sector.east")
    client.force_login(person)
    again = a_submitted()
    with transaction.atomic():
        approvals.say(rfa=again, actor=who("chief.cimic"), text="Which day?")
    give(open_step(again), "return", remarks="Which ward?")
    notices.sweep()
    notices.mark_read(
        person_id=person.pk, notice_ids=[Notice.objects.get(person=person, rfa=rfa).pk]
    )

    pages = {
        which: [line["text"] for line in client.get(f"/notices/?which={which}").context["lines"]]
        for which in ("unread", "all", "duties")
    }

    first, second = f"{rfa.reference}, {rfa.title}", f"{again.reference}, {again.title}"
    returned, message = f"{second} is now: returned", f"A message on {second}"
    assert pages == {
        "unread": [returned, message],
        "all": [returned, message, f"{first} is now: approved"],
        "duties": [returned],
    }
    assert [line["text"] for line in client.get("/notices/").context["lines"]] == pages["unread"]


def test_a_visit_reads_nothing_opening_marks_it_read_and_leads_on(client):
    told_of(1)
    notice = Notice.objects.get()
    client.force_login(who("chief.cimic"))
    client.get("/notices/")
    assert client.get(f"/notices/{notice.pk}/open/").status_code == 405
    notice.refresh_from_db()
    assert notice.read_at is None

    answer = client.post(f"/notices/{notice.pk}/open/")

    assert (answer.status_code, answer["Location"]) == (302, notice.link)
    notice.refresh_from_db()
    assert notice.read_at is not None
    client.force_login(who("dms"))
    assert client.post(f"/notices/{notice.pk}/open/").status_code == 404


def test_marking_all_read_leaves_what_came_in_after_the_list_was_shown(client):
    told_of(2)
    client.force_login(who("chief.cimic"))
    until = client.get("/notices/").context["newest"]
    told_of(1)

    client.post("/notices/read/", {"until": until})

    assert unread_count(who("chief.cimic")) == 1


def test_a_way_back_to_another_site_is_not_taken(client):
    told_of(1)
    client.force_login(who("chief.cimic"))
    notice = Notice.objects.get()
    for elsewhere in ("https://evil.example/notices/", "//evil.example", "/admin/"):
        answer = client.post(f"/notices/{notice.pk}/read/", {"next": elsewhere})
        assert answer["Location"] == "/notices/"


def test_a_list_costs_the_same_queries_for_three_notices_as_for_thirty(client):
    client.force_login(who("chief.cimic"))
    costs = []
    for more in (3, 27):
        told_of(more)
        client.get("/notices/?which=all")
        with CaptureQueriesContext(connection) as captured:
            shown = client.get("/notices/?which=all").context["lines"]
        costs.append((len(captured), len(shown)))

    assert [shown for _, shown in costs] == [3, 30]
    assert costs[0][0] == costs[1][0]


def test_pages_of_notices_go_on_where_the_last_one_ended(client):
    client.force_login(who("chief.cimic"))
    told_of(32)
    first = client.get("/notices/?which=all").context
    second = client.get(f"/notices/{first['page'].older_url}").context

    ids = [line["notice"].pk for page in (first, second) for line in page["lines"]]

    assert [len(first["lines"]), len(second["lines"])] == [30, 2]
    assert ids == list(listed(who("chief.cimic")).values_list("pk", flat=True))


def test_the_bell_counts_the_unread_in_one_query_and_no_further_than_it_shows(client):
    told_of(1)
    told = Notice.objects.get()
    entries = list(OutboxRow.objects.filter(listener=notices.LISTENER).values_list("entry"))
    chief = who("chief.cimic")
    client.force_login(chief)
    assert client.get("/notices/").context["frame"]["bell"]["shown"] == "1"
    assert entries
    copies = []
    for _ in range(101):
        with transaction.atomic():
            entry = append(chain_id=told.rfa_id, act="test.said", actor=None)
        copies.append(
            Notice(
                entry=entry,
                person=chief,
                mission=told.mission,
                rfa_id=told.rfa_id,
                sort="message",
                group="mentions",
                delivery="centre",
                link=told.link,
                made_at=told.made_at,
            )
        )
    Notice.objects.bulk_create(copies)

    with CaptureQueriesContext(connection) as captured:
        assert unread_count(chief) == 100

    assert len(captured) == 1
    assert "LIMIT 100" in captured[0]["sql"]
    assert client.get("/notices/").context["frame"]["bell"]["shown"] == "99+"


def test_the_api_lists_marks_and_refuses_as_the_page_does():
    told_of(3)
    chief = Caller("chief.cimic")
    first = chief.read("notices/?page_size=2")
    assert [line["duty"] for line in first["results"]] == [True, True]
    assert first["results"][0]["waits"] is True
    rest = chief.get(first["next"]).json()
    assert len(rest["results"]) == 1
    newest = first["results"][0]

    read = chief.tell(f"notices/{newest['id']}/read/")
    assert (read["id"], read["read_at"] is not None) == (newest["id"], True)
    Caller("dms").tell(f"notices/{newest['id']}/read/", expect=404)
    assert len(chief.read("notices/?which=unread")["results"]) == 2
    oldest = rest["results"][0]["id"]
    assert chief.tell("notices/read/", {"until": oldest}) == {"read": 1}
    assert chief.tell("notices/read/") == {"read": 1}
    assert chief.read("notices/?which=unread")["results"] == []
    chief.tell("notices/read/", {"until": "all"}, expect=400)
    chief.read("notices/?which=mine", expect=400)


def test_the_api_of_choices_asks_for_the_version_and_refuses_to_mute_duties():
    me = Caller("dms")
    answer = me.get("/api/v1/me/notices/")
    assert answer.json() == {
        "duties": "at_once",
        "requests": "at_once",
        "mentions": "at_once",
        "follow_ups": "digest",
        "mission": "at_once",
        "digest_days": "working_days",
    }
    assert answer["ETag"] == '"0"'

    def patch(body, version="0"):
        headers = {"HTTP_IF_MATCH": f'"{version}"'} if version else {}
        return me.patch("/api/v1/me/notices/", body, format="json", **headers)

    assert patch({"mission": "digest"}, version="").status_code == 428
    refused = patch({"duties": "centre", "mission": "loudly"})
    assert refused.status_code == 400
    assert sorted(error["field"] for error in refused.json()["errors"]) == ["duties", "mission"]
    kept = patch({"mission": "digest", "duties": "at_once"})
    assert (kept.status_code, kept.json()["mission"], kept["ETag"]) == (200, "digest", '"1"')
    assert patch({"mission": "centre"}).status_code == 412
