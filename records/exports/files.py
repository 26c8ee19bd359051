"""The register as a file: CSV and JSON written by PostgreSQL, a workbook made from its CSV."""

import codecs
import csv
import datetime as dt
import hashlib
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Any

import xlsxwriter
from django.db import connection
from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from common.errors import FieldError, Malformed
from records.columns import asked_columns, sorted_by
from records.exports.columns import EXPORTED, Exported, exported
from records.exports.runs import finish_export
from records.models import ExportRun
from requests_app.models import AssistanceRequest

IN_MEMORY = 2 * 1024 * 1024
# A workbook of more is slow to write and slower to open.
MOST_IN_A_WORKBOOK = 200_000
WORKBOOK = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
CHUNK = 1024 * 1024
CSV_LINES = "FORMAT csv, HEADER"
# JSON as it stands: no character of a JSON text is below a space, so nothing is quoted.
JSON_LINES = r"FORMAT csv, QUOTE E'\x01', DELIMITER E'\x02'"


class Hashed:
    """A file that digests what is written to it; in memory while it is small."""

    def __init__(self) -> None:
        self.file: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # type: ignore[assignment]  # noqa: SIM115
        self.digest = hashlib.sha256()

    def write(self, chunk: bytes) -> int:
        self.digest.update(chunk)
        return self.file.write(chunk)


@dataclass(frozen=True)
class Asked:
    """What is exported: the register's rows, in the order and with the columns asked for."""

    rows: QuerySet[AssistanceRequest]
    columns: tuple[Exported, ...]
    order: tuple[str, ...]
    run: ExportRun

    def sql(self, column: Callable[[Exported], Any], **more: Any) -> tuple[str, tuple[Any, ...]]:
        """Return the register's own query, with the export's columns in place of its own."""
        named = {f"column_{number}": column(one) for number, one in enumerate(self.columns)}
        named |= more
        plain = self.rows.select_related(None).prefetch_related(None)
        query = plain.annotate(**named).values_list(*named).order_by(*self.order).query
        return query.sql_with_params()


def _copy(sql: str, params: tuple[Any, ...], form: str, into: Any) -> int:
    """Let PostgreSQL write a query's lines into a file; return how many."""
    with connection.cursor() as cursor:
        wrapped: Any = cursor.cursor
        query = wrapped.mogrify(sql, params).decode()
        wrapped.copy_expert(f"COPY ({query}) TO STDOUT WITH ({form})", into)
        return wrapped.rowcount


def _as_table(asked: Asked, into: Any, most: int | None = None) -> int:
    sql, params = asked.sql(lambda column: column.cell())
    names = ", ".join(f'"{column.heading}"' for column in asked.columns)
    limit = f" LIMIT {most}" if most else ""
    table = f"SELECT * FROM ({sql}) AS register ({names}){limit}"  # noqa: S608 - values bound
    return _copy(table, params, CSV_LINES, into)


def _csv(asked: Asked, into: Hashed) -> int:
    return _as_table(asked, into)


def _expression(column: Exported) -> Any:
    return column.expression


COMMA = "CASE WHEN row_number() OVER () = 1 THEN '' ELSE ',' END"


def _json(asked: Asked, into: Hashed) -> int:
    sql, params = asked.sql(_expression)
    names = ", ".join(f'"{column.key}"' for column in asked.columns)
    into.write(b'{"results": [\n')
    lines = f"SELECT {COMMA} || row_to_json(line)::text FROM ({sql}) AS line ({names})"  # noqa: S608
    rows = _copy(lines, params, JSON_LINES, into)
    into.write(b"]}\n")
    return rows


def _geojson(asked: Asked, into: Hashed) -> int:
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
    rows = _copy(lines, params, JSON_LINES, into)
    into.write(b"]}\n")
    return rows


