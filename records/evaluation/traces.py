"""The records behind each figure: a line a record, with a column for each number it counts in.

Asked in the one statement that counts the figures (``records.statistics``), over the same rows,
so that adding up a column gives the number in the report. No line holds what people wrote
about a request, only references, codes, days and amounts.
"""

from dataclasses import dataclass

from records.statistics.question import By
from records.statistics.statements import KEYS, PRIORITIES, PROJECTS

PREFIX = "trace:"

_DECIDED = """
    1 AS asked,
    (outcome IN ('approved', 'refused'))::int AS decided,
    (outcome = 'approved')::int AS approved,
    conditioned::int AS with_conditions,
    (outcome = 'refused')::int AS refused,
    (outcome = '' AND status = 'withdrawn')::int AS withdrawn,
    (outcome = '' AND status <> 'withdrawn')::int AS undecided
"""
_DECIDED_NAMES = (
    "asked",
    "decided",
    "approved",
    "with_conditions",
    "refused",
    "withdrawn",
    "undecided",
)


@dataclass(frozen=True)
class Trace:
    """A figure's records: its columns in order, the first naming the figure's line, and a query."""

    columns: tuple[str, ...]
    sql: str


GROUPS = """
    SELECT {key} AS key, reference, kind, category, status, day AS submitted_on, decided_on,
           started_on, completed_on, 1 AS records,
           (kind = 'extreme_situation')::int AS extreme_situations,
           (kind <> 'extreme_situation')::int AS asked,
           (outcome IN ('approved', 'refused'))::int AS decided,
           (outcome = 'approved')::int AS approved, (outcome = 'refused')::int AS refused,
           (started_on IS NOT NULL)::int AS started,
           (completed_on IS NOT NULL)::int AS completed,
           (status = 'closed')::int AS closed, late::int AS late,
           CASE WHEN outcome IN ('approved', 'refused') THEN decided_on - day END
               AS days_to_decision
    FROM life ORDER BY 1, reference
"""
FLOW = """
    SELECT stage.code AS key, reference, 1 AS came, (status <> stage.code)::int AS went,
           (status = stage.code)::int AS waiting, (status = stage.code AND late)::int AS late
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
    ORDER BY 1, reference
"""
STAGES = """
    SELECT stage_status AS key, life.reference, 1 AS records, sum(seconds) AS seconds
    FROM (
        SELECT rfa_id, stage, stage_status, max(seconds) AS seconds, bool_and(over) AS over
        FROM (
            SELECT rfa_id, stage, stage_status, seat, sum(seconds) AS seconds,
                   bool_and(ended_at IS NOT NULL) AS over
            FROM clocked GROUP BY 1, 2, 3, 4
        ) AS seats GROUP BY 1, 2, 3
    ) AS parts JOIN life ON life.id = parts.rfa_id
    GROUP BY 1, 2 HAVING bool_and(over)
    ORDER BY 1, 2
"""
SPANS = """
    SELECT span.code AS key, reference, 1 AS records, span.days
    FROM life CROSS JOIN LATERAL (VALUES
        ('asked_to_decided', CASE WHEN outcome IN ('approved', 'refused')
                                  THEN decided_on - day END),
        ('decided_to_started', CASE WHEN outcome = 'approved' THEN started_on - decided_on END),
        ('started_to_completed', completed_on - started_on),
        ('asked_to_completed', completed_on - day)
    ) AS span (code, days)
    WHERE kind <> 'extreme_situation' AND span.days IS NOT NULL
    ORDER BY 1, reference
"""
DECISIONS = f"""
    SELECT {{key}} AS key, reference, {_DECIDED}
    FROM life WHERE kind <> 'extreme_situation' ORDER BY 1, reference
"""  # noqa: S608 - our own words
AGAINST = f"""
    {PRIORITIES}
    SELECT CASE WHEN set_id IS NULL THEN 'none_set' WHEN under THEN 'under' ELSE 'outside' END
               AS key, reference, {_DECIDED}
    FROM weighed ORDER BY 1, reference
"""  # noqa: S608 - our own words
REFUSED = """
    SELECT coalesce(pcode, '') AS key, reference, 1 AS refused,
           (delivered IS TRUE)::int AS met_by_others, (delivered IS FALSE)::int AS not_met,
           (delivered IS NULL)::int AS not_known
    FROM life WHERE outcome = 'refused' ORDER BY 1, reference
"""
DELIVERED = """
    SELECT deliverer AS key, reference, 1 AS records, delivered_on - decided_on AS days
    FROM life WHERE outcome = 'refused' AND delivered ORDER BY 1, reference
"""
MONEY = f"""
    {PROJECTS}
    SELECT currency AS key, reference, 1 AS projects, asked_cost AS asked,
           approves::int AS approved_projects, CASE WHEN approves THEN cost ELSE 0 END AS approved,
           paid,
           CASE WHEN approves THEN greatest(cost - contributions - paid, 0) ELSE 0 END AS to_pay,
           (approves AND above)::int AS above_ceiling,
           (approves AND above AND excepted)::int AS above_with_reason
    FROM projects ORDER BY 1, reference
"""  # noqa: S608 - our own words
DEADLINES = f"""
    {PROJECTS}
    SELECT CASE WHEN completed_on IS NOT NULL AND completed_on <= due_on THEN 'done_in_time'
                WHEN completed_on IS NOT NULL AND due_on IS NOT NULL THEN 'done_late'
                WHEN completed_on IS NOT NULL THEN 'done'
                WHEN due_on IS NULL THEN 'no_day'
                WHEN due_on < today THEN 'overdue' ELSE 'running' END AS key,
           reference, 1 AS projects, due_on, completed_on
    FROM projects WHERE approves ORDER BY 1, reference
"""  # noqa: S608 - our own words
PEOPLE = """
    SELECT life.kind AS key, life.reference, 1 AS completed,
           (coalesce(task.women, task.men, task.girls, task.boys) IS NOT NULL)::int AS counted,
           coalesce(task.women, 0) AS women, coalesce(task.men, 0) AS men,
           coalesce(task.girls, 0) AS girls, coalesce(task.boys, 0) AS boys
    FROM life JOIN records_task AS task ON task.id = life.task_id
    WHERE life.completed_on IS NOT NULL ORDER BY 1, 2
"""
EXTREME = """
    SELECT extreme.harm AS key, reference, 1 AS reports,
           (extreme.same_event_as_id IS NULL)::int AS events, (outcome = 'held')::int AS held,
           (outcome = 'not_held')::int AS not_held, (outcome = '')::int AS open,
           (delay <= interval '6 hours')::int AS within_6_hours,
           (delay > interval '6 hours' AND delay <= interval '24 hours')::int
               AS within_24_hours,
           (delay > interval '24 hours' AND delay <= interval '72 hours')::int
               AS within_72_hours,
           (delay > interval '72 hours')::int AS later,
           round(extract(epoch FROM delay)) AS seconds
    FROM (SELECT life.*, life.submitted_at - report.acted_at AS delay FROM life
          JOIN requests_app_extremesituation AS report ON report.rfa_id = life.id) AS life
    JOIN requests_app_extremesituation AS extreme ON extreme.rfa_id = life.id
    ORDER BY 1, reference
"""
COMPLIANCE = """
    SELECT found.key AS key, life.reference, (found.value = 'complied')::int AS complied,
           (found.value = 'exception')::int AS exceptions,
           (found.value = 'pending')::int AS pending
    FROM life JOIN records_recordcompliance AS kept ON kept.rfa_id = life.id
    CROSS JOIN LATERAL jsonb_each_text(kept.findings) AS found
    ORDER BY 1, 2
"""


