"""Charts of the funder's desk: safe text, the figures of the table and no others, one scale from zero."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable

import pytest

from almoner.api.charts import (
    AgeBand,
    AgeingWords,
    CalendarMonth,
    CalendarWords,
    Chart,
    CommittedRow,
    CommittedWords,
    EarmarkRow,
    FanWords,
    FanYear,
    GridWords,
    draw_ageing,
    draw_calendar,
    draw_committed,
    draw_earmark_grid,
    draw_fan,
)

HOSTILE = """<script>alert("x")</script>'"]]>&amp;\u202e</text></svg>"""
FIGURE = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})*\.[0-9]{2}")


def grid(name: str = "") -> Chart:
    words = GridWords(money="Money", free="Free", until="Until", may=f"may{name}", may_not="may not")
    rows = [
        EarmarkRow(label=f"Any{name}", free="12000.00", until="", admits=(True,) * 14),
        EarmarkRow(label=f"North{name}", free="3500.50", until="", admits=(True, *(False,) * 13)),
    ]
    return draw_earmark_grid(f"Grid{name}", "Uses", words, [f"use {at}{name}" for at in range(14)], rows)


def ageing(name: str = "") -> Chart:
    words = AgeingWords(age="Age", signed=f"Signed{name}", pledged="Promised", total="Both")
    bands = [
        AgeBand(label=f"young{name}", signed="100.00", pledged="300.00"),
        AgeBand(label="old", signed="0.00", pledged="800.00"),
    ]
    return draw_ageing(f"Ages{name}", "Ages", words, "USD", bands)


def calendar(name: str = "") -> Chart:
    words = CalendarWords(month="Month", cash=f"Cash{name}", in_kind="In kind")
    months = [CalendarMonth(label=f"May{name}", cash="400.00", in_kind="800.00")]
    months += [CalendarMonth(label=f"{at}", cash="0.00", in_kind="0.00") for at in range(4)]
    return draw_calendar(f"Months{name}", "Months", words, "USD", months)


def committed(name: str = "") -> Chart:
    words = CommittedWords(
        agreement="Agreement", unit="Unit", most=f"Most{name}", paid="Paid", aside="Aside", forecast="Mean"
    )
    rows = [
        CommittedRow(
            label=f"Wells{name}", unit="USD", most="1000.00", paid="250.00", aside="750.00", forecast="600.00"
        ),
        CommittedRow(label="Nights", unit="EUR", most="0.00", paid="0.00", aside="0.00"),
    ]
    return draw_committed(f"Committed{name}", "Bars", words, rows)


def fan(name: str = "") -> Chart:
    words = FanWords(year="Year", outer=f"outer{name}", inner="inner", middle="middle")
    years = [
        FanYear(label=f"{2026 + at}", p5="0.00", p25="10.00", p50="20.00", p75="30.00", p95="75.00")
        for at in range(12)
    ]
    return draw_fan(f"Fan{name}", "Years", words, "USD", years)


MAKERS = (grid, ageing, calendar, committed, fan)


@pytest.mark.parametrize("make", MAKERS)
def test_a_chart_of_the_desk_is_one_safe_picture_with_its_table(make: Callable[[str], Chart]) -> None:
    chart = make(HOSTILE)
    root = ET.fromstring(chart.svg)  # noqa: S314  # our own text
    tags = {one.tag.rpartition("}")[2] for one in root.iter()}
    assert "script" not in tags
    assert "style" not in chart.svg
    assert "\u202e" not in chart.svg
    assert chart.svg == make(HOSTILE).svg
    assert all(len(row) == len(chart.header) for row in chart.rows)


@pytest.mark.parametrize("make", [grid, ageing, calendar, committed])
def test_every_figure_that_is_drawn_stands_in_the_table(make: Callable[[], Chart]) -> None:
    chart = make()
    told = {text for row in chart.rows for text in row}
    drawn = set(FIGURE.findall(re.sub(r'"[^"]*"', "", chart.svg)))
    assert drawn
    assert drawn <= {one for text in told for one in FIGURE.findall(text)}


def test_bars_share_one_scale_that_starts_at_zero() -> None:
    widths = [float(one) for one in re.findall(r'<rect[^>]*width="([0-9.]+)%"', ageing().svg)]
    signed, pledged, none, whole = widths
    assert (round(pledged / signed), round(whole / pledged, 2), none) == (3, 2.67, 0.0)
    most, paid, aside = (
        float(one) for one in re.findall(r'<rect[^>]*width="([0-9.]+)%"', committed().svg)[:3]
    )
    assert (round(aside / paid, 2), round(most / paid, 2)) == (3.0, 4.0)


def test_a_fan_draws_ten_years_and_tells_all_and_a_grid_twelve_uses() -> None:
    assert len(fan().rows) == 12
    assert "2035" in fan().svg
    assert "2036" not in fan().svg
    assert len(grid().header) == 17
    assert grid().svg.count(">12</text>") == 3
    assert ">13</text>" not in grid().svg


def test_what_makes_no_sense_is_not_drawn() -> None:
    with pytest.raises(ValueError, match="do not rise"):
        FanYear(label="2026", p5="5", p25="1", p50="2", p75="3", p95="4")
    with pytest.raises(ValueError, match="negative"):
        AgeBand(label="old", signed="-1", pledged="0")
    with pytest.raises(ValueError, match="negative"):
        CalendarMonth(label="May", cash="-1", in_kind="0")
    with pytest.raises(ValueError, match="negative"):
        CommittedRow(label="Wells", unit="USD", most="-1", paid="0", aside="0")
    words = GridWords(money="Money", free="Free", until="Until", may="may", may_not="may not")
    row = EarmarkRow(label="North", free="1.00", until="", admits=(True,))
    with pytest.raises(ValueError, match="answers for 1 uses, and there are 2"):
        draw_earmark_grid("Grid", "Uses", words, ["a", "b"], [row])
