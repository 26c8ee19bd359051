"""Counting records cell by cell, in numbers that may be added up: no share, no median yet.

A cell is what a reader may ask or see by: sector, kind, classification, hidden from the force.
What hangs on the hour (late, overdue) is not in it, nor any name that may change: areas, sectors,
organisations and posts stand by their numbers. Who asks where that is not for everybody (R22)
stands with all that decides who may know it.
"""

from collections.abc import Iterable
from typing import Any

from django.db import connection, transaction

from common.clock import now
from missions.models import Mission
from records.figures.adding import SPREAD, Cells, Spot
from records.figures.ground import GROUND

# Compiling a statement this long takes longer than running it.
NOT_COMPILED = "SET LOCAL jit = off"
ASKED = "asked AS (SELECT %s::text AS zone, %s::timestamptz AS now, %s::bigint AS mission)"
COLUMNS = """
    rfa.id, rfa.kind, rfa.route, rfa.status, rfa.category, rfa.urgency, rfa.sector_id,
    rfa.area_id, rfa.organisation_id, rfa.post_id, rfa.submitted_at, rfa.decided_at,
    rfa.needed_by, rfa.estimated_cost, rfa.currency, rfa.reference, rfa.title,
    rfa.classification, rfa.hidden_from_force, rfa.low_profile, rfa.requested_by_id,
    rfa.tasked_unit_id, true AS known
"""
# Each stretch by its own bounds, so that the planner knows how few records it holds.
OF_STRETCH = f"""
    SELECT %s::date AS stretch, {COLUMNS}
    FROM requests_app_assistancerequest AS rfa
    WHERE rfa.mission_id = %s AND rfa.submitted_at >= %s AND rfa.submitted_at < %s
      AND NOT rfa.historical
"""  # noqa: S608 - our own words
OF_ROWS = f"""
    SELECT NULL::date AS stretch, {COLUMNS}
    FROM requests_app_assistancerequest AS rfa WHERE rfa.id IN ({{rows}})
"""  # noqa: S608 - our own words

ASKER = """
    'asker ' || CASE
        WHEN low_profile THEN 'hidden ' || jsonb_build_array(
            organisation_id, post_id, requested_by_id,
            ARRAY(SELECT DISTINCT step.post_id FROM approvals_step AS step
                  WHERE step.rfa_id = {life}.id AND step.state <> 'skipped'
                  ORDER BY step.post_id))::text
        WHEN organisation_id IS NOT NULL THEN 'organisation ' || organisation_id
        WHEN post_id IS NOT NULL THEN 'post ' || post_id ELSE '' END
"""
GROUPED_BY = """
    'kind ' || kind, 'route ' || coalesce(route, ''), 'category ' || category,
    'sector ' || coalesce(sector_id::text, ''), 'area ' || coalesce(area_id::text, '')
"""
# The set in force on a request's day, as its own page weighs it (P34).
WEIGHED = """
    sets AS (
        SELECT id, in_force_from, lead(in_force_from) OVER (ORDER BY in_force_from) AS until
        FROM approvals_priorityset JOIN asked ON mission_id = asked.mission
    ),
    of_sets AS MATERIALIZED (
        SELECT life.id, sets.id AS set_id, life.pcodes::text[] AS pcodes, life.category
        FROM life LEFT JOIN sets ON life.day >= sets.in_force_from
                                AND (sets.until IS NULL OR life.day < sets.until)
        WHERE kind <> 'extreme_situation'
    ),
    weights AS MATERIALIZED (
        SELECT asked_for.*, ARRAY(
            SELECT 'priority ' || priority.id FROM approvals_priority AS priority
            WHERE priority.of_id = asked_for.set_id
              AND (priority.pcodes <> '{}' OR priority.categories <> '{}')
              AND (priority.pcodes = '{}' OR priority.pcodes::text[] && asked_for.pcodes)
              AND (priority.categories = '{}' OR asked_for.category = ANY (priority.categories))
        ) AS under
        FROM (SELECT DISTINCT set_id, pcodes, category FROM of_sets) AS asked_for
    ),
    weighed AS (
        SELECT of_sets.id, CASE
            WHEN weights.set_id IS NULL THEN ARRAY['weighed none_set']
            WHEN weights.under = '{}' THEN ARRAY['weighed outside']
            ELSE ARRAY['weighed under'] || weights.under END AS keys
        FROM of_sets JOIN weights ON weights.set_id IS NOT DISTINCT FROM of_sets.set_id
            AND weights.pcodes = of_sets.pcodes AND weights.category = of_sets.category
    )
"""
KEYED = f"""
    keyed AS MATERIALIZED (
        SELECT life.*, kind <> 'extreme_situation' AS is_request,
               outcome IN ('approved', 'refused') AS is_decided,
               ARRAY['month ' || to_char(day, 'YYYY-MM'), {GROUPED_BY},
                     {ASKER.format(life="life")}]
               || coalesce(weighed.keys, '{{}}') AS keys
        FROM life LEFT JOIN weighed ON weighed.id = life.id
    )
"""  # noqa: S608 - our own words
CELL = "stretch, sector_id, kind, classification, hidden_from_force"

