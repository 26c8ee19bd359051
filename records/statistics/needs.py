"""What became of refused needs: met by others, not met, not known yet; and where (P41)."""

from django.urls import reverse
from django.utils.translation import gettext as _

from common.charts import Bar, Cell, Chart, Series, bars
from records.statistics.flow import register_url
from records.statistics.reading import Line, Statistics
from records.statistics.wording import cells, counted, days, number, requests

MOST_AREAS = 12
# As the register and the map ask for them.
UNMET = {"follow_up": ["open", "unmet"]}
MET = {"follow_up": ["delivered"]}


def map_url(found: Statistics, **more: object) -> str:
    """Return the map's address for the records counted."""
    return f"{reverse('records:map')}?{found.asked.register_query(**more)}"


def _area(line: Line) -> str:
    return line["name"] or _("No area given")


def _unmet(count: int) -> str:
    return _("%(count)s unmet") % {"count": number(count)} if count else _("met")


def _row(found: Statistics, line: Line) -> list[Cell]:
    """A line of the table; an area that holds another line's has no link of its own rows alone."""
    others = [code for each in found.of("refused") for code in each["within"]]
    where = {"area": line["key"]} if line["key"] and line["key"] not in others else {}
    unmet = line["not_met"] + line["not_known"]
    return [
        Cell(_area(line)),
        *cells(line["refused"], line["met_by_others"], line["not_met"], line["not_known"]),
        Cell(number(unmet), register_url(found, **UNMET, **where) if unmet and where else ""),
    ]


def refused(found: Statistics) -> Chart:
    """Refused needs by area: met by others, not met, or not known yet."""
    lines, totals = found.of("refused"), found.totals
    met = sum(line["met_by_others"] for line in lines)
    return Chart(
        id="refused",
        title=_("Refused needs, and who met them"),
        says=_("Of %(refused)s refused, others met %(met)s; %(unmet)s stay unmet or unknown.")
        % {
            "refused": requests(totals["refused"]),
            "met": number(met),
            "unmet": number(totals["unmet"]),
        }
        if lines
        else "",
        counted=counted(
            found.asked,
            _(
                "Requests whose standing decision is a refusal, by area, and what the follow-up"
                " found: delivered by others, not delivered, or nothing recorded yet."
            ),
        ),
        columns=[
            _("Area"),
            _("Refused"),
            _("Met by others"),
            _("Not met"),
            _("Not known yet"),
            _("Unmet or unknown"),
        ],
        rows=[_row(found, line) for line in lines],
        drawing=bars(
            [
                Bar(
                    _area(line),
                    [line["met_by_others"], line["not_met"], line["not_known"]],
                    _unmet(line["not_met"] + line["not_known"]),
                )
                for line in lines[:MOST_AREAS]
            ],
            [
                Series(_("Met by others"), 0),
                Series(_("Not met"), 1),
                Series(_("Not known yet"), 2),
            ],
        )
        if lines
        else None,
        paragraph="41",
        nothing=_("Nothing was refused in this period."),
        url=register_url(found, **UNMET) if lines else "",
        url_label=_("The unmet needs in the register"),
        more_url=map_url(found, **UNMET) if lines else "",
        more_label=_("The unmet needs on the map"),
    )


def delivered(found: Statistics) -> Chart:
    """Who met refused needs, and how soon after the refusal."""
    of = found.by_key("delivered")
    total = of.pop("", None)
    total = total if total and total["records"] else None
    lines = list(of.values())
    return Chart(
        id="delivered",
        title=_("Who met what was refused"),
        says=_("Half were met within %(days)s of the refusal.")
        % {"days": days(total["median_days"])}
        if total
        else "",
        counted=counted(
            found.asked,
            _(
                "Refused requests whose follow-up says that others delivered, by who delivered;"
                " days of the calendar from the refusal to the delivery. The first twenty."
            ),
        ),
        columns=[_("Who delivered"), _("Needs met"), _("Median after the refusal")],
        rows=[
            [Cell(line["key"]), *cells(line["records"], days(line["median_days"]))]
            for line in lines
        ],
        drawing=bars(
            [
                Bar(line["key"], [line["records"]], number(line["records"]))
                for line in lines[:MOST_AREAS]
            ],
            [Series(_("Needs met"), 0)],
        )
        if lines
        else None,
        paragraph="41",
        nothing=_("No refused need is known to have been met by others."),
        url=register_url(found, **MET) if lines else "",
        url_label=_("These requests in the register"),
    )