def traces(by: By) -> dict[str, Trace]:
    """Return the trace of each figure by the figure's name, the groups as asked for."""
    decided = ("key", "reference", *_DECIDED_NAMES)
    return {
        "groups": Trace(
            (
                *("key", "reference", "kind", "category", "status", "submitted_on", "decided_on"),
                *("started_on", "completed_on", "records", "extreme_situations", "asked"),
                *("decided", "approved", "refused", "started", "completed", "closed", "late"),
                "days_to_decision",
            ),
            GROUPS.replace("{key}", KEYS[by]),
        ),
        "flow": Trace(("key", "reference", "came", "went", "waiting", "late"), FLOW),
        "stages": Trace(("key", "reference", "records", "seconds"), STAGES),
        "spans": Trace(("key", "reference", "records", "days"), SPANS),
        "by_kind": Trace(decided, DECISIONS.replace("{key}", KEYS[By.KIND])),
        "by_requester": Trace(decided, DECISIONS.replace("{key}", KEYS[By.REQUESTER])),
        "against_priorities": Trace(decided, AGAINST),
        "refused": Trace(
            ("key", "reference", "refused", "met_by_others", "not_met", "not_known"), REFUSED
        ),
        "delivered": Trace(("key", "reference", "records", "days"), DELIVERED),
        "money": Trace(
            (
                *("key", "reference", "projects", "asked", "approved_projects", "approved"),
                *("paid", "to_pay", "above_ceiling", "above_with_reason"),
            ),
            MONEY,
        ),
        "deadlines": Trace(("key", "reference", "projects", "due_on", "completed_on"), DEADLINES),
        "people": Trace(
            ("key", "reference", "completed", "counted", "women", "men", "girls", "boys"), PEOPLE
        ),
        "extreme": Trace(
            (
                *("key", "reference", "reports", "events", "held", "not_held", "open"),
                *("within_6_hours", "within_24_hours", "within_72_hours", "later", "seconds"),
            ),
            EXTREME,
        ),
        "compliance": Trace(("key", "reference", "complied", "exceptions", "pending"), COMPLIANCE),
    }


def queries(by: By) -> dict[str, str]:
    """Return the queries of every trace, under names that no figure has."""
    return {f"{PREFIX}{name}": trace.sql for name, trace in traces(by).items()}
