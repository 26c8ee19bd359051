"""The kept numbers: read where they hold, counted anew from the records where they do not.

A deed's outbox row marks its day until the reader of the outbox has seen it, in the deed's own
transaction; the reader then counts a change on the day. Kept numbers hold while no deed of their
days is owed and the changes are those they were made at: so they are never behind, and nothing
locks. What cannot be used is counted here and kept for the next who asks.
"""

import datetime as dt
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.utils.translation import gettext as _

from common.errors import FieldError, Incomplete
from missions.calendar import local_day
from missions.models import Mission
from records.figures.adding import ALL, Cells, Spot, Sums, add, added, merged, rolled_up
from records.figures.calendar import DAY, Piece, apart, pieces
from records.figures.counting import MOST_PROJECTS, OF_COMPLIANCE, count_stretches
from records.figures.rests import Rests, rests_of
from records.models import FigureCell, FigureStretch
from requests_app.models import AssistanceRequest

LISTENER = "compliance"
PICTURES, COMPLIANCE = "pictures", "compliance"
# So many records are counted while a reader waits; more are for the worker.
MOST_AT_ONCE = 150_000
# So many days, or months, are counted in one statement.
DAYS_AT_ONCE, MONTHS_AT_ONCE = 31, 3

OWED_DAYS = """
    SELECT DISTINCT (rfa.submitted_at AT TIME ZONE %s)::date
    FROM ledger_outboxrow AS owed
    JOIN ledger_entry AS entry ON entry.id = owed.entry_id
    JOIN requests_app_assistancerequest AS rfa ON rfa.id = entry.chain_id
    WHERE owed.listener = %s AND owed.done_at IS NULL AND rfa.mission_id = %s
      AND rfa.submitted_at IS NOT NULL
"""
WANTED = """
    SELECT wanted.since, wanted.until, now.changes, kept.id,
           kept.changes = now.changes, kept.made_on, kept.rests_on
    FROM unnest(%s::date[], %s::date[]) AS wanted (since, until)
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(changes), 0) AS changes FROM records_figureday AS day
        WHERE day.mission_id = %s AND day.day BETWEEN wanted.since AND wanted.until
    ) AS now
    LEFT JOIN records_figurestretch AS kept ON kept.mission_id = %s
        AND kept.since = wanted.since AND kept.until = wanted.until
"""
CHANGED = """
    INSERT INTO records_figureday (mission_id, day, changes)
    SELECT mission.id, changed.day, 1 FROM (
        SELECT DISTINCT kept.mission_id, kept.day FROM records_recordcompliance AS kept
        WHERE kept.rfa_id = ANY (%(ids)s::uuid[])
        UNION
        SELECT rfa.mission_id, (rfa.submitted_at AT TIME ZONE mission.time_zone)::date
        FROM requests_app_assistancerequest AS rfa
        JOIN missions_mission AS mission ON mission.id = rfa.mission_id
        WHERE rfa.id = ANY (%(ids)s::uuid[]) AND rfa.submitted_at IS NOT NULL
    ) AS changed (mission, day)
    JOIN missions_mission AS mission ON mission.id = changed.mission
    ORDER BY 1, 2
    ON CONFLICT (mission_id, day) DO UPDATE SET changes = records_figureday.changes + 1
"""


def records_changed(ids: Iterable[UUID]) -> None:
    """Let the figures kept of these records' days not hold any longer; all days in one order."""
    asked = [str(each) for each in ids]
    if asked:
        with connection.cursor() as cursor:
            cursor.execute(CHANGED, {"ids": asked})


def _owed_days(mission: Mission) -> set[dt.date]:
    with connection.cursor() as cursor:
        cursor.execute(OWED_DAYS, [mission.time_zone, LISTENER, mission.pk])
        return {day for (day,) in cursor.fetchall()}


def _moment(mission: Mission, day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time.min, ZoneInfo(mission.time_zone)).astimezone(dt.UTC)


def first_day(mission: Mission) -> dt.date | None:
    """Return the day on which anything was first submitted."""
    rows = AssistanceRequest.objects.filter(
        mission=mission, submitted_at__isnull=False, historical=False
    )
    first = rows.order_by("submitted_at").values_list("submitted_at", flat=True).first()
    return local_day(mission, first) if first else None


@dataclass
class Found:
    """A piece of a period: how often it changed, and where its kept numbers are, if they hold."""

    piece: Piece
    changes: int
    kept: int | None


