"""The queries of the pictures: each answers a few rows, however many records there are.

All rest on the tables of ``ground``: ``life`` with a row a record, ``clocked`` with one a step.
``reading`` asks them in one statement, so that every figure is of the same rows.
"""

from records.figures.counting import MOST_PROJECTS
from records.statistics.question import By

KEYS = {
    By.MONTH: "to_char(day, 'YYYY-MM')",
    By.QUARTER: "to_char(day, 'YYYY-\"Q\"Q')",
    By.YEAR: "to_char(day, 'YYYY')",
    By.KIND: "kind",
    By.ROUTE: "coalesce(route, '')",
    By.CATEGORY: "category",
    By.SECTOR: "coalesce(sector, '')",
    By.AREA: "coalesce(pcode, '')",
    By.REQUESTER: "requester",
    By.ORGANISATION: "asker",
}

# What every group of requests is counted by; extreme situations are found on, not decided.
DECIDED = """
    count(*) AS asked,
    count(*) FILTER (WHERE outcome IN ('approved', 'refused')) AS decided,
    count(*) FILTER (WHERE outcome = 'approved') AS approved,
    count(*) FILTER (WHERE conditioned) AS with_conditions,
    count(*) FILTER (WHERE outcome = 'refused') AS refused,
    count(*) FILTER (WHERE outcome = '' AND status = 'withdrawn') AS withdrawn,
    count(*) FILTER (WHERE outcome = '' AND status <> 'withdrawn') AS undecided
"""

GROUPS = """
    SELECT {key} AS key,
           count(*) AS records,
           count(*) FILTER (WHERE kind = 'extreme_situation') AS extreme_situations,
           count(*) FILTER (WHERE kind <> 'extreme_situation') AS asked,
           count(*) FILTER (WHERE outcome IN ('approved', 'refused')) AS decided,
           count(*) FILTER (WHERE outcome = 'approved') AS approved,
           count(*) FILTER (WHERE outcome = 'refused') AS refused,
           count(*) FILTER (WHERE started_on IS NOT NULL) AS started,
           count(*) FILTER (WHERE completed_on IS NOT NULL) AS completed,
           count(*) FILTER (WHERE status = 'closed') AS closed,
           count(*) FILTER (WHERE late) AS late,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY decided_on - day) FILTER (
               WHERE outcome IN ('approved', 'refused')) AS median_days_to_decision
    FROM life GROUP BY 1 ORDER BY 1
"""

FLOW = """
    SELECT stage.code AS key, count(*) AS came,
           count(*) FILTER (WHERE status <> stage.code) AS went,
           count(*) FILTER (WHERE status = stage.code) AS waiting,
           count(*) FILTER (WHERE status = stage.code AND late) AS late
    FROM life CROSS JOIN LATERAL (VALUES
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
    WHERE kind <> 'extreme_situation' AND (stage.came OR status = stage.code)
    GROUP BY 1
"""

# A stage's time is that of the seat that took longest, rounds added up; only once it is over.
STAGES = """
    SELECT stage_status AS key, count(*) AS records,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) AS median_seconds,
           percentile_cont(0.9) WITHIN GROUP (ORDER BY seconds) AS ninetieth_seconds
    FROM (
        SELECT rfa_id, stage_status, sum(seconds) AS seconds
        FROM (
            SELECT rfa_id, stage, stage_status, max(seconds) AS seconds, bool_and(over) AS over
            FROM (
                SELECT rfa_id, stage, stage_status, seat, sum(seconds) AS seconds,
                       bool_and(ended_at IS NOT NULL) AS over
                FROM clocked GROUP BY 1, 2, 3, 4
            ) AS seats GROUP BY 1, 2, 3
        ) AS parts GROUP BY 1, 2 HAVING bool_and(over)
    ) AS stages GROUP BY 1
"""

SPANS = """
    SELECT span.code AS key, count(*) AS records,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY span.days) AS median_days,
           percentile_cont(0.9) WITHIN GROUP (ORDER BY span.days) AS ninetieth_days
    FROM life CROSS JOIN LATERAL (VALUES
        ('asked_to_decided', CASE WHEN outcome IN ('approved', 'refused')
                                  THEN decided_on - day END),
        ('decided_to_started', CASE WHEN outcome = 'approved' THEN started_on - decided_on END),
        ('started_to_completed', completed_on - started_on),
        ('asked_to_completed', completed_on - day)
    ) AS span (code, days)
    WHERE kind <> 'extreme_situation' AND span.days IS NOT NULL
    GROUP BY 1
"""