def _written(sheet: Any, at: tuple[int, int], holds: str, cell: str, forms: dict[str, Any]) -> None:
    match holds:
        case "number":
            sheet.write_number(*at, float(cell))
        case "day":
            sheet.write_datetime(*at, dt.datetime.fromisoformat(cell), forms["day"])
        case "moment":
            moment = dt.datetime.fromisoformat(cell).replace(tzinfo=None)
            sheet.write_datetime(*at, moment, forms["moment"])
        case _:
            sheet.write_string(*at, cell)


def _about(run: ExportRun, rows: int) -> list[tuple[str, str]]:
    return [
        ("Mission", run.mission.code),
        ("Taken by", run.by.name),
        ("Taken at (UTC)", f"{run.started_at:%Y-%m-%d %H:%M}"),
        ("Filter", run.query),
        ("Rows", str(rows)),
        ("Export", str(run.pk)),
    ]


def _fill(book: xlsxwriter.Workbook, asked: Asked, table: IO[bytes], rows: int) -> None:
    """Write the register line by line, and a sheet that says what it is."""
    forms = {
        "head": book.add_format({"bold": True, "bottom": 1}),
        "day": book.add_format({"num_format": "yyyy-mm-dd"}),
        "moment": book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
    }
    sheet = book.add_worksheet("Register")
    sheet.freeze_panes(1, 1)
    lines = csv.reader(codecs.iterdecode(table, "utf-8"))
    for number, heading in enumerate(next(lines)):
        sheet.set_column(number, number, 48 if heading == "Title" else max(14, len(heading) + 2))
        sheet.write_string(0, number, heading, forms["head"])
    for row, line in enumerate(lines, start=1):
        for number, (column, cell) in enumerate(zip(asked.columns, line, strict=True)):
            if cell:
                _written(sheet, (row, number), column.holds, cell, forms)
    sheet.autofilter(0, 0, rows, len(asked.columns) - 1)
    about = book.add_worksheet("About")
    about.set_column(0, 1, 30)
    for row, (word, value) in enumerate(_about(asked.run, rows)):
        about.write_string(row, 0, word, forms["head"])
        about.write_string(row, 1, value)


def _xlsx(asked: Asked, into: Hashed) -> int:
    """Write a workbook; raise ``Malformed`` where the register is too long for one."""
    with (
        tempfile.TemporaryFile() as table,
        tempfile.TemporaryFile() as made,
    ):
        rows = _as_table(asked, table, most=MOST_IN_A_WORKBOOK + 1)
        if rows > MOST_IN_A_WORKBOOK:
            message = _("A workbook holds up to %(most)s rows: take the CSV instead.")
            words = message % {"most": f"{MOST_IN_A_WORKBOOK:,}"}
            raise Malformed(errors=[FieldError("non_field_errors", words)])
        table.seek(0)
        with xlsxwriter.Workbook(made, WORKBOOK) as book:
            _fill(book, asked, table, rows)
        made.seek(0)
        while chunk := made.read(CHUNK):
            into.write(chunk)
    return rows


@dataclass(frozen=True)
class Form:
    """A form in which the register leaves: what it is called, and who writes it."""

    media_type: str
    write: Callable[[Asked, Hashed], int]


FORMS = {
    "csv": Form("text/csv; charset=utf-8", _csv),
    "xlsx": Form("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", _xlsx),
    "json": Form("application/json", _json),
    "geojson": Form("application/geo+json", _geojson),
}


def write(rows: QuerySet[AssistanceRequest], run: ExportRun, params: Any) -> IO[bytes]:
    """Write the register's rows in the run's form, and record rows and SHA-256.

    ``params`` says which columns, in which order. PostgreSQL writes the lines (``COPY``);
    memory stays small whatever their number. The file is returned at its start. A failure
    half-way is recorded as cut.
    """
    rows, order = sorted_by(rows, params)
    asked = Asked(rows, exported(asked_columns(params)), order, run)
    into = Hashed()
    try:
        written = FORMS[run.form].write(asked, into)
    except Exception:
        into.file.close()
        finish_export(run, rows=None, digest="", cut=True)
        raise
    finish_export(run, rows=written, digest=into.digest.hexdigest())
    into.file.seek(0)
    return into.file
