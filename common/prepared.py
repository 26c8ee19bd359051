"""Questions that every deed asks: put together once in a process, and only filled in after that.

Django builds the SQL of a queryset anew each time, which for a row of fifty columns and its
relations takes longer than PostgreSQL does to answer. A ``Question`` keeps what was built: the
statement is the queryset's own, and so are the rows. Nothing is prepared in the database, so
that a pool of connections may stand between (PgBouncer, by transaction).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db import connection
from django.db.models import Expression, Model, QuerySet
from django.db.models.query import get_related_populators

Row = TypeVar("Row", bound=Model)


class Told(Expression):
    """A value of a question that is told when it is asked; never None, which SQL asks otherwise."""

    def __init__(self, name: str, output_field: Any = None) -> None:
        super().__init__(output_field=output_field)
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        """Stand as one parameter, to be replaced by what is told."""
        return "%s", [self]


@dataclass(frozen=True)
class _Built:
    """A statement as Django builds it, and how its rows become what they are of."""

    sql: str
    params: tuple[Any, ...]
    compiler: Any
    names: list[str]
    first: int
    last: int
    populators: list[Any]
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
        """Ask with these values; tell the rows as the queryset would."""
        built = self._built()
        params = [told[one.name] if isinstance(one, Told) else one for one in built.params]
        with connection.cursor() as cursor:
            cursor.execute(built.sql, params)
            found: Any = cursor.fetchall()
        if built.converters:
            found = built.compiler.apply_converters(found, built.converters)
        model = built.compiler.klass_info["model"]
        for values in found:
            row = model.from_db(connection.alias, built.names, values[built.first : built.last])
            for populator in built.populators:
                populator.populate(values, row)
            yield row

    def one(self, **told: Any) -> Row | None:
        """Return the first row, or None."""
        return next(self.rows(**told), None)


def nothing_of(model: type[Row]) -> QuerySet[Row]:
    """Return a queryset known to hold nothing: asked for its rows, it asks nobody."""
    empty = model._default_manager.none()
    empty._result_cache = []
    return empty
