from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almoner import Money, currency, money
from almoner.finance.errors import AmountOutOfRange, DayOutOfRange
from almoner.finance.in_kind import (
    GiftPosition,
    Valuation,
    in_kind_unit,
    sum_gifts,
    valuation_on,
    value_of,
    value_of_gifts,
)

USD = currency("USD")
HOUR = in_kind_unit("hour", 2)
BY_LAB = Valuation(
    price=money("25.00", "USD"),
    method="market",
    haircut_bp=2000,
    valued_by="lab",
    valued_on=date(2026, 1, 1),
    evidence_sha256=bytes(32),
)


def gift(given_minor: int, used: int, expired: int, valuation: Valuation | None = None) -> GiftPosition:
    def hours(minor: int) -> Money:
        return Money(minor=minor, unit=HOUR)

    return GiftPosition(
        gift="k1",
        giver="giver",
        earmark="north",
        given=hours(given_minor),
        used=hours(used),
        expired=hours(expired),
        valuation=valuation,
    )


@pytest.mark.parametrize("haircut", [-1, 10001])
def test_a_haircut_lies_between_nothing_and_everything(haircut: int) -> None:
    with pytest.raises(AmountOutOfRange):
        replace(BY_LAB, haircut_bp=haircut)
    with pytest.raises(AmountOutOfRange):
        replace(BY_LAB, price=money("0.00", "USD"))


@pytest.mark.parametrize("haircut", [0.5, True, "20"])
def test_a_haircut_is_a_whole_number(haircut: Any) -> None:  # noqa: ANN401  # what the signature forbids
    with pytest.raises(TypeError):
        replace(BY_LAB, haircut_bp=haircut)


def test_a_valuation_runs_out_after_it_begins() -> None:
    with pytest.raises(DayOutOfRange, match="cannot run out on 2026-01-01"):
        replace(BY_LAB, expires_on=date(2026, 1, 1))
    assert replace(BY_LAB, expires_on=date(2026, 1, 2)).expires_on == date(2026, 1, 2)


@given(
    minor=st.integers(0, 2**40),
    price=st.integers(1, 2**20),
    haircut_bp=st.integers(0, 10000),
    scale=st.integers(0, 9),
)
def test_the_value_is_the_floor_of_the_exact_product(
    minor: int, price: int, haircut_bp: int, scale: int
) -> None:
    valuation = replace(BY_LAB, price=Money(minor=price, unit=currency("USD")), haircut_bp=haircut_bp)
    quantity = Money(minor=minor, unit=in_kind_unit("dose", scale))
    exact = Fraction(minor, 10**scale) * price * Fraction(10000 - haircut_bp, 10000)
    assert value_of(quantity, valuation).minor == exact.__floor__()


def test_one_valuation_at_most_is_in_force_on_a_day() -> None:
    first = replace(BY_LAB, expires_on=date(2026, 6, 1))
    second = replace(BY_LAB, valued_on=date(2026, 3, 1), expires_on=date(2026, 4, 1))
    third = replace(BY_LAB, valued_on=date(2026, 3, 1), haircut_bp=0)
    days = [date(2025, 12, 31), date(2026, 1, 1), date(2026, 2, 28), date(2026, 3, 1), date(2026, 4, 1)]
    assert [valuation_on([first], day) for day in days] == [None, first, first, first, first]
    assert valuation_on([first], date(2026, 5, 31)) is first
    assert valuation_on([first], date(2026, 6, 1)) is None
    assert [valuation_on([first, second], day) for day in days] == [None, first, first, second, None]
    assert valuation_on([first, second, third], date(2026, 4, 1)) is third
    assert valuation_on([], date(2026, 4, 1)) is None


def test_what_expired_unused_is_not_counted() -> None:
    one = gift(4000, 1500, 2500, BY_LAB)
    assert (one.left.minor, one.counted.minor) == (0, 1500)
    assert one.value is not None
    assert one.value.text == "300.00"
    assert gift(4000, 0, 0).value is None


def test_gifts_are_summed_by_unit_and_earmark_each_floored_by_itself() -> None:
    cent = replace(BY_LAB, price=money("0.01", "USD"), haircut_bp=0)
    gifts = [gift(150, 50, 0, cent), gift(150, 0, 50, cent), replace(gift(7, 0, 0), earmark="south")]
    north, south = sum_gifts(gifts, USD)
    assert (north.earmark, north.unit) == ("north", HOUR)
    assert [one.text for one in (north.given, north.used, north.expired, north.left)] == [
        "3.00",
        "0.50",
        "0.50",
        "2.00",
    ]
    assert (north.value.text, south.value.text) == ("0.02", "0.00")
    assert value_of_gifts(gifts, USD) == north.value
