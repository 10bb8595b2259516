"""Charts for everybody: the funnel, and who leads."""

import pytest

from almoner.api.charts import FunnelStep, FunnelWords, LeaderMark, draw_funnel, draw_leaders


def test_a_funnel_tells_each_step_as_a_share_of_the_first_and_never_a_withheld_one() -> None:
    steps = [
        FunnelStep(label="applied", count=8),
        FunnelStep(label="eligible", count=None),
        FunnelStep(label="paid", count=3),
    ]
    chart = draw_funnel("Funnel", "One round", steps, FunnelWords(withheld="too few"))
    assert chart.rows == (("applied", "8", "100.0 %"), ("eligible", "too few", ""), ("paid", "3", "37.5 %"))
    assert chart.svg == draw_funnel("Funnel", "One round", steps, FunnelWords(withheld="too few")).svg
    assert "style=" not in chart.svg


def test_a_funnel_of_nobody_says_so_and_a_negative_count_is_refused() -> None:
    assert "There is nothing to show" in draw_funnel("Funnel", "None", []).svg
    zero = draw_funnel("Funnel", "None", [FunnelStep(label="applied", count=0)])
    assert zero.rows == (("applied", "0", ""),)
    with pytest.raises(ValueError, match="not negative"):
        FunnelStep(label="applied", count=-1)


def test_leaders_are_drawn_with_their_interval_and_an_open_circle_where_the_line_is_not_told_from_them() -> (
    None
):
    sure = LeaderMark(label="Hub A", note="1.", value="0.8", low="0.7", high="1.1", open=False)
    tied = LeaderMark(label="<b>", note="2.", value="0.4", low="-0.1", high="0.6", open=True)
    chart = draw_leaders("Leaders", "Two", [sure, tied])
    assert chart.rows[1] == ("<b>", "2.", "40.0", "-10.0", "60.0")
    assert "<b>" not in chart.svg
    assert chart.svg.count("<circle") == 2
    assert 'fill="#ffffff" stroke="#9a4a0c"' in chart.svg
