"""Tables without their indexes, bonds and word triggers while rows come in by the million.

Whatever is taken off is put back by PostgreSQL's own words for it, and putting it back proves
it: a unique index that does not hold for every row cannot be made, nor a foreign key be
validated. Check constraints and the guards of append-only tables stay on throughout.

Several connections put back side by side. What would lock whole tables is therefore done in two
steps: a key's index is made first and then becomes the key's, a foreign key is named first and
then validated, which is the same look at every row.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.db import connections

BONDS = """
    SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid)
    FROM pg_constraint
    WHERE contype = 'f' AND (conrelid = ANY(%(tables)s::regclass[])
        OR confrelid = ANY(%(tables)s::regclass[]))
    ORDER BY conrelid::regclass::text, conname
"""
KEYS = """
    SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(pg_constraint.oid),
        CASE WHEN contype IN ('p', 'u') AND NOT condeferrable THEN pg_get_indexdef(conindid)
            ELSE '' END,
        CASE contype WHEN 'p' THEN 'PRIMARY KEY' ELSE 'UNIQUE' END
    FROM pg_constraint
    WHERE contype IN ('p', 'u', 'x') AND conrelid = ANY(%(tables)s::regclass[])
    ORDER BY contype, conrelid::regclass::text, conname
"""
INDEXES = """
    SELECT indrelid::regclass::text, indexrelid::regclass::text, pg_get_indexdef(indexrelid)
    FROM pg_index
    WHERE indrelid = ANY(%(tables)s::regclass[])
        AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
    ORDER BY 1, 2
"""
# Triggers that make words at each insert; what guards against change is not among them.
ON_INSERT = """
    SELECT tgrelid::regclass::text, quote_ident(tgname) FROM pg_trigger
    WHERE tgrelid = ANY(%(tables)s::regclass[]) AND NOT tgisinternal
        AND tgenabled = 'O' AND tgtype & 4 = 4 AND tgtype & 2 = 0
    ORDER BY 1, 2
"""


# The largest tables first, so that the connections end together.
SIZES = "SELECT relation, pg_table_size(relation::regclass) FROM unnest(%s::text[]) AS relation"
MEMORY = "SET maintenance_work_mem = '512MB'"


@dataclass(frozen=True)
class TakenOff:
    """What stands aside meanwhile: the statements that take it off, and what puts it back.

    Each step of ``back`` is named; its statements may be done side by side, by table, or not.
    """

    off: list[str]
    back: list[tuple[str, bool, list[tuple[str, str]]]]


def look(cursor: Any, tables: list[str]) -> TakenOff:
    """Return what these tables have of bonds, keys, indexes and triggers that make words."""

    def rows(sql: str) -> list[tuple[str, ...]]:
        cursor.execute(sql, {"tables": tables})
        return list(cursor.fetchall())

    bonds, keys, indexes, triggers = map(rows, (BONDS, KEYS, INDEXES, ON_INSERT))
    off = [f"ALTER TABLE {table} DROP CONSTRAINT {name}" for table, name, *_rest in [*bonds, *keys]]
    off += [f"DROP INDEX {name}" for _, name, _ in indexes]
    off += [f"ALTER TABLE {table} DISABLE TRIGGER {name}" for table, name in triggers]
    made = [(key[0], key[3] or _key(*key)) for key in keys]
    back = [
        ("indexes", True, made + [(table, definition) for table, _, definition in indexes]),
        ("keys", False, [(key[0], _key(*key)) for key in keys if key[3]]),
        (
            "bonds",
            False,
            [
                (table, f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition} NOT VALID")
                for table, name, definition in bonds
            ],
        ),
        (
            "proofs of bonds",
            True,
            [
                (
                    table,
                    f"ALTER TABLE {table} "
                    + ", ".join(f"VALIDATE CONSTRAINT {one[1]}" for one in of),
                )
                for table, of in groupby(bonds, itemgetter(0))
            ],
        ),
        (
            "triggers",
            False,
            [(table, f"ALTER TABLE {table} ENABLE TRIGGER {name}") for table, name in triggers],
        ),
    ]
    return TakenOff(off, back)


def _key(table: str, name: str, definition: str, index: str, sort: str) -> str:
    how = f"{sort} USING INDEX {name}" if index else definition
    return f"ALTER TABLE {table} ADD CONSTRAINT {name} {how}"


def take_off(cursor: Any, taken: TakenOff) -> None:
    for statement in taken.off:
        cursor.execute(statement)


def _largest_first(cursor: Any, statements: list[tuple[str, str]]) -> list[str]:
    """Put these in order; whoever locks a whole table comes first, others of that table last."""
    cursor.execute(SIZES, [[table for table, _ in statements]])
    sizes = dict(cursor.fetchall())
    locked = {table for table, done in statements if done.startswith("ALTER TABLE")}

    def place(one: tuple[str, str]) -> tuple[bool, bool, int]:
        locks = one[1].startswith("ALTER TABLE")
        return not locks, one[0] in locked, -sizes[one[0]]

    return [done for _, done in sorted(statements, key=place)]


def _side_by_side(alias: str, statements: Iterable[str], workers: int) -> None:
    """Have connections of their own do these statements, each the next one left."""
    left = iter(statements)

    def work() -> None:
        own = connections[alias].copy()
        try:
            with own.cursor() as cursor:
                cursor.execute(MEMORY)
                for statement in left:
                    cursor.execute(statement)
        finally:
            own.close()

    with ThreadPoolExecutor(workers) as pool:
        for done in [pool.submit(work) for _ in range(workers)]:
            done.result()


def put_back(alias: str, taken: TakenOff, workers: int, tell: Callable[[str], None]) -> None:
    """Put everything back; raises what PostgreSQL says where a row breaks it."""
    with connections[alias].cursor() as cursor:
        cursor.execute(MEMORY)
        for name, apart, statements in taken.back:
            tell(f"{name} are put back")
            if apart:
                _side_by_side(alias, _largest_first(cursor, statements), workers)
                continue
            for _, statement in statements:
                cursor.execute(statement)
        cursor.execute("RESET maintenance_work_mem")
