"""The pack's report: every figure drawn, in a table, in words, with the file of its records."""

from pathlib import Path
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from common.charts import Chart, Drawing, Shape
from common.clock import now
from missions.models import User
from missions.vocabulary import Classification
from records.compliance.pdf import line_on_paper, unit_on_paper, words_of_report
from records.compliance.reading import Report, UnitLine
from records.evaluation.figures import Figure
from records.statistics.pictures import Reader, tiles_of
from records.statistics.reading import Statistics
from records.statistics.wording import number, percent
from records.typesetting import typeset
from requests_app.vocabulary import Kind

TEMPLATE = Path(__file__).with_name("pack.typ")
MOST_ROWS = 40


def _share(across: str) -> float:
    return float(across.rstrip("%") or 0)


def _shape(shape: Shape) -> dict[str, Any]:
    return {
        "sort": shape.sort,
        "role": shape.role,
        "look": shape.look,
        "x": _share(shape.x),
        "y": float(shape.y),
        "x2": _share(shape.x2),
        "y2": float(shape.y2),
        "width": _share(shape.width),
        "height": float(shape.height),
        "words": shape.words,
    }


def _drawing(drawing: Drawing | None) -> dict[str, Any] | None:
    if drawing is None:
        return None
    return {
        "height": drawing.height,
        "sort": drawing.sort,
        "shapes": [_shape(each) for each in drawing.shapes if "phone-only" not in each.role],
        "legend": [{"label": str(each.label), "look": each.look} for each in drawing.legend],
        "limit": str(drawing.limit),
    }


def _table(chart: Chart) -> dict[str, Any]:
    left_out = len(chart.rows) - MOST_ROWS
    return {
        "columns": [str(column) for column in chart.columns],
        "rows": [[str(cell.words) for cell in row] for row in chart.rows[:MOST_ROWS]],
        "more": _("and %(count)s more lines, in the figure's file") % {"count": left_out}
        if left_out > 0
        else "",
    }


def _figure(figure: Figure) -> dict[str, Any]:
    chart = figure.chart
    return {
        "code": figure.code,
        "part": figure.part,
        "title": str(chart.title),
        "says": str(chart.says),
        "counted": str(chart.counted),
        "nothing": str(chart.nothing),
        "file": figure.file,
        "page": figure.page,
        "drawing": _drawing(chart.drawing),
        "table": _table(chart),
    }


def _summary(found: Statistics) -> list[str]:
    """Say in a few sentences what the period came to: asked, decided, done, not done."""
    totals, flow = found.totals, found.by_key("flow")
    done = sum(line["completed"] for line in found.of("groups"))
    said = [
        _("%(asked)s requests and %(extreme)s reports of extreme situations were submitted.")
        % {
            "asked": number(totals["asked"]),
            "extreme": number(totals["records"] - totals["asked"]),
        },
        _("%(decided)s were decided: %(approved)s approved (%(share)s), %(refused)s refused.")
        % {
            "decided": number(totals["decided"]),
            "approved": number(totals["approved"]),
            "share": percent(totals["approved"], totals["decided"]),
            "refused": number(totals["refused"]),
        },
        _("%(done)s tasks were completed; %(running)s are under way.")
        % {
            "done": number(done),
            "running": number(flow.get("in_progress", {}).get("waiting", 0)),
        },
    ]
    if totals["refused"]:
        said.append(
            _("Of the refused needs, %(unmet)s are not known to have been met by others.")
            % {"unmet": number(totals["unmet"])}
        )
    return said


def _words() -> dict[str, str]:
    return {
        **words_of_report(),
        "figure": _("Figure"),
        "counted": _("Counted:"),
        "records": _("Its records:"),
        "page": _("on the page"),
        "in_short": _("In short"),
        "how": _("How to read it"),
        "how_says": _(
            "Every figure has a number and a file of that number in this pack, which lists the"
            " records it counts by their references: adding up a column over the lines of one key"
            " gives the number printed here. What was submitted in the period is counted as it"
            " stands now, as far as the reader named above may see it."
        ),
    }


def report_as_pdf(
    found: Statistics,
    report: Report,
    units: list[UnitLine],
    figures: list[Figure],
    reader: User,
    post: str,
) -> bytes:
    """Return the report as PDF/A-3a and PDF/UA-1."""
    question, mission = report.question, report.mission
    made = date_format(now(), "DATETIME_FORMAT")
    narrowed = [str(question.sector)] if question.sector else []
    narrowed += [str(Kind(question.kind).label)] if question.kind else []
    return typeset(
        TEMPLATE,
        {
            "language": (get_language() or "en").split("-")[0],
            "title": _("Evaluation of civil assistance"),
            "description": _("What was asked, decided, done and not, with every figure's records"),
            "mission": mission.code,
            "mission_name": mission.name,
            "period": " – ".join(
                date_format(day, "DATE_FORMAT") for day in (question.since, question.until)
            ),
            "narrowed": ", ".join(narrowed),
            "clearance": _("Counts records up to “%(level)s”.")
            % {"level": Classification(report.clearance).label},
            "made": _("Made on %(day)s UTC for %(name)s, %(post)s.")
            % {"day": made, "name": reader.name, "post": post},
            "footer": f"CIMIC · {mission.code} · {made} UTC",
            "words": _words(),
            "tiles": [
                {name: str(tile.get(name, "")) for name in ("value", "label", "note")}
                for tile in tiles_of(found, Reader.EVERYTHING)
            ],
            "summary": _summary(found),
            "figures": [_figure(figure) for figure in figures],
            "lines": [line_on_paper(line) for line in report.lines],
            "units": [unit_on_paper(unit) for unit in units],
        },
    )
