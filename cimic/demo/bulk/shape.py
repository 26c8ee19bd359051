"""What the services wrote of a told case, read as forms that each copy fills in anew.

A form is a line of ``COPY`` with marks where copies differ: numbers, identifiers, the
reference, days, the place's name and degrees. What is hashed is formed as it is hashed.
"""

import datetime as dt
import io
import json
import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any
from uuid import UUID

from django.db import connection, models

from approvals.models import Answer, Step
from cimic.demo.bulk.patterns import COMMON, LOCAL, PLACE
from common.canonical import canonical
from ledger.models import Chain, Entry, OutboxRow, Payload
from records.models import (
    ComplianceException,
    ConditionCheck,
    DeliveryByOthers,
    FollowUpReminder,
    Instalment,
    Progress,
    RecordCompliance,
    Task,
    Visit,
)
from requests_app.models import (
    AssetLine,
    AssistanceRequest,
    BudgetLine,
    CivilAssistance,
    ExtremeSituation,
    Message,
    QuickImpactProject,
    RecordWords,
    Revision,
    SecurityAssistance,
)

# Every table of a case that copies have rows in, and how one finds its case from a row.
OF_A_CASE: dict[type[models.Model], str] = {
    Chain: "id",
    AssistanceRequest: "id",
    CivilAssistance: "rfa_id",
    SecurityAssistance: "rfa_id",
    QuickImpactProject: "rfa_id",
    ExtremeSituation: "rfa_id",
    AssetLine: "rfa_id",
    BudgetLine: "rfa_id",
    Revision: "rfa_id",
    Message: "rfa_id",
    RecordWords: "rfa_id",
    Step: "rfa_id",
    Answer: "rfa_id",
    Task: "rfa_id",
    Progress: "task__rfa_id",
    Visit: "task__rfa_id",
    Instalment: "task__rfa_id",
    ConditionCheck: "task__rfa_id",
    DeliveryByOthers: "rfa_id",
    FollowUpReminder: "rfa_id",
    RecordCompliance: "rfa_id",
    ComplianceException: "rfa_id",
    Entry: "chain_id",
    Payload: "entry__chain_id",
    OutboxRow: "entry__chain_id",
}
# Keys of a payload that hold the number of a row of the case.
NUMBERED = {
    "step": Step,
    "answer": Answer,
    "supersedes": Answer,
    "approval": Answer,
    "capability": Answer,
    "tasking": Answer,
    "visit": Visit,
}
DAY = re.compile(r"\b20\d\d-[01]\d-[0-3]\d(?!\d)")
MARK = re.compile("⟦(.*?)⟧")
NUMBER = re.compile('"⟦!(.*?)⟧"')
RENAMED = {PLACE: "place", COMMON: "common", LOCAL: "local"}

Values = dict[str, Any]


@dataclass(frozen=True)
class Form:
    """A text with places to fill, for ``%``, and what takes their values from a copy's."""

    text: str
    values: Callable[[Values], tuple[Any, ...]]

    def fill(self, values: Values) -> str:
        return self.text % self.values(values)


def form_of(text: str) -> Form:
    """Read a text with marks as a form."""
    keys = MARK.findall(text)
    text = MARK.sub("%s", text.replace("%", "%%"))
    if not keys:
        return Form(text, lambda _values: ())
    if len(keys) == 1:
        (key,) = keys
        return Form(text, lambda values: (values[key],))
    return Form(text, itemgetter(*keys))


@dataclass(frozen=True)
class EntryForms:
    """One entry of a chain: its payload as it is hashed, itself as it is hashed, its rows."""

    payload: Form
    escaped: Form
    hashed: Form
    entry: Form
    said: Form
    owed: Form


@dataclass
class Shape:
    """A told case as copies of it are made."""

    rfa: AssistanceRequest
    settled: bool
    began: dt.datetime
    days: dict[str, int]
    numbers: dict[type[models.Model], int]
    identifiers: list[str]
    points: list[tuple[str, str]]
    content: list[tuple[str, Form]] = field(default_factory=list)
    rows: dict[str, Form] = field(default_factory=dict)
    entries: list[EntryForms] = field(default_factory=list)


def columns_of(model: type[models.Model]) -> list[str]:
    return [str(one.column) for one in model._meta.concrete_fields]


def _numbered(model: type[models.Model]) -> bool:
    return isinstance(model._meta.pk, models.AutoField)


def has_numbers() -> list[type[models.Model]]:
    """List the tables whose rows are numbered by the database."""
    return [model for model in OF_A_CASE if _numbered(model)]


