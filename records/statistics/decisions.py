"""What was decided: by kind, by who asked, and against the mission's priorities."""

from collections.abc import Callable

from django.urls import reverse
from django.utils.translation import gettext as _

from common.charts import Bar, Cell, Chart, Series, bars
from records.statistics.flow import register_url
from records.statistics.question import By
from records.statistics.reading import Line, Statistics
from records.statistics.wording import (
    cells,
    counted,
    label_of,
    number,
    only,
    percent,
    requester_label,
)

MOST_ROWS = 12
# Every refusal has its follow-up: open, unmet or delivered by others.
REFUSED = ["open", "unmet", "delivered"]


def _series() -> list[Series]:
    return [Series(_("Approved"), 0), Series(_("Refused"), 1), Series(_("Not decided yet"), 2)]


def _columns(first: str) -> list[str]:
    return [
        first,
        _("Asked"),
        _("Approved"),
        _("Refused"),
        _("Approved, of those decided"),
        _("Not decided yet"),
        _("Withdrawn"),
    ]


def rate(line: Line) -> str:
    """Say the share approved of what was decided."""
    return percent(line["approved"], line["decided"])


def _row(label: str, line: Line, asked_url: str = "", refused_url: str = "") -> list[Cell]:
    return [
        Cell(label),
        Cell(number(line["asked"]), asked_url),
        *cells(line["approved"]),
        Cell(number(line["refused"]), refused_url if line["refused"] else ""),
        *cells(rate(line), line["undecided"], line["withdrawn"]),
    ]


def _bar(label: str, line: Line) -> Bar:
    return Bar(
        label,
        [line["approved"], line["refused"], line["undecided"]],
        _("%(approved)s of %(decided)s approved") % line if line["decided"] else _("none decided"),
    )


def _most_first(lines: list[Line]) -> list[Line]:
    return sorted(lines, key=lambda line: (-line["asked"], line["key"]))


def _decided_on() -> str:
    return _(
        "Requests by the decision that stands: of the DSRSG/RC/HC, the Designated Official or, for"
        " a mission component's security, the tasking."
    )


def _chart(
    found: Statistics,
    *,
    name: str,
    title: str,
    first: str,
    label: Callable[[str], str],
    says: str,
    what: str,
) -> Chart:
    lines = _most_first(found.of(name))
    kinds = name == "by_kind"
    return Chart(
        id=name.replace("_", "-"),
        title=title,
        says=says,
        counted=counted(found.asked, what),
        columns=_columns(first),
        rows=[
            _row(
                label(line["key"]),
                line,
                *(
                    [
                        register_url(found, kind=line["key"]),
                        register_url(found, kind=line["key"], follow_up=REFUSED),
                    ]
                    if kinds
                    else []
                ),
            )
            for line in lines
        ],
        drawing=bars([_bar(label(line["key"]), line) for line in lines[:MOST_ROWS]], _series())
        if lines
        else None,
        paragraph="41",
        nothing=_("No request was submitted in this period."),
        url=register_url(found, **only(found.asked)),
        url_label=_("These requests in the register"),
    )


def by_kind(found: Statistics) -> Chart:
    """The approval rate of each kind."""
    totals = found.totals
    return _chart(
        found,
        name="by_kind",
        title=_("Approval by kind"),
        first=_("Kind"),
        label=lambda code: label_of(By.KIND, code),
        says=_("%(approved)s of %(decided)s decided requests were approved: %(share)s.")
        % {
            "approved": number(totals["approved"]),
            "decided": number(totals["decided"]),
            "share": percent(totals["approved"], totals["decided"]),
        }
        if totals["decided"]
        else "",
        what=_decided_on(),
    )


def by_requester(found: Statistics) -> Chart:
    """The approval rate by who asked: the type of organisation, or the post of the mission."""
    lines = _most_first(found.of("by_requester"))
    return _chart(
        found,
        name="by_requester",
        title=_("Approval by who asked"),
        first=_("Who asked"),
        label=requester_label,
        says=_("%(who)s asked most: %(asked)s, of which %(share)s of those decided were approved.")
        % {
            "who": requester_label(lines[0]["key"]),
            "asked": number(lines[0]["asked"]),
            "share": rate(lines[0]),
        }
        if lines and lines[0]["decided"]
        else "",
        what=_decided_on()
        + " "
        + _("Who asked is the type of organisation, or else the post of the mission."),
    )


def against_priorities(found: Statistics) -> Chart:
    """Whether what is asked and approved falls under the mission's priorities (P34)."""
    names = {
        "under": _("Under a priority"),
        "outside": _("Outside every priority"),
        "none_set": _("No priorities were set"),
    }
    of = found.by_key("against_priorities")
    rows = [(label, of[code]) for code, label in names.items() if code in of]
    under, outside = of.get("under"), of.get("outside")
    each = found.of("each_priority")
    return Chart(
        id="priorities",
        title=_("Against the mission's priorities"),
        says=_(
            "Approved: %(under)s of those decided under a priority, %(outside)s of those outside."
        )
        % {"under": rate(under), "outside": rate(outside)}
        if under and outside
        else "",
        counted=counted(
            found.asked,
            _(
                "Requests weighed by the priorities in force on the day they were submitted: by"
                " area, or the one it lies in, and category. A request may fall under several."
            ),
        ),
        columns=_columns(_("Priority")),
        rows=[
            *[_row(label, line) for label, line in rows],
            *[_row(f"{line['number']}. {line['text']}", line) for line in each],
        ],
        drawing=bars([_bar(label, line) for label, line in rows], _series()) if rows else None,
        paragraph="34",
        nothing=_("No request was submitted in this period."),
        url=reverse("approvals:priorities"),
        url_label=_("The mission's priorities"),
    )
