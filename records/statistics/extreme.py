"""Extreme situations: how many, whether the exception held, how soon Headquarters was told."""

from django.urls import reverse
from django.utils.translation import gettext as _

from common.charts import Bar, Cell, Chart, Series, bars
from records.statistics.flow import register_url
from records.statistics.reading import Line, Statistics
from records.statistics.wording import cells, counted, hours, number, percent
from requests_app.vocabulary import Harm, Kind

KIND = Kind.EXTREME_SITUATION.value


def _total(found: Statistics) -> Line | None:
    total = found.by_key("extreme").get("")
    return total if total and total["reports"] else None


def _harms(found: Statistics) -> list[tuple[str, Line]]:
    of = found.by_key("extreme")
    return [(str(harm.label), of[harm]) for harm in Harm if harm in of]


def held(found: Statistics) -> Chart:
    """Reports by the harm prevented: held, not held, not found on yet (P40)."""
    total, rows = _total(found), _harms(found)
    return Chart(
        id="extreme",
        title=_("Extreme situations: did the exception hold?"),
        says=_("Of %(reports)s reported, %(held)s held, %(not_held)s did not, %(open)s are open.")
        % {name: number(total[name]) for name in ("reports", "held", "not_held", "open")}
        if total
        else "",
        counted=counted(
            found.asked,
            _(
                "Extreme situations by the harm they prevented and the finding that stands. Several"
                " reports of one event count as one event."
            ),
        ),
        columns=[
            _("Harm prevented"),
            _("Reports"),
            _("Events"),
            _("Held"),
            _("Not held"),
            _("Open"),
            _("Held, of those found on"),
        ],
        rows=[
            [
                Cell(label),
                *cells(
                    line["reports"],
                    line["events"],
                    line["held"],
                    line["not_held"],
                    line["open"],
                    percent(line["held"], line["held"] + line["not_held"]),
                ),
            ]
            for label, line in [*rows, *([(_("All"), total)] if total else [])]
        ],
        drawing=bars(
            [
                Bar(
                    label,
                    [line["held"], line["not_held"], line["open"]],
                    number(line["reports"]),
                )
                for label, line in rows
            ],
            [Series(_("Held"), 0), Series(_("Not held"), 1), Series(_("Open"), 2)],
        )
        if total
        else None,
        paragraph="40",
        nothing=_("No extreme situation was reported in this period."),
        url=register_url(found, kind=KIND) if total else "",
        url_label=_("These reports in the register"),
    )


def delay(found: Statistics) -> Chart:
    """How long from the action to its report (P40: as soon as possible)."""
    total = _total(found)
    names = {
        "within_6_hours": _("Within 6 hours"),
        "within_24_hours": _("6 to 24 hours"),
        "within_72_hours": _("1 to 3 days"),
        "later": _("Later than 3 days"),
    }
    rows = [(label, total[name]) for name, label in names.items()] if total else []
    return Chart(
        id="delay",
        title=_("Extreme situations: how soon they were reported"),
        says=_("Half were reported within %(median)s of the action, nine in ten within %(most)s.")
        % {"median": hours(total["median_seconds"]), "most": hours(total["ninetieth_seconds"])}
        if total
        else "",
        counted=counted(
            found.asked,
            _("Extreme situations by the time from the action to the report, day and night."),
        ),
        columns=[_("From action to report"), _("Reports"), _("Share")],
        rows=[cells(label, count, percent(count, total["reports"])) for label, count in rows]
        if total
        else [],
        drawing=bars(
            [Bar(label, [count], number(count)) for label, count in rows],
            [Series(_("Reports"), 0)],
        )
        if total
        else None,
        paragraph="40",
        nothing=_("No extreme situation was reported in this period."),
        url=register_url(found, kind=KIND) if total else reverse("approvals:extreme"),
        url_label=_("These reports in the register"),
    )