GROUPS = """
    SELECT {cell}, 'groups', key, ARRAY[
        count(*), count(*) FILTER (WHERE is_request),
        count(*) FILTER (WHERE is_decided), count(*) FILTER (WHERE outcome = 'approved'),
        count(*) FILTER (WHERE conditioned), count(*) FILTER (WHERE outcome = 'refused'),
        count(*) FILTER (WHERE is_request AND outcome = '' AND status = 'withdrawn'),
        count(*) FILTER (WHERE is_request AND outcome = '' AND status <> 'withdrawn'),
        count(started_on), count(completed_on), count(*) FILTER (WHERE status = 'closed')]
    FROM keyed CROSS JOIN LATERAL unnest(keys) AS key GROUP BY {cell}, key
"""
DAYS_TO_DECISION = """
    SELECT {cell}, 'days to decision', key || '|' || (decided_on - day), ARRAY[count(*)]
    FROM keyed CROSS JOIN LATERAL unnest(keys) AS key
    WHERE is_decided GROUP BY {cell}, key, decided_on - day
"""
TOTALS = """
    SELECT {cell}, 'totals', '', ARRAY[
        count(*) FILTER (WHERE status IN ('under_review', 'returned', 'in_consultation',
            'awaiting_decision', 'approved', 'in_progress', 'reported', 'acknowledged')),
        count(*) FILTER (WHERE is_decided AND needed_by IS NOT NULL),
        count(*) FILTER (WHERE is_decided AND decided_on <= needed_by),
        count(*) FILTER (WHERE outcome = 'refused' AND delivered IS NOT TRUE)]
    FROM keyed GROUP BY {cell}
"""
FLOW = """
    SELECT {cell}, 'flow', stage.code, ARRAY[
        count(*), count(*) FILTER (WHERE status <> stage.code),
        count(*) FILTER (WHERE status = stage.code)]
    FROM keyed CROSS JOIN LATERAL (VALUES
        ('under_review', 'under_review' = ANY (stages)),
        ('returned', returned),
        ('in_consultation', 'in_consultation' = ANY (stages)),
        ('awaiting_decision', 'awaiting_decision' = ANY (stages)),
        ('approved', outcome = 'approved'),
        ('in_progress', started_on IS NOT NULL),
        ('completed', completed_on IS NOT NULL),
        ('not_approved', outcome = 'refused'),
        ('withdrawn', false), ('cancelled', false), ('closed', false)
    ) AS stage (code, came)
    WHERE is_request AND (stage.came OR status = stage.code)
    GROUP BY {cell}, stage.code
"""
# A stage's time is that of the seat that took longest, rounds added up; only once it is over.
STAGES = """
    SELECT {cell}, 'stages', stage_status, ARRAY[seconds, count(*)]
    FROM (
        SELECT rfa_id, stage_status, sum(seconds)::bigint AS seconds
        FROM (
            SELECT rfa_id, stage, stage_status, max(seconds) AS seconds, bool_and(over) AS over
            FROM (
                SELECT rfa_id, stage, stage_status, seat, sum(seconds) AS seconds,
                       bool_and(ended_at IS NOT NULL) AS over
                FROM clocked GROUP BY 1, 2, 3, 4
            ) AS seats GROUP BY 1, 2, 3
        ) AS parts GROUP BY 1, 2 HAVING bool_and(over)
    ) AS over JOIN keyed ON keyed.id = over.rfa_id
    GROUP BY {cell}, stage_status, seconds
"""
SPANS = """
    SELECT {cell}, 'spans', part.code || '|' || part.days, ARRAY[count(*)]
    FROM keyed CROSS JOIN LATERAL (VALUES
        ('asked_to_decided', CASE WHEN is_decided THEN decided_on - day END),
        ('decided_to_started', CASE WHEN outcome = 'approved' THEN started_on - decided_on END),
        ('started_to_completed', completed_on - started_on),
        ('asked_to_completed', completed_on - day)
    ) AS part (code, days)
    WHERE is_request AND part.days IS NOT NULL
    GROUP BY {cell}, part.code, part.days
"""
REFUSED = """
    SELECT {cell}, 'refused', coalesce(area_id::text, ''), ARRAY[
        count(*), count(*) FILTER (WHERE delivered),
        count(*) FILTER (WHERE delivered = false), count(*) FILTER (WHERE delivered IS NULL)]
    FROM keyed WHERE outcome = 'refused' GROUP BY {cell}, area_id
"""
DELIVERED = """
    SELECT {cell}, 'delivered', deliverer || '|' || coalesce((delivered_on - decided_on)::text, ''),
           ARRAY[count(*)]
    FROM keyed WHERE outcome = 'refused' AND delivered
    GROUP BY {cell}, deliverer, delivered_on - decided_on
"""
PROJECTS = """
    paid AS (
        SELECT task_id, sum(amount) AS paid FROM records_instalment
        WHERE task_id IN (SELECT task_id FROM life WHERE kind = 'qip') GROUP BY 1
    ),
    projects AS MATERIALIZED (
        SELECT keyed.*, coalesce(paid.paid, 0) AS paid,
               coalesce(keyed.planned_end, qip.ends_on) AS due_on,
               coalesce(keyed.estimated_cost, 0) AS asked_cost,
               coalesce(keyed.approved_cost, keyed.estimated_cost, 0) AS cost,
               coalesce(qip.other_contributions, 0) AS contributions,
               coalesce(keyed.approved_cost, keyed.estimated_cost, 0) > mission.qip_ceiling
                   AS above,
               qip.ceiling_exception_reason <> '' OR keyed.task_id IN (
                   SELECT change.task_id FROM records_taskchange AS change
                   JOIN records_changeanswer AS given ON given.change_id = change.id
                   WHERE given.word = 'approved' AND change.exception_reason <> ''
               ) AS excepted,
               keyed.outcome = 'approved' AND keyed.status <> 'cancelled' AS approves
        FROM keyed
        CROSS JOIN asked
        JOIN missions_mission AS mission ON mission.id = asked.mission
        LEFT JOIN requests_app_quickimpactproject AS qip ON qip.rfa_id = keyed.id
        LEFT JOIN paid ON paid.task_id = keyed.task_id
        WHERE kind = 'qip'
    )
"""
# Amounts are in hundredths, as they are kept.
MONEY = """
    SELECT {cell}, 'money', currency, ARRAY[
        count(*), (100 * sum(asked_cost))::bigint, count(*) FILTER (WHERE approves),
        (100 * coalesce(sum(cost) FILTER (WHERE approves), 0))::bigint,
        (100 * sum(paid))::bigint,
        (100 * coalesce(sum(greatest(cost - contributions - paid, 0)) FILTER (WHERE approves), 0)
            )::bigint,
        count(*) FILTER (WHERE approves AND above),
        count(*) FILTER (WHERE approves AND above AND excepted)]
    FROM projects GROUP BY {cell}, currency
"""
DEADLINES = """
    SELECT {cell}, 'deadlines', CASE
        WHEN completed_on IS NOT NULL AND completed_on <= due_on THEN 'done_in_time|'
        WHEN completed_on IS NOT NULL AND due_on IS NOT NULL THEN 'done_late|'
        WHEN completed_on IS NOT NULL THEN 'done|'
        WHEN due_on IS NULL THEN 'no_day|' ELSE 'due|' || due_on END AS key, ARRAY[count(*)]
    FROM projects WHERE approves GROUP BY {cell}, key
"""
# The dozen that is shown first, by a text that sorts as they are shown.
MOST_PROJECTS = 12

