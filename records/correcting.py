"""What a closed record says, thing by thing, as a correction names it (P41)."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from approvals.queries import TELLS_WHO_ASKS, shows_who_asks
from common.canonical import canonical
from common.kept import read_aloud
from records.models import Correction, Task
from records.queries import follow_up_of, kept_task
from requests_app.content import content_of
from requests_app.models import AssistanceRequest
from requests_app.questions import BY_NAME

OF_THE_TASK = {
    "planned_start": gettext_lazy("Planned start"),
    "planned_end": gettext_lazy("Planned end"),
    "plan": gettext_lazy("How it is done"),
    "place": gettext_lazy("Place of the task"),
    "partner": gettext_lazy("Partner of the task"),
    "agreement_signed_on": gettext_lazy("Agreement signed on"),
    "agreement_reference": gettext_lazy("Agreement's reference"),
    "started_on": gettext_lazy("Started on"),
    "completed_on": gettext_lazy("Completed on"),
    "result": gettext_lazy("Result"),
    "women": gettext_lazy("Women reached"),
    "men": gettext_lazy("Men reached"),
    "girls": gettext_lazy("Girls reached"),
    "boys": gettext_lazy("Boys reached"),
    "actual_cost": gettext_lazy("Actual cost"),
}
# The rows of a task by their name, and what of a row is corrected.
ROWS = {
    "progress": (gettext_lazy("Progress %(number)s"), "text"),
    "visits": (gettext_lazy("Visit %(number)s"), "findings"),
    "instalments": (gettext_lazy("Instalment %(number)s"), "amount"),
    "refunds": (gettext_lazy("Refund %(number)s"), "amount"),
    "runs": (gettext_lazy("Run %(number)s"), "outcome"),
    "incidents": (gettext_lazy("Incident %(number)s"), "what"),
    "hand_backs": (gettext_lazy("Hand-back %(number)s"), "condition"),
}
OF_THE_FOLLOW_UP = {
    "delivered": gettext_lazy("Delivered by others"),
    "organisation": gettext_lazy("Who delivered"),
    "delivered_on": gettext_lazy("Delivered on"),
    "source": gettext_lazy("How it is known"),
}


@dataclass(frozen=True)
class Held:
    """One thing a record says: its name, in words, and what stands there."""

    name: str
    label: str
    says: str

    @property
    def choice(self) -> str:
        """The thing as a list of them offers it: its words and the beginning of what it says."""
        says = Truncator(read_aloud(self.says)).chars(50)
        return f"{self.label}: {says}" if says else self.label


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list | dict):
        return canonical(value)
    if isinstance(value, bool):
        return gettext_noop("Yes") if value else gettext_noop("No")
    if isinstance(value, dt.date):
        return value.isoformat()
    return str(value)


def _of_the_task(task: Task) -> Iterator[Held]:
    for name, label in OF_THE_TASK.items():
        yield Held(f"task.{name}", str(label), _text(getattr(task, name)))
    for name, (label, column) in ROWS.items():
        rows = getattr(task, name).all()
        for number, row in enumerate(rows, start=1):
            yield Held(
                f"{name}.{number}", str(label) % {"number": number}, _text(getattr(row, column))
            )
    report = getattr(task, "closing_report", None)
    if report is not None:
        yield Held("closing_report", _("Closing report"), report.text)
        yield Held("closing_report.spent", _("Spent, by the closing report"), _text(report.spent))


def correctable(rfa: AssistanceRequest) -> dict[str, Held]:
    """Return all that a record says which a correction may name, in the record's own order."""
    found = [
        Held(name, str(BY_NAME[name].label), _text(value))
        for name, value in content_of(rfa).items()
        if name in BY_NAME
    ]
    task, known = kept_task(rfa), follow_up_of(rfa)
    if task is not None:
        found += _of_the_task(task)
    if known is not None:
        found += [
            Held(f"follow_up.{name}", str(label), _text(getattr(known, name)))
            for name, label in OF_THE_FOLLOW_UP.items()
        ]
    return {held.name: held for held in found}


def label_of(name: str) -> str:
    """Return what a correction is of, in words."""
    part, _dot, rest = name.partition(".")
    if part == "task":
        return str(OF_THE_TASK.get(rest, rest))
    if part == "follow_up":
        return str(OF_THE_FOLLOW_UP.get(rest, rest))
    if part in ROWS:
        return str(ROWS[part][0]) % {"number": rest}
    if part == "closing_report":
        return _("Spent, by the closing report") if rest else _("Closing report")
    return str(BY_NAME[name].label) if name in BY_NAME else name


def corrections_of(rfa: AssistanceRequest) -> QuerySet[Correction]:
    """List a record's corrections, as it was read; none tells who asks where that is kept."""
    rows = rfa.corrections.select_related("by", "post").order_by("number")
    return rows if shows_who_asks(rfa) else rows.exclude(field__in=TELLS_WHO_ASKS)