TOTALS = """
    SELECT count(*) AS records,
           count(*) FILTER (WHERE kind <> 'extreme_situation') AS asked,
           count(*) FILTER (WHERE outcome IN ('approved', 'refused')) AS decided,
           count(*) FILTER (WHERE outcome = 'approved') AS approved,
           count(*) FILTER (WHERE outcome = 'refused') AS refused,
           count(*) FILTER (WHERE status IN ('under_review', 'returned', 'in_consultation',
               'awaiting_decision', 'approved', 'in_progress', 'reported', 'acknowledged'))
               AS open,
           count(*) FILTER (WHERE late) AS late,
           count(*) FILTER (WHERE outcome IN ('approved', 'refused')
               AND needed_by IS NOT NULL) AS decided_with_a_day,
           count(*) FILTER (WHERE outcome IN ('approved', 'refused')
               AND decided_on <= needed_by) AS decided_in_time,
           count(*) FILTER (WHERE outcome = 'refused' AND delivered IS NOT TRUE) AS unmet
    FROM life
"""

DECISIONS = (
    f"SELECT {{key}} AS key, {DECIDED} FROM life WHERE kind <> 'extreme_situation' GROUP BY 1"  # noqa: S608, E501 - our own words
)

# The set in force on a request's day, as its own page weighs it (P34).
PRIORITIES = """
    WITH sets AS (
        SELECT id, title, in_force_from,
               lead(in_force_from) OVER (ORDER BY in_force_from) AS until
        FROM approvals_priorityset JOIN asked ON mission_id = asked.mission
    ),
    weighed AS (
        SELECT life.*, sets.id AS set_id, EXISTS (
            SELECT 1 FROM approvals_priority AS priority
            WHERE priority.of_id = sets.id
              AND (priority.pcodes <> '{}' OR priority.categories <> '{}')
              AND (priority.pcodes = '{}' OR priority.pcodes::text[] && life.pcodes::text[])
              AND (priority.categories = '{}' OR life.category = ANY (priority.categories))
        ) AS under
        FROM life
        LEFT JOIN sets ON life.day >= sets.in_force_from
                      AND (sets.until IS NULL OR life.day < sets.until)
        WHERE kind <> 'extreme_situation'
    )
"""
AGAINST = f"{PRIORITIES} SELECT CASE WHEN set_id IS NULL THEN 'none_set' WHEN under THEN 'under' ELSE 'outside' END AS key, {DECIDED} FROM weighed GROUP BY 1"  # noqa: S608, E501 - our own words
EACH_PRIORITY = f"""
    {PRIORITIES}
    SELECT priority.id::text AS key, sets.title AS of, priority.number, priority.text, {DECIDED}
    FROM weighed
    JOIN sets ON sets.id = weighed.set_id
    JOIN approvals_priority AS priority ON priority.of_id = sets.id
     AND (priority.pcodes <> '{{}}' OR priority.categories <> '{{}}')
     AND (priority.pcodes = '{{}}' OR priority.pcodes::text[] && weighed.pcodes::text[])
     AND (priority.categories = '{{}}' OR weighed.category = ANY (priority.categories))
    GROUP BY 1, 2, 3, 4, sets.in_force_from
    ORDER BY sets.in_force_from DESC, priority.number
"""  # noqa: S608 - our own words

REFUSED = """
    SELECT coalesce(pcode, '') AS key, coalesce(area, '') AS name, pcodes[2:] AS within,
           count(*) AS refused,
           count(*) FILTER (WHERE delivered) AS met_by_others,
           count(*) FILTER (WHERE delivered = false) AS not_met,
           count(*) FILTER (WHERE delivered IS NULL) AS not_known
    FROM life WHERE outcome = 'refused' GROUP BY 1, 2, 3
    ORDER BY count(*) FILTER (WHERE delivered IS NOT TRUE) DESC, 4 DESC, 2
"""

DELIVERED = """
    SELECT deliverer AS key, count(*) AS records,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY delivered_on - decided_on) AS median_days
    FROM life WHERE outcome = 'refused' AND delivered
    GROUP BY GROUPING SETS ((deliverer), ())
    ORDER BY GROUPING(deliverer) DESC, 2 DESC, 1 LIMIT 21
"""