FIRST = f"""
    SELECT {{cell}}, 'first', key, ARRAY[1] FROM (
        SELECT {{cell}}, key, row_number() OVER (PARTITION BY {{cell}} ORDER BY key) AS place
        FROM (SELECT {{cell}}, (completed_on IS NOT NULL)::int || '|'
                     || coalesce(due_on::text, '9999-99-99') || '|' || reference AS key
              FROM projects WHERE approves) AS told
    ) AS ranked WHERE place <= {MOST_PROJECTS}
"""  # noqa: S608 - our own words
EXTREME = """
    SELECT {cell}, 'extreme', coalesce(harm, ''), ARRAY[
        count(*), count(*) FILTER (WHERE same_event_as_id IS NULL),
        count(*) FILTER (WHERE outcome = 'held'), count(*) FILTER (WHERE outcome = 'not_held'),
        count(*) FILTER (WHERE outcome = ''),
        count(*) FILTER (WHERE delay <= interval '6 hours'),
        count(*) FILTER (WHERE delay > interval '6 hours' AND delay <= interval '24 hours'),
        count(*) FILTER (WHERE delay > interval '24 hours' AND delay <= interval '72 hours'),
        count(*) FILTER (WHERE delay > interval '72 hours')]
    FROM reports GROUP BY {cell}, harm
"""
REPORTS = """
    reports AS MATERIALIZED (
        SELECT keyed.*, keyed.submitted_at - extreme.acted_at AS delay, extreme.harm,
               extreme.same_event_as_id
        FROM keyed JOIN requests_app_extremesituation AS extreme ON extreme.rfa_id = keyed.id
    )
"""
DELAY = """
    SELECT {cell}, 'delay', coalesce(harm, '') || '|' || extract(epoch FROM delay), ARRAY[count(*)]
    FROM reports WHERE delay IS NOT NULL GROUP BY {cell}, harm, delay
"""
PEOPLE = """
    SELECT {cell}, 'people', kind, ARRAY[
        count(*), count(coalesce(task.women, task.men, task.girls, task.boys)),
        coalesce(sum(task.women), 0), coalesce(sum(task.men), 0),
        coalesce(sum(task.girls), 0), coalesce(sum(task.boys), 0)]
    FROM keyed JOIN records_task AS task ON task.id = keyed.task_id
    WHERE keyed.completed_on IS NOT NULL GROUP BY {cell}
"""
TASKS = """
    SELECT {cell}, 'tasks', coalesce(tasked_unit_id::text, ''), ARRAY[count(*)]
    FROM keyed WHERE started_on IS NOT NULL GROUP BY {cell}, tasked_unit_id
"""
# As the records were last found to be (``records.compliance.summary``).
COMPLIANCE = """
    SELECT {cell}, 'compliance', row, ARRAY[
        count(*) FILTER (WHERE outcome = 'complied'),
        count(*) FILTER (WHERE outcome = 'exception'),
        count(*) FILTER (WHERE outcome = 'pending')]
    FROM (
        SELECT keyed.stretch, keyed.sector_id, keyed.kind, keyed.classification,
               keyed.hidden_from_force, found.key AS row, found.value AS outcome
        FROM keyed JOIN records_recordcompliance AS kept ON kept.rfa_id = keyed.id
        CROSS JOIN LATERAL jsonb_each_text(kept.findings) AS found
    ) AS findings GROUP BY {cell}, row
"""
PARTS = (
    GROUPS, DAYS_TO_DECISION, TOTALS, FLOW, STAGES, SPANS, REFUSED, DELIVERED, MONEY, DEADLINES,
    FIRST, EXTREME, DELAY, PEOPLE, TASKS,
    COMPLIANCE,
)  # fmt: skip

