"""The figures kept ahead are those found from the records: at every moment, for every reader."""

import datetime as dt
import random
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from approvals import services as approvals
from cimic.demo.loading import load
from common import clock
from missions.models import Holiday, Mission
from missions.queries import holders_of
from records.archive.disposal import ask_disposal, confirm_disposal
from records.compliance import summary
from records.compliance.question import read_question
from records.compliance.reading import compliance_of, line_of_row
from records.figures import kept
from records.figures.adding import percentiles, spread
from records.figures.calendar import Piece, apart, pieces
from records.models import FigureCell, FigureStretch
from records.statistics.question import By, read_asked
from records.statistics.reading import plain_statistics_of, statistics_of
from records.statistics.scope import scope_of
from requests_app.models import AssistanceRequest
from tests.archiving import a_class, a_closed_refusal, years_later
from tests.builders import a_mission, a_started, a_submitted, give, open_step, who
from tests.calling import Caller
from tests.weighing import closed, priorities

pytestmark = pytest.mark.django_db

WIDE = {"from": "2020-01-01"}


def _same(username: str, **asked: str) -> None:
    """Hold every figure of one reader, in its order, to what the records say."""
    question = read_asked({**WIDE, **asked}, Mission.objects.get())
    person = who(username)
    ahead = statistics_of(person, question).figures
    found = plain_statistics_of(scope_of(person), question).figures
    ordered = {"groups", "refused", "delivered", "money", "projects", "each_priority", "extreme"}
    for name, lines in found.items():
        key = None if name in ordered else str
        assert _told(ahead[name], key) == _told(lines, key), f"{username} {asked}: {name}"


def _told(lines: list[dict[str, Any]], key: Any) -> list[dict[str, Any]]:
    return sorted(lines, key=lambda line: str(line.get("key"))) if key else lines


def _all_the_same() -> None:
    for username in ("chief.cimic", "cos", "dms", "homc", "sector.east"):
        _same(username)
    for by in By:
        _same("chief.cimic", by=by)
    _same("cos", sector="east", kind="qip", by="requester")
    _same("sector.east", sector="west")
    _same("cos", **{"from": "2026-02-10", "to": "2026-04-20"})


def test_kept_figures_are_those_of_the_records_through_deeds_and_what_they_rest_on():
    """R22, P15, P31, P39, P41: for every reader, before and after the worker has counted."""
    load(seed=7)
    mission = Mission.objects.get()
    _all_the_same()
    summary.catch_up(mission)
    _all_the_same()
    _all_the_same()  # now from what was kept
    assert FigureStretch.objects.exists()

    rfa = AssistanceRequest.objects.filter(status="under_review", kind="civil_assistance")[0]
    AssistanceRequest.objects.filter(pk=rfa.pk).update(low_profile=True)
    give(open_step(rfa), by=holders_of(open_step(rfa).post)[0])
    _same("chief.cimic", by="organisation")  # the deed is owed still
    while summary.sweep():
        pass
    _same("chief.cimic", by="organisation")
    _same("cos", by="requester")

    Holiday.objects.create(mission=mission, on=mission.established_on + dt.timedelta(days=40))
    mission.qip_ceiling = 9000
    mission.save()
    _same("cos")
    priorities(mission, in_force_from=mission.established_on + dt.timedelta(days=60))
    _same("cos")


def test_compliance_adds_up_to_the_counts_of_its_rows():
    a_mission()
    closed(a_started()), a_submitted()
    summary.catch_up(Mission.objects.get())
    question = read_question({}, Mission.objects.get())
    for line in compliance_of(who("cos"), question).lines:
        if line.row.check is not None:
            alone = line_of_row(who("cos"), question, line.row)
            counts = (line.complied, line.exceptions, line.pending)
            assert counts == (alone.complied, alone.exceptions, alone.pending), line.row.code


def _submitted_ago(days: int) -> None:
    at = clock.now() - dt.timedelta(days=days)
    AssistanceRequest.objects.filter(pk=a_submitted().pk).update(submitted_at=at)


