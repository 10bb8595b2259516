from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almoner import Money, Unit, currency, money
from almoner.finance.errors import AmountOutOfRange, CurrencyMismatch, TooPrecise, UnknownUnit
from almoner.finance.money import (
    MAX_MINOR,
    decimal_count,
    decimal_text,
    round_quotient,
    scale,
    split,
    zero,
)

USD, JPY, KWD = currency("USD"), currency("JPY"), currency("KWD")
minors = st.integers(-MAX_MINOR, MAX_MINOR)
positive = st.integers(0, MAX_MINOR)


def exactly_rounded(value: Fraction, rounding: str) -> int:
    """Round by the definition, from the whole number below and what is left above it."""
    below = value.numerator // value.denominator
    rest = value - below
    above = below + (rest > 0)
    nearest = {True: above, False: below}
    match rounding:
        case "floor":
            return below
        case "ceil":
            return above
        case "toward_zero":
            return below if value >= 0 else above
    if rest != Fraction(1, 2):
        return nearest[rest > Fraction(1, 2)]
    if rounding == "half_even":
        return below if below % 2 == 0 else above
    return above if value > 0 else below


@given(
    num=minors,
    den=st.integers(1, 2**62),
    rounding=st.sampled_from(["floor", "ceil", "toward_zero", "half_even", "half_away"]),
)
def test_a_quotient_is_rounded_as_the_fraction_is(num: int, den: int, rounding: Any) -> None:  # noqa: ANN401  # sampled names
    assert round_quotient(num, den, rounding) == exactly_rounded(Fraction(num, den), rounding)


@given(num=st.integers(-9, 9), rounding=st.sampled_from(["half_even", "half_away"]))
def test_halves_are_rounded_by_name(num: int, rounding: Any) -> None:  # noqa: ANN401  # sampled names
    assert round_quotient(num, 2, rounding) == exactly_rounded(Fraction(num, 2), rounding)


@given(minor=st.integers(-(2**31), 2**31), num=st.integers(-(2**30), 2**30), den=st.integers(1, 2**30))
def test_scaling_rounds_the_exact_product_once(minor: int, num: int, den: int) -> None:
    exact = exactly_rounded(Fraction(minor * num, den), "half_even")
    assert scale(Money(minor=minor, unit=USD), num, den, "half_even").minor == exact


def test_scaling_out_of_range_or_by_nonsense_is_refused() -> None:
    whole = Money(minor=MAX_MINOR, unit=USD)
    with pytest.raises(AmountOutOfRange):
        scale(whole, 2, 1, "floor")
    for den in (0, -1):
        with pytest.raises(ValueError, match="must be positive"):
            scale(whole, 1, den, "floor")
    with pytest.raises(ValueError, match="rounding 'up' is unknown"):
        round_quotient(1, 2, "up")  # type: ignore[arg-type]  # the fault


@given(minor=positive, weights=st.lists(st.integers(0, 2**62), min_size=1, max_size=12).filter(any))
def test_a_split_sums_and_each_part_is_nearest(minor: int, weights: list[int]) -> None:
    parts = [part.minor for part in split(Money(minor=minor, unit=USD), weights)]
    exact = [Fraction(minor * weight, sum(weights)) for weight in weights]
    assert sum(parts) == minor
    assert all(abs(part - share) < 1 for part, share in zip(parts, exact, strict=True))
    raised = [share - int(share) for part, share in zip(parts, exact, strict=True) if part > share]
    kept = [share - int(share) for part, share in zip(parts, exact, strict=True) if part <= share]
    assert (
        not raised
        or not kept
        or min(raised) >= max(rest for rest in [*kept, Fraction(0)] if rest <= min(raised))
    )
    assert all(rest <= min(raised, default=Fraction(1)) for rest in kept)


def test_ties_of_a_split_go_by_position_and_zero_weights_get_nothing() -> None:
    assert [part.minor for part in split(Money(minor=5, unit=USD), [1, 0, 1, 1])] == [2, 0, 2, 1]
    assert [part.minor for part in split(zero(USD), [1, 2])] == [0, 0]


@pytest.mark.parametrize(("minor", "weights"), [(-1, [1]), (1, [0]), (1, []), (1, [2, -1])])
def test_a_split_that_cannot_be_is_refused(minor: int, weights: list[int]) -> None:
    with pytest.raises((AmountOutOfRange, ValueError)):
        split(Money(minor=minor, unit=USD), weights)


