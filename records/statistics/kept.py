"""The figures of a reader of a whole mission, or of a sector, from the kept numbers.

What the reader's post reaches comes from them; what they see besides (their own, what was put
to them above their clearance) is counted from the records and added. The same figures as
``statements`` finds, to the last digit (``tests/test_figures.py``).
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from approvals.models import Priority, Step
from approvals.queries import arms_of
from approvals.vocabulary import StepState
from common.clock import now
from missions.calendar import local_day
from missions.models import Sector
from records.compliance.question import Question
from records.figures.adding import Sums, add, often, percentiles, spread, together
from records.figures.counting import count_late, count_rows
from records.figures.kept import PICTURES, numbers_of
from records.figures.rests import Rests, rests_of
from records.statistics.base import Base, Names, names_of
from records.statistics.plain import found_in
from records.statistics.question import Asked, By
from records.statistics.scope import Scope, columns, submitted_rows
from records.statistics.statements import DEAREST, MOST_PROJECTS
from requests_app.models import AssistanceRequest
from requests_app.vocabulary import Kind

Line = dict[str, Any]
Lines = list[Line]

GROUP = (
    "records", "asked", "decided", "approved", "with_conditions", "refused", "withdrawn",
    "undecided", "started", "completed", "closed",
)  # fmt: skip
DECIDED = GROUP[1:8]
HUNDRED = Decimal(100)


def _numbers(rests: Rests, question: Question, base: Base, *, within: bool) -> Sums:
    """Return the kept numbers within what a reader sees whole, or outside of it."""
    return numbers_of(
        rests,
        part=PICTURES,
        since=question.since,
        until=question.until,
        sector=question.sector.pk if question.sector else base.sector,
        kind=question.kind,
        sees=lambda classification, hidden: ((classification, hidden) in base.cells) == within,
    )


def _besides(scope: Scope, rests: Rests, question: Question, base: Base) -> Sums:
    """Count what a reader sees besides what their posts reach whole."""
    if base.sector is None and not _numbers(rests, question, base, within=False):
        return {}
    rows = submitted_rows(scope, question).exclude(base.rows())
    arms = [rows.filter(arm).order_by().values("pk") for arm in arms_of(scope.person)]
    sql, params = arms[0].union(*arms[1:]).query.sql_with_params()
    total: Sums = {}
    for sums in count_rows(scope.mission, sql, params).values():
        add(total, sums)
    return total


@dataclass
class Kept:
    """The numbers that a reader's figures are made of, and what late records add to them."""

    scope: Scope
    asked: Asked
    rests: Rests
    sums: Sums
    late: list[tuple[str, str, bool, int]]

    def lines(self, name: str) -> dict[str, list[int]]:
        return self.sums.get(name, {})

    def of_sort(self, name: str, sort: str) -> dict[str, list[int]]:
        """Return the lines of groups of one sort, by the rest of their key."""
        start = f"{sort} "
        return {
            key.removeprefix(start): counts
            for key, counts in self.lines(name).items()
            if key.startswith(start)
        }


def _late(scope: Scope, asked: Asked) -> list[tuple[str, str, bool, int]]:
    """Count what has an open step past its limit: from what is open alone."""
    open_late = Step.objects.filter(state=StepState.OPEN, due_at__lt=now())
    rows = submitted_rows(scope, asked.question).filter(pk__in=open_late.values("rfa"))
    arms = [rows.filter(arm).order_by().values("pk") for arm in arms_of(scope.person)]
    sql, params = arms[0].union(*arms[1:]).query.sql_with_params()
    return count_late(scope.mission, sql, params)


def _read(scope: Scope, asked: Asked, base: Base) -> Kept:
    rests, question = rests_of(scope.mission), asked.question
    reached = base.sector is None or not question.sector or question.sector.pk == base.sector
    sums = _numbers(rests, question, base, within=True) if reached else {}
    add(sums, _besides(scope, rests, question, base))
    return Kept(scope, asked, rests, sums, _late(scope, asked))


def _quarter(month: str) -> str:
    return f"{month[:4]}-Q{(int(month[5:]) + 2) // 3}"


def _labelled(kept: Kept, names: Names) -> tuple[str, Callable[[str], str]]:
    """Return by which groups a question is answered, and how their keys are said."""
    areas = kept.rests.areas
    sectors = {
        str(pk): code for pk, code in Sector.objects.filter(mission=kept.scope.mission)
        .values_list("pk", "code")
    } if kept.asked.by == By.SECTOR else {}  # fmt: skip
    match kept.asked.by:
        case By.MONTH:
            return "month", str
        case By.QUARTER:
            return "month", _quarter
        case By.YEAR:
            return "month", lambda month: month[:4]
        case By.SECTOR:
            return "sector", lambda number: sectors[number] if number else ""
        case By.AREA:
            return "area", lambda number: areas[int(number)].pcode if number else ""
        case By.REQUESTER:
            return "asker", lambda key: names.of(key)[0]
        case By.ORGANISATION:
            return "asker", lambda key: names.of(key)[1]
    return kept.asked.by.value, str


