"""The doctor sees what is wrong before the mission does."""

import datetime as dt

import pytest

from cimic.checkup import findings
from cimic.looks import known_settings
from common.clock import now
from common.models import Heartbeat
from missions.models import Appointment
from notices.models import Letter
from tests.builders import a_mission, who
from tests.test_settings import CHECKOUT

pytestmark = pytest.mark.django_db


def found() -> dict[str, str]:
    """What the doctor finds, by its mark."""
    return {one.subject: one.mark for one in findings()}


def test_a_house_in_order_has_its_walls_and_clocks(settings):
    a_mission()
    said = found()

    for subject in ("settings", "clock", "owner", "guards", "kept tables", "append-only tables"):
        assert said[subject] == "well", subject
    assert said["mission UNAC"] == "well"
    assert {"letters", "webhooks", "secret key", "migrations", "data folder"} <= set(said)


def test_a_slip_in_a_setting_an_open_secret_and_a_short_key_are_seen(
    monkeypatch, tmp_path, settings
):
    kept = tmp_path / "key"
    kept.write_text("x")
    kept.chmod(0o644)
    monkeypatch.setenv("CIMIC_MAIL_FORM", "cimic@unac.example")
    monkeypatch.setenv("CIMIC_SECRET_KEY_FILE", str(kept))
    settings.SECRET_KEY = "short"
    settings.DEMO = False
    told = {one.subject: one for one in findings()}

    assert "CIMIC_MAIL_FORM" in told["settings"].told
    assert "CIMIC_SECRET_KEY_FILE" in told["secrets"].told
    assert told["secret key"].mark == "ill"


def test_a_beat_that_is_silent_letters_that_are_refused_and_a_mission_nobody_keeps_are_seen(
    settings,
):
    mission = a_mission()
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert found()["beat"] == "ill"
    beat = Heartbeat.objects.create(name="tasks", at=now())
    assert found()["beat"] == "well"
    beat.at = now() - dt.timedelta(minutes=3)
    beat.save()
    Letter.objects.create(
        person=who("ops"),
        mission=mission,
        message_id="<a@b>",
        to="ops@unac.example",
        attempts=4,
        next_try_at=now(),
    )
    Appointment.objects.filter(post__code="admin").update(until_on=dt.date(2026, 1, 2))
    said = found()
    assert (said["beat"], said["letters"], said["mission UNAC"]) == ("ill", "note", "note")


def test_every_setting_that_is_explained_is_known():
    example = (CHECKOUT / ".env.example").read_text()
    explained = {
        line.removeprefix("# ").split("=")[0]
        for line in example.splitlines()
        if line.removeprefix("# ").startswith("CIMIC_")
    }
    assert explained <= known_settings()
