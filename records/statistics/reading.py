"""Every figure at once: one statement for the counts, however many records there are."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from django.db import connection, transaction

from common.clock import now
from missions.models import User
from records.statistics.ground import GROUND
from records.statistics.question import Asked
from records.statistics.scope import Scope, scope_of, seen
from records.statistics.statements import figures

Line = dict[str, Any]

# Compiling a statement this long takes longer than running it.
NOT_COMPILED = "SET LOCAL jit = off"
ASKED = "asked AS (SELECT %s::text AS zone, %s::timestamptz AS now, %s::bigint AS mission)"


@dataclass(frozen=True)
class Statistics:
    """What was found for one reader: the rows of each figure, by its name."""

    scope: Scope
    asked: Asked
    figures: dict[str, list[Line]]

    @property
    def totals(self) -> Line:
        return self.figures["totals"][0]

    def of(self, name: str) -> list[Line]:
        return self.figures[name]

    def by_key(self, name: str) -> dict[str, Line]:
        """Return a figure's rows by their key; of grouping sets, the total is under ''."""
        return {line["key"] or "": line for line in self.figures[name]}


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


def statistics_of(
    person: User, asked: Asked, more: Mapping[str, str] = MappingProxyType({})
) -> Statistics:
    """Return every figure over what a reader may see of what was asked.

    ``more`` are further queries over the same rows, by their names. Raises ``Forbidden`` for
    who holds no post.
    """
    scope = scope_of(person)
    rows, params = seen(scope, asked.question).query.sql_with_params()
    queries = {**figures(asked.by), **more}
    found: dict[str, list[Line]] = {name: [] for name in queries}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(NOT_COMPILED)
        cursor.execute(
            _statement(queries, rows),
            [scope.mission.time_zone, now(), scope.mission.pk, *params],
        )
        for name, line in cursor.fetchall():
            found[name].append(json.loads(line, parse_float=Decimal))
    return Statistics(scope, asked, found)
