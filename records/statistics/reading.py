"""Every figure at once: from the kept numbers where they reach, or else from the records."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from missions.models import User
from records.statistics.base import base_of
from records.statistics.kept import kept_figures
from records.statistics.plain import Line, found_in
from records.statistics.question import Asked
from records.statistics.scope import Scope, scope_of, seen
from records.statistics.statements import figures


@dataclass(frozen=True)
class Statistics:
    """What was found for one reader: the rows of each figure, by its name."""

    scope: Scope
    asked: Asked
    figures: dict[str, list[Line]]

    @property
    def totals(self) -> Line:
        return self.figures["totals"][0]

    def of(self, name: str) -> list[Line]:
        return self.figures[name]

    def by_key(self, name: str) -> dict[str, Line]:
        """Return a figure's rows by their key; of grouping sets, the total is under ''."""
        return {line["key"] or "": line for line in self.figures[name]}


def statistics_of(
    person: User, asked: Asked, more: Mapping[str, str] = MappingProxyType({})
) -> Statistics:
    """Return every figure over what a reader may see of what was asked.

    ``more`` are further queries over the same rows, by their names: figures and traces are
    then found together, in one statement. Raises ``Forbidden`` for who holds no post, and
    ``Incomplete`` where more is to be counted than a reader waits for.
    """
    scope = scope_of(person)
    base = None if more else base_of(scope)
    if base is not None:
        return Statistics(scope, asked, kept_figures(scope, asked, base))
    return plain_statistics_of(scope, asked, more)


def plain_statistics_of(
    scope: Scope, asked: Asked, more: Mapping[str, str] = MappingProxyType({})
) -> Statistics:
    """Return every figure found from the records themselves; what the kept ones are held to."""
    queries = {**figures(asked.by), **more}
    return Statistics(scope, asked, found_in(scope.mission, seen(scope, asked.question), queries))
