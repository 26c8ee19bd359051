"""Quick Impact Projects: their money, their deadlines, and each against the ceiling."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from common.charts import Bar, Cell, Chart, Series, bars
from records.statistics.flow import register_url
from records.statistics.reading import Line, Statistics
from records.statistics.wording import amount, cells, counted, number, on
from requests_app.vocabulary import Kind


def _rows_of(line: Line) -> list[list[Cell]]:
    """The lines of one currency: asked, approved, paid, to pay, and above the ceiling."""
    return [
        cells(label, amount(line[name], line["key"]) if name else "–", count)
        for label, name, count in (
            (_("Asked for"), "asked", line["projects"]),
            (_("Approved"), "approved", line["approved_projects"]),
            (_("Paid"), "paid", "–"),
            (_("Approved, still to pay"), "to_pay", "–"),
            (_("Approved above the ceiling"), "", line["above_ceiling"]),
            (_("Of these, with a reason"), "", line["above_with_reason"]),
        )
    ]


def money_of(found: Statistics) -> Chart:
    """What projects asked for, what was approved, and what is paid."""
    lines = found.of("money")
    main = lines[0] if lines else None
    bar_rows = [
        Bar(label, [float(line[name])], amount(line[name], line["key"]))
        for line in lines[:3]
        for name, label in (
            ("asked", _("Asked for")),
            ("approved", _("Approved")),
            ("paid", _("Paid")),
            ("to_pay", _("Approved, still to pay")),
        )
    ]
    return Chart(
        id="money",
        title=_("Quick Impact Projects: money"),
        says=ngettext(
            "%(approved)s are approved for %(projects)s project; %(paid)s are paid.",
            "%(approved)s are approved for %(projects)s projects; %(paid)s are paid.",
            main["approved_projects"],
        )
        % {
            "approved": amount(main["approved"], main["key"]),
            "projects": number(main["approved_projects"]),
            "paid": amount(main["paid"], main["key"]),
        }
        if main
        else "",
        counted=counted(
            found.asked,
            _(
                "Quick Impact Projects: their budgets as asked, those approved and not cancelled,"
                " and the instalments on record. The ceiling is the mission's, for one project."
            ),
        ),
        columns=[_("Quick Impact Projects"), _("Money"), _("Projects")],
        rows=[row for line in lines for row in _rows_of(line)],
        drawing=bars(bar_rows, [Series(_("Money"), 0)]) if lines else None,
        paragraph="16",
        nothing=_("No Quick Impact Project was submitted in this period."),
        url=register_url(found, kind=Kind.QIP.value) if lines else "",
        url_label=_("Quick Impact Projects in the register"),
    )


def _deadline(line: Line) -> str:
    if line["completed_on"]:
        late = line["due_on"] and line["completed_on"] > line["due_on"]
        return _("completed late") if late else _("completed")
    return _("overdue") if line["overdue"] else _("running")


def _state(line: Line) -> str:
    """Say how a project stands to its day, and to the ceiling where it is above."""
    said = [_deadline(line)]
    if line["completed_on"]:
        said[0] = _("%(state)s %(day)s") % {"state": said[0], "day": on(line["completed_on"])}
    if line["due_on"]:
        said.append(_("due %(day)s") % {"day": on(line["due_on"])})
    if line["above"]:
        said.append(_("above the ceiling"))
    return "; ".join(said)


def _project_words(line: Line) -> str:
    if line["overdue"]:
        return _("overdue: %(day)s") % {"day": on(line["due_on"])}
    if line["completed_on"]:
        return _deadline(line)
    return _("due %(day)s") % {"day": on(line["due_on"])} if line["due_on"] else _("no day")


def against_ceiling(found: Statistics) -> Chart:
    """Each approved project: paid and still to pay, its deadline, the mission's ceiling."""
    lines = found.of("projects")
    ceiling, currency = found.scope.mission.qip_ceiling, found.scope.mission.currency
    same = [line for line in lines if line["currency"] == currency]
    total = lines[0]["of"] if lines else 0
    return Chart(
        id="projects",
        title=_("Approved projects: paid, still to pay, deadline"),
        says=_("The ceiling for one project is %(ceiling)s. Overdue projects come first.")
        % {"ceiling": amount(ceiling, currency)}
        if lines
        else "",
        counted=counted(
            found.asked,
            ngettext(
                "The one approved Quick Impact Project that is not cancelled.",
                "%(shown)s of %(total)s approved Quick Impact Projects that are not cancelled:"
                " overdue ones first, then by the day they are due.",
                total,
            )
            % {"shown": number(len(lines)), "total": number(total)},
        ),
        columns=[
            _("Project"),
            _("Approved"),
            _("Paid"),
            _("State"),
        ],
        rows=[
            [
                Cell(f"{line['key']} {line['title']}", reverse("records:case", args=[line["key"]])),
                *cells(
                    amount(line["approved"], line["currency"]),
                    amount(line["paid"], line["currency"]),
                    _state(line),
                ),
            ]
            for line in lines
        ],
        drawing=bars(
            [
                Bar(
                    line["key"],
                    [
                        float(line["paid"]),
                        max(float(line["approved"]) - float(line["paid"]), 0.0),
                    ],
                    _project_words(line),
                )
                for line in same
            ],
            [Series(_("Paid"), 0), Series(_("Still to pay"), 2)],
            limit=float(ceiling),
            limit_label=_("Ceiling for one project"),
            numbers=False,
        )
        if same
        else None,
        paragraph="16",
        nothing=_("No Quick Impact Project is approved."),
        url=register_url(found, kind=Kind.QIP.value) if lines else "",
        url_label=_("Quick Impact Projects in the register"),
    )


def _overdue(count: int) -> str:
    if not count:
        return _("No project is overdue.")
    words = ngettext("%(count)s project is overdue.", "%(count)s projects are overdue.", count)
    return words % {"count": number(count)}


def deadlines(found: Statistics) -> Chart:
    """How approved projects stand to their last planned day."""
    names = {
        "done_in_time": _("Completed by the day"),
        "done_late": _("Completed late"),
        "done": _("Completed, no day was planned"),
        "running": _("Running, not yet due"),
        "overdue": _("Overdue"),
        "no_day": _("Running, no day planned"),
    }
    of = found.by_key("deadlines")
    rows = [(label, of[code]["projects"]) for code, label in names.items() if code in of]
    overdue = of.get("overdue", {}).get("projects", 0)
    return Chart(
        id="deadlines",
        title=_("Quick Impact Projects: deadlines"),
        says=_overdue(overdue) if rows else "",
        counted=counted(
            found.asked,
            _(
                "Approved Quick Impact Projects by their planned end (the task's, or else the"
                " form's) and the day of completion."
            ),
        ),
        columns=[_("State"), _("Projects")],
        rows=[cells(label, count) for label, count in rows],
        drawing=bars(
            [Bar(label, [count], number(count)) for label, count in rows],
            [Series(_("Projects"), 0)],
        )
        if rows
        else None,
        paragraph="68",
        nothing=_("No Quick Impact Project is approved."),
        url=register_url(found, kind=Kind.QIP.value) if rows else "",
        url_label=_("Quick Impact Projects in the register"),
    )
