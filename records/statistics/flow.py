"""How requests flow from asked to done, and how long each part of the way takes."""

import datetime as dt

from django.urls import reverse
from django.utils.translation import gettext as _

from common.charts import Bar, Cell, Chart, Series, bars, lines, spans
from records.statistics.question import IN_TIME, By
from records.statistics.reading import Line, Statistics
from records.statistics.wording import (
    cells,
    counted,
    days,
    hours,
    hours_and_days,
    label_of,
    month_label,
    number,
    only,
    requests,
)
from requests_app.vocabulary import Status

NOTHING: Line = {"came": 0, "went": 0, "waiting": 0, "late": 0}

ON_THE_WAY = (
    Status.UNDER_REVIEW,
    Status.RETURNED,
    Status.IN_CONSULTATION,
    Status.AWAITING_DECISION,
    Status.APPROVED,
    Status.IN_PROGRESS,
    Status.COMPLETED,
    Status.NOT_APPROVED,
)
ENDED = (Status.CLOSED, Status.WITHDRAWN, Status.CANCELLED)


def stage_label(status: str) -> str:
    """Name a stage of the way, by the status a record has in it."""
    return {
        Status.UNDER_REVIEW: _("Review by UN-CIMIC"),
        Status.RETURNED: _("Returned to the requester"),
        Status.IN_CONSULTATION: _("Advice and capability"),
        Status.AWAITING_DECISION: _("Decision"),
        Status.APPROVED: _("Approved, to be started"),
        Status.IN_PROGRESS: _("Under way"),
        Status.COMPLETED: _("Completed, to be closed"),
        Status.NOT_APPROVED: _("Refused, follow-up open"),
        Status.REPORTED: _("Extreme situation: acknowledgement"),
        Status.ACKNOWLEDGED: _("Extreme situation: finding"),
    }.get(Status(status), str(Status(status).label))


def register_url(found: Statistics, **more: object) -> str:
    """Return the register's address that shows the records counted."""
    return f"{reverse('records:register')}?{found.asked.register_query(**more)}"


def flow(found: Statistics) -> Chart:
    """From asked to done, stage by stage: how many came in, went on, wait."""
    of = found.by_key("flow")
    rows = [(status, of.get(status, NOTHING)) for status in ON_THE_WAY]
    waiting = sum(line["waiting"] for _status, line in rows)
    late = sum(line["late"] for _status, line in rows)
    table = [
        [
            Cell(stage_label(status)),
            *cells(line["came"], line["went"]),
            Cell(
                number(line["waiting"]),
                register_url(found, status=[status.value]) if line["waiting"] else "",
            ),
            *cells(line["late"]),
        ]
        for status, line in rows
    ]
    table += [
        [
            Cell(str(status.label)),
            *cells(of[status]["came"], "–"),
            Cell(
                number(of[status]["waiting"]),
                register_url(found, status=[status.value], **only(found.asked)),
            ),
            Cell("–"),
        ]
        for status in ENDED
        if status in of
    ]
    return Chart(
        id="flow",
        title=_("From asked to done"),
        says=_(
            "Of %(asked)s submitted, %(waiting)s wait at a stage, %(late)s of them past a limit."
        )
        % {
            "asked": requests(found.totals["asked"]),
            "waiting": number(waiting),
            "late": number(late),
        },
        counted=counted(
            found.asked,
            _(
                "Requests that ever came to a stage, went on from it, or stand in it now; late are"
                " those with an open step past its limit. Extreme situations are counted apart."
            ),
        ),
        columns=[_("Stage"), _("Came in"), _("Went on"), _("Waiting now"), _("Of them late")],
        rows=table,
        drawing=bars(
            [
                Bar(
                    stage_label(status),
                    [line["went"], line["waiting"]],
                    _("%(waiting)s of %(came)s wait") % line if line["came"] else _("none came"),
                )
                for status, line in rows
            ],
            [Series(_("Went on"), 0), Series(_("Waiting now"), 1)],
        )
        if found.totals["asked"]
        else None,
        paragraph="30",
        nothing=_("No request was submitted in this period."),
        url=register_url(found, **only(found.asked)),
        url_label=_("These requests in the register"),
    )


def _stretches(found: Statistics) -> list[str]:
    """List every month, quarter or year of the period that has come, also those without any."""
    question = found.asked.question
    day, keys = question.since.replace(day=1), []
    while day <= min(question.until, question.today):
        key = {
            By.MONTH: f"{day:%Y-%m}",
            By.QUARTER: f"{day:%Y}-Q{(day.month + 2) // 3}",
        }.get(found.asked.by, f"{day:%Y}")
        if key not in keys:
            keys.append(key)
        day = (day + dt.timedelta(days=32)).replace(day=1)
    return keys


def _stretch_label(by: By, key: str, first: bool) -> str:
    return month_label(key, first) if by == By.MONTH else key


