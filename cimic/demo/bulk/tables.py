"""Tables without their indexes, bonds and word triggers while rows come in by the million.

Whatever is taken off is put back by PostgreSQL's own words for it, and putting it back proves
it: a foreign key or a unique constraint that does not hold for every row cannot be added.
Check constraints and the guards of append-only tables stay on throughout.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

BONDS = """
    SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid)
    FROM pg_constraint
    WHERE contype = 'f' AND (conrelid = ANY(%(tables)s::regclass[])
        OR confrelid = ANY(%(tables)s::regclass[]))
    ORDER BY conrelid::regclass::text, conname
"""
KEYS = """
    SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid)
    FROM pg_constraint
    WHERE contype IN ('p', 'u', 'x') AND conrelid = ANY(%(tables)s::regclass[])
    ORDER BY contype, conrelid::regclass::text, conname
"""
INDEXES = """
    SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
    WHERE indrelid = ANY(%(tables)s::regclass[])
        AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
    ORDER BY 1
"""
# Triggers that make words at each insert; what guards against change is not among them.
ON_INSERT = """
    SELECT tgrelid::regclass::text, quote_ident(tgname) FROM pg_trigger
    WHERE tgrelid = ANY(%(tables)s::regclass[]) AND NOT tgisinternal
        AND tgenabled = 'O' AND tgtype & 4 = 4 AND tgtype & 2 = 0
    ORDER BY 1, 2
"""


@dataclass(frozen=True)
class TakenOff:
    """What stands aside meanwhile, as statements that take it off and put it back."""

    off: list[str]
    back: list[tuple[str, str]]


def look(cursor: Any, tables: list[str]) -> TakenOff:
    """Return what these tables have of bonds, keys, indexes and triggers that make words."""

    def rows(sql: str) -> list[tuple[str, ...]]:
        cursor.execute(sql, {"tables": tables})
        return list(cursor.fetchall())

    bonds, keys, indexes, triggers = map(rows, (BONDS, KEYS, INDEXES, ON_INSERT))
    off = [f"ALTER TABLE {table} DROP CONSTRAINT {name}" for table, name, _ in [*bonds, *keys]]
    off += [f"DROP INDEX {name}" for name, _ in indexes]
    off += [f"ALTER TABLE {table} DISABLE TRIGGER {name}" for table, name in triggers]
    back = [("keys", _added(*key)) for key in keys]
    back += [("indexes", definition) for _, definition in indexes]
    back += [("bonds", _added(*bond)) for bond in bonds]
    back += [("triggers", f"ALTER TABLE {table} ENABLE TRIGGER {name}") for table, name in triggers]
    return TakenOff(off, back)


def _added(table: str, name: str, definition: str) -> str:
    return f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}"


def take_off(cursor: Any, taken: TakenOff) -> None:
    for statement in taken.off:
        cursor.execute(statement)


def put_back(cursor: Any, taken: TakenOff, tell: Callable[[str], None]) -> None:
    """Put everything back; raises what PostgreSQL says where a row breaks it."""
    cursor.execute("SET maintenance_work_mem = '512MB'")
    before = ""
    for sort, statement in taken.back:
        if sort != before:
            tell(f"{sort} are put back")
            before = sort
        cursor.execute(statement)
    cursor.execute("RESET maintenance_work_mem")
