"""The administrator keeps missions, people and posts; never a request, never a decision."""

import datetime as dt

import pytest
from django.contrib import admin
from django.urls import reverse

from cimic.admin import chain_of_mission
from ledger.models import Entry
from ledger.verification import verify
from missions.models import Appointment, Mission, Post
from tests.builders import a_mission, a_person, who

pytestmark = pytest.mark.django_db


@pytest.fixture
def mission() -> Mission:
    mission = a_mission()
    admin_person = who("admin")
    admin_person.is_staff = admin_person.is_superuser = True
    admin_person.save()
    return mission


def test_a_rotation_is_recorded_in_the_missions_own_chain(mission, client):
    client.force_login(who("admin"))
    post = Post.objects.get(code="ops")
    Appointment.objects.filter(post=post).update(until_on=dt.date(2026, 6, 30))
    successor = a_person("ops.next", first_name="Ada", last_name="Nwosu")

    answer = client.post(
        reverse("admin:missions_appointment_add"),
        {"post": post.pk, "person": successor.pk, "capacity": "holder", "from_on": "2026-07-01"},
    )

    assert answer.status_code == 302
    entry = Entry.objects.get(chain_id=chain_of_mission(mission))
    assert (entry.act, entry.actor) == ("appointment.added", who("admin"))
    assert verify().holds


def test_two_holders_of_one_post_at_a_time_are_refused_and_nothing_is_recorded(mission, client):
    client.force_login(who("admin"))
    post = Post.objects.get(code="ops")

    answer = client.post(
        reverse("admin:missions_appointment_add"),
        {
            "post": post.pk,
            "person": who("homc").pk,
            "capacity": "holder",
            "from_on": "2026-07-01",
        },
    )

    assert "Somebody holds this post in that time already." in answer.content.decode()
    assert Appointment.objects.filter(post=post).count() == 1
    assert not Entry.objects.exists()


def test_nothing_that_is_asked_decided_or_recorded_is_the_administrators(mission):
    rooms = {model._meta.app_label for model in admin.site._registry}

    assert rooms == {"missions"}


def test_others_are_sent_away(mission, client):
    client.force_login(who("chief.cimic"))

    assert client.get(reverse("admin:index")).status_code == 302
