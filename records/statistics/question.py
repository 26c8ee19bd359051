"""What was asked of the pictures: a period, a sector, a kind, and by what to group."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import TextChoices
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.errors import FieldError, Malformed
from missions.models import Mission
from records.compliance.question import Question, read_question, usual_question

MONTHS_BY_MONTH = 24
YEARS_BY_QUARTER = 8


class By(TextChoices):
    """What the groups are: a stretch of time, or something that each record has."""

    MONTH = "month", gettext_lazy("month of submission")
    QUARTER = "quarter", gettext_lazy("quarter of submission")
    YEAR = "year", gettext_lazy("year of submission")
    KIND = "kind", gettext_lazy("kind")
    ROUTE = "route", gettext_lazy("route")
    CATEGORY = "category", gettext_lazy("category")
    SECTOR = "sector", gettext_lazy("sector")
    AREA = "area", gettext_lazy("area")
    REQUESTER = "requester", gettext_lazy("sort of requester")
    ORGANISATION = "organisation", gettext_lazy("requester")


IN_TIME = frozenset({By.MONTH, By.QUARTER, By.YEAR})


@dataclass(frozen=True)
class Asked:
    """A question as compliance asks it, and the groups that are wanted."""

    question: Question
    by: By

    def query(self) -> str:
        """Return the question as the query of an address, without the groups."""
        return self.question.query()

    def register_query(self, **more: Any) -> str:
        """Return the query by which the register shows the records that are counted."""
        asked: dict[str, Any] = {
            "submitted_after": self.question.since.isoformat(),
            "submitted_before": self.question.until.isoformat(),
        }
        if self.question.sector:
            asked["sector"] = self.question.sector.code
        if self.question.kind:
            asked["kind"] = self.question.kind
        return urlencode(asked | more, doseq=True)


def fitting(question: Question) -> By:
    """Return the stretch of time by which a period fits a chart: month, quarter or year."""
    months = (question.until.year - question.since.year) * 12
    months += question.until.month - question.since.month + 1
    if months <= MONTHS_BY_MONTH:
        return By.MONTH
    return By.QUARTER if months <= 12 * YEARS_BY_QUARTER else By.YEAR


def usual(mission: Mission) -> Asked:
    """Return the last twelve months, or since the mission was established, by month."""
    question = usual_question(mission)
    return Asked(question, fitting(question))


def _by(params: Any, errors: list[FieldError]) -> str:
    said = params.getlist("by") if isinstance(params, QueryDict) else [params.get("by", "")]
    words = {word.strip() for word in said if word.strip()}
    if len(words) > 1:
        errors.append(FieldError("by", _("Ask for one of these at a time.")))
        return ""
    word = words.pop() if words else ""
    if word and word not in By.values:
        errors.append(
            FieldError("by", _("Group by one of: %(words)s.") % {"words": ", ".join(By.values)})
        )
    return word


def read_asked(params: Any, mission: Mission) -> Asked:
    """Read a query; what was left out is as usual. Raise ``Malformed`` with all that is wrong."""
    errors: list[FieldError] = []
    by = _by(params, errors)
    rest = params.copy()
    rest.pop("by", None)
    try:
        question = read_question(rest, mission)
    except Malformed as error:
        raise Malformed(errors=[*error.errors, *errors]) from error
    if errors:
        raise Malformed(errors=errors)
    return Asked(question, By(by) if by else fitting(question))
