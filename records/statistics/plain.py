"""Figures found from the records themselves, all in one statement over the same rows."""

import json
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

from common.clock import now
from missions.models import Mission
from records.figures.counting import ASKED, NOT_COMPILED
from records.figures.ground import GROUND

Line = dict[str, Any]


def _statement(queries: dict[str, str], rows: str) -> str:
    """Join the queries into one statement over the same rows, each row of it a JSON object."""
    parts = [
        f"SELECT '{name}' AS figure, to_jsonb(line)::text AS line FROM ({query}) AS line"  # noqa: S608
        for name, query in queries.items()
    ]
    return "\n".join(
        [
            f"WITH {ASKED}, seen AS MATERIALIZED ({rows}), {GROUND}",
            "\nUNION ALL\n".join(parts),
        ]
    )


def found_in(
    mission: Mission, rows: QuerySet[Any, Any], queries: dict[str, str]
) -> dict[str, list[Line]]:
    """Return what each query finds over these records (``scope.columns``), by its name."""
    sql, params = rows.query.sql_with_params()
    found: dict[str, list[Line]] = {name: [] for name in queries}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(NOT_COMPILED)
        cursor.execute(_statement(queries, sql), [mission.time_zone, now(), mission.pk, *params])
        for name, line in cursor.fetchall():
            found[name].append(json.loads(line, parse_float=Decimal))
    return found