@dataclass
class _Reader:
    """Reads one case: knows by which mark each of its numbers, names and days goes."""

    rfa: AssistanceRequest
    marks: dict[type[models.Model], dict[str, str]]
    days: dict[str, int] = field(default_factory=dict)

    def _day(self, found: re.Match[str]) -> str:
        day = dt.date.fromisoformat(found[0])
        key = f"d{day.toordinal()}"
        self.days[key] = day.toordinal()
        return f"⟦{key}⟧"

    def text(self, said: str) -> str:
        """Put marks for days, the reference, identifiers and names into a text."""
        reference = self.rfa.reference
        said = said.replace(str(self.rfa.pk), "⟦id⟧").replace(reference, "⟦reference⟧")
        for identifier, key in self.marks[Message].items():
            said = said.replace(identifier, f"⟦{key}⟧")
        for name, key in RENAMED.items():
            said = said.replace(name, f"⟦{key}⟧").replace(name.lower(), f"⟦{key}_small⟧")
        return DAY.sub(self._day, said)

    def json(self, said: str) -> str:
        """Put marks into canonical JSON, for numbers of rows and degrees too."""
        if canonical(json.loads(said)) != said:
            raise ValueError(f"{self.rfa.reference}: a payload is not as it is written.")
        marked = canonical(self._walk(json.loads(said)))
        return self.text(NUMBER.sub(r"⟦\1⟧", marked))

    def _walk(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._walk(one) for one in value]
        if not isinstance(value, dict):
            return value
        return {key: self._said(key, one) for key, one in value.items()}

    def _said(self, key: str, value: Any) -> Any:
        if key in {"latitude", "longitude"} and isinstance(value, float):
            return f"⟦!{key}⟧"
        if key in NUMBERED and isinstance(value, int) and not isinstance(value, bool):
            return f"⟦!{self.marks[NUMBERED[key]][str(value)]}⟧"
        return self._walk(value)

    def cell(self, one: Any, said: str) -> str:
        """Return a column's text, as ``COPY`` wrote it, with its marks."""
        if said == r"\N":
            return said
        to = one.remote_field.model if one.remote_field else one.model
        if (one.primary_key or one.remote_field) and said in self.marks.get(to, {}):
            return f"⟦{self.marks[to][said]}⟧"
        if one.model is AssistanceRequest and one.name in {"latitude", "longitude"}:
            return f"⟦{one.name}⟧"
        if isinstance(one, models.IntegerField | models.ForeignKey | models.FloatField):
            return said
        return self.text(said)

    def words(self, said: str) -> str:
        """Return a vector with its marks: the reference stands in it with each of its endings."""
        parts = self.rfa.reference.lower().split("-")
        for first in range(len(parts)):
            ending = "-".join(parts[first:])
            said = said.replace(f"'{ending}'", f"'⟦ending{first}⟧'", 1)
        return self.text(said)


def _lines(model: type[models.Model], path: str, ids: list[UUID]) -> dict[str, list[list[str]]]:
    """Read a table's rows of these cases as ``COPY`` writes them, by case."""
    rows = model._base_manager.filter(**{f"{path}__in": ids}).order_by("pk")
    names = [one.attname for one in model._meta.concrete_fields]
    found: dict[str, list[list[str]]] = defaultdict(list)
    sql, values = rows.values_list(path, *names).query.sql_with_params()
    with connection.cursor() as cursor:
        wrapped: Any = cursor.cursor
        into = io.StringIO()
        query = wrapped.mogrify(sql, values).decode()
        wrapped.copy_expert(f"COPY ({query}) TO STDOUT", into)
    for line in into.getvalue().splitlines():
        case, *cells = line.split("\t")
        found[case].append(cells)
    return found


def with_more(ids: list[UUID]) -> set[UUID]:
    """Return the told cases that have rows which copies would lack: a referral, a file …"""
    told_apart = {"Notice", "CheckpointLeaf"}
    found: set[UUID] = set()
    for relation in AssistanceRequest._meta.related_objects + Task._meta.related_objects:
        model: Any = relation.related_model
        if model in OF_A_CASE or model.__name__ in told_apart:
            continue
        path = relation.field.name + ("__rfa" if relation.model is Task else "")
        rows = model._base_manager.filter(**{f"{path}__in": ids})
        found |= set(rows.values_list(path, flat=True))
    return found


def _marks(lines: dict[type[models.Model], list[list[str]]]) -> dict[Any, dict[str, str]]:
    marks: dict[Any, dict[str, str]] = {}
    for model, rows in lines.items():
        place = [one.primary_key for one in model._meta.concrete_fields].index(True)
        if _numbered(model) or model is Message:
            marks[model] = {
                row[place]: f"{model.__name__}{number}" for number, row in enumerate(rows)
            }
    return marks


