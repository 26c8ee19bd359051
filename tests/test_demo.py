"""The demonstration mission is whole: everyone can enter, every sort of record is there."""

import datetime as dt

import pytest
from django.contrib.auth import authenticate
from django.db import transaction
from django.test import override_settings

from approvals.models import Answer, Step
from approvals.vocabulary import StepState
from cimic.demo.loading import LETTERS_OWED, load
from cimic.demo.stories import told_stories
from cimic.demo.world import boundaries
from common import clock
from ledger.models import Entry, OutboxRow
from ledger.verification import verify
from missions.boundaries import contains, signed_area
from missions.models import Delegation, Post, User
from missions.queries import vacant
from notices.models import Letter
from records.models import (
    ConditionCheck,
    Handover,
    Instalment,
    ProtectionDuty,
    Task,
    Visit,
)
from requests_app.models import AssistanceRequest, Attachment
from requests_app.vocabulary import Kind, Status

ACCOUNTS = [
    "unit.east",
    "sector.east",
    "sector.west",
    "chief.cimic",
    "cimic.staff",
    "cmcoord",
    "civil.affairs",
    "gender",
    "human.rights",
    "unpol",
    "qip.manager",
    "dms",
    "dsrsg",
    "dsrsg.office",
    "dsrsg.political",
    "designated.official",
    "undss",
    "ops",
    "homc",
    "srsg",
    "cos",
    "evaluator",
    "records.officer",
    "partner.ngo",
    "partner.un",
    "admin",
]
NOW = dt.datetime(2027, 3, 9, 10, 30, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def demo(django_db_setup, django_db_blocker, tmp_path_factory):
    """Load the whole demonstration once, and leave nothing of it behind."""
    fast = override_settings(
        MEDIA_ROOT=tmp_path_factory.mktemp("files"),
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        DEMO_PASSWORD="carana-demo",
    )
    with fast, django_db_blocker.unblock(), transaction.atomic():
        loaded = load(now=NOW)
        with clock.telling(NOW):
            yield loaded
        transaction.set_rollback(True)


@pytest.mark.parametrize("account", ACCOUNTS)
def test_each_account_of_the_contract_enters_with_the_one_password(demo, account):
    person = authenticate(username=account, password="carana-demo")

    assert person is not None
    assert person.email == f"{account}@unac.example"


def test_the_administrator_keeps_people_and_posts_and_touches_no_request(demo):
    admin = User.objects.get(username="admin")

    assert admin.has_perms(["missions.change_user", "missions.add_post", "missions.view_area"])
    assert not admin.has_module_perms("requests_app")
    assert not admin.has_module_perms("approvals")
    assert not admin.is_superuser


def test_every_status_kind_and_sector_has_its_records(demo):
    records = AssistanceRequest.objects.all()

    assert set(records.values_list("status", flat=True)) == set(Status.values)
    assert set(records.values_list("kind", flat=True)) == set(Kind.values)
    for kind in Kind.values:
        sectors = records.filter(kind=kind).values_list("sector__code", flat=True)
        assert set(sectors) == {"east", "west", "south"}
    assert records.count() == len(told_stories()) == sum(demo.statuses.values())


def test_closed_records_were_delivered_by_the_force_by_others_or_by_nobody(demo):
    closed = AssistanceRequest.objects.filter(status=Status.CLOSED)

    assert closed.filter(task__completed_on__isnull=False).exists()
    assert closed.filter(delivery_by_others__delivered=True).exists()
    assert closed.filter(delivery_by_others__delivered=False).exists()


def test_the_work_leaves_its_traces(demo):
    assert Task.objects.filter(started_on__isnull=False).count() >= 15
    assert Visit.objects.count() >= 5
    assert Instalment.objects.filter(is_last=True).count() == 2
    assert ConditionCheck.objects.filter(met=False).exists()
    assert Answer.objects.filter(delegation__isnull=False).exists()
    assert Step.objects.filter(state=StepState.LAPSED).exists()
    assert set(Attachment.objects.values_list("media_type", flat=True)) == {
        "image/png",
        "text/plain",
    }


def test_whoever_decides_finds_something_waiting(demo):
    waiting = set(Step.objects.filter(state=StepState.OPEN).values_list("post__code", flat=True))

    assert {"chief.cimic", "dms", "dsrsg", "designated.official", "cmcoord"} <= waiting


def test_people_rotate_and_posts_stay(demo):
    assert Delegation.objects.get(post__code="sector.east").routes == ["qip"]
    assert [post.code for post in vacant(Post.objects.all())] == ["cimic.deputy"]
    assert not set(ACCOUNTS) & {post.code for post in vacant(Post.objects.all())}
    waits = Handover.objects.get(acknowledgement=None)
    assert (waits.post.code, waits.capacity) == ("chief.cimic", "officer_in_charge")
    duties = ProtectionDuty.objects.filter(closed_at=None)
    assert {duty.post.code for duty in duties} == {"sector.east", "chief.cimic"}


def test_the_ledger_holds_and_says_that_its_clock_was_told(demo):
    finding = verify()

    assert finding.holds
    assert finding.entries > 400
    assert not Entry.objects.filter(told_clock=False).exists()
    assert not Entry.objects.filter(recorded_at__gt=NOW).exists()


def test_nobody_is_sent_the_letters_of_three_months(demo):
    owed = Letter.objects.filter(sent_at=None)

    assert not OutboxRow.objects.filter(done_at=None).exists()
    assert owed.count() < 40
    assert all(letter.next_try_at >= NOW - LETTERS_OWED for letter in owed)


def test_a_second_load_changes_nothing(demo):
    people = User.objects.count()

    assert not load(now=NOW).made
    assert User.objects.count() == people


def test_every_story_happens_inside_the_district_it_names():
    areas = {
        area["properties"]["pcode"]: area["geometry"]
        for area in boundaries()["features"]
        if area["properties"]["level"] == 2
    }
    outside = [
        story.key
        for story in told_stories()
        if not contains(areas[story.asked["at"][0]], *story.asked["at"][1:])
    ]

    assert outside == []


def test_the_districts_of_carana_tile_its_provinces():
    features = boundaries()["features"]
    provinces = [area for area in features if area["properties"]["level"] == 1]
    edges: dict[frozenset[tuple[float, ...]], int] = {}
    for area in features:
        if area["properties"]["level"] == 2:
            ring = [tuple(position) for position in area["geometry"]["coordinates"][0]]
            for edge in zip(ring, ring[1:], strict=False):
                edges[frozenset(edge)] = edges.get(frozenset(edge), 0) + 1

    assert len(provinces) == 8
    assert set(edges.values()) == {1, 2}
    for province in provinces:
        districts = [
            area["geometry"]["coordinates"][0]
            for area in features
            if area["properties"]["parent"] == province["properties"]["pcode"]
        ]
        parts = sum(signed_area(ring) for ring in districts)
        assert len(districts) in {3, 4}
        assert parts == pytest.approx(signed_area(province["geometry"]["coordinates"][0]))
