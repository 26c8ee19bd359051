"""Writing rows by statements that are put together once in a process, and only filled in.

What Django works out for each ``save`` anew (columns, placeholders, joins that an update does
not have) costs more than the write. No signal is sent: no rule of ours hangs on one.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS, DatabaseError, connection, connections
from django.db.models import AutoField, Model


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)


def _placeholder(field: Any) -> str:
    """Return what stands for a field's value; an array says of what."""
    if not hasattr(field, "get_placeholder"):
        return "%s"
    compiler = field.model._default_manager.all().query.get_compiler(connection.alias)
    return str(field.get_placeholder(None, compiler, connection))


@cache
def _added(model: type[Model]) -> tuple[list[Any], str, str, str]:
    """Return the fields that are written, the beginning, one row's place and the end."""
    meta: Any = model._meta
    fields = [one for one in meta.concrete_fields if not isinstance(one, AutoField)]
    if any(one.has_db_default() for one in fields):
        raise TypeError(f"{model.__name__} has values of the database's own.")
    columns = ", ".join(_quoted(one.column) for one in fields)
    places = ", ".join(map(_placeholder, fields))
    return (
        fields,
        f"INSERT INTO {_quoted(meta.db_table)} ({columns}) VALUES ",  # noqa: S608 - our own
        f"({places})",
        f" RETURNING {_quoted(meta.pk.column)}",
    )


def add(rows: Sequence[Model], *, unless_there: bool = False) -> None:
    """Insert rows of one model in one statement, as ``bulk_create`` does; each learns its key.

    ``unless_there`` passes over what a constraint finds to be there already.
    """
    if not rows:
        return
    fields, beginning, place, end = _added(type(rows[0]))
    database = connections[DEFAULT_DB_ALIAS]  # itself, not by its stand-in
    values = [
        field.get_db_prep_save(field.pre_save(row, True), database)
        for row in rows
        for field in fields
    ]
    sql = beginning + ", ".join([place] * len(rows))
    with database.cursor() as cursor:
        cursor.execute(sql + (" ON CONFLICT DO NOTHING" if unless_there else end), values)
        keys: Any = [] if unless_there else cursor.fetchall()
    for row, (key,) in zip(rows, keys, strict=not unless_there):
        row.pk = key
        row._state.adding, row._state.db = False, database.alias


def change(row: Model, names: Sequence[str]) -> None:
    """Write some of a row's columns, as ``save(update_fields=…)`` does.

    Raises ``DatabaseError`` where the row is not there any more.
    """
    if not names:
        return
    meta: Any = row._meta
    fields = [meta.get_field(name) for name in names]
    changes = ", ".join(f"{_quoted(one.column)} = {_placeholder(one)}" for one in fields)
    key = _quoted(meta.pk.column)
    values = [
        one.get_db_prep_save(one.pre_save(row, False), connection) for one in [*fields, meta.pk]
    ]
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {_quoted(meta.db_table)} SET {changes} WHERE {key} = %s", values)  # noqa: S608 - our own
        if not cursor.rowcount:
            raise DatabaseError(f"There is no such {type(row).__name__} to change.")
