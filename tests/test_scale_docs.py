"""What README and the page of growth say of speed is what the last runs of the bench found."""

from pathlib import Path

import pytest

from bench.chart import drawn
from bench.results import CHART, kept
from bench.scale import IN_SHORT, claims_table, far_table, measured_sizes, pages_table

HERE = Path(__file__).resolve().parent.parent
SIZES = measured_sizes()


@pytest.mark.parametrize(
    ("page", "table"),
    [
        ("README.md", list(pages_table(SIZES, IN_SHORT))),
        ("docs/scale.md", list(pages_table(SIZES))),
        ("docs/scale.md", list(claims_table(SIZES))),
        ("docs/scale.md", list(far_table(SIZES))),
    ],
)
def test_a_table_of_figures_is_that_of_the_results(page, table):
    assert "\n".join(table) in (HERE / page).read_text(), "python bench/scale.py tells the tables"


def test_the_chart_is_drawn_from_the_results():
    assert CHART.read_text() == drawn(kept())


def test_three_sizes_are_measured_and_the_largest_is_a_million():
    assert len(SIZES) >= 3
    assert max(SIZES) >= 1_000_000
