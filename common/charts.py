"""Charts as plain shapes: laid out here, drawn by ``templates/components/chart.html`` alone.

Every length across is a share of the width and every length down is in pixels, so that one
drawing fits a phone, a wide screen and a printed page with its words at their own size.
Nothing hangs on colour: each series has a look of its own (solid, hatched, empty, dotted,
crossed; circle, square, diamond …), and the numbers stand beside what they measure.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

ROW = 46
BAR_FROM, BAR_HIGH = 22, 16
WORDS_DOWN = 14
# What fits beside each other on the narrowest phone: a label and the words at its end.
LETTERS_IN_A_ROW = 42
MOST_LETTERS = 60
NARROWEST_WITH_NUMBER = 9.0
ROOM_BEYOND_LIMIT = 1.04

PLOT_HIGH, PLOT_FROM, PLOT_LEFT, PLOT_RIGHT = 190, 16, 7.0, 96.0
MOST_NAMES = 13
STEPS = (1, 2, 3, 4, 5, 6, 8)


def _share(number: float) -> str:
    """Write a share of the width, in per cent, as SVG reads it whatever the language."""
    return f"{number:.3f}".rstrip("0").rstrip(".") + "%"


def _short(words: str, letters: int) -> str:
    return words if len(words) <= letters else words[: max(letters - 1, 1)].rstrip() + "…"


@dataclass(frozen=True)
class Series:
    """What one look stands for: its word, and which of the five looks (0 to 4)."""

    label: str
    look: int = 0

    @property
    def only_look(self) -> list[int]:
        """Its look alone, for the key of the legend."""
        return [self.look]


@dataclass(frozen=True)
class Bar:
    """A row of a bar chart: its label, a value a series, and the few words at its end."""

    label: str
    values: Sequence[float | None]
    said: str = ""


@dataclass(frozen=True)
class Shape:
    """One thing drawn: ``rect``, ``line``, ``text`` or ``mark``, with its place as SVG reads it.

    ``look`` picks the fill, dash or mark; ``role`` says what it is for the style sheet.
    """

    sort: str
    role: str = ""
    look: int = 0
    x: str = "0"
    y: str = "0"
    x2: str = "0"
    y2: str = "0"
    width: str = "0"
    height: str = "0"
    words: str = ""


@dataclass(frozen=True)
class Drawing:
    """A laid-out chart: how high, what is drawn, and what its looks stand for."""

    height: int
    shapes: list[Shape]
    legend: list[Series] = field(default_factory=list)
    sort: str = "bars"
    limit: str = ""

    @property
    def looks(self) -> list[int]:
        """The looks that its bars are filled with."""
        return sorted({shape.look for shape in self.shapes if shape.role == "bar"})


def bars(
    rows: Sequence[Bar],
    series: Sequence[Series],
    *,
    limit: float | None = None,
    limit_label: str = "",
    numbers: bool = True,
) -> Drawing:
    """Lay out bars one under another, each stacked of its series, from one zero.

    ``limit`` marks a value on each bar, named in the legend; ``numbers`` writes each part's
    number on it where it fits.
    """
    totals = [sum(value or 0 for value in row.values) for row in rows]
    full = max([*totals, (limit or 0) * ROOM_BEYOND_LIMIT]) or 1
    shapes: list[Shape] = []
    for place, row in enumerate(rows):
        top = place * ROW
        shapes += _row_words(row, top)
        shapes.append(
            Shape(
                "rect",
                role="track",
                y=str(top + BAR_FROM),
                width="100%",
                height=str(BAR_HIGH),
            )
        )
        shapes += _stack(row, series, top, full, numbers=numbers and len(series) > 1)
        if limit is not None:
            across = _share(100 * limit / full)
            shapes.append(
                Shape(
                    "line",
                    role="limit",
                    x=across,
                    y=str(top + BAR_FROM - 3),
                    x2=across,
                    y2=str(top + BAR_FROM + BAR_HIGH + 3),
                )
            )
    legend = list(series) if len(series) > 1 else []
    return Drawing(max(len(rows) * ROW, 1), shapes, legend, limit=limit_label)


def _row_words(row: Bar, top: int) -> list[Shape]:
    """Write a row's label, shortened where it must be on a phone, and the words at its end."""
    y = str(top + WORDS_DOWN)
    label = _short(row.label, MOST_LETTERS)
    short = _short(row.label, LETTERS_IN_A_ROW - round(1.15 * len(row.said)))
    labels = {"label": label}
    if short != label:
        labels = {"label wide-only": label, "label phone-only": short}
    return [
        *[Shape("text", role=role, y=y, words=words) for role, words in labels.items()],
        Shape("text", role="said", x="100%", y=y, words=row.said),
    ]


def _stack(
    row: Bar, series: Sequence[Series], top: int, full: float, *, numbers: bool
) -> list[Shape]:
    shapes, begins = [], 0.0
    for one, value in zip(series, row.values, strict=True):
        if not value:
            continue
        wide = 100 * value / full
        shapes.append(
            Shape(
                "rect",
                role="bar",
                look=one.look,
                x=_share(begins),
                y=str(top + BAR_FROM),
                width=_share(wide),
                height=str(BAR_HIGH),
            )
        )
        if numbers and wide >= NARROWEST_WITH_NUMBER:
            shapes.append(
                Shape(
                    "text",
                    role="inside",
                    x=_share(begins + wide / 2),
                    y=str(top + BAR_FROM + 12),
                    words=f"{value:g}",
                )
            )
        begins += wide
    return shapes


