"""Words find records: in both languages, by half a word, and never beyond what one may read."""

import pytest
from django.db import connection
from django.db.models import Func, Q, TextField, Value
from django.db.models.lookups import Exact
from django.test.utils import CaptureQueriesContext

from approvals import services as approvals
from approvals.queries.search import where_found
from missions.models import Area, Organisation
from requests_app.models import AssistanceRequest, RecordWords
from requests_app.words import holds
from tests.builders import (
    a_mission,
    a_submitted,
    carried_to,
    civil_answers,
    give,
    open_step,
    qip_answers,
    who,
)
from tests.calling import Caller

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def mission():
    return a_mission()


def titles(username, typed, **more):
    params = {"search": typed, **more}
    lines = Caller(username).get("/api/v1/requests/", params).json()["results"]
    return [line["title"] for line in lines]


@pytest.fixture
def ward():
    return a_submitted(
        civil_answers(
            title="Water trucks for the maternity ward",
            description="Forty thousand litres a day until the pump is mended.",
        )
    )


@pytest.fixture
def cattle():
    return a_submitted(
        civil_answers(
            title="Vaccination du bétail à Galasi",
            description="Les chevaux et les bovins des éleveurs déplacés.",
        )
    )


@pytest.mark.parametrize(
    "typed",
    [
        "truck",  # the plural was written
        "trucking",  # another form of the word
        "WATER trucks",
        "matern",  # half a word
        "maternity trucks",
        "the maternity",
    ],
)
def test_english_is_found_by_its_words_in_any_form_and_by_half_a_word(ward, cattle, typed):
    assert titles("chief.cimic", typed) == [ward.title]


@pytest.mark.parametrize(
    "typed", ["betail", "Bétail", "chevaux bovin", "éleveur", "eleveurs deplaces", "vaccinations"]
)
def test_french_is_found_with_or_without_its_accents(ward, cattle, typed):
    assert titles("chief.cimic", typed) == [cattle.title]


def test_every_word_must_be_there(ward, cattle):
    assert titles("chief.cimic", "maternity betail") == []


def test_a_reference_is_found_whole_and_by_its_end(ward, cattle):
    number = ward.reference.rsplit("-", 1)[1]
    for typed in (ward.reference, ward.reference.lower(), f"CA-2026-{number}", number):
        assert titles("chief.cimic", typed) == [ward.title]
    assert set(titles("chief.cimic", "UNAC-CA")) == {ward.title, cattle.title}


def test_what_the_kind_adds_and_the_lines_and_the_places_are_searched():
    qip = a_submitted(qip_answers(title="Latrines", work_plan="Masons dig in week three."))
    line = qip.budget.first()
    assert line is not None
    for typed in ("masons", line.item.split()[0], qip.place.split()[0]):
        assert titles("chief.cimic", typed) == ["Latrines"]


def test_what_was_changed_is_found_anew_and_the_old_words_no_longer():
    rfa = a_submitted(civil_answers(title="Tents for the camp"))
    AssistanceRequest.objects.filter(pk=rfa.pk).update(title="Blankets for the camp")
    assert titles("chief.cimic", "blanket") == ["Blankets for the camp"]
    assert titles("chief.cimic", "tents") == []


def test_an_organisation_renamed_is_found_by_its_new_name():
    rfa = a_submitted(by="partner.ngo")
    Organisation.objects.filter(pk=rfa.organisation_id).update(name="Wells without Borders")
    assert titles("chief.cimic", "borders") == [rfa.title]


def test_a_place_is_found_by_its_area_and_by_the_area_around_it_whatever_they_are_named(ward):
    area = ward.area
    around = Area.objects.create(
        mission=ward.mission, name="Highlands of Koloni", pcode="CR99", level=1
    )
    Area.objects.filter(pk=area.pk).update(parent=around, name="Mount Zeru")
    for typed in ("zeru", "koloni"):
        assert titles("chief.cimic", typed) == [ward.title]
    Area.objects.filter(pk=around.pk).update(name="Lowlands")
    assert titles("chief.cimic", "lowlands") == [ward.title]
    assert titles("chief.cimic", "koloni") == []


def test_messages_are_found_by_who_reads_them_and_by_nobody_else():
    rfa = carried_to(a_submitted(by="partner.ngo"), "in_consultation")
    approvals.say(rfa=rfa, actor=who("chief.cimic"), text="The hydrologist is away", internal=True)
    approvals.say(rfa=rfa, actor=who("chief.cimic"), text="Bring the plumber")
    assert titles("dms", "hydrologist plumber") == [rfa.title]
    assert titles("partner.ngo", "plumber") == [rfa.title]
    assert titles("partner.ngo", "hydrologist") == []


def test_an_officers_own_request_is_not_found_by_what_is_said_of_it_inside():
    rfa = carried_to(a_submitted(by="sector.east"), "in_consultation")
    approvals.say(rfa=rfa, actor=who("chief.cimic"), text="The hydrologist is away", internal=True)
    assert titles("sector.east", "hydrologist") == []
    assert titles("dms", "hydrologist") == [rfa.title]


def test_R22_who_a_low_profile_requester_is_is_neither_found_nor_shown():
    rfa = a_submitted(
        civil_answers(low_profile=True, on_behalf_of="Mother Alina"), by="partner.ngo"
    )
    give(open_step(rfa), "forward_recommended")
    for typed in ("Alina", "Relief", "RFC"):
        assert titles("cos", typed) == []
        assert titles("chief.cimic", typed) == [rfa.title]
    shown = Caller("cos").get("/api/v1/requests/?search=water").content.decode()
    assert rfa.reference in shown
    assert "Alina" not in shown
    found = Caller("chief.cimic").get("/api/v1/requests/?search=alina").content.decode()
    assert '{"text":"Alina","found":true}' in found