def _relabelled(lines: dict[str, list[int]], says: Callable[[str], str]) -> dict[str, list[int]]:
    """Add up the lines whose keys are said alike."""
    total: Sums = {}
    for key, counts in lines.items():
        add(total, {"": {says(key): counts}})
    return total.get("", {})


def _spread_alike(
    lines: dict[str, list[int]], says: Callable[[str], str]
) -> dict[str, dict[float, int]]:
    alike: dict[str, list[dict[float, int]]] = {}
    for key, values in spread(lines).items():
        alike.setdefault(says(key), []).append(values)
    return {key: together(many) for key, many in alike.items()}


def _groups(kept: Kept, names: Names) -> Lines:
    sort, says = _labelled(kept, names)
    groups = _relabelled(kept.of_sort("groups", sort), says)
    days = _spread_alike(kept.of_sort("days to decision", sort), says)
    late: dict[str, int] = {}
    for key, _status, _is_request, count in kept.late:
        if key.startswith(f"{sort} "):
            said = says(key.removeprefix(f"{sort} "))
            late[said] = late.get(said, 0) + count
    lines = []
    for key, counts in sorted(groups.items()):
        line = dict(zip(GROUP, counts, strict=True))
        for name in ("with_conditions", "withdrawn", "undecided"):
            del line[name]
        lines.append(
            {"key": key, **line, "extreme_situations": line["records"] - line["asked"],
             "late": late.get(key, 0),
             "median_days_to_decision": percentiles(days.get(key, {}), 0.5)[0]}
        )  # fmt: skip
    return lines


def _decided(lines: dict[str, list[int]]) -> Lines:
    return [
        {"key": key, **dict(zip(DECIDED, counts[1:8], strict=True))}
        for key, counts in sorted(lines.items())
        if counts[1]
    ]


def _totals(kept: Kept) -> Lines:
    kinds = kept.of_sort("groups", "kind").values()
    counts = [sum(each) for each in zip(*kinds, strict=True)] or [0] * len(GROUP)
    line = dict(zip(GROUP, counts, strict=True))
    more = kept.lines("totals").get("", [0, 0, 0, 0])
    names = ("open", "decided_with_a_day", "decided_in_time", "unmet")
    return [
        {name: line[name] for name in ("records", "asked", "decided", "approved", "refused")}
        | dict(zip(names, more, strict=True))
        | {"late": sum(each[3] for each in kept.late if each[0].startswith("kind "))}
    ]


def _flow(kept: Kept) -> Lines:
    late: dict[str, int] = {}
    for key, status, is_request, count in kept.late:
        if is_request and key.startswith("kind "):
            late[status] = late.get(status, 0) + count
    return [
        {"key": key, "came": came, "went": went, "waiting": waiting, "late": late.get(key, 0)}
        for key, (came, went, waiting) in sorted(kept.lines("flow").items())
    ]


def _times(of: dict[str, dict[float, int]], unit: str) -> Lines:
    lines = []
    for key, values in sorted(of.items()):
        median, ninetieth = percentiles(values, 0.5, 0.9)
        lines.append(
            {"key": key, "records": sum(values.values()), f"median_{unit}": median,
             f"ninetieth_{unit}": ninetieth}
        )  # fmt: skip
    return lines


def _each_priority(kept: Kept) -> Lines:
    lines = kept.of_sort("groups", "priority")
    asked = Priority.objects.filter(pk__in=map(int, lines)).select_related("of")
    return [
        {"key": str(each.pk), "of": each.of.title, "number": each.number, "text": each.text,
         **dict(zip(DECIDED, lines[str(each.pk)][1:8], strict=True))}
        for each in asked.order_by("-of__in_force_from", "number")
    ]  # fmt: skip


def _pcodes(rests: Rests, number: int | None) -> list[str]:
    """Return an area's p-code and those of what it lies in, as far as priorities look."""
    found: list[str] = []
    while number is not None and len(found) < 3:
        area = rests.areas[number]
        found.append(area.pcode)
        number = area.parent_id
    return found


def _refused(kept: Kept) -> Lines:
    lines = []
    for number, counts in kept.lines("refused").items():
        area = kept.rests.areas[int(number)] if number else None
        refused, met, not_met, not_known = counts
        lines.append(
            {"key": area.pcode if area else "", "name": area.name if area else "",
             "within": _pcodes(kept.rests, area.pk)[1:] if area else [], "refused": refused,
             "met_by_others": met, "not_met": not_met, "not_known": not_known}
        )  # fmt: skip
    return sorted(
        lines,
        key=lambda line: (line["met_by_others"] - line["refused"], -line["refused"], line["name"]),
    )


MOST_DELIVERERS = 20