def spans(rows: Sequence[Bar], series: Sequence[Series]) -> Drawing:
    """Lay out marks on a line of their own for each row, joined: a median and a 90th percentile."""
    full = max([value or 0 for row in rows for value in row.values] + [0]) or 1
    shapes: list[Shape] = []
    for place, row in enumerate(rows):
        top = place * ROW
        middle = str(top + BAR_FROM + BAR_HIGH // 2)
        shapes += _row_words(row, top)
        shapes.append(Shape("line", role="grid", x="1%", x2="99%", y=middle, y2=middle))
        found = [
            (one.look, 1 + 98 * value / full)
            for one, value in zip(series, row.values, strict=True)
            if value is not None
        ]
        if len(found) > 1:
            across = [share for _look, share in found]
            shapes.append(
                Shape(
                    "line",
                    role="span",
                    x=_share(min(across)),
                    x2=_share(max(across)),
                    y=middle,
                    y2=middle,
                )
            )
        shapes += [
            Shape("mark", role="mark", look=look, x=_share(share), y=middle)
            for look, share in found
        ]
    return Drawing(max(len(rows) * ROW, 1), shapes, list(series), sort="spans")


def _round_up(number: float) -> int:
    """Return the next round number that is not below a number: 1, 2, 3 … 8, 10, 20, 30 …"""
    power = 1
    while True:
        for step in STEPS:
            if step * power >= number:
                return step * power
        power *= 10


def lines(names: Sequence[str], values: Sequence[Sequence[float]], series: list[Series]) -> Drawing:
    """Lay out one line a series over the same names, left to right, with a mark at each point.

    Where names would run into each other only some are written; the table has all.
    """
    full = _round_up(max([value for line in values for value in line] + [1]))
    last = max(len(names) - 1, 1)

    def across(place: int) -> float:
        if len(names) == 1:
            return (PLOT_LEFT + PLOT_RIGHT) / 2
        return PLOT_LEFT + (PLOT_RIGHT - PLOT_LEFT) * place / last

    def down(value: float) -> float:
        return PLOT_FROM + (PLOT_HIGH - PLOT_FROM) * (1 - value / full)

    shapes = [*_scale(full, down), *_names(names, across)]
    for one, line in zip(series, values, strict=True):
        points = [(across(place), down(value)) for place, value in enumerate(line)]
        shapes += [
            Shape(
                "line",
                role="line",
                look=one.look,
                x=_share(x),
                y=f"{y:.1f}",
                x2=_share(x2),
                y2=f"{y2:.1f}",
            )
            for (x, y), (x2, y2) in zip(points, points[1:], strict=False)
        ]
        shapes += [
            Shape("mark", role="mark", look=one.look, x=_share(x), y=f"{y:.1f}") for x, y in points
        ]
    return Drawing(PLOT_HIGH + 26, shapes, series, sort="lines")


def _scale(full: int, down: Any) -> list[Shape]:
    shapes = []
    for value in sorted({0, full} | ({full // 2} if full % 2 == 0 else set())):
        level = f"{down(value):.1f}"
        shapes.append(
            Shape("line", role="grid", x=_share(PLOT_LEFT - 2), x2="99%", y=level, y2=level)
        )
        shapes.append(
            Shape(
                "text",
                role="scale",
                x=_share(PLOT_LEFT - 3),
                y=f"{down(value) + 4:.1f}",
                words=str(value),
            )
        )
    return shapes


def _names(names: Sequence[str], across: Any) -> list[Shape]:
    every = -(-len(names) // MOST_NAMES)
    return [
        Shape("text", role="name", x=_share(across(place)), y=str(PLOT_HIGH + 20), words=name)
        for place, name in enumerate(names)
        if (len(names) - 1 - place) % every == 0
    ]


@dataclass(frozen=True)
class Cell:
    """One cell of a chart's table: its words, and the records it counts, where they open."""

    words: str
    url: str = ""
    column: str = ""


@dataclass(frozen=True)
class Chart:
    """A picture with all that makes it honest: its words, its table, its query, its records.

    ``says`` is what it shows in a sentence, read out in the drawing's place; ``counted`` says
    the query in words; ``columns`` and ``rows`` are its table, the first column naming the row.
    ``url`` opens the records counted, ``url_label`` says where. Without a drawing, ``nothing``
    says that there is nothing yet.
    """

    id: str
    title: str
    says: str
    counted: str
    columns: list[str]
    rows: list[list[Cell]]
    drawing: Drawing | None = None
    paragraph: str = ""
    nothing: str = ""
    url: str = ""
    url_label: str = ""
    more_url: str = ""
    more_label: str = ""

    @property
    def table(self) -> list[list[Cell]]:
        """The rows of its table, each cell knowing its column: a narrow page says it again."""
        return [
            [replace(cell, column=column) for column, cell in zip(self.columns, row, strict=True)]
            for row in self.rows
        ]
