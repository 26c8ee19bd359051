"""``load_demo --records`` with very many: told once, copied by workers, proved at the end."""

import datetime as dt
import multiprocessing
from collections import Counter
from collections.abc import Callable
from itertools import product
from random import Random
from typing import Any
from uuid import uuid5

from django.db import connection, connections, models

from approvals.models import PrioritySet
from approvals.services import set_priorities
from cimic.demo.acting import NAMESPACE
from cimic.demo.bulk.checking import faults_of, faults_of_all, sample_of, words_that_differ
from cimic.demo.bulk.copying import Copier, write_copies
from cimic.demo.bulk.patterns import COMMON, LOCAL, PATTERNS, PLACE, pattern_stories
from cimic.demo.bulk.plan import Copy, Names, numbers_given, plan_copies, weeks_for
from cimic.demo.bulk.shape import OF_A_CASE, Shape, has_numbers, read_shapes
from cimic.demo.bulk.tables import look, put_back, take_off
from cimic.demo.loading import Loaded, load
from cimic.demo.stories import Story
from cimic.demo.world import boundaries
from common import clock
from ledger.checkpoints import make_checkpoint
from ledger.receipts import send_owed
from ledger.verification import verify
from missions.boundaries import contains, point_inside
from missions.models import Appointment, Mission
from records.compliance.summary import add_up
from records.figures.kept import keep_ahead
from requests_app.models import AssistanceRequest, ReferenceCounter

MOST_COPIES = 1_000_000
WORKERS = 2
SYLLABLES = [*"bdgkmnprtv"], [*"aou"], [*"bdgkmnprtv"], [*"aou"], [*"kmbd"]
SAME_EVERYWHERE = """
    SELECT word FROM unnest(%s) WITH ORDINALITY AS said(word, place)
    WHERE words_vector(word) = to_tsvector('cimic_plain', word)
        || to_tsvector('cimic_plain', word) || to_tsvector('cimic_plain', word)
    ORDER BY place
"""


class Spoilt(Exception):
    """The copies do not hold; what was loaded is to be thrown away."""


def invented_words(count: int, seed: int) -> list[str]:
    """Return invented names that no language bends, nor leaves out, the same for the same seed."""
    said = ["".join(parts).capitalize() for parts in product(*SYLLABLES)]
    Random(f"names:{seed}").shuffle(said)  # noqa: S311 - a demonstration's, not a secret's
    with connection.cursor() as cursor:
        cursor.execute(SAME_EVERYWHERE, [[PLACE, COMMON, LOCAL, *said]])
        fit = [word for (word,) in cursor.fetchall()]
    if fit[:3] != [PLACE, COMMON, LOCAL]:
        raise ValueError("A mark is bent by a language: choose others.")
    return fit[3 : count + 3]


def points_near(rfa: AssistanceRequest) -> list[tuple[str, str]]:
    """List degrees near a case, within its own district, as they are written."""
    if rfa.latitude is None or rfa.longitude is None or rfa.area is None:
        return [(r"\N", r"\N")]
    shapes = {one["properties"]["pcode"]: one["geometry"] for one in boundaries()["features"]}
    geometry = shapes[rfa.area.pcode]
    chance = Random(f"points:{rfa.area.pcode}")  # noqa: S311 - a demonstration's
    found = [(rfa.latitude, rfa.longitude)]
    middle = point_inside(geometry)
    for _try in range(400):
        near = (
            round(middle[0] + chance.uniform(-0.4, 0.4), 4),
            round(middle[1] + chance.uniform(-0.4, 0.4), 4),
        )
        if contains(geometry, *near):
            found.append((near[1], near[0]))
    return [(repr(latitude), repr(longitude)) for latitude, longitude in found]


def _first_numbers() -> dict[type[models.Model], int]:
    return {
        model: (model._base_manager.aggregate(last=models.Max("pk"))["last"] or 0) + 1
        for model in has_numbers()
    }