PROJECTS = """
    WITH paid AS (
        SELECT task_id, sum(amount) AS paid, max(number) AS instalments,
               bool_or(is_last) AS last_paid
        FROM records_instalment WHERE task_id IN (SELECT task_id FROM life) GROUP BY 1
    ),
    projects AS (
        SELECT life.*, coalesce(paid.paid, 0) AS paid, coalesce(paid.instalments, 0) AS instalments,
               coalesce(life.planned_end, qip.ends_on) AS due_on,
               coalesce(life.estimated_cost, 0) AS asked_cost,
               coalesce(life.approved_cost, life.estimated_cost, 0) AS cost,
               coalesce(qip.other_contributions, 0) AS contributions,
               coalesce(life.approved_cost, life.estimated_cost, 0) > mission.qip_ceiling AS above,
               qip.ceiling_exception_reason <> '' OR life.task_id IN (
                   SELECT change.task_id FROM records_taskchange AS change
                   JOIN records_changeanswer AS given ON given.change_id = change.id
                   WHERE given.word = 'approved' AND change.exception_reason <> ''
               ) AS excepted,
               life.outcome = 'approved' AND life.status <> 'cancelled' AS approves
        FROM life
        CROSS JOIN asked
        JOIN missions_mission AS mission ON mission.id = asked.mission
        LEFT JOIN requests_app_quickimpactproject AS qip ON qip.rfa_id = life.id
        LEFT JOIN paid ON paid.task_id = life.task_id
        WHERE kind = 'qip'
    )
"""
MONEY = f"""
    {PROJECTS}
    SELECT currency AS key, count(*) AS projects,
           sum(asked_cost) AS asked,
           count(*) FILTER (WHERE approves) AS approved_projects,
           coalesce(sum(cost) FILTER (WHERE approves), 0) AS approved,
           sum(paid) AS paid,
           coalesce(sum(greatest(cost - contributions - paid, 0)) FILTER (WHERE approves), 0)
               AS to_pay,
           count(*) FILTER (WHERE approves AND above) AS above_ceiling,
           count(*) FILTER (WHERE approves AND above AND excepted) AS above_with_reason
    FROM projects GROUP BY 1 ORDER BY 4 DESC, 1
"""  # noqa: S608 - our own words
DEADLINES = f"""
    {PROJECTS}
    SELECT CASE WHEN completed_on IS NOT NULL AND completed_on <= due_on THEN 'done_in_time'
                WHEN completed_on IS NOT NULL AND due_on IS NOT NULL THEN 'done_late'
                WHEN completed_on IS NOT NULL THEN 'done'
                WHEN due_on IS NULL THEN 'no_day'
                WHEN due_on < today THEN 'overdue' ELSE 'running' END AS key,
           count(*) AS projects
    FROM projects WHERE approves GROUP BY 1
"""  # noqa: S608 - our own words

DEAREST = f"""
    {PROJECTS}
    SELECT reference AS key, title, currency, cost AS approved, paid, instalments, above, due_on,
           completed_on, completed_on IS NULL AND due_on < today AS overdue,
           count(*) OVER () AS of
    FROM projects WHERE approves
    ORDER BY completed_on IS NULL AND due_on IS NOT NULL AND due_on < today DESC,
             completed_on IS NULL DESC, due_on NULLS LAST, reference
    LIMIT {MOST_PROJECTS}
"""  # noqa: S608 - our own words

EXTREME = """
    SELECT coalesce(report.harm, '') AS key, count(*) AS reports,
           count(*) FILTER (WHERE report.same_event_as_id IS NULL) AS events,
           count(*) FILTER (WHERE outcome = 'held') AS held,
           count(*) FILTER (WHERE outcome = 'not_held') AS not_held,
           count(*) FILTER (WHERE outcome = '') AS open,
           count(*) FILTER (WHERE delay <= interval '6 hours') AS within_6_hours,
           count(*) FILTER (WHERE delay > interval '6 hours' AND delay <= interval '24 hours')
               AS within_24_hours,
           count(*) FILTER (WHERE delay > interval '24 hours' AND delay <= interval '72 hours')
               AS within_72_hours,
           count(*) FILTER (WHERE delay > interval '72 hours') AS later,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM delay))
               AS median_seconds,
           percentile_cont(0.9) WITHIN GROUP (ORDER BY extract(epoch FROM delay))
               AS ninetieth_seconds
    FROM (
        SELECT life.*, life.submitted_at - extreme.acted_at AS delay, extreme.harm,
               extreme.same_event_as_id
        FROM life JOIN requests_app_extremesituation AS extreme ON extreme.rfa_id = life.id
    ) AS report
    GROUP BY GROUPING SETS ((report.harm), ())
    ORDER BY GROUPING(report.harm) DESC, 1
"""


# Whom completed tasks helped, as who carried them out reported it; '' is all kinds together.
PEOPLE = """
    SELECT coalesce(life.kind, '') AS key, count(*) AS completed,
           count(*) FILTER (WHERE coalesce(task.women, task.men, task.girls, task.boys)
               IS NOT NULL) AS counted,
           coalesce(sum(task.women), 0) AS women, coalesce(sum(task.men), 0) AS men,
           coalesce(sum(task.girls), 0) AS girls, coalesce(sum(task.boys), 0) AS boys
    FROM life JOIN records_task AS task ON task.id = life.task_id
    WHERE life.completed_on IS NOT NULL
    GROUP BY GROUPING SETS ((life.kind), ())
    ORDER BY GROUPING(life.kind) DESC, 2 DESC, 1
"""


def figures(by: By) -> dict[str, str]:
    """Return the query of each figure by its name, the groups as asked for."""
    return {
        "totals": TOTALS,
        "groups": GROUPS.replace("{key}", KEYS[by]),
        "flow": FLOW,
        "stages": STAGES,
        "spans": SPANS,
        "by_kind": DECISIONS.replace("{key}", KEYS[By.KIND]),
        "by_requester": DECISIONS.replace("{key}", KEYS[By.REQUESTER]),
        "against_priorities": AGAINST,
        "each_priority": EACH_PRIORITY,
        "refused": REFUSED,
        "delivered": DELIVERED,
        "money": MONEY,
        "deadlines": DEADLINES,
        "projects": DEAREST,
        "extreme": EXTREME,
        "people": PEOPLE,
    }
