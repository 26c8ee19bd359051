"""Bringing a spreadsheet in: uploaded, matched, previewed, then all of it or nothing."""

import datetime as dt
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from common.clock import now
from common.errors import FieldError, Forbidden, Incomplete, Malformed, NotNow
from ledger.services import append, open_chain
from missions.models import Mission, User
from requests_app import policy
from requests_app.files import check_clean
from requests_app.importing.answers import KINDS, ORDERS, Reader
from requests_app.importing.cells import Table
from requests_app.importing.matching import (
    COLUMNS,
    guessed,
    known_headings,
    plain,
    remember,
)
from requests_app.importing.reading import read_table
from requests_app.importing.rows import Problem, Row, RowReader
from requests_app.models import ImportedRow, ImportRun
from requests_app.services import keep_history, start_draft

KEPT = dt.timedelta(days=7)
MOST_TOLD = 500


@dataclass
class Preview:
    """What would come in: the table, how its columns were matched, each row, every problem."""

    run: ImportRun
    table: Table
    matching: dict[str, str]
    rows: list[Row]
    problems: list[Problem]

    @property
    def new(self) -> list[Row]:
        return [row for row in self.rows if row.new]

    @property
    def drafts(self) -> int:
        return sum(not row.historical for row in self.new)

    @property
    def history(self) -> int:
        return sum(row.historical for row in self.new)

    @property
    def there(self) -> list[Row]:
        """The rows that add nothing: in the register already, or a second time in the file."""
        return [row for row in self.rows if not row.new]

    @property
    def asks_day_order(self) -> bool:
        return any(problem.ambiguous for problem in self.problems)

    @property
    def ready(self) -> bool:
        return not self.problems and bool(self.new)


def folder() -> Path:
    """Return where uploaded spreadsheets lie until they are done."""
    found = Path(settings.MEDIA_ROOT) / "imports"
    found.mkdir(mode=0o700, parents=True, exist_ok=True)
    return found


def _file_of(run: ImportRun) -> Path:
    return folder() / str(run.pk)


