"""The compliance report as PDF/A-3a and PDF/UA-1."""

from pathlib import Path
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from common.clock import now
from missions.models import User
from missions.vocabulary import Classification
from records.compliance.reading import Line, Report, UnitLine
from records.typesetting import typeset
from requests_app.vocabulary import Kind

TEMPLATE = Path(__file__).with_name("report.typ")
MOST_NAMED = 60


def minutes_in_words(minutes: int | None) -> str:
    """Say a delay in minutes, hours or days."""
    if minutes is None:
        return "–"
    if minutes < 120:
        return _("%(count)s min") % {"count": minutes}
    if minutes < 48 * 60:
        return _("%(count)s h") % {"count": minutes // 60}
    return _("%(count)s d") % {"count": minutes // (24 * 60)}


def line_on_paper(line: Line) -> dict[str, Any]:
    """Return a row of the report with its first exceptions by name, as the page is set."""
    row = line.row
    names = line.references[:MOST_NAMED]
    if row.count is not None:
        names = [
            f"{each.name}: {each.words}" for each in line.named if each.outcome == "exception"
        ][:MOST_NAMED]
    more = line.exceptions - len(names)
    return {
        "paragraph": row.paragraph if row.code[0] != "N" else row.code,
        "says": str(row.says),
        "of": str(row.of),
        "note": str(row.part or row.why_not),
        "assessable": row.assessable,
        "applied": line.applied,
        "complied": line.complied,
        "exceptions": line.exceptions,
        "pending": line.pending,
        "percent": line.percent,
        "named": names,
        "inline": row.count is None,
        "more": _("and %(count)s more") % {"count": more} if more > 0 else "",
    }


def unit_on_paper(unit: UnitLine) -> dict[str, Any]:
    """Return a unit's extreme situations as they are set."""
    return {
        "name": unit.name or _("No unit"),
        "reports": unit.reports,
        "held": unit.held,
        "not_held": unit.not_held,
        "open": unit.open,
        "rate": "–" if unit.rate is None else _("%(percent)s %%") % {"percent": unit.rate},
        "median": minutes_in_words(unit.median_minutes),
    }


def words_of_report() -> dict[str, str]:
    """Return the words of the report in the reader's language."""
    return {
        "rows": _("Paragraph by paragraph"),
        "paragraph": _("Para"),
        "says": _("The policy says, in short"),
        "applied": _("Applied"),
        "complied": _("Complied"),
        "exceptions": _("Exceptions"),
        "pending": _("Pending"),
        "share": _("Complied, share"),
        "not_assessable": _("Not assessable from records"),
        "named": _("Exceptions by reference"),
        "none": _("None."),
        "units": _("Extreme situations, unit by unit (para 40)"),
        "no_units": _("No extreme situation was reported."),
        "unit": _("Unit"),
        "reports": _("Reports"),
        "held": _("Held"),
        "not_held": _("Not held"),
        "open": _("Open"),
        "rate": _("Not held, share"),
        "median": _("Median delay"),
    }


def _data(report: Report, units: list[UnitLine], reader: User, post: str) -> dict[str, Any]:
    question, mission = report.question, report.mission
    narrowed = [str(question.sector)] if question.sector else []
    narrowed += [str(Kind(question.kind).label)] if question.kind else []
    made = {
        "day": date_format(now(), "DATETIME_FORMAT"),
        "name": reader.name,
        "post": post,
    }
    return {
        "language": (get_language() or "en").split("-")[0],
        "title": _("Compliance with the policy on UN-CIMIC"),
        "description": _("What complied and what did not, paragraph by paragraph"),
        "mission": mission.code,
        "mission_name": mission.name,
        "period": " – ".join(
            date_format(day, "DATE_FORMAT") for day in (question.since, question.until)
        ),
        "narrowed": ", ".join(narrowed),
        "clearance": _("Counts records up to “%(level)s”.")
        % {"level": Classification(report.clearance).label},
        "made": _("Made on %(day)s UTC for %(name)s, %(post)s.") % made,
        "not_yet": _("%(count)s deeds are not counted yet.") % {"count": report.not_yet_counted}
        if report.not_yet_counted
        else "",
        "footer": f"CIMIC · {mission.code} · {made['day']} UTC",
        "words": words_of_report(),
        "lines": [line_on_paper(line) for line in report.lines],
        "units": [unit_on_paper(unit) for unit in units],
    }


def report_as_pdf(report: Report, units: list[UnitLine], reader: User, post: str) -> bytes:
    """Return a report as PDF/A-3a and PDF/UA-1."""
    return typeset(TEMPLATE, _data(report, units, reader, post))