# Which page each is for: what one does not show, it does not read.
OF_COMPLIANCE = frozenset({"compliance", "tasks"})


def _statement(rows: str) -> str:
    parts = "\nUNION ALL\n".join(
        f"SELECT * FROM ({part.replace('{{cell}}', CELL).replace('{cell}', CELL)}) AS part"  # noqa: S608
        for part in PARTS
    )
    return (
        f"WITH {ASKED}, seen AS MATERIALIZED ({rows}), {GROUND}, {WEIGHED}, {KEYED}, "
        f"{PROJECTS}, {REPORTS}\n{parts}"
    )


def _counted(mission: Mission, rows: str, params: Iterable[Any]) -> list[tuple[Any, ...]]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(NOT_COMPILED)
        cursor.execute(_statement(rows), [mission.time_zone, now(), mission.pk, *params])
        return list(cursor.fetchall())


def _put(cells: Cells, line: tuple[Any, ...]) -> None:
    sector, kind, classification, hidden, name, key, counts = line
    lines = cells.setdefault(Spot(sector, kind, classification, hidden), {}).setdefault(name, {})
    if name in SPREAD:
        lines.setdefault(key, []).extend(counts)
    else:
        lines[key] = counts


def count_stretches(mission: Mission, stretches: list[tuple[Any, Any, Any]]) -> dict[Any, Cells]:
    """Count what was submitted in stretches (first day, first moment, the moment after) by cell."""
    found: dict[Any, Cells] = {since: {} for since, _begins, _ends in stretches}
    for stretch, *line in _counted(
        mission,
        " UNION ALL ".join([OF_STRETCH] * len(stretches)),
        [each for since, begins, ends in stretches for each in (since, mission.pk, begins, ends)],
    ):
        _put(found[stretch], tuple(line))
    return found


