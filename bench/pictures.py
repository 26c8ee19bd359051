"""How long the pictures take over many records: ``bench/pictures.py [--records N]``.

The demonstration's records, with their routes, are copied in SQL until there are N,
spread over the last twelve months. What is measured is what page and API ask: every figure at
once, as the Chief of Staff (the whole mission) and as a sector officer (their own rows), beside
a bare count of the requests. Not measured: rendering. Everything is rolled back.

Runs on the data folder that ``CIMIC_DATA`` names, once ``make run`` or ``load_demo`` has filled
it: ``CIMIC_DATA=/tmp/bench .venv/bin/python bench/pictures.py``.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import django  # noqa: E402

from cimic.embedded import ensure_services  # noqa: E402

# Twelve months of a busy mission are some thousands of records.
CLAIM_SECONDS = 5.0
RUNS = 3

REQUESTS, STEPS = "requests_app_assistancerequest", "approvals_step"
MAP = f"""
    CREATE TEMP TABLE copies ON COMMIT DROP AS
    SELECT id AS old, gen_random_uuid() AS new, number,
           ((row_number() OVER ()) %% 360) * interval '1 day' AS earlier
    FROM {REQUESTS}, generate_series(1, %s) AS number
    WHERE submitted_at IS NOT NULL
    LIMIT %s
"""  # noqa: S608 - our own names
STEP_MAP = f"""
    CREATE TEMP TABLE step_copies ON COMMIT DROP AS
    SELECT id AS old, nextval(pg_get_serial_sequence('{STEPS}', 'id')) AS new, copies.new AS rfa,
           earlier
    FROM copies JOIN {STEPS} ON rfa_id = copies.old
"""  # noqa: S608 - our own names


def copy(cursor: Any, table: str, columns: list[str], changed: dict[str, str], joined: str) -> None:
    """Copy a table's rows under what ``joined`` maps them to, some columns changed."""
    taken = ", ".join(changed.get(name, f"{table}.{name}") for name in columns)
    cursor.execute(
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT {taken} FROM {joined}"  # noqa: S608
    )


def fill(cursor: Any, records: int) -> None:
    """Copy requests and their steps until there are so many records.

    Answers bind people and hashes and are not copied: a copied step is answered by none, so its
    stage runs; what the clocks cost is the same.
    """
    from approvals.models import Step  # noqa: PLC0415 - needs Django's set-up
    from requests_app.models import AssistanceRequest  # noqa: PLC0415

    there = AssistanceRequest.objects.filter(submitted_at__isnull=False).count()
    cursor.execute(MAP, [records // there + 1, max(records - there, 0)])
    cursor.execute(STEP_MAP)
    copy(
        cursor,
        REQUESTS,
        [field.column for field in AssistanceRequest._meta.concrete_fields],
        {
            "id": "copies.new",
            "reference": "reference || '-' || copies.number",
            "submitted_at": "submitted_at - earlier",
            "created_at": "created_at - earlier",
            "decided_at": "decided_at - earlier",
        },
        f"copies JOIN {REQUESTS} ON id = copies.old",
    )
    copy(
        cursor,
        STEPS,
        [field.column for field in Step._meta.concrete_fields],
        {
            "id": "step_copies.new",
            "rfa_id": "step_copies.rfa",
            "state": "CASE WHEN state = 'answered' THEN 'open' ELSE state END",
            "opened_at": "coalesce(opened_at, now()) - earlier",
            "due_at": "coalesce(due_at, now()) - earlier",
            "current_id": "NULL",
            "current_grants": "''",
        },
        f"step_copies JOIN {STEPS} ON id = step_copies.old",
    )
    cursor.execute("ANALYZE")


def seconds(ask: Callable[[], Any]) -> float:
    """Return the middle of some runs, in seconds."""
    taken = []
    for _run in range(RUNS):
        began = time.perf_counter()
        ask()
        taken.append(time.perf_counter() - began)
    return sorted(taken)[RUNS // 2]


def measure(records: int) -> dict[str, Any]:
    """Fill, measure and roll back; return what was found."""
    from django.db import connection, transaction  # noqa: PLC0415 - needs Django's set-up

    from missions.models import Mission, User  # noqa: PLC0415
    from records.models import FigureStretch  # noqa: PLC0415
    from records.statistics.question import usual  # noqa: PLC0415
    from records.statistics.reading import statistics_of  # noqa: PLC0415
    from requests_app.models import AssistanceRequest  # noqa: PLC0415

    with transaction.atomic(), connection.cursor() as cursor:
        Mission.objects.update(established_on="2020-01-01")
        fill(cursor, records)
        FigureStretch.objects.all().delete()  # the copies came without deeds
        asked = usual(Mission.objects.get())

        def pictures(username: str) -> Any:
            return statistics_of(User.objects.get(username=username), asked)

        found = {
            "records": AssistanceRequest.objects.filter(submitted_at__isnull=False).count(),
            "counted": pictures("cos").totals["records"],
            "mission_seconds": seconds(lambda: pictures("cos")),
            "sector_seconds": seconds(lambda: pictures("sector.east")),
            "bare_count_seconds": seconds(lambda: AssistanceRequest.objects.count()),
        }
        transaction.set_rollback(True)
    found["within_claim"] = found["mission_seconds"] < CLAIM_SECONDS
    return found


def main() -> int:
    """Measure, say what was found, and exit 1 if the claim does not hold."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=int, default=20_000)
    asked = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cimic.settings")
    ensure_services()
    django.setup()
    found = measure(asked.records)
    sys.stdout.write(json.dumps(found, indent=2) + "\n")
    return 0 if found["within_claim"] else 1


if __name__ == "__main__":
    raise SystemExit(main())
