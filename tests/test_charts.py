"""Charts as plain shapes: what is drawn is what was counted, wherever it is shown."""

import re

import pytest
from django.template.loader import render_to_string
from django.utils import translation

from common.charts import Bar, Cell, Chart, Series, bars, lines, spans

THREE = [Series("Approved", 0), Series("Refused", 1), Series("Not decided", 2)]


def of_role(drawing, role):
    return [shape for shape in drawing.shapes if shape.role == role]


def share(text: str) -> float:
    assert text.endswith("%")
    return float(text[:-1])


def test_parts_of_a_bar_stand_side_by_side_in_their_proportion():
    drawing = bars([Bar("Kind", [6, 3, 3], "6 of 9"), Bar("Other", [3, 0, 0], "")], THREE)

    parts = [(share(one.x), share(one.width), one.look) for one in of_role(drawing, "bar")]

    assert parts == [(0, 50, 0), (50, 25, 1), (75, 25, 2), (0, 25, 0)]


def test_each_part_of_a_stack_says_its_number_where_it_fits():
    drawing = bars([Bar("Kind", [95, 5, 0])], THREE)

    assert [one.words for one in of_role(drawing, "inside")] == ["95"]


def test_a_limit_is_drawn_on_every_bar_and_never_outside():
    drawing = bars(
        [Bar("A", [10]), Bar("B", [20])], [Series("Paid")], limit=50, limit_label="Ceiling"
    )

    assert drawing.limit == "Ceiling"
    assert [0 < share(one.x) < 100 for one in of_role(drawing, "limit")] == [True, True]


def test_a_long_label_leaves_room_for_the_words_at_its_end():
    drawing = bars(
        [Bar("An organisation with a name that is very long indeed", [1], "1 of 1")], THREE[:1]
    )

    narrow = of_role(drawing, "label phone-only")[0].words
    assert narrow.endswith("…")
    assert len(narrow) + len("1 of 1") <= 42
    wide = of_role(drawing, "label wide-only")[0].words
    assert wide == "An organisation with a name that is very long indeed"


def test_nothing_to_draw_is_no_error():
    assert bars([], THREE).shapes == []
    assert of_role(bars([Bar("A", [0, None, 0])], THREE), "bar") == []
    assert spans([Bar("A", [None, None])], THREE[:2]).height
    assert lines([], [[], [], []], THREE).legend == THREE


def test_a_line_has_a_point_for_each_value_and_higher_is_more():
    drawing = lines(["Jan", "Feb", "Mar"], [[0, 4, 8]], THREE[:1])

    points = [(share(one.x), float(one.y)) for one in of_role(drawing, "mark")]
    assert len(points) == 3
    assert points == sorted(points)
    assert [y for _x, y in points] == sorted((y for _x, y in points), reverse=True)
    assert [one.words for one in of_role(drawing, "scale")] == ["0", "4", "8"]


def test_of_many_names_only_some_are_written_the_last_among_them():
    names = [str(number) for number in range(60)]
    written = [one.words for one in of_role(lines(names, [[1] * 60], THREE[:1]), "name")]

    assert len(written) <= 13
    assert written[-1] == "59"


def test_marks_of_a_span_lie_within_the_drawing():
    drawing = spans([Bar("Review", [1.0, 100.0]), Bar("Decision", [50.0, 60.0])], THREE[:2])

    assert all(1 <= share(one.x) <= 99 for one in of_role(drawing, "mark"))


@pytest.fixture
def drawn() -> str:
    chart = Chart(
        id="kinds",
        title="Approval <by> kind",
        says="Nine of twelve.",
        counted="Requests of this year.",
        columns=["Kind", "Approved", "Refused", "Not decided"],
        rows=[[Cell("QIP", "/register/?kind=qip"), Cell("9"), Cell("3"), Cell("0")]],
        drawing=bars([Bar("QIP & more", [9.25, 3, 0], "9 of 12")], THREE),
    )
    return render_to_string("components/chart.html", {"chart": chart})


def test_a_chart_is_drawn_with_its_words_its_table_and_its_query(drawn):
    assert 'role="img" aria-labelledby="kinds-title" aria-describedby="kinds-says"' in drawn
    assert "Approval &lt;by&gt; kind" in drawn
    assert "QIP &amp; more" in drawn
    assert '<th scope="row" class="whole"><a href="/register/?kind=qip">QIP</a></th>' in drawn
    assert '<td class="num" data-label="Approved">9</td>' in drawn
    assert "Counted:" in drawn


def test_a_chart_has_no_style_of_its_own_and_no_two_looks_alike(drawn):
    assert "style=" not in drawn
    assert "<script" not in drawn
    identities = re.findall(r'id="([^"]+)"', drawn)
    assert len(identities) == len(set(identities))
    for reference in re.findall(r"url\(#([^)]+)\)", drawn):
        assert reference in identities


def test_numbers_of_a_drawing_are_svgs_in_every_language():
    with translation.override("fr"):
        french = render_to_string(
            "components/chart_drawing.html",
            {"drawing": bars([Bar("A", [1.5, 1.0])], THREE[:2]), "id": "a", "title": "A"},
        )
    for place in re.findall(r' (?:x|y|width|height|x1|x2)="([^"]+)"', french):
        assert "," not in place


def test_without_a_drawing_it_says_that_there_is_nothing():
    chart = Chart("none", "Needs", "", "Counted so.", ["A"], [], nothing="Nothing was refused.")
    said = render_to_string("components/chart.html", {"chart": chart})

    assert "Nothing was refused." in said
    assert "<svg" not in said
