"""Pages of a list by where the last one ended, never by counting from the start.

The cursor names the last line's sort keys; every list is ordered by keys that are never
null and end in the primary key, so that no line is skipped or shown twice.
"""

import base64
import binascii
import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from operator import itemgetter
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext as _

from common.clock import iso
from common.errors import FieldError, Malformed

MOST = 200
USUAL = 50


@dataclass(frozen=True)
class Page:
    """Some lines of a list, and the cursors of the pages around it ('' where there is none)."""

    rows: list[Any]
    next: str
    previous: str


@dataclass(frozen=True)
class ByArms:
    """A list as several questions, each ordered and cut along an index of its own, then united.

    Nothing is in it that no arm holds; ``loaded`` says only how what was found is read, and
    ``read`` reads the rows of these keys, in their order, where that is quicker.
    ``further`` arms cost much to ask: where the others fill a page, they are asked only for what
    comes before its last line, and are to hold only what the others do not.
    """

    arms: list[QuerySet[Any]]
    loaded: QuerySet[Any]
    further: list[QuerySet[Any]] = field(default_factory=list)
    read: Callable[[list[Any]], list[Any]] | None = None

    def loaded_by(self, loaded: QuerySet[Any]) -> "ByArms":
        """Read what is found in another way."""
        return replace(self, loaded=loaded, read=None)

    def filter(self, kept: Q) -> "ByArms":
        """Narrow every arm."""
        return replace(
            self,
            arms=[arm.filter(kept) for arm in self.arms],
            further=[arm.filter(kept) for arm in self.further],
        )


def _write(direction: str, row: Model, keys: list[str]) -> str:
    values = []
    for key in keys:
        value = getattr(row, key)
        values.append(iso(value) if isinstance(value, dt.datetime) else str(value))
    text = json.dumps([direction, *values], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _is_no_key(value: Any) -> bool:
    return value is None or (isinstance(value, dt.datetime) and value.tzinfo is None)


def _field(rows: QuerySet[Any], key: str) -> Any:
    """Return what reads a key's values: the model's column, or what the list computes beside it."""
    computed = rows.query.annotations.get(key)
    return rows.model._meta.get_field(key) if computed is None else computed.output_field


def _read(cursor: str, rows: QuerySet[Any], keys: list[str]) -> tuple[str, list[Any]]:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        direction, *texts = json.loads(base64.urlsafe_b64decode(padded.encode()))
        values = [_field(rows, key).to_python(text) for key, text in zip(keys, texts, strict=True)]
        if direction not in {"next", "previous"} or any(map(_is_no_key, values)):
            raise ValueError
    except (
        ValueError,
        TypeError,
        OverflowError,
        binascii.Error,
        AttributeError,
        ValidationError,
    ) as error:
        raise Malformed(
            errors=[FieldError("cursor", _("This page marker is unreadable: start from the top."))]
        ) from error
    return direction, values


def _beyond(keys: list[tuple[str, bool]], values: list[Any]) -> Q:
    """Keep the rows that come after these keys' values in the order given.

    That none comes before the first key's value is said apart: an index is entered there.
    """
    found, equal = Q(pk__in=[]), Q()
    for (key, descending), value in zip(keys, values, strict=True):
        found |= equal & Q(**{f"{key}__{'lt' if descending else 'gt'}": value})
        equal &= Q(**{key: value})
    first, descending = keys[0]
    return Q(**{f"{first}__{'lte' if descending else 'gte'}": values[0]}) & found


def _found(rows: QuerySet[Any] | ByArms, keys: list[tuple[str, bool]], beyond: Q, most: int) -> Any:
    """Read the first rows in an order, after those already shown."""
    order = [f"-{key}" if descending else key for key, descending in keys]
    if isinstance(rows, QuerySet):
        return list(rows.order_by(*order).filter(beyond)[:most])
    names = [key for key, _descending in keys]
    found = _united(rows.arms, order, names, beyond, most)
    if rows.further:
        if len(found) == most:
            first, descending = keys[0]
            beyond &= Q(**{f"{first}__{'gte' if descending else 'lte'}": found[-1][0]})
        found += _united(rows.further, order, names, beyond, most)
        for place, (_key, descending) in reversed(list(enumerate(keys))):
            found.sort(key=itemgetter(place), reverse=descending)
    ids = [values[-1] for values in found[:most]]
    if rows.read is not None:
        return rows.read(ids) if ids else []
    return list(rows.loaded.filter(pk__in=ids).order_by(*order)[:most])


def _united(
    arms: list[QuerySet[Any]], order: list[str], names: list[str], beyond: Q, most: int
) -> list[Any]:
    """Return the first keys that any arm holds, each arm cut along an index of its own."""
    cut = [arm.order_by(*order).filter(beyond).values_list(*names)[:most] for arm in arms]
    if not cut:
        return []
    return list(cut[0].union(*cut[1:]).order_by(*order)[:most] if len(cut) > 1 else cut[0])


def page_of(
    rows: QuerySet[Any] | ByArms, order: tuple[str, ...], *, cursor: str = "", size: int = USUAL
) -> Page:
    """Return one page of a list in an order such as ``("-created_at", "-id")``.

    Raises ``Malformed`` for a cursor that was not given out by this list.
    """
    size = max(1, min(size, MOST))
    names = [key.lstrip("-") for key in order]
    keys = [(key.lstrip("-"), key.startswith("-")) for key in order]
    direction, values = "next", None
    if cursor:
        direction, values = _read(cursor, rows.loaded if isinstance(rows, ByArms) else rows, names)
    back = direction == "previous"
    if back:
        keys = [(key, not descending) for key, descending in keys]
    found = _found(rows, keys, Q() if values is None else _beyond(keys, values), size + 1)
    more, found = len(found) > size, found[:size]
    if back:
        found.reverse()
    has_next, has_previous = (bool(cursor), more) if back else (more, bool(cursor))
    return Page(
        rows=found,
        next=_write("next", found[-1], names) if has_next and found else "",
        previous=_write("previous", found[0], names) if has_previous and found else "",
    )


def newest_since(arms: list[QuerySet[Any]], most: int) -> dt.datetime | None:
    """Return when the oldest of so many newest rows was made, or None if there are no more.

    Each arm is gone through along its own index until there are enough, whatever it holds.
    """
    order = ("-created_at", "-id")
    cut = [arm.order_by(*order).values_list("created_at", "id")[: most + 1] for arm in arms]
    if not cut:
        return None
    united = cut[0].union(*cut[1:], all=True).order_by(*order) if len(cut) > 1 else cut[0]
    older = list(united[most : most + 1])
    return older[0][0] if older else None


def is_uuid(text: str) -> bool:
    """Whether a text is a UUID."""
    try:
        UUID(text)
    except ValueError:
        return False
    return True
