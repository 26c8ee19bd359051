"""What page, API and PDF ask of compliance: the counts, the exceptions, units' exceptions (G).

Records count up to the reader's clearance, by the summary; exceptions are named only where
the reader sees the record. The number of statements does not depend on how many there are.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models import (
    Aggregate,
    Count,
    DurationField,
    ExpressionWrapper,
    F,
    Q,
    QuerySet,
    Sum,
)

from approvals.queries import reached_in_mission
from ledger.models import Entry
from missions.models import Mission, Unit, User
from missions.queries import Standing
from records.compliance.access import may_read_compliance, reads_as
from records.compliance.question import Question
from records.compliance.rows import OVER_RECORDS, ROWS, Row
from records.compliance.scope import MOST_NAMED, Counted, Named
from records.compliance.summary import owed, sweep
from records.figures.adding import Sums
from records.figures.kept import COMPLIANCE, numbers_of
from records.figures.rests import rests_of
from records.models import ComplianceCount, ComplianceException, RecordCompliance
from requests_app.vocabulary import Kind

# So many deeds are counted before the page is shown; more are left to the worker and said.
AT_ONCE = 50
MOST_TOLD = 1000


@dataclass
class Line:
    """One row of the report: what was counted, and exceptions by their reference or name."""

    row: Row
    complied: int = 0
    exceptions: int = 0
    pending: int = 0
    references: list[str] = field(default_factory=list)
    named: list[Named] = field(default_factory=list)

    @property
    def applied(self) -> int:
        return self.complied + self.exceptions

    @property
    def percent(self) -> int | None:
        """The share that complied, rounded down: 100 is all of them."""
        return 100 * self.complied // self.applied if self.applied else None


@dataclass(frozen=True)
class Report:
    """Every row over a mission and a period, as one reader sees it."""

    mission: Mission
    question: Question
    clearance: int
    lines: list[Line]
    not_yet_counted: int


def mission_read_by(person: User) -> tuple[Mission, int]:
    """Return whose compliance a person reads, up to which clearance; raise ``Forbidden``."""
    post = _read_through(person).post
    return post.mission, post.clearance


def _read_through(person: User) -> Standing:
    may_read_compliance(person).enforce()
    standing = reads_as(person)
    if standing is None:
        raise ValueError("Whoever may read has a standing.")
    return standing


def take_in_what_is_owed(mission: Mission) -> int:
    """Count the last few deeds now; return how many are still not counted."""
    waiting = owed(mission)[: MOST_TOLD + 1].count()
    if 0 < waiting <= AT_ONCE:
        sweep(mission)
        waiting = owed(mission).count()
    return waiting


def _narrowed(rows: QuerySet[Any], question: Question, clearance: int, at: str = "") -> Any:
    """Keep what falls in the period, sector and kind; ``at`` leads to the columns."""
    rows = rows.filter(
        **{
            f"{at}day__gte": question.since,
            f"{at}day__lte": question.until,
            f"{at}classification__lte": clearance,
        }
    )
    if question.sector:
        rows = rows.filter(**{f"{at}sector": question.sector})
    if question.kind:
        rows = rows.filter(**{f"{at}kind": question.kind})
    return rows


def _numbers(mission: Mission, question: Question, clearance: int) -> Sums:
    """Return the kept numbers of what falls in the period, sector and kind."""
    return numbers_of(
        rests_of(mission),
        part=COMPLIANCE,
        since=question.since,
        until=question.until,
        sector=question.sector.pk if question.sector else None,
        kind=question.kind,
        sees=lambda classification, _hidden: classification <= clearance,
    )


def _exceptions(
    person: User, mission: Mission, question: Question, clearance: int
) -> QuerySet[ComplianceException]:
    """Return the exceptions of records that the reader sees: their post sees the whole mission."""
    lines = ComplianceException.objects.filter(
        reached_in_mission(_read_through(person), "rfa__"),
        mission=mission,
        day__gte=question.since,
        day__lte=question.until,
    )
    return _narrowed(lines, question, clearance, at="rfa__compliance__")


def exceptions_seen(person: User, question: Question, row: Row) -> QuerySet[ComplianceException]:
    """Return a row's exceptions where the reader sees the record.

    Raises ``Forbidden`` for who does not read compliance.
    """
    mission, clearance = mission_read_by(person)
    take_in_what_is_owed(mission)
    return _exceptions(person, mission, question, clearance).filter(row=row.code)


NEWEST_OF_EACH = """
    SELECT asked.row, newest.reference FROM unnest(%s::text[]) AS asked (row)
    CROSS JOIN LATERAL ({newest}) AS newest (reference)
