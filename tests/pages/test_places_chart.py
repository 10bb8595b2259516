"""Places as a chart: the same bytes again, the twin of the drawing, the line, every standing by a pattern."""

import re

from almoner.api.charts import PlaceMark, PlaceTexts, draw_places

TEXTS = PlaceTexts(
    title="Places",
    caption="Bars and dots",
    header=("Entry", "Expected", "Between", "At the line"),
    standings={"sure": "goes on", "band": "tied", "out": "does not"},
    axis="place",
)
MARKS = [
    PlaceMark(label="Wells", expected="1.0000", low=1, high=1, standing="sure"),
    PlaceMark(label="<Taps>", expected="2.4000", low=2, high=3, standing="band"),
    PlaceMark(label="Pumps", expected="2.6000", low=2, high=3, standing="band"),
    PlaceMark(label="Drums", expected="4.0000", low=4, high=4, standing="out"),
]


def test_places_are_the_same_bytes_again_and_their_table_says_what_is_drawn() -> None:
    chart = draw_places(TEXTS, MARKS, 2)
    assert draw_places(TEXTS, list(MARKS), 2) == chart
    assert [row[1] for row in chart.rows] == ["1.0", "2.4", "2.6", "4.0"]
    assert [row[2] for row in chart.rows] == ["1\u20131", "2\u20133", "2\u20133", "4\u20134"]
    for row in chart.rows:
        assert f"{row[1]} ({row[2]})" in chart.svg
    assert "<Taps>" not in chart.svg
    assert "style=" not in chart.svg


def test_a_range_covers_its_places_and_the_line_stands_between_two() -> None:
    svg = draw_places(TEXTS, MARKS, 2).svg
    bars = re.findall(r'<rect x="([\d.]+)%" y="\d+" width="([\d.]+)%" height="16" fill="([^"]+)"', svg)
    ends = [(float(x), float(x) + float(width)) for x, width, _ in bars]
    assert ends[0][1] <= ends[1][0] + 0.02
    assert ends[1] == ends[2]
    assert len({fill for _, _, fill in bars}) == 3
    (line,) = re.findall(r'<line x1="([\d.]+)%"[^>]*stroke-dasharray', svg)
    assert ends[1][0] < float(line) < ends[1][1]


def test_nothing_to_show_is_said() -> None:
    assert "nothing to show" in draw_places(TEXTS, [], 0).svg
