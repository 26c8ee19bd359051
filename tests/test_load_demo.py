"""``load_demo``: the same for the same seed, varied beyond the told records, careful where."""

import datetime as dt
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from cimic.demo.loading import load, stories_for
from missions.calendar import local_day
from missions.models import Mission
from records.models import Transfer
from requests_app.models import AssistanceRequest

pytestmark = pytest.mark.django_db

NOW = dt.datetime(2027, 3, 9, 10, 30, tzinfo=dt.UTC)


def _told(seed: int, records: int) -> list[tuple[str, str, str, str]]:
    """Load, say what is there, and leave nothing behind."""
    with transaction.atomic():
        load(records=records, seed=seed, now=NOW)
        found = list(
            AssistanceRequest.objects.order_by("created_at", "reference").values_list(
                "reference", "title", "status", "requested_by__username"
            )
        )
        transaction.set_rollback(True)
    return found


def test_the_same_seed_tells_the_same_records(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path

    assert _told(7, records=6) == _told(7, records=6)


@pytest.mark.parametrize("hour", [2, 5, 20])
def test_it_is_told_at_any_hour_of_the_mission(settings, tmp_path, hour):
    """The mission's day begins four hours before UTC's: a receipt is not of yesterday."""
    settings.MEDIA_ROOT = tmp_path

    load(records=6, now=NOW.replace(hour=hour))

    transfer = Transfer.objects.get()
    mission = Mission.objects.get()
    assert transfer.received_on == local_day(mission, transfer.at)


def test_more_records_than_are_told_are_varied_by_the_seed(monkeypatch):
    monkeypatch.setattr("cimic.demo.loading.told_stories", list)

    records = _told(3, records=25)

    assert len(records) == 25
    assert len(stories_for(25, 3)) == 25
    assert [story.asked for story in stories_for(9, 3)] != [
        story.asked for story in stories_for(9, 4)
    ]


def test_load_demo_says_what_it_cannot_do(settings):
    settings.ALLOWED_HOSTS = ["127.0.0.1"]
    with pytest.raises(CommandError, match="Ask for 0 to 1000000 records"):
        call_command("load_demo", records=1_000_001)
    with pytest.raises(CommandError, match="copied by the database's owner"):
        call_command("load_demo", records=2_001)

    settings.ALLOWED_HOSTS = ["cimic.example.org"]
    with pytest.raises(CommandError, match="names this machine alone"):
        call_command("load_demo", records=0)
    assert not Mission.objects.exists()


def test_load_demo_without_records_makes_the_mission_alone(settings):
    settings.ALLOWED_HOSTS = ["127.0.0.1"]
    out = StringIO()

    call_command("load_demo", records=0, stdout=out)

    assert "has 0 records" in out.getvalue()
    assert Mission.objects.get().code == "UNAC"
