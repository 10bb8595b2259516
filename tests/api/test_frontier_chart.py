"""The chart of outcome against budget and against risk."""

import xml.etree.ElementTree as ET
from fractions import Fraction

import pytest

from almoner.api.charts import Chart, FrontierMark, draw_frontier, draw_marks, draw_risk
from almoner.finance.allocation.learning.frontier import FrontierPoint, RiskPoint
from almoner.finance.allocation.problem import AllocationDocument

SVG = "{http://www.w3.org/2000/svg}"
PROBLEM = AllocationDocument.from_tables(
    {"unit": "USD", "scale": 2},
    {"funds": [{"fund_id": "pool", "budget_minor": 100_000}], "interventions": [{"intervention_id": "w7"}]},
)


def point(part: Fraction, value: Fraction | None, bound: Fraction | None) -> FrontierPoint:
    return FrontierPoint(
        part=part,
        budget_minor=int(part * 100_000),
        spent_minor=0,
        funded=1,
        value=value,
        bound=bound,
        envelope=value,
        from_part=part,
    )


def shapes(chart: Chart, name: str) -> list[ET.Element]:
    return list(ET.fromstring(chart.svg).iter(f"{SVG}{name}"))  # noqa: S314  # our own bytes


def test_outcome_by_budget_is_drawn_with_its_bounds() -> None:
    points = [
        point(Fraction(1, 10), None, None),
        point(Fraction(1, 2), Fraction(10, 3), Fraction(7, 2)),
        point(Fraction(1), Fraction(5), Fraction(5)),
    ]
    chart = draw_frontier(PROBLEM, points)
    assert chart.rows == (
        ("10 % of the budget", "100.00", "", "", ""),
        ("50 % of the budget", "500.00", "3.33333", "3.50000", "3.33333"),
        ("100 % of the budget", "1,000.00", "5.00000", "5.00000", "5.00000"),
    )
    bands = [one for one in shapes(chart, "rect") if (one.get("fill") or "").endswith("-hatch)")][1:]
    assert [int(one.get("height", "")) for one in bands] == [20, 2]
    assert len([one for one in shapes(chart, "circle") if one.get("cx") != "12"]) == 2
    assert "cannot be met" in chart.svg
    texts = [one.text for one in shapes(chart, "text")]
    assert {"100.00", "1,000.00", "3.33333", "5.00000"} <= set(texts)  # the ends of both axes


def test_less_risk_is_drawn_against_the_mean() -> None:
    points = [
        RiskPoint(weight_bp=0, mean=Fraction(12), cautious=Fraction(4), bound=Fraction(12)),
        RiskPoint(weight_bp=10_000, mean=Fraction(10), cautious=Fraction(6), bound=Fraction(6)),
    ]
    chart = draw_risk(points)
    assert chart.header[1:3] == ("Mean outcome", "Mean of the worst cases")
    assert [row[1:3] for row in chart.rows] == [("12.0000", "4.0000"), ("10.0000", "6.0000")]
    dots = [one for one in shapes(chart, "circle") if one.get("cx") != "12"]
    assert [one.get("cx") for one in dots] == ["96.00%", "4.00%"]
    assert int(dots[0].get("cy", "")) > int(dots[1].get("cy", ""))


def test_value_and_envelope_are_told_apart_without_colour() -> None:
    marks = [
        FrontierMark(name=str(at), across=at, height=at * at, bound=30, envelope=5 * at) for at in range(1, 6)
    ]
    chart = draw_marks("A", "B", ("Budget, USD", "Worth"), marks)
    drawn = [one for one in shapes(chart, "line") if one.get("stroke-width") == "2"]
    dashed = [one for one in drawn if one.get("stroke-dasharray")]
    assert len(dashed) == 5  # four pieces and the key
    assert len(drawn) - len(dashed) == 4


def test_an_answer_above_its_bound_is_refused() -> None:
    with pytest.raises(ValueError, match=r"half: an answer of 4.3 lies above its bound 4.2"):
        FrontierMark(name="half", across=1, height="4.3", bound="4.2")
