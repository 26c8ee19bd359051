"""Clocks: functions of entries, on the mission's working days or day and night (P31)."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from approvals import clocks
from approvals import services as approvals
from approvals.models import Step
from common import clock
from missions.calendar import Calendar, calendar_of, local_day
from missions.models import Holiday, Mission
from tests.builders import (
    a_mission,
    a_submitted,
    civil_answers,
    give,
    open_step,
    who,
)

FRIDAY = dt.datetime(2026, 11, 20, 13, 0, tzinfo=dt.UTC)  # 15:00 in a mission two hours east
HOUR = dt.timedelta(hours=1)
URGENT = {"urgency": "time_sensitive", "urgency_reason": "The rains begin."}

pytestmark = pytest.mark.django_db


def a_working_mission(days: tuple[int, ...] = (1, 2, 3, 4, 5)) -> Mission:
    mission = a_mission()
    mission.working_days = list(days)
    mission.time_zone = "Africa/Johannesburg"
    mission.save()
    return mission


def test_P31_a_normal_limit_passes_over_the_days_the_mission_does_not_work():
    a_working_mission()
    with clock.telling(FRIDAY):
        step = open_step(a_submitted())

    # 48 hours: 9 left of Friday, 24 on Monday, 15 on Tuesday, by the mission's own midnights.
    assert step.normal_hours == 48
    assert step.due_at == FRIDAY + 4 * 24 * HOUR
    assert step.half_at == FRIDAY + 3 * 24 * HOUR


def test_P31_a_holiday_is_no_working_day():
    mission = a_working_mission()
    Holiday.objects.create(mission=mission, on=dt.date(2026, 11, 23), name="Remembrance")
    with clock.telling(FRIDAY):
        assert open_step(a_submitted()).due_at == FRIDAY + 5 * 24 * HOUR


def test_P31_a_time_sensitive_limit_runs_day_and_night():
    a_working_mission()
    with clock.telling(FRIDAY):
        step = open_step(a_submitted(civil_answers(**URGENT)))

    assert step.due_at == FRIDAY + step.time_sensitive_hours * HOUR


def test_what_ran_before_a_pause_is_not_given_again():
    a_mission()
    with clock.telling(FRIDAY):
        rfa = a_submitted()
        give(open_step(rfa), "forward_recommended")
        step = rfa.steps.get(seat="mission_support")
    with clock.telling(FRIDAY + 10 * HOUR):
        decided = rfa.steps.get(seat="mission_support")
        decided.rfa = rfa
        from_now = clocks.stopped(decided, clocks.clock_of(decided), clock.now())

    assert from_now.used == 10 * HOUR
    again = clocks.started(step, FRIDAY + 100 * HOUR, from_now.used)
    assert again.due_at == FRIDAY + 100 * HOUR + (step.normal_hours - 10) * HOUR


def test_a_clock_is_worked_out_anew_from_the_entries_alone():
    """Returned by one seat of a stage, the others rest; resubmitted, they go on."""
    a_working_mission()
    with clock.telling(FRIDAY):
        rfa = a_submitted(by="unit.east")
    with clock.telling(FRIDAY + 2 * HOUR):
        give(open_step(rfa), "return", remarks="Say how many families.")
    rfa.refresh_from_db()
    with clock.telling(FRIDAY + 80 * HOUR):
        approvals.submit(rfa=rfa, actor=who("unit.east"))

    for step in Step.objects.filter(rfa=rfa).select_related("rfa__mission"):
        if step.state in {"open", "waiting"}:
            assert clocks.clock_of(step) == clocks.from_entries(step)


def test_an_expired_limit_is_due_at_once_when_the_clock_goes_on():
    a_mission()
    with clock.telling(FRIDAY):
        step = open_step(a_submitted())
    assert clocks.started(step, FRIDAY, 999 * HOUR).due_at == FRIDAY


def test_the_calendar_counts_forth_and_back_alike():
    calendar = calendar_of(a_working_mission((1, 2, 3, 4, 6)))
    for hours in (0, 1, 8, 9, 24, 33, 47, 100, 500):
        until = calendar.after(FRIDAY, hours * HOUR)
        assert calendar.between(FRIDAY, until) == hours * HOUR


@pytest.mark.parametrize("days", [[], [0], [8], [1, 9]])
def test_the_database_refuses_a_week_without_working_days_or_with_days_that_are_none(days):
    mission = a_working_mission()
    mission.working_days = days
    with pytest.raises(IntegrityError, match="mission_works_on_some_days"), transaction.atomic():
        mission.save()
    with pytest.raises(ValidationError, match="from 1|blank"):
        mission.full_clean()


def test_a_calendar_of_holidays_alone_is_refused_rather_than_counted_for_ever():
    calendar = Calendar(ZoneInfo("UTC"), frozenset(), frozenset())
    with pytest.raises(ValueError, match="no working day"):
        calendar.after(FRIDAY, HOUR)


def test_a_time_zone_is_one_that_there_is():
    mission = a_working_mission()
    mission.time_zone = "Carana/Galasi"
    with pytest.raises(ValidationError, match="is no time zone"):
        mission.full_clean()


def test_the_missions_own_day_begins_at_its_own_midnight():
    mission = a_working_mission()
    assert local_day(mission, dt.datetime(2026, 11, 20, 22, 30, tzinfo=dt.UTC)) == dt.date(
        2026, 11, 21
    )
