"""Questions that every deed asks: put together once in a process, and only filled in after that.

Django builds the SQL of a queryset anew each time, which for a row of fifty columns and its
relations takes longer than PostgreSQL does to answer. A ``Question`` keeps what was built: the
statement is the queryset's own, and so are the rows. Nothing is prepared in the database, so
that a pool of connections may stand between (PgBouncer, by transaction).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Expression, Field, ForeignObject, Lookup, Model, QuerySet
from django.db.models.base import ModelState
from django.db.models.query import RelatedPopulator, get_related_populators

Row = TypeVar("Row", bound=Model)


class Told(Expression):
    """A value of a question that is told when it is asked; never None, which SQL asks otherwise."""

    def __init__(self, name: str, output_field: Any = None) -> None:
        super().__init__(output_field=output_field)
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        """Stand as one parameter, to be replaced by what is told."""
        return "%s", [self]


@Field.register_lookup
@ForeignObject.register_lookup
class Among(Lookup):  # type: ignore[type-arg]
    """One of the values of a list that is told: however many, it is one parameter."""

    lookup_name = "among"

    def get_prep_lookup(self) -> Any:
        """Take what is told as it is."""
        return self.rhs

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        """Ask as PostgreSQL does of an array."""
        column, params = self.process_lhs(compiler, connection)
        return f"{column} = ANY(%s)", [*params, self.rhs]


def _made(model: type[Row], names: list[str], values: Any) -> Row:
    """Make a row as ``from_db`` does, without setting each attribute by way of its descriptor."""
    row = model.__new__(model)
    row.__dict__.update(zip(names, values, strict=True))
    row._state = ModelState()
    row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS
    return row


@dataclass(frozen=True)
class _Built:
    """A statement as Django builds it, and how its rows become what they are of."""

    sql: str
    params: tuple[Any, ...]
    compiler: Any
    names: list[str]
    first: int
    last: int
    populators: list[RelatedPopulator]
    converters: dict[int, Any]


class Question(Generic[Row]):
    """A queryset with ``Told`` values in it, asked again and again."""

    def __init__(self, make: Callable[[], QuerySet[Row]]) -> None:
        self._make = make
        self._kept: _Built | None = None

    def _built(self) -> _Built:
        if self._kept is None:
            query = self._make().query
            compiler = query.get_compiler(connection.alias)
            sql, params = compiler.as_sql()
            info, select = compiler.klass_info, compiler.select
            first, last = info["select_fields"][0], info["select_fields"][-1] + 1
            self._kept = _Built(
                sql=sql,
                params=tuple(params),
                compiler=compiler,
                names=[chosen[0].target.attname for chosen in select[first:last]],
                first=first,
                last=last,
                populators=get_related_populators(info, select, connection.alias),  # type: ignore[call-arg]
                converters=compiler.get_converters([chosen[0] for chosen in select]),
            )
        return self._kept

    def rows(self, **told: Any) -> Iterator[Row]:
        """Ask with these values; tell the rows as the queryset would.

        What several rows of an answer refer to by the same relation is one object.
        """
        built = self._built()
        params = [told[one.name] if isinstance(one, Told) else one for one in built.params]
        with connection.cursor() as cursor:
            cursor.execute(built.sql, params)
            found: Any = cursor.fetchall()
        if built.converters:
            found = built.compiler.apply_converters(found, built.converters)
        model = built.compiler.klass_info["model"]
        seen: dict[Any, Model] = {}
        for values in found:
            row = _made(model, built.names, values[built.first : built.last])
            for populator in built.populators:
                _refer(row, populator, values, seen)
            yield row

    def in_order(self, keys: list[Any]) -> list[Row]:
        """Ask for rows whose key is among ``keys``; list them in the order of these."""
        found = {row.pk: row for row in self.rows(keys=keys)} if keys else {}
        return [found[key] for key in keys if key in found]

    def one(self, **told: Any) -> Row | None:
        """Return the first row, or None."""
        return next(self.rows(**told), None)


def _refer(row: Model, relation: Any, values: Any, seen: dict[Any, Model]) -> None:
    """Let a row refer to what was read beside it, made once where several refer to the same."""
    own = values[relation.cols_start : relation.cols_end]
    key = own[relation.pk_idx]
    other = seen.get((relation, key))
    if other is None and key is not None:
        other = seen[relation, key] = _made(relation.model_cls, relation.init_list, own)
        for further in relation.related_populators:
            _refer(other, further, values, seen)
    relation.local_setter(row, other)
    if other is not None:
        relation.remote_setter(other, row)


def hold(row: Model, name: str, found: list[Any]) -> None:
    """Let a row's related rows be these, as ``prefetch_related`` does."""
    related = getattr(row, name)
    for one in found:
        related.field.set_cached_value(one, row)
    kept: Any = nothing_of(related.model)
    if found:
        kept = related.all()
        kept._result_cache, kept._prefetch_done = found, True
    row.__dict__.setdefault("_prefetched_objects_cache", {})[name] = kept


@cache
def nothing_of(model: type[Row]) -> QuerySet[Row]:
    """Return the queryset known to hold nothing: asked for its rows, it asks nobody."""
    empty = model._default_manager.none()
    empty._result_cache = []
    return empty
