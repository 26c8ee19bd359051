"""What leaves: the register's own query as CSV, written by PostgreSQL, recorded and hashed."""

import hashlib
import tempfile
from typing import IO, Any
from urllib.parse import urlencode

from django.db import connection, models, transaction
from django.db.models import Case, F, QuerySet, TextField, Value, When
from django.db.models.functions import Cast, Coalesce, Concat

from common.clock import now
from common.errors import Forbidden
from ledger.services import append, open_chain
from missions.models import User
from missions.queries import first_standing
from missions.vocabulary import Classification
from records.models import ExportRun
from requests_app.models import AssistanceRequest

IN_MEMORY = 2 * 1024 * 1024
MOMENT = 'YYYY-MM-DD"T"HH24:MI:SS"Z"'


class AsMoment(models.Func):
    """Write a moment as ISO 8601 in UTC."""

    function = "to_char"
    template = f"%(function)s(%(expressions)s AT TIME ZONE 'UTC', '{MOMENT}')"
    output_field = TextField()


def inert(expression: Any) -> Case:
    """Return a text so that no spreadsheet reads it as a formula, decided in SQL."""
    text = Coalesce(Cast(expression, TextField()), Value("", TextField()))
    return Case(
        When(
            condition=models.Q(models.lookups.Regex(text, Value(r"^[=+\-@\t\r]"))),
            then=Concat(Value("'", TextField()), text),
        ),
        default=text,
        output_field=TextField(),
    )


def _classification() -> Case:
    return Case(
        *[When(classification=level, then=Value(level.name.lower())) for level in Classification],
        output_field=TextField(),
    )


def _unless_low_profile(expression: Any) -> Case:
    """Leave a low-profile requester out of what leaves, whoever takes it (R22)."""
    return Case(
        When(low_profile=True, then=Value("", TextField())),
        default=Cast(expression, TextField()),
        output_field=TextField(),
    )


COLUMNS: tuple[tuple[str, Any], ...] = (
    ("Reference", F("reference")),
    ("Kind", F("kind")),
    ("Status", F("status")),
    ("Title", inert("title")),
    ("Category", F("category")),
    ("UN-CIMIC function", F("cimic_function")),
    ("Sector", F("sector__name")),
    ("Area p-code", F("area__pcode")),
    ("Area", inert("area__name")),
    ("Place", inert("place")),
    ("Latitude", F("latitude")),
    ("Longitude", F("longitude")),
    ("Organisation", _unless_low_profile(inert("organisation__name"))),
    ("Organisation type", _unless_low_profile(F("organisation__type"))),
    ("Asked by", _unless_low_profile(inert("on_behalf_of"))),
    ("Needed by", F("needed_by")),
    ("Urgency", F("urgency")),
    ("Women", F("women")),
    ("Men", F("men")),
    ("Girls", F("girls")),
    ("Boys", F("boys")),
    ("Estimated cost", F("estimated_cost")),
    ("Currency", F("currency")),
    ("Classification", _classification()),
    ("Submitted at", AsMoment("submitted_at")),
    ("Decided at", AsMoment("decided_at")),
    ("Started on", F("task__started_on")),
    ("Completed on", F("task__completed_on")),
    ("Closed at", AsMoment("closed_at")),
)


def _sql(rows: QuerySet[AssistanceRequest]) -> tuple[str, tuple[Any, ...]]:
    """Return the register's own query, with the export's columns in place of its own."""
    named = {f"column_{number}": column for number, (_, column) in enumerate(COLUMNS)}
    plain = rows.select_related(None).prefetch_related(None)
    query = plain.annotate(**named).values_list(*named).order_by("-created_at", "-id").query
    sql, params = query.sql_with_params()
    headings = ", ".join(f'"{heading}"' for heading, _ in COLUMNS)
    return f"SELECT * FROM ({sql}) AS register ({headings})", params  # noqa: S608 - values bound


class _Counting:
    """Count lines and digest bytes on their way to the file."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file, self.digest = file, hashlib.sha256()

    def write(self, chunk: bytes) -> int:
        self.digest.update(chunk)
        return self.file.write(chunk)


def start_export(*, actor: User, form: str, params: Any) -> ExportRun:
    """Record that somebody takes the register out: who, when, by which filter.

    Raises ``Forbidden`` for who holds no post.
    """
    standing = first_standing(actor)
    if standing is None:
        raise Forbidden("Only who holds a post in the mission takes its register out.")
    with transaction.atomic():
        run = ExportRun.objects.create(
            mission=standing.post.mission,
            by=actor,
            form=form,
            query=urlencode(sorted(params.lists()), doseq=True) if params else "",
            started_at=now(),
        )
        open_chain(
            subject_id=run.pk, mission=run.mission, subject="export", reference=f"export {run.pk}"
        )
        append(
            chain_id=run.pk,
            act="export.started",
            actor=actor,
            standing=standing,
            payload={"form": form, "query": run.query},
        )
    return run


def finish_export(run: ExportRun, *, rows: int | None, digest: str, cut: bool = False) -> None:
    """Record how it ended: rows and SHA-256, or that it was cut."""
    with transaction.atomic():
        run.finished_at, run.rows, run.digest, run.cut = now(), rows, digest, cut
        run.save(update_fields=["finished_at", "rows", "digest", "cut"])
        append(
            chain_id=run.pk,
            act="export.cut" if cut else "export.finished",
            actor=run.by,
            standing=first_standing(run.by),
            payload={"rows": rows, "sha256": digest},
        )


def write_csv(rows: QuerySet[AssistanceRequest], run: ExportRun) -> IO[bytes]:
    """Write the register's rows as CSV, headings first, and record rows and SHA-256.

    PostgreSQL writes the lines (``COPY``); memory stays small whatever their number. The
    file is returned at its start. A failure half-way is recorded as cut.
    """
    file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - the answer closes it
    counting = _Counting(file)  # type: ignore[arg-type]
    sql, params = _sql(rows)
    try:
        with connection.cursor() as cursor:
            wrapped: Any = cursor.cursor
            query = wrapped.mogrify(sql, params).decode()
            wrapped.copy_expert(f"COPY ({query}) TO STDOUT WITH (FORMAT csv, HEADER)", counting)
            written = wrapped.rowcount
    except Exception:
        finish_export(run, rows=None, digest="", cut=True)
        raise
    finish_export(run, rows=written, digest=counting.digest.hexdigest())
    file.seek(0)
    return file  # type: ignore[return-value]
