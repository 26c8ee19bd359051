"""What all figures rest on: the mission's days, each step's clock, what became of each record.

Laid over two tables that ``reading`` puts before it: ``seen``, the records the reader counts,
and ``asked`` with the mission, its time zone and now.
"""

# Working days of the mission, each with when it opens and the working time that ran before.
DAYS = """
    span AS (
        SELECT least((SELECT min(submitted_at) FROM seen), asked.now) AS since FROM asked
    ),
    dates AS (
        SELECT day::date AS day,
               day AT TIME ZONE asked.zone AS opens,
               (day + interval '1 day') AT TIME ZONE asked.zone AS closes,
               extract(isodow FROM day)::int = ANY (mission.working_days)
                   AND NOT EXISTS (SELECT 1 FROM missions_holiday AS holiday
                                   WHERE holiday.mission_id = mission.id
                                     AND holiday.on = day::date) AS works
        FROM asked
        JOIN missions_mission AS mission ON mission.id = asked.mission
        CROSS JOIN span
        CROSS JOIN generate_series(
            (span.since AT TIME ZONE asked.zone)::date::timestamp - interval '1 day',
            (asked.now AT TIME ZONE asked.zone)::date::timestamp + interval '1 day',
            interval '1 day') AS day
    ),
    days AS MATERIALIZED (
        SELECT day, opens, works,
               coalesce(sum(extract(epoch FROM closes - opens)) FILTER (WHERE works) OVER (
                   ORDER BY day ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS ran
        FROM dates
    )
"""

# Each asked step; its clock ends with its first answer, or at the limit where it lapsed.
STEPS = """
    steps AS MATERIALIZED (
        SELECT step.rfa_id, step.stage, step.stage_status, step.seat, step.seat_kind, step.state,
               step.role, step.opened_at, step.due_at, step.used_seconds, step.current_id,
               seen.urgency = 'time_sensitive' AS always,
               CASE step.state WHEN 'lapsed' THEN step.due_at ELSE first.at END AS ended_at,
               first.answer AS first_answer
        FROM approvals_step AS step
        JOIN seen ON seen.id = step.rfa_id
        LEFT JOIN approvals_answer AS first
               ON first.step_id = step.id AND first.supersedes_id IS NULL
        WHERE step.state <> 'skipped'
    ),
    clocked AS (
        SELECT steps.*,
               used_seconds + CASE
                   WHEN opened_at IS NULL OR ended_at IS NULL THEN 0
                   WHEN always THEN greatest(trunc(extract(epoch FROM ended_at - opened_at)), 0)
                   ELSE greatest(trunc(
                       ended.ran - opened.ran
                       + CASE WHEN ended.works
                              THEN extract(epoch FROM ended_at - ended.opens) ELSE 0 END
                       - CASE WHEN opened.works
                              THEN extract(epoch FROM opened_at - opened.opens) ELSE 0 END), 0)
                   END AS seconds
        FROM steps
        CROSS JOIN asked
        LEFT JOIN days AS opened ON opened.day = (opened_at AT TIME ZONE asked.zone)::date
        LEFT JOIN days AS ended ON ended.day = (ended_at AT TIME ZONE asked.zone)::date
    ),
    reached AS (
        SELECT rfa_id,
               array_agg(DISTINCT stage_status) FILTER (
                   WHERE opened_at IS NOT NULL OR used_seconds > 0
                      OR state IN ('open', 'answered', 'lapsed')) AS stages,
               bool_or(first_answer = 'return') AS returned,
               bool_or(state = 'open' AND due_at < asked.now) AS late
        FROM steps CROSS JOIN asked
        GROUP BY rfa_id
    ),
    outcomes AS (
        SELECT DISTINCT ON (steps.rfa_id) steps.rfa_id,
               CASE WHEN answer.answer IN ('approve', 'approve_with_conditions', 'accept')
                        THEN 'approved'
                    WHEN answer.answer IN ('not_approve', 'cannot_execute') THEN 'refused'
                    ELSE answer.answer END AS outcome,
               answer.answer = 'approve_with_conditions' AS conditioned
        FROM steps
        JOIN approvals_answer AS answer ON answer.id = steps.current_id
        WHERE (steps.seat_kind = 'decision'
               AND answer.answer IN ('approve', 'approve_with_conditions', 'not_approve'))
           OR (steps.seat_kind = 'tasking' AND steps.stage_status = 'awaiting_decision'
               AND answer.answer IN ('accept', 'cannot_execute'))
           OR (steps.seat_kind = 'finding' AND answer.answer IN ('held', 'not_held'))
        ORDER BY steps.rfa_id, answer.at DESC, answer.id DESC
    )
"""

# Each record with what became of it; who asks only where the reader may know it.
LIFE = """
    life AS MATERIALIZED (
        SELECT seen.*,
               (seen.submitted_at AT TIME ZONE asked.zone)::date AS day,
               (seen.decided_at AT TIME ZONE asked.zone)::date AS decided_on,
               (asked.now AT TIME ZONE asked.zone)::date AS today,
               coalesce(outcomes.outcome, '') AS outcome,
               coalesce(outcomes.conditioned, false) AS conditioned,
               coalesce(reached.stages, '{}') AS stages,
               coalesce(reached.returned, false) AS returned,
               coalesce(reached.late, false) AS late,
               task.id AS task_id, task.approved_cost, task.planned_end, task.started_on,
               task.completed_on,
               delivery.delivered, delivery.delivered_on, delivery.organisation AS deliverer,
               area.pcode, area.name AS area, sector.code AS sector,
               array_remove(ARRAY[area.pcode, province.pcode, country.pcode], NULL) AS pcodes,
               CASE WHEN NOT known THEN 'withheld'
                    WHEN organisation.type IS NOT NULL THEN organisation.type
                    ELSE coalesce(post.role, '') END AS requester,
               CASE WHEN NOT known THEN 'withheld'
                    ELSE coalesce(nullif(organisation.acronym, ''), organisation.name,
                                  post.title, '') END AS asker
        FROM seen
        CROSS JOIN asked
        LEFT JOIN reached ON reached.rfa_id = seen.id
        LEFT JOIN outcomes ON outcomes.rfa_id = seen.id
        LEFT JOIN records_task AS task ON task.rfa_id = seen.id
        LEFT JOIN records_deliverybyothers AS delivery ON delivery.rfa_id = seen.id
        LEFT JOIN missions_area AS area ON area.id = seen.area_id
        LEFT JOIN missions_area AS province ON province.id = area.parent_id
        LEFT JOIN missions_area AS country ON country.id = province.parent_id
        LEFT JOIN missions_sector AS sector ON sector.id = seen.sector_id
        LEFT JOIN missions_organisation AS organisation ON organisation.id = seen.organisation_id
        LEFT JOIN missions_post AS post ON post.id = seen.post_id
    )
"""

GROUND = ",".join([DAYS, STEPS, LIFE])