def test_past_years_are_counted_ahead_by_the_worker_and_then_read():
    mission = a_mission()
    for days in (900, 880, 500, 400):
        _submitted_ago(days)
    summary.catch_up(mission)
    made = 0
    while done := kept.keep_ahead(mission):
        made += done
    cells = FigureCell.objects.count()

    assert made > 20
    assert kept.keep_ahead(mission) == 0
    _same("cos")
    kinds = {each.until - each.since for each in FigureStretch.objects.all()}
    assert max(kinds) > dt.timedelta(days=300)
    assert FigureCell.objects.count() >= cells


def test_more_records_than_a_reader_waits_for_are_refused_not_counted(monkeypatch, client):
    mission = a_mission()
    _submitted_ago(900), _submitted_ago(900)
    monkeypatch.setattr(kept, "MOST_AT_ONCE", 1)

    client.force_login(who("cos"))
    for page in ("/evaluation/", "/compliance/"):
        assert client.get(page, WIDE).status_code == 422
    refused = Caller("cos").get("/api/v1/statistics/?from=2020-01-01")
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "from"
    while summary.sweep() or kept.keep_ahead(mission):
        pass
    _same("cos")


def test_a_deed_undone_leaves_what_is_kept_as_it_was():
    a_mission()
    rfa = a_submitted()
    summary.catch_up(rfa.mission)
    _same("cos")
    before = list(FigureCell.objects.order_by("pk").values_list("numbers", flat=True))
    approvals.withdraw(rfa=rfa, actor=who("sector.east"))
    _same("cos")
    assert list(FigureCell.objects.order_by("pk").values_list("numbers", flat=True)) == before
    summary.sweep()
    _same("cos")
    assert list(FigureCell.objects.order_by("pk").values_list("numbers", flat=True)) != before


def test_percentiles_are_those_of_postgresql():
    chance = random.Random(5)
    for size in (1, 2, 3, 10, 101):
        values = [chance.choice([1, 2.5, 7, 30, 30, 91.25]) for _ in range(size)]
        for part in (0.5, 0.9):
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT to_jsonb(percentile_cont(%s) WITHIN GROUP (ORDER BY v))::text "
                    "FROM unnest(%s::float8[]) AS v",
                    [part, values],
                )
                (said,) = cursor.fetchone()
            counts = Counter(values)
            assert percentiles(counts, part) == [Decimal(said)]
            lines = {f"seat|of|{value}": [count] for value, count in counts.items()}
            assert spread(lines) == {"seat|of": counts}
    assert percentiles({}, 0.5, 0.9) == [None, None]


def test_a_period_is_cut_into_pieces_that_cover_each_day_once():
    chance, today = random.Random(3), dt.date(2026, 11, 21)
    for _ in range(60):
        since = dt.date(2022, 1, 1) + dt.timedelta(days=chance.randint(0, 1700))
        until = min(since + dt.timedelta(days=chance.randint(0, 1400)), today)
        touched = {since + dt.timedelta(days=chance.randint(0, 400)) for _ in range(3)}
        found = [part for piece in pieces(since, until, today) for part in apart(piece, touched)]
        days = [day for piece in found for day in piece.days()]
        assert days == list(Piece(since, until).days())
        assert all(piece.is_day for piece in found if touched & set(piece.days()))
        assert len(found) < 62 + 100 + 60 + 4 * 31


def test_what_is_disposed_of_counts_as_the_records_then_do():
    a_mission()
    a_class()
    rfa = a_closed_refusal()
    with years_later(6):
        summary.catch_up(rfa.mission)
        _same("cos", by="category")
        ask_disposal(rfa=rfa, actor=who("records.officer"), authority="STAT 12", reason="Due.")
        confirm_disposal(rfa=rfa, actor=who("cos"))
        _same("cos", by="category")
        while summary.sweep():
            pass
        _same("cos", by="category")
        _same("cos", by="organisation")