def _look_up(rests: Rests, wanted: list[Piece]) -> list[Found]:
    mission = rests.mission
    since, until = [each.since for each in wanted], [each.until for each in wanted]
    with connection.cursor() as cursor:
        cursor.execute(WANTED, [since, until, mission.pk, mission.pk])
        return [
            Found(
                Piece(first, last),
                changes,
                stretch if same and rests.digest(made_on, last) == digest else None,
            )
            for first, last, changes, stretch, same, made_on, digest in cursor.fetchall()
        ]


def _keep(rests: Rests, counted: list[tuple[Found, Cells]], today: dt.date) -> None:
    """Keep what was counted, all in one order; whoever counted it as well keeps the same."""
    stretches = [
        FigureStretch(
            mission=rests.mission,
            since=found.piece.since,
            until=found.piece.until,
            changes=found.changes,
            made_on=today,
            rests_on=rests.digest(today, found.piece.until),
        )
        for found, _cells in counted
    ]
    with transaction.atomic():
        FigureStretch.objects.bulk_create(
            stretches,
            update_conflicts=True,
            unique_fields=["mission", "since", "until"],
            update_fields=["changes", "made_on", "rests_on"],
        )
        FigureCell.objects.filter(stretch__in=stretches).delete()
        FigureCell.objects.bulk_create(
            FigureCell(
                stretch=stretch,
                sector="" if spot.sector is None else str(spot.sector),
                kind=spot.kind,
                classification=spot.classification,
                hidden=spot.hidden,
                part=part,
                numbers=json.dumps(numbers, separators=(",", ":")),
            )
            for stretch, (_found, cells) in zip(stretches, counted, strict=True)
            for spot, sums in cells.items()
            for part, numbers in _in_pages(sums)
        )


def _in_pages(sums: Sums) -> Iterable[tuple[str, Sums]]:
    """Part a cell's numbers by the page that shows them."""
    yield PICTURES, {name: lines for name, lines in sums.items() if name not in OF_COMPLIANCE}
    yield COMPLIANCE, {name: lines for name, lines in sums.items() if name in OF_COMPLIANCE}


def _as_read(sector: str) -> int | str | None:
    return int(sector) if sector.isdecimal() else sector or None


def _read(stretches: list[int]) -> dict[int, Cells]:
    """Read every kept cell of some stretches."""
    found: dict[int, Cells] = {stretch: {} for stretch in stretches}
    for stretch, sector, kind, classification, hidden, numbers in FigureCell.objects.filter(
        stretch__in=stretches
    ).values_list("stretch", "sector", "kind", "classification", "hidden", "numbers"):
        spot = Spot(_as_read(sector), kind, classification, hidden)
        found[stretch].setdefault(spot, {}).update(json.loads(numbers))
    return found


def _in_parts(found: list[Found]) -> Iterable[list[Found]]:
    days = [each for each in found if each.piece.is_day]
    months = [each for each in found if not each.piece.is_day]
    for some, most in ((days, DAYS_AT_ONCE), (months, MONTHS_AT_ONCE)):
        for first in range(0, len(some), most):
            yield some[first : first + most]


def _counted(rests: Rests, missing: list[Found]) -> Iterator[list[tuple[Found, Cells]]]:
    """Count days and months from the records, some at a time."""
    mission = rests.mission
    for some in _in_parts(missing):
        stretches = [
            (each.piece.since, _moment(mission, each.piece.since),
             _moment(mission, each.piece.until + DAY))
            for each in some
        ]  # fmt: skip
        cells = count_stretches(mission, stretches)
        yield [(each, rolled_up(cells[each.piece.since], MOST_PROJECTS)) for each in some]


def _year(rests: Rests, year: Piece, owed: set[dt.date], today: dt.date) -> Cells:
    """Add a year up from its months, which are kept too."""
    months = _look_up(rests, list(year.months()))
    kept = _read([each.kept for each in months if each.kept])
    counted = _made(rests, [each for each in months if each.kept is None], owed, today)
    return merged([*kept.values(), *(cells for _month, cells in counted)], MOST_PROJECTS)


