"""How long the compliance report takes over many records: ``bench/compliance.py [--records N]``.

The demonstration's records, with their routes and what the summary says of each, are copied in
SQL until there are N, spread over the last twelve months; their counts are added up by
``manage.py rebuild_compliance``'s own statement. What is measured is what page, API and PDF
ask: every row of the policy with its exceptions by reference, as the Chief of Staff reads it,
beside a bare count of the requests. Not measured: rendering. Everything is rolled back.

Runs on the data folder that ``CIMIC_DATA`` names, once ``make run`` or ``load_demo`` has filled
it: ``CIMIC_DATA=/tmp/bench .venv/bin/python bench/compliance.py``.
"""

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import django  # noqa: E402

from cimic.embedded import ensure_services  # noqa: E402

CLAIM_SECONDS = 2.0
RUNS = 7

MAP = """
    CREATE TEMP TABLE copies ON COMMIT DROP AS
    SELECT rfa_id AS old, gen_random_uuid() AS new, number,
           (current_date - ((row_number() OVER ()) %% 365)::int) AS day
    FROM records_recordcompliance, generate_series(1, %s) AS number
    LIMIT %s
"""
REQUESTS = "requests_app_assistancerequest"
SUMMARY = """
    INSERT INTO records_recordcompliance
        (rfa_id, mission_id, day, sector_id, kind, classification, findings, at_entry)
    SELECT new, mission_id, copies.day, sector_id, kind, classification, findings, at_entry
    FROM copies JOIN records_recordcompliance ON rfa_id = old
"""
EXCEPTIONS = """
    INSERT INTO records_complianceexception (rfa_id, mission_id, row, day, words, entry)
    SELECT new, mission_id, row, copies.day, words, entry
    FROM copies JOIN records_complianceexception ON rfa_id = old
"""


def copy_requests(cursor: Any, columns: list[str]) -> None:
    """Copy the requests' rows under new numbers, references and days."""
    changed = {
        "id": "new",
        "reference": "reference || '-' || number",
        "submitted_at": "copies.day + interval '9 hours'",
        "created_at": "copies.day + interval '8 hours'",
    }
    taken = ", ".join(changed.get(name, f"{REQUESTS}.{name}") for name in columns)
    cursor.execute(
        f"INSERT INTO {REQUESTS} ({', '.join(columns)}) "  # noqa: S608 - our own column names
        f"SELECT {taken} FROM copies JOIN {REQUESTS} ON id = old"
    )


def copy_steps(cursor: Any, columns: list[str]) -> None:
    """Copy the routes, without their answers: who sees what follows from the steps."""
    changed = {
        "rfa_id": "new",
        "state": "CASE WHEN state = 'answered' THEN 'open' ELSE state END",
        "opened_at": "coalesce(opened_at, now())",
        "due_at": "coalesce(due_at, now())",
        "current_id": "NULL",
        "current_grants": "''",
    }
    kept = [name for name in columns if name != "id"]
    taken = ", ".join(changed.get(name, f"approvals_step.{name}") for name in kept)
    cursor.execute(
        f"INSERT INTO approvals_step ({', '.join(kept)}) "  # noqa: S608 - our own column names
        f"SELECT {taken} FROM copies JOIN approvals_step ON rfa_id = old"
    )


def seconds(ask: Callable[[], Any]) -> float:
    """Return the median of some runs, in seconds."""
    taken = []
    for _run in range(RUNS):
        began = time.perf_counter()
        ask()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def measure(records: int) -> dict[str, Any]:
    """Fill, measure and roll back; return what was found."""
    from django.db import connection, transaction  # noqa: PLC0415 - needs Django's set-up

    from approvals.models import Step  # noqa: PLC0415
    from missions.models import Mission, User  # noqa: PLC0415
    from records.compliance.question import usual_question  # noqa: PLC0415
    from records.compliance.reading import compliance_of, extreme_by_unit  # noqa: PLC0415
    from records.compliance.summary import add_up, catch_up  # noqa: PLC0415
    from records.models import (  # noqa: PLC0415
        ComplianceCount,
        ComplianceException,
        FigureStretch,
        RecordCompliance,
    )
    from requests_app.models import AssistanceRequest  # noqa: PLC0415

    mission = Mission.objects.get()
    catch_up(mission)
    with transaction.atomic(), connection.cursor() as cursor:
        Mission.objects.update(established_on="2020-01-01")
        there = RecordCompliance.objects.count()
        cursor.execute(MAP, [records // there + 1, max(records - there, 0)])
        copy_requests(cursor, [f.column for f in AssistanceRequest._meta.concrete_fields])
        copy_steps(cursor, [f.column for f in Step._meta.concrete_fields])
        cursor.execute(SUMMARY)
        cursor.execute(EXCEPTIONS)
        add_up(mission)
        FigureStretch.objects.all().delete()  # the copies came without deeds
        cursor.execute("ANALYZE")
        person = User.objects.get(username="cos")
        question = usual_question(Mission.objects.get())
        found = {
            "records": RecordCompliance.objects.count(),
            "exceptions": ComplianceException.objects.count(),
            "counts": ComplianceCount.objects.count(),
            "applied": sum(line.applied for line in compliance_of(person, question).lines),
            "report_seconds": seconds(lambda: compliance_of(person, question)),
            "units_seconds": seconds(lambda: extreme_by_unit(person, question)),
            "bare_count_seconds": seconds(
                lambda: AssistanceRequest.objects.filter(mission=mission).count()
            ),
        }
        transaction.set_rollback(True)
    found["ratio_to_bare_count"] = found["report_seconds"] / found["bare_count_seconds"]
    found["within_claim"] = found["report_seconds"] < CLAIM_SECONDS
    return found


def main() -> int:
    """Measure, say what was found, and exit 1 if the claim does not hold."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=int, default=100_000)
    asked = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cimic.settings")
    ensure_services()
    django.setup()
    found = measure(asked.records)
    sys.stdout.write(json.dumps(found, indent=2) + "\n")
    return 0 if found["within_claim"] else 1


if __name__ == "__main__":
    raise SystemExit(main())
