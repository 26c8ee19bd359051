"""Whom completed tasks helped, by sex and age, as who carried them out reported it."""

from typing import Any

from django.utils.translation import gettext as _

from common.charts import Bar, Cell, Chart, Series, bars
from records.statistics.flow import register_url
from records.statistics.question import By
from records.statistics.reading import Line, Statistics
from records.statistics.wording import cells, counted, label_of, number, only, percent
from requests_app.vocabulary import Status

PEOPLE = ("women", "men", "girls", "boys")
DONE = [Status.COMPLETED.value, Status.CLOSED.value]


def _all(line: Line) -> int:
    return sum(int(line[name]) for name in PEOPLE)


def _words() -> list[str]:
    return [_("Women"), _("Men"), _("Girls"), _("Boys")]


def _row(label: str, line: Line, total: int) -> list[Cell]:
    who: list[Any] = [int(line[name]) for name in PEOPLE]
    return cells(label, line["completed"], line["counted"], *who, total)


def reached(found: Statistics) -> Chart:
    """People reached by completed tasks: women, men, girls and boys (P43–46)."""
    of = found.by_key("people")
    total = of.pop("", None)
    total = total if total and total["completed"] else None
    rows = [(label_of(By.KIND, code), line) for code, line in of.items()]
    everybody = _all(total) if total else 0
    female = int(total["women"]) + int(total["girls"]) if total else 0
    return Chart(
        id="people",
        title=_("People reached, by sex and age"),
        says=_("%(people)s people were reached; %(share)s of them women and girls.")
        % {"people": number(everybody), "share": percent(female, everybody)}
        if everybody
        else "",
        counted=counted(
            found.asked,
            _(
                "Completed tasks, and the people that whoever carried them out reported. A task"
                " without such a report counts nobody."
            ),
        ),
        columns=[_("Kind"), _("Completed"), _("With people reported"), *_words(), _("All")],
        rows=[
            _row(label, line, _all(line))
            for label, line in [*rows, *([(_("All"), total)] if total else [])]
        ],
        drawing=bars(
            [
                Bar(label, [int(line[name]) for name in PEOPLE], number(_all(line)))
                for label, line in rows
            ],
            [Series(word, look) for look, word in enumerate(_words())],
        )
        if everybody
        else None,
        paragraph="43",
        nothing=_("No completed task of this period says whom it reached."),
        url=register_url(found, status=DONE, **only(found.asked)) if total else "",
        url_label=_("Completed and closed requests in the register"),
    )