def over_time(found: Statistics) -> Chart:
    """Asked, decided and completed, by the time of submission."""
    by = found.asked.by
    groups, keys = found.by_key("groups"), _stretches(found) if found.asked.by in IN_TIME else []
    none: Line = {"asked": 0, "decided": 0, "completed": 0, "median_days_to_decision": None}
    of = [groups.get(key, none) for key in keys]
    names = [_stretch_label(by, key, place == 0) for place, key in enumerate(keys)]
    series = [
        Series(_("Asked"), 0),
        Series(_("Decided"), 1),
        Series(_("Completed"), 2),
    ]
    busiest = max(zip((line["asked"] for line in of), keys, strict=True), default=(0, ""))
    return Chart(
        id="over-time",
        title=_("Asked, decided and completed over time"),
        says=_("Most were asked in %(when)s: %(asked)s.")
        % {"when": _long(by, busiest[1]), "asked": requests(busiest[0])}
        if busiest[0]
        else "",
        counted=counted(
            found.asked,
            _(
                "Requests by when they were submitted, and how many of these are "
                "decided, completed."
            ),
        ),
        columns=[
            str(by.label).capitalize(),
            *[one.label for one in series],
            _("Median days to the decision"),
        ],
        rows=[
            [
                Cell(_long(by, key)),
                *cells(line["asked"], line["decided"], line["completed"]),
                Cell(
                    "–"
                    if line["median_days_to_decision"] is None
                    else days(line["median_days_to_decision"])
                ),
            ]
            for key, line in zip(keys, of, strict=True)
        ],
        drawing=lines(
            names,
            [[line[name] for line in of] for name in ("asked", "decided", "completed")],
            series,
        )
        if busiest[0]
        else None,
        nothing=_("No request was submitted in this period."),
        url=register_url(found, **only(found.asked)),
        url_label=_("These requests in the register"),
    )


def _long(by: By, key: str) -> str:
    return month_label(key, first=True) if by == By.MONTH and key else label_of(by, key)


CLOCKED = (
    Status.UNDER_REVIEW,
    Status.IN_CONSULTATION,
    Status.AWAITING_DECISION,
    Status.APPROVED,
    Status.REPORTED,
    Status.ACKNOWLEDGED,
)
MEDIAN, NINETIETH = 3, 4


def _pair() -> list[Series]:
    return [
        Series(_("Median: half took less"), MEDIAN),
        Series(_("90th: nine in ten took less"), NINETIETH),
    ]


def stages(found: Statistics) -> Chart:
    """Time in each stage, as the clocks count: median and 90th percentile."""
    of = found.by_key("stages")
    rows = [(status, of[status]) for status in CLOCKED if status in of]
    slowest = max(rows, key=lambda row: row[1]["median_seconds"], default=None)
    return Chart(
        id="stages",
        title=_("Time in each stage"),
        says=_("The slowest stage is “%(stage)s”: half of the requests took %(median)s or less.")
        % {
            "stage": _clocked_label(slowest[0]),
            "median": hours_and_days(slowest[1]["median_seconds"]),
        }
        if slowest
        else "",
        counted=counted(
            found.asked,
            _(
                "Stages that are over, by their clocks: working days alone (day and night where"
                " time-sensitive), without the time a request was returned or referred. A stage"
                " takes as long as its slowest seat; a day is 24 hours of the clock."
            ),
        ),
        columns=[_("Stage"), _("Stages over"), _("Median"), _("90th percentile")],
        rows=[
            [
                Cell(_clocked_label(status)),
                *cells(
                    line["records"],
                    hours_and_days(line["median_seconds"]),
                    hours_and_days(line["ninetieth_seconds"]),
                ),
            ]
            for status, line in rows
        ],
        drawing=spans(
            [
                Bar(
                    _clocked_label(status),
                    [float(line["median_seconds"]), float(line["ninetieth_seconds"])],
                    f"{hours(line['median_seconds'])} – {hours(line['ninetieth_seconds'])}",
                )
                for status, line in rows
            ],
            _pair(),
        )
        if rows
        else None,
        paragraph="31",
        nothing=_("No stage is over yet."),
        url=register_url(found),
        url_label=_("These records in the register"),
    )


def _clocked_label(status: str) -> str:
    return _("Tasking") if status == Status.APPROVED else stage_label(status)


def way(found: Statistics) -> Chart:
    """The whole way in calendar days, part by part, and how many were decided in time."""
    names = {
        "asked_to_decided": _("Asked to decided"),
        "decided_to_started": _("Approved to started"),
        "started_to_completed": _("Started to completed"),
        "asked_to_completed": _("Asked to completed"),
    }
    of, totals = found.by_key("spans"), found.totals
    rows = [(label, of[code]) for code, label in names.items() if code in of]
    return Chart(
        id="way",
        title=_("The whole way in calendar days"),
        says=_("%(in_time)s of %(decided)s decided by the day they were needed by.")
        % {
            "in_time": number(totals["decided_in_time"]),
            "decided": requests(totals["decided_with_a_day"]),
        }
        if totals["decided_with_a_day"]
        else "",
        counted=counted(
            found.asked,
            _(
                "Days of the calendar between submission, the decision that stands, the start and"
                " the completion, where both have come."
            ),
        ),
        columns=[_("Part of the way"), _("Requests"), _("Median"), _("90th percentile")],
        rows=[
            [
                Cell(label),
                *cells(line["records"], days(line["median_days"]), days(line["ninetieth_days"])),
            ]
            for label, line in rows
        ],
        drawing=spans(
            [
                Bar(
                    label,
                    [float(line["median_days"]), float(line["ninetieth_days"])],
                    f"{days(line['median_days'])} – {days(line['ninetieth_days'])}",
                )
                for label, line in rows
            ],
            _pair(),
        )
        if rows
        else None,
        nothing=_("No request has been decided yet."),
        url=register_url(found, **only(found.asked)),
        url_label=_("These requests in the register"),
    )