def _began_earlier(mission: Mission, weeks: int) -> None:
    """Let the mission be as old as its records, with whoever serves in it from its first day.

    Its priorities were set every year from then on, as they are now (P34).
    """
    told = PrioritySet.objects.filter(mission=mission).order_by("in_force_from")[0]
    years = -(-(weeks + 4) // 52)
    first = told.in_force_from - dt.timedelta(weeks=52 * years)
    Appointment.objects.filter(post__mission=mission, from_on=mission.established_on).update(
        from_on=first
    )
    mission.established_on = first
    mission.save(update_fields=["established_on"])
    rows = [
        {"text": one.text, "areas": one.pcodes, "categories": one.categories}
        for one in told.priorities.all()
    ]
    for year in range(years):
        begins = first + dt.timedelta(weeks=52 * year)
        with clock.telling(dt.datetime.combine(begins, dt.time(), dt.UTC)):
            set_priorities(
                actor=told.set_by,
                title=f"Priorities of year {year + 1}",
                in_force_from=begins,
                review_on=begins + dt.timedelta(weeks=52),
                priorities=rows,
            )


def _work(copier: Copier, copies: list[Copy]) -> None:
    """Write some of the copies, in a process and on a connection of one's own."""
    own = connections["owner"].copy()
    own.connect()
    own.set_autocommit(True)
    with own.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")
        write_copies(cursor, copier, copies)
    own.close()


def _share(copier: Copier, copies: list[Copy]) -> None:
    """Have the workers write the copies, each every other stretch of them."""
    connections.close_all()
    context = multiprocessing.get_context("fork")
    stretch = 2_000
    parts: list[list[Copy]] = [[] for _ in range(WORKERS)]
    for number, first in enumerate(range(0, len(copies), stretch)):
        parts[number % WORKERS] += copies[first : first + stretch]
    workers = [context.Process(target=_work, args=(copier, part)) for part in parts]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if any(worker.exitcode for worker in workers):
        raise Spoilt("A worker failed: its lines are above. Throw the database away.")


def _count_on(shapes: list[Shape], copies: list[Copy], copier: Copier, cursor: Any) -> None:
    """Let the next reference and the next row take the numbers after the copies'."""
    mission = shapes[0].rfa.mission
    for (code, year), last in numbers_given(shapes, copies).items():
        ReferenceCounter.objects.update_or_create(
            mission=mission, code=code, year=year, defaults={"last": last}
        )
    for model in has_numbers():
        table = model._meta.db_table
        cursor.execute(
            "SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)",
            [table, copier.last_number(model, len(copies))],
        )


def _figures(mission: Mission) -> None:
    """Count ahead what the pictures show, in a process of one's own."""
    while keep_ahead(mission):
        pass


def _prove(seed: int, tell: Callable[[str], None]) -> None:
    owner = connections["owner"]
    with owner.cursor() as cursor:
        faults = faults_of_all(cursor)
    ids = list(AssistanceRequest.objects.order_by("pk").values_list("pk", flat=True))
    some = sample_of(ids, seed)
    recent = list(
        AssistanceRequest.objects.order_by("-created_at").values_list("pk", flat=True)[:200]
    )
    faults += faults_of([*some, *recent]) + words_that_differ(owner, some)
    tell(f"{len(some) + len(recent)} records found anew: {len(faults)} differ")
    make_checkpoint()
    send_owed()
    finding = verify(processes=WORKERS)
    tell(f"{finding.entries} entries in {finding.chains} chains proved")
    faults += [f"{one.reference} entry {one.number}: {one.reason}" for one in finding.breaks]
    faults += [f"{one.kind} {one.number}: {one.reason}" for one in finding.faults]
    if faults:
        raise Spoilt("\n".join([*faults[:20], f"{len(faults)} faults: throw the database away."]))


def _copied(stories: list[Story], seed: int, records: int) -> tuple[list[Shape], list[Copy]]:
    ids = [uuid5(NAMESPACE, f"{seed}:{story.key}") for story in stories]
    shapes = read_shapes(ids, points_near)
    there = AssistanceRequest.objects.count()
    return shapes, plan_copies(shapes, records - there, seed)


def load_many(*, records: int, seed: int, tell: Callable[[str], None]) -> Loaded:
    """Make the mission with so many records: told ones, patterns, and copies of these.

    Needs the owner's connection: the copies come while indexes, bonds and word triggers are
    off, and putting these back proves them. Not one transaction, since several work at once:
    what is cut is thrown away. Raises ``Spoilt`` where anything does not hold at the end.
    """
    stories = pattern_stories(PATTERNS, seed)
    loaded = load(seed=seed, besides=stories)
    if not loaded.made:
        return loaded
    _copy_up_to(records, stories, seed, tell)
    statuses = AssistanceRequest.objects.values_list("status", flat=True)
    return Loaded(made=True, statuses=Counter(statuses.iterator()))


def _copy_up_to(records: int, stories: list[Story], seed: int, tell: Callable[[str], None]) -> None:
    mission = Mission.objects.get()
    _began_earlier(mission, weeks_for(records))
    tell(f"{AssistanceRequest.objects.count()} records are told")
    shapes, copies = _copied(stories, seed, records)
    copier = Copier(shapes, _first_numbers(), Names(invented_words(1200, seed), seed))
    tables = [model._meta.db_table for model in OF_A_CASE]
    with connections["owner"].cursor() as cursor:
        taken = look(cursor, tables)
        take_off(cursor, taken)
    _share(copier, copies)
    tell(f"{len(copies)} records are copied")
    put_back("owner", taken, WORKERS, tell)
    with connections["owner"].cursor() as cursor:
        _count_on(shapes, copies, copier, cursor)
        cursor.execute("VACUUM (ANALYZE) " + ", ".join(tables))
    tell("tables are vacuumed and analyzed")
    add_up(mission)  # which the proof looks at, as it does not at the figures
    connections.close_all()
    figures = multiprocessing.get_context("fork").Process(
        target=_figures, args=(mission,), daemon=True
    )
    figures.start()
    _prove(seed, tell)
    figures.join()
    if figures.exitcode:
        raise Spoilt("The figures were not counted: the lines are above. Try it again.")
    tell("figures are counted ahead")
