"""What the API writes: worked out once for each class of lines, and only filled in after that.

DRF copies a serializer's fields for every call and asks each of them anew, for every line, how
to find and write its value; of a list of fifty that is most of the time. A ``BuiltOnce``
serializer is declared as any other, the document is made from the same fields, and it writes
the same (``tests/test_writing.py``).
"""

import datetime as dt
from collections.abc import Callable
from functools import cache, cached_property
from operator import attrgetter
from typing import Any, TypeVar

from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Model
from django.db.models.manager import BaseManager
from django.utils.timezone import get_current_timezone_name
from rest_framework import serializers
from rest_framework.fields import SkipField

Row = TypeVar("Row")
Line = TypeVar("Line", bound=Model)
Take = Callable[[Any], Any]
Write = Callable[[Any, Any], Any]


class BuiltOnce(serializers.Serializer[Row]):
    """A serializer that writes rows, whose fields are those of its class and never change.

    A field of a type of one's own is kept with its class: it may not look at the context. What
    a serializer is given as its context, its methods and the serializers inside it may.
    """

    def to_representation(self, row: Row) -> dict[str, Any]:
        """Write a row as DRF does."""
        found = {}
        for name, take, write in _fields_of(type(self)):
            try:
                value = take(row)
            except SkipField:
                continue
            found[name] = None if value is None else write(self, value)
        return found

    @cached_property
    def in_utc(self) -> bool:
        """Whether times are told in UTC, as the API tells them; pages tell the mission's."""
        return get_current_timezone_name() == "UTC"

    @cached_property
    def _inside(self) -> dict[type, serializers.BaseSerializer[Any]]:
        return {}

    def inside(self, kind: type[serializers.BaseSerializer[Any]]) -> Any:
        """Return what writes a part of the row, made once and told the same context."""
        if kind not in self._inside:
            self._inside[kind] = kind(context=self.context)
        return self._inside[kind]


class ModelBuiltOnce(BuiltOnce[Line], serializers.ModelSerializer[Line]):
    """The same for the rows of a model."""


@cache
def _fields_of(kind: type[BuiltOnce[Any]]) -> list[tuple[str, Take, Write]]:
    """Return of each field its name, how its value is found in a row, and how it is written."""
    fields = [field for field in kind().fields.values() if not field.write_only]
    return [(str(field.field_name), _take(field), _write(kind, field)) for field in fields]


def _take(field: Any) -> Take:
    if type(field).get_attribute is not serializers.Field.get_attribute:
        return field.get_attribute  # type: ignore[no-any-return]
    if not field.source_attrs:
        return lambda row: row
    take = attrgetter(".".join(field.source_attrs))

    def found(row: Any) -> Any:
        try:
            return take(row)
        except (AttributeError, ObjectDoesNotExist):
            return field.get_attribute(row)  # its default, null or error

    return found


def _write(kind: type[BuiltOnce[Any]], field: Any) -> Write:
    plain = field.to_representation
    if isinstance(field, serializers.SerializerMethodField):
        return getattr(kind, str(field.method_name))  # type: ignore[no-any-return]
    if isinstance(field, serializers.ListSerializer):
        part = type(field.child)
        return lambda writes, rows: [
            writes.inside(part).to_representation(row)
            for row in (rows.all() if isinstance(rows, BaseManager) else rows)
        ]
    if isinstance(field, serializers.BaseSerializer):
        return lambda writes, row: writes.inside(type(field)).to_representation(row)
    if type(field).to_representation is serializers.CharField.to_representation:
        return lambda _writes, value: str(value)
    if type(field) is serializers.DateTimeField and vars(field).keys().isdisjoint(
        {"format", "timezone"}
    ):
        return lambda writes, moment: (
            moment.isoformat()[:-6] + "Z"
            if moment.tzinfo is dt.UTC and writes.in_utc
            else plain(moment)
        )
    return lambda _writes, value: plain(value)
