"""Whether one row, as it is at hand, meets a condition: asked of its columns, without a query."""

from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db.models import (
    BaseConstraint,
    CheckConstraint,
    Expression,
    F,
    Model,
    Q,
    UniqueConstraint,
)

COMPARED = {
    "exact": lambda mine, said: mine == said,
    "in": lambda mine, said: mine in said,
    "lt": lambda mine, said: mine < said,
    "lte": lambda mine, said: mine <= said,
    "gt": lambda mine, said: mine > said,
    "gte": lambda mine, said: mine >= said,
}


class LooksElsewhere(Exception):
    """The condition asks more than a row's own columns: the database has to be asked."""


def _column(row: Model, name: str) -> Any:
    if name == "pk":
        return row.pk
    try:
        field = row._meta.get_field(name)
    except FieldDoesNotExist:
        raise LooksElsewhere from None
    if not field.concrete or field.many_to_many:
        raise LooksElsewhere
    return getattr(row, field.attname)


def _is_plain(said: Any) -> bool:
    return isinstance(said, str | int | None) or (
        isinstance(said, list | set | frozenset | tuple) and all(map(_is_plain, said))
    )


def _compared(row: Model, name: str, said: Any) -> bool:
    name, _, lookup = name.partition("__")
    if not _is_plain(said):
        raise LooksElsewhere
    if lookup == "in" and not said:
        return False
    mine = _column(row, name)
    if lookup == "isnull":
        return (mine is None) is said
    if said is None and not lookup:
        return mine is None
    compare = COMPARED.get(lookup or "exact")
    if compare is None:
        raise LooksElsewhere
    return mine is not None and bool(compare(mine, said))


def meets(row: Model, condition: Q) -> bool:
    """Whether a row meets a condition, as ``filter`` would find.

    Raises ``LooksElsewhere`` where that hangs on more than the row's own columns, or on what
    is not the case: NULL makes that another question in SQL.
    """
    if condition.negated or condition.connector not in {Q.AND, Q.OR}:
        raise LooksElsewhere
    settles = condition.connector == Q.OR
    elsewhere = False
    for child in condition.children:
        try:
            found = meets(row, child) if isinstance(child, Q) else _compared(row, *child)
        except LooksElsewhere:
            elsewhere = True
            continue
        if found is settles:
            return settles
    if elsewhere:
        raise LooksElsewhere
    return not settles or not condition.children


def keeps_its_checks(row: Model) -> bool:
    """Whether a row is seen by its own columns to keep every constraint of its table.

    False also where that cannot be seen: ``validate_constraints`` then asks the database, and
    has the words.
    """
    try:
        return all(_keeps(row, one) for one in row._meta.constraints)
    except (LooksElsewhere, TypeError):
        return False


def _keeps(row: Model, constraint: BaseConstraint) -> bool:
    if isinstance(constraint, UniqueConstraint):  # one that its key makes unique already
        return row._meta.pk is not None and row._meta.pk.name in constraint.fields
    if not (isinstance(constraint, CheckConstraint) and isinstance(constraint.condition, Q)):
        raise LooksElsewhere
    return _holds(row, constraint.condition) is not False


def _holds(row: Model, condition: Q) -> bool | None:
    """Whether a condition holds of a row, as SQL says it: None is unknown."""
    told = [
        _holds(row, one) if isinstance(one, Q) else _told(row, *one) for one in condition.children
    ]
    settles = condition.connector == Q.OR
    found: bool | None = not settles
    if settles in told:
        found = settles
    elif None in told:
        found = None
    return found if found is None or not condition.negated else not found


def _told(row: Model, name: str, said: Any) -> bool | None:
    name, _, lookup = name.partition("__")
    mine = _column(row, name)
    if lookup == "isnull":
        return (mine is None) is said
    compare = COMPARED.get(lookup or "exact")
    said = _column(row, said.name) if isinstance(said, F) else said  # type: ignore[attr-defined]
    if compare is None or isinstance(said, Expression):
        raise LooksElsewhere
    return None if mine is None or said is None else bool(compare(mine, said))
