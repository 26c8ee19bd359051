"""A period as one ZIP file: the report as PDF, the records behind each figure, a manifest.

Counted for one reader, by the very queries of ``/evaluation/`` and ``/compliance/``; its
making is an export, recorded with its SHA-256.
"""

import csv
import hashlib
import io
import json
import tempfile
import zipfile
from dataclasses import dataclass
from typing import IO, Any

from django.conf import settings
from django.http import QueryDict
from django.utils import translation
from django.utils.translation import gettext as _

from common.canonical import canonical
from common.errors import FieldError, Incomplete, Malformed
from missions.models import User
from records.compliance.access import may_read_compliance, reads_as
from records.compliance.reading import Report, compliance_of, extreme_by_unit
from records.evaluation.figures import Figure, figures_of
from records.evaluation.paper import report_as_pdf
from records.evaluation.traces import PREFIX, queries, traces
from records.exports import finish_export, start_export
from records.models import ExportRun
from records.statistics.question import Asked, read_asked
from records.statistics.reading import Statistics, statistics_of
from records.statistics.scope import scope_of

# A pack is made while its reader waits: a year of the busiest mission, and no more.
MOST_RECORDS = 10_000
FORMULA = ("=", "+", "-", "@", "\t", "\r")
REPORT = "report.pdf"


@dataclass(frozen=True)
class Pack:
    """A pack that was made: its file at the start, its name, its digest, its export."""

    file: IO[bytes]
    name: str
    digest: str
    run: ExportRun


def read_language(params: QueryDict) -> str:
    """Return the language asked for, or the reader's own; raise ``Malformed`` for another."""
    asked = params.get("language", "")
    if asked and asked not in dict(settings.LANGUAGES):
        raise Malformed(
            errors=[
                FieldError(
                    "language",
                    _("Ask for one of: %(words)s.")
                    % {"words": ", ".join(dict(settings.LANGUAGES))},
                )
            ]
        )
    return asked or translation.get_language() or settings.LANGUAGE_CODE


def _asked(person: User, params: QueryDict) -> Asked:
    rest = params.copy()
    rest.pop("language", None)
    return read_asked(rest, scope_of(person).mission)


def _cell(value: Any) -> str:
    """Write a cell so that no spreadsheet reads it as a formula; numbers as they are."""
    if value is None:
        return ""
    text = str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(FORMULA) else text


