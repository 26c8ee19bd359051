"""How long the register takes to leave: ``bench/exports.py [--records N] [--workbook M]``.

The demonstration's records are copied in SQL until there are N, spread over twelve years, and
rolled back afterwards. Measured, as the Chief of Staff (the whole mission, every usual column):
the CSV to a file beside PostgreSQL's own ``COPY`` of the same columns to a file, both from this
process; the first byte (the headings) and the first row of a streamed one; a workbook of M rows;
and the most memory this process held. Nothing is read over HTTP.

Runs on the data folder that ``CIMIC_DATA`` names, once ``make run`` or ``load_demo`` has filled
it: ``CIMIC_DATA=/tmp/bench .venv/bin/python bench/exports.py``.
"""

import argparse
import json
import os
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import django  # noqa: E402

from bench.pictures import REQUESTS, copy  # noqa: E402
from cimic.embedded import ensure_services  # noqa: E402

MOST_TIMES_COPY = 2.0
MOST_SECONDS_TO_THE_FIRST = 1.0
MOST_MIB = 512
COPIES = f"""
    CREATE TEMP TABLE copies ON COMMIT DROP AS
    SELECT id AS old, gen_random_uuid() AS new, number,
           ((row_number() OVER ()) %% 4380) * interval '1 day' AS earlier
    FROM {REQUESTS}, generate_series(1, %s) AS number
    WHERE submitted_at IS NOT NULL
    LIMIT %s
"""  # noqa: S608 - our own names


def fill(cursor: Any, records: int) -> None:
    """Copy requests until there are so many."""
    from requests_app.models import AssistanceRequest  # noqa: PLC0415 - needs Django's set-up

    there = AssistanceRequest.objects.filter(submitted_at__isnull=False).count()
    cursor.execute(COPIES, [records // there + 1, max(records - there, 0)])
    copy(
        cursor,
        REQUESTS,
        [field.column for field in AssistanceRequest._meta.concrete_fields],
        {
            "id": "copies.new",
            "reference": "reference || '-' || copies.number",
            "created_at": "created_at - earlier",
        },
        f"copies JOIN {REQUESTS} ON id = copies.old",
    )
    cursor.execute("ANALYZE")


def mib() -> float:
    """Return the most memory that this process has held, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


class First:
    """A file that keeps when its first two pieces came: the headings and the first row."""

    def __init__(self) -> None:
        self.began = time.perf_counter()
        self.came: list[float] = []

    def write(self, chunk: bytes) -> int:
        if len(self.came) < 2:
            self.came.append(time.perf_counter() - self.began)
        return len(chunk)


def measure(records: int, workbook: int) -> dict[str, Any]:
    """Fill, measure and roll back; return what was found."""
    from django.db import connection, transaction  # noqa: PLC0415 - needs Django's set-up
    from django.http import QueryDict  # noqa: PLC0415

    from missions.models import User  # noqa: PLC0415
    from records.exports.asking import rows_to_leave  # noqa: PLC0415
    from records.exports.files import FORMS, Hashed, asked_of  # noqa: PLC0415
    from records.exports.runs import start_export  # noqa: PLC0415

    person = User.objects.get(username="cos")

    def exported(form: str, into: Any, most: int = 0) -> int:
        asked = QueryDict("")
        rows, shape = rows_to_leave(person, asked, form)
        if most:
            newest = rows.model.objects.order_by("-created_at", "-id").values("pk")[:most]
            rows = rows.filter(pk__in=newest)
        run = start_export(actor=person, form=form, params=asked)
        return FORMS[form].write(asked_of(rows, shape, run, asked), into)

    def plain(into: Any) -> None:
        """PostgreSQL's own: the same query and columns, without guards, digest or counting."""
        rows, shape = rows_to_leave(person, QueryDict(""), "csv")
        asked = asked_of(rows, shape, None, QueryDict(""))  # type: ignore[arg-type]
        sql, params = asked.sql(lambda column: column.expression)
        with connection.cursor() as cursor:
            wrapped: Any = cursor.cursor
            query = wrapped.mogrify(sql, params).decode()
            wrapped.copy_expert(f"COPY ({query}) TO STDOUT WITH (FORMAT csv, HEADER)", into)

    found: dict[str, Any] = {}
    with transaction.atomic(), connection.cursor() as cursor:
        fill(cursor, records)
        for _warm in range(2):
            with tempfile.TemporaryFile() as file:
                began = time.perf_counter()
                plain(file)
                found["copy_seconds"] = time.perf_counter() - began
        before = mib()
        with tempfile.TemporaryFile() as file:
            began = time.perf_counter()
            into = Hashed(file)
            found["rows"] = exported("csv", into)
            found["csv_seconds"] = time.perf_counter() - began
            found["csv_mb"] = into.size / 1e6
        found["csv_mib_more"] = mib() - before
        first = First()
        exported("csv", first)
        found["first_byte_seconds"], found["first_row_seconds"] = first.came
        with tempfile.TemporaryFile() as file:
            began = time.perf_counter()
            found["workbook_rows"] = exported("xlsx", file, most=workbook)
            found["workbook_seconds"] = time.perf_counter() - began
        found["process_mib"] = mib()
        transaction.set_rollback(True)
    found["times_copy"] = found["csv_seconds"] / found["copy_seconds"]
    found["within_claim"] = (
        found["times_copy"] <= MOST_TIMES_COPY
        and found["first_byte_seconds"] <= MOST_SECONDS_TO_THE_FIRST
        and found["process_mib"] <= MOST_MIB
    )
    return found


def main() -> int:
    """Measure, say what was found, and exit 1 if the claim does not hold."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=int, default=200_000)
    parser.add_argument("--workbook", type=int, default=200_000)
    asked = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cimic.settings")
    ensure_services()
    django.setup()
    found = measure(asked.records, asked.workbook)
    sys.stdout.write(json.dumps(found, indent=2) + "\n")
    return 0 if found["within_claim"] else 1


if __name__ == "__main__":
    raise SystemExit(main())
