"""Very many records: copies of told cases hold like told ones, and are the same for a seed."""

import datetime as dt
import io

import pytest
from django.db import connection, transaction

from approvals.models import Step
from cimic.demo.bulk import loading
from cimic.demo.bulk.checking import faults_of, faults_of_all
from cimic.demo.bulk.copying import Copier
from cimic.demo.bulk.patterns import pattern_stories
from cimic.demo.bulk.plan import A_YEAR, Copy, Names, weeks_for
from cimic.demo.bulk.shape import OF_A_CASE
from cimic.demo.bulk.tables import look
from cimic.demo.loading import load
from ledger.models import Chain, Entry, OutboxRow
from ledger.verification import verify
from missions.models import Mission
from records.compliance.summary import add_up
from requests_app.models import AssistanceRequest, RecordWords, Revision

pytestmark = pytest.mark.django_db

NOW = dt.datetime(2027, 3, 9, 10, 30, tzinfo=dt.UTC)
COPIES = 40


@pytest.fixture
def copied(monkeypatch) -> list[str]:
    """Eight told cases and forty copies; the database's triggers keep the copies' words."""
    monkeypatch.setattr("cimic.demo.loading.told_stories", list)
    stories = pattern_stories(8, 5)
    load(seed=5, now=NOW, besides=stories)
    loading._began_earlier(Mission.objects.get(), 26)
    shapes, copies = loading._copied(stories, 5, COPIES + AssistanceRequest.objects.count())
    names = Names(loading.invented_words(300, 5), 5)
    copier = Copier(shapes, loading._first_numbers(), names)
    made = _write_but_words(copier, copies)
    add_up(Mission.objects.get())
    return made


def test_copies_of_told_cases_hold_like_told_ones(copied):
    records = AssistanceRequest.objects.filter(title__isnull=False)

    with connection.cursor() as cursor:
        assert faults_of_all(cursor) == []
    assert faults_of(list(records.values_list("pk", flat=True))) == []
    assert verify().breaks == []
    assert not OutboxRow.objects.filter(done_at=None, entry__chain__subject="request").exists()
    assert records.count() >= COPIES
    assert not records.filter(title__contains="Qwplacek", reference__in=_copies(copied)).exists()
    assert len(set(records.values_list("reference", flat=True))) == records.count()
    assert Revision.objects.count() > COPIES / 2


def _copies(words: list[str]) -> list[str]:
    by_id = [line.split("\t")[0] for line in words]
    rows = AssistanceRequest.objects.filter(pk__in=[each for each in by_id if len(each) == 36])
    return list(rows.values_list("reference", flat=True))


def test_the_words_of_a_copy_are_those_the_database_makes(copied):
    columns = [field.column for field in RecordWords._meta.concrete_fields]
    assert len(copied) == COPIES

    for line in copied:
        said = dict(zip(columns, line.rstrip("\n").split("\t"), strict=True))
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT open = %s::tsvector, asking = %s::tsvector, inside = %s::tsvector "
                "FROM requests_app_recordwords WHERE rfa_id = %s",
                [said["open"], said["asking"], said["inside"], said["rfa_id"]],
            )
            assert cursor.fetchone() == (True, True, True)


def test_the_same_seed_copies_the_same(monkeypatch):
    monkeypatch.setattr("cimic.demo.loading.told_stories", list)
    stories = pattern_stories(3, 2)
    told = []
    for _time in range(2):
        with transaction.atomic():
            load(seed=2, now=NOW, besides=stories)
            shapes, copies = loading._copied(stories, 2, 20)
            names = Names(loading.invented_words(300, 2), 2)
            copier = Copier(shapes, loading._first_numbers(), names)
            _write_but_words(copier, copies)
            told.append(
                list(
                    AssistanceRequest.objects.order_by("pk").values_list("pk", "reference", "title")
                )
            )
            transaction.set_rollback(True)

    assert told[0] == told[1]
    assert len(told[0]) == 20


def _write_but_words(copier: Copier, copies: list[Copy]) -> list[str]:
    """Write copies as whoever serves, who writes no words; return the lines left out."""
    words = RecordWords._meta.db_table
    made = []
    for copy in copies:
        copier.add(copy)
        made += copier.lines[words]
        copier.lines[words].clear()
    _write(copier)
    return made


def _write(copier: Copier) -> None:
    """Write steps bare, then their answers, then the steps as they stand: each points to both."""
    tables = list(OF_A_CASE)
    first = tables.index(Step)
    whole = copier.lines[Step._meta.db_table]
    columns = [field.column for field in Step._meta.concrete_fields]
    bare = {"state": "waiting", "opened_at": r"\N", "due_at": r"\N", "half_at": r"\N"}
    bare |= {"current_id": r"\N", "current_grants": ""}
    lines = [
        "\t".join(bare.get(n, cell) for n, cell in zip(columns, line.split("\t"), strict=True))
        for line in "".join(whole).splitlines()
    ]
    changed = ", ".join(f"{name} = whole.{name}" for name in bare)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE whole (LIKE approvals_step) ON COMMIT DROP")
        cursor.cursor.copy_expert(
            f"COPY whole ({', '.join(columns)}) FROM STDIN", io.StringIO("".join(whole))
        )
        copier.lines[Step._meta.db_table] = [line + "\n" for line in lines]
        copier.write(cursor, tables[: first + 2])
        cursor.execute(
            f"UPDATE approvals_step step SET {changed} "  # noqa: S608 - our own columns
            "FROM whole WHERE step.id = whole.id"
        )
        cursor.execute("DROP TABLE whole")
        copier.write(cursor, tables[first + 2 :])


def test_more_records_lie_further_back_and_never_closer_together():
    assert weeks_for(3_000) == weeks_for(20_000) == 26
    assert weeks_for(A_YEAR * 2) == 104
    assert weeks_for(1_000_000) == 1040


def test_what_is_taken_off_comes_back_and_the_guards_stay_on():
    tables = [model._meta.db_table for model in (Chain, Entry, AssistanceRequest)]
    with connection.cursor() as cursor:
        taken = look(cursor, tables)
        cursor.execute(
            "SELECT count(*) FROM pg_constraint WHERE contype IN ('p', 'u', 'x', 'f') "
            "AND (conrelid = ANY(%(t)s::regclass[]) OR confrelid = ANY(%(t)s::regclass[]))",
            {"t": tables},
        )
        (constraints,) = cursor.fetchone()

    assert sum("DROP CONSTRAINT" in one for one in taken.off) == constraints
    back = [done for _name, _apart, statements in taken.back for _table, done in statements]
    validated = sum(statement.count("VALIDATE CONSTRAINT") for statement in back)
    assert sum("ADD CONSTRAINT" in statement for statement in back) == constraints
    assert sum("FOREIGN KEY" in statement for statement in back) == validated > 0
    assert sum("USING INDEX" in statement for statement in back) == sum(
        statement.startswith("CREATE UNIQUE INDEX") for statement in back
    )
    assert not [one for one in taken.off if "only_added_to" in one or "never_emptied" in one]
    assert [one for one in taken.off if "DISABLE TRIGGER words_first" in one]
