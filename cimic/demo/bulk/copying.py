"""Writing copies: each row of a case anew, its chain hashed anew, a table at a time by COPY."""

import datetime as dt
import hashlib
import io
from collections import defaultdict
from collections.abc import Iterable
from random import Random
from typing import Any
from uuid import UUID

from django.db import models

from cimic.demo.bulk.plan import Copy, Names
from cimic.demo.bulk.shape import OF_A_CASE, Shape, Values, columns_of, has_numbers
from ledger.models import GENESIS, Entry, OutboxRow, Payload
from requests_app.vocabulary import KIND_CODES, Kind

A_BATCH = 400


def _day(ordinal: int) -> str:
    return dt.date.fromordinal(ordinal).isoformat()


class Copier:
    """Makes copies as lines of ``COPY``, by table; the same copy for the same seed and place.

    Each record has room for as many numbers of a table as the largest case needs, so that any
    of several workers knows its numbers: there are gaps, as after refused deeds.
    """

    def __init__(
        self, shapes: list[Shape], first: dict[type[models.Model], int], names: Names
    ) -> None:
        self.shapes, self.first, self.names = shapes, first, names
        self.room = {
            model: max((shape.numbers[model] for shape in shapes), default=0)
            for model in has_numbers()
        }
        self.lines: dict[str, list[str]] = defaultdict(list)
        self.mission = shapes[0].rfa.mission.code
        self.codes = [KIND_CODES[Kind(shape.rfa.kind)] for shape in shapes]
        self.days: dict[int, str] = {}

    def last_number(self, model: type[models.Model], copies: int) -> int:
        return self.first[model] + copies * self.room[model]

    def _values(self, copy: Copy) -> Values:
        shape = self.shapes[copy.shape]
        chance = Random(f"{self.names.seed}:{copy.place}")  # noqa: S311 - no secret
        days = self.days
        values: Values = self.names.of(chance, copy.place)
        for key, ordinal in shape.days.items():
            earlier = ordinal - copy.days
            said = days.get(earlier)
            if said is None:
                said = days[earlier] = _day(earlier)
            values[key] = said
        for model, count in shape.numbers.items():
            name, at = model.__name__, self.first[model] + copy.place * self.room[model]
            for number in range(count):
                values[f"{name}{number}"] = at + number
        for key in ("id", *shape.identifiers):
            values[key] = str(UUID(int=chance.getrandbits(128), version=4))
        values["latitude"], values["longitude"] = chance.choice(shape.points)
        year = (shape.began - dt.timedelta(days=copy.days)).year
        reference = f"{self.mission}-{self.codes[copy.shape]}-{year}-{copy.number:04}"
        values["reference"] = reference
        parts = reference.lower().split("-")
        for first in range(len(parts)):
            values[f"ending{first}"] = "-".join(parts[first:])
        for key, form in shape.content:
            values[key] = hashlib.sha256(form.fill(values).encode()).hexdigest()
        values["salts"] = chance
        return values

    def add(self, copy: Copy) -> None:
        """Make one copy's lines."""
        shape, values, lines = self.shapes[copy.shape], self._values(copy), self.lines
        entries, said, owed = lines[ENTRY], lines[PAYLOAD], lines[OWED]
        bits = values["salts"].getrandbits
        sha256 = hashlib.sha256
        values["hash"] = GENESIS
        for one in shape.entries:
            salt = values["salt"] = f"{bits(128):032x}"
            text = one.payload.text % one.payload.values(values)
            values["previous"] = values["hash"]
            values["payload"] = sha256((salt + text).encode()).hexdigest()
            hashed = one.hashed.text % one.hashed.values(values)
            values["hash"] = sha256(hashed.encode()).hexdigest()
            values["said"] = text if "\\" not in text else text.replace("\\", "\\\\")
            entries.append(one.entry.text % one.entry.values(values))
            said.append(one.said.text % one.said.values(values))
            owed.append(one.owed.text % one.owed.values(values))
        values["head"] = values["hash"]
        for table, form in shape.rows.items():
            lines[table].append(form.text % form.values(values))

    def write(self, cursor: Any, tables: Iterable[type[models.Model]] = tuple(OF_A_CASE)) -> None:
        """Write the lines made so far, a table after the tables it points to, and forget them."""
        for model in tables:
            lines = self.lines[model._meta.db_table]
            if lines:
                columns = ", ".join(f'"{name}"' for name in columns_of(model))
                data = io.BytesIO("".join(lines).encode())
                wrapped = getattr(cursor, "cursor", cursor)
                into = f'COPY "{model._meta.db_table}" ({columns}) FROM STDIN'
                wrapped.copy_expert(into, data, 1 << 18)
                lines.clear()


ENTRY, PAYLOAD, OWED = (model._meta.db_table for model in (Entry, Payload, OutboxRow))


def write_copies(cursor: Any, copier: Copier, copies: Iterable[Copy]) -> int:
    """Write these copies in batches; return how many."""
    done = 0
    for done, copy in enumerate(copies, start=1):  # noqa: B007 - the count is what is told
        copier.add(copy)
        if done % A_BATCH == 0:
            copier.write(cursor)
    copier.write(cursor)
    return done
