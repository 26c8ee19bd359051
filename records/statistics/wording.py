"""The words and numbers of the pictures: counts, shares, spans of time, money, who asked."""

import datetime as dt
from decimal import Decimal
from typing import Any

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from common.charts import Cell
from common.templatetags.cimic import money
from missions.vocabulary import OrganisationType, Role
from records.statistics.question import Asked, By
from requests_app.vocabulary import Category, Kind, Route

HOUR, DAY = 3600, 86400
SHORT = "SHORT_DATE_FORMAT"

REQUESTS = [Kind.CIVIL_ASSISTANCE.value, Kind.SECURITY_ASSISTANCE.value, Kind.QIP.value]


def number(value: Any, places: int = 0) -> str:
    """Write a number in the reader's way, with so many decimals at most."""
    rounded = round(Decimal(str(value)), places)
    places = 0 if rounded == int(rounded) else places
    return str(number_format(rounded, places, force_grouping=True))


def amount(value: Any, currency: str) -> str:
    """Say an amount in its currency, to the whole unit."""
    return money(round(Decimal(str(value))), currency)


def percent(part: int, whole: int) -> str:
    """Say a share in per cent, rounded down, so that 100 % is all of them; '–' of nothing."""
    return _("%(share)s %%") % {"share": 100 * part // whole} if whole else "–"


def requests(count: int) -> str:
    """Say how many requests."""
    return ngettext("%(count)s request", "%(count)s requests", count) % {"count": number(count)}


def hours(seconds: Any) -> str:
    """Say a span of the clocks in hours."""
    return _("%(count)s h") % {"count": number(Decimal(str(seconds)) / HOUR, 1)}


def hours_and_days(seconds: Any) -> str:
    """Say a span of the clocks in hours, and in days of twenty-four of them."""
    return _("%(hours)s (%(days)s d)") % {
        "hours": hours(seconds),
        "days": number(Decimal(str(seconds)) / DAY, 1),
    }


def days(count: Any) -> str:
    """Say a number of calendar days."""
    return _("%(count)s d") % {"count": number(count, 1)}


def on(day: str | None) -> str:
    """Write a day that was read as text."""
    return date_format(dt.date.fromisoformat(day), SHORT) if day else "–"


def cells(*words: Any) -> list[Cell]:
    """Make plain cells of what is said; whole numbers are written as such."""
    return [Cell(number(word) if isinstance(word, int) else str(word)) for word in words]


def requester_label(code: str) -> str:
    """Name a sort of requester: an organisation's type, or the post of the mission."""
    if code == "withheld":
        return _("Not shown: low profile")
    if code in OrganisationType.values:
        return str(OrganisationType(code).label)
    return str(Role(code).label) if code in Role.values else _("Others")


def _of(choices: Any, code: str) -> str:
    return str(choices(code).label) if code in choices.values else _("None given")


def month_label(code: str, first: bool) -> str:
    """Write a month in three letters, with its year where one begins."""
    day = dt.date(int(code[:4]), int(code[5:]), 1)
    return date_format(day, "M y" if first or day.month == 1 else "M")


def label_of(by: By, code: str) -> str:
    """Name a group by its code."""
    match by:
        case By.KIND:
            return _of(Kind, code)
        case By.ROUTE:
            return _of(Route, code)
        case By.CATEGORY:
            return _of(Category, code)
        case By.REQUESTER:
            return requester_label(code)
        case By.ORGANISATION:
            return _("Not shown: low profile") if code == "withheld" else code or _("Others")
    return code or _("None given")


def counted(asked: Asked, what: str) -> str:
    """Say a query in words: what is counted, submitted when, of which sector and kind."""
    question = asked.question
    said = _(
        "%(what)s Of what was submitted from %(since)s to %(until)s, %(sector)s, %(kind)s."
    ) % {
        "what": what,
        "since": date_format(question.since, SHORT),
        "until": date_format(question.until, SHORT),
        "sector": question.sector.name if question.sector else _("every sector"),
        "kind": Kind(question.kind).label if question.kind else _("every kind"),
    }
    return str(said)


def only(asked: Asked) -> dict[str, Any]:
    """Return the register's question that leaves extreme situations out."""
    return {} if asked.question.kind else {"kind": REQUESTS}
