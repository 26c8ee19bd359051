"""What page, API and PDF ask of compliance: the counts, the exceptions, units' exceptions (G).

Records count up to the reader's clearance, by the summary; exceptions are named only where
the reader sees the record. The number of statements does not depend on how many there are.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from django.db.models import (
    Aggregate,
    Count,
    DurationField,
    ExpressionWrapper,
    F,
    Q,
    QuerySet,
    Sum,
    Window,
)
from django.db.models.functions import RowNumber

from approvals.queries import visible_to
from ledger.models import Entry
from missions.models import Mission, User
from records.compliance.access import may_read_compliance, reads_as
from records.compliance.question import Question
from records.compliance.rows import ROWS, Row
from records.compliance.scope import MOST_NAMED, Counted, Named
from records.compliance.summary import owed, sweep
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
    may_read_compliance(person).enforce()
    standing = reads_as(person)
    if standing is None:
        raise ValueError("Whoever may read has a standing.")
    return standing.post.mission, standing.post.clearance


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


def _sums(mission: Mission, question: Question, clearance: int) -> dict[str, dict[str, int]]:
    counts = _narrowed(ComplianceCount.objects.filter(mission=mission), question, clearance)
    return {
        line["row"]: line
        for line in counts.values("row").annotate(
            complied=Sum("complied"), exceptions=Sum("exceptions"), pending=Sum("pending")
        )
    }


def _exceptions(
    person: User, mission: Mission, question: Question, clearance: int
) -> QuerySet[ComplianceException]:
    lines = ComplianceException.objects.filter(
        mission=mission,
        day__gte=question.since,
        day__lte=question.until,
        rfa__in=visible_to(person).values("pk"),
    )
    return _narrowed(lines, question, clearance, at="rfa__compliance__")


def exceptions_seen(person: User, question: Question, row: Row) -> QuerySet[ComplianceException]:
    """Return a row's exceptions where the reader sees the record.

    Raises ``Forbidden`` for who does not read compliance.
    """
    mission, clearance = mission_read_by(person)
    take_in_what_is_owed(mission)
    return _exceptions(person, mission, question, clearance).filter(row=row.code)


def _newest_references(lines: QuerySet[ComplianceException]) -> dict[str, list[str]]:
    """Name the newest exceptions of each row, in one statement."""
    ranked = lines.annotate(
        place=Window(RowNumber(), partition_by=F("row"), order_by=[F("day").desc(), F("pk").desc()])
    ).filter(place__lte=MOST_NAMED)
    found: dict[str, list[str]] = defaultdict(list)
    for row, reference in ranked.order_by("row", "place").values_list("row", "rfa__reference"):
        found[row].append(reference)
    return found


def compliance_of(person: User, question: Question) -> Report:
    """Return every row of the policy, counted over a period for one reader.

    Raises ``Forbidden`` for who does not read compliance.
    """
    mission, clearance = mission_read_by(person)
    waiting = take_in_what_is_owed(mission)
    scope = question.scope(mission, clearance)
    sums = _sums(mission, question, clearance)
    references = _newest_references(_exceptions(person, mission, question, clearance))
    lines = []
    for row in ROWS:
        if row.count is not None:
            lines.append(_line_of_mission(row, row.count(scope)))
            continue
        found = sums.get(row.code, {})
        lines.append(
            Line(
                row=row,
                complied=found.get("complied", 0),
                exceptions=found.get("exceptions", 0),
                pending=found.get("pending", 0),
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
    found = _sums(mission, question, clearance).get(row.code, {})
    return Line(
        row=row,
        complied=found.get("complied", 0),
        exceptions=found.get("exceptions", 0),
        pending=found.get("pending", 0),
    )


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


def extreme_by_unit(person: User, question: Question) -> list[UnitLine]:
    """Return each unit's extreme situations in a period, most first (P40)."""
    mission, clearance = mission_read_by(person)
    take_in_what_is_owed(mission)
    records = _narrowed(
        RecordCompliance.objects.filter(mission=mission, rfa__in=visible_to(person).values("pk")),
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
    tasks = dict(
        records.filter(rfa__task__started_on__isnull=False)
        .values_list("rfa__tasked_unit__code")
        .annotate(Count("pk"))
        .order_by()
    )
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
