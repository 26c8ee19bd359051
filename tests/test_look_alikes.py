"""Requests that look alike are shown with a score that explains itself; it blocks nothing (P30)."""

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from approvals.queries import weighed_look_alikes
from ledger.models import Entry
from requests_app.look_alikes import compared, kilometres
from requests_app.models import AssistanceRequest
from tests.builders import a_draft, a_mission, a_submitted, civil_answers, security_answers, who
from tests.calling import Caller

pytestmark = pytest.mark.django_db
BRIDGE = {"title": "Bailey bridge over the Mogave at Corma", "latitude": 9.60, "longitude": -3.10}


@pytest.fixture(autouse=True)
def _mission():
    a_mission()


def asked(by: str = "sector.east", **changes: Any) -> AssistanceRequest:
    return a_submitted(civil_answers(**{**BRIDGE, **changes}), by=by)


def alike(rfa: AssistanceRequest, to: str = "chief.cimic") -> list[dict[str, Any]]:
    return list(Caller(to).read(f"requests/{rfa.reference}/look-alikes/"))


def test_P30_another_bridge_nearby_looks_alike_and_the_score_says_why():
    first = asked()
    second = asked(title="Repair of the Mogave bridge", latitude=9.61)

    (found,) = alike(second)
    assert found["reference"] == first.reference
    assert 0.4 <= found["score"] <= 1
    reasons = " | ".join(found["reasons"])
    assert "1.1 km away" in reasons
    assert "words shared: bridge, mogave" in reasons


def test_what_is_far_and_other_does_not_look_alike():
    asked()
    other = asked(
        title="Medical outreach for returnees", category="medical", latitude=12.0, area="CR02"
    )
    assert alike(other) == []


def test_a_draft_is_told_what_looks_like_it_while_it_is_written():
    first = asked()
    draft = a_draft(civil_answers(**BRIDGE), by="sector.east")
    assert [one["reference"] for one in alike(draft, "sector.east")] == [first.reference]


def test_nobody_is_told_of_a_record_they_may_not_see():
    """A partner sees their own; the force nothing of a hidden security request (P39)."""
    asked()
    mine = asked(by="partner.ngo")
    assert alike(mine, "partner.ngo") == []
    words = {"title": "Escort to the Mogave bridge", "classification": "unclassified"}
    a_submitted(security_answers(**words), by="partner.un")
    shown = [one["title"] for one in alike(mine, "ops")]
    assert "Escort to the Mogave bridge" not in shown


def test_drafts_of_others_are_never_told():
    a_draft(civil_answers(**BRIDGE), by="unit.east")
    assert alike(asked()) == []


def test_un_cimic_weighs_it_and_the_finding_stays():
    first, second = asked(), asked()
    path = f"requests/{second.reference}/look-alikes/"
    chief = Caller("chief.cimic")
    body = {"other": first.reference, "word": "complementary", "remark": "Two spans."}
    (found,) = chief.tell(path, body, expect=201)
    assert (found["finding"], found["remark"]) == ("complementary", "Two spans.")
    chief.tell(path, {**body, "word": "duplicate"}, expect=201)
    assert alike(second)[0]["finding"] == "duplicate"
    assert Entry.objects.filter(chain=second.pk, act="look_alike.weighed").count() == 2

    Caller("dms").tell(path, body, expect=403)
    chief.tell(path, {**body, "other": "UNAC-CA-2026-9999"}, expect=404)
    told = chief.tell(path, {**body, "word": "same", "remark": [1]}, expect=400)
    assert [one["field"] for one in told["errors"]] == ["word", "remark"]
    told = chief.tell(path, {**body, "other": second.reference}, expect=400)
    assert [one["field"] for one in told["errors"]] == ["other"]


def test_a_duplicate_is_never_blocked():
    first, second = asked(), asked()
    chief = Caller("chief.cimic")
    body = {"other": first.reference, "word": "duplicate"}
    chief.tell(f"requests/{second.reference}/look-alikes/", body, expect=201)
    step = second.steps.get(state="open")
    answer = {"answer": "forward_recommended", "revision": 1}
    chief.tell(f"steps/{step.pk}/answers/", answer, expect=201)


def test_it_costs_the_same_statements_for_two_as_for_twenty():
    def statements(rfa: AssistanceRequest) -> int:
        person = who("chief.cimic")
        with CaptureQueriesContext(
            connection,
        ) as found:
            weighed_look_alikes(person, rfa)
        return len(found)

    asked()
    few = statements(asked())
    for _ in range(12):
        asked()
    assert statements(asked()) == few
    assert len(weighed_look_alikes(who("chief.cimic"), asked())) == 10


def test_the_page_shows_it_to_the_reviewer_and_the_asker(client):
    first = asked()
    second = asked()
    client.force_login(who("chief.cimic"))
    step = second.steps.get(state="open")
    assert first.reference in client.get(f"/steps/{step.pk}/").content.decode()
    client.post(
        f"/requests/{second.reference}/look-alikes/",
        {"other": first.reference, "word": "distinct"},
    )
    assert "Distinct" in client.get(f"/register/{second.reference}/").content.decode()
    draft = a_draft(civil_answers(**BRIDGE), by="sector.east")
    client.force_login(who("sector.east"))
    assert first.reference in client.get(f"/requests/{draft.reference}/check/").content.decode()


@settings(max_examples=60, deadline=None)
@given(
    days=st.integers(0, 400),
    place=st.tuples(st.floats(-89, 89), st.floats(-179, 179)),
    title=st.text(max_size=60),
    category=st.sampled_from(["", "water", "engineering"]),
)
def test_a_score_lies_between_nought_and_one_and_is_the_same_both_ways(
    days, place, title, category
):
    day = dt.date(2026, 1, 1)
    one = AssistanceRequest(title="Mogave bridge", needed_by=day, latitude=9.6, longitude=-3.1)
    other = AssistanceRequest(
        title=title,
        category=category,
        needed_by=day + dt.timedelta(days=days),
        latitude=place[0],
        longitude=place[1],
    )
    score = compared(one, other).score
    assert 0 <= score <= 1
    assert compared(other, one).score == score


def test_the_distance_of_two_known_cities():
    assert kilometres((48.8566, 2.3522), (51.5074, -0.1278)) == pytest.approx(343.6, abs=1)