@given(count=minors, digits=st.integers(0, 9))
def test_text_and_count_are_inverse_and_agree_with_decimal(count: int, digits: int) -> None:
    text = decimal_text(count, digits)
    assert decimal_count(text, digits) == count
    assert Decimal(text) == Decimal(count).scaleb(-digits)
    assert "e" not in text.lower()


@given(text=st.from_regex(r"-?[0-9]{1,15}(\.[0-9]{1,6})?", fullmatch=True), digits=st.integers(0, 9))
def test_reading_agrees_with_decimal_or_refuses_lost_digits(text: str, digits: int) -> None:
    exact = Decimal(text) * 10**digits
    if exact == exact.to_integral_value():
        assert decimal_count(text, digits) == int(exact)
    else:
        with pytest.raises(TooPrecise, match="Round it first"):
            decimal_count(text, digits)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1e3",
        "+1",
        "1,000.00",
        " 1",
        "1 ",
        "1.",
        ".5",
        "--1",
        "1_0",
        "٣",
        "1.0\n",
        "NaN",
        "inf",
        "0x1",
        "1" * 20,
    ],
)
def test_what_is_no_plain_decimal_is_refused(text: str) -> None:
    with pytest.raises(TooPrecise, match="not a plain decimal"):
        money(text, "USD")


@pytest.mark.parametrize("amount", [1, 1.5, True, None, Decimal("1.00"), b"1.00"])
def test_only_text_is_read_as_an_amount(amount: Any) -> None:  # noqa: ANN401  # what the signature forbids
    with pytest.raises(TooPrecise):
        money(amount, "USD")


def test_units_have_their_own_digits() -> None:
    assert (money("10", "JPY").minor, money("10", "USD").minor, money("10", "KWD").minor) == (10, 1000, 10000)
    assert money("1.500", "USD") == money("1.5", "USD")
    with pytest.raises(TooPrecise, match="has 1 decimal digits, this amount in JPY has 0"):
        money("10.5", "JPY")
    with pytest.raises(UnknownUnit):
        money("10", "XYZ")


@given(left=minors, right=minors)
def test_sums_are_exact_or_refused(left: int, right: int) -> None:
    one, two = Money(minor=left, unit=USD), Money(minor=right, unit=USD)
    if abs(left + right) <= MAX_MINOR:
        assert (one + two).minor == left + right
        assert (one + two) - two == one
    else:
        with pytest.raises(AmountOutOfRange):
            one + two
    assert zero(USD) - one == -one
    assert (one < two, one <= two, one > two, one >= two, bool(one)) == (
        left < right,
        left <= right,
        left > right,
        left >= right,
        left != 0,
    )


def test_units_do_not_mix() -> None:
    dollars, yen = money("1.00", "USD"), money("1", "JPY")
    for mix in (
        lambda: dollars + yen,
        lambda: dollars - yen,
        lambda: dollars < yen,
        lambda: dollars <= yen,
        lambda: dollars > yen,
        lambda: dollars >= yen,
    ):
        with pytest.raises(CurrencyMismatch, match=r"1\.00 USD and 1 JPY"):
            mix()
    assert dollars != Money(minor=100, unit=Unit(code="USD", kind="currency", scale=3))


@pytest.mark.parametrize("other", [1, 1.0, None, Decimal(1), "1.00"])
def test_money_meets_only_money(other: Any) -> None:  # noqa: ANN401  # what the signature forbids
    one = money("1.00", "USD")
    for meet in (
        lambda: one + other,
        lambda: one - other,
        lambda: one * other,
        lambda: one / other,
        lambda: one < other,
        lambda: one >= other,
        lambda: sum([one, one]),  # type: ignore[list-item]  # the fault
    ):
        with pytest.raises(TypeError):
            meet()


def test_the_edges_of_the_range() -> None:
    assert Money(minor=MAX_MINOR, unit=USD).text == "46116860184273879.03"
    assert Money(minor=-MAX_MINOR, unit=JPY).text == "-4611686018427387903"
    for minor in (MAX_MINOR + 1, -MAX_MINOR - 1, 10**30):
        with pytest.raises(AmountOutOfRange, match="do not fit"):
            Money(minor=minor, unit=KWD)
    assert {Money(minor=1, unit=USD), Money(minor=1, unit=USD)} == {Money(minor=1, unit=USD)}