def _made(
    rests: Rests, missing: list[Found], owed: set[dt.date], today: dt.date
) -> Iterator[tuple[Piece, Cells]]:
    """Count what is not kept, and keep what will hold: nothing is owed in it and it has come."""
    smaller = [each for each in missing if not each.piece.is_year]
    years = [each for each in missing if each.piece.is_year]
    added_up = ([(each, _year(rests, each.piece, owed, today))] for each in years)
    for some in chain(_counted(rests, sorted(smaller, key=lambda each: each.piece)), added_up):
        holds = [
            (each, cells)
            for each, cells in some
            if each.piece.until <= today and owed.isdisjoint(each.piece.days())
        ]
        if holds:
            _keep(rests, holds, today)
        yield from ((each.piece, cells) for each, cells in some)


def _few_enough(mission: Mission, missing: list[Found]) -> None:
    """Refuse to count more records than a reader waits for; the worker counts them meanwhile."""
    days = sum((each.piece.until - each.piece.since).days + 1 for each in missing)
    if days < 366:
        return
    first = min(each.piece.since for each in missing)
    last = max(each.piece.until for each in missing)
    rows = AssistanceRequest.objects.filter(
        mission=mission,
        submitted_at__gte=_moment(mission, first),
        submitted_at__lt=_moment(mission, last + DAY),
        historical=False,
    )
    if rows[: MOST_AT_ONCE + 1].count() > MOST_AT_ONCE:
        message = _(
            "The figures of these years are being counted: ask for a shorter period, or again in"
            " some minutes."
        )
        raise Incomplete(errors=[FieldError("from", message)])


def _narrowed(cells: Cells, wanted: Spot, sees: Callable[[int, bool], bool]) -> list[Sums]:
    return [
        sums
        for spot, sums in cells.items()
        if (spot.sector, spot.kind) == (wanted.sector, wanted.kind)
        and sees(spot.classification, spot.hidden)
    ]


def numbers_of(
    rests: Rests,
    *,
    part: str,
    since: dt.date,
    until: dt.date,
    sector: int | None,
    kind: str,
    sees: Callable[[int, bool], bool],
) -> Sums:
    """Return the numbers of what was submitted in a period, of a sector and a kind if asked.

    ``part`` is for which page (``PICTURES``, ``COMPLIANCE``); ``sees`` says which
    classification, hidden from the force or not, is counted. Raises ``Incomplete`` where more
    is to be counted than a reader waits for.
    """
    mission, today = rests.mission, local_day(rests.mission)
    first = first_day(mission)
    if first is None or until < first:
        return {}
    owed = _owed_days(mission)
    asked = [
        part
        for piece in pieces(max(since, first), min(until, today), today)
        for part in apart(piece, owed)
    ]
    if until > today:  # a clock that went wrong may have said so
        asked.append(Piece(max(since, today + DAY), until))
    found = _look_up(rests, asked)
    missing = [
        each for each in found if each.kept is None or not owed.isdisjoint(each.piece.days())
    ]
    _few_enough(mission, missing)
    wanted = Spot(sector if sector is not None else ALL, kind or ALL, 0, False)
    total: Sums = {}
    for _piece, cells in _made(rests, missing, owed, today):
        for sums in _narrowed(cells, wanted, sees):
            add(total, sums)
    gone = {each.piece for each in missing}
    rows = FigureCell.objects.filter(
        stretch__in=[each.kept for each in found if each.piece not in gone],
        part=part,
        sector=str(wanted.sector),
        kind=wanted.kind,
    ).values_list("classification", "hidden", "numbers")
    for classification, hidden, numbers in rows:
        if sees(classification, hidden):
            add(total, json.loads(numbers))
    return added([total], MOST_PROJECTS)


def keep_ahead(mission: Mission, most: int = 12) -> int:
    """Count the days that are not kept, and a few of the months and years; return how many.

    For the worker: whoever asks finds them counted. What is owed is left until it is done.
    """
    first, today = first_day(mission), local_day(mission)
    if first is None:
        return 0
    rests, owed = rests_of(mission), _owed_days(mission)
    asked = pieces(first.replace(month=1, day=1), today, today)
    whole = [each for each in asked if owed.isdisjoint(each.days())]
    missing = [each for each in _look_up(rests, whole) if each.kept is None]
    days = [each for each in missing if each.piece.is_day]
    months = [each for each in missing if not each.piece.is_day and not each.piece.is_year]
    years = [each for each in missing if each.piece.is_year]
    for year in years:
        of_year = [one for one in _look_up(rests, list(year.piece.months())) if one.kept is None]
        months += of_year
        if len(of_year) > most:
            break
    wanted = [*days, *months[:most], *(years[:1] if len(months) <= most else [])]
    for _piece in _made(rests, wanted, owed, today):
        pass
    return len(wanted)