def _delivered(kept: Kept) -> Lines:
    counts: dict[str, int] = {}
    for key, (count,) in kept.lines("delivered").items():
        name = key.rpartition("|")[0]
        counts[name] = counts.get(name, 0) + count
    of = spread(kept.lines("delivered"))
    lines: Lines = [
        {"key": key, "records": count, "median_days": percentiles(of[key], 0.5)[0]}
        for key, count in sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    ]
    median = percentiles(together(of.values()), 0.5)[0]
    total = {"key": None, "records": sum(counts.values()), "median_days": median}
    return [total, *lines[:MOST_DELIVERERS]]


def _money(kept: Kept) -> Lines:
    lines = [
        {"key": key, "projects": projects, "asked": asked / HUNDRED, "approved_projects": approves,
         "approved": approved / HUNDRED, "paid": paid / HUNDRED, "to_pay": to_pay / HUNDRED,
         "above_ceiling": above, "above_with_reason": reasoned}
        for key, (projects, asked, approves, approved, paid, to_pay, above, reasoned)
        in kept.lines("money").items()
    ]  # fmt: skip
    return sorted(lines, key=lambda line: (-line["approved_projects"], line["key"]))


def _deadlines(kept: Kept) -> Lines:
    today = local_day(kept.scope.mission).isoformat()
    counts: dict[str, int] = {}
    for key, (count,) in kept.lines("deadlines").items():
        state, _bar, due_on = key.partition("|")
        if state == "due":
            state = "overdue" if due_on < today else "running"
        counts[state] = counts.get(state, 0) + count
    return [{"key": key, "projects": count} for key, count in sorted(counts.items())]


def _projects(kept: Kept, approved: int) -> Lines:
    """Read the dozen shown first, whose references the numbers hold."""
    references = [key.split("|", 2)[2] for key in sorted(kept.lines("first"))[:MOST_PROJECTS]]
    if not references:
        return []
    rows = AssistanceRequest.objects.filter(
        mission=kept.scope.mission, reference__in=references, kind=Kind.QIP
    )
    found = found_in(kept.scope.mission, columns(kept.scope, rows), {"projects": DEAREST})
    return [line | {"of": approved} for line in found["projects"]]


EXTREME = (
    "reports", "events", "held", "not_held", "open", "within_6_hours", "within_24_hours",
    "within_72_hours", "later",
)  # fmt: skip


def _extreme(kept: Kept) -> Lines:
    of, delays = kept.lines("extreme"), spread(kept.lines("delay"))
    counts = [sum(each) for each in zip(*of.values(), strict=True)] or [0] * len(EXTREME)
    found = []
    for key, numbers, values in [
        ("", counts, together(delays.values())),
        *((key, numbers, delays.get(key, {})) for key, numbers in sorted(of.items())),
    ]:
        median, ninetieth = percentiles(values, 0.5, 0.9)
        found.append(
            {"key": key, **dict(zip(EXTREME, numbers, strict=True)), "median_seconds": median,
             "ninetieth_seconds": ninetieth}
        )  # fmt: skip
    return found


PEOPLE = ("completed", "counted", "women", "men", "girls", "boys")


def _people(kept: Kept) -> Lines:
    of = kept.lines("people")
    counts = [sum(each) for each in zip(*of.values(), strict=True)] or [0] * len(PEOPLE)
    lines = sorted(of.items(), key=lambda each: (-each[1][0], each[0]))
    return [
        {"key": key, **dict(zip(PEOPLE, numbers, strict=True))}
        for key, numbers in [("", counts), *lines]
    ]


def kept_figures(scope: Scope, asked: Asked, base: Base) -> dict[str, Lines]:
    """Return every figure for one reader, from the kept numbers and what is seen besides."""
    kept = _read(scope, asked, base)
    keys = {*kept.of_sort("groups", "asker")}
    keys |= {each[0].removeprefix("asker ") for each in kept.late if each[0].startswith("asker ")}
    names = names_of(scope, list(keys))
    money = _money(kept)
    asker = _relabelled(kept.of_sort("groups", "asker"), lambda key: names.of(key)[0])
    return {
        "totals": _totals(kept),
        "groups": _groups(kept, names),
        "flow": _flow(kept),
        "stages": _times(
            {key: often(each) for key, each in kept.lines("stages").items()}, "seconds"
        ),
        "spans": _times(spread(kept.lines("spans")), "days"),
        "by_kind": _decided(kept.of_sort("groups", "kind")),
        "by_requester": _decided(asker),
        "against_priorities": _decided(kept.of_sort("groups", "weighed")),
        "each_priority": _each_priority(kept),
        "refused": _refused(kept),
        "delivered": _delivered(kept),
        "money": money,
        "deadlines": _deadlines(kept),
        "projects": _projects(kept, sum(line["approved_projects"] for line in money)),
        "extreme": _extreme(kept),
        "people": _people(kept),
    }
