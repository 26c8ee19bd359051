"""What was asked of compliance: a period, a sector, a kind; read once for page, API and PDF."""

import datetime as dt
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from common.errors import FieldError, Malformed
from common.reading import is_plain
from missions.calendar import local_day
from missions.models import Mission, Sector
from records.compliance.scope import Scope
from requests_app.vocabulary import Kind

NAMES = frozenset({"from", "to", "sector", "kind"})
BESIDES = frozenset({"cursor", "page_size"})
YEARS = range(2000, 2101)


@dataclass(frozen=True)
class Question:
    """A period of the mission's own days, both included; and, if wanted, a sector and a kind."""

    since: dt.date
    until: dt.date
    today: dt.date
    sector: Sector | None = None
    kind: str = ""

    def query(self) -> str:
        """Return it as the query of an address."""
        asked = {"from": self.since.isoformat(), "to": self.until.isoformat()}
        if self.sector:
            asked["sector"] = self.sector.code
        if self.kind:
            asked["kind"] = self.kind
        return urlencode(asked)

    def scope(self, mission: Mission, clearance: int) -> Scope:
        """Return what the rows about the mission itself count over."""
        return Scope(
            mission=mission,
            since=self.since,
            until=self.until,
            today=self.today,
            clearance=clearance,
            sector=self.sector,
            kind=self.kind,
        )


def usual_question(mission: Mission) -> Question:
    """Return the last twelve months, or since the mission was established."""
    today = local_day(mission)
    try:
        year_ago = today.replace(year=today.year - 1)
    except ValueError:  # the 29th of February
        year_ago = today.replace(year=today.year - 1, day=28)
    since = max(mission.established_on, year_ago + dt.timedelta(days=1))
    return Question(since=min(since, today), until=today, today=today)


def _day(said: str, name: str, errors: list[FieldError]) -> dt.date | None:
    if not said:
        return None
    try:
        day = parse_date(said)
    except ValueError:
        day = None
    if day is None or day.year not in YEARS:
        errors.append(FieldError(name, _("Write the day as YYYY-MM-DD.")))
        return None
    return day


def _one(params: Any, name: str, errors: list[FieldError]) -> str:
    said = params.getlist(name) if isinstance(params, QueryDict) else [params.get(name, "")]
    words = {word.strip() for word in said if word.strip()}
    if not all(map(is_plain, words)):
        errors.append(FieldError(name, _("This text cannot be read.")))
        return ""
    if len(words) > 1:
        errors.append(FieldError(name, _("Ask for one of these at a time.")))
        return ""
    return words.pop() if words else ""


def read_question(params: Any, mission: Mission) -> Question:
    """Read a query; what was left out is as usual. Raise ``Malformed`` with all that is wrong."""
    errors: list[FieldError] = []
    usual = usual_question(mission)
    until = _day(_one(params, "to", errors), "to", errors) or usual.until
    since = _day(_one(params, "from", errors), "from", errors)
    if since is None:
        since = min(usual.since, until)
    elif since > until:
        errors.append(FieldError("from", _("The first day cannot be after the last.")))
    code, kind = _one(params, "sector", errors), _one(params, "kind", errors)
    sector = Sector.objects.filter(mission=mission, code__iexact=code).first() if code else None
    if code and sector is None:
        errors.append(FieldError("sector", _("The mission has no sector of this code.")))
    if kind and kind not in Kind.values:
        errors.append(
            FieldError("kind", _("Ask for one of: %(kinds)s.") % {"kinds": ", ".join(Kind.values)})
        )
    errors += [
        FieldError(name, _("There is no such filter."))
        for name in params
        if name not in NAMES | BESIDES
    ]
    if errors:
        raise Malformed(errors=errors)
    return Question(since=since, until=until, today=usual.today, sector=sector, kind=kind)