def count_rows(mission: Mission, rows: str, params: Iterable[Any]) -> Cells:
    """Count the records whose identifiers a query returns, by cell."""
    found: Cells = {}
    for _none, *line in _counted(mission, OF_ROWS.format(rows=rows), params):
        _put(found, tuple(line))
    return found


# What has an open step past its limit now, by the groups it is in and by its status.
LATE = f"""
    SELECT key, status, kind <> 'extreme_situation', count(*) FROM (
        SELECT rfa.status, rfa.kind, ARRAY['month ' || to_char(
                   rfa.submitted_at AT TIME ZONE %s, 'YYYY-MM'), {GROUPED_BY},
                   {ASKER.format(life="rfa")}] AS keys
        FROM requests_app_assistancerequest AS rfa WHERE rfa.id IN ({{rows}})
    ) AS late CROSS JOIN LATERAL unnest(keys) AS key GROUP BY 1, 2, 3
"""  # noqa: S608 - our own words


def count_late(mission: Mission, rows: str, params: Iterable[Any]) -> list[tuple[Any, ...]]:
    """Count late records, whose identifiers a query returns: key, status, is a request, number."""
    with connection.cursor() as cursor:
        cursor.execute(LATE.replace("{rows}", rows), [mission.time_zone, *params])
        return list(cursor.fetchall())
