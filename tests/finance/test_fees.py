from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almoner import Money, currency, money
from almoner.finance.errors import AmountOutOfRange
from almoner.finance.fees import INSIDE, FeeBase, FeeTerm

USD = currency("USD")
BASES: list[FeeBase] = ["gross_deposit", "net_deposit", "programme_cost", "transfer"]
AGENT = FeeTerm(num=1, den=100)
INDIRECT = FeeTerm(num=7, den=100, base="programme_cost")


@pytest.mark.parametrize(
    ("deposit", "fee", "direct", "indirect"),
    [
        ("1000000.00", "10000.00", "925233.64", "64766.36"),
        ("333333.33", "3333.33", "308411.21", "21588.79"),
    ],
)
def test_fees_of_pass_through_funds_reproduce_the_casebook(
    deposit: str, fee: str, direct: str, indirect: str
) -> None:
    taken = AGENT.divide(money(deposit, USD))
    inside = INDIRECT.divide(taken.kept)
    assert (taken.fee.text, inside.kept.text, inside.fee.text) == (fee, direct, indirect)
    assert taken.fee + inside.kept + inside.fee == money(deposit, USD)


def test_the_base_of_a_fee_decides_its_amount() -> None:
    transfer = money("990000.00", USD)
    fees = {base: FeeTerm(num=7, den=100, base=base).divide(transfer).fee.text for base in BASES}
    assert fees["transfer"] == fees["gross_deposit"] == "69300.00"
    assert fees["programme_cost"] == fees["net_deposit"] == "64766.36"


@given(
    minor=st.integers(0, 2**60),
    num=st.integers(0, 10**6),
    more=st.integers(0, 10**6),
    base=st.sampled_from(BASES),
)
def test_what_is_kept_and_the_fee_sum_to_the_amount(minor: int, num: int, more: int, base: FeeBase) -> None:
    den = num + more + (num + more == 0)
    share = FeeTerm(num=num, den=den, base=base).divide(Money(minor=minor, unit=USD))
    assert share.kept.minor + share.fee.minor == minor
    assert min(share.kept.minor, share.fee.minor) >= 0
    exact = Fraction(minor * num, den + num if base in INSIDE else den)
    assert abs(exact - share.fee.minor) <= Fraction(1, 2)


@pytest.mark.parametrize(("num", "den"), [(2, 1), (-1, 2), (1, 0), (0, 0), (1, -2)])
def test_a_fee_is_a_share(num: int, den: int) -> None:
    with pytest.raises(ValueError, match="is not a share of its base"):
        FeeTerm(num=num, den=den)


def test_roundings_of_a_fee_are_named() -> None:
    cent = money("0.50", "USD")
    assert FeeTerm(num=1, den=100, rounding="half_even").divide(cent).fee.minor == 0
    assert FeeTerm(num=1, den=100, rounding="half_away").divide(cent).fee.minor == 1
    assert FeeTerm(num=1, den=100, rounding="ceil").divide(cent).fee.minor == 1
    assert FeeTerm(num=1, den=100, rounding="floor").divide(money("0.99", "USD")).fee.minor == 0


def test_nothing_is_taken_out_of_a_debt() -> None:
    with pytest.raises(AmountOutOfRange, match=r"-0\.01 USD"):
        AGENT.divide(money("-0.01", USD))
