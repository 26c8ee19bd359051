"""The register as a file: CSV and JSON written by PostgreSQL, a workbook made from its CSV."""

import csv
import hashlib
import io
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import IO, Any

from django.db import connection
from django.db.models import F, QuerySet
from django.utils.translation import override

from records.columns import sorted_by
from records.exports.asking import Shape
from records.exports.columns import EXPORTED, Exported
from records.exports.runs import finish_export
from records.exports.workbook import refuse_longer, write_workbook
from records.models import ExportRun
from requests_app.models import AssistanceRequest

IN_MEMORY = 2 * 1024 * 1024
CHUNK = 1024 * 1024
CSV_LINES = "FORMAT csv"
# JSON as it stands: no character of a JSON text is below a space, so nothing is quoted.
JSON_LINES = r"FORMAT csv, QUOTE E'\x01', DELIMITER E'\x02'"


Told = Callable[[int], None]


def tells_nobody(rows: int) -> None:
    """Nobody asks how far an export is that is sent while it is written."""


class Hashed:
    """What is written goes on to a file, and is digested and measured."""

    def __init__(self, file: Any) -> None:
        self.file = file
        self.digest = hashlib.sha256()
        self.size = 0

    def write(self, chunk: bytes) -> int:
        self.digest.update(chunk)
        self.size += len(chunk)
        self.file.write(chunk)
        return len(chunk)


class Counted:
    """What is written goes on, and tells how many rows: PostgreSQL hands over one at a time."""

    def __init__(self, into: Any, told: Told) -> None:
        self.into, self.told, self.rows = into, told, 0

    def write(self, chunk: bytes) -> int:
        self.rows += 1
        self.told(self.rows)
        return self.into.write(chunk)


@dataclass(frozen=True)
class Asked:
    """What is exported: the register's rows, in the order and with the columns asked for."""

    rows: QuerySet[AssistanceRequest]
    shape: Shape
    order: tuple[str, ...]
    run: ExportRun
    told: Told = tells_nobody

    @property
    def columns(self) -> tuple[Exported, ...]:
        return self.shape.columns

    def sql(self, column: Callable[[Exported], Any], **more: Any) -> tuple[str, tuple[Any, ...]]:
        """Return the register's own query, with the export's columns in place of its own."""
        named = {f"column_{number}": column(one) for number, one in enumerate(self.columns)}
        named |= more
        plain = self.rows.select_related(None).prefetch_related(None)
        query = plain.annotate(**named).values_list(*named).order_by(*self.order).query
        return query.sql_with_params()

    def headings(self) -> list[list[str]]:
        """Return the rows above the data: headings in the language asked for, and HXL tags."""
        with override(self.shape.language):
            found = [[str(column.heading) for column in self.columns]]
        if self.shape.hxl:
            found.append([column.hxl for column in self.columns])
        return found


def _copy(
    sql: str, params: tuple[Any, ...], form: str, into: Any, told: Told = tells_nobody
) -> int:
    """Let PostgreSQL write a query's lines into a file; return how many."""
    into = into if told is tells_nobody else Counted(into, told)
    with connection.cursor() as cursor:
        wrapped: Any = cursor.cursor
        query = wrapped.mogrify(sql, params).decode()
        wrapped.copy_expert(f"COPY ({query}) TO STDOUT WITH ({form})", into)
        return wrapped.rowcount


def _csv(asked: Asked, into: Any) -> int:
    head = io.StringIO()
    csv.writer(head, lineterminator="\n").writerows(asked.headings())
    into.write(head.getvalue().encode())
    sql, params = asked.sql(lambda column: column.cell())
    return _copy(sql, params, CSV_LINES, into, asked.told)


def _expression(column: Exported) -> Any:
    return column.expression


COMMA = "CASE WHEN row_number() OVER () = 1 THEN '' ELSE ',' END"


def _json(asked: Asked, into: Any) -> int:
    sql, params = asked.sql(_expression)
    names = ", ".join(f'"{column.key}"' for column in asked.columns)
    into.write(b'{"results": [\n')
    lines = f"SELECT {COMMA} || row_to_json(line)::text FROM ({sql}) AS line ({names})"  # noqa: S608
    rows = _copy(lines, params, JSON_LINES, into, asked.told)
    into.write(b"]}\n")
    return rows


def _geojson(asked: Asked, into: Any) -> int:
    """Write a feature a record; one whose point may not be mapped has none (RFC 7946, R22)."""
    sql, params = asked.sql(
        _expression,
        point_longitude=EXPORTED["longitude"].expression,
        point_latitude=EXPORTED["latitude"].expression,
        feature=F("reference"),
    )
    keys = [f'"{column.key}"' for column in asked.columns]
    names = ", ".join([*keys, "point_longitude", "point_latitude", "feature"])
    properties = f"(SELECT row_to_json(one) FROM (SELECT {', '.join(keys)}) AS one)"  # noqa: S608
    point = (
        "CASE WHEN point_longitude IS NOT NULL THEN json_build_object('type', 'Point', "
        "'coordinates', json_build_array(point_longitude, point_latitude)) END"
    )
    feature = (
        f"json_build_object('type', 'Feature', 'id', feature, 'geometry', {point}, "
        f"'properties', {properties})"
    )
    into.write(b'{"type": "FeatureCollection", "features": [\n')
    lines = f"SELECT {COMMA} || {feature}::text FROM ({sql}) AS line ({names})"  # noqa: S608
    rows = _copy(lines, params, JSON_LINES, into, asked.told)
    into.write(b"]}\n")
    return rows


def _xlsx(asked: Asked, into: Any) -> int:
    """Write a workbook; raise ``Malformed`` where the register is too long for one."""
    with (
        tempfile.TemporaryFile() as table,
        tempfile.TemporaryFile() as made,
    ):
        refuse_longer(asked.rows)
        rows = _csv(replace(asked, told=tells_nobody), table)
        table.seek(0)
        write_workbook(made, table, asked.shape, asked.run, rows, asked.told)
        made.seek(0)
        while chunk := made.read(CHUNK):
            into.write(chunk)
    return rows


@dataclass(frozen=True)
class Form:
    """A form in which the register leaves: what it is called, and who writes it."""

    media_type: str
    write: Callable[[Asked, Any], int]


FORMS = {
    "csv": Form("text/csv; charset=utf-8", _csv),
    "xlsx": Form("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", _xlsx),
    "json": Form("application/json", _json),
    "geojson": Form("application/geo+json", _geojson),
}


def asked_of(
    rows: QuerySet[AssistanceRequest],
    shape: Shape,
    run: ExportRun,
    params: Any,
    told: Told = tells_nobody,
) -> Asked:
    """Return what is exported, in the order that ``params`` ask for."""
    rows, order = sorted_by(rows, params)
    return Asked(rows, shape, order, run, told)


def write(asked: Asked) -> IO[bytes]:
    """Write the rows in the run's form, and record rows and SHA-256.

    PostgreSQL writes the lines (``COPY``); memory stays small whatever their number. The file
    is returned at its start. A failure half-way is recorded as cut.
    """
    file: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # type: ignore[assignment]  # noqa: SIM115
    into = Hashed(file)
    try:
        written = FORMS[asked.run.form].write(asked, into)
    except Exception:
        file.close()
        finish_export(asked.run, rows=None, digest="", cut=True)
        raise
    finish_export(asked.run, rows=written, digest=into.digest.hexdigest(), size=into.size)
    file.seek(0)
    return file