def upload(*, actor: User, name: str, content: bytes) -> ImportRun:
    """Keep a spreadsheet to be matched and looked over; nothing comes in yet.

    Raises ``Forbidden`` for who may not bring lists in, ``Malformed`` for what cannot be read.
    """
    policy.may_import(actor).enforce()
    standing = policy.imports_as(actor)
    if standing is None:
        raise Forbidden(_("The Chief UN-CIMIC keeps the register and brings old lists in."))
    name = PurePath(name.replace("\\", "/")).name.replace("\0", "")[-160:] or "file"
    mission = standing.post.mission
    table = _table(name, content)
    check_clean(content)
    run = ImportRun.objects.create(
        mission=mission,
        by=actor,
        name=name,
        digest=hashlib.sha256(content).hexdigest(),
        size=len(content),
        uploaded_at=now(),
        sheet=table.sheet,
        matching=guessed(mission, table.headings),
    )
    with open(os.open(_file_of(run), os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
        file.write(content)
    return run


def _table(name: str, content: bytes, sheet: str = "") -> Table:
    return read_table(
        name,
        content,
        known=set(known_headings()),
        normal=plain,
        sheet="" if sheet == "CSV" else sheet,
    )


def content_of_file(run: ImportRun) -> bytes:
    """Return the uploaded bytes; raise ``NotNow`` once they are removed."""
    try:
        return _file_of(run).read_bytes()
    except FileNotFoundError as error:
        raise NotNow(_("The file is not kept any more: upload it again.")) from error


def place_of(address: str) -> tuple[int, int, str]:
    """Return where a cell stands in reading order: D4 before C10."""
    letters = address.rstrip("0123456789")
    return int(address[len(letters) :] or 0), len(letters), letters


def preview(run: ImportRun) -> Preview:
    """Read the file as it is matched now, and find everything that is wrong, by cell."""
    table = _table(run.name, content_of_file(run), run.sheet)
    matching = {
        heading: run.matching.get(heading, "") for heading in dict.fromkeys(table.headings.values())
    }
    reader = Reader(day_order=run.day_order, epoch_1904=table.epoch_1904)
    rows = RowReader(run.mission, table, matching, run.kind, reader).rows()
    problems = [Problem(at, message) for at, message in table.problems]
    problems += [problem for row in rows for problem in row.problems]
    problems.sort(key=lambda problem: place_of(problem.at))
    return Preview(run, table, matching, rows, problems)


def match(
    *,
    run: ImportRun,
    actor: User,
    matching: dict[str, str],
    sheet: str = "",
    kind: str = "",
    day_order: str = "",
) -> ImportRun:
    """Say which column answers which question; remembered for the mission.

    Raises ``Malformed`` for what is no question, or one that two columns answer.
    """
    policy.may_import(actor, run.mission).enforce()
    errors = []
    taken: dict[str, str] = {}
    for heading, name in {**run.matching, **matching}.items():
        if name and name not in COLUMNS:
            errors.append(
                FieldError(heading, _("There is no question “%(name)s”.") % {"name": name})
            )
        if name and name in taken:
            message = _("“%(one)s” and “%(other)s” cannot both answer “%(label)s”: leave one out.")
            told = {"one": taken[name], "other": heading, "label": COLUMNS[name].label}
            errors.append(FieldError(heading, message % told))
        taken.setdefault(name, heading)
    if kind and kind not in KINDS:
        errors.append(
            FieldError("kind", _("Choose one of: %(words)s.") % {"words": ", ".join(KINDS)})
        )
    if day_order and day_order not in ORDERS:
        errors.append(
            FieldError("day_order", _("Choose one of: %(words)s.") % {"words": "dmy, mdy"})
        )
    if errors:
        raise Malformed(errors=errors)
    with transaction.atomic():
        run = ImportRun.objects.select_for_update(of=("self",)).get(pk=run.pk)
        if run.done_at is not None:
            raise NotNow(_("This file was brought in already."))
        if sheet and sheet != run.sheet:
            table = _table(run.name, content_of_file(run), sheet)
            run.sheet, run.matching = table.sheet, guessed(run.mission, table.headings)
        else:
            run.matching = {**run.matching, **matching}
            remember(run.mission, matching)
        run.kind, run.day_order = kind, day_order
        run.save(update_fields=["sheet", "matching", "kind", "day_order"])
    return run


def refusal_of(found: Preview) -> Incomplete:
    """Return the refusal that names everything wrong with a file, by its cells."""
    told = found.problems[:MOST_TOLD]
    message = ngettext(
        "%(count)s problem: nothing came in.",
        "%(count)s problems: nothing came in.",
        len(found.problems),
    )
    return Incomplete(
        message % {"count": len(found.problems)},
        errors=[FieldError(problem.at, problem.message) for problem in told],
    )


def _asked_at(mission: Mission, day: dt.date) -> dt.datetime:
    noon = dt.datetime.combine(day, dt.time(12), ZoneInfo(mission.time_zone))
    return noon.astimezone(dt.UTC)


def _turn(row: Row) -> tuple[bool, int, int]:
    """Let this year's numbers be taken last: who else asks meanwhile waits for them."""
    return not row.historical, row.asked_on.year if row.asked_on else 0, row.number


def _bring_row(run: ImportRun, actor: User, row: Row) -> None:
    source = {"file": run.name, "sha256": run.digest, "sheet": run.sheet, "row": row.number}
    payload: dict[str, Any] = {"source": source, "claims": row.claims, "import": str(run.pk)}
    if row.historical and row.asked_on is not None:
        rfa = keep_history(
            actor=actor,
            kind=row.kind,
            values=row.values,
            asked_at=_asked_at(run.mission, row.asked_on),
            payload=payload,
        )
    else:
        rfa = start_draft(actor=actor, kind=row.kind, values=row.values)
        append(
            chain_id=rfa.pk,
            act="request.imported",
            actor=actor,
            standing=policy.asking_as(actor),
            payload={"historical": False, **payload},
        )
    ImportedRow.objects.create(
        rfa=rfa,
        run=run,
        mission=run.mission,
        number=row.number,
        digest=row.digest,
        claims=row.claims,
    )


@transaction.atomic
def bring_in(*, run: ImportRun, actor: User) -> Preview:
    """Bring every new row in, in one transaction, or nothing at all.

    The mission's imports queue here, so that the same rows are never brought in twice. Raises
    ``Incomplete`` with everything that is wrong, ``NotNow`` where it is done already,
    ``Forbidden`` for who may not.
    """
    policy.may_import(actor, run.mission).enforce()
    Mission.objects.select_for_update(no_key=True).get(pk=run.mission_id)
    run = ImportRun.objects.select_for_update(of=("self",)).select_related("mission").get(pk=run.pk)
    if run.done_at is not None:
        raise NotNow(_("This file was brought in already."))
    found = preview(run)
    if found.problems:
        raise refusal_of(found)
    for row in sorted(found.new, key=_turn):
        _bring_row(run, actor, row)
    run.done_at, run.added, run.there = now(), len(found.new), len(found.there)
    run.save(update_fields=["done_at", "added", "there"])
    open_chain(
        subject_id=run.pk, mission=run.mission, subject="import", reference=f"import {run.pk}"
    )
    append(
        chain_id=run.pk,
        act="import.done",
        actor=actor,
        standing=policy.imports_as(actor),
        payload={
            "file": run.name,
            "sha256": run.digest,
            "sheet": run.sheet,
            "matching": run.matching,
            "added": run.added,
            "there": run.there,
        },
    )
    transaction.on_commit(lambda: _forget_file(run.pk), robust=True)
    return found


def _forget_file(run_id: UUID) -> None:
    (folder() / str(run_id)).unlink(missing_ok=True)


def forget_old_files() -> int:
    """Remove the uploads that nobody brought in within a week; what they were stays."""
    removed = 0
    for path in folder().iterdir():
        run = ImportRun.objects.filter(pk=path.name).first() if _is_ours(path) else None
        if run is None or run.done_at is not None or run.uploaded_at < now() - KEPT:
            path.unlink(missing_ok=True)
            removed += 1
            if run is not None:
                ImportRun.objects.filter(pk=run.pk).update(file_removed_at=now())
    return removed


def _is_ours(path: Path) -> bool:
    try:
        UUID(path.name)
    except ValueError:
        return False
    return True
