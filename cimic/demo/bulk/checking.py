"""Holding copies against what the services and triggers would have made of them."""

from random import Random
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import override

from approvals.clocks import clock_of, from_entries
from approvals.models import Step
from approvals.vocabulary import StepState
from missions.calendar import local_day
from records.compliance.loading import load
from records.compliance.rows import findings_of
from records.models import ComplianceException, RecordCompliance
from requests_app.models import AssistanceRequest

SAMPLE = 400
WHOLE = {
    "a record without its chain, or a chain without its record": """
        SELECT count(*) FROM requests_app_assistancerequest rfa
        FULL JOIN (SELECT id FROM ledger_chain WHERE subject = 'request') chain USING (id)
        WHERE rfa.reference IS NULL OR chain.id IS NULL""",
    "a chain whose length is not its number of entries": """
        SELECT count(*) FROM ledger_chain chain
        FULL JOIN (SELECT chain_id, count(*) AS entries, max(number) AS last FROM ledger_entry
            GROUP BY 1) found ON found.chain_id = chain.id
        WHERE coalesce(found.entries, 0) <> coalesce(chain.length, -1)
            OR coalesce(found.last, 0) <> chain.length""",
    "an entry without its payload": """
        SELECT (SELECT count(*) FROM ledger_entry) - (SELECT count(*) FROM ledger_payload)""",
    "a record without its words": """
        SELECT (SELECT count(*) FROM requests_app_assistancerequest)
            - (SELECT count(*) FROM requests_app_recordwords)""",
    "a submitted record without its line of compliance": """
        SELECT count(*) FROM requests_app_assistancerequest rfa
        LEFT JOIN records_recordcompliance kept ON kept.rfa_id = rfa.id
        WHERE submitted_at IS NOT NULL AND NOT historical AND kept.rfa_id IS NULL""",
    "a stretch of days whose figures count other records than were submitted in it": """
        SELECT count(*) FROM records_figurestretch stretch
        JOIN missions_mission mission ON mission.id = stretch.mission_id
        WHERE (SELECT count(*) FROM requests_app_assistancerequest rfa
               WHERE rfa.mission_id = mission.id AND NOT historical
                   AND submitted_at >= stretch.since::timestamp AT TIME ZONE mission.time_zone
                   AND submitted_at < (stretch.until + 1)::timestamp AT TIME ZONE mission.time_zone)
            <> (SELECT coalesce(sum((line.value ->> 0)::bigint), 0) FROM records_figurecell cell,
                    json_each(cell.numbers::json -> 'groups') AS line
                WHERE cell.stretch_id = stretch.id AND sector = '*' AND kind = '*'
                    AND part = 'pictures' AND line.key LIKE 'kind %')""",
    "a count of compliance that its records do not add up to": """
        SELECT abs((SELECT coalesce(sum(complied + exceptions + pending), 0)
                FROM records_compliancecount)
            - (SELECT coalesce(sum(cardinality(ARRAY(SELECT jsonb_object_keys(findings)))), 0)
                FROM records_recordcompliance))""",
}


def faults_of_all(cursor: Any) -> list[str]:
    """Count over all records what must be none; return what is not, in words."""
    found = []
    for what, sql in WHOLE.items():
        cursor.execute(sql)
        (count,) = cursor.fetchone()
        if count:
            found.append(f"{count} times: {what}")
    return found


def faults_of(ids: list[UUID]) -> list[str]:
    """Find anew what these records comply with, and their clocks; return what differs."""
    found: list[str] = []
    submitted = AssistanceRequest.objects.filter(pk__in=ids, submitted_at__isnull=False)
    with override("en"):
        for record in load(list(submitted.values_list("pk", flat=True))):
            found += _compliance(record)
    steps = Step.objects.filter(rfa__in=ids, state=StepState.OPEN).select_related("rfa__mission")
    found += [
        f"{step.rfa.reference}: {step.seat} has another limit than its entries say"
        for step in steps
        if clock_of(step) != from_entries(step)
    ]
    return found


def _compliance(record: Any) -> list[str]:
    rfa, found = record.rfa, findings_of(record)
    kept = RecordCompliance.objects.filter(rfa=rfa).first()
    outcomes = {row: str(each.outcome) for row, each in found.items()}
    if kept is None or kept.findings != outcomes:
        differs = set(outcomes.items()) ^ set(kept.findings.items() if kept else ())
        return [f"{rfa.reference}: compliance differs in {sorted(differs)}"]
    if kept.day != local_day(rfa.mission, rfa.submitted_at):
        return [f"{rfa.reference}: counted on another day"]
    lines = set(ComplianceException.objects.filter(rfa=rfa).values_list("row", "words", "entry"))
    told = {(row, one.words, one.entry) for row, one in found.items() if one.outcome == "exception"}
    return [] if lines == told else [f"{rfa.reference}: exceptions differ: {lines ^ told}"]


def words_that_differ(connection: Any, ids: list[UUID]) -> list[str]:
    """Let the database make these records' words anew, as their owner, and take that back."""
    found: list[str] = []
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        asked = [[str(each) for each in ids]]
        read = (
            "SELECT rfa_id::text, open::text, asking::text, inside::text "
            "FROM requests_app_recordwords WHERE rfa_id = ANY(%s::uuid[]) ORDER BY 1"
        )
        cursor.execute(read, asked)
        before = cursor.fetchall()
        cursor.execute("SELECT refresh_words(id) FROM unnest(%s::uuid[]) AS id", asked)
        cursor.execute(read, asked)
        found += [
            f"{old[0]}: its words differ"
            for old, new in zip(before, cursor.fetchall(), strict=True)
            if old != new
        ]
        transaction.set_rollback(True, using=connection.alias)
    return found


def sample_of(ids: list[UUID], seed: int) -> list[UUID]:
    """Return some of these, the same for the same seed."""
    chance = Random(f"check:{seed}")  # noqa: S311 - a demonstration's, not a secret's
    return chance.sample(ids, min(SAMPLE, len(ids)))