def _table(columns: tuple[str, ...], lines: list[dict[str, Any]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([_cell(line.get(name)) for name in columns] for line in lines)
    return out.getvalue().encode("utf-8")


OUTCOMES = ("complied", "exceptions", "pending")
AS_OUTCOME = {"complied": "complied", "exceptions": "exception", "pending": "pending"}


def _of_the_mission(report: Report) -> list[dict[str, Any]]:
    """Return what the rows about the mission itself count, each by its name.

    What such a row counts without naming it stands in one line without a name.
    """
    found: list[dict[str, Any]] = []
    for line in report.lines:
        if line.row.count is None:
            continue
        lines: list[dict[str, Any]] = [
            {
                "key": line.row.code,
                "reference": each.name,
                **{name: int(each.outcome == AS_OUTCOME[name]) for name in OUTCOMES},
            }
            for each in line.named
        ]
        rest = {name: getattr(line, name) - sum(each[name] for each in lines) for name in OUTCOMES}
        if any(rest.values()):
            lines.append({"key": line.row.code, "reference": "", **rest})
        found += lines
    return found


def _counts(found: Statistics, report: Report) -> bytes:
    """Return every number of the report for another program."""
    names = [name for name in found.figures if not name.startswith(PREFIX)]
    counted = {name: found.of(name) for name in names}
    counted["compliance"] = [
        {
            "key": line.row.code,
            "paragraph": line.row.paragraph,
            "applied": line.applied,
            "complied": line.complied,
            "exceptions": line.exceptions,
            "pending": line.pending,
        }
        for line in report.lines
    ]
    return (json.dumps(json.loads(canonical(counted)), indent=1) + "\n").encode()


def _read_me(figures: list[Figure]) -> str:
    lines = [
        _("This pack shows a mission's work over a period, for its evaluation."),
        "",
        _("%(file)s: the report. Each figure names its number and its file.") % {"file": REPORT},
        _(
            "figures/: for each figure the records it counts, one a line. Adding up a column over"
            " the lines of one key gives the number in the report."
        ),
        _("counts.json: every number of the report."),
        _("manifest.json: the SHA-256 of every other file."),
        "",
        *(f"{figure.code}  {figure.file}  {figure.chart.title}" for figure in figures),
        "",
    ]
    return "\n".join(lines)


def _files(person: User, asked: Asked) -> tuple[dict[str, bytes], int]:
    """Return every file of the pack by its name, and how many records it counts."""
    report = compliance_of(person, asked.question)  # takes in what is owed, and so comes first
    found = statistics_of(person, asked, queries(asked.by))
    records = found.totals["records"]
    figures = figures_of(found, report)
    standing = reads_as(person)
    files = {
        REPORT: report_as_pdf(
            found,
            report,
            extreme_by_unit(person, asked.question),
            figures,
            person,
            standing.post.title if standing else "",
        )
    }
    known = traces(asked.by)
    for figure in figures:
        lines = found.of(f"{PREFIX}{figure.name}")
        if figure.name == "compliance":
            lines = [*lines, *_of_the_mission(report)]
        files[figure.file] = _table(known[figure.name].columns, lines)
    files["counts.json"] = _counts(found, report)
    files["README.txt"] = _read_me(figures).encode("utf-8")
    return files, records


def _manifest(files: dict[str, bytes], asked: Asked, mission: str, language: str) -> bytes:
    question = asked.question
    said = {
        "form": "urn:cimic:evaluation-pack:1",
        "mission": mission,
        "from": question.since.isoformat(),
        "to": question.until.isoformat(),
        "sector": question.sector.code if question.sector else "",
        "kind": question.kind,
        "language": language,
        "files": [
            {"name": name, "size": len(body), "sha256": hashlib.sha256(body).hexdigest()}
            for name, body in sorted(files.items())
        ],
    }
    return (json.dumps(said, indent=1, ensure_ascii=False) + "\n").encode("utf-8")


def _zipped(files: dict[str, bytes]) -> tuple[IO[bytes], str]:
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the answer closes it
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, body in files.items():
            packed.writestr(name, body)
    file.seek(0)
    digest = hashlib.file_digest(file, "sha256").hexdigest()
    file.seek(0)
    return file, digest


def _few_enough(person: User, asked: Asked) -> None:
    """Refuse a period with more records than a reader can wait for."""
    records = statistics_of(person, asked).totals["records"]
    if records > MOST_RECORDS:
        message = _("This period holds %(count)s records; a pack holds %(most)s: ask for less.")
        raise Incomplete(
            errors=[FieldError("from", message % {"count": records, "most": MOST_RECORDS})]
        )


def make_pack(person: User, params: QueryDict) -> Pack:
    """Make the pack of a period for one reader, in the language asked for.

    Raises ``Forbidden`` for who does not read compliance, ``Malformed`` for what cannot be
    read of the query and ``Incomplete`` for a period of more than ``MOST_RECORDS`` records. A
    failure half-way is recorded as cut.
    """
    may_read_compliance(person).enforce()
    language, asked = read_language(params), _asked(person, params)
    _few_enough(person, asked)
    mission = scope_of(person).mission.code
    run = start_export(actor=person, form="pack", params=params)
    try:
        with translation.override(language):
            files, records = _files(person, asked)
        files["manifest.json"] = _manifest(files, asked, mission, language)
        file, digest = _zipped(files)
    except Exception:
        finish_export(run, rows=None, digest="", cut=True)
        raise
    finish_export(run, rows=records, digest=digest)
    question = asked.question
    name = f"evaluation-{mission}-{question.since}-{question.until}.zip"
    return Pack(file=file, name=name, digest=digest, run=run)