"""


def _newest_references(lines: QuerySet[ComplianceException]) -> dict[str, list[str]]:
    """Name the newest exceptions of each row, in one statement: each along its own index."""
    newest = lines.extra(where=["records_complianceexception.row = asked.row"])  # noqa: S610
    newest = newest.order_by("-day", "-pk").values_list("rfa__reference", flat=True)[:MOST_NAMED]
    sql, params = newest.query.sql_with_params()
    found: dict[str, list[str]] = defaultdict(list)
    with connection.cursor() as cursor:
        rows = [row.code for row in OVER_RECORDS]
        cursor.execute(NEWEST_OF_EACH.replace("{newest}", sql), [rows, *params])
        for row, reference in cursor.fetchall():
            found[row].append(reference)
    return found


def compliance_of(person: User, question: Question) -> Report:
    """Return every row of the policy, counted over a period for one reader.

    Raises ``Forbidden`` for who does not read compliance.
    """
    mission, clearance = mission_read_by(person)
    waiting = take_in_what_is_owed(mission)
    scope = question.scope(mission, clearance)
    sums = _numbers(mission, question, clearance).get("compliance", {})
    references = _newest_references(_exceptions(person, mission, question, clearance))
    lines = []
    for row in ROWS:
        if row.count is not None:
            lines.append(_line_of_mission(row, row.count(scope)))
            continue
        complied, exceptions, pending = sums.get(row.code, [0, 0, 0])
        lines.append(
            Line(
                row=row,
                complied=complied,
                exceptions=exceptions,
                pending=pending,
                references=references.get(row.code, []),
            )
        )
    return Report(mission, question, clearance, lines, waiting)


def _line_of_mission(row: Row, found: Counted) -> Line:
    return Line(
        row=row,
        complied=found.complied,
        exceptions=found.exceptions,
        pending=found.pending,
        references=[each.name for each in found.named if each.outcome == "exception"],
        named=found.named,
    )


def line_of_row(person: User, question: Question, row: Row) -> Line:
    """Return one row of the report, as ``compliance_of`` would."""
    mission, clearance = mission_read_by(person)
    take_in_what_is_owed(mission)
    if row.count is not None:
        return _line_of_mission(row, row.count(question.scope(mission, clearance)))
    counts = ComplianceCount.objects.filter(mission=mission, row=row.code)
    found = _narrowed(counts, question, clearance).aggregate(
        complied=Sum("complied", default=0),
        exceptions=Sum("exceptions", default=0),
        pending=Sum("pending", default=0),
    )
    return Line(row=row, **found)


def hashes_of(lines: list[ComplianceException]) -> dict[tuple[Any, int], str]:
    """Return the hash of the entry that proves each exception, by record and number."""
    proved = [(line.rfa_id, line.entry) for line in lines if line.entry is not None]
    if not proved:
        return {}
    entries = Entry.objects.filter(
        chain__in={rfa for rfa, _number in proved}, number__in={number for _rfa, number in proved}
    )
    found = entries.values_list("chain", "number", "hash")
    return {(chain, number): text for chain, number, text in found}


class Median(Aggregate):
    """The middle value of a group."""

    function = "percentile_cont"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = DurationField()


@dataclass(frozen=True)
class UnitLine:
    """How often a unit helped first and reported after, whether that held, how soon it told.

    ``rate`` is the share found not to have held, ``share`` that of reports among all the unit
    did in the period (its reports and its tasks); both in per cent, rounded.
    """

    code: str
    name: str
    reports: int
    held: int
    not_held: int
    open: int
    tasks: int
    median_minutes: int | None

    @property
    def rate(self) -> int | None:
        found = self.held + self.not_held
        return round(100 * self.not_held / found) if found else None

    @property
    def share(self) -> int:
        return round(100 * self.reports / (self.reports + self.tasks))


def _tasks_by_unit(mission: Mission, question: Question, clearance: int) -> dict[str | None, int]:
    """Return how many of the tasks asked for in a period each unit started."""
    tasks = _numbers(mission, question, clearance).get("tasks", {})
    codes = dict(Unit.objects.filter(mission=mission).values_list("pk", "code"))
    return {codes[int(unit)] if unit else None: count for unit, (count,) in tasks.items()}


def extreme_by_unit(person: User, question: Question) -> list[UnitLine]:
    """Return each unit's extreme situations in a period, most first (P40)."""
    mission, clearance = mission_read_by(person)
    take_in_what_is_owed(mission)
    records = _narrowed(
        RecordCompliance.objects.filter(
            reached_in_mission(_read_through(person), "rfa__"), mission=mission
        ),
        question,
        clearance,
    )
    delay = ExpressionWrapper(
        F("rfa__submitted_at") - F("rfa__extreme_situation__acted_at"),
        output_field=DurationField(),
    )
    reports = (
        records.filter(kind=Kind.EXTREME_SITUATION)
        .values(
            code=F("rfa__extreme_situation__unit__code"),
            name=F("rfa__extreme_situation__unit__name"),
        )
        .annotate(
            reports=Count("pk"),
            held=Count("pk", filter=Q(findings__P40="complied")),
            not_held=Count("pk", filter=Q(findings__P40="exception")),
            open=Count("pk", filter=Q(findings__P40="pending")),
            median=Median(delay),
        )
        .order_by("-reports", "code")
    )
    tasks = _tasks_by_unit(mission, question, clearance)
    return [
        UnitLine(
            code=line["code"] or "",
            name=line["name"] or "",
            reports=line["reports"],
            held=line["held"],
            not_held=line["not_held"],
            open=line["open"],
            tasks=tasks.get(line["code"], 0),
            median_minutes=int(line["median"].total_seconds() // 60) if line["median"] else None,
        )
        for line in reports
    ]
