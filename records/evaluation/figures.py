"""The figures of the pack in order: each with its number, its chart and the file of its records."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.charts import Bar, Chart, Series, bars
from records.compliance.reading import Line, Report
from records.statistics import decisions, extreme, flow, needs, people, projects
from records.statistics.reading import Statistics
from records.statistics.wording import cells, counted, percent

Draw = Callable[[Statistics], Chart]


@dataclass(frozen=True)
class Figure:
    """One figure: ``F03``, the trace that lists its records, its chart, its part of the report."""

    code: str
    name: str
    chart: Chart
    part: str
    page: str

    @property
    def file(self) -> str:
        """Return the name of the file that lists its records."""
        return f"figures/{self.code}-{self.name.replace('_', '-')}.csv"


# Each part of the report, with its figures: the trace of each, and what draws it.
PARTS: tuple[tuple[Any, tuple[tuple[str, Draw], ...]], ...] = (
    (
        gettext_lazy("What was asked, decided and done"),
        (("groups", flow.over_time), ("flow", flow.flow)),
    ),
    (gettext_lazy("How long it took"), (("stages", flow.stages), ("spans", flow.way))),
    (
        gettext_lazy("Decisions and priorities"),
        (
            ("by_kind", decisions.by_kind),
            ("by_requester", decisions.by_requester),
            ("against_priorities", decisions.against_priorities),
        ),
    ),
    (
        gettext_lazy("What was not done, and who met the need"),
        (("refused", needs.refused), ("delivered", needs.delivered)),
    ),
    (
        gettext_lazy("Money and projects"),
        (
            ("money", projects.money_of),
            ("money", projects.against_ceiling),
            ("deadlines", projects.deadlines),
        ),
    ),
    (gettext_lazy("People reached"), (("people", people.reached),)),
    (
        gettext_lazy("Extreme situations"),
        (("extreme", extreme.held), ("extreme", extreme.delay)),
    ),
)


def _page_of(chart: Chart, query: str) -> str:
    return f"{settings.SITE_URL}{reverse('records:evaluation')}?{query}&view=all#{chart.id}"


def _complied(line: Line) -> str:
    return percent(line.complied, line.applied)


def compliance_chart(found: Statistics, report: Report) -> Chart:
    """Return compliance as a figure: each row that applied, complied and exceptions."""
    lines = [line for line in report.lines if line.applied]
    return Chart(
        id="compliance",
        title=_("Compliance by paragraph"),
        says=_("%(whole)s of %(rows)s rows that applied have no exception.")
        % {"whole": sum(not line.exceptions for line in lines), "rows": len(lines)}
        if lines
        else "",
        counted=counted(
            found.asked,
            _("Each row of the policy over the records it applied to; pending ones are not yet."),
        ),
        columns=[
            _("Row"),
            _("Applied"),
            _("Complied"),
            _("Exceptions"),
            _("Pending"),
            _("Complied, share"),
        ],
        rows=[
            cells(
                line.row.code,
                line.applied,
                line.complied,
                line.exceptions,
                line.pending,
                _complied(line),
            )
            for line in lines
        ],
        drawing=bars(
            [
                Bar(
                    f"{line.row.code} {line.row.says}",
                    [line.complied, line.exceptions],
                    _complied(line),
                )
                for line in lines
                if line.exceptions
            ],
            [Series(_("Complied"), 0), Series(_("Exceptions"), 1)],
        )
        if any(line.exceptions for line in lines)
        else None,
        paragraph="G",
        nothing=_("No exception was found."),
        url=f"{reverse('records:compliance')}?{report.question.query()}",
    )


def figures_of(found: Statistics, report: Report) -> list[Figure]:
    """Return every figure in the order of the report, numbered."""
    query = found.asked.query()
    drawn = [(name, draw(found), str(part)) for part, figures in PARTS for name, draw in figures]
    figures = [
        Figure(f"F{number:02}", name, chart, part, _page_of(chart, query))
        for number, (name, chart, part) in enumerate(drawn, start=1)
    ]
    chart = compliance_chart(found, report)
    page = f"{settings.SITE_URL}{chart.url}"
    last = f"F{len(figures) + 1:02}"
    return [*figures, Figure(last, "compliance", chart, str(_("Compliance by paragraph")), page)]
