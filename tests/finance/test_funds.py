from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almoner import Money, currency, money
from almoner.finance.funds import FeeTerm

USD = currency("USD")


def test_a_fee_is_an_exact_share_of_its_base() -> None:
    deposit = money("1000000.00", "USD")
    assert FeeTerm(num=1, den=100).fee_on(deposit) == money("10000.00", "USD")
    rest = deposit - money("10000.00", "USD")
    direct = FeeTerm(num=100, den=107).fee_on(rest)
    assert (direct, rest - direct) == (money("925233.64", "USD"), money("64766.36", "USD"))
    assert FeeTerm(num=7, den=100).fee_on(direct) == money("64766.35", "USD")


@given(minor=st.integers(0, 2**60), num=st.integers(0, 10**6), more=st.integers(0, 10**6))
def test_a_fee_never_exceeds_its_base_and_is_the_nearest_cent(minor: int, num: int, more: int) -> None:
    den = num + more + (num + more == 0)
    fee = FeeTerm(num=num, den=den).fee_on(Money(minor=minor, unit=USD))
    assert 0 <= fee.minor <= minor
    assert abs(Fraction(minor * num, den) - fee.minor) <= Fraction(1, 2)


@pytest.mark.parametrize(("num", "den"), [(2, 1), (-1, 2), (1, 0), (0, 0), (1, -2)])
def test_a_fee_is_a_share(num: int, den: int) -> None:
    with pytest.raises(ValueError, match="is not a share of its base"):
        FeeTerm(num=num, den=den)


def test_roundings_of_a_fee_are_named() -> None:
    cent = money("0.50", "USD")
    assert FeeTerm(num=1, den=100, rounding="half_even").fee_on(cent).minor == 0
    assert FeeTerm(num=1, den=100, rounding="half_away").fee_on(cent).minor == 1
    assert FeeTerm(num=1, den=100, rounding="ceil").fee_on(cent).minor == 1
    assert FeeTerm(num=1, den=100, rounding="floor").fee_on(money("0.99", "USD")).minor == 0