def test_where_the_words_stand_is_shown_in_the_readers_sight(ward):
    approvals.say(rfa=ward, actor=who("chief.cimic"), text="Ask the hydrologist.", internal=True)
    (line,) = Caller("chief.cimic").get("/api/v1/requests/?search=trucking").json()["results"]
    assert {"text": "trucks", "found": True} in line["found"]["title"]
    (line,) = Caller("chief.cimic").get("/api/v1/requests/?search=hydrologist").json()["results"]
    assert {"text": "hydrologist", "found": True} in line["found"]["text"]
    assert "hydrologist" not in str(
        where_found(who("sector.east"), [ward], "hydrologist water", french=False)
    )
    (line,) = Caller("chief.cimic").get("/api/v1/requests/").json()["results"]
    assert line["found"] is None


def test_the_best_match_comes_first_where_asked(client):
    described = a_submitted(civil_answers(title="A road", description="Past the old bridge."))
    titled = a_submitted(civil_answers(title="Bridge repaired", description="Over the bridge."))
    a_submitted(civil_answers(title="Newest", description="Beyond the bridge."))
    found = titles("chief.cimic", "bridge", sort="-best")
    assert found[0] == titled.title
    assert set(found) == {titled.title, described.title, "Newest"}
    first = Caller("chief.cimic").get(
        "/api/v1/requests/", {"search": "bridge", "sort": "-best", "page_size": 1}
    )
    second = Caller("chief.cimic").get(first.json()["next"]).json()["results"]
    assert [line["title"] for line in second] == [found[1]]
    refused = Caller("chief.cimic").get("/api/v1/requests/?sort=-best")
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["field"] == "sort"
    client.force_login(who("chief.cimic"))
    page = client.get("/register/?search=bridge&sort=-best")
    assert page.context["lines"][0]["title"] == titled.title


def test_a_question_that_takes_too_long_is_refused_in_words(ward, client, settings, monkeypatch):
    settings.SEARCH_SECONDS = 0.05
    slow = Func(Value(2), template="(pg_sleep(%(expressions)s)::text)", output_field=TextField())
    monkeypatch.setattr(
        "records.filters.holding_words",
        lambda person, typed, **_how: ~Q(Exact(slow, Value("x"))),
    )
    answer = Caller("chief.cimic").get("/api/v1/requests/?search=water")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "search"
    client.force_login(who("chief.cimic"))
    page = client.get("/register/?search=water")
    assert page.status_code == 200
    assert "too long to look up" in page.content.decode()
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone()[0] == "0"


def test_a_misspelt_word_leads_to_the_titles_close_to_it(ward, client):
    client.force_login(who("chief.cimic"))
    page = client.get("/register/?search=maternty").content.decode()
    assert "Titles close to them" in page
    assert ward.title in page
    client.force_login(who("partner.ngo"))
    assert ward.title not in client.get("/register/?search=maternty").content.decode()


@pytest.mark.parametrize(
    "typed",
    ["'", "\\", "a'b\\c", "&|!():*<->", "%_%", '"', "é" * 300, "x " * 500, "\U0001f4a7", "/"],
)
def test_whatever_is_typed_is_words_and_breaks_nothing(ward, client, typed):
    assert Caller("chief.cimic").get("/api/v1/requests/", {"search": typed}).status_code == 200
    client.force_login(who("chief.cimic"))
    assert client.get("/register/", {"search": typed}).status_code == 200


def test_what_is_written_is_shown_as_text_never_as_markup(client):
    a_submitted(civil_answers(title="Water <b>now</b>", description="<script>water()</script>"))
    client.force_login(who("chief.cimic"))
    page = client.get("/register/?search=water").content.decode()
    assert "<mark>Water</mark> &lt;b&gt;now" in page
    assert "<script>water" not in page


def test_a_search_costs_the_same_statements_for_one_record_as_for_many(client):
    client.force_login(who("chief.cimic"))
    counted = []
    for more in (1, 6):
        for _ in range(more):
            a_submitted(civil_answers(title="Water for all"))
        client.get("/register/?search=water")
        with CaptureQueriesContext(
            connection,
        ) as asked:
            client.get("/register/?search=water")
        counted.append(len(asked))
    assert counted[0] == counted[1]


def test_more_said_than_a_vector_holds_is_kept_all_the_same(ward):
    for number in range(12):
        words = " ".join(f"{number:02}{letter:05}{'x' * 60}" for letter in range(800))
        approvals.say(rfa=ward, actor=who("chief.cimic"), text=words[:10_000])
    assert ward.messages.count() == 12
    assert titles("chief.cimic", "maternity") == [ward.title]


def test_each_record_has_its_words_and_the_question_is_answered_by_their_index(ward, cattle):
    assert RecordWords.objects.count() == AssistanceRequest.objects.count()
    asked = Q(holds("open", "trucks")) | Q(holds("asking", "trucks"), low_profile=True)
    rows = AssistanceRequest.objects.filter(asked).order_by()
    assert [rfa.pk for rfa in rows] == [ward.pk]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_indexscan = off")
    plan = rows.explain()
    assert "words_open" in plan
    assert "words_asking" in plan