def shape_of(
    rfa: AssistanceRequest,
    lines: dict[type[models.Model], list[list[str]]],
    points: list[tuple[str, str]],
) -> Shape:
    """Read one told case."""
    marks = _marks(lines)
    marks[AssistanceRequest] = marks[Chain] = {str(rfa.pk): "id"}
    reader = _Reader(rfa, marks)
    shape = Shape(
        rfa=rfa,
        settled=_is_settled(rfa),
        began=rfa.created_at.astimezone(dt.UTC),
        days=reader.days,
        numbers={model: len(lines[model]) for model in has_numbers()},
        identifiers=list(marks[Message].values()),
        points=points,
    )
    for model in OF_A_CASE:
        if model in {Entry, Payload, OutboxRow, Chain}:
            continue
        text = "".join(_row(reader, model, cells, shape) for cells in lines[model])
        if text:
            shape.rows[model._meta.db_table] = form_of(text)
    (chain,) = lines[Chain]
    names = columns_of(Chain)
    chain[names.index("head")] = "⟦head⟧"
    marked = [reader.text(cell) for cell in chain]
    shape.rows[Chain._meta.db_table] = form_of("\t".join(marked) + "\n")
    entries = Entry.objects.filter(chain=rfa.pk).select_related("payload").order_by("number")
    shape.entries = [_entry(reader, entry) for entry in entries]
    return shape


def _is_settled(rfa: AssistanceRequest) -> bool:
    """Whether nothing is owed on a case any more, so that it may lie any time back."""
    if rfa.status in {"closed", "withdrawn", "cancelled", "held", "not_held"}:
        return True
    return rfa.status == "not_approved" and DeliveryByOthers.objects.filter(rfa=rfa).exists()


def _row(reader: _Reader, model: type[models.Model], cells: list[str], shape: Shape) -> str:
    fields = model._meta.concrete_fields
    if model is RecordWords:
        marked = [
            reader.words(cell) if one.name == "open" else reader.cell(one, cell)
            for one, cell in zip(fields, cells, strict=True)
        ]
        return "\t".join(marked) + "\n"
    marked = [reader.cell(one, cell) for one, cell in zip(fields, cells, strict=True)]
    if model is Revision:
        named = dict(zip(columns_of(model), range(len(fields)), strict=True))
        number = cells[named["number"]]
        content = Revision.objects.get(rfa=reader.rfa, number=int(number)).content
        said = reader.json(content)
        shape.content.append((f"digest{number}", form_of(said)))
        marked[named["content"]] = said.replace("\\", "\\\\")
        marked[named["digest"]] = f"⟦digest{number}⟧"
    return "\t".join(marked) + "\n"


def _moment(reader: _Reader, moment: dt.datetime) -> str:
    return reader.text(moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"))


def _entry(reader: _Reader, entry: Entry) -> EntryForms:
    said = reader.json(entry.payload.text)
    key = f"⟦{reader.marks[Entry][str(entry.pk)]}⟧"
    happened, recorded = _moment(reader, entry.happened_at), _moment(reader, entry.recorded_at)
    hashed = canonical(
        ["cimic-entry-1", "⟦id⟧", entry.number, entry.act, entry.actor_id, entry.actor_name,
         entry.post_id, entry.post_title, entry.capacity, happened, recorded, entry.told_clock,
         "⟦previous⟧", "⟦payload⟧"]
    )  # fmt: skip
    cells: dict[str, Any] = {
        "id": key, "chain_id": "⟦id⟧", "number": entry.number, "act": entry.act,
        "actor_id": entry.actor_id, "actor_name": entry.actor_name, "post_id": entry.post_id,
        "post_title": entry.post_title, "capacity": entry.capacity, "happened_at": happened,
        "recorded_at": recorded, "told_clock": "t" if entry.told_clock else "f",
        "previous": "⟦previous⟧", "payload_digest": "⟦payload⟧", "hash": "⟦hash⟧",
    }  # fmt: skip
    row = [r"\N" if cells[name] is None else str(cells[name]) for name in columns_of(Entry)]
    owed = [
        {"id": f"⟦{reader.marks[OutboxRow][str(one.pk)]}⟧", "entry_id": key,
         "listener": one.listener, "attempts": 0, "next_try_at": recorded, "done_at": recorded,
         "last_error": "", "request_id": ""}
        for one in entry.outbox.order_by("pk")
    ]  # fmt: skip
    said_row = {"entry_id": key, "salt": "⟦salt⟧", "text": "⟦said⟧", "erasure_id": r"\N"}
    return EntryForms(
        payload=form_of(said),
        escaped=form_of(said.replace("\\", "\\\\")),
        hashed=form_of(hashed),
        entry=form_of("\t".join(row) + "\n"),
        said=form_of("\t".join(said_row[name] for name in columns_of(Payload)) + "\n"),
        owed=form_of(
            "".join(
                "\t".join(str(one[name]) for name in columns_of(OutboxRow)) + "\n" for one in owed
            )
        ),
    )


def read_shapes(
    ids: list[UUID], points: Callable[[AssistanceRequest], list[tuple[str, str]]]
) -> list[Shape]:
    """Read the told cases of these ids, but those that have more than copies would."""
    more = with_more(ids)
    ids = [each for each in ids if each not in more]
    lines = {model: _lines(model, path, ids) for model, path in OF_A_CASE.items()}
    rfas = AssistanceRequest.objects.select_related("mission", "area").in_bulk(ids)
    return [
        shape_of(
            rfas[each],
            {model: found.get(str(each), []) for model, found in lines.items()},
            points(rfas[each]),
        )
        for each in ids
    ]
