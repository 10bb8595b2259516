"""Numbers leave as text, rounded once by a named rounding."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almoner.contracts.evaluation import Estimate, decimal_text, finding_of, value_at
from almoner.finance.errors import EvaluationRefused

FOUND = Estimate(
    value="-2.345",
    low="-2.355",
    high="-0.005",
    level="0.95",
    standard_error="0.6",
    sample=12,
    statistic="difference",
    details={"unmatched_share": "0.125"},
    method="matched/1",
    data_sha256="ab" * 32,
)


@given(st.floats(min_value=-1e17, max_value=1e17, allow_nan=False))
def test_text_keeps_twelve_digits_and_reads_back_to_the_same_text(number: float) -> None:
    text = decimal_text(number)
    assert abs(Decimal(text) - Decimal(number)) <= abs(Decimal(number)) * Decimal("5e-12") + Decimal("1e-18")
    assert decimal_text(float(text)) == text
    assert "e" not in text
    assert text != "-0"


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.1 + 0.2, "0.3"),
        (1e-7, "0.0000001"),
        (100.0, "100"),
        (-0.0, "0"),
        (2 / 3, "0.666666666667"),
        (1e-300, "0"),
    ],
)
def test_the_noise_of_floats_is_dropped(number: float, text: str) -> None:
    assert decimal_text(number) == text


def test_a_value_that_is_whole_but_for_noise_is_not_rounded_down() -> None:
    noisy = sum([0.1] * 3) - 0.2
    assert noisy != 0.1
    found = Estimate(value=decimal_text(noisy), sample=3, statistic="difference")
    assert value_at(found, "estimate", "night/1", rounding="floor") == "0.1"
    assert value_at(found, "estimate", "night/1", rounding="ceil") == "0.1"


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -1e18])
def test_what_is_not_finite_or_too_large_is_refused(number: float) -> None:
    with pytest.raises(EvaluationRefused, match="no number that can be stated"):
        decimal_text(number)


@pytest.mark.parametrize(
    ("statistic", "kind", "options", "expected"),
    [
        ("estimate", "day/2", {}, "-2.34"),
        ("estimate", "day/2", {"rounding": "half_away"}, "-2.35"),
        ("estimate", "day/2", {"rounding": "floor"}, "-2.35"),
        ("estimate", "day/2", {"rounding": "ceil"}, "-2.34"),
        ("estimate", "day/0", {"rounding": "toward_zero"}, "-2"),
        ("estimate", "day/4", {}, "-2.3450"),
        ("low", "day/2", {}, "-2.36"),
        ("high", "day/2", {"rounding": "half_even"}, "0.00"),
        ("high", "day/2", {"rounding": "floor"}, "-0.01"),
        ("unmatched_share", "percent/1", {"times": 100}, "12.5"),
    ],
)
def test_a_value_is_rounded_once_to_the_digits_of_the_metric(
    statistic: str, kind: str, options: dict[str, Any], expected: str
) -> None:
    assert value_at(FOUND, statistic, kind, **options) == expected


def test_a_number_that_an_estimate_does_not_have_is_refused_with_those_it_has() -> None:
    with pytest.raises(EvaluationRefused, match="it gives estimate, low, high, unmatched_share"):
        value_at(FOUND, "median", "day/0")
    count = Estimate(value="3", sample=3, statistic="count")
    with pytest.raises(EvaluationRefused, match="it gives estimate"):
        value_at(count, "low", "person/0")


def test_a_type_that_is_none_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="no type of a number"):
        value_at(FOUND, "estimate", "truth")


def test_a_finding_carries_the_rounded_value_beside_what_it_was_rounded_from() -> None:
    finding = finding_of(
        FOUND, "days", "day/1", statistic="low", period="y1", of=(("site", "a"),), on="2027-03-01"
    )
    assert finding.row() == {
        "data_sha256": "ab" * 32,
        "estimate": "-2.345",
        "high": "-0.005",
        "level": "0.95",
        "low": "-2.355",
        "method": "matched/1",
        "metric": "days",
        "of": {"site": "a"},
        "on": "2027-03-01",
        "period": "y1",
        "sample": 12,
        "standard_error": "0.6",
        "statistic": "low",
        "value": "-2.4",
    }


@pytest.mark.parametrize(
    "fields",
    [
        {"value": 0.5},
        {"value": "1", "low": 0.5},
        {"value": "1", "details": {"share": 0.5}},
        {"value": "1", "diagnostics": {"size": 5}},
        {"value": "1", "sample": 5.0},
        {"value": "1", "sample": True},
        {"value": "1", "sample": -1},
    ],
)
def test_an_estimate_holds_no_float(fields: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        Estimate(**{"sample": 1, "statistic": "x", **fields})


@pytest.mark.parametrize("text", ["1e5", "nan", "", "1,5", " 1"])
def test_an_estimate_holds_no_text_that_is_no_decimal(text: str) -> None:
    with pytest.raises(ValueError, match="write a decimal"):
        Estimate(value=text, sample=1, statistic="x")
